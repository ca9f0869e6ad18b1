/*
 * A configuration in all the forms that flowd needs: the tree for names in `show`, the snapshot for the engine, the RIB
 * and the forwarding table made of it for the state that the links are in.
 *
 * Everything that can fail does so in configuration_create(), which is VERIFY; putting it in force cannot.
 *
 * Threads: the control thread owns configurations. The worker reads snapshot and fib from worker_publish() on until it was
 * given others.
 */
#ifndef FLOWD_CONFIGURATION_H
#define FLOWD_CONFIGURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "dns.h"
#include "edge.h"
#include "rib/rib.h"
#include "snapshot/snapshot.h"
#include "worker.h"

struct configuration {
	uint64_t id;
	uint64_t serial; /* never the same for two, also when the id is */
	struct conf_tree *tree;
	struct snapshot *snapshot;
	struct rib *rib;
	struct fib *fib;
	uint64_t names_version; /* of dns_version() when the snapshot was compiled */
};

/* What all configurations of a process share; borrowed but for the numbers. */
struct compiler {
	const struct schema *schema;
	struct snapshot_registry *registry;
	const struct edge *edge;
	const struct dns *dns;
	uint64_t fib_id; /* of the last forwarding table made */
	uint64_t serial; /* of the last configuration made */
};

/* Compiles `length` octets of curly text. NULL with errors in `list`; warnings may come in either case. */
struct configuration_source {
	uint64_t id;
	const char *text;
	size_t length;
};
struct configuration *configuration_create(struct compiler *compiler, const struct configuration_source *source,
    struct diagnostics *list) __attribute__((warn_unused_result));
/* The same tree compiled again: for schedulers, or because a port's MAC address or a DNS name's addresses have changed. NULL: stay with the old one. */
struct configuration *configuration_again(struct compiler *compiler, const struct configuration *configuration)
    __attribute__((warn_unused_result));
void configuration_destroy(struct configuration *configuration);

/* What it says of the ports' links: how long changes have to last, which ports are disabled. */
void configuration_rule_links(const struct configuration *configuration, struct edge *edge);
/* Takes the links' states over. True when a new forwarding table is due. */
bool configuration_take_links(struct configuration *configuration, const struct edge *edge);
/* Tells the worker which links are there: who was behind one that is lost has to be asked for again, and so have our own
 * IPv6 addresses on one that is back. */
void configuration_tell_links(const struct configuration *configuration, const struct edge *edge, struct workers *worker);
/* A forwarding table of what the RIB has in force, or NULL. */
struct fib *configuration_fib(const struct configuration *configuration, struct compiler *compiler)
    __attribute__((warn_unused_result));
/* Do the ports have the MAC addresses that it was compiled with? */
bool configuration_macs_current(const struct configuration *configuration, const struct edge *edge);
/* Gives snapshot and forwarding table to the worker's engine; returns when it holds no other. */
void configuration_publish(const struct configuration *configuration, struct workers *worker);

#endif
