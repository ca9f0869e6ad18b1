/*
 * What a user sets for a session of the command line: set cli ..., and show cli. The gateway knows nothing of it.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct cli_settings {
	uint32_t length;       /* of the screen: lines; 0: no stops */
	uint32_t width;        /* columns; 0: lines are not broken */
	bool length_set;       /* else the terminal says */
	bool width_set;
	bool timestamp;        /* before each command's output */
	bool no_space;         /* a space completes nothing */
	uint32_t idle_timeout; /* minutes; 0: none */
};

/*
 * Does the line belong to the settings? Then it is done: what it shows is in `out`, what is wrong with it in `error`, with
 * its place in the line. => operational mode, or behind run
 */
bool cli_settings_take(struct cli_settings *settings, const char *line, struct text *out, struct text *error,
    size_t *column) __attribute__((warn_unused_result));
/* The time now, as the settings show it: "Nov 20 11:02:03". */
void cli_settings_time(struct text *out);

#endif
