/*
 * JSON objects written key by key into a text: one a line in verdicts and events, indented nowhere, keys in the order of the
 * calls, so that the same content gives the same bytes.
 */
#ifndef FRONT_JSON_LINE_H
#define FRONT_JSON_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* '{' or '[' as a value under `key`; NULL key: at the top or in an array. */
void json_line_open(struct text *out, const char *key, char bracket);
void json_line_close(struct text *out, char bracket);
/* NULL value: null. Octets that are not UTF-8 or control characters are escaped. */
void json_line_string(struct text *out, const char *key, const char *value);
void json_line_number(struct text *out, const char *key, uint64_t value);
void json_line_boolean(struct text *out, const char *key, bool value);
/* Nanoseconds as seconds with as many decimals as there are: 1.25. */
void json_line_seconds(struct text *out, const char *key, uint64_t nanoseconds);

#endif
