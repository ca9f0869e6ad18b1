/*
 * sallyport lab: starts, visits and ends the labs under labs/.
 *
 * Thin on purpose: a lab is a folder with a program called `lab`, which knows its own hosts and cleans up after itself.
 * This file checks the words, finds the program and becomes it; `up` is told where this build's programs are. No shell.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

enum {
	NAME_LIMIT = 64,
	WORDS_OF_OURS = 4, /* "lab", VERB, "--build", FOLDER */
};

static const char usage[] =
    "usage: sallyport lab list\n"
    "       sallyport lab up|down|tour|status NAME [--id ID]\n"
    "       sallyport lab exec NAME HOST COMMAND...\n"
    "       sallyport lab cli NAME [ARGUMENT...]\n\n"
    "  list    the labs there are\n"
    "  up      make the lab's hosts and servers in namespaces and start its gateway (needs root)\n"
    "  tour    show with real traffic what the lab's gateway permits and what it does not\n"
    "  exec    run a command on one of the lab's hosts\n"
    "  cli     the command line of the lab's gateway\n"
    "  down    end everything and leave nothing behind\n"
    "  --id    an instance of its own, so that two run at once\n";

static const char *const verbs[] = {"up", "down", "tour", "status", "exec", "cli"};

/* Small letters, digits and hyphens, so that a name is one folder below labs/ and nothing else. */
static bool
name_is_sound(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length < NAME_LIMIT && name[0] != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool
lab_program(const char *name, char path[static PATH_MAX])
{
	const int length = snprintf(path, PATH_MAX, "%s/%s/lab", SALLYPORT_LABS, name);

	return length > 0 && length < PATH_MAX && access(path, X_OK) == 0;
}

static int
list_labs(FILE *to)
{
	DIR *folder = opendir(SALLYPORT_LABS);
	char path[PATH_MAX];

	if (folder == NULL) {
		fprintf(stderr, "sallyport lab: %s: %s\n", SALLYPORT_LABS, strerror(errno));
		return COMMAND_FAILED;
	}
	for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		if (name_is_sound(entry->d_name) && lab_program(entry->d_name, path)) {
			fprintf(to, "%s\n", entry->d_name);
		}
	}
	closedir(folder);
	return COMMAND_OK;
}

/* The folder that holds the program we are, and with it the daemons of the same build. */
static bool
own_folder(char path[static PATH_MAX])
{
	const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (length <= 0) {
		return false;
	}
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL || slash == path) {
		return false;
	}
	*slash = '\0';
	return true;
}

/* Becomes the lab's program: argv[0] is the verb, argv[1] the lab's name, what follows is handed on as it is. */
static int
become_lab(int argc, char **argv)
{
	char program[PATH_MAX];
	char folder[PATH_MAX];
	static char itself[] = "lab";
	static char option[] = "--build";
	char **words;
	size_t count = 0;

	if (!name_is_sound(argv[1]) || !lab_program(argv[1], program)) {
		fprintf(stderr, "sallyport lab: there is no lab '%.*s'; these are there:\n", NAME_LIMIT, argv[1]);
		(void)list_labs(stderr);
		return COMMAND_FAILED;
	}
	words = calloc((size_t)argc + WORDS_OF_OURS, sizeof(*words));
	if (words == NULL) {
		fputs("sallyport lab: out of memory\n", stderr);
		return COMMAND_FAILED;
	}
	words[count++] = itself;
	words[count++] = argv[0];
	if (strcmp(argv[0], "up") == 0 && own_folder(folder)) {
		words[count++] = option;
		words[count++] = folder;
	}
	for (int i = 2; i < argc; i++) {
		words[count++] = argv[i];
	}
	execv(program, words);
	fprintf(stderr, "sallyport lab: %s: %s\n", program, strerror(errno));
	free(words);
	return COMMAND_FAILED;
}

int
command_lab(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return COMMAND_OK;
	}
	if (strcmp(argv[1], "list") == 0) {
		return argc == 2 ? list_labs(stdout) : command_usage_error("lab", "'%.*s' was not expected", NAME_LIMIT, argv[2]);
	}
	for (size_t i = 0; argc >= 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i]) != 0) {
			continue;
		}
		if (argc < 3) {
			return command_usage_error("lab", "%s needs a lab's name; 'sallyport lab list' shows them", argv[1]);
		}
		return become_lab(argc - 1, argv + 1);
	}
	if (argc < 2) {
		return command_usage_error("lab", "what shall be done?");
	}
	return command_usage_error("lab", "'%.*s' is none of list, up, down, tour, status, exec, cli", NAME_LIMIT, argv[1]);
}
