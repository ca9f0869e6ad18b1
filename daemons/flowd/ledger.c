/*
 * The ledger of interfaces. See ledger.h.
 */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	LEDGER_FILE_SIZE = 65536, /* far more than all ports take */
	LEDGER_WORDS = 10,
	LEDGER_WORDS_ONCE = 8, /* before there were queues and tags */
	QUEUES_LEAST = -1,
	QUEUES_MOST = 65535,
};

struct ledger {
	int descriptor;
	struct ledger_entry *entries;
	size_t count;
};

static void
entry_release(struct ledger_entry *entry)
{
	free(entry->namespace);
	free(entry->netdev);
}

static bool
same_namespace(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static struct ledger_entry *
find(const struct ledger *ledger, const char *namespace, const char *netdev)
{
	for (size_t i = 0; i < ledger->count; i++) {
		if (same_namespace(ledger->entries[i].namespace, namespace) &&
		    strcmp(ledger->entries[i].netdev, netdev) == 0) {
			return &ledger->entries[i];
		}
	}
	return NULL;
}

/* Copies it in, in its former's place or at the end. */
static bool
keep(struct ledger *ledger, const struct ledger_entry *entry)
{
	struct ledger_entry copy = {.before = entry->before};
	struct ledger_entry *place = find(ledger, entry->namespace, entry->netdev);

	copy.netdev = strdup(entry->netdev);
	copy.namespace = entry->namespace == NULL ? NULL : strdup(entry->namespace);
	if (copy.netdev == NULL || (entry->namespace != NULL && copy.namespace == NULL)) {
		entry_release(&copy);
		return false;
	}
	if (place == NULL) {
		struct ledger_entry *entries = realloc(ledger->entries, (ledger->count + 1) * sizeof(*entries));

		if (entries == NULL) {
			entry_release(&copy);
			return false;
		}
		ledger->entries = entries;
		place = &entries[ledger->count++];
	} else {
		entry_release(place);
	}
	*place = copy;
	return true;
}

static bool
write_all(const struct ledger *ledger)
{
	struct text content = TEXT_EMPTY;

	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];

		text_printf(&content, "%s %s %d %d %d %d %d %d %d %d\n", entry->namespace == NULL ? "-" : entry->namespace,
		    entry->netdev, entry->before.ipv6_off, entry->before.gro, entry->before.gso, entry->before.tso,
		    entry->before.checksum, entry->before.lro, entry->before.queues,
		    entry->before.tags_off);
	}
	const ssize_t length = (ssize_t)content.length;
	const bool done = !text_failed(&content) &&
	    pwrite(ledger->descriptor, text_string(&content), content.length, 0) == length &&
	    ftruncate(ledger->descriptor, length) == 0;

	text_release(&content);
	return done;
}

static bool
name_harmless(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(name) &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* -1, 0 or 1. */
static bool
read_state(const char *word, int *state)
{
	if (strcmp(word, "-1") == 0) {
		*state = -1;
	} else if (strcmp(word, "0") == 0 || strcmp(word, "1") == 0) {
		*state = word[0] - '0';
	} else {
		return false;
	}
	return true;
}

static bool
read_queues(const char *word, int *queues)
{
	char *end;
	const long number = strtol(word, &end, 10);

	*queues = (int)number;
	return end != word && *end == '\0' && number >= QUEUES_LEAST && number <= QUEUES_MOST;
}

/* Cuts `line` at blanks in place. */
static size_t
cut(char *line, char **words, size_t most)
{
	size_t count = 0;
	char *here = line;

	while (*here != '\0') {
		if (count == most) {
			return most + 1;
		}
		words[count++] = here;
		here += strcspn(here, " ");
		if (*here != '\0') {
			*here++ = '\0';
		}
	}
	return count;
}

static bool
read_line(struct ledger *ledger, char *line)
{
	char *words[LEDGER_WORDS] = {NULL};
	struct ledger_entry entry = {.before = {.queues = -1, .tags_off = -1}};
	const size_t count = cut(line, words, LEDGER_WORDS);

	if ((count != LEDGER_WORDS && count != LEDGER_WORDS_ONCE) || !name_harmless(words[0]) || !name_harmless(words[1]) ||
	    !read_state(words[2], &entry.before.ipv6_off) || !read_state(words[3], &entry.before.gro) ||
	    !read_state(words[4], &entry.before.gso) || !read_state(words[5], &entry.before.tso) ||
	    !read_state(words[6], &entry.before.checksum) ||
	    !read_state(words[7], &entry.before.lro) ||
	    (count == LEDGER_WORDS &&
	        (!read_queues(words[8], &entry.before.queues) || !read_state(words[9], &entry.before.tags_off)))) {
		return true; /* not ours: skipped */
	}
	entry.namespace = strcmp(words[0], "-") == 0 ? NULL : words[0];
	entry.netdev = words[1];
	return keep(ledger, &entry);
}

static bool
read_all(struct ledger *ledger)
{
	char *content = calloc(1, LEDGER_FILE_SIZE);
	bool good = content != NULL && pread(ledger->descriptor, content, LEDGER_FILE_SIZE - 1, 0) >= 0;
	char *line = content;

	while (good && *line != '\0') {
		char *end = line + strcspn(line, "\n");
		const bool last = *end == '\0';

		*end = '\0';
		good = read_line(ledger, line);
		line = last ? end : end + 1;
	}
	free(content);
	return good;
}

struct ledger *
ledger_open(const char *path, struct text *error)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	ledger->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (ledger->descriptor >= 0 && flock(ledger->descriptor, LOCK_EX | LOCK_NB) != 0) {
		text_printf(error, "%s: %s", path,
		    errno == EWOULDBLOCK ? "another flowd runs with this state directory" : strerror(errno));
		ledger_close(ledger);
		return NULL;
	}
	if (ledger->descriptor < 0 || !read_all(ledger)) {
		text_printf(error, "%s: %s", path, strerror(errno));
		ledger_close(ledger);
		return NULL;
	}
	return ledger;
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL) {
		return;
	}
	for (size_t i = 0; i < ledger->count; i++) {
		entry_release(&ledger->entries[i]);
	}
	if (ledger->descriptor >= 0) {
		(void)close(ledger->descriptor);
	}
	free(ledger->entries);
	free(ledger);
}

size_t
ledger_count(const struct ledger *ledger)
{
	return ledger->count;
}

const struct ledger_entry *
ledger_at(const struct ledger *ledger, size_t index)
{
	return &ledger->entries[index];
}

const struct ledger_entry *
ledger_find(const struct ledger *ledger, const char *namespace, const char *netdev)
{
	return find(ledger, namespace, netdev);
}

bool
ledger_put(struct ledger *ledger, const struct ledger_entry *entry)
{
	return keep(ledger, entry) && write_all(ledger);
}

void
ledger_strike(struct ledger *ledger, const char *namespace, const char *netdev)
{
	struct ledger_entry *entry = find(ledger, namespace, netdev);

	if (entry == NULL) {
		return;
	}
	entry_release(entry);
	ledger->count--;
	memmove(entry, entry + 1, (size_t)(&ledger->entries[ledger->count] - entry) * sizeof(*entry));
	(void)write_all(ledger);
}
