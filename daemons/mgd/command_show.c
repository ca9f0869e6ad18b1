/*
 * What mgd shows: configurations, versions, commits, what has no effect yet.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "command.h"
#include "conf/groups.h"
#include "confirm.h"
#include "editing.h"
#include "history.h"
#include "schedule.h"
#include "snapshot/snapshot.h"

static enum conf_format
format_of(const struct op_pipe *pipe)
{
	switch (pipe->format) {
	case OP_FORMAT_TEXT:
		return CONF_FORMAT_TEXT;
	case OP_FORMAT_SET:
		return CONF_FORMAT_SET;
	case OP_FORMAT_XML:
		return CONF_FORMAT_XML;
	case OP_FORMAT_JSON:
		return CONF_FORMAT_JSON;
	}
	return CONF_FORMAT_TEXT;
}

/* `after` is as the session may see it; so must what it is held against be. */
static enum command_outcome
show_compare(struct session *session, const struct op_pipe *pipe, const struct access_view *after)
{
	struct conf_tree *tree =
	    history_load(session, pipe->rollback == OP_COMPARE_ACTIVE ? 0 : pipe->rollback);
	struct access_view before;
	struct text out = TEXT_EMPTY;

	if (tree == NULL) {
		return COMMAND_WRONG;
	}
	if (!access_view_start(session, tree, &before)) {
		session_failf(session, "error: out of memory\n");
		conf_tree_destroy(tree);
		return COMMAND_WRONG;
	}
	conf_compare(before.tree, after->tree, &out);
	access_view_text(after, CONF_FORMAT_TEXT, &out);
	session_print(session, &out);
	access_view_end(&before);
	conf_tree_destroy(tree);
	text_release(&out);
	return COMMAND_DONE;
}

/* Set commands as they are typed at the node's level: its path goes out of each line. */
static void
show_relative(const struct conf_node *node, struct text *out)
{
	struct text lines = TEXT_EMPTY;
	struct text path = TEXT_EMPTY;

	conf_render(node, CONF_FORMAT_SET, &lines);
	conf_path(node, &path);
	for (const char *line = text_string(&lines); *line != '\0'; line += strcspn(line, "\n") + 1) {
		const size_t verb = strcspn(line, " ") + 1;
		const size_t length = strcspn(line, "\n");
		const bool below = path.length > 0 && strncmp(line + verb, text_string(&path), path.length) == 0 &&
		    line[verb + path.length] == ' ';
		const size_t skip = below ? path.length + 1 : 0;

		text_append_bytes(out, line, verb);
		text_append_bytes(out, line + verb + skip, length + 1 - verb - skip);
	}
	text_release(&lines);
	text_release(&path);
}

static void
show_node(const struct op_pipe *pipe, const struct conf_node *node, struct text *out)
{
	const enum conf_format format = format_of(pipe);

	if (pipe->relative) {
		show_relative(node, out);
	} else if (pipe->remarks == OP_REMARKS_NONE || format != CONF_FORMAT_TEXT) {
		conf_render(node, format, out);
	} else {
		conf_render_remarks(node,
		    pipe->remarks == OP_REMARKS_DETAIL ? CONF_REMARKS_DETAIL : CONF_REMARKS_INHERITANCE, out);
	}
}

static enum command_outcome
show_view(struct session *session, const struct conf_editor *editor, const struct op_command *command,
    const struct access_view *view)
{
	const char *words = op_value(command->request.root, "statement");
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text out = TEXT_EMPTY;
	struct conf_editor shown = *editor;
	struct conf_tree *expanded = NULL;
	const struct conf_node *node;
	enum command_outcome outcome = COMMAND_DONE;

	if (command->pipe.compare) {
		return show_compare(session, &command->pipe, view);
	}
	/* In another form too, it is what is in force that is shown. */
	if (command->pipe.remarks == OP_REMARKS_INHERITANCE && (expanded = conf_expand(editor->tree, &list)) != NULL) {
		shown.tree = expanded;
		diagnostics_release(&list); /* a commit tells what is wrong */
	}
	node = conf_edit_find(&shown, words == NULL ? "" : words, &list);
	if (node != NULL || conf_only_absent(&list)) {
		access_view_head(session, view, format_of(&command->pipe), &out);
	}
	if (node != NULL) {
		show_node(&command->pipe, node, &out);
		access_view_text(view, format_of(&command->pipe), &out);
	} else if (list.errors > 0 && !conf_only_absent(&list)) {
		access_diagnose(session, &list);
		outcome = COMMAND_WRONG;
	}
	session_print(session, &out);
	conf_tree_destroy(expanded);
	diagnostics_release(&list);
	text_release(&out);
	return outcome;
}

/* `show` of a tree at a level with a statement behind it. */
static enum command_outcome
show_tree(struct session *session, struct conf_editor *editor, const struct op_command *command)
{
	struct conf_tree *whole = editor->tree;
	enum command_outcome outcome;
	struct access_view view;

	if (!access_view_start(session, whole, &view)) {
		session_failf(session, "error: out of memory\n");
		return COMMAND_WRONG;
	}
	editor->tree = view.tree;
	outcome = show_view(session, editor, command, &view);
	editor->tree = whole;
	access_view_end(&view);
	return outcome;
}

enum command_outcome
command_show_configuration(struct session *session, const struct op_command *command)
{
	struct conf_editor editor = {.tree = session->mgd->running, .level = TEXT_EMPTY};
	enum command_outcome outcome = show_tree(session, &editor, command);

	text_release(&editor.level);
	return outcome;
}

enum command_outcome
command_show(struct session *session, const struct op_command *command)
{
	struct conf_editor editor = editing_editor(session);
	enum command_outcome outcome = show_tree(session, &editor, command);

	editing_keep_level(session, &editor);
	return outcome;
}

