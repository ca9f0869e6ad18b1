/*
 * Expressions that a class of users is allowed or denied by: which commands, which statements.
 *
 * Extended regular expressions, bounded so that no one of them is dear: at most 255 characters, no
 * counts, no back references, four groups within each other. An expression matches words when it
 * describes their beginning, whole words each: "show log" matches "show log messages", and neither
 * "show logs" nor "now show log".
 */
#ifndef CONF_EXPRESSION_H
#define CONF_EXPRESSION_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct conf_expression {
	regex_t compiled;
	bool present; /* false: matches nothing */
};

#define CONF_EXPRESSION_EMPTY ((struct conf_expression){.present = false})

/* False with a sentence; then there is nothing to release. */
bool conf_expression_compile(struct conf_expression *expression, const char *pattern,
    struct text *error) __attribute__((warn_unused_result));
void conf_expression_release(struct conf_expression *expression);
/* How many of the words' characters it takes at least; 0: it does not match. Words are separated by
 * one blank each. */
size_t conf_expression_match(const struct conf_expression *expression, const char *words);

#endif
