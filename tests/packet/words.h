/*
 * A script line cut into words at blanks; a word that begins with '#' ends the line.
 */
#ifndef PACKET_WORDS_H
#define PACKET_WORDS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WORDS_MAX = 128,
	WORDS_SIZE = 4096,
};

struct words {
	char bytes[WORDS_SIZE];
	char *items[WORDS_MAX];
	uint32_t count;
	uint32_t next; /* the first one not taken yet */
};

/* False: too long. */
bool words_split(struct words *words, const char *line);
/* The next word without taking it; "" at the end. */
const char *words_peek(const struct words *words);
/* Takes the next word; "" at the end. */
const char *words_take(struct words *words);
/* Takes the next word when it is this one. */
bool words_accept(struct words *words, const char *word);
/* Where the rest of the line stands in it, from the next word on. */
const char *words_rest(const struct words *words, const char *line);
/* Take a number or address; false when the next word is none. */
bool words_number(struct words *words, uint64_t *value);
bool words_seconds(struct words *words, uint64_t *nanoseconds);
/* "10.0.0.1" */
bool words_parse_address(const char *word, uint32_t *address);
/* "10.0.0.1:80" */
bool words_parse_endpoint(const char *word, uint32_t *address, uint16_t *port);
bool words_parse_mac(const char *word, uint8_t mac[6]);

#endif
