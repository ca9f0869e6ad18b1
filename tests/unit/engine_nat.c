/*
 * Translated sessions by the hundred thousand, against what they must be: nobody shares an address and a port with another
 * (REQ-NAT-007), what comes back is what was sent turned round (REQ-NAT-004, REQ-NAT-039), the last port is found and the next
 * session refused (REQ-NAT-041), and everything comes back to the pools (REQ-NAT-009).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_world.h"

#ifdef __SANITIZE_ADDRESS__
#define TURNS 100000
#else
#define TURNS 1000000
#endif

#define PUBLIC IP(192, 0, 2, 10)
#define SERVER IP(8, 8, 8, 8)
#define WIDE IP(100, 64, 0, 0)

enum {
	SLOTS = 4096,
	POOL_ADDRESSES = 2,
	TCP = 0, /* whose ports are counted */
	UDP = 1,
	PORTS_ALL = SNAPSHOT_NAT_PORT_HIGH - SNAPSHOT_NAT_PORT_LOW + 1,
};

struct slot {
	uint64_t session; /* 0: free */
	struct world_packet sent;
	uint32_t address; /* translated */
	uint16_t port;
};

struct model {
	struct world *world;
	struct random_source random;
	struct slot slots[SLOTS];
	uint64_t taken[3][POOL_ADDRESSES][65536]; /* by protocol: whose port it is */
	uint32_t drawn[POOL_ADDRESSES];
	uint32_t last[16]; /* address of each host */
	uint32_t changed;  /* how often a host had another one than before */
};

static const struct snapshot_nat_range range = {PUBLIC, PUBLIC + POOL_ADDRESSES - 1};
static const uint16_t pool_numbers[] = {3};
static const struct snapshot_nat_source source = {.kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = pool_numbers};
static struct snapshot_nat_pool pools[4];

static struct world *
make_world(uint32_t sessions, uint32_t addresses)
{
	struct world *world = world_create();

	pools[3] = (struct snapshot_nat_pool){
	    .name = "pool",
	    .present = true,
	    .unit = 2,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = SNAPSHOT_NAT_PORT_HIGH,
	    .range_count = 1,
	    .ranges = &range,
	    .size = addresses,
	};
	world->config.sessions = sessions;
	world->config.nat_bindings = sessions;
	world->config.nat_blocks = 8;
	world->config.nat_resting = 1024;
	world->nat = (struct snapshot_nat){
	    .active = true,
	    .pool_count = 4,
	    .pools = pools,
	    .source_count = 1,
	    .sources = &source,
	};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world->flow.allow_dns_reply = true;
	world_apply(world);
	return world;
}

static uint32_t
load_32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint16_t
load_16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

/* RFC 1071, octet by octet. */
static uint32_t
sum(const uint8_t *bytes, uint32_t length, uint32_t start)
{
	for (uint32_t i = 0; i < length; i++) {
		start += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	}
	while (start > 0xffff) {
		start = (start & 0xffff) + (start >> 16);
	}
	return start;
}

static void
check_sums(const uint8_t *ip)
{
	const uint32_t length = load_16(ip + 2) - 20U;
	const bool icmp = ip[9] == 1;
	const uint32_t pseudo = icmp ? 0 : sum(ip + 12, 8, ip[9] + length);

	assert_int_equal(sum(ip, 20, 0), 0xffff);
	if (ip[9] == 17 && load_16(ip + 26) == 0) {
		return; /* the sender made none: it stays so */
	}
	assert_int_equal(sum(ip + 20, length, pseudo), 0xffff);
}

static unsigned
class_of(uint8_t protocol)
{
	return protocol == 6 ? 0 : protocol == 17 ? 1 : 2;
}

static uint16_t
port_at(const uint8_t *ip, bool destination)
{
	return ip[9] == 1 ? load_16(ip + 24) : load_16(ip + (destination ? 22 : 20));
}

