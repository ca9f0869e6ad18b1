/*
 * Which of the sets contain which, and which have something in common. See policy_sets.h.
 */
#include "policy_sets.h"

#include <string.h>

enum {
	PIVOTS_MOST = 16,   /* members that are tried for the one that the fewest sets hold */
	WORK_A_MEMBER = 16, /* of finding supersets, besides POLICY_SETS_WORK */
	PROTOCOL_TCP = 6,
};

/* --- the index -------------------------------------------------------------------------- */

static bool
index_add(struct policy_sets *sets, uint32_t first, uint32_t second, uint32_t set)
{
	struct policy_set_index *index = &sets->index;
	const uint32_t *key =
	    pair_map_place(&index->keys, sets->scratch, first, second, index->key_count);
	struct policy_set_entry *moved = arena_grow(sets->scratch, index->entries,
	    index->entry_count, &index->entry_capacity, sizeof(*moved));

	if (key == NULL || moved == NULL) {
		return false;
	}
	index->key_count += *key == index->key_count ? 1 : 0;
	index->entries = moved;
	moved[index->entry_count++] = (struct policy_set_entry){.key = *key, .set = set};
	return true;
}

/* Sorted by key (counting), in the order of their coming under each. */
static bool
index_finish(struct policy_sets *sets)
{
	struct policy_set_index *index = &sets->index;

	index->starts =
	    arena_take(sets->scratch, (size_t)index->key_count + 2, sizeof(*index->starts));
	index->sets = arena_take(sets->scratch, index->entry_count, sizeof(*index->sets));
	if (index->starts == NULL || index->sets == NULL) {
		return false;
	}
	/* starts[key + 2] counts, starts[key + 1] becomes the place to fill, and in the end the
	 * key's end */
	for (uint32_t i = 0; i < index->entry_count; i++) {
		index->starts[index->entries[i].key + 2]++;
	}
	for (uint32_t key = 1; key < index->key_count + 2; key++) {
		index->starts[key] += index->starts[key - 1];
	}
	for (uint32_t i = 0; i < index->entry_count; i++) {
		index->sets[index->starts[index->entries[i].key + 1]++] = index->entries[i].set;
	}
	return true;
}

static struct policy_set_list
index_find(const struct policy_sets *sets, uint32_t first, uint32_t second)
{
	const struct policy_set_index *index = &sets->index;
	const uint32_t key = pair_map_find(&index->keys, first, second);

	if (key == CLASSIFIER_NONE) {
		return (struct policy_set_list){.count = 0};
	}
	return (struct policy_set_list){.count = index->starts[key + 1] - index->starts[key],
	    .items = &index->sets[index->starts[key]]};
}

/* --- which contains which --------------------------------------------------------------- */

