/*
 * Scale: ten million sessions, forwarding tables of the whole Internet, and how long packets wait while a table comes into
 * force.
 */
#include "cases.h"

#include <malloc.h>
#include <time.h>

#include "cycles.h"
#include "rib/rib.h"
#include "scene_packet.h"
#include "scene_world.h"
#include "snapshot/snapshot.h"

enum {
	MANY_SESSIONS = 10000000,
	POLICIES = 10,
	PREFIXES_INET = 1000000,
	PREFIXES_INET6 = 200000,
	LOOKUPS = 1 << 16, /* of a repeat */
	PUBLISH_SESSIONS = 100000,
	AFTER_BURSTS = 20000, /* in which every session looks for its way again */
};

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
mebibytes(uint64_t octets)
{
	return (double)octets / (1 << 20);
}

static void
bench_sessions(struct bench *bench)
{
	const struct scene_plan plan = {.sessions = MANY_SESSIONS, .policies = POLICIES};
	const double start = seconds();
	struct scene *scene = bench_scene_established(bench, &plan);
	double cycles[BENCH_REPEATS];
	uint64_t resident;

	if (scene == NULL) {
		return;
	}
	const double took = seconds() - start;
	const uint32_t percent = scene_huge_percent(scene, &resident);

	bench_measure_established(bench, scene, ENGINE_BURST, cycles);
	bench_add(bench,
	    &(struct bench_result){.name = "scale-sessions",
		.sessions = MANY_SESSIONS,
		.batch = ENGINE_BURST,
		.policies = POLICIES,
		.figures = {{"resident_mib", mebibytes(resident)},
		    {"octets_a_session", (double)resident / MANY_SESSIONS},
		    {"address_mib", mebibytes(scene->size)},
		    {"huge_percent", percent},
		    {"handshakes_seconds", took}}},
	    cycles);
	scene_destroy(scene);
}

static uint64_t
measure_lookups(const struct fib *fib, const struct ipv6_address *hosts, bool inet6, uint32_t *found)
{
	const uint64_t start = cycles_now();

	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		const struct fib_hop *hop =
		    inet6 ? fib_lookup6(fib, 0, hosts[i]) : fib_lookup(fib, 0, (uint32_t)hosts[i].low);

		*found += hop->kind == FIB_GATEWAY;
	}
	return cycles_now() - start;
}

static void
measure_table(struct bench *bench, const struct fib *fib, uint32_t prefixes, bool inet6, double *cycles)
{
	struct random_source random = random_seeded(8);
	uint32_t found = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < LOOKUPS; done += ENGINE_BURST) {
			struct ipv6_address hosts[ENGINE_BURST];

			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				const uint32_t number = random_below(&random, prefixes);

				hosts[i] = inet6 ? scene_prefix_host6(number) : ipv6_mapped(scene_prefix_host(number));
			}
			spent += measure_lookups(fib, hosts, inet6, &found);
		}
		cycles[repeat] = (double)spent / LOOKUPS;
	}
	if (found != bench->repeats * LOOKUPS) {
		bench_fail(bench, "not every destination has a route");
	}
}

/* The longest that a table's coming into force keeps packets: engine_apply() itself, then the bursts in which every session
 * looks for its way again; in the thread's own time. */
static void
bench_publish(struct bench *bench, const struct fib *fib, uint32_t prefixes)
{
	const struct scene_plan plan = {.sessions = PUBLISH_SESSIONS, .policies = POLICIES};
	struct scene *scene = bench_scene_established(bench, &plan);
	struct random_source random = random_seeded(9);
	double applied[BENCH_REPEATS];
	double after[BENCH_REPEATS];

	if (scene == NULL) {
		return;
	}
	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t start = own_nanoseconds();

		scene_publish(scene, (repeat & 1) != 0 ? scene->fib : fib);
		applied[repeat] = (double)(own_nanoseconds() - start) / 1000;
		after[repeat] = 0;
		for (uint32_t burst = 0; burst < AFTER_BURSTS; burst++) {
			scene_make_established(scene, &random, PUBLISH_SESSIONS);
			start = own_nanoseconds();
			(void)bench_measure_burst(scene, ENGINE_BURST);
			const double took = (double)(own_nanoseconds() - start) / 1000;

			after[repeat] = took > after[repeat] ? took : after[repeat];
			scene_drain(scene);
		}
	}
	if (engine_session_count(scene->engine) != PUBLISH_SESSIONS) {
		bench_fail(bench, "sessions ended because a forwarding table came");
	}
	bench_add(bench,
	    &(struct bench_result){.name = "fib-publish",
		.sessions = PUBLISH_SESSIONS,
		.prefixes = prefixes,
		.figures = {{"apply_us", bench_median(applied, bench->repeats)},
		    {"longest_burst_us", bench_median(after, bench->repeats)}}},
	    NULL);
	scene_destroy(scene);
}

static void
bench_table(struct bench *bench, uint32_t prefixes, bool inet6)
{
	const double start = seconds();
	struct rib *rib = scene_rib(prefixes, inet6);
	const double ready = seconds();
	const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct fib *fib = rib == NULL ? NULL : snapshot_fib_create(rib, &(struct snapshot){.instance_count = 1}, 1);
	const double built = seconds();
	double cycles[BENCH_REPEATS];

	if (fib == NULL) {
		bench_fail(bench, "no memory for a forwarding table");
		rib_destroy(rib);
		return;
	}
	const size_t octets = mallinfo2().uordblks + mallinfo2().hblkhd - before;

	if (bench_wants(bench, "fib")) {
		measure_table(bench, fib, prefixes, inet6, cycles);
		bench_add(bench,
		    &(struct bench_result){.name = "fib",
			.kind = inet6 ? "inet6" : "inet",
			.prefixes = prefixes,
			.figures = {{"fib_mib", mebibytes(octets)},
			    {"octets_a_prefix", (double)octets / prefixes},
			    {"rib_seconds", ready - start},
			    {"build_seconds", built - ready}}},
		    cycles);
	}
	if (!inet6 && bench_wants(bench, "fib-publish")) {
		bench_publish(bench, fib, prefixes);
	}
	snapshot_fib_destroy(fib);
	rib_destroy(rib);
}

void
cases_scale(struct bench *bench)
{
	if (bench->size != BENCH_LONG) {
		return;
	}
	if (bench_wants(bench, "scale-sessions")) {
		bench_sessions(bench);
	}
	if (bench_wants(bench, "fib") || bench_wants(bench, "fib-publish")) {
		bench_table(bench, PREFIXES_INET, false);
	}
	if (bench_wants(bench, "fib")) {
		bench_table(bench, PREFIXES_INET6, true);
	}
}
