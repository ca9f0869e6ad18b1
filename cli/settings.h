/*
 * What a user sets for a session of the command line: set cli ..., and show cli. The gateway knows nothing of it.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
	CLI_HISTORY = 1000, /* commands that are remembered */
	CLI_PROMPT = 65,    /* octets with the end */
};

struct cli_settings {
	uint32_t length;       /* of the screen: lines; 0: no stops */
	uint32_t width;        /* columns; 0: lines are not broken */
	bool length_set;       /* else the terminal says */
	bool width_set;
	bool timestamp;        /* before each command's output */
	bool no_space;         /* a space completes nothing */
	uint32_t idle_timeout; /* minutes; 0: none */
	char prompt[CLI_PROMPT]; /* before > and #; "": user@host */
	char *history[CLI_HISTORY]; /* a ring; with times */
	size_t history_count;  /* since the start */
};

/*
 * Does the line belong to the settings? Then it is done: what it shows is in `out`, what is wrong with it in `error`, with
 * its place in the line. => operational mode, or behind run
 */
bool cli_settings_take(struct cli_settings *settings, const char *line, struct text *out, struct text *error,
    size_t *column) __attribute__((warn_unused_result));
/* A line that was typed. */
void cli_settings_remember(struct cli_settings *settings, const char *line);
void cli_settings_release(struct cli_settings *settings);
/* The time now, as the settings show it: "Nov 20 11:02:03". */
void cli_settings_time(struct text *out);

#endif
