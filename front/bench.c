/*
 * sallyport bench: the benchmarks of bench/, one row each.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench_configuration.h"
#include "bench_engine.h"
#include "bench_pauses.h"
#include "command.h"
#include "report.h"

struct benchmark {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *options;
	const char *help;
};

static const struct benchmark benchmarks[] = {
    {"engine", bench_engine_main, "[--json] [--small-pages] [--long|--quick|--once] [--case NAME]", "cycles a packet of the engine, in process"},
    {"report", bench_report_main,
        "--html FILE [--run RUN.json | --quick | --long] [--side-by-side FILE.json]", "a page of a run's figures, with charts"},
    {"pauses", bench_pauses_main,
        "[--json] [--no-ahead] [--sessions N] [--policies N]", "how long traffic waits for show, clear, commit and aging, in process"},
    {"configuration", bench_configuration_main,
        "[--json] [--policies N] [--times N]", "milliseconds of loading, checking, changing, completing, in process"},
};

enum {
	BENCHMARKS = sizeof(benchmarks) / sizeof(benchmarks[0]),
};

static void
print_help(void)
{
	puts("usage: sallyport bench NAME [OPTION]...\n");
	for (size_t i = 0; i < BENCHMARKS; i++) {
		printf("  %s %s: %s\n", benchmarks[i].name, benchmarks[i].options, benchmarks[i].help);
	}
	puts("\nExit status: 0 it ran, 2 an error.");
}

static bool
asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int
run_benchmark(const struct benchmark *benchmark, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (asks_for_help(argv[i])) {
			printf("usage: sallyport bench %s %s\n\n%s\nExit status: 0 it ran, 2 an error.\n", benchmark->name,
			    benchmark->options, benchmark->help);
			return COMMAND_OK;
		}
	}
	return benchmark->run(argc, argv);
}

int
command_bench(int argc, char **argv)
{
	if (argc < 2) {
		return command_usage_error("bench", "no benchmark is named");
	}
	if (asks_for_help(argv[1])) {
		print_help();
		return COMMAND_OK;
	}
	for (size_t i = 0; i < BENCHMARKS; i++) {
		if (strcmp(argv[1], benchmarks[i].name) == 0) {
			return run_benchmark(&benchmarks[i], argc - 1, argv + 1);
		}
	}
	return command_usage_error("bench", "'%s' is no benchmark", argv[1]);
}
