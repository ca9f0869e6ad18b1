/*
 * The gateway's processes. See processes.h.
 */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONTENT = 4096,
	/* Places in /proc/ID/stat behind the name, which is in parentheses: proc(5) counts from 1, the state is the third. */
	STAT_PARENT = 1,
	STAT_USER = 11,
	STAT_SYSTEM = 12,
	STAT_THREADS = 17,
	STAT_START = 19,
	STAT_RESIDENT = 21,
	STAT_WORDS,
};

/* A file of /proc, with a NUL behind it; its length, 0 when it cannot be read. */
static size_t
read_content(const char *folder, const char *name, char *content)
{
	struct text path = TEXT_EMPTY;
	size_t length = 0;

	text_printf(&path, "/proc/%s/%s", folder, name);
	FILE *file = text_failed(&path) ? NULL : fopen(text_string(&path), "re");

	if (file != NULL) {
		length = fread(content, 1, CONTENT - 1, file);
		(void)fclose(file);
	}
	text_release(&path);
	content[length] = '\0';
	return length;
}

bool
process_parse_stat(struct process *process, const char *line, const struct process_units *units)
{
	unsigned long long values[STAT_WORDS] = {0};
	/* The name may have blanks and parentheses of its own. */
	const char *here = strrchr(line, ')');
	char *end = NULL;

	if (here == NULL || here[1] != ' ' || here[2] == '\0') {
		return false;
	}
	here += 3; /* behind the letter of the state */
	for (unsigned i = 1; i < STAT_WORDS; i++) {
		values[i] = strtoull(here, &end, 10);
		if (end == here) {
			return false;
		}
		here = end;
	}
	const uint64_t clock = (uint64_t)units->clock;
	const uint64_t start = values[STAT_START] * 1000 / clock;

	process->id = (pid_t)strtol(line, NULL, 10);
	process->parent = (pid_t)values[STAT_PARENT];
	process->threads = (uint32_t)values[STAT_THREADS];
	process->cpu = (values[STAT_USER] + values[STAT_SYSTEM]) * 1000 / clock;
	process->age = units->uptime > start ? units->uptime - start : 0;
	process->resident = values[STAT_RESIDENT] * (uint64_t)units->page;
	return true;
}

/* "VmHWM:     1234 kB" */
static uint64_t
highest_of(const char *status)
{
	const char *here = strstr(status, "\nVmHWM:");

	return here == NULL ? 0 : strtoull(here + strlen("\nVmHWM:"), NULL, 10) * 1024;
}

/* Of the first word of its command line; false: another program's. */
static bool
name_process(struct process *process, const char *words)
{
	const char *slash = strrchr(words, '/');
	const char *program = slash == NULL ? words : slash + 1;

	if (strcmp(program, "sallyport") == 0) {
		program = "sallyport-up";
	}
	if (strncmp(program, "sallyport-", strlen("sallyport-")) != 0) {
		return false;
	}
	(void)snprintf(process->name, sizeof(process->name), "%s", program + strlen("sallyport-"));
	return true;
}

static bool
read_process(const char *folder, const struct process_units *units, pid_t supervisor, struct process *process)
{
	char content[CONTENT];

	*process = (struct process){.id = 0};
	if (read_content(folder, "stat", content) == 0 || !process_parse_stat(process, content, units) ||
	    (process->id != supervisor && process->parent != supervisor) ||
	    read_content(folder, "cmdline", content) == 0 || !name_process(process, content)) {
		return false;
	}
	process->highest = read_content(folder, "status", content) == 0 ? 0 : highest_of(content);
	return true;
}

static int
compare(const void *left, const void *right)
{
	const struct process *a = left;
	const struct process *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

size_t
processes_list(pid_t supervisor, struct process *list, size_t most)
{
	struct timespec boot = {0};
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	const struct process_units units = {
	    .clock = sysconf(_SC_CLK_TCK),
	    .page = sysconf(_SC_PAGESIZE),
	    .uptime = (uint64_t)boot.tv_sec * 1000 + (uint64_t)boot.tv_nsec / 1000000,
	};

	if (folder == NULL || units.clock <= 0 || units.page <= 0) {
		if (folder != NULL) {
			(void)closedir(folder);
		}
		return 0;
	}
	while (count < most && (entry = readdir(folder)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_process(entry->d_name, &units, supervisor, &list[count])) {
			count++;
		}
	}
	(void)closedir(folder);
	qsort(list, count, sizeof(list[0]), compare);
	return count;
}

size_t
processes_roster(const char *state, struct roster_entry *roster)
{
	struct text path = TEXT_EMPTY;
	size_t count = 0;

	roster_path(state, &path);
	if (!text_failed(&path)) {
		count = roster_read(text_string(&path), roster, ROSTER_MOST);
	}
	text_release(&path);
	return count;
}
