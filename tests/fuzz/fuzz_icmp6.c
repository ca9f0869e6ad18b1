/*
 * Fuzz target: ICMPv6 errors about sessions that are there.
 *
 * A gateway has a TCP session, a UDP session and a ping of IPv6 to one server, and one of UDP to another. The input is a row of
 * errors: on which side one comes in, who says it to whom, its type and code, and what it quotes: the octets of a packet of one
 * of the sessions, with an extension header or without, with some of them changed and the end cut off. An error that goes on
 * must quote a packet of a session, from the host that it goes to, as told by a reader of its own that walks over extension
 * headers in any order; and no error makes a session, ends or changes one, or is answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "source.h"
#include "target.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	QUOTE_MOST = 256,
	FLOWS = 4,
	TCP = 6,
	UDP = 17,
	SPEAKERS = 8,
};

struct flow_row {
	struct ipv6_address server;
	uint16_t port; /* ping: the identifier, on both sides */
	uint16_t server_port;
	uint8_t protocol;
};

static const struct ipv6_address client = {0x20010db800010000, 5};
static const struct flow_row flows[FLOWS] = {
    {{0x20010db800770000, 8}, 4000, 80, TCP},
    {{0x20010db800770000, 8}, 4001, 53, UDP},
    {{0x20010db800770000, 8}, 77, 77, IPV6_NEXT_ICMP},
    {{0x20010db800770000, 9}, 4001, 53, UDP},
};
static const struct ipv6_address speakers[SPEAKERS] = {
    {0x20010db800770000, 8},
    {0x20010db800770000, 9},
    {0x20010db800010000, 5},
    {0x20010db800990000, 1}, /* a router on the way */
    {0x20010db800020000, 1}, /* ours */
    {0xfe80000000000000, 1},
    {0xff02000000000000, 1},
    {0, 0},
};

struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
	uint32_t sent;
};

/* One error of the input. */
struct error {
	uint8_t how;
	uint8_t who;
	uint8_t changes;
};

