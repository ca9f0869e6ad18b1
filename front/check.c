/*
 * sallyport check: each file is a configuration of its own; loads it and runs the very code that a commit runs, up to the
 * compiled snapshot, which is thrown away.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "snapshot/snapshot.h"
#include "source.h"

static void
print_help(void)
{
	puts("usage: sallyport check [--format auto|set|text|json|xml|screenos] FILE...\n\n"
	     "Loads and commit-checks each FILE by itself ('-': standard input), without a gateway.\n"
	     "Every error is a line on stderr: FILE:LINE: [edit path] 'statement': message\n"
	     "Exit status: 0 all files are good (warnings allowed), 2 an error.");
}

static bool
check_tree(const struct conf_tree *tree, struct diagnostics *list)
{
	struct snapshot_registry *registry = snapshot_registry_create();
	const struct snapshot_options options = {.id = 1, .wall = (int64_t)time(NULL), .advice = true};
	struct snapshot *snapshot;

	if (registry == NULL) {
		return false;
	}
	snapshot = snapshot_compile(tree, registry, &options, list);
	if (snapshot != NULL) {
		snapshot_destroy(snapshot);
	}
	snapshot_registry_destroy(registry);
	return snapshot != NULL || list->errors > 0;
}

static bool
check_file(const struct schema *schema, const char *path, enum conf_format format)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct source source;
	struct conf_tree *tree;
	bool ran;
	bool good;

	if (!source_open(&source, "check", path, format)) {
		return false;
	}
	tree = conf_tree_create(schema);
	if (tree == NULL) {
		fprintf(stderr, "sallyport check: %s: out of memory\n", source.name);
		source_release(&source);
		return false;
	}
	/* What was refused is in the list; the rest is checked all the same, so that all errors come at once. */
	(void)source_load(&source, tree, &list);
	ran = check_tree(tree, &list);
	good = source_report(&list, "check", &source) && ran;
	if (!ran) {
		fprintf(stderr, "sallyport check: %s: out of memory\n", source.name);
	}
	if (good) {
		printf("%s: configuration check succeeds\n", source.name);
	}
	conf_tree_destroy(tree);
	source_release(&source);
	return good;
}

int
command_check(int argc, char **argv)
{
	static const struct option options[] = {
	    {"format", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	enum conf_format format = CONF_FORMAT_AUTO;
	struct schema *schema;
	bool good = true;
	int option;

	while ((option = command_option(argc, argv, options)) != -1) {
		if (option == 'h') {
			print_help();
			return COMMAND_OK;
		}
		if (option == '?') {
			return COMMAND_FAILED;
		}
		if (!source_format("check", optarg, &format)) {
			return COMMAND_FAILED;
		}
	}
	if (optind == argc) {
		return command_usage_error("check", "no file is named");
	}
	schema = source_schema("check");
	if (schema == NULL) {
		return COMMAND_FAILED;
	}
	for (int i = optind; i < argc; i++) {
		good = check_file(schema, argv[i], format) && good;
	}
	schema_destroy(schema);
	return good ? COMMAND_OK : COMMAND_FAILED;
}
