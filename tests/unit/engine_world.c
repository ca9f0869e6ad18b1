/*
 * See engine_world.h.
 */
#include "engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot/snapshot.h"

enum {
	HEADROOM = 64,
	TAILROOM = 64,
};

static struct packet *
packet_create(uint32_t length, uint16_t headroom, uint16_t tailroom)
{
	uint8_t *block = malloc(headroom + length + tailroom);
	struct packet *packet = calloc(1, sizeof *packet);

	assert_non_null(block);
	assert_non_null(packet);
	packet->handle = block;
	packet->data = block + headroom;
	packet->headroom = headroom;
	packet->tailroom = tailroom;
	packet->length = length;
	return packet;
}

static struct packet *
packet_take(void *context)
{
	struct world *world = context;

	if (world->spare == 0) {
		return NULL;
	}
	world->spare--;
	return packet_create(0, HEADROOM, 2048);
}

static struct packet *
packet_take_large(void *context)
{
	struct world *world = context;

	if (world->spare_large == 0) {
		return NULL;
	}
	world->spare_large--;
	return packet_create(0, 0, UINT16_MAX);
}

/* Ports, their units, zones and instances. */
static void
furnish_units(struct world *world)
{
	static const struct {
		uint16_t port, vlan, zone;
		uint32_t address;
		uint8_t length;
	} rows[WORLD_UNITS] = {
	    [1] = {0, 0, TRUST, IP(10, 0, 0, 1), 24},
	    [2] = {1, 0, UNTRUST, IP(192, 0, 2, 1), 24},
	    [3] = {2, 10, DMZ, IP(10, 3, 0, 1), 24},
	    [4] = {2, 20, SNAPSHOT_NONE, IP(10, 4, 0, 1), 24},
	    [5] = {2, 30, TRUST, IP(10, 5, 0, 1), 32},
	    [6] = {SNAPSHOT_NONE, 0, UNTRUST, 0, 0},
	};

	memset(world->tags, 0xff, sizeof world->tags);
	for (uint16_t i = 0; i < WORLD_PORTS; i++) {
		world->ports[i] = (struct snapshot_port){.name = "ge",
		    .present = true,
		    .enabled = true,
		    .mtu = 1500,
		    .mac = {2, 0x53, 0x50, 0, 0, (uint8_t)i},
		    .unit_by_tag = world->tags[i]};
	}
	for (uint16_t i = 1; i < WORLD_UNITS; i++) {
		world->addresses[i] = (struct snapshot_address){rows[i].address, rows[i].length};
		world->units[i] = (struct snapshot_unit){.name = "ge.0",
		    .present = true,
		    .enabled = true,
		    .has_inet = true,
		    .tunnel = i == 6,
		    .port = rows[i].port,
		    .vlan = rows[i].vlan,
		    .mtu = 1500,
		    .zone = rows[i].zone,
		    .address_count = rows[i].address != 0,
		    .addresses = &world->addresses[i]};
		if (rows[i].port != SNAPSHOT_NONE) {
			world->tags[rows[i].port][rows[i].vlan] = i;
		}
	}
	for (uint16_t i = 0; i < WORLD_ZONES; i++) {
		world->zones[i] = (struct snapshot_zone){.name = "zone", .present = true};
	}
	world->instances[0] = (struct snapshot_instance){.name = "", .present = true};
	world->instances[1] = (struct snapshot_instance){.name = "other", .present = true};
}

/* One policy, and routes of all kinds. */
static void
furnish_ways(struct world *world)
{
	world->flow = (struct snapshot_flow){.syn_check = true, .sequence_check = true};
	world->rules[0] =
	    (struct world_rule){.from_zone = TRUST, .to_zone = UNTRUST, .action = POLICY_PERMIT};
	world->rule_count = 1;
	world_add_route(world, 0, 0, 2, IP(192, 0, 2, 254));
	world_add_route(world, IP(10, 5, 1, 0), 24, 5, 0);
	world_add_route(world, IP(10, 66, 0, 0), 16, 6, 0);
	world_add_route(world, IP(100, 64, 0, 0), 16, 4, 0);
	world->statics[world->static_count++] = (struct rib_static){.prefix = ipv6_mapped(IP(198, 51, 100, 0)),
	    .length = 24,
	    .kind = RIB_STATIC_REJECT,
	    .preference = 5};
	world->statics[world->static_count++] = (struct rib_static){.prefix = ipv6_mapped(IP(203, 0, 113, 0)),
	    .length = 24,
	    .kind = RIB_STATIC_DISCARD,
	    .preference = 5};
}

