/*
 * Charts of the report's page, drawn as SVG.
 */
#ifndef BENCH_REPORT_CHART_H
#define BENCH_REPORT_CHART_H

#include "base/text.h"

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

#endif
