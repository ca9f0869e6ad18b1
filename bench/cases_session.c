/*
 * Packets of sessions, packets that make sessions, packets that no policy permits, and sessions that end.
 */
#include "cases.h"

#include "cycles.h"
#include "engine/engine.h"
#include "scene_packet.h"
#include "wire/tcp.h"

enum {
	CREATED = 1 << 15, /* sessions that new-session makes in a repeat */
	POLICIES_FEW = 10,
	RULES_MOST = 8000, /* rules of rule-sets; else as many as policies */
};

enum variant {
	VARIANT_INET,
	VARIANT_INET6,
	VARIANT_NAT,
	VARIANT_NAT_RULES, /* by rule-sets; packets of sessions are as of the other form */
	VARIANT_COUNT,
};

static const struct variant_row {
	const char *established; /* NULL: not measured */
	const char *fresh;
} variants[VARIANT_COUNT] = {
    [VARIANT_INET] = {"established", "new-session"},
    [VARIANT_INET6] = {"established-inet6", "new-session-inet6"},
    [VARIANT_NAT] = {"established-nat", "new-session-nat"},
    [VARIANT_NAT_RULES] = {NULL, "new-session-nat-rules"},
};

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

struct scene *
bench_scene(struct bench *bench, const struct scene_plan *plan)
{
	struct scene_plan whole = *plan;

	whole.small_pages = bench->small_pages;
	struct scene *scene = scene_create(&whole);

	if (scene == NULL) {
		bench_fail(bench, "no memory for a scene");
	}
	return scene;
}

struct scene *
bench_scene_established(struct bench *bench, const struct scene_plan *plan)
{
	struct scene *scene = bench_scene(bench, plan);

	if (scene != NULL && !scene_establish(scene, plan->sessions)) {
		bench_fail(bench, "the engine did not make all sessions");
		scene_destroy(scene);
		return NULL;
	}
	return scene;
}

void
bench_note_pages(struct bench *bench, const struct scene *scene)
{
	uint64_t resident;
	const uint32_t percent = scene_huge_percent(scene, &resident);

	bench->huge_percent = percent < bench->huge_percent ? percent : bench->huge_percent;
}

static void
bench_lookup(struct bench *bench, struct scene *scene, uint32_t sessions, uint32_t batch)
{
	struct random_source random = random_seeded(3);
	double cycles[BENCH_REPEATS];
	uint32_t found = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < BENCH_PACKETS; done += ENGINE_BURST) {
			struct engine_tuple tuples[ENGINE_BURST];

			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				tuples[i] = scene_tuple(scene, random_below(&random, sessions), (i & 1) != 0);
			}
			const uint64_t start = cycles_now();

			for (uint32_t first = 0; first < ENGINE_BURST; first += batch) {
				found += engine_probe(scene->engine, tuples + first, batch);
			}
			spent += cycles_now() - start;
		}
		cycles[repeat] = (double)spent / BENCH_PACKETS;
	}
	if (found != bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "the look-up does not find its flows");
	}
	bench_add(bench, &(struct bench_result){.name = "lookup", .sessions = sessions, .batch = batch}, cycles);
}

double
bench_measure_pass(struct scene *scene, struct random_source *random, uint32_t batch)
{
	uint64_t spent = 0;

	for (uint32_t done = 0; done < BENCH_PACKETS; done += ENGINE_BURST) {
		scene_make_established(scene, random, scene->plan.sessions);
		spent += bench_measure_burst(scene, batch);
	}
	return (double)spent / BENCH_PACKETS;
}

void
bench_measure_established(struct bench *bench, struct scene *scene, uint32_t batch, double *cycles)
{
	struct random_source random = random_seeded(2);
	const uint64_t before = engine_reason_count(scene->engine, REASON_SESSION);

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		cycles[repeat] = bench_measure_pass(scene, &random, batch);
	}
	if (engine_reason_count(scene->engine, REASON_SESSION) - before != (uint64_t)bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "not every packet went by its session");
	}
}

