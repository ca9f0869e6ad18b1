/*
 * Runs a helper program (`ip`, `nft`) to its end: fixed argument list, no shell, a clean environment, in the network
 * namespace of the calling thread and with its ambient capabilities.
 */
#ifndef FLOWD_PROGRAM_H
#define FLOWD_PROGRAM_H

#include "base/text.h"

/*
 * `arguments` ends with NULL; the first is the program's name, looked for in the system's directories. `input` is what it
 * reads from its standard input, NULL: nothing. Returns its exit status (128 and more: killed by a signal), or -errno when
 * it could not be started. What it wrote to its standard error is appended to `complaint`, line ends made blanks.
 */
int program_run(const char *const *arguments, const char *input, struct text *complaint)
    __attribute__((warn_unused_result));

#endif
