/*
 * Payloads: encoders append to a growing text, decoders read untrusted bytes through the bounded reader.
 *
 * A count inside a payload is believed only as far as the bytes behind it can hold that many items, and arrays grow item
 * by item. Whatever a decoder fails on, it frees what it had built.
 */
#include "ipc/payload.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void
ipc_put_u8(struct text *out, uint8_t value)
{
	text_append_bytes(out, (const char *)&value, 1);
}

void
ipc_put_u16(struct text *out, uint16_t value)
{
	ipc_put_u8(out, (uint8_t)(value >> 8));
	ipc_put_u8(out, (uint8_t)value);
}

void
ipc_put_u32(struct text *out, uint32_t value)
{
	ipc_put_u16(out, (uint16_t)(value >> 16));
	ipc_put_u16(out, (uint16_t)value);
}

void
ipc_put_u64(struct text *out, uint64_t value)
{
	ipc_put_u32(out, (uint32_t)(value >> 32));
	ipc_put_u32(out, (uint32_t)value);
}

void
ipc_put_bytes(struct text *out, const void *bytes, size_t length)
{
	if (length > UINT32_MAX) {
		out->failed = true;
		return;
	}
	ipc_put_u32(out, (uint32_t)length);
	if (length > 0) {
		text_append_bytes(out, bytes, length);
	}
}

void
ipc_put_string(struct text *out, const char *string)
{
	ipc_put_bytes(out, string, string == NULL ? 0 : strlen(string));
}

char *
ipc_get_string(struct reader *reader)
{
	size_t length = reader_u32(reader);
	const uint8_t *bytes = reader_bytes(reader, length);
	char *string;

	if (bytes == NULL) {
		return NULL;
	}
	if (memchr(bytes, '\0', length) != NULL) {
		reader->failed = true;
		return NULL;
	}
	string = malloc(length + 1);
	if (string == NULL) {
		reader->failed = true;
		return NULL;
	}
	memcpy(string, bytes, length);
	string[length] = '\0';
	return string;
}

void
ipc_string_release(const char *string)
{
	free((void *)(uintptr_t)string);
}

/* A count of items that take at least `least` bytes each; fails the reader when they cannot be there. */
static uint32_t
get_count(struct reader *reader, size_t least)
{
	uint32_t count = reader_u32(reader);

	assert(least > 0);
	if (count > reader_left(reader) / least) {
		reader->failed = true;
		return 0;
	}
	return count;
}

/* 0 or 1 and nothing else. */
static bool
get_flag(struct reader *reader)
{
	uint8_t value = reader_u8(reader);

	if (value > 1) {
		reader->failed = true;
	}
	return value == 1;
}

/* One of `count` enumerators from 0. */
static uint8_t
get_choice(struct reader *reader, uint8_t count)
{
	uint8_t value = reader_u8(reader);

	if (value >= count) {
		reader->failed = true;
		return 0;
	}
	return value;
}

static bool
whole(const struct reader *reader)
{
	return !reader_failed(reader) && reader_left(reader) == 0;
}

static char *
copy_of(const char *string)
{
	struct text copy = TEXT_EMPTY;

	text_append(&copy, string == NULL ? "" : string);
	return text_take(&copy);
}

/* --- pairs ------------------------------------------------------------------------------------------------------ */

void
ipc_pairs_release(struct ipc_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count && !pairs->borrowed; i++) {
		ipc_string_release(pairs->items[i].name);
		ipc_string_release(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = IPC_PAIRS_EMPTY;
}

/* Takes both strings over, also on failure. */
static bool
pairs_take(struct ipc_pairs *pairs, char *name, char *value)
{
	struct ipc_pair *items = array_grow(pairs->items, pairs->count, &pairs->capacity, sizeof(*items));

	if (items != NULL) {
		pairs->items = items;
	}
	if (items == NULL || name == NULL || value == NULL) {
		pairs->failed = true;
		free(name);
		free(value);
		return false;
	}
	items[pairs->count++] = (struct ipc_pair){.name = name, .value = value};
	return true;
}

void
ipc_pairs_add(struct ipc_pairs *pairs, const char *name, const char *value)
{
	(void)pairs_take(pairs, copy_of(name), copy_of(value));
}

void
ipc_pairs_addf(struct ipc_pairs *pairs, const char *name, const char *format, ...)
{
	struct text value = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&value, format, arguments);
	va_end(arguments);
	if (value.length == 0 && !text_failed(&value)) {
		ipc_pairs_add(pairs, name, "");
	} else {
		(void)pairs_take(pairs, copy_of(name), text_take(&value));
	}
	text_release(&value);
}

const char *
ipc_pairs_find(const struct ipc_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->items[i].name, name) == 0) {
			return pairs->items[i].value;
		}
	}
	return NULL;
}

