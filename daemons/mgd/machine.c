/*
 * What the kernel tells of the machine. See machine.h.
 */
#include "machine.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	CONTENT = 16384,
	INPUTS = 16, /* of a chip, of each kind */
	LINE = 128,
	FULL = 100,
};

/* A file, with a NUL behind it; its length, 0 when it cannot be read. */
static size_t
read_content(const char *root, const char *path, char *content, size_t size)
{
	struct text whole = TEXT_EMPTY;
	size_t length = 0;

	text_printf(&whole, "%s%s", root, path);
	FILE *file = text_failed(&whole) ? NULL : fopen(text_string(&whole), "re");

	if (file != NULL) {
		length = fread(content, 1, size - 1, file);
		(void)fclose(file);
	}
	text_release(&whole);
	content[length] = '\0';
	return length;
}

void
machine_read_line(const char *root, const char *path, char *line, size_t size)
{
	(void)read_content(root, path, line, size);
	line[strcspn(line, "\n")] = '\0';
	for (size_t length = strlen(line); length > 0 && line[length - 1] == ' '; length--) {
		line[length - 1] = '\0';
	}
}

/* --- processors ------------------------------------------------------------------------------------------------- */

bool
machine_read_times(const char *root, struct machine_times *times)
{
	/* proc(5): user nice system idle iowait irq softirq steal. */
	uint64_t values[8] = {0};
	char content[CONTENT];
	char *here = content;

	if (read_content(root, "/proc/stat", content, sizeof(content)) == 0 || strncmp(content, "cpu ", 4) != 0) {
		return false;
	}
	here += 4;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char *end = NULL;

		values[i] = strtoull(here, &end, 10);
		if (end == here) {
			return i > 3; /* the first four have been there always */
		}
		here = end;
	}
	*times = (struct machine_times){
	    .user = values[0],
	    .background = values[1],
	    .kernel = values[2],
	    .interrupt = values[5] + values[6],
	    .idle = values[3] + values[4] + values[7],
	};
	return true;
}

void
machine_cpu_tick(struct machine_cpu *cpu, int64_t now)
{
	struct machine_times times;

	if (now >= cpu->due && machine_read_times("", &times)) {
		cpu->before = cpu->last;
		cpu->last = times;
		cpu->due = now + MACHINE_CPU_EVERY;
	}
}

