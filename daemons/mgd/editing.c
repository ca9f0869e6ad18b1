/*
 * Shared, exclusive and private candidates. See editing.h.
 */
#include "editing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "conf/load.h"

static const char *const kind_words[] = {
    [EDIT_SHARED] = "",
    [EDIT_EXCLUSIVE] = "exclusive ",
    [EDIT_PRIVATE] = "private ",
};

/* --- who ------------------------------------------------------------------------------------- */

static void
append_editor(struct text *out, const struct session *session)
{
	const int64_t idle = (mgd_now() - session->last) / 1000;
	const time_t since = (time_t)session->since;
	struct tm utc;

	if (gmtime_r(&since, &utc) == NULL) {
		utc = (struct tm){.tm_mday = 1};
	}
	text_printf(out, "  %s (pid %d) on since %04d-%02d-%02d %02d:%02d:%02d UTC", session->user,
	    (int)ipc_connection_peer(session->client->connection)->pid, utc.tm_year + 1900,
	    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
	if (idle > 0) {
		text_printf(out, ", idle %02lld:%02lld:%02lld", (long long)idle / 3600,
		    (long long)idle / 60 % 60, (long long)idle % 60);
	}
	text_printf(out, "\n      %s[edit%s%s]\n", kind_words[session->editing],
	    session->level.length == 0 ? "" : " ", text_string(&session->level));
}

/* The next of those who edit, from number *at on; NULL: no more. */
static const struct session *
next_editor(const struct session *session, size_t *at)
{
	const struct ipc_client *client;

	while ((client = ipc_server_client(session->mgd->server, (*at)++)) != NULL) {
		const struct session *other = client->data;

		if (other != NULL && other->mode == IPC_MODE_CONFIGURE) {
			return other;
		}
	}
	return NULL;
}

bool
editing_tell_editors(struct session *session, bool all)
{
	struct text out = TEXT_EMPTY;
	const struct session *other;
	size_t at = 0;

	while ((other = next_editor(session, &at)) != NULL) {
		if (other != session || all) {
			text_append(&out,
			    out.length == 0 ? "Users currently editing the configuration:\n" : "");
			append_editor(&out, other);
		}
	}
	const bool any = out.length > 0;

	session_print(session, &out);
	text_release(&out);
	return any;
}

/* Does another session edit that way? */
static const struct session *
other_of(const struct session *session, enum edit_kind kind)
{
	const struct session *other;
	size_t at = 0;

	while ((other = next_editor(session, &at)) != NULL) {
		if (other != session && other->editing == kind) {
			return other;
		}
	}
	return NULL;
}

static bool
refuse_locked(struct session *session, const struct session *holder)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, "error: configuration database locked by:\n");
	append_editor(&out, holder);
	session_fail(session, &out);
	text_release(&out);
	return false;
}

static bool
refuse_private(struct session *session)
{
	session_failf(session,
	    "error: private edits in use. Try 'configure private' or 'configure exclusive'.\n");
	return false;
}

static bool
refuse_modified(struct session *session)
{
	session_failf(session, "error: shared configuration database modified\n\n"
			       "Please temporarily use 'configure shared' to commit\n"
			       "outstanding changes in the shared database, exit,\n"
			       "and return to configuration mode using 'configure private'\n");
	return false;
}

/* --- the candidate --------------------------------------------------------------------------- */

struct conf_tree *
editing_candidate(const struct session *session)
{
	return session->editing == EDIT_PRIVATE ? session->own : session->mgd->candidate;
}

struct conf_editor
editing_editor(struct session *session)
{
	return (struct conf_editor){.tree = editing_candidate(session), .level = session->level};
}

void
editing_keep_level(struct session *session, struct conf_editor *editor)
{
	session->level = editor->level;
}

bool
editing_changed(const struct session *session)
{
	return session->editing == EDIT_PRIVATE ? session->own_changed : session->mgd->changed;
}

void
editing_set_changed(struct session *session, bool changed)
{
	if (session->editing == EDIT_PRIVATE) {
		session->own_changed = changed;
	} else {
		session->mgd->changed = changed;
		session->mgd->edits++;
	}
}

bool
editing_is_exclusive(const struct mgd *mgd)
{
	const struct ipc_client *client;

	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		const struct session *session = client->data;

		if (session != NULL && session->mode == IPC_MODE_CONFIGURE &&
		    session->editing == EDIT_EXCLUSIVE) {
			return true;
		}
	}
	return false;
}

void
editing_take(struct session *session, struct conf_tree *tree, bool changed)
{
	conf_tree_destroy(editing_candidate(session));
	if (session->editing == EDIT_PRIVATE) {
		session->own = tree;
	} else {
		session->mgd->candidate = tree;
	}
	editing_set_changed(session, changed);
}

static void
drop_own(struct session *session)
{
	conf_tree_destroy(session->own);
	conf_tree_destroy(session->base);
	session->own = NULL;
	session->base = NULL;
	session->own_changed = false;
}

