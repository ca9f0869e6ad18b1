/*
 * What the tests of lib/snapshot share: a schema, configurations from files and from lines, compiled worlds to ask.
 */
#ifndef TESTS_SNAPSHOT_WORLD_H
#define TESTS_SNAPSHOT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "engine/classifier.h"
#include "engine/fib.h"
#include "snapshot/snapshot.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

struct world {
	struct schema *schema;
	struct snapshot_registry *registry;
	struct conf_tree *tree;
	struct diagnostics list;
	struct snapshot *snapshot; /* NULL after a compilation that failed */
	struct rib *rib;
	struct fib *fib;
	int64_t wall;
	uint64_t id;
	bool advice; /* compile with it */
	const struct snapshot_names *names; /* who resolves; NULL: nobody */
};

/* A world without configuration. Everything asserts. */
void world_open(struct world *world);
void world_close(struct world *world);
/* Reads `set` and `delete` lines into the configuration. */
void world_set(struct world *world, const char *lines);
void world_delete(struct world *world, const char *words);
void world_load_example(struct world *world, const char *name);
/* Compiles; false when there were errors. */
bool world_compile(struct world *world) __attribute__((warn_unused_result));
/* The same, and it must succeed. */
void world_run(struct world *world);
/* Forgets the configuration and all identities. */
void world_clear(struct world *world);

uint16_t world_unit(const struct world *world, const char *name);
uint16_t world_zone(const struct world *world, const char *name);
uint16_t world_instance(const struct world *world, const char *name);
/* The number of diagnostics of a severity whose message holds `part`. */
uint32_t world_count(const struct world *world, enum diagnostic_severity severity, const char *part);
/* The name of the policy that takes a TCP connection, "default-policy" when none does. */
const char *world_policy(const struct world *world, const char *from, const char *to, uint32_t source,
    uint32_t destination, uint16_t port);

#endif
