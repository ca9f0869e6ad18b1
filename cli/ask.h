/*
 * Asking at the terminal: for a secret, twice and without showing it, and for a yes or no.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

#include "base/text.h"

/* `keys` and `output` are the terminal's descriptors. False with a sentence: none was given, or two different ones. */
bool cli_ask_secret(int keys, int output, struct text *secret, struct text *error) __attribute__((warn_unused_result));
/* Overwrites it, then releases it. */
void cli_ask_forget(struct text *secret);

/* Was the answer yes? What is no terminal is not asked: what runs by itself goes on. */
bool cli_ask_question(int keys, int output, const char *question) __attribute__((warn_unused_result));

#endif
