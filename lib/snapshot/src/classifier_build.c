/*
 * From policies in order to rules: address lists become single prefixes or sets of ranges, application lists become
 * terms, contexts get a table by zones; once for inet, once for inet6. Equal lists (by address of the array) are compiled
 * once.
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
	struct classifier_size size;
	struct arena arena;
};

/* The addresses of one side of a rule in the family that is being compiled: one of the arrays. */
struct source_list {
	uint32_t count;
	const struct snapshot_address *inet;
	const struct snapshot_address6 *inet6;
};

/* An address list that was seen before. */
struct known_list {
	uint32_t count;
	uint32_t set; /* CLASSIFIER_NONE: a single prefix that is held in place */
	struct build_prefixes prefixes;
};

struct builder {
	struct arena *arena;
	struct arena scratch;
	struct classifier *classifier;
	bool inet6; /* the family that is being compiled */
	struct pair_map list_map; /* of that family's lists */
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

static int
compare_prefixes(const void *left, const void *right)
{
	const struct build_prefix *a = left;
	const struct build_prefix *b = right;

	if (a->first != b->first) {
		return a->first > b->first ? 1 : -1;
	}
	/* the outer one first */
	return (a->last < b->last) - (a->last > b->last);
}

static struct build_prefix
prefix_of(const struct snapshot_address *address)
{
	assert(address->length <= 32);
	const uint32_t rest = address->length == 0 ? UINT32_MAX : (uint32_t)((1ULL << (32 - address->length)) - 1);

	return (struct build_prefix){
	    .first = address->address & ~rest,
	    .last = address->address | rest,
	    .narrow = address->length,
	};
}

static struct build_prefix
prefix_of_inet6(const struct classifier *classifier, const struct snapshot_address6 *address)
{
	const struct ipv6_address last = ipv6_last(address->address, address->length);
	const uint32_t start =
	    classifier_find_start6(classifier, ipv6_first(address->address, address->length));
	struct build_prefix prefix = {
	    .first = start << classifier->start6_shift,
	    .last = UINT32_MAX,
	    .narrow = address->length > 64 ? 32 : address->length / 2U,
	};

	/* behind the last address of all there is no interval */
	if (!ipv6_is_unspecified(ipv6_next(last))) {
		prefix.last = (classifier_find_start6(classifier, ipv6_next(last)) << classifier->start6_shift) - 1;
	}
	return prefix;
}

/* Sorted, without those that lie inside another. */
static bool
normalise(struct builder *builder, const struct source_list *source, struct build_prefixes *result)
{
	struct build_prefix *prefixes = arena_take(&builder->scratch, source->count, sizeof(*prefixes));

	if (prefixes == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < source->count; i++) {
		prefixes[i] = builder->inet6 ? prefix_of_inet6(builder->classifier, &source->inet6[i])
					     : prefix_of(&source->inet[i]);
	}
	if (source->count > 1) {
		qsort(prefixes, source->count, sizeof(*prefixes), compare_prefixes);
	}
	uint32_t kept = 0;
	for (uint32_t i = 0; i < source->count; i++) {
		if (kept == 0 || prefixes[i].first > prefixes[kept - 1].last) {
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
		if (!push_range(builder, &set, prefixes->prefixes[i].first, prefixes->prefixes[i].last)) {
			return false;
		}
	}
	*index = builder->set_count;
	moved[builder->set_count++] = set;
	return true;
}

/* Numbers that stand for addresses are no bits under a mask: only inet's prefixes, and all addresses, are held in place. */
static bool
in_place(const struct builder *builder, const struct build_prefixes *prefixes)
{
	const struct build_prefix *first = &prefixes->prefixes[0];

	return prefixes->count == 1 && (!builder->inet6 || (first->first == 0 && first->last == UINT32_MAX));
}

/* The list in compiled form, from memory when the same array came before. NULL when memory ran out. */
static const struct known_list *
known_list(struct builder *builder, const struct source_list *source)
{
	const uint64_t where = (uint64_t)(builder->inet6 ? (uintptr_t)source->inet6 : (uintptr_t)source->inet);
	uint32_t *place = pair_map_place(&builder->list_map, &builder->scratch, (uint32_t)(where >> 32),
	    (uint32_t)where, builder->list_count);

	if (place == NULL) {
		return NULL;
	}
	if (*place < builder->list_count && builder->lists[*place].count == source->count) {
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
	*list = (struct known_list){.count = source->count, .set = CLASSIFIER_NONE};
	if (!normalise(builder, source, &list->prefixes) ||
	    (!in_place(builder, &list->prefixes) && !push_set(builder, &list->prefixes, &list->set))) {
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

static struct source_list
sources_of(const struct builder *builder, const struct classifier_source_rule *rule)
{
	return (struct source_list){
	    .count = builder->inet6 ? rule->source6_count : rule->source_count,
	    .inet = rule->sources,
	    .inet6 = rule->sources6,
	};
}

static struct source_list
destinations_of(const struct builder *builder, const struct classifier_source_rule *rule)
{
	return (struct source_list){
	    .count = builder->inet6 ? rule->destination6_count : rule->destination_count,
	    .inet = rule->destinations,
	    .inet6 = rule->destinations6,
	};
}

/* The bits that all addresses of a prefix share. */
static uint32_t
mask_of(const struct build_prefix *prefix)
{
	return ~(prefix->first ^ prefix->last);
}

static bool
compile_rule(struct builder *builder, const struct classifier_source_rule *source, struct classifier_rule *rule,
    struct build_rule *build)
{
	const struct source_list sources = sources_of(builder, source);
	const struct source_list destinations = destinations_of(builder, source);
	const struct known_list *list = known_list(builder, &sources);

	if (list == NULL) {
		return false;
	}
	*rule = (struct classifier_rule){.policy = source->policy, .conditional = source->conditional ? 1 : 0};
	build->source = list->prefixes;
	rule->source_set = list->set;
	if (list->set == CLASSIFIER_NONE) {
		rule->source = list->prefixes.prefixes[0].first;
		rule->source_mask = mask_of(&list->prefixes.prefixes[0]);
	}
	list = known_list(builder, &destinations);
	if (list == NULL || !known_terms(builder, source, &rule->term_start)) {
		return false;
	}
	build->destination = list->prefixes;
	rule->destination_set = list->set;
	if (list->set == CLASSIFIER_NONE) {
		rule->destination = list->prefixes.prefixes[0].first;
		rule->destination_mask = mask_of(&list->prefixes.prefixes[0]);
	}
	rule->term_count = source->term_count;
	rule->first = source->terms[0];
	build->term_count = source->term_count;
	build->terms = source->terms;
	return true;
}

/* Policies that can match nothing have no rule. */
static bool
can_match(const struct builder *builder, const struct classifier_source_rule *rule)
{
	return sources_of(builder, rule).count > 0 && destinations_of(builder, rule).count > 0 && rule->term_count > 0;
}

static bool
compile_context(struct builder *builder, const struct classifier_source_context *source,
    struct classifier_context *context)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < source->rule_count; i++) {
		count += can_match(builder, &source->rules[i]) ? 1 : 0;
	}
	if (count == 0) {
		return true;
	}
	struct classifier_rule *rules = arena_take(builder->arena, count, sizeof(*rules));
	struct build_rule *rows = arena_take(&builder->scratch, count, sizeof(*rows));
	if (rules == NULL || rows == NULL) {
		return false;
	}
	context->from_zone = source->from_zone;
	context->to_zone = source->to_zone;
	context->rules = rules;
	for (uint32_t i = 0; i < source->rule_count; i++) {
		if (!can_match(builder, &source->rules[i])) {
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

/* Contexts without a rule for the family are left out. */
static bool
compile_family(struct builder *builder, const struct classifier_source_context *sources, uint32_t count,
    struct classifier_family *family)
{
	const uint32_t size = table_size(count);
	struct classifier_context *contexts = arena_take(builder->arena, count, sizeof(*contexts));
	uint32_t *table = arena_take(builder->arena, size, sizeof(*table));

	if (contexts == NULL || table == NULL) {
		return false;
	}
	builder->list_map = (struct pair_map){.slots = NULL};
	family->contexts = contexts;
	family->context_table = table;
	family->context_mask = size - 1;
	for (uint32_t i = 0; i < count; i++) {
		struct classifier_context *context = &contexts[family->context_count];
		if (!compile_context(builder, &sources[i], context)) {
			return false;
		}
		if (context->rule_count == 0) {
			continue;
		}
		uint32_t place = classifier_hash(sources[i].from_zone, sources[i].to_zone) & (size - 1);
		while (table[place] != 0) {
			place = (place + 1) & (size - 1);
		}
		table[place] = ++family->context_count;
		if (sources[i].from_zone == SNAPSHOT_NONE || sources[i].to_zone == SNAPSHOT_NONE ||
		    sources[i].from_zone == SNAPSHOT_ZONE_GLOBAL) {
			family->has_more = 1;
		}
	}
	return true;
}

static bool
compile_families(struct builder *builder, const struct classifier_source_context *sources, uint32_t count)
{
	struct classifier *classifier = builder->classifier;

	if (!compile_family(builder, sources, count, &classifier->inet) ||
	    !classifier_number_addresses6(classifier, builder->arena, sources, count)) {
		return false;
	}
	builder->inet6 = true;
	return compile_family(builder, sources, count, &classifier->inet6);
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
	const bool built = compile_families(&builder, contexts, context_count) &&
	    compile_ports(&builder, ports, port_count) && settle_arrays(&builder);
	arena_release(&builder.scratch);
	store->size = (struct classifier_size){
	    .sets = builder.set_count,
	    .ranges = builder.range_count,
	    .terms = builder.term_count,
	    .bytes = sizeof(*store) + store->arena.total,
	};
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

static void
add_family(struct classifier_size *size, const struct classifier_family *family)
{
	size->contexts += family->context_count;
	for (uint32_t i = 0; i < family->context_count; i++) {
		size->rules += family->contexts[i].rule_count;
	}
}

struct classifier_size
classifier_size(const struct classifier *classifier)
{
	struct classifier_size size = ((const struct classifier_store *)classifier)->size;

	add_family(&size, &classifier->inet);
	add_family(&size, &classifier->inet6);
	return size;
}
