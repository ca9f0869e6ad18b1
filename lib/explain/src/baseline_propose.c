/*
 * Thresholds of screens that leave alone what a baseline saw.
 *
 * A threshold is half as much again as the peak, rounded up to two digits, and not less than a few: then nothing of what was
 * measured would have been dropped. A peak that is more than PEAK_FAR times what 999 of a thousand samples keep to is not taken
 * for normal, but named: the threshold is twice what these keep to. With fewer than a thousand samples nothing is said to
 * be far off.
 */
#include "baseline_private.h"

#include <inttypes.h>
#include <string.h>

enum {
	PEAK_FAR = 4,
	WEEK = 604800,
	PERMILLE = 1000,
	ZONE_NAME = 54, /* octets of a zone's name in that of its set, which has 63 */
	QUEUE_LEAST = 200,
	QUEUE_MOST = 20000,
};

#define SECOND_NS UINT64_C(1000000000)

struct threshold {
	const char *statement;
	const char *what; /* of which there are so many */
	enum baseline_measure measure;
	uint32_t least; /* that makes sense, however quiet it was */
	uint32_t most;  /* that the statement takes */
};

static const struct threshold thresholds[] = {
    {"limit-session source-ip-based", "sessions of one source at a time", BASELINE_SESSIONS_SOURCE, 32, 50000},
    {"limit-session destination-ip-based", "sessions to one destination at a time", BASELINE_SESSIONS_DESTINATION, 128, 50000},
    {"tcp syn-flood attack-threshold", "SYNs a second to one address and port", BASELINE_SYN_RATE_SERVICE, 50, 100000},
    {"tcp syn-flood source-threshold", "SYNs a second of one source", BASELINE_SYN_RATE_SOURCE, 25, 100000},
    {"tcp syn-flood destination-threshold", "SYNs a second to one destination", BASELINE_SYN_RATE_DESTINATION, 100, 100000},
    {"icmp flood threshold", "echo requests a second to one destination", BASELINE_ICMP_RATE_DESTINATION, 20, 1000000},
    {"udp flood threshold", "datagrams a second to one destination", BASELINE_UDP_RATE_DESTINATION, 100, 1000000},
};

/* The next number with at most two digits that are not 0. */
static uint64_t
rounded_up(uint64_t value)
{
	uint64_t unit = 1;

	while (value / unit >= 100) {
		unit *= 10;
	}
	return (value + unit - 1) / unit * unit;
}

/* Is the peak another world? */
static bool
peak_far(const struct baseline_figures *figures)
{
	return figures->samples >= PERMILLE && figures->peak > (uint64_t)figures->percentile_999 * PEAK_FAR;
}

struct proposal {
	const struct explain_baseline *what;
	struct op_tree *tree;
	const char *zone;
	struct text set; /* security screen ids-option NAME */
	struct text reason;
	uint32_t count; /* of statements for the zone */
};

/* `statement` NULL: only a remark. */
static void
propose(struct proposal *proposal, const char *statement, uint64_t number)
{
	struct op_node *row = op_add(proposal->tree, proposal->tree->root, "baseline-proposal", NULL);

	(void)op_add(proposal->tree, row, "proposal-zone", proposal->zone);
	(void)op_add(proposal->tree, row, "proposal-reason", text_string(&proposal->reason));
	if (statement != NULL) {
		proposal->count++;
		(void)op_addf(proposal->tree, row, "proposal-statement", "set %s %s %" PRIu64, text_string(&proposal->set),
		    statement, number);
	}
	text_clear(&proposal->reason);
}

/* Says what was seen and returns what may be: no bounds yet. */
static uint64_t
judge(struct proposal *proposal, const struct threshold *threshold, const struct baseline_figures *figures)
{
	struct text *reason = &proposal->reason;

	text_printf(reason, "%s: peak %u (", threshold->what, figures->peak);
	explain_baseline_peak(figures, baseline_scope(threshold->measure), reason);
	text_append(reason, ", ");
	explain_baseline_moment(proposal->what, figures->peak_time, reason);
	text_printf(reason, "), 99.9%% of %" PRIu64 " samples at most %u: ", figures->samples, figures->percentile_999);
	if (peak_far(figures)) {
		text_append(reason, "that peak is far off, was it an attack? twice what the others keep to");
		return rounded_up((uint64_t)figures->percentile_999 * 2);
	}
	text_append(reason, "half as much again as the peak");
	return rounded_up(((uint64_t)figures->peak * 3 + 1) / 2);
}

