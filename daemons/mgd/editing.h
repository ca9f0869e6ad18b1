/*
 * Who edits what: the shared candidate, the shared one alone (exclusive), or one of the session's
 * own (private).
 *
 * A session that leaves, or whose front end goes away, gives its lock back and its uncommitted
 * changes up; the shared candidate without a lock stays as it is. A private candidate is committed
 * as changes: what others committed meanwhile stays, and where both changed the same the commit is
 * refused and says so.
 */
#ifndef MGD_EDITING_H
#define MGD_EDITING_H

#include "session.h"

/* Enters. False: the session was told why not. */
bool editing_open(struct session *session, enum edit_kind kind) __attribute__((warn_unused_result));
/* Leaves; changes that only this session could commit are gone. `tell`: say so. */
void editing_close(struct session *session, bool tell);
/* Leaves configuration mode by a command of the session. */
void editing_leave(struct session *session);
/* May the session change its candidate, or commit it, now? False: it was told why not. */
bool editing_allowed(struct session *session) __attribute__((warn_unused_result));
struct conf_tree *editing_candidate(const struct session *session);
/* The candidate at the session's level; give it back by editing_keep_level(). */
struct conf_editor editing_editor(struct session *session);
void editing_keep_level(struct session *session, struct conf_editor *editor);
bool editing_changed(const struct session *session);
void editing_set_changed(struct session *session, bool changed);
/* Another tree in the candidate's place, taken over. */
void editing_take(struct session *session, struct conf_tree *tree, bool changed);
/* What a commit of the candidate would put in force. NULL: the conflicts, or a short memory, are in
 * `list`. */
struct conf_tree *editing_merged(const struct session *session, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* The private candidate is begun again from what is in force, with the session's changes. */
bool editing_update(struct session *session, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* Its commit is in force: a private candidate is that now. False: no memory. */
bool editing_committed(struct session *session) __attribute__((warn_unused_result));
/* The candidate was filled with what is in force: a private one counts from there. False: no
 * memory. */
bool editing_rebase(struct session *session) __attribute__((warn_unused_result));
/* Does somebody hold the shared candidate alone? */
bool editing_is_exclusive(const struct mgd *mgd);
/* Prints who edits: all sessions, or all others. False: nobody. */
bool editing_tell_editors(struct session *session, bool all);

#endif
