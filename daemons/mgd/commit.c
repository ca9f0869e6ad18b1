/*
 * Commits. See commit.h for the stages.
 *
 * The configuration that is verified is a copy of the candidate made at the start; the same copy is stored and put in
 * force. flowd compiles it at VERIFY and keeps the result; only when flowd is not ready mgd compiles it itself.
 */
#include "commit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "audit.h"
#include "conf/groups.h"
#include "confirm.h"
#include "editing.h"
#include "schedule.h"
#include "store_notes.h"

enum { APPLY_PATIENCE = 10000 }; /* milliseconds */

enum commit_stage {
	COMMIT_VERIFYING,
	COMMIT_APPLYING,
};

struct commit {
	struct session *session; /* NULL: it went away */
	struct conf_tree *tree;
	enum commit_stage stage;
	bool waits[LINK_COUNT]; /* for the daemon's answer */
	bool takes[LINK_COUNT]; /* takes part */
	int64_t deadline;
	struct diagnostics list;
	bool check_only;
	bool and_quit;
	bool failed;
	bool scheduled; /* it waited for its time */
	int64_t at;     /* check_only: it is to be done then */
	bool own;       /* of a private candidate: the shared one has no part in it */
	bool trimmed;   /* it puts something else in force than what was edited */
	bool automatic; /* the rollback of a commit that nobody confirmed */
	uint32_t confirm;
	uint64_t back; /* confirm: the commit to go back to */
	struct store_entry entry;
};

static bool
waits_for_any(const struct commit *commit)
{
	for (int i = 0; i < LINK_COUNT; i++) {
		if (commit->waits[i]) {
			return true;
		}
	}
	return false;
}

void
commit_destroy(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;

	if (commit == NULL) {
		return;
	}
	mgd->commit = NULL;
	conf_tree_destroy(commit->tree);
	diagnostics_release(&commit->list);
	free(commit);
}

/* Any commit, or check, that succeeds confirms the one before it; one that wants to be confirmed itself starts the clock. */
static void
settle_confirmation(struct mgd *mgd)
{
	const struct commit *commit = mgd->commit;

	if (commit->automatic && commit->failed) {
		confirm_again(mgd);
	} else if (!commit->failed && commit->confirm > 0) {
		confirm_start(mgd, commit->back, commit->confirm);
	} else if (!commit->failed) {
		confirm_done(mgd);
	}
}

static void
fail(struct commit *commit, const char *message)
{
	diagnostics_addf(&commit->list, DIAGNOSTIC_ERROR, NULL, NULL, 0, "%s", message);
	commit->failed = true;
}

/* It was checked, and is kept until its time comes. */
static void
keep_for_later(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;
	struct text error = TEXT_EMPTY;

	commit->entry.wall = commit->at;
	if (!schedule_save(mgd, commit->tree, &commit->entry, &error)) {
		fail(commit, text_string(&error));
	}
	text_release(&error);
}

static void
say_at(struct session *session, int64_t at)
{
	struct text line = TEXT_EMPTY;

	text_append(&line, "commit at will be executed at ");
	schedule_append(at, &line);
	session_say(session, text_string(&line));
	text_release(&line);
}

/* Nobody is there to be told. */
static void
log_errors(struct mgd *mgd)
{
	const struct diagnostics *list = &mgd->commit->list;

	for (size_t i = 0; i < list->count; i++) {
		const struct diagnostic *one = &list->items[i];

		logger_printf(mgd->logger, LOG_SEVERITY_ERROR, "UI_COMMIT_ERROR", "[edit%s%s] %s",
		    one->path == NULL || one->path[0] == '\0' ? "" : " ", one->path == NULL ? "" : one->path, one->message);
	}
}

