/*
 * All places that records go to under one configuration: files, syslog servers, streams.
 *
 * A record is rendered at most once in each form and handed to every destination that wants it; no destination's trouble
 * reaches another. Traffic logs go to streams, to system syslog, or to both, as `security log mode` says; all else goes to
 * system syslog.
 *
 * Threads: one.
 */
#ifndef LOGD_DESTINATIONS_H
#define LOGD_DESTINATIONS_H

#include <poll.h>

#include "ipc/names.h"
#include "plan.h"
#include "remote.h"
#include "stream.h"

enum { DESTINATIONS_POLLS = 8 }; /* streams */

struct destinations;

struct destinations_start {
	int folder; /* DIR/log; borrowed */
	struct remote_sockets sockets; /* borrowed; inet -1: nothing is sent to syslog servers */
	uint64_t id; /* of the configuration */
};

/* `top` NULL: before the first configuration. NULL: no memory. */
struct destinations *destinations_create(const struct destinations_start *start, const struct conf_node *top)
    __attribute__((warn_unused_result));
void destinations_destroy(struct destinations *destinations);
const struct plan *destinations_plan(const struct destinations *destinations);
uint64_t destinations_id(const struct destinations *destinations);

void destinations_write(struct destinations *destinations, const struct ipc_log_record *record);
/* The names that have to be resolved; false: no memory. */
bool destinations_want(const struct destinations *destinations, struct names *names, uint64_t now)
    __attribute__((warn_unused_result));
/* Names have new addresses. */
void destinations_resolve(struct destinations *destinations, const struct names *names);
/* Records that did not get to a destination. */
uint64_t destinations_lost(const struct destinations *destinations);

/* Writes what waits: at the end of a pass. */
/*
 * Empties a log file, in use or not, and with `all` takes away its rotated ones. False with a sentence. => the name is that of
 * a file without folder
 */
bool destinations_clear(struct destinations *destinations, const char *name, bool all, struct text *error)
    __attribute__((warn_unused_result));
void destinations_flush(struct destinations *destinations);
/* About once a second: tries again, tells of what was left out, and of streams that came up or went down. */
void destinations_tick(struct destinations *destinations);
/* => room for DESTINATIONS_POLLS */
size_t destinations_polls(const struct destinations *destinations, struct pollfd *polls);
void destinations_serve(struct destinations *destinations, const struct pollfd *polls, size_t count);

/* For `show`. */
size_t destinations_stream_count(const struct destinations *destinations);
const struct stream *destinations_stream(const struct destinations *destinations, size_t index);

#endif
