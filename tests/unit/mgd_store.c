/*
 * The ring of committed configurations: what was written comes back, damage anywhere is noticed, the ring is bounded, an
 * unfinished write leaves nothing. Works in a folder of its own under /tmp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "archive.h"
#include "store.h"
#include "store_notes.h"

struct fixture {
	char path[64];
	int folder;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->path, "/tmp/mgd-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	fixture->folder = open(fixture->path, O_RDONLY | O_DIRECTORY);
	assert_true(fixture->folder >= 0);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;
	DIR *folder = fdopendir(fixture->folder);
	const struct dirent *entry;

	rewinddir(folder);
	while ((entry = readdir(folder)) != NULL) {
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	}
	closedir(folder);
	rmdir(fixture->path);
	free(fixture);
	return 0;
}

static void
put(struct store *store, const char *content)
{
	struct store_entry entry = {.commit = store_next(store), .wall = 1000, .user = "root", .client = "cli"};
	struct text error = TEXT_EMPTY;

	assert_true(store_write(store, &entry, content, strlen(content), &error));
	assert_int_equal(error.length, 0);
}

static void
expect(const struct store *store, size_t rollback, const char *content)
{
	struct store_entry entry;
	struct text found = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	assert_true(store_read(store, rollback, &entry, &found, &error));
	assert_string_equal(text_string(&found), content);
	text_release(&found);
	text_release(&error);
}

static void
test_ring(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = store_create(fixture->folder, "0.1.0");
	char content[64];
	struct stat status;

	assert_non_null(store);
	assert_int_equal(store_count(store), 0);
	assert_int_equal(store_next(store), 1);
	for (int i = 1; i <= 60; i++) {
		(void)snprintf(content, sizeof(content), "system {\n    host-name h%d;\n}\n", i);
		put(store, content);
	}
	assert_int_equal(store_count(store), 50);
	expect(store, 0, "system {\n    host-name h60;\n}\n");
	expect(store, 49, "system {\n    host-name h11;\n}\n");
	assert_int_equal(fstatat(fixture->folder, "commit-10.gz", &status, 0), -1);
	assert_int_equal(fstatat(fixture->folder, "commit-11.gz", &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	store_destroy(store);
	store = store_create(fixture->folder, "0.1.0");
	assert_non_null(store);
	assert_int_equal(store_count(store), 50);
	assert_int_equal(store_next(store), 61);
	expect(store, 0, "system {\n    host-name h60;\n}\n");
	store_destroy(store);
}

static void
test_head(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = store_create(fixture->folder, "0.1.0");
	struct store_entry entry = {.commit = 1, .wall = 1763630464, .user = "a b", .client = "cli", .comment = "why\nnot"};
	struct store_entry back;
	struct text error = TEXT_EMPTY;

	assert_non_null(store);
	assert_true(store_write(store, &entry, "x;\n", 3, &error));
	assert_true(store_head(store, 0, &back));
	assert_int_equal(back.commit, 1);
	assert_int_equal(back.wall, 1763630464);
	assert_string_equal(back.user, "a?b");
	assert_string_equal(back.client, "cli");
	assert_string_equal(back.comment, "why not");
	assert_false(store_head(store, 1, &back));
	expect(store, 0, "x;\n");
	store_destroy(store);
}

/* A pending file of a run that was killed is not taken for a configuration, and goes. */
static void
test_unfinished(void **state)
{
	struct fixture *fixture = *state;
	int pending = openat(fixture->folder, "pending", O_CREAT | O_WRONLY, 0600);
	struct store *store;
	struct stat status;

	assert_int_equal(write(pending, "half", 4), 4);
	close(pending);
	close(openat(fixture->folder, "commit-007.gz", O_CREAT | O_WRONLY, 0600));
	close(openat(fixture->folder, "commit-x.gz", O_CREAT | O_WRONLY, 0600));
	store = store_create(fixture->folder, "0.1.0");
	assert_non_null(store);
	assert_int_equal(store_count(store), 0);
	assert_int_equal(fstatat(fixture->folder, "pending", &status, 0), -1);
	store_destroy(store);
}

