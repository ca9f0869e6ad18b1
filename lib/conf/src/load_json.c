/*
 * Reading JSON in JUNOS's shape, as render_json.c writes it.
 *
 * jansson reads the text; the walk over it is led by the schema and goes no deeper. What does not fit costs itself only.
 * jansson tells no lines of values, so errors carry the path; those of the text itself carry the line.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_private.h"
#include "schema_private.h"
#include "tree_private.h"
#include "wildcard.h"

struct json_reader {
	const struct load *load;
	struct load_value value;
};

static void
tell(struct json_reader *reader, const struct conf_node *node, const char *name, const char *sentence)
{
	load_tell(reader->load, DIAGNOSTIC_ERROR, (struct load_place){.level = node, .statement = name}, "%s", sentence);
}

/* Checks a value and keeps its canonical spelling in reader->value. */
static bool
take_value(struct json_reader *reader, const struct conf_node *node, const struct schema_node *schema,
    const json_t *value)
{
	char number[32];
	const char *string = NULL;
	size_t length = 0;

	if (json_is_string(value)) {
		string = json_string_value(value);
		length = json_string_length(value);
	} else if (json_is_integer(value)) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		string = number;
		length = strlen(number);
	}
	if (string == NULL) {
		tell(reader, node, schema->element, "a string or a number is expected");
		return false;
	}
	if (!load_check_value(reader->load, schema, string, length, &reader->value)) {
		if (reader->value.problem.length > 0) {
			tell(reader, node, schema->element, text_string(&reader->value.problem));
		}
		return false;
	}
	return true;
}

static void read_object(struct json_reader *reader, struct conf_node *node, const json_t *object);

static void
take_marks(struct json_reader *reader, struct conf_node *node, const json_t *marks)
{
	const char *comment = json_string_value(json_object_get(marks, "comment"));

	if (json_is_true(json_object_get(marks, "inactive"))) {
		node->inactive = true;
	}
	if (json_is_true(json_object_get(marks, "protect"))) {
		node->guarded = true;
		reader->load->tree->guarded = true;
	}
	if (comment != NULL && !load_annotate(node, comment, strlen(comment))) {
		tell(reader, node, "comment", LOAD_BAD_COMMENT);
	}
}

/* The marks of a member of an object: one object, or of values an array with one each. */
static void
take_member_marks(struct json_reader *reader, struct conf_node *node, const struct schema_node *schema,
    const json_t *marks)
{
	struct conf_node *child = tree_first(node, schema);
	const bool each = json_is_array(marks);

	for (size_t i = 0; child != NULL && schema->kind != SCHEMA_LIST; child = tree_next(child)) {
		take_marks(reader, child, each ? json_array_get(marks, i++) : marks);
	}
}

/* Inside an entry of `groups`, <*> and <ge-*> stand for names. */
static bool
take_key(struct json_reader *reader, const struct conf_node *parent, const struct schema_node *schema,
    const json_t *value)
{
	const char *string = json_string_value(value);
	const struct conf_node *node = parent;

	while (node != NULL && !node->schema->whole) {
		node = node->parent;
	}
	if (node == NULL || string == NULL || !wildcard_is_name(string)) {
		return take_value(reader, parent, schema, value);
	}
	text_clear(&reader->value.canonical);
	text_append(&reader->value.canonical, string);
	if (text_failed(&reader->value.canonical)) {
		diagnostics_no_memory(reader->load->list);
	}
	return !text_failed(&reader->value.canonical);
}

static void
read_entry(struct json_reader *reader, struct conf_node *parent, const struct schema_node *schema, const json_t *object)
{
	const json_t *key = json_object_get(object, schema->key_node->element);
	const json_t *second =
	    schema->second_key_node == NULL ? NULL : json_object_get(object, schema->second_key_node->element);
	char *first = NULL;
	char *other = NULL;

	if (key == NULL || (schema->second_key_node != NULL && second == NULL)) {
		tell(reader, parent, schema->element, "an entry has no name");
		return;
	}
	if (!take_key(reader, parent, schema->key_node, key)) {
		return;
	}
	first = text_take(&reader->value.canonical);
	if (second != NULL) {
		if (!take_key(reader, parent, schema->second_key_node, second)) {
			free(first);
			return;
		}
		other = text_take(&reader->value.canonical);
	}
	if (first == NULL || (second != NULL && other == NULL)) {
		diagnostics_no_memory(reader->load->list);
	} else {
		struct conf_node *entry = load_child(reader->load, parent, schema, first, other);

		if (entry != NULL) {
			take_marks(reader, entry, json_object_get(object, "@"));
			read_object(reader, entry, object);
		}
	}
	free(first);
	free(other);
}

