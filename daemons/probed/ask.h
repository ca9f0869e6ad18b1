/*
 * Questions of a probe's process to the other daemons: to flowd, where to leave from and whom to ask for names; to
 * resolverd, for a name's address. They wait for the answer: the process does nothing else.
 */
#ifndef PROBED_ASK_H
#define PROBED_ASK_H

#include <stdbool.h>

#include "base/text.h"
#include "conf/op.h"
#include "ipc/connection.h"
#include "plan.h"

/* A connection to flowd with the request sent. `tree` stays the caller's. NULL with a sentence. */
struct ipc_connection *ask_flowd(const char *state, const struct op_tree *tree, struct text *error)
    __attribute__((warn_unused_result));
/* Which of our addresses the request leaves from. False with a sentence. */
bool ask_source(const struct op_node *request, const char *destination, const char *state, char source[INET6_ADDRSTRLEN],
    struct text *error) __attribute__((warn_unused_result));
/*
 * The address that the request's destination is, or has as a name: of the family that the request says, or that its source is of,
 * else IPv4 before IPv6. False with a sentence.
 */
bool ask_address(const struct op_node *request, const char *state, char address[INET6_ADDRSTRLEN], struct text *error)
    __attribute__((warn_unused_result));

/* All addresses of a name, IPv4 first, by `each`. False with a sentence: it has none, or cannot be asked for. */
bool ask_host(const char *name, const char *state, void (*each)(const char *name, const char *address), struct text *error)
    __attribute__((warn_unused_result));

#endif
