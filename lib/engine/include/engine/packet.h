/*
 * A packet as the engine sees it, and what the engine says about it.
 *
 * The bytes belong to the caller (an mbuf in flowd, a plain pool elsewhere). `struct packet` lies in the mbuf's private
 * area in flowd. Frames are linear. Lengths are octets; `data` points at the Ethernet header, or at the IP header for a
 * packet that comes from the host (PACKET_FROM_HOST).
 *
 * What a sender left to its network card is judged whole and goes on as it is: a superframe counts as the packets that it
 * stands for and is compared with an MTU by the size of one, and the checksum of PACKET_CHECKSUM_DUE, which the sender's
 * kernel vouches for, is not looked at. Where it leaves the caller passes both on, or makes frames of it. The bytes counted are
 * those of the superframe, without the headers that its further segments will have.
 */
#ifndef ENGINE_PACKET_H
#define ENGINE_PACKET_H

#include <stdint.h>

#include "engine/reasons.h"

/* What the packet became, in the words of the replay's verdict line. */
enum packet_verdict {
	VERDICT_NONE,
	VERDICT_FORWARD,
	VERDICT_DROP,
	VERDICT_REJECT,  /* dropped, and we sent a RST or an ICMP error because of it */
	VERDICT_HOST,    /* delivered to a local service */
	VERDICT_PROXY,   /* answered or held by the gateway */
	VERDICT_CONSUME, /* a fragment kept, ARP and the like */
	VERDICT_COUNT
};

enum packet_flag {
	PACKET_FROM_HOST = 1 << 0,        /* data is an IP packet of our own host; `instance` says where from */
	PACKET_CHECKSUM_DUE = 1 << 1,     /* TCP, UDP: the checksum is half made (wire/segment.h); who sends it makes the rest */
	PACKET_SUPERFRAME = 1 << 2,       /* larger than any frame of the port, and nothing says what of: dropped */
	/* Set by an engine for the one that it hands the packet over to: */
	PACKET_HANDED = 1 << 3,   /* it was screened, and `handed` and `tried` count */
	PACKET_AT_IP = 1 << 4,    /* data is an IP packet; `instance` is the unit where it came in */
	PACKET_TO_GROUP = 1 << 5, /* and it came in a broadcast or multicast frame */
	PACKET_ADMIT = 1 << 6,    /* without session it is to be admitted there */
	PACKET_UNCOUNTED = 1 << 7, /* screens that count packets without session have not seen it yet */
	PACKET_PROVEN = 1 << 8,    /* it completes a handshake with the engine that handed it over */
};

#define PACKET_NO_UNIT UINT16_MAX
#define PACKET_NO_ZONE UINT16_MAX
#define PACKET_NO_POLICY UINT32_MAX
#define PACKET_DEFAULT_POLICY (UINT32_MAX - 1)

/* Filled for every packet that goes through engine_process(). Identities are those of the snapshot. */
struct packet_result {
	uint64_t session; /* 0: none; numbers start at 1 and are never reused by an engine */
	uint32_t policy;
	uint16_t reason; /* enum reason */
	uint16_t in_unit;
	uint16_t out_unit;
	uint16_t from_zone;
	uint16_t to_zone;
	uint8_t verdict; /* enum packet_verdict */
	uint8_t pad;
};

struct packet {
	uint8_t *data;
	void *handle; /* the caller's */
	uint32_t length;
	uint16_t headroom; /* octets free before data */
	uint16_t tailroom; /* octets free after data + length */
	uint16_t port;     /* where it came in; in engine_output: where it leaves */
	uint16_t instance; /* with PACKET_FROM_HOST: the routing instance of the TUN it came from */
	uint16_t flags;    /* enum packet_flag */
	uint8_t handed;    /* PACKET_HANDED: how often it was handed over */
	uint8_t tried;     /* and how many workers had no port for it */
	uint16_t segment_size;  /* a superframe (wire/segment.h): octets of payload of each segment; else 0 */
	uint16_t segments_more; /* and how many it is besides one, where packets are counted */
	struct packet_result result;
};

#endif
