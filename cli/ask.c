/*
 * See ask.h. The terminal is put back as it was whatever happens, also after ^C.
 */
#include "ask.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_MOST = 255 };

/* A terminal whose keys come one by one, unseen. */
struct asking {
	int keys;
	int output;
	bool shows; /* what is typed is written by us */
	struct termios before;
};

static void
show(const struct asking *asking, const char *bytes, size_t length)
{
	(void)!write(asking->output, bytes, length);
}

/* Reads a line, octet by octet: nothing behind it is taken. False: ^C, ^D or too long. */
static bool
read_line(const struct asking *asking, struct text *line)
{
	char c = '\0';

	for (;;) {
		const ssize_t got = read(asking->keys, &c, 1);

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
			if (asking->shows && line->length > 0) {
				show(asking, "\b \b", 3);
			}
			line->length -= line->length > 0;
			if (line->bytes != NULL) {
				line->bytes[line->length] = '\0';
			}
		} else if (!asking->shows || (c >= ' ' && c < '\x7f')) {
			text_append_char(line, c);
			show(asking, &c, asking->shows ? 1 : 0);
		}
	}
}

static bool
ask(const struct asking *asking, const char *question, struct text *line)
{
	bool good;

	show(asking, question, strlen(question));
	good = read_line(asking, line);
	show(asking, "\n", 1);
	return good;
}

/* False: it is no terminal. */
static bool
start(struct asking *asking)
{
	if (asking->keys < 0 || tcgetattr(asking->keys, &asking->before) != 0) {
		return false;
	}
	struct termios silent = asking->before;

	silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	(void)tcsetattr(asking->keys, TCSAFLUSH, &silent);
	return true;
}

static void
end(const struct asking *asking)
{
	(void)tcsetattr(asking->keys, TCSAFLUSH, &asking->before);
}

bool
cli_ask_secret(int keys, int output, struct text *secret, struct text *error)
{
	struct asking asking = {.keys = keys, .output = output};
	struct text again = TEXT_EMPTY;

	if (!start(&asking)) {
		text_append(error, "a password is asked for at a terminal only; plain-text-password-value takes one from a line");
		return false;
	}
	if (!ask(&asking, "New password:", secret) || !ask(&asking, "Retype new password:", &again)) {
		text_append(error, "no password was given");
	} else if (strcmp(text_string(secret), text_string(&again)) != 0) {
		text_append(error, "the passwords are not the same");
	} else if (secret->length == 0) {
		text_append(error, "no password was given");
	}
	end(&asking);
	cli_ask_forget(&again);
	return error->length == 0;
}

void
cli_ask_forget(struct text *secret)
{
	if (secret->bytes != NULL) {
		explicit_bzero(secret->bytes, secret->capacity);
	}
	text_release(secret);
}

bool
cli_ask_question(int keys, int output, const char *question)
{
	struct asking asking = {.keys = keys, .output = output, .shows = true};
	struct text answer = TEXT_EMPTY;

	if (!start(&asking)) {
		return true;
	}
	const bool yes = ask(&asking, question, &answer) && answer.length > 0 &&
	    strncmp(text_string(&answer), "yes", answer.length) == 0;

	end(&asking);
	text_release(&answer);
	return yes;
}
