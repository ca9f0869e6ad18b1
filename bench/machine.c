/*
 * See machine.h. What is not known is left out.
 */
#include "machine.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE = 4096, /* the processor's flags are a long one */
};

/* The value behind the colon of the first line of a file that begins with `key`. False: there is none. */
static bool
find_line(const char *path, const char *key, char value[LINE])
{
	FILE *file = fopen(path, "re");
	char line[LINE];
	bool found = false;

	while (!found && file != NULL && fgets(line, sizeof line, file) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) == 0 && colon != NULL) {
			colon += strspn(colon, ": \t");
			(void)snprintf(value, LINE, "%.*s", (int)strcspn(colon, "\n"), colon);
			found = true;
		}
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	return found;
}

static void
add_line(json_t *machine, const char *name, const char *path, const char *key)
{
	char value[LINE];

	if (find_line(path, key, value)) {
		(void)json_object_set_new(machine, name, json_string(value));
	}
}

static void
add_date(json_t *machine)
{
	const time_t now = time(NULL);
	struct tm parts;
	char text[64];

	if (gmtime_r(&now, &parts) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts) > 0) {
		(void)json_object_set_new(machine, "date", json_string(text));
	}
}

json_t *
machine_json(void)
{
	json_t *machine = json_object();
	struct utsname names;
	char value[LINE];
	double load;

	if (machine == NULL) {
		return NULL;
	}
	add_date(machine);
	(void)json_object_set_new(machine, "version", json_string(SALLYPORT_VERSION));
	(void)json_object_set_new(machine, "compiler", json_string(__VERSION__));
	add_line(machine, "processor", "/proc/cpuinfo", "model name");
	add_line(machine, "family", "/proc/cpuinfo", "cpu family");
	(void)json_object_set_new(machine, "processors", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	if (find_line("/proc/cpuinfo", "flags", value) && strstr(value, " hypervisor") != NULL) {
		(void)json_object_set_new(machine, "virtual", json_true());
	}
	if (find_line("/proc/meminfo", "MemTotal", value)) {
		(void)json_object_set_new(machine, "memory_mib", json_integer(strtoll(value, NULL, 10) / 1024));
	}
	if (uname(&names) == 0) {
		(void)snprintf(value, sizeof value, "%s %s %s", names.sysname, names.release, names.machine);
		(void)json_object_set_new(machine, "kernel", json_string(value));
	}
	if (getloadavg(&load, 1) == 1) {
		(void)json_object_set_new(machine, "load_average", json_real((double)(long)(load * 100) / 100));
	}
	return machine;
}
