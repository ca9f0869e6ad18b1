/*
 * One line for many statements: wildcard range. See conf/verbs.h.
 *
 * The ranges are written out one after the other; the lines are then done on a copy of the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/verbs.h"
#include "edit.h"
#include "tree_private.h"

enum {
	STATEMENTS_MOST = 4096, /* that one line stands for */
	RANGE_NUMBERS = 1024,   /* 0..1023 may stand in a range */
};

struct range {
	size_t start; /* of [ */
	size_t end;   /* behind ] */
	uint16_t numbers[RANGE_NUMBERS];
	size_t count;
};

/* Reads a number; SIZE_MAX: there is none that could be. */
static size_t
take_number(const char **at)
{
	char *end = NULL;
	const unsigned long number = **at >= '0' && **at <= '9' ? strtoul(*at, &end, 10) : RANGE_NUMBERS;

	if (number >= RANGE_NUMBERS) {
		return SIZE_MAX;
	}
	*at = end;
	return number;
}

/* "0-3,7,!2" up to the ]. */
static bool
read_range(const char *at, struct range *range)
{
	bool in[RANGE_NUMBERS] = {false};
	bool out[RANGE_NUMBERS] = {false};

	for (;;) {
		const bool except = *at == '!';

		at += except;
		const size_t first = take_number(&at);
		size_t last = first;

		if (first != SIZE_MAX && *at == '-') {
			at++;
			last = take_number(&at);
		}
		if (first == SIZE_MAX || last == SIZE_MAX || last < first) {
			return false;
		}
		for (size_t i = first; i <= last; i++) {
			*(except ? &out[i] : &in[i]) = true;
		}
		if (*at == ']') {
			break;
		}
		if (*at++ != ',') {
			return false;
		}
	}
	range->count = 0;
	for (size_t i = 0; i < RANGE_NUMBERS; i++) {
		if (in[i] && !out[i]) {
			range->numbers[range->count++] = (uint16_t)i;
		}
	}
	return range->count > 0;
}

/* The first [ inside a word, outside quotation marks; or by itself with numbers only: else it begins a list of values. */
static bool
find_range(const char *words, struct range *range)
{
	bool quoted = false;

	for (size_t i = 0; words[i] != '\0'; i++) {
		quoted = quoted != (words[i] == '"');
		const size_t numbers = words[i] == '[' ? strspn(words + i + 1, "0123456789-,!") : 0;
		const bool inside = words[i] == '[' && i > 0 && words[i - 1] != ' ' && words[i + 1] != ' ';

		if (!quoted && (inside || (numbers > 0 && words[i + 1 + numbers] == ']'))) {
			const char *close = strchr(words + i, ']');

			range->start = i;
			range->end = close == NULL ? 0 : (size_t)(close - words) + 1;
			return true;
		}
	}
	return false;
}


/* A word with all combinations: the lines are made one range after the other, in a queue. */
struct lines {
	char **items;
	size_t count;
};

static void
lines_release(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->items[i]);
	}
	free(lines->items);
	*lines = (struct lines){.items = NULL};
}

static bool
lines_add(struct lines *lines, struct text *line)
{
	char **items = (lines->count & (lines->count + 1)) == 0
	    ? realloc(lines->items, (lines->count + 1) * 2 * sizeof(*items))
	    : lines->items;

	if (items == NULL) {
		return false;
	}
	lines->items = items;
	lines->items[lines->count] = text_take(line);
	if (lines->items[lines->count] == NULL) {
		return false;
	}
	lines->count++;
	return true;
}

/* Each line with its first range written out. False with diagnostics; `more` tells whether there was one. */
static bool
write_out(struct lines *lines, bool *more, struct diagnostics *list)
{
	struct range *range = calloc(1, sizeof(*range));
	struct lines result = {.items = NULL};
	bool good = range != NULL || edit_list_no_memory(list);

	*more = false;
	for (size_t i = 0; good && range != NULL && i < lines->count; i++) {
		const char *line = lines->items[i];

		if (!find_range(line, range)) {
			break; /* none of them has one */
		}
		*more = true;
		if (range->end == 0 || !read_range(line + range->start + 1, range)) {
			good = edit_tell(list, NULL, "a range is like [0-3,7,!2], of numbers in 0..1023: %.60s", line + range->start);
		} else if (result.count + range->count > STATEMENTS_MOST) {
			good = edit_tell(list, NULL, "the ranges stand for more than 4096 statements");
		}
		for (size_t n = 0; good && n < range->count; n++) {
			struct text text = TEXT_EMPTY;

			text_append_bytes(&text, line, range->start);
			text_printf(&text, "%u%s", (unsigned)range->numbers[n], line + range->end);
			good = (!text_failed(&text) && lines_add(&result, &text)) || edit_list_no_memory(list);
			text_release(&text);
		}
	}
	if (good && *more) {
		lines_release(lines);
		*lines = result;
	} else {
		lines_release(&result);
	}
	free(range);
	return good;
}

static bool
range_verb(const char *words, enum conf_edit_verb *verb, size_t *length)
{
	static const struct {
		const char *word;
		enum conf_edit_verb verb;
	} verbs[] = {
	    {"set", CONF_EDIT_SET},
	    {"delete", CONF_EDIT_DELETE},
	    {"activate", CONF_EDIT_ACTIVATE},
	    {"deactivate", CONF_EDIT_DEACTIVATE},
	    {"protect", CONF_EDIT_PROTECT},
	    {"unprotect", CONF_EDIT_UNPROTECT},
	};

	*length = strcspn(words, " ");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strlen(verbs[i].word) == *length && strncmp(verbs[i].word, words, *length) == 0) {
			*verb = verbs[i].verb;
			return true;
		}
	}
	return false;
}

bool
conf_edit_wildcard_range(struct conf_editor *editor, const char *words, uint32_t *count, struct diagnostics *list)
{
	struct lines lines = {.items = NULL};
	struct text first = TEXT_EMPTY;
	enum conf_edit_verb verb = CONF_EDIT_SET;
	size_t length;
	bool more = true;

	*count = 0;
	if (!range_verb(words, &verb, &length)) {
		return edit_tell(list, NULL,
		    "set, delete, activate, deactivate, protect or unprotect is expected behind 'wildcard range'");
	}
	text_append(&first, words + length);
	bool good = (!text_failed(&first) && lines_add(&lines, &first)) || edit_list_no_memory(list);

	text_release(&first);
	while (good && more) {
		good = write_out(&lines, &more, list);
	}
	struct conf_editor inner = {.tree = good ? edit_copy_tree(editor, list) : NULL, .level = editor->level};

	good = inner.tree != NULL;
	for (size_t i = 0; good && i < lines.count; i++) {
		good = conf_edit(&inner, verb, lines.items[i], list);
	}
	if (good) {
		*count = (uint32_t)lines.count;
		tree_exchange(editor->tree, inner.tree);
	}
	conf_tree_destroy(inner.tree);
	lines_release(&lines);
	return good;
}
