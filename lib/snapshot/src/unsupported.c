/*
 * Statements without effect yet: counted by the rows of unsupported.def.
 *
 * A row's path is found in the schema once; each node of the tree then compares a pointer with the rows.
 */
#include <string.h>

#include "compile.h"
#include "conf/schema.h"

struct row {
	const char *path;
	const char *feature;
	bool fails_closed;
};

static const struct row rows[] = {
#define UNSUPPORTED(path, feature, fails_closed) {path, feature, fails_closed},
#include "unsupported.def"
#undef UNSUPPORTED
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
};

struct tally {
	const struct schema_node *schemas[ROWS];
	uint32_t counts[ROWS];
};

/* The schema's node at a path of words, or NULL. */
static const struct schema_node *
find_schema(const struct schema *schema, const char *path)
{
	const struct schema_node *node = schema_top(schema);

	while (node != NULL && *path != '\0') {
		const size_t length = strcspn(path, " ");
		node = schema_child(node, path, length);
		path += length;
		path += strspn(path, " ");
	}
	return node;
}

/* The next node in the order of reading that is in force: inactive ones and what is below them are passed over. */
static const struct conf_node *
next_active(const struct conf_node *node)
{
	const struct conf_node *next = node->first;

	for (;;) {
		while (next == NULL) {
			if (node == NULL || node->parent == NULL) {
				return NULL;
			}
			next = node->next;
			node = node->parent;
		}
		if (!next->inactive) {
			return next;
		}
		node = next->parent;
		next = next->next;
	}
}

static void
count_statements(const struct conf_tree *tree, struct tally *tally)
{
	*tally = (struct tally){.counts = {0}};
	for (uint32_t i = 0; i < ROWS; i++) {
		tally->schemas[i] = find_schema(conf_tree_schema(tree), rows[i].path);
	}
	for (const struct conf_node *node = conf_tree_top(tree); node != NULL; node = next_active(node)) {
		for (uint32_t i = 0; i < ROWS; i++) {
			tally->counts[i] += tally->schemas[i] == node->schema ? 1 : 0;
		}
	}
}

/* All application layer gateways are on unless they are disabled, and none has code yet. */
static uint32_t
count_gateways(const struct conf_tree *tree)
{
	const struct schema_node *schema = find_schema(conf_tree_schema(tree), "security alg");
	const struct conf_node *alg = conf_walk(conf_tree_top(tree), "security", "alg", NULL);
	uint32_t count = 0;

	for (size_t i = 0; schema != NULL && i < schema->child_count; i++) {
		const struct conf_node *gateway = conf_child(alg, schema->children[i]->name);
		count += conf_present(gateway, "disable") ? 0 : 1;
	}
	return count;
}

void
snapshot_unsupported(const struct conf_tree *tree,
    void (*each)(void *context, const char *feature, uint32_t count, bool fails_closed), void *context)
{
	const uint32_t gateways = count_gateways(tree);
	struct tally tally;

	count_statements(tree, &tally);
	for (uint32_t i = 0; i < ROWS;) {
		const struct row *row = &rows[i];
		uint32_t count = 0;
		while (i < ROWS && strcmp(rows[i].feature, row->feature) == 0) {
			count += tally.counts[i++];
		}
		if (count > 0) {
			each(context, row->feature, count, row->fails_closed);
		}
	}
	if (gateways > 0) {
		each(context, "application layer gateways, whose control channels pass", gateways, false);
	}
}

static void
warn(void *context, const char *feature, uint32_t count, bool fails_closed)
{
	struct compilation *compilation = context;

	diagnostics_addf(compilation->list, DIAGNOSTIC_WARNING, NULL, NULL, 0, "not supported yet: %s (%u)%s", feature,
	    count, fails_closed ? "; what it is about is dropped" : "");
}

void
compile_unsupported(struct compilation *compilation)
{
	snapshot_unsupported(compilation->tree, warn, compilation);
}
