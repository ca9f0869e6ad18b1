/*
 * inet6 addresses to numbers: all prefixes that rules name cut the addresses into intervals. See
 * engine/classifier_layout.h.
 *
 * Room: two starts a prefix at most, and one. An array that several rules share is looked at once.
 */
#include <assert.h>
#include <stdlib.h>

#include "address_intervals.h"
#include "classifier_build.h"

struct collector {
	struct arena scratch;
	struct pair_map arrays; /* where an array stands, to its count */
	struct ipv6_address *starts;
	uint32_t count;
	uint32_t capacity;
};

static bool
push_start(struct collector *collector, struct ipv6_address start)
{
	struct ipv6_address *moved = arena_grow(
	    &collector->scratch, collector->starts, collector->count, &collector->capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	collector->starts = moved;
	moved[collector->count++] = start;
	return true;
}

static bool
push_list(struct collector *collector, const struct snapshot_address6 *list, uint32_t count)
{
	const uint64_t where = (uint64_t)(uintptr_t)list;
	uint32_t *known;

	if (count == 0) {
		return true;
	}
	known = pair_map_place(&collector->arrays, &collector->scratch, (uint32_t)(where >> 32), (uint32_t)where, 0);
	if (known == NULL) {
		return false;
	}
	for (uint32_t i = *known; i < count; i++) {
		assert(list[i].length <= IPV6_LENGTH_MOST);
		const struct ipv6_address behind = ipv6_next(ipv6_last(list[i].address, list[i].length));
		if (!push_start(collector, ipv6_first(list[i].address, list[i].length)) ||
		    (!ipv6_is_unspecified(behind) && !push_start(collector, behind))) {
			return false;
		}
	}
	*known = count > *known ? count : *known;
	return true;
}

static int
compare_starts(const void *left, const void *right)
{
	const struct ipv6_address *a = left;
	const struct ipv6_address *b = right;

	return ipv6_compare(*a, *b);
}

static bool
collect(struct collector *collector, const struct classifier_source_context *contexts, uint32_t count)
{
	if (!push_start(collector, (struct ipv6_address){.high = 0})) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < contexts[i].rule_count; j++) {
			const struct classifier_source_rule *rule = &contexts[i].rules[j];
			if (!push_list(collector, rule->sources6, rule->source6_count) ||
			    !push_list(collector, rule->destinations6, rule->destination6_count)) {
				return false;
			}
		}
	}
	qsort(collector->starts, collector->count, sizeof(*collector->starts), compare_starts);
	return true;
}

/* The tree of the starts, in order and each once: a number is a start's place. */
static bool
lay_tree(struct classifier *classifier, struct arena *arena, const struct address_intervals *intervals)
{
	const struct address_shape shape = address_shape_of(intervals);
	uint8_t *memory = arena_take(arena, address_shape_octets(&shape) + ADDRESS_TREE_ALIGNMENT - 1, 1);

	if (memory == NULL) {
		return false;
	}
	memory += (ADDRESS_TREE_ALIGNMENT - (uintptr_t)memory % ADDRESS_TREE_ALIGNMENT) % ADDRESS_TREE_ALIGNMENT;
	classifier->numbers6 = address_tree_lay(intervals, &shape, memory);
	return true;
}

bool
classifier_number_addresses6(struct classifier *classifier, struct arena *arena,
    const struct classifier_source_context *contexts, uint32_t count)
{
	struct collector collector = {.count = 0};
	uint32_t kept = 0;
	bool done = false;

	if (collect(&collector, contexts, count)) {
		for (uint32_t i = 0; i < collector.count; i++) {
			if (kept == 0 || !ipv6_equal(collector.starts[kept - 1], collector.starts[i])) {
				collector.starts[kept++] = collector.starts[i];
			}
		}
		done = lay_tree(classifier, arena, &(struct address_intervals){.count = kept, .starts = collector.starts});
	}
	arena_release(&collector.scratch);
	/* the most that keeps the last number's last value within 32 bits */
	classifier->number6_shift = kept < 2 ? 31 : (uint32_t)__builtin_clz(kept - 1);
	return done;
}
