/*
 * Reading curly text.
 *
 * A stack of open blocks, each with its node; statements and block heads are read by statement.c. What is wrong costs
 * its own statement or block only: the reader finds the end of it and goes on. The stack is bounded.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "load_private.h"
#include "schema_private.h"
#include "statement_read.h"
#include "tree_private.h"

enum { DEPTH_MOST = 64 };

struct block {
	struct conf_node *node;
	const struct schema_node *values; /* the block lists values of this leaf-list: "source-address { any; }" */
	uint32_t line;
	bool skipped; /* its head was refused: everything in it is passed over */
};

struct curly_reader {
	const struct load *load;
	struct lexer lexer;
	struct statement statement;
	struct block stack[DEPTH_MOST];
	size_t depth;   /* blocks open; stack[0] is the top */
	size_t too_deep; /* blocks beyond the bound */
	size_t forgiven; /* braces that were supplied: as many may be surplus */
	const char *comment; /* before the statement being read; NULL: none */
	size_t comment_length;
	int brackets;    /* open in the statement being read */
};

static struct block *
innermost(struct curly_reader *reader)
{
	return &reader->stack[reader->depth];
}

/* A line of the block that is open. */
static struct load_place
place_of(const struct curly_reader *reader, uint32_t line)
{
	return (struct load_place){.line = line, .level = reader->stack[reader->depth].node};
}

static bool
skipping(const struct curly_reader *reader)
{
	return reader->stack[reader->depth].skipped || reader->too_deep > 0;
}

static void
prepare(struct curly_reader *reader)
{
	struct statement *statement = &reader->statement;

	statement->level = innermost(reader)->node;
	statement->line = statement->tokens.count > 0 ? statement->tokens.items[0].line : reader->lexer.line;
	statement->allow_pending = false;
	statement->quiet = false;
}

/* What stands before a statement. */
struct marks {
	bool inactive;
	bool guarded;
	bool replaces;
};

/* "inactive: " and the like, and the leaf-list's name of a block of values. */
static struct marks
take_marks(struct curly_reader *reader)
{
	struct token_list *tokens = &reader->statement.tokens;
	struct marks marks = {.inactive = false};

	for (;;) {
		if (tokens_is(tokens, 0, "inactive:")) {
			marks.inactive = true;
		} else if (tokens_is(tokens, 0, "protect:")) {
			marks.guarded = true;
		} else if (tokens_is(tokens, 0, "replace:")) {
			marks.replaces = true;
		} else {
			break;
		}
		tokens_remove(tokens, 0, 1);
	}
	if (innermost(reader)->values != NULL) {
		(void)tokens_insert(tokens, 0, innermost(reader)->values->name);
	}
	return marks;
}

static void
set_marks(struct curly_reader *reader, struct conf_node *node, struct marks marks)
{
	node->inactive = node->inactive || marks.inactive;
	node->guarded = node->guarded || marks.guarded;
	node->replaces = node->replaces || marks.replaces;
	reader->load->tree->guarded = reader->load->tree->guarded || marks.guarded;
}

/* The comment before the statement stays with the node, and with the one whose line begins with it. */
static void
set_annotation(struct curly_reader *reader, struct conf_node *node)
{
	struct text note = TEXT_EMPTY;

	if (reader->comment == NULL) {
		return;
	}
	/* What cannot be kept is a comment all the same. */
	if (edit_clean_annotation(reader->comment, reader->comment_length, &note) && note.length > 0) {
		char *text = text_take(&note);

		if (text != NULL) {
			free(node->annotation);
			node->annotation = text;
		}
	}
	if (text_failed(&note)) {
		diagnostics_no_memory(reader->load->list);
	}
	text_release(&note);
}

static void
set_statement_marks(struct curly_reader *reader, struct marks marks)
{
	struct statement *statement = &reader->statement;
	size_t first = 0;

	for (size_t i = 0; i < statement->step_count; i++) {
		if (statement->steps[i].terminal) {
			set_marks(reader, statement->steps[i].node, marks);
		}
	}
	while (first + 1 < statement->step_count && statement->steps[first].schema->prefix_form) {
		first++;
	}
	if (first < statement->step_count) {
		struct conf_node *node = statement->steps[first].node;

		set_annotation(reader, node->schema->kind == SCHEMA_LEAF_LIST ? tree_first(node->parent, node->schema) : node);
	}
}

/*
 * E-025: inside system, a stanza that exists at the top only closes system. True when it did.
 */
