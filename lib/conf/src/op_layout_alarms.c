/*
 * show security alarms: a line each, or with detail a block each. show system alarms: their number, then a line each.
 */
#include <string.h>

#include "op_layout.h"

static void
op_alarm_line(const struct op_node *alarm, const char *label, const char *name, struct text *out)
{
	text_append(out, label);
	op_put(out, alarm, name, "?");
	text_append_char(out, '\n');
}

void
op_layout_alarms(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	if (renderer->request == NULL || op_find(renderer->request, "detail") == NULL) {
		op_layout_table(renderer, root, out);
		return;
	}
	for (const struct op_node *alarm = op_find(root, renderer->rpc->row); alarm != NULL; alarm = op_next(alarm)) {
		op_alarm_line(alarm, "Alarm ID   : ", "alarm-id", out);
		op_alarm_line(alarm, "Alarm Type : ", "alarm-type", out);
		op_alarm_line(alarm, "Severity   : ", "alarm-severity", out);
		op_alarm_line(alarm, "State      : ", "alarm-state", out);
		op_alarm_line(alarm, "Subject    : ", "alarm-subject", out);
		op_alarm_line(alarm, "First time : ", "alarm-first-time", out);
		op_alarm_line(alarm, "Last time  : ", "alarm-time", out);
		op_alarm_line(alarm, "Count      : ", "alarm-count", out);
		op_alarm_line(alarm, "Message    : ", "alarm-message", out);
		text_append_char(out, '\n');
	}
	op_alarm_line(root, "Total alarms: ", "alarm-total-count", out);
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
