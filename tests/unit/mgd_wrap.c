/*
 * Secrets at rest: what was wrapped comes back, by the same key for the same statement only; no changed octet passes.
 * Works in folders of its own under /tmp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wrap.h"

static const char path[] = "security ike policy p pre-shared-key ascii-text";
static const char secret[] = "c0rrect horse; \"battery\"";

struct fixture {
	char path[64];
	int folder;
	struct wrap *wrap;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct text error = TEXT_EMPTY;

	assert_non_null(fixture);
	strcpy(fixture->path, "/tmp/mgd-wrap-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	fixture->folder = open(fixture->path, O_RDONLY | O_DIRECTORY);
	assert_true(fixture->folder >= 0);
	fixture->wrap = wrap_create(fixture->folder, &error);
	assert_non_null(fixture->wrap);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	wrap_destroy(fixture->wrap);
	(void)unlinkat(fixture->folder, "master-key", 0);
	close(fixture->folder);
	assert_int_equal(rmdir(fixture->path), 0);
	free(fixture);
	return 0;
}

static void
refused(const struct wrap *wrap, const char *wrapped, const char *where)
{
	struct text out = TEXT_EMPTY;

	assert_false(wrap_open(wrap, wrapped, where, &out));
	assert_int_equal(out.length, 0);
	text_release(&out);
}

static void
opened(const struct wrap *wrap, const char *wrapped, const char *expected)
{
	struct text out = TEXT_EMPTY;

	assert_true(wrap_open(wrap, wrapped, path, &out));
	assert_string_equal(text_string(&out), expected);
	text_release(&out);
}

static void
test_round_trip(void **state)
{
	struct fixture *fixture = *state;
	struct text one = TEXT_EMPTY;
	struct text two = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct stat status;

	assert_int_equal(fstatat(fixture->folder, "master-key", &status, 0), 0);
	assert_int_equal(status.st_size, 32);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_true(wrap_close(fixture->wrap, secret, path, &one));
	assert_true(wrap_close(fixture->wrap, secret, path, &two));
	assert_int_equal(strncmp(text_string(&one), "$wrapped$1$", 11), 0);
	assert_null(strstr(text_string(&one), "horse"));
	/* Nonces are never the same. */
	assert_string_not_equal(text_string(&one), text_string(&two));
	opened(fixture->wrap, text_string(&one), secret);
	/* The next start reads the same key. */
	wrap_destroy(fixture->wrap);
	fixture->wrap = wrap_create(fixture->folder, &error);
	assert_non_null(fixture->wrap);
	opened(fixture->wrap, text_string(&two), secret);
	/* A wrapped one that waits in a candidate is wrapped again. */
	text_clear(&two);
	assert_true(wrap_close(fixture->wrap, text_string(&one), path, &two));
	opened(fixture->wrap, text_string(&two), text_string(&one));
	text_release(&one);
	text_release(&two);
	text_release(&error);
}

static void
test_lengths(void **state)
{
	struct fixture *fixture = *state;
	char most[5000];
	struct text out = TEXT_EMPTY;

	for (size_t length = 1; length <= 4096; length = length < 520 ? length + 1 : length * 2 - 1) {
		memset(most, 'x', length);
		most[length] = '\0';
		text_clear(&out);
		assert_true(wrap_close(fixture->wrap, most, path, &out));
		opened(fixture->wrap, text_string(&out), most);
	}
	memset(most, 'x', 4097);
	most[4097] = '\0';
	text_clear(&out);
	assert_false(wrap_close(fixture->wrap, most, path, &out));
	assert_false(wrap_close(fixture->wrap, "", path, &out));
	assert_int_equal(out.length, 0);
	text_release(&out);
}

static void
test_tampering(void **state)
{
	struct fixture *fixture = *state;
	struct text out = TEXT_EMPTY;
	char *copy;

	assert_true(wrap_close(fixture->wrap, secret, path, &out));
	copy = strdup(text_string(&out));
	assert_non_null(copy);
	/* Magic, nonce, ciphertext, tag, padding: each character, changed and cut off. */
	for (size_t i = 0; i < out.length; i++) {
		const char was = copy[i];

		copy[i] = was == 'A' ? 'B' : 'A';
		refused(fixture->wrap, copy, path);
		copy[i] = '\n';
		refused(fixture->wrap, copy, path);
		copy[i] = '\0';
		refused(fixture->wrap, copy, path);
		copy[i] = was;
	}
	free(copy);
	opened(fixture->wrap, text_string(&out), secret);
	text_append(&out, "AAAA");
	refused(fixture->wrap, text_string(&out), path);
	text_release(&out);
}

static void
test_elsewhere(void **state)
{
	struct fixture *fixture = *state;
	struct fixture *other;
	void *other_state = NULL;
	struct text out = TEXT_EMPTY;

	assert_true(wrap_close(fixture->wrap, secret, path, &out));
	refused(fixture->wrap, text_string(&out), "security ike policy q pre-shared-key ascii-text");
	refused(fixture->wrap, text_string(&out), "");
	(void)setup(&other_state);
	other = other_state;
	refused(other->wrap, text_string(&out), path);
	(void)teardown(&other_state);
	opened(fixture->wrap, text_string(&out), secret);
	text_release(&out);
}

static void
test_plain(void **state)
{
	struct fixture *fixture = *state;

	refused(fixture->wrap, secret, path);
	refused(fixture->wrap, "", path);
	refused(fixture->wrap, "$wrapped$1$", path);
	refused(fixture->wrap, "$wrapped$1$====", path);
	refused(fixture->wrap, "$wrapped$1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", path);
}

static void
test_bad_key(void **state)
{
	struct fixture *fixture = *state;
	struct text error = TEXT_EMPTY;
	int descriptor = openat(fixture->folder, "master-key", O_WRONLY);

	assert_true(descriptor >= 0);
	for (int size = 0; size <= 33; size += size == 0 ? 31 : 2) {
		assert_int_equal(ftruncate(descriptor, size), 0);
		text_clear(&error);
		assert_null(wrap_create(fixture->folder, &error));
		assert_non_null(strstr(text_string(&error), "db/master-key is not a key"));
	}
	close(descriptor);
	/* A link is not followed. */
	assert_int_equal(unlinkat(fixture->folder, "master-key", 0), 0);
	assert_int_equal(symlinkat("/dev/zero", fixture->folder, "master-key"), 0);
	text_clear(&error);
	assert_null(wrap_create(fixture->folder, &error));
	assert_non_null(strstr(text_string(&error), "db/master-key cannot be read"));
	text_release(&error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tampering, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_elsewhere, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_key, setup, teardown),
	};

	return cmocka_run_group_tests_name("mgd_wrap", tests, NULL, NULL);
}
