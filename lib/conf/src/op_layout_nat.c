/*
 * show security nat ... pool, rule: a block each, a labelled line for each thing that is known.
 */
#include <string.h>

#include "op_layout.h"

enum { OP_NAT_LABEL = 27 };

struct op_nat_label {
	const char *name;
	const char *label;
};

static const struct op_nat_label op_nat_labels[] = {
    {"rule-set-name", "  Rule-set"},
    {"rule-id", "  Rule-Id"},
    {"rule-matching-position", "  Rule position"},
    {"rule-from-context", "  From"},
    {"rule-to-context", "  To"},
    {"rule-match", "  Match"},
    {"rule-action", "  Action"},
    {"rule-translation-hits", "  Translation hits"},
    {"failed-hits", "  Failed sessions"},
    {"concurrent-hits", "  Number of sessions"},
    {"pool-id", "Pool id"},
    {"interface-name", "Interface"},
    {"routing-instance-name", "Routing instance"},
    {"host-address-base", "Host address base"},
    {"source-pool-port-translation", "Port"},
    {"port-overloading", "Port overloading"},
    {"overflow-pool", "Overflow pool"},
    {"address-assignment", "Address assignment"},
    {"total-pool-address", "Total addresses"},
    {"source-pool-address-range", "Address range"},
    {"destination-pool-address-range", "Address range"},
    {"destination-pool-port", "Port"},
    {"source-pool-utilization-alarm", "Utilization alarm"},
    {"pool-utilization", "Utilization"},
    {"used-tcp-ports", "Used TCP ports"},
    {"used-udp-ports", "Used UDP ports"},
    {"used-icmp-identifiers", "Used ICMP identifiers"},
    {"total-used-ports", "Used ports"},
    {"peak-used-ports", "Peak used ports"},
    {"total-used-addresses", "Used addresses"},
    {"source-pool-sessions", "Current sessions"},
    {"source-pool-translation-hits", "Translation hits"},
    {"source-pool-failed-hits", "Failed sessions"},
};

static void
op_nat_line(const char *label, const char *value, struct text *out)
{
	op_put_cell(out, label, OP_NAT_LABEL, false);
	text_append(out, ": ");
	op_put_value(out, value);
	text_append_char(out, '\n');
}

static const char *
op_nat_label_of(const char *name)
{
	for (size_t i = 0; i < sizeof(op_nat_labels) / sizeof(op_nat_labels[0]); i++) {
		if (strcmp(op_nat_labels[i].name, name) == 0) {
			return op_nat_labels[i].label;
		}
	}
	return NULL;
}

static void
op_nat_entry(const struct op_node *entry, struct text *out)
{
	const char *rule = op_value(entry, "rule-name");

	op_nat_line(rule != NULL ? "NAT rule" : "Pool name", rule != NULL ? rule : op_value(entry, "pool-name"), out);
	for (const struct op_node *leaf = entry->first; leaf != NULL; leaf = leaf->next) {
		const char *label = op_nat_label_of(leaf->name);

		if (label != NULL) {
			op_nat_line(label, leaf->value, out);
		}
	}
}

void
op_layout_nat(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *node = root->first; node != NULL; node = node->next) {
		if (strcmp(node->name, renderer->rpc->row) == 0) {
			text_append_char(out, '\n');
			op_nat_entry(node, out);
		} else if (strcmp(node->name, "total-rules") == 0) {
			text_append(out, "Total rules: ");
			op_put_value(out, node->value);
			text_append_char(out, '\n');
		} else if (strncmp(node->name, "total-", strlen("total-")) == 0) {
			text_append(out, "Total pools: ");
			op_put_value(out, node->value);
			text_append_char(out, '\n');
		}
	}
}
