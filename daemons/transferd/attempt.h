/*
 * One try to bring one file to one site: a process of its own, because it waits for networks, disks and other programs.
 *
 * Life cycle: attempt_start() forks; the child works through its steps and ends with 0, or prints why not and ends with
 * something else. attempt_poll() is asked until it is over; a child that takes longer than ATTEMPT_PATIENCE is ended with
 * all that it started.
 *
 * Programs are run with a fixed list of arguments, without a shell; what comes from the configuration was checked by
 * site_parse(), stands in arguments of its own and never begins with '-'.
 */
#ifndef TRANSFERD_ATTEMPT_H
#define TRANSFERD_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "conf/site.h"

enum {
	ATTEMPT_PATIENCE = 120, /* seconds */
	ATTEMPT_WORDS = 2048,   /* octets that are kept of what a program said */
};

struct attempt {
	pid_t process;  /* 0: none runs */
	int words;      /* what the child says, non-blocking; -1: none */
	int64_t until;  /* monotonic seconds */
	struct text said;
};

enum attempt_state {
	ATTEMPT_RUNS,
	ATTEMPT_DONE,
	ATTEMPT_FAILED, /* attempt_why() says why */
};

/* `file` is its name in queue/ of the working directory. False with a sentence. */
bool attempt_start(struct attempt *attempt, const struct site *site, const char *file, struct text *error)
    __attribute__((warn_unused_result));
enum attempt_state attempt_poll(struct attempt *attempt);
/* What the last program of the child said, in one line: why it failed. */
void attempt_why(const struct attempt *attempt, struct text *out);
/* Ends what runs, waits for its end. */
void attempt_stop(struct attempt *attempt);
/* Makes the device's key pair when there is none; false with a sentence. Takes a moment. */
bool attempt_make_key(struct text *error) __attribute__((warn_unused_result));

#endif
