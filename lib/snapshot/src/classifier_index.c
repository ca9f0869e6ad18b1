/*
 * Which list a rule goes to: the one that it shares with the fewest other rules, counted over the whole context.
 *
 * By source prefix, by destination prefix, by protocol and port; by source and destination together where each
 * alone is crowded (all branches times all servers). A rule whose list of prefixes would take too much room goes to the
 * rest. A context of a few rules is scanned as it stands.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "classifier_build.h"

enum {
	SCAN_RULES = 12,         /* a context of so few rules has no lists */
	CROWDED = 8,             /* rules a list; beyond it pairs are considered */
	PAIRS_PER_RULE = 32,     /* most pairs that one rule may stand in */
	ENTRIES_FREE = 1 << 20,  /* list entries a context may have whatever its size */
	ENTRIES_PER_RULE = 64,   /* and so many more for each rule */
	TABLE_SPARE = 2,
};

enum choice {
	BY_REST,
	BY_SOURCE,
	BY_DESTINATION,
	BY_SERVICE,
	BY_PAIR,
};

/* The distinct prefixes of one side, and how many rules name each. */
struct side {
	struct pair_map map; /* first, last -> number */
	struct build_prefix *prefixes;
	uint32_t *uses;
	uint32_t count;
	uint32_t prefix_capacity;
	uint32_t use_capacity;
};

struct index {
	struct build_context *build;
	struct side source;
	struct side destination;
	struct pair_map services; /* protocol, port -> rules */
	struct pair_map pairs;    /* source prefix, destination prefix -> rules */
	uint8_t *choices;
	uint32_t *crowds; /* the rules that share the chosen list */
	struct build_entries by_source;
	struct build_entries by_destination;
	struct build_entries by_service;
	struct build_entries by_pair;
	struct build_lists lists; /* all of the context, one after the other */
};

static bool
count_prefixes(struct side *side, struct arena *scratch, const struct build_prefixes *prefixes)
{
	for (uint32_t i = 0; i < prefixes->count; i++) {
		uint32_t *number = pair_map_place(&side->map, scratch, prefixes->prefixes[i].first,
		    prefixes->prefixes[i].last, side->count);
		if (number == NULL) {
			return false;
		}
		if (*number == side->count) {
			struct build_prefix *moved = arena_grow(scratch, side->prefixes, side->count,
			    &side->prefix_capacity, sizeof(*moved));
			uint32_t *uses =
			    arena_grow(scratch, side->uses, side->count, &side->use_capacity, sizeof(*uses));
			if (moved == NULL || uses == NULL) {
				return false;
			}
			side->prefixes = moved;
			side->uses = uses;
			moved[side->count] = prefixes->prefixes[i];
			uses[side->count++] = 0;
		}
		side->uses[*number]++;
	}
	return true;
}

/* The ports of a term as prefixes, one after the other: a walk. */
struct port_walk {
	uint32_t next; /* the first port not yet covered */
	uint32_t high;
	uint32_t key;
};

static struct port_walk
port_walk_over(const struct classifier_term *term)
{
	return (struct port_walk){.next = term->destination_low, .high = term->destination_high};
}

/* The largest prefix that begins at the next port and ends within the range. */
static bool
port_walk_next(struct port_walk *walk)
{
	uint32_t length = 16;

	if (walk->next > walk->high) {
		return false;
	}
	while (length > 0) {
		const uint32_t size = 1U << (16 - (length - 1));
		if ((walk->next & (size - 1)) != 0 || walk->next + size - 1 > walk->high) {
			break;
		}
		length--;
	}
	walk->key = classifier_port_key(walk->next, length);
	walk->next += 1U << (16 - length);
	return true;
}

