/*
 * The supervisor's roster. See roster.h.
 */
#include "ipc/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"

enum {
	ROSTER_LINE = ROSTER_NAME + ROSTER_FAILURE + 16,
};

static const char *const state_names[ROSTER_STATES] = {
    [ROSTER_STARTING] = "starting",
    [ROSTER_RUNNING] = "running",
    [ROSTER_WAITING] = "waiting",
};

const char *
roster_state_name(enum roster_state state)
{
	return state_names[state];
}

void
roster_path(const char *state, struct text *out)
{
	text_printf(out, "%s/run/daemons", state);
}

static void
render(const struct roster_entry *entry, struct text *out)
{
	text_printf(out, "%s %s", entry->name, state_names[entry->state]);
	if (entry->failure[0] != '\0') {
		text_append_char(out, ' ');
	}
	for (const char *at = entry->failure; *at != '\0'; at++) {
		text_append_char(out, *at == '\n' ? ' ' : *at);
	}
	text_append_char(out, '\n');
}

bool
roster_write(const char *path, gid_t group, const struct roster_entry *entries, size_t count)
{
	struct text content = TEXT_EMPTY;
	struct text fresh = TEXT_EMPTY;
	bool good = false;
	int file = -1;

	for (size_t i = 0; i < count; i++) {
		render(&entries[i], &content);
	}
	text_printf(&fresh, "%s.new", path);
	if (text_failed(&content) || text_failed(&fresh)) {
		errno = ENOMEM;
	} else {
		file = open(text_string(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	}
	if (file >= 0) {
		good = fchown(file, (uid_t)-1, group) == 0 && output_all(file, text_string(&content), content.length);
		good = close(file) == 0 && good;
		good = good && rename(text_string(&fresh), path) == 0;
	}
	text_release(&content);
	text_release(&fresh);
	return good;
}

/* False: it is no such line. */
static bool
take_line(char *line, struct roster_entry *entry)
{
	char *state = strchr(line, ' ');
	char *failure;

	*entry = (struct roster_entry){.state = ROSTER_STATES};
	if (state == NULL || state == line || state - line >= ROSTER_NAME) {
		return false;
	}
	*state++ = '\0';
	failure = strchr(state, ' ');
	if (failure != NULL) {
		*failure++ = '\0';
		(void)snprintf(entry->failure, sizeof(entry->failure), "%s", failure);
	}
	for (int i = 0; i < ROSTER_STATES; i++) {
		if (strcmp(state, state_names[i]) == 0) {
			entry->state = (enum roster_state)i;
		}
	}
	memcpy(entry->name, line, strlen(line) + 1);
	return entry->state != ROSTER_STATES;
}

size_t
roster_read(const char *path, struct roster_entry *entries, size_t most)
{
	char line[ROSTER_LINE];
	FILE *file = fopen(path, "re");
	size_t count = 0;

	while (file != NULL && count < most && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (take_line(line, &entries[count])) {
			count++;
		}
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	return count;
}

const struct roster_entry *
roster_find(const struct roster_entry *entries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(entries[i].name, name) == 0) {
			return &entries[i];
		}
	}
	return NULL;
}
