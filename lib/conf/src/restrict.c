/*
 * Statements that somebody may not see or change. See conf/restrict.h.
 *
 * The functions call themselves as deep as the schema goes, never as deep as an input.
 */
#include "conf/restrict.h"

#include <string.h>

#include "tree_private.h"

struct asker {
	conf_may *may;
	void *context;
};

static bool
allowed(const struct asker *asker, const struct conf_node *node)
{
	return asker->may(asker->context, node);
}

static size_t
restrict_below(struct conf_node *parent, const struct asker *asker)
{
	struct conf_node *next;
	size_t gone = 0;

	for (struct conf_node *child = parent->first; child != NULL; child = next) {
		size_t below = 0;

		next = child->next;
		if (child->first != NULL) {
			below = restrict_below(child, asker);
		} else if (!allowed(asker, child)) {
			below = 1;
		}
		if (below > 0 && child->first == NULL) {
			tree_remove(child);
		}
		gone += below;
	}
	return gone;
}

size_t
conf_restrict(struct conf_tree *tree, conf_may *may, void *context)
{
	const struct asker asker = {.may = may, .context = context};

	return restrict_below(tree->top, &asker);
}

bool
conf_hide_secrets(struct conf_tree *tree)
{
	struct conf_node *node = tree->top;

	while (node != NULL) {
		if (node->schema->secret && node->value != NULL &&
		    !tree_set_value(node, CONF_HIDDEN_SECRET)) {
			return false;
		}
		node = tree_walk_next(node, tree->top);
	}
	return true;
}

/* --- changes
 * ----------------------------------------------------------------------------------------------------
 */

/* The first statement of the node and all below it that is not allowed. */
static const struct conf_node *
denied_below(const struct conf_node *node, const struct asker *asker)
{
	if (node->first == NULL) {
		return tree_is_empty(node) || allowed(asker, node) ? NULL : node;
	}
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		const struct conf_node *denied = denied_below(child, asker);

		if (denied != NULL) {
			return denied;
		}
	}
	return NULL;
}

static const struct conf_node *
twin(const struct conf_node *parent, const struct conf_node *node)
{
	const bool keyed =
	    node->schema->kind == SCHEMA_LIST || node->schema->kind == SCHEMA_LEAF_LIST;

	return tree_find(
	    parent, node->schema, keyed ? node->value : NULL, keyed ? node->value2 : NULL);
}

static bool
same_text(const char *left, const char *right)
{
	return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool
same_itself(const struct conf_node *left, const struct conf_node *right)
{
	return left->inactive == right->inactive && left->guarded == right->guarded &&
	       same_text(left->annotation, right->annotation) &&
	       same_text(left->value, right->value) &&
	       (left->first == NULL) == (right->first == NULL);
}

static const struct conf_node *denied_between(
    const struct conf_node *before, const struct conf_node *after, const struct asker *asker);

/* What is in both, in the other order: all that stands between is taken as moved. */
static const struct conf_node *
denied_order(
    const struct conf_node *before, const struct conf_node *after, const struct asker *asker)
{
	const struct conf_node *left = before->first;
	const struct conf_node *right = after->first;
	const struct conf_node *denied = NULL;

	while (denied == NULL) {
		while (left != NULL && twin(after, left) == NULL) {
			left = left->next;
		}
		while (right != NULL && twin(before, right) == NULL) {
			right = right->next;
		}
		if (left == NULL || right == NULL) {
			break;
		}
		if (twin(after, left) != right) {
			denied = denied_below(right, asker);
		}
		left = left->next;
		right = right->next;
	}
	return denied;
}

static const struct conf_node *
denied_pair(const struct conf_node *left, const struct conf_node *right, const struct asker *asker)
{
	const struct conf_node *denied = NULL;

	if (!same_itself(left, right)) {
		denied = denied_below(left, asker);
		return denied == NULL ? denied_below(right, asker) : denied;
	}
	return left->first == NULL ? NULL : denied_between(left, right, asker);
}

static const struct conf_node *
denied_between(
    const struct conf_node *before, const struct conf_node *after, const struct asker *asker)
{
	const struct conf_node *denied = NULL;

	for (const struct conf_node *child = before->first; child != NULL && denied == NULL;
	     child = child->next) {
		const struct conf_node *other = twin(after, child);

		denied =
		    other == NULL ? denied_below(child, asker) : denied_pair(child, other, asker);
	}
	for (const struct conf_node *child = after->first; child != NULL && denied == NULL;
	     child = child->next) {
		if (twin(before, child) == NULL) {
			denied = denied_below(child, asker);
		}
	}
	return denied == NULL ? denied_order(before, after, asker) : denied;
}

const struct conf_node *
conf_denied_change(
    const struct conf_tree *before, const struct conf_tree *after, conf_may *may, void *context)
{
	const struct asker asker = {.may = may, .context = context};

	return denied_between(before->top, after->top, &asker);
}
