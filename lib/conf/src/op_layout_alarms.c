/*
 * show security alarms: a line each, or with detail a block each. show system alarms: their number, then a line each.
 */
#include "op_layout.h"

void
op_layout_alarms(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	static const char *const lines[][2] = {
	    {"Alarm ID   : ", "alarm-id"},
	    {"Alarm Type : ", "alarm-type"},
	    {"Severity   : ", "alarm-severity"},
	    {"State      : ", "alarm-state"},
	    {"Subject    : ", "alarm-subject"},
	    {"First time : ", "alarm-first-time"},
	    {"Last time  : ", "alarm-time"},
	    {"Count      : ", "alarm-count"},
	    {"Message    : ", "alarm-message"},
	};

	if (renderer->request == NULL || op_find(renderer->request, "detail") == NULL) {
		op_layout_table(renderer, root, out);
		return;
	}
	for (const struct op_node *alarm = op_find(root, renderer->rpc->row); alarm != NULL; alarm = op_next(alarm)) {
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
			op_put_line(out, alarm, lines[i][0], lines[i][1], "?");
		}
		text_append_char(out, '\n');
	}
	op_put_line(out, root, "Total alarms: ", "alarm-total-count", "?");
}

void
op_layout_system_alarms(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	if (op_find(root, renderer->rpc->row) == NULL) {
		text_append(out, "No alarms currently active\n");
		return;
	}
	op_put(out, root, "active-alarm-count", "?");
	text_append(out, " alarms currently active\n");
	op_layout_table(renderer, root, out);
}