/* The end, good or bad: the session is told, and the commit is no more. */
static void
finish(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;
	struct session *session = commit->session;
	bool good = !commit->failed;
	bool check_only = commit->check_only;
	bool and_quit = commit->and_quit;
	uint32_t confirm = commit->confirm;
	int64_t at = commit->at;

	if (commit->at != 0 && good) {
		keep_for_later(mgd);
		good = !commit->failed;
	}
	if (commit->scheduled) {
		schedule_forget(mgd);
	}
	for (int i = 0; i < LINK_COUNT; i++) {
		if ((commit->failed || check_only) && commit->takes[i] && mgd->links[i].state == LINK_READY) {
			link_abort(mgd, &mgd->links[i], commit->entry.commit);
		}
	}
	audit_commit_end(mgd, commit->entry.user, check_only, good);
	if (commit->automatic && good) {
		session_tell_all(mgd, "Commit was not confirmed; automatic rollback complete.\n");
	}
	settle_confirmation(mgd);
	/* A candidate that nobody had touched follows what is in force. */
	if (good && !check_only && (commit->automatic || commit->own || commit->trimmed || session == NULL) && !mgd->changed &&
	    !mgd_reset_candidate(mgd)) {
		mgd->changed = true;
	}
	if (good && !check_only && session != NULL && !editing_committed(session)) {
		diagnostics_addf(&commit->list, DIAGNOSTIC_WARNING, NULL, NULL, 0, "out of memory: the private candidate is old");
	}
	if (session != NULL) {
		access_diagnose(session, &commit->list);
	} else if (!good) {
		log_errors(mgd);
	}
	commit_destroy(mgd);
	if (session != NULL) {
		if (good && confirm > 0) {
			session_sayf(session, "commit confirmed will be automatically rolled back in %u minutes unless confirmed",
			    confirm);
		}
		if (good) {
			session_say(session, check_only ? "configuration check succeeds" : "commit complete");
			if (at != 0) {
				say_at(session, at);
			}
		} else {
			session_failf(session, "error: configuration check-out failed: nothing was changed\n");
		}
		if (good && and_quit) {
			editing_leave(session);
		}
		session_done(session, good ? IPC_DONE_OK : IPC_DONE_ERROR);
	}
	links_tick(mgd);
}

/* The configuration that came from a file at the start gets its place in the ring, so that rollback finds it. */
static bool
store_first(struct mgd *mgd, struct text *error)
{
	struct store_entry entry = {.commit = store_next(mgd->store),
	    .wall = (int64_t)time(NULL),
	    .user = "root",
	    .client = "boot"};
	struct text text = TEXT_EMPTY;
	bool good;

	if (mgd->stored) {
		return true;
	}
	mgd_render_stored(mgd, mgd->running, &text);
	good = !text_failed(&text) && store_write(mgd->store, &entry, text_string(&text), text.length, error);
	text_release(&text);
	mgd->stored = good;
	return good;
}

static bool
store_tree(struct mgd *mgd, struct commit *commit)
{
	struct text text = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	bool good = store_first(mgd, &error);

	if (good) {
		const struct store_unconfirmed note = {
		    .commit = commit->entry.commit,
		    .until = commit->entry.wall + (int64_t)commit->confirm * 60,
		    .minutes = commit->confirm,
		    .back = commit->back,
		};

		mgd_render_stored(mgd, commit->tree, &text);
		assert(commit->entry.commit == store_next(mgd->store));
		good = !text_failed(&text) &&
		    (commit->confirm == 0 || store_note_unconfirmed(mgd->store, &note, &error)) &&
		    store_write(mgd->store, &commit->entry, text_string(&text), text.length, &error);
	}
	if (!good) {
		fail(commit, error.length == 0 ? "out of memory" : text_string(&error));
	}
	text_release(&text);
	text_release(&error);
	return good;
}

