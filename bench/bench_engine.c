/*
 * Cycles a packet of lib/engine. Cases, all on one core, frames of 64 octets:
 *
 *   lookup         a bare prefetched look-up of the flows' keys, as the others' measure
 *   established    TCP segments of established sessions in random order, both directions
 *   new-session    a SYN of an unknown flow: policy, session, first segment sent on
 *   denied         a SYN that no policy permits
 *   *-inet6        the same of IPv6, by frames of 84 octets (as much payload)
 *   *-nat          the same with sources translated to a pool of addresses with ports
 *   new-session-nat-rules  the same by a rule-set, of as many rules as policies, 8,000 at most
 *   classify       the policy look-up alone, flows of all policies in turn
 *   expire         a session that the timer ends; and the longest that one call takes
 *   screens-on     established packets under all packet screens, or under flood counters, against none
 *   screens-drop   a packet that a screen drops
 *   screens-flood  permitted load of 5 % of a core's rate under a flood of ten times that
 *   workers        established packets by two workers at once: each its own, or handed over by rings
 *   workers-new-session[-nat]  the same of packets that begin sessions
 *   scale-sessions 10 million sessions: memory, and packets of them
 *   fib            a million IPv4 and 200,000 IPv6 prefixes: look-up, memory, time to build
 *   fib-publish    such a table taken into force: the longest that packets wait for it
 *
 * Frames are written just before each burst, unmeasured; measured are engine_process() and
 * engine_take_output(), 15 times over 65536 packets; printed are the least and the median; --once
 * is for counting instructions. The ratio is to `lookup` with as many sessions and as large a batch
 * in the same run.
 */
#include "bench_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "cycles.h"

static const struct option_row {
	const char *word;
	enum bench_size size;
} sizes[] = {{"--once", BENCH_ONCE}, {"--quick", BENCH_QUICK}, {"--long", BENCH_LONG}};

static bool
read_size(struct bench *bench, const char *word)
{
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		if (strcmp(word, sizes[i].word) == 0) {
			bench->size = sizes[i].size;
			bench->repeats = sizes[i].size == BENCH_ONCE ? 1 : BENCH_REPEATS;
			return true;
		}
	}
	return false;
}

static bool
read_options(struct bench *bench, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			bench->json = true;
		} else if (strcmp(argv[i], "--small-pages") == 0) {
			bench->small_pages = true;
		} else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
			bench->only = argv[++i];
		} else if (!read_size(bench, argv[i])) {
			fprintf(stderr, "usage: sallyport bench engine [--json] [--small-pages] [--long|--quick|--once] "
					"[--case NAME]\n");
			return false;
		}
	}
	return true;
}

void
bench_engine_run(struct bench *bench)
{
	bench->rate = cycles_a_nanosecond();
	bench->huge_percent = 100;
	bench_print_head(bench);
	cases_session(bench);
	cases_nat(bench);
	cases_classify(bench);
	cases_screen(bench);
	cases_syn(bench);
	cases_workers(bench);
	cases_scale(bench);
}

int
bench_engine_main(int argc, char **argv)
{
	struct bench bench = {.size = BENCH_NORMAL, .repeats = BENCH_REPEATS};

	if (!read_options(&bench, argc, argv)) {
		return 2;
	}
	bench_engine_run(&bench);
	if (bench.count == 0 && !bench.failed) {
		bench_fail(&bench, "there is no case of that name in this size");
	}
	if (bench.json) {
		json_t *run = bench_json(&bench);

		if (run == NULL || json_dumpf(run, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) != 0) {
			bench_fail(&bench, "no memory for JSON");
		}
		(void)putchar('\n');
		json_decref(run);
	} else {
		printf("\n%s: %u %% of the engine's memory lay in huge pages\n",
		    bench.small_pages ? "pages of 4 KiB" : "transparent huge pages of 2 MiB were asked for", bench.huge_percent);
	}
	free(bench.results);
	return bench.failed ? 2 : 0;
}