void
ipc_put_pairs(struct text *out, const struct ipc_pairs *pairs)
{
	if (pairs->failed) {
		out->failed = true;
		return;
	}
	ipc_put_u32(out, (uint32_t)pairs->count);
	for (size_t i = 0; i < pairs->count; i++) {
		ipc_put_string(out, pairs->items[i].name);
		ipc_put_string(out, pairs->items[i].value);
	}
}

bool
ipc_get_pairs(struct reader *reader, struct ipc_pairs *pairs)
{
	uint32_t count = get_count(reader, 8);

	*pairs = IPC_PAIRS_EMPTY;
	for (uint32_t i = 0; i < count && !reader_failed(reader); i++) {
		char *name = ipc_get_string(reader);
		char *value = ipc_get_string(reader);

		if (!pairs_take(pairs, name, value)) {
			reader->failed = true;
		}
	}
	if (reader_failed(reader)) {
		ipc_pairs_release(pairs);
		return false;
	}
	return true;
}

/* --- front end and mgd ------------------------------------------------------------------------------------------ */

void
ipc_command_encode(const struct ipc_command *command, struct text *out)
{
	ipc_put_u16(out, command->width);
	ipc_put_u16(out, command->indent);
	ipc_put_string(out, command->line);
}

bool
ipc_command_decode(struct ipc_command *command, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	command->width = reader_u16(&reader);
	command->indent = reader_u16(&reader);
	command->line = ipc_get_string(&reader);
	if (!whole(&reader)) {
		ipc_string_release(command->line);
		command->line = NULL;
		return false;
	}
	return true;
}

void
ipc_done_encode(const struct ipc_done *done, struct text *out)
{
	ipc_put_u8(out, (uint8_t)done->status);
	ipc_put_u8(out, (uint8_t)done->mode);
	ipc_put_string(out, done->level);
	ipc_put_string(out, done->user);
	ipc_put_string(out, done->host);
	ipc_put_string(out, done->question);
}

bool
ipc_done_decode(struct ipc_done *done, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	done->status = (enum ipc_done_status)get_choice(&reader, IPC_DONE_QUESTION + 1);
	done->mode = (enum ipc_mode)get_choice(&reader, IPC_MODE_CONFIGURE + 1);
	done->level = ipc_get_string(&reader);
	done->user = ipc_get_string(&reader);
	done->host = ipc_get_string(&reader);
	done->question = ipc_get_string(&reader);
	if (!whole(&reader)) {
		ipc_done_release(done);
		return false;
	}
	return true;
}

void
ipc_done_release(struct ipc_done *done)
{
	ipc_string_release(done->level);
	ipc_string_release(done->user);
	ipc_string_release(done->host);
	ipc_string_release(done->question);
	done->level = NULL;
	done->user = NULL;
	done->host = NULL;
	done->question = NULL;
}

void
ipc_complete_encode(const struct ipc_complete *complete, struct text *out)
{
	ipc_put_u8(out, (uint8_t)complete->reason);
	ipc_put_string(out, complete->line);
}

bool
ipc_complete_decode(struct ipc_complete *complete, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	complete->reason = (enum ipc_complete_reason)get_choice(&reader, IPC_COMPLETE_HELP + 1);
	complete->line = ipc_get_string(&reader);
	if (!whole(&reader)) {
		ipc_string_release(complete->line);
		complete->line = NULL;
		return false;
	}
	return true;
}

static bool
candidates_take(struct ipc_candidates *list, enum ipc_candidate_kind kind, char *word, char *help)
{
	struct ipc_candidate *items = array_grow(list->items, list->count, &list->capacity, sizeof(*items));

	if (items != NULL) {
		list->items = items;
	}
	if (items == NULL || word == NULL || help == NULL) {
		list->failed = true;
		free(word);
		free(help);
		return false;
	}
	items[list->count++] = (struct ipc_candidate){.kind = kind, .word = word, .help = help};
	return true;
}

void
ipc_candidates_add(struct ipc_candidates *list, enum ipc_candidate_kind kind, const char *word, const char *help)
{
	(void)candidates_take(list, kind, copy_of(word), copy_of(help));
}

void
ipc_candidates_encode(const struct ipc_candidates *list, struct text *out)
{
	if (list->failed) {
		out->failed = true;
		return;
	}
	ipc_put_u32(out, list->replace);
	ipc_put_u32(out, (uint32_t)list->count);
	for (size_t i = 0; i < list->count; i++) {
		ipc_put_u8(out, (uint8_t)list->items[i].kind);
		ipc_put_string(out, list->items[i].word);
		ipc_put_string(out, list->items[i].help);
	}
}

