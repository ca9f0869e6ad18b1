/*
 * The schema for programs in any language: JSON. See schema_render_json(); sallyport.1 tells what the members mean.
 *
 * Strings are escaped here: what is not ASCII goes through as the UTF-8 that it is.
 */
#include <string.h>

#include "schema_private.h"

enum { INDENT = 1 };

struct json_writer {
	const struct schema *schema;
	struct text *out;
	size_t depth;
	bool first; /* of the object or array */
};

static void
append_string(struct text *out, const char *string)
{
	text_append_char(out, '"');
	for (const char *c = string; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			text_append_char(out, '\\');
			text_append_char(out, *c);
		} else if ((unsigned char)*c < ' ') {
			text_printf(out, "\\u%04x", (unsigned)(unsigned char)*c);
		} else {
			text_append_char(out, *c);
		}
	}
	text_append_char(out, '"');
}

static void
next_item(struct json_writer *writer)
{
	text_append(writer->out, writer->first ? "\n" : ",\n");
	text_append_repeated(writer->out, ' ', writer->depth * INDENT);
	writer->first = false;
}

static void
begin_member(struct json_writer *writer, const char *name)
{
	next_item(writer);
	append_string(writer->out, name);
	text_append(writer->out, ": ");
}

static void
open_bracket(struct json_writer *writer, char bracket)
{
	text_append_char(writer->out, bracket);
	writer->depth++;
	writer->first = true;
}

static void
close_bracket(struct json_writer *writer, char bracket)
{
	writer->depth--;
	text_append_char(writer->out, '\n');
	text_append_repeated(writer->out, ' ', writer->depth * INDENT);
	text_append_char(writer->out, bracket);
	writer->first = false;
}

/* NULL writes nothing. */
static void
add_string(struct json_writer *writer, const char *name, const char *value)
{
	if (value != NULL) {
		begin_member(writer, name);
		append_string(writer->out, value);
	}
}

/* False writes nothing. */
static void
add_flag(struct json_writer *writer, const char *name, bool value)
{
	if (value) {
		begin_member(writer, name);
		text_append(writer->out, "true");
	}
}

static void
add_words(struct json_writer *writer, const struct schema_node *node)
{
	size_t count;
	const struct schema_word *words = schema_words(node, &count);

	if (words == NULL) {
		return;
	}
	begin_member(writer, "words");
	open_bracket(writer, '[');
	for (size_t i = 0; i < count; i++) {
		next_item(writer);
		open_bracket(writer, '{');
		add_string(writer, "name", words[i].name);
		add_string(writer, "help", words[i].help);
		close_bracket(writer, '}');
	}
	close_bracket(writer, ']');
}

/* Space separated paths as an array. */
static void
add_reference(struct json_writer *writer, const char *paths)
{
	if (paths == NULL) {
		return;
	}
	begin_member(writer, "reference");
	open_bracket(writer, '[');
	while (*paths != '\0') {
		const size_t length = strcspn(paths, " ");
		struct text path = TEXT_EMPTY;

		text_append_bytes(&path, paths, length);
		next_item(writer);
		append_string(writer->out, text_string(&path));
		writer->out->failed = writer->out->failed || path.failed;
		text_release(&path);
		paths += length;
		paths += strspn(paths, " ");
	}
	close_bracket(writer, ']');
}

static void
add_value(struct json_writer *writer, const struct schema_node *node)
{
	add_string(writer, "type", node->type_name);
	add_string(writer, "range", node->range);
	add_string(writer, "units", node->units);
	add_string(writer, "default", node->default_value);
	add_words(writer, node);
	add_reference(writer, node->reference);
	add_flag(writer, "secret", node->secret);
}

static void
add_key(struct json_writer *writer, const char *name, const char *keyword, const struct schema_node *key)
{
	if (key == NULL) {
		return;
	}
	begin_member(writer, name);
	open_bracket(writer, '{');
	add_string(writer, "name", key->name);
	add_string(writer, "keyword", keyword);
	add_string(writer, "help", key->help);
	add_value(writer, key);
	close_bracket(writer, '}');
}

static bool
is_apply(const struct schema_node *node)
{
	return node->hidden && strncmp(node->name, SCHEMA_APPLY, strlen(SCHEMA_APPLY)) == 0;
}

static void add_node(struct json_writer *writer, const struct schema_node *node);

static void
add_children(struct json_writer *writer, const struct schema_node *node)
{
	bool applies = false;

	for (size_t i = 0; i < node->child_count; i++) {
		applies = applies || is_apply(node->children[i]);
	}
	add_flag(writer, "apply-groups", applies);
	if (node->whole) {
		add_string(writer, "contents", "configuration");
	} else if (node->child_count > 0) {
		begin_member(writer, "children");
		open_bracket(writer, '[');
		for (size_t i = 0; i < node->child_count; i++) {
			if (!is_apply(node->children[i])) {
				next_item(writer);
				add_node(writer, node->children[i]);
			}
		}
		close_bracket(writer, ']');
	}
}

/* => recursion goes as deep as our own modules */
static void
add_node(struct json_writer *writer, const struct schema_node *node)
{
	static const char *const kinds[] = {
	    [SCHEMA_CONTAINER] = "container",
	    [SCHEMA_PRESENCE] = "flag",
	    [SCHEMA_LEAF] = "leaf",
	    [SCHEMA_LEAF_LIST] = "leaf-list",
	    [SCHEMA_LIST] = "list",
	};

	open_bracket(writer, '{');
	add_string(writer, "name", node->name);
	add_string(writer, "element", strcmp(node->element, node->name) == 0 ? NULL : node->element);
	add_string(writer, "kind", kinds[node->kind]);
	add_string(writer, "help", node->help);
	add_flag(writer, "mandatory", node->mandatory);
	add_flag(writer, "ordered-by-user", node->user_ordered);
	add_flag(writer, "keyword-less", node->keyword_less);
	add_flag(writer, "one-line", node->oneliner);
	add_flag(writer, "prefix-form", node->prefix_form);
	add_flag(writer, "flat", node->flat);
	add_flag(writer, "hidden", node->hidden);
	if (node->most > 0) {
		begin_member(writer, "max-elements");
		text_printf(writer->out, "%u", node->most);
	}
	add_string(writer, "choice", node->choice);
	add_string(writer, "case", node->choice_case);
	add_flag(writer, "choice-mandatory", node->choice_mandatory);
	if (node->kind == SCHEMA_LEAF || node->kind == SCHEMA_LEAF_LIST) {
		add_value(writer, node);
		add_string(writer, "omitted", node->omitted);
	}
	add_key(writer, "key", NULL, node->key_node);
	add_key(writer, "second-key", node->second_key, node->second_key_node);
	add_children(writer, node);
	close_bracket(writer, '}');
}

void
schema_render_json(const struct schema *schema, struct text *out)
{
	struct json_writer writer = {.schema = schema, .out = out};

	open_bracket(&writer, '{');
	add_string(&writer, "format", "sallyport-schema");
	begin_member(&writer, "version");
	text_append(out, "1");
	begin_member(&writer, "configuration");
	add_node(&writer, schema_top(schema));
	close_bracket(&writer, '}');
	text_append_char(out, '\n');
}
