/*
 * Commits that go back by themselves unless another commit, or a check, confirms them in time: commit confirmed. What the clock
 * says is noted in the store, so that it counts for whichever mgd runs then.
 */
#ifndef MGD_CONFIRM_H
#define MGD_CONFIRM_H

#include "mgd.h"

/* What is in force wants to be confirmed within these minutes; else commit `back` comes again. */
void confirm_start(struct mgd *mgd, uint64_t back, uint32_t minutes);
/* It was, or nothing is to be. */
void confirm_done(struct mgd *mgd);
/* Going back did not succeed: later once more. */
void confirm_again(struct mgd *mgd);
/* At the start: goes on waiting for the confirmation of the newest commit, if it wants one. */
void confirm_resume(struct mgd *mgd);
/* What comes again, when its time is over. NULL: it is not, or it cannot be read, which was logged. */
struct conf_tree *confirm_due(struct mgd *mgd) __attribute__((warn_unused_result));
/* It cannot be put in force. */
void confirm_fail(struct mgd *mgd, const char *why);
/* Until what is in force goes back by itself, at least 1. => mgd->unconfirmed */
uint32_t confirm_minutes_left(const struct mgd *mgd);

#endif
