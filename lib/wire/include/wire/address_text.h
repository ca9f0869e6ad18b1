/*
 * Addresses as text: a.b.c.d for IPv4, and for IPv6 the one form of RFC 5952 4 (lower case, no
 * leading zeros, the longest run of two or more zero groups as "::", the first of equal ones).
 */
#ifndef WIRE_ADDRESS_TEXT_H
#define WIRE_ADDRESS_TEXT_H

#include <stdint.h>

#include "wire/ipv6.h"

enum {
	ADDRESS_TEXT = 40, /* room for any address, with its end */
};

/* Writes one with its end; ::ffff:a.b.c.d, which stands for IPv4 where both share a table, as
 * a.b.c.d. Returns `to`. */
const char *address_text(char to[ADDRESS_TEXT], struct ipv6_address address);

#endif
