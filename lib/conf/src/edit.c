/*
 * Editing: set, delete, insert, activate, deactivate and the edit level. See conf/conf.h and edit.h.
 *
 * A verb's words are read behind those of the level, from the top; so a level that is gone makes no difference to set.
 */
#include "edit.h"

#include <string.h>

#include "conf/conf.h"
#include "statement_read.h"
#include "tree_private.h"

bool
edit_missing(struct statement *statement)
{
	statement_tell(statement, DIAGNOSTIC_ERROR, CONF_NO_SUCH_STATEMENT);
	return false;
}

/* Whoever takes out or switches off what is not there has what he wants. */
static bool
warn_missing(struct statement *statement)
{
	statement_tell(statement, DIAGNOSTIC_WARNING, CONF_NO_SUCH_STATEMENT);
	return true;
}

bool
conf_only_absent(const struct diagnostics *list)
{
	return list->count == 1 && strcmp(list->items[0].message, CONF_NO_SUCH_STATEMENT) == 0;
}

bool
edit_no_memory(struct statement *statement)
{
	diagnostics_no_memory(statement->list);
	return false;
}

bool
edit_allowed(struct statement *statement, const struct conf_node *node, bool below)
{
	const struct conf_node *guarded = NULL;

	if (!statement->tree->guarded) {
		return true;
	}
	for (const struct conf_node *at = node; guarded == NULL && at != NULL; at = at->parent) {
		guarded = at->guarded ? at : NULL;
	}
	for (const struct conf_node *at = node; guarded == NULL && below && at != NULL; at = tree_walk_next(at, node)) {
		guarded = at->guarded ? at : NULL;
	}
	if (guarded != NULL) {
		struct text words = TEXT_EMPTY;

		conf_path(guarded, &words);
		statement_tell(statement, DIAGNOSTIC_ERROR, "'%s' is protected: unprotect it first", text_string(&words));
		text_release(&words);
	}
	return guarded == NULL;
}

/* What a set would take out because it excludes it. */
static bool
choice_allowed(struct statement *statement, const struct conf_node *parent, const struct schema_node *schema)
{
	for (const struct conf_node *node = parent->first; node != NULL && schema->choice != NULL; node = node->next) {
		const struct schema_node *other = node->schema;

		if (other->choice != NULL && strcmp(other->choice, schema->choice) == 0 &&
		    strcmp(other->choice_case, schema->choice_case) != 0 && !edit_allowed(statement, node, true)) {
			return false;
		}
	}
	return true;
}

/* Nothing protected stands on the way that the steps go. */
static bool
steps_allowed(struct statement *statement)
{
	if (!statement->tree->guarded) {
		return true;
	}
	for (size_t i = 0; i < statement->step_count; i++) {
		struct step *step = &statement->steps[i];
		struct conf_node *parent =
		    step->parent == STEP_LEVEL ? statement->level : statement->steps[step->parent].node;

		step->node = parent == NULL ? NULL
		                            : tree_find(parent, step->schema, statement_value(statement, step->value),
		                                  statement_value(statement, step->value2));
		if ((step->node != NULL && !edit_allowed(statement, step->node, false)) ||
		    (parent != NULL && step->node == NULL && !choice_allowed(statement, parent, step->schema))) {
			return false;
		}
	}
	return true;
}

static bool
edit_set(struct statement *statement, size_t from)
{
	if (!statement_read(statement, from)) {
		return false;
	}
	if (statement->step_count == 0 && statement->rewrites == 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a statement is missing");
		return false;
	}
	return steps_allowed(statement) && statement_apply(statement);
}

/* Removes the node and what is left empty above it. */
static void
remove_with_shells(struct conf_node *node)
{
	struct conf_node *parent = node->parent;

	tree_remove(node);
	while (parent->parent != NULL && parent->schema->kind == SCHEMA_CONTAINER && parent->first == NULL) {
		node = parent;
		parent = parent->parent;
		tree_remove(node);
	}
}

/* How a verb treats what is protected. */
enum guard {
	GUARD_NONE, /* the verb is about protection itself */
	GUARD_NODE,
	GUARD_ALL, /* it reaches what is below too */
};

