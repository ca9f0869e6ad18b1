/*
 * From prefixes to intervals: the address space is cut where prefixes begin and end; each piece knows the innermost prefix
 * that covers it. Prefixes nest, so a stack of the open ones is enough. The pieces' ends become the leaves of a tree.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "classifier_build.h"

enum {
	NESTED_MOST = 129, /* prefixes of one address: one for each length */
};

struct sorted_prefix {
	uint32_t first;
	uint32_t last;
	uint32_t index; /* in the caller's order */
};

struct sweep {
	const struct build_dimension *build;
	struct sorted_prefix *sorted;
	uint32_t *starts;
	uint32_t *lists;
	uint32_t *pairs;
	uint32_t *outer_pair;
	uint32_t interval_count;
	uint32_t everywhere;
	/* open prefixes, outermost first, each with what holds inside it */
	struct {
		uint32_t last;
		uint32_t list;
		uint32_t pair;
	} open[NESTED_MOST];
	uint32_t depth;
};

static int
compare_prefixes(const void *left, const void *right)
{
	const struct sorted_prefix *a = left;
	const struct sorted_prefix *b = right;

	if (a->first != b->first) {
		return a->first > b->first ? 1 : -1;
	}
	/* the outer one first */
	return (a->last < b->last) - (a->last > b->last);
}

static struct sorted_prefix *
sort_prefixes(struct arena *scratch, const struct build_dimension *build)
{
	struct sorted_prefix *sorted = arena_take(scratch, build->prefix_count, sizeof(*sorted));

	if (sorted == NULL) {
		return NULL;
	}
	for (uint32_t i = 0; i < build->prefix_count; i++) {
		sorted[i].first = build->prefixes[i].first;
		sorted[i].last = build->prefixes[i].last;
		sorted[i].index = i;
	}
	qsort(sorted, build->prefix_count, sizeof(*sorted), compare_prefixes);
	return sorted;
}

/* From `start` on what the innermost open prefix says holds. A second one at the same place replaces the first. */
static void
begin_interval(struct sweep *sweep, uint32_t start)
{
	if (sweep->interval_count == 0 || sweep->starts[sweep->interval_count - 1] != start) {
		sweep->interval_count++;
	}
	const uint32_t here = sweep->interval_count - 1;
	sweep->starts[here] = start;
	sweep->lists[here] = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].list;
	sweep->pairs[here] = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].pair;
}

/* Closes the open prefixes that end before `first`. */
static void
close_before(struct sweep *sweep, uint32_t first)
{
	while (sweep->depth > 0 && sweep->open[sweep->depth - 1].last < first) {
		const uint32_t last = sweep->open[sweep->depth - 1].last;
		sweep->depth--;
		begin_interval(sweep, last + 1);
	}
}

/* The list of a prefix, which leads to that of the next outer one. A list for all addresses is kept apart. */
static uint32_t
open_list(struct sweep *sweep, const struct sorted_prefix *prefix, uint32_t outer)
{
	const struct build_dimension *build = sweep->build;
	const struct build_span *span = &build->spans[prefix->index];

	if (span->count == 0) {
		return outer;
	}
	const uint32_t list = build_list(build->lists, &build->entries[span->start], span->count, outer);

	if (prefix->first == 0 && prefix->last == UINT32_MAX) {
		assert(outer == CLASSIFIER_NONE);
		sweep->everywhere = list;
		return CLASSIFIER_NONE;
	}
	return list;
}

static void
open_prefix(struct sweep *sweep, const struct sorted_prefix *prefix)
{
	const struct build_dimension *build = sweep->build;
	const uint32_t outer_list = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].list;
	const uint32_t outer_pair = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].pair;
	const uint32_t pair = build->pair_of[prefix->index];

	assert(sweep->depth < NESTED_MOST);
	sweep->open[sweep->depth].last = prefix->last;
	sweep->open[sweep->depth].list = open_list(sweep, prefix, outer_list);
	sweep->open[sweep->depth].pair = pair == CLASSIFIER_NONE ? outer_pair : pair;
	if (pair != CLASSIFIER_NONE) {
		sweep->outer_pair[pair] = outer_pair;
	}
	sweep->depth++;
	begin_interval(sweep, prefix->first);
}

static void
sweep_prefixes(struct sweep *sweep)
{
	const uint32_t count = sweep->build->prefix_count;

	begin_interval(sweep, 0);
	for (uint32_t i = 0; i < count; i++) {
		close_before(sweep, sweep->sorted[i].first);
		open_prefix(sweep, &sweep->sorted[i]);
	}
	while (sweep->depth > 0 && sweep->open[sweep->depth - 1].last != UINT32_MAX) {
		close_before(sweep, sweep->open[sweep->depth - 1].last + 1);
	}
	assert(sweep->interval_count <= (uint64_t)count * 2 + 1);
}

