/*
 * Log files. A write that the disk takes in part only is cut back to the last whole line, so that a file never holds half
 * of one.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

enum {
	WRITE_AT = 65536,      /* does not wait for the end of the pass */
	WAITING_MOST = 1 << 20, /* bytes that wait for a disk with room */
};

struct log_file {
	int folder;
	int descriptor; /* -1: not open */
	const struct plan_file *plan;
	const char *name;
	off_t size;
	struct text waiting;
	uint64_t lost;
	uint64_t told;
};

struct log_file *
log_file_create(int folder, const struct plan_file *plan)
{
	struct log_file *file = calloc(1, sizeof(*file));

	if (file == NULL) {
		return NULL;
	}
	file->folder = folder;
	file->descriptor = -1;
	file->plan = plan;
	file->name = plan->name;
	return file;
}

void
log_file_destroy(struct log_file *file)
{
	if (file == NULL) {
		return;
	}
	log_file_flush(file);
	if (file->descriptor >= 0) {
		close(file->descriptor);
	}
	text_release(&file->waiting);
	free(file);
}

uint64_t
log_file_lost(const struct log_file *file)
{
	return file->lost;
}

static bool
open_file(struct log_file *file)
{
	struct stat status;

	if (file->descriptor >= 0) {
		return true;
	}
	file->descriptor = openat(file->folder, file->name,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR | S_IRGRP);
	if (file->descriptor < 0) {
		return false;
	}
	if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(file->descriptor);
		file->descriptor = -1;
		return false;
	}
	file->size = status.st_size;
	return true;
}

const char *
log_file_name(const struct log_file *file)
{
	return file->name;
}

bool
log_file_clear(struct log_file *file)
{
	text_clear(&file->waiting);
	if (!open_file(file) || ftruncate(file->descriptor, 0) != 0) {
		return false;
	}
	file->size = 0;
	return true;
}

static void
rotate(struct log_file *file)
{
	char from[128];
	char to[128];

	/* What a larger number left behind. */
	(void)snprintf(from, sizeof(from), "%s.%u", file->name, file->plan->rotated);
	for (uint32_t i = file->plan->rotated; unlinkat(file->folder, from, 0) == 0;) {
		(void)snprintf(from, sizeof(from), "%s.%u", file->name, ++i);
	}
	for (uint32_t i = file->plan->rotated - 1; i > 0; i--) {
		(void)snprintf(from, sizeof(from), "%s.%u", file->name, i - 1);
		(void)snprintf(to, sizeof(to), "%s.%u", file->name, i);
		/* Gaps in the row are no fault. */
		(void)renameat(file->folder, from, file->folder, to);
	}
	(void)snprintf(to, sizeof(to), "%s.0", file->name);
	if (renameat(file->folder, file->name, file->folder, to) == 0) {
		close(file->descriptor);
		file->descriptor = -1;
	} else if (ftruncate(file->descriptor, 0) == 0) {
		file->size = 0; /* bounded comes first */
	}
}

static size_t
lines_in(const char *bytes, size_t length)
{
	size_t lines = 0;

	for (size_t i = 0; i < length; i++) {
		lines += bytes[i] == '\n' ? 1 : 0;
	}
	return lines;
}

void
log_file_append(struct log_file *file, const char *line, size_t length)
{
	if (file->waiting.length + length > WAITING_MOST) {
		file->lost++;
		return;
	}
	text_append_bytes(&file->waiting, line, length);
	if (text_failed(&file->waiting)) {
		file->lost += 1 + lines_in(text_string(&file->waiting), file->waiting.length);
		text_clear(&file->waiting);
	}
	if (file->waiting.length >= WRITE_AT) {
		log_file_flush(file);
	}
}

/* How many of the bytes end with a whole line. */
static size_t
whole_lines(const char *bytes, size_t length)
{
	while (length > 0 && bytes[length - 1] != '\n') {
		length--;
	}
	return length;
}

static void
write_waiting(struct log_file *file)
{
	ssize_t written = write(file->descriptor, file->waiting.bytes, file->waiting.length);
	size_t whole;

	if (written <= 0) {
		return;
	}
	whole = whole_lines(file->waiting.bytes, (size_t)written);
	if (whole < (size_t)written && ftruncate(file->descriptor, file->size + (off_t)whole) != 0) {
		whole = (size_t)written; /* half a line is better than one twice */
	}
	file->size += (off_t)whole;
	memmove(file->waiting.bytes, file->waiting.bytes + whole, file->waiting.length - whole);
	file->waiting.length -= whole;
	file->waiting.bytes[file->waiting.length] = '\0';
}

void
log_file_flush(struct log_file *file)
{
	if (file->waiting.length == 0) {
		return;
	}
	if (!open_file(file)) {
		return;
	}
	if (file->size > 0 && file->size + (off_t)file->waiting.length > (off_t)file->plan->size) {
		rotate(file);
		if (!open_file(file)) {
			return;
		}
	}
	write_waiting(file);
	if (file->waiting.length == 0 && file->told < file->lost) {
		text_printf(&file->waiting, "%llu messages were lost here: the disk did not take them\n",
		    (unsigned long long)(file->lost - file->told));
		file->told = file->lost;
		write_waiting(file);
	}
}
