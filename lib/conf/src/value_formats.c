/*
 * The C twins of the typedefs in schema/sallyport-types.yang: each checks a value and writes its canonical spelling.
 *
 * One row a type in `formats`. The values come from the user: they are read octet by octet within their length. A
 * lenient reading writes its erratum into `notice` when the caller asks for it.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "op_utf8.h"
#include "schema_private.h"
#include "secret_form.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
equals(const char *value, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(value, word, length) == 0;
}

/* Digits from *at on, at most `most` of them; moves *at. */
static bool
take_number(const char *value, size_t length, size_t *at, size_t most, uint32_t *number)
{
	const size_t start = *at;

	*number = 0;
	while (*at < length && *at - start < most && is_digit(value[*at])) {
		*number = *number * 10 + (uint32_t)(value[*at] - '0');
		(*at)++;
	}
	return *at > start;
}

static bool
take_char(const char *value, size_t length, size_t *at, char c)
{
	if (*at < length && value[*at] == c) {
		(*at)++;
		return true;
	}
	return false;
}

static bool
take_ipv4(const char *value, size_t length, size_t *at, uint32_t *address)
{
	*address = 0;
	for (int i = 0; i < 4; i++) {
		uint32_t octet;

		if ((i > 0 && !take_char(value, length, at, '.')) || !take_number(value, length, at, 3, &octet) ||
		    octet > 255) {
			return false;
		}
		*address = (*address << 8) | octet;
	}
	return true;
}

