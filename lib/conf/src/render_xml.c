/*
 * Rendering as XML with JUNOS's element names.
 *
 * A part of the configuration comes with all that encloses it. The functions call themselves as deep as the schema goes.
 */
#include <string.h>

#include "render_private.h"
#include "tree_private.h"

enum { INDENT = 4 };

struct xml {
	struct text *out;
	size_t indent;
};

static void
append_escaped(struct text *out, const char *value)
{
	for (const char *c = value; *c != '\0'; c++) {
		switch (*c) {
		case '&':
			text_append(out, "&amp;");
			break;
		case '<':
			text_append(out, "&lt;");
			break;
		case '>':
			text_append(out, "&gt;");
			break;
		case '"':
			text_append(out, "&quot;");
			break;
		default:
			text_append_char(out, *c);
		}
	}
}

/* Of a list that stands for its container, the container's name. */
static const char *
element_of(const struct schema_node *schema)
{
	return schema->flat ? schema->parent->element : schema->element;
}

static void
append_marks(const struct xml *xml, const struct conf_node *node)
{
	text_append(xml->out, node->inactive ? " inactive=\"inactive\"" : "");
	text_append(xml->out, node->guarded ? " protect=\"protect\"" : "");
}

/* What is noted about the element that follows. */
static void
append_comment(const struct xml *xml, const struct conf_node *node)
{
	if (node->annotation != NULL) {
		text_append_repeated(xml->out, ' ', xml->indent);
		text_append(xml->out, "<junos:comment>/* ");
		append_escaped(xml->out, node->annotation);
		text_append(xml->out, " */</junos:comment>\n");
	}
}

/* `node`: whose marks the element bears; NULL for a key. */
static void
append_value(const struct xml *xml, const char *element, const char *value, const struct conf_node *node)
{
	text_append_repeated(xml->out, ' ', xml->indent);
	text_printf(xml->out, "<%s", element);
	if (node != NULL) {
		append_marks(xml, node);
	}
	text_append_char(xml->out, '>');
	append_escaped(xml->out, value);
	text_printf(xml->out, "</%s>\n", element);
}

static void
open_element(struct xml *xml, const struct conf_node *node)
{
	append_comment(xml, node);
	text_append_repeated(xml->out, ' ', xml->indent);
	text_printf(xml->out, "<%s", element_of(node->schema));
	append_marks(xml, node);
	text_append(xml->out, ">\n");
	xml->indent += INDENT;
	if (node->schema->kind == SCHEMA_LIST) {
		append_value(xml, node->schema->key_node->element, node->value, NULL);
		if (node->value2 != NULL) {
			append_value(xml, node->schema->second_key_node->element, node->value2, NULL);
		}
	}
}

static void
close_element(struct xml *xml, const struct conf_node *node)
{
	xml->indent -= INDENT;
	text_append_repeated(xml->out, ' ', xml->indent);
	text_printf(xml->out, "</%s>\n", element_of(node->schema));
}

static void render_node(struct xml *xml, const struct conf_node *node);

static void
render_children(struct xml *xml, const struct conf_node *node)
{
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		render_node(xml, child);
	}
}

/* A container that has nothing but a flat list is not there itself. */
static bool
is_transparent(const struct conf_node *node)
{
	const struct schema_node *bare = node->schema->keyword_less_child;

	return bare != NULL && bare->flat;
}

static void
render_node(struct xml *xml, const struct conf_node *node)
{
	if (tree_is_empty(node)) {
		return;
	}
	if (node->schema->kind == SCHEMA_LEAF || node->schema->kind == SCHEMA_LEAF_LIST) {
		append_comment(xml, node);
		append_value(xml, node->schema->element, node->value, node);
	} else if (is_transparent(node)) {
		render_children(xml, node);
	} else if (node->schema->kind != SCHEMA_LIST && tree_stands_alone(node)) {
		append_comment(xml, node);
		text_append_repeated(xml->out, ' ', xml->indent);
		text_printf(xml->out, "<%s", node->schema->element);
		append_marks(xml, node);
		text_append(xml->out, "/>\n");
	} else {
		open_element(xml, node);
		render_children(xml, node);
		close_element(xml, node);
	}
}

static bool
has_comments(const struct conf_node *root)
{
	for (const struct conf_node *node = root; node != NULL; node = tree_walk_next(node, root)) {
		if (node->annotation != NULL) {
			return true;
		}
	}
	for (const struct conf_node *node = root->parent; node != NULL; node = node->parent) {
		if (node->annotation != NULL) {
			return true;
		}
	}
	return false;
}

void
render_xml(const struct conf_node *node, struct text *out)
{
	const struct conf_node *chain[64];
	struct xml xml = {.out = out};
	size_t depth = 0;

	/* What encloses the node, from the outside. */
	for (const struct conf_node *at = node->parent; at != NULL && at->parent != NULL && depth < 64; at = at->parent) {
		if (!is_transparent(at)) {
			chain[depth++] = at;
		}
	}
	/* The prefix is declared where it is used only: a configuration without notes looks as JUNOS's does. */
	text_append(out, has_comments(node) ? "<configuration xmlns:junos=\"http://xml.juniper.net/junos/*/junos\">\n"
	                                    : "<configuration>\n");
	xml.indent = INDENT;
	for (size_t i = depth; i-- > 0;) {
		open_element(&xml, chain[i]);
	}
	if (node->parent == NULL) {
		render_children(&xml, node);
	} else {
		render_node(&xml, node);
	}
	for (size_t i = 0; i < depth; i++) {
		close_element(&xml, chain[i]);
	}
	text_append(out, "</configuration>\n");
}
