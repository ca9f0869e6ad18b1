/*
 * Layouts that the schema alone describes (table, form, lines), the two short ones, and what all layouts share.
 */
#include <stdint.h>
#include <string.h>

#include "op_layout.h"
#include "op_utf8.h"

void
op_put_value(struct text *out, const char *value)
{
	const char *at = value == NULL ? "" : value;

	while (*at != '\0') {
		const size_t length = op_utf8_length(at);

		if (length == 0 || (length == 1 && ((unsigned char)*at < ' ' || *at == 0x7f))) {
			text_append_char(out, *at == '\t' ? ' ' : '?');
			at++;
			continue;
		}
		text_append_bytes(out, at, length);
		at += length;
	}
}

void
op_put(struct text *out, const struct op_node *node, const char *name, const char *otherwise)
{
	const char *value = op_value(node, name);

	op_put_value(out, value == NULL ? otherwise : value);
}

void
op_put_line(struct text *out, const struct op_node *node, const char *label, const char *name, const char *otherwise)
{
	if (otherwise != NULL || op_value(node, name) != NULL) {
		text_append(out, label);
		op_put(out, node, name, otherwise == NULL ? "" : otherwise);
		text_append_char(out, '\n');
	}
}

void
op_put_cell(struct text *out, const char *value, size_t width, bool right)
{
	struct text cell = TEXT_EMPTY;

	op_put_value(&cell, value);
	const size_t columns = op_utf8_columns(text_string(&cell));
	const size_t blanks = columns < width ? width - columns : 0;

	text_append_repeated(out, ' ', right ? blanks : 0);
	text_append(out, text_string(&cell));
	text_append_repeated(out, ' ', (right ? 0 : blanks) + (width == 0 ? 0 : 1));
	text_release(&cell);
}

void
op_put_newline(struct text *out)
{
	while (out->length > 0 && out->bytes[out->length - 1] == ' ') {
		out->bytes[--out->length] = '\0';
	}
	text_append_char(out, '\n');
}

void
op_put_list(struct text *out, const struct op_node *node, const char *name, const char *leaf)
{
	const char *separator = "";

	for (const struct op_node *child = op_find(node, name); child != NULL; child = op_next(child)) {
		text_append(out, separator);
		op_put_value(out, leaf == NULL ? child->value : op_value(child, leaf));
		separator = ", ";
	}
}

/* A row of a table as it is written. */
struct op_row {
	struct text *out;
	size_t start; /* where the next column begins */
	size_t end;   /* of what stands in the line */
};

/*
 * The next cell, below its heading. Where one before it is so long that it reaches into its place, the row goes on in a
 * line of its own (cs11336).
 */
static void
op_row_cell(struct op_row *row, const char *value, const struct op_column *column)
{
	struct text cell = TEXT_EMPTY;

	op_put_value(&cell, value);
	const size_t columns = op_utf8_columns(text_string(&cell));
	const size_t start = column->right && columns < column->width ? row->start + column->width - columns : row->start;

	if (columns > 0) {
		if (row->end > 0 && start <= row->end) {
			op_put_newline(row->out);
			row->end = 0;
		}
		text_append_repeated(row->out, ' ', start - row->end);
		text_append(row->out, text_string(&cell));
		row->end = start + columns;
	}
	row->start += column->width + 1;
	text_release(&cell);
}

static void
op_table_heading(const struct op_renderer *renderer, struct text *out)
{
	const struct op_rpc *rpc = renderer->rpc;

	if (renderer->last.length > 0) {
		text_append_char(out, '\n'); /* after the labels before the table */
	}
	struct op_row row = {.out = out};

	for (size_t i = 0; i < rpc->column_count; i++) {
		op_row_cell(&row, rpc->columns[i].heading, &rpc->columns[i]);
	}
	op_put_newline(out);
}

static void
op_table_row(const struct op_rpc *rpc, const struct op_node *node, struct text *out)
{
	struct op_row row = {.out = out};

	for (size_t i = 0; i < rpc->column_count; i++) {
		op_row_cell(&row, op_value(node, rpc->columns[i].name), &rpc->columns[i]);
	}
	op_put_newline(out);
}

static const struct op_column *
op_table_label(const struct op_rpc *rpc, const char *name)
{
	for (size_t i = 0; i < rpc->label_count; i++) {
		if (strcmp(rpc->labels[i].name, name) == 0) {
			return &rpc->labels[i];
		}
	}
	return NULL;
}

/* Rows under their headings, and labelled leaves before or after them, in the order in which the daemon sends them. */
void
op_layout_table(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	const struct op_rpc *rpc = renderer->rpc;

	for (const struct op_node *node = root->first; node != NULL; node = node->next) {
		const struct op_column *label = op_table_label(rpc, node->name);

		if (rpc->row != NULL && strcmp(node->name, rpc->row) == 0) {
			if (renderer->rows++ == 0) {
				op_table_heading(renderer, out);
			}
			op_table_row(rpc, node, out);
		} else if (label != NULL) {
			text_printf(out, "%s: ", label->heading);
			op_put_value(out, node->value);
			op_put_newline(out);
			text_append_char(&renderer->last, '+');
		}
	}
}

void
op_layout_lines(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *row = op_find(root, renderer->rpc->row); row != NULL; row = op_next(row)) {
		op_put(out, row, "text", "");
		text_append_char(out, '\n');
	}
}

void
op_layout_commit(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	if (op_value(root, "commit-pending") != NULL) {
		op_put(out, root, "commit-pending", "");
		text_append_char(out, '\n');
	}
	for (const struct op_node *row = op_find(root, renderer->rpc->row); row != NULL; row = op_next(row)) {
		const char *comment = op_value(row, "log");

		op_put_cell(out, op_value(row, "sequence-number"), 3, false);
		op_put(out, row, "date-time", "?");
		text_append(out, " by ");
		op_put(out, row, "user", "?");
		text_append(out, " via ");
		op_put(out, row, "client", "?");
		if (op_value(row, "comment") != NULL) {
			text_append_char(out, ' ');
			op_put(out, row, "comment", "");
		}
		text_append_char(out, '\n');
		if (comment != NULL && *comment != '\0') {
			text_append(out, "    ");
			op_put_value(out, comment);
			text_append_char(out, '\n');
		}
	}
}

void
op_layout_cleared(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	(void)renderer;
	text_printf(out, "%llu active sessions cleared\n",
	    (unsigned long long)op_number(root, "cleared-session-count", 0));
}
