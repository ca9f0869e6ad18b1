/*
 * Secrets in their wrapped form, $wrapped$1$...: accepted wherever a secret is expected, and kept as they are until their
 * owner, who has the key, unwraps them. Hashes of passwords are one-way already and are never wrapped.
 */
#ifndef CONF_WRAPPED_H
#define CONF_WRAPPED_H

#include "conf/diagnostic.h"
#include "conf/tree.h"

#define CONF_WRAPPED "$wrapped$1$"

/* Appends what takes the place of `value` in the statement at `path` (its words without the value). False: there is nothing. */
typedef bool conf_change_secret(void *context, const char *value, const char *path, struct text *out);

/* Is there a secret to be wrapped, wrapped or not? */
bool conf_holds_secrets(const struct conf_tree *tree);
/* Wraps each secret. False: one could not be. */
bool conf_wrap_secrets(struct conf_tree *tree, conf_change_secret *wrap, void *context)
    __attribute__((warn_unused_result));
/*
 * Unwraps each secret that is wrapped; others stay as they are. False with a diagnostic for each that cannot be; with
 * `leave_out` it is taken out of the tree, else it stays.
 */
bool conf_unwrap_secrets(struct conf_tree *tree, conf_change_secret *unwrap, void *context, bool leave_out,
    struct diagnostics *list) __attribute__((warn_unused_result));

#endif
