/*
 * Fuzz target: ICMP errors about sessions that are there.
 *
 * A gateway has a TCP session, a UDP session and a ping, from 10.0.0.5 to 8.8.8.8, and one of UDP to another host. The input is
 * a row of errors: on which side one comes in, who says it to whom, its type and code, and what it quotes: the octets of a
 * packet of one of the sessions with some of them changed, or any octets at all. An error that goes on must quote a packet of a
 * session, from the host that it goes to, as told by a reader of its own; and no error makes a session, ends or changes one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "source.h"
#include "target.h"

enum {
	ETHERNET = 14,
	HEADER = 20,
	ICMP = 8,
	QUOTE_MOST = 576,
	FRAME_MOST = ETHERNET + HEADER + ICMP + QUOTE_MOST,
	FLOWS = 4,
	SESSIONS = 4,
	TCP = 6,
	UDP = 17,
	REDIRECT = 5,
};

#define CLIENT 0x0a000005U
#define SERVER 0x08080808U
#define OTHER 0x08080809U
#define OURS 0xc6336401U

struct flow_row {
	uint32_t server;
	uint16_t port;
	uint16_t server_port;
	uint8_t protocol;
};

static const struct flow_row flows[FLOWS] = {
    {SERVER, 4000, 80, TCP},
    {SERVER, 4001, 53, UDP},
    {SERVER, 77, 77, 1}, /* ping: the identifier */
    {OTHER, 4001, 53, UDP},
};

struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
	uint32_t sent;
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
put_16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put_32(uint8_t *to, uint32_t value)
{
	put_16(to, value >> 16);
	put_16(to + 2, value);
}

