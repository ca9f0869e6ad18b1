/*
 * Several workers, each a thread with an engine of its own on a processor of its own: what one adds to another.
 *
 *   one      one worker alone
 *   apart    each gets the packets of its own flows, as from a card that spreads them by the same hash
 *   crossed  each gets packets of all flows, finds out whose they are and hands those of the others over by a ring, as with ports
 *            of one queue
 *
 * The same of established packets (`workers`), and of first packets: SYNs of which each makes a session (`workers-new-session`,
 * `workers-new-session-nat`, with few policies and with many).
 *
 * Frames are made between measured stretches; measured are, in each worker while all run: finding the owner, putting into the
 * rings, taking out, engine_process() and engine_take_output(); stretches in which somebody else had the processor are left out.
 * What is one's own and what was handed over go through the engine together, as in flowd's worker_exchange.c. The cycles are
 * those of a worker for a packet that it processed; `speed_up` is what all together do in a cycle against the one alone.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"
#include "cases.h"
#include "cycles.h"
#include "engine/owner.h"
#include "scene_packet.h"
#include "wire/tcp.h"

enum {
	WORKERS = 2,
	SESSIONS = 100000, /* of all workers together */
	RING = 1024,
	LOOSE = 1024, /* packets of a worker */
	FRESH = 1 << 15, /* sessions that a worker's packets begin in a repeat */
	TABLE = 1 << 17, /* room for all of them with any worker */
	DISTURBED = 60000, /* cycles; up to 64 packets take some thousand */
	DISTURBED_FRESH = 200000,
};

/* What the packets do. */
struct work {
	const char *name;
	uint32_t policies;
	bool fresh; /* begin sessions; else theirs are established */
	bool translated;
};

static const struct work works[] = {
    {.name = "workers", .policies = 10},
    {.name = "workers-new-session", .policies = 10, .fresh = true},
    {.name = "workers-new-session", .policies = 10000, .fresh = true},
    {.name = "workers-new-session-nat", .policies = 10, .fresh = true, .translated = true},
    {.name = "workers-new-session-nat", .policies = 10000, .fresh = true, .translated = true},
};

enum mode {
	MODE_ONE,
	MODE_APART,
	MODE_CROSSED,
	MODE_COUNT,
};

#define EXPIRED_NS UINT64_C(20000000000) /* what a handshake has */

static const char *const mode_names[MODE_COUNT] = {
    [MODE_ONE] = "one", [MODE_APART] = "apart", [MODE_CROSSED] = "crossed"};

struct loose { /* a packet that goes to and fro between workers */
	_Alignas(64) struct packet packet;
	uint16_t home;
	_Alignas(64) uint8_t block[SCENE_BLOCK];
};

struct party;

struct member {
	struct party *party;
	struct scene *scene;
	uint32_t *flows; /* that are its own */
	uint32_t flow_count;
	struct loose *loose;
	struct packet *free[LOOSE];
	uint32_t free_count;
	struct ring *out;  /* to the other worker: packets that are its */
	struct ring *home; /* and those that go back to it */
	pthread_t thread;
	uint64_t cycles; /* of `packets`; the others of `runs` were disturbed */
	uint64_t packets;
	uint64_t runs;
	uint32_t begun; /* flows, of those whose first packets it makes */
	uint16_t number;
};

struct party {
	struct member members[WORKERS];
	struct engine_sharing sharing;
	const struct work *work;
	enum mode mode;
	uint16_t count;
	pthread_barrier_t barrier;
	_Atomic uint32_t done;
};

static bool
is_own(const struct party *party, const struct member *member, uint32_t flow)
{
	const struct engine_tuple tuple = scene_tuple(member->scene, flow, false);
	const struct engine_flow key = {
	    .source = ipv6_mapped(tuple.source),
	    .destination = ipv6_mapped(tuple.destination),
	    .source_port = tuple.source_port,
	    .destination_port = tuple.destination_port,
	    .protocol = tuple.protocol,
	};

	return party->count == 1 || engine_flow_owner(&party->sharing, &key) == member->number;
}

static void
establish(struct member *member)
{
	static const struct scene_segment steps[] = {
	    {.flags = TCP_SYN, .sequence = 1000},
	    {.back = true, .flags = TCP_SYN | TCP_ACK, .sequence = 5000, .acknowledgement = 1001},
	    {.flags = TCP_ACK, .sequence = 1001, .acknowledgement = 5001},
	};

	for (uint32_t first = 0; first < member->flow_count; first += ENGINE_BURST) {
		const uint32_t burst =
		    member->flow_count - first < ENGINE_BURST ? member->flow_count - first : ENGINE_BURST;

		for (unsigned step = 0; step < sizeof steps / sizeof steps[0]; step++) {
			for (uint32_t i = 0; i < burst; i++) {
				struct scene_segment segment = steps[step];

				segment.flow = member->flows[first + i];
				scene_make(member->scene, i, &segment);
			}
			scene_run(member->scene, burst);
		}
	}
}