static void
furnish_config(struct world *world)
{
	world->config = engine_config_for(64);
	world->config.neighbours = 64;
	world->config.held = 64;
	world->config.datagrams = 64;
	world->config.fragments = 512;
	world->config.fragments_held = 256;
	world->config.events = 256;
	world->config.policies = 64;
	world->config.units = 16;
	world->config.nat_pools = 8;
	world->config.neighbours_auto = true;
	world->config.packet_take = packet_take;
	world->config.packet_take_large = packet_take_large;
	world->config.packet_context = world;
	if (getenv("WORLD_WORKERS") != NULL) {
		world->config.workers = (uint16_t)strtoul(getenv("WORLD_WORKERS"), NULL, 10);
		assert_in_range(world->config.workers, 1, WORLD_WORKERS);
	}
}

struct world *
world_create(void)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	furnish_units(world);
	furnish_ways(world);
	world->spare = UINT32_MAX;
	world->spare_large = UINT32_MAX;
	world->now = SECOND;
	world->random = random_seeded(1);
	furnish_config(world);
	return world;
}

void
world_add_route(
    struct world *world, uint32_t prefix, uint8_t length, uint16_t unit, uint32_t gateway)
{
	const uint32_t i = world->static_count++;

	world->hops[i] =
	    (struct rib_next_hop){.by_unit = gateway == 0, .unit = unit, .address = ipv6_mapped(gateway)};
	world->statics[i] = (struct rib_static){.prefix = ipv6_mapped(prefix), .length = length, .preference = 5,
	    .kind = RIB_STATIC_NEXT_HOPS, .next_hop_count = 1, .next_hops = &world->hops[i]};
}

void
world_destroy(struct world *world)
{
	world_close(world);
	classifier_destroy(world->classifier);
	snapshot_fib_destroy(world->fib);
	for (uint16_t i = 0; i < WORLD_WORKERS; i++) {
		free(world->memories[i]);
	}
	free(world);
}

static struct classifier *
compile_rules(const struct world *world)
{
	struct classifier_source_rule sources[WORLD_POLICIES];
	struct classifier_term terms[WORLD_POLICIES];
	struct classifier_source_context contexts[WORLD_POLICIES];
	static const struct snapshot_address any = {0, 0};
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->rule_count; i++) {
		const struct world_rule *rule = &world->rules[i];

		terms[i] = (struct classifier_term){
		    .application = rule->timeout != 0 ? i : CLASSIFIER_NO_APPLICATION,
		    .protocol = rule->protocol == 0 ? CLASSIFIER_ANY_PROTOCOL : rule->protocol,
		    .destination_low = rule->low,
		    .destination_high = rule->high == 0 ? UINT16_MAX : rule->high,
		    .source_high = UINT16_MAX};
		sources[i] = (struct classifier_source_rule){.policy = i,
		    .conditional = rule->scheduler_count > 0,
		    .source_count = 1,
		    .destination_count = 1,
		    .term_count = 1,
		    .sources = &any,
		    .destinations = &any,
		    .terms = &terms[i]};
		/* Rules of one zone pair stand together. */
		if (count > 0 && contexts[count - 1].from_zone == rule->from_zone &&
		    contexts[count - 1].to_zone == rule->to_zone) {
			contexts[count - 1].rule_count++;
		} else {
			contexts[count++] =
			    (struct classifier_source_context){.from_zone = rule->from_zone,
				.to_zone = rule->to_zone,
				.rule_count = 1,
				.rules = &sources[i]};
		}
	}
	struct classifier *classifier = classifier_create(contexts, count, NULL, 0);

	assert_non_null(classifier);
	return classifier;
}

