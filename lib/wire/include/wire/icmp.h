/*
 * ICMP (RFC 792, RFC 1191 for the next hop's MTU).
 *
 *   |     type      |     code      |           checksum            |
 *   |     identifier, or unused     |  sequence, or next hop's MTU  |
 *   | an error: the IP header that caused it and 8 octets at least  |
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"
#include "wire/ipv4.h"

enum {
	ICMP_HEADER = 8,
	ICMP_QUOTE_LEAST = 8,       /* of the transport header that an error quotes (RFC 792) */
	ICMP_ERROR_PACKET_MOST = 576, /* RFC 1812 4.3.2.3 */
};

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY = 14,
	ICMP_INFORMATION = 15,
	ICMP_INFORMATION_REPLY = 16,
	ICMP_MASK = 17,
	ICMP_MASK_REPLY = 18,
};

enum icmp_unreachable {
	ICMP_UNREACHABLE_NET = 0,
	ICMP_UNREACHABLE_HOST = 1,
	ICMP_UNREACHABLE_PROTOCOL = 2,
	ICMP_UNREACHABLE_PORT = 3,
	ICMP_UNREACHABLE_FRAGMENTATION = 4,
	ICMP_UNREACHABLE_PROHIBITED = 13,
};

enum icmp_time_exceeded {
	ICMP_TIME_EXCEEDED_TTL = 0,
	ICMP_TIME_EXCEEDED_REASSEMBLY = 1,
};

struct icmp_header {
	uint8_t type;
	uint8_t code;
	uint16_t identifier; /* the first half of the second word */
};

/* What an ICMP error says about the packet that caused it. */
struct icmp_quote {
	struct ipv4_header ip;
	uint32_t sequence; /* TCP only */
	uint16_t source_port;      /* TCP and UDP; ICMP: the identifier */
	uint16_t destination_port; /* TCP and UDP */
	uint8_t icmp_type;         /* ICMP only */
};

/* False when it is cut short. */
static inline bool
icmp_parse(const uint8_t *bytes, size_t length, struct icmp_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, ICMP_HEADER);

	if (b == NULL) {
		return false;
	}
	header->type = b[0];
	header->code = b[1];
	header->identifier = bytes_load_16(b + 4);
	return true;
}

/* An error or a redirect: carries the header of another packet and is never answered with an error
 * (RFC 1122 3.2.2). */
static inline bool
icmp_is_error(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	    type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

static inline bool
icmp_is_reply(uint8_t type)
{
	return type == ICMP_ECHO_REPLY || type == ICMP_TIMESTAMP_REPLY ||
	       type == ICMP_INFORMATION_REPLY || type == ICMP_MASK_REPLY;
}

static inline bool
icmp_is_request(uint8_t type)
{
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP || type == ICMP_INFORMATION ||
	       type == ICMP_MASK;
}

/* Reads what an error quotes. False when it is not IPv4, is cut short, or is a fragment other than
 * the first. => bytes are those after the ICMP header */
bool icmp_parse_quote(const uint8_t *bytes, size_t length, struct icmp_quote *quote);

/* Writes an error's 8 octets and the checksum over them and the `quoted` octets that follow in
 * place. */
void icmp_build_error(uint8_t *to, uint8_t type, uint8_t code, uint16_t mtu, size_t quoted);

#endif
