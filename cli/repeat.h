/*
 * A typed line, with what the command line does about it by itself: its settings, the time before output, and running a
 * command again and again (| refresh).
 */
#ifndef CLI_REPEAT_H
#define CLI_REPEAT_H

#include "command.h"

enum cli_result cli_line_run(struct cli_session *session, const struct cli_place *place, const char *line)
    __attribute__((warn_unused_result));

#endif
