/*
 * How long traffic waits while the control plane does something. A worker does everything between two bursts of packets, in
 * steps; what counts is the longest one. Cases, on one core, with the session table full:
 *
 *   fill             a burst of 32 new sessions, until the table is full
 *   idle             engine_advance() with nothing due: what all others are to be compared with
 *   show             a page of `show security flow session`
 *   clear            a page of `clear security flow session`
 *   policies         a step of the policies' counters
 *   expire           engine_advance() while all sessions end at once
 *   commit           engine_apply() of a snapshot with 4096 units
 *   commit-limits    the same when it brings the first limit of sessions by address
 *   count-limits     engine_advance() while sessions are counted for these limits
 *   rematch          engine_advance() after a commit under policy-rematch: each session's policy is looked up again
 *   first-packets    a burst of 32 packets right after a commit: their sessions look their way up again
 *
 * Times are those of the thread's own processor time, because on a shared machine the scheduler makes longer pauses than any
 * of these; steps are as large as flowd makes them. Memory gets its pages between the steps by what does it in flowd
 * (daemons/flowd/ahead.h), there by a thread of its own; --no-ahead leaves that to the steps, to see what it is good for.
 */
#include "bench_pauses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../daemons/flowd/ahead.h"
#include "engine/screens.h"
#include "engine/views.h"
#include "scene.h"
#include "scene_packet.h"
#include "wire/tcp.h"

enum {
	SESSIONS = 1000000,
	POLICIES = 100000,
	UNITS = 4096,
	REPEATS = 9,
	POLICIES_A_STEP = 256,
};

struct pauses {
	struct scene *scene;
	uint32_t sessions;
	bool json;
	bool first;
	bool no_ahead;
	struct ahead ahead;
	uint32_t again[ENGINE_POOLS]; /* marks at which it goes on */
	struct snapshot wide[2]; /* two of the same, so that each is new after the other */
	struct snapshot_unit *units;
	struct snapshot_zone *zones;
	struct snapshot_screens screens;
	struct engine_session_view *views;
};

/* The steps of one case. */
struct tally {
	uint64_t steps;
	uint64_t sum;
	uint64_t longest;
};

static uint64_t
own_time(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void
tally_step(struct tally *tally, uint64_t since)
{
	const uint64_t took = own_time() - since;

	tally->steps++;
	tally->sum += took;
	tally->longest = took > tally->longest ? took : tally->longest;
}

static void
print_tally(struct pauses *pauses, const char *name, const struct tally *tally)
{
	const double mean = tally->steps == 0 ? 0 : (double)tally->sum / (double)tally->steps / 1000;

	if (pauses->json) {
		printf("%s\n{\"name\":\"%s\",\"sessions\":%u,\"steps\":%llu,\"mean_us\":%.1f,\"longest_us\":%.1f}",
		    pauses->first ? "" : ",", name, pauses->sessions, (unsigned long long)tally->steps, mean,
		    (double)tally->longest / 1000);
	} else {
		printf("%-14s %9u %9llu %9.1f %9.1f\n", name, pauses->sessions, (unsigned long long)tally->steps, mean,
		    (double)tally->longest / 1000);
	}
	pauses->first = false;
	(void)fflush(stdout);
}

/* The scene's configuration with UNITS units, and one that limits sessions by address. */
static bool
widen(struct pauses *pauses)
{
	const struct scene *scene = pauses->scene;

	pauses->units = calloc(UNITS, sizeof *pauses->units);
	pauses->zones = calloc(scene->snapshot.zone_count, sizeof *pauses->zones);
	pauses->views = calloc(ENGINE_STEP_VIEWS, sizeof *pauses->views);
	if (pauses->units == NULL || pauses->zones == NULL || pauses->views == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < UNITS; i++) {
		pauses->units[i] = scene->units[i < 3 ? i : 2];
		pauses->units[i].vlan = i < 3 ? SNAPSHOT_VLAN_UNTAGGED : (uint16_t)i;
		pauses->units[i].address_count = i < 3 ? pauses->units[i].address_count : 0;
		pauses->units[i].address6_count = i < 3 ? pauses->units[i].address6_count : 0;
	}
	memcpy(pauses->zones, scene->zones, scene->snapshot.zone_count * sizeof *pauses->zones);
	for (unsigned i = 0; i < 2; i++) {
		pauses->wide[i] = scene->snapshot;
		pauses->wide[i].units = pauses->units;
		pauses->wide[i].unit_count = UNITS;
	}
	return true;
}

/* As flowd's thread does, told by a worker. */
static void
follow(struct pauses *pauses)
{
	uint32_t marks[ENGINE_POOLS];

	engine_pool_marks(pauses->scene->engine, marks);
	for (unsigned i = 0; i < ENGINE_POOLS && !pauses->no_ahead; i++) {
		if (i != ENGINE_POOL_LIMITS && marks[i] >= pauses->again[i]) {
			pauses->again[i] = ahead_follow(&pauses->ahead, (enum engine_pool)i, marks[i]);
		}
	}
}

/* A handshake of each flow; what is measured is the burst that makes the sessions. */
static bool
measure_fill(struct pauses *pauses)
{
	static const struct scene_segment steps[] = {
	    {.flags = TCP_SYN, .sequence = 1000},
	    {.back = true, .flags = TCP_SYN | TCP_ACK, .sequence = 5000, .acknowledgement = 1001},
	    {.flags = TCP_ACK, .sequence = 1001, .acknowledgement = 5001},
	};
	struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};

	for (uint32_t flow = 0; flow < pauses->sessions; flow += ENGINE_BURST) {
		const uint32_t burst = pauses->sessions - flow < ENGINE_BURST ? pauses->sessions - flow : ENGINE_BURST;

		follow(pauses);
		for (unsigned step = 0; step < sizeof steps / sizeof steps[0]; step++) {
			for (uint32_t i = 0; i < burst; i++) {
				struct scene_segment segment = steps[step];

				segment.flow = flow + i;
				scene_make(scene, i, &segment);
			}
			const uint64_t start = own_time();

			engine_process(scene->engine, scene->now, scene->burst, burst);
			if (step == 0) {
				tally_step(&tally, start);
			}
			scene_drain(scene);
		}
	}
	print_tally(pauses, "fill", &tally);
	return engine_session_count(scene->engine) == pauses->sessions;
}