static void
open_slot(struct model *model, struct slot *slot)
{
	static const uint8_t protocols[3] = {6, 17, 1};
	struct world *world = model->world;
	const uint32_t draw = random_below(&model->random, UINT32_MAX);

	slot->sent = (struct world_packet){
	    .source = IP(10, 0, 0, 2 + draw % 16),
	    .destination = SERVER + (draw >> 4) % 3,
	    .protocol = protocols[(draw >> 8) % 3],
	    .source_port = (uint16_t)(1 + draw % 60000),
	    .destination_port = (uint16_t)(80 + (draw >> 10) % 2),
	    .payload = (uint16_t)((draw >> 12) % 20),
	    .flags = SYN,
	    .type = 8,
	};
	const struct packet_result result = world_packet_in(world, 0, &slot->sent);

	if (result.verdict != VERDICT_FORWARD) {
		fail_msg("%s", reason_name(result.reason));
	}
	assert_int_equal(world->sent_count, 1);
	const uint8_t *ip = world_ip(&world->sent[0]);
	uint64_t *owner;

	check_sums(ip);
	slot->address = load_32(ip + 12);
	slot->port = port_at(ip, false);
	assert_in_range(slot->address, range.low, range.high);
	assert_in_range(slot->port, SNAPSHOT_NAT_PORT_LOW, SNAPSHOT_NAT_PORT_HIGH);
	assert_int_equal(load_32(ip + 16), slot->sent.destination);
	owner = &model->taken[class_of(ip[9])][slot->address - PUBLIC][slot->port];
	/* The same flow once more is the same session. */
	assert_true(*owner == 0 || *owner == result.session);
	model->drawn[slot->address - PUBLIC]++;
	model->changed += model->last[draw % 16] != slot->address;
	model->last[draw % 16] = slot->address;
	*owner = result.session;
	slot->session = result.session;
}

static void
reply_slot(struct model *model, const struct slot *slot)
{
	struct world *world = model->world;
	const struct world_packet reply = {
	    .source = slot->sent.destination,
	    .destination = slot->address,
	    .protocol = slot->sent.protocol,
	    .source_port = slot->sent.protocol == 1 ? slot->port : slot->sent.destination_port,
	    .destination_port = slot->port,
	    .payload = slot->sent.payload,
	    .flags = SYN | ACK,
	    .sequence = 77,
	    .acknowledgement = 1,
	    .type = 0,
	};
	const struct packet_result result = world_packet_in(world, 1, &reply);

	if (result.verdict != VERDICT_FORWARD) {
		fail_msg("%s", reason_name(result.reason));
	}
	const uint8_t *ip = world_ip(&world->sent[0]);

	check_sums(ip);
	assert_true(result.session == slot->session);
	assert_int_equal(load_32(ip + 12), slot->sent.destination);
	assert_int_equal(load_32(ip + 16), slot->sent.source);
	assert_int_equal(port_at(ip, true), slot->sent.source_port);
}

static void
close_slot(struct model *model, struct slot *slot)
{
	uint64_t *owner = &model->taken[class_of(slot->sent.protocol)][slot->address - PUBLIC][slot->port];

	if (*owner == slot->session) {
		assert_true(world_clear_session(model->world, slot->session));
		*owner = 0;
	}
	slot->session = 0;
}

static void
test_random_opens_and_closes(void **state)
{
	struct model *model = calloc(1, sizeof(*model));
	uint32_t live = 0;

	(void)state;
	assert_non_null(model);
	model->world = make_world(2 * SLOTS, POOL_ADDRESSES);
	model->random = random_seeded(11);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		struct slot *slot = &model->slots[random_below(&model->random, SLOTS)];

		if (slot->session == 0) {
			open_slot(model, slot);
			if (turn % 4 == 0) {
				reply_slot(model, slot);
			}
		} else {
			close_slot(model, slot);
		}
		if (turn % 1024 == 0) {
			world_advance(model->world, model->world->now + SECOND / 10);
		}
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		live += model->slots[i].session != 0;
		if (model->slots[i].session != 0) {
			close_slot(model, &model->slots[i]);
		}
	}
	assert_true(live > SLOTS / 4);
	/* REQ-NAT-008, REQ-NAT-017: both addresses are used alike, also by one host. */
	assert_in_range(model->drawn[0], TURNS / 6, TURNS / 3);
	assert_in_range(model->drawn[1], TURNS / 6, TURNS / 3);
	assert_in_range(model->changed, TURNS / 256, TURNS);
	assert_int_equal(world_session_count(model->world), 0);
	const struct engine_nat_counters counters = world_nat_counters(model->world, 3);

	for (int i = 0; i < ENGINE_NAT_CLASSES; i++) {
		assert_int_equal(counters.ports[i], 0);
	}
	assert_int_equal(counters.held, 0);
	assert_int_equal(counters.failures, 0);
	world_destroy(model->world);
	free(model);
}