static bool
count_services(struct index *index, const struct build_rule *rule)
{
	for (uint32_t i = 0; i < rule->term_count; i++) {
		struct port_walk walk = port_walk_over(&rule->terms[i]);
		if (rule->terms[i].protocol == CLASSIFIER_ANY_PROTOCOL) {
			continue;
		}
		while (port_walk_next(&walk)) {
			uint32_t *uses = pair_map_place(&index->services, index->build->scratch,
			    rule->terms[i].protocol, walk.key, 0);
			if (uses == NULL) {
				return false;
			}
			(*uses)++;
		}
	}
	return true;
}

static bool
count_everything(struct index *index)
{
	const struct build_context *build = index->build;

	for (uint32_t i = 0; i < build->context->rule_count; i++) {
		const struct build_rule *rule = &build->rules[i];
		if (!count_prefixes(&index->source, build->scratch, &rule->source) ||
		    !count_prefixes(&index->destination, build->scratch, &rule->destination)) {
			return false;
		}
		if (!count_services(index, rule)) {
			return false;
		}
	}
	return true;
}

/* What a rule's place in one kind of list would be like. */
struct place {
	enum choice choice;
	uint32_t crowd;  /* the rules of the most crowded list that it would stand in; CLASSIFIER_NONE: it cannot */
	uint32_t narrow; /* bits of its widest prefix: of equally crowded lists the narrower is asked less often */
	uint32_t size;   /* entries that it takes */
};

static struct place
place_by_side(const struct side *side, const struct build_prefixes *prefixes, enum choice choice)
{
	struct place place = {.choice = choice, .narrow = 32, .size = prefixes->count};

	for (uint32_t i = 0; i < prefixes->count; i++) {
		const struct build_prefix *prefix = &prefixes->prefixes[i];
		const uint32_t uses = side->uses[pair_map_find(&side->map, prefix->first, prefix->last)];
		place.crowd = uses > place.crowd ? uses : place.crowd;
		place.narrow = prefix->narrow < place.narrow ? prefix->narrow : place.narrow;
	}
	return place;
}

static struct place
place_by_service(const struct index *index, const struct build_rule *rule)
{
	struct place place = {.choice = BY_SERVICE, .narrow = 32};

	for (uint32_t i = 0; i < rule->term_count; i++) {
		struct port_walk walk = port_walk_over(&rule->terms[i]);
		if (rule->terms[i].protocol == CLASSIFIER_ANY_PROTOCOL) {
			place.crowd = CLASSIFIER_NONE;
			return place;
		}
		while (port_walk_next(&walk)) {
			const uint32_t uses = pair_map_find(&index->services, rule->terms[i].protocol, walk.key);
			/* a protocol counts as some bits of its own */
			const uint32_t narrow = 4 + (walk.key >> 16);
			place.crowd = uses > place.crowd ? uses : place.crowd;
			place.narrow = narrow < place.narrow ? narrow : place.narrow;
			place.size++;
		}
	}
	return place;
}

static struct place
better_place(struct place left, struct place right)
{
	if (left.crowd != right.crowd) {
		return left.crowd < right.crowd ? left : right;
	}
	return left.narrow >= right.narrow ? left : right;
}

static bool
pairs_are_few(const struct build_rule *rule)
{
	return rule->source.count <= PAIRS_PER_RULE && rule->destination.count <= PAIRS_PER_RULE &&
	    rule->source.count * rule->destination.count <= PAIRS_PER_RULE;
}

/* The number of a rule's i-th pair's prefixes. */
static void
pair_numbers(const struct index *index, const struct build_rule *rule, uint32_t pair, uint32_t *source,
    uint32_t *destination)
{
	const struct build_prefix *first = &rule->source.prefixes[pair / rule->destination.count];
	const struct build_prefix *second = &rule->destination.prefixes[pair % rule->destination.count];

	*source = pair_map_find(&index->source.map, first->first, first->last);
	*destination = pair_map_find(&index->destination.map, second->first, second->last);
}

