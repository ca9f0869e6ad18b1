/*
 * commit at. See schedule.h.
 */
#include "schedule.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "command.h"
#include "history.h"

/* A slot that waits for a reboot has, for its time, this number beyond the one that says so: which run it was asked in. */
#define RUN_BITS ((UINT64_C(1) << 60) - 1)

/* Two or four digits. */
static bool
take_digits(const char **at, int digits, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9') {
			return false;
		}
		*value = *value * 10 + ((*at)[i] - '0');
	}
	*at += digits;
	return true;
}

static bool
take_mark(const char **at, char mark)
{
	const bool there = **at == mark;

	*at += there;
	return there;
}

static bool
take_date(const char **at, struct tm *when)
{
	if (!take_digits(at, 4, &when->tm_year) || !take_mark(at, '-') ||
	    !take_digits(at, 2, &when->tm_mon) || !take_mark(at, '-') ||
	    !take_digits(at, 2, &when->tm_mday) || !take_mark(at, ' ')) {
		return false;
	}
	when->tm_year -= 1900;
	when->tm_mon -= 1;
	return when->tm_year >= 70;
}

void
schedule_append(int64_t at, struct text *out)
{
	if (at == SCHEDULE_AT_REBOOT) {
		text_append(out, "reboot");
	} else {
		history_append_time(at, out);
	}
}

bool
schedule_parse(const char *words, int64_t now, int64_t *at)
{
	const time_t seconds = (time_t)now;
	const char *rest = words;
	struct tm when;
	struct tm again;

	if (strcmp(words, "reboot") == 0) {
		*at = SCHEDULE_AT_REBOOT;
		return true;
	}
	if (gmtime_r(&seconds, &when) == NULL || (strlen(words) > 8 && !take_date(&rest, &when))) {
		return false;
	}
	when.tm_sec = 0;
	if (!take_digits(&rest, 2, &when.tm_hour) || !take_mark(&rest, ':') ||
	    !take_digits(&rest, 2, &when.tm_min) ||
	    (take_mark(&rest, ':') && !take_digits(&rest, 2, &when.tm_sec)) || *rest != '\0') {
		return false;
	}
	again = when;
	*at = (int64_t)timegm(&again);
	/* February 30 and 25:00 come out as something else. */
	return *at > now && again.tm_mon == when.tm_mon && again.tm_mday == when.tm_mday &&
	       again.tm_hour == when.tm_hour && again.tm_min == when.tm_min &&
	       again.tm_sec == when.tm_sec;
}

/*
 * Which run of the gateway this is, not just of mgd: our socket is made when all of it starts, and a start of the host is
 * told by its kernel. What a clock says is only compared for being the same, so it may be put wherever one likes.
 */
static bool
find_run(const struct mgd *mgd, int64_t *run)
{
	const struct hash_key key = {.low = 0, .high = 0}; /* nobody else chooses what is hashed */
	struct text words = TEXT_EMPTY;
	struct stat status;
	char boot[64] = "";
	const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (file >= 0) {
		(void)!read(file, boot, sizeof(boot) - 1);
		close(file);
	}
	daemon_socket_path(mgd->options.state, "mgd", &words);
	bool good = !text_failed(&words) && stat(text_string(&words), &status) == 0;

	if (good) {
		text_printf(&words, " %llu %lld %ld %s", (unsigned long long)status.st_ino, (long long)status.st_mtim.tv_sec,
		    status.st_mtim.tv_nsec, boot);
		good = !text_failed(&words);
		*run = (int64_t)(hash_bytes(&key, words.bytes, words.length) & RUN_BITS) + 1;
	}
	text_release(&words);
	return good;
}

/* A slot that an older build wrote has no number: it belongs to this run when it is younger than this run's socket. */
static bool
written_in_this_run(const struct mgd *mgd)
{
	struct text path = TEXT_EMPTY;
	struct stat status;
	bool younger;

	daemon_socket_path(mgd->options.state, "mgd", &path);
	younger = !text_failed(&path) && stat(text_string(&path), &status) == 0 &&
	    store_slot_written(mgd->store, STORE_SCHEDULED) >= (int64_t)status.st_mtim.tv_sec;
	text_release(&path);
	return younger;
}

