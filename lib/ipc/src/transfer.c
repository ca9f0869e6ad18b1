/*
 * The payload of TRANSFER. See ipc/transfer.h.
 */
#include "ipc/transfer.h"

void
ipc_transfer_encode(const struct ipc_transfer *transfer, struct text *out)
{
	ipc_put_u64(out, transfer->id);
	ipc_put_u64(out, (uint64_t)transfer->wall);
	ipc_put_u8(out, transfer->on_commit ? 1 : 0);
	ipc_put_u32(out, transfer->interval);
	ipc_put_string(out, transfer->host_name);
	ipc_put_string(out, transfer->user);
	ipc_put_string(out, transfer->client);
	ipc_put_string(out, transfer->comment);
	ipc_put_pairs(out, &transfer->sites);
	ipc_put_bytes(out, transfer->text, transfer->length);
	if (transfer->sites.failed) {
		out->failed = true;
	}
}

bool
ipc_transfer_decode(struct ipc_transfer *transfer, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);
	bool good;

	*transfer = (struct ipc_transfer){.id = reader_u64(&reader)};
	transfer->wall = (int64_t)reader_u64(&reader);
	transfer->on_commit = reader_u8(&reader) != 0;
	transfer->interval = reader_u32(&reader);
	transfer->host_name = ipc_get_string(&reader);
	transfer->user = ipc_get_string(&reader);
	transfer->client = ipc_get_string(&reader);
	transfer->comment = ipc_get_string(&reader);
	good = ipc_get_pairs(&reader, &transfer->sites);
	transfer->length = reader_u32(&reader);
	transfer->text = (const char *)reader_bytes(&reader, transfer->length);
	if (!good || reader_failed(&reader) || reader_left(&reader) != 0) {
		ipc_transfer_release(transfer);
		return false;
	}
	return true;
}

void
ipc_transfer_release(struct ipc_transfer *transfer)
{
	ipc_string_release(transfer->host_name);
	ipc_string_release(transfer->user);
	ipc_string_release(transfer->client);
	ipc_string_release(transfer->comment);
	ipc_pairs_release(&transfer->sites);
	*transfer = (struct ipc_transfer){.id = 0};
}
