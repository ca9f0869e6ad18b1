/*
 * From tokens to steps over the schema. See statement_read.h.
 */
#include "statement_read.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "distance.h"
#include "errata.h"
#include "schema_private.h"
#include "secrets.h"
#include "tree_private.h"
#include "wildcard.h"

enum {
	REWRITES_MOST = 64,
	SUGGESTIONS_MOST = 8,
};

static bool
refuse_memory(struct statement *statement)
{
	statement->list->failed = true;
	statement->list->errors += !statement->quiet;
	return false;
}

/* May the word be (a part of) a secret? One stands before it that has blanks, or whose blank is missing (E-181). */
static bool
follows_secret(const struct statement *statement, size_t token)
{
	if (!statement->at->holds_secret) {
		return false;
	}
	for (size_t i = 0; i < token; i++) {
		const char *word = tokens_word(&statement->tokens, i);

		if (statement->tokens.items[i].kind == TOKEN_WORD && secrets_is_keyword(word, strlen(word))) {
			return true;
		}
	}
	return false;
}

/* `sentence` about a word that is no statement. Nothing that may be a secret is shown. */
static void
tell_refused(struct statement *statement, size_t token, const char *sentence)
{
	const char *word = tokens_word(&statement->tokens, token);
	const size_t stuck = secrets_stuck(word, strlen(word));
	const size_t count = statement->tokens.count;

	if (follows_secret(statement, token)) {
		statement_tell(statement, DIAGNOSTIC_ERROR,
		    "the word behind the secret is not possible here: a secret with blanks needs quotation marks, "
		    "another statement a line of its own (E-181)");
		return;
	}
	if (stuck > 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "a blank is missing behind '%.*s'", (int)stuck, word);
		return;
	}
	/* Where a secret may come, what follows a word that nobody knows may be one. */
	statement->tokens.count = statement->at->holds_secret && statement->at->parent != NULL ? token + 1 : count;
	statement_tell(statement, DIAGNOSTIC_ERROR, "'%.60s' is not possible here: %s", word, sentence);
	statement->tokens.count = count;
}

static bool
refuse_word(struct statement *statement, size_t token)
{
	const struct schema_node *at = statement->at;
	const char *word = tokens_word(&statement->tokens, token);
	const char *nearest = NULL;
	unsigned distance = DISTANCE_FAR;

	if (statement->quiet) {
		return false;
	}
	for (size_t i = 0; i < at->child_count; i++) {
		const unsigned this = distance_of(word, strlen(word), at->children[i]->name, strlen(at->children[i]->name));

		if (this < distance) {
			distance = this;
			nearest = at->children[i]->name;
		}
	}
	text_clear(&statement->scratch);
	const char *explained = errata_explain(statement, token);

	if (explained != NULL) {
		text_append(&statement->scratch, explained);
	} else if (nearest != NULL) {
		text_printf(&statement->scratch, "did you mean '%s'?", nearest);
	} else if (at->child_count == 0) {
		text_append(&statement->scratch, "nothing more is possible");
	} else {
		text_append(&statement->scratch, "possible: ");
		size_t named = 0;
		size_t at_child = 0;

		for (; at_child < at->child_count && named < SUGGESTIONS_MOST; at_child++) {
			/* apply-groups stands everywhere and is not what was meant. */
			if (strncmp(at->children[at_child]->name, SCHEMA_APPLY, strlen(SCHEMA_APPLY)) != 0) {
				text_printf(&statement->scratch, "%s%s", named++ == 0 ? "" : ", ", at->children[at_child]->name);
			}
		}
		text_append(&statement->scratch, at_child < at->child_count ? ", ..." : "");
	}
	tell_refused(statement, token, text_string(&statement->scratch));
	return false;
}

static bool
refuse_sign(struct statement *statement, size_t token)
{
	static const char *const signs[] = {
	    [TOKEN_OPEN_BRACE] = "'{' is not possible here",
	    [TOKEN_CLOSE_BRACE] = "'}' is not possible here",
	    [TOKEN_OPEN_BRACKET] = "'[' is not possible here: a list of values follows a statement that takes several",
	    [TOKEN_CLOSE_BRACKET] = "']' without '['",
	    [TOKEN_SEMICOLON] = "';' is not possible here",
	};
	const struct token *what = &statement->tokens.items[token];

	if (what->kind == TOKEN_BAD) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "%s", tokens_word(&statement->tokens, token));
	} else {
		statement_tell(statement, DIAGNOSTIC_ERROR, "%s", signs[what->kind]);
	}
	return false;
}

