/*
 * Growing text: what the edge of the house formats into (never lib/engine, which does not print).
 *
 * Always NUL-terminated. A failed allocation is sticky: `failed` is set, the text stays what it was, later appends do
 * nothing; check text_failed() once before using the result. text_release() gives the memory back.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;
	size_t length;
	size_t capacity;
	bool failed;
};

#define TEXT_EMPTY ((struct text){.bytes = NULL, .length = 0, .capacity = 0, .failed = false})

void text_release(struct text *text);
/* Keeps the memory, forgets the content and an earlier failure. */
void text_clear(struct text *text);
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_append_char(struct text *text, char c);
void text_append_repeated(struct text *text, char c, size_t times);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static inline bool
text_failed(const struct text *text)
{
	return text->failed;
}

/* The content, never NULL. */
static inline const char *
text_string(const struct text *text)
{
	return text->bytes == NULL ? "" : text->bytes;
}

/* Hands the content to the caller, who frees it with free(); the text is empty again. NULL if an append had failed. */
char *text_take(struct text *text) __attribute__((warn_unused_result));

#endif
