/*
 * load: into the candidate. The front end has read the file with its user's rights and sent what stands in it.
 */
#include <string.h>

#include "access.h"
#include "command.h"
#include "conf/load.h"
#include "editing.h"
#include "factory.h"

/* The one mode that the line names. */
static bool
mode_of(const struct op_node *request, enum conf_load_mode *mode)
{
	size_t count = 0;

	for (const struct op_node *node = request->first; node != NULL; node = node->next) {
		count += conf_load_mode_parse(node->name, mode);
	}
	return count == 1;
}

static void
tell_count(struct session *session, const struct diagnostics *list)
{
	session_failf(session, "load complete (%zu error%s): nothing was changed\n", list->errors,
	    list->errors == 1 ? "" : "s");
}

static enum command_outcome
load(struct session *session, const struct conf_load_order *order)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = editing_editor(session);
	const bool verbs = order->mode == CONF_LOAD_SET || order->mode == CONF_LOAD_PATCH;
	const bool good = conf_load_into(&editor, order, &list);

	editing_keep_level(session, &editor);
	/* What these find or miss is told to those who may see it. */
	const bool hides = verbs && access_hides(session, &list);

	if (hides || (good && access_guard_denies(session))) {
		if (hides) {
			access_tell_denied(session);
		}
		diagnostics_release(&list);
		return COMMAND_WRONG;
	}
	access_diagnose_lines(session, &list);
	if (good) {
		editing_set_changed(session, true);
		session_say(session, "load complete");
	} else {
		tell_count(session, &list);
	}
	diagnostics_release(&list);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}

static enum command_outcome
load_factory(struct session *session)
{
	struct text content = TEXT_EMPTY;
	enum command_outcome outcome = COMMAND_WRONG;

	for (const char *const *line = factory_default; *line != NULL; line++) {
		text_printf(&content, "%s\n", *line);
	}
	if (text_failed(&content)) {
		session_failf(session, "error: out of memory\n");
	} else {
		session_say(session, "warning: activating factory configuration");
		outcome = load(session,
		    &(struct conf_load_order){.mode = CONF_LOAD_OVERRIDE, .format = CONF_FORMAT_TEXT, .file = "factory default",
		        .bytes = text_string(&content), .length = content.length});
	}
	text_release(&content);
	return outcome;
}

enum command_outcome
command_load(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	const char *file = op_value(request, "file");
	struct conf_load_order order = {
	    .relative = op_find(request, "relative") != NULL,
	    .format = CONF_FORMAT_AUTO,
	    .no_copies = !permission_unlimited(&session->class),
	    .file = file == NULL ? "terminal" : file,
	    .bytes = text_string(&session->content),
	    .length = session->content.length,
	};

	if (!editing_allowed(session)) {
		return COMMAND_WRONG;
	}
	if (op_find(request, "factory-default") != NULL) {
		return load_factory(session);
	}
	if (!mode_of(request, &order.mode)) {
		session_failf(session, "error: one of merge, override, patch, replace, set and update is expected behind load\n");
		return COMMAND_WRONG;
	}
	if ((file == NULL) == (op_find(request, "terminal") == NULL)) {
		session_failf(session, "error: a file or 'terminal' is expected\n");
		return COMMAND_WRONG;
	}
	if (order.relative && (order.mode == CONF_LOAD_OVERRIDE || order.mode == CONF_LOAD_PATCH)) {
		session_failf(session, "error: %s has all levels: it cannot be loaded relative to one\n",
		    order.mode == CONF_LOAD_PATCH ? "a patch" : "a whole configuration");
		return COMMAND_WRONG;
	}
	if (order.length == 0) {
		session_failf(session, "error: there is nothing to load\n");
		return COMMAND_WRONG;
	}
	return load(session, &order);
}

/* The front end writes the file, with its user's rights; a line that comes here is none of its. */
enum command_outcome
command_save(struct session *session, const struct op_command *command)
{
	(void)command;
	session_failf(session, "error: the front end saves, by 'save' and a file's name alone\n");
	return COMMAND_WRONG;
}
