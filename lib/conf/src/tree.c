/*
 * The configuration tree: nodes, their order and their index. See conf/tree.h and tree_private.h.
 *
 * Children are a linked list in canonical order: the schema's order of statements, entries of one list in order of
 * entry (or sorted, where the schema says so). A node with many children has an index: a keyed hash of its children and
 * the first and last child of each statement, so that adding and finding stay constant. The index is a help only: when
 * there is no memory for it the node does without.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "conf/tree.h"
#include "schema_private.h"
#include "tree_private.h"

enum { INDEX_FROM = 12 };

struct group {
	struct conf_node *first;
	struct conf_node *last;
};

struct node_index {
	struct hash_key key;
	struct conf_node **slots;
	size_t mask;
	size_t used;
	struct group groups[]; /* one a child of the schema node */
};

static uint32_t
ordinal(const struct schema_node *schema)
{
	return schema_compiled(schema)->ordinal;
}

static size_t
key_hash(const struct node_index *index, const struct schema_node *schema, const char *value, const char *value2)
{
	struct hash_key key = index->key;

	key.low ^= (uint64_t)(uintptr_t)schema;
	uint64_t hash = value == NULL ? hash_pair(&key, 0, 0) : hash_bytes(&key, value, strlen(value));

	if (value2 != NULL) {
		hash = hash_pair(&key, hash, hash_bytes(&key, value2, strlen(value2)));
	}
	return (size_t)hash;
}

static bool
same_string(const char *left, const char *right)
{
	if (left == NULL || right == NULL) {
		return left == right;
	}
	return strcmp(left, right) == 0;
}

/* Leaves and containers are alone of their kind; their value is no key. */
static bool
has_keys(const struct schema_node *schema)
{
	return schema->kind == SCHEMA_LIST || schema->kind == SCHEMA_LEAF_LIST;
}

static size_t
node_hash(const struct node_index *index, const struct conf_node *node)
{
	const bool keys = has_keys(node->schema);

	return key_hash(index, node->schema, keys ? node->value : NULL, keys ? node->value2 : NULL);
}

static bool
node_is(const struct conf_node *node, const struct schema_node *schema, const char *value, const char *value2)
{
	return node->schema == schema &&
	    (!has_keys(schema) || (same_string(node->value, value) && same_string(node->value2, value2)));
}

static void
index_destroy(struct conf_node *node)
{
	struct node_index *index = node->index;

	if (index != NULL) {
		free(index->slots);
		free(index);
		node->index = NULL;
	}
}

static void
index_put(struct node_index *index, struct conf_node *node)
{
	size_t slot = node_hash(index, node) & index->mask;

	while (index->slots[slot] != NULL) {
		slot = (slot + 1) & index->mask;
	}
	index->slots[slot] = node;
	index->used++;
}

static bool
index_grow(struct node_index *index, size_t size)
{
	struct conf_node **old = index->slots;
	const size_t old_size = old == NULL ? 0 : index->mask + 1;
	struct conf_node **slots = calloc(size, sizeof(struct conf_node *));

	if (slots == NULL) {
		return false;
	}
	index->slots = slots;
	index->mask = size - 1;
	index->used = 0;
	for (size_t i = 0; i < old_size; i++) {
		if (old[i] != NULL) {
			index_put(index, old[i]);
		}
	}
	free(old);
	return true;
}

static void
index_add(struct conf_node *parent, struct conf_node *node)
{
	struct node_index *index = parent->index;

	if ((index->used + 1) * 2 > index->mask + 1 && !index_grow(index, (index->mask + 1) * 2)) {
		index_destroy(parent);
		return;
	}
	index_put(index, node);
	struct group *group = &index->groups[ordinal(node->schema)];

	if (group->first == NULL || node->next == group->first) {
		group->first = node;
	}
	if (group->last == NULL || node->previous == group->last) {
		group->last = node;
	}
}

