/*
 * The note about the commit that wants to be confirmed, kept beside the committed configurations.
 */
#ifndef MGD_STORE_NOTES_H
#define MGD_STORE_NOTES_H

#include "store.h"

/* A commit that goes back by itself unless it is confirmed in time. */
struct store_unconfirmed {
	uint64_t commit;
	int64_t until;    /* UTC seconds */
	uint32_t minutes; /* that it was given: a clock that was put back gives no more */
	uint64_t back;    /* the commit to go back to */
};

/*
 * Noted before the commit is written: a note counts only while its commit is the newest, so that whatever comes after it
 * takes its force away. The note about the commit that is the newest until then stays beside it.
 */
bool store_note_unconfirmed(const struct store *store, const struct store_unconfirmed *note, struct text *error)
    __attribute__((warn_unused_result));
/* False: the newest commit does not wait for a confirmation. */
bool store_unconfirmed(const struct store *store, struct store_unconfirmed *note) __attribute__((warn_unused_result));
void store_forget_unconfirmed(const struct store *store);

#endif
