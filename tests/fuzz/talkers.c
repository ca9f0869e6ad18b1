/*
 * See talkers.h.
 */
#include "talkers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"
#include "source.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	ICMP_ECHO = 8, /* of IPv4; the reply is 0 */
	SEQUENCE_CLIENT = 1000,
	SEQUENCE_SERVER = 5000,
};

size_t
talkers_put_ip(const struct talkers *talkers, uint8_t *ip, const struct ipv6_address addresses[2], uint8_t protocol,
    size_t length)
{
	if (talkers->inet6) {
		const struct ipv6_header header = {
		    .source = addresses[0],
		    .destination = addresses[1],
		    .payload_length = (uint16_t)length,
		    .next_header = protocol,
		    .hop_limit = 64,
		};

		ipv6_build(ip, &header);
		return IPV6_HEADER;
	}
	const struct ipv4_header header = {
	    .source = (uint32_t)addresses[0].low,
	    .destination = (uint32_t)addresses[1].low,
	    .total_length = (uint16_t)(IPV4_HEADER + length),
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = protocol,
	};

	ipv4_build(ip, &header);
	return IPV4_HEADER;
}

void
talkers_put_sum(const struct talkers *talkers, uint8_t *ip, uint8_t protocol, uint8_t *transport, size_t length, size_t at)
{
	uint64_t sum = 0;

	if (talkers->inet6) {
		sum = ipv6_pseudo_at(ip + IPV6_SOURCE_AT, protocol, (uint32_t)length);
	} else if (protocol != IPV4_PROTOCOL_ICMP) {
		sum = checksum_pseudo(bytes_load_32(ip + 12), bytes_load_32(ip + 16), protocol, (uint16_t)length);
	}
	bytes_store_16(transport + at, checksum_finish(sum + checksum_sum(transport, length)));
}

static uint8_t
echo_type(const struct talkers *talkers, bool back)
{
	if (talkers->inet6) {
		return back ? ICMP6_ECHO_REPLY : ICMP6_ECHO;
	}
	return back ? 0 : ICMP_ECHO;
}

size_t
talkers_packet(const struct talkers *talkers, uint8_t *ip, const struct talkers_flow *flow, const struct talkers_how *how)
{
	static const uint8_t padding[] = {0, 0, 1, 4, 0, 0, 0, 0};
	const bool back = how->back;
	const struct ipv6_address ends[2] = {back ? flow->server : talkers->client, back ? talkers->client : flow->server};
	const size_t length = flow->protocol == TALKERS_TCP ? TCP_HEADER : UDP_HEADER;
	const bool started = (how->flags & TCP_SYN) == 0;
	const struct tcp_header tcp = {
	    .source_port = back ? flow->server_port : flow->port,
	    .destination_port = back ? flow->port : flow->server_port,
	    .sequence = (uint32_t)(back ? SEQUENCE_SERVER : SEQUENCE_CLIENT) + (started ? 1 : 0),
	    .acknowledgement =
	        (how->flags & TCP_ACK) == 0 ? 0 : (uint32_t)(back ? SEQUENCE_CLIENT : SEQUENCE_SERVER) + 1,
	    .window = 65535,
	    .header_length = TCP_HEADER,
	    .flags = how->flags,
	};
	const size_t header = talkers_put_ip(talkers, ip, ends,
	    how->extension != 0 ? IPV6_NEXT_DESTINATION : flow->protocol, how->extension + length);
	uint8_t *transport = ip + header + how->extension;

	memcpy(ip + header, padding, how->extension);
	if (how->extension != 0) {
		ip[header] = flow->protocol;
	}
	memset(transport, 0, length);
	if (flow->protocol == TALKERS_TCP) {
		tcp_build(transport, &tcp);
		talkers_put_sum(talkers, ip, TALKERS_TCP, transport, length, 16);
	} else if (flow->protocol == TALKERS_UDP) {
		bytes_store_16(transport, tcp.source_port);
		bytes_store_16(transport + 2, tcp.destination_port);
		bytes_store_16(transport + 4, (uint16_t)length);
		talkers_put_sum(talkers, ip, TALKERS_UDP, transport, length, 6);
	} else {
		transport[0] = echo_type(talkers, back);
		bytes_store_16(transport + 4, flow->port);
		talkers_put_sum(talkers, ip, flow->protocol, transport, length, 2);
	}
	return header + how->extension + length;
}

