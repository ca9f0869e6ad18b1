/*
 * Fuzz target: configurations. The first octet chooses the form: s set, t curly text, j JSON, x XML; else what it looks like.
 *
 * What loads without error must come out of both renderers so that it loads again to the same. Then everything that a commit
 * checks is run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "house.h"
#include "snapshot/snapshot.h"
#include "target.h"

static enum conf_format
form_of(uint8_t first)
{
	switch (first) {
	case 's':
		return CONF_FORMAT_SET;
	case 't':
		return CONF_FORMAT_TEXT;
	case 'j':
		return CONF_FORMAT_JSON;
	case 'x':
		return CONF_FORMAT_XML;
	default:
		return CONF_FORMAT_AUTO;
	}
}

static struct conf_tree *
load(enum conf_format form, const char *bytes, size_t length, bool *good)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *tree = fuzz_tree();
	struct text lines = TEXT_EMPTY;

	if (tree == NULL) {
		abort();
	}
	*good = conf_load(tree, form, "fuzz", bytes, length, &list);
	if (!*good && list.errors == 0) {
		abort(); /* refused without saying why */
	}
	diagnostics_sort(&list);
	diagnostics_render_lines(&list, &lines);
	text_release(&lines);
	diagnostics_release(&list);
	return tree;
}

static void
must_come_back(const struct conf_tree *tree, enum conf_format form)
{
	struct text before = TEXT_EMPTY;
	struct text after = TEXT_EMPTY;
	struct conf_tree *again;
	bool good = false;

	conf_render(conf_tree_top(tree), form, &before);
	again = load(form, text_string(&before), before.length, &good);
	conf_render(conf_tree_top(again), form, &after);
	if (!good || strcmp(text_string(&before), text_string(&after)) != 0) {
		fprintf(stderr, "does not come back:\n%s\n--\n%s\n", text_string(&before), text_string(&after));
		abort();
	}
	conf_tree_destroy(again);
	text_release(&before);
	text_release(&after);
}

static void
check(const struct conf_tree *tree)
{
	const struct snapshot_options options = {.id = 1, .wall = 1191405600};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct snapshot_registry *registry = snapshot_registry_create();
	struct snapshot *snapshot;

	if (registry == NULL) {
		abort();
	}
	snapshot = snapshot_compile(tree, registry, &options, &list);
	if (snapshot == NULL && list.errors == 0) {
		abort();
	}
	if (snapshot != NULL) {
		struct rib *rib = snapshot_rib_create(tree, registry, snapshot);
		struct fib *fib = rib == NULL ? NULL : snapshot_fib_create(rib, snapshot, 1);

		if (fib == NULL) {
			abort();
		}
		snapshot_fib_destroy(fib);
		rib_destroy(rib);
		snapshot_destroy(snapshot);
	}
	snapshot_registry_destroy(registry);
	diagnostics_release(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct conf_tree *tree;
	char *content;
	bool good = false;

	if (length == 0) {
		return 0;
	}
	content = malloc(length); /* one octet more than the content: a terminator that nobody may count on */
	if (content == NULL) {
		abort();
	}
	memcpy(content, bytes + 1, length - 1);
	content[length - 1] = '\0';
	tree = load(form_of(bytes[0]), content, length - 1, &good);
	if (good) {
		must_come_back(tree, CONF_FORMAT_SET);
		must_come_back(tree, CONF_FORMAT_TEXT);
	}
	check(tree);
	conf_tree_destroy(tree);
	free(content);
	return 0;
}