static void
index_build(const struct conf_tree *tree, struct conf_node *parent)
{
	struct node_index *index =
	    calloc(1, sizeof(*index) + parent->schema->child_count * sizeof(struct group));

	if (index == NULL) {
		return;
	}
	index->key = tree->key;
	if (!index_grow(index, 64)) {
		free(index);
		return;
	}
	parent->index = index;
	for (struct conf_node *node = parent->first; node != NULL && parent->index != NULL; node = node->next) {
		index_add(parent, node);
	}
}

/* Open addressing without tombstones: entries behind the hole move up. */
static void
index_remove(struct conf_node *parent, struct conf_node *node)
{
	struct node_index *index = parent->index;
	struct group *group = &index->groups[ordinal(node->schema)];

	if (group->first == node) {
		group->first = group->last == node ? NULL : node->next;
	}
	if (group->last == node) {
		group->last = group->first == NULL ? NULL : node->previous;
	}
	size_t hole = node_hash(index, node) & index->mask;

	while (index->slots[hole] != node) {
		hole = (hole + 1) & index->mask;
	}
	for (size_t slot = (hole + 1) & index->mask; index->slots[slot] != NULL; slot = (slot + 1) & index->mask) {
		const size_t home = node_hash(index, index->slots[slot]) & index->mask;

		if (((slot - home) & index->mask) >= ((slot - hole) & index->mask)) {
			index->slots[hole] = index->slots[slot];
			hole = slot;
		}
	}
	index->slots[hole] = NULL;
	index->used--;
}

struct conf_node *
tree_find(const struct conf_node *parent, const struct schema_node *schema, const char *value, const char *value2)
{
	const struct node_index *index = parent->index;

	if (!has_keys(schema)) {
		value = NULL;
		value2 = NULL;
	}
	if (index != NULL) {
		size_t slot = key_hash(index, schema, value, value2) & index->mask;

		while (index->slots[slot] != NULL && !node_is(index->slots[slot], schema, value, value2)) {
			slot = (slot + 1) & index->mask;
		}
		return index->slots[slot];
	}
	struct conf_node *node = parent->first;

	while (node != NULL && !node_is(node, schema, value, value2)) {
		node = node->next;
	}
	return node;
}

struct conf_node *
tree_first(const struct conf_node *parent, const struct schema_node *schema)
{
	const struct node_index *index = parent->index;

	if (index != NULL) {
		return index->groups[ordinal(schema)].first;
	}
	struct conf_node *node = parent->first;

	while (node != NULL && node->schema != schema) {
		node = node->next;
	}
	return node;
}

struct conf_node *
tree_next(const struct conf_node *node)
{
	return node->next != NULL && node->next->schema == node->schema ? node->next : NULL;
}

int
tree_compare_keys(const char *left, const char *right)
{
	while (*left != '\0' && *right != '\0') {
		if (*left >= '0' && *left <= '9' && *right >= '0' && *right <= '9') {
			const size_t left_digits = strspn(left, "0123456789");
			const size_t right_digits = strspn(right, "0123456789");
			const int order = left_digits == right_digits ? strncmp(left, right, left_digits)
			    : left_digits < right_digits          ? -1
			                                          : 1;

			if (order != 0) {
				return order;
			}
			left += left_digits;
			right += right_digits;
			continue;
		}
		if (*left != *right) {
			return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
		}
		left++;
		right++;
	}
	return *left == *right ? 0 : *left == '\0' ? -1 : 1;
}

/* The node before which a new one goes: behind all of its own kind and of those before it in the schema. */
static struct conf_node *
canonical_place(const struct conf_node *parent, const struct conf_node *node)
{
	const struct node_index *index = parent->index;
	const uint32_t place = ordinal(node->schema);
	struct conf_node *before = parent->last; /* goes behind this one */

	if (index != NULL) {
		uint32_t i = place + 1;

		before = NULL;
		while (i-- > 0 && before == NULL) {
			before = index->groups[i].last;
		}
	} else {
		while (before != NULL && ordinal(before->schema) > place) {
			before = before->previous;
		}
	}
	while (node->schema->sorted && node->value != NULL && before != NULL && before->schema == node->schema &&
	       before->value != NULL && tree_compare_keys(before->value, node->value) > 0) {
		before = before->previous;
	}
	return before == NULL ? parent->first : before->next;
}