static void
add_addresses6(const struct world *world, struct rib *rib)
{
	for (uint16_t i = 1; i < WORLD_UNITS; i++) {
		const struct snapshot_unit *unit = &world->units[i];

		for (uint16_t a = 0; a < unit->address6_count; a++) {
			if (!ipv6_is_link_local(unit->addresses6[a].address)) {
				assert_true(rib_add_address(rib, i, RIB_INET6, unit->addresses6[a].address,
				    unit->addresses6[a].length));
			}
		}
	}
}

static struct fib *
compile_routes(struct world *world, const struct snapshot *snapshot)
{
	struct rib *rib = rib_create();

	assert_non_null(rib);
	assert_true(rib_add_instance(rib, 0, ""));
	assert_true(rib_add_instance(rib, 1, "other"));
	for (uint16_t i = 1; i < WORLD_UNITS; i++) {
		if (!world->units[i].present) {
			continue;
		}
		assert_true(rib_add_unit(rib, i, world->units[i].instance, true));
		if (world->units[i].address_count > 0) {
			assert_true(rib_add_address(
			    rib, i, RIB_INET, ipv6_mapped(world->addresses[i].address), world->addresses[i].length));
		}
	}
	add_addresses6(world, rib);
	for (uint32_t i = 0; i < world->static_count; i++) {
		assert_true(rib_add_static(rib, &world->statics[i]));
	}
	assert_true(rib_finish(rib, 0));
	struct fib *fib = snapshot_fib_create(rib, snapshot, ++world->fib_id);

	assert_non_null(fib);
	rib_destroy(rib);
	return fib;
}

static void
make_engines(struct world *world)
{
	struct engine_config config = world->config;
	const size_t size = engine_size(&config);

	config.random = &world->random;
	config.sharing = (struct hash_key){.low = 0x5ca1ab1e, .high = 77};
	world->config.random = config.random;
	for (config.worker = 0; config.worker < config.workers; config.worker++) {
		void *memory = aligned_alloc(64, size);

		assert_non_null(memory);
		memset(memory, 0, size);
		world->memories[config.worker] = memory;
		world->engines[config.worker] = engine_init(memory, size, &config);
		assert_non_null(world->engines[config.worker]);
		engine_set_wall(world->engines[config.worker], 0, 0);
	}
	world->engine = world->engines[0];
}

static void
apply_all(struct world *world, const struct snapshot *snapshot)
{
	for (uint16_t i = 0; i < world->config.workers; i++) {
		engine_apply(world->engines[i], snapshot, world->fib);
	}
}

void
world_apply(struct world *world)
{
	struct classifier *former = world->classifier;
	struct fib *former_fib = world->fib;
	struct snapshot *snapshot = &world->snapshots[world->which ^= 1];

	for (uint32_t i = 0; i < world->rule_count; i++) {
		const struct world_rule *rule = &world->rules[i];

		world->policies[i] = (struct snapshot_policy){.name = "policy",
		    .present = true,
		    .action = rule->action,
		    .flags = rule->flags,
		    .from_zone = rule->from_zone,
		    .to_zone = rule->to_zone,
		    .position = i,
		    .source_nat = rule->source_nat,
		    .destination_nat = rule->destination_nat,
		    .schedulers = rule->schedulers,
		    .scheduler_count = rule->scheduler_count};
		world->applications[i] =
		    (struct snapshot_application){.name = "application", .timeout = rule->timeout};
	}
	world->classifier = compile_rules(world);
	*snapshot = (struct snapshot){.id = snapshot->id + 1,
	    .flow = world->flow,
	    .services_running = world->services_running,
	    .port_count = WORLD_PORTS,
	    .unit_count = WORLD_UNITS,
	    .zone_count = WORLD_ZONES,
	    .instance_count = 2,
	    .application_count = (uint16_t)world->rule_count,
	    .policy_count = world->rule_count,
	    .ports = world->ports,
	    .units = world->units,
	    .zones = world->zones,
	    .instances = world->instances,
	    .policies = world->policies,
	    .applications = world->applications,
	    .classifier = world->classifier,
	    .nat = world->nat};
	world->fib = compile_routes(world, snapshot);
	if (world->engine == NULL) {
		make_engines(world);
	}
	apply_all(world, snapshot);
	classifier_destroy(former);
	snapshot_fib_destroy(former_fib);
}

