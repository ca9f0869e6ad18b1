/*
 * Configuration mode: the verbs beyond set and delete, and who edits.
 */
#include <assert.h>
#include <string.h>

#include "access.h"
#include "command.h"
#include "command_line.h"
#include "conf/verbs.h"
#include "editing.h"

enum command_outcome
command_verb(struct session *session, const struct op_command *command)
{
	enum conf_edit_verb edit;
	const bool edits = command_line_edits(command, &edit);

	assert(edits); /* its row in commands.def says so */
	return edits ? command_change(session, command, edit) : COMMAND_WRONG;
}

/* The last " to " outside of quotation marks, else the beginning. */
static const char *
last_to(const char *words)
{
	const char *to = words;
	bool inside = false;

	for (const char *at = words; *at != '\0'; at++) {
		if (*at == '\\' && inside && at[1] != '\0') {
			at++;
		} else if (*at == '"') {
			inside = !inside;
		} else if (!inside && strncmp(at, " to ", strlen(" to ")) == 0) {
			to = at;
		}
	}
	return to;
}

/* A copy has another name: what may not be seen under the first one would be seen under that. */
enum command_outcome
command_copy(struct session *session, const struct op_command *command)
{
	const char *words = op_value(command->request.root, "statement");
	const char *to = words == NULL ? NULL : last_to(words);
	struct text source = TEXT_EMPTY;

	text_append_bytes(&source, words == NULL ? "" : words, words == NULL ? 0 : (size_t)(to - words));
	const bool sees = !text_failed(&source) && access_sees(session, text_string(&source), ACCESS_ALL);

	text_release(&source);
	if (!sees) {
		access_tell_denied(session);
		return COMMAND_WRONG;
	}
	return command_change(session, command, CONF_EDIT_COPY);
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
	*counted = (struct counted){.editor = editing_editor(session)};
	return true;
}

static enum command_outcome
end(struct session *session, struct counted *counted, bool good, const char *what)
{
	editing_keep_level(session, &counted->editor);
	/* That something is not there is told to those who may see it. */
	if (access_hides(session, &counted->list)) {
		access_tell_denied(session);
		good = false;
	} else if (access_guard_denies(session)) {
		good = false; /* told at its end, and nothing before */
	} else {
		access_diagnose(session, &counted->list);
	}
	diagnostics_release(&counted->list);
	if (!good) {
		return COMMAND_WRONG;
	}
	editing_set_changed(session, editing_changed(session) || counted->count > 0);
	session_sayf(session, "%u %s%s", counted->count, what, counted->count == 1 ? "" : "s");
	return COMMAND_DONE;
}

static void
say_match(void *context, const char *name)
{
	session_sayf(context, "  matched: %s", name);
}

/*
 * A pattern fits what the session sees, and nothing else: what it does not see is not found out by patterns. What fits is told
 * first, and the front end asks whether that is meant.
 */
enum command_outcome
command_wildcard_delete(struct session *session, const struct op_command *command)
{
	const char *words = op_value(command->request.root, "statement");
	const bool answered = session->content.length > 0;
	struct conf_wildcard order = {
	    .words = words == NULL ? "" : words, .look = !answered, .each = answered ? NULL : say_match, .context = session};
	struct access_view view;
	struct counted counted;

	if (answered && strcmp(text_string(&session->content), "yes") != 0) {
		return COMMAND_DONE;
	}
	if (!begin(session, &counted)) {
		return COMMAND_WRONG;
	}
	bool good = access_view_names(session, counted.editor.tree, &view);

	if (good) {
		order.seen = view.copy;
		good = conf_edit_wildcard(&counted.editor, &order, &counted.count, &counted.list);
		access_view_end(&view);
	} else {
		counted.list.failed = true;
	}
	if (!good || answered) {
		return end(session, &counted, good, "statement");
	}
	editing_keep_level(session, &counted.editor);
	diagnostics_release(&counted.list);
	text_printf(&session->question, "  Delete %u object%s? [yes,no] (no) ", counted.count, counted.count == 1 ? "" : "s");
	return COMMAND_QUESTION;
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

/* delete alone is about all of the level: asked at a terminal, and of nobody else, whose statement may have got lost. */
enum command_outcome
command_delete(struct session *session, const struct op_command *command)
{
	struct counted counted;

	if (op_value(command->request.root, "statement") != NULL) {
		return command_change(session, command, CONF_EDIT_DELETE);
	}
	if (session->indent == OP_INDENT_ECHO) {
		session_failf(session, "error: a statement is expected behind delete; everything at a level is deleted at a terminal only\n");
		return COMMAND_WRONG;
	}
	if (session->content.length == 0) {
		session_say(session, session->level.length == 0 ? "This will delete the entire configuration" :
		                                                  "This will delete all statements at this level");
		text_append(&session->question, "Delete everything under this level? [yes,no] (no) ");
		return COMMAND_QUESTION;
	}
	if (strcmp(text_string(&session->content), "yes") != 0) {
		return COMMAND_DONE;
	}
	if (!begin(session, &counted)) {
		return COMMAND_WRONG;
	}
	return end(session, &counted, conf_edit_clear(&counted.editor, &counted.count, &counted.list), "statement");
}
