/*
 * Small files beside the committed configurations: each is there whole or not at all, as they are.
 * Private to the store.
 */
#ifndef MGD_STORE_NOTES_H
#define MGD_STORE_NOTES_H

#include "store.h"

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
