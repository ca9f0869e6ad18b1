/*
 * The steps of a policy look-up that classifier.c and classifier_burst.c share.
 */
#ifndef ENGINE_CLASSIFIER_PRIVATE_H
#define ENGINE_CLASSIFIER_PRIVATE_H

#include <assert.h>
#include <stddef.h>

#include "engine/classifier.h"
#include "engine/classifier_layout.h"

/* The key as rules want it: ICMP's type and code in the ports' places, inet6 addresses by their numbers. */
struct query {
	const struct snapshot *snapshot;
	const struct classifier *classifier;
	const struct classifier_family *family; /* NULL: there are no policies */
	const struct classifier_context *context;
	int64_t wall;
	uint32_t source;
	uint32_t destination;
	uint16_t from_zone;
	uint16_t to_zone;
	uint16_t protocol;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t source_interval; /* of the context's dimension, once found; 0 where that is not in use */
	uint32_t destination_interval;
	uint32_t best; /* rule of the context; CLASSIFIER_NONE: none yet */
	uint32_t application;
};

struct query query_of(const struct snapshot *snapshot, const struct classifier_key *key, int64_t wall);
/* Without the numbers that stand for the addresses. */
struct query query_of6(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall);
/* What the query's context says, its intervals being found, or else what the contexts that are asked after it do. */
struct classifier_match query_run_located(struct query *query);

/* How many keys of a node are below the address. Without branches, which would be taken by chance. */
static inline uint32_t
keys_below(const uint32_t *keys, uint32_t address)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < CLASSIFIER_FANOUT; i++) {
		count += keys[i] < address;
	}
	return count;
}

/* The node of the level below that the address leads to, or the key's place if that is a leaf. */
static inline uint32_t
tree_step(const struct classifier_dimension *dimension, uint32_t level, uint32_t node, uint32_t address)
{
	const uint32_t first = node * CLASSIFIER_FANOUT;

	return first + keys_below(&dimension->ends[dimension->levels[level] + first], address);
}

/* From the root down over `levels` levels. => the dimension is in use, levels <= level_count */
static inline uint32_t
tree_descend(const struct classifier_dimension *dimension, uint32_t levels, uint32_t address)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < dimension->root_count; i += CLASSIFIER_FANOUT) {
		at += keys_below(&dimension->ends[i], address);
	}
	for (uint32_t level = 1; level < levels; level++) {
		at = tree_step(dimension, level, at, address);
	}
	return at;
}

/* The interval that holds the address. => the dimension is in use */
static inline uint32_t
find_interval(const struct classifier_dimension *dimension, uint32_t address)
{
	const uint32_t interval = tree_descend(dimension, dimension->level_count, address);

	assert(interval < dimension->interval_count);
	return interval;
}

static inline const struct classifier_slot *
find_slot(const struct classifier_slot *slots, uint32_t mask, uint32_t first, uint32_t second)
{
	uint32_t place = classifier_hash(first, second) & mask;

	while (slots[place].value != CLASSIFIER_NONE) {
		if (slots[place].first == first && slots[place].second == second) {
			return &slots[place];
		}
		place = (place + 1) & mask;
	}
	return NULL;
}

static inline const struct classifier_context *
find_context(const struct classifier_family *family, uint16_t from_zone, uint16_t to_zone)
{
	uint32_t place = classifier_hash(from_zone, to_zone) & family->context_mask;

	while (family->context_table[place] != 0) {
		const struct classifier_context *context = &family->contexts[family->context_table[place] - 1];
		if (context->from_zone == from_zone && context->to_zone == to_zone) {
			return context;
		}
		place = (place + 1) & family->context_mask;
	}
	return NULL;
}

#endif
