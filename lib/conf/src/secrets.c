/*
 * Secrets stay out of what is told. See secrets.h.
 *
 * By words, not by the schema: the text may be a statement that nobody could read.
 */
#include "secrets.h"

#include <string.h>

/* What stands before a secret, in every spelling that is read (E-142). */
static const char *const keywords[] = {
    "ascii-text", "hexadecimal", "pre-shared-key", "preshared-key", "pre-shared-keys", "secret", "encrypted-password",
    "plain-text-password-value"};
/* Of these, what is long enough to be known when its blank is missing: ascii-text1234. */
enum { KEYWORDS_STUCK = 4 };

bool
secrets_is_keyword(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strlen(keywords[i]) == length && memcmp(keywords[i], word, length) == 0) {
			return true;
		}
	}
	return false;
}

size_t
secrets_stuck(const char *word, size_t length)
{
	for (size_t i = 0; i < KEYWORDS_STUCK && !secrets_is_keyword(word, length); i++) {
		const size_t span = strlen(keywords[i]);

		if (length > span && memcmp(keywords[i], word, span) == 0) {
			return span;
		}
	}
	return 0;
}

static size_t
blanks(const char *at)
{
	return strspn(at, " \t\r\n{};");
}

static size_t
word_length(const char *at)
{
	return strcspn(at, " \t\r\n{};");
}

/* A method of proposals has the name of a key: authentication-method pre-shared-keys. */
static bool
is_method(const char *before, size_t length)
{
	static const char method[] = "authentication-method";

	return length == sizeof(method) - 1 && memcmp(before, method, length) == 0;
}

size_t
secrets_begin(const char *words)
{
	const char *before = words;
	size_t before_length = 0;

	for (const char *at = words + blanks(words); *at != '\0';) {
		const size_t length = word_length(at);
		const size_t stuck = secrets_stuck(at, length);

		if (stuck > 0) {
			return (size_t)(at - words) + stuck;
		}
		if (secrets_is_keyword(at, length) && !is_method(before, before_length)) {
			const char *next = at + length + blanks(at + length);
			const size_t form = word_length(next);

			/* pre-shared-key ascii-text K */
			if (length > form && secrets_is_keyword(next, form) &&
			    memcmp(at, "pre", 3) == 0 && *next != 's') {
				next += form;
				next += blanks(next);
			}
			return (size_t)(next - words);
		}
		before = at;
		before_length = length;
		at += length + blanks(at + length);
	}
	return strlen(words);
}
