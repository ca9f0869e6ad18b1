/*
 * See scene.h.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/packet.h"
#include "rib/rib.h"
#include "snapshot/classifier.h"
#include "snapshot/snapshot.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

enum {
	UNIT_IN = 1,
	UNIT_OUT = 2,
	FRAME = 64,
	FRAME6 = FRAME + IPV6_HEADER - IPV4_HEADER, /* with as much payload */
	HUGE_PAGE = 2 << 20,
	POOL_ADDRESSES = 64,
};

#define ADDRESS_IN 0xc0000301U  /* 192.0.3.1/24 */
#define ADDRESS_OUT 0xc0000201U /* 192.0.2.1/24 */
#define GATEWAY_IN 0xc00003feU /* the clients, 10/8, are behind a router */
#define GATEWAY_OUT 0xc00002feU
#define SERVER 0xc6120001U /* 198.18.0.1 */
#define POOL_LOW 0xcb007100U /* 203.0.113.0 */

/* The same plan in IPv6: an address of IPv4 in the last 32 bits of this prefix. */
static struct ipv6_address
inet6_of(uint32_t address)
{
	return (struct ipv6_address){0x20010db800000000, address};
}

enum {
	INET6_BITS = 96, /* before them */
};

struct scene_route {
	uint32_t prefix;
	uint8_t length;
	uint32_t gateway;
};

static bool
add_routes(struct rib *rib, enum rib_family family)
{
	static const struct scene_route routes[2] = {
	    {0x0a000000U, 8, GATEWAY_IN}, {0, 0, GATEWAY_OUT}};
	const bool inet6 = family == RIB_INET6;
	bool good = true;

	for (unsigned i = 0; i < 2; i++) {
		const struct scene_route *from = &routes[i];
		const struct rib_next_hop hop = {
		    .address = inet6 ? inet6_of(from->gateway) : ipv6_mapped(from->gateway)};
		const struct rib_static route = {
		    .table = {.family = family},
		    .prefix = inet6 ? inet6_of(from->prefix) : ipv6_mapped(from->prefix),
		    .length = (uint8_t)(from->length + (inet6 && from->length > 0 ? INET6_BITS : 0)),
		    .preference = RIB_PREFERENCE_STATIC,
		    .kind = RIB_STATIC_NEXT_HOPS,
		    .next_hop_count = 1,
		    .next_hops = &hop,
		};

		good = good && rib_add_static(rib, &route);
	}
	return good;
}

static bool
scene_routes(struct scene *scene)
{
	struct rib *rib = rib_create();

	if (rib == NULL) {
		return false;
	}
	if (rib_add_instance(rib, 0, "") && rib_add_unit(rib, UNIT_IN, 0, true) &&
	    rib_add_unit(rib, UNIT_OUT, 0, true) &&
	    rib_add_address(rib, UNIT_IN, RIB_INET, ipv6_mapped(ADDRESS_IN), 24) &&
	    rib_add_address(rib, UNIT_OUT, RIB_INET, ipv6_mapped(ADDRESS_OUT), 24) &&
	    rib_add_address(rib, UNIT_IN, RIB_INET6, inet6_of(ADDRESS_IN), INET6_BITS + 24) &&
	    rib_add_address(rib, UNIT_OUT, RIB_INET6, inet6_of(ADDRESS_OUT), INET6_BITS + 24) &&
	    add_routes(rib, RIB_INET) && add_routes(rib, RIB_INET6) && rib_finish(rib, 0)) {
		scene->fib = snapshot_fib_create(rib, &scene->snapshot, 1);
	}
	rib_destroy(rib);
	return scene->fib != NULL;
}

/* Policies with a source prefix, a destination prefix and a port of their own; the last one permits
 * the flows. */