static void
measure_idle(struct pauses *pauses)
{
	struct tally tally = {.steps = 0};

	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t start = own_time();

		(void)engine_advance(pauses->scene->engine, pauses->scene->now);
		tally_step(&tally, start);
	}
	print_tally(pauses, "idle", &tally);
}

static bool
measure_show(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};
	uint32_t seen = 0;
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		const uint64_t start = own_time();

		seen += engine_list_sessions(
		    scene->engine, scene->now, &cursor, ENGINE_STEP_SLOTS, pauses->views, ENGINE_STEP_VIEWS);
		tally_step(&tally, start);
	}
	print_tally(pauses, "show", &tally);
	return seen == engine_session_count(scene->engine);
}

/* As flowd's job does it: a page is listed and cleared in one step. */
static bool
measure_clear(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		const uint64_t start = own_time();
		const uint32_t count = engine_list_sessions(
		    scene->engine, scene->now, &cursor, ENGINE_STEP_SLOTS, pauses->views, ENGINE_STEP_VIEWS);

		for (uint32_t i = 0; i < count; i++) {
			(void)engine_clear_session(scene->engine, scene->now, pauses->views[i].session);
		}
		tally_step(&tally, start);
		scene_drain(scene);
	}
	print_tally(pauses, "clear", &tally);
	return engine_session_count(scene->engine) == 0;
}

static void
measure_policies(struct pauses *pauses)
{
	const struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};
	uint64_t hits = 0;

	for (uint32_t from = 0; from < scene->snapshot.policy_count; from += POLICIES_A_STEP) {
		const uint64_t start = own_time();

		for (uint32_t i = from; i < from + POLICIES_A_STEP && i < scene->snapshot.policy_count; i++) {
			hits += engine_policy_counters(scene->engine, i).hits;
		}
		tally_step(&tally, start);
	}
	print_tally(pauses, hits > 0 ? "policies" : "policies-idle", &tally);
}

static bool
measure_expire(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};
	bool more = true;

	scene->now += 3600U * UINT64_C(1000000000);
	while (more) {
		const uint64_t start = own_time();

		more = engine_advance(scene->engine, scene->now);
		tally_step(&tally, start);
		scene_drain(scene);
	}
	print_tally(pauses, "expire", &tally);
	return engine_session_count(scene->engine) == 0;
}

static void
measure_commit(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct tally tally = {.steps = 0};

	for (unsigned i = 0; i < 2 * REPEATS; i++) {
		const uint64_t start = own_time();

		engine_apply(scene->engine, &pauses->wide[i & 1], scene->fib);
		tally_step(&tally, start);
		scene_drain(scene);
	}
	print_tally(pauses, "commit", &tally);
}

static bool
measure_rematch(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	const uint32_t sessions = engine_session_count(scene->engine);
	struct tally tally = {.steps = 0};
	bool more = true;

	pauses->wide[1].flow.policy_rematch = true;
	engine_apply(scene->engine, &pauses->wide[0], scene->fib);
	engine_apply(scene->engine, &pauses->wide[1], scene->fib);
	scene_drain(scene);
	while (more) {
		const uint64_t start = own_time();

		more = engine_advance(scene->engine, scene->now);
		tally_step(&tally, start);
		scene_drain(scene);
	}
	print_tally(pauses, "rematch", &tally);
	pauses->wide[1].flow.policy_rematch = false;
	return engine_session_count(scene->engine) == sessions;
}

