/*
 * Address translation by rule-sets: static mappings, by interface, and the conditions under which they hold.
 *
 * Rules for the same prefix may stand beside each other when they have conditions: the first that fits a packet counts, those
 * of closer rule-sets first. All other prefixes on an interface are disjoint.
 */
#include <stdlib.h>
#include <string.h>

#include "compile_nat_rules.h"

struct statics {
	struct snapshot_nat_static *rows;
	uint32_t count;
	uint32_t capacity;
	uint32_t unit_first; /* where the rows of the unit at hand begin */
};

static int
compare_public(const void *left, const void *right)
{
	const struct snapshot_nat_static *a = left;
	const struct snapshot_nat_static *b = right;

	if (a->unit != b->unit) {
		return a->unit < b->unit ? -1 : 1;
	}
	if (a->public != b->public) {
		return a->public < b->public ? -1 : 1;
	}
	return (a->order > b->order) - (a->order < b->order);
}

static int
compare_host(const void *left, const void *right)
{
	const struct snapshot_nat_static *a = left;
	const struct snapshot_nat_static *b = right;

	if (a->unit != b->unit) {
		return a->unit < b->unit ? -1 : 1;
	}
	if (a->instance != b->instance) {
		return a->instance < b->instance ? -1 : 1;
	}
	if (a->host != b->host) {
		return a->host < b->host ? -1 : 1;
	}
	if (a->length != b->length) {
		return a->length < b->length ? -1 : 1;
	}
	return (a->order > b->order) - (a->order < b->order);
}

static uint32_t
rest_of(uint8_t length)
{
	return length == 0 ? UINT32_MAX : (uint32_t)((UINT64_C(1) << (32 - length)) - 1);
}

/* Ranges of a port list; NULL when memory ran out. */
static const struct snapshot_nat_ports *
read_ports(struct compilation *compilation, const struct conf_node *first, uint16_t *count)
{
	struct snapshot_nat_ports *ranges;

	*count = 0;
	for (const struct conf_node *port = first; port != NULL; port = conf_next(port)) {
		(*count)++;
	}
	ranges = arena_take(compilation->arena, *count, sizeof(*ranges));
	*count = 0;
	for (const struct conf_node *port = first; ranges != NULL && port != NULL; port = conf_next(port)) {
		const uint32_t low = (uint32_t)strtoul(port->value, NULL, 10);

		ranges[(*count)++] =
		    (struct snapshot_nat_ports){.low = (uint16_t)low, .high = (uint16_t)conf_number(port, "to", low)};
	}
	return ranges;
}

/* Both lists of remote addresses, one behind the other. */
static bool
read_remotes(struct compilation *compilation, const struct conf_node *match, struct snapshot_nat_condition *condition)
{
	struct address_list literal;
	struct address_list named;

	if (!compile_addresses(compilation, NULL, conf_first(match, "source-address"), &literal) ||
	    !compile_addresses(compilation, NULL, conf_first(match, "source-address-name"), &named)) {
		return false;
	}
	struct snapshot_address *remotes =
	    arena_take(compilation->arena, (size_t)literal.count + named.count, sizeof(*remotes));

	if (remotes == NULL) {
		return false;
	}
	if (literal.count > 0) {
		memcpy(remotes, literal.addresses, literal.count * sizeof(*remotes));
	}
	if (named.count > 0) {
		memcpy(remotes + literal.count, named.addresses, named.count * sizeof(*remotes));
	}
	condition->remotes = remotes;
	condition->remote_count = literal.count + named.count;
	condition->remote_any =
	    conf_first(match, "source-address") == NULL && conf_first(match, "source-address-name") == NULL;
	return true;
}

/* A rule's conditions, NULL when it has none. False when memory ran out. */
static bool
read_condition(struct compilation *compilation, const struct conf_node *rule, const struct snapshot_nat_condition **result)
{
	static const char *const leaves[] = {"source-address", "source-address-name", "source-port", "destination-port"};
	const struct conf_node *match = conf_child(rule, "match");
	const struct conf_node *then = conf_walk(rule, "then", "static-nat", NULL);
	const struct conf_node *mapped = conf_walk(then, "prefix", "mapped-port", NULL);
	bool any = false;

	*result = NULL;
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		any = any || conf_first(match, leaves[i]) != NULL;
	}
	if (!any) {
		return true;
	}
	struct snapshot_nat_condition *condition = arena_take(compilation->arena, 1, sizeof(*condition));

	if (condition == NULL) {
		return false;
	}
	*condition = (struct snapshot_nat_condition){.mapped_port = (uint16_t)conf_number(mapped, "low", 0)};
	condition->remote_ports = read_ports(compilation, conf_first(match, "source-port"), &condition->remote_port_count);
	condition->ports = read_ports(compilation, conf_first(match, "destination-port"), &condition->port_count);
	*result = condition;
	return condition->remote_ports != NULL && condition->ports != NULL && read_remotes(compilation, match, condition);
}

