/*
 * See result.h.
 */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
compare_doubles(const void *left, const void *right)
{
	const double *a = left;
	const double *b = right;

	return (*a > *b) - (*a < *b);
}

double
bench_minimum(const double *values, uint32_t count)
{
	double least = values[0];

	for (uint32_t i = 1; i < count; i++) {
		least = values[i] < least ? values[i] : least;
	}
	return least;
}

double
bench_median(double *values, uint32_t count)
{
	qsort(values, count, sizeof values[0], compare_doubles);
	return values[count / 2];
}

bool
bench_wants(const struct bench *bench, const char *name)
{
	return bench->only == NULL || strcmp(bench->only, name) == 0;
}

void
bench_fail(struct bench *bench, const char *what)
{
	fprintf(stderr, "sallyport bench engine: %s\n", what);
	bench->failed = true;
}

double
bench_least(const struct bench *bench, const char *name, uint32_t sessions, uint32_t batch)
{
	for (uint32_t i = 0; i < bench->count; i++) {
		const struct bench_result *result = &bench->results[i];

		if (strcmp(result->name, name) == 0 && result->sessions == sessions && result->batch == batch) {
			return result->least;
		}
	}
	return 0;
}

void
bench_print_head(const struct bench *bench)
{
	if (!bench->json) {
		printf("%-20s %-9s %9s %5s %8s %8s %9s %9s %8s %8s %6s\n", "case", "kind", "sessions", "batch", "policies",
		    "prefixes", "cycles", "median", "ns", "Mpps", "ratio");
	}
}

static void
print_number(uint32_t number, int width)
{
	if (number == 0) {
		printf(" %*s", width, "-");
	} else {
		printf(" %*u", width, number);
	}
}

static void
print_row(const struct bench *bench, const struct bench_result *row)
{
	printf("%-20s %-9s", row->name, row->kind == NULL ? "-" : row->kind);
	print_number(row->sessions, 9);
	print_number(row->batch, 5);
	print_number(row->policies, 8);
	print_number(row->prefixes, 8);
	if (row->least > 0) {
		printf(" %9.1f %9.1f %8.1f %8.2f", row->least, row->median, row->least / bench->rate,
		    1000 * bench->rate / row->least);
		if (row->ratio > 0) {
			printf(" %6.2f", row->ratio);
		}
	}
	for (unsigned i = 0; i < BENCH_FIGURES && row->figures[i].name != NULL; i++) {
		printf("%s%s=%.6g", i == 0 ? "  " : " ", row->figures[i].name, row->figures[i].value);
	}
	printf("\n");
	(void)fflush(stdout);
}

void
bench_add(struct bench *bench, const struct bench_result *template, double *cycles)
{
	if (bench->count == bench->room) {
		const uint32_t room = bench->room == 0 ? 64 : bench->room * 2;
		struct bench_result *results = realloc(bench->results, room * sizeof *results);

		if (results == NULL) {
			bench_fail(bench, "no memory for results");
			return;
		}
		bench->results = results;
		bench->room = room;
	}
	struct bench_result *row = &bench->results[bench->count];

	*row = *template;
	if (cycles != NULL) {
		row->median = bench_median(cycles, bench->repeats);
		row->least = cycles[0];
		const double lookup = bench_least(bench, "lookup", row->sessions, row->batch);

		row->ratio = lookup > 0 ? row->least / lookup : 0;
	}
	bench->count++;
	if (!bench->json) {
		print_row(bench, row);
	}
}

static void
print_field(const char *name, uint32_t value)
{
	if (value > 0) {
		printf(",\"%s\":%u", name, value);
	}
}

void
bench_print_json(const struct bench *bench)
{
	printf("{\"cycles_a_ns\":%.4f,\"repeats\":%u,\"pages\":\"%s\",\"huge_percent\":%u,\"cases\":[", bench->rate,
	    bench->repeats, bench->small_pages ? "4 KiB" : "transparent huge pages of 2 MiB asked for", bench->huge_percent);
	for (uint32_t i = 0; i < bench->count; i++) {
		const struct bench_result *row = &bench->results[i];

		printf("%s\n{\"name\":\"%s\"", i == 0 ? "" : ",", row->name);
		if (row->kind != NULL) {
			printf(",\"kind\":\"%s\"", row->kind);
		}
		print_field("sessions", row->sessions);
		print_field("batch", row->batch);
		print_field("policies", row->policies);
		print_field("prefixes", row->prefixes);
		if (row->least > 0) {
			printf(",\"cycles\":%.1f,\"median\":%.1f,\"ns\":%.2f,\"mpps\":%.3f", row->least, row->median,
			    row->least / bench->rate, 1000 * bench->rate / row->least);
		}
		if (row->ratio > 0) {
			printf(",\"ratio\":%.2f", row->ratio);
		}
		for (unsigned j = 0; j < BENCH_FIGURES && row->figures[j].name != NULL; j++) {
			printf(",\"%s\":%.10g", row->figures[j].name, row->figures[j].value);
		}
		printf("}");
	}
	printf("\n]}\n");
}
