/*
 * Charts as SVG within the page: colours come from its style sheet, so that they follow light, dark and print.
 */
#include "report_chart.h"

#include <math.h>
#include <stdbool.h>

#include "report_parts.h"

enum {
	WIDTH = 760,
	HEIGHT = 300,
	LEFT = 62,
	RIGHT = 12,
	TOP = 16,
	BOTTOM = 54,
	LINES = 6, /* of the grid, at most */
	BAR = 20,
	BAR_STEP = 30,
	BAR_LEFT = 210,
	BAR_RIGHT = 70,
	LEGEND_STEP = 140,
	LABEL = 44, /* of a value beside its bar */
};

/* A round number of which no more than LINES make `most`. */
static double
grid_step(double most)
{
	const double raw = most > 0 ? most / LINES : 1;
	const double power = pow(10, floor(log10(raw)));
	const double digits = raw / power;

	return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
}

static double
largest(const struct chart *chart, bool stacked)
{
	double most = 0;

	for (unsigned c = 0; c < chart->category_count; c++) {
		double sum = 0;

		for (unsigned s = 0; s < chart->series_count; s++) {
			const double value = chart->values[s][c] > 0 ? chart->values[s][c] : 0;

			sum = stacked ? sum + value : fmax(sum, value);
		}
		most = fmax(most, fmax(sum, chart->targets[c]));
	}
	return most;
}

/* Was anything of it measured? */
static bool
has_values(const struct chart *chart)
{
	for (unsigned s = 0; s < chart->series_count; s++) {
		for (unsigned c = 0; c < chart->category_count; c++) {
			if (chart->values[s][c] > 0) {
				return true;
			}
		}
	}
	return false;
}

static void
open_figure(struct text *page, const struct chart *chart, unsigned height)
{
	text_append(page, "<figure><figcaption>");
	report_escape(page, chart->title);
	text_append(page, " <small>");
	report_escape(page, chart->unit);
	text_printf(page, "</small></figcaption>\n<svg viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"", WIDTH, height);
	report_escape(page, chart->title);
	text_append(page, "\">\n");
}

static void
legend(struct text *page, const struct chart *chart, unsigned y, bool targets)
{
	unsigned x = LEFT;

	for (unsigned s = 0; s < chart->series_count && chart->series_count > 1; s++) {
		text_printf(page, "<rect class=\"s%u\" x=\"%u\" y=\"%u\" width=\"12\" height=\"12\" rx=\"2\"/><text x=\"%u\" y=\"%u\">",
		    s + 1, x, y, x + 18, y + 10);
		report_escape(page, chart->series[s]);
		text_append(page, "</text>\n");
		x += LEGEND_STEP;
	}
	if (targets) {
		text_printf(page, "<line class=\"target\" x1=\"%u\" x2=\"%u\" y1=\"%u\" y2=\"%u\"/><text x=\"%u\" y=\"%u\">target</text>\n", x,
		    x + 14, y + 6, y + 6, x + 18, y + 10);
	}
}

static void
columns_grid(struct text *page, double step, double top)
{
	const unsigned lines = (unsigned)lround(top / step);

	for (unsigned i = 0; i <= lines; i++) {
		const double value = step * i;
		const double y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;

		text_printf(page,
		    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%.6g</text>\n", LEFT,
		    WIDTH - RIGHT, y, y, LEFT - 6, y + 4, value);
	}
}

static void
column_group(struct text *page, const struct chart *chart, unsigned c, double top)
{
	const double place = (double)(WIDTH - LEFT - RIGHT) / chart->category_count;
	const double width = place * 0.78 / chart->series_count;
	const double first = LEFT + place * c + place * 0.11;
	const double scale = (HEIGHT - TOP - BOTTOM) / top;

	for (unsigned s = 0; s < chart->series_count; s++) {
		const double value = chart->values[s][c];
		const double x = first + width * s;

		if (value >= 0) {
			text_printf(page,
			    "<rect class=\"s%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n", s + 1, x + 1,
			    HEIGHT - BOTTOM - scale * value, width - 2, scale * value);
		}
	}
	if (chart->targets[c] > 0) {
		const double y = HEIGHT - BOTTOM - scale * chart->targets[c];

		text_printf(page, "<line class=\"target\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", first - place * 0.05,
		    first + place * 0.83, y, y);
	}
	/* Over the target's line, which would strike them out. */
	for (unsigned s = 0; s < chart->series_count; s++) {
		const double value = chart->values[s][c];

		if (value >= 0) {
			text_printf(page, "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">%.0f</text>\n", first + width * s + width / 2,
			    HEIGHT - BOTTOM - scale * value - 4, value);
		}
	}
	text_printf(page, "<text class=\"middle\" x=\"%.1f\" y=\"%d\">", first + place * 0.39, HEIGHT - BOTTOM + 18);
	report_escape(page, chart->categories[c]);
	text_append(page, "</text>\n");
}

void
chart_columns(struct text *page, const struct chart *chart)
{
	const double most = largest(chart, false);
	const double step = grid_step(most * 1.06);
	const double top = step * ceil(most * 1.06 / step);
	bool targets = false;

	if (!has_values(chart)) {
		return;
	}
	open_figure(page, chart, HEIGHT);
	columns_grid(page, step, top);
	for (unsigned c = 0; c < chart->category_count; c++) {
		targets = targets || chart->targets[c] > 0;
		column_group(page, chart, c, top);
	}
	legend(page, chart, HEIGHT - 18, targets);
	text_append(page, "</svg></figure>\n");
}

static void
bar_line(struct text *page, const struct chart *chart, unsigned c, double scale)
{
	const unsigned y = TOP + BAR_STEP * c;
	double x = BAR_LEFT;
	double sum = 0;

	text_printf(page, "<text class=\"end\" x=\"%d\" y=\"%u\">", BAR_LEFT - 8, y + 14);
	report_escape(page, chart->categories[c]);
	text_append(page, "</text>\n");
	for (unsigned s = 0; s < chart->series_count; s++) {
		const double value = chart->values[s][c];

		if (value > 0) {
			text_printf(page, "<rect class=\"s%u\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", s + 1, x, y,
			    scale * value, BAR);
			x += scale * value;
			sum += value;
		}
	}
	const double at = BAR_LEFT + scale * chart->targets[c];
	/* The figure does not lie under the mark. */
	const double label = chart->targets[c] > 0 && at >= x && at < x + LABEL ? at : x;

	text_printf(page, "<text x=\"%.1f\" y=\"%u\">%.0f</text>\n", label + 6, y + 14, sum);
	if (chart->targets[c] > 0) {
		text_printf(page, "<line class=\"target\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%u\"/>\n", at, at, y - 3, y + BAR + 3);
	}
}

void
chart_bars(struct text *page, const struct chart *chart)
{
	const double most = largest(chart, true);
	const unsigned height = TOP + BAR_STEP * chart->category_count + 34;
	bool targets = false;

	if (!has_values(chart)) {
		return;
	}
	open_figure(page, chart, height);
	for (unsigned c = 0; c < chart->category_count; c++) {
		targets = targets || chart->targets[c] > 0;
		bar_line(page, chart, c, (WIDTH - BAR_LEFT - BAR_RIGHT) / most);
	}
	if (chart->series_count > 1 || targets) {
		legend(page, chart, height - 22, targets);
	}
	text_append(page, "</svg></figure>\n");
}
