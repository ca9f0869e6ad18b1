/*
 * Filters that write to files. See pipe_file.h.
 *
 * Like JUNOS, save takes the place of a file that is there. What a gateway says may be confidential: new files are the
 * user's alone. A name that is a symbolic link is refused, and so is all that is no plain file.
 */
#include "pipe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
cli_pipe_file_start(struct cli_pipe_file *file, const char *path, struct text *error)
{
	*file = (struct cli_pipe_file){.path = NULL};
	if (*path == '\0') {
		text_append(error, "the name of a file must follow");
		return false;
	}
	file->path = strdup(path);
	if (file->path == NULL) {
		text_append(error, "out of memory");
	}
	return file->path != NULL;
}

static bool
file_open(struct cli_pipe_file *file)
{
	struct stat status;
	const int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (file->append ? O_APPEND : 0);

	if (file->file != NULL || file->problem != 0) {
		return file->problem == 0;
	}
	const int descriptor = open(file->path, how, S_IRUSR | S_IWUSR);

	if (descriptor < 0) {
		file->problem = errno;
		return false;
	}
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		file->problem = EINVAL;
	} else if (!file->append && ftruncate(descriptor, 0) != 0) {
		file->problem = errno;
	} else {
		file->file = fdopen(descriptor, file->append ? "a" : "w");
		file->problem = file->file == NULL ? errno : 0;
	}
	if (file->problem != 0) {
		(void)close(descriptor);
	}
	return file->problem == 0;
}

bool
cli_pipe_file_line(struct cli_pipe_file *file, const char *line)
{
	if (!file_open(file)) {
		return false;
	}
	if (fputs(line, file->file) == EOF || fputc('\n', file->file) == EOF) {
		file->problem = errno;
		return false;
	}
	file->lines++;
	return true;
}

bool
cli_pipe_file_end(struct cli_pipe_file *file, struct text *out)
{
	(void)file_open(file);
	if (file->file != NULL && fclose(file->file) != 0 && file->problem == 0) {
		file->problem = errno;
	}
	file->file = NULL;
	if (file->problem == EINVAL || file->problem == ELOOP || file->problem == ENXIO) {
		text_printf(out, "error: '%s' is no plain file", file->path);
	} else if (file->problem != 0) {
		text_printf(out, "error: '%s' cannot be written: %s", file->path, strerror(file->problem));
	} else {
		text_printf(out, "Wrote %zu line%s of output to '%s'", file->lines, file->lines == 1 ? "" : "s", file->path);
	}
	return file->problem == 0;
}

void
cli_pipe_file_release(struct cli_pipe_file *file)
{
	if (file->file != NULL) {
		(void)fclose(file->file);
	}
	free(file->path);
	*file = (struct cli_pipe_file){.path = NULL};
}
