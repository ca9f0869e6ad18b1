/*
 * See house.h.
 */
#include "house.h"

#include <string.h>

const struct schema *
fuzz_schema(void)
{
	static struct schema *schema;
	struct text error = TEXT_EMPTY;

	if (schema == NULL) {
		schema = schema_create(&error);
	}
	fuzz_hold(schema != NULL, text_string(&error));
	text_release(&error);
	return schema;
}

struct conf_tree *
fuzz_tree(void)
{
	struct conf_tree *tree = conf_tree_create(fuzz_schema());

	fuzz_hold(tree != NULL, "no memory for a configuration");
	return tree;
}

static void
hold_told(bool good, struct diagnostics *list)
{
	struct text told = TEXT_EMPTY;

	if (!good) {
		diagnostics_render_lines(list, &told);
	}
	fuzz_hold(good, text_string(&told));
	text_release(&told);
	diagnostics_release(list);
}

void
fuzz_load(struct conf_tree *tree, const char *lines)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	hold_told(conf_load(tree, CONF_FORMAT_SET, "fuzz", lines, strlen(lines), &list), &list);
}

void
fuzz_configure(struct gateway *gateway, const struct conf_tree *tree)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	hold_told(gateway_configure(gateway, tree, &list), &list);
}
