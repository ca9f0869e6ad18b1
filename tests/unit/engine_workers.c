/*
 * Four engines that share random traffic, with messages and packets between them late: each engine runs when it is drawn, and
 * gets what lies in its queues then. What must hold whatever the order is:
 *   - a packet is permitted or denied as by one engine;
 *   - an answer to a packet that left finds its session, wherever and whenever it comes in, and goes to who asked;
 *   - a flow has one session over all engines, and no two flows the same translated address and port (REQ-NAT-007);
 *   - when all sessions have ended nothing is left anywhere: no referral, port, address or count;
 *   - answers to a port of a pool come to who gave it, but for a few.
 * Queues keep their order, and an engine reads its messages after it took packets: that is all that is promised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_world.h"
#include "wire/sctp.h"

#define PUBLIC IP(192, 0, 2, 10)
#define SERVER IP(8, 8, 8, 0)

enum {
	SCTP = 132,
	WORKERS = 4,
	FLOWS = 400,
	FLOWS_STEERED = 100, /* few beside the ports: what is left of them leads to all workers */
	FLOWS_STALLED = 12000,
	MESSAGES_STALLED = 1600, /* that a queue takes then: half as much again as has to be left for a session to begin */
	SESSIONS = 4096, /* of an engine */
	TURNS = 60000,
	QUEUE = 4096,
	HEADROOM = 64,
	DENIED_PORT = 81,
	ETHERNET = 14,
};

struct talk {
	uint32_t host;
	uint32_t server;
	uint32_t address; /* translated; 0: none of its packets has left yet */
	uint16_t port;    /* of the host */
	uint16_t translated;
	uint16_t server_port;
	uint8_t protocol;
};

struct lane {
	struct packet *packets[QUEUE];
	struct engine_message messages[QUEUE];
	uint32_t packet_head;
	uint32_t packet_tail;
	uint32_t message_head;
	uint32_t message_tail;
};

struct chaos {
	struct world *world;
	struct random_source random;
	struct lane queues[WORKERS][WORKERS]; /* from, to */
	struct talk flows[FLOWS_STALLED];
	uint32_t forwarded;
	uint32_t denied;
	uint32_t answered;
	uint32_t lost;
	uint32_t no_room;      /* packets for whose sessions there was no room to tell */
	uint32_t message_most; /* that a queue takes */
	uint16_t stalled;      /* the engine that does nothing; WORKERS: none */
};

static struct snapshot_nat_range range = {PUBLIC, PUBLIC + 3};
static const uint16_t pool_numbers[] = {3};
static const struct snapshot_nat_source source = {.kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = pool_numbers};
static struct snapshot_nat_pool pools[4];

static struct chaos *
make_chaos(int pool_kind)
{
	struct chaos *chaos = calloc(1, sizeof *chaos);
	struct world *world = world_create();

	assert_non_null(chaos);
	chaos->world = world;
	chaos->random = random_seeded(31);
	chaos->message_most = QUEUE;
	chaos->stalled = WORKERS;
	world->config = engine_config_for(SESSIONS);
	world->config.neighbours_auto = true;
	world->config.events = 1024;
	world->config.policies = 64;
	world->config.units = 16;
	world->config.nat_pools = 8;
	world->config.workers = WORKERS;
	world->rules[0] = (struct world_rule){.from_zone = TRUST,
	    .to_zone = UNTRUST,
	    .action = POLICY_DENY,
	    .protocol = 6,
	    .low = DENIED_PORT,
	    .high = DENIED_PORT,
	    .source_nat = SNAPSHOT_NAT_NONE,
	    .destination_nat = SNAPSHOT_NAT_NONE};
	world->rules[1] = (struct world_rule){.from_zone = TRUST,
	    .to_zone = UNTRUST,
	    .action = POLICY_PERMIT,
	    .destination_nat = SNAPSHOT_NAT_NONE};
	world->rule_count = 2;
	if (pool_kind >= 0) {
		pools[3] = (struct snapshot_nat_pool){.name = "pool",
		    .present = true,
		    .unit = 2,
		    .kind = (uint8_t)pool_kind,
		    .overflow = SNAPSHOT_NAT_NONE,
		    .port_low = 2000,
		    .port_high = 2399,
		    .range_count = 1,
		    .ranges = &range,
		    .size = 4,
		    .host_low = IP(10, 0, 0, 2)};
		world->nat = (struct snapshot_nat){.active = true,
		    .pool_count = 4,
		    .pools = pools,
		    .source_count = 1,
		    .sources = &source};
	}
	world_apply(world);
	return chaos;
}

