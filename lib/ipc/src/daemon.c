/*
 * The start that all daemons share: options, the inherited listening socket, the words to the supervisor, and giving up
 * what the start needed and the work does not.
 */
#include "ipc/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "ipc/connection.h"

#if defined(__SANITIZE_ADDRESS__)
enum { DUMPABLE = 1 }; /* the leak checker looks at its own process from outside */
#else
enum { DUMPABLE = 0 };
#endif

enum {
	FAILURE_MOST = 900, /* octets of a reason that anybody wants to read in a line */
};

static bool
take_descriptor(const char *value, int *descriptor)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (end == value || *end != '\0' || number < 3 || number > 1 << 20 || fcntl((int)number, F_GETFD) < 0) {
		return false;
	}
	*descriptor = (int)number;
	/* Not for children of ours. */
	return fcntl(*descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

static bool
take_option(struct daemon_options *options, const char *name, const char *value, struct text *error)
{
	bool good = true;

	if (strcmp(name, "--state") == 0) {
		options->state = value;
	} else if (strcmp(name, "--user") == 0) {
		options->user = value;
	} else if (strcmp(name, "--group") == 0) {
		options->group = value;
	} else if (strcmp(name, "--listen") == 0) {
		good = take_descriptor(value, &options->listen);
	} else {
		good = take_descriptor(value, &options->notify);
	}
	if (!good) {
		text_printf(error, "%s %s: not an open descriptor", name, value);
	}
	return good;
}

bool
daemon_options_take(struct daemon_options *options, int *argc, char **argv, struct text *error)
{
	static const char *const names[] = {"--state", "--listen", "--notify", "--user", "--group"};
	int kept = 1;

	*options = (struct daemon_options){.listen = -1, .notify = -1};
	for (int i = 1; i < *argc; i++) {
		bool ours = false;

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			ours = ours || strcmp(argv[i], names[n]) == 0;
		}
		if (!ours) {
			argv[kept++] = argv[i];
			continue;
		}
		if (i + 1 == *argc) {
			text_printf(error, "%s needs a value", argv[i]);
			return false;
		}
		if (!take_option(options, argv[i], argv[i + 1], error)) {
			return false;
		}
		i++;
	}
	argv[kept] = NULL;
	*argc = kept;
	if (options->state == NULL) {
		text_append(error, "--state DIR is missing");
		return false;
	}
	return true;
}

void
daemon_notify_failure(const struct daemon_options *options, const char *why)
{
	struct text line = TEXT_EMPTY;
	size_t length = strlen(why);

	while (length > 0 && why[length - 1] == '\n') {
		length--;
	}
	text_append(&line, "failed ");
	for (size_t i = 0; i < length && i < FAILURE_MOST; i++) {
		if (why[i] == '\n') {
			text_append(&line, "; ");
		} else {
			text_append_char(&line, why[i]);
		}
	}
	if (!text_failed(&line)) {
		daemon_notify(options, text_string(&line));
	}
	text_release(&line);
}

int
daemon_failed(const struct daemon_options *options, const char *name, struct text *error)
{
	fprintf(stderr, "sallyport-%s: %s\n", name, text_string(error));
	daemon_notify_failure(options, text_string(error));
	text_release(error);
	return 1;
}

int
daemon_main(const char *name, int argc, char **argv, int (*start)(struct daemon_options *options))
{
	struct daemon_options options;
	struct text error = TEXT_EMPTY;

	if (daemon_options_take(&options, &argc, argv, &error) && argc > 1) {
		text_append(&error, "the options are --state, --listen, --notify, --user and --group");
	}
	if (error.length > 0) {
		(void)daemon_failed(&options, name, &error);
		return 2;
	}
	return start(&options);
}

void
daemon_socket_path(const char *state, const char *name, struct text *out)
{
	text_printf(out, "%s/run/%s.sock", state, name);
}

int
daemon_listen(const struct daemon_options *options, const char *name)
{
	struct text path = TEXT_EMPTY;
	int listener;

	if (options->listen >= 0) {
		int flags = fcntl(options->listen, F_GETFL);

		if (flags < 0 || fcntl(options->listen, F_SETFL, flags | O_NONBLOCK) != 0) {
			return -errno;
		}
		return options->listen;
	}
	daemon_socket_path(options->state, name, &path);
	listener = text_failed(&path) ? -ENOMEM : ipc_listen(text_string(&path));
	text_release(&path);
	return listener;
}

