/*
 * Completion of command lines of both modes. See conf/op.h.
 */
#include <assert.h>
#include <string.h>

#include "complete_private.h"
#include "op_private.h"

struct op_completing {
	const struct op_table *table;
	enum op_mode mode;
	const struct conf_editor *editor;
	struct op_walk walk;
	struct text typed; /* the word that is being completed */
	bool quoted;
	bool behind_run; /* commands of operational mode are offered in configuration mode */
	void (*each)(void *context, const struct conf_candidate *candidate);
	void *context;
};

static void
op_offer(struct op_completing *completing, enum conf_candidate_kind kind, const char *word, const char *help)
{
	const struct conf_candidate candidate = {.kind = kind, .word = word, .help = help};
	const struct text *typed = &completing->typed;
	const bool fixed = kind == CONF_CANDIDATE_KEYWORD || kind == CONF_CANDIDATE_NAME;

	if (kind == CONF_CANDIDATE_ENTER && (typed->length > 0 || completing->quoted)) {
		return;
	}
	if (!fixed || strncmp(word, text_string(typed), typed->length) == 0) {
		completing->each(completing->context, &candidate);
	}
}

static void
op_offer_name(void *context, const char *name)
{
	struct op_completing *completing = context;

	if (strncmp(name, text_string(&completing->typed), completing->typed.length) == 0) {
		complete_name(name, completing->each, completing->context);
	}
}

/* Routing tables are named after their instances. */
static void
op_offer_table(void *context, const char *name)
{
	static const char *const families[] = {"inet.0", "inet6.0"};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct text table = TEXT_EMPTY;

		text_printf(&table, "%s.%s", name, families[i]);
		op_offer(context, CONF_CANDIDATE_NAME, text_string(&table), "");
		text_release(&table);
	}
}

/* The values that an argument may take. */
static void
op_offer_values(struct op_completing *completing, const struct op_argument *argument)
{
	struct text placeholder = TEXT_EMPTY;
	size_t count = 0;
	const struct schema_word *words = schema_words(argument->leaf, &count);

	if (argument->reference != NULL && completing->editor != NULL) {
		struct place place;

		const bool tables = strcmp(argument->units, "table") == 0;

		if (tables) {
			op_offer_name(completing, "inet.0");
			op_offer_name(completing, "inet6.0");
		}
		place_start(&place, completing->editor->tree, CONF_VERB_SHOW);
		complete_reference(&place, argument->reference, argument->name, tables ? op_offer_table : op_offer_name,
		    completing);
		place_release(&place);
	}
	for (size_t i = 0; i < count; i++) {
		op_offer(completing, CONF_CANDIDATE_KEYWORD, words[i].name, words[i].help);
	}
	text_printf(&placeholder, "<%s>", argument->units);
	op_offer(completing, CONF_CANDIDATE_PLACEHOLDER, text_string(&placeholder), argument->help);
	text_release(&placeholder);
}

static enum conf_verb
op_statement_verb(const struct op_rpc *rpc)
{
	static const struct {
		const char *rpc;
		enum conf_verb verb;
	} verbs[] = {
	    {"configuration-set", CONF_VERB_SET},
	    {"configuration-delete", CONF_VERB_DELETE},
	    {"configuration-edit", CONF_VERB_EDIT},
	    {"configuration-insert", CONF_VERB_INSERT},
	    {"configuration-rename", CONF_VERB_RENAME},
	    {"configuration-copy", CONF_VERB_RENAME},
	    {"configuration-annotate", CONF_VERB_DELETE},
	    {"configuration-protect", CONF_VERB_DELETE},
	    {"configuration-unprotect", CONF_VERB_DELETE},
	    {"configuration-wildcard-delete", CONF_VERB_DELETE},
	    {"configuration-activate", CONF_VERB_DELETE},
	    {"configuration-deactivate", CONF_VERB_DELETE},
	    {"operational-reference", CONF_VERB_SET},
	    {"configuration-reference", CONF_VERB_SET},
	    {"operational-topic", CONF_VERB_SET},
	    {"configuration-topic", CONF_VERB_SET},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].rpc, rpc->name) == 0) {
			return verbs[i].verb;
		}
	}
	return CONF_VERB_SHOW;
}

