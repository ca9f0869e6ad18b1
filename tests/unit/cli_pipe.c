/*
 * The command line's filters on text, and what keys complete to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "candidates.h"
#include "pager.h"
#include "pipe.h"

static bool
collect(void *context, const char *bytes, size_t length)
{
	text_append_bytes(context, bytes, length);
	return true;
}

/* Feeds `input` octet by octet, so that every cut of a line is tried. */
static void
expect(const char *line, const char *command, const char *input, const char *output)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	struct text out = TEXT_EMPTY;
	size_t column = 0;

	assert_true(cli_pipeline_parse(&pipeline, line, &column, &error));
	assert_string_equal(text_string(&pipeline.command), command);
	for (size_t i = 0; input[i] != '\0'; i++) {
		assert_true(cli_pipeline_feed(&pipeline, input + i, 1, collect, &out));
	}
	cli_pipeline_end(&pipeline, collect, &out);
	assert_false(pipeline.failed);
	assert_string_equal(text_string(&out), output);
	cli_pipeline_release(&pipeline);
	text_release(&out);
	text_release(&error);
}

static void
expect_refused(const char *line, size_t column, const char *part)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	size_t at = 0;

	assert_false(cli_pipeline_parse(&pipeline, line, &at, &error));
	assert_int_equal(at, column);
	assert_non_null(strstr(text_string(&error), part));
	text_release(&error);
}

#define FRUIT "apple\nBanana\ncherry\napple pie\n"

static void
test_filters(void **state)
{
	(void)state;
	expect("show x", "show x", FRUIT, FRUIT);
	expect("show x | match apple", "show x", FRUIT, "apple\napple pie\n");
	expect("show x | match BANANA", "show x", FRUIT, "Banana\n");
	expect("show x | except an", "show x", FRUIT, "apple\ncherry\napple pie\n");
	expect("show x | find cherry", "show x", FRUIT, "cherry\napple pie\n");
	expect("show x | last 1", "show x", FRUIT, "apple pie\n");
	expect("show x | last 100", "show x", FRUIT, FRUIT);
	expect("show x | count", "show x", FRUIT, "Count: 4 lines\n");
	expect("show x | count", "show x", "", "Count: 0 lines\n");
	expect("show x | no-more", "show x", FRUIT, FRUIT);
	expect("show x | match \"^(apple|cherry)$\"", "show x", FRUIT, "apple\ncherry\n");
}

static void
test_trim(void **state)
{
	(void)state;
	expect("show x | trim 2", "show x", FRUIT, "ple\nnana\nerry\nple pie\n");
	expect("show x | trim 100 | count", "show x", FRUIT, "Count: 4 lines\n");
	expect("show x | match apple | trim 5", "show x", FRUIT, "\n pie\n");
	/* Columns are characters, not octets. */
	expect("show x | trim 2", "show x", "\xc3\xa4\xc3\xb6u\n", "u\n");
	expect_refused("show x | trim 0", 14, "1..65535");
	expect_refused("show x | trim two", 14, "1..65535");
}

static void
expect_file(const char *path, const char *content)
{
	char line[256];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	const size_t length = fread(line, 1, sizeof(line) - 1, file);

	line[length] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_string_equal(line, content);
}

static void
test_files(void **state)
{
	char directory[] = "/tmp/cli_pipe.XXXXXX";
	struct text path = TEXT_EMPTY;
	struct text said = TEXT_EMPTY;

	(void)state;
	assert_non_null(mkdtemp(directory));
	text_printf(&path, "%s/fruit", directory);
	text_printf(&said, "Wrote 2 lines of output to '%s'\n", text_string(&path));
	struct text line = TEXT_EMPTY;

	text_printf(&line, "show x | match apple | save %s", text_string(&path));
	expect(text_string(&line), "show x", FRUIT, text_string(&said));
	expect_file(text_string(&path), "apple\napple pie\n");
	/* It takes the place of what was there; append does not. */
	expect(text_string(&line), "show x", FRUIT, text_string(&said));
	expect_file(text_string(&path), "apple\napple pie\n");
	text_clear(&line);
	text_clear(&said);
	text_printf(&said, "Wrote 1 line of output to '%s'\n", text_string(&path));
	text_printf(&line, "show x | count | append \"%s\"", text_string(&path));
	expect(text_string(&line), "show x", FRUIT, text_string(&said));
	expect_file(text_string(&path), "apple\napple pie\nCount: 4 lines\n");
	text_clear(&line);
	text_printf(&line, "show x | last 1 | tee %s | trim 6", text_string(&path));
	expect(text_string(&line), "show x", FRUIT, "pie\n");
	expect_file(text_string(&path), "apple pie\n");
	assert_int_equal(remove(text_string(&path)), 0);
	assert_int_equal(remove(directory), 0);
	expect_refused("show x | save", 13, "name of a file");
	text_release(&line);
	text_release(&path);
	text_release(&said);
}

