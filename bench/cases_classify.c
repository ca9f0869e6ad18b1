/*
 * The policy look-up alone, for flows of all policies in turn.
 */
#include "cases.h"

#include "cycles.h"
#include "engine/classifier.h"
#include "engine/packet.h"
#include "scene_packet.h"
#include "snapshot/classifier.h"

enum {
	LOOKUPS = 1 << 14, /* of a repeat */
};

/* A flow's key, as the engine asks for it. */
static struct classifier_key
key_of_flow(const struct scene *scene, uint32_t flow)
{
	const struct engine_tuple tuple = scene_tuple(scene, flow, false);

	return (struct classifier_key){.source = tuple.source,
	    .destination = tuple.destination,
	    .from_zone = SCENE_ZONE_IN,
	    .to_zone = SCENE_ZONE_OUT,
	    .source_port = tuple.source_port,
	    .destination_port = tuple.destination_port,
	    .protocol = tuple.protocol};
}

static uint64_t
measure_lookups(const struct scene *scene, const struct classifier_key *keys, uint32_t *found)
{
	const uint64_t start = cycles_now();

	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		*found += classifier_lookup(&scene->snapshot, &keys[i], 0).policy != PACKET_NO_POLICY;
	}
	return cycles_now() - start;
}

static void
bench_classify(struct bench *bench, uint32_t policies)
{
	const struct scene_plan plan = {.sessions = 1024, .policies = policies, .spread = true};
	struct scene *scene = bench_scene(bench, &plan);
	struct random_source random = random_seeded(4);
	double cycles[BENCH_REPEATS];
	uint32_t found = 0;

	if (scene == NULL) {
		return;
	}
	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < LOOKUPS; done += ENGINE_BURST) {
			struct classifier_key keys[ENGINE_BURST];

			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				keys[i] = key_of_flow(scene, random_below(&random, 4000000));
			}
			spent += measure_lookups(scene, keys, &found);
		}
		cycles[repeat] = (double)spent / LOOKUPS;
	}
	if (found != bench->repeats * LOOKUPS) {
		bench_fail(bench, "not every flow has a policy");
	}
	bench_add(bench,
	    &(struct bench_result){.name = "classify",
		.policies = policies,
		.figures = {{"octets_a_policy", (double)classifier_size(scene->classifier).bytes / policies}}},
	    cycles);
	scene_destroy(scene);
}

void
cases_classify(struct bench *bench)
{
	static const uint32_t policies[] = {10, 10000, 100000};

	for (unsigned i = 0; i < (bench->size == BENCH_ONCE ? 1U : 3U) && bench_wants(bench, "classify"); i++) {
		bench_classify(bench, policies[i]);
	}
}
