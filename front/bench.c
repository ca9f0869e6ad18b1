/*
 * sallyport bench: the benchmarks of bench/, one row each.
 */
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
	const char *help;
};

static const struct benchmark benchmarks[] = {
    {"engine", bench_engine_main, "[--json] [--small-pages] [--long|--quick|--once] [--case NAME]: cycles a packet of the engine, in process"},
    {"report", bench_report_main,
        "--html FILE [--run RUN.json | --quick | --long] [--side-by-side FILE.json]: a page of a run's figures, with charts"},
    {"pauses", bench_pauses_main,
        "[--json] [--no-ahead] [--sessions N] [--policies N]: how long traffic waits for show, clear, commit and aging, in process"},
    {"configuration", bench_configuration_main,
        "[--json] [--policies N] [--times N]: milliseconds of loading, checking, changing, completing, in process"},
};

enum {
	BENCHMARKS = sizeof(benchmarks) / sizeof(benchmarks[0]),
};

static void
print_help(void)
{
	puts("usage: sallyport bench NAME [OPTION]...\n");
	for (size_t i = 0; i < BENCHMARKS; i++) {
		printf("  %s %s\n", benchmarks[i].name, benchmarks[i].help);
	}
	puts("\nExit status: 0 it ran, 2 an error.");
}

int
command_bench(int argc, char **argv)
{
	if (argc < 2) {
		return command_usage_error("bench", "no benchmark is named");
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return COMMAND_OK;
	}
	for (size_t i = 0; i < BENCHMARKS; i++) {
		if (strcmp(argv[1], benchmarks[i].name) == 0) {
			return benchmarks[i].run(argc - 1, argv + 1);
		}
	}
	return command_usage_error("bench", "'%s' is no benchmark", argv[1]);
}
