/*
 * IPv4 options (RFC 791 3.1) for the screens: one walk over them.
 *
 * An option is an octet of type, and but for the two shortest an octet of length, which counts both. Malformed is a length
 * that is too short for its type, of the wrong size, or beyond the header; and a pointer into the option itself. What is
 * behind one whose length means nothing cannot be read.
 */
#include "engine_private.h"

enum {
	OPTION_COPIED = 0x80,
	OPTION_NUMBER_END = 0,
	OPTION_NUMBER_NOTHING = 1,
	POINTER_LEAST = 4, /* of a route: the first octet behind type, length and pointer, counted from 1 */
	POINTER_TIMESTAMP_LEAST = 5,
};

/* Numbers with class and copy flag, as in the type octet less its copy flag. */
enum {
	OPTION_SECURITY = 2,
	OPTION_LOOSE = 3,
	OPTION_RECORD_ROUTE = 7,
	OPTION_STREAM = 8,
	OPTION_STRICT = 9,
	OPTION_TIMESTAMP = 0x44,
};

static bool
route_wrong(const uint8_t *option, uint8_t length)
{
	return length < 3 || length % 4 != 3 || option[2] < POINTER_LEAST;
}

static uint64_t
bits_of(const uint8_t *option, uint8_t length)
{
	const uint64_t bad = screen_bit(SCREEN_IP_BAD_OPTION);

	switch (option[0] & (uint8_t)~OPTION_COPIED) {
	case OPTION_SECURITY:
		return screen_bit(SCREEN_IP_SECURITY_OPTION) | (length < 3 ? bad : 0);
	case OPTION_LOOSE:
		return screen_bit(SCREEN_IP_LOOSE_SOURCE_ROUTE_OPTION) |
		    screen_bit(SCREEN_IP_SOURCE_ROUTE_OPTION) | (route_wrong(option, length) ? bad : 0);
	case OPTION_STRICT:
		return screen_bit(SCREEN_IP_STRICT_SOURCE_ROUTE_OPTION) |
		    screen_bit(SCREEN_IP_SOURCE_ROUTE_OPTION) | (route_wrong(option, length) ? bad : 0);
	case OPTION_RECORD_ROUTE:
		return screen_bit(SCREEN_IP_RECORD_ROUTE_OPTION) | (route_wrong(option, length) ? bad : 0);
	case OPTION_STREAM:
		return screen_bit(SCREEN_IP_STREAM_OPTION) | (length != 4 ? bad : 0);
	case OPTION_TIMESTAMP:
		return screen_bit(SCREEN_IP_TIMESTAMP_OPTION) |
		    (length < 4 || option[2] < POINTER_TIMESTAMP_LEAST ? bad : 0);
	default:
		return 0;
	}
}

uint64_t
screen_options(const uint8_t *options, size_t length)
{
	struct reader reader = reader_over(options, length);
	uint64_t seen = 0;

	while (reader_left(&reader) > 0) {
		const uint8_t *option = reader.next;
		const uint8_t type = reader_u8(&reader);

		if (type == OPTION_NUMBER_END) {
			break;
		}
		if (type == OPTION_NUMBER_NOTHING) {
			continue;
		}
		const uint8_t size = reader_u8(&reader);

		if (size >= 2) {
			reader_skip(&reader, (size_t)size - 2);
		}
		if (reader_failed(&reader) || size < 2) {
			/* Which one it was is known all the same. */
			const uint8_t shape[] = {type, 3, POINTER_TIMESTAMP_LEAST};

			return seen | bits_of(shape, 3) | screen_bit(SCREEN_IP_BAD_OPTION);
		}
		seen |= bits_of(option, size);
	}
	return seen;
}
