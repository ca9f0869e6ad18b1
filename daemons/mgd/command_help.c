/*
 * Finding commands and statements by a word. See command_help.h.
 */
#include "command_help.h"

enum command_outcome
command_apropos(struct session *session, const struct op_command *command)
{
	const char *word = op_value(command->request.root, "word");
	struct text out = TEXT_EMPTY;

	if (op_apropos(session->mgd->commands, command->rpc->mode, word == NULL ? "" : word, &out) == 0) {
		text_printf(&out, "nothing is about '%s'\n", word == NULL ? "" : word);
	}
	session_print(session, &out);
	text_release(&out);
	return COMMAND_DONE;
}
