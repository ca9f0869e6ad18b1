/*
 * Command lines into requests. See conf/op.h.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "distance.h"
#include "op_private.h"
#include "secrets.h"

struct op_parsing {
	const struct op_table *table;
	const char *line;
	const char *cursor;
	struct op_walk walk;
	struct op_command *command;
	struct op_error *error;
	struct op_node *request;
};

struct op_listing {
	struct text list;
	const char *prefix; /* only words that begin so */
	size_t prefix_length;
};

static bool
op_list_step(void *context, const struct op_step *step)
{
	struct op_listing *listing = context;
	struct text *list = &listing->list;

	if (step->kind == OP_STEP_ENTER || step->kind == OP_STEP_PIPE || step->word_length < listing->prefix_length ||
	    strncmp(step->word, listing->prefix, listing->prefix_length) != 0) {
		return true;
	}
	text_append(list, list->length == 0 ? "" : ", ");
	if (step->kind == OP_STEP_ARGUMENT && step->argument->kind == OP_ARGUMENT_POSITION) {
		text_printf(list, "<%s>", step->argument->name);
	} else if (step->kind == OP_STEP_ARGUMENT && step->argument->kind == OP_ARGUMENT_STATEMENT) {
		text_append(list, "<statement>");
	} else if (step->kind == OP_STEP_ARGUMENT && step->argument->kind == OP_ARGUMENT_COMMAND) {
		text_append(list, "<command>");
	} else {
		text_append_bytes(list, step->word, step->word_length);
	}
	return true;
}

/* "possible: a, b, c" of the words that begin with `prefix`, or that the line should have ended. */
static void
op_append_possible(const struct op_walk *walk, const struct op_word *prefix, struct text *out)
{
	struct op_listing listing = {.list = TEXT_EMPTY, .prefix = ""};

	if (prefix != NULL) {
		listing.prefix = prefix->start;
		listing.prefix_length = prefix->length;
	}
	op_walk_steps(walk, op_list_step, &listing);
	if (listing.list.length == 0) {
		text_append(out, "nothing more was expected here");
	} else {
		text_printf(out, "possible: %s", text_string(&listing.list));
	}
	text_release(&listing.list);
}

/* The keyword that is nearest to what was typed. */
struct op_nearest {
	const struct op_word *typed;
	const char *word; /* NULL: none is near */
	size_t length;
	unsigned distance;
};

static bool
op_near_step(void *context, const struct op_step *step)
{
	struct op_nearest *nearest = context;

	if (step->kind == OP_STEP_WORD ||
	    (step->kind == OP_STEP_ARGUMENT && (step->argument->kind == OP_ARGUMENT_FLAG || step->argument->kind == OP_ARGUMENT_VALUE))) {
		const unsigned distance =
		    distance_of(nearest->typed->start, nearest->typed->length, step->word, step->word_length);

		if (distance < nearest->distance) {
			nearest->distance = distance;
			nearest->word = step->word;
			nearest->length = step->word_length;
		}
	}
	return true;
}

/* "did you mean 'flow'?", or what would be possible. */
static void
op_append_hint(const struct op_walk *walk, const struct op_word *typed, struct text *out)
{
	/* Of a word of two letters most others would be near. */
	struct op_nearest nearest = {.typed = typed, .distance = typed->length < 3 ? 1 : DISTANCE_FAR};

	op_walk_steps(walk, op_near_step, &nearest);
	if (nearest.word != NULL) {
		text_printf(out, "did you mean '%.*s'?", (int)nearest.length, nearest.word);
	} else {
		op_append_possible(walk, NULL, out);
	}
}

static bool
op_fail_at(struct op_parsing *parsing, const char *at)
{
	parsing->error->column = (size_t)(at - parsing->line);
	return false;
}

static bool
op_fail_word(struct op_parsing *parsing, const struct op_word *word, enum op_match match)
{
	struct text *message = &parsing->error->message;

	if (match == OP_MATCH_MANY) {
		text_printf(message, "'%.*s' is ambiguous, ", (int)word->length, word->start);
	} else if (parsing->walk.path.length == 0) {
		text_append(message, "unknown command, ");
	} else {
		text_append(message, "syntax error, ");
	}
	if (match == OP_MATCH_MANY) {
		op_append_possible(&parsing->walk, word, message);
	} else {
		op_append_hint(&parsing->walk, word, message);
	}
	return op_fail_at(parsing, word->start);
}

static void
op_request_add(struct op_parsing *parsing, const struct op_argument *argument, const char *value)
{
	op_walk_give(&parsing->walk, argument);
	(void)op_add(&parsing->command->request, parsing->request, argument->name, value);
}

/* The value of an argument is the word. */
static bool
op_take_value(struct op_parsing *parsing, const struct op_argument *argument, const struct op_word *word)
{
	struct text value = TEXT_EMPTY;
	struct text canonical = TEXT_EMPTY;
	struct text rule = TEXT_EMPTY;

	op_word_text(word, &value);
	const bool ok = schema_check_value(parsing->table->schema, argument->leaf, text_string(&value), &canonical, &rule);

	if (ok) {
		op_request_add(parsing, argument, text_string(&canonical));
		parsing->command->request.failed |= text_failed(&value) || text_failed(&canonical);
	} else {
		text_printf(&parsing->error->message, "%s: %s", argument->name,
		    argument->rule == NULL ? text_string(&rule) : argument->rule);
		(void)op_fail_at(parsing, word->start);
	}
	text_release(&value);
	text_release(&canonical);
	text_release(&rule);
	return ok;
}

