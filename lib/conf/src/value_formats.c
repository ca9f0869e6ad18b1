/*
 * The C twins of the typedefs in schema/sallyport-types.yang: each checks a value and writes its canonical spelling.
 *
 * One row a type in `formats`. The values come from the user: they are read octet by octet within their length. A
 * lenient reading writes its erratum into `notice` when the caller asks for it.
 */
#include <string.h>

#include "characters.h"
#include "op_utf8.h"
#include "value_read.h"

/* The signs that a name may have behind its first character. */
static const char name_signs[] = "-:/@$+%=#~,";
static const char object_signs[] = "-:/@$+%=#~,!&'()|\\\" ";

static bool
is_name(const char *value, size_t length, const char *signs)
{
	for (size_t i = 0; i < length; i++) {
		const char c = value[i];

		if (!value_is_letter(c) && !value_is_digit(c) && c != '_' && c != '.' && c != '*' &&
		    (i == 0 || c == '\0' || strchr(signs, c) == NULL)) {
			return false;
		}
	}
	return true;
}

static bool
check_name(const char *value, size_t length, const struct value_result *result)
{
	if (length < 1 || length > 63) {
		return value_refuse(result, "a name has 1 to 63 characters");
	}
	if (!is_name(value, length, name_signs)) {
		return value_refuse(result, "a name has letters, digits and the signs - _ . : / @ + % = # ~ and begins with "
		                      "a letter, digit or _");
	}
	return value_take_as_is(result, value, length);
}

/* How many characters an object's name has; 0: it is none. A character that looks like none is told at once. */
static size_t
count_name(const char *value, size_t length, struct text *error)
{
	size_t count = 0;

	for (size_t at = 0; at < length; count++) {
		const char c = value[at];
		const size_t octets = op_utf8_length(value + at);
		const bool plain = value_is_letter(c) || value_is_digit(c) || c == '_' || c == '.' || c == '*';

		if (octets == 0 || (octets == 1 && !plain && (at == 0 || c == '\0' || strchr(object_signs, c) == NULL))) {
			return 0;
		}
		const uint32_t code = character_at(value + at);

		if (character_trouble(code) != NULL) {
			text_printf(error, "a name may not have the character U+%04X, which %s", (unsigned)code, character_trouble(code));
			return 0;
		}
		at += octets;
	}
	return value[length - 1] == ' ' ? 0 : count;
}

/* What users name for themselves, in their own language: blanks inside are part of it. */
static bool
check_object_name(const char *value, size_t length, const struct value_result *result)
{
	const size_t told = result->error->length;
	const size_t count = length < 1 ? 0 : count_name(value, length, result->error);

	if (result->error->length > told) {
		return false;
	}
	if (length < 1 || count > 63 || (count == 0 && length > 252)) {
		return value_refuse(result, "a name has 1 to 63 characters");
	}
	if (count == 0) {
		return value_refuse(result, "a name has letters, digits, the signs - _ . : / @ + % = # ~ ! & ' ( ) | \\ \" and blanks "
		                      "inside, and begins with a letter, digit or _");
	}
	return value_take_as_is(result, value, length);
}

static bool
check_group_name(const char *value, size_t length, const struct value_result *result)
{
	bool good = length >= 1 && length <= 63 && value_is_letter(value[0]);

	for (size_t i = 0; good && i < length; i++) {
		good = value_is_letter(value[i]) || value_is_digit(value[i]) || value[i] == '-';
	}
	if (!good) {
		return value_refuse(result, "a group name begins with a letter and has letters, digits and hyphens only, "
		                      "at most 63");
	}
	return value_take_as_is(result, value, length);
}

/* ANY is any (E-009); else a name of an object. */
static bool
check_reference(const char *value, size_t length, const struct value_result *result)
{
	if (value_equals(value, length, "ANY")) {
		return value_take_as_is(result, "any", 3);
	}
	return check_object_name(value, length, result);
}

static bool
check_text(const char *value, size_t length, const struct value_result *result)
{
	if (length > 255) {
		return value_refuse(result, "a text has at most 255 characters");
	}
	for (size_t at = 0; at < length;) {
		const size_t octets = op_utf8_length(value + at);

		if (octets == 0 || (unsigned char)value[at] < ' ' || value[at] == 0x7f) {
			return value_refuse(result, "a text is UTF-8 without control characters");
		}
		at += octets;
	}
	return value_take_as_is(result, value, length);
}

static bool
check_secret(const char *value, size_t length, const struct value_result *result)
{
	bool good = length >= 1 && length <= 255;

	for (size_t i = 0; good && i < length; i++) {
		good = (unsigned char)value[i] >= ' ' && value[i] != 0x7f;
	}
	if (!good) {
		return value_refuse(result, "a secret has 1 to 255 characters, and no control characters");
	}
	return value_take_as_is(result, value, length);
}

static const struct value_format formats[] = {
    {"name", check_name},
    {"object-name", check_object_name},
    {"group-name", check_group_name},
    {"address-reference", check_reference},
    {"application-reference", check_reference},
    {"text", check_text},
    {"interface-name", value_check_interface},
    {"unit-name", value_check_unit},
    {"zone-interface", value_check_zone_interface},
    {"ipv4-address", value_check_ipv4_address},
    {"ipv4-prefix", value_check_ipv4_prefix},
    {"ipv4-route", value_check_ipv4_route},
    {"ipv6-address", value_check_ipv6_address},
    {"ipv6-prefix", value_check_ipv6_prefix},
    {"ipv6-route", value_check_ipv6_route},
    {"book-prefix", value_check_book_prefix},
    {"ip-prefix", value_check_ip_prefix},
    {"next-hop", value_check_next_hop},
    {"proxy-prefix", value_check_proxy_prefix},
    {"tunnel-unit", value_check_tunnel_unit},
    {"peer-address", value_check_peer},
    {"server-address", value_check_server_address},
    {"server-name", value_check_server_name},
    {"secret", check_secret},
    {"protocol", value_check_protocol},
    {"port-range", value_check_port_range},
    {"icmp-type", value_check_icmp_type},
    {"icmp6-type", value_check_icmp6_type},
    {"tcp-flags", value_check_tcp_flags},
    {"time-of-day", value_check_time},
    {"date-and-time", value_check_date},
};

const struct value_format *
value_format_find(const char *type, size_t length)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (value_equals(type, length, formats[i].type)) {
			return &formats[i];
		}
	}
	return NULL;
}
