/*
 * Screens: what they cost packets that they let pass, what a packet costs that they drop, and what permitted traffic notices
 * of a flood.
 *
 * The flood runs in simulated time, which goes on by the cycles that the engine took and by nothing else: packets of the
 * permitted load and of the flood arrive at their rates at a ring as a port has one, the engine takes bursts from it, and what
 * finds the ring full is lost. A burst that took longer than any can is the machine's doing (another process had the core);
 * it is counted as disturbed and its time left out.
 */
#include "cases.h"

#include <string.h>

#include "cycles.h"
#include "scene_packet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

enum {
	SESSIONS = 1000,
	POLICIES = 10,
	THRESHOLD = 1000, /* of floods, a second: the guide's */
	RING = 1024,      /* places of a port's ring */
	LOAD_SHARE = 20,  /* the permitted load is this part of a core's rate */
	FLOOD_TIMES = 10, /* and the flood as many times the load */
	LOAD_PACKETS = 20000,
	OWN_BURSTS = 256, /* of permitted packets in a repeat */
	DISTURBED_NS = 50000,
};

#define PACKET_SCREENS (2 * screen_bit(SCREEN_TCP_WINNUKE) - 1) /* the rows up to it judge packets by themselves */
#define ALL_SCREENS (PACKET_SCREENS | screen_bit(SCREEN_ICMP_FLOOD) | screen_bit(SCREEN_UDP_FLOOD))

struct flood {
	const char *kind;
	struct scene_segment segment;
	enum reason reason; /* that drops it */
};

static const struct flood floods[] = {
    {"land", {.land = true, .flags = TCP_SYN, .sequence = 1}, REASON_SCREEN_TCP_LAND},
    {"udp", {.protocol = IPV4_PROTOCOL_UDP}, REASON_SCREEN_UDP_FLOOD},
    {"echo", {.protocol = IPV4_PROTOCOL_ICMP}, REASON_SCREEN_ICMP_FLOOD},
    {"denied", {.back = true, .flags = TCP_SYN, .sequence = 1}, REASON_DEFAULT_DENY},
};

enum {
	FLOODS = sizeof floods / sizeof floods[0],
};

/* One of the flood's packets, each of another flow. */
static void
make_flood(struct scene *scene, uint32_t slot, const struct flood *flood, uint32_t number)
{
	struct scene_segment segment = flood->segment;

	segment.flow = SESSIONS + number;
	scene_make(scene, slot, &segment);
}

static void
make_flood_burst(struct scene *scene, const struct flood *flood, uint32_t *number)
{
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		make_flood(scene, i, flood, (*number)++);
	}
}

/* After a change of the configuration each session looks for its way again: not what is measured. */
static void
warm(struct scene *scene, struct random_source *random)
{
	for (uint32_t i = 0; i < SESSIONS; i++) {
		scene_make_established(scene, random, SESSIONS);
		scene_run(scene, ENGINE_BURST);
	}
}

static void
bench_on(struct bench *bench, const char *kind, uint8_t protocol, uint64_t screens)
{
	const struct scene_plan plan = {.sessions = SESSIONS, .policies = POLICIES, .protocol = protocol};
	struct scene *scene = bench_scene_established(bench, &plan);
	struct random_source random = random_seeded(5);
	double off[BENCH_REPEATS];
	double on[BENCH_REPEATS];

	if (scene == NULL) {
		return;
	}
	const uint64_t before = engine_reason_count(scene->engine, screen_reason(SCREEN_UDP_FLOOD)) +
				engine_reason_count(scene->engine, screen_reason(SCREEN_ICMP_FLOOD));

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		if (bench->size != BENCH_ONCE) {
			scene_set_screens(scene, 0, 0);
			warm(scene, &random);
			off[repeat] = bench_measure_pass(scene, &random, ENGINE_BURST);
		}
		scene_set_screens(scene, screens, UINT32_MAX);
		warm(scene, &random);
		on[repeat] = bench_measure_pass(scene, &random, ENGINE_BURST);
	}
	if (engine_reason_count(scene->engine, screen_reason(SCREEN_UDP_FLOOD)) +
		engine_reason_count(scene->engine, screen_reason(SCREEN_ICMP_FLOOD)) != before) {
		bench_fail(bench, "a screen dropped what was below its threshold");
	}
	struct bench_result result = {
	    .name = "screens-on", .kind = kind, .sessions = SESSIONS, .batch = ENGINE_BURST, .policies = POLICIES};

	if (bench->size != BENCH_ONCE) {
		result.figures[0] = (struct bench_figure){"off_cycles", bench_minimum(off, bench->repeats)};
		result.figures[1] = (struct bench_figure){
		    "more_cycles", bench_minimum(on, bench->repeats) - bench_minimum(off, bench->repeats)};
	}
	bench_add(bench, &result, on);
	scene_destroy(scene);
}

