/*
 * The supervisor's roster: what was written is read, whatever a daemon said of its failure, and a bad file gives nothing bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/roster.h"

static int
make_folder(void **state)
{
	char *folder = strdup("/tmp/sallyport-roster-XXXXXX");

	if (folder == NULL || mkdtemp(folder) == NULL) {
		free(folder);
		return -1;
	}
	*state = folder;
	return chdir(folder);
}

static int
remove_folder(void **state)
{
	(void)unlink("daemons");
	(void)unlink("daemons.new");
	const int status = chdir("/") == 0 ? rmdir(*state) : -1;

	free(*state);
	return status;
}

static void
write_file(const char *content)
{
	FILE *file = fopen("daemons", "we");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
both_ways(void **state)
{
	struct roster_entry written[3] = {
	    {.name = "flowd", .state = ROSTER_WAITING, .failure = "refused to start: /etc/x:3: 'a b'\nand more"},
	    {.name = "mgd", .state = ROSTER_RUNNING},
	    {.name = "logd", .state = ROSTER_STARTING, .failure = "was ended by signal 9 (Killed)"},
	};
	struct roster_entry read[ROSTER_MOST];
	struct stat status;

	(void)state;
	assert_true(roster_write("daemons", getegid(), written, 3));
	assert_int_equal(stat("daemons", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 3);
	assert_string_equal(read[0].name, "flowd");
	assert_int_equal(read[0].state, ROSTER_WAITING);
	assert_string_equal(read[0].failure, "refused to start: /etc/x:3: 'a b' and more");
	assert_int_equal(read[1].state, ROSTER_RUNNING);
	assert_string_equal(read[1].failure, "");
	assert_int_equal(read[2].state, ROSTER_STARTING);
	assert_ptr_equal(roster_find(read, 3, "logd"), &read[2]);
	assert_null(roster_find(read, 3, "log"));
	assert_int_equal(roster_read("daemons", read, 1), 1);
}

/* As long as there is room for, and it comes back whole. */
static void
longest(void **state)
{
	struct roster_entry written[2] = {{.name = "abcdefghijklmno", .state = ROSTER_STARTING}, {.name = "mgd"}};
	struct roster_entry read[ROSTER_MOST];

	(void)state;
	memset(written[0].failure, 'x', sizeof(written[0].failure) - 1);
	assert_true(roster_write("daemons", getegid(), written, 2));
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 2);
	assert_string_equal(read[0].failure, written[0].failure);
	assert_string_equal(read[1].name, "mgd");
}

static void
bad_files(void **state)
{
	struct roster_entry read[ROSTER_MOST];

	(void)state;
	(void)unlink("daemons");
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 0);
	write_file("");
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 0);
	write_file("\n \nmgd\nmgd walking\n running\nabcdefghijklmnop running\nlogd running\nprobed starting");
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 2);
	assert_string_equal(read[0].name, "logd");
	assert_string_equal(read[1].name, "probed");
}

/* Where it cannot be replaced the former one stands. */
static void
kept(void **state)
{
	const struct roster_entry entry = {.name = "mgd", .state = ROSTER_RUNNING};
	struct roster_entry read[ROSTER_MOST];

	(void)state;
	assert_false(roster_write("nowhere/daemons", getegid(), &entry, 1));
	write_file("logd running\n");
	assert_int_equal(mkdir("daemons.new", 0700), 0);
	assert_false(roster_write("daemons", getegid(), &entry, 1));
	assert_int_equal(rmdir("daemons.new"), 0);
	assert_int_equal(roster_read("daemons", read, ROSTER_MOST), 1);
	assert_string_equal(read[0].name, "logd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ways),
	    cmocka_unit_test(longest),
	    cmocka_unit_test(bad_files),
	    cmocka_unit_test(kept),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
