/*
 * The supervisor behind `sallyport up`: its state directory, its daemons.
 */
#ifndef FRONT_UP_H
#define FRONT_UP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct logger;

enum up_daemon {
	UP_LOGD,
	UP_RESOLVERD,
	UP_MGD,
	UP_FLOWD,
	UP_TRANSFERD,
	UP_PROBED,
	UP_DAEMONS,
};

struct up_account {
	char user[32];
	uid_t uid;
};

/* DIR and who works in it. */
struct up_state {
	char *path; /* absolute, real */
	int lock;
	char group[32];
	gid_t gid;
	struct up_account accounts[UP_DAEMONS];
	char *namespace;     /* of the host path */
	bool has_namespace;  /* it is there, and goes with us */
};

/* "logd", "resolverd", "mgd", "flowd", "transferd", "probed" */
const char *up_daemon_name(enum up_daemon daemon);

/*
 * Makes DIR with run/, log/ and db/, takes the lock, finds users, makes the host's namespace. False with a sentence, and
 * nothing is held then.
 */
bool up_state_open(struct up_state *state, const char *path, struct text *error) __attribute__((warn_unused_result));
/* Takes back what was made but logs and database. */
void up_state_close(struct up_state *state);
/* Enters the host's namespace; false: errno says why. => only in a child that was forked for it */
bool up_enter_namespace(const struct up_state *state) __attribute__((warn_unused_result));

/* A daemon's process. */
struct up_process {
	enum up_daemon daemon;
	char *program;
	int listener;    /* its socket, held over restarts: who connects meanwhile waits */
	int notify;      /* reading end; -1: not running */
	pid_t process;   /* 0: not running */
	bool ready;      /* it said so since its start */
	int64_t started; /* monotonic milliseconds */
	int64_t again;   /* when to start it next; 0: nothing planned */
	uint32_t delay;  /* milliseconds, the back-off */
	int64_t end_by;  /* it was asked to end, to be started again: until then, monotonic milliseconds; 0: not */
	bool started_before; /* it ended at least once */
	struct text words; /* of the notify pipe, up to the next newline */
	struct text reason; /* why it is about to end, in its own words; empty: it said nothing */
	struct text failure; /* how it ended when it failed last */
};

enum up_order {
	UP_GO_ON,
	UP_AGAIN, /* all of it from the start */
	UP_HALT,
};

struct up_run {
	struct up_state state;
	const char *chassis;
	const char *config; /* NULL: none */
	int config_descriptor;
	struct up_process processes[UP_DAEMONS];
	int64_t began;
	bool forwarding;
	bool stopping;
	bool again; /* it was up before, and an administrator had all of it started anew */
	bool news;  /* something that the roster does not say yet */
	struct logger *logger;
	enum up_order order; /* what an administrator wants, by mgd */
};

/* Finds the program beside ours or in libexec and makes the listening socket. False with a sentence. */
bool up_process_prepare(struct up_run *run, enum up_daemon daemon, struct text *error)
    __attribute__((warn_unused_result));
/* False with a sentence when it could not even be forked. */
bool up_process_start(struct up_run *run, enum up_daemon daemon, struct text *error)
    __attribute__((warn_unused_result));
void up_process_release(struct up_process *process);

int64_t up_now(void); /* monotonic milliseconds */
/* To the person at the terminal, or the journal. */
void up_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* After an end, or when it could not be started: when it is started next. */
void up_plan_restart(struct up_process *process);
/* A daemon's process ended and said what it had to say. True: the gateway cannot go on. */
bool up_take_end(struct up_run *run, struct up_process *process, int status);
/* Writes the roster, if there is news. */
void up_publish(struct up_run *run);

#endif
