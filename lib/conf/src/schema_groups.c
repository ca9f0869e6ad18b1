/*
 * Groups in the schema: an entry of `groups` has the statements of the top, and apply-groups stands everywhere.
 *
 * Entries share the top's children, so these keep the top as their parent. Statements that stand on one line have no
 * apply-groups: its values would run into theirs.
 */
#include <string.h>

#include "schema_private.h"

static struct compiled_node *
compiled(const struct schema_node *node)
{
	return (struct compiled_node *)(uintptr_t)node;
}

static bool
takes_groups(const struct schema_node *node)
{
	const struct schema_node *bare = node->keyword_less_child;

	return node->child_count > 0 && !node->oneliner && !node->prefix_form &&
	    (bare == NULL || (bare->kind == SCHEMA_LIST && !bare->flat));
}

/* The two leaf-lists in front of a container's children. */
static bool
add_leaves(struct schema *schema, struct compiled_node *to, const struct compiled_node *const leaves[2])
{
	const size_t count = to->node.child_count;
	struct compiled_node *own = schema_allocate(schema, 2, sizeof(*own));
	const struct schema_node **children = schema_allocate(schema, count + 2, sizeof(const struct schema_node *));

	if (own == NULL || children == NULL) {
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		own[i] = *leaves[i];
		own[i].node.parent = &to->node;
		own[i].node.hidden = true;
		own[i].ordinal = (uint32_t)i;
		children[i] = &own[i].node;
	}
	for (size_t i = 0; i < count; i++) {
		children[i + 2] = to->node.children[i];
		compiled(children[i + 2])->ordinal = (uint32_t)i + 2;
	}
	to->node.children = children;
	to->node.child_count = count + 2;
	return schema_index_children(schema, to);
}

/* => recursion goes as deep as our own modules */
static bool
distribute(struct schema *schema, struct compiled_node *node, const struct compiled_node *const leaves[2])
{
	for (size_t i = 0; i < node->node.child_count; i++) {
		if (!distribute(schema, compiled(node->node.children[i]), leaves)) {
			return false;
		}
	}
	return !takes_groups(&node->node) || add_leaves(schema, node, leaves);
}

bool
schema_add_groups(struct schema *schema)
{
	const struct schema_node *top = &schema->top.node;
	const struct schema_node *groups = schema_child(top, "groups", strlen("groups"));
	const struct compiled_node *const leaves[2] = {
	    compiled(schema_child(top, SCHEMA_APPLY, strlen(SCHEMA_APPLY))),
	    compiled(schema_child(top, SCHEMA_EXCEPT, strlen(SCHEMA_EXCEPT))),
	};

	for (size_t i = 0; i < top->child_count; i++) {
		struct compiled_node *child = compiled(top->children[i]);

		if (&child->node != groups && !distribute(schema, child, leaves)) {
			return false;
		}
	}
	struct compiled_node *group = compiled(groups->keyword_less_child);

	group->node.whole = true;
	group->node.holds_secret = true;
	compiled(groups)->node.holds_secret = true;
	group->node.children = top->children;
	group->node.child_count = top->child_count;
	group->table = schema->top.table;
	group->mask = schema->top.mask;
	return true;
}