static struct step *
add_step(struct statement *statement, const struct schema_node *schema, size_t token)
{
	struct step *steps =
	    array_grow(statement->steps, statement->step_count, &statement->step_capacity, sizeof(*steps));

	if (steps == NULL) {
		(void)refuse_memory(statement);
		return NULL;
	}
	statement->steps = steps;
	struct step *step = &steps[statement->step_count++];

	*step = (struct step){
	    .schema = schema,
	    .parent = statement->at_step,
	    .value = NO_VALUE,
	    .value2 = NO_VALUE,
	    .token = token,
	};
	return step;
}

/* Checks the token as a value of `typed` and keeps the canonical spelling. */
static bool
take_value(struct statement *statement, const struct schema_node *typed, size_t token, ptrdiff_t *offset)
{
	for (;;) {
		const char *word = tokens_word(&statement->tokens, token);
		const size_t start = statement->values.length;

		text_clear(&statement->problem);
		text_clear(&statement->notice);
		const struct value_result result = {
		    .canonical = &statement->values,
		    .error = &statement->problem,
		    .notice = &statement->notice,
		};
		const bool good = value_check(conf_tree_schema(statement->tree), typed, word, strlen(word), &result);

		if (good) {
			text_append_char(&statement->values, '\0');
			*offset = (ptrdiff_t)start;
			if (text_failed(&statement->values)) {
				return refuse_memory(statement);
			}
			if (statement->notice.length > 0) {
				statement_tell(statement, DIAGNOSTIC_WARNING, "%s", text_string(&statement->notice));
			}
			return true;
		}
		if (statement->values.bytes != NULL) {
			statement->values.length = start;
		}
		if (statement->rewrites++ >= REWRITES_MOST || !errata_rewrite_value(statement, typed, token)) {
			if (typed->secret) {
				statement_tell(statement, DIAGNOSTIC_ERROR, "this is not possible here: %s",
				    text_string(&statement->problem));
			} else {
				statement_tell(statement, DIAGNOSTIC_ERROR, "'%.60s' is not possible here: %s",
				    tokens_word(&statement->tokens, token), text_string(&statement->problem));
			}
			return false;
		}
	}
}

/* A value is due at `token`. True when there is one; else the statement is pending, or wrong. */
static bool
value_due(struct statement *statement, const struct schema_node *schema, size_t token, bool *pending)
{
	*pending = false;
	if (token >= statement->tokens.count) {
		if (statement->allow_pending) {
			statement->pending = schema;
			*pending = true;
		} else {
			statement_tell(statement, DIAGNOSTIC_ERROR, "a value is missing behind '%s'",
			    schema->keyword_less ? statement->at->name : schema->name);
		}
		return false;
	}
	if (statement->tokens.items[token].kind != TOKEN_WORD) {
		(void)refuse_sign(statement, token);
		return false;
	}
	return true;
}

static bool
add_value_step(struct statement *statement, const struct schema_node *schema, size_t first, size_t token)
{
	ptrdiff_t offset;

	if (!take_value(statement, schema, token, &offset)) {
		return false;
	}
	struct step *step = add_step(statement, schema, first);

	if (step == NULL) {
		return false;
	}
	step->value = offset;
	step->terminal = true;
	return true;
}

static bool
read_leaf(struct statement *statement, const struct schema_node *schema, size_t *token)
{
	const size_t first = *token;
	bool pending;

	if (!schema->keyword_less) {
		(*token)++;
		/* E-144: a keyword that is repeated where its value is due. */
		if (*token + 1 < statement->tokens.count && tokens_is(&statement->tokens, *token, schema->name)) {
			statement_tell(statement, DIAGNOSTIC_WARNING, "E-144 the repeated '%s' is skipped", schema->name);
			(*token)++;
		}
	}
	/* E-16D: a value that may be left out. */
	if (schema->omitted != NULL && *token >= statement->tokens.count && !statement->allow_pending &&
	    !tokens_insert(&statement->tokens, *token, schema->omitted)) {
		return refuse_memory(statement);
	}
	if (!value_due(statement, schema, *token, &pending)) {
		return pending;
	}
	if (!add_value_step(statement, schema, first, *token)) {
		return false;
	}
	(*token)++;
	return true;
}

/* The word goes on with something else: a statement beside the leaf-list (E-005). */
static bool
ends_values(const struct statement *statement, size_t token)
{
	const struct token *what = &statement->tokens.items[token];

	if (what->kind != TOKEN_WORD || what->quoted) {
		return what->kind != TOKEN_WORD;
	}
	const char *word = tokens_word(&statement->tokens, token);

	return schema_child(statement->at, word, strlen(word)) != NULL;
}

