/*
 * From prefixes to intervals: the address space is cut where prefixes begin and end; each piece knows the innermost prefix
 * that covers it. Prefixes nest, so a stack of the open ones is enough.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "classifier_build.h"

enum {
	BUCKET_BITS_MOST = 16,
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
	uint32_t *first_list;
	uint32_t *first_pair;
	uint32_t *outer_pair;
	uint32_t interval_count;
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
	sweep->first_list[here] = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].list;
	sweep->first_pair[here] = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].pair;
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

static void
open_prefix(struct sweep *sweep, const struct sorted_prefix *prefix)
{
	const struct build_dimension *build = sweep->build;
	const uint32_t outer_list = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].list;
	const uint32_t outer_pair = sweep->depth == 0 ? CLASSIFIER_NONE : sweep->open[sweep->depth - 1].pair;
	const uint32_t list = build->list_of[prefix->index];
	const uint32_t pair = build->pair_of[prefix->index];

	assert(sweep->depth < NESTED_MOST);
	sweep->open[sweep->depth].last = prefix->last;
	sweep->open[sweep->depth].list = list == CLASSIFIER_NONE ? outer_list : list;
	sweep->open[sweep->depth].pair = pair == CLASSIFIER_NONE ? outer_pair : pair;
	if (list != CLASSIFIER_NONE) {
		build->lists[list].next = outer_list;
	}
	if (pair != CLASSIFIER_NONE) {
		sweep->outer_pair[pair] = outer_pair;
	}
	sweep->depth++;
	begin_interval(sweep, prefix->first);
}

static bool
fill_buckets(struct arena *arena, struct classifier_dimension *dimension)
{
	uint32_t bits = 1;

	while (bits < BUCKET_BITS_MOST && (1U << bits) < dimension->interval_count) {
		bits++;
	}
	const uint32_t count = 1U << bits;
	uint32_t *buckets = arena_take(arena, (size_t)count + 1, sizeof(*buckets));
	if (buckets == NULL) {
		return false;
	}
	dimension->bucket_shift = 32 - bits;
	uint32_t interval = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t first = i << dimension->bucket_shift;
		while (interval + 1 < dimension->interval_count && dimension->starts[interval + 1] <= first) {
			interval++;
		}
		buckets[i] = interval;
	}
	buckets[count] = dimension->interval_count - 1;
	dimension->buckets = buckets;
	return true;
}

bool
classifier_fill_dimension(struct arena *arena, struct arena *scratch, const struct build_dimension *build,
    struct classifier_dimension *dimension)
{
	struct sweep sweep = {.build = build};

	memset(dimension, 0, sizeof(*dimension));
	if (build->prefix_count == 0) {
		return true;
	}
	const size_t most = (size_t)build->prefix_count * 2 + 1;
	sweep.sorted = sort_prefixes(scratch, build);
	sweep.starts = arena_take(arena, most, sizeof(*sweep.starts));
	sweep.first_list = arena_take(arena, most, sizeof(*sweep.first_list));
	sweep.first_pair = arena_take(arena, most, sizeof(*sweep.first_pair));
	sweep.outer_pair = arena_take(arena, build->pair_count, sizeof(*sweep.outer_pair));
	if (sweep.sorted == NULL || sweep.starts == NULL || sweep.first_list == NULL || sweep.first_pair == NULL ||
	    sweep.outer_pair == NULL) {
		return false;
	}
	begin_interval(&sweep, 0);
	for (uint32_t i = 0; i < build->prefix_count; i++) {
		close_before(&sweep, sweep.sorted[i].first);
		open_prefix(&sweep, &sweep.sorted[i]);
	}
	while (sweep.depth > 0 && sweep.open[sweep.depth - 1].last != UINT32_MAX) {
		close_before(&sweep, sweep.open[sweep.depth - 1].last + 1);
	}
	assert(sweep.interval_count <= most);
	dimension->interval_count = sweep.interval_count;
	dimension->starts = sweep.starts;
	dimension->first_list = sweep.first_list;
	dimension->first_pair = sweep.first_pair;
	dimension->outer_pair = sweep.outer_pair;
	dimension->lists = build->lists;
	return fill_buckets(arena, dimension);
}
