/*
 * TCP headers and options. See wire/tcp.h.
 */
#include "wire/tcp.h"

#include <assert.h>

#include "wire/checksum.h"

enum {
	TCP_OPTION_END = 0,
	TCP_OPTION_PAD = 1,
	TCP_OPTION_SEGMENT = 2,
	TCP_OPTION_SCALE = 3,
	TCP_OPTION_SEGMENT_BODY = 2, /* octets */
	TCP_OPTION_SCALE_BODY = 1,
	TCP_CHECKSUM_AT = 16,
};

/* The next option but padding: its kind, and its body. False: at the end, or what is there is no option. */
static bool
option_next(struct reader *reader, uint8_t *kind, struct reader *body)
{
	do {
		*kind = reader_u8(reader);
	} while (!reader_failed(reader) && *kind == TCP_OPTION_PAD);
	if (reader_failed(reader) || *kind == TCP_OPTION_END) {
		return false;
	}
	const uint8_t size = reader_u8(reader);

	if (reader_failed(reader) || size < 2) {
		return false;
	}
	*body = reader_sub(reader, (size_t)size - 2);
	return !reader_failed(body);
}

uint8_t
tcp_window_scale(const uint8_t *options, size_t length)
{
	struct reader reader = reader_over(options, length);
	struct reader body;
	uint8_t kind;

	while (option_next(&reader, &kind, &body)) {
		if (kind == TCP_OPTION_SCALE && reader_left(&body) == TCP_OPTION_SCALE_BODY) {
			const uint8_t shift = reader_u8(&body);

			return shift > TCP_SCALE_MOST ? TCP_SCALE_MOST : shift;
		}
	}
	return TCP_SCALE_NONE;
}

/* The value at an odd place lies across two words of the checksum: its octets count the other way round. */
static void
set_segment_size(uint8_t *segment, size_t at, uint16_t size)
{
	const uint16_t before = bytes_load_16(segment + at);
	const bool odd = (at & 1) != 0;
	const uint16_t checksum = checksum_update_16(bytes_load_16(segment + TCP_CHECKSUM_AT),
	    odd ? __builtin_bswap16(before) : before, odd ? __builtin_bswap16(size) : size);

	bytes_store_16(segment + at, size);
	bytes_store_16(segment + TCP_CHECKSUM_AT, checksum);
}

bool
tcp_limit_segment(uint8_t *segment, uint8_t header_length, uint16_t most)
{
	struct reader reader =
	    reader_over(segment + TCP_HEADER, (size_t)header_length - TCP_HEADER);
	struct reader body;
	uint8_t kind;
	bool changed = false;

	assert(header_length >= TCP_HEADER);
	while (option_next(&reader, &kind, &body)) {
		if (kind != TCP_OPTION_SEGMENT || reader_left(&body) != TCP_OPTION_SEGMENT_BODY) {
			continue;
		}
		const size_t at = header_length - reader_left(&reader) - TCP_OPTION_SEGMENT_BODY;

		if (reader_u16(&body) > most) {
			set_segment_size(segment, at, most);
			changed = true;
		}
	}
	return changed;
}

void
tcp_build(uint8_t *to, const struct tcp_header *header)
{
	assert(header->header_length == TCP_HEADER);
	bytes_store_16(to, header->source_port);
	bytes_store_16(to + 2, header->destination_port);
	bytes_store_32(to + 4, header->sequence);
	bytes_store_32(to + 8, header->acknowledgement);
	to[12] = (TCP_HEADER / 4) << 4;
	to[13] = header->flags;
	bytes_store_16(to + 14, header->window);
	bytes_store_32(to + 16, 0);
}