/* "a.b.c.d[/n]"; *bits is 32 when there is no length. */
static bool
read_ipv4_prefix(const char *value, size_t length, uint32_t *address, uint32_t *bits, bool *has_length)
{
	size_t at = 0;

	*bits = 32;
	*has_length = false;
	if (!take_ipv4(value, length, &at, address)) {
		return false;
	}
	if (take_char(value, length, &at, '/')) {
		*has_length = true;
		if (!take_number(value, length, &at, 2, bits) || *bits > 32) {
			return false;
		}
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

static bool
refuse(const struct value_result *result, const char *sentence)
{
	text_append(result->error, sentence);
	return false;
}

static bool
take_as_is(const struct value_result *result, const char *value, size_t length)
{
	text_append_bytes(result->canonical, value, length);
	return true;
}

static bool
check_name(const char *value, size_t length, const struct value_result *result)
{
	if (length < 1 || length > 63) {
		return refuse(result, "a name has 1 to 63 characters");
	}
	for (size_t i = 0; i < length; i++) {
		const char c = value[i];

		if (is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '*' ||
		    (i > 0 && strchr("-:/@$+%=#~,", c) != NULL)) {
			continue;
		}
		return refuse(result, "a name has letters, digits and the signs - _ . : / @ + % = # ~ and begins with "
		                      "a letter, digit or _");
	}
	return take_as_is(result, value, length);
}

static bool
check_group_name(const char *value, size_t length, const struct value_result *result)
{
	bool good = length >= 1 && length <= 63 && is_letter(value[0]);

	for (size_t i = 0; good && i < length; i++) {
		good = is_letter(value[i]) || is_digit(value[i]) || value[i] == '-';
	}
	if (!good) {
		return refuse(result, "a group name begins with a letter and has letters, digits and hyphens only, "
		                      "at most 63");
	}
	return take_as_is(result, value, length);
}

/* ANY is any (E-009); else a name. */
static bool
check_reference(const char *value, size_t length, const struct value_result *result)
{
	if (equals(value, length, "ANY")) {
		return take_as_is(result, "any", 3);
	}
	return check_name(value, length, result);
}

static bool
check_text(const char *value, size_t length, const struct value_result *result)
{
	if (length > 255) {
		return refuse(result, "a text has at most 255 characters");
	}
	for (size_t at = 0; at < length;) {
		const size_t octets = op_utf8_length(value + at);

		if (octets == 0 || (unsigned char)value[at] < ' ' || value[at] == 0x7f) {
			return refuse(result, "a text is UTF-8 without control characters");
		}
		at += octets;
	}
	return take_as_is(result, value, length);
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
	while (i < length && ((value[i] >= 'a' && value[i] <= 'z') || is_digit(value[i]))) {
		i++;
	}
	if (i - *at > 8 || !take_char(value, length, &i, '-') || !take_number(value, length, &i, 3, &number) ||
	    !take_char(value, length, &i, '/') || !take_number(value, length, &i, 3, &number) ||
	    !take_char(value, length, &i, '/') || !take_number(value, length, &i, 3, &number)) {
		return false;
	}
	*at = i;
	return true;
}

static bool
check_interface(const char *value, size_t length, const struct value_result *result)
{
	size_t at = 0;

	if (!take_interface(value, length, &at) || at != length) {
		return refuse(result, "a physical interface looks like ge-0/0/0, t1-1/0/0 or st0");
	}
	return take_as_is(result, value, length);
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

	if (at < length && (!take_char(value, length, &at, '.') || !take_number(value, length, &at, 5, &unit) ||
	                       at != length || unit > 16385)) {
		return false;
	}
	text_append_bytes(canonical, value, port);
	text_printf(canonical, ".%u", unit);
	return true;
}

static bool
check_unit(const char *value, size_t length, const struct value_result *result)
{
	if (!read_unit(value, length, result->canonical)) {
		return refuse(result, "a logical interface looks like ge-0/0/0.0 or st0.1, with a unit up to 16385");
	}
	return true;
}

static bool
check_zone_interface(const char *value, size_t length, const struct value_result *result)
{
	if (equals(value, length, "all")) {
		return take_as_is(result, value, length);
	}
	if (!read_unit(value, length, result->canonical)) {
		return refuse(result, "a logical interface looks like ge-0/0/0.0 or st0.1; all stands for every one "
		                      "that is bound nowhere else");
	}
	return true;
}

static bool
check_ipv4_address(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	size_t at = 0;

	if (!take_ipv4(value, length, &at, &address) || at != length) {
		return refuse(result, "an IPv4 address looks like 192.0.2.1");
	}
	write_ipv4(result->canonical, address);
	return true;
}

static bool
check_ipv4_prefix(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	uint32_t bits;
	bool has_length;

	if (!read_ipv4_prefix(value, length, &address, &bits, &has_length)) {
		return refuse(result,
		    "an IPv4 prefix looks like 192.0.2.0/24; without a length it is a single address");
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
	bool has_length;

	if (!read_ipv4_prefix(value, length, &address, &bits, &has_length)) {
		return refuse(result,
		    "an IPv4 prefix looks like 192.0.2.0/24; without a length it is a single address");
	}
	const uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);

	if ((address & ~mask) != 0 && result->notice != NULL) {
		text_append(result->notice, notice);
	}
	write_ipv4_prefix(result->canonical, address & mask, bits);
	return true;
}

static bool
check_ipv4_route(const char *value, size_t length, const struct value_result *result)
{
	if (equals(value, length, "default")) {
		return take_as_is(result, "0.0.0.0/0", 9);
	}
	return check_masked(value, length, result, "E-053 bits behind the prefix length are cleared");
}

static bool
check_proxy_prefix(const char *value, size_t length, const struct value_result *result)
{
	return check_masked(value, length, result, "E-156 bits behind the prefix length are cleared");
}

static bool
check_tunnel_unit(const char *value, size_t length, const struct value_result *result)
{
	if (length < 3 || memcmp(value, "st0", 3) != 0 || !read_unit(value, length, result->canonical)) {
		return refuse(result, "a tunnel interface looks like st0.1, with a unit up to 16385");
	}
	return true;
}

/* Address or host name; four numbers are an address. */
static bool
check_peer(const char *value, size_t length, const struct value_result *result)
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
		good = is_letter(c) || is_digit(c) || (sign && before != '.' && (c == '-' || before != '-'));
		numbers = numbers && (is_digit(c) || c == '.');
		before = c;
	}
	if (!good || numbers || before == '.' || before == '-') {
		return refuse(result, "a peer is an IPv4 address or a host name");
	}
	return take_as_is(result, value, length);
}

