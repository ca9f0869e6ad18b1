/*
 * TCP headers and options. See wire/tcp.h.
 */
#include "wire/tcp.h"

#include <assert.h>

enum {
	TCP_OPTION_END = 0,
	TCP_OPTION_PAD = 1,
	TCP_OPTION_SCALE = 3,
	TCP_OPTION_SCALE_LENGTH = 3,
};

uint8_t
tcp_window_scale(const uint8_t *options, size_t length)
{
	struct reader reader = reader_over(options, length);

	while (reader_left(&reader) > 0) {
		const uint8_t kind = reader_u8(&reader);

		if (kind == TCP_OPTION_END) {
			break;
		}
		if (kind == TCP_OPTION_PAD) {
			continue;
		}
		const uint8_t size = reader_u8(&reader);

		if (reader_failed(&reader) || size < 2) {
			break;
		}
		struct reader body = reader_sub(&reader, (size_t)size - 2);

		if (kind == TCP_OPTION_SCALE && size == TCP_OPTION_SCALE_LENGTH) {
			const uint8_t shift = reader_u8(&body);

			if (reader_failed(&body)) {
				break;
			}
			return shift > TCP_SCALE_MOST ? TCP_SCALE_MOST : shift;
		}
	}
	return TCP_SCALE_NONE;
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
