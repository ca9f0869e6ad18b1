/*
 * Reading the words of a set, delete, edit, show or insert line: which part of the schema, and of the tree, they lead to.
 *
 * Keywords may be unique prefixes. After a leaf's value the place is its container again: several leaves of one container
 * may stand on one line (REQ-CFG-004).
 */
#include <string.h>

#include "complete_private.h"

void
place_start(struct place *place, const struct conf_tree *tree, enum conf_verb verb)
{
	*place = (struct place){
	    .tree = tree,
	    .verb = verb,
	    .state = PLACE_AT_NODE,
	    .schema = schema_top(conf_tree_schema(tree)),
	    .node = conf_tree_top(tree),
	    .whole = verb == CONF_VERB_SHOW || verb == CONF_VERB_DELETE,
	};
}

void
place_release(struct place *place)
{
	text_release(&place->key);
	text_release(&place->from_zone);
	text_release(&place->to_zone);
}

bool
place_has(const struct conf_node *node, const struct schema_node *child)
{
	for (const struct conf_node *at = node == NULL ? NULL : node->first; at != NULL; at = at->next) {
		if (at->schema == child) {
			return true;
		}
	}
	return false;
}

static const struct schema_node *
place_find_child(const struct place *place, const char *word)
{
	const size_t length = strlen(word);
	const struct schema_node *found = schema_child(place->schema, word, length);
	size_t matches = 0;

	if (found != NULL && !found->keyword_less) {
		return found;
	}
	for (size_t i = 0; i < place->schema->child_count; i++) {
		const struct schema_node *child = place->schema->children[i];

		if (!child->hidden && !child->keyword_less && strncmp(child->name, word, length) == 0) {
			found = child;
			matches++;
		}
	}
	return matches == 1 ? found : NULL;
}

static void
place_enter(struct place *place, const struct schema_node *schema, const struct conf_node *node)
{
	place->state = PLACE_AT_NODE;
	place->schema = schema;
	place->node = node;
	place->child = NULL;
	place->whole = schema->kind != SCHEMA_CONTAINER || place->verb != CONF_VERB_SET;
}

static bool
place_take_key(struct place *place, const char *word)
{
	const struct schema_node *list = place->child;

	if (list->second_key == NULL) {
		place_enter(place, list, place->node == NULL ? NULL : conf_entry(place->node, list->name, word, NULL));
		return true;
	}
	text_clear(&place->key);
	text_append(&place->key, word);
	place->state = PLACE_WANTS_KEYWORD;
	place->whole = false;
	return true;
}

static bool
place_take_second_key(struct place *place, const char *word)
{
	const struct schema_node *list = place->child;
	const struct conf_node *entry =
	    place->node == NULL ? NULL : conf_entry(place->node, list->name, text_string(&place->key), word);

	if (strcmp(list->name, "from-zone") == 0 || strcmp(list->second_key, "to-zone") == 0) {
		text_clear(&place->from_zone);
		text_clear(&place->to_zone);
		text_append(&place->from_zone, text_string(&place->key));
		text_append(&place->to_zone, word);
	}
	place_enter(place, list, entry);
	return true;
}

/* A leaf has its value: back in its container. */
static void
place_leave_leaf(struct place *place)
{
	place->state = place->verb == CONF_VERB_SET ? PLACE_AT_NODE : PLACE_DONE;
	place->whole = true;
}

static bool
place_take_neighbour(struct place *place, const char *word)
{
	if (place->state == PLACE_WANTS_LIST) {
		place->state = PLACE_WANTS_NEIGHBOUR;
		return strcmp(word, place->schema->name) == 0;
	}
	place->state = PLACE_DONE;
	place->whole = true;
	return true;
}

/* What follows once a child's keyword is read (or left out, for keyword-less ones). */
static void
place_begin(struct place *place, const struct schema_node *child)
{
	place->child = child;
	/* A statement that means something without its value may end here. */
	place->whole = place->verb == CONF_VERB_SET ? child->omitted != NULL : place->verb != CONF_VERB_EDIT;
	switch (child->kind) {
	case SCHEMA_CONTAINER:
		place_enter(place, child, conf_child(place->node, child->name));
		break;
	case SCHEMA_PRESENCE:
		if (child->child_count == 0) {
			place_leave_leaf(place);
		} else {
			place_enter(place, child, conf_child(place->node, child->name));
		}
		break;
	case SCHEMA_LEAF:
	case SCHEMA_LEAF_LIST:
		place->state = PLACE_WANTS_VALUE;
		break;
	case SCHEMA_LIST:
		place->state = PLACE_WANTS_KEY;
		break;
	}
}

static bool
place_take_child(struct place *place, const char *word)
{
	const struct schema_node *child = place_find_child(place, word);

	if (place->verb == CONF_VERB_INSERT && place->schema->kind == SCHEMA_LIST && place->schema->user_ordered &&
	    (strcmp(word, "before") == 0 || strcmp(word, "after") == 0)) {
		place->state = PLACE_WANTS_LIST;
		place->whole = false;
		return true;
	}
	if (place->verb == CONF_VERB_RENAME && place->schema->kind == SCHEMA_LIST && strcmp(word, "to") == 0) {
		place->state = place->schema->keyword_less ? PLACE_WANTS_NEIGHBOUR : PLACE_WANTS_LIST;
		place->whole = false;
		return true;
	}
	if (child == NULL && place->schema->keyword_less_child == NULL) {
		return false;
	}
	if (child != NULL) {
		place_begin(place, child);
		return true;
	}
	place_begin(place, place->schema->keyword_less_child);
	return place->state != PLACE_AT_NODE && place_take(place, word);
}

bool
place_take(struct place *place, const char *word)
{
	place->words++;
	switch (place->state) {
	case PLACE_AT_NODE:
		return place_take_child(place, word);
	case PLACE_WANTS_KEY:
		return place_take_key(place, word);
	case PLACE_WANTS_KEYWORD:
		place->state = PLACE_WANTS_KEY2;
		return strcmp(word, place->child->second_key) == 0;
	case PLACE_WANTS_KEY2:
		return place_take_second_key(place, word);
	case PLACE_WANTS_VALUE:
		if (strcmp(word, "[") == 0 && place->child->kind == SCHEMA_LEAF_LIST) {
			place->state = PLACE_IN_BRACKETS;
			place->whole = false;
		} else {
			place_leave_leaf(place);
		}
		return true;
	case PLACE_IN_BRACKETS:
		if (strcmp(word, "]") == 0) {
			place_leave_leaf(place);
		}
		return true;
	case PLACE_WANTS_LIST:
	case PLACE_WANTS_NEIGHBOUR:
		return place_take_neighbour(place, word);
	case PLACE_DONE:
		return false;
	}
	return false;
}
