/*
 * Paging: ---(more)--- at the foot of each page, as JUNOS has it; its keys are in pager_help.
 *
 * While output may stop, all of it is kept, up to a bound: `at` is how far it was shown. A key moves `at`, and showing goes on
 * from there. A search skips lines that do not match, those that are still to come as well.
 */
#include "pager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/output.h"
#include "pipe.h"

#define PAGER_PROMPT "---(more)---"
#define PAGER_END_PROMPT "---(more 100%)---"
#define PAGER_WIPE "\r                 \r"

enum {
	PAGER_PIECE = 4096,
	PAGER_KEPT = 8 * 1024 * 1024, /* octets to go back in */
	PAGER_CONTROL_B = 2,
	PAGER_CONTROL_C = 3,
	PAGER_CONTROL_F = 6,
	PAGER_BACKSPACE = 8,
	PAGER_CONTROL_N = 14,
	DELETE = 0x7f,
	UTF8_C1 = 0xc2, /* first octet of U+0080 to U+009F, and of harmless ones, */
	UTF8_TURNED = -0x41, /* and the second one of such a one, a question mark upside down: 0xbf */
};

struct cli_search {
	regex_t pattern;
	bool running; /* what is being skipped */
	size_t from;  /* where it began, to come back to */
};

static const char pager_help[] =
    "  Space, f   the next page               b          the page before\n"
    "  Enter, j   the next line               d          half a page\n"
    "  G          all the rest                g          from the beginning\n"
    "  /          search forward              n          search again\n"
    "  q          no more                     h          this help\n";

void
cli_terminal_size(int descriptor, unsigned *rows, unsigned *columns)
{
	struct winsize size;

	*rows = 0;
	*columns = 0;
	if (ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
		*rows = size.ws_row;
		*columns = size.ws_col;
	}
}

void
cli_pager_start(struct cli_pager *pager, int output, int keys)
{
	*pager = (struct cli_pager){.output = output, .keys = keys};
	cli_terminal_size(output, &pager->rows, &pager->columns);
	pager->terminal = isatty(output) == 1;
	pager->all = keys < 0 || pager->rows < 2;
}

void
cli_pager_resize(struct cli_pager *pager, unsigned rows, unsigned columns)
{
	pager->rows = rows;
	pager->columns = columns;
	pager->all = pager->keys < 0 || rows < 2;
}

void
cli_clean(char *bytes, size_t length, unsigned char *before)
{
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)bytes[i];
		const bool low = (c < ' ' && c != '\n' && c != '\t') || c == DELETE;
		const bool high = *before == UTF8_C1 && c >= 0x80 && c < 0xa0;

		if (low) {
			bytes[i] = '?';
		} else if (high) {
			bytes[i] = UTF8_TURNED;
		}
		*before = c;
	}
}

static bool
pager_put(struct cli_pager *pager, const char *bytes, size_t length)
{
	const bool good = output_all(pager->output, bytes, length);

	pager->failed = pager->failed || !good;
	return good;
}

/* One key without waiting for Enter. 0: the terminal is gone. */
static char
pager_key(const struct cli_pager *pager)
{
	struct termios before;
	char key = 0;

	if (tcgetattr(pager->keys, &before) != 0) {
		return 0;
	}
	struct termios raw = before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(pager->keys, TCSADRAIN, &raw);
	while (read(pager->keys, &key, 1) < 0 && errno == EINTR) {
	}
	(void)tcsetattr(pager->keys, TCSADRAIN, &before);
	return key;
}

static bool
pager_say(struct cli_pager *pager, const char *sentence)
{
	return pager_put(pager, sentence, strlen(sentence));
}

/* Where the line begins that is `lines` lines above `at`. */
static size_t
pager_above(const struct cli_pager *pager, size_t at, unsigned lines)
{
	const char *bytes = text_string(&pager->seen);

	for (unsigned i = 0; i <= lines && at > 0; i++) {
		at--;
		while (at > 0 && bytes[at - 1] != '\n') {
			at--;
		}
		if (i + 1 == lines) {
			break;
		}
	}
	return at;
}

/* --- searching -------------------------------------------------------------------------------------------------------- */

