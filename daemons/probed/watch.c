/*
 * monitor traffic. See watch.h.
 *
 * Frames that tcpdump has and has not written a line about yet are remembered by their direction, in order: a line that
 * begins with a time is about the next one, any other belongs to the frame before it.
 */
#include "watch.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "ask.h"
#include "base/output.h"
#include "filter.h"
#include "ipc/daemon.h"
#include "ipc/payload.h"

enum {
	OCTETS_MOST = 9216,    /* of a frame */
	OCTETS_USUAL = 96,
	PENDING_MOST = 262144, /* octets that tcpdump has not read */
	FRAMES_MOST = 65536,   /* whose lines are to come; a power of two */
	PIECE = 4096,
	TIME_LENGTH = 15,      /* 09:30:00.123456 */
	ARGUMENTS = 12,
	WHOLE_FRAME = 262144,  /* pcap's longest */
	RECORD_HEAD = 16,      /* octets before a frame in a file */
	DIGITS_MOST = 480,     /* of a line of a file's: lines of ours may not be much longer */
	FILE_MOST = 64 * 1024 * 1024, /* octets of a file */
};

struct watch {
	struct ipc_connection *flowd;
	pid_t process; /* tcpdump */
	int into;      /* its standard input; -1: closed */
	int from;
	struct text pending; /* for it */
	struct text line;    /* of it, without an end yet */
	bool *outward;       /* FRAMES_MOST: a ring */
	uint32_t put;
	uint32_t taken;
	uint64_t wanted; /* frames; 0: until it is ended */
	uint64_t lost;
	bool watches; /* flowd has said so */
};

/* --- the question --------------------------------------------------------------------------------------------------- */

static struct ipc_connection *
begin(const struct op_node *request, const char *state, struct text *error)
{
	const char *expression = op_value(request, "matching");
	struct ipc_connection *flowd = NULL;
	struct text filter = TEXT_EMPTY;
	struct op_tree question;

	op_tree_start(&question, "get-port-frames");
	if (expression == NULL || filter_compile(expression, &filter, error)) {
		(void)op_add(&question, question.root, "interface-name", op_value(request, "interface"));
		(void)op_add(&question, question.root, "filter", text_string(&filter));
		(void)op_add_number(&question, question.root, "size", op_number(request, "size", OCTETS_USUAL));
		flowd = ask_flowd(state, &question, error);
	}
	op_tree_release(&question);
	text_release(&filter);
	return flowd;
}

/* --- tcpdump ---------------------------------------------------------------------------------------------------- */

struct option {
	const char *leaf;
	const char *word;
};

static const struct option options[] = {
    {"detail", "-v"},
    {"extensive", "-vv"},
    {"layer2-headers", "-e"},
    {"absolute-sequence", "-S"},
    {"print-hex", "-x"},
    {"print-ascii", "-A"},
};

static void
become(const struct op_node *request, const int pipes[4])
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0", NULL};
	const char *arguments[ARGUMENTS] = {"tcpdump", "-n", "-l", NULL};
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct text error = TEXT_EMPTY;
	size_t count = 3;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (op_find(request, options[i].leaf) != NULL) {
			arguments[count++] = options[i].word;
		}
	}
	if (op_find(request, "brief") != NULL) {
		arguments[count++] = "-q";
	}
	arguments[count++] = "-r";
	arguments[count++] = "-";
	arguments[count] = NULL;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(pipes[0], STDIN_FILENO) < 0 || dup2(pipes[3], STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    !daemon_confine_reader(&error)) {
		_exit(1);
	}
	/* execvpe() promises not to change the strings; its types are older than const. */
	(void)execvpe(arguments[0], (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
	_exit(1);
}

static bool
installed(void)
{
	static const char *const places[] = {"/usr/bin/tcpdump", "/usr/sbin/tcpdump", "/sbin/tcpdump", "/bin/tcpdump"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], X_OK) == 0) {
			return true;
		}
	}
	return false;
}

