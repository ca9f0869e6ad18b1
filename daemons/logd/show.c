/*
 * A file is shown as it is at the start: what is written to it meanwhile does not lengthen the answer.
 */
#include "show.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/op.h"
#include "ipc/rpc.h"

enum {
	PIECE = 32768,
	NAME_MOST = 80,
	FILES_MOST = 4096, /* that are listed */
};

struct show {
	int descriptor;
	uint32_t request;
	off_t left;
	struct text line; /* one that a piece has cut */
	int folder;       /* it follows the file of this name in it; -1: no */
	char name[NAME_MOST + 1];
	bool begun; /* its first answer was sent */
};

/* A name without folder, as `system syslog file` allows it, with the digits of a rotated one. */
bool
show_good_name(const char *name)
{
	if (name == NULL || name[0] == '\0' || name[0] == '.' || name[0] == '-' || strlen(name) > NAME_MOST) {
		return false;
	}
	for (; *name != '\0'; name++) {
		bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		    (*name >= '0' && *name <= '9');

		if (!letter && strchr("_.-", *name) == NULL) {
			return false;
		}
	}
	return true;
}

struct show *
show_start(int folder, const char *name, uint32_t request, struct text *error)
{
	struct show *show;
	struct stat status;
	int descriptor;

	if (!show_good_name(name)) {
		text_append(error, "a log file's name has letters, digits and the signs - _ .");
		return NULL;
	}
	descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		text_printf(error, "could not open log file %s: %s", name,
		    descriptor < 0 ? strerror(errno) : "not a file");
		if (descriptor >= 0) {
			close(descriptor);
		}
		return NULL;
	}
	show = calloc(1, sizeof(*show));
	if (show == NULL) {
		text_append(error, "out of memory");
		close(descriptor);
		return NULL;
	}
	show->descriptor = descriptor;
	show->request = request;
	show->left = status.st_size;
	show->folder = -1;
	return show;
}

struct show *
show_follow(int folder, const char *name, uint32_t request, struct text *error)
{
	struct show *show = show_start(folder, name, request, error);

	if (show != NULL) {
		show->left = 0;
		show->folder = folder;
		(void)snprintf(show->name, sizeof(show->name), "%s", name);
		(void)lseek(show->descriptor, 0, SEEK_END);
	}
	return show;
}

void
show_end(struct show *show)
{
	if (show == NULL) {
		return;
	}
	close(show->descriptor);
	text_release(&show->line);
	free(show);
}

static void
add_line(struct op_tree *tree, const char *line)
{
	(void)op_add(tree, op_add(tree, tree->root, "log-line", NULL), "text", line);
}

static bool
send_tree(uint32_t request, struct ipc_connection *connection, struct op_tree *tree)
{
	size_t length = 0;
	uint8_t *octets = op_tree_octets(tree, &length);

	return ipc_rpc_send(connection, IPC_RPC_DATA, request, octets, length);
}

static int
compare_names(const void *left, const void *right)
{
	const char *const *l = left;
	const char *const *r = right;

	return strcmp(*l, *r);
}

/* "     1234  2026-11-20 09:30:00  messages", of a file; nothing of what is none or has another's name. */
static void
add_file(int folder, const char *name, struct op_tree *tree)
{
	struct stat status;
	struct text line = TEXT_EMPTY;
	char when[sizeof("-2147483648-01-01 00:00:00")];
	struct tm utc;

	if (show_good_name(name) && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
	    gmtime_r(&status.st_mtime, &utc) != NULL && strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &utc) > 0) {
		text_printf(&line, "%12lld  %s UTC  %s", (long long)status.st_size, when, name);
		add_line(tree, text_string(&line));
	}
	text_release(&line);
}

/* Their names in order; the caller frees them. */
static char **
list_names(DIR *directory, size_t *count)
{
	char **names = NULL;
	const struct dirent *entry;

	*count = 0;
	while ((entry = readdir(directory)) != NULL && *count < FILES_MOST) {
		char **more = reallocarray(names, *count + 1, sizeof(*names));
		char *name = more == NULL ? NULL : strdup(entry->d_name);

		names = more == NULL ? names : more;
		if (name == NULL) {
			break;
		}
		names[(*count)++] = name;
	}
	if (*count > 0) {
		qsort(names, *count, sizeof(*names), compare_names);
	}
	return names;
}

bool
show_files(int folder, uint32_t request, struct ipc_connection *connection)
{
	const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	struct op_tree tree;
	char **names;
	size_t count;
	bool good;

	if (directory == NULL) {
		if (copy >= 0) {
			close(copy);
		}
		return false;
	}
	op_tree_start(&tree, "log-information");
	names = list_names(directory, &count);
	for (size_t i = 0; i < count; i++) {
		add_file(folder, names[i], &tree);
		free(names[i]);
	}
	free(names);
	(void)closedir(directory);
	good = send_tree(request, connection, &tree);
	op_tree_release(&tree);
	return good;
}

