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

/* The numbers of the intervals that addresses lie in, a load of each search at a time. => count <= 2 * CLASSIFIER_BURST */
static void
find_numbers(const struct address_tree *tree, const struct ipv6_address *addresses, uint32_t count, uint32_t *numbers)
{
	struct address_leaf leaves[2 * CLASSIFIER_BURST];
	const struct address_part *parts[2 * CLASSIFIER_BURST];
	const struct address_branch *branches[2 * CLASSIFIER_BURST];

	for (uint32_t i = 0; i < count; i++) {
		leaves[i] = address_descend(tree, &tree->search, addresses[i].high);
		__builtin_prefetch(leaves[i].keys);
	}
	for (uint32_t i = 0; i < count; i++) {
		parts[i] = &tree->parts[address_place(&leaves[i], addresses[i].high)];
		__builtin_prefetch(parts[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		branches[i] = address_branch_of(tree, parts[i], addresses[i]);
		if (branches[i] != NULL) {
			leaves[i] = address_descend(tree, &branches[i]->search, addresses[i].low);
			__builtin_prefetch(leaves[i].keys);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (branches[i] != NULL) {
			numbers[i] = branches[i]->values + address_place(&leaves[i], addresses[i].low);
			__builtin_prefetch(&tree->values[numbers[i]]);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		numbers[i] = branches[i] != NULL ? tree->values[numbers[i]] : parts[i]->value;
	}
}

/* What stands for the addresses. */
static void
number_burst(struct query *queries, const struct classifier_key6 *keys, uint32_t count)
{
	const struct classifier *classifier = queries[0].classifier;
	struct ipv6_address addresses[2 * CLASSIFIER_BURST];
	uint32_t numbers[2 * CLASSIFIER_BURST];

	for (uint32_t i = 0; i < count; i++) {
		addresses[2 * i] = keys[i].source;
		addresses[2 * i + 1] = keys[i].destination;
	}
	find_numbers(&classifier->numbers6, addresses, 2 * count, numbers);
	for (uint32_t i = 0; i < count; i++) {
		queries[i].source = numbers[2 * i] << classifier->number6_shift;
		queries[i].destination = numbers[2 * i + 1] << classifier->number6_shift;
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