static bool
read_bracketed(struct statement *statement, const struct schema_node *schema, size_t first, size_t *token)
{
	const size_t open = *token;

	for ((*token)++; *token < statement->tokens.count; (*token)++) {
		const enum token_kind kind = statement->tokens.items[*token].kind;

		if (kind == TOKEN_CLOSE_BRACKET) {
			if (*token == open + 1) {
				statement_tell(statement, DIAGNOSTIC_ERROR, "the list of values is empty");
				return false;
			}
			(*token)++;
			return true;
		}
		if (kind != TOKEN_WORD) {
			return refuse_sign(statement, *token);
		}
		if (!add_value_step(statement, schema, first, *token)) {
			return false;
		}
	}
	statement_tell(statement, DIAGNOSTIC_ERROR, "the list of values is not closed: ']' is missing");
	return false;
}

static bool
read_leaf_list(struct statement *statement, const struct schema_node *schema, size_t *token)
{
	const size_t first = (*token)++;
	bool pending;

	if (*token < statement->tokens.count && statement->tokens.items[*token].kind == TOKEN_OPEN_BRACKET) {
		return read_bracketed(statement, schema, first, token);
	}
	if (!value_due(statement, schema, *token, &pending)) {
		return pending;
	}
	do {
		if (!add_value_step(statement, schema, first, *token)) {
			return false;
		}
		(*token)++;
	} while (*token < statement->tokens.count && !ends_values(statement, *token) &&
	    !errata_rewrite(statement, token));
	return true;
}

static void
enter(struct statement *statement, const struct schema_node *schema, size_t token)
{
	statement->at = schema;
	statement->at_step = (ptrdiff_t)statement->step_count - 1;
	statement->scope = token;
}

/* Inside an entry of `groups`, <*> and <ge-*> stand for names. */
static bool
stands_for_names(const struct statement *statement, size_t token)
{
	bool inside = false;

	if (!wildcard_is_name(tokens_word(&statement->tokens, token))) {
		return false;
	}
	for (const struct conf_node *node = statement->level; node != NULL; node = node->parent) {
		inside = inside || node->schema->whole;
	}
	for (ptrdiff_t step = statement->at_step; step != STEP_LEVEL; step = statement->steps[step].parent) {
		inside = inside || statement->steps[step].schema->whole;
	}
	return inside;
}

static bool
take_key(struct statement *statement, const struct schema_node *typed, size_t token, ptrdiff_t *offset)
{
	if (!stands_for_names(statement, token)) {
		return take_value(statement, typed, token, offset);
	}
	const char *word = tokens_word(&statement->tokens, token);

	*offset = (ptrdiff_t)statement->values.length;
	text_append_bytes(&statement->values, word, strlen(word) + 1);
	return !text_failed(&statement->values) || refuse_memory(statement);
}

static bool
read_entry(struct statement *statement, const struct schema_node *schema, size_t *token)
{
	const size_t first = *token;
	ptrdiff_t key;
	ptrdiff_t second = NO_VALUE;
	bool pending;

	*token += schema->keyword_less ? 0 : 1;
	if (!value_due(statement, schema, *token, &pending)) {
		return pending;
	}
	if (!take_key(statement, schema->key_node, *token, &key)) {
		return false;
	}
	(*token)++;
	if (schema->second_key_node != NULL) {
		if (!tokens_is(&statement->tokens, *token, schema->second_key)) {
			statement_tell(statement, DIAGNOSTIC_ERROR, "'%s' is missing behind '%s %s'", schema->second_key,
			    schema->name, statement_value(statement, key));
			return false;
		}
		(*token)++;
		if (!value_due(statement, schema->second_key_node, *token, &pending)) {
			return pending;
		}
		if (!take_key(statement, schema->second_key_node, *token, &second)) {
			return false;
		}
		(*token)++;
	}
	struct step *step = add_step(statement, schema, first);

	if (step == NULL) {
		return false;
	}
	step->value = key;
	step->value2 = second;
	step->terminal = schema->child_count == 0;
	if (schema->child_count > 0) {
		enter(statement, schema, *token);
	}
	return true;
}

static bool
read_container(struct statement *statement, const struct schema_node *schema, size_t *token)
{
	struct step *step = add_step(statement, schema, *token);

	if (step == NULL) {
		return false;
	}
	(*token)++;
	step->terminal = schema->child_count == 0;
	if (schema->child_count > 0) {
		enter(statement, schema, *token);
	}
	return true;
}

