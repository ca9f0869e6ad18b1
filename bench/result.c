/*
 * See result.h.
 */
#include "result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "machine.h"

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
		printf("%-24s %-9s %9s %5s %8s %8s %9s %9s %8s %8s %6s\n", "case", "kind", "sessions", "batch", "policies",
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
	printf("%-24s %-9s", row->name, row->kind == NULL ? "-" : row->kind);
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
	struct bench_result *results = array_grow(bench->results, bench->count, &bench->room, sizeof(*results));

	if (results == NULL) {
		bench_fail(bench, "no memory for results");
		return;
	}
	bench->results = results;
	struct bench_result *row = &results[bench->count];

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

/* As it is read: tenths, thousandths. */
static json_t *
rounded(double value, double parts)
{
	return json_real(round(value * parts) / parts);
}

static void
set_count(json_t *object, const char *name, uint32_t value)
{
	if (value > 0) {
		(void)json_object_set_new(object, name, json_integer(value));
	}
}

static json_t *
row_json(const struct bench *bench, const struct bench_result *row)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "name", json_string(row->name));
	if (row->kind != NULL) {
		(void)json_object_set_new(object, "kind", json_string(row->kind));
	}
	set_count(object, "sessions", row->sessions);
	set_count(object, "batch", row->batch);
	set_count(object, "policies", row->policies);
	set_count(object, "prefixes", row->prefixes);
	if (row->least > 0) {
		(void)json_object_set_new(object, "cycles", rounded(row->least, 10));
		(void)json_object_set_new(object, "median", rounded(row->median, 10));
		(void)json_object_set_new(object, "ns", rounded(row->least / bench->rate, 100));
		(void)json_object_set_new(object, "mpps", rounded(1000 * bench->rate / row->least, 1000));
	}
	if (row->ratio > 0) {
		(void)json_object_set_new(object, "ratio", rounded(row->ratio, 100));
	}
	for (unsigned i = 0; i < BENCH_FIGURES && row->figures[i].name != NULL; i++) {
		(void)json_object_set_new(object, row->figures[i].name, rounded(row->figures[i].value, 1000));
	}
	return object;
}

json_t *
bench_json(const struct bench *bench)
{
	json_t *run = json_object();
	json_t *cases = json_array();

	for (uint32_t i = 0; i < bench->count; i++) {
		(void)json_array_append_new(cases, row_json(bench, &bench->results[i]));
	}
	(void)json_object_set_new(run, "machine", machine_json());
	(void)json_object_set_new(run, "cycles_a_ns", rounded(bench->rate, 10000));
	(void)json_object_set_new(run, "repeats", json_integer(bench->repeats));
	(void)json_object_set_new(run, "pages",
	    json_string(bench->small_pages ? "4 KiB" : "transparent huge pages of 2 MiB were asked for"));
	(void)json_object_set_new(run, "huge_percent", json_integer(bench->huge_percent));
	/* The last one: without memory for it there is no run. */
	if (json_object_set_new(run, "cases", cases) != 0) {
		json_decref(run);
		return NULL;
	}
	return run;
}
