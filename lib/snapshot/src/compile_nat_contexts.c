/*
 * Which rule-sets a unit's packets meet. Units that all rule-sets see alike have one context; so there are as many as the
 * configuration tells apart, however many units there are.
 */
#include <string.h>

#include "compile_nat_rules.h"

struct side_row {
	enum nat_fit fit;
	const char *leaf;
	enum registry_kind kind;
};

static const struct side_row rows[] = {
    {NAT_FIT_INSTANCE, "routing-instance", REGISTRY_INSTANCE},
    {NAT_FIT_ZONE, "zone", REGISTRY_ZONE},
    {NAT_FIT_INTERFACE, "interface", REGISTRY_UNIT},
};

/* The main instance has no name of its own. */
static uint32_t
identity_of(const struct compilation *compilation, const struct side_row *row, const char *name)
{
	if (row->kind == REGISTRY_INSTANCE && strcmp(name, "default") == 0) {
		return SNAPSHOT_INSTANCE_DEFAULT;
	}
	return registry_find(compilation->registry, row->kind, name);
}

bool
nat_side_read(struct compilation *compilation, const struct conf_node *node, struct nat_side *side)
{
	*side = (struct nat_side){.fit = NAT_FIT_NONE};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct conf_node *first = conf_first(node, rows[i].leaf);
		uint32_t count = 0;

		for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
			count++;
		}
		if (count == 0) {
			continue;
		}
		uint32_t *identities = arena_take(&compilation->scratch, count, sizeof(*identities));

		if (identities == NULL) {
			return false;
		}
		count = 0;
		for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
			identities[count++] = identity_of(compilation, &rows[i], name->value);
		}
		*side = (struct nat_side){.fit = rows[i].fit, .count = count, .identities = identities};
	}
	return true;
}

enum nat_fit
nat_side_fit(const struct compilation *compilation, const struct nat_side *side, uint32_t unit)
{
	const struct snapshot_unit *row = &compilation->units[unit];
	const uint32_t own = side->fit == NAT_FIT_INTERFACE ? unit : side->fit == NAT_FIT_ZONE ? row->zone : row->instance;

	if (!row->present) {
		return NAT_FIT_NONE;
	}
	for (uint32_t i = 0; i < side->count; i++) {
		if (side->identities[i] == own) {
			return side->fit;
		}
	}
	return NAT_FIT_NONE;
}

static bool
add_context(struct compilation *compilation, struct nat_contexts *contexts, const char *fits)
{
	const char **moved = arena_grow(&compilation->scratch, (void *)(uintptr_t)contexts->fits, contexts->count,
	    &contexts->capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	contexts->fits = moved;
	moved[contexts->count++] = fits;
	return true;
}

bool
nat_contexts_make(struct compilation *compilation, const struct nat_side *sides, uint32_t set_count,
    struct nat_contexts *contexts, uint16_t *places)
{
	struct name_table *known = name_table_create(&compilation->scratch);

	if (known == NULL) {
		return false;
	}
	for (uint32_t unit = 0; unit < compilation->snapshot->unit_count; unit++) {
		char *fits = arena_take(&compilation->scratch, (size_t)set_count + 1, 1);
		bool any = false;

		if (fits == NULL) {
			return false;
		}
		for (uint32_t set = 0; set < set_count; set++) {
			const enum nat_fit fit = nat_side_fit(compilation, &sides[set], unit);

			fits[set] = (char)('0' + (int)fit);
			any = any || fit != NAT_FIT_NONE;
		}
		places[unit] = SNAPSHOT_NAT_NONE;
		if (!any) {
			continue;
		}
		uint32_t place = name_table_find(known, fits);

		if (place == 0) {
			if (!add_context(compilation, contexts, fits) || !name_table_set(known, fits, contexts->count)) {
				return false;
			}
			place = contexts->count;
		}
		places[unit] = nat_context_number(place - 1);
	}
	return true;
}
