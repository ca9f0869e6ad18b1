/*
 * What is to be reached, what a run reached, and what others reach.
 *
 * The others' figures are of another run on another machine (two cores of Zen 4, TSC 2.596 GHz): VPP 26.06 in process without a
 * card, cycles of the TSC a packet; they show the order, not the last per cent. Those of nftables are of the run itself, where
 * bench/side-by-side was run; they have intervals, and a target within one is neither met nor missed.
 */
#include "report_target.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report_parts.h"

#define FUNCTION_TARGET 0.2 /* of a run that does not say */

struct target {
	const char *what;
	struct report_case which;
	const char *figure; /* its name in JSON */
	double most;        /* to be reached: no more than this */
	const char *unit;
	const char *others;
};

static const struct target targets[] = {
    {"Established, 1,000 sessions", {"established", NULL, 1000, 32, 0}, "cycles", 100, "cycles", "VPP filter 98"},
    {"Established, 100,000 sessions", {"established", NULL, 100000, 32, 0}, "cycles", 120, "cycles", "VPP filter 181"},
    {"Established, 1 million sessions", {"established", NULL, 1000000, 32, 0}, "cycles", 150, "cycles", "VPP filter 213"},
    {"Established, 4 million sessions", {"established", NULL, 4000000, 32, 0}, "cycles", 180, "cycles", NULL},
    {"Established, translated, 1,000", {"established-nat", NULL, 1000, 32, 0}, "cycles", 100, "cycles", "VPP filter and NAT 213"},
    {"Established, translated, 100,000", {"established-nat", NULL, 100000, 32, 0}, "cycles", 120, "cycles", "VPP filter and NAT 766"},
    {"Established, translated, 1 million", {"established-nat", NULL, 1000000, 32, 0}, "cycles", 150, "cycles", "VPP filter and NAT 963"},
    {"Established, translated, 4 million", {"established-nat", NULL, 4000000, 32, 0}, "cycles", 180, "cycles", NULL},
    {"Established, one packet at a time", {"established", NULL, 1000, 1, 0}, "cycles", 250, "cycles", "VPP filter and NAT 3,950"},
    {"New session, 10 policies", {"new-session", NULL, 0, 0, 10}, "cycles", 500, "cycles", "VPP filter 750 to 830"},
    {"New session, 10,000 policies", {"new-session", NULL, 0, 0, 10000}, "cycles", 700, "cycles", NULL},
    {"New session, 100,000 policies", {"new-session", NULL, 0, 0, 100000}, "cycles", 900, "cycles", NULL},
    {"New session, translated, 10 policies", {"new-session-nat", NULL, 0, 0, 10}, "cycles", 700, "cycles", "VPP filter and NAT 3,720 to 3,970"},
    {"New session, translated, 10,000 policies", {"new-session-nat", NULL, 0, 0, 10000}, "cycles", 900, "cycles", NULL},
    {"New session, translated, 100,000 policies", {"new-session-nat", NULL, 0, 0, 100000}, "cycles", 1100, "cycles", NULL},
    {"Denied by policy", {"denied", NULL, 1000, 32, 0}, "cycles", 250, "cycles", NULL},
    {"All packet screens, more on an established packet", {"screens-on", "packet", 0, 0, 0}, "more_cycles", 8, "cycles", NULL},
    {"The same and flood counter, more on a datagram", {"screens-on", "udp", 0, 0, 0}, "more_cycles", 38, "cycles", NULL},
    {"The same and flood counter, more on echo", {"screens-on", "echo", 0, 0, 0}, "more_cycles", 38, "cycles", NULL},
    {"Dropped by a screen: land", {"screens-drop", "land", 0, 0, 0}, "cycles", 150, "cycles", NULL},
    {"Dropped by a screen: UDP flood", {"screens-drop", "udp", 0, 0, 0}, "cycles", 150, "cycles", NULL},
    {"Dropped by a screen: echo flood", {"screens-drop", "echo", 0, 0, 0}, "cycles", 150, "cycles", NULL},
    {"Permitted packets lost under a land flood", {"screens-flood", "land", 0, 0, 0}, "lost", 0, "packets", NULL},
    {"Permitted packets lost under a UDP flood", {"screens-flood", "udp", 0, 0, 0}, "lost", 0, "packets", NULL},
    {"Their own cycles under a land flood, more", {"screens-flood", "land", 0, 0, 0}, "worse_percent", 10, "%", NULL},
    {"Their own cycles under a UDP flood, more", {"screens-flood", "udp", 0, 0, 0}, "worse_percent", 10, "%", NULL},
    {"Longest pause by sessions that end", {"expire", NULL, 0, 0, 0}, "longest_call_us", 1000, "&micro;s", NULL},
    {"Longest pause by a new forwarding table", {"fib-publish", NULL, 0, 0, 0}, "apply_us", 1000, "&micro;s", NULL},
    {"10 million sessions, memory", {"scale-sessions", NULL, 0, 0, 0}, "resident_mib", 3072, "MiB", NULL},
};

