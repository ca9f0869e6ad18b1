/*
 * Words of a script line. See words.h.
 */
#include <stdlib.h>
#include <string.h>

#include "words.h"

bool
words_split(struct words *words, const char *line)
{
	char *save = NULL;

	words->count = 0;
	words->next = 0;
	if (strlen(line) >= sizeof(words->bytes)) {
		return false;
	}
	strcpy(words->bytes, line);
	for (char *word = strtok_r(words->bytes, " \t\r\n", &save); word != NULL; word = strtok_r(NULL, " \t\r\n", &save)) {
		if (word[0] == '#') {
			break;
		}
		if (words->count == WORDS_MAX) {
			return false;
		}
		words->items[words->count++] = word;
	}
	return true;
}

const char *
words_peek(const struct words *words)
{
	return words->next < words->count ? words->items[words->next] : "";
}

const char *
words_take(struct words *words)
{
	return words->next < words->count ? words->items[words->next++] : "";
}

bool
words_accept(struct words *words, const char *word)
{
	if (strcmp(words_peek(words), word) != 0) {
		return false;
	}
	words->next++;
	return true;
}

const char *
words_rest(const struct words *words, const char *line)
{
	return words->next < words->count ? line + (words->items[words->next] - words->bytes) : "";
}

bool
words_number(struct words *words, uint64_t *value)
{
	const char *word = words_peek(words);
	char *end = NULL;

	*value = strtoull(word, &end, 0);
	if (word[0] < '0' || word[0] > '9' || *end != '\0') {
		return false;
	}
	words->next++;
	return true;
}

bool
words_seconds(struct words *words, uint64_t *nanoseconds)
{
	const char *word = words_peek(words);
	uint64_t fraction = 0;
	uint64_t weight = 100000000;
	char *end = NULL;

	*nanoseconds = strtoull(word, &end, 10) * 1000000000;
	if (word[0] < '0' || word[0] > '9') {
		return false;
	}
	if (*end == '.') {
		for (end++; *end >= '0' && *end <= '9'; end++) {
			fraction += (uint64_t)(*end - '0') * weight;
			weight /= 10;
		}
	}
	*nanoseconds += fraction;
	if (*end != '\0') {
		return false;
	}
	words->next++;
	return true;
}

static bool
parse_address(const char *word, uint32_t *address, const char **rest)
{
	*address = 0;
	for (int part = 0; part < 4; part++) {
		char *end = NULL;
		const unsigned long value = strtoul(word, &end, 10);

		if (word[0] < '0' || word[0] > '9' || value > 255 || (part < 3 && *end != '.')) {
			return false;
		}
		*address = *address << 8 | (uint32_t)value;
		word = part < 3 ? end + 1 : end;
	}
	*rest = word;
	return true;
}

bool
words_parse_address(const char *word, uint32_t *address)
{
	const char *rest;

	return parse_address(word, address, &rest) && *rest == '\0';
}

bool
words_parse_endpoint(const char *word, uint32_t *address, uint16_t *port)
{
	const char *rest;
	char *end = NULL;
	unsigned long value;

	if (!parse_address(word, address, &rest) || *rest != ':' || rest[1] < '0' || rest[1] > '9') {
		return false;
	}
	value = strtoul(rest + 1, &end, 10);
	*port = (uint16_t)value;
	return *end == '\0' && value <= UINT16_MAX;
}

bool
words_parse_mac(const char *word, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end = NULL;
		const unsigned long value = strtoul(word, &end, 16);

		if (end == word || value > 255 || *end != (i < 5 ? ':' : '\0')) {
			return false;
		}
		mac[i] = (uint8_t)value;
		word = end + 1;
	}
	return true;
}
