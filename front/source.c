/*
 * Configuration files for the offline commands. See source.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/groups.h"
#include "source.h"

enum {
	READ_STEP = 64 * 1024,
	STATEMENT_READ = 1024, /* octets of a line: more than is shown */
	SIZE_LIMIT = 512 * 1024 * 1024, /* more than any configuration: a wrong file, an endless pipe */
};

static bool
read_all(FILE *from, struct text *bytes, const char **why)
{
	char step[READ_STEP];

	for (;;) {
		const size_t got = fread(step, 1, sizeof(step), from);

		text_append_bytes(bytes, step, got);
		if (text_failed(bytes)) {
			*why = "out of memory";
			return false;
		}
		if (bytes->length > SIZE_LIMIT) {
			*why = "larger than 512 MB, which no configuration is";
			return false;
		}
		if (got < sizeof(step)) {
			if (ferror(from)) {
				*why = strerror(errno);
				return false;
			}
			return true;
		}
	}
}

bool
source_open(struct source *source, const char *command, const char *path, enum conf_format format)
{
	const bool standard = strcmp(path, "-") == 0;
	const char *why = NULL;
	FILE *from = standard ? stdin : fopen(path, "rbe");
	bool read = false;

	*source = (struct source){.name = standard ? "stdin" : path, .format = format, .bytes = TEXT_EMPTY};
	if (from == NULL) {
		why = strerror(errno);
	} else {
		read = read_all(from, &source->bytes, &why);
		if (!standard) {
			fclose(from);
		}
	}
	if (!read) {
		fprintf(stderr, "sallyport %s: %s: %s\n", command, source->name, why);
		text_release(&source->bytes);
		return false;
	}
	if (format == CONF_FORMAT_AUTO) {
		source->format = conf_format_guess(text_string(&source->bytes), source->bytes.length);
	}
	return true;
}

void
source_release(struct source *source)
{
	text_release(&source->bytes);
}

bool
source_load(const struct source *source, struct conf_tree *tree, struct diagnostics *list)
{
	return conf_load(tree, source->format, source->name, text_string(&source->bytes), source->bytes.length, list);
}

bool
source_expand(struct conf_tree **tree, struct diagnostics *list)
{
	if (conf_has_groups(*tree)) {
		struct conf_tree *expanded = conf_expand(*tree, list);

		if (expanded == NULL) {
			return false;
		}
		conf_tree_destroy(*tree);
		*tree = expanded;
	}
	return true;
}

bool
source_format(const char *command, const char *word, enum conf_format *format)
{
	if (conf_format_parse(word, format)) {
		return true;
	}
	if (strcmp(word, "screenos") == 0) {
		fprintf(stderr, "sallyport %s: --format screenos: this release does not read ScreenOS configurations yet\n",
		    command);
		return false;
	}
	fprintf(stderr, "sallyport %s: '%s' is not a form; the forms are auto, set, text, json and xml\n", command, word);
	return false;
}

struct schema *
source_schema(const char *command)
{
	struct text error = TEXT_EMPTY;
	struct schema *schema = schema_create(&error);

	if (schema == NULL) {
		fprintf(stderr, "sallyport %s: the schema does not compile: %s\n", command, text_string(&error));
	}
	text_release(&error);
	return schema;
}

/* The text of a line, or of what is left of it, without blanks around it. */
struct line_cursor {
	const char *at; /* start of line `number` */
	const char *end;
	uint32_t number;
};

static char *
line_text(struct line_cursor *cursor, uint32_t number, bool *failed)
{
	const char *start;
	const char *stop;

	while (cursor->number < number && cursor->at < cursor->end) {
		const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));

		cursor->at = newline == NULL ? cursor->end : newline + 1;
		cursor->number++;
	}
	start = cursor->at;
	stop = start == cursor->end ? start : memchr(start, '\n', (size_t)(cursor->end - start));
	stop = stop == NULL ? cursor->end : stop;
	while (start < stop && (unsigned char)*start <= ' ') {
		start++;
	}
	stop = stop - start > STATEMENT_READ ? start + STATEMENT_READ : stop;
	while (stop > start && (unsigned char)stop[-1] <= ' ') {
		stop--;
	}
	if (start == stop) {
		return strdup("end of file");
	}
	char *copy = strndup(start, (size_t)(stop - start));
	char *shown = diagnostics_copy_statement(copy, failed);

	*failed = *failed || copy == NULL;

	free(copy);
	return shown;
}

/* JSON is read as a whole, without lines: the first line that has the statement's last word in quotation marks. */
static uint32_t
line_of_word(const struct text *bytes, const char *statement)
{
	struct text word = TEXT_EMPTY;
	const char *last = statement == NULL ? NULL : strrchr(statement, ' ');
	const char *found = NULL;
	uint32_t line = 1;

	text_printf(&word, "\"%s\"", statement == NULL ? "" : last == NULL ? statement : last + 1);
	if (!text_failed(&word) && bytes->length > 0) {
		found = memmem(text_string(bytes), bytes->length, text_string(&word), word.length);
	}
	for (const char *at = text_string(bytes); found != NULL && at < found; at++) {
		line += *at == '\n';
	}
	text_release(&word);
	return line;
}

/* What the reader of the file could not say: every error has a line, a level and a statement. => sorted */
static void
complete_places(const struct source *source, struct diagnostics *list)
{
	struct line_cursor cursor = {.at = text_string(&source->bytes), .number = 1};

	cursor.end = cursor.at + source->bytes.length;
	for (size_t i = 0; i < list->count; i++) {
		struct diagnostic *what = &list->items[i];

		if (what->severity != DIAGNOSTIC_ERROR) {
			continue;
		}
		if (what->line == 0) {
			what->line = source->format == CONF_FORMAT_JSON ? line_of_word(&source->bytes, what->statement) : 1;
		} else if (what->statement == NULL) {
			what->statement = line_text(&cursor, what->line, &list->failed);
		}
		if (what->path == NULL) {
			what->path = strdup("");
		}
		list->failed = list->failed || what->path == NULL;
	}
}

bool
source_report(struct diagnostics *list, const char *command, const struct source *source)
{
	struct text lines = TEXT_EMPTY;
	bool good = list->errors == 0;

	diagnostics_name_file(list, source->name);
	diagnostics_sort(list);
	complete_places(source, list);
	diagnostics_render_lines(list, &lines);
	fputs(text_string(&lines), stderr);
	if (list->failed || text_failed(&lines)) {
		fprintf(stderr, "sallyport %s: out of memory\n", command);
		good = false;
	}
	text_release(&lines);
	diagnostics_release(list);
	return good;
}
