/*
 * Reading and writing $9$ forms, from their publicly known description. See secret_form.h.
 */
#include "secret_form.h"

#include <string.h>

enum {
	ALPHABET = 65,
	SECRET_MOST = 255,
	GAPS_MOST = 4,
	WEIGHTS = 7,
};

/* The alphabet, in four families: a character of the first has three meaningless ones behind it, of
 * the last none. */
static const char alphabet[] = "QzF3n6/9CAtpu0O"
			       "B1IREhcSyrleKvMW8LXx"
			       "7N-dVbwsY2g4oaJZGUDj"
			       "iHkq.mPf5T";
static const size_t family_ends[] = {15, 35, 55, ALPHABET};

/* What the distances of an octet's characters weigh, by the octet's place; 0 ends a row. */
static const unsigned weights[WEIGHTS][GAPS_MOST] = {
    {1, 4, 32, 0},
    {1, 16, 32, 0},
    {1, 8, 32, 0},
    {1, 64, 0, 0},
    {1, 32, 0, 0},
    {1, 4, 16, 128},
    {1, 32, 64, 0},
};

struct form {
	const char *at;
	const char *end;
	size_t before; /* place of the last character in the alphabet */
};

/* The next character's place in the alphabet; false: it has none, or there is none. */
static bool
take(struct form *form, size_t *place)
{
	const char *found = form->at < form->end ? memchr(alphabet, *form->at, ALPHABET) : NULL;

	if (found == NULL) {
		return false;
	}
	form->at++;
	*place = (size_t)(found - alphabet);
	return true;
}

static bool
take_octet(struct form *form, const unsigned *weight, unsigned *octet)
{
	*octet = 0;
	for (size_t i = 0; i < GAPS_MOST && weight[i] != 0; i++) {
		size_t place;

		if (!take(form, &place)) {
			return false;
		}
		/* The distance less one, around the alphabet. */
		*octet += (unsigned)((place + ALPHABET - form->before + ALPHABET - 1) % ALPHABET) *
			  weight[i];
		form->before = place;
	}
	*octet %= 256;
	return true;
}

static const char magic[] = "$9$";

bool
secret_form_looks(const char *value, size_t length)
{
	return length >= sizeof(magic) - 1 && memcmp(value, magic, sizeof(magic) - 1) == 0;
}

bool
secret_form_read(const char *value, size_t length, struct text *secret)
{
	const size_t start = sizeof(magic) - 1;
	struct form form = {.at = value + start, .end = value + length};
	char read[SECRET_MOST];
	size_t count = 0;
	size_t family = 0;

	if (length <= start || memcmp(value, magic, start) != 0 || !take(&form, &form.before)) {
		return false;
	}
	while (form.before >= family_ends[family]) {
		family++;
	}
	for (size_t i = family; i < 3; i++) {
		size_t meaningless;

		if (!take(&form, &meaningless)) {
			return false;
		}
	}
	while (form.at < form.end) {
		unsigned octet;

		if (count == SECRET_MOST || !take_octet(&form, weights[count % WEIGHTS], &octet) ||
		    octet < ' ' || octet == 0x7f) {
			return false;
		}
		read[count++] = (char)octet;
	}
	/* One within the other would be another secret each time that it is read. */
	if (count == 0 || (count >= start && memcmp(read, magic, start) == 0)) {
		return false;
	}
	text_append_bytes(secret, read, count);
	return true;
}

/* The first character, and the meaningless ones behind it: chance would make equal secrets look different. */
static size_t
write_start(const char *secret, size_t length, struct text *form)
{
	size_t place = length;
	size_t family = 0;

	for (size_t i = 0; i < length; i++) {
		place = (place * 31 + (unsigned char)secret[i]) % ALPHABET;
	}
	text_append_char(form, alphabet[place]);
	while (place >= family_ends[family]) {
		family++;
	}
	for (size_t i = family; i < 3; i++) {
		text_append_char(form, alphabet[(place * 7 + i * 19) % ALPHABET]);
	}
	return place;
}

void
secret_form_write(const char *secret, struct text *form)
{
	const size_t length = strlen(secret);

	if (length == 0 || length > SECRET_MOST || secret_form_looks(secret, length)) {
		text_append(form, secret);
		return;
	}
	text_append(form, magic);
	size_t before = write_start(secret, length, form);

	for (size_t i = 0; i < length; i++) {
		const unsigned *weight = weights[i % WEIGHTS];
		unsigned gaps[GAPS_MOST] = {0};
		unsigned octet = (unsigned char)secret[i];
		size_t count = 0;

		while (count < GAPS_MOST && weight[count] != 0) {
			count++;
		}
		for (size_t gap = count; gap-- > 0;) {
			gaps[gap] = octet / weight[gap];
			octet %= weight[gap];
		}
		for (size_t gap = 0; gap < count; gap++) {
			before = (before + gaps[gap] + 1) % ALPHABET;
			text_append_char(form, alphabet[before]);
		}
	}
}
