/*
 * Address translation by rule-sets: rules by identity, and the classifiers that find them.
 *
 * A packet meets the rule-sets that fit its units, the closest first: by interface before by zone before by routing
 * instance, the ingress side before the egress side. In a rule-set the first rule that matches counts. So the rules of a
 * pair of contexts are one list, which the builder of the policies' classifier compiles.
 */
#include "compile_nat_rules.h"

#include <stdlib.h>
#include <string.h>

#include "conf/applications.h"

enum {
	PLACES_MOST = 4 * 1024 * 1024, /* rules, counted once for each pair of contexts that meets them */
	WITH_PORTS = 2,                /* protocols that a rule with ports and without protocol is about */
	PERSISTENT_SECONDS = 300,      /* as on the SRX, when nothing is written */
	PERSISTENT_SESSIONS = 30,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

static const char *const kinds[] = {[NAT_RULE_SOURCE] = "source", [NAT_RULE_DESTINATION] = "destination",
    [NAT_RULE_STATIC] = "static"};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* --- identities -------------------------------------------------------------------------------------------------- */

static const char *
rule_path(struct compilation *compilation, const char *kind, const struct conf_node *rule)
{
	const char *const words[] = {kind, rule->parent->value, rule->value};

	return arena_join(&compilation->scratch, words, sizeof(words) / sizeof(words[0]));
}

uint16_t
nat_rule_find(struct compilation *compilation, const char *kind, const struct conf_node *rule)
{
	const char *path = rule_path(compilation, kind, rule);
	const uint32_t identity = path == NULL ? REGISTRY_NONE : registry_find(compilation->registry, REGISTRY_NAT_RULE, path);

	return identity == REGISTRY_NONE ? SNAPSHOT_NAT_NONE : (uint16_t)identity;
}

static bool
register_set(struct compilation *compilation, const char *kind, const struct conf_node *set)
{
	for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
		const struct compile_path path = {REGISTRY_NAT_RULE, rule_path(compilation, kind, rule), rule->value};

		if (path.path == NULL || compile_register(compilation, rule, &path) == REGISTRY_NONE) {
			return false;
		}
	}
	return true;
}

/* Rows of all rules; what they do is filled in later. */
static bool
make_rules(struct compilation *compilation, const struct conf_node *nat)
{
	struct snapshot_nat *result = &compilation->snapshot->nat;

	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct conf_node *set = conf_first(conf_child(nat, kinds[kind]), "rule-set");

		for (; set != NULL; set = conf_next(set)) {
			if (!register_set(compilation, kinds[kind], set)) {
				return false;
			}
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_NAT_RULE);
	struct snapshot_nat_rule *rules = arena_take(compilation->arena, count, sizeof(*rules));

	if (rules == NULL) {
		return false;
	}
	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct conf_node *set = conf_first(conf_child(nat, kinds[kind]), "rule-set");

		for (; set != NULL; set = conf_next(set)) {
			for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
				const uint16_t identity = nat_rule_find(compilation, kinds[kind], rule);

				if (identity == SNAPSHOT_NAT_NONE) {
					return false;
				}
				rules[identity] = (struct snapshot_nat_rule){
				    .set = arena_copy(compilation->arena, set->value),
				    .name = arena_copy(compilation->arena, rule->value),
				    .present = true,
				    .kind = (uint8_t)kind,
				    .action = SNAPSHOT_NAT_NONE,
				};
			}
		}
	}
	result->rules = rules;
	result->rule_count = (uint16_t)count;
	compilation->nat_rules = rules;
	return !arena_failed(compilation->arena);
}

/* --- what rules match -------------------------------------------------------------------------------------------- */

/* Both lists of a side, or any. */
static bool
read_side(struct compilation *compilation, const struct conf_node *match, const char *const *leaves,
    const struct snapshot_address **addresses, uint32_t *count)
{
	static const struct snapshot_address any = {.address = 0, .length = 0};
	struct address_list literal;
	struct address_list named;

	if (!compile_addresses(compilation, NULL, conf_first(match, leaves[0]), &literal) ||
	    !compile_addresses(compilation, NULL, conf_first(match, leaves[1]), &named)) {
		return false;
	}
	*count = literal.count + named.count;
	*addresses = literal.count == 0 ? named.addresses : literal.addresses;
	if (conf_first(match, leaves[0]) == NULL && conf_first(match, leaves[1]) == NULL) {
		*addresses = &any;
		*count = 1;
	} else if (literal.count > 0 && named.count > 0) {
		struct snapshot_address *both = arena_take(&compilation->scratch, *count, sizeof(*both));

		if (both == NULL) {
			return false;
		}
		memcpy(both, literal.addresses, literal.count * sizeof(*both));
		memcpy(both + literal.count, named.addresses, named.count * sizeof(*both));
		*addresses = both;
	}
	return true;
}

