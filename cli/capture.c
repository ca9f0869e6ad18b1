/*
 * Captures of monitor traffic. See capture.h.
 *
 * The line was accepted by the gateway, so its words are whole and in their places; they are read here again for what is done
 * here. Words of tcpdump's come from a table; the user's are a file that is open already and an expression behind --.
 */
#include "capture.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "files.h"
#include "ipc/daemon.h"

enum {
	CAPTURE_MOST = 65 * 1024 * 1024, /* octets; the gateway ends before that */
	RECORD_MOST = 65536,             /* characters of a line */
	ARGUMENTS = 16,
	PIECE = 4096,
	NOBODY = 65534,
};

/* The arguments of both commands. */
struct argument {
	const char *name;
	bool takes_value;
	const char *option; /* tcpdump's; NULL: it has none */
};

enum argument_number {
	ARGUMENT_WRITE_FILE,
	ARGUMENT_READ_FILE,
	ARGUMENT_MATCHING,
	ARGUMENT_OTHERS,
};

static const struct argument arguments[] = {
    [ARGUMENT_WRITE_FILE] = {"write-file", true, NULL},
    [ARGUMENT_READ_FILE] = {"read-file", true, NULL},
    [ARGUMENT_MATCHING] = {"matching", true, NULL},
    [ARGUMENT_OTHERS] = {"interface", true, NULL},
    {"count", true, "-c"},
    {"size", true, NULL},
    {"brief", false, "-q"},
    {"detail", false, "-v"},
    {"extensive", false, "-vv"},
    {"layer2-headers", false, "-e"},
    {"absolute-sequence", false, "-S"},
    {"print-hex", false, "-x"},
    {"print-ascii", false, "-A"},
    {"no-resolve", false, NULL},
};

enum { ARGUMENT_COUNT = sizeof(arguments) / sizeof(arguments[0]) };

/* What a line says: the arguments' values; "" of one that has none. */
struct request {
	bool given[ARGUMENT_COUNT];
	struct text value[ARGUMENT_COUNT];
};

/* --- the line --------------------------------------------------------------------------------------------------- */

/* What stands behind monitor traffic, NULL: it is another command. */
static const char *
arguments_of(const char *line)
{
	const char *after_run = cli_files_command(line, "run", 2);
	const char *words = cli_files_command(after_run == NULL ? line : after_run, "monitor", 1);

	return words == NULL ? NULL : cli_files_command(words, "traffic", 1);
}

/* The next word, without its quotation marks. False: there is none. */
static bool
next_word(const char **at, struct text *word)
{
	const char *c = *at + strspn(*at, " \t");
	bool inside = false;

	text_clear(word);
	if (*c == '\0' || *c == '|') {
		return false;
	}
	for (; *c != '\0' && (inside || !isspace((unsigned char)*c)); c++) {
		if (*c == '"') {
			inside = !inside;
			continue;
		}
		if (*c == '\\' && inside && c[1] != '\0') {
			c++;
		}
		text_append_char(word, *c);
	}
	*at = c;
	return true;
}

static size_t
argument_of(const char *word)
{
	size_t found = ARGUMENT_COUNT;

	for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
		if (strncmp(arguments[i].name, word, strlen(word)) == 0) {
			if (strcmp(arguments[i].name, word) == 0) {
				return i;
			}
			found = i;
		}
	}
	return found;
}

static void
release(struct request *request)
{
	for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
		text_release(&request->value[i]);
	}
}

/* False: it is another command. */
static bool
read_line(const char *line, struct request *request)
{
	const char *at = arguments_of(line);
	struct text word = TEXT_EMPTY;

	*request = (struct request){.given = {false}};
	if (at == NULL) {
		return false;
	}
	while (next_word(&at, &word)) {
		const size_t number = argument_of(text_string(&word));

		if (number == ARGUMENT_COUNT) {
			continue;
		}
		request->given[number] = true;
		if (arguments[number].takes_value) {
			(void)next_word(&at, &request->value[number]);
		}
	}
	text_release(&word);
	return true;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static const char *
home(void)
{
	const char *folder = getenv("HOME");
	const struct passwd *user = folder != NULL && folder[0] == '/' ? NULL : getpwuid(geteuid());

	return user != NULL ? user->pw_dir : folder;
}

/* A name without a folder, in the home folder. */
static bool
make_path(const char *name, struct text *path, struct text *error)
{
	const char *folder = home();

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
		text_append(error, "write-file takes the name of a file in your home folder");
	} else if (folder == NULL) {
		text_append(error, "you have no home folder");
	} else {
		text_printf(path, "%s/%s", folder, name);
	}
	return error->length == 0 && !text_failed(path);
}