static bool
read_child(struct statement *statement, const struct schema_node *schema, size_t *token)
{
	switch (schema->kind) {
	case SCHEMA_CONTAINER:
	case SCHEMA_PRESENCE:
		return read_container(statement, schema, token);
	case SCHEMA_LEAF:
		return read_leaf(statement, schema, token);
	case SCHEMA_LEAF_LIST:
		return read_leaf_list(statement, schema, token);
	case SCHEMA_LIST:
		return read_entry(statement, schema, token);
	}
	return false;
}

/* Would the word do as value or key of the child without keyword? */
static bool
fits_keyword_less(struct statement *statement, const struct schema_node *schema, size_t token)
{
	const char *word = tokens_word(&statement->tokens, token);
	const struct schema_node *typed = schema->kind == SCHEMA_LIST ? schema->key_node : schema;
	struct text canonical = TEXT_EMPTY;

	text_clear(&statement->problem);
	const struct value_result result = {.canonical = &canonical, .error = &statement->problem, .notice = NULL};
	const bool fits = value_check(conf_tree_schema(statement->tree), typed, word, strlen(word), &result);

	text_release(&canonical);
	return fits;
}

/* The word by which a user knows the place: entries without keyword stand below their list's. */
static const char *
word_of(const struct schema_node *schema)
{
	return schema->keyword_less && schema->parent != NULL ? schema->parent->name : schema->name;
}

/* Statements of one line, families and lists whose names stand bare take no groups of their own; nor is it a name there. */
static bool
refuse_groups(struct statement *statement, const char *word)
{
	const struct schema_node *around = statement->at;

	while (around->parent != NULL && schema_child(around, word, strlen(word)) == NULL) {
		around = around->parent;
	}
	if (around->parent == NULL) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "'%s' is not possible in '%s': it belongs at the top", word,
		    word_of(statement->at));
	} else {
		statement_tell(statement, DIAGNOSTIC_ERROR, "'%s' is not possible in '%s': it belongs directly below '%s'", word,
		    word_of(statement->at), word_of(around));
	}
	return false;
}

static bool
read_word(struct statement *statement, size_t *token)
{
	const char *word = tokens_word(&statement->tokens, *token);
	const struct schema_node *schema = schema_child(statement->at, word, strlen(word));
	const struct schema_node *bare = statement->at->keyword_less_child;

	if (schema != NULL && schema_nests_groups(statement->at, schema)) {
		return refuse_word(statement, *token);
	}
	if (schema == NULL && !statement->tokens.items[*token].quoted &&
	    (strcmp(word, SCHEMA_APPLY) == 0 || strcmp(word, SCHEMA_EXCEPT) == 0)) {
		return refuse_groups(statement, word);
	}
	if (schema != NULL && !schema->keyword_less) {
		return read_child(statement, schema, token);
	}
	/* A value without keyword wins over a lenient reading when it fits its type. */
	const bool fits = bare != NULL &&
	    (fits_keyword_less(statement, bare, *token) ||
	        (bare->kind == SCHEMA_LIST && stands_for_names(statement, *token)));

	if (!fits && statement->rewrites++ < REWRITES_MOST &&
	    (errata_rewrite(statement, token) || errata_split(statement, *token))) {
		return true;
	}
	if (bare != NULL) {
		return read_child(statement, bare, token);
	}
	return refuse_word(statement, *token);
}

bool
statement_read(struct statement *statement, size_t from)
{
	statement->step_count = 0;
	text_clear(&statement->values);
	statement->at = statement->level->schema;
	statement->at_step = STEP_LEVEL;
	statement->scope = from;
	statement->pending = NULL;
	statement->erase[0] = NULL;
	statement->erase[1] = NULL;
	statement->rewrites = 0;
	if (statement->tokens.failed) {
		return refuse_memory(statement);
	}
	for (size_t token = from; token < statement->tokens.count;) {
		if (statement->tokens.items[token].kind != TOKEN_WORD) {
			return refuse_sign(statement, token);
		}
		if (!read_word(statement, &token)) {
			return false;
		}
		if (statement->tokens.failed) {
			return refuse_memory(statement);
		}
		if (statement->pending != NULL) {
			return true;
		}
	}
	if (statement->at_step != STEP_LEVEL) {
		/* The words end in a container or entry: it is meant itself, unless something in it was. */
		struct step *last = &statement->steps[statement->at_step];

		last->terminal = (size_t)statement->at_step + 1 == statement->step_count;
	}
	return true;
}
