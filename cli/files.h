/*
 * load and save: files are read and written here, with the rights of whoever types, never by the gateway.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "base/text.h"
#include "session.h"

/* The word at `line` if it is `command` or begins it with at least `least` letters; behind it, else NULL. */
const char *cli_files_command(const char *line, const char *command, size_t least);
/*
 * Reads what a load command names, or standard input for "terminal". False with a sentence in `error`. What is no file at
 * all ("load merge") is left to the gateway to complain about: then `content` is empty.
 */
bool cli_files_read(const char *line, int prompt, struct text *content, struct text *error)
    __attribute__((warn_unused_result));
/* Writes a file that only its owner may read, whole or not at all. False with a sentence in `error`. */
bool cli_files_write(const char *words, const struct text *content, struct text *said, struct text *error)
    __attribute__((warn_unused_result));

#endif
