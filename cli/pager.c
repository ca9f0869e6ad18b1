/*
 * Paging: ---(more)--- at the foot of each page, as JUNOS has it. Space: a page, Enter: a line, G: all the rest, q or Ctrl-C:
 * no more.
 */
#include "pager.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PAGER_PROMPT "---(more)---"
#define PAGER_WIPE "\r            \r"

enum {
	PAGER_PIECE = 4096,
	PAGER_CONTROL_C = 3,
	PAGER_CONTROL_D = 4,
	DELETE = 0x7f,
	UTF8_C1 = 0xc2, /* first octet of U+0080 to U+009F, and of harmless ones */
};

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
cli_clean(char *bytes, size_t length, unsigned char *before)
{
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)bytes[i];
		const bool low = (c < ' ' && c != '\n' && c != '\t') || c == DELETE;
		const bool high = *before == UTF8_C1 && c >= 0x80 && c < 0xa0;

		if (low || high) {
			bytes[i] = '?';
		}
		*before = c;
	}
}

static bool
pager_put(struct cli_pager *pager, const char *bytes, size_t length)
{
	while (length > 0) {
		const ssize_t written = write(pager->output, bytes, length);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			pager->failed = true;
			return false;
		}
		bytes += written;
		length -= (size_t)written;
	}
	return true;
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

/* Stops at the foot of a page. False: no more. */
static bool
pager_stop(struct cli_pager *pager)
{
	bool more = pager_put(pager, PAGER_PROMPT, strlen(PAGER_PROMPT));

	for (bool waiting = more; waiting;) {
		waiting = false;
		switch (pager_key(pager)) {
		case ' ':
		case 'f':
			pager->row = 0;
			break;
		case '\r':
		case '\n':
		case 'j':
			pager->row = pager->rows - 2;
			break;
		case 'G':
			pager->all = true;
			break;
		case 'q':
		case 'Q':
		case 0:
		case PAGER_CONTROL_C:
		case PAGER_CONTROL_D:
			more = false;
			break;
		default:
			waiting = true;
			break;
		}
	}
	return pager_put(pager, PAGER_WIPE, strlen(PAGER_WIPE)) && more;
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

static bool
pager_show(struct cli_pager *pager, const char *bytes, size_t length)
{
	while (!pager->all && length > 0) {
		if (pager->row >= pager->rows - 1 && !pager_stop(pager)) {
			return false;
		}
		if (pager->all) {
			break;
		}
		const size_t fits = pager_fill(pager, bytes, length);

		if (!pager_put(pager, bytes, fits)) {
			return false;
		}
		bytes += fits;
		length -= fits;
	}
	return length == 0 || pager_put(pager, bytes, length);
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
