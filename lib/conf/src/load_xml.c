/*
 * Reading XML with JUNOS's element names, as render_xml.c writes it.
 *
 * expat reads the text into elements, at most so deep; the walk over them is led by the schema. What does not fit costs itself
 * only. A document type, and with it every entity of its own, is refused: it could make a small text as large as memory.
 */
#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "load_private.h"
#include "schema_private.h"
#include "tree_private.h"
#include "wildcard.h"

enum { DEPTH_MOST = 64 };

struct element {
	char *name; /* without a prefix */
	struct text text;
	uint32_t line;
	bool inactive;
	bool guarded;
	bool replaces;
	struct element *parent;
	struct element *first;
	struct element *last;
	struct element *next;
};

struct xml_reader {
	const struct load *load;
	XML_Parser parser;
	struct element *root;
	struct element *open;
	size_t depth;
	bool stopped; /* it was told why */
	struct load_value value;
};

static void
stop(struct xml_reader *reader, const char *sentence)
{
	if (reader->stopped) {
		return;
	}
	reader->stopped = true;
	if (sentence == NULL) {
		diagnostics_no_memory(reader->load->list);
	} else {
		load_tell(reader->load, DIAGNOSTIC_ERROR,
		    (struct load_place){.line = (uint32_t)XML_GetCurrentLineNumber(reader->parser)}, "%s", sentence);
	}
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

/* --- elements ---------------------------------------------------------------------------------------------------- */

/* Without recursion, as the text may be deep before it is refused. */
static void
destroy_elements(struct element *root)
{
	struct element *element = root;

	while (element != NULL) {
		if (element->first != NULL) {
			element = element->first;
			continue;
		}
		struct element *parent = element == root ? NULL : element->parent;

		if (parent != NULL) {
			parent->first = element->next;
		}
		text_release(&element->text);
		free(element->name);
		free(element);
		element = parent;
	}
}

static const char *
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static void
start_element(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct xml_reader *reader = context;
	struct element *element = reader->stopped ? NULL : calloc(1, sizeof(*element));

	if (element == NULL || (element->name = strdup(local_name(name))) == NULL) {
		free(element);
		stop(reader, NULL);
		return;
	}
	element->line = (uint32_t)XML_GetCurrentLineNumber(reader->parser);
	for (size_t i = 0; attributes[i] != NULL; i += 2) {
		const char *attribute = local_name(attributes[i]);

		element->inactive = element->inactive || strcmp(attribute, "inactive") == 0;
		element->guarded = element->guarded || strcmp(attribute, "protect") == 0;
		element->replaces = element->replaces || strcmp(attribute, "replace") == 0;
	}
	element->parent = reader->open;
	if (reader->open == NULL) {
		reader->root = element;
	} else if (reader->open->last == NULL) {
		reader->open->first = element;
		reader->open->last = element;
	} else {
		reader->open->last->next = element;
		reader->open->last = element;
	}
	reader->open = element;
	if (++reader->depth > DEPTH_MOST) {
		stop(reader, "elements are nested deeper than 64");
	}
}

static void
end_element(void *context, const XML_Char *name)
{
	struct xml_reader *reader = context;

	(void)name;
	if (!reader->stopped) {
		reader->open = reader->open->parent;
		reader->depth--;
	}
}

static void
add_text(void *context, const XML_Char *bytes, int length)
{
	struct xml_reader *reader = context;

	if (reader->stopped || reader->open == NULL) {
		return;
	}
	text_append_bytes(&reader->open->text, bytes, (size_t)length);
	if (text_failed(&reader->open->text)) {
		stop(reader, NULL);
	}
}

static void
refuse_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(context, "a document type is not possible in a configuration");
}

/* --- into the tree ----------------------------------------------------------------------------------------------- */

static void
tell(struct xml_reader *reader, const struct conf_node *node, const struct element *element, const char *sentence)
{
	load_tell(reader->load, DIAGNOSTIC_ERROR,
	    (struct load_place){.line = element->line, .level = node, .statement = element->name}, "%s", sentence);
}

