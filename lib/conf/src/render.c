/*
 * Rendering a tree as set lines and as curly text, in the canonical form.
 *
 * The functions call themselves as deep as the schema goes, never as deep as an input. Containers in which nothing
 * stands are not shown. Failed allocations stick in the text.
 */
#include <string.h>

#include "apply_path.h"
#include "conf/conf.h"
#include "conf/groups.h"
#include "conf/wrapped.h"
#include "render_private.h"
#include "schema_private.h"
#include "tree_private.h"

enum { INDENT = 4 };

/* --- set lines --------------------------------------------------------------------------------------------------- */

/* Protection comes last: nothing changes the node after it. */
static void
render_set_marks(struct text *out, const struct text *words, const struct conf_node *node)
{
	if (node->annotation != NULL) {
		text_printf(out, "annotate %s ", text_string(words));
		tree_append_quoted(out, node->annotation);
		text_append_char(out, '\n');
	}
	if (node->inactive) {
		text_printf(out, "deactivate %s\n", text_string(words));
	}
	if (node->guarded) {
		text_printf(out, "protect %s\n", text_string(words));
	}
}

/* `prefix` holds the words down to the node's parent. */
static void
render_set(struct text *out, struct text *prefix, const struct conf_node *node)
{
	const size_t length = prefix->length;

	if (length > 0) {
		text_append_char(prefix, ' ');
	}
	tree_append_words(prefix, node);
	if (tree_stands_alone(node)) {
		text_append(out, "set ");
		text_append_bytes(out, text_string(prefix), prefix->length);
		text_append_char(out, '\n');
	} else {
		for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
			if (!tree_is_empty(child)) {
				render_set(out, prefix, child);
			}
		}
	}
	if (node->annotation != NULL || node->inactive || node->guarded) {
		/* A leaf is named without its value. */
		if (node->schema->kind == SCHEMA_LEAF && !node->schema->keyword_less && prefix->bytes != NULL) {
			prefix->length = length + (length > 0 ? 1 : 0);
			text_append(prefix, node->schema->name);
		}
		render_set_marks(out, prefix, node);
	}
	if (prefix->bytes != NULL) {
		prefix->length = length;
		prefix->bytes[length] = '\0';
	}
}

static void
render_set_all(const struct conf_node *node, struct text *out)
{
	struct text prefix = TEXT_EMPTY;

	if (node->parent == NULL || node->first != NULL) {
		conf_path(node, &prefix);
		for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
			if (!tree_is_empty(child)) {
				render_set(out, &prefix, child);
			}
		}
	} else if (node->schema->kind != SCHEMA_CONTAINER) {
		conf_path(node->parent, &prefix);
		render_set(out, &prefix, node);
	}
	out->failed = out->failed || prefix.failed;
	text_release(&prefix);
}

/* --- curly text -------------------------------------------------------------------------------------------------- */

static void
begin_indent(const struct curly *curly)
{
	if (curly->mark != NULL) {
		text_append(curly->out, curly->mark);
	}
	text_append_repeated(curly->out, ' ', curly->indent);
}

/* As JUNOS has it: between two empty comment lines. */
static void
add_remark(const struct curly *curly, const char *name, const char *before, const char *what, const char *after)
{
	begin_indent(curly);
	text_printf(curly->out, "## %s%s%s%s\n", name, before, what, after);
}

/* Does an apply-path stand for the node? Then it is told at that. */
static bool
is_by_path(const struct curly *curly, const struct conf_node *node)
{
	return curly->remarks == RENDER_INHERITANCE && node->inherited != NULL &&
	    strcmp(node->inherited, CONF_BY_PATH) == 0;
}

/* What an apply-path stands for. */
static void
add_expansion(const struct curly *curly, const struct conf_node *apply)
{
	begin_indent(curly);
	text_append(curly->out, "##\n");
	add_remark(curly, SCHEMA_PATH, " was expanded to:", "", "");
	for (const struct conf_node *node = apply->parent->first; node != NULL; node = node->next) {
		if (is_by_path(curly, node)) {
			add_remark(curly, "    ", "", node->value, ";");
		}
	}
	begin_indent(curly);
	text_append(curly->out, "##\n");
}

static void
add_remarks(const struct curly *curly, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	const char *name = node->value == NULL || curly->remarks == RENDER_DETAIL ? schema->name : node->value;

	if (curly->remarks == RENDER_INHERITANCE && apply_path_is(schema)) {
		add_expansion(curly, node);
	}
	if (curly->remarks == RENDER_INHERITANCE && node->inherited == NULL) {
		return;
	}
	begin_indent(curly);
	text_append(curly->out, "##\n");
	if (curly->remarks == RENDER_INHERITANCE) {
		begin_indent(curly);
		text_printf(curly->out, "## '%s' was inherited from group '%s'\n", schema->secret ? schema->name : name,
		    node->inherited);
	} else {
		add_remark(curly, schema->keyword_less ? schema->key_node == NULL ? schema->name : schema->key : name, ": ",
		    schema->help, "");
		if (schema->range != NULL) {
			add_remark(curly, "range", ": ", schema->range, "");
		}
		if (schema->units != NULL) {
			add_remark(curly, "unit", ": ", schema->units, "");
		}
		if (schema->default_value != NULL) {
			add_remark(curly, "default", ": ", schema->default_value, "");
		}
	}
	begin_indent(curly);
	text_append(curly->out, "##\n");
}

