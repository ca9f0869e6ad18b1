/*
 * The compiled schema's memory and look-ups. See conf/schema.h; schema_load.c fills it from YANG.
 *
 * Immutable after schema_create(), so all threads may read it.
 */
#include "conf/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema_private.h"

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	max_align_t bytes[];
};

enum { ARENA_BLOCK = 64 * 1024 };

void *
schema_allocate(struct schema *schema, size_t count, size_t size)
{
	const size_t step = sizeof(max_align_t);

	if (count > SIZE_MAX / 2 / (size == 0 ? 1 : size)) {
		return NULL;
	}
	const size_t need = (count * size + step - 1) / step * step;
	struct arena_block *block = schema->blocks;

	if (block == NULL || block->size - block->used < need) {
		const size_t room = need > ARENA_BLOCK ? need : ARENA_BLOCK;

		block = calloc(1, sizeof(*block) + room);
		if (block == NULL) {
			return NULL;
		}
		block->size = room;
		block->next = schema->blocks;
		schema->blocks = block;
	}
	void *memory = (char *)block->bytes + block->used;

	block->used += need;
	return memory;
}

void
schema_release_arena(struct schema *schema)
{
	struct arena_block *block = schema->blocks;

	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	schema->blocks = NULL;
}

/* FNV-1a: the names in the table are ours, so nobody can choose them to collide. */
static size_t
name_hash(const char *name, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < length; i++) {
		hash ^= (uint8_t)name[i];
		hash *= 0x100000001b3ULL;
	}
	return (size_t)(hash ^ (hash >> 32));
}

bool
schema_index_children(struct schema *schema, struct compiled_node *node)
{
	size_t size = 4;

	while (size < node->node.child_count * 2) {
		size *= 2;
	}
	node->table = schema_allocate(schema, size, sizeof(struct compiled_node *));
	if (node->table == NULL) {
		return false;
	}
	node->mask = size - 1;
	for (size_t i = 0; i < node->node.child_count; i++) {
		const struct schema_node *child = node->node.children[i];
		size_t slot = name_hash(child->name, strlen(child->name)) & node->mask;

		while (node->table[slot] != NULL) {
			slot = (slot + 1) & node->mask;
		}
		node->table[slot] = (struct compiled_node *)(uintptr_t)child;
	}
	return true;
}

const struct schema_node *
schema_top(const struct schema *schema)
{
	return &schema->top.node;
}

const struct schema_node *
schema_operations(const struct schema *schema)
{
	return &schema->operations.node;
}

const struct schema_node *
schema_child(const struct schema_node *node, const char *name, size_t length)
{
	const struct compiled_node *compiled = schema_compiled(node);

	if (compiled->table == NULL) {
		return NULL;
	}
	for (size_t slot = name_hash(name, length) & compiled->mask; compiled->table[slot] != NULL;
	     slot = (slot + 1) & compiled->mask) {
		const struct schema_node *child = &compiled->table[slot]->node;

		if (strncmp(child->name, name, length) == 0 && child->name[length] == '\0') {
			return child;
		}
	}
	return NULL;
}

const struct schema_word *
schema_words(const struct schema_node *node, size_t *count)
{
	const struct value_type *type = node->type;

	if (type == NULL || type->word_count == 0) {
		*count = 0;
		return NULL;
	}
	*count = type->word_count;
	return type->words;
}

const char *
schema_extension(const struct schema_node *node, const char *name)
{
	const struct compiled_node *compiled = schema_compiled(node);

	for (size_t i = 0; i < compiled->argument_count; i++) {
		if (strcmp(compiled->arguments[i].name, name) == 0) {
			return compiled->arguments[i].argument;
		}
	}
	return NULL;
}
