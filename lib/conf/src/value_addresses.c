/*
 * Values that name interfaces, addresses, prefixes and next hops. See value_read.h; the table is in value_formats.c.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "value_read.h"

#define IPV4_PREFIX_EXPECTED "an IPv4 prefix looks like 192.0.2.0/24; without a length it is a single address"
#define HOP_EXPECTED         "a next hop is a single address, without a prefix length"
#define BITS_CLEARED         "bits behind the prefix length are cleared"

static bool
take_ipv4(const char *value, size_t length, size_t *at, uint32_t *address)
{
	*address = 0;
	for (int i = 0; i < 4; i++) {
		uint32_t octet;

		if ((i > 0 && !value_take_char(value, length, at, '.')) || !value_take_number(value, length, at, 3, &octet) ||
		    octet > 255) {
			return false;
		}
		*address = (*address << 8) | octet;
	}
	return true;
}

/* "a.b.c.d[/n]"; *bits is 32 when there is no length. */
static bool
read_ipv4_prefix(const char *value, size_t length, uint32_t *address, uint32_t *bits)
{
	size_t at = 0;

	*bits = 32;
	if (!take_ipv4(value, length, &at, address)) {
		return false;
	}
	if (value_take_char(value, length, &at, '/') && (!value_take_number(value, length, &at, 2, bits) || *bits > 32)) {
		return false;
	}
	return at == length;
}

/* Below 1000. Addresses are most of a large configuration: printf would take longer than all else about them. */
static size_t
write_number(char *out, uint32_t number)
{
	size_t length = 0;

	if (number >= 100) {
		out[length++] = (char)('0' + number / 100 % 10);
	}
	if (number >= 10) {
		out[length++] = (char)('0' + number / 10 % 10);
	}
	out[length++] = (char)('0' + number % 10);
	return length;
}

static void
write_ipv4(struct text *out, uint32_t address)
{
	char octets[16];
	size_t length = 0;

	for (uint32_t shift = 32; shift > 0; shift -= 8) {
		if (shift < 32) {
			octets[length++] = '.';
		}
		length += write_number(octets + length, address >> (shift - 8) & 255);
	}
	text_append_bytes(out, octets, length);
}

static void
write_ipv4_prefix(struct text *out, uint32_t address, uint32_t bits)
{
	char suffix[4] = "/";

	write_ipv4(out, address);
	text_append_bytes(out, suffix, 1 + write_number(suffix + 1, bits));
}

/* type-slot/pim/port, st0 or lo0; moves *at. */
static bool
take_interface(const char *value, size_t length, size_t *at)
{
	uint32_t number;
	size_t i = *at;

	if (length >= i + 3 && (memcmp(value + i, "st0", 3) == 0 || memcmp(value + i, "lo0", 3) == 0)) {
		*at = i + 3;
		return true;
	}
	if (i >= length || value[i] < 'a' || value[i] > 'z') {
		return false;
	}
	while (i < length && ((value[i] >= 'a' && value[i] <= 'z') || value_is_digit(value[i]))) {
		i++;
	}
	if (i - *at > 8 || !value_take_char(value, length, &i, '-') || !value_take_number(value, length, &i, 3, &number) ||
	    !value_take_char(value, length, &i, '/') || !value_take_number(value, length, &i, 3, &number) ||
	    !value_take_char(value, length, &i, '/') || !value_take_number(value, length, &i, 3, &number)) {
		return false;
	}
	*at = i;
	return true;
}

bool
value_check_interface(const char *value, size_t length, const struct value_result *result)
{
	size_t at = 0;

	if (!take_interface(value, length, &at) || at != length) {
		return value_refuse(result, "a physical interface looks like ge-0/0/0, t1-1/0/0 or st0");
	}
	return value_take_as_is(result, value, length);
}

/* Without a unit, unit 0 is meant. */
static bool
read_unit(const char *value, size_t length, struct text *canonical)
{
	uint32_t unit = 0;
	size_t at = 0;

	if (!take_interface(value, length, &at)) {
		return false;
	}
	const size_t port = at;

	if (at < length && (!value_take_char(value, length, &at, '.') || !value_take_number(value, length, &at, 5, &unit) ||
	                       at != length || unit > 16385)) {
		return false;
	}
	text_append_bytes(canonical, value, port);
	text_printf(canonical, ".%u", unit);
	return true;
}

bool
value_check_unit(const char *value, size_t length, const struct value_result *result)
{
	if (!read_unit(value, length, result->canonical)) {
		return value_refuse(result, "a logical interface looks like ge-0/0/0.0 or st0.1, with a unit up to 16385");
	}
	return true;
}