bool
daemon_open(const struct daemon_options *options, const char *name, struct daemon_descriptors *opened, struct text *error)
{
	opened->signals = daemon_signals();
	opened->listener = daemon_listen(options, name);
	if (opened->signals < 0 || opened->listener < 0) {
		text_printf(error, "cannot listen: %s", strerror(opened->listener < 0 ? -opened->listener : -opened->signals));
		return false;
	}
	return true;
}

bool
daemon_begin(struct daemon_options *options, const char *name, struct daemon_descriptors *opened, struct text *error)
{
	return daemon_open(options, name, opened, error) && daemon_enter_state(options, error) &&
	    daemon_drop_privileges(options, NULL, error);
}

void
daemon_notify(const struct daemon_options *options, const char *line)
{
	struct text whole = TEXT_EMPTY;

	if (options->notify < 0) {
		return;
	}
	text_printf(&whole, "%s\n", line);
	/* Shorter than PIPE_BUF: whole or not at all. A supervisor that has gone is noticed elsewhere. */
	if (!text_failed(&whole) && write(options->notify, whole.bytes, whole.length) < 0) {
		text_clear(&whole);
	}
	text_release(&whole);
}

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

bool
daemon_enter_state(struct daemon_options *options, struct text *error)
{
	if (chdir(options->state) != 0) {
		return explain(error, options->state);
	}
	options->state = ".";
	return true;
}

bool
daemon_host_namespace(const char *state, struct text *name)
{
	/* Fixed: the name must be the same in every run, and it is nobody's secret. */
	static const struct hash_key key = {.low = 0x73616c6c79706f72ULL, .high = 0x7420686f73742e2eULL};
	char *path = realpath(state, NULL);

	if (path == NULL) {
		return false;
	}
	text_printf(name, "sp-%08x", (unsigned)(hash_bytes(&key, path, strlen(path)) & UINT32_MAX));
	free(path);
	return !text_failed(name);
}

static bool
keep_capabilities(const char *keep, struct text *error)
{
	cap_t wanted = cap_from_text(keep == NULL ? "=" : keep);
	bool good;

	if (wanted == NULL) {
		return explain(error, "capabilities");
	}
	good = cap_set_proc(wanted) == 0;
	if (!good) {
		(void)explain(error, "capabilities");
	}
	(void)cap_free(wanted);
	return good;
}

static bool
change_identity(const struct passwd *user, const struct group *group, struct text *error)
{
	gid_t gid = group != NULL ? group->gr_gid : user->pw_gid;

	if (setgroups(0, NULL) != 0) {
		return explain(error, "supplementary groups");
	}
	if (setresgid(gid, gid, gid) != 0) {
		return explain(error, "group");
	}
	if (setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
		return explain(error, "user");
	}
	return true;
}

bool
daemon_drop_privileges(const struct daemon_options *options, const char *keep, struct text *error)
{
	const struct passwd *user = options->user == NULL ? NULL : getpwnam(options->user);
	const struct group *group = options->group == NULL ? NULL : getgrnam(options->group);

	(void)umask(0027);
	if (options->user != NULL && user == NULL) {
		text_printf(error, "no user %s", options->user);
		return false;
	}
	if (options->group != NULL && group == NULL) {
		text_printf(error, "no group %s", options->group);
		return false;
	}
	if (user != NULL && geteuid() == 0) {
		/* The permitted set outlives the change of user only this long; what stays is set right after it. */
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
			return explain(error, "PR_SET_KEEPCAPS");
		}
		if (!change_identity(user, group, error) || !keep_capabilities(keep, error)) {
			return false;
		}
		(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
		/* The change of user forgot it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return explain(error, "PR_SET_NO_NEW_PRIVS");
	}
	(void)prctl(PR_SET_DUMPABLE, DUMPABLE, 0, 0, 0);
	return true;
}

int
daemon_signals(void)
{
	sigset_t set;
	int descriptor;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
		return -errno;
	}
	descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return descriptor < 0 ? -errno : descriptor;
}
