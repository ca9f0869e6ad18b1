/*
 * Growing text. See base/text.h.
 */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
text_reserve(struct text *text, size_t more)
{
	if (text->failed) {
		return false;
	}
	if (more > SIZE_MAX / 2 - text->length - 1) {
		text->failed = true;
		return false;
	}
	const size_t need = text->length + more + 1;

	if (need <= text->capacity) {
		return true;
	}
	size_t capacity = text->capacity == 0 ? 64 : text->capacity;

	while (capacity < need) {
		capacity *= 2;
	}
	char *bytes = realloc(text->bytes, capacity);

	if (bytes == NULL) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

void
text_release(struct text *text)
{
	free(text->bytes);
	*text = TEXT_EMPTY;
}

void
text_clear(struct text *text)
{
	text->length = 0;
	text->failed = false;
	if (text->bytes != NULL) {
		text->bytes[0] = '\0';
	}
}

void
text_append_bytes(struct text *text, const char *bytes, size_t length)
{
	if (!text_reserve(text, length)) {
		return;
	}
	if (length > 0) {
		memcpy(text->bytes + text->length, bytes, length);
	}
	text->length += length;
	text->bytes[text->length] = '\0';
}

void
text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void
text_append_char(struct text *text, char c)
{
	if (text->failed || text->capacity - text->length < 2) {
		text_append_bytes(text, &c, 1);
		return;
	}
	text->bytes[text->length++] = c;
	text->bytes[text->length] = '\0';
}

void
text_append_repeated(struct text *text, char c, size_t times)
{
	if (!text_reserve(text, times)) {
		return;
	}
	memset(text->bytes + text->length, c, times);
	text->length += times;
	text->bytes[text->length] = '\0';
}

void
text_vprintf(struct text *text, const char *format, va_list arguments)
{
	const size_t room = text->capacity - text->length;
	char *const end = text->bytes == NULL ? NULL : text->bytes + text->length;
	va_list again;

	if (text->failed) {
		return;
	}
	/* Mostly there is room for it at the first attempt. */
	va_copy(again, arguments);
	const int length = vsnprintf(end, room, format, again);

	va_end(again);
	if (length >= 0 && (size_t)length < room) {
		text->length += (size_t)length;
		return;
	}
	if (end != NULL && room > 0) {
		*end = '\0';
	}
	if (length < 0) {
		text->failed = true;
		return;
	}
	if (!text_reserve(text, (size_t)length)) {
		return;
	}
	(void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void
text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(text, format, arguments);
	va_end(arguments);
}

char *
text_take(struct text *text)
{
	if (!text_reserve(text, 0)) {
		text_release(text);
		return NULL;
	}
	text->bytes[text->length] = '\0';
	char *bytes = text->bytes;

	*text = TEXT_EMPTY;
	return bytes;
}