/* All said yes: from here on it counts. */
static void
put_in_force(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;
	uint64_t before = mgd->running_id;

	if (!store_tree(mgd, commit)) {
		finish(mgd);
		return;
	}
	conf_tree_destroy(mgd->running);
	mgd->running = commit->tree;
	mgd->running_id = commit->entry.commit;
	mgd->changed = mgd->changed && (commit->automatic || commit->own);
	commit->tree = NULL;
	commit->stage = COMMIT_APPLYING;
	commit->deadline = mgd_now() + APPLY_PATIENCE;
	for (int i = 0; i < LINK_COUNT; i++) {
		struct link *link = &mgd->links[i];

		commit->waits[i] = commit->takes[i] && link_apply(mgd, link, mgd->running_id);
		if (!commit->takes[i] && !link_follows(mgd, link) && link->state == LINK_READY && link->loaded == before) {
			link->loaded = mgd->running_id; /* nothing that concerns it has changed */
		}
	}
	if (!waits_for_any(commit)) {
		finish(mgd);
	}
}

static void
all_answered(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;

	if (commit->stage == COMMIT_APPLYING || commit->failed || commit->check_only) {
		finish(mgd);
	} else {
		put_in_force(mgd);
	}
}

static int
index_of(const struct mgd *mgd, const struct link *link)
{
	return (int)(link - mgd->links);
}

static bool
take_result(struct mgd *mgd, struct link *link, const struct ipc_result *result)
{
	struct commit *commit = mgd->commit;
	int index = index_of(mgd, link);

	if (commit == NULL || !commit->waits[index]) {
		return false;
	}
	commit->waits[index] = false;
	for (size_t i = 0; i < result->count; i++) {
		const struct ipc_diagnostic *one = &result->items[i];

		diagnostics_addf(&commit->list, one->error ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING,
		    one->path[0] == '\0' ? NULL : one->path, one->statement[0] == '\0' ? NULL : one->statement, 0, "%s",
		    one->message);
	}
	if (commit->stage == COMMIT_APPLYING) {
		link->loaded = result->accepted ? mgd->running_id : 0;
	} else if (!result->accepted) {
		commit->failed = true;
		if (commit->list.errors == 0) {
			diagnostics_addf(&commit->list, DIAGNOSTIC_ERROR, NULL, NULL, 0,
			    "%s does not take the configuration", link->name);
		}
	}
	if (!waits_for_any(commit)) {
		all_answered(mgd);
	}
	return true;
}

static void
take_loss(struct mgd *mgd, const struct link *link, const char *why)
{
	struct commit *commit = mgd->commit;
	int index = index_of(mgd, link);

	if (commit == NULL || !commit->waits[index]) {
		return;
	}
	commit->waits[index] = false;
	commit->takes[index] = false;
	if (commit->stage == COMMIT_VERIFYING) {
		diagnostics_addf(&commit->list, DIAGNOSTIC_ERROR, NULL, NULL, 0,
		    "%s went away while it looked at the configuration (%s)", link->name, why);
		commit->failed = true;
	} else {
		diagnostics_addf(&commit->list, DIAGNOSTIC_WARNING, NULL, NULL, 0,
		    "%s went away (%s); it gets the configuration when it is back", link->name, why);
	}
	if (!waits_for_any(commit)) {
		all_answered(mgd);
	}
}

const struct link_listener *
commit_listener(void)
{
	static const struct link_listener listener = {.take_result = take_result, .take_loss = take_loss};

	return &listener;
}

void
commit_orphan(struct mgd *mgd, const struct session *session)
{
	if (mgd->commit != NULL && mgd->commit->session == session) {
		mgd->commit->session = NULL;
	}
}

int
commit_left(const struct mgd *mgd)
{
	int64_t left;

	if (mgd->commit == NULL) {
		return -1;
	}
	left = mgd->commit->deadline - mgd_now();
	return left < 0 ? 0 : (int)left;
}

