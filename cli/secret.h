/*
 * Asking for a secret at the terminal: twice, without showing it.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include <stdbool.h>

#include "base/text.h"

/* `keys` and `output` are the terminal's descriptors. False with a sentence: none was given, or two different ones. */
bool cli_secret_ask(int keys, int output, struct text *secret, struct text *error) __attribute__((warn_unused_result));
/* Overwrites it, then releases it. */
void cli_secret_forget(struct text *secret);

#endif