/* A flow that has no session: of its own, or of all those that the others do not begin. */
static struct scene_segment
first_segment(struct member *member, bool own)
{
	const uint32_t next = member->begun++;

	return (struct scene_segment){
	    .flow = own ? member->flows[next % member->flow_count] : next * WORKERS + member->number,
	    .flags = TCP_SYN,
	    .sequence = 1000,
	};
}

static struct scene_segment
later_segment(const struct member *member, struct random_source *random, bool own)
{
	const bool back = (member->begun & 1) != 0;

	return (struct scene_segment){
	    .flow = own ? member->flows[random_below(random, member->flow_count)] : random_below(random, SESSIONS),
	    .back = back,
	    .flags = TCP_ACK,
	    .sequence = back ? 5001 : 1001,
	    .acknowledgement = back ? 1001 : 5001,
	};
}

static void
make_burst(struct member *member, struct random_source *random, bool own)
{
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		struct scene_segment segment;

		if (member->party->work->fresh) {
			segment = first_segment(member, own);
		} else {
			segment = later_segment(member, random, own);
			member->begun++;
		}
		scene_make(member->scene, i, &segment);
	}
}

/* A made packet in a buffer that may be handed over. */
static struct packet *
take_loose(struct member *member, uint32_t slot)
{
	const struct packet *made = &member->scene->packets[slot];
	struct packet *packet = member->free[--member->free_count];
	struct loose *loose = (struct loose *)(void *)packet;

	memcpy(loose->block, made->data - made->headroom, SCENE_BLOCK);
	*packet = *made;
	packet->data = loose->block + made->headroom;
	return packet;
}

/* What is nobody's here: records, and what is said about the few sessions whose answers lead elsewhere. */
static void
forget_sayings(struct member *member)
{
	struct engine_message message;

	while (engine_take_message(member->scene->engine, &message)) {
	}
	scene_drain(member->scene);
}

/* Runs packets and gives them back to whose they are; returns the cycles. */
static uint64_t
run_packets(struct member *member, struct packet *const *packets, uint32_t count)
{
	struct engine_output outputs[ENGINE_BURST];
	const uint64_t start = cycles_now();

	engine_process(member->scene->engine, member->scene->now, packets, count);
	const uint32_t got = engine_take_output(member->scene->engine, outputs, ENGINE_BURST);
	const uint64_t spent = cycles_now() - start;

	for (uint32_t i = 0; i < got && member->party->mode == MODE_CROSSED; i++) {
		struct packet *packet = outputs[i].packet;
		const struct loose *loose = (const struct loose *)(const void *)packet;

		if (loose->home == member->number) {
			member->free[member->free_count++] = packet;
		} else {
			(void)ring_put(member->home, &packet, 1);
		}
	}
	forget_sayings(member);
	return spent;
}

/* A stretch in which somebody else had the processor says nothing. */
static void
note(struct member *member, uint64_t cycles, uint32_t packets)
{
	member->runs += packets;
	if (cycles < (uint64_t)(member->party->work->fresh ? DISTURBED_FRESH : DISTURBED)) {
		member->cycles += cycles;
		member->packets += packets;
	}
}

/* Finds out whose the made packets are: one's own stay, the others are put into the ring. Returns how many stay. */
static uint32_t
part(struct member *member, struct packet *const *made, struct packet **own)
{
	struct packet *theirs[ENGINE_BURST];
	uint16_t owners[ENGINE_BURST];
	uint32_t own_count = 0;
	uint32_t their_count = 0;

	engine_owners(&member->party->sharing, made, ENGINE_BURST, owners);
	/* Without a branch that is a coin's throw. */
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		const bool mine = owners[i] == member->number;

		own[own_count] = made[i];
		theirs[their_count] = made[i];
		own_count += mine;
		their_count += !mine;
	}
	const uint32_t put = ring_put(member->out, theirs, their_count);

	while (their_count > put) {
		member->free[member->free_count++] = theirs[--their_count];
	}
	return own_count;
}

