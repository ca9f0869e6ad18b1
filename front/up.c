/*
 * sallyport up: runs a gateway in the foreground.
 *
 *   sallyport up --chassis FILE [--config FILE] --state DIR
 *
 * The supervisor is the only one that stays root. It makes the state directory and the sockets, starts logd, resolverd, mgd and
 * flowd each under a user of its own, starts one that died again (after 0.1 s at first, later 1 s, up to 10 s when it never gets
 * ready; up_watch.c), and ends them in order at TERM. Forwarding does not depend on it: it only watches.
 *
 * One thread, one poll loop over a signal descriptor and the daemons' notify pipes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "ipc/log.h"
#include "up.h"

enum {
	STOP_PATIENCE = 8000, /* milliseconds */
};

/* The service manager that started us, if one did, hears that the gateway is up (sd_notify(3), its datagram by hand). */
static void
tell_manager(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path == NULL ? 0 : strlen(path);
	int manager;

	if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@')) {
		return;
	}
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
	}
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager >= 0) {
		(void)!sendto(manager, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
		close(manager);
	}
}

/* --- what mgd asks for ------------------------------------------------------------------------------------------ */

/* "restart flowd", "restart flowd immediately" */
static void
order_restart(struct up_run *run, const char *words)
{
	const size_t length = strcspn(words, " ");
	const bool now = strcmp(words + length, " immediately") == 0;

	for (int i = 0; i < UP_DAEMONS; i++) {
		struct up_process *process = &run->processes[i];
		const char *name = up_daemon_name((enum up_daemon)i);

		if (strlen(name) != length || strncmp(name, words, length) != 0) {
			continue;
		}
		process->delay = 0;
		process->again = process->process == 0 ? up_now() : 0;
		if (process->process != 0) {
			process->end_by = up_now() + (now ? 0 : STOP_PATIENCE);
			(void)kill(process->process, now ? SIGKILL : SIGTERM);
		}
		up_say("%s is to start again", name);
	}
}

static void
take_order(struct up_run *run, const char *line)
{
	if (strncmp(line, "restart ", 8) == 0) {
		order_restart(run, line + 8);
	} else if (strcmp(line, "again") == 0) {
		run->order = UP_AGAIN;
	} else if (strcmp(line, "halt") == 0) {
		run->order = UP_HALT;
	}
}

/* --- what a daemon says ----------------------------------------------------------------------------------------- */

static void
take_line(struct up_run *run, struct up_process *process, const char *line)
{
	const char *name = up_daemon_name(process->daemon);

	if (strcmp(line, "ready") == 0) {
		process->ready = true;
		run->news = true;
		up_say("%s is ready", name);
	} else if (strcmp(line, "forwarding") == 0) {
		int64_t elapsed = up_now() - (run->forwarding ? process->started : run->began);

		up_say("forwarding after %lld.%02lld s", (long long)(elapsed / 1000), (long long)(elapsed % 1000 / 10));
		if (!run->forwarding) {
			tell_manager();
		}
		run->forwarding = true;
	} else if (strncmp(line, "say ", 4) == 0) {
		up_say("%s: %s", name, line + 4);
	} else if (strncmp(line, "failed ", 7) == 0) {
		text_clear(&process->reason);
		text_append(&process->reason, line + 7);
	} else if (strcmp(line, "renew") == 0) {
		order_restart(run, name);
	} else if (process->daemon == UP_MGD) {
		take_order(run, line);
	}
}

static void
take_words(struct up_run *run, struct up_process *process)
{
	char bytes[4096];
	ssize_t got = read(process->notify, bytes, sizeof(bytes));

	if (got == 0) {
		close(process->notify);
		process->notify = -1;
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\n') {
			take_line(run, process, text_string(&process->words));
			text_clear(&process->words);
		} else if (process->words.length < 1000) {
			text_append_char(&process->words, c < 0x20 || c == 0x7f ? '?' : (char)c);
		}
	}
}

/* --- ends and new starts ---------------------------------------------------------------------------------------- */

/* True: the gateway cannot go on. */
static bool
take_end(struct up_run *run, struct up_process *process, int status)
{
	if (process->notify >= 0) {
		take_words(run, process);
	}
	if (process->notify >= 0) {
		close(process->notify);
		process->notify = -1;
	}
	return up_take_end(run, process, status);
}

static bool
reap(struct up_run *run)
{
	bool over = false;
	pid_t child;
	int status;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < UP_DAEMONS; i++) {
			if (run->processes[i].process == child) {
				over = take_end(run, &run->processes[i], status) || over;
			}
		}
	}
	return over;
}