/* The nodes that the words name: calls `each` for them, the last one first. Either for all of them or for none. */
static bool
edit_each(struct statement *statement, size_t from, void (*each)(struct conf_node *node), enum guard guard)
{
	size_t missing;

	statement->allow_pending = true;
	if (!statement_read(statement, from)) {
		return false;
	}
	if (statement->step_count == 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a statement is missing");
		return false;
	}
	if (!statement_find(statement, &missing)) {
		return guard == GUARD_NONE ? edit_missing(statement) : warn_missing(statement);
	}
	struct conf_node *first =
	    statement->pending == NULL ? NULL : tree_first(statement_node(statement), statement->pending);

	if (statement->pending != NULL && first == NULL) {
		return guard == GUARD_NONE ? edit_missing(statement) : warn_missing(statement);
	}
	for (struct conf_node *node = first; guard != GUARD_NONE && node != NULL; node = tree_next(node)) {
		if (!edit_allowed(statement, node, guard == GUARD_ALL)) {
			return false;
		}
	}
	for (size_t i = 0; guard != GUARD_NONE && statement->pending == NULL && i < statement->step_count; i++) {
		if (statement->steps[i].terminal &&
		    !edit_allowed(statement, statement->steps[i].node, guard == GUARD_ALL)) {
			return false;
		}
	}
	while (first != NULL) {
		struct conf_node *next = tree_next(first);

		each(first);
		first = next;
	}
	for (size_t i = statement->step_count; statement->pending == NULL && i-- > 0;) {
		if (statement->steps[i].terminal) {
			each(statement->steps[i].node);
		}
	}
	return true;
}

static void
make_inactive(struct conf_node *node)
{
	node->inactive = true;
}

static void
make_active(struct conf_node *node)
{
	node->inactive = false;
}

static void
make_guarded(struct conf_node *node)
{
	node->guarded = true;
}

static void
make_unguarded(struct conf_node *node)
{
	node->guarded = false;
}

/* Reads the words that name one entry or value of an ordered list. */
static struct conf_node *
find_ordered(struct statement *statement, size_t from)
{
	size_t missing;

	if (!statement_read(statement, from)) {
		return NULL;
	}
	if (statement->step_count == 0 || !statement_find(statement, &missing)) {
		(void)edit_missing(statement);
		return NULL;
	}
	struct conf_node *node = statement->steps[statement->step_count - 1].node;

	if (!node->schema->user_ordered) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "the order of '%s' has no meaning", node->schema->name);
		return NULL;
	}
	return node;
}

/* "policy b before policy a" */
static bool
edit_insert(struct statement *statement, size_t from)
{
	struct token_list *tokens = &statement->tokens;
	size_t word = from;

	while (word < tokens->count && !tokens_is(tokens, word, "before") && !tokens_is(tokens, word, "after")) {
		word++;
	}
	if (word >= tokens->count) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "'before' or 'after' is missing");
		return false;
	}
	const bool before = tokens_is(tokens, word, "before");
	const size_t whole = tokens->count;

	tokens->count = word;
	struct conf_node *node = find_ordered(statement, from);

	tokens->count = whole;
	if (node == NULL) {
		return false;
	}
	/* What follows is read beside the node; the list's name may be left out. */
	if (!tokens_is(tokens, word + 1, node->schema->name) &&
	    !tokens_insert(tokens, word + 1, node->schema->name)) {
		return edit_no_memory(statement);
	}
	statement->level = node->parent;
	struct conf_node *other = find_ordered(statement, word + 1);

	if (other == NULL) {
		return false;
	}
	if (other->schema != node->schema || other->parent != node->parent) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "this is not in the same list");
		return false;
	}
	if (!edit_allowed(statement, node, false)) {
		return false;
	}
	if (other != node) {
		struct conf_node *parent = node->parent;

		tree_unlink(node);
		tree_link(statement->tree, parent, node, before ? other : other->next);
	}
	return true;
}

static bool
edit_enter(struct statement *statement, size_t from)
{
	if (!statement_read(statement, from)) {
		return false;
	}
	if (statement->step_count == 0 || statement->steps[statement->step_count - 1].schema->child_count == 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "this is not a level that can be edited");
		return false;
	}
	return statement_apply(statement);
}

bool
edit_run(struct statement *statement, enum conf_edit_verb verb, size_t from)
{
	statement->level = conf_tree_top(statement->tree);
	statement->allow_pending = false;
	statement->step_count = 0;
	statement->at_step = STEP_LEVEL;
	statement->scope = from;
	switch (verb) {
	case CONF_EDIT_SET:
		return edit_set(statement, from);
	case CONF_EDIT_DELETE:
		return edit_each(statement, from, remove_with_shells, GUARD_ALL);
	case CONF_EDIT_ACTIVATE:
		return edit_each(statement, from, make_active, GUARD_NODE);
	case CONF_EDIT_DEACTIVATE:
		return edit_each(statement, from, make_inactive, GUARD_NODE);
	case CONF_EDIT_PROTECT:
		statement->tree->guarded = true;
		return edit_each(statement, from, make_guarded, GUARD_NONE);
	case CONF_EDIT_UNPROTECT:
		return edit_each(statement, from, make_unguarded, GUARD_NONE);
	case CONF_EDIT_INSERT:
		return edit_insert(statement, from);
	case CONF_EDIT_RENAME:
		return edit_rename(statement, from, false);
	case CONF_EDIT_COPY:
		return edit_rename(statement, from, true);
	case CONF_EDIT_ANNOTATE:
		return edit_annotate(statement, from);
	case CONF_EDIT_ENTER:
		return edit_enter(statement, from);
	}
	return false;
}

