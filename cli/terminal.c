/*
 * The interactive command line over libedit.
 *
 * Keys: ? lists what may follow at once, space completes a keyword that is unique, Tab names too, Ctrl-C gives up the line
 * or the command that runs. While a line is edited the terminal sends no signals: Ctrl-C is a key; while a command runs,
 * SIGINT is taken through a signalfd, so that no handler is needed.
 */
#include "terminal.h"

#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "candidates.h"
#include "command.h"
#include "pager.h"
#include "repeat.h"

#define KEY_NEWLINE "\x1f"

enum {
	HISTORY_LINES = 1000,
	RECONNECT_TRIES = 100,
	RECONNECT_PAUSE = 100000000, /* nanoseconds */
	MINUTE = 60000,              /* milliseconds */
};

struct terminal {
	const char *state;
	struct cli_session *session;
	EditLine *editor;
	History *history;
	struct text prompt;
	int interrupt;
	bool abandoned; /* Ctrl-C ended the line */
	bool idle;      /* nobody typed for too long */
	struct cli_settings settings;
};

static void
say(const char *sentence)
{
	fputs(sentence, stdout);
	fflush(stdout);
}

static struct terminal *
terminal_of(EditLine *editor)
{
	void *terminal = NULL;

	(void)el_get(editor, EL_CLIENTDATA, &terminal);
	return terminal;
}

static char *
terminal_prompt(EditLine *editor)
{
	return terminal_of(editor)->prompt.bytes;
}

/* The line up to the cursor. */
static bool
line_before_cursor(EditLine *editor, struct text *line)
{
	const LineInfo *info = el_line(editor);

	text_append_bytes(line, info->buffer, (size_t)(info->cursor - info->buffer));
	return !text_failed(line);
}

static bool
inside_quotes(const char *line)
{
	bool inside = false;

	for (; *line != '\0'; line++) {
		if (*line == '\\' && inside && line[1] != '\0') {
			line++;
		} else if (*line == '"') {
			inside = !inside;
		}
	}
	return inside;
}

static void
show_candidates(const struct terminal *terminal, const struct ipc_candidates *candidates)
{
	struct text list = TEXT_EMPTY;
	unsigned rows = 0;
	unsigned columns = 0;
	struct cli_pager pager;

	cli_terminal_size(STDOUT_FILENO, &rows, &columns);
	columns = terminal->settings.width_set ? terminal->settings.width : columns;
	cli_candidates_list(candidates, columns, &list);
	cli_pager_start(&pager, STDOUT_FILENO, STDIN_FILENO);
	if (terminal->settings.length_set) {
		cli_pager_resize(&pager, terminal->settings.length, columns);
	}
	(void)cli_pager_write(&pager, text_string(&list), list.length);
	cli_pager_end(&pager, false);
	text_release(&list);
}

static unsigned char
key_help(EditLine *editor, int key)
{
	struct terminal *terminal = terminal_of(editor);
	struct ipc_candidates candidates = IPC_CANDIDATES_EMPTY;
	struct text line = TEXT_EMPTY;
	unsigned char action = CC_REDISPLAY;

	(void)key;
	if (!line_before_cursor(editor, &line) || inside_quotes(text_string(&line))) {
		text_release(&line);
		return el_insertstr(editor, "?") == 0 ? CC_REFRESH : CC_ERROR;
	}
	say("?\n");
	if (cli_session_complete(terminal->session, text_string(&line), IPC_COMPLETE_HELP, &candidates)) {
		show_candidates(terminal, &candidates);
		ipc_candidates_release(&candidates);
	} else {
		say("the gateway does not answer\n");
	}
	text_release(&line);
	return action;
}

/* How many characters the last `octets` of the line are: what el_deletestr() counts. */
static int
characters(const struct text *line, size_t octets)
{
	int count = 0;

	for (size_t i = line->length - octets; i < line->length; i++) {
		count += ((unsigned char)line->bytes[i] & 0xc0) != 0x80;
	}
	return count;
}

static void
replace_word(EditLine *editor, const struct text *line, size_t octets, const struct text *word)
{
	const char *typed = line->bytes + line->length - octets;

	if (strcmp(typed, text_string(word)) == 0) {
		return;
	}
	el_deletestr(editor, characters(line, octets));
	(void)el_insertstr(editor, text_string(word));
}

