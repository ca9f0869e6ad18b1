/*
 * Shadowed and redundant policies. See policy_cover.h.
 *
 * Policies stand in lists by their source, destination and service sets. Those that may contain a
 * policy stand in lists of sets that contain its own: the way with the fewest of them is gone, by
 * one of the three kinds of lists or by all combinations. Shadowed policies stand in no list:
 * whatever they contain, their own shadower contains too.
 */
#include "policy_cover.h"

#include <string.h>

#include "policy_sets.h"

enum dimension {
	SOURCE,
	DESTINATION,
	SERVICE,
	DIMENSIONS,
};

/* The policies that stand under each set, the one put in last first. */
struct cover_lists {
	uint32_t *first; /* by set */
	uint32_t *count;
	uint32_t *next; /* by policy */
	uint32_t *mark; /* by set: the policy it was last marked for, + 1 */
};

struct cover_place {
	uint32_t set[DIMENSIONS];
	uint32_t next_same; /* with the same three sets */
	/* The next policy that acts differently; the count when there is none. */
	uint32_t next_other;
	bool never; /* matches nothing by itself */
};

struct cover {
	struct arena *scratch;
	struct policy_cover_rule *rules;
	struct cover_place *places;
	uint32_t count;
	struct policy_sets addresses;
	struct policy_sets services;
	struct cover_lists lists[DIMENSIONS];
	struct pair_map pairs;   /* source and destination set to a number */
	struct pair_map triples; /* that and the service set to the policy put in last */
	uint32_t pair_count;
};

static const struct policy_sets *
sets_of(const struct cover *cover, enum dimension dimension)
{
	return dimension == SERVICE ? &cover->services : &cover->addresses;
}

static const struct policy_set_list *
supersets_of(const struct cover *cover, uint32_t policy, enum dimension dimension)
{
	return &sets_of(cover, dimension)->items[cover->places[policy].set[dimension]].supersets;
}

/*
 * Source and destination in the families that the policy matches: what it names of one on one side only is as if not
 * there. So policies that cover each other do so side by side.
 */
static bool
place_addresses(struct cover *cover, const struct classifier_source_rule *rule, struct cover_place *place)
{
	const bool inet = rule->source_count > 0 && rule->destination_count > 0;
	const bool inet6 = rule->source6_count > 0 && rule->destination6_count > 0;
	const struct policy_address_lists sources = {
	    .count = inet ? rule->source_count : 0,
	    .count6 = inet6 ? rule->source6_count : 0,
	    .inet = rule->sources,
	    .inet6 = rule->sources6,
	};
	const struct policy_address_lists destinations = {
	    .count = inet ? rule->destination_count : 0,
	    .count6 = inet6 ? rule->destination6_count : 0,
	    .inet = rule->destinations,
	    .inet6 = rule->destinations6,
	};

	place->never = place->never || (!inet && !inet6);
	return place->never || (policy_sets_addresses(&cover->addresses, &sources, &place->set[SOURCE]) &&
				   policy_sets_addresses(&cover->addresses, &destinations, &place->set[DESTINATION]));
}

static bool
place_policies(struct cover *cover)
{
	for (uint32_t i = 0; i < cover->count; i++) {
		const struct classifier_source_rule *rule = cover->rules[i].rule;
		struct cover_place *place = &cover->places[i];

		cover->rules[i].shadowed_by = CLASSIFIER_NONE;
		cover->rules[i].redundant_by = CLASSIFIER_NONE;
		place->never = rule->term_count == 0;
		if (!place_addresses(cover, rule, place) ||
		    (!place->never && !policy_sets_services(&cover->services, rule->terms,
					  rule->term_count, &place->set[SERVICE]))) {
			return false;
		}
	}
	for (uint32_t i = cover->count; i-- > 0;) {
		const bool last = i + 1 == cover->count;

		cover->places[i].next_other = i + 1;
		if (!last && cover->rules[i].action == cover->rules[i + 1].action) {
			cover->places[i].next_other = cover->places[i + 1].next_other;
		}
	}
	return policy_sets_finish(&cover->addresses) && policy_sets_finish(&cover->services);
}

