/*
 * file list, show, copy, delete, rename and compare: what the user of the command line may do with files by the rights of
 * the system, and the class allows (mgd is asked first, and writes down that it was). The gateway's own files are none of these.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Takes output; false: it is not wanted any more. */
typedef bool cli_file_output(void *context, const char *bytes, size_t length);

/* The command behind `file`, or NULL when the line is none of these. A `run` in front is passed over. */
const char *cli_file_command(const char *line) __attribute__((warn_unused_result));
/*
 * What stands for a file of the gateway's logs: "show log messages" for "file show /var/log/messages". False: nothing does.
 */
bool cli_file_log(const char *command, struct text *instead) __attribute__((warn_unused_result));
/* Does it. False with a sentence. => mgd has taken the line */
bool cli_file_run(const char *command, cli_file_output *output, void *context, struct text *error)
    __attribute__((warn_unused_result));

#endif
