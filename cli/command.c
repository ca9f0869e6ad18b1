/*
 * Running one typed line. See command.h.
 */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "capture.h"
#include "file.h"
#include "files.h"
#include "pager.h"
#include "pipe.h"
#include "shell.h"

enum {
	ERROR_PIECE = 1024,
};

struct cli_run {
	struct cli_pipeline pipeline;
	struct cli_pager pager;
	struct cli_capture capture; /* without a path: nothing is captured */
	int error;
};

static bool
run_text(void *context, const char *bytes, size_t length)
{
	struct cli_run *run = context;

	return cli_pipeline_feed(&run->pipeline, bytes, length, cli_pager_write, &run->pager);
}

static bool
run_output(void *context, const char *bytes, size_t length)
{
	struct cli_run *run = context;

	return run->capture.path.length > 0 ? cli_capture_feed(&run->capture, bytes, length, run_text, run) :
	                                      run_text(run, bytes, length);
}

static void
run_error(void *context, const char *bytes, size_t length)
{
	const struct cli_run *run = context;
	unsigned char before = 0;
	char piece[ERROR_PIECE];

	while (length > 0) {
		const size_t part = length < sizeof(piece) ? length : sizeof(piece);

		memcpy(piece, bytes, part);
		cli_clean(piece, part, &before);
		const ssize_t written = write(run->error, piece, part);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return;
		}
		bytes += written;
		length -= (size_t)written;
	}
}

/* A filter that is wrong: said as the gateway says what is wrong with a command. */
static void
run_refuse(struct cli_run *run, const struct cli_place *place, const char *line, size_t column,
    const struct text *error)
{
	struct text message = TEXT_EMPTY;

	if (place->indent == IPC_INDENT_ECHO) {
		text_printf(&message, "%s\n", line);
	} else {
		text_append_repeated(&message, ' ', place->indent);
	}
	for (size_t i = 0; i < column; i++) {
		text_append(&message, ((unsigned char)line[i] & 0xc0) == 0x80 ? "" : " ");
	}
	text_printf(&message, "^\n%s\n", text_string(error));
	run_error(run, text_string(&message), message.length);
	text_release(&message);
}

static bool
save_output(void *context, const char *bytes, size_t length)
{
	text_append_bytes(context, bytes, length);
	return !text_failed(context);
}

static void
save_error(void *context, const char *bytes, size_t length)
{
	(void)context;
	run_error(&(struct cli_run){.error = STDERR_FILENO}, bytes, length);
}

/* What `show` prints goes to a file. */
static enum cli_result
run_save(struct cli_session *session, const struct cli_place *place, const char *words)
{
	struct text content = TEXT_EMPTY;
	struct text said = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	const struct ipc_command command = {.line = "show", .indent = IPC_INDENT_ECHO};
	const struct cli_receiver receiver = {
	    .context = &content,
	    .output = save_output,
	    .error = save_error,
	    .interrupt = place->interrupt,
	};
	struct cli_run run = {.error = place->error};
	enum cli_result result = cli_session_run(session, &command, &receiver);

	if (result == CLI_OK && text_failed(&content)) {
		text_append(&error, "out of memory");
	} else if (result == CLI_OK && cli_files_write(words, &content, &said, &error)) {
		(void)!write(place->output, text_string(&said), said.length);
	}
	if (error.length > 0) {
		text_append_char(&error, '\n');
		run_error(&run, "error: ", strlen("error: "));
		run_error(&run, text_string(&error), error.length);
		result = CLI_FAILED;
	}
	text_release(&content);
	text_release(&said);
	text_release(&error);
	return result;
}

/* What a load command loads goes ahead of it. */
static enum cli_result
send_content(struct cli_session *session, const struct cli_place *place, const char *line)
{
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct cli_run run = {.error = place->error};
	enum cli_result result = CLI_OK;

	if (!cli_files_read(line, place->keys >= 0 ? place->output : -1, &content, &error)) {
		text_append_char(&error, '\n');
		run_error(&run, "error: ", strlen("error: "));
		run_error(&run, text_string(&error), error.length);
		result = CLI_FAILED;
	} else if (!cli_session_content(session, text_string(&content), content.length)) {
		result = CLI_LOST;
	}
	text_release(&content);
	text_release(&error);
	return result;
}

/* The command again, behind what it asks for. */
static enum cli_result
run_with_answer(struct cli_session *session, const struct cli_place *place, const struct ipc_command *command,
    const struct cli_receiver *receiver)
{
	const struct ipc_done *asks = cli_session_prompt(session);
	struct cli_run run = {.error = place->error};
	struct text answer = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	enum cli_result result = CLI_FAILED;

	if (asks->status == IPC_DONE_QUESTION) {
		text_append(&answer, cli_ask_question(place->keys, place->output, asks->question) ? "yes" : "no");
	} else {
		(void)!cli_ask_secret(place->keys, place->output, &answer, &error);
	}
	if (error.length > 0 || text_failed(&answer)) {
		text_append(&error, error.length > 0 ? "\n" : "out of memory\n");
		run_error(&run, "error: ", strlen("error: "));
		run_error(&run, text_string(&error), error.length);
	} else if (!cli_session_content(session, text_string(&answer), answer.length)) {
		result = CLI_LOST;
	} else {
		result = cli_session_run(session, command, receiver);
	}
	cli_ask_forget(&answer);
	text_release(&error);
	return result;
}

/* In configuration mode such commands stand behind run. */
static bool
is_about_files(const struct cli_session *session, const char *line)
{
	const bool configures = cli_session_prompt(session)->mode == IPC_MODE_CONFIGURE;

	return cli_file_command(line) != NULL && (!configures || strncmp(line + strspn(line, " \t"), "ru", 2) == 0);
}

