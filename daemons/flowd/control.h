/*
 * The control thread: the one that everything but packets goes through. It takes configurations and questions from mgd,
 * follows the links, keeps the forwarding table up to date, hands the engine's events to the log.
 *
 * Life cycle: control_create() -> control_run() -> control_destroy().
 */
#ifndef FLOWD_CONTROL_H
#define FLOWD_CONTROL_H

#include <stdbool.h>

#include "base/text.h"
#include "edge.h"
#include "host.h"
#include "ipc/daemon.h"
#include "worker.h"

/* All borrowed; the listener is taken over. */
struct control_start {
	const struct daemon_options *options;
	struct edge *edge;
	struct host *host;
	struct workers *worker;
	int listener;
	int signals; /* readable: end */
};

struct control;

/* NULL with a sentence. => the worker is not started yet */
struct control *control_create(const struct control_start *start, struct text *error)
    __attribute__((warn_unused_result));
/* Until a signal says to end. */
void control_run(struct control *control);
/* => the worker is stopped */
void control_destroy(struct control *control);

#endif
