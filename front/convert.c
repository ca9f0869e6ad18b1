/*
 * sallyport convert: reads a configuration in one form and prints it in another, in canonical spelling. Nothing is printed
 * unless all of it could be read.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "source.h"

static void
print_help(void)
{
	puts("usage: sallyport convert --to set|text|json|xml [--format auto|set|text|json|xml|screenos] FILE\n\n"
	     "Prints the configuration in FILE ('-': standard input) in another form, in canonical spelling.\n"
	     "Loads it only: what a commit would check (references, mandatory statements) 'sallyport check' tells.\n"
	     "Exit status: 0 printed, 2 an error, and then nothing is printed.");
}

static bool
print_tree(const struct conf_tree *tree, enum conf_format to)
{
	struct text out = TEXT_EMPTY;
	bool good;

	conf_render(conf_tree_top(tree), to, &out);
	good = !text_failed(&out);
	if (!good) {
		fputs("sallyport convert: out of memory\n", stderr);
	} else if (fwrite(text_string(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0) {
		fprintf(stderr, "sallyport convert: writing: %s\n", strerror(errno));
		good = false;
	}
	text_release(&out);
	return good;
}

static bool
convert_file(const char *path, enum conf_format from, enum conf_format to)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct source source;
	struct schema *schema;
	struct conf_tree *tree = NULL;
	bool good = false;

	if (!source_open(&source, "convert", path, from)) {
		return false;
	}
	schema = source_schema("convert");
	if (schema != NULL) {
		tree = conf_tree_create(schema);
	}
	if (tree != NULL) {
		good = source_load(&source, tree, &list);
		good = source_report(&list, "convert", &source) && good;
		good = good && print_tree(tree, to);
		conf_tree_destroy(tree);
	}
	if (schema != NULL) {
		schema_destroy(schema);
	}
	source_release(&source);
	return good;
}

int
command_convert(int argc, char **argv)
{
	static const struct option options[] = {
	    {"to", required_argument, NULL, 't'},
	    {"format", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	enum conf_format from = CONF_FORMAT_AUTO;
	enum conf_format to = CONF_FORMAT_AUTO;
	int option;

	while ((option = command_option(argc, argv, options)) != -1) {
		if (option == 'h') {
			print_help();
			return COMMAND_OK;
		}
		if (option == '?') {
			return COMMAND_FAILED;
		}
		if (!source_format("convert", optarg, option == 'f' ? &from : &to)) {
			return COMMAND_FAILED;
		}
	}
	if (to == CONF_FORMAT_AUTO) {
		return command_usage_error("convert", "--to set, text, json or xml is missing");
	}
	if (argc - optind != 1) {
		return command_usage_error("convert", "exactly one file is converted");
	}
	return convert_file(argv[optind], from, to) ? COMMAND_OK : COMMAND_FAILED;
}
