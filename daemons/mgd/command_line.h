/*
 * The statement of a command as it was typed: shortened keywords become whole, and what is wrong gets a caret.
 */
#ifndef MGD_COMMAND_LINE_H
#define MGD_COMMAND_LINE_H

#include "command.h"

/*
 * Completes the keywords of the command's statement; a command without one stays as it is. A word that cannot be read
 * is pointed at, and the verb says what is wrong with it. False: a word is ambiguous, or memory is short, which was told.
 */
bool command_line_expand(struct session *session, const char *line, struct op_command *command)
    __attribute__((warn_unused_result));

/*
 * Appends the line with its keywords whole, for who looks for one of them in it. False, with nothing appended: it is not
 * of a known form, or does not read.
 */
bool command_line_whole(struct session *session, const char *line, struct text *out)
    __attribute__((warn_unused_result));

/* What one function of lib/conf does to the candidate for the command. False: a function of its own does it, or nothing. */
bool command_line_edits(const struct op_command *command, enum conf_edit_verb *edit) __attribute__((warn_unused_result));

/* Settings of the command line, which keeps them by itself: another front end has none. */
command_function command_of_front_end;
/* Files of whoever uses the command line. */
command_function command_of_user;

#endif