static bool
op_offer_step(void *context, const struct op_step *step)
{
	struct op_completing *completing = context;
	struct text word = TEXT_EMPTY;
	struct text help = TEXT_EMPTY;

	text_append_bytes(&word, step->word, step->word_length);
	text_append_bytes(&help, step->help, step->help_length);
	switch (step->kind) {
	case OP_STEP_ENTER:
		op_offer(completing, CONF_CANDIDATE_ENTER, "", text_string(&help));
		break;
	case OP_STEP_WORD:
	case OP_STEP_PIPE:
		op_offer(completing, CONF_CANDIDATE_KEYWORD, text_string(&word), text_string(&help));
		break;
	case OP_STEP_ARGUMENT:
		if (step->argument->kind == OP_ARGUMENT_POSITION) {
			op_offer_values(completing, step->argument);
		} else if (step->argument->kind == OP_ARGUMENT_FLAG || step->argument->kind == OP_ARGUMENT_VALUE) {
			op_offer(completing, CONF_CANDIDATE_KEYWORD, text_string(&word), text_string(&help));
		}
		break;
	}
	text_release(&word);
	text_release(&help);
	return true;
}

/* The argument of the walk's command that takes the rest of the line, or NULL. */
static const struct op_argument *
op_rest_argument(const struct op_walk *walk)
{
	for (size_t i = 0; walk->rpc != NULL && i < walk->rpc->argument_count; i++) {
		if (walk->rpc->arguments[i].kind == OP_ARGUMENT_STATEMENT ||
		    walk->rpc->arguments[i].kind == OP_ARGUMENT_COMMAND) {
			return &walk->rpc->arguments[i];
		}
	}
	return NULL;
}

static void
op_offer_statement(void *context, const struct conf_candidate *candidate)
{
	struct op_completing *completing = context;

	completing->each(completing->context, candidate);
}

/* What stands behind the first bar that is not inside a quotation; NULL: there is none. `last` is the word that it was sought up to. */
static const char *
op_behind_bar(const char *words, struct op_word *last)
{
	*last = (struct op_word){.open = false};
	while (op_next_word(&words, last)) {
		if (last->start[0] == '|') {
			return words;
		}
		if (*words == '\0') {
			break;
		}
	}
	return NULL;
}

static void
op_complete_statement(struct op_completing *completing, const char *words)
{
	const enum conf_verb verb = op_statement_verb(completing->walk.rpc);
	struct op_word last;
	const char *pipe = op_behind_bar(words, &last);

	if (verb == CONF_VERB_SHOW && pipe != NULL) {
		op_pipe_complete(pipe, completing->each, completing->context);
		return;
	}
	if (completing->editor != NULL) {
		conf_complete(completing->editor, verb, words, op_offer_statement, completing);
	}
	const size_t length = strlen(words);

	if (verb == CONF_VERB_SHOW && !last.open && (length == 0 || words[length - 1] == ' ')) {
		op_offer(completing, CONF_CANDIDATE_KEYWORD, "|", "Pipe through a filter");
	}
}

/* A named argument's value comes next: takes it, or offers values. False: nothing more to do. */
static bool
op_complete_value(struct op_completing *completing, const struct op_argument *argument, const char **cursor)
{
	struct op_word word;
	const bool more = op_next_word(cursor, &word);

	if (more && **cursor != '\0') {
		op_walk_give(&completing->walk, argument);
		return true;
	}
	if (more) {
		op_word_text(&word, &completing->typed);
		completing->quoted = word.quoted;
	}
	op_offer_values(completing, argument);
	return false;
}

