/*
 * Passwords that were given as they are: their hashes take their place.
 */
#ifndef CONF_PASSWORDS_H
#define CONF_PASSWORDS_H

#include "conf/tree.h"

/* Appends the hash of a password; false when there is none to be had. */
typedef bool conf_password_hash(const char *password, struct text *hash);

/*
 * Each plain-text-password-value of the tree becomes the encrypted-password beside it, and is
 * wiped. False: one could not be hashed; it is gone all the same.
 */
bool conf_hash_passwords(struct conf_tree *tree, conf_password_hash *hash)
    __attribute__((warn_unused_result));

#endif
