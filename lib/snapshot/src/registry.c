/*
 * Identities by path: one array of entries a kind, found through an open-addressed table. See registry.h.
 */
#include "registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

enum {
	FIRST_TABLE = 64,
};

struct entry {
	char *path;
	const char *name; /* the tail of path, or path itself */
};

struct names {
	struct entry *entries;
	uint32_t count;
	size_t capacity;
	uint32_t *table; /* identity + 1; 0 is empty */
	uint32_t table_size;
};

struct snapshot_registry {
	struct names kinds[REGISTRY_KINDS];
};

/* What stands in 16 bits has a highest value that means none. */
uint32_t
registry_most(enum registry_kind kind)
{
	switch (kind) {
	case REGISTRY_UNIT:
		return SNAPSHOT_UNITS_MOST;
	case REGISTRY_ZONE:
		return SNAPSHOT_ZONES_MOST;
	case REGISTRY_POLICY:
		return SNAPSHOT_POLICIES_MOST;
	case REGISTRY_INSTANCE:
		return SNAPSHOT_INSTANCES_MOST;
	case REGISTRY_NAT_POOL:
		return SNAPSHOT_NAT_POOLS_MOST;
	case REGISTRY_NAT_RULE:
		return SNAPSHOT_NAT_RULES_MOST;
	case REGISTRY_APPLICATION:
	case REGISTRY_KINDS:
		break;
	}
	return UINT16_MAX;
}

/* Names come from the configuration, not from the network: a fixed key will do. */
static uint32_t
hash_of(const char *path)
{
	const struct hash_key key = {.low = 1, .high = 2};

	return (uint32_t)hash_bytes(&key, path, strlen(path));
}

static uint32_t *
place_of(const struct names *names, const char *path)
{
	uint32_t place = hash_of(path) & (names->table_size - 1);

	while (names->table[place] != 0 && strcmp(names->entries[names->table[place] - 1].path, path) != 0) {
		place = (place + 1) & (names->table_size - 1);
	}
	return &names->table[place];
}

static void
fill_table(struct names *names)
{
	memset(names->table, 0, names->table_size * sizeof(*names->table));
	for (uint32_t i = 0; i < names->count; i++) {
		*place_of(names, names->entries[i].path) = i + 1;
	}
}

static bool
grow_table(struct names *names)
{
	const uint32_t size = names->table_size == 0 ? FIRST_TABLE : names->table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (table == NULL) {
		return false;
	}
	free(names->table);
	names->table = table;
	names->table_size = size;
	fill_table(names);
	return true;
}

static bool
make_room(struct names *names)
{
	if ((names->count + 1) * 2 > names->table_size && !grow_table(names)) {
		return false;
	}
	struct entry *moved = array_grow(names->entries, names->count, &names->capacity, sizeof(*moved));

	names->entries = moved != NULL ? moved : names->entries;
	return moved != NULL;
}

uint32_t
registry_find(const struct snapshot_registry *registry, enum registry_kind kind, const char *path)
{
	const struct names *names = &registry->kinds[kind];

	if (names->table_size == 0) {
		return REGISTRY_NONE;
	}
	const uint32_t found = *place_of(names, path);
	return found == 0 ? REGISTRY_NONE : found - 1;
}

uint32_t
registry_give(struct snapshot_registry *registry, enum registry_kind kind, const char *path, const char *name)
{
	struct names *names = &registry->kinds[kind];
	const uint32_t known = registry_find(registry, kind, path);

	if (known != REGISTRY_NONE) {
		return known;
	}
	if (names->count >= registry_most(kind) || !make_room(names)) {
		return REGISTRY_NONE;
	}
	char *copy = strdup(path);
	if (copy == NULL) {
		return REGISTRY_NONE;
	}
	const size_t path_length = strlen(path);
	const size_t name_length = strlen(name);
	assert(name_length <= path_length);
	assert(strcmp(path + path_length - name_length, name) == 0);
	names->entries[names->count] = (struct entry){.path = copy, .name = copy + (path_length - name_length)};
	*place_of(names, path) = names->count + 1;
	return names->count++;
}

uint32_t
registry_count(const struct snapshot_registry *registry, enum registry_kind kind)
{
	return registry->kinds[kind].count;
}

const char *
registry_name(const struct snapshot_registry *registry, enum registry_kind kind, uint32_t identity)
{
	const struct names *names = &registry->kinds[kind];

	return identity < names->count ? names->entries[identity].name : NULL;
}

struct registry_mark
registry_mark(const struct snapshot_registry *registry)
{
	struct registry_mark mark;

	for (uint32_t kind = 0; kind < REGISTRY_KINDS; kind++) {
		mark.counts[kind] = registry->kinds[kind].count;
	}
	return mark;
}

void
registry_go_back(struct snapshot_registry *registry, const struct registry_mark *mark)
{
	for (uint32_t kind = 0; kind < REGISTRY_KINDS; kind++) {
		struct names *names = &registry->kinds[kind];
		if (names->count == mark->counts[kind]) {
			continue;
		}
		while (names->count > mark->counts[kind]) {
			free(names->entries[--names->count].path);
		}
		fill_table(names);
	}
}

struct snapshot_registry *
snapshot_registry_create(void)
{
	struct snapshot_registry *registry = calloc(1, sizeof(*registry));

	if (registry == NULL) {
		return NULL;
	}
	const bool made = registry_give(registry, REGISTRY_ZONE, "junos-self", "junos-self") == SNAPSHOT_ZONE_SELF &&
	    registry_give(registry, REGISTRY_ZONE, "junos-global", "junos-global") == SNAPSHOT_ZONE_GLOBAL &&
	    registry_give(registry, REGISTRY_INSTANCE, "", "") == SNAPSHOT_INSTANCE_DEFAULT;
	if (!made) {
		snapshot_registry_destroy(registry);
		return NULL;
	}
	return registry;
}

void
snapshot_registry_destroy(struct snapshot_registry *registry)
{
	if (registry == NULL) {
		return;
	}
	for (uint32_t kind = 0; kind < REGISTRY_KINDS; kind++) {
		for (uint32_t i = 0; i < registry->kinds[kind].count; i++) {
			free(registry->kinds[kind].entries[i].path);
		}
		free(registry->kinds[kind].entries);
		free(registry->kinds[kind].table);
	}
	free(registry);
}

const char *
snapshot_unit_name(const struct snapshot_registry *registry, uint16_t unit)
{
	return registry_name(registry, REGISTRY_UNIT, unit);
}

const char *
snapshot_zone_name(const struct snapshot_registry *registry, uint16_t zone)
{
	return registry_name(registry, REGISTRY_ZONE, zone);
}

const char *
snapshot_instance_name(const struct snapshot_registry *registry, uint16_t instance)
{
	return registry_name(registry, REGISTRY_INSTANCE, instance);
}

const char *
snapshot_policy_name(const struct snapshot_registry *registry, uint32_t policy)
{
	return registry_name(registry, REGISTRY_POLICY, policy);
}

const char *
snapshot_nat_pool_name(const struct snapshot_registry *registry, uint16_t pool)
{
	return registry_name(registry, REGISTRY_NAT_POOL, pool);
}

const char *
snapshot_nat_rule_name(const struct snapshot_registry *registry, uint16_t rule)
{
	return registry_name(registry, REGISTRY_NAT_RULE, rule);
}
