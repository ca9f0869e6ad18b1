/*
 * The policy look-up. Read-only over what lib/snapshot compiled (engine/classifier_layout.h); any thread.
 */
#include "engine/classifier.h"

#include <assert.h>
#include <stddef.h>

#include "classifier_private.h"
#include "engine/classifier_layout.h"
#include "engine/packet.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMP6 = 58,
};

static bool
scheduler_active(const struct snapshot_scheduler *scheduler, int64_t wall)
{
	uint32_t low = 0;
	uint32_t high = scheduler->interval_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (scheduler->intervals[middle].to <= wall) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < scheduler->interval_count && scheduler->intervals[low].from <= wall;
}

bool
classifier_policy_active(const struct snapshot *snapshot, uint32_t policy, int64_t wall)
{
	assert(policy < snapshot->policy_count);
	const struct snapshot_policy *row = &snapshot->policies[policy];

	for (uint16_t i = 0; i < row->scheduler_count; i++) {
		assert(row->schedulers[i] < snapshot->scheduler_count);
		if (scheduler_active(&snapshot->schedulers[row->schedulers[i]], wall)) {
			return true;
		}
	}
	return row->scheduler_count == 0;
}

static bool
zone_listed(const uint16_t *zones, uint16_t count, uint16_t zone)
{
	for (uint16_t i = 0; i < count; i++) {
		if (zones[i] == zone) {
			return true;
		}
	}
	return count == 0;
}

/* What only the policy's row knows: a global policy's zones, and the schedulers. */
static enum classifier_miss
row_misses(const struct query *query, uint32_t policy)
{
	if (query->snapshot == NULL) {
		return CLASSIFIER_MISS_FROM_ZONE; /* classifier_find(): its rules have no rows and no conditions */
	}
	assert(policy < query->snapshot->policy_count);
	const struct snapshot_policy *row = &query->snapshot->policies[policy];

	if (!zone_listed(row->from_zones, row->from_count, query->from_zone)) {
		return CLASSIFIER_MISS_FROM_ZONE;
	}
	if (!zone_listed(row->to_zones, row->to_count, query->to_zone)) {
		return CLASSIFIER_MISS_TO_ZONE;
	}
	return classifier_policy_active(query->snapshot, policy, query->wall) ? CLASSIFIER_MATCH :
	                                                                        CLASSIFIER_MISS_SCHEDULER;
}

static bool
term_matches(const struct classifier_term *term, const struct query *query)
{
	return (term->protocol == query->protocol || term->protocol == CLASSIFIER_ANY_PROTOCOL) &&
	    query->destination_port >= term->destination_low && query->destination_port <= term->destination_high &&
	    query->source_port >= term->source_low && query->source_port <= term->source_high;
}

