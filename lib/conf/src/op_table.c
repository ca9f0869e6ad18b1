/*
 * The command table: looking up rpcs, what may stand next in a line, and the help of a mode.
 *
 * A line is read word by word. What may stand next at a place are the next words of all commands that begin with the words
 * so far, the arguments of the command that they name, and a pipe.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "op_private.h"

enum {
	OP_HELP_INDENT = 2,
	OP_HELP_WIDTH = 36,
};

const struct op_rpc *
op_table_find(const struct op_table *table, const char *name)
{
	for (size_t i = 0; i < table->rpc_count; i++) {
		if (strcmp(table->rpcs[i].name, name) == 0) {
			return &table->rpcs[i];
		}
	}
	return NULL;
}

const struct op_rpc *
op_table_rpcs(const struct op_table *table, size_t *count)
{
	*count = table->rpc_count;
	return table->rpcs;
}

void
op_walk_start(struct op_walk *walk, const struct op_table *table, enum op_mode mode)
{
	*walk = (struct op_walk){.table = table, .mode = mode, .path = TEXT_EMPTY};
}

void
op_walk_release(struct op_walk *walk)
{
	text_release(&walk->path);
}

/* What follows `path` in `words`: NULL when words does not begin with it, "" when they are the same. */
static const char *
op_words_after(const char *words, const struct text *path)
{
	const size_t length = path->length;

	if (length == 0) {
		return words;
	}
	if (strncmp(words, text_string(path), length) != 0) {
		return NULL;
	}
	if (words[length] == ' ') {
		return words + length + 1;
	}
	return words[length] == '\0' ? words + length : NULL;
}

/* Sets the help of a leading word: the command's own when it ends one, else its group's. */
static void
op_step_help(const struct op_walk *walk, const char *words, size_t length, struct op_step *step)
{
	for (size_t i = 0; i < walk->table->rpc_count; i++) {
		const struct op_rpc *rpc = &walk->table->rpcs[i];

		if (rpc->mode == walk->mode && strlen(rpc->words) == length && strncmp(rpc->words, words, length) == 0) {
			step->help = rpc->help;
			step->help_length = strlen(rpc->help);
			return;
		}
	}
	for (size_t i = 0; i < walk->table->group_count; i++) {
		const struct op_group *group = &walk->table->groups[i];

		if (group->length == length && strncmp(group->words, words, length) == 0) {
			step->help = group->help;
			step->help_length = group->help_length;
		}
	}
}

/* Has an earlier command of the table offered the same next word? */
static bool
op_word_offered(const struct op_walk *walk, size_t before, const char *word, size_t length)
{
	for (size_t i = 0; i < before; i++) {
		const struct op_rpc *rpc = &walk->table->rpcs[i];
		const char *rest = rpc->mode == walk->mode ? op_words_after(rpc->words, &walk->path) : NULL;

		if (rest != NULL && strcspn(rest, " ") == length && strncmp(rest, word, length) == 0) {
			return true;
		}
	}
	return false;
}

static bool
op_walk_words(const struct op_walk *walk, bool (*each)(void *context, const struct op_step *step), void *context)
{
	for (size_t i = 0; i < walk->table->rpc_count; i++) {
		const struct op_rpc *rpc = &walk->table->rpcs[i];
		const char *rest = rpc->mode == walk->mode ? op_words_after(rpc->words, &walk->path) : NULL;
		const size_t length = rest == NULL ? 0 : strcspn(rest, " ");

		if (length == 0 || op_word_offered(walk, i, rest, length)) {
			continue;
		}
		struct op_step step = {.kind = OP_STEP_WORD, .word = rest, .word_length = length, .help = ""};

		op_step_help(walk, rpc->words, (size_t)(rest - rpc->words) + length, &step);
		if (!each(context, &step)) {
			return false;
		}
	}
	return true;
}

static bool
op_argument_given(const struct op_walk *walk, size_t index)
{
	return (walk->given >> index & 1) != 0;
}

/* May this argument still be given? */
static bool
op_argument_possible(const struct op_walk *walk, size_t index)
{
	if (op_argument_given(walk, index) || (walk->given != 0 && walk->rpc->arguments[index].alone)) {
		return false;
	}
	const char *needs = walk->rpc->arguments[index].needs;
	bool needed = needs == NULL;

	for (size_t i = 0; i < walk->rpc->argument_count; i++) {
		if (!op_argument_given(walk, i)) {
			continue;
		}
		if (walk->rpc->arguments[i].alone) {
			return false;
		}
		needed = needed || strcmp(walk->rpc->arguments[i].name, needs) == 0;
	}
	return needed;
}

bool
op_walk_complete(const struct op_walk *walk)
{
	if (walk->rpc == NULL || (walk->rpc->needs_argument && walk->given == 0)) {
		return false;
	}
	for (size_t i = 0; i < walk->rpc->argument_count; i++) {
		if (walk->rpc->arguments[i].mandatory && !op_argument_given(walk, i)) {
			return false;
		}
	}
	return true;
}