static void
push_packet(struct lane *queue, struct packet *packet)
{
	assert_true(queue->packet_tail - queue->packet_head < QUEUE);
	queue->packets[queue->packet_tail++ % QUEUE] = packet;
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

/* A packet leaves; its handle says whose it is and which way it goes. */
struct tag {
	uint32_t flow;
	bool answer;
	uint8_t block[];
};

static void
leaves(struct chaos *chaos, const struct packet *packet, const struct tag *tag)
{
	struct talk *flow = &chaos->flows[tag->flow];
	const uint8_t *ip = packet->data + ETHERNET;

	assert_true(flow->protocol != SCTP ||
		    load_32(ip + 20 + SCTP_CHECKSUM_AT) == sctp_checksum(ip + 20, SCTP_HEADER + SCTP_CHUNK_HEADER));
	if (tag->answer) {
		assert_int_equal(packet->port, 0);
		assert_int_equal(load_32(ip + 16), flow->host);
		assert_int_equal(load_16(ip + 22), flow->port);
		assert_int_equal(load_32(ip + 12), flow->server);
		chaos->answered++;
		return;
	}
	assert_int_equal(packet->port, 1);
	assert_false(flow->protocol == 6 && flow->server_port == DENIED_PORT);
	/* A flow keeps what it is translated to: it has one session. */
	assert_true(flow->address == 0 || (flow->address == load_32(ip + 12) && flow->translated == load_16(ip + 20)));
	flow->address = load_32(ip + 12);
	flow->translated = load_16(ip + 20);
	chaos->forwarded++;
}

static void
finished(struct chaos *chaos, const struct packet *packet, const struct tag *tag)
{
	const struct talk *flow = &chaos->flows[tag->flow];

	if (flow->protocol == 6 && flow->server_port == DENIED_PORT) {
		assert_string_equal(reason_name((enum reason)packet->result.reason), "policy-deny");
		chaos->denied++;
	} else if (packet->result.reason == REASON_WORKER_MESSAGES_FULL) {
		chaos->no_room++;
	} else {
		/* What is full may be told; nothing else may be. */
		assert_string_equal(reason_name((enum reason)packet->result.reason), "nat-no-addresses");
		chaos->lost++;
	}
}

static void
take_messages(struct chaos *chaos, uint16_t self)
{
	struct engine_message message;

	while (engine_take_message(chaos->world->engines[self], &message)) {
		for (uint16_t to = 0; to < WORKERS; to++) {
			struct lane *queue = &chaos->queues[self][to];

			if (to != self && (message.worker == to || message.worker == ENGINE_ALL_WORKERS)) {
				assert_true(queue->message_tail - queue->message_head < chaos->message_most);
				queue->messages[queue->message_tail++ % QUEUE] = message;
			}
		}
	}
}

/* As many messages as the fullest queue has room for. */
static void
tell_room(struct chaos *chaos, uint16_t self)
{
	uint32_t room = chaos->message_most;

	for (uint16_t to = 0; to < WORKERS; to++) {
		const struct lane *queue = &chaos->queues[self][to];
		const uint32_t here = chaos->message_most - (queue->message_tail - queue->message_head);

		room = here < room ? here : room;
	}
	engine_set_message_room(chaos->world->engines[self], room);
}

static void
drain(struct chaos *chaos, uint16_t self)
{
	struct engine_output output;
	struct event event;

	take_messages(chaos, self);
	while (engine_take_output(chaos->world->engines[self], &output, 1) == 1) {
		struct packet *packet = output.packet;
		struct tag *tag = packet->handle;

		if (output.verb == ENGINE_HANDOFF) {
			push_packet(&chaos->queues[self][output.worker], packet);
			continue;
		}
		if (output.verb == ENGINE_SEND) {
			leaves(chaos, packet, tag);
		} else {
			finished(chaos, packet, tag);
		}
		free(tag);
		free(packet);
	}
	while (engine_take_event(chaos->world->engines[self], &event)) {
		/* nobody looks */
	}
}

/* Packets first, then the messages, then the engine: as a worker does. */
static void
turn(struct chaos *chaos, uint16_t self, struct packet *own)
{
	struct engine *engine = chaos->world->engines[self];
	struct packet *burst[ENGINE_BURST];
	uint32_t count = 0;

	if (self == chaos->stalled) {
		assert_null(own);
		return;
	}
	if (own != NULL) {
		burst[count++] = own;
	}
	for (uint16_t from = 0; from < WORKERS; from++) {
		struct lane *queue = &chaos->queues[from][self];
		uint32_t wanted = random_below(&chaos->random, 8);

		while (count < ENGINE_BURST && queue->packet_head != queue->packet_tail && wanted-- > 0) {
			burst[count++] = queue->packets[queue->packet_head++ % QUEUE];
		}
	}
	for (uint16_t from = 0; from < WORKERS; from++) {
		struct lane *queue = &chaos->queues[from][self];

		while (queue->message_head != queue->message_tail) {
			engine_give_message(
			    engine, chaos->world->now, &queue->messages[queue->message_head++ % QUEUE]);
		}
	}
	tell_room(chaos, self);
	engine_process(engine, chaos->world->now, burst, count);
	drain(chaos, self);
}

/* The world's packets of SCTP have no header: one with a chunk that says nothing. => their payload is as long as that */
static void
make_sctp(struct packet *packet, const struct world_packet *what)
{
	uint8_t *header = packet->data + ETHERNET + 20;

	bytes_store_16(header, what->source_port);
	bytes_store_16(header + 2, what->destination_port);
	bytes_store_32(header + 12, SCTP_CHUNK_HEADER);
	bytes_store_32(header + SCTP_CHECKSUM_AT, sctp_checksum(header, SCTP_HEADER + SCTP_CHUNK_HEADER));
}

/* Comes in by any worker. */
static void
inject(struct chaos *chaos, uint16_t port, uint32_t number, const struct world_packet *what)
{
	const struct engine_sharing sharing = engine_sharing_of(&(struct hash_key){.low = 0x5ca1ab1e, .high = 77}, WORKERS);
	const uint16_t receiver = (uint16_t)random_below(&chaos->random, WORKERS);
	struct tag *tag = calloc(1, sizeof *tag + 512);
	struct packet *packet = calloc(1, sizeof *packet);

	assert_non_null(tag);
	assert_non_null(packet);
	tag->flow = number;
	tag->answer = port == 1;
	packet->handle = tag;
	packet->data = tag->block + HEADROOM;
	packet->headroom = HEADROOM;
	packet->tailroom = 64;
	packet->length = world_frame(packet->data, what, true);
	packet->port = port;
	if (what->protocol == SCTP) {
		make_sctp(packet, what);
	}
	const uint16_t owner = engine_owner(&sharing, packet);

	if (owner == chaos->stalled) {
		/* Its packets find its rings full before long. */
		free(tag);
		free(packet);
	} else if (owner == receiver) {
		turn(chaos, receiver, packet);
	} else {
		push_packet(&chaos->queues[receiver][owner], packet);
	}
}

static void
send_forth(struct chaos *chaos, uint32_t number)
{
	const struct talk *flow = &chaos->flows[number];
	const struct world_packet packet = {.source = flow->host,
	    .destination = flow->server,
	    .protocol = flow->protocol,
	    .source_port = flow->port,
	    .destination_port = flow->server_port,
	    .payload = 16,
	    .sequence = 100,
	    .flags = SYN};

	inject(chaos, 0, number, &packet);
}

static void
send_back(struct chaos *chaos, uint32_t number)
{
	const struct talk *flow = &chaos->flows[number];
	const struct world_packet packet = {.source = flow->server,
	    .destination = flow->address,
	    .protocol = flow->protocol,
	    .source_port = flow->server_port,
	    .destination_port = flow->translated,
	    .payload = 16,
	    .sequence = 500,
	    .acknowledgement = 113,
	    .flags = SYN | ACK};

	inject(chaos, 1, number, &packet);
}

static bool
quiet(const struct chaos *chaos)
{
	bool quiet = true;

	for (uint16_t from = 0; from < WORKERS; from++) {
		for (uint16_t to = 0; to < WORKERS; to++) {
			const struct lane *queue = &chaos->queues[from][to];

			quiet &= queue->packet_head == queue->packet_tail && queue->message_head == queue->message_tail;
		}
	}
	return quiet;
}

static void
settle(struct chaos *chaos)
{
	while (!quiet(chaos)) {
		for (uint16_t i = 0; i < WORKERS; i++) {
			turn(chaos, i, NULL);
		}
	}
}

/* No two sessions of the same key either way. */
static void
assert_one_each(struct chaos *chaos)
{
	static struct engine_session_view views[SESSIONS];
	const uint32_t count = world_list_sessions(chaos->world, views, SESSIONS);

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = i + 1; j < count; j++) {
			for (unsigned way = 0; way < 2; way++) {
				assert_false(views[i].protocol == views[j].protocol &&
					     ipv6_equal(views[i].source[way], views[j].source[way]) &&
					     ipv6_equal(views[i].destination[way], views[j].destination[way]) &&
					     views[i].source_port[way] == views[j].source_port[way] &&
					     views[i].destination_port[way] == views[j].destination_port[way]);
			}
		}
	}
}