/* The best single dimension for each rule; crowded rules are counted by pair. */
static bool
choose_single(struct index *index)
{
	const struct build_context *build = index->build;
	const uint64_t most = ENTRIES_FREE + (uint64_t)build->context->rule_count * ENTRIES_PER_RULE;
	uint64_t entries = 0;

	for (uint32_t i = 0; i < build->context->rule_count; i++) {
		const struct build_rule *rule = &build->rules[i];
		const struct place by_source = place_by_side(&index->source, &rule->source, BY_SOURCE);
		const struct place by_destination =
		    place_by_side(&index->destination, &rule->destination, BY_DESTINATION);
		const struct place place =
		    better_place(better_place(by_destination, by_source), place_by_service(index, rule));
		if (entries + place.size > most) {
			index->choices[i] = BY_REST;
			continue;
		}
		entries += place.size;
		index->choices[i] = (uint8_t)place.choice;
		index->crowds[i] = place.crowd;
		if (place.crowd <= CROWDED || !pairs_are_few(rule)) {
			continue;
		}
		for (uint32_t j = 0; j < rule->source.count * rule->destination.count; j++) {
			uint32_t source = 0;
			uint32_t destination = 0;
			pair_numbers(index, rule, j, &source, &destination);
			uint32_t *uses = pair_map_place(&index->pairs, build->scratch, source, destination, 0);
			if (uses == NULL) {
				return false;
			}
			(*uses)++;
		}
	}
	return true;
}

static void
choose_pairs(struct index *index)
{
	const struct build_context *build = index->build;

	for (uint32_t i = 0; i < build->context->rule_count; i++) {
		const struct build_rule *rule = &build->rules[i];
		uint32_t most = 0;
		if (index->choices[i] == BY_REST || index->crowds[i] <= CROWDED || !pairs_are_few(rule)) {
			continue;
		}
		for (uint32_t j = 0; j < rule->source.count * rule->destination.count; j++) {
			uint32_t source = 0;
			uint32_t destination = 0;
			pair_numbers(index, rule, j, &source, &destination);
			const uint32_t uses = pair_map_find(&index->pairs, source, destination);
			if (uses > most) {
				most = uses;
			}
		}
		if (most < index->crowds[i] / 2) {
			index->choices[i] = BY_PAIR;
		}
	}
}

static bool
enter_side(struct index *index, const struct side *side, const struct build_prefixes *prefixes,
    struct build_entries *entries, uint32_t rule)
{
	for (uint32_t i = 0; i < prefixes->count; i++) {
		const uint32_t number =
		    pair_map_find(&side->map, prefixes->prefixes[i].first, prefixes->prefixes[i].last);
		if (!build_entries_push(entries, index->build->scratch, number, 0, rule)) {
			return false;
		}
	}
	return true;
}

static bool
enter_services(struct index *index, uint32_t number)
{
	const struct build_rule *rule = &index->build->rules[number];

	for (uint32_t i = 0; i < rule->term_count; i++) {
		struct port_walk walk = port_walk_over(&rule->terms[i]);
		while (port_walk_next(&walk)) {
			if (!build_entries_push(&index->by_service, index->build->scratch, rule->terms[i].protocol,
				walk.key, number)) {
				return false;
			}
		}
	}
	return true;
}

static bool
enter_pairs(struct index *index, uint32_t number)
{
	const struct build_rule *rule = &index->build->rules[number];

	for (uint32_t i = 0; i < rule->source.count * rule->destination.count; i++) {
		uint32_t source = 0;
		uint32_t destination = 0;
		pair_numbers(index, rule, i, &source, &destination);
		if (!build_entries_push(&index->by_pair, index->build->scratch, source, destination, number)) {
			return false;
		}
	}
	return true;
}

static bool
enter_rule(struct index *index, uint32_t number)
{
	const struct build_rule *rule = &index->build->rules[number];

	switch ((enum choice)index->choices[number]) {
	case BY_REST:
		return true;
	case BY_SOURCE:
		return enter_side(index, &index->source, &rule->source, &index->by_source, number);
	case BY_DESTINATION:
		return enter_side(
		    index, &index->destination, &rule->destination, &index->by_destination, number);
	case BY_SERVICE:
		return enter_services(index, number);
	case BY_PAIR:
		return enter_pairs(index, number);
	}
	return false;
}