/* Takes one whole word. False: the line ends here, or makes no sense; whatever there was to offer is offered. */
static bool
op_complete_word(struct op_completing *completing, const struct op_word *word, const char **cursor)
{
	struct text text = TEXT_EMPTY;
	struct op_step step;

	op_word_text(word, &text);
	const enum op_match match = op_walk_match(&completing->walk, text_string(&text), word->quoted, &step);

	text_release(&text);
	if (match != OP_MATCH_ONE) {
		return false;
	}
	if (step.kind == OP_STEP_WORD) {
		op_walk_enter(&completing->walk, &step);
		return true;
	}
	if (step.argument->kind == OP_ARGUMENT_VALUE) {
		return op_complete_value(completing, step.argument, cursor);
	}
	op_walk_give(&completing->walk, step.argument);
	return true;
}

/* What changes the mode has no place behind run and top. */
static void
op_offer_command(void *context, const struct conf_candidate *candidate)
{
	struct op_completing *completing = context;
	static const char *const no[] = {"configure", "exit", "quit", "run", "top", "up", "commit", "rollback", "help",
	    "status", "load", "save", "update"};

	if (completing->behind_run && strcmp(candidate->word, "edit") == 0) {
		return;
	}

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (candidate->kind == CONF_CANDIDATE_KEYWORD && strcmp(candidate->word, no[i]) == 0) {
			return;
		}
	}
	completing->each(completing->context, candidate);
}

/* run and top: a command behind a command, at the top level. Its first word must be one that may stand there. */
static void
op_complete_command(struct op_completing *completing, const struct op_argument *rest, const char *words)
{
	struct conf_editor top = {.tree = NULL, .level = TEXT_EMPTY};
	const bool first = words[strcspn(words, " \t")] == '\0';

	if (completing->editor != NULL) {
		top.tree = completing->editor->tree;
	}
	if (*words == '\0' && !rest->mandatory) {
		op_offer(completing, CONF_CANDIDATE_ENTER, "", "Execute this command");
	}
	completing->behind_run = rest->command == OP_MODE_OPERATIONAL;
	op_complete(completing->table, rest->command, completing->editor == NULL ? NULL : &top, words,
	    first ? op_offer_command : op_offer_statement, completing);
}

/* After the words of a command that takes the rest of the line, the rest completes by its own rules. */
static bool
op_complete_rest(struct op_completing *completing, const char *cursor)
{
	const struct op_argument *rest = op_rest_argument(&completing->walk);
	const char *words = cursor + strspn(cursor, " \t");

	if (rest == NULL || words == cursor) {
		return false;
	}
	if (rest->kind == OP_ARGUMENT_COMMAND) {
		op_complete_command(completing, rest, words);
	} else {
		op_complete_statement(completing, words);
	}
	return true;
}

static void
op_complete_words(struct op_completing *completing, const char *line)
{
	const char *cursor = line;
	struct op_word word;

	while (!op_complete_rest(completing, cursor) && op_next_word(&cursor, &word)) {
		if (word.start[0] == '|') {
			if (op_walk_complete(&completing->walk)) {
				op_pipe_complete(cursor, completing->each, completing->context);
			}
			return;
		}
		if (*cursor == '\0') {
			op_word_text(&word, &completing->typed);
			completing->quoted = word.quoted;
			break;
		}
		if (!op_complete_word(completing, &word, &cursor)) {
			return;
		}
	}
	if (op_rest_argument(&completing->walk) == NULL || completing->typed.length > 0) {
		op_walk_steps(&completing->walk, op_offer_step, completing);
	}
}

void
op_complete(const struct op_table *table, enum op_mode mode, const struct conf_editor *editor, const char *line,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context)
{
	struct op_completing completing = {
	    .table = table,
	    .mode = mode,
	    .editor = editor,
	    .typed = TEXT_EMPTY,
	    .each = each,
	    .context = context,
	};

	op_walk_start(&completing.walk, table, mode);
	op_complete_words(&completing, line);
	op_walk_release(&completing.walk);
	text_release(&completing.typed);
}
