/*
 * show chassis hardware: the machine, and the ports that the chassis file gives it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "answer.h"

enum {
	LINE_MOST = 512,
	GIBI_SHIFT = 30,
};

static void
add_item(struct op_tree *tree, const char *name, const char *version, const char *description)
{
	struct op_node *row = op_add(tree, tree->root, "chassis-module", NULL);

	(void)op_add(tree, row, "name", name);
	(void)op_add(tree, row, "version", version);
	(void)op_add(tree, row, "description", description);
}

/* The value behind "KEY : " in a file of the kernel's, its first one. */
static void
read_value(const char *path, const char *key, struct text *value)
{
	char line[LINE_MOST];
	FILE *file = fopen(path, "re");

	while (file != NULL && value->length == 0 && fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');

		if (colon != NULL && strncmp(line, key, strlen(key)) == 0) {
			colon += 1 + strspn(colon + 1, " \t");
			text_append_bytes(value, colon, strcspn(colon, "\n"));
		}
	}
	if (file != NULL) {
		(void)fclose(file);
	}
}

static void
add_machine(struct op_tree *tree)
{
	struct utsname name;
	struct text words = TEXT_EMPTY;
	const long pages = sysconf(_SC_PHYS_PAGES);
	const long page = sysconf(_SC_PAGESIZE);

	if (uname(&name) == 0) {
		text_printf(&words, "%s %s", name.sysname, name.release);
		add_item(tree, "Chassis", name.machine, text_string(&words));
	}
	text_clear(&words);
	read_value("/proc/cpuinfo", "model name", &words);
	add_item(tree, "CPU", "", words.length > 0 ? text_string(&words) : "unknown");
	text_clear(&words);
	text_printf(&words, "%ld online", sysconf(_SC_NPROCESSORS_ONLN));
	add_item(tree, "Cores", "", text_string(&words));
	if (pages > 0 && page > 0) {
		text_clear(&words);
		text_printf(&words, "%.1f GiB", (double)pages * (double)page / (double)(1ULL << GIBI_SHIFT));
		add_item(tree, "Memory", "", text_string(&words));
	}
	text_release(&words);
}

enum answer_progress
show_chassis(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct text words = TEXT_EMPTY;

	(void)answer;
	(void)error;
	add_machine(tree);
	text_printf(&words, "%u, room for %u sessions", (unsigned)worker_count(sources->worker),
	    (unsigned)worker_sessions(sources->worker));
	add_item(tree, "Workers", "", text_string(&words));
	for (size_t i = 0; i < edge_port_count(sources->edge); i++) {
		const struct port *port = edge_port(sources->edge, i);

		text_clear(&words);
		chassis_describe(port->chassis, &words);
		text_printf(&words, ", %s", port->open ? port_mode(port) : "not there");
		add_item(tree, port->chassis->name, port->open ? port->driver : "", text_string(&words));
	}
	text_release(&words);
	return ANSWER_END;
}
