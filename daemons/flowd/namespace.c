/*
 * A thread in a network namespace. See namespace.h.
 *
 * A new thread is in the namespace of the thread that makes it: namespace_create() steps over, makes the thread and steps
 * back. The owner hands over one job at a time under the mutex and waits for its end.
 */
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMESPACE_FOLDER "/run/netns/"

enum {
	NAMESPACE_PATH = 300,
};

struct namespace {
	char *name;
	dev_t device; /* the namespace's identity */
	ino_t inode;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int (*job)(void *argument); /* under the mutex: NULL when there is none */
	void *argument;
	int result;
	bool ending;
};

static void *
namespace_main(void *context)
{
	struct namespace *namespace = context;

	/* What the process may do when it changes its user stays with this thread until namespace_settle(). */
	(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	(void)pthread_mutex_lock(&namespace->mutex);
	while (!namespace->ending) {
		if (namespace->job == NULL) {
			(void)pthread_cond_wait(&namespace->changed, &namespace->mutex);
			continue;
		}
		(void)pthread_mutex_unlock(&namespace->mutex);
		const int result = namespace->job(namespace->argument);

		(void)pthread_mutex_lock(&namespace->mutex);
		namespace->result = result;
		namespace->job = NULL;
		(void)pthread_cond_broadcast(&namespace->changed);
	}
	(void)pthread_mutex_unlock(&namespace->mutex);
	return NULL;
}

static int
namespace_open(const char *name)
{
	char path[NAMESPACE_PATH];

	if (name == NULL) {
		return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	if (strlen(name) + sizeof(NAMESPACE_FOLDER) > sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)stpcpy(stpcpy(path, NAMESPACE_FOLDER), name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Makes the thread while this one is in the namespace behind `descriptor`. */
static int
start_inside(struct namespace *namespace, int descriptor)
{
	const int home = namespace_open(NULL);
	struct stat status;
	int failure;

	if (home < 0) {
		return errno;
	}
	if (fstat(descriptor, &status) != 0 || setns(descriptor, CLONE_NEWNET) != 0) {
		failure = errno;
		(void)close(home);
		return failure;
	}
	namespace->device = status.st_dev;
	namespace->inode = status.st_ino;
	failure = pthread_create(&namespace->thread, NULL, namespace_main, namespace);
	if (setns(home, CLONE_NEWNET) != 0) {
		abort(); /* never go on in somebody else's namespace */
	}
	(void)close(home);
	return failure;
}

static int
start(struct namespace *namespace)
{
	const int descriptor = namespace_open(namespace->name);
	struct stat status;
	int failure;

	if (descriptor < 0) {
		return errno;
	}
	if (namespace->name != NULL) {
		failure = start_inside(namespace, descriptor);
	} else if (fstat(descriptor, &status) != 0) {
		failure = errno;
	} else {
		namespace->device = status.st_dev;
		namespace->inode = status.st_ino;
		failure = pthread_create(&namespace->thread, NULL, namespace_main, namespace);
	}
	(void)close(descriptor);
	return failure;
}

static void
namespace_free(struct namespace *namespace)
{
	free(namespace->name);
	free(namespace);
}

struct namespace *
namespace_create(const char *name, struct text *error)
{
	struct namespace *namespace = calloc(1, sizeof(*namespace));

	if (namespace == NULL || (name != NULL && (namespace->name = strdup(name)) == NULL)) {
		text_append(error, "out of memory");
		free(namespace);
		return NULL;
	}
	(void)pthread_mutex_init(&namespace->mutex, NULL);
	(void)pthread_cond_init(&namespace->changed, NULL);
	const int failure = start(namespace);

	if (failure != 0) {
		text_printf(error, "cannot enter the network namespace %s: %s", name == NULL ? "of my own" : name,
		    failure == ENOENT ? "there is none of this name" : strerror(failure));
		namespace_free(namespace);
		return NULL;
	}
	return namespace;
}

void
namespace_destroy(struct namespace *namespace)
{
	if (namespace == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&namespace->mutex);
	namespace->ending = true;
	(void)pthread_cond_broadcast(&namespace->changed);
	(void)pthread_mutex_unlock(&namespace->mutex);
	(void)pthread_join(namespace->thread, NULL);
	(void)pthread_cond_destroy(&namespace->changed);
	(void)pthread_mutex_destroy(&namespace->mutex);
	namespace_free(namespace);
}

const char *
namespace_name(const struct namespace *namespace)
{
	return namespace->name;
}

int
namespace_run(struct namespace *namespace, int (*job)(void *argument), void *argument)
{
	(void)pthread_mutex_lock(&namespace->mutex);
	namespace->argument = argument;
	namespace->job = job;
	(void)pthread_cond_broadcast(&namespace->changed);
	while (namespace->job != NULL) {
		(void)pthread_cond_wait(&namespace->changed, &namespace->mutex);
	}
	const int result = namespace->result;

	(void)pthread_mutex_unlock(&namespace->mutex);
	return result;
}

struct settle {
	const char *keep;
};

static int
settle_job(void *argument)
{
	const struct settle *settle = argument;
	cap_t capabilities = cap_from_text(settle->keep);
	int failure;

	if (capabilities == NULL) {
		return -errno;
	}
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	failure = cap_set_proc(capabilities);
	for (cap_value_t value = 0; failure == 0 && value <= CAP_LAST_CAP; value++) {
		cap_flag_value_t inherited = CAP_CLEAR;

		if (cap_get_flag(capabilities, value, CAP_INHERITABLE, &inherited) == 0 && inherited == CAP_SET) {
			failure = cap_set_ambient(value, CAP_SET);
		}
	}
	(void)cap_free(capabilities);
	return failure;
}

bool
namespace_settle(struct namespace *namespace, const char *keep)
{
	struct settle settle = {.keep = keep};

	return namespace_run(namespace, settle_job, &settle) == 0;
}

/* What the name stands for now; false: nothing. */
static bool
name_stands_for(const struct namespace *namespace, struct stat *status)
{
	const int descriptor = namespace_open(namespace->name);

	if (descriptor < 0) {
		return false;
	}
	const bool known = fstat(descriptor, status) == 0;

	(void)close(descriptor);
	return known;
}

bool
namespace_current(const struct namespace *namespace)
{
	struct stat status;

	return namespace->name == NULL ||
	    (name_stands_for(namespace, &status) && status.st_dev == namespace->device && status.st_ino == namespace->inode);
}

bool
namespace_renewed(const struct namespace *namespace)
{
	struct stat status;

	/* Of the same file system: a name without a namespace behind it is a plain file for a moment. */
	return namespace->name != NULL && name_stands_for(namespace, &status) && status.st_dev == namespace->device &&
	    status.st_ino != namespace->inode;
}
