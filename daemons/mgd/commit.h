/*
 * A commit: check, VERIFY by every ready daemon, store, APPLY. One at a time.
 *
 * Stages: VERIFYING (daemons look at it) -> stored, running replaced -> APPLYING (only the report waits) -> done. Any error
 * before the store ends it with ABORT to the daemons and nothing changed; after the store it is committed, whatever happens.
 */
#ifndef MGD_COMMIT_H
#define MGD_COMMIT_H

#include "link.h"
#include "session.h"

struct commit_order {
	bool check_only;
	bool and_quit;
	int64_t at; /* UTC seconds: checked now, done then; 0: now */
	const char *comment; /* NULL: none */
	uint32_t confirm; /* minutes until it goes back by itself unless another commit confirms it; 0: it stays */
};

/* Starts one for a session; it ends by session_done() now or later. => no commit is under way */
void commit_start(struct mgd *mgd, struct session *session, const struct commit_order *order);
/* What the links tell. */
const struct link_listener *commit_listener(void);
/* The session went away: the commit goes on alone. */
void commit_orphan(struct mgd *mgd, const struct session *session);
/* Looks at the clock. */
void commit_tick(struct mgd *mgd);
/* Milliseconds until the clock matters, -1: it does not. */
int commit_left(const struct mgd *mgd);
void commit_destroy(struct mgd *mgd);

#endif
