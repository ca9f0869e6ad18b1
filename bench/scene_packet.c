/*
 * The packets of a scene. See scene.h.
 */
#include "scene_packet.h"

#include <string.h>

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	FRAME = 64,
	FRAME6 = FRAME + IPV6_HEADER - IPV4_HEADER, /* with as much payload */
	PORT_HTTP = 80,
	CLIENTS = 4000000,
};

/* Flows next to each other go to policies far apart: the step has no divisor in common with a power of ten. */
static uint32_t
server_of(const struct scene *scene, uint32_t flow)
{
	return scene->plan.spread
		   ? (SCENE_SERVER & ~1U) + (uint32_t)((uint64_t)flow * 2654435761U % scene->plan.policies)
		   : SCENE_SERVER;
}

struct engine_tuple
scene_tuple(const struct scene *scene, uint32_t flow, bool back)
{
	const uint32_t client = 0x0a010000U + flow % CLIENTS;
	const uint32_t server = server_of(scene, flow);
	const uint16_t client_port = (uint16_t)(1024 + flow / CLIENTS);

	return (struct engine_tuple){
	    .source = back ? server : client,
	    .destination = back ? client : server,
	    .source_port = back ? PORT_HTTP : client_port,
	    .destination_port = back ? client_port : PORT_HTTP,
	    .protocol = scene->plan.protocol == 0 ? IPV4_PROTOCOL_TCP : scene->plan.protocol,
	};
}

/* A transport header and zeros behind it, `length` octets, its checksum with the pseudo-header's sum. */
static void
make_transport(uint8_t *to, const struct engine_tuple *tuple, const struct scene_segment *segment, uint16_t length,
    uint64_t pseudo)
{
	const struct tcp_header tcp = {
	    .source_port = tuple->source_port,
	    .destination_port = tuple->destination_port,
	    .sequence = segment->sequence,
	    .acknowledgement = segment->acknowledgement,
	    .header_length = TCP_HEADER,
	    .flags = segment->flags,
	    .window = 65535,
	};
	unsigned at = 16;

	memset(to, 0, length);
	if (tuple->protocol == IPV4_PROTOCOL_TCP) {
		tcp_build(to, &tcp);
	} else if (tuple->protocol == IPV4_PROTOCOL_UDP) {
		bytes_store_16(to, tuple->source_port);
		bytes_store_16(to + 2, tuple->destination_port);
		bytes_store_16(to + 4, length);
		at = 6;
	} else {
		to[0] = segment->back ? ICMP_ECHO_REPLY : ICMP_ECHO;
		bytes_store_16(to + 4, segment->back ? tuple->destination_port : tuple->source_port);
		at = 2;
		pseudo = 0;
	}
	bytes_store_16(to + at, checksum_finish(pseudo + checksum_sum(to, length)));
}

static void
make_inet(const struct scene *scene, uint8_t *ip, const struct scene_segment *segment)
{
	struct engine_tuple tuple = scene_tuple(scene, segment->flow, segment->back);

	tuple.protocol = segment->protocol != 0 ? segment->protocol : tuple.protocol;
	if (scene->plan.translated && segment->back) {
		const struct scene_port *to = segment->port != NULL ? segment->port : &scene->ports_of[segment->flow];

		tuple.destination = scene->range.low + to->place;
		tuple.destination_port = to->port;
	}
	const struct ipv4_header header = {
	    .source = segment->land ? tuple.destination : tuple.source,
	    .destination = tuple.destination,
	    .total_length = FRAME - ETHERNET_HEADER,
	    .fragment = IPV4_DONT_FRAGMENT,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = tuple.protocol,
	};
	const uint16_t length = (uint16_t)(header.total_length - IPV4_HEADER);

	ipv4_build(ip, &header);
	make_transport(ip + IPV4_HEADER, &tuple, segment, length,
	    checksum_pseudo(header.source, header.destination, header.protocol, length));
}

static void
make_inet6(const struct scene *scene, uint8_t *ip, const struct scene_segment *segment)
{
	const struct engine_tuple tuple = scene_tuple(scene, segment->flow, segment->back);
	const struct ipv6_header header = {
	    .source = scene_inet6_of(tuple.source),
	    .destination = scene_inet6_of(tuple.destination),
	    .payload_length = FRAME6 - ETHERNET_HEADER - IPV6_HEADER,
	    .next_header = IPV4_PROTOCOL_TCP,
	    .hop_limit = 64,
	};

	ipv6_build(ip, &header);
	make_transport(ip + IPV6_HEADER, &tuple, segment, header.payload_length,
	    ipv6_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, header.payload_length));
}

void
scene_make(struct scene *scene, uint32_t slot, const struct scene_segment *segment)
{
	uint8_t *frame = scene->blocks + (size_t)slot * SCENE_BLOCK + SCENE_ROOM;
	uint8_t *ip = frame + ETHERNET_HEADER;
	static const uint8_t station[6] = {2, 0, 0, 0, 0, 1};

	ethernet_build(frame, scene->ports[segment->back].mac, station, 0,
	    scene->plan.inet6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	if (scene->plan.inet6) {
		make_inet6(scene, ip, segment);
	} else {
		make_inet(scene, ip, segment);
	}
	scene->packets[slot] = (struct packet){.data = frame,
	    .length = scene->plan.inet6 ? FRAME6 : FRAME,
	    .headroom = SCENE_ROOM,
	    .tailroom = SCENE_ROOM,
	    .port = segment->back};
}

_Static_assert(SCENE_CHOICES % ENGINE_BURST == 0, "choices are made for whole bursts");

static void
choose(struct scene *scene, struct random_source *random, uint32_t sessions)
{
	for (uint32_t i = 0; i < SCENE_CHOICES; i++) {
		struct scene_choice *choice = &scene->choices[i];

		choice->flow = random_below(random, sessions);
		if (scene->plan.translated) {
			choice->port = scene->ports_of[choice->flow];
		}
	}
	scene->chosen = SCENE_CHOICES;
}

void
scene_make_established(struct scene *scene, struct random_source *random, uint32_t sessions)
{
	if (scene->chosen == 0) {
		choose(scene, random, sessions);
	}
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		const bool back = (i & 1) != 0;
		const struct scene_choice *choice = &scene->choices[--scene->chosen];
		const struct scene_segment segment = {.flow = choice->flow,
		    .back = back,
		    .port = &choice->port,
		    .flags = TCP_ACK,
		    .sequence = back ? 5001 : 1001,
		    .acknowledgement = back ? 1001 : 5001};

		scene_make(scene, i, &segment);
	}
}
