/*
 * Options of TCP handshakes, and changes of segments in the middle. See wire/tcp_options.h.
 */
#include "wire/tcp_options.h"

#include <assert.h>
#include <string.h>

#include "wire/checksum.h"

enum {
	KIND_END = 0,
	KIND_PAD = 1,
	KIND_SEGMENT = 2,
	KIND_SCALE = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_STAMPS = 8,
	SIZE_SEGMENT = 4, /* with kind and length */
	SIZE_SCALE = 3,
	SIZE_SACK_PERMITTED = 2,
	SIZE_STAMPS = 10,
	SEQUENCE_AT = 4,
	ACKNOWLEDGEMENT_AT = 8,
	FLAGS_AT = 13,
	WINDOW_AT = 14,
	CHECKSUM_AT = 16,
};

/* The next option but padding, at *option with its size; false: at the end, or what is there is no option. */
static bool
option_next(struct reader *reader, const uint8_t **option, uint8_t *size)
{
	uint8_t kind;

	do {
		*option = reader->next;
		kind = reader_u8(reader);
	} while (!reader_failed(reader) && kind == KIND_PAD);
	if (reader_failed(reader) || kind == KIND_END) {
		return false;
	}
	*size = reader_u8(reader);
	if (reader_failed(reader) || *size < 2) {
		return false;
	}
	reader_skip(reader, (size_t)*size - 2);
	return !reader_failed(reader);
}

static void
take_option(const uint8_t *option, uint8_t size, struct tcp_options *found)
{
	if (option[0] == KIND_SEGMENT && size == SIZE_SEGMENT) {
		found->segment = bytes_load_16(option + 2);
	} else if (option[0] == KIND_SCALE && size == SIZE_SCALE) {
		found->scale = option[2] > TCP_SCALE_MOST ? TCP_SCALE_MOST : option[2];
	} else if (option[0] == KIND_SACK_PERMITTED && size == SIZE_SACK_PERMITTED) {
		found->sack = true;
	} else if (option[0] == KIND_STAMPS && size == SIZE_STAMPS) {
		found->stamps = true;
		found->value = bytes_load_32(option + 2);
		found->echo = bytes_load_32(option + 6);
	}
}

void
tcp_options_parse(const uint8_t *options, size_t length, struct tcp_options *found)
{
	struct reader reader = reader_over(options, length);
	const uint8_t *option;
	uint8_t size;

	*found = (struct tcp_options){.scale = TCP_SCALE_NONE};
	while (option_next(&reader, &option, &size)) {
		take_option(option, size, found);
	}
}

uint8_t
tcp_options_build(uint8_t *to, const struct tcp_options *options)
{
	uint8_t *next = to;

	if (options->segment != 0) {
		next[0] = KIND_SEGMENT;
		next[1] = SIZE_SEGMENT;
		bytes_store_16(next + 2, options->segment);
		next += SIZE_SEGMENT;
	}
	if (options->sack || options->stamps) {
		next[0] = options->sack ? KIND_SACK_PERMITTED : KIND_PAD;
		next[1] = options->sack ? SIZE_SACK_PERMITTED : KIND_PAD;
		next += 2;
		if (options->stamps) {
			next[0] = KIND_STAMPS;
			next[1] = SIZE_STAMPS;
			bytes_store_32(next + 2, options->value);
			bytes_store_32(next + 6, options->echo);
			next += SIZE_STAMPS;
		} else {
			next[0] = KIND_PAD;
			next[1] = KIND_PAD;
			next += 2;
		}
	}
	if (options->scale != TCP_SCALE_NONE) {
		next[0] = KIND_PAD;
		next[1] = KIND_SCALE;
		next[2] = SIZE_SCALE;
		next[3] = options->scale;
		next += 4;
	}
	assert(next - to <= TCP_OPTIONS_BUILT_MOST && (next - to) % 4 == 0);
	return (uint8_t)(next - to);
}

static void
add_32(uint8_t *at, uint32_t difference)
{
	bytes_store_32(at, bytes_load_32(at) + difference);
}

static void
change_sack(uint8_t *option, uint8_t size, const struct tcp_change *change)
{
	if (change->no_sack) {
		memset(option, KIND_PAD, size);
		return;
	}
	for (uint8_t at = 2; at + 4 <= size; at = (uint8_t)(at + 4)) {
		add_32(option + at, change->acknowledgement);
	}
}

static void
change_stamps(uint8_t *option, bool acknowledges, const struct tcp_change *change)
{
	if (change->no_stamps) {
		memset(option, KIND_PAD, SIZE_STAMPS);
		return;
	}
	add_32(option + 2, change->value);
	if (acknowledges) {
		add_32(option + 6, change->echo);
	}
}

static void
change_options(uint8_t *options, size_t length, bool acknowledges, const struct tcp_change *change)
{
	struct reader reader = reader_over(options, length);
	const uint8_t *option;
	uint8_t size;

	while (option_next(&reader, &option, &size)) {
		uint8_t *const at = options + (option - options);

		if (option[0] == KIND_SACK && acknowledges) {
			change_sack(at, size, change);
		} else if (option[0] == KIND_STAMPS && size == SIZE_STAMPS) {
			change_stamps(at, acknowledges, change);
		}
	}
}

void
tcp_change(uint8_t *segment, uint8_t header_length, const struct tcp_change *change)
{
	const bool acknowledges = (segment[FLAGS_AT] & TCP_ACK) != 0;
	const uint16_t before = checksum_fold(checksum_sum(segment, header_length));
	uint16_t stored;

	assert(header_length >= TCP_HEADER);
	add_32(segment + SEQUENCE_AT, change->sequence);
	if (acknowledges) {
		add_32(segment + ACKNOWLEDGEMENT_AT, change->acknowledgement);
	}
	bytes_store_16(segment + WINDOW_AT, change->window);
	if (header_length > TCP_HEADER) {
		change_options(segment + TCP_HEADER, (size_t)header_length - TCP_HEADER, acknowledges, change);
	}
	const uint16_t after = checksum_fold(checksum_sum(segment, header_length));

	memcpy(&stored, segment + CHECKSUM_AT, sizeof stored);
	stored = (uint16_t)~checksum_fold((uint64_t)(uint16_t)~stored + after + (uint16_t)~before);
	memcpy(segment + CHECKSUM_AT, &stored, sizeof stored);
}