void
world_apply_fib(struct world *world)
{
	struct fib *former = world->fib;

	world->fib = compile_routes(world, &world->snapshots[world->which]);
	apply_all(world, &world->snapshots[world->which]);
	snapshot_fib_destroy(former);
}

/* What one engine says reaches all others at once. */
static bool
pass_messages(struct world *world, uint16_t from)
{
	struct engine_message message;
	bool any = false;

	while (world->config.workers > 1 && engine_take_message(world->engines[from], &message)) {
		any = true;
		for (uint16_t i = 0; i < world->config.workers; i++) {
			if (i != from && (message.worker == i || message.worker == ENGINE_ALL_WORKERS)) {
				engine_give_message(world->engines[i], world->now, &message);
			}
		}
	}
	return any;
}

static void
take_out(struct world *world, const struct engine_output *output)
{
	struct packet *packet = output->packet;

	if (packet == world->current) {
		world->result = packet->result;
		world->current = NULL;
	}
	if (output->verb == ENGINE_FREE) {
		world->freed++;
	} else {
		assert_true(world->sent_count < WORLD_SENT);
		struct world_sent *sent = &world->sent[world->sent_count++];
		const uint32_t kept = packet->length < sizeof sent->data ? packet->length : sizeof sent->data;

		assert_true(packet->data - packet->headroom == packet->handle);
		sent->verb = output->verb;
		sent->port = packet->port;
		sent->instance = packet->instance;
		sent->flags = packet->flags;
		sent->segment_size = packet->segment_size;
		sent->segments_more = packet->segments_more;
		sent->length = packet->length;
		memcpy(sent->data, packet->data, kept);
	}
	free(packet->handle);
	free(packet);
}

/* Messages go before packets: see engine/message.h. */
static bool
drain_one(struct world *world, uint16_t number)
{
	struct engine *engine = world->engines[number];
	struct engine_output outputs[8];
	bool any = pass_messages(world, number);
	uint32_t count;

	while ((count = engine_take_output(engine, outputs, 8)) > 0) {
		any = true;
		for (uint32_t i = 0; i < count; i++) {
			if (outputs[i].verb == ENGINE_HANDOFF) {
				assert_int_not_equal(outputs[i].worker, number);
				world->handed++;
				engine_process(world->engines[outputs[i].worker], world->now, &outputs[i].packet, 1);
			} else {
				take_out(world, &outputs[i]);
			}
		}
		any |= pass_messages(world, number);
	}
	return any;
}

void
world_drain(struct world *world)
{
	bool any = world->engine != NULL;

	while (any) {
		any = false;
		for (uint16_t i = 0; i < world->config.workers; i++) {
			any |= drain_one(world, i);
		}
	}
}

struct packet_result
world_input(struct world *world, uint16_t port, const uint8_t *data, uint32_t length)
{
	/* No tailroom: the frame's last octet is the block's last. */
	struct packet *packet = packet_create(length, HEADROOM, 0);
	const struct engine_sharing sharing = engine_sharing_of(&(struct hash_key){.low = 0x5ca1ab1e, .high = 77}, world->config.workers);

	memcpy(packet->data, data, length);
	packet->port = port;
	packet->flags = (uint16_t)(world->flags | (port == UINT16_MAX ? PACKET_FROM_HOST : 0));
	packet->segment_size = world->segment_size;
	packet->segments_more = world->segments_more;
	world->sent_count = 0;
	world->freed = 0;
	world->current = packet;
	engine_process(world->engines[engine_owner(&sharing, packet)], world->now, &packet, 1);
	world_drain(world);
	if (world->current != NULL) { /* it is held */
		world->result = packet->result;
		world->current = NULL;
	}
	return world->result;
}