static void
bench_drop(struct bench *bench, struct scene *scene, const struct flood *flood)
{
	double cycles[BENCH_REPEATS];
	uint32_t number = 0;

	/* Until the threshold is passed they are let go on. */
	for (uint32_t i = 0; i <= THRESHOLD / ENGINE_BURST; i++) {
		make_flood_burst(scene, flood, &number);
		scene_run(scene, ENGINE_BURST);
	}
	const uint64_t before = engine_reason_count(scene->engine, flood->reason);

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < BENCH_PACKETS; done += ENGINE_BURST) {
			make_flood_burst(scene, flood, &number);
			spent += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		cycles[repeat] = (double)spent / BENCH_PACKETS;
	}
	if (engine_reason_count(scene->engine, flood->reason) - before != (uint64_t)bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "not every packet of a flood was dropped by its screen");
	}
	bench_add(bench,
	    &(struct bench_result){.name = "screens-drop",
		.kind = flood->kind,
		.sessions = SESSIONS,
		.batch = ENGINE_BURST,
		.policies = POLICIES},
	    cycles);
}

/* A stream of packets that come at even distances, in cycles. */
struct stream {
	double next;
	double distance;
	uint64_t came;
	uint64_t lost; /* found the ring full */
};

struct simulation {
	struct scene *scene;
	const struct flood *flood;
	double rate;  /* cycles a nanosecond */
	double clock; /* cycles */
	struct stream load;
	struct stream attack;
	bool ring[RING]; /* true: of the load */
	uint32_t head;
	uint32_t used;
	uint64_t forwarded; /* of the load */
	uint64_t disturbed;
	struct random_source random;
	uint32_t number;
};

static void
arrive(struct simulation *now, struct stream *stream, bool load)
{
	while (stream->next <= now->clock && now->load.came < LOAD_PACKETS) {
		stream->next += stream->distance;
		stream->came++;
		if (now->used == RING) {
			stream->lost++;
		} else {
			now->ring[(now->head + now->used++) % RING] = load;
		}
	}
}

/* Takes what is in the ring, up to a burst, through the engine. */
static void
run_burst(struct simulation *now)
{
	struct scene *scene = now->scene;
	struct engine_output outputs[ENGINE_BURST];
	const uint32_t count = now->used < ENGINE_BURST ? now->used : ENGINE_BURST;
	bool load[ENGINE_BURST];

	for (uint32_t i = 0; i < count; i++) {
		load[i] = now->ring[(now->head + i) % RING];
		if (load[i]) {
			const bool back = (now->number & 1) != 0;
			const struct scene_segment segment = {.flow = random_below(&now->random, SESSIONS),
			    .back = back,
			    .flags = TCP_ACK,
			    .sequence = back ? 5001 : 1001,
			    .acknowledgement = back ? 1001 : 5001};

			scene_make(scene, i, &segment);
		} else {
			make_flood(scene, i, now->flood, now->number);
		}
		now->number++;
	}
	now->head = (now->head + count) % RING;
	now->used -= count;
	scene->now = (uint64_t)(1e9 + now->clock / now->rate);
	const uint64_t start = cycles_now();

	engine_process(scene->engine, scene->now, scene->burst, count);
	(void)engine_take_output(scene->engine, outputs, ENGINE_BURST);
	const uint64_t took = cycles_now() - start;

	if ((double)took > DISTURBED_NS * now->rate) {
		now->disturbed++;
	} else {
		now->clock += (double)took;
	}
	for (uint32_t i = 0; i < count; i++) {
		now->forwarded += load[i] && scene->packets[i].result.verdict == VERDICT_FORWARD;
	}
	scene_drain(scene);
}

