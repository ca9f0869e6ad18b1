/*
 * Operational output: chunks of trees into text, XML or JSON. See conf/op.h.
 *
 * Only what is known of a layout by name stands here; the layouts are in op_layout_*.c, XML and JSON in op_markup.c.
 */
#include <assert.h>
#include <string.h>

#include "op_layout.h"

static const struct op_layout op_layouts[] = {
    {"table", op_layout_table, NULL},
    {"form", op_layout_table, NULL},
    {"lines", op_layout_lines, NULL},
    {"commit", op_layout_commit, NULL},
    {"cleared", op_layout_cleared, NULL},
    {"flow-session", op_layout_flow_session, op_layout_flow_session_end},
    {"policies", op_layout_policies, NULL},
    {"match-policies", op_layout_match, NULL},
    {"alarms", op_layout_alarms, NULL},
    {"system-alarms", op_layout_system_alarms, NULL},
    {"nat", op_layout_nat, NULL},
    {"zones", op_layout_zones, NULL},
    {"interfaces-terse", op_layout_interfaces_terse, NULL},
    {"interfaces", op_layout_interfaces, NULL},
    {"places", op_layout_places, NULL},
    {"route", op_layout_route, NULL},
    {"baseline", op_layout_baseline, NULL},
};

enum {
	OP_LAYOUTS = sizeof(op_layouts) / sizeof(op_layouts[0]),
};

/* An rpc without a layout of its own, or with one that is not in the table, prints as a table. */
static const struct op_layout *
op_layout_of(const struct op_rpc *rpc)
{
	for (size_t i = 0; rpc->layout != NULL && i < OP_LAYOUTS; i++) {
		if (strcmp(op_layouts[i].name, rpc->layout) == 0) {
			return &op_layouts[i];
		}
	}
	assert(rpc->layout == NULL);
	return &op_layouts[0];
}

void
op_renderer_start(struct op_renderer *renderer, const struct op_rpc *rpc, const struct op_node *request,
    enum op_format format, struct text *out)
{
	assert(rpc->root != NULL);
	*renderer = (struct op_renderer){.rpc = rpc, .request = request, .format = format, .last = TEXT_EMPTY};
	(void)out; /* headings come with the first row: a command that fails prints none */
}

static void
op_cut(struct text *out, size_t length)
{
	out->length = length;
	out->bytes[length] = '\0';
}

/*
 * Some text of a layout. An empty line at its end separates it from what may come, so it waits until something does: output
 * never ends with one (cs11617).
 */
static void
op_add_text(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	const struct op_layout *layout = op_layout_of(renderer->rpc);
	const size_t before = out->length;

	if (renderer->owed) {
		text_append_char(out, '\n');
	}
	const size_t start = out->length;

	if (root != NULL) {
		layout->add(renderer, root, out);
	} else if (layout->end != NULL) {
		layout->end(renderer, out);
	}
	if (text_failed(out)) {
		return;
	}
	if (out->length == start) {
		if (start > before) {
			op_cut(out, before);
		}
		return;
	}
	renderer->owed = out->length - start >= 2 && memcmp(out->bytes + out->length - 2, "\n\n", 2) == 0;
	if (renderer->owed) {
		op_cut(out, out->length - 1);
	}
}

void
op_renderer_add(struct op_renderer *renderer, const struct op_tree *chunk, struct text *out)
{
	if (chunk->root == NULL || strcmp(chunk->root->name, renderer->rpc->root) != 0) {
		return; /* not ours: a daemon of another release */
	}
	switch (renderer->format) {
	case OP_FORMAT_XML:
		op_xml_add(renderer, chunk->root, out);
		break;
	case OP_FORMAT_JSON:
		op_json_add(renderer, chunk->root, out);
		break;
	case OP_FORMAT_TEXT:
	case OP_FORMAT_SET:
		op_add_text(renderer, chunk->root, out);
		break;
	}
	renderer->started = true;
}

void
op_renderer_end(struct op_renderer *renderer, struct text *out)
{
	switch (renderer->format) {
	case OP_FORMAT_XML:
		op_xml_end(renderer, out);
		break;
	case OP_FORMAT_JSON:
		op_json_end(renderer, out);
		break;
	case OP_FORMAT_TEXT:
	case OP_FORMAT_SET:
		op_add_text(renderer, NULL, out);
		break;
	}
	text_release(&renderer->last);
}
