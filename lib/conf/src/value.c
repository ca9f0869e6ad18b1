/*
 * Checking one value against its type: numbers, words, texts, and the formats of value_formats.c.
 *
 * A refused value gets a sentence that says what would be allowed. Pure but for the pattern match, which is libyang's.
 */
#include <string.h>

#include "conf/schema.h"
#include "op_utf8.h"
#include "schema_private.h"
#include "secret_form.h"

static bool
number_check(const struct value_type *type, const char *value, size_t length, const struct value_result *result)
{
	uint64_t number = 0;
	bool good = length > 0 && length <= 20;

	for (size_t i = 0; good && i < length; i++) {
		if (value[i] < '0' || value[i] > '9' || number > (UINT64_MAX - 9) / 10) {
			good = false;
		} else {
			number = number * 10 + (uint64_t)(value[i] - '0');
		}
	}
	if (good && number >= type->minimum && number <= type->maximum) {
		text_printf(result->canonical, "%llu", (unsigned long long)number);
		return true;
	}
	if (type->message != NULL) {
		text_append(result->error, type->message);
	} else {
		text_printf(result->error, "a number from %llu to %llu is expected",
		    (unsigned long long)type->minimum, (unsigned long long)type->maximum);
	}
	return false;
}

static bool
word_known(const struct value_type *type, const char *value, size_t length)
{
	for (size_t i = 0; i < type->word_count; i++) {
		if (strncmp(type->words[i].name, value, length) == 0 && type->words[i].name[length] == '\0') {
			return true;
		}
	}
	return false;
}

static void
words_tell(const struct value_type *type, struct text *error)
{
	text_append(error, "one of these is expected: ");
	for (size_t i = 0; i < type->word_count; i++) {
		text_printf(error, "%s%s", i == 0 ? "" : ", ", type->words[i].name);
	}
}

static bool
text_check(const struct schema *schema, const struct value_type *type, const char *value, size_t length,
    const struct value_result *result)
{
	if (length >= type->minimum && length <= type->maximum &&
	    (!type->has_pattern || schema_pattern_matches(schema, type, value, length))) {
		text_append_bytes(result->canonical, value, length);
		return true;
	}
	text_append(result->error, type->message == NULL ? "this value is not possible here" : type->message);
	return false;
}

/* So that every form can write it. => value[length] is NUL */
static bool
is_printable(const char *value, size_t length)
{
	for (size_t at = 0; at < length;) {
		const size_t octets = op_utf8_length(value + at);

		if (octets == 0 || (unsigned char)value[at] < ' ' || value[at] == 0x7f) {
			return false;
		}
		at += octets;
	}
	return true;
}

static bool
check_plain(const struct schema *schema, const struct schema_node *node, const char *value, size_t length,
    const struct value_result *result);

/* REQ-VPN-051: as JUNOS shows it, it is the same secret. */
static bool
check_hidden(const struct schema *schema, const struct schema_node *node, const char *value, size_t length,
    const struct value_result *result)
{
	struct text secret = TEXT_EMPTY;
	bool good;

	if (secret_form_read(value, length, &secret)) {
		good = check_plain(schema, node, text_string(&secret), secret.length, result);
		result->canonical->failed = result->canonical->failed || secret.failed;
	} else {
		good = check_plain(schema, node, value, length, result);
		if (good && result->notice != NULL) {
			text_append(result->notice,
			    "this begins as the $9$ form of a secret and is none: it is taken for the secret itself");
		}
	}
	if (secret.bytes != NULL) {
		explicit_bzero(secret.bytes, secret.length);
	}
	text_release(&secret);
	return good;
}

bool
value_check(const struct schema *schema, const struct schema_node *node, const char *value, size_t length,
    const struct value_result *result)
{
	if (node->type != NULL && wrapped_is_possible(node) && secret_form_looks(value, length)) {
		return check_hidden(schema, node, value, length, result);
	}
	return check_plain(schema, node, value, length, result);
}

static bool
check_plain(const struct schema *schema, const struct schema_node *node, const char *value, size_t length,
    const struct value_result *result)
{
	const struct value_type *type = node->type;

	if (type == NULL) {
		text_append(result->error, "no value is possible here");
		return false;
	}
	if (!is_printable(value, length)) {
		text_append(result->error, "a value is UTF-8 without control characters");
		return false;
	}
	if (wrapped_is_form(node, value, length)) {
		text_append_bytes(result->canonical, value, length);
		return true;
	}
	switch (type->base) {
	case VALUE_NOTHING:
		text_append(result->error, "this statement takes no value");
		return false;
	case VALUE_NUMBER:
		return number_check(type, value, length, result);
	case VALUE_WORDS:
		if (word_known(type, value, length)) {
			text_append_bytes(result->canonical, value, length);
			return true;
		}
		if (type->open) {
			return text_check(schema, type, value, length, result);
		}
		words_tell(type, result->error);
		return false;
	case VALUE_TEXT:
		if (type->format != NULL) {
			return type->format->check(value, length, result);
		}
		return text_check(schema, type, value, length, result);
	}
	return false;
}

bool
schema_check_value(const struct schema *schema, const struct schema_node *node, const char *value,
    struct text *canonical, struct text *error)
{
	const struct value_result result = {.canonical = canonical, .error = error, .notice = NULL};
	const struct schema_node *typed = node->kind == SCHEMA_LIST ? node->key_node : node;

	return value_check(schema, typed, value, strlen(value), &result) && !text_failed(canonical);
}