enum command_outcome
command_rollback(struct session *session, const struct op_command *command)
{
	const bool rescue = op_find(command->request.root, "rescue") != NULL;
	const uint32_t number = rescue ? HISTORY_RESCUE : (uint32_t)op_number(command->request.root, "rollback", 0);
	struct conf_tree *tree;

	if (!editing_allowed(session)) {
		return COMMAND_WRONG;
	}
	tree = history_load(session, number);
	if (tree == NULL) {
		return COMMAND_WRONG;
	}
	editing_take(session, tree, number != 0);
	if (number == 0 && !editing_rebase(session)) {
		session_failf(session, "error: out of memory\n");
		return COMMAND_WRONG;
	}
	session_say(session, "load complete");
	return COMMAND_DONE;
}

/* --- trees of our own ------------------------------------------------------------------------------------------- */

enum command_outcome
command_render(struct session *session, const struct op_command *command, const struct op_tree *tree)
{
	struct op_renderer renderer;
	struct text out = TEXT_EMPTY;

	if (tree->failed) {
		session_failf(session, "error: out of memory\n");
		return COMMAND_WRONG;
	}
	op_renderer_start(&renderer, command->rpc, command->request.root, command->pipe.format, &out);
	op_renderer_add(&renderer, tree, &out);
	op_renderer_end(&renderer, &out);
	session_print(session, &out);
	text_release(&out);
	return COMMAND_DONE;
}

enum command_outcome
command_show_version(struct session *session, const struct op_command *command)
{
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	op_add(&tree, tree.root, "host-name", mgd_host_name(session->mgd));
	op_add(&tree, tree.root, "product-model", "sallyport");
	op_add(&tree, tree.root, "sallyport-version", session->mgd->release);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

/* "2026-11-20 09:30:00 UTC (1d 01:30:00 ago)" */
static void
append_since(int64_t wall, int64_t now, struct text *out)
{
	const int64_t ago = now > wall ? now - wall : 0;

	history_append_time(wall, out);
	text_append(out, " (");
	if (ago >= 86400) {
		text_printf(out, "%" PRId64 "d ", ago / 86400);
	}
	text_printf(out, "%02d:%02d:%02d ago)", (int)(ago / 3600 % 24), (int)(ago / 60 % 60), (int)(ago % 60));
}

enum command_outcome
command_show_uptime(struct session *session, const struct op_command *command)
{
	const int64_t now = (int64_t)time(NULL);
	struct timespec running = {0};
	struct text words = TEXT_EMPTY;
	struct store_entry entry;
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	history_append_time(now, &words);
	op_add(&tree, tree.root, "current-time", text_string(&words));
	if (clock_gettime(CLOCK_BOOTTIME, &running) == 0) {
		text_clear(&words);
		append_since(now - (int64_t)running.tv_sec, now, &words);
		op_add(&tree, tree.root, "system-booted-time", text_string(&words));
	}
	if (store_count(session->mgd->store) > 0 && store_head(session->mgd->store, 0, &entry)) {
		text_clear(&words);
		append_since(entry.wall, now, &words);
		text_printf(&words, " by %s", entry.user);
		op_add(&tree, tree.root, "last-configured-time", text_string(&words));
	}
	text_release(&words);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

enum command_outcome
command_show_commits(struct session *session, const struct op_command *command)
{
	const struct store *store = session->mgd->store;
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	if (session->mgd->scheduled != 0) {
		struct text pending = TEXT_EMPTY;

		text_append(&pending, "commit requested at ");
		schedule_append(session->mgd->scheduled, &pending);
		op_add(&tree, tree.root, "commit-pending", text_string(&pending));
		text_release(&pending);
	}
	for (size_t i = 0; i < store_count(store); i++) {
		struct store_entry entry;
		struct op_node *row;
		struct tm utc;
		time_t wall;

		if (!store_head(store, i, &entry)) {
			continue; /* damaged: rollback says how */
		}
		wall = (time_t)entry.wall;
		if (gmtime_r(&wall, &utc) == NULL) {
			utc = (struct tm){.tm_mday = 1};
		}
		row = op_add(&tree, tree.root, "commit-history", NULL);
		op_add_number(&tree, row, "sequence-number", i);
		op_addf(&tree, row, "date-time", "%04d-%02d-%02d %02d:%02d:%02d UTC", utc.tm_year + 1900, utc.tm_mon + 1,
		    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
		op_add(&tree, row, "user", entry.user);
		op_add(&tree, row, "client", entry.client);
		if (i == 0 && session->mgd->unconfirmed && session->mgd->running_id == entry.commit) {
			op_addf(&tree, row, "comment", "commit confirmed, rollback in %umins", confirm_minutes_left(session->mgd));
		}
		if (entry.comment[0] != '\0') {
			op_add(&tree, row, "log", entry.comment);
		}
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

struct features {
	struct op_tree *tree;
	uint32_t count;
};

static void
add_feature(void *context, const char *feature, uint32_t count, bool fails_closed)
{
	struct features *features = context;
	struct op_node *row = op_add(features->tree, features->tree->root, "unsupported-feature", NULL);

	op_add(features->tree, row, "feature", feature);
	op_add_number(features->tree, row, "statement-count", count);
	op_add(features->tree, row, "effect", fails_closed ? "drops (not-supported)" : "ignored");
	features->count++;
}

enum command_outcome
command_show_unsupported(struct session *session, const struct op_command *command)
{
	struct op_tree tree;
	struct features features = {.tree = &tree};
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	snapshot_unsupported(session->mgd->running, add_feature, &features);
	op_add_number(&tree, tree.root, "unsupported-feature-count", features.count);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}
