/*
 * Files of load and save. See files.h.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"

enum {
	FILES_MOST = 64 * 1024 * 1024, /* octets; the gateway takes no more */
	FILES_PIECE = 65536,
};

const char *
cli_files_command(const char *line, const char *command, size_t least)
{
	line += strspn(line, " \t");
	const size_t length = strcspn(line, " \t");

	if (length < least || strncmp(line, command, length) != 0 || strlen(command) < length) {
		return NULL;
	}
	return line + length + strspn(line + length, " \t");
}

/* The last word of the words, without quotation marks. */
static void
last_word(const char *words, struct text *word)
{
	size_t end = strlen(words);

	while (end > 0 && (words[end - 1] == ' ' || words[end - 1] == '\t')) {
		end--;
	}
	const char quote = end > 1 && words[end - 1] == '"' ? '"' : ' ';
	size_t start = quote == '"' ? end - 1 : end;

	end -= quote == '"';
	while (start > 0 && words[start - 1] != quote && (quote == '"' || words[start - 1] != '\t')) {
		start--;
	}
	if (start < end) {
		text_append_bytes(word, words + start, end - start);
	}
}

static bool
read_all(FILE *from, struct text *content, struct text *error, const char *name)
{
	char *piece = malloc(FILES_PIECE);
	size_t length;

	while (piece != NULL && (length = fread(piece, 1, FILES_PIECE, from)) > 0 && content->length <= FILES_MOST) {
		text_append_bytes(content, piece, length);
	}
	if (piece == NULL || text_failed(content)) {
		text_append(error, "out of memory");
	} else if (ferror(from)) {
		text_printf(error, "%s: %s", name, strerror(errno));
	} else if (content->length > FILES_MOST) {
		text_printf(error, "%s: more than 64 MiB is no configuration", name);
	}
	free(piece);
	return error->length == 0;
}

static bool
read_file(const char *name, struct text *content, struct text *error)
{
	/* A pipe that nobody writes to must not hang the session before it can be interrupted. */
	const int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat what;
	FILE *file;
	bool good;

	if (descriptor < 0) {
		text_printf(error, "%s: %s", name, strerror(errno));
		return false;
	}
	if (fstat(descriptor, &what) != 0 || !S_ISREG(what.st_mode) || (file = fdopen(descriptor, "r")) == NULL) {
		text_printf(error, "%s: not a file that can be read", name);
		(void)close(descriptor);
		return false;
	}
	good = read_all(file, content, error, name);
	(void)fclose(file);
	return good;
}

bool
cli_files_read(const char *line, int prompt, struct text *content, struct text *error)
{
	const char *words = cli_files_command(line, "load", 1);
	const char *behind = words == NULL ? NULL : words + strcspn(words, " \t");
	struct text name = TEXT_EMPTY;
	bool good = true;

	if (behind != NULL && behind[strspn(behind, " \t")] != '\0') {
		last_word(behind, &name);
	}
	if (name.length > 2 && strncmp("terminal", text_string(&name), name.length) == 0) {
		static const char hint[] = "[Type ^D at a new line to end input]\n";

		(void)!write(prompt, hint, prompt < 0 ? 0 : sizeof(hint) - 1);
		good = read_all(stdin, content, error, "terminal");
		clearerr(stdin);
	} else if (name.length > 0 && strncmp("relative", text_string(&name), name.length) != 0) {
		good = read_file(text_string(&name), content, error);
	}
	text_release(&name);
	return good;
}

static size_t
count_lines(const struct text *content)
{
	size_t lines = 0;

	for (size_t i = 0; i < content->length; i++) {
		lines += content->bytes[i] == '\n';
	}
	return lines;
}

bool
cli_files_write(const char *words, const struct text *content, struct text *said, struct text *error)
{
	struct text name = TEXT_EMPTY;
	struct text new = TEXT_EMPTY;

	last_word(words, &name);
	text_printf(&new, "%s.XXXXXX", text_string(&name));
	if (name.length == 0 || text_failed(&new)) {
		text_append(error, name.length == 0 ? "a file's name is expected behind save" : "out of memory");
	} else {
		const int descriptor = mkostemp(new.bytes, O_CLOEXEC); /* for its owner only: secrets stand in it */
		bool good = descriptor >= 0 && output_all(descriptor, text_string(content), content->length) && fsync(descriptor) == 0;
		int why = errno;

		if (descriptor >= 0 && close(descriptor) != 0 && good) {
			good = false;
			why = errno;
		}
		if (good && rename(new.bytes, text_string(&name)) != 0) {
			good = false;
			why = errno;
		}
		if (good) {
			text_printf(said, "Wrote %zu lines of configuration to '%s'\n", count_lines(content), text_string(&name));
		} else {
			text_printf(error, "%s: %s", text_string(&name), strerror(why));
			if (descriptor >= 0) {
				(void)unlink(new.bytes);
			}
		}
	}
	text_release(&new);
	text_release(&name);
	return error->length == 0;
}
