/*
 * Configuration files for the offline commands. See source.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

enum {
	READ_STEP = 64 * 1024,
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

bool
source_report(struct diagnostics *list, const char *command, const char *name)
{
	struct text lines = TEXT_EMPTY;
	bool good = list->errors == 0;

	for (size_t i = 0; name != NULL && i < list->count; i++) {
		if (list->items[i].file == NULL) {
			list->items[i].file = strdup(name);
		}
	}
	diagnostics_sort(list);
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
