/*
 * Fuzz target: the command line's way. The first octet chooses: o a line of operational mode, c one of configuration mode,
 * p a typed line with filters and, behind a newline, the text for them; else octets of an operational tree, whose
 * rendering in each form must not hold what moves a terminal's cursor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/op.h"
#include "house.h"
#include "pipe.h"
#include "target.h"

static const struct op_table *
the_table(void)
{
	static struct op_table *table;

	if (table == NULL) {
		table = op_table_create(fuzz_schema());
	}
	if (table == NULL) {
		abort();
	}
	return table;
}

static struct conf_editor *
the_editor(void)
{
	static struct conf_editor editor;
	static const char configuration[] = "set interfaces ge-0/0/1 unit 2 family inet address 10.0.0.1/24\n"
					    "set security zones security-zone a interfaces ge-0/0/1.2\n"
					    "set security policies from-zone a to-zone a policy p match source-address any\n";
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	if (editor.tree == NULL) {
		editor.tree = fuzz_tree();
		if (editor.tree == NULL ||
		    !conf_load(editor.tree, CONF_FORMAT_SET, NULL, configuration, strlen(configuration), &list)) {
			abort();
		}
		diagnostics_release(&list);
	}
	return &editor;
}

static void
count(void *context, const struct conf_candidate *candidate)
{
	size_t *candidates = context;

	if (candidate->word == NULL || candidate->help == NULL) {
		abort();
	}
	(*candidates)++;
}

static void
run_line(enum op_mode mode, const char *line)
{
	struct op_command command;
	struct op_error error;
	struct text out = TEXT_EMPTY;
	size_t candidates = 0;

	if (op_parse(the_table(), mode, line, &command, &error)) {
		if (command.rpc != NULL && strcmp(command.request.root->name, command.rpc->name) != 0) {
			abort();
		}
		op_command_release(&command);
	} else {
		if (error.message.length == 0 || error.column > strlen(line)) {
			abort(); /* refused without a place or a reason */
		}
		op_error_render(&error, line, 0, &out);
	}
	op_error_release(&error);
	text_release(&out);
	op_complete(the_table(), mode, the_editor(), line, count, &candidates);
}

static bool
measure(void *context, const char *bytes, size_t length)
{
	size_t *total = context;

	(void)bytes;
	*total += length;
	return true;
}

/* Lines go to a device instead of the file that the input names: to one that takes all, or to one that is always full. */
static bool
divert_files(struct cli_pipeline *pipeline)
{
	bool diverted = false;

	for (size_t i = 0; i < pipeline->filter_count; i++) {
		struct cli_pipe_file *file = &pipeline->filters[i].file;

		if (file->path == NULL) {
			continue;
		}
		const bool full = strlen(file->path) % 2 != 0;

		file->file = fopen(full ? "/dev/full" : "/dev/null", "w");
		if (file->file == NULL) {
			abort();
		}
		diverted = true;
	}
	return diverted;
}

static void
run_pipe(char *line)
{
	struct cli_pipeline pipeline;
	struct text error = TEXT_EMPTY;
	size_t column = 0;
	size_t total = 0;
	char *text = strchr(line, '\n');

	if (text != NULL) {
		*text++ = '\0';
	}
	if (cli_pipeline_parse(&pipeline, line, &column, &error)) {
		if (pipeline.command.length > strlen(line)) {
			abort();
		}
		const bool files = divert_files(&pipeline);

		if (text != NULL && !cli_pipeline_feed(&pipeline, text, strlen(text), measure, &total) && !files) {
			abort(); /* nobody said that it was enough */
		}
		cli_pipeline_end(&pipeline, measure, &total);
		cli_pipeline_release(&pipeline);
	} else if (error.length == 0 || column > strlen(line)) {
		abort();
	}
	text_release(&error);
}

static void
render(const struct op_rpc *rpc, const struct op_tree *tree, enum op_format format)
{
	struct op_renderer renderer;
	struct text out = TEXT_EMPTY;

	op_renderer_start(&renderer, rpc, NULL, format, &out);
	op_renderer_add(&renderer, tree, &out);
	op_renderer_add(&renderer, tree, &out);
	op_renderer_end(&renderer, &out);
	for (size_t i = 0; i < out.length; i++) {
		if (out.bytes[i] == '\x1b' || out.bytes[i] == '\b' || out.bytes[i] == '\r') {
			abort();
		}
	}
	text_release(&out);
}

static void
run_tree(const uint8_t *bytes, size_t length)
{
	struct reader reader = reader_over(bytes, length);
	struct op_tree tree;
	size_t rpcs = 0;
	const struct op_rpc *rpc = op_table_rpcs(the_table(), &rpcs);

	if (!op_tree_decode(&tree, &reader)) {
		return;
	}
	uint8_t *again = malloc(tree.size);
	struct writer writer = writer_over(again, tree.size);

	op_tree_encode(&tree, &writer);
	if (writer_failed(&writer) || memcmp(again, bytes, tree.size) != 0) {
		abort();
	}
	free(again);
	for (size_t i = 0; i < rpcs; i++) {
		if (rpc[i].root != NULL && strcmp(rpc[i].root, tree.root->name) == 0) {
			render(&rpc[i], &tree, OP_FORMAT_TEXT);
			render(&rpc[i], &tree, OP_FORMAT_XML);
			render(&rpc[i], &tree, OP_FORMAT_JSON);
		}
	}
	op_tree_release(&tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (length == 0) {
		return 0;
	}
	if (strchr("ocp", bytes[0]) == NULL || bytes[0] == '\0') {
		run_tree(bytes, length);
		return 0;
	}
	char *line = strndup((const char *)bytes + 1, length - 1);

	if (line == NULL) {
		abort();
	}
	if (bytes[0] == 'p') {
		run_pipe(line);
	} else {
		run_line(bytes[0] == 'o' ? OP_MODE_OPERATIONAL : OP_MODE_CONFIGURATION, line);
	}
	free(line);
	return 0;
}
