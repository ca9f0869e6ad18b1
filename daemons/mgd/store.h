/*
 * Committed configurations on disk: DIR/db.
 *
 * A commit is one file, commit-N.gz, with N growing; the newest whole one is in force, the one before it is rollback 1 and
 * so on to rollback 49. It is written beside, flushed, and given its name by one rename: whatever happens at whatever
 * moment, each configuration is there whole or not at all. rescue.gz has the same form.
 *
 * Inside (gzip): a first line with format version, release and who committed when; curly text; a last line with the SHA-256
 * of all before it. A file of a newer format, or one whose sum is wrong, is passed over and said so.
 *
 *   ## sallyport configuration format 1 release 0.1.0 commit 12 time 1763630464 user root client cli
 *   ## comment why it was done                                       (only when there is one)
 *   system { ... }
 *   ## sha256 9f86d081...
 */
#ifndef MGD_STORE_H
#define MGD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	STORE_FORMAT = 1,
	STORE_KEPT = 50,
	STORE_TEXT = 64 << 20, /* bytes of a configuration; more is refused */
};

struct store;

struct store_entry {
	uint64_t commit;
	int64_t wall; /* UTC seconds */
	char user[64];
	char client[16];
	char comment[520]; /* "" when there is none */
};

/* `folder` is a descriptor of DIR/db, borrowed. Unfinished files of a former run are removed. NULL: no memory. */
struct store *store_create(int folder, const char *release) __attribute__((warn_unused_result));
void store_destroy(struct store *store);
/* How many there are: rollback 0 to count - 1, whether whole or not. */
size_t store_count(const struct store *store);
/* The number for the next commit. */
uint64_t store_next(const struct store *store);
/* Reads the rollback'th newest. False with a sentence in `error`; `content` is only set on success. */
bool store_read(const struct store *store, size_t rollback, struct store_entry *entry, struct text *content,
    struct text *error) __attribute__((warn_unused_result));
/* Where a commit stands now, as store_read() counts. False: it is not kept (any more). */
bool store_place(const struct store *store, uint64_t commit, size_t *rollback) __attribute__((warn_unused_result));

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
/* Is there a rescue configuration, whole or not? */
bool store_has_rescue(const struct store *store);
bool store_read_rescue(const struct store *store, struct store_entry *entry, struct text *content, struct text *error)
    __attribute__((warn_unused_result));
/* Keeps one as the rescue configuration. False with a sentence: the one before it is untouched. */
bool store_write_rescue(const struct store *store, const struct store_entry *entry, const char *content, size_t length,
    struct text *error) __attribute__((warn_unused_result));
bool store_delete_rescue(const struct store *store) __attribute__((warn_unused_result));
/* What is kept beside, one of each: a commit for later; what was edited and not committed. */
enum store_slot {
	STORE_SCHEDULED,
	STORE_CANDIDATE,
};

bool store_has_slot(const struct store *store, enum store_slot slot);
bool store_read_slot(const struct store *store, enum store_slot slot, struct store_entry *entry, struct text *content,
    struct text *error) __attribute__((warn_unused_result));
bool store_write_slot(const struct store *store, enum store_slot slot, const struct store_entry *entry,
    const char *content, size_t length, struct text *error) __attribute__((warn_unused_result));
bool store_delete_slot(const struct store *store, enum store_slot slot);
/* The head of one, without its content being checked. */
bool store_head(const struct store *store, size_t rollback, struct store_entry *entry) __attribute__((warn_unused_result));
/*
 * Keeps a configuration as the newest. entry->commit must be store_next(). False with a sentence: nothing has changed then.
 */
bool store_write(struct store *store, const struct store_entry *entry, const char *content, size_t length,
    struct text *error) __attribute__((warn_unused_result));

#endif