/* What was handed over, on its way from the other processor while our own are looked at. */
static uint32_t
take_handed(struct ring *ring, struct packet **handed, uint32_t most)
{
	const uint32_t got = ring_take(ring, handed, most);

	for (uint32_t i = 0; i < got; i++) {
		struct loose *loose = (struct loose *)(void *)handed[i];

		__builtin_prefetch(&loose->packet, 1);
		__builtin_prefetch(loose->block + SCENE_ROOM, 1);
	}
	return got;
}

/* Those packets, and as many of what was handed over as a burst has room for. */
static void
run_burst(struct member *member, struct packet *const *made, uint32_t made_count)
{
	struct ring *handed = member->party->members[!member->number].out;
	struct packet *packets[ENGINE_BURST];
	const uint64_t start = cycles_now();
	uint32_t count;

	ring_ahead(handed, ENGINE_BURST);
	count = made_count > 0 ? part(member, made, packets) : 0;
	count += take_handed(handed, packets + count, ENGINE_BURST - count);
	const uint64_t spent = cycles_now() - start;

	if (count > 0) {
		note(member, spent + run_packets(member, packets, count), count);
	}
}

/* A burst of everybody's packets, and what the other handed over. */
static void
cross(struct member *member, struct random_source *random, bool more)
{
	struct member *other = &member->party->members[!member->number];
	struct packet *made[ENGINE_BURST];
	uint32_t count = 0;

	member->free_count += ring_take(other->home, member->free + member->free_count, LOOSE - member->free_count);
	if (more && member->free_count >= ENGINE_BURST) {
		make_burst(member, random, false);
		while (count < ENGINE_BURST) {
			made[count] = take_loose(member, count);
			count++;
		}
	}
	run_burst(member, made, count);
	while (ring_waiting(other->out) >= ENGINE_BURST) {
		run_burst(member, made, 0);
	}
}

/* On one of the processors that we may use. */
static void
stay(unsigned number)
{
	cpu_set_t allowed;
	cpu_set_t one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
		return;
	}
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &allowed) && number-- == 0) {
			CPU_SET(i, &one);
			(void)sched_setaffinity(0, sizeof one, &one);
			return;
		}
	}
}

/* Has it made what it was to make? */
static bool
has_made_all(const struct member *member)
{
	return member->party->work->fresh ? member->begun >= FRESH : member->runs >= BENCH_PACKETS;
}

static void *
member_main(void *context)
{
	struct member *member = context;
	struct party *party = member->party;
	struct random_source random = random_seeded(7U + member->number);
	bool said = false;

	stay(member->number);
	(void)pthread_barrier_wait(&party->barrier);
	if (party->mode != MODE_CROSSED) {
		while (!has_made_all(member)) {
			make_burst(member, &random, true);
			note(member, run_packets(member, member->scene->burst, ENGINE_BURST), ENGINE_BURST);
		}
		return NULL;
	}
	while (atomic_load_explicit(&party->done, memory_order_acquire) < party->count) {
		cross(member, &random, !said);
		if (!said && has_made_all(member)) {
			said = true;
			atomic_fetch_add_explicit(&party->done, 1, memory_order_release);
		}
	}
	/* Nothing is left for the next time. */
	while (!ring_empty(party->members[!member->number].out)) {
		run_burst(member, NULL, 0);
	}
	return NULL;
}

static bool
member_create(struct bench *bench, struct party *party, uint16_t number)
{
	struct member *member = &party->members[number];
	const struct work *work = party->work;
	const struct scene_plan plan = {.sessions = work->fresh ? TABLE : SESSIONS,
	    .policies = work->policies,
	    .spread = work->policies > 10,
	    .translated = work->translated,
	    .workers = party->count,
	    .worker = number};

	*member = (struct member){.party = party, .number = number, .scene = bench_scene(bench, &plan)};
	member->flows = calloc(SESSIONS, sizeof *member->flows);
	member->loose = aligned_alloc(64, LOOSE * sizeof *member->loose);
	member->out = ring_create(RING, sizeof(struct packet *));
	member->home = ring_create(RING, sizeof(struct packet *));
	if (member->scene == NULL || member->flows == NULL || member->loose == NULL || member->out == NULL ||
	    member->home == NULL) {
		return false;
	}
	party->sharing = scene_sharing(member->scene);
	for (uint32_t flow = 0; flow < SESSIONS; flow++) {
		if (is_own(party, member, flow)) {
			member->flows[member->flow_count++] = flow;
		}
	}
	for (uint32_t i = 0; i < LOOSE; i++) {
		member->loose[i].home = number;
		member->free[member->free_count++] = &member->loose[i].packet;
	}
	if (!work->fresh) {
		establish(member);
	}
	return work->fresh || engine_session_count(member->scene->engine) == member->flow_count;
}