/* Lists by key become an open-addressed table; NULL and mask 0 for none. */
static bool
fill_table(struct index *index, struct build_entries *entries, const struct classifier_slot **table, uint32_t *mask)
{
	uint32_t size = 4;

	if (entries->count == 0) {
		return true;
	}
	build_entries_sort(entries);
	while (size < entries->count * TABLE_SPARE) {
		size *= 2;
	}
	struct classifier_slot *slots = arena_take(index->build->arena, size, sizeof(*slots));
	if (slots == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < size; i++) {
		slots[i].value = CLASSIFIER_NONE;
	}
	for (uint32_t at = 0; at < entries->count;) {
		const struct build_entry *key = &entries->items[at];
		const struct build_span span = build_entries_span(entries, at);
		uint32_t place = classifier_hash(key->first, key->second) & (size - 1);

		while (slots[place].value != CLASSIFIER_NONE) {
			place = (place + 1) & (size - 1);
		}
		slots[place] = (struct classifier_slot){.first = key->first,
		    .second = key->second,
		    .value = build_list(&index->lists, key, span.count, CLASSIFIER_NONE)};
		at += span.count;
	}
	*table = slots;
	*mask = size - 1;
	return true;
}

static uint32_t *
numbers(struct arena *arena, uint32_t count)
{
	uint32_t *array = arena_take(arena, count, sizeof(*array));

	if (array != NULL) {
		memset(array, 0xff, count * sizeof(*array));
	}
	return array;
}

/* Gives the prefixes that stand in pairs their numbers, and renames the entries to those. */
static uint32_t
number_pairs(struct build_entries *entries, uint32_t *of_source, uint32_t *of_destination, uint32_t *destinations)
{
	uint32_t sources = 0;

	*destinations = 0;
	for (uint32_t i = 0; i < entries->count; i++) {
		struct build_entry *entry = &entries->items[i];
		if (of_source[entry->first] == CLASSIFIER_NONE) {
			of_source[entry->first] = sources++;
		}
		if (of_destination[entry->second] == CLASSIFIER_NONE) {
			of_destination[entry->second] = (*destinations)++;
		}
		entry->first = of_source[entry->first];
		entry->second = of_destination[entry->second];
	}
	return sources;
}

/* One side: its entries' lists, and intervals over those prefixes that have a list or stand in a pair. */
static bool
fill_side(struct index *index, const struct side *side, struct build_entries *entries, const uint32_t *pair_of,
    uint32_t pair_count, struct classifier_dimension *dimension)
{
	struct arena *scratch = index->build->scratch;
	struct build_span *span_of = arena_take(scratch, side->count, sizeof(*span_of));
	struct build_prefix *prefixes = arena_take(scratch, side->count, sizeof(*prefixes));
	struct build_span *used_spans = arena_take(scratch, side->count, sizeof(*used_spans));
	uint32_t *used_pairs = arena_take(scratch, side->count, sizeof(*used_pairs));

	if (span_of == NULL || prefixes == NULL || used_spans == NULL || used_pairs == NULL) {
		return false;
	}
	build_entries_sort(entries);
	for (uint32_t at = 0; at < entries->count;) {
		const struct build_span span = build_entries_span(entries, at);

		span_of[entries->items[at].first] = span;
		at += span.count;
	}
	struct build_dimension build = {.prefixes = prefixes, .spans = used_spans, .pair_of = used_pairs,
	    .pair_count = pair_count, .entries = entries->items, .lists = &index->lists};
	for (uint32_t i = 0; i < side->count; i++) {
		if (span_of[i].count > 0 || pair_of[i] != CLASSIFIER_NONE) {
			prefixes[build.prefix_count] = side->prefixes[i];
			used_spans[build.prefix_count] = span_of[i];
			used_pairs[build.prefix_count++] = pair_of[i];
		}
	}
	return classifier_fill_dimension(index->build->arena, scratch, &build, dimension);
}

