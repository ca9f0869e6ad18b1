/*
 * The queue of files. See queue.h.
 */
#include "queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static const char unfinished[] = "new";

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

/* 20 digits and '-'. */
static bool
is_name(const char *name)
{
	return strspn(name, "0123456789") == QUEUE_DIGITS && name[QUEUE_DIGITS] == '-' && strlen(name) < QUEUE_NAME;
}

/* Counts the files and finds the least and the highest name. */
static size_t
look(const struct queue *queue, char least[QUEUE_NAME], uint64_t *highest)
{
	const int again = openat(queue->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = again < 0 ? NULL : fdopendir(again);
	const struct dirent *one;
	size_t count = 0;

	least[0] = '\0';
	*highest = 0;
	if (folder == NULL) {
		if (again >= 0) {
			close(again);
		}
		return 0;
	}
	while ((one = readdir(folder)) != NULL) {
		if (!is_name(one->d_name)) {
			continue;
		}
		const uint64_t number = strtoull(one->d_name, NULL, 10);

		count++;
		*highest = number > *highest ? number : *highest;
		if (least[0] == '\0' || strcmp(one->d_name, least) < 0) {
			(void)snprintf(least, QUEUE_NAME, "%s", one->d_name);
		}
	}
	closedir(folder);
	return count;
}

bool
queue_open(struct queue *queue, int parent, struct text *error)
{
	char least[QUEUE_NAME];
	uint64_t highest;

	*queue = (struct queue){.folder = -1};
	if (mkdirat(parent, "queue", 0700) != 0 && errno != EEXIST) {
		return explain(error, "transfer/queue");
	}
	queue->folder = openat(parent, "queue", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (queue->folder < 0) {
		return explain(error, "transfer/queue");
	}
	(void)unlinkat(queue->folder, unfinished, 0);
	queue->count = look(queue, least, &highest);
	queue->next = highest + 1;
	return true;
}

void
queue_close(struct queue *queue)
{
	if (queue->folder >= 0) {
		close(queue->folder);
		queue->folder = -1;
	}
}

/* A line of the file's head: what is no plain character becomes a space. */
static void
add_line(struct text *out, const char *words)
{
	for (; *words != '\0'; words++) {
		text_append_char(out, (unsigned char)*words < ' ' || *words == '\x7f' ? ' ' : *words);
	}
	text_append_char(out, '\n');
}

static void
describe(const struct ipc_transfer *transfer, struct text *out)
{
	const time_t wall = (time_t)transfer->wall;
	struct text line = TEXT_EMPTY;
	char when[32] = "an unknown time";
	struct tm utc;

	if (wall != 0 && gmtime_r(&wall, &utc) != NULL) {
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc);
	}
	text_printf(&line, "## commit %llu of %s, %s, by %s via %s", (unsigned long long)transfer->id,
	    transfer->host_name, when, transfer->user, transfer->client);
	if (transfer->comment[0] != '\0') {
		text_printf(&line, ": %s", transfer->comment);
	}
	add_line(out, text_string(&line));
	out->failed = out->failed || line.failed;
	text_release(&line);
}

/* HOST_YYYYMMDD_HHMMSS.conf.gz behind the number. A host name has letters, digits, '-' and '.'; whatever else becomes '_'. */
static void
name_file(const struct queue *queue, const struct ipc_transfer *transfer, char name[QUEUE_NAME])
{
	const time_t now = time(NULL);
	char host[128];
	char when[32] = "";
	struct tm utc;

	(void)snprintf(host, sizeof(host), "%s", transfer->host_name);
	for (char *at = host; *at != '\0'; at++) {
		const bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		    (*at >= '0' && *at <= '9') || *at == '-' || (*at == '.' && at > host);

		*at = plain ? *at : '_';
	}
	if (gmtime_r(&now, &utc) != NULL) {
		(void)strftime(when, sizeof(when), "%Y%m%d_%H%M%S", &utc);
	}
	(void)snprintf(name, QUEUE_NAME, "%020llu-%s_%s.conf.gz", (unsigned long long)queue->next, host, when);
}

static bool
write_file(int folder, const struct text *head, const struct ipc_transfer *transfer)
{
	const int descriptor = openat(folder, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	const int copy = descriptor < 0 ? -1 : dup(descriptor);
	gzFile file = copy < 0 ? NULL : gzdopen(copy, "wb");
	bool good = file != NULL;

	if (file == NULL && copy >= 0) {
		close(copy);
	}
	good = good && gzwrite(file, head->bytes, (unsigned)head->length) == (int)head->length;
	good = good && (transfer->length == 0 ||
	    gzwrite(file, transfer->text, (unsigned)transfer->length) == (int)transfer->length);
	if (file != NULL && gzclose(file) != Z_OK) {
		good = false;
	}
	good = good && fsync(descriptor) == 0;
	if (descriptor >= 0 && close(descriptor) != 0) {
		good = false;
	}
	return good;
}

static void
make_room(struct queue *queue)
{
	char oldest[QUEUE_NAME];

	while (queue->count >= QUEUE_MOST && queue_first(queue, oldest)) {
		queue_remove(queue, oldest);
		queue->lost++;
	}
}

bool
queue_add(struct queue *queue, const struct ipc_transfer *transfer, struct text *error)
{
	struct text head = TEXT_EMPTY;
	char name[QUEUE_NAME];
	bool good;

	make_room(queue);
	describe(transfer, &head);
	name_file(queue, transfer, name);
	errno = ENOMEM;
	good = !text_failed(&head) && write_file(queue->folder, &head, transfer) &&
	    renameat(queue->folder, unfinished, queue->folder, name) == 0 && fsync(queue->folder) == 0;
	if (good) {
		queue->next++;
		queue->count++;
	} else {
		(void)explain(error, "the configuration could not be kept for its transfer");
		(void)unlinkat(queue->folder, unfinished, 0);
	}
	text_release(&head);
	return good;
}

bool
queue_first(const struct queue *queue, char name[QUEUE_NAME])
{
	uint64_t highest;

	return look(queue, name, &highest) > 0;
}

void
queue_remove(struct queue *queue, const char *name)
{
	if (unlinkat(queue->folder, name, 0) == 0 && queue->count > 0) {
		queue->count--;
	}
}