/* E-221: 62,464 sessions over one address; the next is refused, and what is given back is found. */
static void
test_last_port(void **state)
{
	struct world *world = make_world(1 << 17, 1);
	struct world_packet packet = {.source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .destination_port = 9};
	uint8_t *seen = calloc(65536, 1);
	struct packet_result result;
	uint64_t first = 0;
	struct event event;

	(void)state;
	assert_non_null(seen);
	for (uint32_t i = 0; i < PORTS_ALL; i++) {
		packet.source = IP(10, 0, 0, 2) + i / 60000;
		packet.source_port = (uint16_t)(i % 60000);
		result = world_packet_in(world, 0, &packet);
		if (result.verdict != VERDICT_FORWARD) {
			fail_msg("session %u: %s", i, reason_name(result.reason));
		}
		first = first == 0 ? result.session : first;
		const uint16_t port = load_16(world_ip(&world->sent[0]) + 20);

		assert_int_equal(seen[port], 0);
		seen[port] = 1;
		world_forget_events(world);
	}
	packet.source = IP(10, 0, 0, 9);
	result = world_packet_in(world, 0, &packet);
	assert_string_equal(reason_name(result.reason), "nat-no-ports");
	assert_int_equal(result.verdict, VERDICT_DROP);
	assert_true(world_event(world, EVENT_NAT_NO_PORTS, &event));
	assert_int_equal(event.nat_pool, 3);
	/* Nobody else is disturbed: other protocols have their own ports. */
	packet.protocol = 6;
	packet.flags = SYN;
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	packet.protocol = 17;
	assert_true(world_clear_session(world, first));
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	const struct engine_nat_counters counters = world_nat_counters(world, 3);

	assert_int_equal(counters.ports[UDP], PORTS_ALL);
	assert_int_equal(counters.ports_most[UDP], PORTS_ALL);
	assert_int_equal(counters.ports[TCP], 1);
	assert_int_equal(counters.failures, 1);
	free(seen);
	world_destroy(world);
}

static uint32_t
mapped(struct ipv6_address address)
{
	return (uint32_t)address.low;
}

/* Both sides of a session, as its packets come in. */
static void
test_views(void **state)
{
	struct world *world = make_world(8, 1);
	const struct world_packet packet = {
	    .source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .source_port = 5, .destination_port = 9};
	struct engine_session_view view;

	(void)state;
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	const uint16_t port = load_16(world_ip(&world->sent[0]) + 20);

	assert_int_equal(world_list_sessions(world, &view, 1), 1);
	assert_int_equal(mapped(view.source[0]), packet.source);
	assert_int_equal(mapped(view.destination[0]), packet.destination);
	assert_int_equal(mapped(view.source[1]), packet.destination);
	assert_int_equal(mapped(view.destination[1]), PUBLIC);
	assert_int_equal(view.source_port[0], 5);
	assert_int_equal(view.destination_port[1], port);
	assert_int_equal(view.nat, SESSION_NAT_SOURCE);
	assert_int_equal(view.nat_pool, 3);
	world_destroy(world);
}