/* A file that cannot be written is told; a command that failed leaves files as they are. */
static void
test_files_refused(void **state)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	struct text out = TEXT_EMPTY;
	size_t column = 0;

	(void)state;
	assert_true(cli_pipeline_parse(&pipeline, "show x | save /nowhere/at/all", &column, &error));
	assert_false(cli_pipeline_feed(&pipeline, "a\n", 2, collect, &out));
	cli_pipeline_end(&pipeline, collect, &out);
	assert_non_null(strstr(text_string(&pipeline.problem), "error: '/nowhere/at/all' cannot be written: No such file"));
	assert_int_equal(out.length, 0);
	cli_pipeline_release(&pipeline);
	assert_true(cli_pipeline_parse(&pipeline, "show x | save /nowhere/at/all", &column, &error));
	pipeline.refused = true;
	cli_pipeline_end(&pipeline, collect, &out);
	assert_int_equal(pipeline.problem.length, 0);
	cli_pipeline_release(&pipeline);
	assert_true(cli_pipeline_parse(&pipeline, "show x | save /dev/null", &column, &error));
	cli_pipeline_end(&pipeline, collect, &out);
	assert_non_null(strstr(text_string(&pipeline.problem), "is no plain file"));
	cli_pipeline_release(&pipeline);
	text_release(&error);
	text_release(&out);
}

static void
test_whole_output(void **state)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	(void)state;
	assert_true(cli_pipeline_parse(&pipeline, "show x | refresh 5 | match a | hold", &column, &error));
	assert_int_equal(pipeline.refresh, 5);
	assert_true(pipeline.hold);
	assert_false(pipeline.no_more);
	assert_int_equal(pipeline.filter_count, 1);
	cli_pipeline_release(&pipeline);
	expect_refused("show x | refresh 0", 17, "seconds in 1..604800");
	expect_refused("show x | refresh", 16, "seconds in 1..604800");
	expect_refused("show x | hold 3", 14, "hold takes nothing");
	/* t begins tee and trim: then it is the gateway's to say so. */
	assert_true(cli_pipeline_parse(&pipeline, "show x | t 3", &column, &error));
	assert_string_equal(text_string(&pipeline.command), "show x | t 3");
	cli_pipeline_release(&pipeline);
	text_release(&error);
}

static void
test_chains(void **state)
{
	(void)state;
	expect("show x | match apple | count", "show x", FRUIT, "Count: 2 lines\n");
	expect("show x | last 2 | match pie", "show x", FRUIT, "apple pie\n");
	expect("show x | last 2 | last 1 | no-more", "show x", FRUIT, "apple pie\n");
	expect("show x | ma apple | exc pie | cou", "show x", FRUIT, "Count: 1 lines\n");
}

/* The last line of an output may lack its newline. */
static void
test_unended_line(void **state)
{
	(void)state;
	expect("x | match b", "x", "a\nb", "b\n");
	expect("x | count", "x", "a\nb", "Count: 2 lines\n");
}