void
tree_link(struct conf_tree *tree, struct conf_node *parent, struct conf_node *node, struct conf_node *next)
{
	assert(node->parent == NULL);
	if (next == NULL) {
		next = canonical_place(parent, node);
	}
	assert(next == NULL || next->parent == parent);
	node->parent = parent;
	node->next = next;
	node->previous = next == NULL ? parent->last : next->previous;
	*(node->previous == NULL ? &parent->first : &node->previous->next) = node;
	*(next == NULL ? &parent->last : &next->previous) = node;
	parent->count++;
	if (parent->index != NULL) {
		index_add(parent, node);
	} else if (parent->count == INDEX_FROM || parent->count % 1024 == 0) {
		index_build(tree, parent);
	}
}

void
tree_unlink(struct conf_node *node)
{
	struct conf_node *parent = node->parent;

	assert(parent != NULL && parent->count > 0);
	if (parent->index != NULL) {
		index_remove(parent, node);
	}
	*(node->previous == NULL ? &parent->first : &node->previous->next) = node->next;
	*(node->next == NULL ? &parent->last : &node->next->previous) = node->previous;
	parent->count--;
	node->parent = NULL;
	node->next = NULL;
	node->previous = NULL;
}

/* Without recursion: children are hung up one by one from the deepest. */
void
tree_destroy_node(struct conf_node *root)
{
	struct conf_node *node = root;

	while (node != NULL) {
		if (node->first != NULL) {
			node = node->first;
			continue;
		}
		struct conf_node *parent = node == root ? NULL : node->parent;

		if (parent != NULL) {
			parent->first = node->next;
		}
		index_destroy(node);
		free(node->value);
		free(node->value2);
		free(node->annotation);
		free(node->inherited);
		free(node);
		node = parent;
	}
}

void
tree_remove(struct conf_node *node)
{
	tree_unlink(node);
	tree_destroy_node(node);
}

static struct conf_node *
node_create(const struct schema_node *schema, const char *value, const char *value2)
{
	struct conf_node *node = calloc(1, sizeof(*node));

	if (node == NULL) {
		return NULL;
	}
	node->schema = schema;
	node->value = value == NULL ? NULL : strdup(value);
	node->value2 = value2 == NULL ? NULL : strdup(value2);
	if ((value != NULL && node->value == NULL) || (value2 != NULL && node->value2 == NULL)) {
		tree_destroy_node(node);
		return NULL;
	}
	return node;
}

struct conf_node *
tree_add(struct conf_tree *tree, struct conf_node *parent, const struct schema_node *schema, const char *value,
    const char *value2)
{
	assert(schema->parent == parent->schema || parent->schema->whole);
	struct conf_node *node = node_create(schema, value, value2);

	if (node != NULL) {
		tree_link(tree, parent, node, NULL);
	}
	return node;
}

bool
tree_set_value(struct conf_node *leaf, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL) {
		return false;
	}
	free(leaf->value);
	leaf->value = copy;
	return true;
}

struct conf_node *
tree_walk_next(const struct conf_node *node, const struct conf_node *root)
{
	if (node->first != NULL) {
		return node->first;
	}
	while (node != root && node->next == NULL) {
		node = node->parent;
	}
	return node == root ? NULL : node->next;
}