/* The gateway has taken the command: now it is done here, by the rights of whoever typed it. */
static enum cli_result
run_file(struct cli_run *run, const struct cli_place *place, const char *line)
{
	struct text error = TEXT_EMPTY;
	const bool good = cli_shell_wanted(line) ? cli_shell_run(place->keys, &error) :
	    cli_capture_reads(line)              ? cli_capture_show(line, place->interrupt, run_text, run, &error) :
	                                           cli_file_run(cli_file_command(line), run_output, run, &error);

	if (error.length > 0) {
		text_append_char(&error, '\n');
		run_error(run, "error: ", strlen("error: "));
		run_error(run, text_string(&error), error.length);
	}
	text_release(&error);
	return good ? CLI_OK : CLI_FAILED;
}

/* What the gateway gets; of its logs it shows itself. NULL: no memory. */
static char *
line_of(const struct cli_session *session, struct cli_pipeline *pipeline)
{
	struct text instead = TEXT_EMPTY;
	char *line = text_take(&pipeline->command);

	if (line != NULL && is_about_files(session, line) && cli_file_log(cli_file_command(line), &instead)) {
		const bool configures = cli_session_prompt(session)->mode == IPC_MODE_CONFIGURE;

		text_clear(&pipeline->command);
		text_printf(&pipeline->command, "%s%s", configures ? "run " : "", text_string(&instead));
		free(line);
		line = text_take(&pipeline->command);
	}
	text_release(&instead);
	return line;
}

/* False: a filter is wrong, which was told. */
static bool
run_start(struct cli_run *run, const struct cli_place *place, const char *line)
{
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	if (!cli_pipeline_parse(&run->pipeline, line, &column, &error)) {
		run_refuse(run, place, line, column, &error);
		text_release(&error);
		return false;
	}
	cli_pager_start(&run->pager, place->output, run->pipeline.no_more || run->pipeline.refresh > 0 ? -1 : place->keys);
	if (place->settings != NULL) {
		cli_pager_resize(&run->pager, place->settings->length_set ? place->settings->length : run->pager.rows,
		    place->settings->width_set ? place->settings->width : run->pager.columns);
	}
	return true;
}

/* Asks the gateway, and does what it leaves to us. */
static enum cli_result
run_line(struct cli_run *run, struct cli_session *session, const struct cli_place *place, const char *line)
{
	const struct ipc_command command = {.line = line, .width = place->width, .indent = place->indent};
	const struct cli_receiver receiver = {
	    .context = run,
	    .output = run_output,
	    .error = run_error,
	    .interrupt = place->interrupt,
	};
	enum cli_result result = cli_session_run(session, &command, &receiver);

	if (result == CLI_ASKS) {
		result = run_with_answer(session, place, &command, &receiver);
	}
	if (result == CLI_OK && (is_about_files(session, line) || cli_capture_reads(line) || cli_shell_wanted(line))) {
		result = run_file(run, place, line);
	}
	return result;
}

/* The same, with the file that the packets of the line go to, if it names one. */
static enum cli_result
run_captured(struct cli_run *run, struct cli_session *session, const struct cli_place *place, const char *line)
{
	struct text said = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	enum cli_result result = CLI_FAILED;

	if (cli_capture_start(&run->capture, line, &error) || error.length == 0) {
		result = run_line(run, session, place, line);
		if (run->capture.path.length > 0 && cli_capture_end(&run->capture, &said, &error)) {
			(void)run_text(run, text_string(&said), said.length);
		}
	}
	if (error.length > 0) {
		text_append_char(&error, '\n');
		run_error(run, "error: ", strlen("error: "));
		run_error(run, text_string(&error), error.length);
		result = result == CLI_OK ? CLI_FAILED : result;
	}
	cli_capture_release(&run->capture);
	text_release(&said);
	text_release(&error);
	return result;
}

/* What the filters hold still, and what went wrong here. */
static enum cli_result
run_end(struct cli_run *run, enum cli_result result)
{
	run->pipeline.refused = result == CLI_FAILED || result == CLI_LOST;
	cli_pipeline_end(&run->pipeline, cli_pager_write, &run->pager);
	cli_pager_end(&run->pager, run->pipeline.hold);
	if (run->pipeline.problem.length > 0) {
		run_error(run, text_string(&run->pipeline.problem), run->pipeline.problem.length);
		result = result == CLI_OK ? CLI_FAILED : result;
	}
	if (run->pipeline.failed) {
		static const char memory[] = "out of memory: the output is not whole\n";

		run_error(run, memory, strlen(memory));
		result = result == CLI_OK ? CLI_FAILED : result;
	}
	return run->pager.failed && result == CLI_OK ? CLI_FAILED : result;
}

enum cli_result
cli_command_run(struct cli_session *session, const struct cli_place *place, const char *line)
{
	struct cli_run run = {.error = place->error};
	const bool configures = cli_session_prompt(session)->mode == IPC_MODE_CONFIGURE;
	const char *words = configures ? cli_files_command(line, "save", 2) : NULL;

	if (words != NULL && *words != '\0' && *words != '?') {
		return run_save(session, place, words);
	}
	if (configures && cli_files_command(line, "load", 2) != NULL) {
		const enum cli_result sent = send_content(session, place, line);

		if (sent != CLI_OK) {
			return sent;
		}
	}
	if (!run_start(&run, place, line)) {
		return CLI_FAILED;
	}
	char *rest = line_of(session, &run.pipeline);

	run.pipeline.failed |= rest == NULL;
	const enum cli_result result =
	    run_end(&run, rest == NULL ? CLI_FAILED : run_captured(&run, session, place, rest));

	free(rest);
	cli_pipeline_release(&run.pipeline);
	return result;
}