/* --- the editor of the command line ----------------------------------------------------------------------------- */

static bool
take_words(struct statement *statement, const char *words)
{
	struct lexer lexer = lexer_over(words, strlen(words), 0);
	enum token_kind kind;

	do {
		kind = lexer_next(&lexer, &statement->tokens);
	} while (kind != TOKEN_END && !statement->tokens.failed);
	return !statement->tokens.failed;
}

bool
edit_prepare(struct statement *statement, const struct conf_editor *editor, const char *words, struct diagnostics *list)
{
	*statement = (struct statement){
	    .tree = editor->tree,
	    .level = conf_tree_top(editor->tree),
	    .list = list,
	    .replace_choice = true,
	};
	if (!take_words(statement, text_string(&editor->level)) || !take_words(statement, words)) {
		diagnostics_no_memory(list);
		return false;
	}
	return true;
}

/* Moves the editor to `level`, which it keeps. False: memory was short for it, and it is released. */
static bool
move_to(struct conf_editor *editor, struct text *level)
{
	if (text_failed(level)) {
		text_release(level);
		return false;
	}
	text_release(&editor->level);
	editor->level = *level;
	return true;
}

bool
conf_edit(struct conf_editor *editor, enum conf_edit_verb verb, const char *words, struct diagnostics *list)
{
	struct statement statement;
	bool done = edit_prepare(&statement, editor, words, list) && edit_run(&statement, verb, 0);

	if (done && verb == CONF_EDIT_ENTER) {
		struct text level = TEXT_EMPTY;

		conf_path(statement_node(&statement), &level);
		done = move_to(editor, &level) || edit_no_memory(&statement);
	}
	statement_release(&statement);
	return done;
}

/* A level that is gone is empty. */
static struct conf_node *
level_node(struct statement *statement)
{
	size_t missing;

	if (statement->tokens.count == 0) {
		return conf_tree_top(statement->tree);
	}
	statement->quiet = true;
	const size_t errors = statement->list->errors;
	const bool there = statement_read(statement, 0) && statement_find(statement, &missing);

	statement->list->errors = errors;
	statement->quiet = false;
	return there ? statement_node(statement) : NULL;
}

/* At the node, above it or below it; NULL: nothing is. */
static const struct conf_node *
find_guarded(const struct conf_node *node)
{
	const struct conf_node *at = node;

	while (at != NULL && !at->guarded) {
		at = at->parent;
	}
	for (const struct conf_node *below = node; at == NULL && below != NULL; below = tree_walk_next(below, node)) {
		at = below->guarded ? below : NULL;
	}
	return at;
}

bool
conf_edit_clear(struct conf_editor *editor, uint32_t *count, struct diagnostics *list)
{
	struct statement statement;
	bool good = edit_prepare(&statement, editor, "", list);
	struct conf_node *node = good ? level_node(&statement) : NULL;
	const struct conf_node *guarded = node == NULL ? NULL : find_guarded(node);

	*count = 0;
	if (guarded != NULL) {
		good = edit_tell(list, guarded, "this is protected: unprotect it first");
	}
	while (good && node != NULL && node->first != NULL) {
		tree_remove(node->first);
		(*count)++;
	}
	statement_release(&statement);
	return good;
}

bool
conf_edit_up(struct conf_editor *editor, uint32_t levels)
{
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	struct statement statement;
	struct text level = TEXT_EMPTY;

	if (editor->level.length == 0) {
		return true;
	}
	bool done = edit_prepare(&statement, editor, "", &silent) && statement_read(&statement, 0);

	if (done) {
		/* The words of the level's first containers: a level up is a step less. */
		const size_t left = statement.step_count > levels ? statement.step_count - levels : 0;

		statement.tokens.count = left == statement.step_count ? statement.tokens.count
		                                                      : statement.steps[left].token;
		tokens_append_text(&statement.tokens, 0, &level);
		done = move_to(editor, &level);
	}
	statement_release(&statement);
	diagnostics_release(&silent);
	return done;
}

void
conf_edit_top(struct conf_editor *editor)
{
	text_clear(&editor->level);
}

const struct conf_node *
conf_edit_find(const struct conf_editor *editor, const char *words, struct diagnostics *list)
{
	struct statement statement;
	const struct conf_node *found = NULL;
	size_t missing;

	if (edit_prepare(&statement, editor, words, list)) {
		statement.allow_pending = true;
		if (statement_read(&statement, 0)) {
			if (!statement_find(&statement, &missing)) {
				(void)edit_missing(&statement);
			} else if (statement.pending != NULL) {
				found = tree_first(statement_node(&statement), statement.pending);
				if (found == NULL) {
					(void)edit_missing(&statement);
				}
			} else {
				found = statement.step_count == 0 ? statement.level
				                                  : statement.steps[statement.step_count - 1].node;
			}
		}
	}
	statement_release(&statement);
	return found;
}