static bool
check_secret(const char *value, size_t length, const struct value_result *result)
{
	bool good = length >= 1 && length <= 255;

	for (size_t i = 0; good && i < length; i++) {
		good = (unsigned char)value[i] >= ' ' && value[i] != 0x7f;
	}
	if (!good) {
		return refuse(result, "a secret has 1 to 255 characters, and no control characters");
	}
	/* As JUNOS shows it: the same secret (REQ-VPN-051). */
	if (secret_form_read(value, length, result->canonical)) {
		return true;
	}
	return take_as_is(result, value, length);
}

static bool
check_ipv6_prefix(const char *value, size_t length, const struct value_result *result)
{
	static const char sentence[] = "an IPv6 prefix looks like 2001:db8::1/64";
	char address[INET6_ADDRSTRLEN];
	struct in6_addr binary;
	uint32_t bits = 128;
	size_t at = 0;

	while (at < length && value[at] != '/') {
		at++;
	}
	if (at >= sizeof(address)) {
		return refuse(result, sentence);
	}
	memcpy(address, value, at);
	address[at] = '\0';
	if (at < length && (!take_char(value, length, &at, '/') || !take_number(value, length, &at, 3, &bits) ||
	                       at != length || bits > 128)) {
		return refuse(result, sentence);
	}
	if (inet_pton(AF_INET6, address, &binary) != 1 ||
	    inet_ntop(AF_INET6, &binary, address, sizeof(address)) == NULL) {
		return refuse(result, sentence);
	}
	text_printf(result->canonical, "%s/%u", address, bits);
	return true;
}

/* /32 behind an address is dropped (E-054). */
static bool
check_next_hop(const char *value, size_t length, const struct value_result *result)
{
	uint32_t address;
	uint32_t bits;
	bool has_length;

	if (read_ipv4_prefix(value, length, &address, &bits, &has_length)) {
		if (bits != 32) {
			return refuse(result, "a next hop is a single address, without a prefix length");
		}
		write_ipv4(result->canonical, address);
		return true;
	}
	if (memchr(value, '.', length) == NULL || !read_unit(value, length, result->canonical)) {
		return refuse(result, "a next hop is an IPv4 address or a logical interface such as ge-0/0/3.2");
	}
	return true;
}

struct named_number {
	const char *name;
	uint32_t number;
};

static bool
find_number(const struct named_number *table, const char *value, size_t length, uint32_t *number)
{
	for (size_t i = 0; table[i].name != NULL; i++) {
		if (equals(value, length, table[i].name)) {
			*number = table[i].number;
			return true;
		}
	}
	return false;
}

static const struct named_number protocols[] = {
    {"icmp", 1},
    {"igmp", 2},
    {"ipip", 4},
    {"tcp", 6},
    {"egp", 8},
    {"udp", 17},
    {"rsvp", 46},
    {"gre", 47},
    {"esp", 50},
    {"ah", 51},
    {"icmp6", 58},
    {"ospf", 89},
    {"pim", 103},
    {"vrrp", 112},
    {"sctp", 132},
    {NULL, 0},
};

/* Known numbers get their name; names in any case (TCP). */
static bool
check_protocol(const char *value, size_t length, const struct value_result *result)
{
	char lower[16];
	uint32_t number;
	size_t at = 0;

	if (take_number(value, length, &at, 3, &number) && at == length && number <= 255) {
		for (size_t i = 0; protocols[i].name != NULL; i++) {
			if (protocols[i].number == number) {
				text_append(result->canonical, protocols[i].name);
				return true;
			}
		}
		text_printf(result->canonical, "%u", number);
		return true;
	}
	if (length < sizeof(lower)) {
		for (size_t i = 0; i < length; i++) {
			lower[i] = (char)((value[i] >= 'A' && value[i] <= 'Z') ? value[i] + ('a' - 'A') : value[i]);
		}
		if (find_number(protocols, lower, length, &number)) {
			return take_as_is(result, lower, length);
		}
	}
	return refuse(result, "a protocol is a number from 0 to 255 or one of icmp, igmp, ipip, tcp, egp, udp, rsvp, "
	                      "gre, esp, ah, icmp6, ospf, pim, vrrp, sctp");
}