/* --- entering and leaving -------------------------------------------------------------------- */

static bool
may_open(struct session *session, enum edit_kind kind)
{
	const struct session *holder = other_of(session, EDIT_EXCLUSIVE);

	if (kind != EDIT_SHARED && holder != NULL) {
		return refuse_locked(session, holder);
	}
	if (kind == EDIT_SHARED && other_of(session, EDIT_PRIVATE) != NULL &&
	    !session->mgd->changed) {
		return refuse_private(session);
	}
	if (kind == EDIT_EXCLUSIVE && session->mgd->changed) {
		session_failf(session, "error: configuration database modified\n");
		return false;
	}
	return kind != EDIT_PRIVATE || !session->mgd->changed || refuse_modified(session);
}

bool
editing_open(struct session *session, enum edit_kind kind)
{
	if (!may_open(session, kind)) {
		return false;
	}
	if (kind == EDIT_PRIVATE) {
		session->own = conf_tree_copy(session->mgd->running);
		session->base = conf_tree_copy(session->mgd->running);
		if (session->own == NULL || session->base == NULL) {
			drop_own(session);
			session_failf(session, "error: out of memory\n");
			return false;
		}
	}
	session->editing = kind;
	session->mode = IPC_MODE_CONFIGURE;
	session->since = (int64_t)time(NULL);
	if (kind != EDIT_SHARED) {
		session_say(session, "warning: uncommitted changes will be discarded on exit");
	}
	return true;
}

void
editing_close(struct session *session, bool tell)
{
	const bool lost = session->mode == IPC_MODE_CONFIGURE && session->editing != EDIT_SHARED &&
			  editing_changed(session);

	if (lost && tell) {
		session_say(session, "warning: uncommitted changes discarded");
	}
	/* Without memory for a copy the changes stay, and count as such. */
	if (lost && session->editing == EDIT_EXCLUSIVE) {
		(void)!mgd_reset_candidate(session->mgd);
	}
	drop_own(session);
	session->editing = EDIT_SHARED;
	session->mode = IPC_MODE_OPERATIONAL;
}

void
editing_leave(struct session *session)
{
	audit_configure(session->mgd, session->user, false);
	session_forget_levels(session);
	editing_close(session, true);
	session_say(session, "Exiting configuration mode");
}

bool
editing_allowed(struct session *session)
{
	const struct session *holder = other_of(session, EDIT_EXCLUSIVE);

	if (session->mgd->commit != NULL) {
		session_failf(session, "error: a commit is under way\n");
		return false;
	}
	if (session->mgd->scheduled != 0) {
		session_failf(session, "error: a commit waits for its time (show system commit): "
				       "clear system commit drops it\n");
		return false;
	}
	if (session->editing == EDIT_SHARED && holder != NULL) {
		return refuse_locked(session, holder);
	}
	/* What was changed before has to be committed, or dropped, by somebody. */
	if (session->editing == EDIT_SHARED && !session->mgd->changed &&
	    other_of(session, EDIT_PRIVATE) != NULL) {
		return refuse_private(session);
	}
	return true;
}

/* --- merging --------------------------------------------------------------------------------- */

/* What changed between two trees done to a third. NULL: it does not fit there. */
static struct conf_tree *
patched(const struct conf_tree *before, const struct conf_tree *after, const struct conf_tree *onto,
    struct diagnostics *list)
{
	struct text patch = TEXT_EMPTY;
	struct conf_editor editor = {.tree = conf_tree_copy(onto), .level = TEXT_EMPTY};
	bool good = editor.tree != NULL;

	conf_compare(before, after, &patch);
	if (!good || text_failed(&patch)) {
		list->failed = true;
		good = false;
	}
	if (good && patch.length > 0) {
		const struct conf_load_order order = {.mode = CONF_LOAD_PATCH,
		    .format = CONF_FORMAT_TEXT,
		    .bytes = text_string(&patch),
		    .length = patch.length};

		good = conf_load_into(&editor, &order, list);
	}
	if (!good) {
		conf_tree_destroy(editor.tree);
		editor.tree = NULL;
	}
	text_release(&editor.level);
	text_release(&patch);
	return editor.tree;
}

/* Is there no difference? One that a short memory hides counts as one. */
static bool
same(const struct conf_tree *left, const struct conf_tree *right, enum conf_format format)
{
	struct text a = TEXT_EMPTY;
	struct text b = TEXT_EMPTY;
	bool equal;

	conf_render(conf_tree_top(left), format, &a);
	conf_render(conf_tree_top(right), format, &b);
	equal =
	    !text_failed(&a) && !text_failed(&b) && strcmp(text_string(&a), text_string(&b)) == 0;
	text_release(&a);
	text_release(&b);
	return equal;
}

