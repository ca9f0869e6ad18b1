/*
 * What engines that share the packets promise each other about sessions, when something goes wrong: a table of referrals that is
 * full, ends that were never said, and workers that take no more messages (REQ-FW-003: a reply finds its session, or it
 * does not begin).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_world.h"

enum {
	ENGINES = 3,
	SESSIONS = 256, /* of each engine: as many referrals */
	CLIENTS = 40,
};

#define HIDDEN IP(192, 0, 2, 64)
#define SERVER IP(8, 8, 8, 8)

static const struct snapshot_nat_range range = {HIDDEN, HIDDEN + CLIENTS - 1};
static const uint16_t pool_numbers[] = {3};
static const struct snapshot_nat_source source = {.kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = pool_numbers};
/* Each client is an address of its own outside, which no hash brings back to where its session is. */
static const struct snapshot_nat_pool pools[4] = {
    [3] = {
	.name = "pool",
	.present = true,
	.kind = NAT_POOL_ADDRESSES,
	.unit = 2,
	.overflow = SNAPSHOT_NAT_NONE,
	.range_count = 1,
	.ranges = &range,
	.size = CLIENTS,
    },
};

static struct world *
make_world(void)
{
	struct world *world = world_create();

	world->config.workers = ENGINES;
	world->config.sessions = SESSIONS;
	world->config.nat_bindings = 256;
	world->config.nat_blocks = 8;
	world->nat = (struct snapshot_nat){
	    .active = true, .pool_count = 4, .pools = pools, .source_count = 1, .sources = &source};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world_apply(world);
	return world;
}

static uint32_t
referrals(const struct world *world)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < ENGINES; i++) {
		count += world->engines[i]->sharing.referrals.count;
	}
	return count;
}

/* That somebody has a session with this key. */
static struct engine_message
about(enum engine_message_kind kind, uint32_t number)
{
	const struct flow_fields fields = {.source_port = (uint16_t)number,
	    .destination_port = (uint16_t)(number >> 16),
	    .protocol = 17};

	return (struct engine_message){.kind = (uint8_t)kind,
	    .from = 1,
	    .worker = 0,
	    .first = ipv6_mapped(IP(10, 0, 0, 7)),
	    .second = ipv6_mapped(SERVER),
	    .word = flow_key_of(&fields).high};
}

static struct packet_result
send_out(struct world *world, uint32_t client)
{
	const struct world_packet packet = {.source = IP(10, 0, 0, 2) + client,
	    .destination = SERVER,
	    .protocol = 17,
	    .source_port = 4000,
	    .destination_port = 53,
	    .payload = 8};

	return world_packet_in(world, 0, &packet);
}

/* The bound: as many as sessions, never one more; who wants one more is told so, and it is counted. */
static void
test_table_full(void **state)
{
	struct world *world = make_world();
	struct engine *engine = world->engines[0];
	struct engine_message message;

	(void)state;
	for (uint32_t i = 0; i < SESSIONS; i++) {
		message = about(MESSAGE_REFER, i);
		engine_give_message(engine, world->now, &message);
	}
	assert_int_equal(engine->sharing.referrals.count, SESSIONS);
	assert_false(engine_take_message(engine, &message));
	for (uint32_t i = SESSIONS; i < 3 * SESSIONS; i++) {
		const struct engine_message more = about(MESSAGE_REFER, i);

		engine_give_message(engine, world->now, &more);
		assert_true(engine_take_message(engine, &message));
		assert_int_equal(message.kind, MESSAGE_REFUSE);
		assert_int_equal(message.worker, 1);
		assert_int_equal(message.more, 1);
		assert_int_equal(message.word, more.word);
	}
	assert_int_equal(engine->sharing.referrals.count, SESSIONS);
	assert_int_equal(world_reason_count(world, REASON_REFERRALS_FULL), 2 * SESSIONS);
	/* One that is known already needs no place; one that ends leaves its place. */
	message = about(MESSAGE_REFER, 5);
	engine_give_message(engine, world->now, &message);
	assert_false(engine_take_message(engine, &message));
	message = about(MESSAGE_REFER_END, 5);
	engine_give_message(engine, world->now, &message);
	message = about(MESSAGE_REFER, 7777);
	engine_give_message(engine, world->now, &message);
	assert_false(engine_take_message(engine, &message));
	assert_int_equal(engine->sharing.referrals.count, SESSIONS);
	world_destroy(world);
}

