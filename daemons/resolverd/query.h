/*
 * One question on its way to a name server (c-ares).
 *
 * Each has a channel of its own: the kernel gives each a source port of its own, c-ares an id from its own generator, and
 * one that is never answered holds up no other. Only what the question names is used: neither /etc/hosts nor search domains.
 *
 * Threads: one. Life cycle: query_start() -> { query_polls(), query_serve() } until query_done() -> query_destroy().
 */
#ifndef RESOLVERD_QUERY_H
#define RESOLVERD_QUERY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/resolve.h"

enum { QUERY_POLLS = 4 }; /* descriptors of one query */

struct query;

/* NULL: no memory, or the system said no. */
struct query *query_start(const struct resolve_question *question) __attribute__((warn_unused_result));
void query_destroy(struct query *query);
/* Fills up to QUERY_POLLS; returns how many. `milliseconds` becomes less when the query wants to be served sooner. */
size_t query_polls(const struct query *query, struct pollfd *polls, int *milliseconds);
void query_serve(struct query *query, const struct pollfd *polls, size_t count);
/* The answer once there is one, else NULL. */
const struct resolve_answer *query_done(const struct query *query);

#endif
