/*
 * The answering side of a call: RPC comes in, RPC_DATA goes out once or more often, RPC_DONE ends it. What trees are is the
 * caller's: here they are octets.
 */
#ifndef IPC_RPC_H
#define IPC_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/connection.h"
#include "ipc/server.h"

/*
 * Sends a tree's octets as `type` (RPC, RPC_DATA), and frees them. NULL: memory was short for them. False: they are not sent.
 */
bool ipc_rpc_send(struct ipc_connection *connection, enum ipc_type type, uint32_t request, uint8_t *octets, size_t length)
    __attribute__((warn_unused_result));
/* Ends an answer: `why` it failed, a sentence, or NULL. A client that cannot be told is closed. */
void ipc_rpc_end(struct ipc_client *client, uint32_t request, const char *why);

#endif