/* The session that nobody can be told of ends, with a reason of its own. */
static void
test_unreferred(void **state)
{
	struct world *world = make_world();
	struct event event;

	(void)state;
	for (uint16_t i = 0; i < ENGINES; i++) {
		for (uint32_t k = 0; k < SESSIONS; k++) {
			struct engine_message message = about(MESSAGE_REFER, k);

			message.from = (uint16_t)((i + 1) % ENGINES);
			engine_give_message(world->engines[i], world->now, &message);
		}
	}
	world_forget_events(world);
	for (uint32_t client = 0; client < CLIENTS; client++) {
		(void)send_out(world, client);
	}
	const uint64_t ended = world_reason_count(world, REASON_CLOSE_UNREFERRED);

	/* Two of three leave by a hash that leads elsewhere. */
	assert_in_range(ended, CLIENTS / 4, CLIENTS - 1);
	assert_int_equal(world_session_count(world), CLIENTS - ended);
	while (world_event(world, EVENT_SESSION_CLOSE, &event)) {
		assert_string_equal(reason_name((enum reason)event.reason), "session-unreferred");
	}
	world_destroy(world);
}

/* A referral whose end was never said goes by itself; one whose session lives stays as long as that. */
static void
test_stale(void **state)
{
	struct world *world = make_world();

	(void)state;
	for (uint32_t client = 0; client < CLIENTS; client++) {
		assert_int_equal(send_out(world, client).verdict, VERDICT_FORWARD);
	}
	const uint32_t living = referrals(world);

	assert_in_range(living, CLIENTS / 4, 2 * CLIENTS); /* of both keys */
	for (uint32_t i = 0; i < 100; i++) {
		struct engine_message message = about(MESSAGE_REFER, i);

		engine_give_message(world->engines[0], world->now, &message);
	}
	assert_int_equal(referrals(world), living + 100);
	/* 59 seconds are too few to be asked about. */
	for (int i = 0; i < 2; i++) {
		world_advance(world, world->now + 29 * SECOND);
		for (uint32_t client = 0; client < CLIENTS; client++) {
			(void)send_out(world, client);
		}
	}
	assert_int_equal(referrals(world), living + 100);
	/* A call looks at 16, and the world makes one a second. */
	for (int i = 0; i < 3; i++) {
		world_advance(world, world->now + 20 * SECOND);
		for (uint32_t client = 0; client < CLIENTS; client++) {
			assert_int_equal(send_out(world, client).reason, REASON_SESSION);
		}
	}
	assert_int_equal(referrals(world), living);
	world_advance(world, world->now + 100 * SECOND);
	assert_int_equal(world_session_count(world), 0);
	assert_int_equal(referrals(world), 0);
	world_destroy(world);
}

static void
set_room(const struct world *world, uint32_t room)
{
	for (uint16_t i = 0; i < ENGINES; i++) {
		engine_set_message_room(world->engines[i], room);
	}
}

/* Without room to tell the others no session begins and none ends; what is there goes on; with room again all is made up for. */
static void
test_no_room(void **state)
{
	struct world *world = make_world();
	struct world_packet packet = {.source = IP(10, 0, 0, 2),
	    .destination = SERVER,
	    .protocol = 6,
	    .source_port = 4000,
	    .destination_port = 80,
	    .sequence = 100,
	    .flags = SYN};

	(void)state;
	for (uint32_t client = 1; client < CLIENTS; client++) {
		assert_int_equal(send_out(world, client).verdict, VERDICT_FORWARD);
	}
	assert_int_equal(world_packet_in(world, 0, &packet).verdict, VERDICT_FORWARD);
	const uint32_t referred = referrals(world);

	set_room(world, 0);
	packet.source_port = 4001;
	assert_string_equal(
	    reason_name((enum reason)world_packet_in(world, 0, &packet).reason), "worker-messages-full");
	assert_int_equal(world->sent_count, 0);
	assert_int_equal(send_out(world, 1).reason, REASON_SESSION);
	/* A reset passes, and its session stays until it can be told. */
	packet.source_port = 4000;
	packet.sequence = 101;
	packet.flags = RST;
	assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_SESSION);
	assert_int_equal(world_session_count(world), CLIENTS);
	for (uint16_t i = 0; i < ENGINES; i++) {
		(void)engine_advance(world->engines[i], world->now + 200 * SECOND);
	}
	world->now += 200 * SECOND;
	assert_int_equal(world_session_count(world), CLIENTS);
	assert_int_equal(referrals(world), referred);
	/* Its time is over, which only its end may make of use. */
	assert_int_equal(send_out(world, 1).reason, REASON_WORKER_MESSAGES_FULL);
	set_room(world, UINT32_MAX);
	world_advance(world, world->now + 2 * SECOND);
	assert_int_equal(world_session_count(world), 0);
	assert_int_equal(referrals(world), 0);
	assert_int_equal(world_reason_count(world, REASON_CLOSE_TCP_RST), 1);
	assert_int_equal(send_out(world, 1).verdict, VERDICT_FORWARD);
	assert_int_equal(world_reason_count(world, REASON_WORKER_MESSAGE_LOST), 0);
	world_destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_full),
	    cmocka_unit_test(test_unreferred),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("engine_referrals", tests, NULL, NULL);
}