bool
value_check_zone_interface(const char *value, size_t length, const struct value_result *result)
{
	if (value_equals(value, length, "all")) {
		return value_take_as_is(result, value, length);
	}
	if (!read_unit(value, length, result->canonical)) {
		return value_refuse(result, "a logical interface looks like ge-0/0/0.0 or st0.1; all stands for every one "
		                      "that is bound nowhere else");
	}
	return true;
}

bool
value_check_ipv4_address(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	size_t at = 0;

	if (!take_ipv4(value, length, &at, &address) || at != length) {
		return value_refuse(result, "an IPv4 address looks like 192.0.2.1");
	}
	write_ipv4(result->canonical, address);
	return true;
}

bool
value_check_ipv4_prefix(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	uint32_t bits;

	if (!read_ipv4_prefix(value, length, &address, &bits)) {
		return value_refuse(result, IPV4_PREFIX_EXPECTED);
	}
	write_ipv4_prefix(result->canonical, address, bits);
	return true;
}

/* E-053, E-156: bits behind the length are cleared, with a warning. */
static bool
check_masked(const char *value, size_t length, const struct value_result *result, const char *notice)
{
	uint32_t address;
	uint32_t bits;

	if (!read_ipv4_prefix(value, length, &address, &bits)) {
		return value_refuse(result, IPV4_PREFIX_EXPECTED);
	}
	const uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);

	if ((address & ~mask) != 0 && result->notice != NULL) {
		text_append(result->notice, notice);
	}
	write_ipv4_prefix(result->canonical, address & mask, bits);
	return true;
}

bool
value_check_ipv4_route(const char *value, size_t length, const struct value_result *result)
{
	const bool all = value_equals(value, length, "default");

	if (memchr(value, ':', length) != NULL) {
		return value_refuse(result, "only IPv4 stands here: IPv6 is not translated to IPv4 (NAT64) yet, and IPv6 "
		                            "routes stand under routing-options rib inet6.0");
	}
	return all ? value_take_as_is(result, "0.0.0.0/0", 9) : check_masked(value, length, result, "E-053 " BITS_CLEARED);
}

bool
value_check_proxy_prefix(const char *value, size_t length, const struct value_result *result)
{
	return check_masked(value, length, result, "E-156 " BITS_CLEARED);
}

bool
value_check_tunnel_unit(const char *value, size_t length, const struct value_result *result)
{
	if (length < 3 || memcmp(value, "st0", 3) != 0 || !read_unit(value, length, result->canonical)) {
		return value_refuse(result, "a tunnel interface looks like st0.1, with a unit up to 16385");
	}
	return true;
}

/* Address or host name; four numbers are an address. */
/* An IPv4 address or the name of a host; anything else is refused with the sentence. */
static bool
check_host(const char *value, size_t length, const struct value_result *result, const char *refusal)
{
	bool good = length >= 1 && length <= 255;
	bool numbers = true;
	char before = '.';
	uint32_t address;
	size_t at = 0;

	if (take_ipv4(value, length, &at, &address) && at == length) {
		write_ipv4(result->canonical, address);
		return true;
	}
	for (size_t i = 0; good && i < length; i++) {
		const char c = value[i];
		const bool sign = c == '-' || c == '.';

		/* Parts begin and end with a letter or digit. */
		good = value_is_letter(c) || value_is_digit(c) || (sign && before != '.' && (c == '-' || before != '-'));
		numbers = numbers && (value_is_digit(c) || c == '.');
		before = c;
	}
	if (!good || numbers || before == '.' || before == '-') {
		return value_refuse(result, refusal);
	}
	return value_take_as_is(result, value, length);
}

bool
value_check_peer(const char *value, size_t length, const struct value_result *result)
{
	return check_host(value, length, result, "a peer is an IPv4 address or a host name");
}

bool
value_read_ipv6_prefix(const char *value, size_t length, struct in6_addr *binary, uint32_t *bits)
{
	char address[INET6_ADDRSTRLEN];
	size_t at = 0;

	*bits = 128;
	while (at < length && value[at] != '/') {
		at++;
	}
	if (at >= sizeof(address)) {
		return false;
	}
	memcpy(address, value, at);
	address[at] = '\0';
	if (at < length && (!value_take_char(value, length, &at, '/') || !value_take_number(value, length, &at, 3, bits) ||
	                       at != length || *bits > 128)) {
		return false;
	}
	return inet_pton(AF_INET6, address, binary) == 1;
}