static void
simulate(struct simulation *now)
{
	while (now->load.came < LOAD_PACKETS || now->used > 0) {
		arrive(now, &now->load, true);
		arrive(now, &now->attack, false);
		if (now->used > 0) {
			run_burst(now);
		} else {
			now->clock = now->load.next < now->attack.next ? now->load.next : now->attack.next;
		}
	}
}

/* Cycles a packet of each stream in one repeat. */
struct own {
	double load;
	double flood;
};

/* With `between` bursts of the flood before each burst of permitted packets. */
static struct own
measure_own(struct scene *scene, const struct flood *flood, uint32_t between, struct random_source *random)
{
	uint64_t spent = 0;
	uint64_t flooded = 0;
	uint32_t number = 0;

	for (uint32_t burst = 0; burst < OWN_BURSTS; burst++) {
		for (uint32_t i = 0; i < between; i++) {
			make_flood_burst(scene, flood, &number);
			flooded += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		scene_make_established(scene, random, SESSIONS);
		spent += bench_measure_burst(scene, ENGINE_BURST);
	}
	return (struct own){.load = (double)spent / (OWN_BURSTS * ENGINE_BURST),
	    .flood = between == 0 ? 0 : (double)flooded / (OWN_BURSTS * ENGINE_BURST * between)};
}

static void
bench_flood(struct bench *bench, struct scene *scene, const struct flood *flood)
{
	struct random_source random = random_seeded(6);
	double alone[BENCH_REPEATS];
	double own[BENCH_REPEATS];
	double dropped[BENCH_REPEATS];

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		alone[repeat] = measure_own(scene, flood, 0, &random).load;
		const struct own under = measure_own(scene, flood, FLOOD_TIMES, &random);

		own[repeat] = under.load;
		dropped[repeat] = under.flood;
	}
	/* A core's rate: that of the dearer of both. */
	const double packet = bench_minimum(alone, bench->repeats);
	const double drop = bench_minimum(dropped, bench->repeats);
	const double distance = LOAD_SHARE * (drop > packet ? drop : packet);
	struct simulation simulation = {.scene = scene,
	    .flood = flood,
	    .rate = bench->rate,
	    .load = {.distance = distance},
	    .attack = {.distance = distance / FLOOD_TIMES},
	    .random = random_seeded(7)};

	simulate(&simulation);
	const uint64_t lost = LOAD_PACKETS - simulation.forwarded;

	if (lost != 0) {
		bench_fail(bench, "permitted packets were lost under a flood");
	}
	bench_add(bench,
	    &(struct bench_result){.name = "screens-flood",
		.kind = flood->kind,
		.sessions = SESSIONS,
		.batch = ENGINE_BURST,
		.policies = POLICIES,
		.figures = {{"lost", (double)lost},
		    {"alone_cycles", packet},
		    {"worse_percent", 100 * (bench_minimum(own, bench->repeats) / packet - 1)},
		    {"attack_cycles", drop},
		    {"attack_packets", (double)simulation.attack.came},
		    {"disturbed", (double)simulation.disturbed}}},
	    own);
}

void
cases_screen(struct bench *bench)
{
	const struct scene_plan plan = {.sessions = SESSIONS, .policies = POLICIES};
	const bool once = bench->size == BENCH_ONCE;
	const bool drops = bench_wants(bench, "screens-drop");
	const bool flooded = bench_wants(bench, "screens-flood") && !once;

	if (bench_wants(bench, "screens-on")) {
		bench_on(bench, "packet", 0, PACKET_SCREENS);
		if (!once) {
			bench_on(bench, "udp", IPV4_PROTOCOL_UDP, ALL_SCREENS);
			bench_on(bench, "echo", IPV4_PROTOCOL_ICMP, ALL_SCREENS);
		}
	}
	for (unsigned i = 0; i < (once ? 1U : (unsigned)FLOODS) && (drops || flooded); i++) {
		struct scene *scene = bench_scene_established(bench, &plan);

		if (scene == NULL) {
			return;
		}
		scene_set_screens(scene, ALL_SCREENS, THRESHOLD);
		if (drops) {
			bench_drop(bench, scene, &floods[i]);
		}
		if (flooded) {
			bench_flood(bench, scene, &floods[i]);
		}
		scene_destroy(scene);
	}
}
