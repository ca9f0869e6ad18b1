/*
 * See secret.h. The terminal is put back as it was whatever happens, also after ^C.
 */
#include "secret.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_MOST = 255 };

/* Reads a line, octet by octet: nothing behind it is taken. False: ^C, ^D or too long. */
static bool
read_line(int keys, struct text *line)
{
	char c = '\0';

	for (;;) {
		const ssize_t got = read(keys, &c, 1);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0 || c == '\x03' || c == '\x04' || line->length > SECRET_MOST) {
			return false;
		}
		if (c == '\n' || c == '\r') {
			return !text_failed(line);
		}
		if (c == '\x7f' || c == '\b') {
			line->length -= line->length > 0;
			if (line->bytes != NULL) {
				line->bytes[line->length] = '\0';
			}
		} else {
			text_append_char(line, c);
		}
	}
}

static bool
ask(int keys, int output, const char *question, struct text *line)
{
	bool good;

	(void)!write(output, question, strlen(question));
	good = read_line(keys, line);
	(void)!write(output, "\n", 1);
	return good;
}

bool
cli_secret_ask(int keys, int output, struct text *secret, struct text *error)
{
	struct termios before;
	struct text again = TEXT_EMPTY;

	if (keys < 0 || tcgetattr(keys, &before) != 0) {
		text_append(error, "a password is asked for at a terminal only; plain-text-password-value takes one from a line");
		return false;
	}
	struct termios silent = before;

	silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	(void)tcsetattr(keys, TCSAFLUSH, &silent);
	if (!ask(keys, output, "New password:", secret) || !ask(keys, output, "Retype new password:", &again)) {
		text_append(error, "no password was given");
	} else if (strcmp(text_string(secret), text_string(&again)) != 0) {
		text_append(error, "the passwords are not the same");
	} else if (secret->length == 0) {
		text_append(error, "no password was given");
	}
	(void)tcsetattr(keys, TCSAFLUSH, &before);
	cli_secret_forget(&again);
	return error->length == 0;
}

void
cli_secret_forget(struct text *secret)
{
	if (secret->bytes != NULL) {
		explicit_bzero(secret->bytes, secret->capacity);
	}
	text_release(secret);
}
