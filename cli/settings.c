/*
 * The settings of a session. See settings.h.
 */
#include "settings.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SETTING_WORDS = 6,
	SETTING_NUMBER = 100000,
};

enum setting {
	SETTING_SPACE,
	SETTING_IDLE,
	SETTING_LENGTH,
	SETTING_PROMPT,
	SETTING_WIDTH,
	SETTING_TIMESTAMP,
};

struct setting_row {
	const char *name;
	enum setting setting;
	const char *values; /* what it takes, for errors */
};

static const struct setting_row setting_rows[] = {
    {"complete-on-space", SETTING_SPACE, "on or off"},
    {"idle-timeout", SETTING_IDLE, "a number of minutes in 0..100000 (0: none)"},
    {"prompt", SETTING_PROMPT, "a text of 1 to 64 characters, in quotation marks when it has blanks"},
    {"screen-length", SETTING_LENGTH, "a number of lines in 0..100000 (0: no paging)"},
    {"screen-width", SETTING_WIDTH, "a number of columns: 0, or 40..1024"},
    {"timestamp", SETTING_TIMESTAMP, "nothing, or disable"},
};

enum {
	SETTING_ROWS = sizeof(setting_rows) / sizeof(setting_rows[0]),
};

struct setting_word {
	const char *start;
	size_t length;
};

static size_t
split(const char *line, struct setting_word words[SETTING_WORDS])
{
	size_t count = 0;

	for (const char *at = line; count < SETTING_WORDS; at += words[count++].length) {
		at += strspn(at, " \t");
		words[count] = (struct setting_word){.start = at, .length = strcspn(at, " \t|")};
		if (*at == '"') {
			const char *end = strchr(at + 1, '"');

			words[count].length = end == NULL ? strlen(at) : (size_t)(end + 1 - at);
		}
		if (words[count].length == 0) {
			break;
		}
	}
	return count;
}

/* Is the word `name`, or at least `least` letters of it? */
static bool
means(const struct setting_word *word, const char *name, size_t least)
{
	return word->length >= least && word->length <= strlen(name) && strncmp(word->start, name, word->length) == 0;
}

static bool
read_number(const struct setting_word *word, uint32_t *number)
{
	char *end = NULL;
	const unsigned long value = isdigit((unsigned char)*word->start) ? strtoul(word->start, &end, 10) : ULONG_MAX;

	*number = (uint32_t)value;
	return value <= SETTING_NUMBER && end == word->start + word->length;
}

/* Without its quotation marks. False: it is too long, or none. */
static bool
put_prompt(struct cli_settings *settings, const struct setting_word *value)
{
	const bool quoted = value != NULL && value->length >= 2 && *value->start == '"' && value->start[value->length - 1] == '"';
	const size_t length = value == NULL ? 0 : value->length - (quoted ? 2 : 0);

	if (length == 0 || length >= sizeof(settings->prompt)) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)value->start[i + (quoted ? 1 : 0)];

		if (c < ' ' || c == 0x7f) {
			return false;
		}
	}
	memcpy(settings->prompt, value->start + (quoted ? 1 : 0), length);
	settings->prompt[length] = '\0';
	if (strcmp(settings->prompt, "user@host") == 0) {
		settings->prompt[0] = '\0';
	}
	return true;
}

/* Sets one. False: the value is none. `value` is NULL when there is none. */
static bool
put(struct cli_settings *settings, enum setting setting, const struct setting_word *value)
{
	uint32_t number = 0;

	switch (setting) {
	case SETTING_SPACE:
		if (value == NULL || !(means(value, "on", 2) || means(value, "off", 2))) {
			return false;
		}
		settings->no_space = means(value, "off", 2);
		return true;
	case SETTING_TIMESTAMP:
		if (value != NULL && !means(value, "disable", 1)) {
			return false;
		}
		settings->timestamp = value == NULL;
		return true;
	case SETTING_PROMPT:
		return put_prompt(settings, value);
	case SETTING_IDLE:
		if (value == NULL || !read_number(value, &number)) {
			return false;
		}
		settings->idle_timeout = number;
		return true;
	case SETTING_LENGTH:
		if (value == NULL || !read_number(value, &number)) {
			return false;
		}
		settings->length = number;
		settings->length_set = true;
		return true;
	case SETTING_WIDTH:
		if (value == NULL || !read_number(value, &number) || (number != 0 && (number < 40 || number > 1024))) {
			return false;
		}
		settings->width = number;
		settings->width_set = true;
		return true;
	}
	return false;
}