/* Daemons that have not answered in time. */
static void
drop_late(struct mgd *mgd)
{
	for (int i = 0; i < LINK_COUNT; i++) {
		struct text why = TEXT_EMPTY;

		if (mgd->commit != NULL && mgd->commit->waits[i]) {
			text_printf(&why, "no answer within %d s",
			    (mgd->commit->stage == COMMIT_VERIFYING ? mgd->patience : APPLY_PATIENCE) / 1000);
			link_drop(mgd, &mgd->links[i], text_string(&why));
		}
		text_release(&why);
	}
}

/* Takes the tree over, also on failure. */
static struct commit *
create(struct mgd *mgd, struct conf_tree *tree, struct session *session, const struct commit_order *order)
{
	struct commit *commit = calloc(1, sizeof(*commit));

	if (commit == NULL || tree == NULL) {
		free(commit);
		conf_tree_destroy(tree);
		return NULL;
	}
	commit->tree = tree;
	commit->session = session;
	commit->check_only = order->check_only || order->at != 0;
	commit->at = order->at;
	commit->and_quit = order->and_quit;
	commit->own = session != NULL && session->editing == EDIT_PRIVATE;
	commit->confirm = commit->check_only ? 0 : order->confirm;
	commit->deadline = mgd_now() + mgd->patience;
	/* One more that wants to be confirmed confirms nothing: both go back together. */
	commit->back = mgd->unconfirmed ? mgd->back : mgd->stored ? mgd->running_id : store_next(mgd->store);
	/* What is in force is stored before it, if it came from a file. */
	commit->entry.commit = store_next(mgd->store) + (mgd->stored ? 0 : 1);
	commit->entry.wall = (int64_t)time(NULL);
	(void)snprintf(commit->entry.user, sizeof(commit->entry.user), "%s",
	    session == NULL ? "root" : session->user);
	(void)snprintf(commit->entry.client, sizeof(commit->entry.client), "%s", session == NULL ? "other" : "cli");
	(void)snprintf(commit->entry.comment, sizeof(commit->entry.comment), "%s",
	    order->comment == NULL ? "" : order->comment);
	return commit;
}

/* REQ-CFG-009: autoinstallation with delete-upon-commit ends with the first commit. */
static void
end_autoinstallation(struct commit *commit)
{
	static const char path[] = "system autoinstallation";
	struct conf_editor editor = {.tree = commit->tree, .level = TEXT_EMPTY};

	if (conf_child(conf_walk(conf_tree_top(commit->tree), "system", "autoinstallation", NULL), "delete-upon-commit") != NULL) {
		commit->trimmed = conf_edit(&editor, CONF_EDIT_DELETE, path, &commit->list);
	}
	text_release(&editor.level);
}

/* => mgd->commit was just made */
/* Daemons see no groups: what is wrong in one is told here, with its place. Warnings are theirs. */
static void
check_groups(struct commit *commit)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	mgd_check(commit->tree, &list);
	if (list.errors == 0 && !list.failed) {
		diagnostics_release(&list);
		return;
	}
	diagnostics_release(&commit->list);
	commit->list = list;
	commit->failed = true;
}

/* Nothing forwards by it yet, and somebody should know. */
static void
warn_of_absence(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;
	const struct link *link = &mgd->links[LINK_FLOWD];

	if (!commit->failed && !commit->check_only && (link->connection == NULL || !link->greeted)) {
		diagnostics_addf(&commit->list, DIAGNOSTIC_WARNING, NULL, NULL, 0,
		    "flowd is not running: it gets the configuration when it is back");
	}
}

