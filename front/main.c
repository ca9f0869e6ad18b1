/*
 * sallyport: one program with subcommands, one row in commands.def each.
 *
 * Does nothing itself but find the row, so that a subcommand can be read, linked and tested alone.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static const struct command commands[] = {
#define COMMAND(name, function, help) {name, function, help},
#include "commands.def"
#undef COMMAND
};

enum {
	COMMANDS = sizeof(commands) / sizeof(commands[0]),
	WORD_LIMIT = 31, /* longer words are compared by their beginning only */
	NEAR_ENOUGH = 2, /* letters */
};

static void
print_help(FILE *to)
{
	fputs("usage: sallyport COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "A stateful security gateway that speaks the JUNOS configuration language.\n\n",
	    to);
	for (size_t i = 0; i < COMMANDS; i++) {
		fprintf(to, "  %-16s %s\n", commands[i].name, commands[i].help);
	}
	fputs("\n'sallyport COMMAND --help' tells more. 'sallyport --version' prints the version.\n", to);
}

int
command_usage_error(const char *name, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "sallyport %s: ", name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n'sallyport %s --help' shows the usage\n", name);
	return COMMAND_FAILED;
}

int
command_option(int argc, char **argv, const struct option *options)
{
	opterr = 0;
	const int option = getopt_long(argc, argv, ":h", options, NULL);
	const char *word = argv[optind > 0 ? optind - 1 : 0];

	if (option == ':') {
		command_usage_error(argv[0], "%s wants a value", word);
		return '?';
	}
	if (option == '?') {
		const bool letter = optopt > 0 && optopt <= UCHAR_MAX && strchr(word, '=') == NULL;

		if (letter) {
			command_usage_error(argv[0], "'-%c' is not an option", isprint(optopt) ? optopt : '?');
		} else {
			command_usage_error(argv[0], "'%s' is not an option", word);
		}
	}
	return option;
}

/* Insertions, deletions and replacements between two words (Levenshtein). */
static size_t
word_distance(const char *left, const char *right)
{
	size_t row[WORD_LIMIT + 1];
	const size_t width = strnlen(right, WORD_LIMIT);
	const size_t height = strnlen(left, WORD_LIMIT);

	for (size_t x = 0; x <= width; x++) {
		row[x] = x;
	}
	for (size_t y = 1; y <= height; y++) {
		size_t diagonal = row[0];

		row[0] = y;
		for (size_t x = 1; x <= width; x++) {
			const size_t replaced = diagonal + (left[y - 1] == right[x - 1] ? 0 : 1);
			const size_t shorter = (row[x] < row[x - 1] ? row[x] : row[x - 1]) + 1;

			diagonal = row[x];
			row[x] = replaced < shorter ? replaced : shorter;
		}
	}
	return row[width];
}

static int
report_unknown(const char *word)
{
	const struct command *near = NULL;
	size_t best = NEAR_ENOUGH + 1;

	for (size_t i = 0; i < COMMANDS; i++) {
		const size_t distance = word_distance(word, commands[i].name);

		if (distance < best) {
			best = distance;
			near = &commands[i];
		}
		if (word[0] != '\0' && near == NULL && strncmp(word, commands[i].name, strlen(word)) == 0) {
			near = &commands[i];
		}
	}
	fprintf(stderr, "sallyport: '%s' is not a command", word);
	if (near != NULL) {
		fprintf(stderr, "; did you mean '%s'?", near->name);
	}
	fputs("\n'sallyport --help' lists the commands\n", stderr);
	return COMMAND_FAILED;
}

/* An answer that did not arrive is no answer: the disk is full, nobody listens. */
static int
written(const char *name, int status)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status == COMMAND_FAILED) {
		return status;
	}
	fprintf(stderr, "sallyport %s: standard output: %s\n", name, errno == 0 ? "could not be written" : strerror(errno));
	return COMMAND_FAILED;
}

/*
 * A standard descriptor that was closed is taken, so that no file or socket of ours gets its number and with it what is written there.
 * Reading and writing it fails as before.
 */
static bool
hold_standard_descriptors(void)
{
	static const int wrong_way[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", wrong_way[i]) != i) {
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	if (!hold_standard_descriptors()) {
		return COMMAND_FAILED; /* and there may be nowhere to say it */
	}
	if (argc < 2) {
		print_help(stderr);
		return COMMAND_FAILED;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return written("--help", COMMAND_OK);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("sallyport " SALLYPORT_VERSION);
		return written("--version", COMMAND_OK);
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return written(argv[1], commands[i].run(argc - 1, argv + 1));
		}
	}
	return report_unknown(argv[1]);
}
