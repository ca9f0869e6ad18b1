/*
 * The parts of the report's page. report.c is the command and the page, report_target.c the targets, report_chart.c draws.
 *
 * `run` is what `bench engine --json` prints, `beside` what `bench/side-by-side --json` writes, or NULL.
 */
#ifndef BENCH_REPORT_PRIVATE_H
#define BENCH_REPORT_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Which row of a run. A 0, or a NULL, is whatever the row has. */
struct report_case {
	const char *name;
	const char *kind;
	uint32_t sessions;
	uint32_t batch;
	uint32_t policies;
};

/* The row, or NULL when the run has none. */
const json_t *report_find(const json_t *run, const struct report_case *which);
/* A figure of a row by its name in JSON; a row that is not there, or has no such figure: a negative number. */
double report_figure(const json_t *row, const char *name);

/* Appends text with what HTML gives a meaning to written out. */
void report_escape(struct text *page, const char *string);

enum {
	CHART_CATEGORIES = 8,
	CHART_SERIES = 4,
};

/* Values that stand side by side, with a mark for what each category is to reach. A negative value is left out. */
struct chart {
	const char *title;
	const char *unit;
	unsigned category_count;
	unsigned series_count;
	const char *categories[CHART_CATEGORIES];
	const char *series[CHART_SERIES];
	double values[CHART_SERIES][CHART_CATEGORIES];
	double targets[CHART_CATEGORIES]; /* 0: none */
};

/* Columns in groups, a group for each category. */
void chart_columns(struct text *page, const struct chart *chart);
/* Lines, a bar for each category; the series are its parts. */
void chart_bars(struct text *page, const struct chart *chart);

/* The table of targets: measured, aim, verdict, others. */
void report_targets(struct text *page, const json_t *run, const json_t *beside);

#endif