static void
start_due(struct up_run *run)
{
	for (int i = 0; i < UP_DAEMONS; i++) {
		struct up_process *process = &run->processes[i];
		struct text error = TEXT_EMPTY;

		if (process->end_by != 0 && process->process != 0 && up_now() >= process->end_by) {
			(void)kill(process->process, SIGKILL);
		}
		if (process->again == 0 || up_now() < process->again) {
			continue;
		}
		if (!up_process_start(run, (enum up_daemon)i, &error)) {
			up_say("%s: %s", up_daemon_name((enum up_daemon)i), text_string(&error));
			up_plan_restart(process);
		}
		text_release(&error);
	}
}

/* Until the next planned start, as poll(2) wants it. */
static int
patience(const struct up_run *run)
{
	int64_t least = 1000;

	for (int i = 0; i < UP_DAEMONS; i++) {
		if (run->processes[i].again != 0) {
			int64_t left = run->processes[i].again - up_now();

			least = left < least ? left : least;
		}
	}
	return least < 0 ? 0 : (int)least;
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

/* Waits for signals and words. 'e': a child ended, 't': we shall end, ' ': neither. */
static char
wait_event(struct up_run *run, int signals, int milliseconds)
{
	struct pollfd polls[UP_DAEMONS + 1];
	struct signalfd_siginfo info;
	char event = ' ';

	polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (int i = 0; i < UP_DAEMONS; i++) {
		polls[i + 1] = (struct pollfd){.fd = run->processes[i].notify, .events = POLLIN};
	}
	if (poll(polls, UP_DAEMONS + 1, milliseconds) <= 0) {
		return event;
	}
	for (int i = 0; i < UP_DAEMONS; i++) {
		if (polls[i + 1].revents != 0 && run->processes[i].notify >= 0) {
			take_words(run, &run->processes[i]);
		}
	}
	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		event = info.ssi_signo == SIGCHLD && event != 't' ? 'e' : 't';
	}
	return event;
}

static int
supervise(struct up_run *run, int signals)
{
	for (;;) {
		char event = wait_event(run, signals, patience(run));

		if (event == 't') {
			run->order = UP_GO_ON;
			return COMMAND_OK;
		}
		if (run->order != UP_GO_ON) {
			return COMMAND_OK;
		}
		if (reap(run)) {
			return COMMAND_FAILED;
		}
		start_due(run);
		up_publish(run);
		logger_poll(run->logger);
	}
}

/* TERM to one daemon, and KILL when it does not listen. */
static void
stop_daemon(struct up_run *run, enum up_daemon daemon, int signals)
{
	struct up_process *process = &run->processes[daemon];
	int64_t end = up_now() + STOP_PATIENCE;

	if (process->process == 0) {
		return;
	}
	(void)kill(process->process, SIGTERM);
	while (process->process != 0 && up_now() < end) {
		/* Who is told to end while it stops to start again ends: the signal does not come twice. */
		if (wait_event(run, signals, 200) == 't') {
			run->order = UP_GO_ON;
		}
		(void)reap(run);
	}
	if (process->process != 0) {
		up_say("%s does not end: killed", up_daemon_name(daemon));
		(void)kill(process->process, SIGKILL);
		(void)waitpid(process->process, NULL, 0);
		process->process = 0;
	}
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
		return -1;
	}
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool
start_all(struct up_run *run, struct text *error)
{
	/* flowd takes longest to start, logd is needed soonest; none waits for another: records and sockets queue. */
	for (int i = 0; i < UP_DAEMONS; i++) {
		if (!up_process_prepare(run, (enum up_daemon)i, error)) {
			return false;
		}
	}
	for (int i = 0; i < UP_DAEMONS; i++) {
		if (!up_process_start(run, (enum up_daemon)i, error)) {
			return false;
		}
	}
	return true;
}

static int
run_gateway(struct up_run *run)
{
	struct text error = TEXT_EMPTY;
	struct text path = TEXT_EMPTY;
	int signals = open_signals();
	int status = COMMAND_FAILED;

	text_printf(&path, "%s/run/logd.sock", run->state.path);
	run->logger = logger_create(text_string(&path), "supervisor");
	text_release(&path);
	if (signals < 0 || run->logger == NULL) {
		fprintf(stderr, "sallyport up: %s\n", signals < 0 ? strerror(errno) : "out of memory");
	} else if (!start_all(run, &error)) {
		fprintf(stderr, "sallyport up: %s\n", text_string(&error));
	} else {
		status = supervise(run, signals);
		up_say(run->order == UP_AGAIN ? "stopping, to start again" : "stopping");
	}
	run->stopping = true;
	if (run->logger != NULL) {
		stop_daemon(run, UP_PROBED, signals);
		stop_daemon(run, UP_TRANSFERD, signals);
		stop_daemon(run, UP_FLOWD, signals);
		stop_daemon(run, UP_MGD, signals);
		stop_daemon(run, UP_RESOLVERD, signals);
		stop_daemon(run, UP_LOGD, signals);
	}
	logger_destroy(run->logger);
	run->logger = NULL;
	if (signals >= 0) {
		close(signals);
	}
	text_release(&error);
	return status;
}

