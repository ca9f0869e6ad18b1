/*
 * Cycles a packet of lib/engine. Cases, all on one core, frames of 64 octets:
 *
 *   lookup         a bare prefetched look-up of the flows' keys, as the others' measure
 *   established    TCP segments of established sessions in random order, both directions
 *   new-session    a SYN of an unknown flow: policy, session, first segment sent on
 *   denied         a SYN that no policy permits
 *   *-inet6        the same of IPv6, by frames of 84 octets (as much payload)
 *   *-nat          the same with sources translated to a pool of 64 addresses with ports
 *   expire         a session that the timer ends
 *
 * Frames are written just before each burst, unmeasured; measured are engine_process() and
 * engine_take_output(), 15 times over PACKETS packets; printed are the least and the median; --once
 * is for counting instructions. The ratio is to `lookup` with as many sessions and as large a batch
 * in the same run.
 */
#include "bench_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cycles.h"
#include "scene.h"
#include "wire/tcp.h"

enum {
	REPEATS = 15,
	PACKETS = 1 << 16,
	RESULTS_MOST = 64,
	CREATED = 1 << 15, /* sessions that new-session makes in a repeat */
};

struct result {
	const char *name;
	uint32_t sessions;
	uint32_t batch;
	uint32_t policies; /* 0: not a matter of policies */
	double least;
	double median;
	double ratio; /* to lookup; 0: there is none */
};

struct bench {
	double rate; /* cycles a nanosecond */
	bool json;
	uint32_t repeats;
	const char *only;
	struct result results[RESULTS_MOST];
	uint32_t count;
};

uint64_t bench_measure_burst(struct scene *scene, uint32_t batch);

static int
compare_doubles(const void *left, const void *right)
{
	double a;
	double b;

	memcpy(&a, left, sizeof a);
	memcpy(&b, right, sizeof b);
	return (a > b) - (a < b);
}

static double
lookup_of(const struct bench *bench, const struct result *of)
{
	for (uint32_t i = 0; i < bench->count; i++) {
		const struct result *result = &bench->results[i];

		if (strcmp(result->name, "lookup") == 0 && result->sessions == of->sessions &&
		    result->batch == of->batch) {
			return result->least;
		}
	}
	return 0;
}

static void
add_result(struct bench *bench, const struct result *template, double cycles[REPEATS])
{
	if (bench->count == RESULTS_MOST) {
		return;
	}
	struct result *result = &bench->results[bench->count];

	qsort(cycles, bench->repeats, sizeof cycles[0], compare_doubles);
	*result = *template;
	result->least = cycles[0];
	result->median = cycles[bench->repeats / 2];
	const double lookup = lookup_of(bench, result);

	result->ratio = lookup > 0 ? result->least / lookup : 0;
	bench->count++;
	if (!bench->json) {
		printf("%-17s %9u %6u %9u %9.1f %9.1f %9.1f %8.2f %7.2f\n", result->name,
		    result->sessions, result->batch, result->policies, result->least,
		    result->median, result->least / bench->rate, 1000 * bench->rate / result->least,
		    result->ratio);
		(void)fflush(stdout);
	}
}

/* Cycles of one burst of `batch` packets, which were made before; in single steps when the batch is
 * 1. Not static, so that bench/instructions can name it. */
uint64_t
bench_measure_burst(struct scene *scene, uint32_t batch)
{
	struct engine_output outputs[ENGINE_BURST];
	const uint64_t start = cycles_now();

	for (uint32_t i = 0; i < ENGINE_BURST; i += batch) {
		engine_process(scene->engine, scene->now, scene->burst + i, batch);
		(void)engine_take_output(scene->engine, outputs, ENGINE_BURST);
	}
	return cycles_now() - start;
}

static void
bench_lookup(struct bench *bench, struct scene *scene, uint32_t sessions, uint32_t batch)
{
	struct random_source random = random_seeded(3);
	double cycles[REPEATS];
	uint32_t found = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < PACKETS; done += ENGINE_BURST) {
			struct engine_tuple tuples[ENGINE_BURST];

			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				tuples[i] =
				    scene_tuple(random_below(&random, sessions), (i & 1) != 0);
			}
			const uint64_t start = cycles_now();

			for (uint32_t first = 0; first < ENGINE_BURST; first += batch) {
				found += engine_probe(scene->engine, tuples + first, batch);
			}
			spent += cycles_now() - start;
		}
		cycles[repeat] = (double)spent / PACKETS;
	}
	if (found != bench->repeats * PACKETS) {
		fprintf(stderr, "bench: the look-up does not find its flows\n");
	}
	add_result(bench, &(struct result){.name = "lookup", .sessions = sessions, .batch = batch},
	    cycles);
}