static void
write_ipv6(struct text *out, const struct in6_addr *binary)
{
	char address[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(AF_INET6, binary, address, sizeof(address));
	text_append(out, address);
}

static void
write_ipv6_prefix(struct text *out, const struct in6_addr *binary, uint32_t bits)
{
	write_ipv6(out, binary);
	text_printf(out, "/%u", bits);
}

bool
value_check_ipv6_address(const char *value, size_t length, const struct value_result *result)
{
	struct in6_addr binary;
	uint32_t bits;

	if (memchr(value, '/', length) != NULL || !value_read_ipv6_prefix(value, length, &binary, &bits)) {
		return value_refuse(result, "an IPv6 address looks like 2001:db8::1");
	}
	write_ipv6(result->canonical, &binary);
	return true;
}

bool
value_check_server_address(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	size_t at = 0;

	if (memchr(value, ':', length) != NULL) {
		return value_check_ipv6_address(value, length, result);
	}
	if (!take_ipv4(value, length, &at, &address) || at != length) {
		return value_refuse(result, "an address looks like 192.0.2.1 or 2001:db8::1");
	}
	write_ipv4(result->canonical, address);
	return true;
}

bool
value_check_server_name(const char *value, size_t length, const struct value_result *result)
{
	return memchr(value, ':', length) != NULL ?
	    value_check_ipv6_address(value, length, result) :
	    check_host(value, length, result, "a server is an address or a host name");
}

bool
value_check_ipv6_prefix(const char *value, size_t length, const struct value_result *result)
{
	struct in6_addr binary;
	uint32_t bits;

	if (!value_read_ipv6_prefix(value, length, &binary, &bits)) {
		return value_refuse(result, "an IPv6 prefix looks like 2001:db8::1/64");
	}
	write_ipv6_prefix(result->canonical, &binary, bits);
	return true;
}

static bool
is_ipv6(const char *value, size_t length)
{
	return memchr(value, ':', length) != NULL;
}

bool
value_clear_host_bits(struct in6_addr *binary, uint32_t bits)
{
	bool cleared = false;

	for (uint32_t bit = bits; bit < 128; bit++) {
		const uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		cleared = cleared || (binary->s6_addr[bit / 8] & mask) != 0;
		binary->s6_addr[bit / 8] &= (uint8_t)~mask;
	}
	return cleared;
}

static bool
check_masked6(const char *value, size_t length, const struct value_result *result, const char *notice)
{
	struct in6_addr binary;
	uint32_t bits;

	if (!value_read_ipv6_prefix(value, length, &binary, &bits)) {
		return value_refuse(
		    result, "an IPv6 prefix looks like 2001:db8::/32; without a length it is a single address");
	}
	if (value_clear_host_bits(&binary, bits) && result->notice != NULL) {
		text_append(result->notice, notice);
	}
	write_ipv6_prefix(result->canonical, &binary, bits);
	return true;
}

bool
value_check_ipv6_route(const char *value, size_t length, const struct value_result *result)
{
	const bool all = value_equals(value, length, "default");

	return all ? value_take_as_is(result, "::/0", 4) : check_masked6(value, length, result, "E-053 " BITS_CLEARED);
}

/* Of either family; bits behind the length stay as they are written. */
bool
value_check_book_prefix(const char *value, size_t length, const struct value_result *result)
{
	return is_ipv6(value, length) ? value_check_ipv6_prefix(value, length, result)
				      : value_check_ipv4_prefix(value, length, result);
}

/* Of either family; bits behind the length say nothing. */
bool
value_check_ip_prefix(const char *value, size_t length, const struct value_result *result)
{
	return is_ipv6(value, length) ? check_masked6(value, length, result, BITS_CLEARED)
				      : check_masked(value, length, result, BITS_CLEARED);
}

static bool
check_next_hop6(const char *value, size_t length, const struct value_result *result)
{
	struct in6_addr binary;
	uint32_t bits;

	if (!value_read_ipv6_prefix(value, length, &binary, &bits) || bits != 128) {
		return value_refuse(result, HOP_EXPECTED);
	}
	write_ipv6(result->canonical, &binary);
	return true;
}

/* /32 or /128 behind an address is dropped (E-054). */
bool
value_check_next_hop(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	uint32_t bits;

	if (read_ipv4_prefix(value, length, &address, &bits)) {
		if (bits != 32) {
			return value_refuse(result, HOP_EXPECTED);
		}
		write_ipv4(result->canonical, address);
		return true;
	}
	if (is_ipv6(value, length)) {
		return check_next_hop6(value, length, result);
	}
	if (memchr(value, '.', length) == NULL || !read_unit(value, length, result->canonical)) {
		return value_refuse(result, "a next hop is an IP address or a logical interface such as ge-0/0/3.2");
	}
	return true;
}
