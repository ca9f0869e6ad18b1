/*
 * The names of address books: wanted as the configuration in force names them, resolved by the resolver process, given to
 * the compiler of snapshots.
 *
 * Nothing here waits: a name whose answer has not come matches nothing. When an answer changes what a name stands for,
 * dns_version() grows, and the control thread compiles the configuration in force again.
 *
 * Threads: the control thread.
 */
#ifndef FLOWD_DNS_H
#define FLOWD_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "conf/conf.h"
#include "ipc/log.h"
#include "ipc/names.h"
#include "snapshot/snapshot.h"

struct dns;

/* Borrows both. NULL: no memory. */
struct dns *dns_create(const char *state, struct logger *logger, struct alarms *alarms) __attribute__((warn_unused_result));
void dns_destroy(struct dns *dns);
/* The configuration in force, its groups expanded. */
void dns_follow(struct dns *dns, const struct conf_tree *tree);
/* The name servers of a configuration. Returns how many. */
size_t dns_servers(const struct conf_tree *tree, struct names_server servers[NAMES_SERVERS]);
/* For snapshot_compile(); valid as long as `dns`. */
const struct snapshot_names *dns_names(const struct dns *dns);
uint64_t dns_version(const struct dns *dns);
/* The configuration in force was compiled again for what a name stands for now; that took so long. */
void dns_note_compiled(struct dns *dns, uint64_t nanoseconds);
struct dns_compiled {
	uint64_t count; /* since the start */
	uint64_t last;  /* nanoseconds */
};
struct dns_compiled dns_compiled(const struct dns *dns);
/* To poll for reading; -1: none. */
int dns_descriptor(const struct dns *dns);
/* When that is readable, and about once a second. */
void dns_serve(struct dns *dns);
/* The table, for `show` and `clear`. */
struct names *dns_table(struct dns *dns);

#endif