/* Another address when one has no port left; and a port rests while there are others (REQ-NAT-009, REQ-NAT-041). */
static void
test_small_pool(void **state)
{
	enum { EACH = 64 };
	struct world *world = make_world(512, POOL_ADDRESSES);
	struct world_packet packet = {.source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .destination_port = 9};
	uint64_t sessions[2 * EACH];
	uint32_t ends[2 * EACH]; /* which of the pool's */
	uint32_t closed;
	struct packet_result result;

	(void)state;
	pools[3].port_high = SNAPSHOT_NAT_PORT_LOW + EACH - 1;
	for (uint32_t i = 0; i < 2 * EACH - 1; i++) {
		packet.source_port = (uint16_t)i;
		result = world_packet_in(world, 0, &packet);
		assert_int_equal(result.verdict, VERDICT_FORWARD);
		const uint8_t *ip = world_ip(&world->sent[0]);

		sessions[i] = result.session;
		ends[i] = (load_32(ip + 12) - PUBLIC) * EACH + load_16(ip + 20) - SNAPSHOT_NAT_PORT_LOW;
		assert_in_range(ends[i], 0, 2 * EACH - 1);
	}
	/* One is closed, another one is free: that is taken, by a new session and again once more. */
	closed = ends[40];
	assert_true(world_clear_session(world, sessions[40]));
	packet.source_port = 1000;
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_not_equal((load_32(ip + 12) - PUBLIC) * EACH + load_16(ip + 20) - SNAPSHOT_NAT_PORT_LOW, closed);
	/* Now there is no other. */
	packet.source_port = 1001;
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	ip = world_ip(&world->sent[0]);
	assert_int_equal((load_32(ip + 12) - PUBLIC) * EACH + load_16(ip + 20) - SNAPSHOT_NAT_PORT_LOW, closed);
	packet.source_port = 1002;
	assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_NAT_NO_PORTS);
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], 2 * EACH);
	world_destroy(world);
}

/* A full session table, or a clash, leaves nothing taken behind. */
static void
test_nothing_is_left_behind(void **state)
{
	struct world_packet packet = {.source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .destination_port = 9};
	struct world *world;
	uint32_t refused = 0;

	(void)state;
	world_needs_one_engine();
	world = make_world(8, POOL_ADDRESSES);
	for (uint16_t i = 0; i < 20; i++) {
		packet.source_port = i;
		refused += world_packet_in(world, 0, &packet).reason == REASON_SESSION_TABLE_FULL;
	}
	assert_int_equal(refused, 12);
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], 8);
	assert_int_equal(world_nat_counters(world, 3).held, 8);
	world_advance(world, world->now + 70 * SECOND);
	assert_int_equal(world_session_count(world), 0);
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], 0);
	assert_int_equal(world_nat_counters(world, 3).held, 0);
	world_destroy(world);
}

/* The pool gives its host one address, and bindings have a bound too (REQ-NAT-011, REQ-NAT-012). */
static void
test_bindings(void **state)
{
	struct world *world = make_world(64, POOL_ADDRESSES);
	struct world_packet packet = {.destination = SERVER, .protocol = 17, .source_port = 5, .destination_port = 9};
	uint32_t addresses[2];

	(void)state;
	pools[3].kind = NAT_POOL_ADDRESSES;
	for (uint32_t i = 0; i < 2; i++) {
		packet.source = IP(10, 0, 0, 2) + i;
		assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
		addresses[i] = load_32(world_ip(&world->sent[0]) + 12);
		assert_int_equal(load_16(world_ip(&world->sent[0]) + 20), 5);
		packet.destination_port++;
		assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
		assert_int_equal(load_32(world_ip(&world->sent[0]) + 12), addresses[i]);
	}
	assert_true(addresses[0] != addresses[1]);
	packet.source = IP(10, 0, 0, 4);
	assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_NAT_NO_ADDRESSES);
	assert_int_equal(world_nat_counters(world, 3).addresses, 2);
	world_advance(world, world->now + 70 * SECOND);
	assert_int_equal(world_nat_counters(world, 3).addresses, 0);
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	world_destroy(world);
	/* No room for bindings: refused, and no address is lost. */
	world = world_create();
	world->config.nat_bindings = 1;
	world->nat = (struct snapshot_nat){
	    .active = true, .pool_count = 4, .pools = pools, .source_count = 1, .sources = &source};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world_apply(world);
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	packet.source = IP(10, 0, 0, 5);
	assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_NAT_BINDINGS_FULL);
	assert_int_equal(world_nat_counters(world, 3).addresses, 1);
	world_destroy(world);
}

