/*
 * From policies in order to rules: address lists become single prefixes or sets of ranges, application lists become
 * terms, contexts get a table by zones; once for inet, once for inet6. An array of addresses that several rules name is
 * compiled once; equal sets are kept once, and so are equal lists of terms (classifier_terms.c).
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
	struct pair_map set_map; /* a digest to a set that has it */
	struct build_terms terms;
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
	    address_tree_find(&classifier->numbers6, ipv6_first(address->address, address->length));
	struct build_prefix prefix = {
	    .first = start << classifier->number6_shift,
	    .last = UINT32_MAX,
	    .narrow = address->length > 64 ? 32 : address->length / 2U,
	};

	/* behind the last address of all there is no interval */
	if (!ipv6_is_unspecified(ipv6_next(last))) {
		prefix.last = (address_tree_find(&classifier->numbers6, ipv6_next(last)) << classifier->number6_shift) - 1;
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

/* The last set, unless there is one with the same ranges: then it goes again. */
static bool
share_set(struct builder *builder, uint32_t *index)
{
	const struct classifier_set *set = &builder->sets[builder->set_count - 1];
	const struct classifier_range *ranges = &builder->ranges[set->start];
	uint64_t digest = DIGEST_START;

	for (uint32_t i = 0; i < set->count; i++) {
		digest = digest_add(digest, (uint64_t)ranges[i].low << 32 | ranges[i].high);
	}
	*index = builder->set_count - 1;
	const uint32_t *place = pair_map_place(
	    &builder->set_map, &builder->scratch, (uint32_t)(digest >> 32), (uint32_t)digest, builder->set_count - 1);
	if (place == NULL) {
		return false;
	}
	/* The digest says where to look; what stands there decides. */
	const struct classifier_set *same = &builder->sets[*place];

	if (same != set && same->count == set->count &&
	    memcmp(&builder->ranges[same->start], ranges, set->count * sizeof(*ranges)) == 0) {
		*index = *place;
		builder->range_count = set->start;
		builder->set_count--;
	}
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
	moved[builder->set_count++] = set;
	return share_set(builder, index);
}

/*
 * Inet's prefixes, and all addresses, are held in place. So is what numbers that stand for inet6 addresses have in common with a
 * prefix: most of them, as a network that no other prefix lies in has one number.
 */
static bool
in_place(const struct build_prefixes *prefixes)
{
	const struct build_prefix *first = &prefixes->prefixes[0];
	const uint32_t rest = first->first ^ first->last;

	return prefixes->count == 1 && (rest & (rest + 1)) == 0 && (first->first & rest) == 0;
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
	    (!in_place(&list->prefixes) && !push_set(builder, &list->prefixes, &list->set))) {
		return NULL;
	}
	builder->list_count++;
	return list;
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

/* One side of a rule: a prefix with its length, or a set. */
struct rule_side {
	uint32_t value;
	uint8_t length;
	bool set;
};

static struct rule_side
side_of(const struct known_list *list)
{
	if (list->set != CLASSIFIER_NONE) {
		return (struct rule_side){.value = list->set, .set = true};
	}
	const struct build_prefix *prefix = &list->prefixes.prefixes[0];

	return (struct rule_side){.value = prefix->first,
	    .length = (uint8_t)(32 - __builtin_popcount(prefix->first ^ prefix->last))};
}

static bool
compile_terms(struct builder *builder, const struct classifier_source_rule *source, struct classifier_rule *rule)
{
	const struct classifier_term *first = &source->terms[0];

	rule->application = first->application;
	rule->destination_low = first->destination_low;
	rule->destination_high = first->destination_high;
	rule->source_low = first->source_low;
	rule->source_high = first->source_high;
	if (first->protocol == CLASSIFIER_ANY_PROTOCOL) {
		rule->flags |= CLASSIFIER_EVERY_PROTOCOL;
	} else {
		assert(first->protocol <= UINT8_MAX);
		rule->protocol = (uint8_t)first->protocol;
	}
	if (source->term_count == 1) {
		return true;
	}
	rule->flags |= CLASSIFIER_MORE_TERMS;
	return build_terms_place(
	    &builder->terms, &builder->scratch, source->terms + 1, source->term_count - 1, &rule->terms);
}

static bool
compile_rule(struct builder *builder, const struct classifier_source_rule *source, struct classifier_rule *rule,
    struct build_rule *build)
{
	const struct source_list lists[2] = {sources_of(builder, source), destinations_of(builder, source)};
	struct rule_side sides[2];

	for (unsigned i = 0; i < 2; i++) {
		const struct known_list *list = known_list(builder, &lists[i]);

		if (list == NULL) {
			return false;
		}
		*(i == 0 ? &build->source : &build->destination) = list->prefixes;
		sides[i] = side_of(list);
	}
	*rule = (struct classifier_rule){
	    .policy = source->policy,
	    .source = sides[0].value,
	    .source_length = sides[0].length,
	    .destination = sides[1].value,
	    .destination_length = sides[1].length,
	    .flags = (uint8_t)((sides[0].set ? CLASSIFIER_SOURCE_SET : 0) |
		(sides[1].set ? CLASSIFIER_DESTINATION_SET : 0) | (source->conditional ? CLASSIFIER_CONDITIONAL : 0)),
	};
	build->term_count = source->term_count;
	build->terms = source->terms;
	return compile_terms(builder, source, rule);
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
	for (uint32_t i = 0; i < size; i++) {
		slots[i].value = CLASSIFIER_NONE;
	}
	for (uint32_t i = 0; i < count; i++) {
		assert(ports[i].application != CLASSIFIER_NONE);
		const uint32_t key = classifier_port_key(ports[i].port, 16);
		uint32_t place = classifier_hash(ports[i].protocol, key) & (size - 1);
		while (slots[place].value != CLASSIFIER_NONE &&
		    (slots[place].first != ports[i].protocol || slots[place].second != key)) {
			place = (place + 1) & (size - 1);
		}
		if (slots[place].value == CLASSIFIER_NONE) {
			slots[place] = (struct classifier_slot){
			    .first = ports[i].protocol, .second = key, .value = ports[i].application};
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
	struct classifier_term *terms = arena_take(builder->arena, builder->terms.count, sizeof(*terms));

	if (sets == NULL || ranges == NULL || terms == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < builder->set_count; i++) {
		sets[i] = builder->sets[i];
	}
	for (uint32_t i = 0; i < builder->range_count; i++) {
		ranges[i] = builder->ranges[i];
	}
	for (uint32_t i = 0; i < builder->terms.count; i++) {
		terms[i] = builder->terms.rows[i];
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
	    .terms = builder.terms.count,
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