static bool
scene_policies(struct scene *scene, uint32_t count)
{
	struct classifier_source_rule *rules = calloc(count, sizeof *rules);
	struct classifier_term *terms = calloc(count, sizeof *terms);
	struct snapshot_address *prefixes = calloc((size_t)count * 2, sizeof *prefixes);
	struct snapshot_address6 *prefixes6 = calloc((size_t)count * 2, sizeof *prefixes6);
	struct classifier_source_context context = {.from_zone = SCENE_ZONE_IN,
	    .to_zone = SCENE_ZONE_OUT,
	    .rule_count = count,
	    .rules = rules};

	scene->policies = calloc(count, sizeof *scene->policies);
	if (rules != NULL && terms != NULL && prefixes != NULL && prefixes6 != NULL &&
	    scene->policies != NULL) {
		for (uint32_t i = 0; i < count; i++) {
			const bool last = i + 1 == count;

			prefixes[2 * i] = (struct snapshot_address){
			    last ? 0x0a000000U : 0x0b000000U + (i << 8), last ? 8 : 24};
			prefixes[2 * i + 1] =
			    (struct snapshot_address){last ? SERVER : 0xac100000U + i, 32};
			for (uint32_t j = 2 * i; j < 2 * i + 2; j++) {
				prefixes6[j] = (struct snapshot_address6){
				    inet6_of(prefixes[j].address),
				    (uint8_t)(INET6_BITS + prefixes[j].length)};
			}
			terms[i] =
			    (struct classifier_term){.application = CLASSIFIER_NO_APPLICATION,
				.protocol = 6,
				.destination_low = (uint16_t)(last ? 80 : i % 60000),
				.destination_high = (uint16_t)(last ? 80 : i % 60000),
				.source_high = UINT16_MAX};
			rules[i] = (struct classifier_source_rule){.policy = i,
			    .source_count = 1,
			    .destination_count = 1,
			    .term_count = 1,
			    .sources = &prefixes[2 * i],
			    .destinations = &prefixes[2 * i + 1],
			    .source6_count = 1,
			    .destination6_count = 1,
			    .sources6 = &prefixes6[2 * i],
			    .destinations6 = &prefixes6[2 * i + 1],
			    .terms = &terms[i]};
			scene->policies[i] = (struct snapshot_policy){.name = "policy",
			    .present = true,
			    .action = POLICY_PERMIT,
			    .from_zone = SCENE_ZONE_IN,
			    .to_zone = SCENE_ZONE_OUT,
			    .position = i};
		}
		scene->classifier = classifier_create(&context, 1, NULL, 0);
	}
	free(rules);
	free(terms);
	free(prefixes);
	free(prefixes6);
	return scene->classifier != NULL;
}

static void
scene_configuration(struct scene *scene, uint32_t policies)
{
	static const uint32_t addresses[3] = {0, ADDRESS_IN, ADDRESS_OUT};

	memset(scene->tags, 0xff, sizeof scene->tags);
	for (uint16_t i = 0; i < 2; i++) {
		scene->ports[i] = (struct snapshot_port){.name = "port",
		    .present = true,
		    .enabled = true,
		    .mtu = 1500,
		    .mac = {2, 0x53, 0x50, 0, 0, (uint8_t)i},
		    .unit_by_tag = scene->tags[i]};
		scene->tags[i][0] = (uint16_t)(i + 1);
		scene->addresses[i + 1] = (struct snapshot_address){addresses[i + 1], 24};
		scene->addresses6[i + 1] = (struct snapshot_address6){
		    inet6_of(addresses[i + 1]), INET6_BITS + 24};
		scene->units[i + 1] = (struct snapshot_unit){.name = "unit",
		    .present = true,
		    .enabled = true,
		    .has_inet = true,
		    .has_inet6 = true,
		    .mtu6 = 1500,
		    .address6_count = 1,
		    .addresses6 = &scene->addresses6[i + 1],
		    .port = i,
		    .mtu = 1500,
		    .zone = (uint16_t)(SCENE_ZONE_IN + i),
		    .address_count = 1,
		    .addresses = &scene->addresses[i + 1]};
	}
	for (uint16_t i = 0; i < 4; i++) {
		scene->zones[i] = (struct snapshot_zone){.name = "zone", .present = true};
	}
	scene->instance = (struct snapshot_instance){.name = "", .present = true};
	scene->snapshot = (struct snapshot){.id = 1,
	    .flow = {.inet6_mode = INET6_MODE_FLOW_BASED, .syn_check = true, .sequence_check = true},
	    .port_count = 2,
	    .unit_count = 3,
	    .zone_count = 4,
	    .instance_count = 1,
	    .policy_count = policies,
	    .ports = scene->ports,
	    .units = scene->units,
	    .zones = scene->zones,
	    .instances = &scene->instance,
	    .policies = scene->policies,
	    .classifier = scene->classifier};
}