/* The prefix of the set that holds the first address of another or begins first behind it. */
static uint32_t
find_prefix(const struct policy_set *set, const struct policy_prefix *wanted)
{
	uint32_t low = 0;
	uint32_t high = set->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct policy_prefix *prefix = &set->prefixes[middle];
		if (prefix->inet6 != wanted->inet6
			? wanted->inet6
			: ipv6_less(ipv6_last(prefix->address, prefix->length), wanted->address)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool
holds_member(const struct policy_sets *sets, const struct policy_set *outer,
    const struct policy_set *inner, uint32_t member)
{
	if (sets->services) {
		return policy_terms_contain(outer->terms, outer->count, &inner->terms[member]);
	}
	const struct policy_prefix *prefix = &inner->prefixes[member];
	const uint32_t place = find_prefix(outer, prefix);
	return place < outer->count && policy_prefix_holds(&outer->prefixes[place], prefix);
}

/* What stands for a prefix in the index; that others may share it only costs a comparison. */
static uint32_t
prefix_key(struct ipv6_address address)
{
	const uint64_t mixed = (address.high ^ address.low * POLICY_SETS_FACTOR) * POLICY_SETS_FACTOR;

	return (uint32_t)(mixed >> 32) ^ (uint32_t)mixed;
}

static uint32_t
length_key(uint32_t length, bool inet6)
{
	return inet6 ? length | 0x100 : length;
}

/* Sets that may hold the member, key by key: calls with rising `step` until it is false. */
static bool
candidates_of(const struct policy_sets *sets, const struct policy_set *set, uint32_t member,
    uint32_t step, struct policy_set_list *list)
{
	*list = (struct policy_set_list){.count = 0};
	if (!sets->services) {
		const struct policy_prefix *prefix = &set->prefixes[member];
		const uint32_t length = step + (prefix->inet6 ? 0 : IPV6_MAPPED_LENGTH);
		if (length > prefix->length) {
			return false;
		}
		if (sets->lengths[prefix->inet6][length]) {
			*list = index_find(sets, prefix_key(ipv6_first(prefix->address, length)),
			    length_key(length, prefix->inet6));
		}
		return true;
	}
	const struct classifier_term *term = &set->terms[member];
	const uint32_t own =
	    term->protocol == CLASSIFIER_ANY_PROTOCOL ? PROTOCOL_TCP : term->protocol;
	if (step > 33) {
		return false;
	}
	/* its first port, by all lengths of blocks, of its protocol and of any */
	if (sets->lengths[0][step / 2]) {
		*list = index_find(sets, step % 2 == 0 ? own : CLASSIFIER_ANY_PROTOCOL,
		    classifier_port_key(term->destination_low, step / 2));
	}
	return true;
}

/* The member that the fewest sets may hold. */
static uint32_t
find_pivot(const struct policy_sets *sets, const struct policy_set *set)
{
	uint64_t least = UINT64_MAX;
	uint32_t pivot = 0;

	for (uint32_t member = 0; set->count > 1 && member < set->count && member < PIVOTS_MOST;
	     member++) {
		struct policy_set_list list;
		uint64_t total = 0;
		for (uint32_t step = 0; candidates_of(sets, set, member, step, &list); step++) {
			total += list.count;
		}
		if (total < least) {
			least = total;
			pivot = member;
		}
	}
	return pivot;
}

struct search {
	const struct policy_set *set;
	uint32_t number;
	uint64_t work; /* members that may still be looked at */
	uint32_t *found;
	uint32_t count;
};

static void
try_candidate(struct policy_sets *sets, struct search *search, uint32_t candidate)
{
	const struct policy_set *outer = &sets->items[candidate];

	if (candidate == search->number || sets->seen[candidate] == search->number + 1) {
		return;
	}
	sets->seen[candidate] = search->number + 1;
	for (uint32_t member = 0; member < search->set->count; member++) {
		const uint32_t cost = sets->services ? outer->count : 1;
		if (search->work < cost) {
			search->work = 0;
			return;
		}
		search->work -= cost;
		if (!holds_member(sets, outer, search->set, member)) {
			return;
		}
	}
	search->found[search->count++] = candidate;
}

static bool
find_supersets(struct policy_sets *sets, uint32_t number, uint32_t *buffer)
{
	struct policy_set *set = &sets->items[number];
	struct search search = {
	    .set = set,
	    .number = number,
	    .work = POLICY_SETS_WORK + (uint64_t)set->count * WORK_A_MEMBER,
	    .found = buffer,
	};
	const uint32_t pivot = find_pivot(sets, set);
	struct policy_set_list list;

	search.found[search.count++] = number;
	for (uint32_t step = 0; candidates_of(sets, set, pivot, step, &list); step++) {
		for (uint32_t i = 0;
		     i < list.count && search.work > 0 && search.count < POLICY_SETS_SUPERSETS;
		     i++) {
			try_candidate(sets, &search, list.items[i]);
		}
	}
	uint32_t *items = arena_take(sets->scratch, search.count, sizeof(*items));
	if (items == NULL) {
		return false;
	}
	memcpy(items, buffer, search.count * sizeof(*items));
	set->supersets = (struct policy_set_list){.count = search.count, .items = items};
	return true;
}

struct term_context {
	struct policy_sets *sets;
	uint32_t set;
	uint32_t protocol;
};

static bool
add_port_key(void *context, uint32_t key)
{
	const struct term_context *term = context;

	term->sets->lengths[0][key >> 16] = true;
	return index_add(term->sets, term->protocol, key, term->set);
}

static bool
index_set(struct policy_sets *sets, uint32_t number)
{
	const struct policy_set *set = &sets->items[number];

	for (uint32_t i = 0; i < set->count; i++) {
		if (sets->services) {
			struct term_context context = {
			    .sets = sets, .set = number, .protocol = set->terms[i].protocol};
			if (!policy_ports_cut(set->terms[i].destination_low,
				set->terms[i].destination_high, add_port_key, &context)) {
				return false;
			}
		} else {
			const struct policy_prefix *prefix = &set->prefixes[i];
			sets->lengths[prefix->inet6][prefix->length] = true;
			if (!index_add(sets, prefix_key(prefix->address),
				length_key(prefix->length, prefix->inet6), number)) {
				return false;
			}
		}
	}
	return true;
}

bool
policy_sets_finish(struct policy_sets *sets)
{
	uint32_t *buffer = arena_take(sets->scratch, POLICY_SETS_SUPERSETS, sizeof(*buffer));

	sets->seen = arena_take(sets->scratch, sets->count, sizeof(*sets->seen));
	if (buffer == NULL || sets->seen == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < sets->count; i++) {
		if (!index_set(sets, i)) {
			return false;
		}
	}
	if (!index_finish(sets)) {
		return false;
	}
	for (uint32_t i = 0; i < sets->count; i++) {
		if (!find_supersets(sets, i, buffer)) {
			return false;
		}
	}
	return true;
}

/* --- what two have in common ------------------------------------------------------------ */

static bool
prefix_meets(const struct policy_set *set, const struct policy_prefix *prefix)
{
	const uint32_t place = find_prefix(set, prefix);

	return place < set->count &&
	       (policy_prefix_holds(&set->prefixes[place], prefix) || policy_prefix_holds(prefix, &set->prefixes[place]));
}

bool
policy_sets_meet(const struct policy_sets *sets, uint32_t one, uint32_t other, uint32_t *work)
{
	const struct policy_set *small = &sets->items[one];
	const struct policy_set *large = &sets->items[other];

	if (small->count > large->count) {
		small = &sets->items[other];
		large = &sets->items[one];
	}
	for (uint32_t i = 0; i < small->count; i++) {
		const uint32_t cost = sets->services ? large->count : 1;
		if (*work < cost) {
			*work = 0;
			return true;
		}
		*work -= cost;
		if (!sets->services) {
			if (prefix_meets(large, &small->prefixes[i])) {
				return true;
			}
			continue;
		}
		for (uint32_t j = 0; j < large->count; j++) {
			if (policy_terms_meet(&small->terms[i], &large->terms[j])) {
				return true;
			}
		}
	}
	return false;
}
