/*
 * The ring of committed configurations. See store.h for the form and the promise.
 *
 * Order of a write: pending file, fsync, rename, fsync of the folder, then old files beyond the ring go. Nothing is removed
 * before the new one is safe.
 */
#include "store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "base/array.h"
#include "base/output.h"

static const char pending_name[] = "pending";
static const char rescue_name[] = "rescue.gz";
static const char *const slot_names[] = {
    [STORE_SCHEDULED] = "scheduled.gz",
    [STORE_CANDIDATE] = "candidate.gz",
};

enum { HEAD_BYTES = 4096 };

struct store {
	int folder;
	char *release;
	uint64_t *commits; /* newest first */
	size_t count;
	size_t capacity;
};

static void
file_name(uint64_t commit, char *name, size_t capacity)
{
	(void)snprintf(name, capacity, "commit-%llu.gz", (unsigned long long)commit);
}

/* "commit-12.gz" -> 12; 0: another file. */
static uint64_t
commit_of(const char *name)
{
	char again[64];
	uint64_t commit = 0;

	if (strncmp(name, "commit-", 7) != 0) {
		return 0;
	}
	commit = strtoull(name + 7, NULL, 10);
	/* Only the one spelling that we write. */
	file_name(commit, again, sizeof(again));
	return strcmp(name, again) == 0 ? commit : 0;
}

static int
newest_first(const void *left, const void *right)
{
	uint64_t l = *(const uint64_t *)left;
	uint64_t r = *(const uint64_t *)right;

	return (l < r) - (l > r);
}

static bool
add_commit(struct store *store, uint64_t commit)
{
	uint64_t *commits = array_grow(store->commits, store->count, &store->capacity, sizeof(*commits));

	if (commits == NULL) {
		return false;
	}
	store->commits = commits;
	commits[store->count++] = commit;
	qsort(store->commits, store->count, sizeof(*store->commits), newest_first);
	return true;
}

static bool
list(struct store *store)
{
	int descriptor = dup(store->folder);
	DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;
	bool good = folder != NULL;

	if (folder == NULL) {
		if (descriptor >= 0) {
			close(descriptor);
		}
		return false;
	}
	rewinddir(folder);
	while (good && (entry = readdir(folder)) != NULL) {
		uint64_t commit = commit_of(entry->d_name);

		good = commit == 0 || add_commit(store, commit);
	}
	closedir(folder);
	return good;
}

struct store *
store_create(int folder, const char *release)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL) {
		return NULL;
	}
	store->folder = folder;
	store->release = strdup(release);
	(void)unlinkat(folder, pending_name, 0);
	if (store->release == NULL || !list(store)) {
		store_destroy(store);
		return NULL;
	}
	return store;
}

void
store_destroy(struct store *store)
{
	if (store == NULL) {
		return;
	}
	free(store->release);
	free(store->commits);
	free(store);
}

size_t
store_count(const struct store *store)
{
	return store->count < STORE_KEPT ? store->count : STORE_KEPT;
}

uint64_t
store_next(const struct store *store)
{
	return store->count == 0 ? 1 : store->commits[0] + 1;
}

