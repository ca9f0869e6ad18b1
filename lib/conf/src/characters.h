/*
 * Inside lib/conf: which characters beyond ASCII a name may have. The one place that knows.
 *
 * Names are told apart by people: what is not seen, changes how others are shown, or looks like a blank or a quotation mark is
 * in none. By the general categories Cf, Zs, Zl and Zp of Unicode 15 and its property Default_Ignorable_Code_Point.
 */
#ifndef CHARACTERS_H
#define CHARACTERS_H

#include <stdbool.h>
#include <stdint.h>

/* The code point of the valid character at `at` (op_utf8_length() is not 0). */
uint32_t character_at(const char *at);
/* Why a name may not have the character: "looks like a blank"; NULL: it may. */
const char *character_trouble(uint32_t code);
/* False: a terminal shows nothing for it, or shows others in another way. */
bool character_is_seen(uint32_t code);

#endif
