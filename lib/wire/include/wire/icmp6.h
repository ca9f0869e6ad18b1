/*
 * ICMPv6 (RFC 4443).
 *
 *   |     type      |     code      |           checksum            |
 *   |   identifier and sequence of an echo, or an error's parameter |
 *   | an error: as much of the packet that caused it as fits in the minimum MTU |
 *
 * The checksum covers a pseudo-header. Types below 128 are errors.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"
#include "wire/ipv6.h"

enum {
	ICMP6_HEADER = 8,
	ICMP6_QUOTE_LEAST = 8,       /* of the quoted transport header */
	ICMP6_ERROR_PACKET_MOST = IPV6_MTU_LEAST, /* RFC 4443 2.4 (c) */
	ICMP6_INFORMATIONAL = 128, /* and above */
};

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_LISTENER_QUERY = 130,
	ICMP6_LISTENER_REPORT = 131,
	ICMP6_LISTENER_DONE = 132,
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOUR_SOLICITATION = 135,
	ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_NODE_INFORMATION_QUERY = 139,
	ICMP6_NODE_INFORMATION_REPLY = 140,
	ICMP6_LISTENER_REPORT_2 = 143,
};

enum icmp6_unreachable {
	ICMP6_UNREACHABLE_NO_ROUTE = 0,
	ICMP6_UNREACHABLE_PROHIBITED = 1,
	ICMP6_UNREACHABLE_SCOPE = 2,
	ICMP6_UNREACHABLE_ADDRESS = 3,
	ICMP6_UNREACHABLE_PORT = 4,
	ICMP6_UNREACHABLE_INGRESS_POLICY = 5,
	ICMP6_UNREACHABLE_REJECT_ROUTE = 6,
};

enum icmp6_time_exceeded {
	ICMP6_TIME_EXCEEDED_HOPS = 0,
	ICMP6_TIME_EXCEEDED_REASSEMBLY = 1,
};

enum icmp6_parameter_problem {
	ICMP6_PARAMETER_HEADER = 0,
	ICMP6_PARAMETER_NEXT_HEADER = 1,
	ICMP6_PARAMETER_OPTION = 2,
	ICMP6_PARAMETER_FIRST_FRAGMENT = 3, /* RFC 7112 */
};

struct icmp6_header {
	uint32_t parameter; /* the second word: an MTU, a pointer */
	uint16_t identifier; /* its first half */
	uint16_t checksum;
	uint8_t type;
	uint8_t code;
};

/* What an ICMPv6 error says about the packet that caused it. */
struct icmp6_quote {
	struct ipv6_header ip;
	struct ipv6_chain chain; /* chain.protocol is the transport's */
	uint32_t sequence;         /* TCP only */
	uint16_t source_port;      /* TCP and UDP; ICMPv6: the identifier */
	uint16_t destination_port; /* TCP and UDP */
	uint8_t icmp_type;         /* ICMPv6 only */
};

/* False when it is cut short. */
static inline bool
icmp6_parse(const uint8_t *bytes, size_t length, struct icmp6_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, ICMP6_HEADER);

	if (b == NULL) {
		return false;
	}
	header->type = b[0];
	header->code = b[1];
	header->checksum = bytes_load_16(b + 2);
	header->parameter = bytes_load_32(b + 4);
	header->identifier = (uint16_t)(header->parameter >> 16);
	return true;
}

/* Is the checksum right? => `addresses` are the 32 octets of the IP header's two; the message is
 * whole */
static inline bool
icmp6_checksum_right(const uint8_t *addresses, const uint8_t *bytes, size_t length)
{
	return checksum_fold(ipv6_pseudo_at(addresses, IPV6_NEXT_ICMP, (uint32_t)length) +
			     checksum_sum(bytes, length)) == 0xffff;
}

/* Writes the checksum of a message. => as above */
static inline void
icmp6_set_checksum(const uint8_t *addresses, uint8_t *bytes, size_t length)
{
	bytes_store_16(bytes + 2, 0);
	bytes_store_16(bytes + 2,
	    checksum_finish(ipv6_pseudo_at(addresses, IPV6_NEXT_ICMP, (uint32_t)length) +
			    checksum_sum(bytes, length)));
}

static inline bool
icmp6_is_error(uint8_t type)
{
	return type < ICMP6_INFORMATIONAL;
}

static inline bool
icmp6_is_reply(uint8_t type)
{
	return type == ICMP6_ECHO_REPLY || type == ICMP6_NODE_INFORMATION_REPLY;
}

/* An error that quotes a packet in a way we can read. Others are dropped. */
static inline bool
icmp6_is_known_error(uint8_t type)
{
	return type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER_PROBLEM;
}

/* May it never be answered with an error (RFC 4443 2.4 (e))? */
static inline bool
icmp6_never_answered(uint8_t type)
{
	return icmp6_is_error(type) || type == ICMP6_REDIRECT;
}

/* Neighbour discovery (RFC 4861): only ever from a neighbour, never routed. */
static inline bool
icmp6_is_discovery(uint8_t type)
{
	return type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT;
}

/* Multicast listener discovery (RFC 2710, RFC 3810): of the link too. */
static inline bool
icmp6_is_listener(uint8_t type)
{
	return (type >= ICMP6_LISTENER_QUERY && type <= ICMP6_LISTENER_DONE) ||
	       type == ICMP6_LISTENER_REPORT_2;
}

/* Reads what an error quotes. False when it is not IPv6, its chain of headers is cut short or
 * wrong, or it is a fragment other than the first. => bytes are those after the ICMPv6 header */
bool icmp6_parse_quote(const uint8_t *bytes, size_t length, struct icmp6_quote *quote);

/* Writes an error's 8 octets and the checksum over them and the `quoted` octets that follow in
 * place. => `addresses` are the 32 octets of the new IP header's two */
void icmp6_build_error(uint8_t *to, const struct icmp6_header *error, const uint8_t *addresses,
    size_t quoted);

#endif