static void
bench_established(
    struct bench *bench, struct scene *scene, const char *name, uint32_t sessions, uint32_t batch)
{
	struct random_source random = random_seeded(2);
	double cycles[REPEATS];
	const uint64_t before = engine_reason_count(scene->engine, REASON_SESSION);

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < PACKETS; done += ENGINE_BURST) {
			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				const bool back = (i & 1) != 0;
				const struct scene_segment segment = {
				    .flow = random_below(&random, sessions),
				    .back = back,
				    .flags = TCP_ACK,
				    .sequence = back ? 5001 : 1001,
				    .acknowledgement = back ? 1001 : 5001};

				scene_make(scene, i, &segment);
			}
			spent += bench_measure_burst(scene, batch);
		}
		cycles[repeat] = (double)spent / PACKETS;
	}
	if (engine_reason_count(scene->engine, REASON_SESSION) - before !=
	    (uint64_t)bench->repeats * PACKETS) {
		fprintf(stderr, "bench: not every segment went by its session\n");
	}
	add_result(bench,
	    &(struct result){.name = name, .sessions = sessions, .batch = batch}, cycles);
}

/* Ends all sessions that are not established, and returns the cycles each. */
static double
expire_all(struct scene *scene)
{
	const uint32_t count = engine_session_count(scene->engine);
	uint64_t spent = 0;
	bool more = true;

	scene->now += 20000000000U;
	while (more) {
		const uint64_t start = cycles_now();

		more = engine_advance(scene->engine, scene->now);
		spent += cycles_now() - start;
		scene_drain(scene);
	}
	return count == 0 ? 0 : (double)spent / (count - engine_session_count(scene->engine));
}

enum variant {
	VARIANT_INET,
	VARIANT_INET6,
	VARIANT_NAT,
};

/* A scene of a variant; NULL: no memory. */
static struct scene *
make_scene(uint32_t sessions, uint32_t policies, enum variant variant)
{
	struct scene *scene = scene_create(sessions, policies);

	if (scene == NULL) {
		return NULL;
	}
	scene->inet6 = variant == VARIANT_INET6;
	if (variant == VARIANT_NAT && !scene_translate(scene)) {
		scene_destroy(scene);
		return NULL;
	}
	return scene;
}

static void
bench_new_session(struct bench *bench, const char *name, uint32_t policies, enum variant variant)
{
	const uint32_t capacity = 1 << 17;
	struct scene *scene = make_scene(capacity, policies, variant);
	double cycles[REPEATS];
	double expiry[REPEATS];

	if (scene == NULL) {
		fprintf(stderr, "bench: no memory\n");
		return;
	}
	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < CREATED; done += ENGINE_BURST) {
			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				const struct scene_segment segment = {
				    .flow = repeat * CREATED + done + i,
				    .flags = TCP_SYN,
				    .sequence = 1000};

				scene_make(scene, i, &segment);
			}
			spent += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		cycles[repeat] = (double)spent / CREATED;
		if (engine_session_count(scene->engine) != CREATED) {
			fprintf(stderr, "bench: not every SYN made a session\n");
		}
		expiry[repeat] = expire_all(scene);
	}
	if (variant == VARIANT_INET && policies == 10 && scene_establish(scene, CREATED)) {
		bench_lookup(bench, scene, CREATED, ENGINE_BURST);
	}
	add_result(bench,
	    &(struct result){.name = name,
		.sessions = CREATED,
		.batch = ENGINE_BURST,
		.policies = policies},
	    cycles);
	if (variant == VARIANT_INET && policies == 10) {
		add_result(bench,
		    &(struct result){.name = "expire", .sessions = CREATED, .batch = ENGINE_BURST},
		    expiry);
	}
	scene_destroy(scene);
}

static void
bench_denied(struct bench *bench, struct scene *scene, uint32_t sessions)
{
	double cycles[REPEATS];
	uint32_t flow = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < PACKETS; done += ENGINE_BURST) {
			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				/* From the server's side no policy permits anything. */
				const struct scene_segment segment = {.flow = sessions + flow,
				    .back = true,
				    .flags = TCP_SYN,
				    .sequence = 1};

				flow++;
				scene_make(scene, i, &segment);
			}
			spent += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		cycles[repeat] = (double)spent / PACKETS;
	}
	add_result(bench,
	    &(struct result){
		.name = "denied", .sessions = sessions, .batch = ENGINE_BURST, .policies = 10},
	    cycles);
}

static bool
wanted(const struct bench *bench, const char *name)
{
	return bench->only == NULL || strcmp(bench->only, name) == 0;
}

