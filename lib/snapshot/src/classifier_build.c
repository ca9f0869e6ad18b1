/*
 * From policies in order to rules: address lists become single prefixes or sets of ranges, application lists become
 * terms, contexts get a table by zones. Equal lists (by address of the array) are compiled once.
 *
 * Everything that only the compilation needs lies in a scratch arena; the result lies in one of its own.
 */
#include "classifier_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	TABLE_SPARE = 2, /* open-addressed tables are at most half full */
};

struct classifier_store {
	struct classifier classifier; /* first: what the caller holds */
	struct arena arena;
};

/* An address list that was seen before. */
struct known_list {
	const struct snapshot_address *addresses;
	uint32_t count;
	uint32_t set; /* CLASSIFIER_NONE: a single prefix */
	struct build_prefixes prefixes;
};

struct builder {
	struct arena *arena;
	struct arena scratch;
	struct classifier *classifier;
	struct pair_map list_map;
	struct known_list *lists;
	uint32_t list_count;
	uint32_t list_capacity;
	struct classifier_set *sets;
	uint32_t set_count;
	uint32_t set_capacity;
	struct classifier_range *ranges;
	uint32_t range_count;
	uint32_t range_capacity;
	struct pair_map term_map;
	struct classifier_term *terms;
	uint32_t term_count;
	uint32_t term_capacity;
};

static uint32_t
mask_of(uint8_t length)
{
	assert(length <= 32);
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static int
compare_addresses(const void *left, const void *right)
{
	const struct snapshot_address *a = left;
	const struct snapshot_address *b = right;

	if (a->address != b->address) {
		return a->address > b->address ? 1 : -1;
	}
	return (a->length > b->length) - (a->length < b->length);
}

/* Sorted, host bits masked, without those that lie inside another. */
static bool
normalise(struct builder *builder, const struct snapshot_address *addresses, uint32_t count,
    struct build_prefixes *result)
{
	struct snapshot_address *prefixes = arena_take(&builder->scratch, count, sizeof(*prefixes));

	if (prefixes == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		prefixes[i].length = addresses[i].length;
		prefixes[i].address = addresses[i].address & mask_of(addresses[i].length);
	}
	if (count > 1) {
		qsort(prefixes, count, sizeof(*prefixes), compare_addresses);
	}
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++) {
		const bool inside = kept > 0 &&
		    ((prefixes[i].address ^ prefixes[kept - 1].address) & mask_of(prefixes[kept - 1].length)) == 0;
		if (!inside) {
			prefixes[kept++] = prefixes[i];
		}
	}
	*result = (struct build_prefixes){.count = kept, .prefixes = prefixes};
	return true;
}

static bool
push_range(struct builder *builder, struct classifier_set *set, uint32_t low, uint32_t high)
{
	if (set->count > 0 && builder->ranges[builder->range_count - 1].high + 1 == low) {
		builder->ranges[builder->range_count - 1].high = high;
		return true;
	}
	struct classifier_range *moved = arena_grow(&builder->scratch, builder->ranges, builder->range_count,
	    &builder->range_capacity, sizeof(*moved));
	if (moved == NULL) {
		return false;
	}
	builder->ranges = moved;
	moved[builder->range_count++] = (struct classifier_range){low, high};
	set->count++;
	return true;
}

