/*
 * Bounded reader over untrusted bytes, big-endian, with sticky failure.
 *
 * Every read beyond the end sets `failed`, returns zero and moves nothing, and every later read fails too: read a whole
 * structure, then check reader_failed() once before acting on any field. A length found inside the data becomes a
 * sub-reader, so that nothing can run past it. The reader borrows the bytes; it owns nothing.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *next;
	const uint8_t *end;
	bool failed;
};

static inline struct reader
reader_over(const void *bytes, size_t length)
{
	const uint8_t *start = bytes;

	return (struct reader){.next = start, .end = start + length, .failed = false};
}

static inline bool
reader_failed(const struct reader *reader)
{
	return reader->failed;
}

static inline size_t
reader_left(const struct reader *reader)
{
	return reader->failed ? 0 : (size_t)(reader->end - reader->next);
}

/* The next `length` bytes, borrowed, or NULL when there are fewer. */
static inline const uint8_t *
reader_bytes(struct reader *reader, size_t length)
{
	const uint8_t *here = reader->next;

	if (reader->failed || (size_t)(reader->end - reader->next) < length) {
		reader->failed = true;
		return NULL;
	}
	reader->next += length;
	return here;
}

static inline void
reader_skip(struct reader *reader, size_t length)
{
	(void)reader_bytes(reader, length);
}

static inline uint8_t
reader_u8(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 1);

	return b == NULL ? 0 : b[0];
}

static inline uint16_t
reader_u16(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 2);

	if (b == NULL) {
		return 0;
	}
	return (uint16_t)((b[0] << 8) | b[1]);
}

static inline uint32_t
reader_u32(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 4);

	if (b == NULL) {
		return 0;
	}
	return ((uint32_t)b[0] << 24) | ((uint32_t)b[1] << 16) | ((uint32_t)b[2] << 8) | b[3];
}

static inline uint64_t
reader_u64(struct reader *reader)
{
	uint64_t high = reader_u32(reader);

	return (high << 32) | reader_u32(reader);
}

/* Copies `length` bytes out; on failure the destination is zeroed, never left undefined. */
static inline void
reader_copy(struct reader *reader, void *to, size_t length)
{
	const uint8_t *b = reader_bytes(reader, length);

	if (b == NULL) {
		memset(to, 0, length);
	} else if (length > 0) {
		memcpy(to, b, length);
	}
}

/* A reader over the next `length` bytes; the parent moves past them. A failed parent gives a failed child. */
static inline struct reader
reader_sub(struct reader *reader, size_t length)
{
	const uint8_t *b = reader_bytes(reader, length);

	if (b == NULL) {
		return (struct reader){.next = NULL, .end = NULL, .failed = true};
	}
	return reader_over(b, length);
}

#endif