static void
pager_forget(struct cli_pager *pager)
{
	if (pager->search != NULL) {
		regfree(&pager->search->pattern);
		free(pager->search);
		pager->search = NULL;
	}
}

/* Reads a pattern at the foot of the page. False: none was wanted. */
static bool
pager_read_pattern(struct cli_pager *pager, struct text *pattern)
{
	(void)pager_say(pager, PAGER_WIPE "/");
	for (;;) {
		const char key = pager_key(pager);

		if (key == '\r' || key == '\n') {
			return pattern->length > 0;
		}
		if (key == 0 || key == PAGER_CONTROL_C) {
			return false;
		}
		if (key == DELETE || key == PAGER_BACKSPACE) {
			if (pattern->length == 0) {
				return false;
			}
			pattern->bytes[--pattern->length] = '\0';
			(void)pager_say(pager, "\b \b");
		} else if ((unsigned char)key >= ' ' && pattern->length < CLI_PATTERN_LENGTH) {
			text_append_char(pattern, key);
			(void)pager_put(pager, &key, 1);
		}
	}
}

/* Begins to skip lines. False: the page stays, and the user knows why. */
static bool
pager_search(struct cli_pager *pager, bool again)
{
	struct text pattern = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	bool good = again ? pager->search != NULL : pager_read_pattern(pager, &pattern);

	if (good && !again) {
		struct cli_search *search = calloc(1, sizeof(*search));

		pager_forget(pager);
		good = search != NULL && cli_pattern_compile(&search->pattern, text_string(&pattern), &error);
		if (good) {
			pager->search = search;
		} else {
			free(search);
		}
	}
	(void)pager_say(pager, "\r");
	(void)pager_put(pager, PAGER_WIPE, strlen(PAGER_WIPE));
	if (error.length > 0) {
		(void)pager_say(pager, text_string(&error));
		(void)pager_say(pager, "\n");
	}
	if (good) {
		pager->search->running = true;
		pager->search->from = pager->at;
	}
	text_release(&pattern);
	text_release(&error);
	return good;
}

/* Skips whole lines that do not match. True: one does, or nothing is searched for. */
static bool
pager_skip(struct cli_pager *pager)
{
	struct cli_search *search = pager->search;

	while (search != NULL && search->running && pager->at < pager->seen.length) {
		char *line = pager->seen.bytes + pager->at;
		char *end = memchr(line, '\n', pager->seen.length - pager->at);

		if (end == NULL) {
			return false;
		}
		*end = '\0';
		search->running = regexec(&search->pattern, line, 0, NULL, 0) != 0;
		*end = '\n';
		if (search->running) {
			pager->at += (size_t)(end - line) + 1;
		} else {
			(void)pager_say(pager, "...skipping\n");
		}
	}
	return search == NULL || !search->running;
}

/* --- stopping --------------------------------------------------------------------------------------------------------- */

static void
pager_go_back(struct cli_pager *pager, size_t to)
{
	pager->at = to;
	pager->row = 0;
	pager->column = 0;
	(void)pager_say(pager, PAGER_WIPE "...back\n");
}

/* Does what a key says. True: showing goes on, or is over. */
static bool
pager_obey(struct cli_pager *pager, char key)
{
	switch (key) {
	case ' ':
	case 'f':
	case PAGER_CONTROL_F:
		pager->row = 0;
		return true;
	case '\r':
	case '\n':
	case 'j':
	case PAGER_CONTROL_N:
		pager->row = pager->rows - 2;
		return true;
	case 'd':
		pager->row = pager->rows / 2;
		return true;
	case 'b':
	case PAGER_CONTROL_B:
		pager_go_back(pager, pager_above(pager, pager->at, 2 * (pager->rows - 1)));
		return true;
	case 'g':
		pager_go_back(pager, 0);
		return true;
	case 'G':
		pager->all = true;
		return true;
	case '/':
		pager->row = 0;
		return pager_search(pager, false);
	case 'n':
		pager->row = 0;
		return pager_search(pager, true);
	case 'h':
		(void)pager_say(pager, PAGER_WIPE);
		(void)pager_say(pager, pager_help);
		return false;
	case 'q':
	case 'Q':
	case 0:
	case PAGER_CONTROL_C:
		pager->quit = true;
		return true;
	default:
		return false;
	}
}