static uint32_t
nodes_for(uint32_t keys)
{
	return keys / CLASSIFIER_FANOUT + (keys % CLASSIFIER_FANOUT != 0);
}

/* The tree over the intervals' ends, the root first: its levels' sizes from below, then its keys. */
static bool
fill_tree(struct arena *arena, const struct sweep *sweep, struct classifier_dimension *dimension)
{
	uint32_t nodes[CLASSIFIER_LEVELS_MOST];
	uint32_t count = sweep->interval_count;
	uint64_t keys = 0;
	uint32_t levels = 0;

	do {
		assert(levels < CLASSIFIER_LEVELS_MOST);
		nodes[levels] = nodes_for(count);
		keys += (uint64_t)nodes[levels] * CLASSIFIER_FANOUT;
		count = nodes[levels++];
	} while (count > CLASSIFIER_ROOT_MOST / CLASSIFIER_FANOUT);
	uint32_t *ends = keys > UINT32_MAX ? NULL : arena_take(arena, keys, sizeof(*ends));
	if (ends == NULL) {
		return false;
	}
	memset(ends, 0xff, keys * sizeof(*ends));
	dimension->ends = ends;
	dimension->level_count = levels;
	dimension->root_count = nodes[levels - 1] * CLASSIFIER_FANOUT;
	uint32_t *level = ends + keys;
	for (uint32_t i = 0; i < levels; i++) {
		const uint32_t *below = level;

		level -= (size_t)nodes[i] * CLASSIFIER_FANOUT;
		dimension->levels[levels - 1 - i] = (uint32_t)(level - ends);
		for (uint32_t j = 0; i == 0 && j + 1 < sweep->interval_count; j++) {
			level[j] = sweep->starts[j + 1] - 1;
		}
		for (uint32_t j = 0; i > 0 && j < nodes[i - 1]; j++) {
			level[j] = below[(size_t)j * CLASSIFIER_FANOUT + CLASSIFIER_FANOUT - 1];
		}
	}
	assert(level == ends);
	return true;
}

static const uint32_t *
copy_numbers(struct arena *arena, const uint32_t *from, uint32_t count)
{
	uint32_t *copy = arena_take(arena, count, sizeof(*copy));

	if (copy != NULL) {
		memcpy(copy, from, count * sizeof(*copy));
	}
	return copy;
}

/* Its intervals, if any of them leads to something. */
static bool
settle_intervals(struct arena *arena, const struct sweep *sweep, struct classifier_dimension *dimension)
{
	dimension->lists = copy_numbers(arena, sweep->lists, sweep->interval_count);
	if (sweep->build->pair_count > 0) {
		dimension->pairs = copy_numbers(arena, sweep->pairs, sweep->interval_count);
		dimension->outer_pair = copy_numbers(arena, sweep->outer_pair, sweep->build->pair_count);
	}
	dimension->interval_count = sweep->interval_count;
	return dimension->lists != NULL &&
	    (sweep->build->pair_count == 0 || (dimension->pairs != NULL && dimension->outer_pair != NULL)) &&
	    fill_tree(arena, sweep, dimension);
}

bool
classifier_fill_dimension(struct arena *arena, struct arena *scratch, const struct build_dimension *build,
    struct classifier_dimension *dimension)
{
	struct sweep sweep = {.build = build, .everywhere = CLASSIFIER_NONE};
	const size_t most = (size_t)build->prefix_count * 2 + 1;

	*dimension = (struct classifier_dimension){.everywhere = CLASSIFIER_NONE};
	if (build->prefix_count == 0) {
		return true;
	}
	sweep.sorted = sort_prefixes(scratch, build);
	sweep.starts = arena_take(scratch, most, sizeof(*sweep.starts));
	sweep.lists = arena_take(scratch, most, sizeof(*sweep.lists));
	sweep.pairs = arena_take(scratch, most, sizeof(*sweep.pairs));
	sweep.outer_pair = arena_take(scratch, build->pair_count, sizeof(*sweep.outer_pair));
	if (sweep.sorted == NULL || sweep.starts == NULL || sweep.lists == NULL || sweep.pairs == NULL ||
	    sweep.outer_pair == NULL) {
		return false;
	}
	sweep_prefixes(&sweep);
	dimension->everywhere = sweep.everywhere;
	/* One interval with nothing but the list that is kept apart needs no search. */
	return (sweep.interval_count == 1 && build->pair_count == 0 && sweep.lists[0] == CLASSIFIER_NONE) ||
	    settle_intervals(arena, &sweep, dimension);
}
