/*
 * Files of whoever uses the command line. See file.h.
 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/output.h"

enum {
	WORDS_MOST = 6,
	PIECE = 16384,
	DIFFERENT = 1, /* of diff(1) */
	NOT_RUN = 125,
};

static const char log_folder[] = "/var/log";

struct words {
	struct text items[WORDS_MOST];
	size_t count;
};

struct order {
	const struct words *words;
	cli_file_output *output;
	void *context;
	struct text *error;
};

struct verb {
	const char *name;
	bool (*run)(const struct order *order);
	size_t least; /* arguments */
};

/* Blanks divide, quotation marks join. */
static void
split(const char *line, struct words *words)
{
	bool inside = false;
	bool open = false;

	*words = (struct words){.count = 0};
	for (; *line != '\0' && words->count <= WORDS_MOST; line++) {
		if (!inside && (*line == ' ' || *line == '\t')) {
			open = false;
			continue;
		}
		if (!open && words->count == WORDS_MOST) {
			break;
		}
		if (!open) {
			words->count++;
			open = true;
		}
		if (*line == '"') {
			inside = !inside;
		} else {
			line += inside && *line == '\\' && line[1] != '\0';
			text_append_char(&words->items[words->count - 1], *line);
		}
	}
}

static void
release(struct words *words)
{
	for (size_t i = 0; i < WORDS_MOST; i++) {
		text_release(&words->items[i]);
	}
}

static const char *
word(const struct order *order, size_t index)
{
	return index < order->words->count ? text_string(&order->words->items[index]) : "";
}

/* Is the word the option, or at least its beginning? */
static bool
means(const char *typed, const char *option)
{
	return *typed != '\0' && strncmp(option, typed, strlen(typed)) == 0;
}

static bool
fail(const struct order *order, const char *name)
{
	text_printf(order->error, "%s: %s", name, strerror(errno));
	return false;
}

/* --- list ------------------------------------------------------------------------------------------------------- */

/* As ls(1) does at a terminal, which would obey some of a name's signs: anybody may name a file in a folder of all. */
static void
append_name(struct text *out, const char *name)
{
	unsigned char before = 0;
	char shown = '\0';

	for (; *name != '\0'; name++) {
		const unsigned char c = (unsigned char)*name;
		/* C1, by itself or as U+0080 to U+009F; else such an octet belongs to the one before it. */
		const bool first = c == 0xc2 && (unsigned char)name[1] >= 0x80 && (unsigned char)name[1] < 0xa0;
		const bool second = c >= 0x80 && c < 0xa0 && (before < 0x80 || before == 0xc2 || (before < 0xa0 && shown == '?'));

		shown = c < ' ' || c == 0x7f || first || second ? '?' : *name;
		text_append_char(out, shown);
		before = c;
	}
}

static void
list_entry(int folder, const char *name, bool detail, struct text *out)
{
	struct stat status;
	struct tm local;
	char when[32] = "";

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return;
	}
	if (detail && localtime_r(&status.st_mtime, &local) != NULL && strftime(when, sizeof(when), "%b %e %Y %H:%M", &local) > 0) {
		static const char letters[] = "rwxrwxrwx";

		text_append_char(out, S_ISDIR(status.st_mode) ? 'd' : S_ISLNK(status.st_mode) ? 'l' : '-');
		for (unsigned i = 0; i < 9; i++) {
			text_append_char(out, (status.st_mode >> (8 - i) & 1) != 0 ? letters[i] : '-');
		}
		text_printf(out, " %12lld %s ", (long long)status.st_size, when);
	}
	append_name(out, name);
	text_append(out, S_ISDIR(status.st_mode) ? "/\n" : "\n");
}

