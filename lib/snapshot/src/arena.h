/*
 * Memory that is given back all at once: what a snapshot is made of, and the scratch that its making needs.
 *
 * A failed allocation is sticky: arena_take() returns NULL from then on, arena_failed() says so; callers may check once
 * at the end where they touch nothing in between. One thread.
 */
#ifndef SNAPSHOT_ARENA_H
#define SNAPSHOT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t left; /* in the newest block */
	uint8_t *next;
	size_t total; /* octets of all blocks */
	bool failed;
};

#define ARENA_EMPTY ((struct arena){.blocks = NULL})

void arena_release(struct arena *arena);
/* `count` objects of `size` octets, zeroed, 64-aligned when large, else 16; never NULL for 0, NULL when memory ran out. */
void *arena_take(struct arena *arena, size_t count, size_t size) __attribute__((warn_unused_result));
/* A copy of the string, or NULL. */
char *arena_copy(struct arena *arena, const char *string) __attribute__((warn_unused_result));

/* Stands between joined words: no name can have it, so that "a b" + "c" is not "a" + "b c". */
#define ARENA_JOINT '\x1f'

/* The words with the joint between each two, or NULL. */
char *arena_join(struct arena *arena, const char *const *words, size_t count) __attribute__((warn_unused_result));

static inline bool
arena_failed(const struct arena *arena)
{
	return arena->failed;
}

/*
 * Room for one more in a growing array: the possibly moved array, or NULL (the old one stays and the arena has failed).
 * Former copies stay until the arena goes: for scratch.
 */
void *arena_grow(struct arena *arena, void *array, uint32_t count, uint32_t *capacity, size_t size)
    __attribute__((warn_unused_result));

#endif
