/*
 * The registry inside lib/snapshot: names to identities, kept over commits, never given twice.
 *
 * A compilation takes a mark, asks for identities (new names get new ones) and, when it fails, goes back to the mark: so
 * the registry is changed by successful compilations only. One thread owns a registry.
 */
#ifndef SNAPSHOT_REGISTRY_H
#define SNAPSHOT_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

#define REGISTRY_NONE UINT32_MAX

enum registry_kind {
	REGISTRY_UNIT,
	REGISTRY_ZONE,
	REGISTRY_INSTANCE,
	REGISTRY_POLICY,
	REGISTRY_APPLICATION,
	REGISTRY_NAT_POOL,
	REGISTRY_NAT_RULE,
	REGISTRY_KINDS,
};

struct registry_mark {
	uint32_t counts[REGISTRY_KINDS];
};

struct registry_mark registry_mark(const struct snapshot_registry *registry);
void registry_go_back(struct snapshot_registry *registry, const struct registry_mark *mark);

/* How many identities of the kind were ever given: they are 0 to count - 1. */
uint32_t registry_count(const struct snapshot_registry *registry, enum registry_kind kind);
/* The identity of `path`, or REGISTRY_NONE. */
uint32_t registry_find(const struct snapshot_registry *registry, enum registry_kind kind, const char *path);
/* How many identities of the kind there can be. */
uint32_t registry_most(enum registry_kind kind);
/*
 * The same, given when there is none yet; `name` is what snapshot_*_name() says. REGISTRY_NONE when memory ran out or all
 * numbers of the kind are used up.
 */
uint32_t registry_give(struct snapshot_registry *registry, enum registry_kind kind, const char *path, const char *name);
/* The name, or NULL. */
const char *registry_name(const struct snapshot_registry *registry, enum registry_kind kind, uint32_t identity);

#endif
