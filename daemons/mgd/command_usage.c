/*
 * What refers to what in the configuration in force: `show usage of`, `show configuration unused`.
 */
#include <string.h>

#include "command.h"
#include "conf/groups.h"
#include "conf/usage.h"

struct places {
	struct op_tree *tree;
	const char *row;
	uint32_t count;
};

static struct op_node *
add_place(struct places *places, const struct conf_node *node)
{
	struct op_node *row = op_add(places->tree, places->tree->root, places->row, NULL);
	struct text path = TEXT_EMPTY;
	struct text statement = TEXT_EMPTY;

	conf_place(node, &path, &statement);
	places->tree->failed |= text_failed(&path) || text_failed(&statement);
	op_add(places->tree, row, "edit-path", text_string(&path));
	op_add(places->tree, row, "statement", text_string(&statement));
	if (node->inherited != NULL) {
		op_add(places->tree, row, "inherited-from", node->inherited);
	}
	text_release(&path);
	text_release(&statement);
	places->count++;
	return row;
}

static void
add_usage(void *context, const struct conf_node *node)
{
	(void)add_place(context, node);
}

static void
add_unused(void *context, const struct conf_node *node)
{
	struct places *places = context;
	struct op_node *row = add_place(places, node);

	op_add(places->tree, row, "object-type", node->schema->name);
	op_add(places->tree, row, "object-name", node->value);
}

/* Groups that nothing applies stand in what is written only. */
static void
add_unused_group(void *context, const struct conf_node *node)
{
	if (node->schema->whole) {
		add_unused(context, node);
	}
}

/* What is in force, a tree of its own when `expanded` is set. NULL: memory is short. */
static const struct conf_tree *
in_force(const struct mgd *mgd, struct conf_tree **expanded)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	*expanded = NULL;
	if (!conf_has_groups(mgd->running)) {
		return mgd->running;
	}
	*expanded = conf_expand(mgd->running, &list);
	diagnostics_release(&list); /* a commit has told what is wrong */
	return *expanded;
}

enum command_outcome
command_show_unused(struct session *session, const struct op_command *command)
{
	struct op_tree tree;
	struct places places = {.tree = &tree, .row = command->rpc->row};
	struct conf_tree *expanded;
	const struct conf_tree *running = in_force(session->mgd, &expanded);
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	if (expanded != NULL) {
		tree.failed |= !conf_unused(session->mgd->running, add_unused_group, &places);
	}
	tree.failed |= running == NULL || !conf_unused(running, add_unused, &places);
	op_add_number(&tree, tree.root, "unused-object-count", places.count);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	conf_tree_destroy(expanded);
	return outcome;
}

/* The lists that the rpc's name may stand in: op:reference says it. */
static const char *
lists_of(const struct op_rpc *rpc)
{
	for (size_t i = 0; i < rpc->argument_count; i++) {
		if (strcmp(rpc->arguments[i].name, "name") == 0) {
			return rpc->arguments[i].reference;
		}
	}
	return "";
}

enum command_outcome
command_show_usage(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	const struct conf_object object = {
	    .lists = lists_of(command->rpc),
	    .name = op_value(request, "name"),
	    .zone = op_value(request, "zone"),
	};
	struct op_tree tree;
	struct places places = {.tree = &tree, .row = command->rpc->row};
	struct conf_tree *expanded;
	const struct conf_tree *running = in_force(session->mgd, &expanded);
	enum command_outcome outcome = COMMAND_WRONG;

	op_tree_start(&tree, command->rpc->root);
	if (running == NULL) {
		session_failf(session, "error: out of memory\n");
	} else if (!conf_object_exists(running, &object)) {
		session_failf(session, "error: %s '%s' is not configured%s%s\n",
		    strrchr(command->rpc->words, ' ') + 1, object.name,
		    object.zone == NULL ? "" : " in zone ", object.zone == NULL ? "" : object.zone);
	} else {
		tree.failed |= !conf_usage(running, &object, add_usage, &places);
		op_add_number(&tree, tree.root, "place-count", places.count);
		outcome = command_render(session, command, &tree);
	}
	op_tree_release(&tree);
	conf_tree_destroy(expanded);
	return outcome;
}