static int
no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void
list_folder(const char *path, bool detail, struct text *out, bool *good)
{
	struct dirent **entries = NULL;
	const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int count = folder < 0 ? -1 : scandirat(folder, ".", &entries, no_dots, alphasort);

	*good = count >= 0;
	text_append_char(out, '\n');
	append_name(out, path);
	text_append(out, path[strlen(path) - 1] == '/' ? ":\n" : "/:\n");
	for (int i = 0; i < count; i++) {
		list_entry(folder, entries[i]->d_name, detail, out);
		free(entries[i]);
	}
	free(entries);
	if (folder >= 0) {
		const int why = errno;

		close(folder);
		errno = why;
	}
}

/* The last word; alone and cut short it is the name of what is there by that name. */
static bool
wants_detail(const struct order *order)
{
	const size_t count = order->words->count;
	const char *last = word(order, count - 1);

	return count > 1 && means(last, "detail") && (count > 2 || strcmp(last, "detail") == 0 || access(last, F_OK) != 0);
}

static bool
run_list(const struct order *order)
{
	const bool detail = wants_detail(order);
	const bool named = order->words->count > (detail ? 2U : 1U);
	const char *path = named ? word(order, 1) : ".";
	struct text out = TEXT_EMPTY;
	struct stat status;
	char *whole = realpath(path, NULL);
	bool good = whole != NULL && stat(whole, &status) == 0;

	if (good && S_ISDIR(status.st_mode)) {
		list_folder(whole, detail, &out, &good);
	} else if (good) {
		list_entry(AT_FDCWD, path, detail, &out);
	}
	good = good ? !text_failed(&out) : fail(order, path);
	if (good) {
		(void)order->output(order->context, text_string(&out), out.length);
	}
	text_release(&out);
	free(whole);
	return good;
}

/* --- show and copy ---------------------------------------------------------------------------------------------- */

/* A regular file, to be read; -1 with a sentence. */
static int
open_file(const struct order *order, const char *name)
{
	/* A pipe that nobody writes to must not hang the session. */
	const int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (descriptor < 0) {
		(void)fail(order, name);
		return -1;
	}
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		text_printf(order->error, "%s: not a file", name);
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static bool
run_show(const struct order *order)
{
	const int descriptor = open_file(order, word(order, 1));
	char bytes[PIECE];
	ssize_t got = 0;
	bool wanted = true;

	if (descriptor < 0) {
		return false;
	}
	while (wanted && ((got = read(descriptor, bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EINTR))) {
		wanted = got < 0 || order->output(order->context, bytes, (size_t)got);
	}
	if (got < 0) {
		(void)fail(order, word(order, 1));
	}
	close(descriptor);
	return got >= 0;
}

static bool
copy_bytes(int from, int to)
{
	char bytes[PIECE];
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EINTR)) {
		if (got > 0 && !output_all(to, bytes, (size_t)got)) {
			return false;
		}
	}
	return got == 0 && fsync(to) == 0;
}

/* All of it or nothing: it gets its name when it is whole. For its owner only, as what it holds may be secret. */
static bool
run_copy(const struct order *order)
{
	const char *name = word(order, 2);
	const int from = open_file(order, word(order, 1));
	struct text new = TEXT_EMPTY;
	int to = -1;
	bool good = from >= 0;

	text_printf(&new, "%s.XXXXXX", name);
	if (good) {
		to = text_failed(&new) ? -1 : mkostemp(new.bytes, O_CLOEXEC);
		good = to >= 0 && copy_bytes(from, to) && rename(new.bytes, name) == 0;
		if (!good) {
			(void)fail(order, name);
		}
		if (!good && to >= 0) {
			(void)unlink(new.bytes);
		}
	}
	if (to >= 0) {
		close(to);
	}
	if (from >= 0) {
		close(from);
	}
	text_release(&new);
	return good;
}

/* --- delete, rename, compare ------------------------------------------------------------------------------------ */

static bool
run_delete(const struct order *order)
{
	return unlink(word(order, 1)) == 0 || fail(order, word(order, 1));
}

static bool
run_rename(const struct order *order)
{
	return rename(word(order, 1), word(order, 2)) == 0 || fail(order, word(order, 1));
}

