/*
 * Operational output as XML and JSON.
 *
 * XML is the tree in an rpc-reply. JSON has JUNOS's form: every element is an array of objects, a value is the member
 * "data", siblings of one name share their array. Chunks are joined: the root stays open until the end, and in JSON the
 * array of the root's last element too (renderer->last).
 *
 * The recursion goes OP_TREE_DEPTH deep at most, which op_tree_decode() sees to.
 */
#include <assert.h>
#include <string.h>

#include "op_layout.h"
#include "op_utf8.h"

enum {
	OP_INDENT = 4,
	OP_CONTROL = 0x20,
};

static void
op_xml_value(const char *value, struct text *out)
{
	while (*value != '\0') {
		const size_t length = op_utf8_length(value);

		if (length == 0 || (length == 1 && (unsigned char)*value < OP_CONTROL && *value != '\t' && *value != '\n')) {
			text_append_char(out, '?');
			value++;
			continue;
		}
		if (*value == '&') {
			text_append(out, "&amp;");
		} else if (*value == '<') {
			text_append(out, "&lt;");
		} else if (*value == '>') {
			text_append(out, "&gt;");
		} else {
			text_append_bytes(out, value, length);
		}
		value += length;
	}
}

static void
op_xml_node(const struct op_node *node, size_t depth, struct text *out)
{
	assert(depth <= OP_TREE_DEPTH + 2);
	text_append_repeated(out, ' ', depth * OP_INDENT);
	if (node->value == NULL && node->first == NULL) {
		text_printf(out, "<%s/>\n", node->name);
		return;
	}
	text_printf(out, "<%s>", node->name);
	if (node->value != NULL) {
		op_xml_value(node->value, out);
	}
	if (node->first != NULL) {
		text_append_char(out, '\n');
		for (const struct op_node *child = node->first; child != NULL; child = child->next) {
			op_xml_node(child, depth + 1, out);
		}
		text_append_repeated(out, ' ', depth * OP_INDENT);
	}
	text_printf(out, "</%s>\n", node->name);
}

static void
op_xml_open(struct op_renderer *renderer, struct text *out)
{
	if (!renderer->started) {
		text_printf(out, "<rpc-reply>\n    <%s>\n", renderer->rpc->root);
		renderer->started = true;
	}
}

void
op_xml_add(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	op_xml_open(renderer, out);
	for (const struct op_node *child = root->first; child != NULL; child = child->next) {
		op_xml_node(child, 2, out);
	}
}

void
op_xml_end(struct op_renderer *renderer, struct text *out)
{
	op_xml_open(renderer, out);
	text_printf(out, "    </%s>\n</rpc-reply>\n", renderer->rpc->root);
}

static void
op_json_string(const char *value, struct text *out)
{
	text_append_char(out, '"');
	while (*value != '\0') {
		const size_t length = op_utf8_length(value);
		const unsigned char c = (unsigned char)*value;

		if (length == 0) {
			text_append_char(out, '?');
			value++;
			continue;
		}
		if (c < OP_CONTROL) {
			text_printf(out, "\\u%04x", c);
		} else if (c == '"' || c == '\\') {
			text_printf(out, "\\%c", c);
		} else {
			text_append_bytes(out, value, length);
		}
		value += length;
	}
	text_append_char(out, '"');
}

static void
op_json_line(size_t depth, const char *text, struct text *out)
{
	text_append_repeated(out, ' ', depth * OP_INDENT);
	text_append(out, text);
}

static void op_json_members(const struct op_node *node, size_t depth, struct text *out);

/* One element of an array: an object. */
static void
op_json_object(const struct op_node *node, size_t depth, struct text *out)
{
	if (node->value == NULL && node->first == NULL) {
		/* A flag: JUNOS says [null]. */
		op_json_line(depth, "{\n", out);
		op_json_line(depth + 1, "\"data\" : null\n", out);
		op_json_line(depth, "}", out);
		return;
	}
	op_json_line(depth, "{\n", out);
	if (node->value != NULL) {
		op_json_line(depth + 1, "\"data\" : ", out);
		op_json_string(node->value, out);
		text_append(out, node->first == NULL ? "\n" : ",\n");
	}
	op_json_members(node, depth + 1, out);
	op_json_line(depth, "}", out);
}

static bool
op_json_is_first(const struct op_node *node)
{
	return op_find(node->parent, node->name) == node;
}

/* Siblings of one name in one array each, in the order of their first ones. */
static void
op_json_members(const struct op_node *node, size_t depth, struct text *out)
{
	const char *separator = "";

	assert(depth <= 2 * OP_TREE_DEPTH);
	for (const struct op_node *child = node->first; child != NULL; child = child->next) {
		if (!op_json_is_first(child)) {
			continue;
		}
		text_append(out, separator);
		op_json_line(depth, "", out);
		text_printf(out, "\"%s\" : [\n", child->name);
		for (const struct op_node *same = child; same != NULL; same = op_next(same)) {
			op_json_object(same, depth + 1, out);
			text_append(out, op_next(same) == NULL ? "\n" : ",\n");
		}
		op_json_line(depth, "]", out);
		separator = ",\n";
	}
	text_append(out, node->first == NULL ? "" : "\n");
}

static void
op_json_open(struct op_renderer *renderer, struct text *out)
{
	if (!renderer->started) {
		text_printf(out, "{\n    \"%s\" : [\n        {\n", renderer->rpc->root);
		renderer->started = true;
	}
}

void
op_json_add(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	op_json_open(renderer, out);
	for (const struct op_node *child = root->first; child != NULL; child = child->next) {
		if (strcmp(text_string(&renderer->last), child->name) == 0) {
			text_append(out, ",\n");
		} else {
			if (renderer->last.length > 0) {
				text_append(out, "\n");
				op_json_line(3, "],\n", out);
			}
			op_json_line(3, "", out);
			text_printf(out, "\"%s\" : [\n", child->name);
			text_clear(&renderer->last);
			text_append(&renderer->last, child->name);
		}
		op_json_object(child, 4, out);
	}
}

void
op_json_end(struct op_renderer *renderer, struct text *out)
{
	op_json_open(renderer, out);
	if (renderer->last.length > 0) {
		text_append(out, "\n");
		op_json_line(3, "]\n", out);
	}
	text_append(out, "        }\n    ]\n}\n");
}
