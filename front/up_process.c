/*
 * A daemon's process: found, started with its descriptors, and watched through its notify pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/connection.h"
#include "ipc/daemon.h"
#include "up.h"

enum { ARGUMENTS = 24 };

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

/* Beside our own program (a build folder), else in libexec. */
static char *
find_program(const char *name, struct text *error)
{
	static const char *const places[] = {"", "/../libexec/sallyport"};
	char own[4096];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length <= 0) {
		(void)explain(error, "/proc/self/exe");
		return NULL;
	}
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash != NULL) {
		*slash = '\0';
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct text path = TEXT_EMPTY;

		text_printf(&path, "%s%s/sallyport-%s", own, places[i], name);
		if (access(text_string(&path), X_OK) == 0) {
			return text_take(&path);
		}
		text_release(&path);
	}
	text_printf(error, "the program sallyport-%s is neither in %s nor in libexec/sallyport", name, own);
	return NULL;
}

bool
up_process_prepare(struct up_run *run, enum up_daemon daemon, struct text *error)
{
	struct up_process *process = &run->processes[daemon];
	const char *name = up_daemon_name(daemon);
	struct text path = TEXT_EMPTY;
	bool good = false;

	*process = (struct up_process){.daemon = daemon, .listener = -1, .notify = -1};
	process->program = find_program(name, error);
	if (process->program == NULL) {
		return false;
	}
	daemon_socket_path(run->state.path, name, &path);
	process->listener = ipc_listen(text_string(&path));
	if (process->listener < 0) {
		text_printf(error, "%s: %s", text_string(&path), strerror(-process->listener));
	} else if (chown(text_string(&path), (uid_t)-1, run->state.gid) != 0 ||
	    (daemon == UP_MGD && chmod(text_string(&path), 0666) != 0)) {
		/* Who gets as far as mgd's socket is root, DIR's owner or a daemon; mgd asks the kernel which. */
		(void)explain(error, text_string(&path));
	} else {
		good = true;
	}
	text_release(&path);
	return good;
}

void
up_process_release(struct up_process *process)
{
	if (process->listener >= 0) {
		close(process->listener);
	}
	if (process->notify >= 0) {
		close(process->notify);
	}
	free(process->program);
	text_release(&process->words);
	text_release(&process->reason);
	text_release(&process->failure);
}

/* Descriptors of the child that shall stay open over exec. */
struct inherited {
	int listener;
	int notify;
	int extra; /* mgd: the configuration; -1: none */
};

static void
keep_open(int descriptor)
{
	if (descriptor >= 0) {
		(void)fcntl(descriptor, F_SETFD, 0);
	}
}

/* Sanitizers of a test build are told what they need by the environment; nothing else of it passes. */
static void
clean_environment(void)
{
	static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"};
	char *values[sizeof(kept) / sizeof(kept[0])];

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);

		values[i] = value == NULL ? NULL : strdup(value);
	}
	(void)clearenv();
	(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (values[i] != NULL) {
			(void)setenv(kept[i], values[i], 1);
			free(values[i]);
		}
	}
}

static void
become(const struct up_run *run, const struct up_process *process, const struct inherited *inherited)
{
	const struct up_account *account = &run->state.accounts[process->daemon];
	char program[64];
	char numbers[3][16];
	const char *arguments[ARGUMENTS];
	size_t count = 0;
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(program, sizeof(program), "sallyport-%s", up_daemon_name(process->daemon));
	(void)snprintf(numbers[0], sizeof(numbers[0]), "%d", inherited->listener);
	(void)snprintf(numbers[1], sizeof(numbers[1]), "%d", inherited->notify);
	(void)snprintf(numbers[2], sizeof(numbers[2]), "%d", inherited->extra);
	arguments[count++] = program;
	arguments[count++] = "--state";
	arguments[count++] = run->state.path;
	arguments[count++] = "--listen";
	arguments[count++] = numbers[0];
	arguments[count++] = "--notify";
	arguments[count++] = numbers[1];
	arguments[count++] = "--user";
	arguments[count++] = account->user;
	arguments[count++] = "--group";
	arguments[count++] = run->state.group;
	if (process->daemon == UP_MGD && inherited->extra >= 0) {
		arguments[count++] = "--config-descriptor";
		arguments[count++] = numbers[2];
		arguments[count++] = "--config-name";
		arguments[count++] = run->config;
	}
	if (process->daemon == UP_FLOWD) {
		arguments[count++] = "--chassis";
		arguments[count++] = run->chassis;
	}
	arguments[count] = NULL;
	keep_open(inherited->listener);
	keep_open(inherited->notify);
	keep_open(inherited->extra);
	if (null >= 0) {
		(void)dup2(null, 0);
	}
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* In a group of its own: a ^C at the terminal comes to us, and we end the daemons in their order. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	clean_environment();
	/* What these say to others leaves through the data plane, never by the kernel's own way. */
	if ((process->daemon == UP_LOGD || process->daemon == UP_RESOLVERD || process->daemon == UP_TRANSFERD ||
		process->daemon == UP_PROBED) &&
	    !up_enter_namespace(&run->state)) {
		fprintf(stderr, "%s: the host namespace %s cannot be entered: %s\n", program, run->state.namespace,
		    strerror(errno));
		_exit(126);
	}
	/* execv() promises not to change the strings; its type is older than const. */
	(void)execv(process->program, (char *const *)(uintptr_t)arguments);
	fprintf(stderr, "%s: %s\n", process->program, strerror(errno));
	_exit(126);
}

bool
up_process_start(struct up_run *run, enum up_daemon daemon, struct text *error)
{
	struct up_process *process = &run->processes[daemon];
	struct inherited inherited = {.listener = process->listener, .extra = -1};
	pid_t parent = getpid();
	int pipes[2];
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
		return explain(error, "pipe");
	}
	inherited.notify = pipes[1];
	if (daemon == UP_MGD) {
		inherited.extra = run->config_descriptor;
	}
	child = fork();
	if (child == 0) {
		/* We may have died before the child could ask to be told. */
		if (getppid() == parent) {
			become(run, process, &inherited);
		}
		_exit(126);
	}
	close(pipes[1]);
	if (child < 0) {
		close(pipes[0]);
		return explain(error, "fork");
	}
	text_clear(&process->words);
	text_clear(&process->reason);
	run->news = true;
	process->notify = pipes[0];
	process->process = child;
	process->ready = false;
	process->started = up_now();
	process->again = 0;
	process->end_by = 0;
	return true;
}
