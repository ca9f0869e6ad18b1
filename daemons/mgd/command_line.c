/*
 * Statements of command lines. See command_line.h.
 */
#include "command_line.h"

#include <string.h>

#include "conf/line.h"
#include "editing.h"

/* The commands whose argument is a statement at the edit level. */
struct verb {
	const char *rpc;
	struct conf_line_rule rule;
	bool changes;             /* by `edit` alone; false: a function of its own does it */
	enum conf_edit_verb edit; /* what it does to the candidate */
};

static const struct verb verbs[] = {
    {.rpc = "configuration-set", .rule = {.whole = true}},
    {.rpc = "configuration-edit", .rule = {.whole = true}},
    {"configuration-delete", {.until = NULL}, true, CONF_EDIT_DELETE},
    {"configuration-activate", {.until = NULL}, true, CONF_EDIT_ACTIVATE},
    {"configuration-deactivate", {.until = NULL}, true, CONF_EDIT_DEACTIVATE},
    {"configuration-protect", {.until = NULL}, true, CONF_EDIT_PROTECT},
    {"configuration-unprotect", {.until = NULL}, true, CONF_EDIT_UNPROTECT},
    {"configuration-annotate", {.but_last = true}, true, CONF_EDIT_ANNOTATE},
    {"configuration-insert", {.until = "before after"}, true, CONF_EDIT_INSERT},
    {"configuration-rename", {.until = "to"}, true, CONF_EDIT_RENAME},
    {.rpc = "configuration-copy", .rule = {.until = "to"}},
    {.rpc = "configuration-wildcard-delete", .rule = {.but_last = true}},
    {.rpc = "configuration-show"},
    {.rpc = "get-configuration"},
};

static const struct verb *
verb_of(const struct op_rpc *rpc)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].rpc, rpc->name) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

/* The same request with other words. False: no memory; then it is what it was. */
static bool
put_words(struct op_command *command, const struct text *words)
{
	struct op_tree request;

	if (text_failed(words)) {
		return false;
	}

	op_tree_start(&request, command->rpc->name);
	for (const struct op_node *node = command->request.root->first; node != NULL; node = node->next) {
		(void)op_add(&request, request.root, node->name, strcmp(node->name, "statement") == 0 ? text_string(words) : node->value);
	}
	if (request.failed) {
		op_tree_release(&request);
		return false;
	}
	op_tree_release(&command->request);
	command->request = request;
	return true;
}

static void
point_at(struct session *session, const char *line, size_t column, const char *message)
{
	struct text out = TEXT_EMPTY;

	op_caret_render(line, column, session->indent, &out);
	text_printf(&out, "%s%s", message, *message == '\0' ? "" : "\n");
	session_fail(session, &out);
	text_release(&out);
}

bool
command_line_expand(struct session *session, const char *line, struct op_command *command)
{
	const struct verb *verb = verb_of(command->rpc);
	const char *words = op_value(command->request.root, "statement");
	struct conf_editor editor = {.tree = session->mgd->running, .level = TEXT_EMPTY};
	struct text expanded = TEXT_EMPTY;
	struct op_error error = OP_ERROR_EMPTY;

	if (verb == NULL || words == NULL) {
		return true;
	}
	if (command->rpc->mode == OP_MODE_CONFIGURATION) {
		editor = editing_editor(session);
	}
	const enum conf_line_state state = conf_line_read(&editor, words, &verb->rule, &expanded, &error);

	if (state != CONF_LINE_READS) {
		point_at(session, line, command->rest + error.column, text_string(&error.message));
	}
	bool good = state != CONF_LINE_AMBIGUOUS;

	if (good && strcmp(words, text_string(&expanded)) != 0 && !put_words(command, &expanded)) {
		session_failf(session, "error: out of memory\n");
		good = false;
	}
	op_error_release(&error);
	text_release(&expanded);
	return good;
}

bool
command_line_whole(struct session *session, const char *line, struct text *out)
{
	const enum op_mode mode =
	    session->mode == IPC_MODE_CONFIGURE ? OP_MODE_CONFIGURATION : OP_MODE_OPERATIONAL;
	struct op_command command = {.rpc = NULL};
	struct op_error error = OP_ERROR_EMPTY;
	struct op_error wrong = OP_ERROR_EMPTY;
	struct text whole = TEXT_EMPTY;
	bool good = op_parse(session->mgd->commands, mode, line, &command, &error) &&
	    mode == OP_MODE_CONFIGURATION && command.rpc != NULL && verb_of(command.rpc) != NULL;
	const char *words = good ? op_value(command.request.root, "statement") : NULL;

	if (words != NULL) {
		const struct conf_editor editor = editing_editor(session);

		good = conf_line_read(&editor, words, &verb_of(command.rpc)->rule, &whole, &wrong) ==
		        CONF_LINE_READS &&
		    !text_failed(&whole);
		if (good) {
			text_printf(out, "%s %s", command.rpc->words, text_string(&whole));
		}
	}
	op_command_release(&command);
	op_error_release(&error);
	op_error_release(&wrong);
	text_release(&whole);
	return good && words != NULL;
}

bool
command_line_edits(const struct op_command *command, enum conf_edit_verb *edit)
{
	const struct verb *verb = verb_of(command->rpc);

	if (verb != NULL && verb->changes) {
		*edit = verb->edit;
	}
	return verb != NULL && verb->changes;
}

/* The front end does it by its user's rights, once it was allowed and written down here. */
enum command_outcome
command_of_user(struct session *session, const struct op_command *command)
{
	(void)session;
	(void)command;
	return COMMAND_DONE;
}

enum command_outcome
command_of_front_end(struct session *session, const struct op_command *command)
{
	session_failf(session, "error: '%s' is of the command line itself and takes no filter\n", command->rpc->words);
	return COMMAND_WRONG;
}