static const struct named_number ports[] = {
    {"ftp-data", 20},
    {"ftp", 21},
    {"ssh", 22},
    {"telnet", 23},
    {"smtp", 25},
    {"tacacs", 49},
    {"domain", 53},
    {"dhcp", 67},
    {"bootps", 67},
    {"bootpc", 68},
    {"tftp", 69},
    {"finger", 79},
    {"http", 80},
    {"pop3", 110},
    {"sunrpc", 111},
    {"ident", 113},
    {"ntp", 123},
    {"netbios-ns", 137},
    {"netbios-dgm", 138},
    {"netbios-ssn", 139},
    {"imap", 143},
    {"snmp", 161},
    {"snmptrap", 162},
    {"bgp", 179},
    {"ldap", 389},
    {"https", 443},
    {"exec", 512},
    {"login", 513},
    {"syslog", 514},
    {"rip", 520},
    {"radius", 1812},
    {"radacct", 1813},
    {NULL, 0},
};

static bool
check_port_range(const char *value, size_t length, const struct value_result *result)
{
	uint32_t low;
	uint32_t high;
	size_t at = 0;

	if (find_number(ports, value, length, &low)) {
		text_printf(result->canonical, "%u", low);
		return true;
	}
	if (take_number(value, length, &at, 5, &low) && low <= 65535) {
		if (at == length) {
			text_printf(result->canonical, "%u", low);
			return true;
		}
		if (take_char(value, length, &at, '-') && take_number(value, length, &at, 5, &high) && at == length &&
		    high <= 65535 && low <= high) {
			if (low == high) {
				text_printf(result->canonical, "%u", low);
			} else {
				text_printf(result->canonical, "%u-%u", low, high);
			}
			return true;
		}
	}
	return refuse(result,
	    "a port is a number from 0 to 65535, LOW-HIGH with LOW not above HIGH, or a well-known name such as http");
}

static const struct named_number icmp_types[] = {
    {"echo-reply", 0},
    {"unreachable", 3},
    {"source-quench", 4},
    {"redirect", 5},
    {"echo-request", 8},
    {"router-advertisement", 9},
    {"router-solicit", 10},
    {"time-exceeded", 11},
    {"parameter-problem", 12},
    {"timestamp", 13},
    {"timestamp-reply", 14},
    {"info-request", 15},
    {"info-reply", 16},
    {"mask-request", 17},
    {"mask-reply", 18},
    {NULL, 0},
};

static bool
check_icmp_type(const char *value, size_t length, const struct value_result *result)
{
	uint32_t number;
	size_t at = 0;

	if (find_number(icmp_types, value, length, &number)) {
		return take_as_is(result, value, length);
	}
	if (take_number(value, length, &at, 3, &number) && at == length && number <= 255) {
		text_printf(result->canonical, "%u", number);
		return true;
	}
	return refuse(result, "an ICMP type is a number from 0 to 255 or a name such as echo-request");
}

/* A flag's name, or 0x and a number up to 0x3f; moves *at. */
static bool
take_tcp_flag(const char *value, size_t length, size_t *at)
{
	static const char *const names[] = {"fin", "syn", "rst", "push", "ack", "urgent"};
	size_t end = *at;

	while (end < length && (is_letter(value[end]) || is_digit(value[end]))) {
		end++;
	}
	const char *word = value + *at;
	const size_t span = end - *at;

	*at = end;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (equals(word, span, names[i])) {
			return true;
		}
	}
	return span >= 3 && span <= 4 && memcmp(word, "0x", 2) == 0 &&
	    (span == 3 || (word[2] >= '0' && word[2] <= '3')) && strchr("0123456789abcdefABCDEF", word[span - 1]) != NULL;
}

