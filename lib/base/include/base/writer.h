/*
 * Bounded writer, big-endian, with sticky overflow: the counterpart of base/reader.h.
 *
 * Writes past the capacity set `failed` and write nothing; check writer_failed() once at the end. Borrows its buffer.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
	uint8_t *start;
	uint8_t *next;
	uint8_t *end;
	bool failed;
};

static inline struct writer
writer_over(void *buffer, size_t capacity)
{
	uint8_t *start = buffer;

	return (struct writer){.start = start, .next = start, .end = start + capacity, .failed = false};
}

static inline bool
writer_failed(const struct writer *writer)
{
	return writer->failed;
}

static inline size_t
writer_length(const struct writer *writer)
{
	return (size_t)(writer->next - writer->start);
}

/* Room for `length` bytes that the caller fills, or NULL. */
static inline uint8_t *
writer_room(struct writer *writer, size_t length)
{
	uint8_t *here = writer->next;

	if (writer->failed || (size_t)(writer->end - writer->next) < length) {
		writer->failed = true;
		return NULL;
	}
	writer->next += length;
	return here;
}

static inline void
writer_u8(struct writer *writer, uint8_t value)
{
	uint8_t *b = writer_room(writer, 1);

	if (b != NULL) {
		b[0] = value;
	}
}

static inline void
writer_u16(struct writer *writer, uint16_t value)
{
	uint8_t *b = writer_room(writer, 2);

	if (b != NULL) {
		b[0] = (uint8_t)(value >> 8);
		b[1] = (uint8_t)value;
	}
}

static inline void
writer_u32(struct writer *writer, uint32_t value)
{
	writer_u16(writer, (uint16_t)(value >> 16));
	writer_u16(writer, (uint16_t)value);
}

static inline void
writer_u64(struct writer *writer, uint64_t value)
{
	writer_u32(writer, (uint32_t)(value >> 32));
	writer_u32(writer, (uint32_t)value);
}

static inline void
writer_bytes(struct writer *writer, const void *bytes, size_t length)
{
	uint8_t *b = writer_room(writer, length);

	if (b != NULL && length > 0) {
		memcpy(b, bytes, length);
	}
}

#endif
