/*
 * Configuration mode: the verbs beyond set and delete, and who edits.
 */
#include "command.h"
#include "conf/verbs.h"
#include "editing.h"

enum command_outcome
command_rename(struct session *session, const struct op_command *command)
{
	return command_change(session, command, conf_edit_rename);
}

enum command_outcome
command_copy(struct session *session, const struct op_command *command)
{
	return command_change(session, command, conf_edit_copy);
}

enum command_outcome
command_annotate(struct session *session, const struct op_command *command)
{
	return command_change(session, command, conf_edit_annotate);
}

enum command_outcome
command_protect(struct session *session, const struct op_command *command)
{
	return command_change(session, command, conf_edit_protect);
}

enum command_outcome
command_unprotect(struct session *session, const struct op_command *command)
{
	return command_change(session, command, conf_edit_unprotect);
}

/* What a verb changed that counts what it did; nothing changes while a commit is under way. */
struct counted {
	struct conf_editor editor;
	struct diagnostics list;
	uint32_t count;
};

static bool
begin(struct session *session, struct counted *counted)
{
	if (!editing_allowed(session)) {
		return false;
	}
	*counted = (struct counted){.editor = session_editor(session)};
	return true;
}

static enum command_outcome
end(struct session *session, struct counted *counted, bool good, const char *what)
{
	session_keep_level(session, &counted->editor);
	session_diagnose(session, &counted->list);
	diagnostics_release(&counted->list);
	if (!good) {
		return COMMAND_WRONG;
	}
	editing_set_changed(session, editing_changed(session) || counted->count > 0);
	session_sayf(session, "%u %s%s", counted->count, what, counted->count == 1 ? "" : "s");
	return COMMAND_DONE;
}

enum command_outcome
command_wildcard_delete(struct session *session, const struct op_command *command)
{
	struct counted counted;

	if (!begin(session, &counted)) {
		return COMMAND_WRONG;
	}
	const bool good = conf_edit_wildcard_delete(&counted.editor, op_value(command->request.root, "statement"),
	    &counted.count, &counted.list);

	return end(session, &counted, good, "statement");
}

enum command_outcome
command_wildcard_range(struct session *session, const struct op_command *command)
{
	struct counted counted;

	if (!begin(session, &counted)) {
		return COMMAND_WRONG;
	}
	const bool good = conf_edit_wildcard_range(&counted.editor, op_value(command->request.root, "statement"),
	    &counted.count, &counted.list);

	return end(session, &counted, good, "statement");
}

enum command_outcome
command_replace(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	const char *with = op_value(request, "with");
	const struct conf_replacement order = {
	    .pattern = op_value(request, "pattern"),
	    .with = with == NULL ? "" : with,
	    .most = (uint32_t)op_number(request, "upto", 0),
	};
	struct counted counted;

	if (!begin(session, &counted)) {
		return COMMAND_WRONG;
	}
	const bool good = conf_edit_replace(&counted.editor, &order, &counted.count, &counted.list);

	return end(session, &counted, good, "replacement");
}

enum command_outcome
command_status(struct session *session, const struct op_command *command)
{
	(void)command;
	(void)editing_tell_editors(session, true);
	return COMMAND_DONE;
}