void
op_walk_steps(const struct op_walk *walk, bool (*each)(void *context, const struct op_step *step), void *context)
{
	if (op_walk_complete(walk)) {
		struct op_step enter = {.kind = OP_STEP_ENTER, .word = "", .help = "Execute this command"};

		enter.help_length = strlen(enter.help);
		if (!each(context, &enter)) {
			return;
		}
	}
	if (!walk->leaf && !op_walk_words(walk, each, context)) {
		return;
	}
	for (size_t i = 0; walk->rpc != NULL && i < walk->rpc->argument_count; i++) {
		const struct op_argument *argument = &walk->rpc->arguments[i];
		const struct op_step step = {
		    .kind = OP_STEP_ARGUMENT,
		    .word = argument->name,
		    .word_length = strlen(argument->name),
		    .help = argument->help,
		    .help_length = strlen(argument->help),
		    .argument = argument,
		};

		if (op_argument_possible(walk, i) && !each(context, &step)) {
			return;
		}
	}
	if (op_walk_complete(walk)) {
		struct op_step pipe = {.kind = OP_STEP_PIPE, .word = "|", .word_length = 1, .help = "Pipe through a filter"};

		pipe.help_length = strlen(pipe.help);
		(void)each(context, &pipe);
	}
}

static const struct op_rpc *
op_walk_find(const struct op_walk *walk)
{
	for (size_t i = 0; i < walk->table->rpc_count; i++) {
		const struct op_rpc *rpc = &walk->table->rpcs[i];

		if (rpc->mode == walk->mode && strcmp(rpc->words, text_string(&walk->path)) == 0) {
			return rpc;
		}
	}
	return NULL;
}

void
op_walk_enter(struct op_walk *walk, const struct op_step *step)
{
	assert(step->kind == OP_STEP_WORD && !walk->leaf);
	if (walk->path.length > 0) {
		text_append_char(&walk->path, ' ');
	}
	text_append_bytes(&walk->path, step->word, step->word_length);
	walk->rpc = op_walk_find(walk);
	walk->given = 0;
}

void
op_walk_give(struct op_walk *walk, const struct op_argument *argument)
{
	assert(walk->rpc != NULL && argument >= walk->rpc->arguments &&
	    argument < walk->rpc->arguments + walk->rpc->argument_count);
	walk->given |= (uint64_t)1 << (argument - walk->rpc->arguments);
	walk->leaf = true;
}

/* Is it written by its name? The others take a value, or the rest of the line, as it stands. */
static bool
op_step_named(const struct op_step *step)
{
	return step->kind == OP_STEP_WORD ||
	    (step->kind == OP_STEP_ARGUMENT &&
	        (step->argument->kind == OP_ARGUMENT_FLAG || step->argument->kind == OP_ARGUMENT_VALUE));
}

struct op_matching {
	const char *text;
	size_t length;
	bool quoted;
	size_t prefixes;
	bool exact;
	bool has_unnamed;
	struct op_step found;
	struct op_step unnamed;
};

static bool
op_match_step(void *context, const struct op_step *step)
{
	struct op_matching *matching = context;

	if (step->kind == OP_STEP_ARGUMENT && !op_step_named(step)) {
		if (!matching->has_unnamed) {
			matching->unnamed = *step;
			matching->has_unnamed = true;
		}
		return true;
	}
	if (matching->quoted || !op_step_named(step) || step->word_length < matching->length ||
	    strncmp(step->word, matching->text, matching->length) != 0) {
		return true;
	}
	matching->found = *step;
	if (step->word_length == matching->length) {
		matching->exact = true;
		return false;
	}
	matching->prefixes++;
	return true;
}

enum op_match
op_walk_match(const struct op_walk *walk, const char *text, bool quoted, struct op_step *step)
{
	struct op_matching matching = {.text = text, .length = strlen(text), .quoted = quoted};

	op_walk_steps(walk, op_match_step, &matching);
	if (matching.exact || matching.prefixes == 1) {
		*step = matching.found;
		return OP_MATCH_ONE;
	}
	if (matching.has_unnamed) {
		*step = matching.unnamed;
		return OP_MATCH_ONE;
	}
	return matching.prefixes == 0 ? OP_MATCH_NONE : OP_MATCH_MANY;
}

static void
op_help_line(const char *words, const char *help, struct text *out)
{
	const size_t length = strlen(words);

	text_append_repeated(out, ' ', OP_HELP_INDENT);
	text_append(out, words);
	text_append_repeated(out, ' ', length < OP_HELP_WIDTH ? OP_HELP_WIDTH - length : 1);
	text_append(out, help);
	text_append_char(out, '\n');
}

void
op_help(const struct op_table *table, enum op_mode mode, struct text *out)
{
	text_append(out, "Commands:\n");
	for (size_t i = 0; i < table->rpc_count; i++) {
		if (table->rpcs[i].mode == mode) {
			op_help_line(table->rpcs[i].words, table->rpcs[i].help, out);
		}
	}
	text_append(out, "\nKeys:\n");
	op_help_line("?", "what may stand here", out);
	op_help_line("Space, Tab", "complete the word when only one fits (Tab: names too)", out);
	op_help_line("Ctrl-C", "give up the line, or the command that runs", out);
	text_append(out, "\nAny word may be shortened while it is unique. '| ?' after a command lists the filters.\n");
}
