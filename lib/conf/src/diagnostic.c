/*
 * Errors and warnings of a configuration. See conf/diagnostic.h.
 */
#include "conf/diagnostic.h"

#include "base/array.h"
#include "characters.h"
#include "op_utf8.h"
#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* A statement may be a megabyte of rubbish; nobody reads more of it than this. */
	SHOWN = 160,
};

static void
diagnostic_release(struct diagnostic *what)
{
	free(what->file);
	free(what->path);
	free(what->statement);
	free(what->message);
}

void
diagnostics_release(struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++) {
		diagnostic_release(&list->items[i]);
	}
	free(list->items);
	*list = DIAGNOSTICS_EMPTY;
}

char *
diagnostics_copy_shown(const char *string, size_t most, bool *failed)
{
	if (string == NULL) {
		return NULL;
	}
	size_t length = strlen(string);
	const bool cut = length > most;

	length = cut ? most : length;
	char *copy = malloc(length + 4);

	if (copy == NULL) {
		*failed = true;
		return NULL;
	}
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		const size_t octets = op_utf8_length(string + i);

		if (octets == 0 || (unsigned char)string[i] < ' ' || string[i] == 0x7f) {
			copy[used++] = '?';
			i++;
			continue;
		}
		if (octets > length - i) {
			break; /* the cut is within it */
		}
		if (!character_is_seen(character_at(string + i))) {
			copy[used++] = '?';
			i += octets;
			continue;
		}
		memcpy(copy + used, string + i, octets);
		used += octets;
		i += octets;
	}
	memcpy(copy + used, cut ? "..." : "", cut ? 4 : 1);
	return copy;
}

void
diagnostics_append_shown(const char *words, struct text *out)
{
	const size_t begin = secrets_begin(words);

	text_append_bytes(out, words, begin);
	if (words[begin] != '\0') {
		text_append(out, begin > 0 && words[begin - 1] != ' ' ? " " SECRETS_SHOWN : SECRETS_SHOWN);
	}
}

char *
diagnostics_copy_statement(const char *statement, bool *failed)
{
	struct text open = TEXT_EMPTY;

	if (statement == NULL) {
		return NULL;
	}
	diagnostics_append_shown(statement, &open);
	*failed = *failed || text_failed(&open);
	char *copy = diagnostics_copy_shown(text_string(&open), SHOWN, failed);

	text_release(&open);
	return copy;
}

static char *
copy_whole(const char *string, bool *failed)
{
	if (string == NULL) {
		return NULL;
	}
	char *copy = strdup(string);

	*failed = *failed || copy == NULL;
	return copy;
}

void
diagnostics_no_memory(struct diagnostics *list)
{
	list->failed = true;
	list->errors++;
}

void
diagnostics_add(struct diagnostics *list, const struct diagnostic *what)
{
	struct diagnostic *items = array_grow(list->items, list->count, &list->capacity, sizeof(*items));

	if (items == NULL) {
		diagnostics_no_memory(list);
		return;
	}
	list->items = items;
	struct diagnostic *to = &items[list->count];
	bool failed = false;

	*to = (struct diagnostic){.severity = what->severity, .line = what->line};
	to->file = copy_whole(what->file, &failed);
	to->path = diagnostics_copy_shown(what->path, SHOWN, &failed);
	to->statement = diagnostics_copy_statement(what->statement, &failed);
	to->message = diagnostics_copy_shown(what->message, SIZE_MAX, &failed);
	if (failed) {
		diagnostic_release(to);
		diagnostics_no_memory(list);
		return;
	}
	list->count++;
	list->errors += what->severity == DIAGNOSTIC_ERROR;
}