struct packet_result
talkers_send(struct talkers *talkers, const uint8_t *ip, size_t length, bool back)
{
	uint8_t *frame = malloc(ETHERNET_HEADER + length);
	struct packet_result result;

	if (frame == NULL) {
		abort();
	}
	memset(frame, 2, ETHERNET_HEADER);
	bytes_store_16(frame + 12, talkers->inet6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	memcpy(frame + ETHERNET_HEADER, ip, length);
	talkers->sent = 0;
	if (!gateway_process(
	        talkers->gateway, frame, (uint32_t)(ETHERNET_HEADER + length), back ? 1 : 0, 0, &result)) {
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
make_gateway(struct talkers *talkers)
{
	const struct gateway_options options = {.sessions = 64, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = &talkers->sent};

	talkers->gateway = gateway_create(&options, &sink);
	talkers->tree = fuzz_tree();
	fuzz_hold(talkers->gateway != NULL, "no memory for a gateway");
	fuzz_load(talkers->tree, talkers->configuration);
	fuzz_configure(talkers->gateway, talkers->tree);
}

/* All sessions begin, or, when they are there, go on: none of them has changed. */
static void
talk(struct talkers *talkers, bool begin)
{
	static const uint8_t handshake[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK};
	uint8_t ip[TALKERS_PACKET_MOST];

	for (unsigned f = 0; f < TALKERS_FLOWS; f++) {
		const struct talkers_flow *flow = &talkers->flows[f];
		const bool opening = begin && flow->protocol == TALKERS_TCP;

		for (unsigned i = 0; i < (opening ? sizeof handshake : 2); i++) {
			const struct talkers_how how = {
			    .back = (i & 1) != 0,
			    .flags = opening ? handshake[i] : TCP_ACK,
			    .extension = talkers->inet6 ? (size_t)(i & 1) * 8 : 0,
			};
			const size_t length = talkers_packet(talkers, ip, flow, &how);
			const struct packet_result result = talkers_send(talkers, ip, length, how.back);

			fuzz_hold(result.verdict == VERDICT_FORWARD, "a session's own packet does not go on");
		}
	}
	fuzz_hold(engine_session_count(gateway_engine(talkers->gateway)) == TALKERS_FLOWS, "sessions came or went");
}

void
talkers_begin(struct talkers *talkers)
{
	if (talkers->gateway == NULL) {
		make_gateway(talkers);
	}
	talk(talkers, true);
}

void
talkers_end(struct talkers *talkers)
{
	struct engine *engine = gateway_engine(talkers->gateway);
	struct engine_session_view views[TALKERS_FLOWS];
	const uint64_t now = gateway_now(talkers->gateway);
	uint32_t cursor = 0;

	talk(talkers, false);
	const uint32_t count = engine_list_sessions(engine, now, &cursor, UINT32_MAX, views, TALKERS_FLOWS);

	for (uint32_t i = 0; i < count; i++) {
		fuzz_hold(engine_clear_session(engine, now, views[i].session), "no such session");
	}
	fuzz_hold(engine_session_count(engine) == 0, "a session stays");
}

/* Do the ports, or the ping's identifier, say that it went that way? */
static bool
ports_match(const struct talkers *talkers, const struct talkers_flow *flow, const uint8_t *transport, bool back)
{
	if (flow->protocol != TALKERS_TCP && flow->protocol != TALKERS_UDP) {
		return transport[0] == echo_type(talkers, back) && bytes_load_16(transport + 4) == flow->port;
	}
	return bytes_load_16(transport) == (back ? flow->server_port : flow->port) &&
	    bytes_load_16(transport + 2) == (back ? flow->port : flow->server_port);
}

bool
talkers_sent(const struct talkers *talkers, const struct ipv6_address ends[2], uint8_t protocol, const uint8_t *transport)
{
	const bool back = !ipv6_equal(ends[0], talkers->client);

	for (unsigned f = 0; f < TALKERS_FLOWS; f++) {
		const struct talkers_flow *flow = &talkers->flows[f];

		if (protocol == flow->protocol && ipv6_equal(ends[0], back ? flow->server : talkers->client) &&
		    ipv6_equal(ends[1], back ? talkers->client : flow->server) && ports_match(talkers, flow, transport, back)) {
			/* A sequence number that was never sent is a guess (RFC 5927 4.1). */
			const uint32_t sent =
			    bytes_load_32(transport + 4) - (uint32_t)(back ? SEQUENCE_SERVER : SEQUENCE_CLIENT);

			return protocol != TALKERS_TCP || (int32_t)sent <= 1;
		}
	}
	return false;
}
