/*
 * Passwords of users: kept as yescrypt hashes, in the form of crypt(5).
 */
#ifndef MGD_PASSWORD_H
#define MGD_PASSWORD_H

#include "conf/tree.h"

/* Hashes every password that stands in the tree as it is. False: one had no hash, and is gone. */
bool password_hash_all(struct conf_tree *tree) __attribute__((warn_unused_result));

#endif
