/*
 * The state directory of a gateway.
 *
 *   DIR          0751 OWNER:GROUP   the owner is the gateway's administrator beside root; others may pass to run
 *   DIR/lock     held as long as `up` runs, with its process id inside
 *   DIR/run      0751, sockets, what exists only while it runs; root's, so that nobody else can put a file there
 *   DIR/log      logd's
 *   DIR/pki      the administrator's: certificates that are trusted; daemons read it
 *   DIR/db       0700, mgd's: configurations
 *
 * GROUP is the group of all daemons: what they share is open to it, and nothing to others but mgd's socket, behind which their class says what they may do.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/daemon.h"
#include "ipc/roster.h"
#include "up.h"

static const char *const daemon_names[UP_DAEMONS] = {
    [UP_LOGD] = "logd",
    [UP_RESOLVERD] = "resolverd",
    [UP_MGD] = "mgd",
    [UP_FLOWD] = "flowd",
    [UP_TRANSFERD] = "transferd",
    [UP_PROBED] = "probed",
};

const char *
up_daemon_name(enum up_daemon daemon)
{
	return daemon_names[daemon];
}

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

static void
find_accounts(struct up_state *state)
{
	const struct group *group = getgrnam("_sallyport");

	if (group == NULL) {
		group = getgrnam("nogroup");
	}
	(void)snprintf(state->group, sizeof(state->group), "%s", group == NULL ? "root" : group->gr_name);
	state->gid = group == NULL ? 0 : group->gr_gid;
	for (int i = 0; i < UP_DAEMONS; i++) {
		struct up_account *account = &state->accounts[i];
		const struct passwd *user;

		(void)snprintf(account->user, sizeof(account->user), "_sallyport-%s", daemon_names[i]);
		user = getpwnam(account->user);
		if (user == NULL) {
			memcpy(account->user, "nobody", sizeof("nobody"));
			user = getpwnam(account->user);
		}
		account->uid = user == NULL ? 65534 : user->pw_uid;
	}
}

/* Makes a folder of DIR, or takes the one that is there, with owner and mode as they have to be. */
static bool
make_folder(const struct up_state *state, const char *name, uid_t owner, mode_t mode, struct text *error)
{
	struct text path = TEXT_EMPTY;
	struct stat status;
	int descriptor = -1;
	bool good;

	text_printf(&path, "%s/%s", state->path, name);
	good = !text_failed(&path) && (mkdir(text_string(&path), mode) == 0 || errno == EEXIST);
	if (good) {
		descriptor = open(text_string(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		good = descriptor >= 0 && fstat(descriptor, &status) == 0 &&
		    fchown(descriptor, owner, state->gid) == 0 && fchmod(descriptor, mode) == 0;
	}
	if (!good) {
		(void)explain(error, text_string(&path));
	}
	if (descriptor >= 0) {
		close(descriptor);
	}
	text_release(&path);
	return good;
}

/* What a daemon of another user made in a former run becomes the present user's. */
static bool
make_folders(struct up_state *state, struct text *error)
{
	if (chown(state->path, (uid_t)-1, state->gid) != 0 || chmod(state->path, 0751) != 0) {
		return explain(error, state->path);
	}
	return make_folder(state, "run", 0, 0751, error) &&
	    make_folder(state, "log", state->accounts[UP_LOGD].uid, 0750, error) &&
	    make_folder(state, "pki", 0, 0750, error) && make_folder(state, "db", state->accounts[UP_MGD].uid, 0700, error) &&
	    make_folder(state, "transfer", state->accounts[UP_TRANSFERD].uid, 0700, error);
}

static bool
take_lock(struct up_state *state, struct text *error)
{
	struct text path = TEXT_EMPTY;
	struct text number = TEXT_EMPTY;
	char holder[32] = "";
	bool good = false;

	text_printf(&path, "%s/lock", state->path);
	state->lock = open(text_string(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (state->lock < 0) {
		(void)explain(error, text_string(&path));
	} else if (flock(state->lock, LOCK_EX | LOCK_NB) != 0) {
		ssize_t got = pread(state->lock, holder, sizeof(holder) - 1, 0);

		holder[got > 0 ? strcspn(holder, "\n") : 0] = '\0';
		text_printf(error, "%s belongs to a gateway that runs already (process %s)", state->path,
		    holder[0] == '\0' ? "unknown" : holder);
	} else {
		text_printf(&number, "%d\n", (int)getpid());
		good = ftruncate(state->lock, 0) == 0 &&
		    pwrite(state->lock, text_string(&number), number.length, 0) == (ssize_t)number.length;
		if (!good) {
			(void)explain(error, text_string(&path));
		}
	}
	if (!good && state->lock >= 0) {
		close(state->lock);
		state->lock = -1;
	}
	text_release(&path);
	text_release(&number);
	return good;
}

static int
run_ip(const char *verb, const char *name)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		char *environment[] = {NULL};

		if (null >= 0) {
			(void)dup2(null, 0);
			(void)dup2(null, 1);
			(void)dup2(null, 2);
		}
		execle("/usr/sbin/ip", "ip", "netns", verb, name, (char *)NULL, environment);
		execle("/sbin/ip", "ip", "netns", verb, name, (char *)NULL, environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
make_namespace(struct up_state *state, struct text *error)
{
	struct text name = TEXT_EMPTY;
	struct text path = TEXT_EMPTY;
	struct stat status;
	bool good = true;

	if (!daemon_host_namespace(state->path, &name)) {
		return explain(error, state->path);
	}
	text_printf(&path, "/run/netns/%s", text_string(&name));
	state->namespace = text_take(&name);
	if (state->namespace == NULL || (stat(text_string(&path), &status) != 0 && run_ip("add", state->namespace) != 0)) {
		text_printf(error, "could not make the network namespace %s: is iproute2 there?", text_string(&path));
		good = false;
	}
	/* One that is there has our directory's name: it is of a run that was killed. */
	state->has_namespace = good;
	text_release(&path);
	return good;
}

bool
up_state_open(struct up_state *state, const char *path, struct text *error)
{
	*state = (struct up_state){.lock = -1};
	find_accounts(state);
	if (mkdir(path, 0750) != 0 && errno != EEXIST) {
		return explain(error, path);
	}
	state->path = realpath(path, NULL);
	if (state->path == NULL) {
		return explain(error, path);
	}
	/* First the lock: nothing of a running gateway is touched. */
	if (!take_lock(state, error) || !make_folders(state, error) || !make_namespace(state, error)) {
		up_state_close(state);
		return false;
	}
	return true;
}

static void
remove_run_files(const struct up_state *state)
{
	for (int i = 0; i < UP_DAEMONS; i++) {
		struct text path = TEXT_EMPTY;

		daemon_socket_path(state->path, daemon_names[i], &path);
		(void)unlink(text_string(&path));
		text_release(&path);
	}
	struct text roster = TEXT_EMPTY;

	roster_path(state->path, &roster);
	(void)unlink(text_string(&roster));
	text_release(&roster);
}

void
up_state_close(struct up_state *state)
{
	if (state->lock >= 0) {
		remove_run_files(state);
		if (state->has_namespace) {
			(void)run_ip("delete", state->namespace);
		}
		/* The file stays: removing it would race with the next one who locks it. */
		(void)!ftruncate(state->lock, 0);
		close(state->lock);
		state->lock = -1;
	}
	free(state->namespace);
	free(state->path);
	state->namespace = NULL;
	state->path = NULL;
}

bool
up_enter_namespace(const struct up_state *state)
{
	struct text path = TEXT_EMPTY;
	int namespace;
	bool good;

	text_printf(&path, "/run/netns/%s", state->namespace);
	namespace = open(text_string(&path), O_RDONLY | O_CLOEXEC);
	text_release(&path);
	good = namespace >= 0 && setns(namespace, CLONE_NEWNET) == 0;
	if (namespace >= 0) {
		close(namespace);
	}
	return good;
}