static void
measure_limits(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct tally commit = {.steps = 0};
	struct tally counting = {.steps = 0};
	bool more = true;

	pauses->screens.on = screen_bit(SCREEN_LIMIT_SOURCE);
	pauses->screens.thresholds[SCREEN_LIMIT_SOURCE] = 1000;
	pauses->zones[SCENE_ZONE_OUT].screens = &pauses->screens;
	pauses->wide[1].zones = pauses->zones;
	if (engine_limits_wanted(&pauses->wide[1]) && !pauses->no_ahead) {
		ahead_whole(&pauses->ahead, ENGINE_POOL_LIMITS);
	}
	engine_apply(scene->engine, &pauses->wide[0], scene->fib);
	scene_drain(scene);
	uint64_t start = own_time();

	engine_apply(scene->engine, &pauses->wide[1], scene->fib);
	tally_step(&commit, start);
	scene_drain(scene);
	while (more) {
		start = own_time();
		more = engine_advance(scene->engine, scene->now);
		tally_step(&counting, start);
		scene_drain(scene);
	}
	print_tally(pauses, "commit-limits", &commit);
	print_tally(pauses, "count-limits", &counting);
	engine_apply(scene->engine, &pauses->wide[0], scene->fib);
	scene_drain(scene);
}

static void
measure_first_packets(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;
	struct random_source random = random_seeded(5);
	struct tally tally = {.steps = 0};

	for (unsigned i = 0; i < 100; i++) {
		for (uint32_t slot = 0; slot < ENGINE_BURST; slot++) {
			const struct scene_segment segment = {.flow = random_below(&random, pauses->sessions),
			    .flags = TCP_ACK,
			    .sequence = 1001,
			    .acknowledgement = 5001};

			scene_make(scene, slot, &segment);
		}
		engine_apply(scene->engine, &pauses->wide[i & 1], scene->fib);
		const uint64_t start = own_time();

		engine_process(scene->engine, scene->now, scene->burst, ENGINE_BURST);
		tally_step(&tally, start);
		scene_drain(scene);
	}
	print_tally(pauses, "first-packets", &tally);
}

static bool
measure(struct pauses *pauses)
{
	struct scene *scene = pauses->scene;

	if (!measure_fill(pauses)) {
		fputs("bench: the sessions were not made\n", stderr);
		return false;
	}
	measure_idle(pauses);
	if (!measure_show(pauses)) {
		fputs("bench: not every session was shown\n", stderr);
		return false;
	}
	measure_policies(pauses);
	measure_commit(pauses);
	if (!measure_rematch(pauses)) {
		fputs("bench: sessions ended that their policies permit\n", stderr);
		return false;
	}
	measure_first_packets(pauses);
	measure_limits(pauses);
	if (!measure_clear(pauses)) {
		fputs("bench: not every session was cleared\n", stderr);
		return false;
	}
	if (!scene_establish(scene, pauses->sessions) || !measure_expire(pauses)) {
		fputs("bench: not every session ended\n", stderr);
		return false;
	}
	return true;
}

static int
run(struct pauses *pauses, uint32_t policies)
{
	bool good = false;

	pauses->scene = scene_create(&(struct scene_plan){.sessions = pauses->sessions, .policies = policies});
	if (pauses->scene == NULL || !widen(pauses)) {
		fputs("bench: no memory\n", stderr);
	} else {
		if (pauses->json) {
			printf("{\"policies\":%u,\"units\":%d,\"cases\":[", policies, UNITS);
		} else {
			printf("%-14s %9s %9s %9s %9s\n", "case", "sessions", "steps", "mean us", "longest");
		}
		ahead_init(&pauses->ahead, pauses->scene->engine, pauses->scene->memory, pauses->scene->size);
		if (!pauses->no_ahead) {
			ahead_begin(&pauses->ahead);
		}
		good = measure(pauses);
		if (pauses->json) {
			puts("\n]}");
		}
	}
	if (pauses->scene != NULL) {
		scene_destroy(pauses->scene);
	}
	free(pauses->units);
	free(pauses->zones);
	free(pauses->views);
	return good ? 0 : 2;
}

static bool
take_number(const char *word, uint32_t most, uint32_t *number)
{
	char *end = NULL;
	const unsigned long value = strtoul(word, &end, 10);

	*number = (uint32_t)value;
	return end != word && *end == '\0' && value > 0 && value <= most;
}

int
bench_pauses_main(int argc, char **argv)
{
	struct pauses *pauses = calloc(1, sizeof *pauses);
	uint32_t policies = POLICIES;
	bool good = pauses != NULL;
	int status = 2;

	for (int i = 1; i < argc && good; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			pauses->json = true;
		} else if (strcmp(argv[i], "--no-ahead") == 0) {
			pauses->no_ahead = true;
		} else if (strcmp(argv[i], "--sessions") == 0 && i + 1 < argc) {
			good = take_number(argv[++i], 10000000, &pauses->sessions);
		} else if (strcmp(argv[i], "--policies") == 0 && i + 1 < argc) {
			good = take_number(argv[++i], SNAPSHOT_POLICIES_MOST, &policies);
		} else {
			good = false;
		}
	}
	if (!good) {
		fputs("usage: sallyport bench pauses [--json] [--no-ahead] [--sessions N] [--policies N]\n", stderr);
	} else {
		pauses->first = true;
		pauses->sessions = pauses->sessions == 0 ? SESSIONS : pauses->sessions;
		status = run(pauses, policies);
	}
	free(pauses);
	return status;
}