static void
assert_nothing_left(struct chaos *chaos)
{
	struct world *world = chaos->world;

	world->now += 100 * SECOND;
	for (int round = 0; round < 4; round++) {
		for (uint16_t i = 0; i < WORKERS; i++) {
			while (engine_advance(world->engines[i], world->now)) {
				drain(chaos, i);
			}
			drain(chaos, i);
		}
		settle(chaos);
		world->now += 3 * SECOND;
	}
	assert_int_equal(world_session_count(world), 0);
	for (uint16_t i = 0; i < WORKERS; i++) {
		assert_int_equal(world->engines[i]->sharing.referrals.count, 0);
		assert_int_equal(world->engines[i]->nat.ports.block_count, 0);
		assert_int_equal(world->engines[i]->nat.bindings.count, 0);
	}
	assert_int_equal(world_nat_counters(world, 3).held, 0);
	assert_int_equal(world_reason_count(world, REASON_HANDED_ASTRAY), 0);
	assert_int_equal(world_reason_count(world, REASON_CLOSE_CLASH), 0);
}

static void
run(struct chaos *chaos)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		chaos->flows[i] = (struct talk){
		    .host = IP(10, 0, 0, 2) + i % 3,
		    .server = SERVER + i % 5,
		    .port = (uint16_t)(4000 + i),
		    .server_port = i % 11 == 0 ? DENIED_PORT : 80,
		    .protocol = i % 3 == 0 ? SCTP : i % 2 == 0 ? 6 : 17,
		};
	}
	for (uint32_t i = 0; i < TURNS; i++) {
		const uint32_t number = random_below(&chaos->random, FLOWS);

		if (chaos->flows[number].address != 0 && random_below(&chaos->random, 2) == 0) {
			send_back(chaos, number);
		} else if (random_below(&chaos->random, 2) == 0) {
			send_forth(chaos, number);
		}
		turn(chaos, (uint16_t)random_below(&chaos->random, WORKERS), NULL);
		if (i % 8192 == 0) {
			settle(chaos);
			assert_one_each(chaos);
		}
	}
	settle(chaos);
	assert_one_each(chaos);
	assert_true(chaos->answered > TURNS / 8);
	assert_true(chaos->denied > TURNS / 100);
	assert_nothing_left(chaos);
	world_destroy(chaos->world);
	free(chaos);
}

