/*
 * Secrets in their wrapped form, $wrapped$1$...: accepted wherever a secret is expected, and kept as they are until their
 * owner, who has the key, unwraps them. Hashes of passwords are one-way already and are never wrapped.
 */
#ifndef CONF_WRAPPED_H
#define CONF_WRAPPED_H

#include "conf/diagnostic.h"
#include "conf/tree.h"

#define CONF_WRAPPED "$wrapped$1$"
/* What is said of a secret that is not unwrapped. */
#define CONF_NOT_UNWRAPPED \
	"this secret cannot be unwrapped: it was wrapped with another device's key or for another statement, or it is damaged"

/* Appends what takes the place of `value` in the statement at `path` (its words without the value). False: there is nothing. */
typedef bool conf_change_secret(void *context, const char *value, const char *path, struct text *out);

/* Is there a secret to be wrapped, wrapped or not? */
bool conf_holds_secrets(const struct conf_tree *tree);
/* The same, or a hash of a password? */
bool conf_names_secrets(const struct conf_tree *tree);
/*
 * For those who have no use for secrets: in the place of each stands a wrapped form that nobody can open, so that it is
 * there, and hashes of passwords are gone. False: no memory, and some may stand there still.
 */
bool conf_withhold_secrets(struct conf_tree *tree) __attribute__((warn_unused_result));
/* Wraps each secret. False: one could not be. */
bool conf_wrap_secrets(struct conf_tree *tree, conf_change_secret *wrap, void *context)
    __attribute__((warn_unused_result));
/* Puts the form in which JUNOS shows a secret ($9$) in the place of each: it loads as the same secret (REQ-VPN-051). */
bool conf_show_secrets(struct conf_tree *tree) __attribute__((warn_unused_result));
/*
 * Unwraps each secret that is wrapped; others stay as they are. False with a diagnostic for each that cannot be; with
 * `leave_out` it is taken out of the tree, else it stays.
 */
bool conf_unwrap_secrets(struct conf_tree *tree, conf_change_secret *unwrap, void *context, bool leave_out,
    struct diagnostics *list) __attribute__((warn_unused_result));

#endif
