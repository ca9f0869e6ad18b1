/*
 * What clients of flowd's socket asked and wait for: each has a list of running answers, made and sent chunk by chunk.
 *
 * A chunk is made only while the client's connection has room for it (IPC_QUEUE_HIGH): a slow reader holds its own answer up,
 * not memory and nobody else. One pass makes CHUNKS_MOST of them and goes back to the loop, which has events to read and others
 * to serve. A cancelled answer ends with its next step; a client that goes takes its answers along.
 *
 * Threads: the control thread.
 */
#ifndef FLOWD_ANSWERS_H
#define FLOWD_ANSWERS_H

#include "answer.h"
#include "ipc/connection.h"
#include "ipc/server.h"

/* An RPC message. What makes no sense ends the connection. */
void answers_begin(const struct answer_sources *sources, struct ipc_client *client, const struct ipc_message *message);
/* The answer to request `request` is not wanted any more. */
void answers_cancel(const struct answer_sources *sources, struct ipc_client *client, uint32_t request);
/* Goes on with what the client waits for, as far as it reads. */
void answers_continue(const struct answer_sources *sources, struct ipc_client *client);
/* Goes on with answers that wait for what will happen. True while there are any: then look again after ANSWERS_AGAIN. */
enum { ANSWERS_AGAIN = 20 }; /* milliseconds */
bool answers_look_again(const struct answer_sources *sources, struct ipc_server *server);
/* The client has gone. */
void answers_forget(struct ipc_client *client);

#endif
