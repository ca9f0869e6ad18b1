/*
 * sallyport schema: all that a configuration may say, as JSON for programs in other languages.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "source.h"

static void
print_help(void)
{
	puts("usage: sallyport schema [--json]\n\n"
	     "Prints every statement of the configuration with its type, range, default and help as JSON, the only form.\n"
	     "sallyport(1) tells what the members mean.\n"
	     "Exit status: 0 printed, 2 an error.");
}

static bool
print_schema(void)
{
	struct schema *schema = source_schema("schema");
	struct text out = TEXT_EMPTY;
	bool good = false;

	if (schema == NULL) {
		return false;
	}
	schema_render_json(schema, &out);
	if (text_failed(&out)) {
		fputs("sallyport schema: out of memory\n", stderr);
	} else if (fwrite(text_string(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0) {
		fprintf(stderr, "sallyport schema: writing: %s\n", strerror(errno));
	} else {
		good = true;
	}
	text_release(&out);
	schema_destroy(schema);
	return good;
}

int
command_schema(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = command_option(argc, argv, options)) != -1) {
		if (option == 'h') {
			print_help();
			return COMMAND_OK;
		}
		if (option == '?') {
			return COMMAND_FAILED;
		}
	}
	if (optind < argc) {
		return command_usage_error("schema", "'%s' was not expected", argv[optind]);
	}
	return print_schema() ? COMMAND_OK : COMMAND_FAILED;
}