static const char help[] =
    "usage: sallyport up --chassis FILE [--config FILE] --state DIR\n\n"
    "Runs a gateway in the foreground. All its state lies in DIR (logs in DIR/log); TERM or ^C stops it.\n\n"
    "  --chassis FILE  the physical ports, one line each: port ge-0/0/0 netdev:eth1\n"
    "  --config FILE   the first configuration; counts only while DIR holds no committed one\n"
    "  --state DIR     made when it is not there\n";

static int
take_options(struct up_run *run, const char **state, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(help, stdout);
			return -1;
		}
		if (i + 1 == argc) {
			return command_usage_error("up", "%s needs a value", argv[i]);
		}
		if (strcmp(argv[i], "--chassis") == 0) {
			run->chassis = argv[i + 1];
		} else if (strcmp(argv[i], "--config") == 0) {
			run->config = argv[i + 1];
		} else if (strcmp(argv[i], "--state") == 0) {
			*state = argv[i + 1];
		} else {
			return command_usage_error("up", "unknown option %s", argv[i]);
		}
	}
	if (run->chassis == NULL || *state == NULL) {
		return command_usage_error("up", "--chassis FILE and --state DIR are needed");
	}
	if (access(run->chassis, R_OK) != 0) {
		fprintf(stderr, "sallyport up: %s: %s\n", run->chassis, strerror(errno));
		return COMMAND_FAILED;
	}
	return COMMAND_OK;
}

/* In the environment of who starts anew: not for others to set, and no daemon sees it. */
static const char again_mark[] = "SALLYPORT_UP_AGAIN";

/* The gateway starts anew, by the program that is installed now. Comes back only when there is none. */
static void
become_again(int argc, char **argv)
{
	char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char **again = calloc((size_t)argc + 2, sizeof(*again));
	char name[] = "sallyport";
	char word[] = "up";

	if (again == NULL || length <= 0) {
		free(again);
		return;
	}
	path[length] = '\0';
	if (length > 10 && strcmp(path + length - 10, " (deleted)") == 0) {
		path[length - 10] = '\0';
	}
	again[0] = name;
	again[1] = word;
	for (int i = 1; i < argc; i++) {
		again[i + 1] = argv[i];
	}
	(void)setenv(again_mark, "1", 1);
	(void)execv(path, again);
	(void)execv("/proc/self/exe", again);
	free(again);
}

int
command_up(int argc, char **argv)
{
	struct up_run run = {.config_descriptor = -1, .began = up_now()};
	struct text error = TEXT_EMPTY;
	const char *state = NULL;
	int status = take_options(&run, &state, argc, argv);

	run.again = getenv(again_mark) != NULL;
	if (status != COMMAND_OK) {
		return status < 0 ? COMMAND_OK : status;
	}
	if (geteuid() != 0) {
		fputs("sallyport up: only root may run a gateway (its daemons run as other users)\n", stderr);
		return COMMAND_FAILED;
	}
	if (run.config != NULL) {
		run.config_descriptor = open(run.config, O_RDONLY | O_CLOEXEC);
		if (run.config_descriptor < 0) {
			fprintf(stderr, "sallyport up: %s: %s\n", run.config, strerror(errno));
			return COMMAND_FAILED;
		}
	}
	(void)umask(0027);
	if (!up_state_open(&run.state, state, &error)) {
		fprintf(stderr, "sallyport up: %s\n", text_string(&error));
		status = COMMAND_FAILED;
	} else {
		up_say("state in %s, host namespace %s", run.state.path, run.state.namespace);
		for (int i = 0; i < UP_DAEMONS; i++) {
			run.processes[i] = (struct up_process){.listener = -1, .notify = -1};
		}
		status = run_gateway(&run);
		for (int i = 0; i < UP_DAEMONS; i++) {
			up_process_release(&run.processes[i]);
		}
		up_state_close(&run.state);
		up_say("stopped");
	}
	if (run.config_descriptor >= 0) {
		close(run.config_descriptor);
	}
	text_release(&error);
	if (run.order == UP_AGAIN) {
		become_again(argc, argv);
		fprintf(stderr, "sallyport up: cannot start again: %s\n", strerror(errno));
		return COMMAND_FAILED;
	}
	return status;
}
