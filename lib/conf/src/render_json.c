/*
 * Rendering as JSON in JUNOS's shape: containers are objects, lists arrays of objects, flags [null].
 *
 * A part of the configuration comes with all that encloses it. The functions call themselves as deep as the schema goes.
 * jansson writes; its objects keep the order.
 */
#include <jansson.h>
#include <string.h>

#include "render_private.h"
#include "schema_private.h"
#include "tree_private.h"

/* json_object_set_new() and the like take a NULL value for a failure: one short memory makes the whole NULL. */
static json_t *
value_of(const struct conf_node *node)
{
	const struct value_type *type = node->schema->type;

	if (type->base == VALUE_NUMBER) {
		return json_integer((json_int_t)strtoull(node->value, NULL, 10));
	}
	return json_string(node->value);
}

static bool
is_marked(const struct conf_node *node)
{
	return node->inactive || node->guarded || node->annotation != NULL;
}

/* What is said of a node: {"inactive": true, "protect": true, "comment": "..."}. */
static json_t *
marks_of(const struct conf_node *node)
{
	json_t *marks = json_object();
	bool good = marks != NULL;

	good = good && (!node->inactive || json_object_set_new(marks, "inactive", json_true()) == 0);
	good = good && (!node->guarded || json_object_set_new(marks, "protect", json_true()) == 0);
	good = good &&
	    (node->annotation == NULL || json_object_set_new(marks, "comment", json_string(node->annotation)) == 0);
	if (!good) {
		json_decref(marks);
		return NULL;
	}
	return marks;
}

/* Takes `marks` over. */
static bool
set_marks(json_t *object, const char *name, json_t *marks)
{
	struct text key = TEXT_EMPTY;

	text_printf(&key, "@%s", name);
	const bool good = !text_failed(&key) && json_object_set_new(object, text_string(&key), marks) == 0;

	if (text_failed(&key)) {
		json_decref(marks);
	}
	text_release(&key);
	return good;
}

/* The marks of all values of a statement, null for those without: written once, with the first of them. */
static bool
set_value_marks(json_t *object, const struct conf_node *node)
{
	bool any = false;

	if (node->previous != NULL && node->previous->schema == node->schema) {
		return true;
	}
	for (const struct conf_node *value = node; value != NULL; value = tree_next(value)) {
		any = any || is_marked(value);
	}
	if (!any) {
		return true;
	}
	json_t *array = json_array();

	for (const struct conf_node *value = node; value != NULL; value = tree_next(value)) {
		if (json_array_append_new(array, is_marked(value) ? marks_of(value) : json_null()) != 0) {
			json_decref(array);
			return false;
		}
	}
	return set_marks(object, node->schema->element, array);
}

static json_t *object_of(const struct conf_node *node);

/* The array under `name`, made when it is not there. Borrowed. */
static json_t *
array_in(json_t *object, const char *name)
{
	json_t *array = json_object_get(object, name);

	if (array == NULL && json_object_set_new(object, name, json_array()) == 0) {
		array = json_object_get(object, name);
	}
	return array;
}

static bool
add_child(json_t *object, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	const char *name = schema->element;

	switch (schema->kind) {
	case SCHEMA_LEAF:
		return json_object_set_new(object, name, value_of(node)) == 0 &&
		    (!is_marked(node) || set_marks(object, name, marks_of(node)));
	case SCHEMA_LEAF_LIST:
		return json_array_append_new(array_in(object, name), value_of(node)) == 0 && set_value_marks(object, node);
	case SCHEMA_LIST:
		return json_array_append_new(array_in(object, name), object_of(node)) == 0;
	case SCHEMA_PRESENCE:
		if (tree_stands_alone(node)) {
			return json_object_set_new(object, name, json_pack("[n]")) == 0 &&
			    (!is_marked(node) || set_marks(object, name, marks_of(node)));
		}
		break;
	case SCHEMA_CONTAINER:
		break;
	}
	const struct schema_node *bare = schema->keyword_less_child;

	if (bare == NULL || !bare->flat) {
		return json_object_set_new(object, name, object_of(node)) == 0;
	}
	for (const struct conf_node *entry = node->first; entry != NULL; entry = entry->next) {
		if (json_array_append_new(array_in(object, name), object_of(entry)) != 0) {
			return false;
		}
	}
	return true;
}

/* Key and attributes of a node's object. */
static bool
add_head(json_t *object, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;

	if (is_marked(node) && !set_marks(object, "", marks_of(node))) {
		return false;
	}
	if (schema->kind != SCHEMA_LIST) {
		return true;
	}
	return json_object_set_new(object, schema->key_node->element, json_string(node->value)) == 0 &&
	    (node->value2 == NULL ||
	        json_object_set_new(object, schema->second_key_node->element, json_string(node->value2)) == 0);
}

static json_t *
object_of(const struct conf_node *node)
{
	json_t *object = json_object();
	bool good = object != NULL && add_head(object, node);

	for (const struct conf_node *child = node->first; good && child != NULL; child = child->next) {
		good = tree_is_empty(child) || add_child(object, child);
	}
	if (!good) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Wraps `inner`, which holds one child of `node`, into node's own object. Takes `inner` over. */
static json_t *
wrap(json_t *inner, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	const struct schema_node *bare = schema->keyword_less_child;
	json_t *object = json_object();
	bool good = inner != NULL && object != NULL;

	if (good && bare != NULL && bare->flat) {
		/* The entries take the container's place: inner is {"list": [...]}. */
		json_t *entries = json_incref(json_object_get(inner, bare->element));

		good = json_object_set_new(object, schema->element, entries) == 0;
	} else if (good) {
		json_t *outer = json_object();

		good = outer != NULL && add_head(outer, node) && json_object_update(outer, inner) == 0;
		if (good && schema->kind == SCHEMA_LIST) {
			good = json_array_append_new(array_in(object, schema->element), outer) == 0;
		} else if (good) {
			good = json_object_set_new(object, schema->element, outer) == 0;
		} else {
			json_decref(outer);
		}
	}
	json_decref(inner);
	if (!good) {
		json_decref(object);
		return NULL;
	}
	return object;
}

void
render_json(const struct conf_node *node, struct text *out)
{
	json_t *object;

	if (node->parent == NULL) {
		object = object_of(node);
	} else {
		object = json_object();
		if (object != NULL && !add_child(object, node)) {
			json_decref(object);
			object = NULL;
		}
		for (const struct conf_node *at = node->parent; object != NULL && at->parent != NULL; at = at->parent) {
			object = wrap(object, at);
		}
	}
	json_t *whole = json_object();
	char *bytes = NULL;

	if (object != NULL && whole != NULL && json_object_set_new(whole, "configuration", object) == 0) {
		bytes = json_dumps(whole, JSON_INDENT(4));
	} else if (whole == NULL) {
		json_decref(object);
	}
	json_decref(whole);
	if (bytes == NULL) {
		out->failed = true;
		return;
	}
	text_append(out, bytes);
	text_append_char(out, '\n');
	free(bytes);
}
