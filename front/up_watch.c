/*
 * What the supervisor makes of the ends of its daemons: when each is started again, what is said, logged and written into the
 * roster (ipc/roster.h), from which `show system alarms` and `show system processes` have it.
 *
 * A daemon that ends with status 2 before it was ready has refused its input: a bad chassis file, no configuration. When `up`
 * is started for the first time that ends the gateway, because somebody is there to read why. A gateway that was up keeps
 * its command line and its logs whatever happens to one of its daemons, and tries again.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "ipc/log.h"
#include "ipc/roster.h"
#include "up.h"

enum {
	FIRST_DELAY = 100, /* milliseconds */
	LONGEST_DELAY = 10000, /* for one that never gets ready */
	LONGEST_AFTER_READY = 1000,
	STABLE_AFTER = 10000, /* who lived that long starts over with the first delay */
	REFUSED = 2,          /* exit status */
};

int64_t
up_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
up_say(const char *format, ...)
{
	struct text line = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&line, format, arguments);
	va_end(arguments);
	printf("sallyport: %s\n", text_string(&line));
	fflush(stdout);
	text_release(&line);
}

/* --- the roster ------------------------------------------------------------------------------------------------- */

static enum roster_state
state_of(const struct up_process *process)
{
	if (process->process == 0) {
		return ROSTER_WAITING;
	}
	return process->ready ? ROSTER_RUNNING : ROSTER_STARTING;
}

void
up_publish(struct up_run *run)
{
	struct roster_entry entries[UP_DAEMONS] = {0};
	struct text path = TEXT_EMPTY;

	if (!run->news) {
		return;
	}
	for (int i = 0; i < UP_DAEMONS; i++) {
		const struct up_process *process = &run->processes[i];

		(void)snprintf(entries[i].name, sizeof(entries[i].name), "%s", up_daemon_name((enum up_daemon)i));
		(void)snprintf(entries[i].failure, sizeof(entries[i].failure), "%s", text_string(&process->failure));
		entries[i].state = state_of(process);
	}
	roster_path(run->state.path, &path);
	run->news = false;
	if (!roster_write(text_string(&path), run->state.gid, entries, UP_DAEMONS)) {
		up_say("%s: %s", text_string(&path), strerror(errno));
	}
	text_release(&path);
}

/* --- ends ------------------------------------------------------------------------------------------------------- */

/* "refused to start: REASON", "ended with status 1: REASON", "was ended by signal 9 (Killed)" */
static void
describe_end(const struct up_process *process, int status, bool refused, struct text *out)
{
	if (refused) {
		text_append(out, "refused to start");
	} else if (WIFSIGNALED(status)) {
		text_printf(out, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else {
		text_printf(out, "ended with status %d", WEXITSTATUS(status));
	}
	if (process->reason.length > 0) {
		text_printf(out, ": %s", text_string(&process->reason));
	}
}

void
up_plan_restart(struct up_process *process)
{
	const int64_t now = up_now();
	const uint32_t longest = process->ready ? LONGEST_AFTER_READY : LONGEST_DELAY;

	if (now - process->started >= STABLE_AFTER || process->delay == 0) {
		process->delay = FIRST_DELAY;
	} else {
		process->delay = process->delay * 2 < longest ? process->delay * 2 : longest;
	}
	process->again = now + process->delay;
}

/* It failed. Who fails every ten seconds for the same reason is not told every time. */
static void
take_failure(struct up_run *run, struct up_process *process, const struct text *how, bool refused)
{
	const char *name = up_daemon_name(process->daemon);
	const bool known = process->delay == LONGEST_DELAY && strcmp(text_string(&process->failure), text_string(how)) == 0;

	text_clear(&process->failure);
	text_append(&process->failure, text_string(how));
	up_plan_restart(process);
	if (known && process->delay == LONGEST_DELAY) {
		return;
	}
	up_say("%s %s; it %s again in %.1f s", name, text_string(how), refused ? "is tried" : "starts", process->delay / 1000.0);
	logger_printf(run->logger, LOG_SEVERITY_CRITICAL, refused ? "SUPERVISOR_REFUSED" : "SUPERVISOR_RESTART",
	    "%s %s%s", name, text_string(how), refused ? "" : " and is started again");
}

bool
up_take_end(struct up_run *run, struct up_process *process, int status)
{
	const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == REFUSED && !process->ready;
	const bool over = refused && !process->started_before && !run->again && !run->stopping;
	struct text how = TEXT_EMPTY;

	process->process = 0;
	process->started_before = true;
	run->news = true;
	describe_end(process, status, refused, &how);
	if (over) {
		up_say("%s %s", up_daemon_name(process->daemon), text_string(&how));
	} else if (process->end_by != 0 && !run->stopping) {
		process->end_by = 0;
		process->again = up_now();
	} else if (!run->stopping) {
		take_failure(run, process, &how, refused);
	}
	text_release(&how);
	return over;
}
