/*
 * The two ends of fuzz_syn.c's connection: a TCP of their own, which shares nothing with the engine but the readers and writers
 * of lib/wire. What they send goes into the gateway; what they hear comes from their queues.
 */
#ifndef FUZZ_SYN_ENDS_H
#define FUZZ_SYN_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway.h"
#include "house.h"
#include "wire/ipv4.h"
#include "wire/tcp_options.h"

enum {
	QUEUE = 24,
	SEGMENT = 500,
	FRAME_HEADER = 14,
	FRAME_MOST = FRAME_HEADER + IPV4_HEADER_MOST + 60 + SEGMENT + 32,
	PLANS = 4,
	SESSIONS = 256,
	FAIR_ROUNDS = 400,
	SLEEP_SECONDS = 100,
	HANDSHAKE_SECONDS = 20,
	/* Of a packet: who hears of a handshake that the queue (20 s, the last answer after 15) has forgotten is lost, as with any
	 * server. */
	LIFETIME_SECONDS = 4,
	LIFETIME_COOKIE_SECONDS = 15,
	NEAR = 128, /* half of what an octet says */
	PORT_INSIDE = 0,
	PORT_OUTSIDE = 1,
	SCALE_NONE_FROM = 12,
	CLIENT_PORT = 4000,
	SERVER_PORT = 80,
};

enum side {
	CLIENT,
	SERVER,
	ENDS
};

#define MILLISECOND UINT64_C(1000000)
#define CLIENT_ADDRESS UINT32_C(0xc6336407) /* 198.51.100.7 */
#define SERVER_ADDRESS UINT32_C(0x0a000005) /* 10.0.0.5 */
#define PUBLIC_ADDRESS UINT32_C(0xc6336450) /* 198.51.100.80 */

/* Its stream: SYN at `first`, then `size` octets. */
struct end {
	uint32_t first;
	uint32_t size;
	uint32_t una;
	uint32_t next;
	uint32_t received; /* what it waits for */
	uint32_t peer_first;
	uint32_t peer_window;
	uint32_t value; /* its timestamps' clock */
	uint32_t value_first;
	uint32_t seen;  /* the other's latest */
	struct tcp_options offer;
	uint8_t shift_own;
	uint8_t shift_peer;
	bool stamps;
	bool begun;
	bool synced;
	bool reset;
};

struct frame {
	uint64_t since; /* it is on its way, ns */
	uint16_t length; /* of the IP packet */
	uint8_t bytes[FRAME_MOST];
};

struct queue { /* what is on its way to an end */
	struct frame frames[QUEUE];
	uint32_t count;
};

struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
};

struct talk {
	struct house *house;
	struct end ends[ENDS];
	struct queue queues[ENDS];
	uint32_t public; /* the server as the client knows it */
	uint32_t known;  /* the client as the server knows it */
	uint16_t known_port;
	uint64_t asked; /* the server for the first time, ns plus 1; 0: never */
	bool stranger;
	bool fair;
	bool given_up; /* the handshake with the server */
	bool cookies;
	bool answered; /* by us, for the server */
};

static inline struct end *
syn_end(struct talk *talk, enum side which)
{
	return &talk->ends[which];
}

static inline struct queue *
syn_queue(struct talk *talk, enum side which)
{
	return &talk->queues[which];
}

static inline enum side
syn_other(enum side which)
{
	return which == CLIENT ? SERVER : CLIENT;
}

static inline uint8_t
syn_octet(enum side which, uint32_t at)
{
	return (uint8_t)(at * 7 + (at >> 8) + (which == CLIENT ? 0 : 101));
}

/* left < right in sequence space. */
static inline bool
syn_before(uint32_t left, uint32_t right)
{
	return (int32_t)(left - right) < 0;
}

/* A frame of the connection's addresses from an end, with `tcp_length` octets of TCP behind its IP header: sums are put in. */
void syn_start_frame(uint8_t *frame);
struct ipv4_header syn_ip_header(const struct talk *talk, enum side from);
void syn_send_frame(struct talk *talk, enum side from, struct ipv4_header *ip, uint8_t *frame, uint16_t tcp_length);
/* New data if the other's window lets it; true: there was some. */
bool syn_send_new(struct talk *talk, enum side from);
/* The oldest again, or a question whether the window is open. */
void syn_send_again(struct talk *talk, enum side from);
void syn_acknowledge(struct talk *talk, enum side from);
/* The end takes what came, and holds it against what the other sent. */
void syn_hear(struct talk *talk, enum side which, const struct frame *frame);

#endif