void
world_advance(struct world *world, uint64_t now)
{
	while (world->now < now) {
		world->now = now - world->now > SECOND ? world->now + SECOND : now;
		for (uint16_t i = 0; i < world->config.workers; i++) {
			while (engine_advance(world->engines[i], world->now)) {
				world_drain(world);
			}
		}
		world_drain(world);
	}
}

const uint8_t *
world_ip(const struct world_sent *sent)
{
	if (sent->verb == ENGINE_HOST) {
		return sent->data;
	}
	return sent->data + (sent->data[12] == 0x81 ? 18 : 14);
}

bool
world_event(struct world *world, enum event_kind kind, struct event *event)
{
	for (uint16_t i = 0; i < world->config.workers; i++) {
		while (engine_take_event(world->engines[i], event)) {
			if (event->kind == kind) {
				return true;
			}
		}
	}
	return false;
}

void
world_forget_events(struct world *world)
{
	struct event event;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		while (engine_take_event(world->engines[i], &event)) {
			/* gone */
		}
	}
}

uint32_t
world_session_count(const struct world *world)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		count += engine_session_count(world->engines[i]);
	}
	return count;
}

uint64_t
world_reason_count(const struct world *world, enum reason reason)
{
	uint64_t count = 0;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		count += engine_reason_count(world->engines[i], reason);
	}
	return count;
}

bool
world_clear_session(struct world *world, uint64_t session)
{
	bool cleared = false;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		cleared |= engine_clear_session(world->engines[i], world->now, session);
	}
	world_drain(world);
	return cleared;
}

uint32_t
world_list_sessions(struct world *world, struct engine_session_view *views, uint32_t most)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		uint32_t cursor = 0;

		count += engine_list_sessions(
		    world->engines[i], world->now, &cursor, UINT32_MAX, views + count, most - count);
	}
	return count;
}

struct engine_nat_counters
world_nat_counters(const struct world *world, uint16_t pool)
{
	struct engine_nat_counters sum = {.sessions = 0};

	for (uint16_t i = 0; i < world->config.workers; i++) {
		const struct engine_nat_counters one = engine_nat_counters(world->engines[i], pool);

		sum.sessions += one.sessions;
		sum.failures += one.failures;
		for (uint32_t c = 0; c < ENGINE_NAT_CLASSES; c++) {
			sum.ports[c] += one.ports[c];
			sum.ports_most[c] += one.ports_most[c];
		}
		sum.addresses += one.addresses;
		sum.held += one.held;
	}
	return sum;
}

uint64_t
world_policy_hits(const struct world *world, uint32_t policy)
{
	uint64_t hits = 0;

	for (uint16_t i = 0; i < world->config.workers; i++) {
		hits += engine_policy_counters(world->engines[i], policy).hits;
	}
	return hits;
}

struct engine_datagram_counts
world_datagram_counts(const struct world *world)
{
	struct engine_datagram_counts sum = {.datagrams = 0};

	for (uint16_t i = 0; i < world->config.workers; i++) {
		const struct engine_datagram_counts one = engine_datagram_counts(world->engines[i]);

		sum.datagrams += one.datagrams;
		sum.held += one.held;
	}
	return sum;
}

void
world_set_link(struct world *world, uint16_t unit, bool up)
{
	for (uint16_t i = 0; i < world->config.workers; i++) {
		engine_set_link(world->engines[i], unit, up);
	}
}

void
world_clear_neighbour(struct world *world, const struct engine_neighbour_view *view)
{
	for (uint16_t i = 0; i < world->config.workers; i++) {
		engine_clear_neighbour(world->engines[i], world->now, view);
	}
	world_drain(world);
}

void
world_needs_one_engine(void)
{
	if (getenv("WORLD_WORKERS") != NULL && strcmp(getenv("WORLD_WORKERS"), "1") != 0) {
		skip();
	}
}

void
world_close(struct world *world)
{
	for (uint16_t i = 0; i < world->config.workers && world->engine != NULL; i++) {
		engine_apply(world->engines[i], NULL, NULL);
	}
	world_drain(world);
}
