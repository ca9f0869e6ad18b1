/*
 * What the readers of JSON and XML do alike: a value is checked, its node found or made, a comment put to it. See load_private.h.
 */
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "load_private.h"
#include "schema_private.h"
#include "tree_private.h"

enum { SHOWN = 60 };

void
load_value_release(struct load_value *value)
{
	text_release(&value->canonical);
	text_release(&value->problem);
}

bool
load_check_value(const struct load *load, const struct schema_node *schema, const char *bytes, size_t length,
    struct load_value *value)
{
	struct text why = TEXT_EMPTY;
	const struct value_result result = {.canonical = &value->canonical, .error = &why};

	text_clear(&value->canonical);
	text_clear(&value->problem);
	const bool good = value_check(load->tree->schema, schema, bytes, length, &result);

	if (!good && !schema->secret) {
		text_printf(&value->problem, "'%.*s' is not possible here: %s", length > SHOWN ? SHOWN : (int)length, bytes,
		    text_string(&why));
	} else if (!good) {
		text_printf(&value->problem, "this is not possible here: %s", text_string(&why));
	}
	if (text_failed(good ? &value->canonical : &value->problem)) {
		text_clear(&value->problem);
		diagnostics_no_memory(load->list);
	}
	text_release(&why);
	return good && !text_failed(&value->canonical);
}

struct conf_node *
load_child(const struct load *load, struct conf_node *parent, const struct schema_node *schema, const char *value,
    const char *value2)
{
	struct conf_node *node = tree_find(parent, schema, value, value2);

	if (node == NULL) {
		node = tree_add(load->tree, parent, schema, value, value2);
	} else if (schema->kind == SCHEMA_LEAF && !tree_set_value(node, value)) {
		node = NULL;
	}
	if (node == NULL) {
		diagnostics_no_memory(load->list);
	}
	return node;
}

bool
load_annotate(struct conf_node *node, const char *comment, size_t length)
{
	struct text note = TEXT_EMPTY;
	const bool good = edit_clean_annotation(comment, length, &note);

	if (good && note.length > 0) {
		free(node->annotation);
		node->annotation = text_take(&note);
	}
	text_release(&note);
	return good;
}

bool
load_is_key(const struct schema_node *schema, const char *element)
{
	return (schema->key_node != NULL && strcmp(schema->key_node->element, element) == 0) ||
	    (schema->second_key_node != NULL && strcmp(schema->second_key_node->element, element) == 0);
}