static bool
close_system(struct curly_reader *reader)
{
	const struct block *block = innermost(reader);
	const struct token_list *tokens = &reader->statement.tokens;

	if (reader->depth != 1 || skipping(reader) || tokens->count == 0 || tokens->items[0].kind != TOKEN_WORD ||
	    strcmp(block->node->schema->name, "system") != 0) {
		return false;
	}
	const char *word = tokens_word(tokens, 0);

	if (schema_child(block->node->schema, word, strlen(word)) != NULL ||
	    schema_child(conf_tree_top(reader->load->tree)->schema, word, strlen(word)) == NULL) {
		return false;
	}
	load_tell(reader->load, DIAGNOSTIC_WARNING,
	    (struct load_place){.line = tokens->items[0].line, .level = block->node, .statement = word},
	    "E-025 'system' of line %u is not closed before '%s': a '}' is supplied", block->line, word);
	reader->depth--;
	reader->forgiven++;
	return true;
}

static void
end_statement(struct curly_reader *reader, bool closed)
{
	struct statement *statement = &reader->statement;

	if (statement->tokens.count == 0) {
		return;
	}
	(void)close_system(reader);
	if (!skipping(reader)) {
		const struct marks marks = take_marks(reader);

		prepare(reader);
		if (statement_read(statement, 0) && statement_apply(statement)) {
			set_statement_marks(reader, marks);
			if (!closed) {
				statement_tell(statement, DIAGNOSTIC_WARNING, "E-006 a ';' is missing and was supplied");
			}
		}
	}
	tokens_clear(&statement->tokens);
	reader->comment = NULL;
}

/* The head of a block is complete: the words before '{'. */
static void
open_block(struct curly_reader *reader)
{
	struct statement *statement = &reader->statement;

	(void)close_system(reader);
	const uint32_t line =
	    statement->tokens.count > 0 ? statement->tokens.items[0].line : reader->lexer.line;

	if (reader->too_deep > 0 || reader->depth + 1 == DEPTH_MOST) {
		if (reader->too_deep++ == 0 && !innermost(reader)->skipped) {
			load_tell(reader->load, DIAGNOSTIC_ERROR, place_of(reader, line),
			    "blocks are nested deeper than %d: this one is skipped", DEPTH_MOST - 1);
		}
		tokens_clear(&statement->tokens);
		return;
	}
	struct block block = {.node = innermost(reader)->node, .line = line, .skipped = true};

	if (!skipping(reader)) {
		const struct marks marks = take_marks(reader);

		prepare(reader);
		statement->allow_pending = true;
		if (statement->tokens.count == 0) {
			load_tell(reader->load, DIAGNOSTIC_ERROR, place_of(reader, line), "'{' without a statement before it");
		} else if (statement_read(statement, 0) && statement_apply(statement)) {
			block.node = statement_node(statement);
			block.values = statement->pending;
			block.skipped = false;
			if (statement->pending == NULL && block.node->schema->child_count == 0) {
				statement_tell(statement, DIAGNOSTIC_ERROR, "a block is not possible here");
				block.skipped = true;
			} else if (statement->pending != NULL && statement->pending->child_count > 0 && !statement->pending->oneliner) {
				statement_tell(statement, DIAGNOSTIC_ERROR, "a name is missing before '{'");
				block.skipped = true;
			} else {
				set_marks(reader, block.node, marks);
				if (statement->pending == NULL) {
					set_annotation(reader, block.node);
				}
			}
		}
	}
	reader->stack[++reader->depth] = block;
	tokens_clear(&statement->tokens);
	reader->comment = NULL;
}

static void
close_block(struct curly_reader *reader)
{
	if (reader->statement.tokens.count > 0) {
		end_statement(reader, false);
	}
	if (reader->too_deep > 0) {
		reader->too_deep--;
	} else if (reader->depth > 0) {
		reader->depth--;
	} else if (reader->forgiven > 0) {
		reader->forgiven--;
	} else {
		load_tell(reader->load, DIAGNOSTIC_ERROR, place_of(reader, reader->lexer.line), "'}' without a block");
	}
}

/*
 * The words so far stood on a line that ended without ';', and the next line goes on with a word. Is what stands there
 * a statement by itself? Then a ';' is missing (E-006).
 */
static bool
complete_without_sign(struct curly_reader *reader, size_t count)
{
	struct statement *statement = &reader->statement;
	struct token_list *tokens = &statement->tokens;
	const struct token next = tokens->items[count];

	/* Nobody writes so many words without a sign; and trying each line of a long one takes too long. */
	if (count > 256 || reader->brackets > 0 || skipping(reader) || innermost(reader)->values != NULL) {
		return false;
	}
	const size_t whole = tokens->count;

	tokens->count = count;
	prepare(reader);
	statement->quiet = true;
	const bool complete = statement_read(statement, 0) && statement->step_count > 0 &&
	    statement->steps[statement->step_count - 1].schema->child_count == 0;

	statement->quiet = false;
	tokens->count = whole;
	tokens->items[count] = next;
	return complete;
}

