/*
 * What the command line does with files of its user: which lines are about them, and what becomes of them, in a folder of the
 * test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"

static bool
take(void *context, const char *bytes, size_t length)
{
	text_append_bytes(context, bytes, length);
	return true;
}

/* What the command says; `error` is a part of the sentence when it must fail, else NULL. */
static void
expect(const char *command, const char *output, const char *error)
{
	struct text said = TEXT_EMPTY;
	struct text wrong = TEXT_EMPTY;
	const bool good = cli_file_run(command, take, &said, &wrong);

	if (good != (error == NULL) || (error != NULL && strstr(text_string(&wrong), error) == NULL)) {
		fail_msg("%s: %s", command, text_string(&wrong));
	}
	if (output != NULL) {
		assert_string_equal(text_string(&said), output);
	}
	text_release(&said);
	text_release(&wrong);
}

static void
write_file(const char *name, const char *content)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
test_lines(void **state)
{
	struct text instead = TEXT_EMPTY;

	(void)state;
	assert_string_equal(cli_file_command("file list /tmp"), "list /tmp");
	assert_string_equal(cli_file_command("  fil  show x"), "show x");
	assert_string_equal(cli_file_command("run file delete x"), "delete x");
	assert_null(cli_file_command("show version"));
	assert_null(cli_file_command("filet list"));
	assert_null(cli_file_command(""));
	assert_true(cli_file_log("show /var/log/messages", &instead));
	assert_string_equal(text_string(&instead), "show log messages");
	text_clear(&instead);
	assert_true(cli_file_log("list /var/log", &instead));
	assert_string_equal(text_string(&instead), "show log");
	text_clear(&instead);
	assert_false(cli_file_log("delete /var/log/messages", &instead));
	assert_false(cli_file_log("show /var/logs", &instead));
	assert_false(cli_file_log("show /var/log", &instead));
	assert_false(cli_file_log("show x /var/log/y", &instead));
	assert_int_equal(instead.length, 0);
	text_release(&instead);
}

static void
test_files(void **state)
{
	struct stat status;
	char where[512];
	char wanted[600];
	char inside[600];

	(void)state;
	write_file("one", "a\nb\n");
	write_file("with blank", "a\nc\n");
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_non_null(getcwd(where, sizeof(where)));
	(void)snprintf(wanted, sizeof(wanted), "\n%s/:\nfolder/\none\nwith blank\n", where);
	expect("list", wanted, NULL);
	expect("list .", wanted, NULL);
	expect("list one", "one\n", NULL);
	expect("list none", "", "none: No such file");
	expect("show one", "a\nb\n", NULL);
	expect("show \"with blank\"", "a\nc\n", NULL);
	expect("show folder", "", "not a file");
	expect("compare files - one", NULL, "could not be compared"); /* and waits for nobody's typing */
	write_file("folder/inside", "a\n");
	assert_int_equal(rename("folder", "d"), 0);
	(void)snprintf(inside, sizeof(inside), "\n%s/d/:\ninside\n", where);
	expect("list d", inside, NULL);
	assert_int_equal(unlink("d/inside"), 0);
	assert_int_equal(rename("d", "folder"), 0);
	expect("compare files one \"with blank\"", "2c2\n< b\n---\n> c\n", NULL);
	expect("compare files one one", "", NULL);
	expect("compare files one none", NULL, "could not be compared");
	expect("copy one two", "", NULL);
	expect("show two", "a\nb\n", NULL);
	assert_int_equal(stat("two", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	/* A copy that cannot be made leaves what was there, and nothing else. */
	expect("copy none two", "", "none: ");
	expect("copy one none/two", "", "none/two: ");
	expect("show two", "a\nb\n", NULL);
	expect("rename two three", "", NULL);
	expect("list two", "", "two: ");
	expect("delete three", "", NULL);
	expect("delete three", "", "three: ");
	expect("delete folder", "", "folder: ");
	expect("list -l", "", "-l: No such file");
	expect("copy one", "", "names of files are expected");
	expect("c one two", "", "names of files are expected"); /* compare or copy */
	expect("list", wanted, NULL);
}

/* cs10187: folders in folders are listed as they are, each by itself. */
static void
test_nested_folders(void **state)
{
	char where[512];
	char wanted[600];

	(void)state;
	assert_non_null(getcwd(where, sizeof(where)));
	assert_int_equal(mkdir("folder/sub", 0700), 0);
	assert_int_equal(mkdir("folder/sub/deepest", 0700), 0);
	assert_int_equal(mkdir("folder/empty", 0700), 0);
	write_file("folder/a", "a\n");
	write_file("folder/sub/b", "b\n");
	(void)snprintf(wanted, sizeof(wanted), "\n%s/folder/:\na\nempty/\nsub/\n", where);
	expect("list folder", wanted, NULL);
	expect("list folder/", wanted, NULL);
	(void)snprintf(wanted, sizeof(wanted), "\n%s/folder/sub/:\nb\ndeepest/\n", where);
	expect("list folder/sub", wanted, NULL);
	(void)snprintf(wanted, sizeof(wanted), "\n%s/folder/sub/deepest/:\n", where);
	expect("list folder/sub/deepest", wanted, NULL);
	expect("list folder/sub/b", "folder/sub/b\n", NULL);
	assert_int_equal(unlink("folder/sub/b") | unlink("folder/a") | rmdir("folder/sub/deepest") | rmdir("folder/sub") | rmdir("folder/empty"), 0);
}

/* A name is no order to the terminal: octets below a blank, DEL, and C1 by itself or in UTF-8. */
static void
test_names(void **state)
{
	static const struct {
		const char *name;
		const char *shown;
	} rows[] = {
	    {"\033]0;title\007", "?]0;title?\n"},
	    {"a\nb\tc\177", "a?b?c?\n"},
	    {"\2332J", "?2J\n"},
	    {"\xc2\x9b"
	     "2J",
	        "??2J\n"},
	    {"\xc3\x9c" /* U+00DC */ "ber", "\xc3\x9c" "ber\n"},
	    {"\xe2\x82\x80\xe2\x80\x93", "\xe2\x82\x80\xe2\x80\x93\n"},
	};
	char command[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(rows[i].name, "");
		(void)snprintf(command, sizeof(command), "list \"%s\"", rows[i].name);
		expect(command, rows[i].shown, NULL);
		assert_int_equal(unlink(rows[i].name), 0);
	}
}

static int
enter(void **state)
{
	static char folder[] = "/tmp/cli-file-XXXXXX";

	*state = mkdtemp(folder);
	return *state == NULL ? -1 : chdir(folder);
}

static int
leave(void **state)
{
	static const char *const names[] = {"one", "with blank"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)unlink(names[i]);
	}
	(void)rmdir("folder");
	return chdir("/") != 0 || rmdir(*state) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_nested_folders),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
