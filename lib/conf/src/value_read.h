/*
 * Inside lib/conf: reading one value, octet by octet within its length, and the checks of value_formats.c's table.
 */
#ifndef VALUE_READ_H
#define VALUE_READ_H

#include <netinet/in.h>
#include <string.h>

#include "schema_private.h"

static inline bool
value_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
value_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
value_equals(const char *value, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(value, word, length) == 0;
}

/* Digits from *at on, at most `most` of them; moves *at. */
static inline bool
value_take_number(const char *value, size_t length, size_t *at, size_t most, uint32_t *number)
{
	const size_t start = *at;

	*number = 0;
	while (*at < length && *at - start < most && value_is_digit(value[*at])) {
		*number = *number * 10 + (uint32_t)(value[*at] - '0');
		(*at)++;
	}
	return *at > start;
}

static inline bool
value_take_char(const char *value, size_t length, size_t *at, char c)
{
	if (*at < length && value[*at] == c) {
		(*at)++;
		return true;
	}
	return false;
}

static inline bool
value_refuse(const struct value_result *result, const char *sentence)
{
	text_append(result->error, sentence);
	return false;
}

static inline bool
value_take_as_is(const struct value_result *result, const char *value, size_t length)
{
	text_append_bytes(result->canonical, value, length);
	return true;
}

/* In value_addresses.c. */
/* "address[/n]" of IPv6; *bits is 128 when there is no length. */
bool value_read_ipv6_prefix(const char *value, size_t length, struct in6_addr *binary, uint32_t *bits);
/* Clears the bits behind the length. Returns whether one was set. */
bool value_clear_host_bits(struct in6_addr *binary, uint32_t bits);
bool value_check_interface(const char *value, size_t length, const struct value_result *result);
bool value_check_unit(const char *value, size_t length, const struct value_result *result);
bool value_check_zone_interface(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv4_address(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv4_prefix(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv4_route(const char *value, size_t length, const struct value_result *result);
bool value_check_proxy_prefix(const char *value, size_t length, const struct value_result *result);
bool value_check_tunnel_unit(const char *value, size_t length, const struct value_result *result);
bool value_check_peer(const char *value, size_t length, const struct value_result *result);
bool value_check_server_address(const char *value, size_t length, const struct value_result *result);
bool value_check_server_name(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv6_address(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv6_prefix(const char *value, size_t length, const struct value_result *result);
bool value_check_ipv6_route(const char *value, size_t length, const struct value_result *result);
bool value_check_book_prefix(const char *value, size_t length, const struct value_result *result);
bool value_check_ip_prefix(const char *value, size_t length, const struct value_result *result);
bool value_check_next_hop(const char *value, size_t length, const struct value_result *result);

/* In value_packets.c. */
bool value_check_protocol(const char *value, size_t length, const struct value_result *result);
bool value_check_port_range(const char *value, size_t length, const struct value_result *result);
bool value_check_icmp_type(const char *value, size_t length, const struct value_result *result);
bool value_check_icmp6_type(const char *value, size_t length, const struct value_result *result);
/* The number of a checked type or code; -1 for NULL. */
int16_t value_icmp_number(const char *value);
int16_t value_icmp6_number(const char *value);
bool value_check_tcp_flags(const char *value, size_t length, const struct value_result *result);

/* In value_times.c. */
bool value_check_time(const char *value, size_t length, const struct value_result *result);
bool value_check_date(const char *value, size_t length, const struct value_result *result);

#endif