/* What diff takes for its own input is a file's name here. */
static const char *
no_input(const char *name)
{
	return strcmp(name, "-") == 0 ? "./-" : name;
}

/* diff(1), without a shell; names that begin with a - are names. */
static void
become_diff(const struct order *order, int output)
{
	const char *form = word(order, 4);
	const char *option = means(form, "unified") ? "-u" : means(form, "context") ? "-c" : "--normal";

	if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
		_exit(NOT_RUN);
	}
	(void)execlp("diff", "diff", option, "--", no_input(word(order, 2)), no_input(word(order, 3)), (char *)NULL);
	_exit(NOT_RUN);
}

static bool
run_compare(const struct order *order)
{
	char bytes[PIECE];
	int pipes[2];
	int status = 0;
	ssize_t got;
	bool wanted = true;

	if (!means(word(order, 1), "files")) {
		text_append(order->error, "compare takes files, and the names of two of them");
		return false;
	}
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		return fail(order, "pipe");
	}
	const pid_t process = fork();

	if (process == 0) {
		become_diff(order, pipes[1]);
	}
	close(pipes[1]);
	while (process > 0 && ((got = read(pipes[0], bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EINTR))) {
		wanted = wanted && got > 0 ? order->output(order->context, bytes, (size_t)got) : wanted;
	}
	close(pipes[0]);
	while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {
	}
	if (process < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > DIFFERENT) {
		text_append(order->error, process > 0 && WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN ?
		        "the program diff is not installed" :
		        "the files could not be compared");
		return false;
	}
	return true;
}

/* --- the commands ----------------------------------------------------------------------------------------------- */

static const struct verb verbs[] = {
    {"compare", run_compare, 3},
    {"copy", run_copy, 2},
    {"delete", run_delete, 1},
    {"list", run_list, 0},
    {"rename", run_rename, 2},
    {"show", run_show, 1},
};

/* The only one that the word begins. */
static const struct verb *
find_verb(const char *typed)
{
	const struct verb *found = NULL;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (means(typed, verbs[i].name)) {
			if (found != NULL) {
				return NULL;
			}
			found = &verbs[i];
		}
	}
	return found;
}

/* Behind the word, when the line begins with it or with `least` of its letters; else NULL. */
static const char *
behind(const char *line, const char *name, size_t least)
{
	line += strspn(line, " \t");
	const size_t length = strcspn(line, " \t|");

	if (length < least || strncmp(name, line, length) != 0) {
		return NULL;
	}
	return line + length + strspn(line + length, " \t");
}

const char *
cli_file_command(const char *line)
{
	const char *after_run = behind(line, "run", 2);

	return behind(after_run == NULL ? line : after_run, "file", 1);
}

bool
cli_file_log(const char *command, struct text *instead)
{
	struct words words;
	const size_t length = strlen(log_folder);
	bool good;

	split(command, &words);
	const char *path = text_string(&words.items[1]);
	const struct verb *verb = find_verb(text_string(&words.items[0]));

	good = words.count >= 2 && verb != NULL && (verb->run == run_show || verb->run == run_list) &&
	    strncmp(path, log_folder, length) == 0 && (path[length] == '/' || (path[length] == '\0' && verb->run == run_list));
	if (good) {
		path += length + strspn(path + length, "/");
		text_printf(instead, "show log%s%s", *path == '\0' ? "" : " ", path);
	}
	release(&words);
	return good;
}

bool
cli_file_run(const char *command, cli_file_output *output, void *context, struct text *error)
{
	struct words words;
	const struct order order = {.words = &words, .output = output, .context = context, .error = error};
	const struct verb *verb;
	bool good = false;

	split(command, &words);
	verb = find_verb(text_string(&words.items[0]));
	if (verb == NULL || words.count < verb->least + 1) {
		text_append(error, "the names of files are expected");
	} else {
		good = verb->run(&order);
	}
	release(&words);
	return good;
}