/* What is mgd's goes to mgd, wherever it stands; quotes protect a bar. */
static void
test_what_is_not_ours(void **state)
{
	(void)state;
	expect("show | compare", "show | compare", "a\n", "a\n");
	expect("show | display set | match a", "show | display set", "a\nb\n", "a\n");
	expect("show | match a | display set", "show           | display set", "a\nb\n", "a\n");
	expect("show | compare rollback 1 | count", "show | compare rollback 1", "a\n", "Count: 1 lines\n");
	expect("set x \"a | match b\"", "set x \"a | match b\"", "ok\n", "ok\n");
	expect("set x \"a \\\" | match b\"", "set x \"a \\\" | match b\"", "ok\n", "ok\n");
	expect("show | c x", "show | c x", "a\n", "a\n"); /* count or compare: mgd says so */
	expect("show |", "show |", "a\n", "a\n");
	expect("show | nonsense", "show | nonsense", "a\n", "a\n");
}

static void
test_quoted_patterns(void **state)
{
	(void)state;
	expect("x | match \"a b\"", "x", "a b\nab\n", "a b\n");
	expect("x | match a b", "x", "a b\nab\n", "a b\n");
	expect("x | match \"10\\.0\"", "x", "10.0\n1030\n", "10.0\n");
	expect("x | match \"say \\\"hi\\\"\"", "x", "say \"hi\"\nsay hi\n", "say \"hi\"\n");
}

static void
test_refused(void **state)
{
	char line[400] = "x | match ";

	(void)state;
	expect_refused("show x | match", 14, "pattern must follow");
	expect_refused("show x | match \"(\"", 15, "no regular expression");
	expect_refused("show x | last 0", 14, "1..100000");
	expect_refused("show x | last 100001", 14, "1..100000");
	expect_refused("show x | last many", 14, "1..100000");
	expect_refused("show x | count this", 15, "takes nothing");
	expect_refused("x | match \"(a)\\1\"", 10, "refer back");
	expect_refused("x | match a{9}{9}", 10, "repeat a repetition");
	expect_refused("x | match a++", 10, "repeat a repetition");
	expect_refused("x | match a{2}b{2}", 10, "one repetition count");
	expect_refused("x | match a{1,300}", 10, "one repetition count");
	expect_refused("x | match (((((a)))))", 10, "four groups");
	expect_refused("x | match ([[:digit:])](([[:digit:])](((a", 10, "four groups");
	expect_refused("x|count|count|count|count|count|count|count|count|count", 55, "more than 8");
	memset(line + 10, 'a', 256);
	expect_refused(line, 10, "longer than 255");
}

/* What looks like a repetition, a group or a reference and is none. */
static void
test_harmless_patterns(void **state)
{
	(void)state;
	expect("x | match \"a+5+\"", "x", "aa55\nab\n", "aa55\n");
	expect("x | match \"[+*{(]{2}x?\"", "x", "+*x\n+x\n", "+*x\n");
	expect("x | match \"\\+\\+[]({]\"", "x", "++]\n+\n", "++]\n");
	expect("x | match \"(a)(b)(c)(d)(e)(f)\"", "x", "abcdef\nabc\n", "abcdef\n");
	expect("x | match \"[[:digit:]]+[.]\"", "x", "10.\nx.\n", "10.\n");
}

/* Nothing that a stranger sent moves a terminal's cursor: C0, DEL and the C1 that hide in UTF-8, also across a cut. */
static void
test_clean(void **state)
{
	char whole[] = "a\tb\n\x1b[2J\x07\r\x7f\xc3\xa4\xc2\xa0\xc2\x9b" "1m";
	char first[] = "\xc2";
	char second[] = "\x9b" "1m";
	unsigned char before = 0;

	(void)state;
	cli_clean(whole, strlen(whole), &before);
	assert_string_equal(whole, "a\tb\n?[2J???\xc3\xa4\xc2\xa0\xc2\xbf" "1m");
	before = 0;
	cli_clean(first, 1, &before);
	cli_clean(second, 3, &before);
	assert_string_equal(second, "\xbf" "1m");
}

/* A sink that wants no more ends the feeding. */
static bool
refuse(void *context, const char *bytes, size_t length)
{
	unsigned *calls = context;

	(void)bytes;
	(void)length;
	(*calls)++;
	return false;
}