/* Each byte of a file turned around, and the file cut at each byte: refused with a reason, never taken. */
static void
test_damage(void **state)
{
	struct store_entry entry = {.commit = 3, .wall = 5, .user = "root", .client = "cli"};
	struct text packed = TEXT_EMPTY;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	(void)state;
	assert_true(archive_pack(&entry, "0.1.0", "system;\n", 8, &packed));
	assert_true(archive_unpack(packed.bytes, packed.length, &entry, &content, &error));
	assert_string_equal(text_string(&content), "system;\n");
	for (size_t cut = 0; cut < packed.length; cut++) {
		char *exact = malloc(cut == 0 ? 1 : cut);

		assert_non_null(exact);
		memcpy(exact, packed.bytes, cut);
		text_clear(&error);
		assert_false(archive_unpack(exact, cut, &entry, &content, &error));
		assert_true(error.length > 0);
		if (archive_head(exact, cut, &entry)) {
			assert_int_equal(entry.commit, 3);
		}
		free(exact);
	}
	/* Bytes 4 to 9 of gzip's head (time, flags of speed, system) say nothing about the content. */
	for (size_t at = 10; at < packed.length; at++) {
		packed.bytes[at] = (char)(packed.bytes[at] ^ 0x41);
		text_clear(&error);
		assert_false(archive_unpack(packed.bytes, packed.length, &entry, &content, &error));
		packed.bytes[at] = (char)(packed.bytes[at] ^ 0x41);
	}
	text_release(&packed);
	text_release(&content);
	text_release(&error);
}

static void
pack_by_hand(const char *plain, struct text *packed)
{
	unsigned char bytes[4096];
	z_stream stream = {.zalloc = Z_NULL};
	char copy[1024];

	(void)snprintf(copy, sizeof(copy), "%s", plain);
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (unsigned char *)copy;
	stream.avail_in = (unsigned int)strlen(copy);
	stream.next_out = bytes;
	stream.avail_out = sizeof(bytes);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	text_clear(packed);
	text_append_bytes(packed, (const char *)bytes, sizeof(bytes) - stream.avail_out);
	deflateEnd(&stream);
}

static void
expect_refused(const char *plain, const char *why)
{
	struct store_entry entry;
	struct text packed = TEXT_EMPTY;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	pack_by_hand(plain, &packed);
	assert_false(archive_unpack(packed.bytes, packed.length, &entry, &content, &error));
	assert_non_null(strstr(text_string(&error), why));
	text_release(&packed);
	text_release(&content);
	text_release(&error);
}

/* Files that are whole gzip and yet not for us. */
static void
test_strangers(void **state)
{
	(void)state;
	expect_refused("", "first line");
	expect_refused("system;\n", "first line");
	expect_refused("## sallyport configuration format 2 something else\n", "newer release (format 2)");
	expect_refused("## sallyport configuration format 1 release 1 commit 1 time 1 user root client cli\nx;\n",
	    "SHA-256 is wrong");
	expect_refused("## sallyport configuration format 1 release 1 commit 1 time 1 user root client cli\nx;\n"
	               "## sha256 0000000000000000000000000000000000000000000000000000000000000000\n",
	    "SHA-256 is wrong");
	expect_refused("## sallyport configuration format 1 release 1 commit 99999999999999999999999 time 1 user r client c\n",
	    "first line");
}

/* A note about the commit that wants to be confirmed counts while that commit is the newest, and survives a restart. */
static void
test_unconfirmed(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = store_create(fixture->folder, "0.1.0");
	struct store_unconfirmed note = {.commit = 2, .until = 5000, .minutes = 10, .back = 1};
	struct text error = TEXT_EMPTY;
	size_t place;
	int bad;

	put(store, "system;\n");
	assert_false(store_unconfirmed(store, &note));
	note = (struct store_unconfirmed){.commit = 2, .until = 5000, .minutes = 10, .back = 1};
	assert_true(store_note_unconfirmed(store, &note, &error));
	assert_false(store_unconfirmed(store, &note)); /* its commit was not written yet */
	put(store, "system {\n    host-name b;\n}\n");
	store_destroy(store);
	store = store_create(fixture->folder, "0.1.0");
	assert_true(store_unconfirmed(store, &note));
	assert_int_equal(note.until, 5000);
	assert_int_equal(note.minutes, 10);
	assert_int_equal(note.back, 1);
	/* The power goes between the second note and its commit: the first one counts. */
	note = (struct store_unconfirmed){.commit = 3, .until = 6000, .minutes = 5, .back = 1};
	assert_true(store_note_unconfirmed(store, &note, &error));
	assert_true(store_unconfirmed(store, &note));
	assert_int_equal(note.commit, 2);
	assert_int_equal(note.until, 5000);
	put(store, "system {\n    host-name c;\n}\n");
	assert_true(store_unconfirmed(store, &note));
	assert_int_equal(note.until, 6000);
	assert_true(store_place(store, 1, &place));
	assert_int_equal(place, 2);
	assert_false(store_place(store, 4, &place));
	store_forget_unconfirmed(store);
	assert_false(store_unconfirmed(store, &note));
	/* Nonsense is no note. */
	bad = openat(fixture->folder, "unconfirmed", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(write(bad, "3 -1 x\n3 7\n", 12) == 12);
	close(bad);
	assert_false(store_unconfirmed(store, &note));
	text_release(&error);
	store_destroy(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_head, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unfinished, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unconfirmed, setup, teardown),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests_name("mgd_store", tests, NULL, NULL);
}
