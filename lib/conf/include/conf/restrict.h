/*
 * What a user who may not see or change everything gets to see and may change.
 *
 * The unit is the statement: a leaf, a value, an entry or container in which nothing stands. What
 * stands around it comes and goes with it.
 */
#ifndef CONF_RESTRICT_H
#define CONF_RESTRICT_H

#include "conf/tree.h"

typedef bool conf_may(void *context, const struct conf_node *statement);

#define CONF_HIDDEN_SECRET "/* SECRET-DATA */"

/* Takes all statements out for which `may` is false, and what is empty then. Returns how many went.
 */
size_t conf_restrict(struct conf_tree *tree, conf_may *may, void *context);
/* Puts CONF_HIDDEN_SECRET in the place of every secret. False: no memory, and some may stand there
 * still. */
bool conf_hide_secrets(struct conf_tree *tree) __attribute__((warn_unused_result));
/*
 * The first statement that differs between two trees of one schema (is new, gone, changed, moved,
 * or marked otherwise) for which `may` is false; it is in one of them. NULL: there is none.
 */
const struct conf_node *conf_denied_change(
    const struct conf_tree *before, const struct conf_tree *after, conf_may *may, void *context);

#endif