static uint32_t
get_32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint16_t
checksum(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum += (i & 1) != 0 ? bytes[i] : (uint32_t)bytes[i] << 8;
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void
put_ip(uint8_t *ip, uint32_t source, uint32_t destination, uint8_t protocol, size_t length)
{
	memset(ip, 0, HEADER);
	ip[0] = 0x45;
	put_16(ip + 2, (uint32_t)length);
	ip[8] = 64;
	ip[9] = protocol;
	put_32(ip + 12, source);
	put_32(ip + 16, destination);
	put_16(ip + 10, checksum(0, ip, HEADER));
}

/* A packet of a flow, forth or back: an IP header and 20 octets. Returns its length. */
static size_t
flow_packet(uint8_t *ip, const struct flow_row *flow, bool back, uint8_t flags)
{
	uint8_t *transport = ip + HEADER;
	const size_t length = flow->protocol == TCP ? 20 : 8;
	const uint32_t source = back ? flow->server : CLIENT;
	const uint32_t destination = back ? CLIENT : flow->server;
	const bool started = (flags & 2) == 0;

	memset(transport, 0, length);
	put_ip(ip, source, destination, flow->protocol, HEADER + length);
	if (flow->protocol == 1) {
		transport[0] = back ? 0 : 8;
		put_16(transport + 4, flow->port);
		put_16(transport + 2, checksum(0, transport, length));
		return HEADER + length;
	}
	put_16(transport, back ? flow->server_port : flow->port);
	put_16(transport + 2, back ? flow->port : flow->server_port);
	if (flow->protocol == UDP) {
		put_16(transport + 4, (uint32_t)length);
		return HEADER + length; /* without checksum */
	}
	put_32(transport + 4, (back ? 5000U : 1000U) + (started ? 1 : 0));
	put_32(transport + 8, (flags & 16) == 0 ? 0 : (back ? 1001U : 5001U));
	transport[12] = 0x50;
	transport[13] = flags;
	put_16(transport + 14, 65535);
	put_16(transport + 16,
	    checksum((source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff) + TCP + 20,
		transport, length));
	return HEADER + length;
}

/* A frame in a block of its own size. */
static struct packet_result
send_frame(struct house *house, const uint8_t *ip, size_t length, bool back)
{
	uint8_t *frame = malloc(ETHERNET + length);
	struct packet_result result;

	if (frame == NULL) {
		abort();
	}
	memset(frame, 2, ETHERNET);
	put_16(frame + 12, 0x0800);
	memcpy(frame + ETHERNET, ip, length);
	house->sent = 0;
	if (!gateway_process(house->gateway, frame, (uint32_t)(ETHERNET + length), back ? 1 : 0, 0, &result)) {
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
	static const char configuration[] = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254\n"
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
	static const uint8_t handshake[] = {2, 18, 16};
	uint8_t ip[HEADER + 20];

	for (unsigned f = 0; f < FLOWS; f++) {
		const bool opening = begin && flows[f].protocol == TCP;

		for (unsigned i = 0; i < (opening ? sizeof handshake : 2); i++) {
			const bool back = (i & 1) != 0;
			const size_t length = flow_packet(ip, &flows[f], back, opening ? handshake[i] : 16);
			const struct packet_result result = send_frame(house, ip, length, back);

			hold(result.verdict == VERDICT_FORWARD, "a session's own packet does not go on");
		}
	}
	hold(engine_session_count(gateway_engine(house->gateway)) == SESSIONS, "sessions came or went");
}

/* Is what is quoted a packet of a session that `to` sent? */
static bool
quote_of_session(const uint8_t *quote, size_t length, uint32_t to)
{
	const size_t header = length == 0 ? 0 : (size_t)(quote[0] & 15) * 4;

	if (length < HEADER || quote[0] >> 4 != 4 || header < HEADER || length < header + 8 ||
	    ((quote[6] & 0x1f) | quote[7]) != 0 || get_32(quote + 12) != to) {
		return false;
	}
	const uint8_t *transport = quote + header;

	for (unsigned f = 0; f < FLOWS; f++) {
		const bool back = to != CLIENT;
		const uint32_t far = get_32(quote + 16);
		const uint32_t first = (uint32_t)transport[0] << 8 | transport[1];
		const uint32_t second = (uint32_t)transport[2] << 8 | transport[3];
		const uint32_t identifier = (uint32_t)transport[4] << 8 | transport[5];

		if (quote[9] != flows[f].protocol || to != (back ? flows[f].server : CLIENT) ||
		    far != (back ? CLIENT : flows[f].server)) {
			continue;
		}
		if (flows[f].protocol == 1
			? transport[0] == (back ? 0 : 8) && identifier == flows[f].port
			: first == (back ? flows[f].server_port : flows[f].port) &&
			    second == (back ? flows[f].port : flows[f].server_port)) {
			/* A sequence number that was never sent is a guess (RFC 5927 4.1). */
			const uint32_t sent = get_32(transport + 4) - (back ? 5000U : 1000U);

			return flows[f].protocol != TCP || (int32_t)sent <= 1;
		}
	}
	return false;
}

/* One error; false at the end of the input. */
static bool
run_error(struct house *house, struct reader *reader)
{
	static const uint8_t types[] = {3, 3, 11, 12, 4, REDIRECT, 3, 11};
	static const uint32_t speakers[] = {SERVER, OTHER, CLIENT, 0x01020304, OURS, 0x0a000001, 0xffffffff, 0xe0000001};
	uint8_t packet[HEADER + ICMP + QUOTE_MOST];
	uint8_t *icmp = packet + HEADER;
	uint8_t *quote = icmp + ICMP;
	const uint8_t how = reader_u8(reader);
	const uint8_t who = reader_u8(reader);
	const uint8_t changes = reader_u8(reader) & 7;
	const struct flow_row *flow = &flows[how & 3];
	const bool back = (how & 4) != 0;  /* which way the packet went that is quoted */
	const bool other = (how & 8) != 0; /* the error comes in on the other side than it should */
	size_t length = flow_packet(quote, flow, back, 16);

	if (reader_failed(reader)) {
		return false;
	}
	uint32_t to = get_32(quote + 12);

	for (unsigned i = 0; i < changes; i++) {
		const uint8_t at = reader_u8(reader);

		quote[at % length] ^= reader_u8(reader);
	}
	if ((how & 0x80) != 0) {
		length = length * (who & 15) / 15;
	}
	to = (how & 0x10) != 0 ? speakers[who >> 3 & 7] : to;
	memset(icmp, 0, ICMP);
	icmp[0] = (how & 0x20) != 0 ? types[who & 7] : 3;
	icmp[1] = (uint8_t)(who >> 6);
	put_16(icmp + 2, checksum(0, icmp, ICMP + length));
	put_ip(packet, speakers[how >> 6 & 1 ? who & 7 : 3], to, 1, HEADER + ICMP + length);
	const struct packet_result result = send_frame(house, packet, HEADER + ICMP + length, back == other);

	hold(result.verdict != VERDICT_NONE && result.reason != REASON_NONE, "a packet without a verdict");
	hold(result.verdict != VERDICT_REJECT && result.verdict != VERDICT_HOST, "an error was answered, or taken for ours");
	hold(result.verdict != VERDICT_FORWARD || quote_of_session(quote, length, to),
	    "an error about no session's packet went on");
	hold(result.verdict == VERDICT_FORWARD || house->sent == 0, "something left because of an error");
	/* What is as it should be goes on; a redirect never does, whose ever it is. */
	hold(icmp[0] != REDIRECT || result.verdict == VERDICT_DROP, "a redirect goes on");
	hold(changes != 0 || (how & 0xd8) != 0 || icmp[0] == REDIRECT || result.verdict == VERDICT_FORWARD,
	    "a true error does not go on");
	return true;
}

static void
clear(struct house *house)
{
	struct engine *engine = gateway_engine(house->gateway);
	struct engine_session_view views[SESSIONS];
	uint32_t cursor = 0;
	const uint32_t count =
	    engine_list_sessions(engine, gateway_now(house->gateway), &cursor, UINT32_MAX, views, SESSIONS);

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
	while (run_error(&house, &reader)) {
	}
	talk(&house, false);
	clear(&house);
	return 0;
}