/* Has the gateway been started anew since a slot with that time asked for it? */
static bool
is_started_anew(const struct mgd *mgd, int64_t wall)
{
	int64_t run = 0;

	if (wall == SCHEDULE_AT_REBOOT) {
		return !written_in_this_run(mgd);
	}
	return find_run(mgd, &run) && wall - SCHEDULE_AT_REBOOT != run;
}

bool
schedule_save(struct mgd *mgd, const struct conf_tree *tree, const struct store_entry *entry,
    struct text *error)
{
	struct store_entry kept = *entry;
	struct text content = TEXT_EMPTY;
	int64_t run = 0;
	bool good;

	if (entry->wall == SCHEDULE_AT_REBOOT && !find_run(mgd, &run)) {
		text_append(error, "this run of the gateway cannot be told from the next");
		return false;
	}
	kept.wall += run;
	mgd_render_stored(mgd, tree, &content);
	if (text_failed(&content)) {
		text_append(error, "out of memory");
	}
	good = !text_failed(&content) && store_write_slot(mgd->store, STORE_SCHEDULED, &kept,
					     text_string(&content), content.length, error);
	text_release(&content);
	if (good) {
		mgd->scheduled = entry->wall;
	}
	return good;
}

void
schedule_forget(struct mgd *mgd)
{
	mgd->scheduled = 0;
	(void)store_delete_slot(mgd->store, STORE_SCHEDULED);
}

void
schedule_resume(struct mgd *mgd)
{
	struct store_entry entry;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	if (store_has_slot(mgd->store, STORE_SCHEDULED)) {
		if (store_read_slot(mgd->store, STORE_SCHEDULED, &entry, &content, &error) &&
		    entry.commit == store_next(mgd->store) + (mgd->stored ? 0 : 1)) {
			mgd->scheduled = entry.wall < SCHEDULE_AT_REBOOT ? entry.wall :
			    is_started_anew(mgd, entry.wall)         ? (int64_t)time(NULL) + 1 :
			                                               SCHEDULE_AT_REBOOT;
		} else {
			logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "UI_COMMIT_AT_FAILED",
			    "the commit at a time is dropped: %s",
			    error.length == 0 ? "another commit was done meanwhile"
					      : text_string(&error));
			schedule_forget(mgd);
		}
	}
	text_release(&content);
	text_release(&error);
}

void
schedule_fail(struct mgd *mgd, const char *why)
{
	logger_printf(mgd->logger, LOG_SEVERITY_ERROR, "UI_COMMIT_AT_FAILED", "the commit at a time failed: %s", why);
	schedule_forget(mgd);
}

struct conf_tree *
schedule_due(struct mgd *mgd, struct store_entry *entry)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct conf_tree *tree = NULL;

	if (mgd->scheduled == 0 || (int64_t)time(NULL) < mgd->scheduled) {
		return NULL;
	}
	if (store_read_slot(mgd->store, STORE_SCHEDULED, entry, &content, &error)) {
		tree = mgd_read_stored(mgd, &content, &list);
	}
	if (tree == NULL) {
		schedule_fail(mgd, error.length == 0 ? "it cannot be loaded" : text_string(&error));
	}
	diagnostics_release(&list);
	text_release(&content);
	text_release(&error);
	return tree;
}

enum command_outcome
command_clear_commit(struct session *session, const struct op_command *command)
{
	(void)command;
	if (session->mgd->scheduled == 0) {
		session_say(session, "No commit scheduled.");
		return COMMAND_DONE;
	}
	if (session->mgd->commit != NULL) {
		session_failf(session, "error: a commit is under way\n");
		return COMMAND_WRONG;
	}
	schedule_forget(session->mgd);
	session_say(session, "Pending commit cleared.");
	return COMMAND_DONE;
}