/* Stops at the foot of a page. False: no more. */
static bool
pager_stop(struct cli_pager *pager, const char *prompt)
{
	do {
		if (!pager_say(pager, "\r") || !pager_say(pager, prompt)) {
			return false;
		}
	} while (!pager_obey(pager, pager_key(pager)));
	return pager_say(pager, PAGER_WIPE) && !pager->quit;
}

/* The octets up to where the page is full; `length` when it is not. */
static size_t
pager_fill(struct cli_pager *pager, const char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length && pager->row < pager->rows - 1) {
		const unsigned char c = (unsigned char)bytes[at++];

		if (c == '\n') {
			pager->row++;
			pager->column = 0;
		} else if ((c & 0xc0) != 0x80) {
			if (pager->columns > 0 && pager->column == pager->columns) {
				pager->row++;
				pager->column = 0;
			}
			pager->column++;
		}
	}
	return at;
}

/* Old pages go when there are too many of them. */
static void
pager_bound(struct cli_pager *pager)
{
	if (pager->seen.length > PAGER_KEPT && pager->at > PAGER_KEPT / 2) {
		const size_t gone = pager->at - PAGER_KEPT / 2;

		memmove(pager->seen.bytes, pager->seen.bytes + gone, pager->seen.length - gone + 1);
		pager->seen.length -= gone;
		pager->at -= gone;
		if (pager->search != NULL) {
			pager->search->from -= pager->search->from < gone ? pager->search->from : gone;
		}
	}
}

/* Shows what there is, page by page. */
static bool
pager_advance(struct cli_pager *pager)
{
	while (pager->at < pager->seen.length) {
		if (!pager->all && pager->row >= pager->rows - 1 && !pager_stop(pager, PAGER_PROMPT)) {
			return false;
		}
		if (!pager_skip(pager)) {
			break;
		}
		const char *bytes = text_string(&pager->seen) + pager->at;
		const size_t length = pager->seen.length - pager->at;
		const size_t fits = pager->all ? length : pager_fill(pager, bytes, length);

		if (!pager_put(pager, bytes, fits)) {
			return false;
		}
		pager->at += fits;
	}
	pager_bound(pager);
	return true;
}

static bool
pager_show(struct cli_pager *pager, const char *bytes, size_t length)
{
	if (pager->quit) {
		return false;
	}
	if (pager->all && pager->at == pager->seen.length) {
		return pager_put(pager, bytes, length);
	}
	text_append_bytes(&pager->seen, bytes, length);
	if (text_failed(&pager->seen)) {
		pager->failed = true;
		return false;
	}
	return pager_advance(pager);
}

/* Nothing that is to come matches either: back to where the search began. */
static bool
pager_give_up_search(struct cli_pager *pager)
{
	if (pager->search == NULL || !pager->search->running) {
		return false;
	}
	pager->search->running = false;
	pager->at = pager->search->from;
	pager->row = pager->rows - 1;
	(void)pager_say(pager, "Pattern not found\n");
	return true;
}

void
cli_pager_end(struct cli_pager *pager, bool hold)
{
	bool more = !pager->quit && !pager->failed && pager->keys >= 0;

	while (more && pager_give_up_search(pager)) {
		more = pager_advance(pager);
	}
	while (more && hold && !pager->all) {
		more = pager_stop(pager, PAGER_END_PROMPT);
		if (more && pager_give_up_search(pager)) {
			continue;
		}
		/* The key that shows more ends it here; one that goes back is obeyed. */
		more = more && pager->at < pager->seen.length && pager_advance(pager);
		while (more && pager_give_up_search(pager)) {
			more = pager_advance(pager);
		}
	}
	pager_forget(pager);
	text_release(&pager->seen);
}

bool
cli_pager_write(void *context, const char *bytes, size_t length)
{
	struct cli_pager *pager = context;
	char piece[PAGER_PIECE];

	if (!pager->terminal) {
		return pager_show(pager, bytes, length);
	}
	while (length > 0) {
		const size_t part = length < sizeof(piece) ? length : sizeof(piece);

		memcpy(piece, bytes, part);
		cli_clean(piece, part, &pager->before);
		if (!pager_show(pager, piece, part)) {
			return false;
		}
		bytes += part;
		length -= part;
	}
	return true;
}
