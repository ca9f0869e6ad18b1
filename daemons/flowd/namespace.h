/*
 * A thread that lives in one network namespace and does there what others ask of it: open sockets, look at interfaces,
 * run `ip` and `nft`. Nothing is moved between namespaces, and the rest of the program never leaves its own.
 *
 * The thread is made while the program may still enter namespaces; later it works there with net_raw and net_admin only,
 * so that a port that went away can be opened again.
 *
 * Life cycle: namespace_create() -> namespace_run() ... -> namespace_destroy().
 * Threads: one owner (the control thread) calls all of these; jobs run in the namespace's thread while the owner waits.
 */
#ifndef FLOWD_NAMESPACE_H
#define FLOWD_NAMESPACE_H

#include <stdbool.h>

#include "base/text.h"

struct namespace;

/* `name` is one of /run/netns, NULL: the one that the caller is in. NULL with a sentence in `error` on failure. */
struct namespace *namespace_create(const char *name, struct text *error) __attribute__((warn_unused_result));
void namespace_destroy(struct namespace *namespace);
/* The name it was made with; NULL for the caller's own. */
const char *namespace_name(const struct namespace *namespace);
/* Runs a job there and returns what it returned. */
int namespace_run(struct namespace *namespace, int (*job)(void *argument), void *argument);
/*
 * Its thread gives up all capabilities but those in `keep` (a text for cap_from_text(3)) and lets the programs that it
 * runs have them too. => the process has changed its user already
 */
bool namespace_settle(struct namespace *namespace, const char *keep) __attribute__((warn_unused_result));
/* True when the name stands for another namespace now, which a new thread could enter while the program may. */
bool namespace_renewed(const struct namespace *namespace);
/* False when the name stands for another namespace by now, or for none: it was deleted behind our back. */
bool namespace_current(const struct namespace *namespace);

#endif
