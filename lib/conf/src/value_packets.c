/*
 * Values that say what is in a packet: protocols, ports, ICMP types, TCP flags. See value_read.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "value_read.h"

struct named_number {
	const char *name;
	uint32_t number;
};

static bool
find_number(const struct named_number *table, const char *value, size_t length, uint32_t *number)
{
	for (size_t i = 0; table[i].name != NULL; i++) {
		if (value_equals(value, length, table[i].name)) {
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
bool
value_check_protocol(const char *value, size_t length, const struct value_result *result)
{
	char lower[16];
	uint32_t number;
	size_t at = 0;

	if (value_take_number(value, length, &at, 3, &number) && at == length && number <= 255) {
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
			return value_take_as_is(result, lower, length);
		}
	}
	return value_refuse(result, "a protocol is a number from 0 to 255 or one of icmp, igmp, ipip, tcp, egp, udp, rsvp, "
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

bool
value_check_port_range(const char *value, size_t length, const struct value_result *result)
{
	uint32_t low;
	uint32_t high;
	size_t at = 0;

	if (find_number(ports, value, length, &low)) {
		text_printf(result->canonical, "%u", low);
		return true;
	}
	if (value_take_number(value, length, &at, 5, &low) && low <= 65535) {
		if (at == length) {
			text_printf(result->canonical, "%u", low);
			return true;
		}
		if (value_take_char(value, length, &at, '-') && value_take_number(value, length, &at, 5, &high) && at == length &&
		    high <= 65535 && low <= high) {
			if (low == high) {
				text_printf(result->canonical, "%u", low);
			} else {
				text_printf(result->canonical, "%u-%u", low, high);
			}
			return true;
		}
	}
	return value_refuse(result,
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

static const struct named_number icmp6_types[] = {
    {"destination-unreachable", 1},
    {"packet-too-big", 2},
    {"time-exceeded", 3},
    {"parameter-problem", 4},
    {"echo-request", 128},
    {"echo-reply", 129},
    {"membership-query", 130},
    {"membership-report", 131},
    {"membership-termination", 132},
    {"router-solicit", 133},
    {"router-advertisement", 134},
    {"neighbor-solicit", 135},
    {"neighbor-advertisement", 136},
    {"redirect", 137},
    {NULL, 0},
};

/* A name of the table as it stands, or a number. */
static bool
check_type(const char *value, size_t length, const struct value_result *result, const struct named_number *table)
{
	uint32_t number;
	size_t at = 0;

	if (find_number(table, value, length, &number)) {
		return value_take_as_is(result, value, length);
	}
	if (value_take_number(value, length, &at, 3, &number) && at == length && number <= 255) {
		text_printf(result->canonical, "%u", number);
		return true;
	}
	return false;
}

bool
value_check_icmp_type(const char *value, size_t length, const struct value_result *result)
{
	return check_type(value, length, result, icmp_types) ||
	    value_refuse(result, "an ICMP type is a number from 0 to 255 or a name such as echo-request");
}

bool
value_check_icmp6_type(const char *value, size_t length, const struct value_result *result)
{
	return check_type(value, length, result, icmp6_types) ||
	    value_refuse(result, "an ICMPv6 type is a number from 0 to 255 or a name such as echo-request");
}

static int16_t
type_number(const char *value, const struct named_number *table)
{
	uint32_t number = 0;

	if (value == NULL) {
		return -1;
	}
	if (!find_number(table, value, strlen(value), &number)) {
		number = (uint32_t)strtoul(value, NULL, 10);
	}
	return (int16_t)number;
}

int16_t
value_icmp_number(const char *value)
{
	return type_number(value, icmp_types);
}

int16_t
value_icmp6_number(const char *value)
{
	return type_number(value, icmp6_types);
}

/* A flag's name, or 0x and a number up to 0x3f; moves *at. */
static bool
take_tcp_flag(const char *value, size_t length, size_t *at)
{
	static const char *const names[] = {"fin", "syn", "rst", "push", "ack", "urgent"};
	size_t end = *at;

	while (end < length && (value_is_letter(value[end]) || value_is_digit(value[end]))) {
		end++;
	}
	const char *word = value + *at;
	const size_t span = end - *at;

	*at = end;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (value_equals(word, span, names[i])) {
			return true;
		}
	}
	return span >= 3 && span <= 4 && memcmp(word, "0x", 2) == 0 &&
	    (span == 3 || (word[2] >= '0' && word[2] <= '3')) && strchr("0123456789abcdefABCDEF", word[span - 1]) != NULL;
}

/* operand ::= [!]... ( flag | '(' expression ')' ); operands are joined by & and |. */
bool
value_check_tcp_flags(const char *value, size_t length, const struct value_result *result)
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
		return value_refuse(result, "TCP flags are fin, syn, rst, push, ack, urgent and 0x values, joined by & and |, with ! "
		                      "and parentheses");
	}
	return value_take_as_is(result, value, length);
}