static void
test_plain(void **state)
{
	(void)state;
	run(make_chaos(-1));
}

static void
test_ports(void **state)
{
	(void)state;
	run(make_chaos(NAT_POOL_PORTS));
}

static void
test_addresses(void **state)
{
	(void)state;
	run(make_chaos(NAT_POOL_ADDRESSES));
}

static void
test_positions(void **state)
{
	(void)state;
	run(make_chaos(NAT_POOL_STATIC));
}

/*
 * Each worker looks for a port whose answers lead to itself, 16 times at most: of four workers one session in a hundred
 * ((3/4)^16) finds none, and another worker has to be told. Three in four would have to with ports drawn at random, or chosen for
 * the destination before the policies translate it.
 */
static void
run_steered(struct chaos *chaos)
{
	uint32_t referred = 0;

	for (uint32_t i = 0; i < FLOWS_STEERED; i++) {
		chaos->flows[i] = (struct talk){.host = IP(10, 0, 0, 2) + i % 3,
		    .server = SERVER + i % 5,
		    .port = (uint16_t)(4000 + i),
		    .server_port = 80,
		    .protocol = i % 2 == 0 ? 6 : 17};
		send_forth(chaos, i);
		settle(chaos);
		assert_int_not_equal(chaos->flows[i].address, 0);
	}
	assert_int_equal(world_session_count(chaos->world), FLOWS_STEERED);
	for (uint16_t i = 0; i < WORKERS; i++) {
		referred += chaos->world->engines[i]->sharing.referrals.count;
	}
	/* One or two are expected. */
	assert_in_range(referred, 0, FLOWS_STEERED / 10);
	assert_nothing_left(chaos);
	world_destroy(chaos->world);
	free(chaos);
}