/* What stands before a statement: indentation, "inactive: ", the name of a container in prefix form. */
static void
begin_line(const struct curly *curly, const struct conf_node *node)
{
	if (curly->remarks != RENDER_PLAIN) {
		add_remarks(curly, node);
	}
	if (node->annotation != NULL) {
		begin_indent(curly);
		text_printf(curly->out, "/* %s */\n", node->annotation);
	}
	begin_indent(curly);
	if (node->guarded) {
		text_append(curly->out, "protect: ");
	}
	if (node->inactive) {
		text_append(curly->out, "inactive: ");
	}
	if (curly->prefix != NULL) {
		text_printf(curly->out, "%s ", curly->prefix);
	}
}

/* The values of a leaf-list from `node` on, as one word or in brackets. Returns the last of them. */
const struct conf_node *
render_values(struct text *out, const struct conf_node *node)
{
	const struct conf_node *last = node;
	size_t count = 1;

	while (tree_next(last) != NULL && tree_next(last)->inactive == node->inactive &&
	    tree_next(last)->guarded == node->guarded) {
		last = tree_next(last);
		count++;
	}
	text_append(out, node->schema->name);
	text_append(out, count > 1 ? " [" : "");
	for (const struct conf_node *value = node;; value = value->next) {
		text_append_char(out, ' ');
		tree_append_word(out, value->value);
		if (value == last) {
			break;
		}
	}
	text_append(out, count > 1 ? " ]" : "");
	return last;
}

/* Needs a line of its own for what is said of it. */
static bool
is_marked(const struct conf_node *node)
{
	return node->inactive || node->guarded || node->annotation != NULL;
}

/* May all children stand on the node's own line? */
static bool
fits_one_line(const struct curly *curly, const struct conf_node *node)
{
	if (!node->schema->oneliner) {
		return false;
	}
	/* Inherited statements among written ones are told one by one. */
	for (const struct conf_node *child = node->first; curly->remarks == RENDER_INHERITANCE && child != NULL;
	     child = child->next) {
		if (child->inherited != NULL && node->inherited == NULL) {
			return false;
		}
	}
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		if (child->first != NULL || is_marked(child)) {
			return false;
		}
	}
	return true;
}

/* As JUNOS marks a secret in a form that hides it, or a hash. */
static const char *
remark_secret(const struct conf_node *node)
{
	return node->schema->secret && node->value != NULL && node->value[0] == '$' && strncmp(node->value, CONF_WRAPPED, strlen(CONF_WRAPPED)) != 0
	    ? " ## SECRET-DATA"
	    : "";
}

void
render_curly_node(const struct curly *curly, const struct conf_node *node)
{
	struct text *out = curly->out;

	if (tree_is_empty(node) || is_by_path(curly, node)) {
		return;
	}
	if (node->schema->prefix_form && !is_marked(node) && curly->prefix == NULL) {
		struct curly inner = *curly;

		inner.prefix = node->schema->name;
		render_curly_children(&inner, node);
		return;
	}
	begin_line(curly, node);
	tree_append_words(out, node);
	if (tree_stands_alone(node)) {
		text_printf(out, ";%s\n", remark_secret(node));
		return;
	}
	if (fits_one_line(curly, node)) {
		const char *remark = "";

		for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
			text_append_char(out, ' ');
			if (child->schema->kind == SCHEMA_LEAF_LIST) {
				child = render_values(out, child);
			} else {
				tree_append_words(out, child);
				remark = *remark == '\0' ? remark_secret(child) : remark;
			}
		}
		text_printf(out, ";%s\n", remark);
		return;
	}
	struct curly inner = *curly;

	inner.indent += INDENT;
	inner.prefix = NULL;
	text_append(out, " {\n");
	render_curly_children(&inner, node);
	begin_indent(curly);
	text_append(out, "}\n");
}

const struct conf_node *
render_curly_values(const struct curly *curly, const struct conf_node *first)
{
	begin_line(curly, first);
	const struct conf_node *last = render_values(curly->out, first);

	text_append(curly->out, ";\n");
	return last;
}

void
render_curly_children(const struct curly *curly, const struct conf_node *node)
{
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		if (child->schema->kind == SCHEMA_LEAF_LIST) {
			child = render_curly_values(curly, child);
		} else {
			render_curly_node(curly, child);
		}
	}
}

static void
render_curly_all(const struct conf_node *node, enum render_remarks remarks, struct text *out)
{
	const struct curly curly = {.out = out, .remarks = remarks};

	if (node->parent == NULL || node->first != NULL) {
		render_curly_children(&curly, node);
	} else {
		render_curly_node(&curly, node);
	}
}

void
conf_render(const struct conf_node *node, enum conf_format format, struct text *out)
{
	switch (format) {
	case CONF_FORMAT_SET:
		render_set_all(node, out);
		return;
	case CONF_FORMAT_AUTO:
	case CONF_FORMAT_TEXT:
		render_curly_all(node, RENDER_PLAIN, out);
		return;
	case CONF_FORMAT_JSON:
		render_json(node, out);
		return;
	case CONF_FORMAT_XML:
		render_xml(node, out);
		return;
	}
}

void
conf_render_remarks(const struct conf_node *node, enum conf_remarks remarks, struct text *out)
{
	render_curly_all(node, remarks == CONF_REMARKS_DETAIL ? RENDER_DETAIL : RENDER_INHERITANCE, out);
}