/* Completes the word before the cursor. Returns what to do with the screen. */
static unsigned char
complete_word(EditLine *editor, const struct text *line, enum ipc_complete_reason reason)
{
	struct terminal *terminal = terminal_of(editor);
	struct ipc_candidates candidates = IPC_CANDIDATES_EMPTY;
	struct text word = TEXT_EMPTY;
	unsigned char action = CC_REFRESH;

	if (!cli_session_complete(terminal->session, text_string(line), reason, &candidates)) {
		return reason == IPC_COMPLETE_SPACE && el_insertstr(editor, " ") == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
	}
	const size_t octets = candidates.replace <= line->length ? candidates.replace : 0;

	switch (cli_candidates_complete(&candidates, text_string(line) + line->length - octets, reason, &word)) {
	case CLI_COMPLETE_WORD:
		replace_word(editor, line, octets, &word);
		(void)el_insertstr(editor, " ");
		break;
	case CLI_COMPLETE_LONGER:
		replace_word(editor, line, octets, &word);
		break;
	case CLI_COMPLETE_NOTHING:
		action = reason == IPC_COMPLETE_SPACE && el_insertstr(editor, " ") == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
		break;
	case CLI_COMPLETE_AMBIGUOUS:
		printf("\n'%s' is ambiguous.\n", text_string(line) + line->length - octets);
		fflush(stdout);
		show_candidates(terminal, &candidates);
		action = CC_REDISPLAY;
		break;
	}
	text_release(&word);
	ipc_candidates_release(&candidates);
	return action;
}

static unsigned char
key_space(EditLine *editor, int key)
{
	struct text line = TEXT_EMPTY;
	unsigned char action;

	(void)key;
	if (!line_before_cursor(editor, &line) || terminal_of(editor)->settings.no_space || line.length == 0 || line.bytes[line.length - 1] == ' ' ||
	    inside_quotes(text_string(&line))) {
		action = el_insertstr(editor, " ") == 0 ? CC_REFRESH : CC_ERROR;
	} else {
		action = complete_word(editor, &line, IPC_COMPLETE_SPACE);
	}
	text_release(&line);
	return action;
}

/*
 * Enter completes the last word as a space would, so that what is shown is what runs. The line then ends by libedit's own
 * function, which is bound to a key that nobody has.
 */
static unsigned char
key_enter(EditLine *editor, int key)
{
	const LineInfo *info = el_line(editor);
	struct terminal *terminal = terminal_of(editor);
	struct ipc_candidates candidates = IPC_CANDIDATES_EMPTY;
	struct text line = TEXT_EMPTY;
	struct text word = TEXT_EMPTY;

	(void)key;
	if (info->cursor == info->lastchar && line_before_cursor(editor, &line) && line.length > 0 &&
	    line.bytes[line.length - 1] != ' ' && !inside_quotes(text_string(&line)) &&
	    cli_session_complete(terminal->session, text_string(&line), IPC_COMPLETE_SPACE, &candidates)) {
		const size_t octets = candidates.replace <= line.length ? candidates.replace : 0;

		if (cli_candidates_complete(&candidates, text_string(&line) + line.length - octets, IPC_COMPLETE_SPACE, &word) ==
		    CLI_COMPLETE_WORD) {
			replace_word(editor, &line, octets, &word);
		}
		ipc_candidates_release(&candidates);
	}
	text_release(&line);
	text_release(&word);
	el_push(editor, KEY_NEWLINE);
	return CC_REFRESH;
}

static unsigned char
key_tab(EditLine *editor, int key)
{
	struct text line = TEXT_EMPTY;
	unsigned char action = CC_REFRESH_BEEP;

	if (line_before_cursor(editor, &line)) {
		action = line.length == 0 || line.bytes[line.length - 1] == ' ' ?
		    key_help(editor, key) :
		    complete_word(editor, &line, IPC_COMPLETE_TAB);
	}
	text_release(&line);
	return action;
}

static unsigned char
key_abandon(EditLine *editor, int key)
{
	struct terminal *terminal = terminal_of(editor);
	const LineInfo *info = el_line(editor);

	(void)key;
	terminal->abandoned = true;
	(void)el_cursor(editor, (int)(info->lastchar - info->cursor));
	say("^C\n");
	return CC_NEWLINE;
}

/* What the gateway says unasked stands above the line that is edited, which is drawn again below. */
static bool
show_notices(struct terminal *terminal)
{
	struct text notices = TEXT_EMPTY;
	unsigned char before = 0;
	bool any;

	cli_session_notices(terminal->session, &notices);
	any = notices.length > 0;
	if (any) {
		cli_clean(notices.bytes, notices.length, &before);
		printf("\n%s\n", text_string(&notices));
		fflush(stdout);
	}
	text_release(&notices);
	return any;
}

