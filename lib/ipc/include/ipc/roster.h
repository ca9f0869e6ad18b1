/*
 * The supervisor's roster: which daemons there are, whether each runs, and how it failed last. The supervisor keeps it in
 * DIR/run/daemons while the gateway is up, and mgd reads it when somebody asks.
 *
 *   flowd waiting refused to start: /etc/sallyport/chassis:3: ...
 *   mgd running
 *
 * A line a daemon: name, state, and what it said at its last failure, if there was one. The file is replaced as a whole.
 */
#ifndef IPC_ROSTER_H
#define IPC_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

enum {
	ROSTER_NAME = 16,
	ROSTER_FAILURE = 1000, /* octets that are kept of what a daemon said */
	ROSTER_MOST = 16,      /* daemons */
};

enum roster_state {
	ROSTER_STARTING,
	ROSTER_RUNNING,
	ROSTER_WAITING, /* to be started again */
	ROSTER_STATES,
};

struct roster_entry {
	char name[ROSTER_NAME];
	enum roster_state state;
	char failure[ROSTER_FAILURE]; /* "ended with status 3"; empty: it has not failed */
};

/* "starting", "running", "waiting" */
const char *roster_state_name(enum roster_state state);
/* "DIR/run/daemons" */
void roster_path(const char *state, struct text *out);
/* Replaces the file at `path`, readable by `group`. False: errno says why, and the former one stands. */
bool roster_write(const char *path, gid_t group, const struct roster_entry *entries, size_t count)
    __attribute__((warn_unused_result));
/* Up to `most` entries; 0 when there is no file. A line that is none is left out, what is too long is cut. */
size_t roster_read(const char *path, struct roster_entry *entries, size_t most);
/* The entry of that name; NULL: none. */
const struct roster_entry *roster_find(const struct roster_entry *entries, size_t count, const char *name);

#endif