bool
machine_cpu_share(const struct machine_cpu *cpu, struct machine_times *percent)
{
	const struct machine_times did = {
	    .user = cpu->last.user - cpu->before.user,
	    .background = cpu->last.background - cpu->before.background,
	    .kernel = cpu->last.kernel - cpu->before.kernel,
	    .interrupt = cpu->last.interrupt - cpu->before.interrupt,
	    .idle = cpu->last.idle - cpu->before.idle,
	};
	const uint64_t all = did.user + did.background + did.kernel + did.interrupt + did.idle;

	if (all == 0) {
		return false;
	}
	*percent = (struct machine_times){
	    .user = did.user * FULL / all,
	    .background = did.background * FULL / all,
	    .kernel = did.kernel * FULL / all,
	    .interrupt = did.interrupt * FULL / all,
	};
	/* So that they are a hundred. */
	percent->idle = FULL - percent->user - percent->background - percent->kernel - percent->interrupt;
	return true;
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

/* "Name:   1234 kB" */
static uint64_t
value_of(const char *content, const char *name)
{
	const size_t length = strlen(name);

	while (content != NULL && *content != '\0') {
		if (strncmp(content, name, length) == 0 && content[length] == ':') {
			return strtoull(content + length + 1, NULL, 10);
		}
		content = strchr(content, '\n');
		content = content == NULL ? NULL : content + 1;
	}
	return 0;
}

bool
machine_read_memory(const char *root, struct machine_memory *memory)
{
	char content[CONTENT];

	if (read_content(root, "/proc/meminfo", content, sizeof(content)) == 0) {
		return false;
	}
	*memory = (struct machine_memory){
	    .total = value_of(content, "MemTotal"),
	    .free = value_of(content, "MemFree"),
	    .available = value_of(content, "MemAvailable"),
	    .buffers = value_of(content, "Buffers"),
	    .cached = value_of(content, "Cached"),
	    .swap_total = value_of(content, "SwapTotal"),
	    .swap_free = value_of(content, "SwapFree"),
	    .huge_total = value_of(content, "HugePages_Total"),
	    .huge_free = value_of(content, "HugePages_Free"),
	    .huge_size = value_of(content, "Hugepagesize"),
	};
	return memory->total > 0;
}

/* --- sensors ---------------------------------------------------------------------------------------------------- */

/* The sensors that were found, and where. */
struct search {
	const char *root;
	struct machine_sensor *list;
	size_t most;
	size_t count;
};

/* A number in a file below `folder`; false: there is none. */
static bool
read_number(const struct search *search, const char *folder, const char *name, int64_t *number)
{
	char path[LINE * 2];
	char line[LINE];
	char *end = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	machine_read_line(search->root, path, line, sizeof(line));
	*number = strtoll(line, &end, 10);
	return end != line;
}

static void
read_words(const struct search *search, const char *folder, const char *name, char *line)
{
	char path[LINE * 2];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	machine_read_line(search->root, path, line, MACHINE_NAME);
}

/* "coretemp Package id 0"; of what has no label the number. */
static void
name_sensor(const struct search *search, const char *folder, const char *input, struct machine_sensor *sensor)
{
	char chip[MACHINE_NAME];
	char label[MACHINE_NAME];
	char file[LINE];

	read_words(search, folder, "name", chip);
	(void)snprintf(file, sizeof(file), "%s_label", input);
	read_words(search, folder, file, label);
	(void)snprintf(sensor->name, sizeof(sensor->name), "%.30s %.30s", chip[0] == '\0' ? "sensor" : chip,
	    label[0] == '\0' ? input : label);
}

/* temp1_input, fan1_input and so on of a chip. */
static void
read_chip(struct search *search, const char *folder)
{
	static const struct {
		const char *name;
		enum machine_sensor_kind kind;
	} kinds[] = {{"temp", MACHINE_TEMPERATURE}, {"fan", MACHINE_FAN}};

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		for (unsigned number = 1; number <= INPUTS && search->count < search->most; number++) {
			struct machine_sensor *sensor = &search->list[search->count];
			int64_t limit = 0;
			char input[LINE / 4];
			char file[LINE];

			(void)snprintf(input, sizeof(input), "%s%u", kinds[kind].name, number);
			(void)snprintf(file, sizeof(file), "%s_input", input);
			*sensor = (struct machine_sensor){.kind = kinds[kind].kind};
			if (!read_number(search, folder, file, &sensor->value)) {
				continue;
			}
			name_sensor(search, folder, input, sensor);
			(void)snprintf(file, sizeof(file), "%s_crit", input);
			sensor->critical = kinds[kind].kind == MACHINE_TEMPERATURE &&
			    read_number(search, folder, file, &limit) && limit > 0 && sensor->value >= limit;
			(void)snprintf(file, sizeof(file), "%s_alarm", input);
			sensor->critical |= read_number(search, folder, file, &limit) && limit != 0;
			search->count++;
		}
	}
}

/* A zone of the kernel's own thermal management. */
static void
read_zone(struct search *search, const char *folder)
{
	struct machine_sensor *sensor = &search->list[search->count];
	char type[MACHINE_NAME];

	if (search->count == search->most) {
		return;
	}
	*sensor = (struct machine_sensor){.kind = MACHINE_TEMPERATURE};
	if (read_number(search, folder, "temp", &sensor->value)) {
		read_words(search, folder, "type", type);
		(void)snprintf(sensor->name, sizeof(sensor->name), "%s", type[0] == '\0' ? "thermal zone" : type);
		search->count++;
	}
}

static int
is_numbered(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strpbrk(entry->d_name, "0123456789") != NULL;
}

/* The folders below `folder` whose names begin with `name`, in order. */
static void
walk(struct search *search, const char *folder, const char *name, void (*each)(struct search *, const char *))
{
	struct text whole = TEXT_EMPTY;
	struct dirent **entries = NULL;
	int count;

	text_printf(&whole, "%s%s", search->root, folder);
	count = text_failed(&whole) ? 0 : scandir(text_string(&whole), &entries, is_numbered, versionsort);
	for (int i = 0; i < count; i++) {
		char path[LINE];
		const int length = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);

		if (length < (int)sizeof(path) && strncmp(entries[i]->d_name, name, strlen(name)) == 0) {
			each(search, path);
		}
		free(entries[i]);
	}
	free(entries);
	text_release(&whole);
}

size_t
machine_read_sensors(const char *root, struct machine_sensor *list, size_t most)
{
	struct search search = {.root = root, .list = list, .most = most};

	walk(&search, "/sys/class/hwmon", "hwmon", read_chip);
	walk(&search, "/sys/class/thermal", "thermal_zone", read_zone);
	return search.count;
}
