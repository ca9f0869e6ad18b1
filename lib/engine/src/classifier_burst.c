/*
 * Policy look-ups of a burst, side by side.
 *
 * A look-up is a chain of loads: leaf, list, rule, policy; in a large classifier each misses the caches. Here the chains of
 * all packets go on together, a load of each at a time, so that a burst waits for memory about as often as one packet would.
 * What was found on the way is kept: the last stage goes on from there. Only the context of both zones, its two dimensions
 * and the innermost lists are followed; for the rest a look-up waits as it would have alone.
 *
 * The gain stands at FORESEEN_POLICIES in engine.c.
 */
#include "classifier_private.h"
#include "engine/packet.h"

static void
fetch_rule(const struct query *query, uint32_t number)
{
	__builtin_prefetch(&query->context->rules[number]);
}

/* Down to the leaf's node. The levels above it are few lines, which burst after burst reads. */
static uint32_t
stage_descend(const struct classifier_dimension *dimension, uint32_t address)
{
	if (dimension->interval_count == 0) {
		return 0;
	}
	if (dimension->level_count == 1) {
		return tree_descend(dimension, 1, address);
	}
	const uint32_t leaf = dimension->level_count - 1;
	const uint32_t node = tree_descend(dimension, leaf, address);

	__builtin_prefetch(&dimension->ends[dimension->levels[leaf] + node * CLASSIFIER_FANOUT]);
	return node;
}

/* From the leaf's node to the interval. */
static uint32_t
stage_interval(const struct classifier_dimension *dimension, uint32_t node, uint32_t address)
{
	if (dimension->interval_count == 0) {
		return 0;
	}
	const uint32_t interval =
	    dimension->level_count == 1 ? node : tree_step(dimension, dimension->level_count - 1, node, address);

	__builtin_prefetch(&dimension->lists[interval]);
	if (dimension->pairs != NULL) {
		__builtin_prefetch(&dimension->pairs[interval]);
	}
	return interval;
}

static void
fetch_list(const struct query *query, uint32_t list)
{
	if (list == CLASSIFIER_NONE) {
		return;
	}
	if ((list & CLASSIFIER_ONE) != 0) {
		fetch_rule(query, list & ~CLASSIFIER_ONE);
	} else {
		__builtin_prefetch(&query->context->rule_lists[list]);
	}
}

static uint32_t
list_at(const struct classifier_dimension *dimension, uint32_t interval)
{
	return dimension->interval_count == 0 ? CLASSIFIER_NONE : dimension->lists[interval];
}

static void
stage_lists(const struct query *query)
{
	const struct classifier_context *context = query->context;

	fetch_list(query, list_at(&context->destination, query->destination_interval));
	fetch_list(query, list_at(&context->source, query->source_interval));
	if (context->pairs != NULL) {
		const uint32_t source = context->source.pairs[query->source_interval];
		const uint32_t destination = context->destination.pairs[query->destination_interval];

		__builtin_prefetch(&context->pairs[classifier_hash(source, destination) & context->pair_mask]);
	}
}

static void
fetch_first_rule(const struct query *query, uint32_t list)
{
	if (list != CLASSIFIER_NONE && (list & CLASSIFIER_ONE) == 0) {
		fetch_rule(query, query->context->rule_lists[list + 1] & ~CLASSIFIER_LAST);
	}
}

static void
stage_rules(const struct query *query)
{
	const struct classifier_context *context = query->context;

	fetch_first_rule(query, list_at(&context->destination, query->destination_interval));
	fetch_first_rule(query, list_at(&context->source, query->source_interval));
	if (context->pairs != NULL) {
		const struct classifier_slot *slot = find_slot(context->pairs, context->pair_mask,
		    context->source.pairs[query->source_interval],
		    context->destination.pairs[query->destination_interval]);

		if (slot != NULL) {
			fetch_list(query, slot->value);
		}
	}
}