static bool
push_set(struct builder *builder, const struct build_prefixes *prefixes, uint32_t *index)
{
	struct classifier_set set = {.start = builder->range_count};
	struct classifier_set *moved = arena_grow(&builder->scratch, builder->sets, builder->set_count,
	    &builder->set_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	builder->sets = moved;
	for (uint32_t i = 0; i < prefixes->count; i++) {
		const uint32_t mask = mask_of(prefixes->prefixes[i].length);
		const uint32_t low = prefixes->prefixes[i].address;
		if (!push_range(builder, &set, low, low | ~mask)) {
			return false;
		}
	}
	*index = builder->set_count;
	moved[builder->set_count++] = set;
	return true;
}

/* The list in compiled form, from memory when the same array came before. NULL when memory ran out. */
static const struct known_list *
known_list(struct builder *builder, const struct snapshot_address *addresses, uint32_t count)
{
	const uint64_t where = (uint64_t)(uintptr_t)addresses;
	uint32_t *place = pair_map_place(&builder->list_map, &builder->scratch, (uint32_t)(where >> 32),
	    (uint32_t)where, builder->list_count);

	if (place == NULL) {
		return NULL;
	}
	if (*place < builder->list_count && builder->lists[*place].count == count) {
		return &builder->lists[*place];
	}
	*place = builder->list_count;
	struct known_list *moved = arena_grow(&builder->scratch, builder->lists, builder->list_count,
	    &builder->list_capacity, sizeof(*moved));
	if (moved == NULL) {
		return NULL;
	}
	builder->lists = moved;
	struct known_list *list = &moved[builder->list_count];
	*list = (struct known_list){.addresses = addresses, .count = count, .set = CLASSIFIER_NONE};
	if (!normalise(builder, addresses, count, &list->prefixes) ||
	    (list->prefixes.count > 1 && !push_set(builder, &list->prefixes, &list->set))) {
		return NULL;
	}
	builder->list_count++;
	return list;
}

/* Where the rule's terms stand, from memory when the same array came before. */
static bool
known_terms(struct builder *builder, const struct classifier_source_rule *source, uint32_t *start)
{
	const uint64_t where = (uint64_t)(uintptr_t)source->terms;
	uint32_t *place = pair_map_place(&builder->term_map, &builder->scratch, (uint32_t)(where >> 32),
	    (uint32_t)where, builder->term_count);

	if (place == NULL) {
		return false;
	}
	/* The place says where to look; what stands there decides. */
	if (*place + source->term_count <= builder->term_count &&
	    memcmp(&builder->terms[*place], source->terms, source->term_count * sizeof(*source->terms)) == 0) {
		*start = *place;
		return true;
	}
	*place = builder->term_count;
	*start = *place;
	for (uint32_t i = 0; i < source->term_count; i++) {
		struct classifier_term *moved = arena_grow(&builder->scratch, builder->terms, builder->term_count,
		    &builder->term_capacity, sizeof(*moved));
		if (moved == NULL) {
			return false;
		}
		builder->terms = moved;
		moved[builder->term_count++] = source->terms[i];
	}
	return true;
}

static bool
compile_rule(struct builder *builder, const struct classifier_source_rule *source, struct classifier_rule *rule,
    struct build_rule *build)
{
	const struct known_list *list = known_list(builder, source->sources, source->source_count);

	if (list == NULL) {
		return false;
	}
	*rule = (struct classifier_rule){.policy = source->policy, .conditional = source->conditional ? 1 : 0};
	build->source = list->prefixes;
	rule->source_set = list->set;
	if (list->set == CLASSIFIER_NONE) {
		rule->source = list->prefixes.prefixes[0].address;
		rule->source_mask = mask_of(list->prefixes.prefixes[0].length);
	}
	list = known_list(builder, source->destinations, source->destination_count);
	if (list == NULL || !known_terms(builder, source, &rule->term_start)) {
		return false;
	}
	build->destination = list->prefixes;
	rule->destination_set = list->set;
	if (list->set == CLASSIFIER_NONE) {
		rule->destination = list->prefixes.prefixes[0].address;
		rule->destination_mask = mask_of(list->prefixes.prefixes[0].length);
	}
	rule->term_count = source->term_count;
	rule->first = source->terms[0];
	build->term_count = source->term_count;
	build->terms = source->terms;
	return true;
}

/* Policies that can match nothing have no rule. */
static bool
can_match(const struct classifier_source_rule *rule)
{
	return rule->source_count > 0 && rule->destination_count > 0 && rule->term_count > 0;
}

static bool
compile_context(struct builder *builder, const struct classifier_source_context *source,
    struct classifier_context *context)
{
	struct classifier_rule *rules = arena_take(builder->arena, source->rule_count, sizeof(*rules));
	struct build_rule *rows = arena_take(&builder->scratch, source->rule_count, sizeof(*rows));

	if (rules == NULL || rows == NULL) {
		return false;
	}
	context->from_zone = source->from_zone;
	context->to_zone = source->to_zone;
	context->rules = rules;
	for (uint32_t i = 0; i < source->rule_count; i++) {
		if (!can_match(&source->rules[i])) {
			continue;
		}
		if (!compile_rule(builder, &source->rules[i], &rules[context->rule_count],
			&rows[context->rule_count])) {
			return false;
		}
		context->rule_count++;
	}
	struct build_context build = {
	    .arena = builder->arena,
	    .scratch = &builder->scratch,
	    .context = context,
	    .rules = rows,
	};
	return classifier_index_context(&build);
}

static uint32_t
table_size(uint32_t count)
{
	uint32_t size = 4;

	while (size < count * TABLE_SPARE) {
		size *= 2;
	}
	return size;
}

static bool
compile_contexts(struct builder *builder, const struct classifier_source_context *sources, uint32_t count)
{
	struct classifier *classifier = builder->classifier;
	const uint32_t size = table_size(count);
	struct classifier_context *contexts = arena_take(builder->arena, count, sizeof(*contexts));
	uint32_t *table = arena_take(builder->arena, size, sizeof(*table));

	if (contexts == NULL || table == NULL) {
		return false;
	}
	classifier->contexts = contexts;
	classifier->context_table = table;
	classifier->context_count = count;
	classifier->context_mask = size - 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = classifier_hash(sources[i].from_zone, sources[i].to_zone) & (size - 1);
		while (table[place] != 0) {
			place = (place + 1) & (size - 1);
		}
		table[place] = i + 1;
		if (sources[i].from_zone == SNAPSHOT_NONE || sources[i].to_zone == SNAPSHOT_NONE ||
		    sources[i].from_zone == SNAPSHOT_ZONE_GLOBAL) {
			classifier->has_more = 1;
		}
		if (!compile_context(builder, &sources[i], &contexts[i])) {
			return false;
		}
	}
	return true;
}