bool
ipc_candidates_decode(struct ipc_candidates *list, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);
	uint32_t count;

	*list = IPC_CANDIDATES_EMPTY;
	list->replace = reader_u32(&reader);
	count = get_count(&reader, 9);
	for (uint32_t i = 0; i < count && !reader_failed(&reader); i++) {
		enum ipc_candidate_kind kind = (enum ipc_candidate_kind)get_choice(&reader, IPC_CANDIDATE_SET + 1);
		char *word = ipc_get_string(&reader);
		char *help = ipc_get_string(&reader);

		if (!candidates_take(list, kind, word, help)) {
			reader.failed = true;
		}
	}
	if (!whole(&reader)) {
		ipc_candidates_release(list);
		return false;
	}
	return true;
}

void
ipc_candidates_release(struct ipc_candidates *list)
{
	for (size_t i = 0; i < list->count; i++) {
		ipc_string_release(list->items[i].word);
		ipc_string_release(list->items[i].help);
	}
	free(list->items);
	*list = IPC_CANDIDATES_EMPTY;
}

/* --- mgd and daemons -------------------------------------------------------------------------------------------- */

void
ipc_verify_encode(const struct ipc_verify *verify, struct text *out)
{
	ipc_put_u64(out, verify->id);
	ipc_put_bytes(out, verify->text, verify->length);
}

bool
ipc_verify_decode(struct ipc_verify *verify, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	verify->id = reader_u64(&reader);
	verify->length = reader_u32(&reader);
	verify->text = (const char *)reader_bytes(&reader, verify->length);
	return whole(&reader);
}

void
ipc_apply_encode(const struct ipc_apply *apply, struct text *out)
{
	ipc_put_u64(out, apply->id);
}

bool
ipc_apply_decode(struct ipc_apply *apply, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	apply->id = reader_u64(&reader);
	return whole(&reader);
}

/* `like` gives all but the strings, which are taken over, also on failure. */
static bool
result_take(struct ipc_result *result, const struct ipc_diagnostic *like, char *path, char *statement, char *message)
{
	struct ipc_diagnostic *items = array_grow(result->items, result->count, &result->capacity, sizeof(*items));

	if (items != NULL) {
		result->items = items;
	}
	if (items == NULL || path == NULL || statement == NULL || message == NULL) {
		result->failed = true;
		free(path);
		free(statement);
		free(message);
		return false;
	}
	items[result->count++] = (struct ipc_diagnostic){.error = like->error,
	    .line = like->line,
	    .path = path,
	    .statement = statement,
	    .message = message};
	return true;
}

void
ipc_result_add(struct ipc_result *result, const struct ipc_diagnostic *what)
{
	(void)result_take(result, what, copy_of(what->path), copy_of(what->statement), copy_of(what->message));
}

void
ipc_result_encode(const struct ipc_result *result, struct text *out)
{
	if (result->failed) {
		out->failed = true;
		return;
	}
	ipc_put_u64(out, result->id);
	ipc_put_u8(out, result->accepted ? 1 : 0);
	ipc_put_u32(out, (uint32_t)result->count);
	for (size_t i = 0; i < result->count; i++) {
		const struct ipc_diagnostic *item = &result->items[i];

		ipc_put_u8(out, item->error ? 1 : 0);
		ipc_put_u32(out, item->line);
		ipc_put_string(out, item->path);
		ipc_put_string(out, item->statement);
		ipc_put_string(out, item->message);
	}
}

bool
ipc_result_decode(struct ipc_result *result, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);
	uint32_t count;

	*result = (struct ipc_result){.items = NULL};
	result->id = reader_u64(&reader);
	result->accepted = get_flag(&reader);
	count = get_count(&reader, 17);
	for (uint32_t i = 0; i < count && !reader_failed(&reader); i++) {
		struct ipc_diagnostic like = {.error = get_flag(&reader)};
		char *path;
		char *statement;
		char *message;

		like.line = reader_u32(&reader);
		path = ipc_get_string(&reader);
		statement = ipc_get_string(&reader);
		message = ipc_get_string(&reader);
		if (!result_take(result, &like, path, statement, message)) {
			reader.failed = true;
		}
	}
	if (!whole(&reader)) {
		ipc_result_release(result);
		return false;
	}
	return true;
}

void
ipc_result_release(struct ipc_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		ipc_string_release(result->items[i].path);
		ipc_string_release(result->items[i].statement);
		ipc_string_release(result->items[i].message);
	}
	free(result->items);
	*result = (struct ipc_result){.items = NULL};
}

void
ipc_rpc_done_encode(const struct ipc_rpc_done *done, struct text *out)
{
	ipc_put_u8(out, done->ok ? 1 : 0);
	ipc_put_string(out, done->message);
}

bool
ipc_rpc_done_decode(struct ipc_rpc_done *done, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	done->ok = get_flag(&reader);
	done->message = ipc_get_string(&reader);
	if (!whole(&reader)) {
		ipc_string_release(done->message);
		done->message = NULL;
		return false;
	}
	return true;
}
