/*
 * Sessions over a pool that fills up: with most of it free, with 95 percent of it in use and on to its last port, by handing
 * over a port that rests, and refused because there is none. One packet a call, so that the slowest one is seen.
 *
 * The pool has many addresses with few ports each: what is looked for is the one address that has a port left.
 */
#include <stdlib.h>

#include "cases.h"

#include "cycles.h"
#include "engine/engine.h"
#include "scene_packet.h"

enum {
	ADDRESSES = 1024,
	EACH = 61,
	PORTS = ADDRESSES * EACH,
	NEARLY = PORTS / 100 * 95,
	TURNS = 2048, /* packets that are measured of a state that does not change */
	UDP = 17,
};

/* What single packets cost. */
struct series {
	double *cycles;
	uint32_t count;
};

/* One packet of a flow: cycles, whatever becomes of it. */
static double
measure(struct scene *scene, uint32_t flow)
{
	struct engine_output outputs[ENGINE_BURST];
	const struct scene_segment segment = {.flow = flow};

	scene_make(scene, 0, &segment);
	const uint64_t start = cycles_now();

	engine_process(scene->engine, scene->now, scene->burst, 1);
	const uint64_t took = cycles_now() - start;

	(void)engine_take_output(scene->engine, outputs, ENGINE_BURST);
	scene_drain(scene);
	return (double)took;
}

static int
compare(const void *left, const void *right)
{
	const double a = *(const double *)left;
	const double b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The typical one, and what all but one in a hundred stay below: interrupts are no part of the engine. */
static void
add_row(struct bench *bench, const char *kind, struct series *series)
{
	double cycles[BENCH_REPEATS];

	qsort(series->cycles, series->count, sizeof(*series->cycles), compare);
	for (uint32_t i = 0; i < bench->repeats; i++) {
		cycles[i] = series->cycles[series->count / 2];
	}
	bench_add(bench,
	    &(struct bench_result){.name = "nat-pool",
		.kind = kind,
		.sessions = PORTS,
		.batch = 1,
		.figures = {{"p99_us", series->cycles[(uint64_t)series->count * 99 / 100] / bench->rate / 1000},
		    {"p999_us", series->cycles[(uint64_t)series->count * 999 / 1000] / bench->rate / 1000}}},
	    cycles);
	series->count = 0;
}

/* Ends a flow's session and begins one of another flow, which gets its port. */
static void
hand_over(struct bench *bench, struct scene *scene, struct series *series)
{
	uint32_t cursor = 0;

	for (uint32_t i = 0; i < TURNS; i++) {
		struct engine_session_view view;

		if (cursor == UINT32_MAX ||
		    engine_list_sessions(scene->engine, scene->now, &cursor, UINT32_MAX, &view, 1) != 1 ||
		    !engine_clear_session(scene->engine, scene->now, view.session)) {
			bench_fail(bench, "there is no session to end");
			return;
		}
		scene_drain(scene);
		series->cycles[series->count++] = measure(scene, 2 * PORTS + i);
	}
}

static void
run(struct bench *bench, struct scene *scene, struct series *series)
{
	for (uint32_t flow = 0; flow < PORTS; flow++) {
		series->cycles[series->count++] = measure(scene, flow);
		if (flow + 1 == NEARLY) {
			add_row(bench, "to-95-percent", series);
		}
	}
	add_row(bench, "to-the-last", series);
	if (engine_nat_counters(scene->engine, scene->pool_number).failures != 0) {
		bench_fail(bench, "not every port was found");
	}
	hand_over(bench, scene, series);
	add_row(bench, "handed-over", series);
	if (engine_nat_counters(scene->engine, scene->pool_number).failures != 0) {
		bench_fail(bench, "not every port that rests was found");
	}
	for (uint32_t i = 0; i < TURNS; i++) {
		series->cycles[series->count++] = measure(scene, 3 * PORTS + i);
	}
	add_row(bench, "refused", series);
	if (engine_nat_counters(scene->engine, scene->pool_number).failures != TURNS) {
		bench_fail(bench, "a full pool gave a port");
	}
}

void
cases_nat(struct bench *bench)
{
	const struct scene_plan plan = {.sessions = 1 << 17, .policies = 10, .protocol = UDP, .translated = true};
	struct series series = {.cycles = NULL};
	struct scene *scene;

	if (!bench_wants(bench, "nat-pool") || bench->size == BENCH_ONCE || (scene = bench_scene(bench, &plan)) == NULL) {
		return;
	}
	series.cycles = calloc(PORTS, sizeof(*series.cycles));
	if (series.cycles == NULL) {
		bench_fail(bench, "no memory for a series");
		scene_destroy(scene);
		return;
	}
	scene->range.high = scene->range.low + ADDRESSES - 1;
	scene->pool.size = ADDRESSES;
	scene->pool.port_high = (uint16_t)(scene->pool.port_low + EACH - 1);
	scene_publish(scene, scene->fib);
	run(bench, scene, &series);
	bench_note_pages(bench, scene);
	free(series.cycles);
	scene_destroy(scene);
}
