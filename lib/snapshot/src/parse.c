/*
 * Values of leaves as numbers. lib/conf has checked them and wrote them canonically; what does not parse here was wrong.
 */
#include "compile.h"

#include <arpa/inet.h>
#include <string.h>

/* Digits at *text, at most `most`; moves *text. */
static bool
take_number(const char **text, uint32_t most, uint32_t *number)
{
	if (**text < '0' || **text > '9') {
		return false;
	}
	*number = 0;
	while (**text >= '0' && **text <= '9') {
		*number = *number * 10 + (uint32_t)(**text - '0');
		if (*number > most) {
			return false;
		}
		(*text)++;
	}
	return true;
}

bool
parse_prefix(const char *text, uint32_t *address, uint8_t *length)
{
	uint32_t number = 0;

	*address = 0;
	*length = 32;
	for (int i = 0; i < 4; i++) {
		if (i > 0 && *text++ != '.') {
			return false;
		}
		if (!take_number(&text, 255, &number)) {
			return false;
		}
		*address = (*address << 8) | number;
	}
	if (*text == '\0') {
		return true;
	}
	if (*text++ != '/' || !take_number(&text, 32, &number)) {
		return false;
	}
	*length = (uint8_t)number;
	return *text == '\0';
}

bool
parse_prefix6(const char *text, struct ipv6_address *address, uint8_t *length)
{
	char string[INET6_ADDRSTRLEN];
	const size_t size = strcspn(text, "/");
	uint8_t bytes[16];
	uint32_t number = IPV6_LENGTH_MOST;

	if (size >= sizeof(string)) {
		return false;
	}
	memcpy(string, text, size);
	string[size] = '\0';
	if (inet_pton(AF_INET6, string, bytes) != 1) {
		return false;
	}
	text += size;
	if (*text == '/') {
		text++;
		if (!take_number(&text, IPV6_LENGTH_MOST, &number)) {
			return false;
		}
	}
	*address = ipv6_address_load(bytes);
	*length = (uint8_t)number;
	return *text == '\0';
}
