/*
 * Running one typed line: its filters here, the rest at the gateway, the output where it belongs.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdint.h>

#include "session.h"
#include "settings.h"

struct cli_place {
	int output;      /* descriptors */
	int error;
	int keys;        /* the terminal for paging; -1: none */
	int interrupt;   /* see struct cli_receiver */
	uint16_t width;  /* of the terminal; 0: none */
	uint16_t indent; /* columns of the prompt, or IPC_INDENT_ECHO */
	struct cli_settings *settings; /* NULL: none */
};

enum cli_result cli_command_run(struct cli_session *session, const struct cli_place *place, const char *line)
    __attribute__((warn_unused_result));

#endif
