/*
 * Fetches what policy look-ups of a burst will read, so that they do not wait for memory one after the other.
 *
 * A look-up is a chain of loads: interval, list, rule, policy; in a large classifier each misses the caches. Here the chains of
 * all packets go on together, a load of each at a time. Only innermost lists are followed: it is a guess, and who guesses
 * wrong waits as he would have.
 *
 * The gain stands at CLASSIFY_AHEAD in process.c.
 */
#include "classifier_private.h"
#include "engine/classifier.h"
#include "engine/packet.h"

enum {
	KINDS = 4, /* of lists: by source, by destination, by both, by service */
	KEYS_MOST = 32,
	LINE = 64,
};

/* How far one key's chains have come. */
struct chain {
	const struct classifier_context *context; /* NULL: no policy for its zones */
	uint32_t source; /* interval */
	uint32_t destination;
	uint32_t service; /* slot */
	uint32_t pair;    /* slot; CLASSIFIER_NONE: none */
	uint32_t starts[KINDS]; /* of lists in rule_lists; CLASSIFIER_NONE: none */
};

static void
fetch_bucket(const struct classifier_dimension *dimension, uint32_t address)
{
	if (dimension->interval_count > 0) {
		__builtin_prefetch(&dimension->buckets[address >> dimension->bucket_shift]);
	}
}

static void
fetch_starts(const struct classifier_dimension *dimension, uint32_t address)
{
	if (dimension->interval_count > 0) {
		__builtin_prefetch(&dimension->starts[dimension->buckets[address >> dimension->bucket_shift]]);
	}
}

static uint32_t
fetch_interval(const struct classifier_dimension *dimension, uint32_t address)
{
	if (dimension->interval_count == 0) {
		return 0;
	}
	const uint32_t interval = find_interval(dimension, address);

	__builtin_prefetch(&dimension->first_list[interval]);
	__builtin_prefetch(&dimension->first_pair[interval]);
	return interval;
}

/* The innermost list of an interval; CLASSIFIER_NONE: none. */
static uint32_t
fetch_list(const struct classifier_dimension *dimension, uint32_t interval)
{
	const uint32_t list = dimension->interval_count == 0 ? CLASSIFIER_NONE : dimension->first_list[interval];

	if (list != CLASSIFIER_NONE) {
		__builtin_prefetch(&dimension->lists[list]);
	}
	return list;
}

static void
fetch_pair(const struct classifier_context *context, struct chain *chain)
{
	chain->pair = CLASSIFIER_NONE;
	if (context->pairs != NULL && context->source.first_pair[chain->source] != CLASSIFIER_NONE &&
	    context->destination.first_pair[chain->destination] != CLASSIFIER_NONE) {
		chain->pair = classifier_hash(context->source.first_pair[chain->source],
				  context->destination.first_pair[chain->destination]) &
			      context->pair_mask;
		__builtin_prefetch(&context->pairs[chain->pair]);
	}
}

static void
begin(const struct classifier *classifier, const struct classifier_key *key, struct chain *chain)
{
	*chain = (struct chain){.context = find_context(&classifier->inet, key->from_zone, key->to_zone)};
	if (chain->context == NULL) {
		return;
	}
	fetch_bucket(&chain->context->source, key->source);
	fetch_bucket(&chain->context->destination, key->destination);
	if (chain->context->services != NULL) {
		chain->service =
		    classifier_hash(key->protocol, classifier_port_key(key->destination_port, 16)) &
		    chain->context->service_mask;
		__builtin_prefetch(&chain->context->services[chain->service]);
	}
}

/* From the lists' numbers to where their rules stand. */
static void
fetch_rule_lists(struct chain *chain)
{
	const struct classifier_context *context = chain->context;
	const struct classifier_dimension *dimensions[2] = {&context->source, &context->destination};

	for (unsigned i = 0; i < 2; i++) {
		chain->starts[i] = chain->starts[i] == CLASSIFIER_NONE
				       ? CLASSIFIER_NONE
				       : dimensions[i]->lists[chain->starts[i]].start;
	}
	chain->starts[2] = chain->pair != CLASSIFIER_NONE && context->pairs[chain->pair].count > 0
			       ? context->pairs[chain->pair].start
			       : CLASSIFIER_NONE;
	chain->starts[3] = context->services != NULL && context->services[chain->service].count > 0
			       ? context->services[chain->service].start
			       : CLASSIFIER_NONE;
	for (unsigned i = 0; i < KINDS; i++) {
		if (chain->starts[i] != CLASSIFIER_NONE) {
			__builtin_prefetch(&context->rule_lists[chain->starts[i]]);
		}
	}
}

static void
fetch_rules(const struct chain *chain)
{
	for (unsigned i = 0; i < KINDS; i++) {
		if (chain->starts[i] != CLASSIFIER_NONE) {
			const struct classifier_rule *rule =
			    &chain->context->rules[chain->context->rule_lists[chain->starts[i]]];

			__builtin_prefetch(rule);
			__builtin_prefetch((const uint8_t *)rule + sizeof *rule - 1);
		}
	}
}

/* The policy of the first rule, by destination if there is one: it tells the most. */
static uint32_t
policy_of(const struct chain *chain)
{
	static const unsigned order[KINDS] = {1, 2, 0, 3};

	for (unsigned i = 0; i < KINDS; i++) {
		const uint32_t start = chain->starts[order[i]];

		if (start != CLASSIFIER_NONE) {
			return chain->context->rules[chain->context->rule_lists[start]].policy;
		}
	}
	return PACKET_NO_POLICY;
}

void
classifier_fetch(const struct snapshot *snapshot, const struct classifier_key *keys, uint32_t count, uint32_t *policies)
{
	const struct classifier *classifier = snapshot->classifier;
	struct chain chains[KEYS_MOST];
	uint32_t at[KEYS_MOST];
	uint32_t found = 0;

	assert(count <= KEYS_MOST && classifier != NULL);
	for (uint32_t i = 0; i < count; i++) {
		policies[i] = PACKET_NO_POLICY;
		if (classifier->inet.context_count == 0) {
			continue;
		}
		begin(classifier, &keys[i], &chains[found]);
		at[found] = i;
		found += chains[found].context != NULL;
	}
	for (uint32_t i = 0; i < found; i++) {
		fetch_starts(&chains[i].context->source, keys[at[i]].source);
		fetch_starts(&chains[i].context->destination, keys[at[i]].destination);
	}
	for (uint32_t i = 0; i < found; i++) {
		chains[i].source = fetch_interval(&chains[i].context->source, keys[at[i]].source);
		chains[i].destination = fetch_interval(&chains[i].context->destination, keys[at[i]].destination);
	}
	for (uint32_t i = 0; i < found; i++) {
		chains[i].starts[0] = fetch_list(&chains[i].context->source, chains[i].source);
		chains[i].starts[1] = fetch_list(&chains[i].context->destination, chains[i].destination);
		fetch_pair(chains[i].context, &chains[i]);
	}
	for (uint32_t i = 0; i < found; i++) {
		fetch_rule_lists(&chains[i]);
	}
	for (uint32_t i = 0; i < found; i++) {
		fetch_rules(&chains[i]);
	}
	for (uint32_t i = 0; i < found; i++) {
		policies[at[i]] = policy_of(&chains[i]);
		if (policies[at[i]] != PACKET_NO_POLICY) {
			const struct snapshot_policy *row = &snapshot->policies[policies[at[i]]];

			__builtin_prefetch(row);
			__builtin_prefetch((const uint8_t *)row + LINE);
		}
	}
}