struct port_range {
	uint16_t low;
	uint16_t high;
};

/* Ranges of a port list, all ports when there is none. NULL when memory ran out. */
static const struct port_range *
read_ports(struct compilation *compilation, const struct conf_node *match, const char *leaf, uint32_t *count)
{
	static const struct port_range all = {0, UINT16_MAX};
	struct port_range *ranges;

	*count = 0;
	for (const struct conf_node *port = conf_first(match, leaf); port != NULL; port = conf_next(port)) {
		(*count)++;
	}
	if (*count == 0) {
		*count = 1;
		return &all;
	}
	ranges = arena_take(&compilation->scratch, *count, sizeof(*ranges));
	*count = 0;
	for (const struct conf_node *port = conf_first(match, leaf); ranges != NULL && port != NULL; port = conf_next(port)) {
		const uint32_t low = (uint32_t)strtoul(port->value, NULL, 10);

		ranges[(*count)++] = (struct port_range){(uint16_t)low, (uint16_t)conf_number(port, "to", low)};
	}
	return ranges;
}

/* The protocols of a rule; with ports and without protocol both that have some. */
static const uint16_t *
read_protocols(struct compilation *compilation, const struct conf_node *match, uint32_t *count)
{
	static const uint16_t any = CLASSIFIER_ANY_PROTOCOL;
	static const uint16_t with_ports[WITH_PORTS] = {PROTOCOL_TCP, PROTOCOL_UDP};
	const bool ports = conf_first(match, "source-port") != NULL || conf_first(match, "destination-port") != NULL;
	uint16_t *protocols;

	*count = 0;
	for (const struct conf_node *name = conf_first(match, "protocol"); name != NULL; name = conf_next(name)) {
		(*count)++;
	}
	if (*count == 0) {
		*count = ports ? WITH_PORTS : 1;
		return ports ? with_ports : &any;
	}
	protocols = arena_take(&compilation->scratch, *count, sizeof(*protocols));
	*count = 0;
	for (const struct conf_node *name = conf_first(match, "protocol"); protocols != NULL && name != NULL;
	     name = conf_next(name)) {
		protocols[(*count)++] = conf_protocol_number(name->value);
	}
	return protocols;
}

/* Each protocol with each pair of port ranges. */
static bool
read_ports_and_protocols(struct compilation *compilation, const struct conf_node *match, struct classifier_source_rule *rule)
{
	uint32_t protocol_count;
	uint32_t source_count;
	uint32_t destination_count;
	const uint16_t *protocols = read_protocols(compilation, match, &protocol_count);
	const struct port_range *sources = read_ports(compilation, match, "source-port", &source_count);
	const struct port_range *destinations = read_ports(compilation, match, "destination-port", &destination_count);
	const uint64_t count = (uint64_t)protocol_count * source_count * destination_count;

	if (protocols == NULL || sources == NULL || destinations == NULL || count > UINT16_MAX) {
		return false;
	}
	struct classifier_term *terms = arena_take(&compilation->scratch, count, sizeof(*terms));

	if (terms == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct port_range source = sources[i / destination_count % source_count];
		const struct port_range destination = destinations[i % destination_count];

		terms[i] = (struct classifier_term){
		    .application = CLASSIFIER_NO_APPLICATION,
		    .protocol = protocols[i / destination_count / source_count],
		    .source_low = source.low,
		    .source_high = source.high,
		    .destination_low = destination.low,
		    .destination_high = destination.high,
		};
	}
	rule->terms = terms;
	rule->term_count = (uint32_t)count;
	return true;
}

static bool
read_match(struct compilation *compilation, const struct conf_node *match, struct classifier_source_rule *rule)
{
	static const char *const source[] = {"source-address", "source-address-name"};
	static const char *const destination[] = {"destination-address", "destination-address-name"};

	if (!read_side(compilation, match, source, &rule->sources, &rule->source_count) ||
	    !read_side(compilation, match, destination, &rule->destinations, &rule->destination_count)) {
		return false;
	}
	if (conf_first(match, "application") != NULL) {
		return compile_terms(compilation, conf_first(match, "application"), rule);
	}
	return read_ports_and_protocols(compilation, match, rule);
}

