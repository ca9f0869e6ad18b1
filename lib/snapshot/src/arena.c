/*
 * The arena: blocks in a list, objects cut off their fronts. See arena.h.
 */
#include "arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_SIZE = 64 * 1024,
	ALIGNMENT = 16,
	LARGE_ALIGNMENT = 64,
};

struct arena_block {
	struct arena_block *next;
	uint8_t pad[LARGE_ALIGNMENT - sizeof(struct arena_block *)];
};

void
arena_release(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block != NULL) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
	*arena = ARENA_EMPTY;
}

/* A new block with `size` octets behind its head, or NULL. */
static uint8_t *
add_block(struct arena *arena, size_t size)
{
	struct arena_block *block = aligned_alloc(LARGE_ALIGNMENT, sizeof(*block) + size);

	if (block == NULL) {
		arena->failed = true;
		return NULL;
	}
	memset(block, 0, sizeof(*block) + size);
	block->next = arena->blocks;
	arena->total += sizeof(*block) + size;
	arena->blocks = block;
	return (uint8_t *)block + sizeof(*block);
}

static size_t
round_up(size_t size, size_t alignment)
{
	return (size + alignment - 1) / alignment * alignment;
}

void *
arena_take(struct arena *arena, size_t count, size_t size)
{
	size_t wanted = 0;

	if (arena->failed || __builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 2) {
		arena->failed = true;
		return NULL;
	}
	wanted = round_up(wanted == 0 ? 1 : wanted, ALIGNMENT);
	if (wanted >= BLOCK_SIZE / 4) {
		/* its own block; the one that was being filled is filled further */
		return add_block(arena, round_up(wanted, LARGE_ALIGNMENT));
	}
	if (wanted > arena->left) {
		uint8_t *start = add_block(arena, BLOCK_SIZE);
		if (start == NULL) {
			return NULL;
		}
		arena->next = start;
		arena->left = BLOCK_SIZE;
	}
	uint8_t *taken = arena->next;
	arena->next += wanted;
	arena->left -= wanted;
	return taken;
}

char *
arena_copy(struct arena *arena, const char *string)
{
	const size_t length = strlen(string) + 1;
	char *copy = arena_take(arena, length, 1);

	if (copy != NULL) {
		memcpy(copy, string, length);
	}
	return copy;
}

char *
arena_join(struct arena *arena, const char *const *words, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		length += strlen(words[i]) + 1;
	}
	char *joined = arena_take(arena, length + 1, 1);
	char *at = joined;

	for (size_t i = 0; joined != NULL && i < count; i++) {
		const size_t word = strlen(words[i]);

		if (i > 0) {
			*at++ = ARENA_JOINT;
		}
		memcpy(at, words[i], word);
		at += word;
	}
	return joined;
}

void *
arena_grow(struct arena *arena, void *array, uint32_t count, uint32_t *capacity, size_t size)
{
	if (count < *capacity) {
		return array;
	}
	const uint32_t wanted = *capacity == 0 ? 16 : *capacity * 2;
	void *moved = wanted <= *capacity ? NULL : arena_take(arena, wanted, size);
	if (moved == NULL) {
		arena->failed = true;
		return NULL;
	}
	if (count > 0) {
		memcpy(moved, array, count * size);
	}
	*capacity = wanted;
	return moved;
}
