/*
 * A probe's process. See probe.h.
 *
 * What goes wrong before the program runs is written without a line's end, and the process exits with NOT_RUN: then what is left
 * of a line is the sentence.
 */
#include "probe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/output.h"
#include "plan.h"
#include "watch.h"

enum {
	NOT_RUN = 125,
	NO_ANSWER = 1, /* of ping */
	LINE_MOST = 512,
	PIECE = 4096,
};

struct probe {
	pid_t process;
	int output;
	struct text line; /* that has no end yet */
	char *destination; /* as it was asked for; "" without one */
};

/* --- in the child ----------------------------------------------------------------------------------------------- */

static void
give_up(const char *why)
{
	(void)!write(STDOUT_FILENO, why, strlen(why));
	_exit(NOT_RUN);
}

static void
become(const struct op_node *request, const char *state)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	const char *arguments[PLAN_ARGUMENTS + 1];
	char destination[INET6_ADDRSTRLEN];
	char source[INET6_ADDRSTRLEN];
	const struct plan_ends ends = {.source = source, .destination = destination};
	struct plan plan;
	struct text error = TEXT_EMPTY;
	size_t i;

	if (!ask_address(request, state, destination, &error) || !ask_source(request, destination, state, source, &error) ||
	    !plan_probe(request, &ends, &plan, &error)) {
		give_up(text_string(&error));
	}
	for (i = 0; i < plan.count; i++) {
		arguments[i] = plan.words[i];
	}
	arguments[i] = NULL;
	/* execvpe() promises not to change the strings; its types are older than const. */
	(void)execvpe(plan.words[0], (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
	text_clear(&error);
	text_printf(&error, errno == ENOENT ? "the program %s is not installed" : "%s cannot be run", plan.words[0]);
	give_up(text_string(&error));
}

static void
write_host(const char *name, const char *address)
{
	struct text line = TEXT_EMPTY;

	text_printf(&line, "%s has %s %s\n", name, strchr(address, ':') == NULL ? "address" : "IPv6 address", address);
	if (text_failed(&line) || !output_all(STDOUT_FILENO, text_string(&line), line.length)) {
		_exit(NOT_RUN);
	}
	text_release(&line);
}

static void
run_host(const struct op_node *request, const char *state)
{
	struct text error = TEXT_EMPTY;

	if (ask_host(op_value(request, "destination"), state, write_host, &error)) {
		_exit(0);
	}
	give_up(text_string(&error));
}

static void
run_child(const struct op_node *request, const char *state, int output)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
		_exit(NOT_RUN);
	}
	if (strcmp(request->name, PROBE_HOST) == 0) {
		run_host(request, state);
	}
	if (strcmp(request->name, WATCH_REQUEST) != 0) {
		become(request, state);
	}
	struct text error = TEXT_EMPTY;

	if (watch_run(request, state, &error)) {
		_exit(0);
	}
	give_up(text_string(&error));
}

/* --- in the daemon ---------------------------------------------------------------------------------------------- */

/* What nobody could ask is refused before there is a process. */
static bool
acceptable(const struct op_node *request, struct text *error)
{
	const char *destination = op_value(request, "destination");
	char address[INET6_ADDRSTRLEN];

	return strcmp(request->name, WATCH_REQUEST) == 0 || plan_is_name(destination) || plan_address(destination, address, error);
}

struct probe *
probe_start(const struct op_node *request, const char *state, struct text *error)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int pipes[2];

	if (probe == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	if (!acceptable(request, error)) {
		free(probe);
		return NULL;
	}
	probe->destination = strdup(op_value(request, "destination") == NULL ? "" : op_value(request, "destination"));
	if (probe->destination == NULL) {
		text_append(error, "out of memory");
		free(probe);
		return NULL;
	}
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		text_printf(error, "pipe: %s", strerror(errno));
		free(probe->destination);
		free(probe);
		return NULL;
	}
	probe->process = fork();
	if (probe->process == 0) {
		run_child(request, state, pipes[1]);
	}
	close(pipes[1]);
	probe->output = pipes[0];
	if (probe->process < 0) {
		text_printf(error, "fork: %s", strerror(errno));
		close(pipes[0]);
		free(probe->destination);
		free(probe);
		return NULL;
	}
	return probe;
}

int
probe_descriptor(const struct probe *probe)
{
	return probe->output;
}

static void
end_line(struct probe *probe, struct op_tree *tree)
{
	struct op_node *row = op_add(tree, tree->root, "line", NULL);

	(void)op_add(tree, row, "text", text_string(&probe->line));
	text_clear(&probe->line);
}

static void
take(struct probe *probe, const char *bytes, size_t length, struct op_tree *tree)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n' || probe->line.length == LINE_MOST) {
			end_line(probe, tree);
		}
		if (bytes[i] != '\n' && bytes[i] != '\0') {
			text_append_char(&probe->line, bytes[i]);
		}
	}
}

/* It has said everything: how did it end? */
static enum probe_state
conclude(struct probe *probe, struct op_tree *tree, struct text *error)
{
	int status = 0;

	while (waitpid(probe->process, &status, 0) < 0 && errno == EINTR) {
	}
	probe->process = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN) {
		text_append(error, probe->line.length > 0 ? text_string(&probe->line) : "the program could not be started");
		return PROBE_FAILED;
	}
	if (probe->line.length > 0) {
		end_line(probe, tree);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		return PROBE_DONE;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_ANSWER) {
		text_printf(error, "no answer from %s", probe->destination);
	} else {
		text_printf(error, "it did not work");
	}
	return PROBE_FAILED;
}

enum probe_state
probe_read(struct probe *probe, struct op_tree *tree, struct text *error)
{
	char bytes[PIECE];
	const ssize_t got = read(probe->output, bytes, sizeof(bytes));

	if (got < 0 && errno == EINTR) {
		return PROBE_RUNNING;
	}
	if (got <= 0) {
		return conclude(probe, tree, error);
	}
	take(probe, bytes, (size_t)got, tree);
	return PROBE_RUNNING;
}

void
probe_destroy(struct probe *probe)
{
	if (probe == NULL) {
		return;
	}
	if (probe->process > 0) {
		(void)kill(probe->process, SIGKILL);
		while (waitpid(probe->process, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	close(probe->output);
	text_release(&probe->line);
	free(probe->destination);
	free(probe);
}
