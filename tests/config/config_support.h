/*
 * What the tests of tests/config share besides conf_support.h of the unit tests: files as configurations, and tables of
 * tab-separated columns.
 */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include <dirent.h>

#include "conf_support.h"

enum { FILE_MOST = 1 << 20 };

static inline struct world
load_file(const struct schema *schema, const char *folder, const char *name)
{
	struct world loaded = {.tree = conf_tree_create(schema)};
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
static inline struct world
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
