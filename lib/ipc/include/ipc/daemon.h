/*
 * How the supervisor and its daemons meet: command line, inherited descriptors, first words.
 *
 *   sallyport-NAME --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME] [daemon's own options]
 *
 * --listen  an inherited listening socket (DIR/run/NAME.sock); without it the daemon makes the socket itself.
 * --notify  an inherited pipe: the daemon writes lines to it for the supervisor: "ready", flowd also "forwarding" when its
 *           first configuration is in force, and "say TEXT" for a line that the person at the terminal should see;
 *           "renew" asks to be started again, and "failed TEXT" says why it is about to end.
 * --user    to become after the privileged part of the start; absent: stay.
 * Descriptors 0 to 2: /dev/null, and the supervisor's own output and error. TERM ends a daemon cleanly; when the notify
 * pipe's reader is gone, so is the supervisor, and the daemon ends too (PR_SET_PDEATHSIG does it first).
 */
#ifndef IPC_DAEMON_H
#define IPC_DAEMON_H

#include <stdbool.h>

#include "base/text.h"

struct daemon_options {
	const char *state;
	int listen; /* -1: none given */
	int notify; /* -1: none given */
	const char *user; /* NULL: none given */
	const char *group;
};

/*
 * Takes the common options out of the command line: `argc`/`argv` keep the program's name and the rest. False with a
 * sentence in `error`. Environment is not read.
 */
bool daemon_options_take(struct daemon_options *options, int *argc, char **argv, struct text *error)
    __attribute__((warn_unused_result));
/* Says on standard error, and to the supervisor, why the daemon `name` does not start, and releases it. Returns 1, the exit status. */
int daemon_failed(const struct daemon_options *options, const char *name, struct text *error);
/* Only to the supervisor: what takes several lines becomes one. */
void daemon_notify_failure(const struct daemon_options *options, const char *why);
/*
 * main() of a daemon without options of its own: takes the command line and calls `start`, whose exit status it returns; 2 for a
 * bad command line, which is told on standard error.
 */
int daemon_main(const char *name, int argc, char **argv, int (*start)(struct daemon_options *options));
/* The listening socket: the inherited one, made non-blocking, or DIR/run/NAME.sock. -errno on failure. */
int daemon_listen(const struct daemon_options *options, const char *name) __attribute__((warn_unused_result));
/* What a daemon waits for from its first moment on: daemon_signals() and daemon_listen(). */
struct daemon_descriptors {
	int signals;
	int listener;
};

/* Opens both. False with a sentence. */
bool daemon_open(const struct daemon_options *options, const char *name, struct daemon_descriptors *opened,
    struct text *error) __attribute__((warn_unused_result));
/*
 * How a daemon begins that has nothing to do with its rights but this: daemon_open(), daemon_enter_state(), and
 * daemon_drop_privileges() without a capability. False with a sentence.
 */
bool daemon_begin(struct daemon_options *options, const char *name, struct daemon_descriptors *opened, struct text *error)
    __attribute__((warn_unused_result));
/* Tells the supervisor; does nothing without --notify. */
void daemon_notify(const struct daemon_options *options, const char *line);
/*
 * Drops to --user and --group (supplementary groups cleared), keeps exactly the capabilities named in `keep` (a text for
 * cap_from_text(3) such as "cap_net_raw,cap_net_admin=ep"; NULL: none), sets no_new_privs, umask 0027, not dumpable.
 * False with a sentence. => threads that are to have the same rights start afterwards
 */
bool daemon_drop_privileges(const struct daemon_options *options, const char *keep, struct text *error)
    __attribute__((warn_unused_result));
/*
 * Takes away what a daemon that runs no programs and enters no namespaces never needs (seccomp). False with a sentence.
 * => after daemon_drop_privileges(); does nothing in builds with the address sanitizer
 */
bool daemon_confine(struct text *error) __attribute__((warn_unused_result));
/*
 * For a process that is about to become a program that reads what strangers sent and writes what it understood: as above, but
 * that one execve(2) works, and no further process and no socket. False with a sentence.
 */
bool daemon_confine_reader(struct text *error) __attribute__((warn_unused_result));
/*
 * Makes the state directory the working directory and options->state ".": what lies above it may be closed to the user that
 * a daemon becomes. => before daemon_drop_privileges(), after everything that the command line names was opened
 */
bool daemon_enter_state(struct daemon_options *options, struct text *error) __attribute__((warn_unused_result));
/*
 * The name of the gateway's host namespace: sp- and eight hexadecimal digits of a hash of the state directory's real path.
 * False when there is no such directory.
 */
bool daemon_host_namespace(const char *state, struct text *name) __attribute__((warn_unused_result));
/* A descriptor that becomes readable at SIGTERM or SIGINT (signalfd; both blocked; SIGPIPE ignored). -errno on failure. */
int daemon_signals(void) __attribute__((warn_unused_result));
/* "DIR/run/NAME.sock" */
void daemon_socket_path(const char *state, const char *name, struct text *out);

#endif