void
diagnostics_addf(struct diagnostics *list, enum diagnostic_severity severity, const char *path, const char *statement,
    uint32_t line, const char *format, ...)
{
	struct text message = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&message, format, arguments);
	va_end(arguments);
	if (text_failed(&message)) {
		diagnostics_no_memory(list);
	} else {
		struct diagnostic what = {.severity = severity, .line = line, .message = message.bytes};
		char *path_copy = path == NULL ? NULL : strdup(path);
		char *statement_copy = statement == NULL ? NULL : strdup(statement);

		if ((path != NULL && path_copy == NULL) || (statement != NULL && statement_copy == NULL)) {
			diagnostics_no_memory(list);
		} else {
			what.path = path_copy;
			what.statement = statement_copy;
			diagnostics_add(list, &what);
		}
		free(path_copy);
		free(statement_copy);
	}
	text_release(&message);
}

void
diagnostics_name_file(struct diagnostics *list, const char *file)
{
	for (size_t i = 0; file != NULL && i < list->count; i++) {
		if (list->items[i].file == NULL) {
			list->items[i].file = strdup(file);
			list->failed = list->failed || list->items[i].file == NULL;
		}
	}
}

static int
compare_strings(const char *left, const char *right)
{
	if (left == NULL || right == NULL) {
		return (left != NULL) - (right != NULL);
	}
	return strcmp(left, right);
}

static int
compare(const void *a, const void *b)
{
	const struct diagnostic *left = a;
	const struct diagnostic *right = b;
	int order = compare_strings(left->file, right->file);

	if (order == 0) {
		order = (left->line > right->line) - (left->line < right->line);
	}
	if (order == 0) {
		order = compare_strings(left->path, right->path);
	}
	if (order == 0) {
		order = compare_strings(left->statement, right->statement);
	}
	if (order == 0) {
		order = compare_strings(left->message, right->message);
	}
	return order;
}

void
diagnostics_sort(struct diagnostics *list)
{
	size_t kept = 0;

	if (list->count < 2) {
		return;
	}
	qsort(list->items, list->count, sizeof(list->items[0]), compare);
	for (size_t i = 1; i < list->count; i++) {
		if (compare(&list->items[kept], &list->items[i]) == 0) {
			list->errors -= list->items[i].severity == DIAGNOSTIC_ERROR;
			diagnostic_release(&list->items[i]);
		} else {
			list->items[++kept] = list->items[i];
		}
	}
	list->count = kept + 1;
}

/* "[edit security zones]", "[edit]" at the top. */
static void
append_path(struct text *out, const char *path)
{
	text_printf(out, "[edit%s%s]", *path == '\0' ? "" : " ", path);
}

void
diagnostics_render_lines(const struct diagnostics *list, struct text *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct diagnostic *what = &list->items[i];

		if (what->file != NULL) {
			text_printf(out, "%s:", what->file);
		}
		if (what->line != 0) {
			text_printf(out, "%u:", what->line);
		}
		if (what->file != NULL || what->line != 0) {
			text_append_char(out, ' ');
		}
		if (what->path != NULL) {
			append_path(out, what->path);
		}
		if (what->statement != NULL) {
			text_printf(out, "%s'%s'", what->path == NULL ? "" : " ", what->statement);
		}
		if (what->path != NULL || what->statement != NULL) {
			text_append(out, ": ");
		}
		text_printf(out, "%s%s\n", what->severity == DIAGNOSTIC_WARNING ? "warning: " : "", what->message);
	}
	if (list->failed) {
		text_append(out, "out of memory\n");
	}
}

void
diagnostics_render_cli(const struct diagnostics *list, struct text *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct diagnostic *what = &list->items[i];

		if (what->path != NULL) {
			append_path(out, what->path);
			text_append_char(out, '\n');
		}
		if (what->statement != NULL) {
			text_printf(out, "  '%s'\n", what->statement);
		}
		if (what->path != NULL || what->statement != NULL) {
			text_append(out, "    ");
		}
		text_printf(out, "%s: %s\n", what->severity == DIAGNOSTIC_WARNING ? "warning" : "error", what->message);
	}
	if (list->failed) {
		text_append(out, "error: out of memory\n");
	}
}