/* Everything that was sent and not ended: nobody shares what he is translated to. */
struct ends {
	struct world *world;
	struct world_packet packet;
	uint64_t sessions[4096];
	uint32_t end[4096]; /* address and port */
	uint32_t count;
};

static uint32_t
end_of(const uint8_t *ip, uint32_t each)
{
	return (load_32(ip + 12) - WIDE) * each + load_16(ip + 20) - SNAPSHOT_NAT_PORT_LOW;
}

static struct world *
make_wide(uint32_t addresses, uint16_t each, uint32_t blocks, uint8_t layers)
{
	static struct snapshot_nat_range wide;
	struct world *world = world_create();

	wide = (struct snapshot_nat_range){WIDE, WIDE + addresses - 1};
	pools[3] = (struct snapshot_nat_pool){
	    .name = "pool",
	    .present = true,
	    .unit = 2,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .layers = layers,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = (uint16_t)(SNAPSHOT_NAT_PORT_LOW + each - 1),
	    .range_count = 1,
	    .ranges = &wide,
	    .size = addresses,
	};
	world->config.sessions = 8192;
	world->config.nat_blocks = blocks;
	world->config.nat_resting = 8192;
	world->nat = (struct snapshot_nat){.active = true, .pool_count = 4, .pools = pools, .source_count = 1, .sources = &source};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world->flow.allow_dns_reply = true;
	world_apply(world);
	return world;
}

static bool
open_end(struct ends *ends, uint32_t each)
{
	struct event event;
	const struct packet_result result = world_packet_in(ends->world, 0, &ends->packet);

	while (engine_take_event(ends->world->engine, &event)) {
	}
	ends->packet.source_port++;
	if (result.verdict != VERDICT_FORWARD) {
		assert_int_equal(result.reason, REASON_NAT_NO_PORTS);
		return false;
	}
	const uint32_t end = end_of(world_ip(&ends->world->sent[0]), each);

	for (uint32_t i = 0; i < ends->count; i++) {
		assert_int_not_equal(ends->end[i], end);
	}
	ends->sessions[ends->count] = result.session;
	ends->end[ends->count++] = end;
	return true;
}

static void
close_end(struct ends *ends, uint32_t at)
{
	assert_true(world_clear_session(ends->world, ends->sessions[at]));
	ends->count--;
	ends->sessions[at] = ends->sessions[ends->count];
	ends->end[at] = ends->end[ends->count];
}

/* REQ-NAT-041 of a pool of many addresses: whichever of them has the last port, it is found; and a port that comes back is, at
 * once when there is no other, and again after its rest. */
static void
test_wide_pool(void **state)
{
	enum { ADDRESSES = 1000, EACH = 3 };
	struct ends *ends;
	struct random_source random = random_seeded(5);

	(void)state;
	ends = calloc(1, sizeof(*ends));
	assert_non_null(ends);
	ends->world = make_wide(ADDRESSES, EACH, 2048, 1);
	ends->packet = (struct world_packet){.source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .destination_port = 9};
	for (uint32_t i = 0; i < ADDRESSES * EACH; i++) {
		assert_true(open_end(ends, EACH));
	}
	assert_false(open_end(ends, EACH));
	for (uint32_t turn = 0; turn < 150; turn++) {
		const uint32_t closed = 1 + random_below(&random, 20);

		for (uint32_t i = 0; i < closed; i++) {
			close_end(ends, random_below(&random, ends->count));
		}
		if (turn % 10 == 0) {
			world_advance(ends->world, ends->world->now + 3 * SECOND);
		}
		if (turn % 50 == 0) {
			world_apply(ends->world); /* a commit that leaves the pools alone forgets nothing */
		}
		for (uint32_t i = 0; i < closed; i++) {
			if (!open_end(ends, EACH)) {
				fail_msg("turn %u: %u of %u", turn, i, closed);
			}
		}
		assert_false(open_end(ends, EACH));
	}
	world_destroy(ends->world);
	free(ends);
}

