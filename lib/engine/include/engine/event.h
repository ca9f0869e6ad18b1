/*
 * Event records: fixed size, written by the engine into its ring, never formatted there. The logger renders them as
 * syslog, structured syslog and JSON by the rows of events.def; clustering and telemetry subscribe to the same.
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include <stdint.h>

#include "wire/ipv6.h"

enum event_kind {
#define EVENT(symbol, name, tag, severity, help) EVENT_##symbol,
#include "engine/events.def"
#undef EVENT
	EVENT_COUNT
};

struct event {
	uint64_t time;    /* monotonic ns */
	int64_t wall;     /* UTC microseconds */
	uint64_t session; /* 0: none */
	uint64_t packets[2]; /* forth, back */
	uint64_t bytes[2];
	struct ipv6_address source; /* IPv4 as ::ffff:a.b.c.d, here and below */
	struct ipv6_address destination;
	struct ipv6_address nat_source; /* what it is translated to; equal to source and destination without NAT */
	struct ipv6_address nat_destination;
	uint32_t policy;      /* identity, or PACKET_DEFAULT_POLICY, PACKET_NO_POLICY */
	uint32_t application; /* index in the snapshot's applications, UINT32_MAX: none */
	uint32_t duration;    /* seconds */
	uint32_t sessions;    /* aging: how many there are */
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t nat_source_port;
	uint16_t nat_destination_port;
	uint16_t from_zone;
	uint16_t to_zone;
	uint16_t unit; /* ingress */
	uint16_t reason; /* enum reason */
	uint8_t kind;    /* enum event_kind */
	uint8_t protocol;
	uint8_t icmp_type; /* for ICMP: type and code of the first packet */
	uint8_t icmp_code;
	uint8_t percent; /* aging: the watermark */
	uint8_t nat;     /* enum session_nat */
	uint16_t nat_pool; /* of the source, or the one that is exhausted; SNAPSHOT_NAT_NONE: none */
	uint8_t screen;  /* enum screen */
	uint8_t screen_outcome; /* enum screen_outcome */
	uint8_t logged; /* 1: the policy asked for this record in the log; 0: for subscribers only (config.records_logged_only: there is none) */
};

/* Row texts. => kind < EVENT_COUNT */
const char *event_name(enum event_kind kind);
const char *event_tag(enum event_kind kind);

#endif