/* What is noted about a node, beside its keys. */
static bool
copy_marks(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	to->line = from->line;
	to->inactive = from->inactive;
	to->one_line = from->one_line;
	to->guarded = from->guarded;
	to->replaces = from->replaces;
	tree->guarded = tree->guarded || from->guarded;
	to->annotation = from->annotation == NULL ? NULL : strdup(from->annotation);
	to->inherited = from->inherited == NULL ? NULL : strdup(from->inherited);
	return (to->annotation == NULL) == (from->annotation == NULL) &&
	    (to->inherited == NULL) == (from->inherited == NULL);
}

bool
tree_copy_children(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	struct conf_node *parent = to;
	const struct conf_node *node = from->first;

	while (node != NULL) {
		struct conf_node *copy = node_create(node->schema, node->value, node->value2);

		if (copy == NULL) {
			return false;
		}
		if (!copy_marks(tree, copy, node)) {
			tree_destroy_node(copy);
			return false;
		}
		/* In the source's order, which is canonical: behind the last one. */
		tree_link(tree, parent, copy, NULL);
		if (node->first != NULL) {
			node = node->first;
			parent = copy;
			continue;
		}
		while (node->next == NULL && parent != to) {
			node = node->parent;
			parent = parent->parent;
		}
		node = node->next;
	}
	return true;
}

struct conf_node *
tree_copy_node(struct conf_tree *tree, struct conf_node *parent, const struct conf_node *from, const char *value,
    const char *value2)
{
	struct conf_node *copy = node_create(from->schema, value, value2);

	if (copy == NULL) {
		return NULL;
	}
	if (!copy_marks(tree, copy, from) || !tree_copy_children(tree, copy, from)) {
		tree_destroy_node(copy);
		return NULL;
	}
	tree_link(tree, parent, copy, NULL);
	return copy;
}

bool
tree_rename(struct conf_tree *tree, struct conf_node *node, const char *value, const char *value2)
{
	char *first = strdup(value);
	char *second = value2 == NULL ? NULL : strdup(value2);
	struct conf_node *parent = node->parent;
	struct conf_node *next = node->schema->sorted ? NULL : node->next;
	const bool last = !node->schema->sorted && next == NULL;

	if (first == NULL || (value2 != NULL && second == NULL)) {
		free(first);
		free(second);
		return false;
	}
	tree_unlink(node);
	free(node->value);
	free(node->value2);
	node->value = first;
	node->value2 = second;
	/* The last of all children stays it: nothing of a later statement stands behind it. */
	tree_link(tree, parent, node, last ? NULL : next);
	return true;
}

void
tree_exchange(struct conf_tree *left, struct conf_tree *right)
{
	const struct conf_tree kept = *left;

	assert(left->schema == right->schema);
	*left = *right;
	*right = kept;
}

struct conf_tree *
conf_tree_create(const struct schema *schema)
{
	struct conf_tree *tree = calloc(1, sizeof(*tree));

	if (tree == NULL) {
		return NULL;
	}
	tree->schema = schema;
	struct random_source random = random_from_kernel();

	tree->key.low = random_u64(&random);
	tree->key.high = random_u64(&random);
	tree->top = node_create(schema_top(schema), NULL, NULL);
	if (tree->top == NULL) {
		free(tree);
		return NULL;
	}
	return tree;
}

struct conf_tree *
conf_tree_copy(const struct conf_tree *tree)
{
	struct conf_tree *copy = conf_tree_create(tree->schema);

	if (copy != NULL && !tree_copy_children(copy, copy->top, tree->top)) {
		conf_tree_destroy(copy);
		return NULL;
	}
	if (copy != NULL) {
		copy->expanded = tree->expanded;
	}
	return copy;
}

void
conf_tree_destroy(struct conf_tree *tree)
{
	if (tree != NULL) {
		tree_destroy_node(tree->top);
		free(tree);
	}
}

const struct schema *
conf_tree_schema(const struct conf_tree *tree)
{
	return tree->schema;
}

struct conf_node *
conf_tree_top(const struct conf_tree *tree)
{
	return tree->top;
}
