/*
 * Transfers. See attempt.h.
 *
 * The working directory is DIR/transfer: queue/, ssh/ (the device's key, known hosts) and git/ (a working copy a
 * repository). A host's key is trusted at the first meeting and then has to stay what it is.
 */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "queue.h"

enum {
	ARGUMENTS = 24,
	PIECE = 65536,
};

static const char page = '\f'; /* stands before what each program says: only the last one's words count */

static const char key_file[] = "ssh/id_ed25519";

/* Below the working copies, two folders down; constant, because git gives it to a shell. */
static const char git_ssh[] = "GIT_SSH_COMMAND=ssh -F ../../ssh/config -i ../../ssh/id_ed25519 "
			      "-o UserKnownHostsFile=../../ssh/known_hosts";

static const char ssh_settings[] = "Host *\n"
				   "\tBatchMode yes\n"
				   "\tConnectTimeout 20\n"
				   "\tIdentitiesOnly yes\n"
				   "\tStrictHostKeyChecking accept-new\n"
				   "\tServerAliveInterval 15\n"
				   "\tGlobalKnownHostsFile /etc/ssh/ssh_known_hosts\n";

static int64_t
now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* --- in the child ----------------------------------------------------------------------------------------------- */

static bool
complain(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return false;
}

/* Runs a program in `folder` and waits for it. Its output goes where ours goes. */
static bool
run(const char *folder, const char *const arguments[])
{
	static const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent",
	    "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", git_ssh, NULL};
	int status = 0;
	pid_t child;

	(void)!write(2, &page, 1);
	child = fork();
	if (child == 0) {
		if (chdir(folder) == 0) {
			/* execvpe() promises not to change the strings; its types are older than const. */
			(void)execvpe(arguments[0], (char *const *)(uintptr_t)arguments,
			    (char *const *)(uintptr_t)environment);
		}
		if (errno == ENOENT) {
			fprintf(stderr, "the program %s is not installed\n", arguments[0]);
		} else {
			(void)complain(arguments[0]);
		}
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
make_folder(const char *name)
{
	return mkdir(name, 0700) == 0 || errno == EEXIST || complain(name);
}

static bool
write_settings(void)
{
	const int file = open("ssh/config", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	const bool good =
	    file >= 0 && write(file, ssh_settings, sizeof(ssh_settings) - 1) == (ssize_t)sizeof(ssh_settings) - 1;

	if (file >= 0) {
		close(file);
	}
	return good || complain("ssh/config");
}

static bool
make_key(void)
{
	static const char *const arguments[] = {
	    "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "sallyport", "-f", key_file, NULL};

	return make_folder("ssh") && write_settings() && (access(key_file, F_OK) == 0 || run(".", arguments));
}

static bool
copy_bytes(int from, int to)
{
	static char piece[PIECE];
	ssize_t got;

	while ((got = read(from, piece, sizeof(piece))) > 0) {
		for (ssize_t done = 0; done < got;) {
			const ssize_t wrote = write(to, piece + done, (size_t)(got - done));

			if (wrote <= 0) {
				return false;
			}
			done += wrote;
		}
	}
	return got == 0;
}

/* A file's name without its number in the queue. */
static const char *
plain_name(const char *file)
{
	return file + QUEUE_DIGITS + 1;
}

static int
open_queued(const char *file)
{
	char path[QUEUE_NAME + 16];

	(void)snprintf(path, sizeof(path), "queue/%s", file);
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* Written beside, then given its name: a reader never meets half a file. */
static bool
to_folder(const struct site *site, const char *file)
{
	char beside[QUEUE_NAME + 8];
	const int folder = open(site->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int from = open_queued(file);
	int to;

	if (folder < 0 || from < 0) {
		return complain(folder < 0 ? site->path : file);
	}
	(void)snprintf(beside, sizeof(beside), ".%s.new", plain_name(file));
	to = openat(folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || !copy_bytes(from, to) || fsync(to) != 0 || close(to) != 0 ||
	    renameat(folder, beside, folder, plain_name(file)) != 0) {
		(void)complain(site->path);
		(void)unlinkat(folder, beside, 0);
		return false;
	}
	return true;
}

/* user@host, or host. */
static void
add_host(const struct site *site, struct text *out)
{
	text_printf(out, "%s%s%s", site->user, site->user[0] == '\0' ? "" : "@", site->host);
}

static bool
to_scp(const struct site *site, const char *file)
{
	char port[16];
	char from[QUEUE_NAME + 16];
	struct text to = TEXT_EMPTY;
	bool good;

	(void)snprintf(port, sizeof(port), "%u", site->port == 0 ? 22U : site->port);
	(void)snprintf(from, sizeof(from), "queue/%s", file);
	add_host(site, &to);
	text_printf(&to, ":%s/%s", site->path, plain_name(file));
	good = !text_failed(&to) && make_key() &&
	    run(".",
		(const char *const[]){"scp", "-B", "-F", "ssh/config", "-i", key_file, "-o",
		    "UserKnownHostsFile=ssh/known_hosts", "-P", port, "--", from, text_string(&to), NULL});
	text_release(&to);
	return good;
}

/* HOST_YYYYMMDD_HHMMSS.conf.gz: HOST.conf. */
static void
name_host_file(const char *file, struct text *name)
{
	const char *stamp = strrchr(file, '_');

	while (stamp != NULL && stamp > file && stamp[-1] != '_') {
		stamp--;
	}
	text_append_bytes(name, file, stamp == NULL || stamp == file ? 0 : (size_t)(stamp - 1 - file));
	text_append(name, ".conf");
}

/* The queued file's text into a file of the working copy; its first line, without the mark, is the commit's message. */
static bool
unpack(const char *queued, const char *path, struct text *message)
{
	static char piece[PIECE];
	const int descriptor = open_queued(queued);
	gzFile from = descriptor < 0 ? NULL : gzdopen(descriptor, "rb");
	FILE *to = fopen(path, "we");
	int got;

	if (from == NULL || to == NULL || gzgets(from, piece, PIECE) == NULL) {
		return complain(path);
	}
	text_append_bytes(message, piece, strcspn(piece, "\n"));
	while ((got = gzread(from, piece, PIECE)) > 0) {
		if (fwrite(piece, 1, (size_t)got, to) != (size_t)got) {
			return complain(path);
		}
	}
	(void)gzclose(from);
	return (fclose(to) == 0 && got == 0) || complain(path);
}

/* The folder of the working copy: one a repository, named by a hash of its address. */
static void
name_copy(const char *address, char *out, size_t size)
{
	const struct hash_key key = {.low = 0x73616c6c79706f72ULL, .high = 0x7472616e73666572ULL};

	(void)snprintf(out, size, "git/%016llx", (unsigned long long)hash_bytes(&key, address, strlen(address)));
}

static bool
git(const char *copy, const char *const words[])
{
	const char *arguments[ARGUMENTS] = {"git", "-c", "user.name=Sallyport", "-c", "user.email=sallyport@localhost", "-c",
	    "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"};
	size_t count = 0;

	while (arguments[count] != NULL) {
		count++;
	}
	for (size_t i = 0; words[i] != NULL && count + 1 < ARGUMENTS; i++) {
		arguments[count++] = words[i];
	}
	return run(copy, arguments);
}

/* Makes the working copy what the repository's branch `main` is; one without that branch gets it from us. */
static bool
fetch(const char *copy, const char *address)
{
	struct text fetched = TEXT_EMPTY;

	text_printf(&fetched, "%s/.git/FETCH_HEAD", copy);
	if (!make_folder("git") || !make_folder(copy) ||
	    !git(copy, (const char *const[]){"init", "-q", "-b", "main", NULL}) ||
	    !git(copy, (const char *const[]){"ls-remote", "-q", "--", address, "HEAD", NULL})) {
		return false;
	}
	(void)unlink(text_string(&fetched));
	text_release(&fetched);
	return !git(copy, (const char *const[]){"fetch", "-q", "--", address, "main", NULL}) ||
	    git(copy, (const char *const[]){"reset", "-q", "--hard", "FETCH_HEAD", NULL});
}

/* A configuration that is there already needs no commit. */
static bool
record(const char *copy, const char *name, const char *message)
{
	return git(copy, (const char *const[]){"add", "--", name, NULL}) &&
	    (git(copy, (const char *const[]){"diff", "--cached", "--quiet", NULL}) ||
		git(copy, (const char *const[]){"commit", "-q", "-m", message, NULL}));
}

static void
git_address(const struct site *site, struct text *out)
{
	if (site->kind == SITE_GIT_SSH) {
		text_append(out, "ssh://");
		add_host(site, out);
		if (site->port != 0) {
			text_printf(out, ":%u", site->port);
		}
	}
	text_append(out, site->path);
}

static bool
to_git(const struct site *site, const char *file)
{
	struct text address = TEXT_EMPTY;
	struct text name = TEXT_EMPTY;
	struct text path = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;
	char copy[64];
	bool good;

	git_address(site, &address);
	name_host_file(plain_name(file), &name);
	name_copy(text_string(&address), copy, sizeof(copy));
	text_printf(&path, "%s/%s", copy, text_string(&name));
	good = !text_failed(&address) && !text_failed(&path) && (site->kind == SITE_GIT_FILE || make_key()) &&
	    fetch(copy, text_string(&address)) && unpack(file, text_string(&path), &message) &&
	    record(copy, text_string(&name), text_string(&message) + strspn(text_string(&message), "# ")) &&
	    git(copy, (const char *const[]){"push", "-q", "--", text_string(&address), "HEAD:refs/heads/main", NULL});
	text_release(&address);
	text_release(&name);
	text_release(&path);
	text_release(&message);
	return good;
}

static bool
bring(const struct site *site, const char *file)
{
	switch (site->kind) {
	case SITE_FOLDER:
		return to_folder(site, file);
	case SITE_SCP:
		return to_scp(site, file);
	case SITE_GIT_SSH:
	case SITE_GIT_FILE:
		return to_git(site, file);
	}
	return false;
}

/* The child: a process group of its own, whose words go to `words`. */
static _Noreturn void
work(const struct site *site, const char *file, int words)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, 0);
	(void)umask(0077);
	if (dup2(words, 1) < 0 || dup2(words, 2) < 0) {
		_exit(1);
	}
	_exit((site == NULL ? make_key() : bring(site, file)) ? 0 : 1);
}

/* --- in the daemon ---------------------------------------------------------------------------------------------- */

static bool
start(struct attempt *attempt, const struct site *site, const char *file, struct text *error)
{
	int pipes[2];

	*attempt = (struct attempt){.words = -1, .until = now_seconds() + ATTEMPT_PATIENCE};
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		text_append(error, strerror(errno));
		return false;
	}
	attempt->process = fork();
	if (attempt->process == 0) {
		work(site, file, pipes[1]);
	}
	close(pipes[1]);
	if (attempt->process < 0) {
		text_append(error, strerror(errno));
		close(pipes[0]);
		attempt->process = 0;
		return false;
	}
	(void)setpgid(attempt->process, attempt->process);
	(void)fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	attempt->words = pipes[0];
	return true;
}

bool
attempt_start(struct attempt *attempt, const struct site *site, const char *file, struct text *error)
{
	return start(attempt, site, file, error);
}

static void
take_words(struct attempt *attempt)
{
	char piece[512];
	ssize_t got;

	while (attempt->words >= 0 && (got = read(attempt->words, piece, sizeof(piece))) > 0) {
		if (attempt->said.length + (size_t)got > ATTEMPT_WORDS) {
			text_clear(&attempt->said); /* the end counts */
		}
		text_append_bytes(&attempt->said, piece, (size_t)got);
	}
}

static void
end(struct attempt *attempt)
{
	take_words(attempt);
	if (attempt->words >= 0) {
		close(attempt->words);
	}
	attempt->words = -1;
	attempt->process = 0;
}

enum attempt_state
attempt_poll(struct attempt *attempt)
{
	int status = 0;

	take_words(attempt);
	if (waitpid(attempt->process, &status, WNOHANG) == attempt->process) {
		end(attempt);
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ATTEMPT_DONE : ATTEMPT_FAILED;
	}
	if (now_seconds() < attempt->until) {
		return ATTEMPT_RUNS;
	}
	attempt_stop(attempt);
	text_clear(&attempt->said);
	text_printf(&attempt->said, "it took longer than %d seconds", ATTEMPT_PATIENCE);
	return ATTEMPT_FAILED;
}

void
attempt_stop(struct attempt *attempt)
{
	if (attempt->process > 0) {
		(void)kill(-attempt->process, SIGKILL);
		(void)waitpid(attempt->process, NULL, 0);
		end(attempt);
	}
}

void
attempt_why(const struct attempt *attempt, struct text *out)
{
	const char *said = text_string(&attempt->said);
	const char *last = strrchr(said, page);
	const size_t before = out->length;

	for (said = last == NULL ? said : last + 1; *said != '\0'; said++) {
		if ((unsigned char)*said > ' ') {
			text_append_char(out, *said);
		} else if (*said == '\n' && out->length > before) {
			text_append(out, said[1 + strspn(said + 1, "\r\n\t ")] == '\0' ? "" : "; ");
		} else if (*said == ' ') {
			text_append_char(out, ' ');
		}
	}
	if (out->length == before) {
		text_append(out, "it ended without a word");
	}
}

bool
attempt_make_key(struct text *error)
{
	struct attempt attempt;
	int status = 0;

	if (access(key_file, F_OK) == 0) {
		return true;
	}
	if (!start(&attempt, NULL, NULL, error)) {
		return false;
	}
	(void)waitpid(attempt.process, &status, 0);
	end(&attempt);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		attempt_why(&attempt, error);
	}
	text_release(&attempt.said);
	return error->length == 0;
}