static bool
clear_lists(struct cover *cover)
{
	for (enum dimension dimension = SOURCE; dimension < DIMENSIONS; dimension++) {
		struct cover_lists *lists = &cover->lists[dimension];
		const uint32_t count = sets_of(cover, dimension)->count;

		lists->first = arena_take(cover->scratch, count, sizeof(*lists->first));
		lists->count = arena_take(cover->scratch, count, sizeof(*lists->count));
		lists->mark = arena_take(cover->scratch, count, sizeof(*lists->mark));
		lists->next = arena_take(cover->scratch, cover->count, sizeof(*lists->next));
		if (lists->first == NULL || lists->count == NULL || lists->mark == NULL ||
		    lists->next == NULL) {
			return false;
		}
		memset(lists->first, 0xff, count * sizeof(*lists->first));
	}
	cover->pairs = (struct pair_map){.slots = NULL};
	cover->triples = (struct pair_map){.slots = NULL};
	cover->pair_count = 0;
	return true;
}

static bool
put_in(struct cover *cover, uint32_t policy)
{
	struct cover_place *place = &cover->places[policy];
	const uint32_t *pair = pair_map_place(&cover->pairs, cover->scratch, place->set[SOURCE],
	    place->set[DESTINATION], cover->pair_count);

	if (pair == NULL) {
		return false;
	}
	cover->pair_count += *pair == cover->pair_count ? 1 : 0;
	uint32_t *same = pair_map_place(
	    &cover->triples, cover->scratch, *pair, place->set[SERVICE], CLASSIFIER_NONE);
	if (same == NULL) {
		return false;
	}
	place->next_same = *same;
	*same = policy;
	for (enum dimension dimension = SOURCE; dimension < DIMENSIONS; dimension++) {
		struct cover_lists *lists = &cover->lists[dimension];
		const uint32_t set = place->set[dimension];
		lists->next[policy] = lists->first[set];
		lists->first[set] = policy;
		lists->count[set]++;
	}
	return true;
}

/* Is `outer` active whenever `inner` is? */
static bool
active_too(const struct policy_cover_rule *outer, const struct policy_cover_rule *inner)
{
	if (outer->scheduler_count == 0) {
		return true;
	}
	for (uint32_t i = 0; i < inner->scheduler_count; i++) {
		uint32_t j = 0;
		while (j < outer->scheduler_count && outer->schedulers[j] != inner->schedulers[i]) {
			j++;
		}
		if (j == outer->scheduler_count) {
			return false;
		}
	}
	return inner->scheduler_count > 0;
}

struct search {
	const struct cover *cover;
	uint32_t policy;
	uint32_t work;
	uint32_t best; /* the first in the context's order */
	bool same_action;
};

/* => the candidate's sets contain the policy's */
static void
try_policy(struct search *search, uint32_t candidate)
{
	const struct policy_cover_rule *outer = &search->cover->rules[candidate];
	const struct policy_cover_rule *inner = &search->cover->rules[search->policy];

	if (candidate < search->best && (!search->same_action || outer->action == inner->action) &&
	    active_too(outer, inner)) {
		search->best = candidate;
	}
}

/* All combinations of sets that contain the policy's. */
static void
search_combinations(struct search *search)
{
	const struct cover *cover = search->cover;
	const struct policy_set_list *sources = supersets_of(cover, search->policy, SOURCE);
	const struct policy_set_list *destinations =
	    supersets_of(cover, search->policy, DESTINATION);
	const struct policy_set_list *services = supersets_of(cover, search->policy, SERVICE);

	for (uint32_t i = 0; i < sources->count; i++) {
		for (uint32_t j = 0; j < destinations->count; j++) {
			const uint32_t pair =
			    pair_map_find(&cover->pairs, sources->items[i], destinations->items[j]);
			for (uint32_t k = 0; pair != CLASSIFIER_NONE && k < services->count; k++) {
				uint32_t candidate =
				    pair_map_find(&cover->triples, pair, services->items[k]);
				for (; candidate != CLASSIFIER_NONE && search->work > 0;
				     search->work--) {
					try_policy(search, candidate);
					candidate = cover->places[candidate].next_same;
				}
			}
		}
	}
}

static void
mark_supersets(const struct search *search)
{
	for (enum dimension dimension = SOURCE; dimension < DIMENSIONS; dimension++) {
		const struct policy_set_list *list =
		    supersets_of(search->cover, search->policy, dimension);
		for (uint32_t i = 0; i < list->count; i++) {
			search->cover->lists[dimension].mark[list->items[i]] = search->policy + 1;
		}
	}
}

static bool
is_marked(const struct search *search, uint32_t candidate)
{
	for (enum dimension dimension = SOURCE; dimension < DIMENSIONS; dimension++) {
		const uint32_t set = search->cover->places[candidate].set[dimension];
		if (search->cover->lists[dimension].mark[set] != search->policy + 1) {
			return false;
		}
	}
	return true;
}