static bool
op_take_named_value(struct op_parsing *parsing, const struct op_argument *argument)
{
	struct op_word word;

	if (!op_next_word(&parsing->cursor, &word) || word.start[0] == '|') {
		text_printf(&parsing->error->message, "missing value of %s: <%s>", argument->name, argument->units);
		return op_fail_at(parsing, word.start);
	}
	return op_take_value(parsing, argument, &word);
}

/* The rest of the line: up to a pipe for a statement, all of it for a command. */
static bool
op_take_rest(struct op_parsing *parsing, const struct op_argument *argument, const struct op_word *first)
{
	struct text rest = TEXT_EMPTY;
	struct op_word word = *first;
	const char *end;

	for (;;) {
		end = word.start + word.length;
		const char *after = parsing->cursor;

		if (!op_next_word(&after, &word) || (argument->kind == OP_ARGUMENT_STATEMENT && word.start[0] == '|')) {
			break;
		}
		parsing->cursor = after;
	}
	parsing->command->rest = (size_t)(first->start - parsing->line);
	text_append_bytes(&rest, first->start, (size_t)(end - first->start));
	op_request_add(parsing, argument, text_string(&rest));
	parsing->command->request.failed = parsing->command->request.failed || text_failed(&rest);
	text_release(&rest);
	return true;
}

static bool
op_take_step(struct op_parsing *parsing, const struct op_step *step, const struct op_word *word)
{
	if (step->kind == OP_STEP_WORD) {
		op_walk_enter(&parsing->walk, step);
		const struct op_rpc *rpc = parsing->walk.rpc;

		if (rpc != NULL && (parsing->command->rpc != rpc)) {
			op_tree_release(&parsing->command->request);
			op_tree_start(&parsing->command->request, rpc->name);
			parsing->request = parsing->command->request.root;
			parsing->command->rpc = rpc;
		}
		return true;
	}
	assert(step->kind == OP_STEP_ARGUMENT);
	switch (step->argument->kind) {
	case OP_ARGUMENT_FLAG:
		op_request_add(parsing, step->argument, NULL);
		return true;
	case OP_ARGUMENT_VALUE:
		return op_take_named_value(parsing, step->argument);
	case OP_ARGUMENT_POSITION:
		return op_take_value(parsing, step->argument, word);
	case OP_ARGUMENT_STATEMENT:
	case OP_ARGUMENT_COMMAND:
		return op_take_rest(parsing, step->argument, word);
	}
	return false;
}

static bool
op_parse_end(struct op_parsing *parsing, const char *at)
{
	if (op_walk_complete(&parsing->walk)) {
		return true;
	}
	text_append(&parsing->error->message, "incomplete command, ");
	op_append_possible(&parsing->walk, NULL, &parsing->error->message);
	return op_fail_at(parsing, at);
}

static bool
op_parse_words(struct op_parsing *parsing)
{
	struct op_word word;

	while (op_next_word(&parsing->cursor, &word)) {
		struct text text = TEXT_EMPTY;
		struct op_step step;

		if (word.open) {
			text_append(&parsing->error->message, "the quote is not closed");
			return op_fail_at(parsing, word.start);
		}
		if (word.start[0] == '|') {
			return op_parse_end(parsing, word.start) &&
			    op_pipe_parse(parsing->line, parsing->cursor, parsing->command, parsing->error);
		}
		op_word_text(&word, &text);
		const enum op_match match = op_walk_match(&parsing->walk, text_string(&text), word.quoted, &step);

		text_release(&text);
		if (match != OP_MATCH_ONE) {
			return op_fail_word(parsing, &word, match);
		}
		if (!op_take_step(parsing, &step, &word)) {
			return false;
		}
	}
	return op_parse_end(parsing, parsing->cursor);
}

bool
op_parse(const struct op_table *table, enum op_mode mode, const char *line, struct op_command *command,
    struct op_error *error)
{
	struct op_parsing parsing = {.table = table, .line = line, .cursor = line, .command = command, .error = error};
	const char *start = line + strspn(line, " \t\r\n");

	*command = (struct op_command){.pipe = {.rollback = OP_COMPARE_ACTIVE}};
	*error = OP_ERROR_EMPTY;
	if (*start == '\0' || *start == '#') {
		return true;
	}
	op_walk_start(&parsing.walk, table, mode);
	bool ok = op_parse_words(&parsing);

	if (ok && (command->request.failed || text_failed(&parsing.walk.path))) {
		text_append(&error->message, "out of memory");
		ok = false;
	}
	op_walk_release(&parsing.walk);
	if (!ok) {
		op_command_release(command);
	}
	return ok;
}

void
op_command_release(struct op_command *command)
{
	op_tree_release(&command->request);
	*command = (struct op_command){.rpc = NULL};
}

void
op_error_release(struct op_error *error)
{
	text_release(&error->message);
}

/*
 * How many columns the first `length` octets of a line take: UTF-8's continuation octets take none. What is missing at the
 * line's end is a blank behind it.
 */
static size_t
op_columns(const char *line, size_t length)
{
	size_t columns = 0;
	size_t at = 0;

	for (; at < length && line[at] != '\0'; at++) {
		columns += ((unsigned char)line[at] & 0xc0) != 0x80;
	}
	return columns + (at < length);
}

void
op_caret_render(const char *line, size_t column, uint32_t indent, struct text *out)
{
	if (indent == OP_INDENT_ECHO) {
		const size_t open = secrets_begin(line);

		column = column > open && line[open] != '\0' ? open : column;
		diagnostics_append_shown(line, out);
		text_append_char(out, '\n');
		indent = 0;
	}
	text_append_repeated(out, ' ', indent + op_columns(line, column));
	text_append(out, "^\n");
}

void
op_error_render(const struct op_error *error, const char *line, uint32_t indent, struct text *out)
{
	op_caret_render(line, error->column, indent, out);
	text_printf(out, "%s\n", text_string(&error->message));
}