static bool
run_established(struct bench *bench, uint32_t sessions)
{
	struct scene *scene = scene_create(sessions, 10);

	if (scene == NULL || !scene_establish(scene, sessions)) {
		fprintf(stderr, "bench: no memory for %u sessions\n", sessions);
		if (scene != NULL) {
			scene_destroy(scene);
		}
		return false;
	}
	for (uint32_t batch = ENGINE_BURST; batch > 0; batch = batch > 1 ? 1 : 0) {
		if (bench->repeats > 1) {
			bench_lookup(bench, scene, sessions, batch);
		}
		if (wanted(bench, "established") && (batch > 1 || bench->repeats > 1)) {
			bench_established(bench, scene, "established", sessions, batch);
		}
	}
	if (wanted(bench, "denied")) {
		bench_denied(bench, scene, sessions);
	}
	scene_destroy(scene);
	return true;
}

static bool
run_established_variant(struct bench *bench, const char *name, uint32_t sessions, enum variant variant)
{
	struct scene *scene = make_scene(sessions, 10, variant);

	if (scene == NULL || !scene_establish(scene, sessions)) {
		fprintf(stderr, "bench: no memory for %u sessions of %s\n", sessions, name);
		if (scene != NULL) {
			scene_destroy(scene);
		}
		return false;
	}
	bench_established(bench, scene, name, sessions, ENGINE_BURST);
	scene_destroy(scene);
	return true;
}

static bool
run_sessions(struct bench *bench, uint32_t sessions)
{
	const bool inet = wanted(bench, "established") || wanted(bench, "denied");

	return (!inet || run_established(bench, sessions)) &&
	       (!wanted(bench, "established-inet6") ||
		   run_established_variant(bench, "established-inet6", sessions, VARIANT_INET6)) &&
	       (!wanted(bench, "established-nat") ||
		   run_established_variant(bench, "established-nat", sessions, VARIANT_NAT));
}

static void
run_new_sessions(struct bench *bench)
{
	if (wanted(bench, "new-session") || wanted(bench, "expire")) {
		bench_new_session(bench, "new-session", 10, VARIANT_INET);
		if (bench->repeats > 1) {
			bench_new_session(bench, "new-session", 10000, VARIANT_INET);
		}
	}
	if (wanted(bench, "new-session-inet6")) {
		bench_new_session(bench, "new-session-inet6", 10, VARIANT_INET6);
		if (bench->repeats > 1) {
			bench_new_session(bench, "new-session-inet6", 10000, VARIANT_INET6);
		}
	}
	if (wanted(bench, "new-session-nat")) {
		bench_new_session(bench, "new-session-nat", 10, VARIANT_NAT);
	}
}

static void
print_json(const struct bench *bench)
{
	printf("{\"cycles_a_ns\":%.4f,\"pages\":\"transparent huge pages asked for\",\"cases\":[",
	    bench->rate);
	for (uint32_t i = 0; i < bench->count; i++) {
		const struct result *result = &bench->results[i];

		printf("%s\n{\"name\":\"%s\",\"sessions\":%u,\"batch\":%u,\"cycles\":%.1f,\"ns\":%."
		       "2f,\"mpps\":%.3f,"
		       "\"median\":%.1f",
		    i == 0 ? "" : ",", result->name, result->sessions, result->batch, result->least,
		    result->least / bench->rate, 1000 * bench->rate / result->least,
		    result->median);
		if (result->policies > 0) {
			printf(",\"policies\":%u", result->policies);
		}
		if (result->ratio > 0) {
			printf(",\"ratio\":%.2f", result->ratio);
		}
		printf("}");
	}
	printf("\n]}\n");
}

int
bench_engine_main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000, 4000000};
	struct bench *bench = calloc(1, sizeof *bench);
	uint32_t size_count = 3;
	int status = 0;

	if (bench == NULL) {
		return 2;
	}
	bench->repeats = REPEATS;
	for (int i = 1; i < argc && status == 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			bench->json = true;
		} else if (strcmp(argv[i], "--long") == 0) {
			size_count = 4;
		} else if (strcmp(argv[i], "--quick") == 0) {
			size_count = 2;
		} else if (strcmp(argv[i], "--once") == 0) {
			size_count = 1;
			bench->repeats = 1;
		} else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
			bench->only = argv[++i];
		} else {
			fprintf(stderr, "usage: sallyport bench engine [--json] "
					"[--long|--quick|--once] [--case NAME]\n");
			status = 2;
		}
	}
	if (status == 0) {
		bench->rate = cycles_a_nanosecond();
		if (!bench->json) {
			printf("%-17s %9s %6s %9s %9s %9s %9s %8s %7s\n", "case", "sessions",
			    "batch", "policies", "cycles", "median", "ns", "Mpps", "ratio");
		}
		for (uint32_t i = 0; i < size_count && status == 0; i++) {
			status = run_sessions(bench, sizes[i]) ? 0 : 2;
		}
		if (status == 0) {
			run_new_sessions(bench);
		}
		if (bench->json) {
			print_json(bench);
		}
	}
	free(bench);
	return status;
}
