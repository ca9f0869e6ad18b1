/*
 * Runs a helper program. See program.h.
 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"

enum {
	COMPLAINT_MOST = 1024, /* octets of its standard error that anybody wants to read */
	PATH_MOST = 64,
};

struct pipes {
	int input[2];
	int error[2];
};

static void
close_descriptor(int *descriptor)
{
	if (*descriptor >= 0) {
		(void)close(*descriptor);
		*descriptor = -1;
	}
}

static void
pipes_close(struct pipes *pipes)
{
	close_descriptor(&pipes->input[0]);
	close_descriptor(&pipes->input[1]);
	close_descriptor(&pipes->error[0]);
	close_descriptor(&pipes->error[1]);
}

static int
pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){.input = {-1, -1}, .error = {-1, -1}};
	if (pipe2(pipes->input, O_CLOEXEC) != 0 || pipe2(pipes->error, O_CLOEXEC) != 0) {
		const int failure = -errno;

		pipes_close(pipes);
		return failure;
	}
	return 0;
}

/* Tries the system's directories one after the other. Returns 0 or -errno. */
static int
start(const char *const *arguments, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
    pid_t *process)
{
	static char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char language[] = "LC_ALL=C";
	static const char *const places[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	char *const environment[] = {search, language, NULL};
	char *const *words;
	int failure = ENOENT;

	/* posix_spawn() takes its words without const and leaves them alone. */
	memcpy(&words, &arguments, sizeof(words));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && failure == ENOENT; i++) {
		char path[PATH_MOST];

		(void)snprintf(path, sizeof(path), "%s/%s", places[i], arguments[0]);
		failure = posix_spawn(process, path, actions, attributes, words, environment);
	}
	return -failure;
}

static int
start_between(const char *const *arguments, const struct pipes *pipes, pid_t *process)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t set;

	if (posix_spawn_file_actions_init(&actions) != 0) {
		return -ENOMEM;
	}
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	(void)sigemptyset(&set);
	int failure = posix_spawn_file_actions_adddup2(&actions, pipes->input[0], 0);

	failure |= posix_spawn_file_actions_adddup2(&actions, pipes->error[1], 1);
	failure |= posix_spawn_file_actions_adddup2(&actions, pipes->error[1], 2);
	failure |= posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	failure |= posix_spawnattr_setsigmask(&attributes, &set);
	(void)sigaddset(&set, SIGPIPE);
	failure |= posix_spawnattr_setsigdefault(&attributes, &set);
	const int result = failure != 0 ? -ENOMEM : start(arguments, &actions, &attributes, process);

	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return result;
}

/* => the other end of the pipe is closed here already; SIGPIPE is ignored by the process. */
static void
feed(int descriptor, const char *input)
{
	(void)output_all(descriptor, input == NULL ? "" : input, input == NULL ? 0 : strlen(input)); /* if it ended early its status says why */
}

/* Reads until the program closes its end, keeps the beginning. */
static void
listen_to(int descriptor, struct text *complaint)
{
	const size_t before = complaint->length;
	char piece[256];

	for (;;) {
		const ssize_t length = read(descriptor, piece, sizeof(piece));

		if (length < 0 && errno == EINTR) {
			continue;
		}
		if (length <= 0) {
			break;
		}
		for (ssize_t i = 0; i < length && complaint->length - before < COMPLAINT_MOST; i++) {
			text_append_char(complaint, piece[i] == '\n' || piece[i] == '\0' ? ' ' : piece[i]);
		}
	}
}

int
program_run(const char *const *arguments, const char *input, struct text *complaint)
{
	struct pipes pipes;
	pid_t process = -1;
	int status = 0;
	int failure = pipes_open(&pipes);

	if (failure != 0) {
		return failure;
	}
	failure = start_between(arguments, &pipes, &process);
	close_descriptor(&pipes.input[0]);
	close_descriptor(&pipes.error[1]);
	if (failure == 0) {
		feed(pipes.input[1], input);
		close_descriptor(&pipes.input[1]);
		listen_to(pipes.error[0], complaint);
		while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
		}
	}
	pipes_close(&pipes);
	if (failure != 0) {
		return failure;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