/* One character, for libedit; 0: the end, -1: the terminal is gone. */
static int
read_key(EditLine *editor, wchar_t *key)
{
	struct terminal *terminal = terminal_of(editor);
	const uint32_t minutes = terminal->settings.idle_timeout;
	mbstate_t state = {0};

	for (;;) {
		struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
		    {.fd = cli_session_descriptor(terminal->session), .events = POLLIN}};
		const int ready = poll(wait, 2, minutes == 0 ? -1 : minutes > INT_MAX / MINUTE ? INT_MAX : (int)minutes * MINUTE);
		char octet;

		if (ready == 0) {
			terminal->idle = true;
			return 0;
		}
		if (ready > 0 && wait[1].revents != 0 && show_notices(terminal)) {
			el_set(editor, EL_REFRESH);
		}
		if (ready > 0 && wait[0].revents == 0) {
			continue;
		}
		const ssize_t length = ready < 0 ? -1 : read(STDIN_FILENO, &octet, 1);

		if (length < 0 && errno == EINTR) {
			continue;
		}
		if (length <= 0) {
			return (int)length;
		}
		const size_t taken = mbrtowc(key, &octet, 1, &state);

		if (taken == (size_t)-1) {
			state = (mbstate_t){0};
		} else if (taken != (size_t)-2) {
			return 1;
		}
	}
}

static bool
terminal_open(struct terminal *terminal)
{
	HistEvent event;
	sigset_t interrupt;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &interrupt, NULL);
	terminal->interrupt = signalfd(-1, &interrupt, SFD_NONBLOCK | SFD_CLOEXEC);
	terminal->editor = el_init("sallyport", stdin, stdout, stderr);
	terminal->history = history_init();
	if (terminal->editor == NULL || terminal->history == NULL || terminal->interrupt < 0) {
		return false;
	}
	(void)history(terminal->history, &event, H_SETSIZE, HISTORY_LINES);
	(void)history(terminal->history, &event, H_SETUNIQUE, 1);
	EditLine *editor = terminal->editor;

	el_set(editor, EL_CLIENTDATA, terminal);
	el_set(editor, EL_PROMPT, terminal_prompt);
	el_set(editor, EL_EDITOR, "emacs");
	el_set(editor, EL_HIST, history, terminal->history);
	el_wset(editor, EL_GETCFN, read_key);
	el_set(editor, EL_SETTY, "-d", "-isig", NULL);
	/* The wide form keeps our literals, the narrow one makes copies that it never frees. */
	el_wset(editor, EL_ADDFN, L"sallyport-help", L"list what may follow", key_help);
	el_wset(editor, EL_ADDFN, L"sallyport-space", L"complete a keyword", key_space);
	el_wset(editor, EL_ADDFN, L"sallyport-enter", L"complete a keyword, run the line", key_enter);
	el_wset(editor, EL_ADDFN, L"sallyport-tab", L"complete a word", key_tab);
	el_wset(editor, EL_ADDFN, L"sallyport-abandon", L"give up the line", key_abandon);
	el_set(editor, EL_BIND, "?", "sallyport-help", NULL);
	el_set(editor, EL_BIND, " ", "sallyport-space", NULL);
	el_set(editor, EL_BIND, "\t", "sallyport-tab", NULL);
	el_set(editor, EL_BIND, "^C", "sallyport-abandon", NULL);
	el_set(editor, EL_BIND, "^M", "sallyport-enter", NULL);
	el_set(editor, EL_BIND, "^J", "sallyport-enter", NULL);
	el_set(editor, EL_BIND, KEY_NEWLINE, "ed-newline", NULL);
	el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return true;
}

static void
terminal_close(struct terminal *terminal)
{
	if (terminal->editor != NULL) {
		el_end(terminal->editor);
	}
	if (terminal->history != NULL) {
		history_end(terminal->history);
	}
	if (terminal->interrupt >= 0) {
		close(terminal->interrupt);
	}
	text_release(&terminal->prompt);
	cli_settings_release(&terminal->settings);
	cli_session_close(terminal->session);
}

/* user@host> or, below a line with the level, user@host# */
static void
make_prompt(struct terminal *terminal)
{
	const struct ipc_done *done = cli_session_prompt(terminal->session);

	text_clear(&terminal->prompt);
	if (terminal->settings.prompt[0] != '\0') {
		text_append(&terminal->prompt, terminal->settings.prompt);
	} else {
		text_printf(&terminal->prompt, "%s@%s", done->user, *done->host == '\0' ? "sallyport" : done->host);
	}
	text_append(&terminal->prompt, done->mode == IPC_MODE_CONFIGURE ? "# " : "> ");
	if (done->mode == IPC_MODE_CONFIGURE) {
		printf("[edit%s%s]\n", *done->level == '\0' ? "" : " ", done->level);
	}
	fflush(stdout);
}

