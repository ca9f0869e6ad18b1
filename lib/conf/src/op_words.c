/*
 * The words of a command line: separated by blanks, quoted with " when they hold some, \ before a quote or itself.
 */
#include <string.h>

#include "op_private.h"

static bool
op_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
op_next_word(const char **cursor, struct op_word *word)
{
	const char *at = *cursor;

	while (op_blank(*at)) {
		at++;
	}
	*word = (struct op_word){.start = at};
	if (*at == '\0') {
		*cursor = at;
		return false;
	}
	if (*at == '|') {
		word->length = 1;
		*cursor = at + 1;
		return true;
	}
	while (*at != '\0' && (word->open || (!op_blank(*at) && *at != '|'))) {
		if (*at == '"') {
			word->open = !word->open;
			word->quoted = true;
		} else if (*at == '\\' && word->open && at[1] != '\0') {
			at++;
		}
		at++;
	}
	word->length = (size_t)(at - word->start);
	*cursor = at;
	return true;
}

void
op_word_text(const struct op_word *word, struct text *out)
{
	bool inside = false;

	for (size_t i = 0; i < word->length; i++) {
		const char c = word->start[i];

		if (c == '"') {
			inside = !inside;
		} else if (c == '\\' && inside && i + 1 < word->length) {
			i++;
			text_append_char(out, word->start[i]);
		} else {
			text_append_char(out, c);
		}
	}
}