/* In the order of the rules, as they stand. */
static bool
list_rest(struct index *index)
{
	struct classifier_context *context = index->build->context;
	struct build_entry *entries =
	    arena_take(index->build->scratch, context->rule_count, sizeof(*entries));
	uint32_t count = 0;

	if (entries == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < context->rule_count; i++) {
		if (index->choices[i] == BY_REST) {
			entries[count++].rule = i;
		}
	}
	context->rest = count == 0 ? CLASSIFIER_NONE : build_list(&index->lists, entries, count, CLASSIFIER_NONE);
	return true;
}

/* Room for all lists, at worst of an entry each: a word for it and one for the list. */
static bool
take_lists(struct index *index)
{
	const uint64_t entries = (uint64_t)index->build->context->rule_count + index->by_source.count +
	    index->by_destination.count + index->by_service.count + index->by_pair.count;

	/* Places and rules are numbers below CLASSIFIER_ONE. */
	if (entries * 2 >= CLASSIFIER_RULES_MOST) {
		return false;
	}
	index->lists = (struct build_lists){
	    .words = arena_take(index->build->scratch, entries * 2, sizeof(*index->lists.words)),
	    .room = (uint32_t)(entries * 2),
	};
	return index->lists.words != NULL;
}

static bool
settle_lists(struct index *index)
{
	const size_t count = index->lists.count;
	uint32_t *words = arena_take(index->build->arena, count, sizeof(*words));

	if (words != NULL) {
		memcpy(words, index->lists.words, count * sizeof(*words));
		index->build->context->rule_lists = words;
	}
	return words != NULL;
}

static bool
fill_lists(struct index *index)
{
	struct build_context *build = index->build;
	struct classifier_context *context = build->context;
	uint32_t *of_source = numbers(build->scratch, index->source.count);
	uint32_t *of_destination = numbers(build->scratch, index->destination.count);
	uint32_t destinations = 0;

	if (of_source == NULL || of_destination == NULL || !take_lists(index) || !list_rest(index)) {
		return false;
	}
	for (uint32_t i = 0; i < index->by_service.count; i++) {
		context->service_lengths |= 1U << (index->by_service.items[i].second >> 16);
	}
	const uint32_t sources = number_pairs(&index->by_pair, of_source, of_destination, &destinations);
	return fill_side(index, &index->source, &index->by_source, of_source, sources, &context->source) &&
	    fill_side(index, &index->destination, &index->by_destination, of_destination, destinations,
		&context->destination) &&
	    fill_table(index, &index->by_service, &context->services, &context->service_mask) &&
	    fill_table(index, &index->by_pair, &context->pairs, &context->pair_mask) && settle_lists(index);
}

bool
classifier_index_context(struct build_context *build)
{
	struct classifier_context *context = build->context;
	const uint32_t count = context->rule_count;
	struct index index = {
	    .build = build,
	    .choices = arena_take(build->scratch, count, sizeof(*index.choices)),
	    .crowds = arena_take(build->scratch, count, sizeof(*index.crowds)),
	};

	context->rest = CLASSIFIER_NONE;
	context->source.everywhere = CLASSIFIER_NONE;
	context->destination.everywhere = CLASSIFIER_NONE;
	context->scanned = count <= SCAN_RULES;
	if (context->scanned != 0) {
		return true;
	}
	if (index.choices == NULL || index.crowds == NULL || !count_everything(&index) || !choose_single(&index)) {
		return false;
	}
	choose_pairs(&index);
	for (uint32_t i = 0; i < count; i++) {
		if (!enter_rule(&index, i)) {
			return false;
		}
	}
	return fill_lists(&index);
}
