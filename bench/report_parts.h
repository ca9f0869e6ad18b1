/*
 * What all parts of the report's page use: rows and figures of a run, and text in HTML. report.c is the command and the page,
 * report_target.c the targets, report_chart.c draws.
 *
 * `run` is what `bench engine --json` prints, `beside` what `bench/side-by-side --json` writes, or NULL.
 */
#ifndef BENCH_REPORT_PARTS_H
#define BENCH_REPORT_PARTS_H

#include <jansson.h>
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

#endif
