/*
 * Distinct sets of addresses and services, and which contains which. See policy_sets.h.
 */
#include "policy_sets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HASH_START 0xcbf29ce484222325U /* FNV-1a's */

static int
compare_addresses(const void *left, const void *right)
{
	const struct policy_prefix *a = left;
	const struct policy_prefix *b = right;

	if (a->inet6 != b->inet6) {
		return a->inet6 ? 1 : -1;
	}
	const int order = ipv6_compare(a->address, b->address);
	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* The two differ in the last bit of their length only. => sorted */
static bool
are_halves(const struct policy_prefix *left, const struct policy_prefix *right)
{
	return left->inet6 == right->inet6 && left->length == right->length &&
	       left->length > (left->inet6 ? 0 : IPV6_MAPPED_LENGTH) &&
	       ipv6_covers(left->address, left->length - 1U, right->address);
}

/* The fewest prefixes for the same addresses. Returns how many are left. */
static uint32_t
fold_addresses(struct policy_prefix *prefixes, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		prefixes[i].address = ipv6_first(prefixes[i].address, prefixes[i].length);
	}
	if (count > 1) {
		qsort(prefixes, count, sizeof(*prefixes), compare_addresses);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (kept > 0 && policy_prefix_holds(&prefixes[kept - 1], &prefixes[i])) {
			continue;
		}
		prefixes[kept++] = prefixes[i];
		while (kept > 1 && are_halves(&prefixes[kept - 2], &prefixes[kept - 1])) {
			kept--;
			prefixes[kept - 1].length--;
		}
	}
	return kept;
}

static int
compare_terms(const void *left, const void *right)
{
	const struct classifier_term *a = left;
	const struct classifier_term *b = right;

	if (a->protocol != b->protocol) {
		return (a->protocol > b->protocol) - (a->protocol < b->protocol);
	}
	if (a->destination_low != b->destination_low) {
		return (a->destination_low > b->destination_low) -
		       (a->destination_low < b->destination_low);
	}
	if (a->destination_high != b->destination_high) {
		return (a->destination_high > b->destination_high) -
		       (a->destination_high < b->destination_high);
	}
	if (a->source_low != b->source_low) {
		return (a->source_low > b->source_low) - (a->source_low < b->source_low);
	}
	return (a->source_high > b->source_high) - (a->source_high < b->source_high);
}

static uint32_t
fold_terms(struct classifier_term *terms, uint32_t count)
{
	uint32_t kept = 0;

	if (count > 1) {
		qsort(terms, count, sizeof(*terms), compare_terms);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || compare_terms(&terms[kept - 1], &terms[i]) != 0) {
			terms[kept++] = terms[i];
		}
	}
	return kept;
}

static uint64_t
hash_step(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * POLICY_SETS_FACTOR;
}

static uint64_t
hash_set(const struct policy_set *set)
{
	uint64_t hash = HASH_START;

	for (uint32_t i = 0; i < set->count; i++) {
		if (set->terms != NULL) {
			const struct classifier_term *term = &set->terms[i];
			hash = hash_step(hash, term->protocol);
			hash = hash_step(
			    hash, (uint32_t)term->destination_low << 16 | term->destination_high);
			hash =
			    hash_step(hash, (uint32_t)term->source_low << 16 | term->source_high);
		} else {
			const struct policy_prefix *prefix = &set->prefixes[i];
			hash = hash_step(hash, (uint32_t)prefix->address.low);
			hash = hash_step(hash, (uint32_t)(prefix->address.low >> 32));
			hash = hash_step(hash, (uint32_t)prefix->address.high);
			hash = hash_step(hash, (uint32_t)(prefix->address.high >> 32));
			hash = hash_step(hash, prefix->length);
		}
	}
	return hash ^ hash >> 32;
}

static bool
are_equal(const struct policy_set *left, const struct policy_set *right)
{
	if (left->count != right->count) {
		return false;
	}
	for (uint32_t i = 0; i < left->count; i++) {
		if (right->terms != NULL
			? compare_terms(&left->terms[i], &right->terms[i]) != 0
			: compare_addresses(&left->prefixes[i], &right->prefixes[i]) != 0) {
			return false;
		}
	}
	return true;
}

