/*
 * show security screen baseline: rates by zone, the two tables of the guide, and statements behind their reasons.
 */
#include <string.h>

#include "op_layout.h"

enum {
	BASELINE_SCOPE = 27,
	BASELINE_NUMBER = 9,
	BASELINE_ITEM = 64,
};

static const struct {
	const char *name;
	const char *heading;
} op_baseline_names[] = {
    {"sessions", "Concurrent sessions"},
    {"session-rate", "Sessions begun a second"},
    {"syn-rate", "SYN a second"},
    {"icmp-rate", "Echo requests a second"},
    {"udp-rate", "UDP datagrams a second"},
};

static const char *
op_baseline_heading(const char *name)
{
	for (size_t i = 0; i < sizeof(op_baseline_names) / sizeof(op_baseline_names[0]); i++) {
		if (strcmp(op_baseline_names[i].name, name) == 0) {
			return op_baseline_names[i].heading;
		}
	}
	return name;
}

static void
op_baseline_rate(const struct op_node *rate, struct text *out)
{
	static const char *const numbers[] = {"rate-average", "rate-percentile-95", "rate-percentile-99-9", "rate-peak"};
	const char *scope = op_value(rate, "rate-scope");
	struct text label = TEXT_EMPTY;

	text_printf(&label, "  %s%s", scope != NULL && strcmp(scope, "zone") == 0 ? "the whole " : "each ",
	    scope == NULL ? "" : scope);
	op_put_cell(out, text_string(&label), BASELINE_SCOPE, false);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *number = op_value(rate, numbers[i]);

		op_put_cell(out, number == NULL ? "-" : number, BASELINE_NUMBER, true);
	}
	if (op_value(rate, "rate-peak-time") != NULL) {
		text_append_char(out, ' ');
		op_put(out, rate, "rate-peak-time", "");
		text_append(out, "  ");
		op_put(out, rate, "rate-peak-of", "");
	}
	op_put_newline(out);
	text_release(&label);
}

static void
op_baseline_zone(const struct op_node *zone, struct text *out)
{
	static const char *const headings[] = {"Average", "95%", "99.9%", "Peak"};
	const char *open = "";

	text_append(out, "\nFrom zone: ");
	op_put(out, zone, "zone-name", "?");
	text_append_char(out, '\n');
	op_put_cell(out, "", BASELINE_SCOPE, false);
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		op_put_cell(out, headings[i], BASELINE_NUMBER, true);
	}
	text_append(out, " Time of the peak, and whose it was\n");
	for (const struct op_node *rate = op_find(zone, "baseline-rate"); rate != NULL; rate = op_next(rate)) {
		const char *name = op_value(rate, "rate-name");

		if (name != NULL && strcmp(name, open) != 0) {
			op_put_value(out, op_baseline_heading(name));
			text_append_char(out, '\n');
			open = name;
		}
		op_baseline_rate(rate, out);
	}
}

/* "8" or "9", and which group of it is open, stand in renderer->last. */
static void
op_baseline_item(struct op_renderer *renderer, const struct op_node *item, struct text *out)
{
	const char *table = op_value(item, "item-table");
	const char *group = op_value(item, "item-group");
	struct text place = TEXT_EMPTY;

	text_printf(&place, "%s %s", table == NULL ? "" : table, group == NULL ? "" : group);
	if (strncmp(text_string(&renderer->last), text_string(&place), 2) != 0) {
		text_append(out, table != NULL && strcmp(table, "8") == 0 ? "\nTable 8: Network Baseline Traffic Profile\n" :
		                                                           "\nTable 9: Collecting Session Information\n");
	}
	if (strcmp(text_string(&renderer->last), text_string(&place)) != 0) {
		text_append(out, "  ");
		op_put_value(out, group);
		text_append(out, ":\n");
		text_clear(&renderer->last);
		text_append(&renderer->last, text_string(&place));
	}
	text_append(out, "    ");
	op_put_cell(out, op_value(item, "item-name"), BASELINE_ITEM, false);
	op_put(out, item, "item-value", "");
	op_put_newline(out);
	text_release(&place);
}

static void
op_baseline_proposal(struct op_renderer *renderer, const struct op_node *proposal, struct text *out)
{
	if (renderer->rows++ == 0) {
		text_append(out, "\nScreens that leave this traffic alone:\n");
	}
	text_append(out, "# ");
	op_put(out, proposal, "proposal-reason", "");
	text_append_char(out, '\n');
	if (op_value(proposal, "proposal-statement") != NULL) {
		op_put(out, proposal, "proposal-statement", "");
		text_append_char(out, '\n');
	}
}

void
op_layout_baseline(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *node = root->first; node != NULL; node = node->next) {
		if (strcmp(node->name, "baseline-state") == 0) {
			text_append(out, "Baseline: ");
			op_put_value(out, node->value);
		} else if (strcmp(node->name, "baseline-start-time") == 0) {
			text_append(out, ", since ");
			op_put_value(out, node->value);
		} else if (strcmp(node->name, "baseline-duration") == 0) {
			text_append(out, ", for ");
			op_put_value(out, node->value);
			text_append_char(out, '\n');
		} else if (strcmp(node->name, "baseline-note") == 0) {
			text_append(out, "Note: ");
			op_put_value(out, node->value);
			text_append_char(out, '\n');
		} else if (strcmp(node->name, "baseline-zone") == 0) {
			op_baseline_zone(node, out);
		} else if (strcmp(node->name, "baseline-item") == 0) {
			op_baseline_item(renderer, node, out);
		} else if (strcmp(node->name, "baseline-proposal") == 0) {
			op_baseline_proposal(renderer, node, out);
		}
	}
}
