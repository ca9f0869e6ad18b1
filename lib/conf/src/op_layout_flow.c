/*
 * show security flow session, as an SRX prints it.
 */
#include <inttypes.h>
#include <string.h>

#include "op_layout.h"

static void
op_flow_line(const struct op_node *flow, struct text *out)
{
	text_append(out, "  ");
	op_put(out, flow, "direction", "?");
	text_append(out, ": ");
	op_put(out, flow, "source-address", "?");
	text_append_char(out, '/');
	op_put(out, flow, "source-port", "0");
	text_append(out, " --> ");
	op_put(out, flow, "destination-address", "?");
	text_append_char(out, '/');
	op_put(out, flow, "destination-port", "0");
	text_append_char(out, ';');
	op_put(out, flow, "protocol", "?");
	text_append(out, ", If: ");
	op_put(out, flow, "interface-name", "?");
	text_append(out, ", Pkts: ");
	op_put(out, flow, "pkt-cnt", "0");
	text_append(out, ", Bytes: ");
	op_put(out, flow, "byte-cnt", "0");
	text_append_char(out, '\n');
}

static void
op_flow_session(const struct op_node *session, struct text *out)
{
	text_append(out, "Session ID: ");
	op_put(out, session, "session-identifier", "?");
	text_append(out, ", Policy name: ");
	op_put(out, session, "policy", "?");
	text_append(out, ", Timeout: ");
	op_put(out, session, "timeout", "?");
	text_append(out, ", ");
	op_put(out, session, "session-state", "?");
	text_append_char(out, '\n');
	for (const struct op_node *flow = op_find(session, "flow-information"); flow != NULL; flow = op_next(flow)) {
		op_flow_line(flow, out);
	}
}

static void
op_flow_summary(const struct op_node *summary, struct text *out)
{
	static const struct {
		const char *label;
		const char *leaf;
	} lines[] = {
	    {"Unicast-sessions", "active-unicast-sessions"},
	    {"Failed-sessions", "failed-sessions"},
	    {"Sessions-in-use", "active-sessions"},
	    {"  Valid sessions", "active-session-valid"},
	    {"  Pending sessions", "active-session-pending"},
	    {"  Invalidated sessions", "active-session-invalidated"},
	    {"Maximum-sessions", "max-sessions"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		text_printf(out, "%s: ", lines[i].label);
		op_put(out, summary, lines[i].leaf, "0");
		text_append_char(out, '\n');
	}
}

void
op_layout_flow_session(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	const struct op_node *summary = op_find(root, "flow-session-summary");

	if (summary != NULL) {
		text_append(&renderer->last, "summary");
		op_flow_summary(summary, out);
		return;
	}
	for (const struct op_node *session = op_find(root, renderer->rpc->row); session != NULL;
	     session = op_next(session)) {
		if (renderer->rows++ > 0) {
			text_append_char(out, '\n');
		}
		op_flow_session(session, out);
	}
}

void
op_layout_flow_session_end(struct op_renderer *renderer, struct text *out)
{
	if (renderer->last.length == 0) {
		text_printf(out, "Total sessions: %" PRIu64 "\n", renderer->rows);
	}
}
