/*
 * Saving the candidate. See keep.h.
 *
 * A large one takes a while to write: it is saved the less often the longer that takes.
 */
#include "keep.h"

#include <string.h>
#include <time.h>

#include "editing.h"

enum {
	DELAY = 1000, /* milliseconds after a change: a change that is committed at once costs
			 nothing */
	SHARE = 20,   /* saving takes at most one part of so many */
};

/* Is there something to be kept that the file does not hold? */
static bool
is_stale(const struct mgd *mgd)
{
	return mgd->keep.edits != mgd->edits || mgd->keep.commit != mgd->running_id;
}

static void
save(struct mgd *mgd)
{
	const struct store_entry entry = {.commit = mgd->running_id,
	    .wall = (int64_t)time(NULL),
	    .user = "root",
	    .client = "candidate"};
	const int64_t started = mgd_now();
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	mgd_render_stored(mgd, mgd->candidate, &content);
	if (!text_failed(&content) && store_write_slot(mgd->store, STORE_CANDIDATE, &entry,
					  text_string(&content), content.length, &error)) {
		mgd->keep.there = true;
	} else {
		logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "UI_CANDIDATE_NOT_KEPT",
		    "the candidate is not saved: %s",
		    error.length == 0 ? "out of memory" : text_string(&error));
	}
	mgd->keep.edits = mgd->edits;
	mgd->keep.commit = mgd->running_id;
	mgd->keep.rest = mgd_now() + (mgd_now() - started) * SHARE;
	text_release(&content);
	text_release(&error);
}

static void
drop(struct mgd *mgd)
{
	if (mgd->keep.there && store_delete_slot(mgd->store, STORE_CANDIDATE)) {
		mgd->keep.there = false;
	}
	mgd->keep.edits = mgd->edits;
	mgd->keep.commit = mgd->running_id;
}

void
keep_tick(struct mgd *mgd)
{
	const bool wanted = mgd->changed && !editing_is_exclusive(mgd);

	if (!wanted) {
		if (mgd->keep.there) {
			drop(mgd);
		}
		mgd->keep.due = 0;
		return;
	}
	if (!is_stale(mgd) && mgd->keep.there) {
		mgd->keep.due = 0;
		return;
	}
	if (mgd->keep.due == 0) {
		mgd->keep.due = mgd_now() + DELAY;
	}
	if (mgd->commit == NULL && mgd_now() >= mgd->keep.due && mgd_now() >= mgd->keep.rest) {
		mgd->keep.due = 0;
		save(mgd);
	}
}

void
keep_finish(struct mgd *mgd)
{
	if (mgd->candidate != NULL && mgd->running != NULL && mgd->server != NULL && mgd->changed &&
	    !editing_is_exclusive(mgd) && (is_stale(mgd) || !mgd->keep.there)) {
		save(mgd);
	}
}

/* NULL: it was told why. */
static struct conf_tree *
load_kept(struct mgd *mgd)
{
	struct conf_tree *tree = NULL;
	struct store_entry entry;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	if (store_read_slot(mgd->store, STORE_CANDIDATE, &entry, &content, &error)) {
		if (entry.commit != mgd->running_id) {
			text_append(&error, "another commit was done meanwhile");
		} else if ((tree = mgd_read_stored(mgd, &content, &list)) == NULL) {
			text_append(&error, "it cannot be loaded");
		}
	}
	if (error.length > 0) {
		logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "UI_CANDIDATE_NOT_RESTORED",
		    "changes that were not committed are not restored: %s", text_string(&error));
	}
	diagnostics_release(&list);
	text_release(&content);
	text_release(&error);
	return tree;
}

void
keep_resume(struct mgd *mgd)
{
	static const char said[] =
	    "say changes that were not committed are restored into the candidate";
	struct conf_tree *tree;

	if (!store_has_slot(mgd->store, STORE_CANDIDATE)) {
		return;
	}
	mgd->keep.there = true;
	tree = load_kept(mgd);
	if (tree == NULL) {
		drop(mgd);
		return;
	}
	conf_tree_destroy(mgd->candidate);
	mgd->candidate = tree;
	mgd->changed = true;
	mgd->keep.commit = mgd->running_id;
	logger_printf(mgd->logger, LOG_SEVERITY_NOTICE, "UI_CANDIDATE_RESTORED", "%s", said + 4);
	daemon_notify(&mgd->options, said);
}
