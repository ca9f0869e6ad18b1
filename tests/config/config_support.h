/*
 * What the tests of tests/config share: a schema for all tests of a program, files as
 * configurations, and tables of tab-separated columns.
 */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include <cmocka.h>

#include "conf/conf.h"

enum { FILE_MOST = 1 << 20 };

struct loaded {
	struct conf_tree *tree;
	struct diagnostics list;
	struct text out;
};

static inline int
setup(void **state)
{
	struct text error = TEXT_EMPTY;

	*state = schema_create(&error);
	if (*state == NULL) {
		print_error("%s\n", text_string(&error));
	}
	text_release(&error);
	return *state == NULL ? -1 : 0;
}

static inline int
teardown(void **state)
{
	schema_destroy(*state);
	return 0;
}

static inline struct loaded
load_file(const struct schema *schema, const char *folder, const char *name)
{
	struct loaded loaded = {.tree = conf_tree_create(schema)};
	char *bytes = malloc(FILE_MOST);
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "re");

	if (file == NULL || bytes == NULL) {
		fail_msg("%s", path);
		exit(1);
	}
	const size_t length = fread(bytes, 1, FILE_MOST, file);

	(void)fclose(file);
	(void)conf_load(loaded.tree, CONF_FORMAT_AUTO, name, bytes, length, &loaded.list);
	free(bytes);
	return loaded;
}

/* The file whose name begins with two digits ("03...") and has the ending. */
static inline struct loaded
load_numbered(
    const struct schema *schema, const char *folder, const char *number, const char *ending)
{
	DIR *entries = opendir(folder);
	char name[300] = "";

	assert_non_null(entries);
	for (const struct dirent *entry = readdir(entries); entry != NULL;
	     entry = readdir(entries)) {
		const size_t length = strlen(entry->d_name);

		if (strncmp(entry->d_name, number, 2) == 0 && length > strlen(ending) &&
		    strcmp(entry->d_name + length - strlen(ending), ending) == 0) {
			(void)snprintf(name, sizeof(name), "%s", entry->d_name);
		}
	}
	(void)closedir(entries);
	assert_string_not_equal(name, "");
	return load_file(schema, folder, name);
}

static inline void
release(struct loaded *loaded)
{
	conf_tree_destroy(loaded->tree);
	diagnostics_release(&loaded->list);
	text_release(&loaded->out);
}

static inline const char *
render(struct loaded *loaded, enum conf_format format)
{
	text_clear(&loaded->out);
	conf_render(conf_tree_top(loaded->tree), format, &loaded->out);
	assert_false(text_failed(&loaded->out));
	return text_string(&loaded->out);
}

static inline const char *
messages(struct loaded *loaded)
{
	text_clear(&loaded->out);
	diagnostics_sort(&loaded->list);
	diagnostics_render_lines(&loaded->list, &loaded->out);
	return text_string(&loaded->out);
}

/* A file of tab-separated columns: "#" begins a comment line, the first other line is the head. */
struct table {
	FILE *file;
	char line[4096];
};

static inline bool
table_line(struct table *table)
{
	do {
		if (fgets(table->line, sizeof(table->line), table->file) == NULL) {
			return false;
		}
	} while (table->line[0] == '#');
	table->line[strcspn(table->line, "\n")] = '\0';
	return true;
}

static inline struct table
table_open(const char *path)
{
	struct table table = {.file = fopen(path, "re")};

	if (table.file == NULL || !table_line(&table)) {
		fail_msg("%s", path);
	}
	return table;
}

/* The next row's columns; what is missing at its end is empty. */
static inline bool
table_next(struct table *table, char *columns[], size_t count)
{
	char *at = table->line;

	if (!table_line(table)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		columns[i] = at;
		at += strcspn(at, "\t");
		if (*at != '\0') {
			*at++ = '\0';
		}
	}
	return true;
}

static inline void
table_close(struct table *table)
{
	(void)fclose(table->file);
}

#endif