/* The element's text; blanks around it only count when it stands on one line. */
static const char *
value_of(struct element *element)
{
	struct text *text = &element->text;
	size_t skip = 0;

	if (text->length == 0 || memchr(text->bytes, '\n', text->length) == NULL) {
		return text_string(text);
	}
	while (text->length > 0 && strchr(" \t\r\n", text->bytes[text->length - 1]) != NULL) {
		text->bytes[--text->length] = '\0';
	}
	while (text->bytes[skip] != '\0' && strchr(" \t\r\n", text->bytes[skip]) != NULL) {
		skip++;
	}
	return text->bytes + skip;
}

/* Checks a value and keeps its canonical spelling in reader->value. */
static bool
take_value(struct xml_reader *reader, const struct conf_node *node, const struct schema_node *schema,
    struct element *element, bool is_key)
{
	const char *value = value_of(element);
	bool inside = false;

	for (const struct conf_node *at = node; is_key && at != NULL; at = at->parent) {
		inside = inside || at->schema->whole;
	}
	if (inside && wildcard_is_name(value)) {
		text_clear(&reader->value.canonical);
		text_append(&reader->value.canonical, value);
		if (text_failed(&reader->value.canonical)) {
			diagnostics_no_memory(reader->load->list);
		}
		return !text_failed(&reader->value.canonical);
	}
	if (!load_check_value(reader->load, schema, value, strlen(value), &reader->value)) {
		if (reader->value.problem.length > 0) {
			tell(reader, node, element, text_string(&reader->value.problem));
		}
		return false;
	}
	return true;
}

/* The child, found or made, with what its element says of it; NULL when memory is short. */
static struct conf_node *
child_node(struct xml_reader *reader, struct conf_node *parent, const struct schema_node *schema,
    const struct element *element, const char *value, const char *value2)
{
	struct conf_node *node = load_child(reader->load, parent, schema, value, value2);

	if (node != NULL) {
		node->line = element->line;
	}
	return node;
}

static void
set_marks(struct xml_reader *reader, struct conf_node *node, const struct element *element)
{
	node->inactive = element->inactive;
	node->guarded = element->guarded;
	node->replaces = element->replaces;
	reader->load->tree->guarded = reader->load->tree->guarded || element->guarded;
}

/* Readers return the node that a comment before the element is about; NULL: none. */
static void read_children(struct xml_reader *reader, struct conf_node *node, const struct element *element);

static struct element *
find_child(const struct element *element, const char *name)
{
	struct element *child = element->first;

	while (child != NULL && strcmp(child->name, name) != 0) {
		child = child->next;
	}
	return child;
}

static struct conf_node *
read_entry(struct xml_reader *reader, struct conf_node *parent, const struct schema_node *schema,
    const struct element *element)
{
	struct element *key = find_child(element, schema->key_node->element);
	struct element *second =
	    schema->second_key_node == NULL ? NULL : find_child(element, schema->second_key_node->element);
	struct conf_node *entry = NULL;
	char *first = NULL;
	char *other = NULL;

	if (key == NULL || (schema->second_key_node != NULL && second == NULL)) {
		tell(reader, parent, element, "an entry has no name");
		return NULL;
	}
	if (!take_value(reader, parent, schema->key_node, key, true)) {
		return NULL;
	}
	first = text_take(&reader->value.canonical);
	if (second != NULL) {
		if (!take_value(reader, parent, schema->second_key_node, second, true)) {
			free(first);
			return NULL;
		}
		other = text_take(&reader->value.canonical);
	}
	if (first == NULL || (second != NULL && other == NULL)) {
		diagnostics_no_memory(reader->load->list);
	} else if ((entry = child_node(reader, parent, schema, element, first, other)) != NULL) {
		set_marks(reader, entry, element);
		read_children(reader, entry, element);
	}
	free(first);
	free(other);
	return entry;
}

static struct conf_node *
read_leaf(struct xml_reader *reader, struct conf_node *parent, const struct schema_node *schema, struct element *element)
{
	struct conf_node *node = NULL;

	if (element->first != NULL) {
		tell(reader, parent, element, "a value is expected");
	} else if (take_value(reader, parent, schema, element, false)) {
		node = child_node(reader, parent, schema, element, text_string(&reader->value.canonical), NULL);
		if (node != NULL) {
			set_marks(reader, node, element);
		}
	}
	return node;
}

