/*
 * Questions to the name resolver and its answers: what stands inside RESOLVE_ASK and RESOLVE_ANSWER.
 *
 * One question is about one name and one family, to one name server; the answer carries the question's request id. Who
 * asks keeps what is known (ipc/names.h): the resolver process remembers nothing.
 */
#ifndef IPC_RESOLVE_H
#define IPC_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	RESOLVE_ADDRESSES = 64, /* most in an answer */
	RESOLVE_NAME = 256,     /* octets with the end */
	RESOLVE_REASON = 64,
};

/* An address of either family; the unused octets of an IPv4 address are 0. */
struct resolve_address {
	uint8_t family; /* 4 or 6 */
	uint8_t octets[16];
};

struct resolve_question {
	char name[RESOLVE_NAME];
	uint8_t family; /* 4: A records, 6: AAAA records */
	struct resolve_address server;
	struct resolve_address source; /* family 0: as the way there has it */
};

enum resolve_status {
	RESOLVE_FOUND,
	RESOLVE_ABSENT, /* the server says that there is none: no such name, or no record of that family */
	RESOLVE_FAILED, /* nobody could say */
	RESOLVE_STATUSES,
};

struct resolve_answer {
	enum resolve_status status;
	uint32_t ttl; /* seconds */
	uint16_t count;
	struct resolve_address addresses[RESOLVE_ADDRESSES];
	char reason[RESOLVE_REASON]; /* why it failed; "" */
};

/* "192.0.2.1" or "2001:db8::1". False: neither. */
bool resolve_address_parse(const char *text, struct resolve_address *address) __attribute__((warn_unused_result));
void resolve_address_print(const struct resolve_address *address, struct text *out);
int resolve_address_compare(const struct resolve_address *left, const struct resolve_address *right);

void resolve_question_encode(const struct resolve_question *question, struct text *out);
bool resolve_question_decode(struct resolve_question *question, const void *payload, size_t length)
    __attribute__((warn_unused_result));
void resolve_answer_encode(const struct resolve_answer *answer, struct text *out);
bool resolve_answer_decode(struct resolve_answer *answer, const void *payload, size_t length)
    __attribute__((warn_unused_result));

#endif
