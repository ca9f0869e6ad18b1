/*
 * From a configuration tree to what the engine runs: the only code that sees both worlds. `commit check`, `check`,
 * `replay`, match-policies and flowd run this very code.
 *
 * Life cycle: one `struct snapshot_registry` a process keeps the identities (path -> number) over commits; each
 * configuration is compiled into a struct snapshot_bundle (an immutable snapshot, and the inputs of routing); next hops
 * and link states then give forwarding tables, without a commit.
 */
#ifndef SNAPSHOT_SNAPSHOT_H
#define SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "engine/fib.h"
#include "engine/snapshot.h"
#include "rib/rib.h"
#include "snapshot/classifier.h"

struct snapshot_registry;

struct snapshot_registry *snapshot_registry_create(void) __attribute__((warn_unused_result));
void snapshot_registry_destroy(struct snapshot_registry *registry);
/* The number of what is configured by that name; SNAPSHOT_NONE: there is none. Instances: "" is the default one. */
uint16_t snapshot_find_unit(const struct snapshot *snapshot, const char *name);
uint16_t snapshot_find_zone(const struct snapshot *snapshot, const char *name);
uint16_t snapshot_find_instance(const struct snapshot *snapshot, const char *name);
/* The configured path's last word for an identity, also after it was deleted: for logs and tables. NULL: never given. */
const char *snapshot_unit_name(const struct snapshot_registry *registry, uint16_t unit);
const char *snapshot_zone_name(const struct snapshot_registry *registry, uint16_t zone);
const char *snapshot_instance_name(const struct snapshot_registry *registry, uint16_t instance);
const char *snapshot_policy_name(const struct snapshot_registry *registry, uint32_t policy);
const char *snapshot_nat_rule_name(const struct snapshot_registry *registry, uint16_t rule);
/* Of an interface pool the unit's name. */
const char *snapshot_nat_pool_name(const struct snapshot_registry *registry, uint16_t pool);

/* An address of either family; the unused octets of an IPv4 address are 0. */
struct snapshot_name_address {
	uint8_t family; /* 4 or 6 */
	uint8_t octets[16];
};

enum {
	SNAPSHOT_NAMES_MOST = 1024,        /* different dns-names in a configuration */
	SNAPSHOT_NAME_ADDRESSES_MOST = 64, /* of one name */
};

/*
 * What DNS says of the names in address books. `refusal`: for a policy that denies or rejects (see ipc/names.h for the
 * difference). Fills `addresses` with at most SNAPSHOT_NAME_ADDRESSES_MOST, returns how many; 0: the entry matches nothing.
 */
struct snapshot_names {
	uint32_t (*find)(void *context, const char *name, bool refusal, struct snapshot_name_address *addresses);
	void *context;
};

struct snapshot_options {
	uint64_t id; /* of the commit */
	int64_t wall; /* UTC seconds now: schedulers are compiled for a span around it */
	/* Ports in the caller's order (the chassis file), or NULL: all ports that the configuration names, in natural order. */
	const char *const *ports;
	uint32_t port_count;
	/* The ports' own MAC addresses in the same order, six octets each, or NULL: 02:53:50:00:00:NN by the port's place. */
	const uint8_t *macs;
	/* How many policies there is room for; 0: SNAPSHOT_POLICIES_MOST. For tests of full tables. */
	uint32_t policies_most;
	/* Warns of policies that can never match and of redundant ones. */
	bool advice;
	const struct snapshot_names *names; /* NULL: no name is resolved */
};

/* Natural order of interface names: ge-0/0/2 before ge-0/0/10. */
int snapshot_compare_interfaces(const char *left, const char *right);

/*
 * Compiles. Never fails half: on any error NULL, with all errors in `list` (a bundle may come with warnings). Runs
 * conf_check() itself. The registry is changed only on success.
 */
struct snapshot *snapshot_compile(const struct conf_tree *tree, struct snapshot_registry *registry,
    const struct snapshot_options *options, struct diagnostics *list) __attribute__((warn_unused_result));
void snapshot_destroy(struct snapshot *snapshot);

/* How much a snapshot and its policies take, and how much there is room for. */
struct snapshot_size {
	uint32_t policies;
	uint32_t policy_numbers; /* given since the start, also to policies that are gone */
	uint32_t policies_most;
	uint64_t bytes; /* all but the classifier */
	struct classifier_size classifier;
};
struct snapshot_size snapshot_size(const struct snapshot *snapshot, const struct snapshot_registry *registry);

/* The routing side of the same configuration: instances, interface addresses, statics, rib-groups, by the same identities.
 * => compiled with the same registry just before */
struct rib *snapshot_rib_create(const struct conf_tree *tree, const struct snapshot_registry *registry,
    const struct snapshot *snapshot) __attribute__((warn_unused_result));
/* Forwarding tables of what the RIB holds active now. `id` grows with each. */
struct fib *snapshot_fib_create(const struct rib *rib, const struct snapshot *snapshot, uint64_t id)
    __attribute__((warn_unused_result));
void snapshot_fib_destroy(struct fib *fib);

/* Calls `each` for every dns-name of the address books that DNS has to be asked for; one that stands there twice comes twice. => groups are expanded */
void snapshot_dns_names(const struct conf_tree *tree, void (*each)(void *context, const struct conf_node *dns_name),
    void *context);

/* `show system unsupported` and the commit's one warning a feature: calls `each` with feature and count. */
void snapshot_unsupported(const struct conf_tree *tree,
    void (*each)(void *context, const char *feature, uint32_t count, bool fails_closed), void *context);

#endif