static void
test_sink_ends_it(void **state)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	size_t column = 0;
	unsigned calls = 0;

	(void)state;
	assert_true(cli_pipeline_parse(&pipeline, "x | match a", &column, &error));
	assert_false(cli_pipeline_feed(&pipeline, "a\na\na\n", 6, refuse, &calls));
	assert_int_equal(calls, 1);
	cli_pipeline_release(&pipeline);
	text_release(&error);
}

static struct ipc_candidates
candidates(void)
{
	struct ipc_candidates list = IPC_CANDIDATES_EMPTY;

	ipc_candidates_add(&list, IPC_CANDIDATE_ENTER, "", "Execute this command");
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "source-prefix", "From here");
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "source-port", "From this port");
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "protocol", "A protocol");
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "|", "Pipe through a filter");
	return list;
}

static void
expect_completion(const struct ipc_candidates *list, const char *typed, enum ipc_complete_reason reason,
    enum cli_completion completion, const char *word)
{
	struct text out = TEXT_EMPTY;

	assert_int_equal(cli_candidates_complete(list, typed, reason, &out), completion);
	if (word != NULL) {
		assert_string_equal(text_string(&out), word);
	}
	text_release(&out);
}

static void
test_completion(void **state)
{
	struct ipc_candidates list = candidates();

	(void)state;
	expect_completion(&list, "p", IPC_COMPLETE_SPACE, CLI_COMPLETE_WORD, "protocol");
	expect_completion(&list, "source-po", IPC_COMPLETE_TAB, CLI_COMPLETE_WORD, "source-port");
	expect_completion(&list, "s", IPC_COMPLETE_SPACE, CLI_COMPLETE_AMBIGUOUS, NULL);
	expect_completion(&list, "s", IPC_COMPLETE_TAB, CLI_COMPLETE_LONGER, "source-p");
	expect_completion(&list, "source-p", IPC_COMPLETE_TAB, CLI_COMPLETE_AMBIGUOUS, NULL);
	expect_completion(&list, "x", IPC_COMPLETE_SPACE, CLI_COMPLETE_NOTHING, NULL);
	/* Names: Tab takes them, a space leaves what may be one alone. */
	ipc_candidates_add(&list, IPC_CANDIDATE_NAME, "trust", "");
	expect_completion(&list, "t", IPC_COMPLETE_SPACE, CLI_COMPLETE_NOTHING, NULL);
	expect_completion(&list, "p", IPC_COMPLETE_SPACE, CLI_COMPLETE_NOTHING, NULL);
	expect_completion(&list, "t", IPC_COMPLETE_TAB, CLI_COMPLETE_WORD, "trust");
	ipc_candidates_release(&list);
}

static void
test_list(void **state)
{
	struct ipc_candidates list = candidates();
	struct text out = TEXT_EMPTY;

	(void)state;
	cli_candidates_list(&list, 80, &out);
	assert_string_equal(text_string(&out),
	    "Possible completions:\n"
	    "  <[Enter]>            Execute this command\n"
	    "  protocol             A protocol\n"
	    "  source-port          From this port\n"
	    "  source-prefix        From here\n"
	    "  |                    Pipe through a filter\n");
	text_release(&out);
	ipc_candidates_release(&list);
}

/* Long help goes on below itself: 80 columns leave 57 for it behind 23. */
static void
test_list_wraps(void **state)
{
	struct ipc_candidates list = IPC_CANDIDATES_EMPTY;
	struct text out = TEXT_EMPTY;

	(void)state;
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "zones",
	    "one two three four five six seven eight nine ten eleven twelve thirteen");
	cli_candidates_list(&list, 80, &out);
	assert_string_equal(text_string(&out),
	    "Possible completions:\n"
	    "  zones                one two three four five six seven eight nine ten eleven\n"
	    "                       twelve thirteen\n");
	text_release(&out);
	ipc_candidates_release(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_files_refused),
	    cmocka_unit_test(test_whole_output),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_unended_line),
	    cmocka_unit_test(test_what_is_not_ours),
	    cmocka_unit_test(test_quoted_patterns),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_harmless_patterns),
	    cmocka_unit_test(test_sink_ends_it),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_completion),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_list_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