/* --- what they do ------------------------------------------------------------------------------------------------ */

/* A rule that keeps what hosts are translated to. */
static void
read_persistent(const struct conf_node *holder, struct snapshot_nat_source *source)
{
	static const char *const kinds_of[] = {[NAT_PERSISTENT_ANY_REMOTE_HOST] = "any-remote-host",
	    [NAT_PERSISTENT_TARGET_HOST] = "target-host", [NAT_PERSISTENT_TARGET_HOST_PORT] = "target-host-port"};
	const struct conf_node *persistent = conf_child(holder, "persistent-nat");
	const char *permit = conf_value(persistent, "permit");

	for (uint8_t kind = NAT_PERSISTENT_ANY_REMOTE_HOST; permit != NULL && kind <= NAT_PERSISTENT_TARGET_HOST_PORT; kind++) {
		if (strcmp(permit, kinds_of[kind]) == 0) {
			source->persistent = kind;
		}
	}
	source->persistent_address = conf_present(persistent, "address-mapping");
	source->persistent_seconds = (uint16_t)conf_number(persistent, "inactivity-timeout", PERSISTENT_SECONDS);
	source->persistent_sessions = conf_number(persistent, "max-session-number", PERSISTENT_SESSIONS);
}

static bool
source_action(struct compilation *compilation, const struct conf_node *rule, struct snapshot_nat_source *source)
{
	const struct conf_node *then = conf_walk(rule, "then", "source-nat", NULL);
	const char *name = conf_value(conf_child(then, "pool"), "name");
	uint16_t *pools;

	*source = (struct snapshot_nat_source){.kind = NAT_SOURCE_OFF};
	if (conf_present(then, "interface")) {
		source->kind = NAT_SOURCE_INTERFACE;
		read_persistent(conf_child(then, "interface"), source);
	} else if (name != NULL) {
		pools = arena_take(compilation->arena, 1, sizeof(*pools));
		if (pools == NULL) {
			return false;
		}
		*pools = nat_rule_pool_find(compilation, name);
		source->kind = NAT_SOURCE_POOLS;
		read_persistent(conf_child(then, "pool"), source);
		source->pool_count = 1;
		source->pools = pools;
	}
	return true;
}

static bool
destination_action(struct compilation *compilation, const struct conf_node *rule, struct snapshot_nat_destination *destination)
{
	const struct conf_node *then = conf_walk(rule, "then", "destination-nat", NULL);
	const char *name = conf_value(conf_child(then, "pool"), "name");
	const struct conf_node *pool =
	    conf_entry(conf_walk(compilation->top, "security", "nat", "destination", NULL), "pool", name, NULL);
	const struct conf_node *address = conf_first(pool, "address");
	struct snapshot_nat_range range = {.low = 0};

	*destination = (struct snapshot_nat_destination){.name = arena_copy(compilation->arena, name == NULL ? "off" : name)};
	if (name == NULL || address == NULL || !nat_read_range(address, &range)) {
		destination->off = true;
		return destination->name != NULL;
	}
	destination->low = range.low;
	destination->high = range.high;
	destination->range = range.low != range.high;
	destination->port = (uint16_t)conf_number(address, "port", 0);
	destination->instance = nat_instance_of(compilation, conf_value(pool, "routing-instance"), SNAPSHOT_NONE);
	return destination->name != NULL;
}

static uint32_t
count_rules(const struct conf_node *holder)
{
	uint32_t count = 0;

	for (const struct conf_node *set = conf_first(holder, "rule-set"); set != NULL; set = conf_next(set)) {
		for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
			count++;
		}
	}
	return count;
}

