/*
 * A JSON writer. See json_line.h. RFC 8259.
 */
#include <stddef.h>
#include <string.h>

#include "json_line.h"

enum {
	NANOSECOND_DIGITS = 9,
	FIRST_PRINTABLE = 0x20,
	FIRST_NOT_ASCII = 0x80,
};

static void
append_escaped(struct text *out, unsigned char c)
{
	if (c == '"' || c == '\\') {
		text_append_char(out, '\\');
		text_append_char(out, (char)c);
	} else if (c == '\n') {
		text_append(out, "\\n");
	} else if (c < FIRST_PRINTABLE || c == 0x7f) {
		text_printf(out, "\\u%04x", c);
	} else {
		text_append_char(out, (char)c);
	}
}

/* The length of the well-formed UTF-8 sequence at `at`, or 0. RFC 3629. */
static size_t
sequence_length(const unsigned char *at)
{
	const size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

	if (at[0] < 0xc2 || at[0] > 0xf4) {
		return 0;
	}
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] > 0x8f)) {
		return 0;
	}
	return length;
}

/* Octets from `at` on that stand for themselves. */
static size_t
plain_length(const unsigned char *at)
{
	size_t length = 0;

	while (at[length] >= FIRST_PRINTABLE && at[length] < FIRST_NOT_ASCII && at[length] != '"' && at[length] != '\\' &&
	    at[length] != 0x7f) {
		length++;
	}
	return length;
}

static void
append_quoted(struct text *out, const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	text_append_char(out, '"');
	while (*at != '\0') {
		size_t length = plain_length(at);

		if (length > 0) {
			text_append_bytes(out, (const char *)at, length);
		} else if (*at < FIRST_NOT_ASCII) {
			append_escaped(out, *at);
			length = 1;
		} else {
			length = sequence_length(at);
			if (length == 0) {
				text_append(out, "\\ufffd");
				length = 1;
			} else {
				text_append_bytes(out, (const char *)at, length);
			}
		}
		at += length;
	}
	text_append_char(out, '"');
}

/* The comma that is due, and the key. */
static void
begin_value(struct text *out, const char *key)
{
	const char last = out->length == 0 ? '\n' : out->bytes[out->length - 1];

	if (last != '{' && last != '[' && last != '\n') {
		text_append_char(out, ',');
	}
	if (key != NULL) {
		append_quoted(out, key);
		text_append_char(out, ':');
	}
}

void
json_line_open(struct text *out, const char *key, char bracket)
{
	begin_value(out, key);
	text_append_char(out, bracket);
}

void
json_line_close(struct text *out, char bracket)
{
	text_append_char(out, bracket);
}

void
json_line_string(struct text *out, const char *key, const char *value)
{
	begin_value(out, key);
	if (value == NULL) {
		text_append(out, "null");
	} else {
		append_quoted(out, value);
	}
}

static void
append_decimal(struct text *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	text_append_bytes(out, digits + at, sizeof(digits) - at);
}

void
json_line_number(struct text *out, const char *key, uint64_t value)
{
	begin_value(out, key);
	append_decimal(out, value);
}

void
json_line_boolean(struct text *out, const char *key, bool value)
{
	begin_value(out, key);
	text_append(out, value ? "true" : "false");
}

void
json_line_seconds(struct text *out, const char *key, uint64_t nanoseconds)
{
	uint64_t fraction = nanoseconds % 1000000000U;
	char digits[NANOSECOND_DIGITS];
	size_t length = NANOSECOND_DIGITS;

	begin_value(out, key);
	append_decimal(out, nanoseconds / 1000000000U);
	if (fraction == 0) {
		return;
	}
	for (size_t i = NANOSECOND_DIGITS; i > 0; i--) {
		digits[i - 1] = (char)('0' + fraction % 10);
		fraction /= 10;
	}
	while (digits[length - 1] == '0') {
		length--;
	}
	text_append_char(out, '.');
	text_append_bytes(out, digits, length);
}