static void
read_entries(struct json_reader *reader, struct conf_node *parent, const struct schema_node *schema, const json_t *value)
{
	size_t index;
	const json_t *entry;

	if (json_is_object(value)) {
		read_entry(reader, parent, schema, value);
		return;
	}
	json_array_foreach(value, index, entry)
	{
		if (json_is_object(entry)) {
			read_entry(reader, parent, schema, entry);
		} else {
			tell(reader, parent, schema->element, "an array of objects is expected");
		}
	}
}

static void
read_leaf(struct json_reader *reader, struct conf_node *parent, const struct schema_node *schema, const json_t *value)
{
	if (take_value(reader, parent, schema, value)) {
		(void)load_child(reader->load, parent, schema, text_string(&reader->value.canonical), NULL);
	}
}

static bool
is_flag(const json_t *value)
{
	return json_is_null(value) || json_is_true(value) ||
	    (json_is_array(value) && json_array_size(value) == 1 && json_is_null(json_array_get(value, 0)));
}

static void
read_container(struct json_reader *reader, struct conf_node *parent, const struct schema_node *schema,
    const json_t *value)
{
	const struct schema_node *bare = schema->keyword_less_child;
	const bool flag = schema->kind == SCHEMA_PRESENCE && is_flag(value);
	const bool entries = bare != NULL && bare->flat && json_is_array(value);

	if (!flag && !entries && (!json_is_object(value) || schema->child_count == 0)) {
		tell(reader, parent, schema->element,
		    schema->kind == SCHEMA_PRESENCE ? "[null] or an object is expected" : "an object is expected");
		return;
	}
	struct conf_node *node = load_child(reader->load, parent, schema, NULL, NULL);

	if (node == NULL || flag) {
		return;
	}
	if (entries) {
		read_entries(reader, node, bare, value);
		return;
	}
	take_marks(reader, node, json_object_get(value, "@"));
	read_object(reader, node, value);
}

static void
read_child(struct json_reader *reader, struct conf_node *node, const struct schema_node *schema, const json_t *value)
{
	size_t index;
	const json_t *item;

	switch (schema->kind) {
	case SCHEMA_CONTAINER:
	case SCHEMA_PRESENCE:
		read_container(reader, node, schema, value);
		break;
	case SCHEMA_LEAF:
		read_leaf(reader, node, schema, value);
		break;
	case SCHEMA_LEAF_LIST:
		if (!json_is_array(value)) {
			read_leaf(reader, node, schema, value);
			break;
		}
		json_array_foreach(value, index, item)
		{
			read_leaf(reader, node, schema, item);
		}
		break;
	case SCHEMA_LIST:
		if (json_is_array(value) || json_is_object(value)) {
			read_entries(reader, node, schema, value);
		} else {
			tell(reader, node, schema->element, "an array of objects is expected");
		}
		break;
	}
}

static const struct schema_node *
find_element(const struct schema_node *schema, const char *name)
{
	for (size_t i = 0; i < schema->child_count; i++) {
		if (strcmp(schema->children[i]->element, name) == 0) {
			return schema->children[i];
		}
	}
	return NULL;
}

static void
read_object(struct json_reader *reader, struct conf_node *node, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (*name == '@' || load_is_key(node->schema, name)) {
			continue;
		}
		const struct schema_node *schema = find_element(node->schema, name);

		if (schema == NULL || schema_nests_groups(node->schema, schema)) {
			tell(reader, node, name, "this is not possible here");
			continue;
		}
		read_child(reader, node, schema, value);
		char key[80];

		(void)snprintf(key, sizeof(key), "@%s", name);
		take_member_marks(reader, node, schema, json_object_get(object, key));
	}
}

void
load_json(const struct load *load)
{
	struct json_reader reader = {.load = load};
	json_error_t error;
	json_t *whole = json_loadb(load->bytes, load->length, JSON_REJECT_DUPLICATES, &error);
	const json_t *configuration = json_object_get(whole, "configuration");

	if (whole == NULL) {
		if (json_error_code(&error) == json_error_out_of_memory) {
			diagnostics_no_memory(load->list);
		} else {
			load_tell(load, DIAGNOSTIC_ERROR,
			    (struct load_place){.line = error.line > 0 ? (uint32_t)error.line : 1},
			    "this is not JSON: %s", error.text);
		}
	} else if (!json_is_object(configuration)) {
		load_tell(load, DIAGNOSTIC_ERROR, (struct load_place){.line = 1},
		    "the text has no object 'configuration'");
	} else {
		read_object(&reader, conf_tree_top(load->tree), configuration);
	}
	json_decref(whole);
	load_value_release(&reader.value);
}