/* Fewer blocks than addresses: what has one is used up, the rest is refused; and no address is lost for it. */
static void
test_few_blocks(void **state)
{
	enum { ADDRESSES = 200, EACH = 4, BLOCKS = 20 };
	struct ends *ends;
	uint32_t refused = 0;

	(void)state;
	world_needs_one_engine();
	ends = calloc(1, sizeof(*ends));
	assert_non_null(ends);
	ends->world = make_wide(ADDRESSES, EACH, BLOCKS, 1);
	ends->packet = (struct world_packet){.source = IP(10, 0, 0, 2), .destination = SERVER, .protocol = 17, .destination_port = 9};
	for (uint32_t i = 0; ends->count < BLOCKS * EACH; i++) {
		refused += open_end(ends, EACH) ? 0 : 1;
		assert_in_range(refused, 0, 40); /* it draws blocks: the very last ports take luck */
	}
	assert_false(open_end(ends, EACH));
	while (ends->count > 0) {
		close_end(ends, 0);
	}
	world_advance(ends->world, ends->world->now + 3 * SECOND);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		assert_true(open_end(ends, EACH));
	}
	world_destroy(ends->world);
	free(ends);
}

/* port-overloading: a port is given as often as the factor says and no oftener, first those that nobody has, and never twice
 * towards one destination; the counters know. */
static void
test_overloading(void **state)
{
	enum { ADDRESSES = 3, EACH = 8, FACTOR = 4, ALL = ADDRESSES * EACH * FACTOR };
	struct world *world;
	struct world_packet packet = {.source = IP(10, 0, 0, 2), .protocol = 17, .destination_port = 9};
	uint8_t used[ADDRESSES * EACH] = {0};
	uint64_t sessions[ALL];
	uint32_t ends[ALL];

	(void)state;
	world = make_wide(ADDRESSES, EACH, 64, FACTOR);
	for (uint32_t i = 0; i < ALL; i++) {
		packet.source_port = (uint16_t)i;
		packet.destination = SERVER + i;
		const struct packet_result result = world_packet_in(world, 0, &packet);

		assert_int_equal(result.verdict, VERDICT_FORWARD);
		sessions[i] = result.session;
		ends[i] = end_of(world_ip(&world->sent[0]), EACH);
		assert_in_range(ends[i], 0, ADDRESSES * EACH - 1);
		used[ends[i]]++;
		assert_in_range(used[ends[i]], 1, FACTOR);
	}
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], ALL);
	packet.source_port = ALL;
	packet.destination = SERVER + ALL;
	assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_NAT_NO_PORTS);
	/* One ends, and its port is the one that is given again. */
	assert_true(world_clear_session(world, sessions[ALL / 2]));
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], ALL - 1);
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	assert_int_equal(end_of(world_ip(&world->sent[0]), EACH), ends[ALL / 2]);
	/* All end and rest: everything is there again. */
	world_advance(world, world->now + 70 * SECOND);
	assert_int_equal(world_nat_counters(world, 3).ports[UDP], 0);
	world_advance(world, world->now + 3 * SECOND);
	/* Towards one destination each port once at most. */
	memset(used, 0, sizeof(used));
	packet.destination = SERVER;
	for (uint32_t i = 0; i < ALL; i++) {
		packet.source_port = (uint16_t)(1000 + i);
		if (world_packet_in(world, 0, &packet).verdict == VERDICT_FORWARD) {
			used[end_of(world_ip(&world->sent[0]), EACH)]++;
		}
	}
	for (uint32_t i = 0; i < ADDRESSES * EACH; i++) {
		assert_int_equal(used[i], 1);
	}
	world_destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_opens_and_closes),
	    cmocka_unit_test(test_last_port),
	    cmocka_unit_test(test_views),
	    cmocka_unit_test(test_small_pool),
	    cmocka_unit_test(test_nothing_is_left_behind),
	    cmocka_unit_test(test_bindings),
	    cmocka_unit_test(test_wide_pool),
	    cmocka_unit_test(test_few_blocks),
	    cmocka_unit_test(test_overloading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
