/*
 * A commit that waits for its time: commit at. It is checked when it is asked for, kept in the
 * store and done when its time has come, by whichever mgd runs then; until then nobody changes a
 * candidate.
 */
#ifndef MGD_SCHEDULE_H
#define MGD_SCHEDULE_H

#include "mgd.h"

#define SCHEDULE_AT_REBOOT INT64_C(253402300799) /* the end of 9999: no clock comes there before the gateway starts anew */

/* "2026-11-20 18:00:00 UTC", "reboot" */
void schedule_append(int64_t at, struct text *out);
/* "reboot", "HH:MM[:SS]" of today or "YYYY-MM-DD HH:MM[:SS]", UTC. False: it is no time, or none after `now`.
 * Pure. */
bool schedule_parse(const char *words, int64_t now, int64_t *at)
    __attribute__((warn_unused_result));
/* The tree is committed at entry->wall. False with a sentence. */
bool schedule_save(struct mgd *mgd, const struct conf_tree *tree, const struct store_entry *entry,
    struct text *error) __attribute__((warn_unused_result));
/* At the start: goes on waiting. One that was overtaken by another commit is dropped. */
void schedule_resume(struct mgd *mgd);
/* The commit whose time has come. NULL: there is none, or it cannot be read, which was logged. => no commit is under way */
struct conf_tree *schedule_due(struct mgd *mgd, struct store_entry *entry) __attribute__((warn_unused_result));
/* It cannot be done: it is logged, and not tried again. */
void schedule_fail(struct mgd *mgd, const char *why);
/* It was done, or is not to be. */
void schedule_forget(struct mgd *mgd);

#endif
