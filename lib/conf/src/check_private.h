/*
 * Inside lib/conf: the rules of a commit. Each check_*.c has one subject and tells all that is wrong in it.
 *
 * The checks see what is in force (inactive statements are as if absent) and change nothing.
 */
#ifndef CHECK_PRIVATE_H
#define CHECK_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

struct check {
	const struct conf_tree *tree;
	const struct conf_node *top;
	struct diagnostics *list;
};

/* About the node's own statement: its path is what encloses it. */
void check_error(const struct check *check, const struct conf_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void check_warning(const struct check *check, const struct conf_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * `any` is a keyword and ANY reads as it (E-009): what is configured under these names would be matched as everything, which is
 * more than is written (REQ-CFG-017).
 */
void check_any_name(const struct check *check, const struct conf_node *named);
void check_memory(const struct check *check);

/* Is this logical interface ("ge-0/0/1.2") configured? */
bool check_unit_exists(const struct check *check, const char *unit);
/* Collects the entries of a list behind those that are there; the caller frees `items`. */
struct check_nodes {
	const struct conf_node **items;
	size_t count;
	size_t capacity;
};
bool check_collect(struct check_nodes *nodes, const struct conf_node *first);
/* Sorts by value: equal values stand together, in the order of the configuration. */
void check_sort_by_value(struct check_nodes *nodes);
/*
 * Sets that contain each other. `set` is the first of all sets of one name space, `member` the list inside that names
 * further sets.
 */
void check_circles(const struct check *check, const struct conf_node *set, const char *member);

void check_statements(const struct check *check); /* mandatory, excluding */
void check_interfaces(const struct check *check);
void check_zones(const struct check *check);
void check_policies(const struct check *check);
void check_applications(const struct check *check);
void check_schedulers(const struct check *check);
void check_routing(const struct check *check);
void check_locals(const struct check *check);
void check_tunnels(const struct check *check);
void check_nat(const struct check *check);
/* The same by rule-sets, the form of later releases. */
void check_nat_rules(const struct check *check);
void check_nat_pools(const struct check *check);
void check_access(const struct check *check);
void check_log(const struct check *check);
void check_login(const struct check *check);
void check_advertisement(const struct check *check);
void check_archival(const struct check *check);
/* IPv4 addresses from low to high, both included, host order. */
struct check_range {
	uint32_t low;
	uint32_t high;
};
/* "192.0.2.0/24", also NULL: then false. */
bool check_nat_prefix(const char *text, struct check_range *range);
/* An `address A [to B]` of a pool. False when there is no sense in it. */
bool check_nat_range(const struct conf_node *address, struct check_range *range);
/* Is the routing instance configured? `default` is the main one. */
bool check_instance_exists(const struct check *check, const char *name);
/* A name whose list check_references.c knows. */
void check_reference(const struct check *check, const struct conf_node *node);
/* What a policy of this context says about tunnels and translation. */
void check_policy_tunnel(const struct check *check, const struct conf_node *context, const struct conf_node *policy);
void check_policy_nat(const struct check *check, const struct conf_node *context, const struct conf_node *policy);
/* "static_nat_5.6.7.8_32": the name of a static mapping as an address of junos-global (E-208). */
bool check_static_nat_exists(const struct check *check, const char *name);

#endif