static void
search_lists(struct search *search, enum dimension dimension)
{
	const struct cover_lists *lists = &search->cover->lists[dimension];
	const struct policy_set_list *supersets =
	    supersets_of(search->cover, search->policy, dimension);

	mark_supersets(search);
	for (uint32_t i = 0; i < supersets->count; i++) {
		uint32_t candidate = lists->first[supersets->items[i]];
		for (; candidate != CLASSIFIER_NONE && search->work > 0; search->work--) {
			if (is_marked(search, candidate)) {
				try_policy(search, candidate);
			}
			candidate = lists->next[candidate];
		}
	}
}

/* The first policy among those put in that contains this one, or CLASSIFIER_NONE. */
static uint32_t
find_container(const struct cover *cover, uint32_t policy, bool same_action)
{
	struct search search = {
	    .cover = cover,
	    .policy = policy,
	    .work = POLICY_COVER_WORK,
	    .best = CLASSIFIER_NONE,
	    .same_action = same_action,
	};
	uint64_t combinations = 1;
	uint64_t least = UINT64_MAX;
	enum dimension way = SOURCE;

	for (enum dimension dimension = SOURCE; dimension < DIMENSIONS; dimension++) {
		const struct policy_set_list *list = supersets_of(cover, policy, dimension);
		uint64_t total = list->count;
		for (uint32_t i = 0; i < list->count; i++) {
			total += cover->lists[dimension].count[list->items[i]];
		}
		combinations *= list->count;
		if (total < least) {
			least = total;
			way = dimension;
		}
	}
	if (combinations <= least && combinations <= POLICY_COVER_WORK) {
		search_combinations(&search);
	} else {
		search_lists(&search, way);
	}
	return search.best;
}

/* Does nothing that acts differently meet the policy between it and `end`? No when that is too much
 * work to tell. */
static bool
clear_between(const struct cover *cover, uint32_t policy, uint32_t end)
{
	const uint32_t action = cover->rules[policy].action;
	const struct cover_place *own = &cover->places[policy];
	uint32_t work = POLICY_COVER_WORK;
	uint32_t at = own->next_other;

	while (at < end) {
		const struct cover_place *other = &cover->places[at];
		if (cover->rules[at].action == action) {
			at = other->next_other;
			continue;
		}
		if (work == 0) {
			return false;
		}
		work--;
		if (cover->rules[at].partial ||
		    (!other->never &&
			policy_sets_meet(
			    &cover->addresses, own->set[SOURCE], other->set[SOURCE], &work) &&
			policy_sets_meet(&cover->addresses, own->set[DESTINATION],
			    other->set[DESTINATION], &work) &&
			policy_sets_meet(
			    &cover->services, own->set[SERVICE], other->set[SERVICE], &work))) {
			return false;
		}
		at++;
	}
	return true;
}

static bool
find_shadowed(struct cover *cover)
{
	for (uint32_t i = 0; i < cover->count; i++) {
		struct policy_cover_rule *rule = &cover->rules[i];
		if (cover->places[i].never) {
			continue;
		}
		rule->shadowed_by =
		    rule->partial ? CLASSIFIER_NONE : find_container(cover, i, false);
		if (rule->shadowed_by == CLASSIFIER_NONE && !put_in(cover, i)) {
			return false;
		}
	}
	return true;
}

static bool
find_redundant(struct cover *cover)
{
	for (uint32_t i = cover->count; i-- > 0;) {
		struct policy_cover_rule *rule = &cover->rules[i];
		if (cover->places[i].never || rule->shadowed_by != CLASSIFIER_NONE) {
			continue;
		}
		const uint32_t later =
		    rule->partial ? CLASSIFIER_NONE : find_container(cover, i, true);
		if (later != CLASSIFIER_NONE && clear_between(cover, i, later)) {
			rule->redundant_by = later;
		}
		if (!put_in(cover, i)) {
			return false;
		}
	}
	return true;
}

bool
policy_cover(struct arena *scratch, struct policy_cover_rule *rules, uint32_t count)
{
	struct cover cover = {
	    .scratch = scratch,
	    .rules = rules,
	    .places = arena_take(scratch, count, sizeof(*cover.places)),
	    .count = count,
	    .addresses = {.scratch = scratch},
	    .services = {.scratch = scratch, .services = true},
	};

	if (cover.places == NULL) {
		return false;
	}
	return place_policies(&cover) && clear_lists(&cover) && find_shadowed(&cover) &&
	       clear_lists(&cover) && find_redundant(&cover);
}
