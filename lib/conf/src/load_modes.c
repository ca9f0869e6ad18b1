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

/* A tree that holds what the text says, and nothing else. NULL: it was told. */
static struct conf_tree *
load_alone(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *tree = conf_tree_create(editor->tree->schema);
	struct text whole = TEXT_EMPTY;
	bool good = tree != NULL || edit_list_no_memory(list);

	if (good && order->relative && editor->level.length > 0) {
		/* On the first line, so that lines keep their numbers. */
		text_printf(&whole, "%s { ", text_string(&editor->level));
		text_append_bytes(&whole, order->bytes, order->length);
		text_append(&whole, "}\n");
		good = !text_failed(&whole) || edit_list_no_memory(list);
		good = good && conf_load(tree, CONF_FORMAT_TEXT, order->file, text_string(&whole), whole.length, list);
	} else if (good) {
		good = conf_load(tree, order->format, order->file, order->bytes, order->length, list);
	}
	text_release(&whole);
	if (!good) {
		conf_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

static void
clear_marks(struct conf_tree *tree)
{
	struct conf_node *node = tree->top;

	while (node != NULL) {
		node->replaces = false;
		node = tree_walk_next(node, tree->top);
	}
}

static struct conf_tree *
load_merged(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *from = load_alone(editor, order, list);
	struct conf_tree *tree = from == NULL ? NULL : edit_copy_tree(editor, list);

	if (from != NULL && order->mode == CONF_LOAD_MERGE) {
		clear_marks(from);
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
	    .typed = true,
	};

	load_set(&load);
	if (list->errors != errors || list->failed) {
		conf_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

/* --- patches ----------------------------------------------------------------------------------------------------- */

enum { LEVELS_MOST = 4096 };

/* A patch as two texts, line by line the same as the patch: what goes, what comes. */
struct patch {
	struct text minus;
	struct text plus;
	struct text levels; /* of the sections, NUL-terminated one behind the other */
	size_t level_count;
	bool open; /* a section is that is not the top */
};

static void
patch_close(struct patch *patch)
{
	text_append(&patch->minus, patch->open ? "} " : "");
	text_append(&patch->plus, patch->open ? "} " : "");
	patch->open = false;
}

/* "[edit security zones]" */
static bool
patch_section(struct patch *patch, const char *line, size_t length)
{
	static const char head[] = "[edit";
	const size_t start = sizeof(head) - 1;

	while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' ')) {
		length--;
	}
	if (length < start + 1 || memcmp(line, head, start) != 0 || line[length - 1] != ']' ||
	    patch->level_count == LEVELS_MOST) {
		return false;
	}
	patch_close(patch);
	if (length > start + 2) {
		const char *words = line + start + 1;
		const size_t size = length - start - 2;

		text_append_bytes(&patch->levels, words, size);
		text_append_char(&patch->levels, '\0');
		patch->level_count++;
		text_append_bytes(&patch->minus, words, size);
		text_append(&patch->minus, " {");
		text_append_bytes(&patch->plus, words, size);
		text_append(&patch->plus, " {");
		patch->open = true;
	}
	return true;
}

/* False when a line is none of a patch; it was told. */
static bool
patch_read(struct patch *patch, const struct conf_load_order *order, struct diagnostics *list)
{
	const struct load load = {.file = order->file, .list = list};
	const char *at = order->bytes;
	size_t left = order->length;
	bool section = false;

	for (uint32_t line = 1; left > 0; line++) {
		const char *end = memchr(at, '\n', left);
		const size_t length = end == NULL ? left : (size_t)(end - at);
		const char sign = length == 0 || *at == '\r' ? ' ' : *at;

		if (sign == '[' && patch_section(patch, at, length)) {
			section = true;
		} else if (section && (sign == '+' || sign == '-')) {
			text_append_bytes(sign == '+' ? &patch->plus : &patch->minus, at + 1, length - 1);
		} else if (sign != ' ') {
			load_tell(&load, DIAGNOSTIC_ERROR, (struct load_place){.line = line},
			    sign == '!' ? "a patch that switches or moves statements cannot be loaded: do it by hand"
			                : "this is no line of a patch: [edit ...], + or - is expected");
			return false;
		}
		text_append_char(&patch->plus, '\n');
		text_append_char(&patch->minus, '\n');
		at += length + (end == NULL ? 0 : 1);
		left -= length + (end == NULL ? 0 : 1);
	}
	patch_close(patch);
	return (!text_failed(&patch->plus) && !text_failed(&patch->minus) && !text_failed(&patch->levels)) ||
	    edit_list_no_memory(list);
}

/* The sections' levels are where something happens, and nothing that goes. */
static bool
mark_levels(struct conf_tree *tree, const struct patch *patch, struct diagnostics *list)
{
	const char *level = text_string(&patch->levels);

	for (size_t i = 0; i < patch->level_count; i++) {
		const struct conf_editor editor = {.tree = tree};
		const struct conf_node *found = conf_edit_find(&editor, level, list);

		for (struct conf_node *node = (struct conf_node *)(uintptr_t)found; node != NULL; node = node->parent) {
			node->replaces = true;
		}
		if (found == NULL) {
			return false;
		}
		level += strlen(level) + 1;
	}
	return true;
}

static bool
patch_apply(struct conf_tree *tree, const struct patch *patch, const struct conf_load_order *order,
    struct diagnostics *list)
{
	struct conf_tree *minus = conf_tree_create(tree->schema);
	struct conf_tree *plus = conf_tree_create(tree->schema);
	bool good = (minus != NULL && plus != NULL) || edit_list_no_memory(list);

	good = good && conf_load(minus, CONF_FORMAT_TEXT, order->file, text_string(&patch->minus), patch->minus.length, list);
	good = good && conf_load(plus, CONF_FORMAT_TEXT, order->file, text_string(&patch->plus), patch->plus.length, list);
	good = good && mark_levels(minus, patch, list) && merge_subtract(tree, minus, list);
	if (good) {
		clear_marks(plus);
		good = merge_tree(tree, plus) || edit_list_no_memory(list);
	}
	conf_tree_destroy(minus);
	conf_tree_destroy(plus);
	return good;
}

static struct conf_tree *
load_patched(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	struct patch patch = {.open = false};
	struct conf_tree *tree = patch_read(&patch, order, list) ? edit_copy_tree(editor, list) : NULL;

	if (tree != NULL && !patch_apply(tree, &patch, order, list)) {
		conf_tree_destroy(tree);
		tree = NULL;
	}
	text_release(&patch.minus);
	text_release(&patch.plus);
	text_release(&patch.levels);
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
		clear_marks(tree);
		conf_canonicalize(tree, list);
		tree_exchange(editor->tree, tree);
	}
	conf_tree_destroy(tree);
	diagnostics_name_file(list, order->file);
	return good;
}