static void
take_word(struct curly_reader *reader)
{
	struct token_list *tokens = &reader->statement.tokens;
	const size_t count = tokens->count - 1;
	const struct token last = tokens->items[count];

	if (count > 0 && last.first_of_line && complete_without_sign(reader, count)) {
		struct text word = TEXT_EMPTY;

		text_append(&word, tokens->words.bytes + last.word);
		tokens->count = count;
		end_statement(reader, false);
		if (tokens_insert(tokens, 0, text_string(&word))) {
			tokens->items[0].line = last.line;
			tokens->items[0].quoted = last.quoted;
		}
		tokens->failed = tokens->failed || text_failed(&word);
		text_release(&word);
	}
}

/* "[edit security]" above a pasted prompt (E-001): no statement begins with a bracket. */
static bool
is_banner(const struct token_list *tokens)
{
	return tokens->count > 2 && tokens->items[0].kind == TOKEN_OPEN_BRACKET && tokens_is(tokens, 1, "edit");
}

/* Something that cannot be read at all: the statement around it is lost, and told. */
static void
take_bad(struct curly_reader *reader)
{
	struct token_list *tokens = &reader->statement.tokens;
	const struct token bad = tokens->items[tokens->count - 1];

	load_tell(reader->load, DIAGNOSTIC_ERROR, place_of(reader, bad.line), "%s", tokens->words.bytes + bad.word);
	tokens_clear(tokens);
}

/* The comment in front of a statement's first word is about the statement; all others are about nothing. */
static void
take_comment(struct curly_reader *reader)
{
	struct lexer *lexer = &reader->lexer;

	if (reader->statement.tokens.count <= 1) {
		reader->comment = lexer->comment;
		reader->comment_length = lexer->comment_length;
	}
	lexer->comment = NULL;
}

static void
finish(struct curly_reader *reader)
{
	const size_t open = reader->depth + reader->too_deep;

	if (reader->statement.tokens.count > 0) {
		const struct token_list *tokens = &reader->statement.tokens;
		struct load_place place = place_of(reader, tokens->items[0].line);

		place.statement = tokens->items[0].kind == TOKEN_WORD ? tokens_word(tokens, 0) : NULL;
		load_tell(reader->load, DIAGNOSTIC_ERROR, place,
		    "the text ends within a statement");
	}
	if (open > 0) {
		const struct block *block = innermost(reader);

		load_tell(reader->load, DIAGNOSTIC_ERROR, place_of(reader, reader->lexer.line),
		    "the text ends with %zu %s not closed, the last one of line %u: '}' is missing", open,
		    open == 1 ? "block" : "blocks", block->line);
	}
}

void
load_text(const struct load *load)
{
	struct curly_reader reader = {
	    .load = load,
	    .lexer = lexer_over(load->bytes, load->length, 1),
	    .statement = {.tree = load->tree, .list = load->list, .file = load->file},
	};
	struct token_list *tokens = &reader.statement.tokens;
	enum token_kind kind = TOKEN_WORD;

	reader.stack[0].node = conf_tree_top(load->tree);
	while (kind != TOKEN_END && !tokens->failed) {
		kind = lexer_next(&reader.lexer, tokens);
		if (tokens->failed) {
			break;
		}
		take_comment(&reader);
		switch (kind) {
		case TOKEN_END:
			break;
		case TOKEN_WORD:
			take_word(&reader);
			break;
		case TOKEN_OPEN_BRACKET:
			reader.brackets++;
			break;
		case TOKEN_CLOSE_BRACKET:
			reader.brackets--;
			if (is_banner(tokens)) {
				tokens_clear(tokens);
			}
			break;
		case TOKEN_OPEN_BRACE:
			reader.brackets = 0;
			tokens->count--;
			open_block(&reader);
			break;
		case TOKEN_CLOSE_BRACE:
			reader.brackets = 0;
			tokens->count--;
			close_block(&reader);
			break;
		case TOKEN_SEMICOLON:
			reader.brackets = 0;
			tokens->count--;
			end_statement(&reader, true);
			break;
		case TOKEN_BAD:
			reader.brackets = 0;
			take_bad(&reader);
			break;
		}
	}
	if (tokens->failed) {
		diagnostics_no_memory(load->list);
	} else {
		finish(&reader);
	}
	statement_release(&reader.statement);
}