static bool
compile_ports(struct builder *builder, const struct classifier_source_port *ports, uint32_t count)
{
	const uint32_t size = table_size(count);
	struct classifier_slot *slots = arena_take(builder->arena, size, sizeof(*slots));

	if (slots == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t key = classifier_port_key(ports[i].port, 16);
		uint32_t place = classifier_hash(ports[i].protocol, key) & (size - 1);
		while (slots[place].count != 0 &&
		    (slots[place].first != ports[i].protocol || slots[place].second != key)) {
			place = (place + 1) & (size - 1);
		}
		if (slots[place].count == 0) {
			slots[place] = (struct classifier_slot){.first = ports[i].protocol,
			    .second = key,
			    .start = ports[i].application,
			    .count = 1};
		}
	}
	builder->classifier->ports = slots;
	builder->classifier->port_mask = size - 1;
	return true;
}

/* Brings the arrays that grew in scratch memory home. */
static bool
settle_arrays(struct builder *builder)
{
	struct classifier_set *sets = arena_take(builder->arena, builder->set_count, sizeof(*sets));
	struct classifier_range *ranges = arena_take(builder->arena, builder->range_count, sizeof(*ranges));
	struct classifier_term *terms = arena_take(builder->arena, builder->term_count, sizeof(*terms));

	if (sets == NULL || ranges == NULL || terms == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < builder->set_count; i++) {
		sets[i] = builder->sets[i];
	}
	for (uint32_t i = 0; i < builder->range_count; i++) {
		ranges[i] = builder->ranges[i];
	}
	for (uint32_t i = 0; i < builder->term_count; i++) {
		terms[i] = builder->terms[i];
	}
	builder->classifier->sets = sets;
	builder->classifier->ranges = ranges;
	builder->classifier->terms = terms;
	return true;
}

struct classifier *
classifier_create(const struct classifier_source_context *contexts, uint32_t context_count,
    const struct classifier_source_port *ports, uint32_t port_count)
{
	struct classifier_store *store = calloc(1, sizeof(*store));

	if (store == NULL) {
		return NULL;
	}
	struct builder builder = {.arena = &store->arena, .classifier = &store->classifier};
	const bool built = compile_contexts(&builder, contexts, context_count) &&
	    compile_ports(&builder, ports, port_count) && settle_arrays(&builder);
	arena_release(&builder.scratch);
	if (!built) {
		classifier_destroy(&store->classifier);
		return NULL;
	}
	return &store->classifier;
}

void
classifier_destroy(struct classifier *classifier)
{
	if (classifier == NULL) {
		return;
	}
	struct classifier_store *store = (struct classifier_store *)classifier;
	arena_release(&store->arena);
	free(store);
}
