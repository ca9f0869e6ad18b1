/*
 * Answers to operational commands: a row for each rpc, a state for each running answer, made in bounded steps so that a
 * long one neither holds up others nor fills memory.
 *
 * A step adds to a chunk's tree until the chunk is large enough or there is no more. The control thread sends chunks while
 * the asker reads them. Element names are those of schema/NAME-op.yang.
 *
 * Threads: the control thread; what lies in the engine is asked of the worker by jobs of bounded steps.
 */
#ifndef FLOWD_ANSWER_H
#define FLOWD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "baseline.h"
#include "conf/op.h"
#include "configuration.h"
#include "dns.h"
#include "edge.h"
#include "explain/policy_element.h"
#include "load.h"
#include "resources.h"
#include "snapshot/snapshot.h"
#include "wire/ipv6.h"
#include "worker.h"

enum {
	ANSWER_CHUNK = 60000,         /* octets after which a chunk goes out */
	ANSWER_POLICY_INDEX_FIRST = EXPLAIN_POLICY_INDEX_FIRST,
};

/* What answers are made of; borrowed. `configuration` is NULL before the first. */
struct answer_sources {
	const struct snapshot_registry *registry;
	const struct configuration *configuration;
	struct edge *edge;
	struct workers *worker;
	struct dns *dns;
	struct alarms *alarms;
	struct resources *resources;
	const struct loads *loads;
	struct baseline_keeper *baseline;
};

enum answer_progress {
	ANSWER_MORE,
	ANSWER_LATER, /* there will be more, which nobody can wait for: look again soon */
	ANSWER_END,
	ANSWER_FAILED, /* with a sentence */
};

/* One running answer. The row's own state is in `state`; cursors of any kind. */
struct answer {
	const struct answer_row *row;
	struct op_tree request;
	uint32_t number; /* the question's request id */
	bool cancelled;
	uint64_t said; /* when the asker last heard of it, monotonic ns */
	uint32_t cursor;
	uint16_t worker; /* whose table the cursor is in */
	uint64_t total;
	void *state;
	void (*release)(void *state); /* NULL: free() */
	bool waits; /* ANSWER_LATER was the last word */
	struct answer *next;
};

struct answer_row {
	const char *rpc;
	const char *root; /* of each chunk */
	/* Adds to `tree`, whose root is there. */
	enum answer_progress (*step)(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
	    struct text *error);
};

/* The row for an rpc, or NULL. */
const struct answer_row *answer_row_find(const char *rpc);
/* Takes the request tree over. NULL when memory is short. */
struct answer *answer_create(const struct answer_row *row, struct op_tree *request, uint32_t number)
    __attribute__((warn_unused_result));
void answer_destroy(struct answer *answer);

/* The steps, a file each. */
enum answer_progress show_sessions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_sessions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_policies(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_hit_counts(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_resources(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_workers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_alarms(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_alarms(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_dns_cache(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_dns_cache(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_hit_counts(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_policy_memory(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_match(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_rules(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_pools(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_destinations(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_ports(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_bindings(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_nat_persistent(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_nat_persistent(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_nat_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_zones(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_ports(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_interfaces(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_neighbours(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_neighbours6(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_neighbours(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_interfaces(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_rates(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_descriptions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_zones_terse(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress clear_neighbours6(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_advertisements(struct answer *answer, const struct answer_sources *sources,
    struct op_tree *tree, struct text *error);
enum answer_progress show_screen_option(struct answer *answer, const struct answer_sources *sources,
    struct op_tree *tree, struct text *error);
enum answer_progress show_screen_statistics(struct answer *answer, const struct answer_sources *sources,
    struct op_tree *tree, struct text *error);
enum answer_progress clear_screen_statistics(struct answer *answer, const struct answer_sources *sources,
    struct op_tree *tree, struct text *error);
enum answer_progress show_flow_status(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_route_summary(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_chassis(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_schedulers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_source(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_frames(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_name_servers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress start_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress stop_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);
enum answer_progress show_routes(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error);

/* Shared words. An address of either family; IPv4 is ::ffff:a.b.c.d. */
void answer_add_address(struct op_tree *tree, struct op_node *parent, const char *name, struct ipv6_address address);
const char *answer_unit_name(const struct answer_sources *sources, uint16_t unit);
const char *answer_zone_name(const struct answer_sources *sources, uint16_t zone);
/* "10.0.0.0/8", "2001:db8::/32" or an address; false when it is none. IPv4 within ::ffff:0:0/96. */
struct answer_prefix {
	struct ipv6_address prefix;
	uint8_t length; /* 0: any address of either family */
};
bool answer_prefix_parse(const char *word, struct answer_prefix *prefix) __attribute__((warn_unused_result));

#endif
