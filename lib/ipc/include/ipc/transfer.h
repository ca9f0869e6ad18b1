/*
 * TRANSFER: mgd tells transferd what is in force, so that it can be archived elsewhere. Answered by RESULT with its id.
 *
 * The text is what the store holds: its secrets are wrapped with this device's key, transferd never sees one. It is empty,
 * and there are no sites, when `system archival` is not configured.
 */
#ifndef IPC_TRANSFER_H
#define IPC_TRANSFER_H

#include "ipc/payload.h"

struct ipc_transfer {
	uint64_t id;   /* of the commit */
	int64_t wall;  /* of the commit, UTC seconds */
	bool on_commit;
	uint32_t interval;      /* minutes; 0: none */
	const char *host_name;
	const char *user;       /* of the commit */
	const char *client;
	const char *comment;
	struct ipc_pairs sites; /* "site" -> its address, in order of preference */
	const char *text;       /* borrowed from the payload, not NUL-terminated */
	size_t length;
};

void ipc_transfer_encode(const struct ipc_transfer *transfer, struct text *out);
/* => release with ipc_transfer_release() */
bool ipc_transfer_decode(struct ipc_transfer *transfer, const void *payload, size_t length)
    __attribute__((warn_unused_result));
void ipc_transfer_release(struct ipc_transfer *transfer);

#endif
