/*
 * The table of operational commands out of the schema's rpcs (schema/NAME-op.yang).
 *
 * Rows borrow the schema's strings; a table that does not fit together is a broken build, so it is asserted, not reported.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "op_private.h"

enum {
	OP_ARGUMENTS = 64, /* bits in a walk's `given` */
};

static enum op_argument_kind
op_argument_kind(const struct schema_node *leaf)
{
	if (schema_extension(leaf, "statement") != NULL) {
		return OP_ARGUMENT_STATEMENT;
	}
	if (schema_extension(leaf, "command") != NULL) {
		return OP_ARGUMENT_COMMAND;
	}
	if (schema_extension(leaf, "positional") != NULL) {
		return OP_ARGUMENT_POSITION;
	}
	return leaf->kind == SCHEMA_PRESENCE ? OP_ARGUMENT_FLAG : OP_ARGUMENT_VALUE;
}

static enum op_mode
op_schema_mode(const char *name)
{
	return name != NULL && strcmp(name, "configuration") == 0 ? OP_MODE_CONFIGURATION : OP_MODE_OPERATIONAL;
}

static bool
op_schema_arguments(struct op_rpc *rpc, const struct schema_node *input)
{
	if (input == NULL || input->child_count == 0) {
		return true;
	}
	struct op_argument *arguments = calloc(input->child_count, sizeof(*arguments));

	if (arguments == NULL) {
		return false;
	}
	assert(input->child_count <= OP_ARGUMENTS);
	for (size_t i = 0; i < input->child_count; i++) {
		const struct schema_node *leaf = input->children[i];
		const char *command = schema_extension(leaf, "command");

		arguments[i] = (struct op_argument){
		    .name = leaf->name,
		    .help = leaf->help,
		    .kind = op_argument_kind(leaf),
		    .mandatory = leaf->mandatory,
		    .alone = schema_extension(leaf, "alone") != NULL,
		    .needs = schema_extension(leaf, "needs"),
		    .reference = schema_extension(leaf, "reference"),
		    .command = op_schema_mode(command),
		    .units = leaf->units == NULL ? leaf->name : leaf->units,
		    .rule = schema_extension(leaf, "rule"),
		    .leaf = leaf,
		};
	}
	rpc->arguments = arguments;
	rpc->argument_count = input->child_count;
	return true;
}

/* The leaves under `parent` that have a column statement. */
static bool
op_schema_columns(const struct schema_node *parent, const struct op_column **columns, size_t *count)
{
	struct op_column *rows = calloc(parent->child_count + 1, sizeof(*rows));

	if (rows == NULL) {
		return false;
	}
	*columns = rows;
	for (size_t i = 0; i < parent->child_count; i++) {
		const struct schema_node *leaf = parent->children[i];
		const char *heading = schema_extension(leaf, "column");
		const char *width = schema_extension(leaf, "width");

		if (heading != NULL) {
			rows[(*count)++] = (struct op_column){
			    .name = leaf->name,
			    .heading = heading,
			    .width = width == NULL ? 0 : (uint32_t)strtoul(width, NULL, 10),
			    .right = schema_extension(leaf, "right") != NULL,
			};
		}
	}
	return true;
}

static bool
op_schema_output(struct op_rpc *rpc, const struct schema_node *output)
{
	if (output == NULL || output->child_count == 0) {
		return true;
	}
	const struct schema_node *root = output->children[0];

	rpc->root = root->name;
	if (!op_schema_columns(root, &rpc->labels, &rpc->label_count)) {
		return false;
	}
	if (rpc->row == NULL) {
		return true;
	}
	const struct schema_node *row = schema_child(root, rpc->row, strlen(rpc->row));

	assert(row != NULL);
	return op_schema_columns(row, &rpc->columns, &rpc->column_count);
}

static enum op_daemon
op_schema_daemon(const char *name)
{
	static const char *const names[] = {
	    [OP_DAEMON_MGD] = "mgd",
	    [OP_DAEMON_FLOWD] = "flowd",
	    [OP_DAEMON_LOGD] = "logd",
	    [OP_DAEMON_TRANSFERD] = "transferd",
	    [OP_DAEMON_PROBED] = "probed",
	};

	for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			return (enum op_daemon)i;
		}
	}
	return OP_DAEMON_MGD;
}

/* "show security: Show the security services; show security flow: Show flow information" */
static bool
op_schema_groups(struct op_table *table, const char *text)
{
	while (*text != '\0') {
		const char *colon = strstr(text, ": ");
		struct op_group *more = realloc(table->groups, (table->group_count + 1) * sizeof(*more));

		if (more == NULL) {
			return false;
		}
		assert(colon != NULL);
		table->groups = more;
		more[table->group_count++] = (struct op_group){
		    .words = text,
		    .length = (size_t)(colon - text),
		    .help = colon + 2,
		    .help_length = strcspn(colon, ";") - 2,
		};
		text = colon + strcspn(colon, ";");
		text += strspn(text, "; ");
	}
	return true;
}

static bool
op_schema_rpc(struct op_table *table, const struct schema_node *node)
{
	const char *words = schema_extension(node, "words");
	const char *groups = schema_extension(node, "group");

	if (words == NULL) {
		return true; /* an rpc for programs only */
	}
	struct op_rpc *rpc = &table->rpcs[table->rpc_count++];

	*rpc = (struct op_rpc){
	    .name = node->name,
	    .words = words,
	    .help = node->help,
	    .mode = op_schema_mode(schema_extension(node, "mode")),
	    .daemon = op_schema_daemon(schema_extension(node, "daemon")),
	    .layout = schema_extension(node, "layout"),
	    .row = schema_extension(node, "row"),
	    .needs_argument = schema_extension(node, "needs-argument") != NULL,
	};
	return op_schema_arguments(rpc, schema_child(node, "input", strlen("input"))) &&
	    op_schema_output(rpc, schema_child(node, "output", strlen("output"))) &&
	    (groups == NULL || op_schema_groups(table, groups));
}

struct op_table *
op_table_create(const struct schema *schema)
{
	const struct schema_node *operations = schema_operations(schema);
	struct op_table *table = calloc(1, sizeof(*table));

	if (table == NULL) {
		return NULL;
	}
	table->schema = schema;
	table->rpcs = calloc(operations->child_count + 1, sizeof(*table->rpcs));
	if (table->rpcs == NULL) {
		op_table_destroy(table);
		return NULL;
	}
	for (size_t i = 0; i < operations->child_count; i++) {
		if (!op_schema_rpc(table, operations->children[i])) {
			op_table_destroy(table);
			return NULL;
		}
	}
	return table;
}

void
op_table_destroy(struct op_table *table)
{
	if (table == NULL) {
		return;
	}
	for (size_t i = 0; i < table->rpc_count; i++) {
		free((void *)(uintptr_t)table->rpcs[i].arguments);
		free((void *)(uintptr_t)table->rpcs[i].columns);
		free((void *)(uintptr_t)table->rpcs[i].labels);
	}
	free(table->rpcs);
	free(table->groups);
	free(table);
}
