/*
 * The subcommand `cli`: options, and commands that come from the command line or from a file instead of a terminal.
 */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "pager.h"
#include "repeat.h"
#include "terminal.h"

#define CLI_STATE "/var/lib/sallyport"

enum cli_status {
	CLI_STATUS_OK = 0,
	CLI_STATUS_FAILED = 1,
	CLI_STATUS_UNUSABLE = 2,
};

struct cli_options {
	const char *state;
	char **commands; /* of -c, borrowed */
	size_t command_count;
	bool help;
};

static void
cli_usage(FILE *to)
{
	fputs("usage: sallyport cli [--state DIR] [-c COMMAND]...\n\n"
	      "The command line of a gateway that runs. Without -c it reads commands from the terminal (? helps there) or,\n"
	      "line by line, from standard input.\n\n"
	      "  --state DIR   the gateway's state directory (default " CLI_STATE ")\n"
	      "  -c COMMAND    run this command and leave; may be given many times: -c configure -c 'set ...' -c commit\n\n"
	      "Exit status: 0 all went well, 1 a command failed, 2 bad usage or no gateway. A command that fails in\n"
	      "configuration mode, or on the way there, ends the run: those behind it would work on half a change.\n",
	    to);
}

/* -1: go on; else the exit status. */
static int
cli_read_options(struct cli_options *options, int argc, char **argv)
{
	static const struct option known[] = {
	    {"state", required_argument, NULL, 's'},
	    {"command", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	options->state = CLI_STATE;
	options->commands = calloc((size_t)argc + 1, sizeof(*options->commands));
	if (options->commands == NULL) {
		fputs("sallyport cli: out of memory\n", stderr);
		return CLI_STATUS_UNUSABLE;
	}
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:h", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options->state = optarg;
			break;
		case 'c':
			options->commands[options->command_count++] = optarg;
			break;
		case 'h':
			cli_usage(stdout);
			return CLI_STATUS_OK;
		default:
			fprintf(stderr, "sallyport cli: '%s' %s\n'sallyport cli --help' shows the usage\n", argv[optind - 1],
			    option == ':' ? "wants a value" : "is not an option");
			return CLI_STATUS_UNUSABLE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sallyport cli: '%s' was not expected; a command goes behind -c\n", argv[optind]);
		return CLI_STATUS_UNUSABLE;
	}
	return -1;
}

struct cli_batch {
	struct cli_session *session;
	struct cli_place place;
	struct cli_settings settings;
	bool failed;
};

/* Would the command have led to configuration mode? Its words may be shortened. */
static bool
cli_enters_configuration(const char *line)
{
	static const char *const words[] = {"configure", "edit"};
	const char *word = line + strspn(line, " \t");
	const size_t length = strcspn(word, " \t");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (length > 0 && length <= strlen(words[i]) && strncmp(word, words[i], length) == 0) {
			return true;
		}
	}
	return false;
}

/* Runs one command. False: no more should follow. */
static bool
cli_batch_run(struct cli_batch *batch, const char *line)
{
	if (batch->settings.width_set) {
		batch->place.width = (uint16_t)batch->settings.width;
	}
	const enum cli_result result = cli_line_run(batch->session, &batch->place, line);

	switch (result) {
	case CLI_OK:
		return true;
	case CLI_ASKS: /* answered already */
	case CLI_FAILED:
		batch->failed = true;
		return cli_session_prompt(batch->session)->mode != IPC_MODE_CONFIGURE && !cli_enters_configuration(line);
	case CLI_LOST:
		batch->failed = true;
		fprintf(stderr, "sallyport cli: %s\n", cli_session_error(batch->session));
		return false;
	case CLI_LEAVE:
		return false;
	}
	return false;
}

static void
cli_run_commands(struct cli_batch *batch, const struct cli_options *options)
{
	size_t done = 0;

	while (done < options->command_count && cli_batch_run(batch, options->commands[done])) {
		done++;
	}
	if (batch->failed && done + 1 < options->command_count) {
		fprintf(stderr, "sallyport cli: stopped there, the last %zu of %zu commands were not run\n",
		    options->command_count - done - 1, options->command_count);
	}
}

static void
cli_run_input(struct cli_batch *batch)
{
	char *line = NULL;
	size_t capacity = 0;
	size_t number = 0;
	bool more = true;

	while (more) {
		const ssize_t length = getline(&line, &capacity, stdin);

		if (length < 0) {
			break;
		}
		number++;
		if (strlen(line) != (size_t)length) {
			fprintf(stderr, "sallyport cli: line %zu holds a NUL octet\n", number);
			batch->failed = true;
			break;
		}
		line[strcspn(line, "\r\n")] = '\0';
		more = cli_batch_run(batch, line);
	}
	if (batch->failed && !more) {
		fprintf(stderr, "sallyport cli: stopped at line %zu of the input\n", number);
	}
	free(line);
}

static int
cli_run_batch(const struct cli_options *options)
{
	struct text error = TEXT_EMPTY;
	unsigned rows = 0;
	unsigned columns = 0;
	struct cli_batch batch = {
	    .place = {.output = STDOUT_FILENO, .error = STDERR_FILENO, .keys = -1, .interrupt = -1, .indent = IPC_INDENT_ECHO},
	};

	cli_terminal_size(STDOUT_FILENO, &rows, &columns);
	batch.place.width = columns > UINT16_MAX ? UINT16_MAX : (uint16_t)columns;
	batch.place.settings = &batch.settings;
	batch.session = cli_session_open(options->state, &error);
	if (batch.session == NULL) {
		fprintf(stderr, "sallyport cli: %s\n", text_string(&error));
		text_release(&error);
		return CLI_STATUS_UNUSABLE;
	}
	if (options->command_count > 0) {
		cli_run_commands(&batch, options);
	} else {
		cli_run_input(&batch);
	}
	cli_session_close(batch.session);
	return batch.failed ? CLI_STATUS_FAILED : CLI_STATUS_OK;
}

int
cli_main(int argc, char **argv)
{
	struct cli_options options = {.state = NULL};
	int status = cli_read_options(&options, argc, argv);

	if (status < 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		status = options.command_count == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ?
		    cli_terminal_run(options.state) :
		    cli_run_batch(&options);
	}
	free(options.commands);
	return status;
}
