/*
 * Rename, copy and annotate. See conf/conf.h and edit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "edit.h"
#include "op_utf8.h"
#include "statement_read.h"
#include "tree_private.h"

#define NAME_EXPECTED "one new name in the same list is expected behind 'to'"

enum { NAME_TOKENS = 8 }; /* more than a name has, with the keywords of both its keys */

static bool
has_name(const struct schema_node *schema)
{
	return schema->kind == SCHEMA_LIST || schema->kind == SCHEMA_LEAF_LIST;
}

/*
 * The node that the tokens from `from` to `until` name; NULL: it was told. What stands behind is gone then: reading may put
 * words in.
 */
static struct conf_node *
find_named(struct statement *statement, size_t from, size_t until)
{
	struct conf_node *node = NULL;
	size_t missing;

	statement->tokens.count = until;
	if (!statement_read(statement, from)) {
		return NULL;
	}
	if (statement->step_count == 0 && statement->pending == NULL) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a statement is missing");
	} else if (!statement_find(statement, &missing)) {
		(void)edit_missing(statement);
	} else if (statement->pending == NULL) {
		node = statement->steps[statement->step_count - 1].node;
	} else if (statement->pending->kind == SCHEMA_LIST) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a name is missing behind '%s'", statement->pending->name);
	} else if ((node = tree_first(statement_node(statement), statement->pending)) == NULL) {
		(void)edit_missing(statement);
	}
	return node;
}

/* The last "to" that something stands before and behind; 0: none. */
static size_t
find_to(const struct statement *statement, size_t from)
{
	size_t found = 0;

	for (size_t i = from + 1; i + 1 < statement->tokens.count; i++) {
		if (tokens_is(&statement->tokens, i, "to") && statement->tokens.items[i + 1].kind == TOKEN_WORD) {
			found = i;
		}
	}
	return found;
}

/* The words behind "to" on their own, read beside the node. The last step has the new keys. */
static bool
read_new_name(struct statement *statement, const struct conf_node *node)
{
	struct token_list *tokens = &statement->tokens;

	if (!node->schema->keyword_less && !tokens_is(tokens, 0, node->schema->name) &&
	    !tokens_insert(tokens, 0, node->schema->name)) {
		return edit_no_memory(statement);
	}
	statement->level = node->parent;
	statement->allow_pending = false;
	if (!statement_read(statement, 0)) {
		return false;
	}
	if (statement->step_count != 1 || statement->steps[0].schema != node->schema) {
		statement_tell(statement, DIAGNOSTIC_ERROR, NAME_EXPECTED);
		return false;
	}
	return true;
}

bool
edit_rename(struct statement *statement, size_t from, bool copies)
{
	const size_t to = find_to(statement, from);

	if (to == 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "'to' and a new name are missing");
		return false;
	}
	struct token_list *tokens = &statement->tokens;
	const size_t behind = tokens->count - to - 1;
	struct token name[NAME_TOKENS];

	if (behind > NAME_TOKENS) {
		statement_tell(statement, DIAGNOSTIC_ERROR, NAME_EXPECTED);
		return false;
	}
	memcpy(name, tokens->items + to + 1, behind * sizeof(name[0]));
	struct conf_node *node = find_named(statement, from, to);

	if (node == NULL) {
		return false;
	}
	if (!has_name(node->schema)) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "'%s' has no name that could be another", node->schema->name);
		return false;
	}
	/* There was room for them. */
	memcpy(tokens->items, name, behind * sizeof(name[0]));
	tokens->count = behind;
	if (!read_new_name(statement, node)) {
		return false;
	}
	const char *value = statement_value(statement, statement->steps[0].value);
	const char *value2 = statement_value(statement, statement->steps[0].value2);

	if (tree_find(node->parent, node->schema, value, value2) != NULL) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "this is there already");
		return false;
	}
	if (!edit_allowed(statement, copies ? node->parent : node, !copies)) {
		return false;
	}
	const bool done = copies ? tree_copy_node(statement->tree, node->parent, node, value, value2) != NULL
	                         : tree_rename(statement->tree, node, value, value2);

	return done || edit_no_memory(statement);
}

bool
edit_clean_annotation(const char *bytes, size_t length, struct text *out)
{
	bool blank = false;

	for (size_t i = 0; i < length; i++) {
		const char c = bytes[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			blank = true;
			continue;
		}
		if ((unsigned char)c < ' ' || c == 0x7f || (c == '*' && i + 1 < length && bytes[i + 1] == '/')) {
			return false;
		}
		if (blank && out->length > 0) {
			text_append_char(out, ' ');
		}
		blank = false;
		text_append_char(out, c);
	}
	for (const char *at = text_string(out); *at != '\0';) {
		const size_t octets = op_utf8_length(at);

		if (octets == 0) {
			return false;
		}
		at += octets;
	}
	return !text_failed(out);
}

/* Where a comment is shown: the values of a statement have one line together. */
static struct conf_node *
annotated(struct conf_node *node)
{
	return node->schema->kind == SCHEMA_LEAF_LIST ? tree_first(node->parent, node->schema) : node;
}

bool
edit_annotate(struct statement *statement, size_t from)
{
	struct token_list *tokens = &statement->tokens;
	const size_t last = tokens->count == 0 ? 0 : tokens->count - 1;

	if (last <= from || tokens->items[last].kind != TOKEN_WORD) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a statement and a text are expected");
		return false;
	}
	struct text note = TEXT_EMPTY;
	const char *typed = tokens_word(tokens, last);
	const bool clean = edit_clean_annotation(typed, strlen(typed), &note);
	bool done = false;

	statement->allow_pending = true;
	struct conf_node *node = find_named(statement, from, last);

	if (node == NULL) {
		text_release(&note);
		return false;
	}
	node = annotated(node);
	if (text_failed(&note)) {
		done = edit_no_memory(statement);
	} else if (!clean) {
		statement_tell(statement, DIAGNOSTIC_ERROR,
		    "the text of a comment is UTF-8 without control characters and without '*/'");
	} else if (edit_allowed(statement, node, false)) {
		char *text = note.length == 0 ? NULL : text_take(&note);

		done = text != NULL || note.length == 0;
		if (done) {
			free(node->annotation);
			node->annotation = text;
		} else {
			(void)edit_no_memory(statement);
		}
	}
	text_release(&note);
	return done;
}
