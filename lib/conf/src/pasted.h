/*
 * Inside lib/conf: what a pasted line has in front of its command.
 */
#ifndef PASTED_H
#define PASTED_H

#include <stdbool.h>
#include <stddef.h>

/* The octets of the word, or of the blanks, that stand at the beginning. */
size_t pasted_word(const char *bytes, size_t length);
size_t pasted_blanks(const char *bytes, size_t length);
/* The octets of "user@host# ", "user@host >" and the like with the blanks behind it; 0: there is none. */
size_t pasted_prompt(const char *bytes, size_t length);
/* Is the line the one above a prompt, "[edit]" or "[edit security zones]"? => no blanks at its beginning */
bool pasted_is_banner(const char *bytes, size_t length);

#endif
