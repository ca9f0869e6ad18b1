/*
 * Earlier configurations: those of the store and the rescue configuration.
 */
#ifndef MGD_HISTORY_H
#define MGD_HISTORY_H

#include "session.h"

/* In place of a rollback's number: the rescue configuration. */
#define HISTORY_RESCUE UINT32_MAX

/* One as a tree; 0 is what is in force, stored or not. NULL: the session was told why. */
struct conf_tree *history_load(struct session *session, uint32_t number)
    __attribute__((warn_unused_result));
/* "2026-11-20 09:30:00 UTC" */
void history_append_time(int64_t wall, struct text *out);
/* Behind the word rollback: what there is, with time, user, way and comment. */
void history_complete(const struct session *session, const char *line, struct ipc_candidates *list);

#endif