/* Each rule has an action of its own. */
static bool
make_actions(struct compilation *compilation, const struct conf_node *nat)
{
	struct snapshot_nat *result = &compilation->snapshot->nat;
	const struct conf_node *source = conf_child(nat, "source");
	const struct conf_node *destination = conf_child(nat, "destination");
	struct snapshot_nat_source *sources = arena_take(compilation->arena, count_rules(source), sizeof(*sources));
	struct snapshot_nat_destination *destinations =
	    arena_take(compilation->arena, count_rules(destination), sizeof(*destinations));

	if (sources == NULL || destinations == NULL) {
		return false;
	}
	for (const struct conf_node *set = conf_first(source, "rule-set"); set != NULL; set = conf_next(set)) {
		for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
			const uint16_t identity = nat_rule_find(compilation, "source", rule);

			if (identity == SNAPSHOT_NAT_NONE ||
			    !source_action(compilation, rule, &sources[result->source_count])) {
				return false;
			}
			compilation->nat_rules[identity].action = result->source_count++;
		}
	}
	for (const struct conf_node *set = conf_first(destination, "rule-set"); set != NULL; set = conf_next(set)) {
		for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
			const uint16_t identity = nat_rule_find(compilation, "destination", rule);
			const struct conf_node *match = conf_child(rule, "match");
			struct snapshot_address prefix = {.address = 0};

			if (identity == SNAPSHOT_NAT_NONE ||
			    !destination_action(compilation, rule, &destinations[result->destination_count])) {
				return false;
			}
			(void)(nat_read_prefix(compilation, conf_child(match, "destination-address"), &prefix) ||
			       nat_read_prefix(compilation, conf_child(match, "destination-address-name"), &prefix));
			compilation->nat_rules[identity].base = prefix.address;
			compilation->nat_rules[identity].action = result->destination_count++;
		}
	}
	result->sources = sources;
	result->destinations = destinations;
	return true;
}

/* --- classifiers ------------------------------------------------------------------------------------------------- */

/* The rules of a rule-set. */
struct set_rules {
	uint32_t count;
	struct classifier_source_rule *rules;
};

struct rule_sets {
	const char *kind;
	const struct conf_node *first;
	uint32_t count;
	struct set_rules *sets;
	struct nat_side *from;
	struct nat_side *to; /* NULL: of destination rules */
	struct nat_contexts from_contexts;
	struct nat_contexts to_contexts;
};

static bool
read_set(struct compilation *compilation, const char *kind, const struct conf_node *set, struct set_rules *result)
{
	for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
		result->count++;
	}
	result->rules = arena_take(&compilation->scratch, result->count, sizeof(*result->rules));
	if (result->rules == NULL) {
		return false;
	}
	result->count = 0;
	for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
		struct classifier_source_rule *row = &result->rules[result->count++];

		row->policy = nat_rule_find(compilation, kind, rule);
		if (!read_match(compilation, conf_child(rule, "match"), row)) {
			return false;
		}
	}
	return true;
}

static bool
read_sets(struct compilation *compilation, struct rule_sets *sets)
{
	uint32_t at = 0;

	for (const struct conf_node *set = sets->first; set != NULL; set = conf_next(set)) {
		sets->count++;
	}
	sets->sets = arena_take(&compilation->scratch, sets->count, sizeof(*sets->sets));
	sets->from = arena_take(&compilation->scratch, sets->count, sizeof(*sets->from));
	sets->to = arena_take(&compilation->scratch, sets->count, sizeof(*sets->to));
	if (sets->sets == NULL || sets->from == NULL || sets->to == NULL) {
		return false;
	}
	for (const struct conf_node *set = sets->first; set != NULL; set = conf_next(set), at++) {
		if (!read_set(compilation, sets->kind, set, &sets->sets[at]) ||
		    !nat_side_read(compilation, conf_child(set, "from"), &sets->from[at]) ||
		    !nat_side_read(compilation, conf_child(set, "to"), &sets->to[at])) {
			return false;
		}
	}
	return true;
}

/* Adds the rules of all rule-sets that fit this closely. NULL: counts only. */
static uint32_t
add_rules(const struct rule_sets *sets, const char *from, const char *to, struct classifier_source_rule *rules)
{
	uint32_t count = 0;

	for (char from_fit = '0' + NAT_FITS - 1; from_fit > '0' + NAT_FIT_NONE; from_fit--) {
		for (char to_fit = '0' + NAT_FITS - 1; to_fit > '0' + NAT_FIT_NONE; to_fit--) {
			for (uint32_t set = 0; set < sets->count; set++) {
				/* without a second side every rule-set fits it the same */
				if (from[set] != from_fit || to_fit != (to == NULL ? '0' + NAT_FIT_INSTANCE : to[set])) {
					continue;
				}
				if (rules != NULL && sets->sets[set].count > 0) {
					memcpy(&rules[count], sets->sets[set].rules,
					    sets->sets[set].count * sizeof(*rules));
				}
				count += sets->sets[set].count;
			}
		}
	}
	return count;
}