static void
tell(const struct cli_settings *settings, enum setting setting, struct text *out)
{
	switch (setting) {
	case SETTING_SPACE:
		text_printf(out, "CLI complete-on-space set to %s\n", settings->no_space ? "off" : "on");
		break;
	case SETTING_IDLE:
		if (settings->idle_timeout == 0) {
			text_append(out, "CLI idle-timeout disabled\n");
		} else {
			text_printf(out, "CLI idle-timeout set to %u minutes\n", settings->idle_timeout);
		}
		break;
	case SETTING_LENGTH:
		text_printf(out, "CLI screen-length set to %u\n", settings->length);
		break;
	case SETTING_PROMPT:
		text_printf(out, "CLI prompt set to '%s'\n", settings->prompt[0] == '\0' ? "user@host" : settings->prompt);
		break;
	case SETTING_WIDTH:
		text_printf(out, "CLI screen-width set to %u\n", settings->width);
		break;
	case SETTING_TIMESTAMP:
		text_printf(out, "CLI timestamp %s\n", settings->timestamp ? "set to: %b %d %T" : "disabled");
		break;
	}
}

static size_t
refuse(const char *line, const struct setting_word *word, struct text *error)
{
	text_append(error, "syntax error, possible: ");
	for (size_t i = 0; i < SETTING_ROWS; i++) {
		text_printf(error, "%s%s", i == 0 ? "" : ", ", setting_rows[i].name);
	}
	return (size_t)(word->start - line);
}

void
cli_settings_remember(struct cli_settings *settings, const char *line)
{
	struct text entry = TEXT_EMPTY;

	text_append(&entry, "  ");
	cli_settings_time(&entry);
	text_printf(&entry, " -- %s", line);
	free(settings->history[settings->history_count % CLI_HISTORY]);
	settings->history[settings->history_count++ % CLI_HISTORY] = text_take(&entry);
	text_release(&entry);
}

void
cli_settings_release(struct cli_settings *settings)
{
	for (size_t i = 0; i < CLI_HISTORY; i++) {
		free(settings->history[i]);
		settings->history[i] = NULL;
	}
}

static void
show_history(const struct cli_settings *settings, uint32_t most, struct text *out)
{
	const size_t kept = settings->history_count < CLI_HISTORY ? settings->history_count : CLI_HISTORY;
	const size_t count = most < kept ? most : kept;

	for (size_t i = settings->history_count - count; i < settings->history_count; i++) {
		const char *entry = settings->history[i % CLI_HISTORY];

		text_printf(out, "%s\n", entry == NULL ? "  out of memory" : entry);
	}
}

bool
cli_settings_take(struct cli_settings *settings, const char *line, struct text *out, struct text *error, size_t *column)
{
	struct setting_word words[SETTING_WORDS];
	const size_t count = split(line, words);
	const struct setting_row *row = NULL;

	if (count < SETTING_WORDS && *words[count].start != '\0') {
		return false; /* a filter */
	}
	if (count == 2 && means(&words[0], "show", 2) && means(&words[1], "cli", 3)) {
		for (size_t i = 0; i < SETTING_ROWS; i++) {
			tell(settings, setting_rows[i].setting, out);
		}
		return true;
	}
	if ((count == 3 || count == 4) && means(&words[0], "show", 2) && means(&words[1], "cli", 3) && means(&words[2], "history", 1)) {
		uint32_t most = CLI_HISTORY;

		if (count == 4 && !read_number(&words[3], &most)) {
			text_append(error, "history takes how many of the last commands");
			*column = (size_t)(words[3].start - line);
			return true;
		}
		show_history(settings, most, out);
		return true;
	}
	if (count < 2 || !means(&words[0], "set", 2) || !means(&words[1], "cli", 1)) {
		return false;
	}
	for (size_t i = 0; count > 2 && i < SETTING_ROWS; i++) {
		/* screen- may be two of them */
		row = means(&words[2], setting_rows[i].name, *setting_rows[i].name == 's' ? 8 : 1) ? &setting_rows[i] : row;
	}
	if (row == NULL) {
		*column = refuse(line, &words[count > 2 ? 2 : count], error);
	} else if (count > 4 || !put(settings, row->setting, count > 3 ? &words[3] : NULL)) {
		text_printf(error, "%s takes %s", row->name, row->values);
		*column = (size_t)(words[count > 4 ? 4 : 3].start - line);
	} else {
		tell(settings, row->setting, out);
	}
	return true;
}

void
cli_settings_time(struct text *out)
{
	const time_t now = time(NULL);
	struct tm local;
	char line[64] = "";

	if (localtime_r(&now, &local) != NULL) {
		(void)strftime(line, sizeof(line), "%b %d %H:%M:%S", &local);
	}
	text_append(out, line);
}