/* One piece of the file, cut into lines. False: it failed. */
static bool
send_piece(struct show *show, struct ipc_connection *connection)
{
	char piece[PIECE];
	size_t most = show->left < PIECE ? (size_t)show->left : PIECE;
	ssize_t got = read(show->descriptor, piece, most);
	struct op_tree tree;
	bool good;

	if (got < 0) {
		return false;
	}
	show->left = got == 0 ? 0 : show->left - got;
	op_tree_start(&tree, "log-information");
	for (ssize_t i = 0; i < got; i++) {
		if (piece[i] != '\n') {
			text_append_char(&show->line, piece[i] == '\0' ? '?' : piece[i]);
			continue;
		}
		add_line(&tree, text_string(&show->line));
		text_clear(&show->line);
	}
	/* Of a file that is written the rest of the line is to come. */
	if (show->left == 0 && show->line.length > 0 && show->folder < 0) {
		add_line(&tree, text_string(&show->line));
	}
	good = !text_failed(&show->line) && send_tree(show->request, connection, &tree);
	op_tree_release(&tree);
	return good;
}

/* Goes over to the file that has the name now, if that is another one. */
static bool
follow_name(struct show *show)
{
	struct stat own;
	struct stat named;
	int descriptor;

	if (fstat(show->descriptor, &own) != 0 || fstatat(show->folder, show->name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    (own.st_ino == named.st_ino && own.st_dev == named.st_dev)) {
		return false;
	}
	descriptor = openat(show->folder, show->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		return false;
	}
	close(show->descriptor);
	show->descriptor = descriptor;
	return true;
}

/* How much there is to read now; of a file that was emptied, from its start. */
static off_t
follow_size(const struct show *show)
{
	const off_t at = lseek(show->descriptor, 0, SEEK_CUR);
	struct stat status;

	if (at < 0 || fstat(show->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		return 0;
	}
	return status.st_size >= at ? status.st_size - at : lseek(show->descriptor, 0, SEEK_SET) == 0 ? status.st_size : 0;
}

/* False: memory is short, or the asker is gone. */
static bool
follow_begin(struct show *show, struct ipc_connection *connection)
{
	struct op_tree tree;
	bool good;

	op_tree_start(&tree, "log-information");
	good = send_tree(show->request, connection, &tree);
	op_tree_release(&tree);
	show->begun = true;
	return good;
}

/* All that is there, with what became of the file. */
static enum show_state
follow(struct show *show, struct ipc_connection *connection)
{
	bool good = show->begun || follow_begin(show, connection);

	do {
		show->left = follow_size(show);
		while (good && show->left > 0) {
			if (ipc_connection_queued(connection) > IPC_QUEUE_HIGH) {
				return SHOW_MORE;
			}
			good = send_piece(show, connection);
		}
	} while (good && follow_name(show));
	return good ? SHOW_WAITS : SHOW_DONE;
}

enum show_state
show_continue(struct show *show, struct ipc_client *client)
{
	static const char unread[] = "the log file could not be read";

	if (show->folder >= 0) {
		const enum show_state state = follow(show, client->connection);

		if (state == SHOW_DONE) {
			ipc_rpc_end(client, show->request, unread);
		}
		return state;
	}
	while (show->left > 0) {
		if (ipc_connection_queued(client->connection) > IPC_QUEUE_HIGH) {
			return SHOW_MORE;
		}
		if (!send_piece(show, client->connection)) {
			ipc_rpc_end(client, show->request, unread);
			return SHOW_DONE;
		}
	}
	ipc_rpc_end(client, show->request, NULL);
	return SHOW_DONE;
}

static void
add_stream(struct op_tree *tree, const struct plan_stream *plan, const struct stream *stream)
{
	static const char *const transports[] = {[PLAN_UDP] = "udp", [PLAN_TCP] = "tcp", [PLAN_TLS] = "tls"};
	struct op_node *row = op_add(tree, tree->root, "security-log-stream", NULL);
	const struct stream_counts counts = stream_counts(stream);

	(void)op_add(tree, row, "stream-name", plan->name);
	(void)op_addf(tree, row, "stream-server", "%s:%u", plan->host, (unsigned)plan->port);
	(void)op_add(tree, row, "stream-protocol", transports[plan->transport]);
	(void)op_add(tree, row, "stream-state", stream_state_word(stream_state(stream)));
	(void)op_add_number(tree, row, "stream-sent", counts.sent);
	(void)op_add_number(tree, row, "stream-queued", counts.queued);
	(void)op_add_number(tree, row, "stream-suppressed", counts.suppressed);
	(void)op_add_number(tree, row, "stream-lost", counts.lost);
	if (stream_error(stream)[0] != '\0') {
		(void)op_add(tree, row, "stream-error", stream_error(stream));
	}
}

bool
show_streams(const struct destinations *destinations, uint32_t request, struct ipc_connection *connection)
{
	struct op_tree tree;
	bool good;

	op_tree_start(&tree, "security-log-streams");
	for (size_t i = 0; i < destinations_stream_count(destinations); i++) {
		add_stream(&tree, &destinations_plan(destinations)->traffic.streams[i], destinations_stream(destinations, i));
	}
	good = send_tree(request, connection, &tree);
	op_tree_release(&tree);
	return good;
}
