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
#include "store_entry.h"

struct store;

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
/* When it was written, seconds of UTC; 0 without one. */
int64_t store_slot_written(const struct store *store, enum store_slot slot);
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

/* --- small files beside the committed configurations: each is there whole or not at all, as they are -------------------- */

/* Writes a file of DIR/db, safe on disk under its name. False with a sentence: what had that name
 * is untouched. */
bool store_put(const struct store *store, const char *name, const struct text *bytes,
    struct text *error) __attribute__((warn_unused_result));
/* Its first `most` bytes or a little more. False: it is not there, or no memory. */
bool store_get(const struct store *store, const char *name, size_t most, struct text *bytes)
    __attribute__((warn_unused_result));
/* False: it was not there, or it may come back. */
bool store_remove(const struct store *store, const char *name);

#endif
