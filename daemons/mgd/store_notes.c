/*
 * See store_notes.h.
 *
 * A line each: commit, until when, minutes, the commit to go back to. There are two while the
 * second of two such commits is written: whichever of both is the newest after a loss of power has
 * its line.
 */
#include "store_notes.h"

#include <errno.h>
#include <stdlib.h>

static const char unconfirmed_name[] = "unconfirmed";

enum { NOTE_BYTES = 4096 };

/* A number and the character behind it. */
static bool
take_number(const char **at, char behind, uint64_t *number)
{
	char *end = NULL;

	errno = 0;
	if (**at < '0' || **at > '9') {
		return false;
	}
	*number = strtoull(*at, &end, 10);
	*at = end + 1;
	return errno == 0 && *end == behind;
}

static bool
take_note(const char **at, struct store_unconfirmed *note)
{
	uint64_t until = 0;
	uint64_t minutes = 0;

	if (!take_number(at, ' ', &note->commit) || !take_number(at, ' ', &until) ||
	    !take_number(at, ' ', &minutes) || !take_number(at, '\n', &note->back) ||
	    until > INT64_MAX || minutes > UINT32_MAX) {
		return false;
	}
	note->until = (int64_t)until;
	note->minutes = (uint32_t)minutes;
	return true;
}

static void
append_note(struct text *bytes, const struct store_unconfirmed *note)
{
	text_printf(bytes, "%llu %lld %u %llu\n", (unsigned long long)note->commit,
	    (long long)note->until, note->minutes, (unsigned long long)note->back);
}

bool
store_note_unconfirmed(
    const struct store *store, const struct store_unconfirmed *note, struct text *error)
{
	struct store_unconfirmed former;
	struct text bytes = TEXT_EMPTY;
	bool good;

	if (store_unconfirmed(store, &former)) {
		append_note(&bytes, &former);
	}
	append_note(&bytes, note);
	good = store_put(store, unconfirmed_name, &bytes, error);
	text_release(&bytes);
	return good;
}

bool
store_unconfirmed(const struct store *store, struct store_unconfirmed *note)
{
	struct text bytes = TEXT_EMPTY;
	bool good = false;

	if (store_count(store) > 0 && store_get(store, unconfirmed_name, NOTE_BYTES, &bytes)) {
		const char *at = text_string(&bytes);

		while (!good && take_note(&at, note)) {
			good = note->commit == store_next(store) - 1;
		}
	}
	text_release(&bytes);
	return good;
}

void
store_forget_unconfirmed(const struct store *store)
{
	(void)store_remove(store, unconfirmed_name);
}