/* A file's first `most` bytes. False with a sentence. */
static bool
read_file(const struct store *store, const char *name, size_t most, struct text *bytes, struct text *error)
{
	int descriptor = openat(store->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char piece[16384];
	ssize_t got = 1;

	if (descriptor < 0) {
		text_append(error, strerror(errno));
		return false;
	}
	while (got > 0 && bytes->length < most) {
		got = read(descriptor, piece, sizeof(piece));
		if (got > 0) {
			text_append_bytes(bytes, piece, (size_t)got);
		}
	}
	if (got < 0) {
		text_append(error, strerror(errno));
	} else if (text_failed(bytes)) {
		text_append(error, "out of memory");
	}
	close(descriptor);
	return got >= 0 && !text_failed(bytes);
}

static bool
read_named(const struct store *store, const char *name, struct store_entry *entry, struct text *content,
    struct text *error)
{
	struct text bytes = TEXT_EMPTY;
	struct text why = TEXT_EMPTY;
	bool good = read_file(store, name, STORE_TEXT, &bytes, &why) &&
	    archive_unpack(text_string(&bytes), bytes.length, entry, content, &why);

	if (!good) {
		text_printf(error, "%s: %s", name, text_string(&why));
	}
	text_release(&bytes);
	text_release(&why);
	return good;
}

bool
store_read(const struct store *store, size_t rollback, struct store_entry *entry, struct text *content,
    struct text *error)
{
	char name[64];

	if (rollback >= store_count(store)) {
		text_printf(error, "there is no configuration %zu, only %zu are kept", rollback, store_count(store));
		return false;
	}
	file_name(store->commits[rollback], name, sizeof(name));
	return read_named(store, name, entry, content, error);
}

static bool
has_file(const struct store *store, const char *name)
{
	struct stat status;

	return fstatat(store->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
store_has_rescue(const struct store *store)
{
	return has_file(store, rescue_name);
}

bool
store_read_rescue(const struct store *store, struct store_entry *entry, struct text *content, struct text *error)
{
	return read_named(store, rescue_name, entry, content, error);
}

bool
store_head(const struct store *store, size_t rollback, struct store_entry *entry)
{
	struct text bytes = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	char name[64];
	bool good = false;

	if (rollback < store_count(store)) {
		file_name(store->commits[rollback], name, sizeof(name));
		good = read_file(store, name, HEAD_BYTES, &bytes, &error) &&
		    archive_head(text_string(&bytes), bytes.length, entry);
	}
	text_release(&bytes);
	text_release(&error);
	return good;
}

bool
store_get(const struct store *store, const char *name, size_t most, struct text *bytes)
{
	struct text error = TEXT_EMPTY;
	bool good = read_file(store, name, most, bytes, &error);

	text_release(&error);
	return good;
}

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "%s: %s", what, strerror(errno));
	return false;
}

/* Into the pending file, safe on disk. */
static bool
write_pending(const struct store *store, const struct text *bytes, struct text *error)
{
	int descriptor = openat(store->folder, pending_name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	bool good;

	if (descriptor < 0) {
		return explain(error, "could not make a file for the configuration");
	}
	good = output_all(descriptor, text_string(bytes), bytes->length) && fsync(descriptor) == 0;
	if (!good) {
		(void)explain(error, "could not write the configuration");
	}
	if (close(descriptor) != 0 && good) {
		good = explain(error, "could not write the configuration");
	}
	return good;
}

/* What is older than the ring is long; their going is not part of the promise. */
static void
forget_old(struct store *store)
{
	while (store->count > STORE_KEPT) {
		char name[64];

		file_name(store->commits[store->count - 1], name, sizeof(name));
		if (unlinkat(store->folder, name, 0) != 0 && errno != ENOENT) {
			return;
		}
		store->count--;
	}
}

bool
store_write(struct store *store, const struct store_entry *entry, const char *content, size_t length,
    struct text *error)
{
	struct text bytes = TEXT_EMPTY;
	char name[64];
	bool good;

	assert(entry->commit == store_next(store));
	if (length > STORE_TEXT - HEAD_BYTES) {
		text_append(error, "the configuration is too large to be kept");
		return false;
	}
	if (!archive_pack(entry, store->release, content, length, &bytes)) {
		text_append(error, "out of memory");
		text_release(&bytes);
		return false;
	}
	file_name(entry->commit, name, sizeof(name));
	good = write_pending(store, &bytes, error);
	if (good && (renameat(store->folder, pending_name, store->folder, name) != 0)) {
		good = explain(error, "could not put the configuration in its place");
	}
	if (!good) {
		(void)unlinkat(store->folder, pending_name, 0);
	} else if (fsync(store->folder) != 0 || !add_commit(store, entry->commit)) {
		/* It may or may not survive a loss of power: then it must not be in force either. */
		good = explain(error, "could not make the configuration safe on disk");
		(void)unlinkat(store->folder, name, 0);
	} else {
		forget_old(store);
	}
	text_release(&bytes);
	return good;
}

bool
store_place(const struct store *store, uint64_t commit, size_t *rollback)
{
	for (size_t i = 0; i < store_count(store); i++) {
		if (store->commits[i] == commit) {
			*rollback = i;
			return true;
		}
	}
	return false;
}

bool
store_put(const struct store *store, const char *name, const struct text *bytes, struct text *error)
{
	bool good = !text_failed(bytes) && write_pending(store, bytes, error);

	if (good && (renameat(store->folder, pending_name, store->folder, name) != 0 || fsync(store->folder) != 0)) {
		good = explain(error, "could not put the file in its place");
	}
	if (!good) {
		(void)unlinkat(store->folder, pending_name, 0);
		if (error->length == 0) {
			text_append(error, "out of memory");
		}
	}
	return good;
}

bool
store_remove(const struct store *store, const char *name)
{
	return unlinkat(store->folder, name, 0) == 0 && fsync(store->folder) == 0;
}

static bool
write_packed(const struct store *store, const char *name, const struct store_entry *entry, const char *content,
    size_t length, struct text *error)
{
	struct text bytes = TEXT_EMPTY;
	bool good;

	if (length > STORE_TEXT - HEAD_BYTES) {
		text_append(error, "the configuration is too large to be kept");
		return false;
	}
	good = archive_pack(entry, store->release, content, length, &bytes);

	if (!good) {
		text_append(error, "out of memory");
	}
	good = good && store_put(store, name, &bytes, error);
	text_release(&bytes);
	return good;
}

bool
store_delete_rescue(const struct store *store)
{
	return store_remove(store, rescue_name);
}

bool
store_write_rescue(const struct store *store, const struct store_entry *entry, const char *content, size_t length,
    struct text *error)
{
	return write_packed(store, rescue_name, entry, content, length, error);
}

bool
store_has_slot(const struct store *store, enum store_slot slot)
{
	return has_file(store, slot_names[slot]);
}

int64_t
store_slot_written(const struct store *store, enum store_slot slot)
{
	struct stat status;

	return fstatat(store->folder, slot_names[slot], &status, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t)status.st_mtim.tv_sec : 0;
}

bool
store_read_slot(const struct store *store, enum store_slot slot, struct store_entry *entry, struct text *content,
    struct text *error)
{
	return read_named(store, slot_names[slot], entry, content, error);
}

bool
store_write_slot(const struct store *store, enum store_slot slot, const struct store_entry *entry, const char *content,
    size_t length, struct text *error)
{
	return write_packed(store, slot_names[slot], entry, content, length, error);
}

bool
store_delete_slot(const struct store *store, enum store_slot slot)
{
	return store_remove(store, slot_names[slot]);
}
