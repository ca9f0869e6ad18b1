/*
 * Secrets at rest: wrapped with a key that is this device's own, DIR/db/master-key.
 *
 *   $wrapped$1$BASE64    BASE64 of nonce (12 octets), ciphertext, tag (16): AES-256-GCM
 *
 * The path of the statement is authenticated with it: a wrapped secret that is moved to another statement is none there.
 * The key lives from wrap_create() to wrap_destroy(), which wipes it. One thread.
 */
#ifndef MGD_WRAP_H
#define MGD_WRAP_H

#include <stdbool.h>

#include "base/text.h"

enum { WRAP_KEY = 32 }; /* octets */

struct wrap;

/*
 * Reads the key, or makes it when there is none. `folder` is a descriptor of DIR/db, only used here. NULL with a sentence:
 * there is one that cannot be used, or none can be made.
 */
struct wrap *wrap_create(int folder, struct text *error) __attribute__((warn_unused_result));
/* There was no key: what was wrapped before is lost, unless the old one is put back. */
bool wrap_is_new(const struct wrap *wrap);
void wrap_destroy(struct wrap *wrap);
/* Appends the wrapped form. False: nothing is appended. */
bool wrap_close(const struct wrap *wrap, const char *secret, const char *path, struct text *out)
    __attribute__((warn_unused_result));
/* Appends the secret. False: it was not wrapped with this key for this path; nothing is appended. */
bool wrap_open(const struct wrap *wrap, const char *wrapped, const char *path, struct text *out)
    __attribute__((warn_unused_result));

#endif