static void
test_steered(void **state)
{
	(void)state;
	run_steered(make_chaos(NAT_POOL_PORTS));
}

static void
test_steered_translated(void **state)
{
	static const struct snapshot_nat_destination inside = {
	    .name = "inside", .low = SERVER + 100, .high = SERVER + 100, .instance = SNAPSHOT_NONE};
	struct chaos *chaos = make_chaos(NAT_POOL_PORTS);

	(void)state;
	chaos->world->rules[1].destination_nat = 0;
	chaos->world->nat.destinations = &inside;
	chaos->world->nat.destination_count = 1;
	world_apply(chaos->world);
	run_steered(chaos);
}

/*
 * One of four does nothing for a while, and the others' queues to it fill up. No queue ever overflows; sessions begin as long as
 * all can be told; those that are there go on meanwhile, and what they were told of; then all goes on as before, and nothing is
 * left over.
 */
static void
test_stalled(void **state)
{
	struct chaos *chaos = make_chaos(NAT_POOL_STATIC);
	uint32_t begun = 0;

	(void)state;
	chaos->message_most = MESSAGES_STALLED;
	for (uint32_t i = 0; i < FLOWS_STALLED; i++) {
		chaos->flows[i] = (struct talk){.host = IP(10, 0, 0, 2) + i % 3,
		    .server = SERVER + i % 5,
		    .port = (uint16_t)(4000 + i),
		    .server_port = 80,
		    .protocol = 17};
	}
	chaos->stalled = 1;
	for (uint32_t i = 0; i < FLOWS_STALLED; i++) {
		send_forth(chaos, i);
		for (uint16_t worker = 0; worker < WORKERS; worker++) {
			turn(chaos, worker, NULL);
		}
	}
	assert_true(chaos->no_room > FLOWS_STALLED / 100);
	for (uint32_t i = 0; i < FLOWS_STALLED; i++) {
		begun += chaos->flows[i].address != 0;
	}
	assert_in_range(begun, FLOWS_STALLED / 4, FLOWS_STALLED - chaos->no_room);
	/* What is there goes on. */
	const uint32_t no_room = chaos->no_room;
	const uint32_t forwarded = chaos->forwarded;

	for (uint32_t i = 0; i < FLOWS_STALLED; i++) {
		if (chaos->flows[i].address != 0) {
			send_forth(chaos, i);
			for (uint16_t worker = 0; worker < WORKERS; worker++) {
				turn(chaos, worker, NULL);
			}
		}
	}
	assert_int_equal(chaos->forwarded - forwarded, begun);
	assert_int_equal(chaos->no_room, no_room);
	chaos->stalled = WORKERS;
	settle(chaos);
	chaos->answered = 0;
	for (uint32_t i = 0; i < FLOWS_STALLED; i++) {
		send_forth(chaos, i);
		settle(chaos);
		if (chaos->flows[i].address != 0) {
			send_back(chaos, i);
			settle(chaos);
		}
	}
	assert_int_equal(chaos->no_room, no_room);
	assert_int_equal(chaos->answered, FLOWS_STALLED);
	assert_one_each(chaos);
	assert_nothing_left(chaos);
	assert_int_equal(world_reason_count(chaos->world, REASON_WORKER_MESSAGE_LOST), 0);
	world_destroy(chaos->world);
	free(chaos);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_steered),
	    cmocka_unit_test(test_steered_translated),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_positions),
	    cmocka_unit_test(test_stalled),
	};

	return cmocka_run_group_tests_name("engine_workers", tests, NULL, NULL);
}
