/*
 * The gateway's processes: the supervisor and what it started, as the kernel counts them (/proc).
 *
 * Threads: none of its own; every call reads anew.
 */
#ifndef MGD_PROCESSES_H
#define MGD_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "ipc/roster.h"

enum {
	PROCESS_NAME = 32,
};

struct process {
	char name[PROCESS_NAME]; /* "flowd"; the supervisor's is "up" */
	pid_t id;
	pid_t parent;
	uint32_t threads;
	uint64_t cpu;      /* milliseconds of processor time, of all threads */
	uint64_t age;      /* milliseconds since its start */
	uint64_t resident; /* octets in memory now, */
	uint64_t highest;  /* and at most */
};

/* What /proc/ID/stat says: false when it is not such a line. `clock` are ticks a second, `page` the octets of one, `uptime`
 * the milliseconds since boot. Pure; the name is left alone. */
struct process_units {
	long clock;
	long page;
	uint64_t uptime;
};
bool process_parse_stat(struct process *process, const char *line, const struct process_units *units)
    __attribute__((warn_unused_result));

/* The processes that belong together: the parent `supervisor` and its children, those of other programs left out; at most
 * `most`, in the order of their ids. Returns how many. A process that ends meanwhile is left out. */
size_t processes_list(pid_t supervisor, struct process *list, size_t most);

/* What the supervisor of that state directory says of its daemons, ROSTER_MOST at most; none when there is no supervisor.
 * Returns how many. */
size_t processes_roster(const char *state, struct roster_entry *roster);

#endif
