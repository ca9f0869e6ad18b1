/*
 * Inside lib/conf: patterns of names, * and ? and [a-z] ([!a-z]: any other). Also <*> and <ge-*> of groups.
 */
#ifndef WILDCARD_H
#define WILDCARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does the whole of `name` fit the first `length` octets of `pattern`? Time at most their lengths' product. */
bool wildcard_fits(const char *pattern, size_t length, const char *name);
/* Is the name of a group's statement a pattern: "<...>"? */
bool wildcard_is_name(const char *name);
/* Does a name fit such a pattern, or is it the very name? */
bool wildcard_name_fits(const char *pattern, const char *name);

#endif
