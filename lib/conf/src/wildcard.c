/*
 * Patterns of names. See wildcard.h.
 */
#include "wildcard.h"

#include <string.h>

/* The octets of the pattern's item at `at`: a letter, ?, or [...]. */
static size_t
item_length(const char *pattern, size_t length, size_t at)
{
	if (pattern[at] == '[') {
		const char *close = at + 2 >= length ? NULL : memchr(pattern + at + 2, ']', length - at - 2);

		return close == NULL ? 1 : (size_t)(close - (pattern + at)) + 1;
	}
	return 1;
}

static bool
item_fits(const char *item, size_t length, char c)
{
	if (length == 1) {
		return *item == '?' || *item == c;
	}
	const bool other = item[1] == '!';
	bool found = false;

	for (size_t i = other ? 2 : 1; i + 1 < length; i++) {
		if (i + 3 < length && item[i + 1] == '-') {
			found = found || ((unsigned char)item[i] <= (unsigned char)c &&
			                     (unsigned char)c <= (unsigned char)item[i + 2]);
			i += 2;
		} else {
			found = found || item[i] == c;
		}
	}
	return found != other;
}

bool
wildcard_fits(const char *pattern, size_t length, const char *name)
{
	size_t at = 0;
	size_t star = SIZE_MAX; /* behind the last * */
	const char *from = name; /* where its rest was tried */

	while (*name != '\0') {
		if (at < length && pattern[at] == '*') {
			star = ++at;
			from = name;
			continue;
		}
		const size_t size = at < length ? item_length(pattern, length, at) : 0;

		if (size > 0 && item_fits(pattern + at, size, *name)) {
			at += size;
			name++;
		} else if (star != SIZE_MAX) {
			at = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (at < length && pattern[at] == '*') {
		at++;
	}
	return at == length;
}

bool
wildcard_is_name(const char *name)
{
	const size_t length = strlen(name);

	return length > 2 && name[0] == '<' && name[length - 1] == '>';
}

bool
wildcard_name_fits(const char *pattern, const char *name)
{
	if (!wildcard_is_name(pattern)) {
		return strcmp(pattern, name) == 0;
	}
	return wildcard_fits(pattern + 1, strlen(pattern) - 2, name);
}
