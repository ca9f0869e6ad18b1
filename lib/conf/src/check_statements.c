/*
 * The rules that the schema itself tells: what must stand somewhere, and what excludes what.
 */
#include <string.h>

#include "check_private.h"
#include "tree_private.h"

/* The first mandatory statement inside a container that is not there; NULL: none. */
static const struct schema_node *
first_mandatory(const struct schema_node *container)
{
	for (size_t i = 0; i < container->child_count; i++) {
		const struct schema_node *child = container->children[i];

		if (child->mandatory || child->choice_mandatory) {
			return child;
		}
		if (child->kind == SCHEMA_CONTAINER) {
			const struct schema_node *inner = first_mandatory(child);

			if (inner != NULL) {
				return inner;
			}
		}
	}
	return NULL;
}

static bool
same_choice(const struct schema_node *left, const struct schema_node *right)
{
	return left->choice != NULL && right->choice != NULL && strcmp(left->choice, right->choice) == 0;
}

static const struct conf_node *
first_active(const struct conf_node *node, const struct schema_node *schema)
{
	const struct conf_node *child = tree_first(node, schema);

	while (child != NULL && child->inactive) {
		child = tree_next(child);
	}
	return child;
}

/* "one of 'permit', 'deny', 'reject'" */
static void
tell_missing_choice(const struct check *check, const struct conf_node *node, const struct schema_node *first)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < node->schema->child_count; i++) {
		const struct schema_node *child = node->schema->children[i];

		if (same_choice(child, first)) {
			text_printf(&names, "%s'%s'", names.length == 0 ? "" : ", ", child->name);
		}
	}
	check_error(check, node, "missing mandatory statement: one of %s", text_string(&names));
	text_release(&names);
}

/* One of the choice's statements, and not two. `from` is its first statement. */
static void
check_choice(const struct check *check, const struct conf_node *node, size_t from)
{
	const struct schema_node *schema = node->schema;
	const struct schema_node *first = schema->children[from];
	const struct conf_node *there = NULL;

	for (size_t i = from; i < schema->child_count; i++) {
		const struct schema_node *child = schema->children[i];

		if (!same_choice(child, first)) {
			continue;
		}
		const struct conf_node *this = first_active(node, child);

		if (this != NULL && there != NULL && strcmp(child->choice_case, there->schema->choice_case) != 0) {
			check_error(check, this, "'%s' and '%s' exclude each other", there->schema->name, child->name);
		}
		there = there == NULL ? this : there;
	}
	if (there == NULL && first->choice_mandatory) {
		tell_missing_choice(check, node, first);
	}
}

static void
check_node(const struct check *check, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;

	for (size_t i = 0; i < schema->child_count; i++) {
		const struct schema_node *child = schema->children[i];

		if (child->choice != NULL && (i == 0 || !same_choice(child, schema->children[i - 1]))) {
			check_choice(check, node, i);
		}
		if (child->kind == SCHEMA_CONTAINER && first_active(node, child) == NULL) {
			if (first_mandatory(child) != NULL) {
				check_error(check, node, "missing mandatory statement '%s'", child->name);
			}
		} else if (child->mandatory && first_active(node, child) == NULL) {
			check_error(check, node, "missing mandatory statement '%s'",
			    child->keyword_less ? child->type_name : child->name);
		}
		if (child->most > 0) {
			uint32_t count = 0;

			for (const struct conf_node *value = first_active(node, child); value != NULL;
			     value = conf_next(value)) {
				if (++count > child->most) {
					check_error(check, value, "at most %u of these are possible", child->most);
					break;
				}
			}
		}
	}
}

/* The next active node of a walk through the tree. */
static const struct conf_node *
next_active(const struct conf_node *node, const struct conf_node *root)
{
	const struct conf_node *next = tree_walk_next(node, root);

	while (next != NULL && next->inactive) {
		/* Over everything below it. */
		while (next != root && next->next == NULL) {
			next = next->parent;
		}
		next = next == root ? NULL : next->next;
	}
	return next;
}

void
check_statements(const struct check *check)
{
	for (const struct conf_node *node = check->top; node != NULL; node = next_active(node, check->top)) {
		if (node->schema->child_count > 0) {
			check_node(check, node);
		} else {
			check_reference(check, node);
		}
	}
}