/* What a rule says, apart from the unit and its conditions. False: nothing that could be done. */
static bool
read_static(struct compilation *compilation, const struct conf_node *rule, struct snapshot_nat_static *row)
{
	const struct conf_node *match = conf_child(rule, "match");
	const struct conf_node *then = conf_walk(rule, "then", "static-nat", NULL);
	const struct conf_node *prefix = conf_child(then, "prefix");
	const struct conf_node *holder = prefix != NULL ? prefix : conf_child(then, "prefix-name");
	struct snapshot_address public = {.address = 0};
	struct snapshot_address host = {.address = 0};

	if ((!nat_read_prefix(compilation, conf_child(match, "destination-address"), &public) &&
		!nat_read_prefix(compilation, conf_child(match, "destination-address-name"), &public)) ||
	    !nat_read_prefix(compilation, conf_child(holder, "name"), &host) || public.length != host.length) {
		return false;
	}
	*row = (struct snapshot_nat_static){
	    .public = public.address,
	    .host = host.address,
	    .length = public.length,
	    .instance = nat_instance_of(compilation, conf_value(holder, "routing-instance"), SNAPSHOT_NONE),
	    .rule = nat_rule_find(compilation, "static", rule),
	};
	return true;
}

/* A rule-set that fits closer has the address already: all of it, then this one never counts; or a part, then it must go. For the
 * same prefix it may be that not all packets are its. */
static bool
is_taken(struct compilation *compilation, const struct statics *statics, const struct conf_node *rule,
    const struct snapshot_nat_static *row)
{
	const uint32_t last = row->public | rest_of(row->length);

	for (uint32_t i = statics->unit_first; i < statics->count; i++) {
		const struct snapshot_nat_static *other = &statics->rows[i];

		if (row->public > (other->public | rest_of(other->length)) || other->public > last) {
			continue;
		}
		if (other->length == row->length && other->condition != NULL) {
			continue;
		}
		if (other->length > row->length || (other->condition != NULL && other->length < row->length)) {
			compile_error(compilation, rule, "its destination overlaps with that of rule '%s' of rule-set '%s' on %s",
			    compilation->nat_rules[other->rule].name, compilation->nat_rules[other->rule].set,
			    compilation->units[row->unit].name);
		}
		return true;
	}
	return false;
}

static bool
add_set(struct compilation *compilation, struct statics *statics, const struct conf_node *set, uint16_t unit)
{
	for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
		struct snapshot_nat_static row;

		if (!read_static(compilation, rule, &row)) {
			continue;
		}
		if (!read_condition(compilation, rule, &row.condition)) {
			return false;
		}
		row.unit = unit;
		if (row.instance == SNAPSHOT_NONE) {
			row.instance = compilation->units[unit].instance;
		}
		if (is_taken(compilation, statics, rule, &row)) {
			continue;
		}
		row.order = statics->count;
		struct snapshot_nat_static *moved = arena_grow(
		    &compilation->scratch, statics->rows, statics->count, &statics->capacity, sizeof(*moved));

		if (moved == NULL) {
			return false;
		}
		statics->rows = moved;
		moved[statics->count++] = row;
	}
	return true;
}

/* The mappings of each unit, those of closer rule-sets first. */
static bool
collect_statics(struct compilation *compilation, const struct conf_node *first, struct statics *statics)
{
	uint32_t set_count = 0;
	uint32_t at = 0;

	for (const struct conf_node *set = first; set != NULL; set = conf_next(set)) {
		set_count++;
	}
	struct nat_side *sides = arena_take(&compilation->scratch, set_count, sizeof(*sides));

	if (sides == NULL) {
		return false;
	}
	for (const struct conf_node *set = first; set != NULL; set = conf_next(set)) {
		if (!nat_side_read(compilation, conf_child(set, "from"), &sides[at++])) {
			return false;
		}
	}
	for (uint32_t unit = 0; unit < compilation->snapshot->unit_count; unit++) {
		statics->unit_first = statics->count;
		for (int fit = NAT_FIT_INTERFACE; fit > NAT_FIT_NONE; fit--) {
			at = 0;
			for (const struct conf_node *set = first; set != NULL; set = conf_next(set)) {
				if ((int)nat_side_fit(compilation, &sides[at++], unit) == fit &&
				    !add_set(compilation, statics, set, (uint16_t)unit)) {
					return false;
				}
			}
		}
	}
	return true;
}

bool
compile_nat_rule_statics(struct compilation *compilation, const struct conf_node *nat)
{
	struct snapshot_nat *result = &compilation->snapshot->nat;
	struct statics statics = {.rows = NULL};

	if (!collect_statics(compilation, conf_first(conf_child(nat, "static"), "rule-set"), &statics)) {
		return false;
	}
	struct snapshot_nat_static *by_public = arena_take(compilation->arena, statics.count, sizeof(*by_public));
	struct snapshot_nat_static *by_host = arena_take(compilation->arena, statics.count, sizeof(*by_host));
	uint32_t hosts = 0;

	if (by_public == NULL || by_host == NULL) {
		return false;
	}
	if (statics.count > 0) {
		memcpy(by_public, statics.rows, statics.count * sizeof(*by_public));
		memcpy(by_host, statics.rows, statics.count * sizeof(*by_host));
		qsort(by_public, statics.count, sizeof(*by_public), compare_public);
		qsort(by_host, statics.count, sizeof(*by_host), compare_host);
	}
	/* Of a host with several public addresses the mapping of the shorter prefix, of equal ones the first, is for its own; with
	 * conditions the first that fits. */
	for (uint32_t i = 0; i < statics.count; i++) {
		const struct snapshot_nat_static *before = hosts == 0 ? NULL : &by_host[hosts - 1];

		if (before == NULL || before->unit != by_host[i].unit || before->instance != by_host[i].instance ||
		    by_host[i].host > (before->host | rest_of(before->length)) ||
		    (by_host[i].length == before->length && before->condition != NULL)) {
			by_host[hosts++] = by_host[i];
		}
	}
	result->statics = by_public;
	result->static_hosts = by_host;
	result->static_count = statics.count;
	result->static_host_count = hosts;
	return true;
}