static void
hold(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void
put_ip(uint8_t *ip, struct ipv6_address source, struct ipv6_address destination, uint8_t next, size_t length)
{
	const struct ipv6_header header = {
	    .source = source,
	    .destination = destination,
	    .payload_length = (uint16_t)length,
	    .next_header = next,
	    .hop_limit = 64,
	};

	ipv6_build(ip, &header);
}

static void
put_sum(uint8_t *ip, uint8_t protocol, uint8_t *transport, size_t length, size_t at)
{
	bytes_store_16(transport + at, checksum_finish(ipv6_pseudo_at(ip + IPV6_SOURCE_AT, protocol, (uint32_t)length) +
					   checksum_sum(transport, length)));
}

/* A packet of a flow, forth or back, with `extension` octets (0 or 8) of destination options. Returns its length. */
static size_t
flow_packet(uint8_t *ip, const struct flow_row *flow, bool back, uint8_t flags, size_t extension)
{
	static const uint8_t padding[] = {0, 0, 1, 4, 0, 0, 0, 0};
	uint8_t *transport = ip + IPV6_HEADER + extension;
	const size_t length = flow->protocol == TCP ? TCP_HEADER : UDP_HEADER;
	const bool started = (flags & TCP_SYN) == 0;
	const struct tcp_header tcp = {
	    .source_port = back ? flow->server_port : flow->port,
	    .destination_port = back ? flow->port : flow->server_port,
	    .sequence = (back ? 5000U : 1000U) + (started ? 1 : 0),
	    .acknowledgement = (flags & TCP_ACK) == 0 ? 0 : (back ? 1001U : 5001U),
	    .window = 65535,
	    .header_length = TCP_HEADER,
	    .flags = flags,
	};

	put_ip(ip, back ? flow->server : client, back ? client : flow->server,
	    extension != 0 ? IPV6_NEXT_DESTINATION : flow->protocol, extension + length);
	memcpy(ip + IPV6_HEADER, padding, extension);
	if (extension != 0) {
		ip[IPV6_HEADER] = flow->protocol;
	}
	memset(transport, 0, length);
	if (flow->protocol == TCP) {
		tcp_build(transport, &tcp);
		put_sum(ip, TCP, transport, length, 16);
	} else if (flow->protocol == UDP) {
		bytes_store_16(transport, tcp.source_port);
		bytes_store_16(transport + 2, tcp.destination_port);
		bytes_store_16(transport + 4, (uint16_t)length);
		put_sum(ip, UDP, transport, length, 6);
	} else {
		transport[0] = back ? ICMP6_ECHO_REPLY : ICMP6_ECHO;
		bytes_store_16(transport + 4, flow->port);
		put_sum(ip, IPV6_NEXT_ICMP, transport, length, 2);
	}
	return IPV6_HEADER + extension + length;
}

/* A frame in a block of its own size. */
static struct packet_result
send_frame(struct house *house, const uint8_t *ip, size_t length, bool back)
{
	uint8_t *frame = malloc(ETHERNET_HEADER + length);
	struct packet_result result;

	if (frame == NULL) {
		abort();
	}
	memset(frame, 2, ETHERNET_HEADER);
	bytes_store_16(frame + 12, ETHERNET_TYPE_IPV6);
	memcpy(frame + ETHERNET_HEADER, ip, length);
	house->sent = 0;
	if (!gateway_process(house->gateway, frame, (uint32_t)(ETHERNET_HEADER + length), back ? 1 : 0, 0, &result)) {
		abort();
	}
	free(frame);
	return result;
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	uint32_t *sent = context;

	(void)now;
	(void)output;
	++*sent;
}

static void
take_event(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

static void
make_house(struct house *house)
{
	static const char configuration[] = "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64\n"
	    "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::fe\n"
	    "set security forwarding-options family inet6 mode flow-based\n"
	    "set security policies default-policy permit-all\n";
	const struct gateway_options options = {.sessions = 64, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = &house->sent};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct schema *schema = source_schema("fuzz");

	house->gateway = gateway_create(&options, &sink);
	house->tree = schema == NULL ? NULL : conf_tree_create(schema);
	if (house->gateway == NULL || house->tree == NULL ||
	    !conf_load(house->tree, CONF_FORMAT_SET, NULL, configuration, strlen(configuration), &list) ||
	    !gateway_configure(house->gateway, house->tree, &list)) {
		abort();
	}
	diagnostics_release(&list);
}

/* All sessions begin, or, when they are there, go on: none of them has changed. */
static void
talk(struct house *house, bool begin)
{
	static const uint8_t handshake[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK};
	uint8_t ip[QUOTE_MOST];

	for (unsigned f = 0; f < FLOWS; f++) {
		const bool opening = begin && flows[f].protocol == TCP;

		for (unsigned i = 0; i < (opening ? sizeof handshake : 2); i++) {
			const bool back = (i & 1) != 0;
			const size_t length = flow_packet(ip, &flows[f], back, opening ? handshake[i] : TCP_ACK, i * 8 & 8);
			const struct packet_result result = send_frame(house, ip, length, back);

			hold(result.verdict == VERDICT_FORWARD, "a session's own packet does not go on");
		}
	}
	hold(engine_session_count(gateway_engine(house->gateway)) == FLOWS, "sessions came or went");
}

/* Where the transport of a quoted packet begins; 0: it has none, or too little of it. */
static size_t
transport_of(const uint8_t *quote, size_t length, uint8_t *protocol)
{
	size_t at = IPV6_HEADER;

	if (length < IPV6_HEADER || quote[0] >> 4 != 6) {
		return 0;
	}
	*protocol = quote[6];
	while (*protocol == IPV6_NEXT_HOP_BY_HOP || *protocol == IPV6_NEXT_ROUTING || *protocol == IPV6_NEXT_DESTINATION ||
	    *protocol == IPV6_NEXT_FRAGMENT) {
		if (at + 8 > length || (*protocol == IPV6_NEXT_FRAGMENT && bytes_load_16(quote + at + 2) >> 3 != 0)) {
			return 0;
		}
		const size_t size = *protocol == IPV6_NEXT_FRAGMENT ? 8 : 8 + (size_t)quote[at + 1] * 8;

		*protocol = quote[at];
		at += size;
	}
	return at + 8 <= length ? at : 0;
}

/* Is what is quoted a packet of a session that `to` sent? */
static bool
quote_of_session(const uint8_t *quote, size_t length, struct ipv6_address to)
{
	uint8_t protocol = 0;
	const size_t at = transport_of(quote, length, &protocol);

	if (at == 0 || !ipv6_equal(ipv6_address_load(quote + IPV6_SOURCE_AT), to)) {
		return false;
	}
	const uint8_t *transport = quote + at;
	const struct ipv6_address far = ipv6_address_load(quote + IPV6_DESTINATION_AT);
	const bool back = !ipv6_equal(to, client);

	for (unsigned f = 0; f < FLOWS; f++) {
		const struct flow_row *flow = &flows[f];

		if (protocol != flow->protocol || !ipv6_equal(to, back ? flow->server : client) ||
		    !ipv6_equal(far, back ? client : flow->server)) {
			continue;
		}
		if (protocol == IPV6_NEXT_ICMP
			? transport[0] == (back ? ICMP6_ECHO_REPLY : ICMP6_ECHO) && bytes_load_16(transport + 4) == flow->port
			: bytes_load_16(transport) == (back ? flow->server_port : flow->port) &&
			    bytes_load_16(transport + 2) == (back ? flow->port : flow->server_port)) {
			/* A sequence number that was never sent is a guess (RFC 5927 4.1). */
			const uint32_t sent = bytes_load_32(transport + 4) - (back ? 5000U : 1000U);

			return protocol != TCP || (int32_t)sent <= 1;
		}
	}
	return false;
}

/* The error's packet from what it quotes; returns its length. */
static size_t
put_error(uint8_t *packet, const struct error *error, struct ipv6_address to, size_t quoted)
{
	static const uint8_t types[] = {1, 2, 3, 4, 1, 3, 5, 127};
	uint8_t *icmp = packet + IPV6_HEADER;
	const size_t length = ICMP6_HEADER + quoted;

	memset(icmp, 0, ICMP6_HEADER);
	icmp[0] = (error->how & 0x20) != 0 ? types[error->who & 7] : ICMP6_UNREACHABLE;
	icmp[1] = error->who >> 6;
	put_ip(packet, speakers[(error->how & 0x40) != 0 ? error->who & 7 : 3], to, IPV6_NEXT_ICMP, length);
	put_sum(packet, IPV6_NEXT_ICMP, icmp, length, 2);
	return IPV6_HEADER + length;
}

/* One error; false at the end of the input. */
static bool
run_error(struct house *house, struct reader *reader)
{
	uint8_t packet[IPV6_HEADER + ICMP6_HEADER + QUOTE_MOST];
	uint8_t *quote = packet + IPV6_HEADER + ICMP6_HEADER;
	const struct error error = {.how = reader_u8(reader), .who = reader_u8(reader), .changes = reader_u8(reader)};
	const bool back = (error.how & 4) != 0;  /* which way the packet went that is quoted */
	const bool other = (error.how & 8) != 0; /* the error comes in on the other side than it should */
	size_t length = flow_packet(quote, &flows[error.how & 3], back, TCP_ACK, (error.changes & 8) != 0 ? 8 : 0);

	if (reader_failed(reader)) {
		return false;
	}
	const struct ipv6_address to = (error.how & 0x10) != 0 ? speakers[error.who >> 3 & 7] :
	    back					       ? flows[error.how & 3].server :
								 client;

	for (unsigned i = 0; i < (error.changes & 7U); i++) {
		const uint8_t at = reader_u8(reader);

		quote[at % length] ^= reader_u8(reader);
	}
	if ((error.how & 0x80) != 0) {
		length = length * (error.who & 15) / 15;
	}
	const size_t whole = put_error(packet, &error, to, length);
	const struct packet_result result = send_frame(house, packet, whole, back == other);

	hold(result.verdict != VERDICT_NONE && result.reason != REASON_NONE, "a packet without a verdict");
	hold(result.verdict != VERDICT_REJECT && result.verdict != VERDICT_HOST, "an error was answered, or taken for ours");
	hold(result.verdict != VERDICT_FORWARD || quote_of_session(quote, length, to),
	    "an error about no session's packet went on");
	hold(result.verdict == VERDICT_FORWARD || house->sent == 0, "something left because of an error");
	/* What is as it should be goes on. */
	hold((error.changes & 7) != 0 || (error.how & 0xf8) != 0 || result.verdict == VERDICT_FORWARD,
	    "a true error does not go on");
	return true;
}

static void
clear(struct house *house)
{
	struct engine *engine = gateway_engine(house->gateway);
	struct engine_session_view views[FLOWS];
	uint32_t cursor = 0;
	const uint32_t count =
	    engine_list_sessions(engine, gateway_now(house->gateway), &cursor, UINT32_MAX, views, FLOWS);

	for (uint32_t i = 0; i < count; i++) {
		hold(engine_clear_session(engine, gateway_now(house->gateway), views[i].session), "no such session");
	}
	hold(engine_session_count(engine) == 0, "a session stays");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct house house; /* made once; each input has sessions of its own */
	struct reader reader = reader_over(bytes, length);

	if (house.gateway == NULL) {
		make_house(&house);
	}
	talk(&house, true);
	while (reader_left(&reader) > 0 && run_error(&house, &reader)) {
	}
	talk(&house, false);
	clear(&house);
	return 0;
}