static bool
set_holds(const struct classifier *classifier, uint32_t set, uint32_t address)
{
	const struct classifier_range *ranges = &classifier->ranges[classifier->sets[set].start];
	uint32_t low = 0;
	uint32_t high = classifier->sets[set].count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (ranges[middle].high < address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < classifier->sets[set].count && ranges[low].low <= address;
}

/* Is the address in the prefix? A length of 0 holds all. */
static inline bool
prefix_holds(uint32_t prefix, uint8_t length, uint32_t address)
{
	return ((uint64_t)(prefix ^ address) << length) >> 32 == 0;
}

static bool
source_matches(const struct classifier_rule *rule, const struct query *query)
{
	return prefix_holds(rule->source, rule->source_length, query->source) &&
	    ((rule->flags & CLASSIFIER_SOURCE_SET) == 0 || set_holds(query->classifier, rule->source, query->source));
}

static bool
destination_matches(const struct classifier_rule *rule, const struct query *query)
{
	return prefix_holds(rule->destination, rule->destination_length, query->destination) &&
	    ((rule->flags & CLASSIFIER_DESTINATION_SET) == 0 ||
	        set_holds(query->classifier, rule->destination, query->destination));
}

/* Both sides' prefixes, which for a set hold all. */
static inline bool
prefixes_hold(const struct classifier_rule *rule, const struct query *query)
{
	return prefix_holds(rule->source, rule->source_length, query->source) &&
	    prefix_holds(rule->destination, rule->destination_length, query->destination);
}

static bool
sets_hold(const struct classifier_rule *rule, const struct query *query)
{
	return (rule->flags & (CLASSIFIER_SOURCE_SET | CLASSIFIER_DESTINATION_SET)) == 0 ||
	    (source_matches(rule, query) && destination_matches(rule, query));
}

static bool
first_term_matches(const struct classifier_rule *rule, const struct query *query)
{
	return (rule->protocol == query->protocol || (rule->flags & CLASSIFIER_EVERY_PROTOCOL) != 0) &&
	    query->destination_port >= rule->destination_low && query->destination_port <= rule->destination_high &&
	    query->source_port >= rule->source_low && query->source_port <= rule->source_high;
}

/* Does a term match? The application is that of the first that does. */
static bool
terms_match(const struct classifier_rule *rule, const struct query *query, uint32_t *application)
{
	if (first_term_matches(rule, query)) {
		*application = rule->application;
		return true;
	}
	if ((rule->flags & CLASSIFIER_MORE_TERMS) == 0) {
		return false;
	}
	const struct classifier_term *term = &query->classifier->terms[rule->terms];

	while (!term_matches(term, query)) {
		if (term->more == 0) {
			return false;
		}
		term++;
	}
	*application = term->application;
	return true;
}

/* Takes a rule whose prefixes hold, if all else matches. Not inlined: most rules that are looked at end before. */
static __attribute__((noinline)) bool
take_rule(struct query *query, const struct classifier_rule *rule, uint32_t number)
{
	uint32_t application;

	if (!sets_hold(rule, query) || !terms_match(rule, query, &application) ||
	    ((rule->flags & CLASSIFIER_CONDITIONAL) != 0 && row_misses(query, rule->policy) != CLASSIFIER_MATCH)) {
		return false;
	}
	query->best = number;
	query->application = application;
	return true;
}

/* The rules of a list up to the first that matches, or to the best one that is known. */
static inline void
scan_list(struct query *query, const uint32_t *place)
{
	const struct classifier_rule *rules = query->context->rules;
	uint32_t word;

	do {
		word = *place++;
		const uint32_t number = word & ~CLASSIFIER_LAST;

		if (number >= query->best ||
		    (prefixes_hold(&rules[number], query) && take_rule(query, &rules[number], number))) {
			return;
		}
	} while ((word & CLASSIFIER_LAST) == 0);
}

/* A list, and those that it leads to. */
static void
scan_lists(struct query *query, uint32_t list)
{
	while (list != CLASSIFIER_NONE) {
		if ((list & CLASSIFIER_ONE) != 0) {
			scan_list(query, &list); /* which is such a word itself */
			return;
		}
		const uint32_t *place = &query->context->rule_lists[list];

		list = *place;
		scan_list(query, place + 1);
	}
}

static void
scan_pairs(struct query *query)
{
	const struct classifier_context *context = query->context;
	uint32_t source = context->source.pairs[query->source_interval];

	while (source != CLASSIFIER_NONE) {
		uint32_t destination = context->destination.pairs[query->destination_interval];
		while (destination != CLASSIFIER_NONE) {
			const struct classifier_slot *slot =
			    find_slot(context->pairs, context->pair_mask, source, destination);
			if (slot != NULL) {
				scan_lists(query, slot->value);
			}
			destination = context->destination.outer_pair[destination];
		}
		source = context->source.outer_pair[source];
	}
}

static void
scan_services(struct query *query)
{
	const struct classifier_context *context = query->context;

	for (uint32_t lengths = context->service_lengths; lengths != 0; lengths &= lengths - 1) {
		const uint32_t key =
		    classifier_port_key(query->destination_port, (uint32_t)__builtin_ctz(lengths));
		const struct classifier_slot *slot =
		    find_slot(context->services, context->service_mask, query->protocol, key);
		if (slot != NULL) {
			scan_lists(query, slot->value);
		}
	}
}

static void
locate(struct query *query)
{
	const struct classifier_context *context = query->context;

	query->source_interval =
	    context->source.interval_count > 0 ? find_interval(&context->source, query->source) : 0;
	query->destination_interval =
	    context->destination.interval_count > 0 ? find_interval(&context->destination, query->destination) : 0;
}

/* A few rules as they stand. */
static void
scan_all(struct query *query)
{
	const struct classifier_rule *rules = query->context->rules;

	for (uint32_t i = 0; i < query->context->rule_count; i++) {
		if (prefixes_hold(&rules[i], query) && take_rule(query, &rules[i], i)) {
			return;
		}
	}
}

/* The narrowest lists first: what they find ends the search in the others early. */
static void
search_located(struct query *query)
{
	const struct classifier_context *context = query->context;

	if (context->scanned != 0) {
		scan_all(query);
		return;
	}
	if (context->destination.interval_count > 0) {
		scan_lists(query, context->destination.lists[query->destination_interval]);
	}
	if (context->source.interval_count > 0) {
		scan_lists(query, context->source.lists[query->source_interval]);
	}
	if (context->pairs != NULL) {
		scan_pairs(query);
	}
	if (context->services != NULL) {
		scan_services(query);
	}
	scan_lists(query, context->destination.everywhere);
	scan_lists(query, context->source.everywhere);
	scan_lists(query, context->rest);
}

/* `any` as application: a predefined one's name and timeout by the destination port. */
static uint32_t
application_by_port(const struct query *query)
{
	const struct classifier *classifier = query->classifier;
	const struct classifier_slot *slot = NULL;

	if (query->application != CLASSIFIER_NO_APPLICATION) {
		return query->application;
	}
	if (classifier->ports != NULL) {
		slot = find_slot(classifier->ports, classifier->port_mask, query->protocol,
		    classifier_port_key(query->destination_port, 16));
	}
	return slot == NULL ? CLASSIFIER_NO_APPLICATION : slot->value;
}

enum {
	/* Of contexts, in the order in which they are searched: both zones, any destination, any source, any both, global. */
	LAYERS = 5,
};

static struct query
query_by(const struct classifier *classifier, const struct classifier_key *key)
{
	const bool icmp = key->protocol == PROTOCOL_ICMP;

	return (struct query){
	    .classifier = classifier,
	    .family = classifier == NULL || classifier->inet.context_count == 0 ? NULL : &classifier->inet,
	    .source = key->source,
	    .destination = key->destination,
	    .from_zone = key->from_zone,
	    .to_zone = key->to_zone,
	    .protocol = key->protocol,
	    .source_port = icmp ? key->icmp_code : key->source_port,
	    .destination_port = icmp ? key->icmp_type : key->destination_port,
	    .best = CLASSIFIER_NONE,
	    .application = CLASSIFIER_NO_APPLICATION,
	};
}

struct query
query_of(const struct snapshot *snapshot, const struct classifier_key *key, int64_t wall)
{
	struct query query = query_by(snapshot->classifier, key);

	query.snapshot = snapshot;
	query.wall = wall;
	return query;
}

/* The number that stands for an address. => there are inet6 contexts */
static uint32_t
number_of(const struct classifier *classifier, struct ipv6_address address)
{
	return address_tree_find(&classifier->numbers6, address) << classifier->number6_shift;
}

struct query
query_of6(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall)
{
	const struct classifier *classifier = snapshot->classifier;
	const bool icmp = key->protocol == PROTOCOL_ICMP6;

	return (struct query){
	    .snapshot = snapshot,
	    .classifier = classifier,
	    .family = classifier == NULL || classifier->inet6.context_count == 0 ? NULL : &classifier->inet6,
	    .wall = wall,
	    .from_zone = key->from_zone,
	    .to_zone = key->to_zone,
	    .protocol = key->protocol,
	    .source_port = icmp ? key->icmp_code : key->source_port,
	    .destination_port = icmp ? key->icmp_type : key->destination_port,
	    .best = CLASSIFIER_NONE,
	    .application = CLASSIFIER_NO_APPLICATION,
	};
}

/* The same with the numbers in the addresses' places. */
static struct query
query_numbered(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall)
{
	struct query query = query_of6(snapshot, key, wall);

	if (query.family != NULL) {
		query.source = number_of(query.classifier, key->source);
		query.destination = number_of(query.classifier, key->destination);
	}
	return query;
}

/* The context of a layer, or NULL. => layer < LAYERS */
static const struct classifier_context *
context_of(const struct query *query, uint32_t layer)
{
	assert(layer < LAYERS);
	if (layer == LAYERS - 1) {
		return find_context(query->family, SNAPSHOT_ZONE_GLOBAL, SNAPSHOT_ZONE_GLOBAL);
	}
	return find_context(query->family, (layer & 2) != 0 ? SNAPSHOT_NONE : query->from_zone,
	    (layer & 1) != 0 ? SNAPSHOT_NONE : query->to_zone);
}

static struct classifier_match
match_of(const struct query *query)
{
	return (struct classifier_match){
	    .policy = query->context->rules[query->best].policy,
	    .application = application_by_port(query),
	};
}

/* Inlined: the look-up of either family pays no call for the other. */
static inline __attribute__((always_inline)) struct classifier_match
search(struct query *query, uint32_t first_layer)
{
	const uint32_t count = query->family == NULL ? 0 : query->family->has_more != 0 ? LAYERS : 1;

	for (uint32_t layer = first_layer; layer < count; layer++) {
		query->context = context_of(query, layer);
		if (query->context == NULL) {
			continue;
		}
		locate(query);
		search_located(query);
		if (query->best != CLASSIFIER_NONE) {
			return match_of(query);
		}
	}
	return (struct classifier_match){PACKET_NO_POLICY, CLASSIFIER_NO_APPLICATION};
}

struct classifier_match
query_run_located(struct query *query)
{
	if (query->context != NULL) {
		search_located(query);
		if (query->best != CLASSIFIER_NONE) {
			return match_of(query);
		}
	}
	return search(query, 1);
}

struct classifier_match
classifier_lookup(const struct snapshot *snapshot, const struct classifier_key *key, int64_t wall)
{
	struct query query = query_of(snapshot, key, wall);

	return search(&query, 0);
}

struct classifier_match
classifier_find(const struct classifier *classifier, const struct classifier_key *key)
{
	struct query query = query_by(classifier, key);

	return search(&query, 0);
}

struct classifier_match
classifier_lookup6(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall)
{
	struct query query = query_numbered(snapshot, key, wall);

	return search(&query, 0);
}

/* Asks one rule completely, in the order of the criteria. */
static struct classifier_step
try_rule(struct query *query, const struct classifier_rule *rule)
{
	uint32_t application = CLASSIFIER_NO_APPLICATION;
	const bool term = terms_match(rule, query, &application);
	struct classifier_step step = {
	    .policy = rule->policy,
	    .application = CLASSIFIER_NO_APPLICATION,
	    .miss = (rule->flags & CLASSIFIER_CONDITIONAL) != 0 ? row_misses(query, rule->policy) : CLASSIFIER_MATCH,
	};

	if (step.miss == CLASSIFIER_MISS_FROM_ZONE || step.miss == CLASSIFIER_MISS_TO_ZONE) {
		return step;
	}
	if (!source_matches(rule, query)) {
		step.miss = CLASSIFIER_MISS_SOURCE;
	} else if (!destination_matches(rule, query)) {
		step.miss = CLASSIFIER_MISS_DESTINATION;
	} else if (!term) {
		step.miss = CLASSIFIER_MISS_APPLICATION;
	} else if (step.miss == CLASSIFIER_MATCH) {
		query->application = application;
		step.application = application_by_port(query);
	}
	return step;
}

static bool
walk_next(struct query *query, struct classifier_walk *walk, struct classifier_step *step)
{
	for (; query->family != NULL && walk->layer < LAYERS; walk->layer++, walk->rule = 0) {
		const struct classifier_context *context = context_of(query, walk->layer);

		if (context != NULL && walk->rule < context->rule_count) {
			*step = try_rule(query, &context->rules[walk->rule++]);
			return true;
		}
	}
	return false;
}

bool
classifier_walk_next(const struct snapshot *snapshot, const struct classifier_key *key, int64_t wall,
    struct classifier_walk *walk, struct classifier_step *step)
{
	struct query query = query_of(snapshot, key, wall);

	return walk_next(&query, walk, step);
}

bool
classifier_walk_next6(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall,
    struct classifier_walk *walk, struct classifier_step *step)
{
	struct query query = query_numbered(snapshot, key, wall);

	return walk_next(&query, walk, step);
}