static void
verify(struct mgd *mgd)
{
	struct commit *commit = mgd->commit;

	end_autoinstallation(commit);
	for (int i = 0; i < LINK_COUNT; i++) {
		/* A logger in trouble does not hold up a policy; what forwards always has its say. */
		commit->takes[i] = mgd->links[i].state == LINK_READY && !link_follows(mgd, &mgd->links[i]) &&
		    (i == LINK_FLOWD || link_concerned(&mgd->links[i], mgd->running, commit->tree));
	}
	if (!commit->takes[LINK_FLOWD]) {
		mgd_check(commit->tree, &commit->list);
		commit->failed = commit->list.errors > 0 || commit->list.failed;
		warn_of_absence(mgd);
	} else if (conf_has_groups(commit->tree)) {
		check_groups(commit);
	}
	if (commit->failed) {
		memset(commit->takes, 0, sizeof(commit->takes));
		finish(mgd);
		return;
	}
	/* All are asked before any answer is looked at; one that is lost at once ends the commit by take_loss(). */
	for (int i = 0; i < LINK_COUNT; i++) {
		commit->waits[i] = commit->takes[i];
	}
	for (int i = 0; i < LINK_COUNT && mgd->commit == commit; i++) {
		if (commit->waits[i]) {
			(void)!link_verify(mgd, &mgd->links[i], commit->tree, commit->entry.commit);
		}
	}
	if (mgd->commit == commit && !waits_for_any(commit)) {
		all_answered(mgd);
	}
}

void
commit_start(struct mgd *mgd, struct session *session, const struct commit_order *order)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	assert(mgd->commit == NULL);
	/* What was typed may need the whole configuration for its canonical spelling: http, all. */
	conf_canonicalize(editing_candidate(session), &list);
	if (!mgd_unwrap(mgd, editing_candidate(session), &list)) {
		access_diagnose(session, &list);
		session_failf(session, "error: configuration check-out failed: nothing was changed\n");
		diagnostics_release(&list);
		session_done(session, IPC_DONE_ERROR);
		return;
	}
	mgd->commit = create(mgd, editing_merged(session, &list), session, order);
	if (mgd->commit == NULL) {
		if (list.errors > 0 && !list.failed) {
			access_diagnose(session, &list);
			session_failf(session, "error: conflicts with what others committed: nothing was changed\n");
		} else {
			session_failf(session, "error: out of memory\n");
		}
		diagnostics_release(&list);
		session_done(session, IPC_DONE_ERROR);
		return;
	}
	mgd->commit->list = list;
	verify(mgd);
}

/* --- the commit that waited for its time ------------------------------------------------------------------------ */

static void
start_scheduled(struct mgd *mgd)
{
	struct store_entry entry;
	struct conf_tree *tree = schedule_due(mgd, &entry);

	assert(mgd->commit == NULL);
	if (tree == NULL) {
		return;
	}
	mgd->commit = create(mgd, tree, NULL, &(struct commit_order){.comment = entry.comment});
	if (mgd->commit == NULL) {
		schedule_fail(mgd, "out of memory");
		return;
	}
	mgd->commit->scheduled = true;
	(void)snprintf(mgd->commit->entry.user, sizeof(mgd->commit->entry.user), "%s", entry.user);
	(void)snprintf(mgd->commit->entry.client, sizeof(mgd->commit->entry.client), "%s", entry.client);
	verify(mgd);
}

/* --- the rollback of a commit that nobody confirmed --------------------------------------------------------------- */

static void
roll_back(struct mgd *mgd)
{
	const struct commit_order order = {.comment = "the commit was not confirmed: automatic rollback"};
	struct conf_tree *tree = confirm_due(mgd);

	if (tree == NULL) {
		return;
	}
	mgd->commit = create(mgd, tree, NULL, &order);
	if (mgd->commit == NULL) {
		confirm_fail(mgd, "out of memory");
		return;
	}
	logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "UI_COMMIT_NOT_CONFIRMED",
	    "the commit was not confirmed: automatic rollback");
	mgd->commit->automatic = true;
	verify(mgd);
}

void
commit_tick(struct mgd *mgd)
{
	if (mgd->commit != NULL && commit_left(mgd) == 0) {
		drop_late(mgd);
	}
	if (mgd->commit == NULL) {
		roll_back(mgd);
	}
	if (mgd->commit == NULL) {
		start_scheduled(mgd);
	}
}
