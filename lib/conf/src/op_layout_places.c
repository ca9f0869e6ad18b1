/*
 * Places of the configuration: "[edit security zones security-zone trust] screen outside", and how
 * many they are.
 */
#include "op_layout.h"

void
op_layout_places(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	const struct op_rpc *rpc = renderer->rpc;

	for (const struct op_node *row = op_find(root, rpc->row); row != NULL; row = op_next(row)) {
		const char *path = op_value(row, "edit-path");

		text_append(out, path == NULL || *path == '\0' ? "[edit" : "[edit ");
		op_put_value(out, path);
		text_append(out, "] ");
		op_put(out, row, "statement", "");
		if (op_find(row, "inherited-from") != NULL) {
			text_append(out, " (inherited from group ");
			op_put(out, row, "inherited-from", "");
			text_append_char(out, ')');
		}
		text_append_char(out, '\n');
	}
	for (size_t i = 0; i < rpc->label_count; i++) {
		if (op_find(root, rpc->labels[i].name) != NULL) {
			text_printf(out, "%s: ", rpc->labels[i].heading);
			op_put(out, root, rpc->labels[i].name, "");
			text_append_char(out, '\n');
		}
	}
}
