/*
 * The configuration's benchmark: what a commit, a changed line, a completion and the advice take,
 * each as the median of several rounds in which all take turns, so that a busy machine is the same
 * for all. See bench/configuration for the comparison with nft, which is of whole processes.
 */
#include "bench_configuration.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "conf/usage.h"
#include "snapshot/snapshot.h"

enum {
	POLICIES = 10000,
	TIMES = 5,
	TIMES_MOST = 101,
};

enum step {
	STEP_SCHEMA,
	STEP_LOAD,
	STEP_CHECK,
	STEP_COMPILE,
	STEP_ADVICE,
	STEP_RENDER,
	STEP_LINE,
	STEP_NAMES,
	STEP_KEYWORDS,
	STEP_UNUSED,
	STEPS,
};

static const struct {
	const char *name;
	const char *what;
} steps[STEPS] = {
    [STEP_SCHEMA] = {"schema", "the schema from YANG, once a process"},
    [STEP_LOAD] = {"load", "curly text into a tree"},
    [STEP_CHECK] = {"check", "the rules of a commit"},
    [STEP_COMPILE] = {"compile", "rules and the engine's snapshot, without advice"},
    [STEP_ADVICE] = {"advice", "the same with shadowed and redundant policies"},
    [STEP_RENDER] = {"render", "the tree into curly text"},
    [STEP_LINE] = {"one-line", "copy the tree, set one line, the rules of a commit"},
    [STEP_NAMES] = {"complete-names", "completion among all addresses"},
    [STEP_KEYWORDS] = {"complete-keywords", "completion of a policy's statements"},
    [STEP_UNUSED] = {"unused", "show configuration unused"},
};

struct bench {
	uint32_t policies;
	uint32_t times;
	bool json;
	struct schema *schema;
	struct text source;
	struct conf_tree *tree;
	double milliseconds[STEPS][TIMES_MOST];
	uint32_t counted; /* candidates and unused objects: nothing is optimized away */
};

static double
now(void)
{
	struct timespec clock;

	(void)clock_gettime(CLOCK_MONOTONIC, &clock);
	return (double)clock.tv_sec * 1e3 + (double)clock.tv_nsec / 1e6;
}

static void
write_source(struct bench *bench)
{
	static const char *const applications[] = {
	    "junos-http", "junos-https", "junos-ssh", "junos-dns-udp"};
	struct text *out = &bench->source;

	text_append(out, "interfaces { ge-0/0/0 { unit 0; } ge-0/0/1 { unit 0; } }\n"
			 "security {\n    policies {\n        from-zone trust to-zone untrust {\n");
	for (uint32_t i = 0; i < bench->policies; i++) {
		text_printf(out,
		    "            policy p%u {\n                match {\n                    "
		    "source-address any;\n"
		    "                    destination-address a%u;\n                    application "
		    "%s;\n                }\n"
		    "                then {\n                    permit;\n                }\n      "
		    "      }\n",
		    i, i, applications[i % 4]);
	}
	text_append(out, "        }\n    }\n    zones {\n        security-zone trust {\n           "
			 " interfaces {\n"
			 "                ge-0/0/0.0;\n            }\n        }\n        "
			 "security-zone untrust {\n"
			 "            interfaces {\n                ge-0/0/1.0;\n            }\n   "
			 "         address-book {\n");
	for (uint32_t i = 0; i < bench->policies; i++) {
		text_printf(out, "                address a%u 20.%u.%u.%u/32;\n", i, i >> 16 & 255,
		    i >> 8 & 255, i & 255);
	}
	text_append(out, "            }\n        }\n    }\n}\n");
}

static bool
compile(const struct bench *bench, bool advice)
{
	const struct snapshot_options options = {.id = 1, .advice = advice};
	struct snapshot_registry *registry = snapshot_registry_create();
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct snapshot *snapshot =
	    registry == NULL ? NULL : snapshot_compile(bench->tree, registry, &options, &list);
	const bool good = snapshot != NULL;

	snapshot_destroy(snapshot);
	snapshot_registry_destroy(registry);
	diagnostics_release(&list);
	return good;
}

static bool
set_line(const struct bench *bench)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = {.tree = conf_tree_copy(bench->tree), .level = TEXT_EMPTY};
	bool good =
	    editor.tree != NULL &&
	    conf_edit(&editor, CONF_EDIT_SET,
		"security zones security-zone untrust address-book address new 192.0.2.1/32",
		&list);

	if (good) {
		conf_check(editor.tree, &list);
		good = list.errors == 0;
	}
	conf_tree_destroy(editor.tree);
	diagnostics_release(&list);
	return good;
}

static void
count_candidate(void *context, const struct conf_candidate *candidate)
{
	(void)candidate;
	(*(uint32_t *)context)++;
}

static void
count_node(void *context, const struct conf_node *node)
{
	(void)node;
	(*(uint32_t *)context)++;
}

static bool
complete(struct bench *bench, const char *words)
{
	const struct conf_editor editor = {.tree = bench->tree, .level = TEXT_EMPTY};
	const uint32_t before = bench->counted;

	conf_complete(&editor, CONF_VERB_SET, words, count_candidate, &bench->counted);
	return bench->counted > before;
}