static struct conf_node *
read_container(struct xml_reader *reader, struct conf_node *parent, const struct schema_node *schema,
    const struct element *element)
{
	const struct schema_node *bare = schema->keyword_less_child;
	struct conf_node *node = child_node(reader, parent, schema, element, NULL, NULL);

	if (node == NULL) {
		return NULL;
	}
	if (bare != NULL && bare->flat) {
		return read_entry(reader, node, bare, element);
	}
	set_marks(reader, node, element);
	read_children(reader, node, element);
	return node;
}

static const struct schema_node *
find_schema(const struct schema_node *schema, const char *name)
{
	for (size_t i = 0; i < schema->child_count; i++) {
		if (strcmp(schema->children[i]->element, name) == 0 && !schema_nests_groups(schema, schema->children[i])) {
			return schema->children[i];
		}
	}
	return NULL;
}

static struct conf_node *
read_child(struct xml_reader *reader, struct conf_node *node, struct element *element)
{
	const struct schema_node *schema = find_schema(node->schema, element->name);

	if (schema == NULL) {
		tell(reader, node, element, "this is not possible here");
		return NULL;
	}
	switch (schema->kind) {
	case SCHEMA_CONTAINER:
	case SCHEMA_PRESENCE:
		return read_container(reader, node, schema, element);
	case SCHEMA_LEAF:
	case SCHEMA_LEAF_LIST:
		return read_leaf(reader, node, schema, element);
	case SCHEMA_LIST:
		return read_entry(reader, node, schema, element);
	}
	return NULL;
}

/* junos:comment: its text is a whole comment, with its signs. */
static void
set_comment(struct xml_reader *reader, struct conf_node *node, struct element *comment)
{
	const char *text = value_of(comment);
	size_t length = strlen(text);

	if (length >= 4 && memcmp(text, "/*", 2) == 0 && memcmp(text + length - 2, "*/", 2) == 0) {
		text += 2;
		length -= 4;
	}
	if (!load_annotate(node, text, length)) {
		tell(reader, node, comment, LOAD_BAD_COMMENT);
	}
}

static void
read_children(struct xml_reader *reader, struct conf_node *node, const struct element *element)
{
	struct element *comment = NULL;

	for (struct element *child = element->first; child != NULL && !reader->load->list->failed; child = child->next) {
		if (load_is_key(node->schema, child->name)) {
			continue;
		}
		if (strcmp(child->name, "comment") == 0 && find_schema(node->schema, "comment") == NULL) {
			comment = child;
			continue;
		}
		struct conf_node *made = read_child(reader, node, child);

		if (made != NULL && comment != NULL) {
			set_comment(reader, made, comment);
		}
		comment = NULL;
	}
}

/* The configuration may be an answer's only child. */
static struct element *
find_configuration(struct element *root)
{
	while (root != NULL && strcmp(root->name, "configuration") != 0) {
		root = root->first;
	}
	return root;
}

static void
parse(struct xml_reader *reader)
{
	const struct load *load = reader->load;

	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start_element, end_element);
	XML_SetCharacterDataHandler(reader->parser, add_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
	if (load->length > INT_MAX) {
		stop(reader, "the text is too long");
	} else if (XML_Parse(reader->parser, load->bytes, (int)load->length, 1) != XML_STATUS_OK && !reader->stopped) {
		const enum XML_Error error = XML_GetErrorCode(reader->parser);

		if (error == XML_ERROR_NO_MEMORY) {
			diagnostics_no_memory(reader->load->list);
		} else {
			load_tell(load, DIAGNOSTIC_ERROR,
			    (struct load_place){.line = (uint32_t)XML_GetCurrentLineNumber(reader->parser)},
			    "this is not XML: %s", XML_ErrorString(error));
		}
		reader->stopped = true;
	}
}

void
load_xml(const struct load *load)
{
	struct xml_reader reader = {.load = load, .parser = XML_ParserCreate(NULL)};

	if (reader.parser == NULL) {
		diagnostics_no_memory(load->list);
		return;
	}
	parse(&reader);
	const struct element *configuration = find_configuration(reader.root);

	if (!reader.stopped && configuration == NULL) {
		load_tell(load, DIAGNOSTIC_ERROR, (struct load_place){.line = 1}, "the text has no element 'configuration'");
	} else if (!reader.stopped) {
		read_children(&reader, conf_tree_top(load->tree), configuration);
	}
	destroy_elements(reader.root);
	XML_ParserFree(reader.parser);
	load_value_release(&reader.value);
}
