/*
 * What policies match, as sets that are compared: distinct address sets, distinct service sets, and
 * of each the sets that contain it. For policy_cover.c.
 *
 * An address set is held as the fewest prefixes that make it up; so one set contains another when
 * each prefix of the other lies inside one of its own. Sets that may contain another are found by a
 * prefix (a port) of its own that the fewest sets hold, not by comparing all with all.
 *
 * Bound: for one set at most POLICY_SETS_SUPERSETS containing ones are kept, and the work of
 * finding them is at most POLICY_SETS_WORK and a fixed amount for each of its members. What lies
 * beyond is left out: then a set that contains it is missed, never one told that does not.
 *
 * Everything lies in the caller's arena. False from any function: memory ran out.
 */
#ifndef SNAPSHOT_POLICY_SETS_H
#define SNAPSHOT_POLICY_SETS_H

#include "arena.h"
#include "classifier_build.h"

enum {
	POLICY_SETS_SUPERSETS = 1024,
	POLICY_SETS_WORK = 4096,
};

/* A prefix of one family. */
struct policy_prefix {
	struct ipv6_address address; /* of inet: ::ffff:a.b.c.d */
	uint8_t length;              /* of 128 bits */
	bool inet6;                  /* ::/0 has nothing of inet, though the bits say so */
};

static inline bool
policy_prefix_holds(const struct policy_prefix *outer, const struct policy_prefix *inner)
{
	return outer->inet6 == inner->inet6 && outer->length <= inner->length &&
	       ipv6_covers(outer->address, outer->length, inner->address);
}

#define POLICY_SETS_FACTOR 0x100000001b3U /* of hashes: FNV-1a's */

/* What a policy's source or destination is made of. */
struct policy_address_lists {
	uint32_t count;
	uint32_t count6;
	const struct snapshot_address *inet;
	const struct snapshot_address6 *inet6;
};

struct policy_set_list {
	uint32_t count;
	const uint32_t *items;
};

/* From a key's number to the sets that stand under it. */
struct policy_set_entry {
	uint32_t key;
	uint32_t set;
};

struct policy_set_index {
	struct pair_map keys;
	uint32_t key_count;
	struct policy_set_entry *entries;
	uint32_t entry_count;
	uint32_t entry_capacity;
	uint32_t *starts; /* by key, one more at the end */
	uint32_t *sets;
};

struct policy_set {
	uint32_t count;
	const struct policy_prefix
	    *prefixes; /* an address set's; sorted, disjoint, no two halves of a larger one */
	const struct classifier_term *terms; /* a service set's; sorted, applications left out */
	uint32_t same_hash;                  /* the next set of the same hash, or CLASSIFIER_NONE */
	struct policy_set_list supersets;    /* itself too */
};

/* An array, or two, that the caller gave. */
struct policy_set_array {
	const void *first;
	const void *second;
	uint32_t first_count;
	uint32_t second_count;
	uint32_t number; /* of its set */
};

struct policy_sets {
	struct arena *scratch;
	bool services;
	struct pair_map by_array; /* where the caller's arrays stand, to their place in arrays */
	struct policy_set_array *arrays;
	uint32_t array_count;
	uint32_t array_capacity;
	struct pair_map by_hash;
	struct policy_set *items;
	uint32_t count;
	uint32_t capacity;
	bool lengths[2][IPV6_LENGTH_MOST + 1]; /* by family (services: 0) and length: one occurs */
	struct policy_set_index index;
	uint32_t *seen; /* by set: the last one it was compared with */
};

/* The set's number. The same arrays may come again; there is an address (a term) in them. */
bool policy_sets_addresses(struct policy_sets *sets, const struct policy_address_lists *lists,
    uint32_t *number) __attribute__((warn_unused_result));
bool policy_sets_services(struct policy_sets *sets, const struct classifier_term *terms,
    uint32_t count, uint32_t *number) __attribute__((warn_unused_result));
/* policy_sets_search.c: when all sets are there: finds of each the ones that contain it. */
bool policy_sets_finish(struct policy_sets *sets) __attribute__((warn_unused_result));

/* Has the one something in common with the other? `work` goes down; when it is used up the answer
 * is yes. */
bool policy_sets_meet(const struct policy_sets *sets, uint32_t one, uint32_t other, uint32_t *work);

/* Does the union of `terms` contain `term` whole? No when it is too much work to tell. */
bool policy_terms_contain(
    const struct classifier_term *terms, uint32_t count, const struct classifier_term *term);
bool policy_terms_meet(const struct classifier_term *one, const struct classifier_term *other);
/* Keys of the index for a range of destination ports, at most 30: calls `each` until it returns
 * false. */
bool policy_ports_cut(
    uint32_t low, uint32_t high, bool (*each)(void *context, uint32_t key), void *context);

#endif