static bool
load(struct bench *bench)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	bool good;

	conf_tree_destroy(bench->tree);
	bench->tree = conf_tree_create(bench->schema);
	good = bench->tree != NULL && conf_load(bench->tree, CONF_FORMAT_TEXT, NULL,
					  text_string(&bench->source), bench->source.length, &list);
	diagnostics_release(&list);
	return good;
}

static bool
check(const struct bench *bench)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	conf_check(bench->tree, &list);
	const bool good = list.errors == 0 && !list.failed;

	diagnostics_release(&list);
	return good;
}

static bool
create_schema(void)
{
	struct text error = TEXT_EMPTY;
	struct schema *schema = schema_create(&error);
	const bool good = schema != NULL;

	schema_destroy(schema);
	text_release(&error);
	return good;
}

static bool
render(const struct bench *bench)
{
	struct text out = TEXT_EMPTY;

	conf_render(conf_tree_top(bench->tree), CONF_FORMAT_TEXT, &out);
	const bool good = !text_failed(&out) && out.length > 0;

	text_release(&out);
	return good;
}

static bool
run_step(struct bench *bench, enum step step)
{
	switch (step) {
	case STEP_SCHEMA:
		return create_schema();
	case STEP_LOAD:
		return load(bench);
	case STEP_CHECK:
		return check(bench);
	case STEP_COMPILE:
		return compile(bench, false);
	case STEP_ADVICE:
		return compile(bench, true);
	case STEP_RENDER:
		return render(bench);
	case STEP_LINE:
		return set_line(bench);
	case STEP_NAMES:
		return complete(bench, "security policies from-zone trust to-zone untrust policy "
				       "p1 match destination-address a");
	case STEP_KEYWORDS:
		return complete(
		    bench, "security policies from-zone trust to-zone untrust policy p1 ");
	case STEP_UNUSED:
		return conf_unused(bench->tree, count_node, &bench->counted);
	case STEPS:
		break;
	}
	return false;
}

static int
compare_times(const void *left, const void *right)
{
	const double *a = left;
	const double *b = right;

	return (*a > *b) - (*a < *b);
}

static void
report(struct bench *bench)
{
	if (bench->json) {
		printf("{\"policies\": %u, \"times\": %u", bench->policies, bench->times);
	} else {
		printf("%u policies, %u addresses, milliseconds (median of %u)\n", bench->policies,
		    bench->policies, bench->times);
	}
	for (enum step step = 0; step < STEPS; step++) {
		qsort(bench->milliseconds[step], bench->times, sizeof(double), compare_times);
		const double median = bench->milliseconds[step][bench->times / 2];

		if (bench->json) {
			printf(", \"%s\": %.3f", steps[step].name, median);
		} else {
			printf("%-18s %9.2f  %s\n", steps[step].name, median, steps[step].what);
		}
	}
	puts(bench->json ? "}" : "");
}

static bool
run(struct bench *bench)
{
	struct text error = TEXT_EMPTY;

	bench->schema = schema_create(&error);
	text_release(&error);
	write_source(bench);
	if (bench->schema == NULL || text_failed(&bench->source)) {
		fputs("sallyport bench configuration: out of memory\n", stderr);
		return false;
	}
	for (uint32_t round = 0; round < bench->times; round++) {
		for (enum step step = 0; step < STEPS; step++) {
			const double start = now();

			if (!run_step(bench, step)) {
				fprintf(stderr, "sallyport bench configuration: %s failed\n",
				    steps[step].name);
				return false;
			}
			bench->milliseconds[step][round] = now() - start;
		}
	}
	report(bench);
	return true;
}

static bool
read_number(const char *text, uint32_t most, uint32_t *number)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > most) {
		fprintf(stderr, "sallyport bench configuration: '%s' is no number in 1..%u\n", text,
		    most);
		return false;
	}
	*number = (uint32_t)value;
	return true;
}

static bool
usage_error(void)
{
	fputs("usage: sallyport bench configuration [--json] [--policies N] [--times N]\n", stderr);
	return false;
}

int
bench_configuration_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"policies", required_argument, NULL, 'p'},
	    {"times", required_argument, NULL, 't'},
	    {NULL, 0, NULL, 0},
	};
	struct bench *bench = calloc(1, sizeof(*bench));
	bool good = true;
	int option;

	if (bench == NULL) {
		return 2;
	}
	bench->policies = POLICIES;
	bench->times = TIMES;
	opterr = 0;
	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j') {
			bench->json = true;
		} else if (option == 'p') {
			good = read_number(optarg, 1000000, &bench->policies);
		} else if (option == 't') {
			good = read_number(optarg, TIMES_MOST, &bench->times);
		} else {
			good = usage_error();
		}
	}
	good = good && (optind == argc || usage_error());
	good = good && run(bench);
	conf_tree_destroy(bench->tree);
	schema_destroy(bench->schema);
	text_release(&bench->source);
	free(bench);
	return good ? 0 : 2;
}