static bool
scene_engine(struct scene *scene, uint32_t sessions)
{
	scene->config = engine_config_for(sessions);
	scene->config.neighbours_auto = true;
	scene->config.random = &scene->random;
	scene->random = random_seeded(1);
	scene->size = (engine_size(&scene->config) + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	scene->memory =
	    mmap(NULL, scene->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scene->memory == MAP_FAILED) {
		scene->memory = NULL;
		return false;
	}
	(void)madvise(scene->memory, scene->size, MADV_HUGEPAGE);
	scene->engine = engine_init(scene->memory, scene->size, &scene->config);
	return scene->engine != NULL;
}

struct scene *
scene_create(uint32_t sessions, uint32_t policies)
{
	struct scene *scene = calloc(1, sizeof *scene);

	if (scene == NULL) {
		return NULL;
	}
	scene->blocks = aligned_alloc(64, (size_t)ENGINE_BURST * SCENE_BLOCK);
	if (scene->blocks == NULL || !scene_policies(scene, policies)) {
		scene_destroy(scene);
		return NULL;
	}
	memset(scene->blocks, 0, (size_t)ENGINE_BURST * SCENE_BLOCK);
	scene_configuration(scene, policies);
	if (!scene_routes(scene) || !scene_engine(scene, sessions)) {
		scene_destroy(scene);
		return NULL;
	}
	scene->now = 1000000000U;
	engine_set_wall(scene->engine, 0, 0);
	engine_apply(scene->engine, &scene->snapshot, scene->fib);
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		scene->burst[i] = &scene->packets[i];
	}
	return scene;
}

void
scene_destroy(struct scene *scene)
{
	if (scene->memory != NULL) {
		(void)munmap(scene->memory, scene->size);
	}
	classifier_destroy(scene->classifier);
	snapshot_fib_destroy(scene->fib);
	free(scene->policies);
	free(scene->blocks);
	free(scene->ports_of);
	free(scene);
}

bool
scene_translate(struct scene *scene)
{
	scene->ports_of = calloc(scene->config.sessions, sizeof *scene->ports_of);
	scene->range = (struct snapshot_nat_range){POOL_LOW, POOL_LOW + POOL_ADDRESSES - 1};
	scene->pool = (struct snapshot_nat_pool){.name = "pool",
	    .present = true,
	    .unit = UNIT_OUT,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = SNAPSHOT_NAT_PORT_HIGH,
	    .range_count = 1,
	    .ranges = &scene->range,
	    .size = POOL_ADDRESSES};
	scene->source = (struct snapshot_nat_source){
	    .kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = &scene->pool_number};
	scene->snapshot.nat = (struct snapshot_nat){.active = true,
	    .pool_count = 1,
	    .pools = &scene->pool,
	    .source_count = 1,
	    .sources = &scene->source};
	scene->policies[scene->snapshot.policy_count - 1].destination_nat = SNAPSHOT_NAT_NONE;
	scene->translated = true;
	engine_apply(scene->engine, NULL, NULL);
	engine_apply(scene->engine, &scene->snapshot, scene->fib);
	return scene->ports_of != NULL;
}

struct engine_tuple
scene_tuple(uint32_t flow, bool back)
{
	const uint32_t client = 0x0a010000U + flow % 4000000;
	const uint16_t client_port = (uint16_t)(1024 + flow / 4000000);

	return (struct engine_tuple){
	    .source = back ? SERVER : client,
	    .destination = back ? client : SERVER,
	    .source_port = back ? 80 : client_port,
	    .destination_port = back ? client_port : 80,
	    .protocol = IPV4_PROTOCOL_TCP,
	};
}

/* The segment at `to`, `length` octets with the payload, its checksum with the pseudo-header's sum. */
static void
make_segment(uint8_t *to, const struct engine_tuple *tuple, const struct scene_segment *segment, uint16_t length,
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

	tcp_build(to, &tcp);
	memset(to + TCP_HEADER, 0, (size_t)length - TCP_HEADER);
	bytes_store_16(to + 16, checksum_finish(pseudo + checksum_sum(to, length)));
}

