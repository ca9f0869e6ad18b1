/*
 * One tree into another, and out of it. See merge.h.
 *
 * The functions call themselves as deep as the schema goes, never as deep as an input.
 */
#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "tree_private.h"

static bool
excludes(const struct schema_node *left, const struct schema_node *right)
{
	return left->choice != NULL && right->choice != NULL && strcmp(left->choice, right->choice) == 0 &&
	    strcmp(left->choice_case, right->choice_case) != 0;
}

static void
remove_excluded(struct conf_node *parent, const struct schema_node *schema)
{
	struct conf_node *node = schema->choice == NULL ? NULL : parent->first;

	while (node != NULL) {
		struct conf_node *next = node->next;

		if (excludes(node->schema, schema)) {
			tree_remove(node);
		}
		node = next;
	}
}

/* "replace:" on the first of several values: all of them are replaced. */
static void
remove_values(struct conf_node *parent, const struct conf_node *from)
{
	const bool first = from->previous == NULL || from->previous->schema != from->schema;
	struct conf_node *node = first ? tree_first(parent, from->schema) : NULL;

	while (node != NULL) {
		struct conf_node *next = tree_next(node);

		tree_remove(node);
		node = next;
	}
}

/* What is said of a node: the newer word counts. */
static bool
merge_marks(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	to->inactive = from->inactive;
	to->guarded = to->guarded || from->guarded;
	tree->guarded = tree->guarded || from->guarded;
	to->line = from->line;
	if (from->annotation != NULL) {
		char *copy = strdup(from->annotation);

		if (copy == NULL) {
			return false;
		}
		free(to->annotation);
		to->annotation = copy;
	}
	return true;
}

static bool
add_node(struct conf_tree *tree, struct conf_node *parent, const struct conf_node *from, struct conf_node *next)
{
	remove_excluded(parent, from->schema);
	struct conf_node *copy = tree_copy_node(tree, parent, from, from->value, from->value2);

	if (copy != NULL && next != NULL) {
		/* In the place of what it replaces. */
		tree_unlink(copy);
		tree_link(tree, parent, copy, next);
	}
	return copy != NULL;
}

static bool
merge_children(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	for (const struct conf_node *node = from->first; node != NULL; node = node->next) {
		if (node->replaces && node->schema->kind == SCHEMA_LEAF_LIST) {
			remove_values(to, node);
		}
		struct conf_node *twin = tree_find(to, node->schema, node->value, node->value2);
		struct conf_node *next = NULL;

		if (twin != NULL && node->replaces) {
			next = tree_next(twin);
			tree_remove(twin);
			twin = NULL;
		}
		if (twin == NULL) {
			if (!add_node(tree, to, node, next)) {
				return false;
			}
			continue;
		}
		if (!merge_marks(tree, twin, node) ||
		    (node->schema->kind == SCHEMA_LEAF && !tree_set_value(twin, node->value)) ||
		    !merge_children(tree, twin, node)) {
			return false;
		}
	}
	return true;
}

bool
merge_tree(struct conf_tree *to, const struct conf_tree *from)
{
	return merge_children(to, to->top, from->top);
}

static bool
subtract_children(struct conf_node *to, const struct conf_node *from, struct diagnostics *list)
{
	bool good = true;

	for (const struct conf_node *node = from->first; node != NULL; node = node->next) {
		struct conf_node *twin = tree_find(to, node->schema, node->value, node->value2);

		if (twin == NULL || (node->schema->kind == SCHEMA_LEAF && strcmp(twin->value, node->value) != 0)) {
			good = edit_tell(list, node, CONF_NO_SUCH_STATEMENT);
			continue;
		}
		const bool all = node->first == NULL;

		good = subtract_children(twin, node, list) && good;
		if (!node->replaces && (all || twin->first == NULL)) {
			tree_remove(twin);
		}
	}
	return good;
}

bool
merge_subtract(struct conf_tree *to, const struct conf_tree *from, struct diagnostics *list)
{
	return subtract_children(to->top, from->top, list);
}

/* The node of another tree in the same place; NULL: there is none. */
static struct conf_node *
twin_of(const struct conf_tree *tree, const struct conf_node *node)
{
	if (node->parent == NULL) {
		return tree->top;
	}
	struct conf_node *parent = twin_of(tree, node->parent);

	return parent == NULL ? NULL : tree_find(parent, node->schema, node->value, node->value2);
}

static bool
same_string(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static bool
same_tree(const struct conf_node *left, const struct conf_node *right)
{
	if (left->schema != right->schema || left->count != right->count || left->inactive != right->inactive ||
	    !same_string(left->value, right->value) || !same_string(left->value2, right->value2)) {
		return false;
	}
	const struct conf_node *twin = right->first;

	for (const struct conf_node *node = left->first; node != NULL; node = node->next) {
		if (!same_tree(node, twin)) {
			return false;
		}
		twin = twin->next;
	}
	return true;
}

bool
merge_keeps_protected(const struct conf_tree *before, const struct conf_tree *after, struct diagnostics *list)
{
	bool good = true;

	for (const struct conf_node *node = before->guarded ? before->top : NULL; node != NULL;
	     node = tree_walk_next(node, before->top)) {
		if (!node->guarded) {
			continue;
		}
		const struct conf_node *twin = twin_of(after, node);

		if (twin == NULL || !same_tree(node, twin)) {
			good = edit_tell(list, node, "this is protected: unprotect it first");
		}
	}
	return good;
}