/* The same packets in mode packet-based: what bench/side-by-side takes for the gateway's plain forwarding. */
static void
bench_plain(struct bench *bench)
{
	const struct scene_plan plan = {.sessions = 1000, .policies = POLICIES_FEW, .inet6 = true};
	struct random_source random = random_seeded(2);
	double cycles[BENCH_REPEATS];

	if (!bench_wants(bench, "plain-inet6")) {
		return;
	}
	struct scene *scene = bench_scene(bench, &plan);

	if (scene == NULL) {
		return;
	}
	scene->snapshot.flow.inet6_mode = INET6_MODE_PACKET_BASED;
	scene_publish(scene, scene->fib);
	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		cycles[repeat] = bench_measure_pass(scene, &random, ENGINE_BURST);
	}
	if (engine_reason_count(scene->engine, REASON_PACKET_BASED) != (uint64_t)bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "not every packet went by its route");
	}
	bench_add(bench, &(struct bench_result){.name = "plain-inet6", .batch = ENGINE_BURST}, cycles);
	scene_destroy(scene);
}

static void
bench_denied(struct bench *bench, struct scene *scene)
{
	const uint32_t sessions = scene->plan.sessions;
	const uint64_t before = engine_reason_count(scene->engine, REASON_DEFAULT_DENY);
	double cycles[BENCH_REPEATS];
	uint32_t flow = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < BENCH_PACKETS; done += ENGINE_BURST) {
			for (uint32_t i = 0; i < ENGINE_BURST; i++) {
				/* From the server's side no policy permits anything. */
				const struct scene_segment segment = {
				    .flow = sessions + flow, .back = true, .flags = TCP_SYN, .sequence = 1};

				flow++;
				scene_make(scene, i, &segment);
			}
			spent += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		cycles[repeat] = (double)spent / BENCH_PACKETS;
	}
	if (engine_reason_count(scene->engine, REASON_DEFAULT_DENY) - before != (uint64_t)bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "not every SYN was denied");
	}
	bench_add(bench,
	    &(struct bench_result){
		.name = "denied", .sessions = sessions, .batch = ENGINE_BURST, .policies = POLICIES_FEW},
	    cycles);
}

static void
run_established(struct bench *bench, uint32_t sessions, enum variant variant)
{
	const char *name = variants[variant].established;
	const bool denied = variant == VARIANT_INET && bench_wants(bench, "denied");
	const struct scene_plan plan = {.sessions = sessions,
	    .policies = POLICIES_FEW,
	    .inet6 = variant == VARIANT_INET6,
	    .translated = variant == VARIANT_NAT};

	if (name == NULL || (!bench_wants(bench, name) && !denied)) {
		return;
	}
	struct scene *scene = bench_scene_established(bench, &plan);

	if (scene == NULL) {
		return;
	}
	for (uint32_t batch = ENGINE_BURST; batch > 0; batch = batch > 1 && bench->size != BENCH_ONCE ? 1 : 0) {
		double cycles[BENCH_REPEATS];

		if (variant == VARIANT_INET && bench->size != BENCH_ONCE) {
			bench_lookup(bench, scene, sessions, batch);
		}
		if (bench_wants(bench, name)) {
			bench_measure_established(bench, scene, batch, cycles);
			bench_add(bench, &(struct bench_result){.name = name, .sessions = sessions, .batch = batch}, cycles);
		}
	}
	if (denied) {
		bench_denied(bench, scene);
	}
	bench_note_pages(bench, scene);
	scene_destroy(scene);
}

/* What ending sessions took. */
struct expiry {
	double each;    /* cycles a session */
	double longest; /* microseconds of one call of engine_advance(), of the thread's own time */
};

/* Ends all sessions that are not established. Their time is over all at once: that is the worst that can be due. */
static struct expiry
expire_all(struct scene *scene)
{
	const uint32_t count = engine_session_count(scene->engine);
	struct expiry expiry = {.longest = 0};
	uint64_t spent = 0;
	bool more = true;

	scene->now += 20000000000U;
	while (more) {
		const uint64_t before = own_nanoseconds();
		const uint64_t start = cycles_now();

		more = engine_advance(scene->engine, scene->now);
		spent += cycles_now() - start;
		const double took = (double)(own_nanoseconds() - before) / 1000;

		expiry.longest = took > expiry.longest ? took : expiry.longest;
		scene_drain(scene);
	}
	expiry.each = count == 0 ? 0 : (double)spent / (count - engine_session_count(scene->engine));
	return expiry;
}

