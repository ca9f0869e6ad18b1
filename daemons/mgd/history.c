/*
 * Loading, showing and listing what was in force earlier; the rescue configuration. See history.h.
 */
#include "history.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "command.h"

void
history_append_time(int64_t wall, struct text *out)
{
	const time_t seconds = (time_t)wall;
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL) {
		utc = (struct tm){.tm_mday = 1};
	}
	text_printf(out, "%04d-%02d-%02d %02d:%02d:%02d UTC", utc.tm_year + 1900, utc.tm_mon + 1,
	    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

struct conf_tree *
history_load(struct session *session, uint32_t number)
{
	struct mgd *mgd = session->mgd;
	struct store_entry entry;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct conf_tree *tree = NULL;
	bool good;

	/* Without a first commit what is in force is not in the store, but it is rollback 0 all the
	 * same. */
	if (number == 0) {
		tree = conf_tree_copy(mgd->running);
		if (tree == NULL) {
			session_failf(session, "error: out of memory\n");
		}
		return tree;
	}
	if (number == HISTORY_RESCUE && !store_has_rescue(mgd->store)) {
		session_failf(session, "error: there is no rescue configuration\n");
		return NULL;
	}
	good = number == HISTORY_RESCUE ? store_read_rescue(mgd->store, &entry, &content, &error)
					: store_read(mgd->store, number, &entry, &content, &error);
	if (!good) {
		session_failf(session, "error: %s\n", text_string(&error));
	} else if ((tree = mgd_read_stored(mgd, &content, &list)) == NULL) {
		access_diagnose(session, &list);
	}
	diagnostics_release(&list);
	text_release(&content);
	text_release(&error);
	return tree;
}

/* --- showing --------------------------------------------------------------------------------- */

static enum conf_format
format_of(enum op_format format)
{
	static const enum conf_format formats[] = {
	    [OP_FORMAT_TEXT] = CONF_FORMAT_TEXT,
	    [OP_FORMAT_SET] = CONF_FORMAT_SET,
	    [OP_FORMAT_XML] = CONF_FORMAT_XML,
	    [OP_FORMAT_JSON] = CONF_FORMAT_JSON,
	};

	return formats[format];
}

/* What changed from *before to it; NULL: all of it. */
static enum command_outcome
show_kept(
    struct session *session, const struct op_pipe *pipe, uint32_t number, const uint32_t *before)
{
	struct conf_tree *tree = history_load(session, number);
	struct conf_tree *other =
	    tree == NULL || before == NULL ? NULL : history_load(session, *before);
	const enum conf_format format = before == NULL ? format_of(pipe->format) : CONF_FORMAT_TEXT;
	struct access_view seen = {.tree = NULL};
	struct access_view seen_other = {.tree = NULL};
	struct text out = TEXT_EMPTY;
	bool good = tree != NULL && (before == NULL || other != NULL);

	if (good && (!access_view_start(session, tree, &seen) ||
			(other != NULL && !access_view_start(session, other, &seen_other)))) {
		session_failf(session, "error: out of memory\n");
		good = false;
	}
	if (good && other != NULL) {
		conf_compare(seen_other.tree, seen.tree, &out);
	} else if (good) {
		conf_render(conf_tree_top(seen.tree), format, &out);
	}
	if (good) {
		access_view_text(&seen, format, &out);
		session_print(session, &out);
	}
	access_view_end(&seen);
	access_view_end(&seen_other);
	conf_tree_destroy(tree);
	conf_tree_destroy(other);
	text_release(&out);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}

static enum command_outcome
show_one(struct session *session, const struct op_command *command, uint32_t number)
{
	const struct op_node *request = command->request.root;
	uint32_t before = (uint32_t)op_number(request, "compare", 0);
	bool compares = op_find(request, "compare") != NULL;

	if (command->pipe.compare) {
		compares = true;
		before = command->pipe.rollback == OP_COMPARE_ACTIVE ? 0 : command->pipe.rollback;
	}
	return show_kept(session, &command->pipe, number, compares ? &before : NULL);
}

enum command_outcome
command_show_rollback(struct session *session, const struct op_command *command)
{
	return show_one(
	    session, command, (uint32_t)op_number(command->request.root, "rollback", 0));
}

enum command_outcome
command_show_rescue(struct session *session, const struct op_command *command)
{
	return show_one(session, command, HISTORY_RESCUE);
}

/* --- the rescue configuration ---------------------------------------------------------------- */

enum command_outcome
command_save_rescue(struct session *session, const struct op_command *command)
{
	struct mgd *mgd = session->mgd;
	struct store_entry entry = {
	    .commit = mgd->running_id, .wall = (int64_t)time(NULL), .client = "cli"};
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	bool good;

	(void)command;
	(void)snprintf(entry.user, sizeof(entry.user), "%s", session->user);
	mgd_render_stored(mgd, mgd->running, &content);
	good = !text_failed(&content) && store_write_rescue(mgd->store, &entry,
					     text_string(&content), content.length, &error);
	if (!good) {
		session_failf(session, "error: the rescue configuration is not saved: %s\n",
		    error.length == 0 ? "out of memory" : text_string(&error));
	}
	text_release(&content);
	text_release(&error);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}

enum command_outcome
command_delete_rescue(struct session *session, const struct op_command *command)
{
	(void)command;
	if (store_has_rescue(session->mgd->store) && !store_delete_rescue(session->mgd->store)) {
		session_failf(session, "error: the rescue configuration cannot be deleted\n");
		return COMMAND_WRONG;
	}
	return COMMAND_DONE;
}

/* --- the list behind rollback ---------------------------------------------------------------- */

/* Is the word before the last one, complete or not, rollback? */
static bool
stands_behind_rollback(const char *line, const char **typed)
{
	static const char word[] = "rollback";
	const size_t length = sizeof(word) - 1;
	const char *end = strrchr(line, ' ');

	if (end == NULL) {
		return false;
	}
	*typed = end + 1;
	while (end > line && end[-1] == ' ') {
		end--;
	}
	return (size_t)(end - line) >= length && memcmp(end - length, word, length) == 0 &&
	       ((size_t)(end - line) == length || end[-(ptrdiff_t)length - 1] == ' ');
}

void
history_complete(const struct session *session, const char *line, struct ipc_candidates *list)
{
	const struct store *store = session->mgd->store;
	const char *typed = "";

	if (!stands_behind_rollback(line, &typed)) {
		return;
	}
	for (size_t i = 0; i < store_count(store); i++) {
		struct store_entry entry;
		struct text help = TEXT_EMPTY;
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu", i);
		if (strncmp(number, typed, strlen(typed)) == 0 && store_head(store, i, &entry)) {
			history_append_time(entry.wall, &help);
			text_printf(&help, " by %s via %s%s%s", entry.user, entry.client,
			    entry.comment[0] == '\0' ? "" : " ", entry.comment);
			ipc_candidates_add(list, IPC_CANDIDATE_NAME, number, text_string(&help));
		}
		text_release(&help);
	}
}