/* The number of a set of this content, a new one when there was none. */
static bool
place_set(struct policy_sets *sets, struct policy_set *set, uint32_t *number)
{
	const uint64_t hash = hash_set(set);
	uint32_t *first = pair_map_place(
	    &sets->by_hash, sets->scratch, (uint32_t)(hash >> 32), (uint32_t)hash, CLASSIFIER_NONE);

	if (first == NULL) {
		return false;
	}
	for (uint32_t i = *first; i != CLASSIFIER_NONE; i = sets->items[i].same_hash) {
		if (are_equal(&sets->items[i], set)) {
			*number = i;
			return true;
		}
	}
	struct policy_set *moved =
	    arena_grow(sets->scratch, sets->items, sets->count, &sets->capacity, sizeof(*moved));
	if (moved == NULL) {
		return false;
	}
	sets->items = moved;
	set->same_hash = *first;
	*first = sets->count;
	moved[sets->count] = *set;
	*number = sets->count++;
	return true;
}

/* The caller's arrays, whose number is filled in when they are new (CLASSIFIER_NONE). */
static struct policy_set_array *
place_of_array(struct policy_sets *sets, const struct policy_set_array *wanted)
{
	const uint64_t where =
	    hash_step(hash_step(hash_step(hash_step(HASH_START, wanted->first_count), wanted->second_count),
	                  (uintptr_t)wanted->first),
		(uintptr_t)wanted->second);
	uint32_t *place = pair_map_place(&sets->by_array, sets->scratch, (uint32_t)(where >> 32),
	    (uint32_t)where, sets->array_count);

	if (place == NULL) {
		return NULL;
	}
	if (*place < sets->array_count) {
		struct policy_set_array *known = &sets->arrays[*place];
		if (known->first == wanted->first && known->second == wanted->second &&
		    known->first_count == wanted->first_count && known->second_count == wanted->second_count) {
			return known;
		}
	}
	*place = sets->array_count;
	struct policy_set_array *moved = arena_grow(
	    sets->scratch, sets->arrays, sets->array_count, &sets->array_capacity, sizeof(*moved));
	if (moved == NULL) {
		return NULL;
	}
	sets->arrays = moved;
	moved[sets->array_count] = *wanted;
	moved[sets->array_count].number = CLASSIFIER_NONE;
	return &moved[sets->array_count++];
}

static struct policy_prefix *
join_lists(struct arena *scratch, const struct policy_address_lists *lists)
{
	struct policy_prefix *prefixes =
	    arena_take(scratch, (size_t)lists->count + lists->count6, sizeof(*prefixes));

	for (uint32_t i = 0; prefixes != NULL && i < lists->count; i++) {
		prefixes[i] = (struct policy_prefix){
		    .address = ipv6_mapped(lists->inet[i].address),
		    .length = (uint8_t)(lists->inet[i].length + IPV6_MAPPED_LENGTH),
		};
	}
	for (uint32_t i = 0; prefixes != NULL && i < lists->count6; i++) {
		prefixes[lists->count + i] = (struct policy_prefix){
		    .address = lists->inet6[i].address,
		    .length = lists->inet6[i].length,
		    .inet6 = true,
		};
	}
	return prefixes;
}

bool
policy_sets_addresses(
    struct policy_sets *sets, const struct policy_address_lists *lists, uint32_t *number)
{
	const struct policy_set_array array = {
	    .first = lists->count == 0 ? NULL : lists->inet,
	    .second = lists->count6 == 0 ? NULL : lists->inet6,
	    .first_count = lists->count,
	    .second_count = lists->count6,
	};
	struct policy_set_array *known = place_of_array(sets, &array);

	assert(!sets->services && lists->count + lists->count6 > 0);
	if (known == NULL) {
		return false;
	}
	if (known->number != CLASSIFIER_NONE) {
		*number = known->number;
		return true;
	}
	struct policy_prefix *prefixes = join_lists(sets->scratch, lists);
	if (prefixes == NULL) {
		return false;
	}
	struct policy_set set = {
	    .count = fold_addresses(prefixes, lists->count + lists->count6), .prefixes = prefixes};
	if (!place_set(sets, &set, number)) {
		return false;
	}
	known->number = *number;
	return true;
}

bool
policy_sets_services(
    struct policy_sets *sets, const struct classifier_term *terms, uint32_t count, uint32_t *number)
{
	const struct policy_set_array array = {.first = terms, .first_count = count};
	struct policy_set_array *known = place_of_array(sets, &array);

	assert(sets->services && count > 0);
	if (known == NULL) {
		return false;
	}
	if (known->number != CLASSIFIER_NONE) {
		*number = known->number;
		return true;
	}
	struct classifier_term *copy = arena_take(sets->scratch, count, sizeof(*copy));
	if (copy == NULL) {
		return false;
	}
	memcpy(copy, terms, count * sizeof(*copy));
	struct policy_set set = {.count = fold_terms(copy, count), .terms = copy};
	if (!place_set(sets, &set, number)) {
		return false;
	}
	known->number = *number;
	return true;
}
