/*
 * See confirm.h.
 */
#include "confirm.h"

#include <time.h>

#include "store_notes.h"

enum {
	AGAIN = 60000, /* milliseconds until the next try when going back did not succeed */
	MINUTE = 60000,
};

void
confirm_start(struct mgd *mgd, uint64_t back, uint32_t minutes)
{
	mgd->unconfirmed = true;
	mgd->back = back;
	mgd->rollback_due = mgd_now() + (int64_t)minutes * MINUTE;
}

void
confirm_done(struct mgd *mgd)
{
	mgd->unconfirmed = false;
	store_forget_unconfirmed(mgd->store);
}

void
confirm_again(struct mgd *mgd)
{
	mgd->rollback_due = mgd_now() + AGAIN;
}

void
confirm_resume(struct mgd *mgd)
{
	struct store_unconfirmed note;
	int64_t left;

	if (mgd->stored && store_unconfirmed(mgd->store, &note)) {
		left = note.until - (int64_t)time(NULL);
		left = left > (int64_t)note.minutes * 60 ? (int64_t)note.minutes * 60 : left;
		mgd->unconfirmed = true;
		mgd->back = note.back;
		mgd->rollback_due = mgd_now() + (left < 0 ? 0 : left * 1000);
	}
}

void
confirm_fail(struct mgd *mgd, const char *why)
{
	logger_printf(mgd->logger, LOG_SEVERITY_CRITICAL, "UI_COMMIT_NOT_CONFIRMED",
	    "the commit was not confirmed, but it could not be rolled back: %s", why);
}

struct conf_tree *
confirm_due(struct mgd *mgd)
{
	struct conf_tree *tree = NULL;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct store_entry entry;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t place;

	if (!mgd->unconfirmed || mgd_now() < mgd->rollback_due) {
		return NULL;
	}
	confirm_again(mgd);
	if (!store_place(mgd->store, mgd->back, &place)) {
		text_printf(&error, "commit %llu is not kept any more", (unsigned long long)mgd->back);
	} else if (store_read(mgd->store, place, &entry, &content, &error)) {
		tree = mgd_read_stored(mgd, &content, &list);
	}
	if (tree == NULL) {
		confirm_fail(mgd, error.length == 0 ? "it cannot be loaded" : text_string(&error));
	}
	diagnostics_release(&list);
	text_release(&content);
	text_release(&error);
	return tree;
}

uint32_t
confirm_minutes_left(const struct mgd *mgd)
{
	const int64_t left = mgd->rollback_due - mgd_now();

	return left <= 0 ? 1 : (uint32_t)((left + MINUTE - 1) / MINUTE);
}