static void
stage_services(const struct query *query)
{
	const struct classifier_context *context = query->context;

	if (context->services != NULL) {
		const uint32_t key = classifier_port_key(query->destination_port, 16);

		__builtin_prefetch(
		    &context->services[classifier_hash(query->protocol, key) & context->service_mask]);
	}
}

/* All look-ups of the burst, a stage at a time. => each has its context, or NULL for none */
static void
run_stages(struct query *queries, uint32_t count, struct classifier_match *matches)
{
	for (uint32_t i = 0; i < count; i++) {
		struct query *query = &queries[i];

		if (query->context != NULL) {
			query->source_interval = stage_descend(&query->context->source, query->source);
			query->destination_interval = stage_descend(&query->context->destination, query->destination);
			stage_services(query);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		struct query *query = &queries[i];

		if (query->context != NULL) {
			query->source_interval =
			    stage_interval(&query->context->source, query->source_interval, query->source);
			query->destination_interval = stage_interval(
			    &query->context->destination, query->destination_interval, query->destination);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (queries[i].context != NULL) {
			stage_lists(&queries[i]);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (queries[i].context != NULL) {
			stage_rules(&queries[i]);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		matches[i] = query_run_located(&queries[i]);
		if (matches[i].policy != PACKET_NO_POLICY) {
			const struct snapshot_policy *row = &queries[i].snapshot->policies[matches[i].policy];

			__builtin_prefetch(row);
			__builtin_prefetch(&row->destination_nat);
		}
	}
}

static void
find_first_context(struct query *query)
{
	if (query->family != NULL) {
		query->context = find_context(query->family, query->from_zone, query->to_zone);
	}
}

void
classifier_lookup_burst(const struct snapshot *snapshot, const struct classifier_key *keys, uint32_t count, int64_t wall,
    struct classifier_match *matches)
{
	struct query queries[CLASSIFIER_BURST];

	assert(count <= CLASSIFIER_BURST);
	for (uint32_t i = 0; i < count; i++) {
		queries[i] = query_of(snapshot, &keys[i], wall);
		find_first_context(&queries[i]);
	}
	run_stages(queries, count, matches);
}

/* All bits where the start is not above the address, else none. */
static inline uint32_t
mask_begun(struct ipv6_address start, struct ipv6_address address)
{
	const bool begun = (start.high < address.high) | ((start.high == address.high) & (start.low <= address.low));

	return -(uint32_t)begun;
}

/*
 * The numbers that stand for the addresses: those of the last starts that are not above them. All searches take as many steps, so
 * they go step by step together, without branches: each step's loads are on their way at the same time.
 */
static void
number_burst(struct query *queries, const struct classifier_key6 *keys, uint32_t count)
{
	const struct classifier *classifier = queries[0].classifier;
	uint32_t sources[CLASSIFIER_BURST] = {0};
	uint32_t destinations[CLASSIFIER_BURST] = {0};

	for (uint32_t left = classifier->start6_count; left > 1; left -= left / 2) {
		const uint32_t half = left / 2;
		const struct ipv6_address *starts = classifier->starts6 + half;

		for (uint32_t i = 0; i < count; i++) {
			sources[i] += half & mask_begun(starts[sources[i]], keys[i].source);
			destinations[i] += half & mask_begun(starts[destinations[i]], keys[i].destination);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		queries[i].source = sources[i] << classifier->start6_shift;
		queries[i].destination = destinations[i] << classifier->start6_shift;
	}
}

void
classifier_lookup_burst6(const struct snapshot *snapshot, const struct classifier_key6 *keys, uint32_t count, int64_t wall,
    struct classifier_match *matches)
{
	struct query queries[CLASSIFIER_BURST];

	assert(count <= CLASSIFIER_BURST);
	for (uint32_t i = 0; i < count; i++) {
		queries[i] = query_of6(snapshot, &keys[i], wall);
		find_first_context(&queries[i]);
	}
	if (count > 0 && queries[0].family != NULL) {
		number_burst(queries, keys, count);
	}
	run_stages(queries, count, matches);
}