bool
cli_capture_start(struct cli_capture *capture, const char *line, struct text *error)
{
	struct request request;
	bool writes;

	*capture = (struct cli_capture){.descriptor = -1};
	writes = read_line(line, &request) && request.given[ARGUMENT_WRITE_FILE] &&
	    make_path(text_string(&request.value[ARGUMENT_WRITE_FILE]), &capture->path, error);
	release(&request);
	return writes;
}

/* With the first record, so that nothing comes to be when the gateway refuses. A link is not followed. */
static bool
open_file(struct cli_capture *capture)
{
	struct stat status;

	if (capture->descriptor < 0 && capture->problem == 0) {
		capture->descriptor = open(text_string(&capture->path),
		    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR);
		if (capture->descriptor < 0) {
			capture->problem = errno;
		} else if (fstat(capture->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
			capture->problem = EINVAL;
		} else if (ftruncate(capture->descriptor, 0) != 0) {
			capture->problem = errno;
		}
	}
	return capture->problem == 0;
}

static unsigned
digit_of(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* False: it is malformed, or cannot be written. */
static bool
write_record(struct cli_capture *capture, const char *digits)
{
	char octets[RECORD_MOST / 2];
	size_t count = 0;

	for (; *digits != '\0' && count < sizeof(octets); digits += 2) {
		const unsigned high = digit_of(digits[0]);
		const unsigned low = high > 15 ? 16 : digit_of(digits[1]);

		if (low > 15) {
			capture->problem = EPROTO;
			return false;
		}
		octets[count++] = (char)(high << 4 | low);
	}
	if (!open_file(capture)) {
		return false;
	}
	capture->octets += count;
	if (capture->octets > CAPTURE_MOST) {
		capture->problem = EFBIG;
		return false;
	}
	errno = 0;
	if (!output_all(capture->descriptor, octets, count)) {
		capture->problem = errno == 0 ? EIO : errno;
		return false;
	}
	return true;
}

static bool
take_line(struct cli_capture *capture, cli_capture_sink *sink, void *context)
{
	const char *line = text_string(&capture->line);

	if (*line == '+' || *line == '=') {
		capture->records += *line == '+' ? 1 : 0;
		return write_record(capture, line + 1);
	}
	return sink(context, line, capture->line.length) && sink(context, "\n", 1);
}

bool
cli_capture_feed(struct cli_capture *capture, const char *bytes, size_t length, cli_capture_sink *sink, void *context)
{
	bool good = true;

	for (size_t i = 0; i < length && good; i++) {
		if (bytes[i] != '\n' && capture->line.length < RECORD_MOST) {
			text_append_char(&capture->line, bytes[i]);
			continue;
		}
		good = !text_failed(&capture->line) && take_line(capture, sink, context);
		text_clear(&capture->line);
	}
	return good;
}

bool
cli_capture_end(struct cli_capture *capture, struct text *said, struct text *error)
{
	const char *path = text_string(&capture->path);

	if (capture->descriptor >= 0 && close(capture->descriptor) != 0 && capture->problem == 0) {
		capture->problem = errno;
	}
	if (capture->descriptor >= 0 && capture->problem == 0) {
		/* The first record is the file's header. */
		text_printf(said, "Wrote %llu packets to '%s'\n", (unsigned long long)(capture->records - 1), path);
	}
	capture->descriptor = -1;
	if (capture->problem == EINVAL || capture->problem == ELOOP || capture->problem == ENXIO) {
		text_printf(error, "'%s' is no plain file", path);
	} else if (capture->problem != 0) {
		text_printf(error, "'%s' cannot be written: %s", path, strerror(capture->problem));
	}
	return error->length == 0;
}

void
cli_capture_release(struct cli_capture *capture)
{
	if (capture->descriptor >= 0) {
		(void)close(capture->descriptor);
	}
	text_release(&capture->path);
	text_release(&capture->line);
	capture->descriptor = -1;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

bool
cli_capture_reads(const char *line)
{
	struct request request;
	const bool reads = read_line(line, &request) && request.given[ARGUMENT_READ_FILE];

	release(&request);
	return reads;
}

/* Of the home folder without a folder in its name. -1 with a sentence. */
static int
open_capture(const char *name, struct text *error)
{
	struct text path = TEXT_EMPTY;
	struct stat status;
	const char *folder = home();
	int descriptor;

	text_printf(&path, "%s%s%s", strchr(name, '/') == NULL && folder != NULL ? folder : "",
	    strchr(name, '/') == NULL && folder != NULL ? "/" : "", name);
	descriptor = text_failed(&path) ? -1 : open(text_string(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		text_printf(error, "%s: %s", text_string(&path), strerror(errno));
	} else if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		text_printf(error, "%s: not a file that can be read", text_string(&path));
		(void)close(descriptor);
		descriptor = -1;
	}
	text_release(&path);
	return descriptor;
}

/* Root's rights are not for a program that reads what strangers sent. */
static bool
become_nobody(void)
{
	return geteuid() != 0 ||
	    (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static void
become(const struct request *request, int file, int output)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0", NULL};
	const char *words[ARGUMENTS + ARGUMENT_COUNT] = {"tcpdump", "-n", "-r", "-"};
	struct text error = TEXT_EMPTY;
	size_t count = 4;

	for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
		if (request->given[i] && arguments[i].option != NULL) {
			words[count++] = arguments[i].option;
			if (arguments[i].takes_value) {
				words[count++] = text_string(&request->value[i]);
			}
		}
	}
	if (request->given[ARGUMENT_MATCHING]) {
		words[count++] = "--";
		words[count++] = text_string(&request->value[ARGUMENT_MATCHING]);
	}
	words[count] = NULL;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(file, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
	    !become_nobody() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !daemon_confine_reader(&error)) {
		_exit(1);
	}
	/* execvpe() promises not to change the strings; its types are older than const. */
	(void)execvpe(words[0], (char *const *)(uintptr_t)words, (char *const *)(uintptr_t)environment);
	static const char missing[] = "the program tcpdump is not installed\n";

	(void)!write(STDOUT_FILENO, missing, sizeof(missing) - 1);
	_exit(1);
}

/* False: it was interrupted, or nobody wants more. */
static bool
pass_on(int from, int interrupt, cli_capture_sink *sink, void *context)
{
	char bytes[PIECE];

	for (;;) {
		struct pollfd polls[2] = {{.fd = from, .events = POLLIN}, {.fd = interrupt, .events = POLLIN}};

		if (poll(polls, 2, -1) < 0 && errno != EINTR) {
			return false;
		}
		if (polls[1].revents != 0) {
			return false;
		}
		const ssize_t got = polls[0].revents == 0 ? 1 : read(from, bytes, sizeof(bytes));

		if (got <= 0 && !(got < 0 && errno == EINTR)) {
			return got == 0;
		}
		if (polls[0].revents != 0 && got > 0 && !sink(context, bytes, (size_t)got)) {
			return false;
		}
	}
}

bool
cli_capture_show(const char *line, int interrupt, cli_capture_sink *sink, void *context, struct text *error)
{
	struct request request;
	int pipes[2] = {-1, -1};
	int status = 0;
	int file = -1;
	pid_t process = -1;
	bool whole = false;

	if (read_line(line, &request)) {
		file = open_capture(text_string(&request.value[ARGUMENT_READ_FILE]), error);
	}
	if (file >= 0 && (pipe2(pipes, O_CLOEXEC) != 0 || (process = fork()) < 0)) {
		text_printf(error, "tcpdump cannot be run: %s", strerror(errno));
	}
	if (process == 0) {
		become(&request, file, pipes[1]);
	}
	release(&request);
	if (pipes[1] >= 0) {
		(void)close(pipes[1]);
	}
	if (process > 0) {
		whole = pass_on(pipes[0], interrupt, sink, context);
		if (!whole) {
			(void)kill(process, SIGKILL);
		}
		while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
		}
		if (whole && status != 0) {
			text_append(error, "that is no capture that can be read, or no expression");
		}
	}
	if (pipes[0] >= 0) {
		(void)close(pipes[0]);
	}
	if (file >= 0) {
		(void)close(file);
	}
	return whole && error->length == 0;
}
