/*
 * Loading into a candidate. See conf/load.h.
 *
 * The work is done on a tree of its own, which takes the candidate's place when all of it was good.
 */
#include "conf/load.h"

#include <string.h>

#include "edit.h"
#include "load_private.h"
#include "merge.h"
#include "tree_private.h"

bool
conf_load_mode_parse(const char *word, enum conf_load_mode *mode)
{
	static const char *const words[] = {
	    [CONF_LOAD_MERGE] = "merge",
	    [CONF_LOAD_OVERRIDE] = "override",
	    [CONF_LOAD_UPDATE] = "update",
	    [CONF_LOAD_REPLACE] = "replace",
	    [CONF_LOAD_SET] = "set",
	    [CONF_LOAD_PATCH] = "patch",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) == 0) {
			*mode = (enum conf_load_mode)i;
			return true;
		}
	}
	return false;
}

/* A lenient reading may climb out of the level (E-025): what is loaded at a level stays below it. */
static bool
stays_below(const struct conf_editor *editor, const struct conf_tree *tree, const struct load *load)
{
	const struct conf_editor there = {.tree = (struct conf_tree *)(uintptr_t)tree, .level = editor->level};
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	const struct conf_node *node = conf_edit_find(&there, "", &silent);
	bool good = node != NULL || tree->top->first == NULL;

	for (; node != NULL && node->parent != NULL; node = node->parent) {
		good = good && node->parent->count == 1;
	}
	diagnostics_release(&silent);
	if (!good) {
		load_tell(load, DIAGNOSTIC_ERROR, (struct load_place){.line = 1}, "a statement does not belong to [edit %s]",
		    text_string(&editor->level));
	}
	return good;
}

/* The statements of the text are those of the level. */
static bool
load_at_level(const struct conf_editor *editor, const struct conf_load_order *order, struct conf_tree *tree,
    struct diagnostics *list)
{
	const enum conf_format format =
	    order->format == CONF_FORMAT_AUTO ? conf_format_guess(order->bytes, order->length) : order->format;
	struct text whole = TEXT_EMPTY;
	const struct load lines = {
	    .tree = tree,
	    .file = order->file,
	    .bytes = order->bytes,
	    .length = order->length,
	    .list = list,
	    .level = text_string(&editor->level),
	};
	const size_t errors = list->errors;

	switch (format) {
	case CONF_FORMAT_SET:
		load_set(&lines);
		return list->errors == errors && !list->failed;
	case CONF_FORMAT_JSON:
	case CONF_FORMAT_XML:
		load_tell(&lines, DIAGNOSTIC_ERROR, (struct load_place){.line = 1},
		    "relative to a level, curly text or set lines are loaded");
		return false;
	case CONF_FORMAT_AUTO:
	case CONF_FORMAT_TEXT:
		break;
	}
	/* On the first line, so that lines keep their numbers. */
	text_printf(&whole, "%s { ", text_string(&editor->level));
	text_append_bytes(&whole, order->bytes, order->length);
	text_append(&whole, "}\n");
	const bool good = (!text_failed(&whole) || edit_list_no_memory(list)) &&
	    conf_load(tree, CONF_FORMAT_TEXT, order->file, text_string(&whole), whole.length, list) &&
	    stays_below(editor, tree, &lines);

	text_release(&whole);
	return good;
}

/* A tree that holds what the text says, and nothing else. NULL: it was told. */
static struct conf_tree *
load_alone(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *tree = conf_tree_create(editor->tree->schema);
	bool good;

	if (tree == NULL) {
		(void)edit_list_no_memory(list);
		return NULL;
	}
	if (order->relative && editor->level.length > 0) {
		good = load_at_level(editor, order, tree, list);
	} else {
		good = conf_load(tree, order->format, order->file, order->bytes, order->length, list);
	}
	if (!good) {
		conf_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

void
load_clear_marks(struct conf_tree *tree)
{
	struct conf_node *node = tree->top;

	while (node != NULL) {
		node->replaces = false;
		node = tree_walk_next(node, tree->top);
	}
}

/* Takes out what stands at the level. */
static void
clear_level(const struct conf_editor *editor, struct conf_tree *tree)
{
	const struct conf_editor there = {.tree = tree, .level = editor->level};
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	const struct conf_node *found = conf_edit_find(&there, "", &silent);
	struct conf_node *level = (struct conf_node *)(uintptr_t)found;

	while (level != NULL && level->first != NULL) {
		tree_remove(level->first);
	}
	diagnostics_release(&silent);
}

static struct conf_tree *
load_merged(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *from = load_alone(editor, order, list);
	struct conf_tree *tree = from == NULL ? NULL : edit_copy_tree(editor, list);

	if (from != NULL && order->mode != CONF_LOAD_REPLACE) {
		load_clear_marks(from);
	}
	/* Below the level the file is all that there is; what is noted about the level itself stays. */
	if (tree != NULL && order->mode == CONF_LOAD_UPDATE) {
		clear_level(editor, tree);
	}
	if (tree != NULL && !merge_tree(tree, from)) {
		(void)edit_list_no_memory(list);
		conf_tree_destroy(tree);
		tree = NULL;
	}
	conf_tree_destroy(from);
	return tree;
}

static struct conf_tree *
load_typed(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *tree = edit_copy_tree(editor, list);
	const size_t errors = list->errors;

	if (tree == NULL) {
		return NULL;
	}
	const struct load load = {
	    .tree = tree,
	    .file = order->file,
	    .bytes = order->bytes,
	    .length = order->length,
	    .list = list,
	    .level = order->relative ? text_string(&editor->level) : "",
	    .no_copies = order->no_copies,
	    .typed = true,
	};

	load_set(&load);
	if (list->errors != errors || list->failed) {
		conf_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

/* --- all modes --------------------------------------------------------------------------------------------------- */

bool
conf_load_into(struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *tree = NULL;

	switch (order->mode) {
	case CONF_LOAD_MERGE:
	case CONF_LOAD_REPLACE:
		tree = load_merged(editor, order, list);
		break;
	case CONF_LOAD_OVERRIDE:
	case CONF_LOAD_UPDATE:
		if (order->relative && editor->level.length > 0) {
			tree = load_merged(editor, order, list);
			break;
		}
		tree = load_alone(&(struct conf_editor){.tree = editor->tree}, order, list);
		break;
	case CONF_LOAD_SET:
		tree = load_typed(editor, order, list);
		break;
	case CONF_LOAD_PATCH:
		tree = load_patched(editor, order, list);
		break;
	}
	const bool good = tree != NULL && merge_keeps_protected(editor->tree, tree, list);

	if (good) {
		load_clear_marks(tree);
		conf_canonicalize(tree, list);
		tree_exchange(editor->tree, tree);
	}
	conf_tree_destroy(tree);
	diagnostics_name_file(list, order->file);
	return good;
}
