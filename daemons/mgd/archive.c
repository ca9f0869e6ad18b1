/*
 * Packing by zlib (RFC 1952), the sum by SHA-256 of libcrypto.
 */
#include "archive.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/reader.h"

enum {
	GZIP = 16 + MAX_WBITS, /* zlib's word for a gzip wrapper */
	PIECE = 65536,
	SUM = 64, /* hexadecimal digits */
};

static const char head_words[] = "## sallyport configuration format ";
static const char comment_words[] = "## comment ";
static const char sum_words[] = "## sha256 ";

static bool
sum_of(const char *bytes, size_t length, char hexadecimal[SUM + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (EVP_Digest(bytes, length, digest, &size, EVP_sha256(), NULL) != 1 || size != SUM / 2) {
		return false;
	}
	for (unsigned int i = 0; i < size; i++) {
		(void)snprintf(hexadecimal + 2 * (size_t)i, 3, "%02x", digest[i]);
	}
	return true;
}

static void
append_plain(struct text *out, const char *string)
{
	for (; *string != '\0'; string++) {
		unsigned char c = (unsigned char)*string;

		text_append_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
}

/* A word: no blanks. */
static void
append_word(struct text *out, const char *string)
{
	if (*string == '\0') {
		text_append_char(out, '-');
	}
	for (; *string != '\0'; string++) {
		unsigned char c = (unsigned char)*string;

		text_append_char(out, c <= 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

static bool
squeeze(const struct text *plain, struct text *packed)
{
	z_stream stream = {.zalloc = Z_NULL};
	unsigned char piece[PIECE];
	int result = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY);

	if (result != Z_OK) {
		return false;
	}
	/* zlib promises not to write to its input. */
	stream.next_in = (unsigned char *)plain->bytes;
	stream.avail_in = (unsigned int)plain->length;
	while (result == Z_OK) {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		result = deflate(&stream, Z_FINISH);
		text_append_bytes(packed, (const char *)piece, sizeof(piece) - stream.avail_out);
	}
	(void)deflateEnd(&stream);
	return result == Z_STREAM_END && !text_failed(packed);
}

bool
archive_pack(const struct store_entry *entry, const char *release, const char *content, size_t length,
    struct text *packed)
{
	struct text plain = TEXT_EMPTY;
	char sum[SUM + 1];
	bool good;

	text_printf(&plain, "%s%d release %s commit %llu time %lld user ", head_words, STORE_FORMAT, release,
	    (unsigned long long)entry->commit, (long long)entry->wall);
	append_word(&plain, entry->user);
	text_append(&plain, " client ");
	append_word(&plain, entry->client);
	text_append_char(&plain, '\n');
	if (entry->comment[0] != '\0') {
		text_append(&plain, comment_words);
		append_plain(&plain, entry->comment);
		text_append_char(&plain, '\n');
	}
	text_append_bytes(&plain, content, length);
	if (length > 0 && content[length - 1] != '\n') {
		text_append_char(&plain, '\n');
	}
	good = !text_failed(&plain) && sum_of(plain.bytes, plain.length, sum);
	if (good) {
		text_printf(&plain, "%s%s\n", sum_words, sum);
		good = !text_failed(&plain) && squeeze(&plain, packed);
	}
	text_release(&plain);
	return good;
}

/* What is there of `packed`, at most `most` bytes. `whole`: the gzip file ended and its own checks were right. */
static bool
inflate_into(const char *packed, size_t length, size_t most, struct text *plain, bool *whole)
{
	z_stream stream = {.zalloc = Z_NULL};
	unsigned char piece[PIECE];
	int result = inflateInit2(&stream, GZIP);

	*whole = false;
	if (result != Z_OK) {
		return false;
	}
	stream.next_in = (unsigned char *)(uintptr_t)packed;
	stream.avail_in = (unsigned int)length;
	while (result == Z_OK && plain->length < most) {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		result = inflate(&stream, Z_NO_FLUSH);
		if (result == Z_OK || result == Z_STREAM_END) {
			text_append_bytes(plain, (const char *)piece, sizeof(piece) - stream.avail_out);
		}
	}
	*whole = result == Z_STREAM_END && stream.avail_in == 0;
	(void)inflateEnd(&stream);
	return !text_failed(plain);
}

/* --- the head's line, word by word ------------------------------------------------------------------------------ */

struct line {
	const char *next;
	const char *end;
};

static bool
take_literal(struct line *line, const char *literal)
{
	size_t length = strlen(literal);

	if ((size_t)(line->end - line->next) < length || memcmp(line->next, literal, length) != 0) {
		return false;
	}
	line->next += length;
	return true;
}

static bool
take_number(struct line *line, uint64_t *number)
{
	const char *start = line->next;

	*number = 0;
	while (line->next < line->end && *line->next >= '0' && *line->next <= '9') {
		if (*number > (UINT64_MAX - 9) / 10) {
			return false;
		}
		*number = *number * 10 + (uint64_t)(*line->next - '0');
		line->next++;
	}
	return line->next > start;
}

static bool
take_word(struct line *line, char *word, size_t capacity)
{
	size_t length = 0;

	while (line->next < line->end && *line->next != ' ' && *line->next != '\n') {
		if (length + 1 >= capacity) {
			return false;
		}
		word[length++] = *line->next++;
	}
	word[length] = '\0';
	return length > 0;
}

static bool
take_comment(struct line *line, struct store_entry *entry)
{
	size_t length = 0;

	entry->comment[0] = '\0';
	if (!take_literal(line, comment_words)) {
		return true;
	}
	while (line->next < line->end && *line->next != '\n') {
		if (length + 1 < sizeof(entry->comment)) {
			entry->comment[length++] = *line->next;
		}
		line->next++;
	}
	entry->comment[length] = '\0';
	return take_literal(line, "\n");
}

static bool
take_head(struct line *line, struct store_entry *entry, uint64_t *format)
{
	char release[64];
	uint64_t wall;

	if (!take_literal(line, head_words) || !take_number(line, format)) {
		return false;
	}
	if (*format > STORE_FORMAT) {
		return true; /* the rest of a newer head is not ours to read */
	}
	if (!take_literal(line, " release ") || !take_word(line, release, sizeof(release)) ||
	    !take_literal(line, " commit ") || !take_number(line, &entry->commit) || !take_literal(line, " time ") ||
	    !take_number(line, &wall) || wall > INT64_MAX || !take_literal(line, " user ") ||
	    !take_word(line, entry->user, sizeof(entry->user)) || !take_literal(line, " client ") ||
	    !take_word(line, entry->client, sizeof(entry->client)) || !take_literal(line, "\n")) {
		return false;
	}
	entry->wall = (int64_t)wall;
	return take_comment(line, entry);
}

bool
archive_head(const char *packed, size_t length, struct store_entry *entry)
{
	struct text plain = TEXT_EMPTY;
	struct line line;
	uint64_t format;
	bool whole;
	bool good = inflate_into(packed, length, 1, &plain, &whole);

	line = (struct line){.next = text_string(&plain), .end = text_string(&plain) + plain.length};
	good = good && take_head(&line, entry, &format) && format <= STORE_FORMAT;
	text_release(&plain);
	return good;
}

/* Is the last line the sum of all before it? Then `length` is cut to what is before it. */
static bool
check_sum(const char *bytes, size_t *length)
{
	const size_t tail = sizeof(sum_words) - 1 + SUM + 1;
	char sum[SUM + 1];
	struct line line;

	if (*length < tail) {
		return false;
	}
	line = (struct line){.next = bytes + *length - tail, .end = bytes + *length};
	return sum_of(bytes, *length - tail, sum) && take_literal(&line, sum_words) && take_literal(&line, sum) &&
	    take_literal(&line, "\n") && (*length -= tail) > 0;
}

bool
archive_unpack(const char *packed, size_t length, struct store_entry *entry, struct text *content, struct text *error)
{
	struct text plain = TEXT_EMPTY;
	struct line line;
	size_t left;
	uint64_t format = 0;
	bool whole;
	bool good = false;

	if (!inflate_into(packed, length, STORE_TEXT, &plain, &whole)) {
		text_append(error, "out of memory");
		text_release(&plain);
		return false;
	}
	left = plain.length;
	line = (struct line){.next = text_string(&plain), .end = text_string(&plain) + plain.length};
	if (!whole) {
		text_append(error, "damaged or cut");
	} else if (!take_head(&line, entry, &format)) {
		text_append(error, "its first line is not ours");
	} else if (format > STORE_FORMAT) {
		text_printf(error, "written by a newer release (format %llu)", (unsigned long long)format);
	} else if (!check_sum(text_string(&plain), &left)) {
		text_append(error, "its SHA-256 is wrong");
	} else {
		line.end = text_string(&plain) + left;
		text_clear(content);
		text_append_bytes(content, line.next, (size_t)(line.end - line.next));
		good = !text_failed(content);
	}
	text_release(&plain);
	return good;
}
