/*
 * Commands that help.
 */
#ifndef MGD_COMMAND_HELP_H
#define MGD_COMMAND_HELP_H

#include "command.h"

/* help apropos WORD, of both modes. */
command_function command_apropos;
/* help reference STATEMENT, help topic WORD, of both modes. */
command_function command_reference;
command_function command_topic;

#endif
