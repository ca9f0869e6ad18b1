/*
 * What waits to be archived: files in DIR/transfer/queue.
 *
 * One file a commit, gzipped, named NUMBER-NAME.conf.gz, so that the names' order is the order of the commits. A file has its
 * name only when it is whole. There are at most QUEUE_MOST; the oldest goes first when there is no room, and is counted.
 */
#ifndef TRANSFERD_QUEUE_H
#define TRANSFERD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/transfer.h"

enum {
	QUEUE_MOST = 50,
	QUEUE_NAME = 400,
	QUEUE_DIGITS = 20, /* of the number, with leading zeros, before the '-' */
};

struct queue {
	int folder;      /* descriptor */
	uint64_t next;   /* number of the next file */
	size_t count;
	uint64_t lost;   /* files that gave way, since the start */
};

/* Opens or makes `queue` in the folder; unfinished files of a former run go. False with a sentence. */
bool queue_open(struct queue *queue, int parent, struct text *error) __attribute__((warn_unused_result));
void queue_close(struct queue *queue);
/* Adds a configuration; a first line says who committed it. False with a sentence. */
bool queue_add(struct queue *queue, const struct ipc_transfer *transfer, struct text *error)
    __attribute__((warn_unused_result));
/* The oldest file's name. False: there is none. */
bool queue_first(const struct queue *queue, char name[QUEUE_NAME]) __attribute__((warn_unused_result));
void queue_remove(struct queue *queue, const char *name);

#endif
