/*
 * `show log NAME`: the lines of a file as trees of conf/op.h, a piece at a time, as fast as the asker reads.
 */
#ifndef LOGD_SHOW_H
#define LOGD_SHOW_H

#include <stdint.h>

#include "base/text.h"
#include "destinations.h"
#include "ipc/server.h"

struct show;

/* A name without folder, as `system syslog file` allows it, with the digits of a rotated one. NULL is none. */
bool show_good_name(const char *name) __attribute__((warn_unused_result));

/* Opens a file of the log folder by its bare name. NULL with a sentence in `error`. */
struct show *show_start(int folder, const char *name, uint32_t request, struct text *error)
    __attribute__((warn_unused_result));
void show_end(struct show *show);
/*
 * The same for `monitor start`: what is written to the file from now on, also after it was rotated or cleared. An answer without
 * lines says that it begins; it has no end.
 */
struct show *show_follow(int folder, const char *name, uint32_t request, struct text *error)
    __attribute__((warn_unused_result));
enum show_state {
	SHOW_MORE, /* the connection is full: go on when it has drained */
	SHOW_DONE, /* RPC_DONE is sent */
	SHOW_WAITS, /* it follows: go on when more was written */
};
enum show_state show_continue(struct show *show, struct ipc_client *client);

/* `show log` without a name: the files of the folder, as one tree; RPC_DONE is the caller's. False: no memory. */
bool show_files(int folder, uint32_t request, struct ipc_connection *connection) __attribute__((warn_unused_result));

/* `show security log streams`: all of them, as one tree; RPC_DONE is the caller's. False: no memory. */
bool show_streams(const struct destinations *destinations, uint32_t request, struct ipc_connection *connection)
    __attribute__((warn_unused_result));

#endif