static void
make_sessions(struct scene *scene, uint32_t first, uint64_t *spent)
{
	for (uint32_t done = 0; done < CREATED; done += ENGINE_BURST) {
		for (uint32_t i = 0; i < ENGINE_BURST; i++) {
			const struct scene_segment segment = {
			    .flow = first + done + i, .flags = TCP_SYN, .sequence = 1000};

			scene_make(scene, i, &segment);
		}
		*spent += bench_measure_burst(scene, ENGINE_BURST);
		scene_drain(scene);
	}
}

static void
bench_new_session(struct bench *bench, uint32_t policies, enum variant variant)
{
	const struct scene_plan plan = {.sessions = 1 << 17,
	    .policies = policies,
	    .spread = policies > POLICIES_FEW,
	    .inet6 = variant == VARIANT_INET6,
	    .translated = variant == VARIANT_NAT || variant == VARIANT_NAT_RULES,
	    .rules = variant != VARIANT_NAT_RULES ? 0 : policies < RULES_MOST ? policies : RULES_MOST};
	const char *name = variants[variant].fresh;
	const bool expires = variant == VARIANT_INET && policies == POLICIES_FEW && bench_wants(bench, "expire");
	double cycles[BENCH_REPEATS];
	double expiry[BENCH_REPEATS];
	double longest[BENCH_REPEATS];

	if (!bench_wants(bench, name) && !expires) {
		return;
	}
	struct scene *scene = bench_scene(bench, &plan);

	if (scene == NULL) {
		return;
	}
	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		make_sessions(scene, repeat * CREATED, &spent);
		cycles[repeat] = (double)spent / CREATED;
		if (engine_session_count(scene->engine) != CREATED) {
			bench_fail(bench, "not every SYN made a session");
		}
		const struct expiry ended = expire_all(scene);

		expiry[repeat] = ended.each;
		longest[repeat] = ended.longest;
	}
	if (plan.rules > 0 && engine_nat_rule_counters(scene->engine, (uint16_t)(plan.rules - 1)).hits !=
				   (uint64_t)bench->repeats * CREATED) {
		bench_fail(bench, "not every source was translated by its rule");
	}
	if (variant == VARIANT_INET && policies == POLICIES_FEW && bench->size != BENCH_ONCE &&
	    scene_establish(scene, CREATED)) {
		bench_lookup(bench, scene, CREATED, ENGINE_BURST);
	}
	bench_add(bench,
	    &(struct bench_result){
		.name = name, .sessions = CREATED, .batch = ENGINE_BURST, .policies = policies},
	    cycles);
	if (expires) {
		bench_add(bench,
		    &(struct bench_result){.name = "expire",
			.sessions = CREATED,
			.batch = ENGINE_BURST,
			.figures = {{"longest_call_us", bench_median(longest, bench->repeats)}}},
		    expiry);
	}
	scene_destroy(scene);
}

void
cases_session(struct bench *bench)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000, 4000000};
	static const uint32_t counts[] = {1, 2, 4, 4}; /* of them, by enum bench_size */
	static const uint32_t policies[] = {POLICIES_FEW, 10000, 100000};

	for (uint32_t i = 0; i < counts[bench->size]; i++) {
		for (enum variant variant = 0; variant < VARIANT_COUNT; variant++) {
			run_established(bench, sizes[i], variant);
		}
	}
	bench_plain(bench);
	for (enum variant variant = 0; variant < VARIANT_COUNT; variant++) {
		for (unsigned i = 0; i < (bench->size == BENCH_ONCE ? 1U : 3U); i++) {
			bench_new_session(bench, policies[i], variant);
		}
	}
}