static void
add_row(struct text *page, const struct target *target, double least, double median)
{
	text_append(page, "<tr><td>");
	text_append(page, target->what);
	text_printf(page, "</td><td class=\"n\">%.6g %s</td>", target->most, target->unit);
	if (isnan(least)) {
		text_append(page, "<td class=\"n\">&ndash;</td><td class=\"n\">&ndash;</td><td class=\"none\">not in this run</td>");
	} else {
		text_printf(page, "<td class=\"n\"><b>%.*f</b></td>", least < 10 ? 2 : least < 1000 ? 1 : 0, least);
		if (median >= 0) {
			text_printf(page, "<td class=\"n\">%.1f</td>", median);
		} else {
			text_append(page, "<td class=\"n\">&ndash;</td>");
		}
		text_append(page, least <= target->most ? "<td class=\"met\">&#10003; met</td>"
							: "<td class=\"missed\">&#10007; missed</td>");
	}
	text_printf(page, "<td>%s</td></tr>\n", target->others == NULL ? "" : target->others);
}

static void
add_case(struct text *page, const json_t *run, const struct target *target)
{
	const json_t *row = report_find(run, &target->which);
	const json_t *figure = row == NULL ? NULL : json_object_get(row, target->figure);

	add_row(page, target, figure == NULL ? (double)NAN : json_number_value(figure),
	    strcmp(target->figure, "cycles") == 0 ? report_figure(row, "median") : -1);
}

static void
add_growth(struct text *page, const json_t *run)
{
	static const struct target growth = {
	    .what = "Growth of an established packet, 4 million to 1,000", .most = 1.8, .unit = "times"};
	const double few = report_figure(report_find(run, &targets[0].which), "cycles");
	const double many = report_figure(report_find(run, &targets[3].which), "cycles");

	add_row(page, &growth, few > 0 && many > 0 ? many / few : (double)NAN, -1);
}

/* What an interval says: surely within the aim, surely beyond it, or neither. */
static const char *
interval_verdict(double low, double high, double most)
{
	if (isnan(low) || isnan(high)) {
		return "<td class=\"none\">not decided: no interval</td>";
	}
	if (high <= most) {
		return "<td class=\"met\">&#10003; met</td>";
	}
	return low > most ? "<td class=\"missed\">&#10007; missed</td>" : "<td class=\"none\">not decided: the interval has the target in it</td>";
}

static double
number_or_nan(const json_t *row, const char *name)
{
	const json_t *figure = json_object_get(row, name);

	return json_is_number(figure) ? json_number_value(figure) : (double)NAN;
}

static const char *
string_or(const json_t *row, const char *name, const char *other)
{
	const char *string = json_string_value(json_object_get(row, name));

	return string == NULL ? other : string;
}

/* "0.05 (-0.05 to 0.25)", and in nanoseconds what the two functions cost. */
static void
add_beside_row(struct text *page, const json_t *row, double target)
{
	static const char *const sides[] = {"gateway", "nftables"};
	const double ratio = number_or_nan(row, "ratio");
	const double low = number_or_nan(row, "ratio_low");
	const double high = number_or_nan(row, "ratio_high");
	const json_t *function = json_object_get(row, "function");

	text_append(page, "<tr><td>Function cost to that of nftables, ");
	report_escape(page, string_or(row, "ports", "?"));
	text_append(page, strcmp(string_or(row, "comparison", "nat"), "inet6") == 0 ? ", IPv6 policy" : ", policy and NAT");
	text_printf(page, ", %.0f octets, %.0f flows</td><td class=\"n\">%.6g times</td><td class=\"n\" colspan=\"2\">",
	    report_figure(row, "size"), report_figure(row, "flows"), target);
	if (isnan(ratio)) {
		text_append(page, "&ndash;");
	} else {
		text_printf(page, "<b>%.2f</b>", ratio);
	}
	if (!isnan(low) && !isnan(high)) {
		text_printf(page, " (%.2f to %.2f)", low, high);
	}
	text_printf(page, "</td>%s<td>", interval_verdict(low, high, target));
	for (unsigned i = 0; i < 2; i++) {
		const json_t *side = json_object_get(function, sides[i]);

		if (json_is_number(json_object_get(side, "median"))) {
			text_printf(page, "%s%s %.0f ns", i == 0 ? "" : ", ", sides[i], number_or_nan(side, "median"));
		}
		if (json_is_number(json_object_get(side, "low")) && json_is_number(json_object_get(side, "high"))) {
			text_printf(page, " (%.0f to %.0f)", number_or_nan(side, "low"), number_or_nan(side, "high"));
		}
	}
	text_append(page, "</td></tr>\n");
}

static void
add_beside(struct text *page, const json_t *beside)
{
	const json_t *rows = json_object_get(beside, "rows");
	const double target = number_or_nan(beside, "target");
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		add_beside_row(page, row, isnan(target) ? FUNCTION_TARGET : target);
	}
}

void
report_targets(struct text *page, const json_t *run, const json_t *beside)
{
	text_append(page, "<table><thead><tr><th>What</th><th class=\"n\">Target, at most</th><th class=\"n\">Least</th>"
			  "<th class=\"n\">Median</th><th>Verdict</th><th>Others</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		add_case(page, run, &targets[i]);
	}
	add_growth(page, run);
	if (beside != NULL) {
		add_beside(page, beside);
	}
	text_append(page, "</tbody></table>\n");
}