static void
make_inet(const struct scene *scene, uint8_t *ip, const struct scene_segment *segment)
{
	struct engine_tuple tuple = scene_tuple(segment->flow, segment->back);

	if (scene->translated && segment->back) {
		tuple.destination = scene->ports_of[segment->flow].address;
		tuple.destination_port = scene->ports_of[segment->flow].port;
	}
	const struct ipv4_header header = {
	    .source = tuple.source,
	    .destination = tuple.destination,
	    .total_length = FRAME - ETHERNET_HEADER,
	    .fragment = IPV4_DONT_FRAGMENT,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = IPV4_PROTOCOL_TCP,
	};
	const uint16_t length = (uint16_t)(header.total_length - IPV4_HEADER);

	ipv4_build(ip, &header);
	make_segment(ip + IPV4_HEADER, &tuple, segment, length,
	    checksum_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, length));
}

static void
make_inet6(uint8_t *ip, const struct scene_segment *segment)
{
	const struct engine_tuple tuple = scene_tuple(segment->flow, segment->back);
	const struct ipv6_header header = {
	    .source = inet6_of(tuple.source),
	    .destination = inet6_of(tuple.destination),
	    .payload_length = FRAME6 - ETHERNET_HEADER - IPV6_HEADER,
	    .next_header = IPV4_PROTOCOL_TCP,
	    .hop_limit = 64,
	};

	ipv6_build(ip, &header);
	make_segment(ip + IPV6_HEADER, &tuple, segment, header.payload_length,
	    ipv6_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, header.payload_length));
}

void
scene_make(struct scene *scene, uint32_t slot, const struct scene_segment *segment)
{
	uint8_t *frame = scene->blocks + (size_t)slot * SCENE_BLOCK + SCENE_ROOM;
	uint8_t *ip = frame + ETHERNET_HEADER;
	static const uint8_t station[6] = {2, 0, 0, 0, 0, 1};

	ethernet_build(frame, scene->ports[segment->back].mac, station, 0,
	    scene->inet6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	if (scene->inet6) {
		make_inet6(ip, segment);
	} else {
		make_inet(scene, ip, segment);
	}
	scene->packets[slot] = (struct packet){.data = frame,
	    .length = scene->inet6 ? FRAME6 : FRAME,
	    .headroom = SCENE_ROOM,
	    .tailroom = SCENE_ROOM,
	    .port = segment->back};
}

void
scene_drain(struct scene *scene)
{
	struct engine_output outputs[ENGINE_BURST];
	struct event event;

	while (engine_take_output(scene->engine, outputs, ENGINE_BURST) > 0) {
	}
	while (engine_take_event(scene->engine, &event)) {
	}
}

void
scene_run(struct scene *scene, uint32_t count)
{
	engine_process(scene->engine, scene->now, scene->burst, count);
	scene_drain(scene);
}

/* What the sources of a burst became: the packets lie where they were. */
static void
learn_ports(struct scene *scene, uint32_t flow, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *ip = scene->packets[i].data + ETHERNET_HEADER;

		scene->ports_of[flow + i] =
		    (struct scene_port){.address = bytes_load_32(ip + 12), .port = bytes_load_16(ip + IPV4_HEADER)};
	}
}

bool
scene_establish(struct scene *scene, uint32_t count)
{
	static const struct scene_segment steps[] = {
	    {.flags = TCP_SYN, .sequence = 1000},
	    {.back = true, .flags = TCP_SYN | TCP_ACK, .sequence = 5000, .acknowledgement = 1001},
	    {.flags = TCP_ACK, .sequence = 1001, .acknowledgement = 5001},
	};

	for (uint32_t flow = 0; flow < count; flow += ENGINE_BURST) {
		const uint32_t burst = count - flow < ENGINE_BURST ? count - flow : ENGINE_BURST;

		for (unsigned step = 0; step < sizeof steps / sizeof steps[0]; step++) {
			for (uint32_t i = 0; i < burst; i++) {
				struct scene_segment segment = steps[step];

				segment.flow = flow + i;
				scene_make(scene, i, &segment);
			}
			scene_run(scene, burst);
			if (scene->translated && step == 0) {
				learn_ports(scene, flow, burst);
			}
		}
	}
	return engine_session_count(scene->engine) == count;
}