static bool
run_program(struct watch *watch, const struct op_node *request, struct text *error)
{
	int pipes[4];

	if (!installed()) {
		text_append(error, "the program tcpdump is not installed");
		return false;
	}
	if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(pipes + 2, O_CLOEXEC) != 0) {
		text_printf(error, "pipe: %s", strerror(errno));
		return false;
	}
	watch->process = fork();
	if (watch->process == 0) {
		become(request, pipes);
	}
	close(pipes[0]);
	close(pipes[3]);
	watch->into = pipes[1];
	watch->from = pipes[2];
	if (watch->process < 0 || fcntl(watch->into, F_SETFL, O_NONBLOCK) != 0) {
		text_printf(error, "tcpdump cannot be run: %s", strerror(errno));
		return false;
	}
	return true;
}

/* --- frames to it ----------------------------------------------------------------------------------------------- */

static void
add_start(struct watch *watch)
{
	const struct pcap_file_header header = {
	    .magic = 0xa1b2c3d4,
	    .version_major = PCAP_VERSION_MAJOR,
	    .version_minor = PCAP_VERSION_MINOR,
	    .snaplen = WHOLE_FRAME,
	    .linktype = DLT_EN10MB,
	};

	text_append_bytes(&watch->pending, (const char *)&header, sizeof(header));
}

static unsigned
digit_of(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* Pairs of digits. Returns how many octets; 0: malformed, or none. */
static uint32_t
read_octets(const char *text, uint8_t octets[OCTETS_MOST])
{
	uint32_t count = 0;

	for (; *text != '\0'; text += 2) {
		const unsigned high = digit_of(text[0]);
		const unsigned low = digit_of(text[1]);

		if (high > 15 || low > 15 || count == OCTETS_MOST) {
			return 0;
		}
		octets[count++] = (uint8_t)(high << 4 | low);
	}
	return count;
}

static bool
has_enough(const struct watch *watch)
{
	return watch->wanted != 0 && watch->put == watch->wanted;
}

static void
add_frame(struct watch *watch, const struct op_node *frame)
{
	const uint64_t time = op_number(frame, "time", 0);
	const char *text = op_value(frame, "octets");
	const char *direction = op_value(frame, "direction");
	uint8_t octets[OCTETS_MOST];
	const uint32_t kept = text == NULL ? 0 : read_octets(text, octets);
	/* The record in a file, whatever a long is here. */
	const uint32_t record[] = {(uint32_t)(time / 1000000), (uint32_t)(time % 1000000), kept,
	    (uint32_t)op_number(frame, "length", kept)};

	if (kept == 0 || has_enough(watch) || watch->put - watch->taken == FRAMES_MOST) {
		return;
	}
	text_append_bytes(&watch->pending, (const char *)record, sizeof(record));
	text_append_bytes(&watch->pending, (const char *)octets, kept);
	watch->outward[watch->put++ % FRAMES_MOST] = direction != NULL && strcmp(direction, "out") == 0;
}

static bool
tell_lost(struct watch *watch, uint64_t lost)
{
	struct text line = TEXT_EMPTY;
	bool good = true;

	if (lost > watch->lost) {
		text_printf(&line, "-- %llu more packets came faster than they can be shown: see matching\n",
		    (unsigned long long)(lost - watch->lost));
		good = output_all(STDOUT_FILENO, text_string(&line), line.length);
		watch->lost = lost;
	}
	text_release(&line);
	return good;
}

static bool
take_piece(struct watch *watch, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree tree = {.root = NULL};
	const bool good = op_tree_decode(&tree, &reader);

	for (const struct op_node *frame = op_find(tree.root, "frame"); frame != NULL; frame = op_next(frame)) {
		add_frame(watch, frame);
	}
	watch->watches = true;
	const bool told = tell_lost(watch, op_number(tree.root, "lost", 0));

	op_tree_release(&tree);
	return good && told && !text_failed(&watch->pending);
}

/* What flowd has sent. False with a sentence, or without one when it went. */
static bool
take_messages(struct watch *watch, struct text *error)
{
	const enum ipc_status status = ipc_connection_fill(watch->flowd);
	struct ipc_message message;
	struct ipc_rpc_done done;

	while (ipc_connection_next(watch->flowd, &message) == IPC_OK) {
		if (message.type == IPC_RPC_DATA && !take_piece(watch, &message)) {
			return false;
		}
		if (message.type == IPC_RPC_DONE && ipc_rpc_done_decode(&done, message.payload, message.length)) {
			text_append(error, done.message);
			ipc_string_release(done.message);
			return false;
		}
	}
	if (status != IPC_OK && status != IPC_AGAIN) {
		text_append(error, "flowd went away");
		return false;
	}
	return true;
}

/* False: it does not read any more. */
static bool
feed(struct watch *watch)
{
	ssize_t written = write(watch->into, watch->pending.bytes, watch->pending.length);

	if (written < 0) {
		return errno == EAGAIN || errno == EINTR;
	}
	memmove(watch->pending.bytes, watch->pending.bytes + written, watch->pending.length - (size_t)written);
	watch->pending.length -= (size_t)written;
	return true;
}

/* --- lines from it ---------------------------------------------------------------------------------------------- */

static bool
begins_with_time(const char *line)
{
	static const char shape[] = "00:00:00.000000";

	for (size_t i = 0; i < TIME_LENGTH; i++) {
		if (shape[i] == '0' ? isdigit((unsigned char)line[i]) == 0 : line[i] != shape[i]) {
			return false;
		}
	}
	return line[TIME_LENGTH] == ' ';
}

static bool
end_line(struct watch *watch)
{
	const char *line = text_string(&watch->line);
	struct text out = TEXT_EMPTY;
	bool good;

	if (watch->taken != watch->put && begins_with_time(line)) {
		text_append_bytes(&out, line, TIME_LENGTH);
		text_printf(&out, " %s%s\n", watch->outward[watch->taken++ % FRAMES_MOST] ? "Out" : " In", line + TIME_LENGTH);
	} else {
		text_printf(&out, "%s\n", line);
	}
	good = !text_failed(&out) && output_all(STDOUT_FILENO, text_string(&out), out.length);
	text_clear(&watch->line);
	text_release(&out);
	return good;
}

/* False: it has ended, or nobody reads us. */
static bool
take_lines(struct watch *watch)
{
	char bytes[PIECE];
	const ssize_t got = read(watch->from, bytes, sizeof(bytes));

	if (got < 0 && errno == EINTR) {
		return true;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] != '\n') {
			text_append_char(&watch->line, bytes[i]);
		} else if (!end_line(watch)) {
			return false;
		}
	}
	return got > 0;
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

