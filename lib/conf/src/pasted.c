/*
 * What stands around pasted commands: prompts (E-001) and the lines that name the level above them. See pasted.h and
 * conf/line.h.
 */
#include "pasted.h"

#include <string.h>

#include "conf/line.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

size_t
pasted_word(const char *bytes, size_t length)
{
	size_t end = 0;

	while (end < length && !is_blank(bytes[end])) {
		end++;
	}
	return end;
}

size_t
pasted_blanks(const char *bytes, size_t length)
{
	size_t end = 0;

	while (end < length && is_blank(bytes[end])) {
		end++;
	}
	return end;
}

size_t
pasted_prompt(const char *bytes, size_t length)
{
	const size_t end = pasted_word(bytes, length);
	const char *at = memchr(bytes, '@', end);

	if (at == NULL) {
		return 0;
	}
	/* "user@host>set": the command sticks to the prompt. */
	for (const char *c = at; c < bytes + end - 1; c++) {
		if (*c == '#' || *c == '>') {
			return (size_t)(c + 1 - bytes);
		}
	}
	size_t after = end + pasted_blanks(bytes + end, length - end);

	if (after < length && (bytes[after] == '#' || bytes[after] == '>')) {
		after++;
		after += pasted_blanks(bytes + after, length - after);
	}
	return after;
}

bool
pasted_is_banner(const char *bytes, size_t length)
{
	static const char begins[] = "[edit";
	const size_t own = strlen(begins);

	while (length > 0 && (is_blank(bytes[length - 1]) || bytes[length - 1] == '\n')) {
		length--;
	}
	return length > own && memcmp(bytes, begins, own) == 0 && bytes[length - 1] == ']' &&
	    (length == own + 1 || bytes[own] == ' ');
}

const char *
conf_line_pasted(const char *line)
{
	const size_t length = strlen(line);
	const size_t blanks = pasted_blanks(line, length);
	const char *words = line + blanks;
	const size_t prompt = pasted_prompt(words, length - blanks);

	if (pasted_is_banner(words, length - blanks)) {
		return line + length;
	}
	/* Without its sign it is a word with an @ in it. */
	const bool signs = memchr(words, '#', prompt) != NULL || memchr(words, '>', prompt) != NULL;

	return signs ? words + prompt : line;
}