/* Does a change move entries that were there, at this level? Then it depends on their order. */
static bool
moves_at(const struct conf_tree *before, const struct conf_tree *after, const char *section)
{
	struct text change = TEXT_EMPTY;
	char *rest = NULL;
	bool inside = false;
	bool moves = false;

	conf_compare(before, after, &change);
	moves = text_failed(&change);
	char *line = change.length == 0 ? NULL : strtok_r(change.bytes, "\n", &rest);

	for (; line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] == '[') {
			inside = strcmp(line, section) == 0;
		}
		moves = moves || (inside && line[0] == '!' && strstr(line, ": ") == NULL);
	}
	text_release(&change);
	return moves;
}

/*
 * The lines of a difference, each as what is in conflict. Order alone is none, where both only
 * added something: what others committed stands first.
 */
static bool
tell_conflicts(const struct session *session, const struct conf_tree *mine,
    const struct conf_tree *theirs, struct diagnostics *list)
{
	struct text difference = TEXT_EMPTY;
	char *rest = NULL;
	char path[512] = "";
	char section[520] = "";
	bool found = false;

	conf_compare(theirs, mine, &difference);
	if (text_failed(&difference)) {
		list->failed = true;
		text_release(&difference);
		return true;
	}
	char *line = difference.length == 0 ? NULL : strtok_r(difference.bytes, "\n", &rest);

	for (; line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		size_t length = strlen(line);

		if (strncmp(line, "[edit", 5) == 0 && line[length - 1] == ']') {
			(void)snprintf(path, sizeof(path), "%.*s", (int)(length - 6),
			    line + 5 + (line[5] == ' '));
			path[strcspn(path, "]")] = '\0';
			(void)snprintf(section, sizeof(section), "%s", line);
		} else if (line[0] == '+' || line[0] == '-') {
			const char *statement = line + 1 + strspn(line + 1, " ");

			diagnostics_addf(list, DIAGNOSTIC_ERROR, path, statement, 0, "%s",
			    line[0] == '+' ? "conflicts with what was committed meanwhile"
					   : "was committed meanwhile by another user");
			found = true;
		} else if (line[0] == '!' && (strstr(line, ": ") != NULL ||
					  moves_at(session->base, session->own, section) ||
					  moves_at(session->base, session->mgd->running, section))) {
			diagnostics_addf(list, DIAGNOSTIC_ERROR, path, line + 1 + strspn(line + 1, " "), 0,
			    "its place or state conflicts with what was committed meanwhile");
			found = true;
		}
	}
	text_release(&difference);
	return found;
}

struct conf_tree *
editing_merged(const struct session *session, struct diagnostics *list)
{
	const struct conf_tree *running = session->mgd->running;
	struct conf_tree *again = NULL;
	struct conf_tree *mine = NULL;
	struct conf_tree *theirs = NULL;
	bool good;

	if (session->editing != EDIT_PRIVATE || same(session->base, running, CONF_FORMAT_TEXT)) {
		struct conf_tree *copy = conf_tree_copy(editing_candidate(session));

		list->failed = list->failed || copy == NULL;
		return copy;
	}
	/* A change that a patch cannot carry is refused rather than done by half. */
	again = patched(session->base, session->own, session->base, list);
	good = again != NULL;
	if (good && !same(again, session->own, CONF_FORMAT_TEXT)) {
		diagnostics_addf(list, DIAGNOSTIC_ERROR, NULL, NULL, 0,
		    "these changes cannot be merged with what was committed meanwhile: "
		    "'rollback 0' and do them again");
		good = false;
	}
	mine = good ? patched(session->base, session->own, running, list) : NULL;
	theirs = mine != NULL ? patched(session->base, running, session->own, list) : NULL;
	if (theirs == NULL || tell_conflicts(session, mine, theirs, list)) {
		conf_tree_destroy(mine);
		mine = NULL;
	}
	conf_tree_destroy(again);
	conf_tree_destroy(theirs);
	return mine;
}

bool
editing_rebase(struct session *session)
{
	struct conf_tree *base =
	    session->editing == EDIT_PRIVATE ? conf_tree_copy(session->mgd->running) : NULL;

	if (session->editing != EDIT_PRIVATE) {
		return true;
	}
	if (base == NULL) {
		return false;
	}
	conf_tree_destroy(session->base);
	session->base = base;
	return true;
}

bool
editing_committed(struct session *session)
{
	struct conf_tree *own;

	if (session->editing != EDIT_PRIVATE) {
		return true;
	}
	own = conf_tree_copy(session->mgd->running);
	if (own == NULL) {
		return false;
	}
	editing_take(session, own, false);
	return editing_rebase(session);
}

bool
editing_update(struct session *session, struct diagnostics *list)
{
	struct conf_tree *merged = editing_merged(session, list);
	struct conf_tree *base = merged == NULL ? NULL : conf_tree_copy(session->mgd->running);

	if (base == NULL) {
		list->failed = list->failed || merged != NULL;
		conf_tree_destroy(merged);
		return false;
	}
	conf_tree_destroy(session->base);
	conf_tree_destroy(session->own);
	session->base = base;
	session->own = merged;
	return true;
}
