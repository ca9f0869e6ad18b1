/*
 * A configuration with its head and its sum, packed into the bytes of one file and out of them again. Pure: no files.
 */
#ifndef MGD_ARCHIVE_H
#define MGD_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "store_entry.h"

/* False: no memory. `packed` is gzip. */
bool archive_pack(const struct store_entry *entry, const char *release, const char *content, size_t length,
    struct text *packed) __attribute__((warn_unused_result));
/* Untrusted bytes. False with a sentence: damaged, cut, of a newer format, too large. */
bool archive_unpack(const char *packed, size_t length, struct store_entry *entry, struct text *content,
    struct text *error) __attribute__((warn_unused_result));
/* Only the head, of as many of the file's first bytes as are given. */
bool archive_head(const char *packed, size_t length, struct store_entry *entry) __attribute__((warn_unused_result));

#endif