static struct classifier *
build_classifier(struct compilation *compilation, const struct rule_sets *sets)
{
	const uint32_t to_count = sets->to_contexts.count == 0 ? 1 : sets->to_contexts.count;
	struct classifier_source_context *contexts =
	    arena_take(&compilation->scratch, (size_t)sets->from_contexts.count * to_count, sizeof(*contexts));
	uint64_t places = 0;
	uint32_t used = 0;

	if (contexts == NULL) {
		return NULL;
	}
	for (uint32_t f = 0; f < sets->from_contexts.count; f++) {
		for (uint32_t t = 0; t < to_count; t++) {
			const char *to = sets->to_contexts.count == 0 ? NULL : sets->to_contexts.fits[t];
			const uint32_t count = add_rules(sets, sets->from_contexts.fits[f], to, NULL);
			struct classifier_source_rule *rules;

			places += count;
			if (places > PLACES_MOST) {
				compile_error(compilation, sets->first, "too many rules for so many contexts");
				return NULL;
			}
			if (count == 0) {
				continue;
			}
			rules = arena_take(&compilation->scratch, count, sizeof(*rules));
			if (rules == NULL) {
				return NULL;
			}
			(void)add_rules(sets, sets->from_contexts.fits[f], to, rules);
			contexts[used++] = (struct classifier_source_context){
			    .from_zone = nat_context_number(f), .to_zone = sets->to_contexts.count == 0 ? 0 : nat_context_number(t), .rule_count = count, .rules = rules};
		}
	}
	return classifier_create(contexts, used, NULL, 0);
}

static bool
place_units(struct compilation *compilation, struct rule_sets *sets, bool source)
{
	const uint32_t count = compilation->snapshot->unit_count;
	uint16_t *from = arena_take(&compilation->scratch, count, sizeof(*from));
	uint16_t *to = arena_take(&compilation->scratch, count, sizeof(*to));

	if (from == NULL || to == NULL || !nat_contexts_make(compilation, sets->from, sets->count, &sets->from_contexts, from) ||
	    (source && !nat_contexts_make(compilation, sets->to, sets->count, &sets->to_contexts, to))) {
		return false;
	}
	for (uint32_t unit = 0; unit < count; unit++) {
		struct snapshot_unit *row = &compilation->units[unit];

		if (source) {
			row->nat_from = from[unit];
			row->nat_to = to[unit];
		} else {
			row->nat_public = from[unit];
		}
	}
	return true;
}

static bool
compile_sets(struct compilation *compilation, struct rule_sets *sets, struct classifier **classifier)
{
	const bool source = classifier == &compilation->store->nat_source_classifier;

	if (!read_sets(compilation, sets) || !place_units(compilation, sets, source)) {
		return false;
	}
	/* A pair of which a side is in no context meets no rule-set. */
	if (sets->first == NULL || (source && sets->to_contexts.count == 0)) {
		return true;
	}
	*classifier = build_classifier(compilation, sets);
	return *classifier != NULL;
}

bool
compile_nat_rules(struct compilation *compilation)
{
	const struct conf_node *nat = conf_walk(compilation->top, "security", "nat", NULL);
	const struct conf_node *source = conf_child(nat, "source");
	const struct conf_node *destination = conf_child(nat, "destination");
	struct snapshot_nat *result = &compilation->snapshot->nat;
	struct rule_sets source_sets = {.kind = "source", .first = conf_first(source, "rule-set")};
	struct rule_sets destination_sets = {.kind = "destination", .first = conf_first(destination, "rule-set")};

	if (source == NULL && destination == NULL && conf_child(nat, "static") == NULL && conf_child(nat, "proxy-arp") == NULL) {
		return true;
	}
	result->by_rules = true;
	result->active = true;
	result->address_persistent = conf_present(source, "address-persistent");
	if (!make_rules(compilation, nat) || !compile_nat_rule_pools(compilation, nat) || !make_actions(compilation, nat) ||
	    !compile_sets(compilation, &source_sets, &compilation->store->nat_source_classifier) ||
	    !compile_sets(compilation, &destination_sets, &compilation->store->nat_destination_classifier)) {
		return false;
	}
	result->source_classifier = compilation->store->nat_source_classifier;
	result->destination_classifier = compilation->store->nat_destination_classifier;
	return compile_nat_rule_statics(compilation, nat) && compile_nat_answers(compilation, nat);
}
