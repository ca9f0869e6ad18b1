/*
 * See ipc/rpc.h.
 */
#include "ipc/rpc.h"

#include <stdlib.h>

#include "ipc/payload.h"

bool
ipc_rpc_send(struct ipc_connection *connection, enum ipc_type type, uint32_t request, uint8_t *octets, size_t length)
{
	const bool sent = octets != NULL && ipc_connection_send(connection, type, request, octets, length) == IPC_OK;

	free(octets);
	return sent;
}

void
ipc_rpc_end(struct ipc_client *client, uint32_t request, const char *why)
{
	const struct ipc_rpc_done done = {.ok = why == NULL, .message = why == NULL ? "" : why};
	struct text encoded = TEXT_EMPTY;

	ipc_rpc_done_encode(&done, &encoded);
	if (text_failed(&encoded) ||
	    ipc_connection_send(client->connection, IPC_RPC_DONE, request, encoded.bytes, encoded.length) != IPC_OK) {
		ipc_client_close(client);
	}
	text_release(&encoded);
}
