/*
 * An operational command's way to the daemon that answers it, and the answer's way back.
 *
 * Each has a connection of its own, so that a person who reads slowly holds up nobody: while the front end has not taken
 * what it was sent, the daemon's next chunks are not read. Giving up is closing the connection.
 */
#ifndef MGD_RELAY_H
#define MGD_RELAY_H

#include <poll.h>

#include "session.h"

struct relay;

/* Starts it; it ends by session_done(), now or later. `command` is taken over and emptied. */
void relay_start(struct session *session, struct op_command *command);
/* What it runs. */
const struct op_command *relay_command(const struct relay *relay);
/* Ends it without a word. NULL does nothing. */
void relay_destroy(struct relay *relay);
/* fd -1 while the front end is slow. */
struct pollfd relay_prepare(const struct relay *relay);
/* May end it: session->relay is NULL then. */
void relay_serve(struct session *session, short events);
/* Looks at the clock, and at a user's rights after a commit: what says nothing for long, or may not be run any more, ends. May
 * end it: session->relay is NULL then. */
void relay_tick(struct session *session);

#endif
