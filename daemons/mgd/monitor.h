/*
 * Log files that sessions watch: `monitor start FILE`, `monitor stop`, `monitor list`.
 *
 * Each has a connection of its own to logd, which sends what is written to the file from then on, over rotations. The lines go
 * to the front end as notices, with a head that names the file. A front end that does not take them is not sent more; logd
 * then waits, and reads on in the file. A monitor ends with monitor stop, with its session, and when a commit takes from its
 * user the right to it. When logd goes away it is asked again once it is back.
 *
 * Threads: one.
 */
#ifndef MGD_MONITOR_H
#define MGD_MONITOR_H

#include <poll.h>

#include "command.h"

enum {
	MONITORS_OF_SESSION = 4,
	MONITORS_MOST = 16, /* of all sessions: logd has other clients, too */
};

struct monitors;

/* NULL: no memory. */
struct monitors *monitors_create(void) __attribute__((warn_unused_result));
void monitors_destroy(struct monitors *monitors);
/* => room for MONITORS_MOST; fd -1 where there is nothing to wait for */
size_t monitors_prepare(const struct monitors *monitors, struct pollfd *polls);
void monitors_serve(struct monitors *monitors, const struct pollfd *polls);
/* About once a second. */
void monitors_tick(struct monitors *monitors);
/* The session's front end has taken what it was sent. */
void monitors_drained(struct monitors *monitors, const struct session *session);
/* ^C while monitor start waits for logd. */
void monitors_interrupt(struct monitors *monitors, const struct session *session);
/* The session ends. */
void monitors_forget(struct monitors *monitors, const struct session *session);

command_function command_monitor_start;
command_function command_monitor_stop;
command_function command_monitor_list;

#endif
