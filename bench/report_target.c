/*
 * What is to be reached, what a run reached, and what others reach.
 *
 * The others' figures are of another run on another machine (two cores of Zen 4, TSC 2.596 GHz): VPP 26.06 in process without a
 * card, cycles of the TSC a packet; they show the order, not the last per cent. Those of nftables are of the run itself, where
 * bench/side-by-side was run.
 */
#include "report_private.h"

#include <math.h>
#include <string.h>

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

static void
add_beside(struct text *page, const json_t *beside)
{
	const json_t *rows = json_object_get(beside, "rows");
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		struct text what = TEXT_EMPTY;
		const double ratio = report_figure(row, "ratio");

		text_printf(&what, "Function cost to that of nftables, %s, %.0f octets, %.0f flows",
		    json_string_value(json_object_get(row, "ports")) == NULL ? "?" : json_string_value(json_object_get(row, "ports")),
		    report_figure(row, "size"), report_figure(row, "flows"));
		const struct target target = {.what = text_string(&what), .most = 0.2, .unit = "times"};

		add_row(page, &target, json_is_number(json_object_get(row, "ratio")) ? ratio : (double)NAN, -1);
		text_release(&what);
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
