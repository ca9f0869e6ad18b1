/*
 * start shell. See shell.h.
 *
 * The user's own shell; where that is the command line itself, or none is known, sh. Signals are blocked while the command line
 * waits for it, so that ^C is the shell's alone.
 */
#include "shell.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

#define SHELL "/bin/sh"

bool
cli_shell_wanted(const char *line)
{
	const char *after_run = cli_files_command(line, "run", 2);
	const char *words = cli_files_command(after_run == NULL ? line : after_run, "start", 2);

	return words != NULL && cli_files_command(words, "shell", 1) != NULL;
}

static const char *
shell_of_user(void)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *shell = user == NULL ? "" : user->pw_shell;

	return shell[0] == '/' && strstr(shell, "sallyport") == NULL && access(shell, X_OK) == 0 ? shell : SHELL;
}

static void
become(const char *shell)
{
	const char *slash = strrchr(shell, '/');
	const char *name = slash == NULL ? shell : slash + 1;
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execl(shell, name, (char *)NULL);
	_exit(127);
}

bool
cli_shell_run(int keys, struct text *error)
{
	const char *shell = shell_of_user();
	sigset_t all;
	sigset_t before;
	int status = 0;

	if (keys < 0) {
		text_append(error, "a shell needs a terminal");
		return false;
	}
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	const pid_t process = fork();

	if (process == 0) {
		become(shell);
	}
	while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {
	}
	/* Also after a shell that did not give it back. */
	(void)tcsetpgrp(keys, getpgrp());
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (process < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		text_printf(error, "%s cannot be run", shell);
		return false;
	}
	return true;
}