static bool
announce(const struct op_node *request)
{
	struct text line = TEXT_EMPTY;
	bool good;

	if (op_find(request, "detail") == NULL && op_find(request, "extensive") == NULL && op_find(request, "write-file") == NULL) {
		text_append(&line, "verbose output suppressed, use <detail> or <extensive> for full protocol decode\n");
	}
	text_printf(&line, "Listening on %s, capture size %llu bytes\n\n", op_value(request, "interface"),
	    (unsigned long long)op_number(request, "size", OCTETS_USUAL));
	good = output_all(STDOUT_FILENO, text_string(&line), line.length);
	text_release(&line);
	return good;
}

/* True when all that was wanted was shown. */
static bool
go_on(struct watch *watch, const struct op_node *request, struct text *error)
{
	struct pollfd polls[3];
	bool begun = false;

	for (;;) {
		if (watch->into >= 0 && has_enough(watch) && watch->pending.length == 0) {
			close(watch->into); /* it shows what it has, and ends */
			watch->into = -1;
		}
		const bool full = watch->pending.length > PENDING_MOST || has_enough(watch);

		polls[0] = (struct pollfd){.fd = full ? -1 : ipc_connection_descriptor(watch->flowd), .events = POLLIN};
		polls[1] = (struct pollfd){.fd = watch->pending.length > 0 ? watch->into : -1, .events = POLLOUT};
		polls[2] = (struct pollfd){.fd = watch->from, .events = POLLIN};
		if (poll(polls, 3, -1) < 0 && errno != EINTR) {
			return false;
		}
		if (polls[0].revents != 0) {
			if (!take_messages(watch, error)) {
				return false;
			}
			if (watch->watches && !begun && !announce(request)) {
				return false;
			}
			begun = watch->watches;
		}
		if (polls[1].revents != 0 && !feed(watch)) {
			watch->pending.length = 0;
		}
		if (polls[2].revents != 0 && !take_lines(watch)) {
			return has_enough(watch);
		}
	}
}

