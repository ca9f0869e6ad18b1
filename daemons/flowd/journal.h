/*
 * Event records of the engine as log records, in the words that an SRX uses for them.
 */
#ifndef FLOWD_JOURNAL_H
#define FLOWD_JOURNAL_H

#include "engine/event.h"
#include "engine/snapshot.h"
#include "ipc/log.h"
#include "snapshot/snapshot.h"

struct journal {
	const struct snapshot_registry *registry; /* names of identities */
	const struct snapshot *snapshot;          /* names of applications; NULL: none in force */
};

/* Sends what is to be logged of one event. */
void journal_write(const struct journal *journal, const struct event *event, struct logger *logger);

#endif
