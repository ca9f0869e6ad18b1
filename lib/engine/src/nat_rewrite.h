/*
 * A packet of a translated session gets its other addresses and ports, and its checksums follow by the difference (RFC 1624,
 * equation 3): what a session needs for that lies ready in its flow (struct flow_rewrite).
 *
 * ICMP queries have their identifier as port. Fragments after the first have addresses only. Protocols without ports keep
 * all that is theirs. SCTP's checksum does not cover addresses (RFC 9260 6.8) and is no sum: it follows the ports alone
 * (wire/sctp.h), for which a first fragment has the length of the whole as its payload (inspect_ports.c).
 */
#ifndef ENGINE_NAT_REWRITE_H
#define ENGINE_NAT_REWRITE_H

#include <string.h>

#include "engine_private.h"
#include "wire/icmp.h"

/* Changes the checksum at a place by a folded difference in the machine's order. */
static inline uint16_t
nat_checksum(uint8_t *at, uint16_t delta)
{
	uint16_t stored;

	memcpy(&stored, at, sizeof stored);
	uint32_t sum = (uint32_t)(uint16_t)~stored + delta;

	sum = (sum & 0xffff) + (sum >> 16);
	stored = (uint16_t)~sum;
	memcpy(at, &stored, sizeof stored);
	return stored;
}

/* The same where 0 means something else: no checksum, or a block of zeros. */
static inline void
nat_checksum_not_zero(uint8_t *at, uint16_t delta)
{
	if (nat_checksum(at, delta) == 0) {
		at[0] = 0xff;
		at[1] = 0xff;
	}
}

/* nat_rewrite.c: the transport header of what is neither TCP nor UDP. */
void nat_rewrite_other(const struct item *item, uint8_t *transport, const struct flow_rewrite *rewrite);

/* => the item is IPv4 and in the direction of the rewrite; its headers were checked */
static inline __attribute__((always_inline)) void
nat_rewrite(const struct item *item, const struct flow_rewrite *rewrite)
{
	uint8_t *ip = item->ip;
	uint8_t *transport = ip + item->ip_header;

	memcpy(ip + 12, &rewrite->source, sizeof rewrite->source);
	memcpy(ip + 16, &rewrite->destination, sizeof rewrite->destination);
	(void)nat_checksum(ip + 10, rewrite->address_delta);
	if ((item->flags & ITEM_LATER) != 0) {
		return;
	}
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		memcpy(transport, &rewrite->ports, sizeof rewrite->ports);
		(void)nat_checksum(transport + 16, rewrite->transport_delta);
	} else if (item->protocol == IPV4_PROTOCOL_UDP) {
		memcpy(transport, &rewrite->ports, sizeof rewrite->ports);
		if ((transport[6] | transport[7]) != 0) {
			nat_checksum_not_zero(transport + 6, rewrite->transport_delta);
		}
	} else {
		nat_rewrite_other(item, transport, rewrite);
	}
}

#endif
