/*
 * Translated addresses against each other and against those of interfaces, and which of them a unit answers ARP for
 * (REQ-NAT-040).
 *
 * Two pools, two mappings, or one of each with the same address in one routing instance would give it to two hosts: errors. So is
 * an interface's own address, but for a pool whose sessions are told apart by ports: that is the same as source-nat
 * interface, and warned about. A private host that has our own address cannot be reached: a warning (E-203).
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compile_nat.h"

/* A range of translated addresses and where it stands. */
struct claim {
	struct snapshot_nat_range range;
	const struct conf_node *node;
	uint16_t unit;
	uint16_t instance;
	bool shared; /* a pool with ports */
};

struct claims {
	struct claim *list;
	uint32_t count;
	uint32_t capacity;
};

static uint32_t
mask_of(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static void
write_address(uint32_t address, char text[INET_ADDRSTRLEN])
{
	const struct in_addr binary = {.s_addr = htonl(address)};

	(void)inet_ntop(AF_INET, &binary, text, INET_ADDRSTRLEN);
}

static bool
add_claim(struct compilation *compilation, struct claims *claims, const struct claim *claim)
{
	struct claim *moved =
	    arena_grow(&compilation->scratch, claims->list, claims->count, &claims->capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	claims->list = moved;
	moved[claims->count++] = *claim;
	return true;
}

static bool
read_pool(const struct conf_node *node, struct claim *claim)
{
	const struct conf_node *single = conf_first(node, "address");
	const struct conf_node *between = conf_child(node, "address-range");
	const char *low = single != NULL ? single->value : conf_value(between, "low");
	const char *high = single != NULL ? single->value : conf_value(between, "high");
	uint8_t length;

	claim->node = node;
	claim->shared = conf_child(node, "host-address-low") == NULL && !conf_present(node, "no-port-translation");
	return low != NULL && high != NULL && parse_prefix(low, &claim->range.low, &length) &&
	    parse_prefix(high, &claim->range.high, &length) && claim->range.low <= claim->range.high;
}

static bool
read_static(const struct conf_node *node, struct claim *claim)
{
	uint32_t address;
	uint8_t length;

	claim->node = node;
	claim->shared = false;
	if (!parse_prefix(node->value, &address, &length)) {
		return false;
	}
	claim->range.low = address & mask_of(length);
	claim->range.high = address | ~mask_of(length);
	return true;
}

/* A private host with an address of ours. */
static void
warn_host(struct compilation *compilation, const struct conf_node *node, uint16_t instance)
{
	const char *host = conf_value(node, "host");
	char text[INET_ADDRSTRLEN];
	uint32_t address;
	uint8_t length;

	if (host == NULL || !parse_prefix(host, &address, &length)) {
		return;
	}
	for (uint32_t i = 0; i < compilation->snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &compilation->units[i];

		for (uint16_t a = 0; unit->present && unit->instance == instance && a < unit->address_count; a++) {
			if (((unit->addresses[a].address ^ address) & mask_of(length)) == 0) {
				write_address(unit->addresses[a].address, text);
				compile_warning(compilation, node,
				    "the private address %s is that of interface %s: nobody else can be reached by it", text,
				    unit->name);
			}
		}
	}
}

static bool
gather(struct compilation *compilation, struct claims *claims)
{
	const struct conf_node *nat = conf_walk(compilation->top, "security", "nat", NULL);

	for (const struct conf_node *node = conf_first(nat, "interface"); node != NULL; node = conf_next(node)) {
		const uint32_t unit = registry_find(compilation->registry, REGISTRY_UNIT, node->value);
		const struct conf_node *pool = conf_first(conf_child(node, "source-nat"), "pool");
		const struct conf_node *mapping = conf_first(node, "static-nat");

		if (unit == REGISTRY_NONE || !compilation->units[unit].present) {
			continue;
		}
		struct claim claim = {.unit = (uint16_t)unit, .instance = compilation->units[unit].instance};

		for (; pool != NULL; pool = conf_next(pool)) {
			if (read_pool(pool, &claim) && !add_claim(compilation, claims, &claim)) {
				return false;
			}
		}
		for (; mapping != NULL; mapping = conf_next(mapping)) {
			warn_host(compilation, mapping, claim.instance);
			if (read_static(mapping, &claim) && !add_claim(compilation, claims, &claim)) {
				return false;
			}
		}
	}
	return true;
}

static int
compare_claims(const void *left, const void *right)
{
	const struct claim *l = left;
	const struct claim *r = right;

	if (l->instance != r->instance) {
		return l->instance < r->instance ? -1 : 1;
	}
	if (l->range.low != r->range.low) {
		return l->range.low < r->range.low ? -1 : 1;
	}
	return l->node->line < r->node->line ? -1 : l->node->line > r->node->line;
}

/* => sorted */
static void
refuse_overlaps(struct compilation *compilation, const struct claims *claims)
{
	char text[INET_ADDRSTRLEN];
	const struct claim *widest = NULL;

	for (uint32_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->list[i];

		if (widest != NULL && widest->instance == claim->instance && widest->range.high >= claim->range.low) {
			write_address(claim->range.low, text);
			compile_error(compilation, claim->node, "%s is translated to by %s '%s' too", text,
			    widest->node->schema->name, widest->node->value);
		}
		if (widest == NULL || widest->instance != claim->instance || claim->range.high > widest->range.high) {
			widest = claim;
		}
	}
}

/* The claim of an instance to an address, or NULL. => sorted; where some overlap, which is an error, one of them may be missed */
static const struct claim *
claim_with(const struct claims *claims, uint16_t instance, uint32_t address)
{
	uint32_t low = 0;
	uint32_t high = claims->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct claim *claim = &claims->list[middle];

		if (claim->instance < instance || (claim->instance == instance && claim->range.low <= address)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	const struct claim *found = low == 0 ? NULL : &claims->list[low - 1];

	return found != NULL && found->instance == instance && address <= found->range.high ? found : NULL;
}

static void
compare_with_units(struct compilation *compilation, const struct claims *claims)
{
	char text[INET_ADDRSTRLEN];

	for (uint32_t i = 0; i < compilation->snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &compilation->units[i];

		for (uint16_t a = 0; unit->present && a < unit->address_count; a++) {
			const struct claim *claim = claim_with(claims, unit->instance, unit->addresses[a].address);

			if (claim == NULL) {
				continue;
			}
			write_address(unit->addresses[a].address, text);
			if (claim->shared) {
				compile_warning(compilation, claim->node,
				    "%s is the address of interface %s: what is sent to it without a session is ours", text,
				    unit->name);
			} else {
				compile_error(compilation, claim->node, "%s is the address of interface %s", text, unit->name);
			}
		}
	}
}

static bool
in_subnet(const struct snapshot_unit *unit, const struct snapshot_nat_range *range, uint16_t address,
    struct snapshot_nat_range *part)
{
	const struct snapshot_address *own = &unit->addresses[address];
	const uint32_t low = own->address & mask_of(own->length);
	const uint32_t high = own->address | ~mask_of(own->length);

	part->low = range->low > low ? range->low : low;
	part->high = range->high < high ? range->high : high;
	return own->length < 32 && part->low <= part->high;
}

static int
compare_ranges(const void *left, const void *right)
{
	const struct snapshot_nat_range *l = left;
	const struct snapshot_nat_range *r = right;

	return l->low < r->low ? -1 : l->low > r->low;
}

/* Sorted, and one where they touch. */
static uint16_t
merge(struct snapshot_nat_range *ranges, uint32_t count)
{
	uint32_t kept = 0;

	if (count > 1) {
		qsort(ranges, count, sizeof(*ranges), compare_ranges);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (kept > 0 && (ranges[i].low <= ranges[kept - 1].high || ranges[i].low == ranges[kept - 1].high + 1)) {
			ranges[kept - 1].high =
			    ranges[i].high > ranges[kept - 1].high ? ranges[i].high : ranges[kept - 1].high;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return (uint16_t)(kept < UINT16_MAX ? kept : UINT16_MAX);
}

static bool
make_answers(struct compilation *compilation, const struct claims *claims, uint16_t number)
{
	struct snapshot_unit *unit = &compilation->units[number];
	struct snapshot_nat_range part;
	uint32_t count = 0;

	for (uint32_t i = 0; i < claims->count; i++) {
		count += claims->list[i].unit == number ? unit->address_count : 0U;
	}
	struct snapshot_nat_range *ranges = arena_take(compilation->arena, count, sizeof(*ranges));

	if (ranges == NULL) {
		return false;
	}
	count = 0;
	for (uint32_t i = 0; i < claims->count; i++) {
		for (uint16_t a = 0; claims->list[i].unit == number && a < unit->address_count; a++) {
			if (in_subnet(unit, &claims->list[i].range, a, &part)) {
				ranges[count++] = part;
			}
		}
	}
	unit->answers = ranges;
	unit->answer_count = merge(ranges, count);
	return true;
}

bool
compile_nat_addresses(struct compilation *compilation)
{
	struct claims claims = {.count = 0};

	if (!gather(compilation, &claims)) {
		return false;
	}
	if (claims.count > 1) {
		qsort(claims.list, claims.count, sizeof(*claims.list), compare_claims);
	}
	refuse_overlaps(compilation, &claims);
	compare_with_units(compilation, &claims);
	bool *done = arena_take(&compilation->scratch, compilation->snapshot->unit_count, sizeof(*done));

	for (uint32_t i = 0; done != NULL && i < claims.count; i++) {
		const uint16_t unit = claims.list[i].unit;

		if (!done[unit] && !make_answers(compilation, &claims, unit)) {
			return false;
		}
		done[unit] = true;
	}
	return done != NULL;
}

/* Is the address of one of the unit's subnets, and nobody's whom the configuration knows? */
static bool
may_answer(const struct snapshot_unit *unit, const struct nat_public *public)
{
	const struct snapshot_nat_range single = {public->address, public->address};
	struct snapshot_nat_range part;
	bool inside = false;

	if (!unit->present || unit->zone == SNAPSHOT_NONE ||
	    (public->zone != SNAPSHOT_NONE && public->zone != unit->zone)) {
		return false;
	}
	for (uint16_t a = 0; a < unit->address_count; a++) {
		inside = inside || in_subnet(unit, &single, a, &part);
		if (unit->addresses[a].address == public->address) {
			return false;
		}
	}
	return inside;
}

/* A unit answers for the destinations of policies too, if what is sent to them comes in by it (cs11198). */
static bool
add_publics(struct compilation *compilation, struct snapshot_unit *unit)
{
	uint32_t count = unit->answer_count;

	for (uint32_t i = 0; i < compilation->nat_public_count; i++) {
		count += may_answer(unit, &compilation->nat_publics[i]) ? 1 : 0;
	}
	if (count == unit->answer_count) {
		return true;
	}
	struct snapshot_nat_range *ranges = arena_take(compilation->arena, count, sizeof(*ranges));

	if (ranges == NULL) {
		return false;
	}
	count = unit->answer_count;
	if (count > 0) {
		memcpy(ranges, unit->answers, count * sizeof(*ranges));
	}
	for (uint32_t i = 0; i < compilation->nat_public_count; i++) {
		const struct nat_public *public = &compilation->nat_publics[i];

		if (may_answer(unit, public)) {
			ranges[count++] = (struct snapshot_nat_range){public->address, public->address};
		}
	}
	unit->answers = ranges;
	unit->answer_count = merge(ranges, count);
	return true;
}

bool
compile_nat_publics(struct compilation *compilation)
{
	for (uint32_t i = 0; compilation->nat_public_count > 0 && i < compilation->snapshot->unit_count; i++) {
		if (!add_publics(compilation, &compilation->units[i])) {
			return false;
		}
	}
	return true;
}
