/*
 * Bad input: a configuration cut at any octet loads what is whole, says what is not, and never crashes: the very way that
 * `sallyport check` goes. Usage: cut-configurations STEP FILE...; cuts at every octet of the first 2000 and of the last 500, and
 * at every STEPth between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/snapshot.h"
#include "source.h"

enum {
	HEAD = 2000,
	TAIL = 500,
};

/* Loads and checks the first `length` octets out of a heap block of that size. */
static bool
check_cut(const struct schema *schema, const struct source *source, size_t length)
{
	const struct snapshot_options options = {.id = 1, .wall = 1191405600};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text lines = TEXT_EMPTY;
	struct conf_tree *tree = conf_tree_create(schema);
	struct snapshot_registry *registry = snapshot_registry_create();
	char *bytes = malloc(length + 1);
	struct snapshot *snapshot = NULL;
	bool good;

	if (tree == NULL || registry == NULL || bytes == NULL) {
		fputs("out of memory\n", stderr);
		exit(2);
	}
	memcpy(bytes, source->bytes.bytes, length);
	bytes[length] = '\0';
	good = conf_load(tree, source->format, source->name, bytes, length, &list);
	snapshot = snapshot_compile(tree, registry, &options, &list);
	good = good && snapshot != NULL;
	if (snapshot != NULL) {
		snapshot_destroy(snapshot);
	}
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].message == NULL || list.items[i].message[0] == '\0') {
			fprintf(stderr, "%s cut at %zu: a diagnostic without message\n", source->name, length);
			exit(1);
		}
	}
	if (!good && list.errors == 0) {
		fprintf(stderr, "%s cut at %zu: refused without an error\n", source->name, length);
		exit(1);
	}
	diagnostics_sort(&list);
	diagnostics_render_lines(&list, &lines);
	text_release(&lines);
	diagnostics_release(&list);
	snapshot_registry_destroy(registry);
	conf_tree_destroy(tree);
	free(bytes);
	return good;
}

int
main(int argc, char **argv)
{
	struct schema *schema = source_schema("test");
	const size_t step = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (schema == NULL || step == 0) {
		fputs("usage: cut-configurations STEP FILE...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		struct source source;
		size_t refused = 0;
		size_t cuts = 0;

		if (!source_open(&source, "test", argv[i], CONF_FORMAT_AUTO)) {
			return 2;
		}
		for (size_t length = 0; length < source.bytes.length; length++) {
			if (length < HEAD || length + TAIL >= source.bytes.length || length % step == 0) {
				refused += check_cut(schema, &source, length) ? 0 : 1;
				cuts++;
			}
		}
		printf("%s: %zu cuts, %zu refused\n", argv[i], cuts, refused);
		if (refused == 0) {
			fputs("no cut was refused: nothing was checked\n", stderr);
			return 1;
		}
		if (!check_cut(schema, &source, source.bytes.length)) {
			fprintf(stderr, "%s: the whole file is refused\n", argv[i]);
			return 1;
		}
		source_release(&source);
	}
	schema_destroy(schema);
	return 0;
}