/* operand ::= [!]... ( flag | '(' expression ')' ); operands are joined by & and |. */
static bool
check_tcp_flags(const char *value, size_t length, const struct value_result *result)
{
	bool operand = true; /* one is due */
	bool good = length <= 255;
	unsigned open = 0;

	for (size_t at = 0; good && at < length;) {
		const char c = value[at];

		if (c == ' ') {
			at++;
		} else if (operand && (c == '!' || c == '(')) {
			open += c == '(';
			at++;
		} else if (operand) {
			good = take_tcp_flag(value, length, &at);
			operand = false;
		} else if (c == ')') {
			good = open-- > 0;
			at++;
		} else {
			good = c == '&' || c == '|';
			operand = true;
			at++;
		}
	}
	if (!good || operand || open != 0) {
		return refuse(result, "TCP flags are fin, syn, rst, push, ack, urgent and 0x values, joined by & and |, with ! "
		                      "and parentheses");
	}
	return take_as_is(result, value, length);
}

/* hh:mm is hh:mm:00 (E-093). */
static bool
check_time(const char *value, size_t length, const struct value_result *result)
{
	uint32_t hour = 0;
	uint32_t minute = 0;
	uint32_t second = 0;
	size_t at = 0;
	const bool good = take_number(value, length, &at, 2, &hour) && take_char(value, length, &at, ':') &&
	    take_number(value, length, &at, 2, &minute) &&
	    (at == length || (take_char(value, length, &at, ':') && take_number(value, length, &at, 2, &second))) &&
	    at == length && hour <= 24 && minute <= 59 && second <= 59 && (hour < 24 || minute + second == 0);

	if (!good) {
		return refuse(result, "a time looks like 07:30 or 07:30:00, from 00:00:00 to 24:00:00");
	}
	text_printf(result->canonical, "%02u:%02u:%02u", hour, minute, second);
	return true;
}

static uint32_t
days_of_month(uint32_t year, uint32_t month)
{
	static const uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool
check_date(const char *value, size_t length, const struct value_result *result)
{
	uint32_t year = 0;
	uint32_t month = 0;
	uint32_t day = 0;
	uint32_t hour = 0;
	uint32_t minute = 0;
	uint32_t second = 0;
	size_t at = 0;
	const bool shape = take_number(value, length, &at, 4, &year) && take_char(value, length, &at, '-') &&
	    take_number(value, length, &at, 2, &month) && take_char(value, length, &at, '-') &&
	    take_number(value, length, &at, 2, &day) && take_char(value, length, &at, '.') &&
	    take_number(value, length, &at, 2, &hour) && take_char(value, length, &at, ':') &&
	    take_number(value, length, &at, 2, &minute) &&
	    (at == length || (take_char(value, length, &at, ':') && take_number(value, length, &at, 2, &second)));

	if (!shape || at != length || year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month) || hour > 23 || minute > 59 || second > 59) {
		return refuse(result, "a date looks like 2026-12-31.18:00, in the local calendar");
	}
	text_printf(result->canonical, "%04u-%02u-%02u.%02u:%02u", year, month, day, hour, minute);
	if (second != 0) {
		text_printf(result->canonical, ":%02u", second);
	}
	return true;
}

static const struct value_format formats[] = {
    {"name", check_name},
    {"group-name", check_group_name},
    {"address-reference", check_reference},
    {"application-reference", check_reference},
    {"text", check_text},
    {"interface-name", check_interface},
    {"unit-name", check_unit},
    {"zone-interface", check_zone_interface},
    {"ipv4-address", check_ipv4_address},
    {"ipv4-prefix", check_ipv4_prefix},
    {"ipv4-route", check_ipv4_route},
    {"ipv6-prefix", check_ipv6_prefix},
    {"next-hop", check_next_hop},
    {"proxy-prefix", check_proxy_prefix},
    {"tunnel-unit", check_tunnel_unit},
    {"peer-address", check_peer},
    {"secret", check_secret},
    {"protocol", check_protocol},
    {"port-range", check_port_range},
    {"icmp-type", check_icmp_type},
    {"tcp-flags", check_tcp_flags},
    {"time-of-day", check_time},
    {"date-and-time", check_date},
};

const struct value_format *
value_format_find(const char *type, size_t length)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (equals(type, length, formats[i].type)) {
			return &formats[i];
		}
	}
	return NULL;
}