/* --- into a file ------------------------------------------------------------------------------------------------ */

/* A record in lines of digits: + begins it, = goes on with it. */
static bool
put_record(const uint8_t *octets, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char line[DIGITS_MOST + 2];
	bool good = true;

	for (size_t at = 0; at < length && good;) {
		size_t count = 1;

		line[0] = at == 0 ? '+' : '=';
		for (; at < length && count <= DIGITS_MOST; at++) {
			line[count++] = digits[octets[at] >> 4];
			line[count++] = digits[octets[at] & 15];
		}
		line[count++] = '\n';
		good = output_all(STDOUT_FILENO, line, count);
	}
	return good;
}

/* All that is pending: whole records. `written` counts octets. */
static bool
put_records(struct watch *watch, uint64_t *written)
{
	const uint8_t *bytes = (const uint8_t *)text_string(&watch->pending);
	size_t at = 0;
	bool good = true;

	while (good && at < watch->pending.length) {
		size_t length = sizeof(struct pcap_file_header);

		if (*written > 0) {
			uint32_t kept;

			memcpy(&kept, bytes + at + RECORD_HEAD / 2, sizeof(kept));
			length = RECORD_HEAD + kept;
		}
		good = put_record(bytes + at, length);
		*written += length;
		at += length;
	}
	text_clear(&watch->pending);
	watch->taken = watch->put;
	return good;
}

/* True when all that was wanted, or may be, is on its way. */
static bool
go_on_into_file(struct watch *watch, const struct op_node *request, struct text *error)
{
	static const char full[] = "-- the file has 64 MiB, that is all it may have\n";
	struct pollfd one = {.fd = ipc_connection_descriptor(watch->flowd), .events = POLLIN};
	uint64_t written = 0;
	bool begun = false;

	while (!has_enough(watch)) {
		if (written > FILE_MOST) {
			return output_all(STDOUT_FILENO, full, sizeof(full) - 1);
		}
		if (poll(&one, 1, -1) < 0) {
			if (errno == EINTR) {
				continue;
			}
			return false;
		}
		if (!take_messages(watch, error)) {
			return false;
		}
		if (watch->watches && ((!begun && !announce(request)) || !put_records(watch, &written))) {
			return false;
		}
		begun = watch->watches;
	}
	return true;
}

static bool
summarize(const struct watch *watch)
{
	struct text line = TEXT_EMPTY;
	bool good;

	text_printf(&line, "\n%u packets received by filter\n%llu packets dropped by the tap\n", (unsigned)watch->put,
	    (unsigned long long)watch->lost);
	good = output_all(STDOUT_FILENO, text_string(&line), line.length);
	text_release(&line);
	return good;
}

static void
release(struct watch *watch)
{
	if (watch->process > 0) {
		(void)kill(watch->process, SIGKILL);
		while (waitpid(watch->process, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	ipc_connection_destroy(watch->flowd);
	text_release(&watch->pending);
	text_release(&watch->line);
	free(watch->outward);
}

bool
watch_run(const struct op_node *request, const char *state, struct text *error)
{
	struct watch watch = {
	    .into = -1,
	    .from = -1,
	    .wanted = op_number(request, "count", 0),
	    .outward = calloc(FRAMES_MOST, sizeof(bool)),
	};
	bool good = watch.outward != NULL && op_value(request, "interface") != NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (!good) {
		text_append(error, "malformed request");
	}
	const bool into_file = op_find(request, "write-file") != NULL;

	good = good && (watch.flowd = begin(request, state, error)) != NULL &&
	    (into_file || run_program(&watch, request, error));
	if (good) {
		add_start(&watch);
		good = (into_file ? go_on_into_file(&watch, request, error) : go_on(&watch, request, error)) && summarize(&watch);
		if (!good && error->length == 0) {
			text_append(error, into_file ? "the packets are not taken" : "tcpdump does not go on");
		}
	}
	release(&watch);
	return good;
}