/* What it sets, or 0: nothing. */
static uint64_t
propose_threshold(struct proposal *proposal, const struct threshold *threshold, const struct baseline_figures *figures)
{
	uint64_t number;

	if (figures->samples == 0) {
		text_printf(&proposal->reason, "%s: none seen, nothing to go by", threshold->what);
		propose(proposal, NULL, 0);
		return 0;
	}
	number = judge(proposal, threshold, figures);
	if (number > threshold->most) {
		text_printf(&proposal->reason, ", which is more than this screen takes (%u): left off", threshold->most);
		propose(proposal, NULL, 0);
		return 0;
	}
	if (number < threshold->least) {
		text_printf(&proposal->reason, ", but not less than %u", threshold->least);
		number = threshold->least;
	}
	propose(proposal, threshold->statement, number);
	return number;
}

/* What belongs to an attack-threshold. */
static void
propose_syn_flood(struct proposal *proposal, const struct baseline_figures *all, uint64_t attack)
{
	uint64_t queue = rounded_up((uint64_t)all->peak * 2);

	text_append(&proposal->reason, "so many requests a second above the attack-threshold raise the alarm: at twice that threshold");
	propose(proposal, "tcp syn-flood alarm-threshold", attack);
	text_printf(&proposal->reason, "half-open connections at a time: two seconds of all SYNs of the zone at their peak of %u a second, within %d and %d",
	    all->peak, QUEUE_LEAST, QUEUE_MOST);
	queue = queue < QUEUE_LEAST ? QUEUE_LEAST : queue > QUEUE_MOST ? QUEUE_MOST : queue;
	propose(proposal, "tcp syn-flood queue-size", queue);
}

static void
propose_zone(struct proposal *proposal, const struct baseline_zone *zone)
{
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
		const uint64_t number = propose_threshold(proposal, &thresholds[i], &zone->figures[thresholds[i].measure]);

		if (thresholds[i].measure == BASELINE_SYN_RATE_SERVICE && number > 0) {
			propose_syn_flood(proposal, &zone->figures[BASELINE_SYN_RATE], number);
		}
	}
}

static void
remark_duration(struct proposal *proposal)
{
	const uint64_t seconds = proposal->what->report->totals.duration / SECOND_NS;

	if (seconds < WEEK) {
		text_printf(&proposal->reason, "measured for %" PRIu64 " seconds: a week at least shows the busy hours too", seconds);
		propose(proposal, NULL, 0);
	}
}

/* In quotation marks when it has blanks or signs. */
static void
append_name(struct text *out, const char *prefix, const char *name, int most)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
	const char *mark = name[strspn(name, plain)] == '\0' ? "" : "\"";

	text_printf(out, "%s%s%.*s%s", mark, prefix, most, name, mark);
}

/* The set goes to the zone behind those that it has: all act, and of two numbers the later (E-105). */
static void
propose_use(struct proposal *proposal)
{
	struct op_node *row = op_add(proposal->tree, proposal->tree->root, "baseline-proposal", NULL);
	struct text line = TEXT_EMPTY;

	(void)op_add(proposal->tree, row, "proposal-zone", proposal->zone);
	(void)op_add(proposal->tree, row, "proposal-reason", "what comes in from the zone is held to these");
	text_append(&line, "set security zones security-zone ");
	append_name(&line, "", proposal->zone, INT32_MAX);
	text_append(&line, " screen ");
	append_name(&line, "baseline-", proposal->zone, ZONE_NAME);
	(void)op_add(proposal->tree, row, "proposal-statement", text_string(&line));
	text_release(&line);
}

void
explain_add_proposal(const struct explain_baseline *what, struct op_tree *tree)
{
	struct proposal proposal = {.what = what, .tree = tree, .set = TEXT_EMPTY, .reason = TEXT_EMPTY};

	proposal.zone = "";
	remark_duration(&proposal);
	for (uint32_t i = 0; i < what->report->totals.zones; i++) {
		const struct baseline_zone *zone = &what->report->zones[i];

		proposal.zone = snapshot_zone_name(what->registry, zone->zone);
		if (zone->counts.packets == 0 || proposal.zone == NULL) {
			continue;
		}
		text_clear(&proposal.set);
		text_append(&proposal.set, "security screen ids-option ");
		append_name(&proposal.set, "baseline-", proposal.zone, ZONE_NAME);
		proposal.count = 0;
		propose_zone(&proposal, zone);
		if (proposal.count > 0) {
			propose_use(&proposal);
		}
	}
	text_release(&proposal.set);
	text_release(&proposal.reason);
}

void
explain_baseline_statements(const struct explain_baseline *what, struct text *out)
{
	struct op_tree tree;

	op_tree_start(&tree, "screen-baseline-information");
	explain_add_proposal(what, &tree);
	for (const struct op_node *row = op_find(tree.root, "baseline-proposal"); row != NULL; row = op_next(row)) {
		const char *statement = op_value(row, "proposal-statement");

		text_printf(out, "# %s\n", op_value(row, "proposal-reason"));
		if (statement != NULL) {
			text_printf(out, "%s\n", statement);
		}
	}
	op_tree_release(&tree);
}