static void
party_destroy(struct party *party)
{
	for (uint16_t i = 0; i < party->count; i++) {
		struct member *member = &party->members[i];

		if (member->scene != NULL) {
			scene_destroy(member->scene);
		}
		free(member->flows);
		free(member->loose);
		ring_destroy(member->out);
		ring_destroy(member->home);
	}
}

/* False: the sessions that began are not as many as the packets. Ends them all, and lets their ports rest. */
static bool
end_sessions(struct party *party)
{
	uint64_t packets = 0;
	uint64_t sessions = 0;

	for (uint16_t i = 0; i < party->count; i++) {
		struct member *member = &party->members[i];

		packets += member->runs;
		sessions += engine_session_count(member->scene->engine);
		for (unsigned wait = 0; wait < 2; wait++) {
			member->scene->now += EXPIRED_NS;
			while (engine_advance(member->scene->engine, member->scene->now)) {
				forget_sayings(member);
			}
			forget_sayings(member);
		}
	}
	return sessions == packets;
}

/* Cycles of a worker for a packet while all of them run. */
static bool
measure(struct party *party, double *cycles)
{
	uint64_t spent = 0;
	uint64_t packets = 0;

	atomic_store_explicit(&party->done, 0, memory_order_relaxed);
	for (uint16_t i = 0; i < party->count; i++) {
		party->members[i].cycles = 0;
		party->members[i].packets = 0;
		party->members[i].runs = 0;
		party->members[i].begun = 0;
	}
	if (pthread_barrier_init(&party->barrier, NULL, party->count) != 0) {
		return false;
	}
	for (uint16_t i = 0; i < party->count; i++) {
		if (pthread_create(&party->members[i].thread, NULL, member_main, &party->members[i]) != 0) {
			abort(); /* the others wait for it */
		}
	}
	for (uint16_t i = 0; i < party->count; i++) {
		(void)pthread_join(party->members[i].thread, NULL);
		spent += party->members[i].cycles;
		packets += party->members[i].packets;
	}
	(void)pthread_barrier_destroy(&party->barrier);
	*cycles = packets > 0 ? (double)spent / (double)packets : 0;
	return packets > 0 && (!party->work->fresh || end_sessions(party));
}

static void
run_mode(struct bench *bench, const struct work *work, enum mode mode, double *one)
{
	struct party *party = calloc(1, sizeof *party);
	double cycles[BENCH_REPEATS] = {0};
	bool good = party != NULL;

	if (good) {
		party->work = work;
		party->mode = mode;
		party->count = mode == MODE_ONE ? 1 : WORKERS;
		for (uint16_t i = 0; good && i < party->count; i++) {
			good = member_create(bench, party, i);
		}
		for (uint32_t repeat = 0; good && repeat < bench->repeats; repeat++) {
			good = measure(party, &cycles[repeat]);
		}
		const double least = bench_minimum(cycles, bench->repeats);

		*one = mode == MODE_ONE ? least : *one;
		if (good) {
			bench_add(bench,
			    &(struct bench_result){
				.name = work->name,
				.kind = mode_names[mode],
				.sessions = work->fresh ? FRESH : SESSIONS,
				.batch = ENGINE_BURST,
				.policies = work->policies,
				.figures = {{"workers", party->count}, {"speed_up", party->count * *one / least}},
			    },
			    cycles);
		}
		party_destroy(party);
		free(party);
	}
	if (!good) {
		bench_fail(bench, "the workers could not be set up, or did not do what they should");
	}
}

static bool
are_wanted(const struct bench *bench)
{
	bool wanted = false;

	for (unsigned i = 0; i < sizeof works / sizeof works[0]; i++) {
		wanted |= bench_wants(bench, works[i].name);
	}
	return wanted && bench->size != BENCH_ONCE;
}

void
cases_workers(struct bench *bench)
{
	cpu_set_t allowed;

	if (!are_wanted(bench)) {
		return;
	}
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < WORKERS) {
		if (!bench->json) {
			printf("workers: needs %d processors\n", WORKERS);
		}
		return;
	}
	for (unsigned i = 0; i < sizeof works / sizeof works[0]; i++) {
		double one = 0;

		for (unsigned mode = 0; bench_wants(bench, works[i].name) && mode < MODE_COUNT; mode++) {
			run_mode(bench, &works[i], (enum mode)mode, &one);
		}
	}
}
