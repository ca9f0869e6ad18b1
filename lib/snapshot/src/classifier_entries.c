/*
 * Rules under keys: collected, sorted, and written as the lists that a look-up goes through.
 */
#include <assert.h>
#include <stdlib.h>

#include "classifier_build.h"

bool
build_entries_push(struct build_entries *entries, struct arena *scratch, uint32_t first, uint32_t second,
    uint32_t rule)
{
	struct build_entry *moved =
	    arena_grow(scratch, entries->items, entries->count, &entries->capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	entries->items = moved;
	moved[entries->count++] = (struct build_entry){.first = first, .second = second, .rule = rule};
	return true;
}

static int
compare_entries(const void *left, const void *right)
{
	const struct build_entry *a = left;
	const struct build_entry *b = right;

	if (a->first != b->first) {
		return a->first > b->first ? 1 : -1;
	}
	if (a->second != b->second) {
		return a->second > b->second ? 1 : -1;
	}
	return (a->rule > b->rule) - (a->rule < b->rule);
}

void
build_entries_sort(struct build_entries *entries)
{
	if (entries->count > 1) {
		qsort(entries->items, entries->count, sizeof(*entries->items), compare_entries);
	}
}

uint32_t
build_list(struct build_lists *lists, const struct build_entry *entries, uint32_t count, uint32_t next)
{
	const uint32_t start = lists->count;
	uint32_t listed = 0;

	assert(count > 0 && start < lists->room);
	lists->words[lists->count++] = next;
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && entries[i].rule == entries[i - 1].rule) {
			continue;
		}
		assert(lists->count < lists->room && entries[i].rule < CLASSIFIER_RULES_MOST);
		lists->words[lists->count++] = entries[i].rule;
		listed++;
	}
	if (listed == 1 && next == CLASSIFIER_NONE) {
		lists->count = start;
		return CLASSIFIER_ONE | entries[0].rule;
	}
	lists->words[lists->count - 1] |= CLASSIFIER_LAST;
	return start;
}

struct build_span
build_entries_span(const struct build_entries *entries, uint32_t at)
{
	const struct build_entry *key = &entries->items[at];
	struct build_span span = {.start = at};

	while (at < entries->count && entries->items[at].first == key->first && entries->items[at].second == key->second) {
		at++;
	}
	span.count = at - span.start;
	return span;
}
