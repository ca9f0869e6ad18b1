/*
 * Commands that go on until somebody ends them, and of which there can only be so many: how many of them a user may have, so that
 * nobody takes all. Whose run is known here alone: daemons see no users.
 *
 * What is counted are the sessions' relays; a user's sessions count together, root's as well.
 */
#ifndef MGD_SHARE_H
#define MGD_SHARE_H

#include "session.h"

/* May the session's user run it besides what runs now? False with a sentence that says who has what. */
bool share_left(const struct session *session, const struct op_command *command, struct text *why)
    __attribute__((warn_unused_result));

#endif
