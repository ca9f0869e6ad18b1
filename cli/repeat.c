/*
 * Lines that are more than a command. See repeat.h.
 */
#include "repeat.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/output.h"
#include "pager.h"
#include "pipe.h"

#define CLEAR_SCREEN "\033[H\033[2J"

/* The rest of the line behind `run`, in configuration mode; the line itself in operational mode; else NULL. */
static const char *
operational(const struct cli_session *session, const char *line)
{
	const char *start = line + strspn(line, " \t");

	if (cli_session_prompt(session)->mode != IPC_MODE_CONFIGURE) {
		return start;
	}
	return strncmp(start, "run ", 4) == 0 ? start + 4 : NULL;
}

/* Does what the settings can do. False: the line is none of theirs. */
static bool
run_settings(struct cli_session *session, const struct cli_place *place, const char *line, enum cli_result *result)
{
	const char *words = operational(session, line);
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	if (place->settings == NULL || words == NULL ||
	    !cli_settings_take(place->settings, words, &out, &error, &column)) {
		return false;
	}
	*result = CLI_OK;
	if (error.length > 0) {
		if (place->indent == IPC_INDENT_ECHO) {
			text_printf(&out, "%s\n", line);
		} else {
			text_append_repeated(&out, ' ', place->indent);
		}
		text_append_repeated(&out, ' ', (size_t)(words - line) + column);
		text_printf(&out, "^\n%s\n", text_string(&error));
		*result = CLI_FAILED;
	}
	if (!output_all(error.length > 0 ? place->error : place->output, text_string(&out), out.length)) {
		*result = CLI_FAILED;
	}
	text_release(&out);
	text_release(&error);
	return true;
}

/* Waits, at most so many seconds. False: a key was hit, or Ctrl-C. */
static bool
wait_seconds(const struct cli_place *place, unsigned seconds)
{
	struct pollfd wait[2] = {
	    {.fd = place->keys, .events = POLLIN},
	    {.fd = place->interrupt, .events = POLLIN},
	};
	struct termios before;
	const bool keys = place->keys >= 0 && tcgetattr(place->keys, &before) == 0;

	if (keys) {
		struct termios raw = before;

		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
		(void)tcsetattr(place->keys, TCSADRAIN, &raw);
	}
	const int ready = poll(wait, 2, (int)seconds * 1000);

	if (keys) {
		char key;

		if (ready > 0 && (wait[0].revents & POLLIN) != 0) {
			(void)!read(place->keys, &key, 1);
		}
		(void)tcsetattr(place->keys, TCSADRAIN, &before);
	}
	return ready == 0;
}

static void
tell_time(const struct cli_place *place, const char *before, const char *after)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, before);
	cli_settings_time(&out);
	text_append(&out, after);
	(void)output_all(place->output, text_string(&out), out.length);
	text_release(&out);
}

/* After how many seconds the line's command is to run again; 0: not. What is wrong with the line is told when it runs. */
static unsigned
refresh_of(const char *line)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	size_t column;
	unsigned seconds = 0;

	if (strchr(line, '|') != NULL && cli_pipeline_parse(&pipeline, line, &column, &error)) {
		seconds = pipeline.refresh;
		cli_pipeline_release(&pipeline);
	}
	text_release(&error);
	return seconds;
}

/* Is it `monitor WHAT`, in words that may be shortened? */
static bool
monitors(const char *words, const char *what, size_t least)
{
	size_t length = strcspn(words, " \t");

	if (length < 2 || length > strlen("monitor") || strncmp("monitor", words, length) != 0) {
		return false;
	}
	words += length + strspn(words + length, " \t");
	length = strcspn(words, " \t");
	return length >= least && length <= strlen(what) && strncmp(what, words, length) == 0;
}

/* monitor interface, and nothing that filters it: at a terminal it goes on until a key is hit. */
static bool
goes_on(const struct cli_session *session, const struct cli_place *place, const char *line)
{
	const char *words = operational(session, line);

	return place->keys >= 0 && words != NULL && strchr(words, '|') == NULL && monitors(words, "interface", 1);
}

/* What comes later goes through no filter of the line: it is better said than passed over. */
static bool
filters_nothing(const struct cli_session *session, const struct cli_place *place, const char *line)
{
	static const char refusal[] = "error: monitor start takes no filter\n";
	const char *words = operational(session, line);

	if (words == NULL || strchr(words, '|') == NULL || !monitors(words, "start", 3)) {
		return false;
	}
	(void)output_all(place->error, refusal, strlen(refusal));
	return true;
}

enum cli_result
cli_line_run(struct cli_session *session, const struct cli_place *place, const char *line)
{
	const bool on = goes_on(session, place, line);
	const unsigned seconds = on ? 1 : refresh_of(line);
	enum cli_result result = CLI_OK;

	if (filters_nothing(session, place, line)) {
		return CLI_FAILED;
	}
	if (run_settings(session, place, line, &result)) {
		return result;
	}
	if (place->settings != NULL && place->settings->timestamp && line[strspn(line, " \t")] != '\0') {
		tell_time(place, "", "\n");
	}
	if (seconds == 0) {
		return cli_command_run(session, place, line);
	}
	do {
		if (on) {
			(void)output_all(place->output, CLEAR_SCREEN, strlen(CLEAR_SCREEN));
		}
		tell_time(place, "---(refreshed at ", ")---\n");
		result = cli_command_run(session, place, line);
	} while (result == CLI_OK && wait_seconds(place, seconds));
	return result;
}
