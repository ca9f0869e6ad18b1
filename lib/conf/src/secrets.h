/*
 * Inside lib/conf: where secrets begin in configuration text that is shown to somebody.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#define SECRETS_SHOWN "/* SECRET-DATA */"

/* Does a secret stand behind this word? */
bool secrets_is_keyword(const char *word, size_t length);
/* The length of such a word that a secret sticks to (ascii-text1234); 0: none does. */
size_t secrets_stuck(const char *word, size_t length);
/* How much of the words may be shown: from there on they may be a secret. The whole length when
 * there is none. */
size_t secrets_begin(const char *words);

#endif