static void
drain_interrupts(const struct terminal *terminal)
{
	struct signalfd_siginfo information;

	while (read(terminal->interrupt, &information, sizeof(information)) > 0) {
	}
}

static enum cli_result
run_line(struct terminal *terminal, const char *line, uint16_t indent)
{
	unsigned rows = 0;
	unsigned columns = 0;

	cli_terminal_size(STDOUT_FILENO, &rows, &columns);
	if (terminal->settings.width_set) {
		columns = terminal->settings.width;
	} else {
		terminal->settings.width = columns;
	}
	if (!terminal->settings.length_set) {
		terminal->settings.length = rows;
	}
	const struct cli_place place = {
	    .output = STDOUT_FILENO,
	    .error = STDOUT_FILENO,
	    .keys = STDIN_FILENO,
	    .interrupt = terminal->interrupt,
	    .width = columns > UINT16_MAX ? UINT16_MAX : (uint16_t)columns,
	    .indent = indent,
	    .settings = &terminal->settings,
	};
	const enum cli_result result = cli_line_run(terminal->session, &place, line);

	drain_interrupts(terminal);
	return result;
}

/* The management daemon may be back in a moment: the supervisor starts it again. */
static bool
reconnect(struct terminal *terminal)
{
	struct text error = TEXT_EMPTY;
	const struct timespec pause = {.tv_nsec = RECONNECT_PAUSE};

	printf("%s\nconnecting again, what was not committed is lost ...\n", cli_session_error(terminal->session));
	fflush(stdout);
	cli_session_close(terminal->session);
	terminal->session = NULL;
	for (int i = 0; i < RECONNECT_TRIES; i++) {
		struct signalfd_siginfo information;

		text_clear(&error);

		(void)nanosleep(&pause, NULL);
		if (read(terminal->interrupt, &information, sizeof(information)) > 0) {
			break;
		}
		terminal->session = cli_session_open(terminal->state, &error);
		if (terminal->session != NULL && run_line(terminal, "", 0) == CLI_OK) {
			text_release(&error);
			return true;
		}
		text_append(&error, terminal->session == NULL ? "" : cli_session_error(terminal->session));
		cli_session_close(terminal->session);
		terminal->session = NULL;
	}
	fprintf(stderr, "sallyport cli: %s\n", text_string(&error));
	text_release(&error);
	return false;
}

/* One line from the keyboard, NULL at its end (Ctrl-D). The caller frees it. */
static char *
read_line(struct terminal *terminal)
{
	int length = 0;

	terminal->abandoned = false;
	el_resize(terminal->editor);
	const char *line = el_gets(terminal->editor, &length);

	/* An empty line that was abandoned has no length either. */
	if (terminal->abandoned) {
		return strdup("");
	}
	if (line == NULL || length <= 0) {
		return NULL;
	}
	char *copy = strdup(line);

	if (copy != NULL) {
		copy[strcspn(copy, "\r\n")] = '\0';
	}
	return copy;
}

static void
remember(struct terminal *terminal, const char *line)
{
	HistEvent event;

	if (*line != '\0') {
		(void)history(terminal->history, &event, H_ENTER, line);
		cli_settings_remember(&terminal->settings, line);
	}
}

static int
terminal_loop(struct terminal *terminal)
{
	enum cli_result result = run_line(terminal, "", 0);

	if (result == CLI_LOST) {
		fprintf(stderr, "sallyport cli: %s\n", cli_session_error(terminal->session));
		return 2;
	}
	while (result != CLI_LEAVE) {
		if (result == CLI_LOST && !reconnect(terminal)) {
			return 2;
		}
		(void)show_notices(terminal);
		make_prompt(terminal);
		char *line = read_line(terminal);

		if (line == NULL) {
			say(terminal->idle ? "\nsession closed: nobody typed for too long\n" : "\n");
			return 0;
		}
		remember(terminal, line);
		result = run_line(terminal, line, (uint16_t)terminal->prompt.length);
		free(line);
		say(result == CLI_LEAVE ? "" : "\n");
	}
	return 0;
}

int
cli_terminal_run(const char *state)
{
	struct terminal terminal = {.state = state, .interrupt = -1};
	struct text error = TEXT_EMPTY;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	terminal.session = cli_session_open(state, &error);
	if (terminal.session == NULL) {
		fprintf(stderr, "sallyport cli: %s\n", text_string(&error));
		text_release(&error);
		return 2;
	}
	int status = 2;

	if (terminal_open(&terminal)) {
		status = terminal_loop(&terminal);
	} else {
		fprintf(stderr, "sallyport cli: the terminal cannot be used: %s\n", strerror(errno));
	}
	terminal_close(&terminal);
	return status;
}
