/*
 * Text layouts of operational output: one row of op_layouts[] each.
 *
 * A layout is called for each chunk, so what it needs to remember between chunks stands in the renderer: `rows` and `last`.
 */
#ifndef CONF_OP_LAYOUT_H
#define CONF_OP_LAYOUT_H

#include "conf/op.h"

struct op_layout {
	const char *name;
	void (*add)(struct op_renderer *renderer, const struct op_node *root, struct text *out);
	void (*end)(struct op_renderer *renderer, struct text *out); /* NULL: nothing to say */
};

void op_layout_table(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_lines(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_commit(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_cleared(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_flow_session(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_flow_session_end(struct op_renderer *renderer, struct text *out);
void op_layout_policies(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_match(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_alarms(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_system_alarms(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_nat(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_zones(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_interfaces(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_interfaces_terse(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_places(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_baseline(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_layout_route(struct op_renderer *renderer, const struct op_node *root, struct text *out);

/*
 * A value as a terminal may see it: control characters and broken UTF-8 (log lines and names come from strangers) become
 * '?'. NULL appends nothing.
 */
void op_put_value(struct text *out, const char *value);
/* A child's value, or `otherwise`. */
void op_put(struct text *out, const struct op_node *node, const char *name, const char *otherwise);
/* A line: the label, and a child's value or `otherwise`; NULL: no line where there is no value. */
void op_put_line(struct text *out, const struct op_node *node, const char *label, const char *name, const char *otherwise);
/* A cell of `width` columns and, unless it is 0, at least one blank behind it. */
void op_put_cell(struct text *out, const char *value, size_t width, bool right);
/* Takes trailing blanks off the last line, then ends it. */
void op_put_newline(struct text *out);
/* The values of all children of that name, separated by ", "; `leaf` NULL: the children's own values. */
void op_put_list(struct text *out, const struct op_node *node, const char *name, const char *leaf);

/* In op_layout_policy.c: "From zone: A, To zone: B" of an element that has them, and a policy in full. */
void op_policy_zones(const struct op_node *context, struct text *out);
void op_policy_detail(const struct op_node *context, const struct op_node *policy, struct text *out);

/* In op_markup.c */
void op_xml_add(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_xml_end(struct op_renderer *renderer, struct text *out);
void op_json_add(struct op_renderer *renderer, const struct op_node *root, struct text *out);
void op_json_end(struct op_renderer *renderer, struct text *out);

#endif
