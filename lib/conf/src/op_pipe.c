/*
 * What may follow `|`. The rows marked local are done by the front end on text; the others change what mgd prints.
 */
#include <stdlib.h>
#include <string.h>

#include "op_private.h"

enum {
	OP_ROLLBACKS = 50,
};

static const struct op_pipe_row op_pipes[] = {
    {"append", "<file>", "Write to the end of a file", true},
    {"compare", NULL, "Show what the candidate changes, or changed since a rollback", false},
    {"count", NULL, "Count the lines", true},
    {"display", NULL, "Show in another form", false},
    {"except", "<pattern>", "Show only lines that do not match a pattern", true},
    {"find", "<pattern>", "Begin at the first line that matches a pattern", true},
    {"hold", NULL, "Stop once more at the end of the output", true},
    {"last", "<lines>", "Show only the last lines", true},
    {"match", "<pattern>", "Show only lines that match a pattern", true},
    {"no-more", NULL, "Do not stop at each page", true},
    {"refresh", "<1..604800>", "Show it anew after so many seconds, until a key is hit", true},
    {"save", "<file>", "Write to a file, in place of what it holds", true},
    {"tee", "<file>", "Write to a file and to the screen", true},
    {"trim", "<columns>", "Cut so many columns off the beginning of each line", true},
};

static const struct {
	const char *name;
	const char *help;
	enum op_format format;
	enum op_remarks remarks;
} op_displays[] = {
    {"detail", "With what each statement is (configuration)", OP_FORMAT_TEXT, OP_REMARKS_DETAIL},
    {"inheritance", "With what groups give, and which (configuration)", OP_FORMAT_TEXT, OP_REMARKS_INHERITANCE},
    {"json", "As JSON", OP_FORMAT_JSON, OP_REMARKS_NONE},
    {"set", "As set commands (configuration)", OP_FORMAT_SET, OP_REMARKS_NONE},
    {"xml", "As XML", OP_FORMAT_XML, OP_REMARKS_NONE},
};

enum {
	OP_PIPES = sizeof(op_pipes) / sizeof(op_pipes[0]),
	OP_DISPLAYS = sizeof(op_displays) / sizeof(op_displays[0]),
};

const struct op_pipe_row *
op_pipe_rows(size_t *count)
{
	*count = OP_PIPES;
	return op_pipes;
}

static bool
op_begins(const char *word, const struct op_word *typed)
{
	return strncmp(word, typed->start, typed->length) == 0;
}

/* The only row that the word begins, NULL for none or several. */
static const struct op_pipe_row *
op_pipe_find(const struct op_word *word)
{
	const struct op_pipe_row *found = NULL;

	for (size_t i = 0; i < OP_PIPES; i++) {
		if (op_begins(op_pipes[i].name, word)) {
			if (found != NULL) {
				return NULL;
			}
			found = &op_pipes[i];
		}
	}
	return found;
}

static bool
op_pipe_fail(struct op_error *error, const char *line, const char *at, const char *message)
{
	error->column = (size_t)(at - line);
	text_append(&error->message, message);
	return false;
}

/* Does the command print configuration? Then its answer is no tree but text that mgd renders. */
static bool
op_prints_configuration(const struct op_rpc *rpc)
{
	return rpc->root == NULL && strncmp(rpc->words, "show", 4) == 0;
}

static bool
op_pipe_display(const char *line, const char **cursor, struct op_command *command, struct op_error *error)
{
	struct op_word word;

	if (!op_next_word(cursor, &word)) {
		return op_pipe_fail(error, line, *cursor, "display needs a form: detail, inheritance, json, set or xml");
	}
	for (size_t i = 0; i < OP_DISPLAYS; i++) {
		if (!op_begins(op_displays[i].name, &word)) {
			continue;
		}
		if (op_displays[i].format == OP_FORMAT_SET && !op_prints_configuration(command->rpc)) {
			return op_pipe_fail(error, line, word.start, "only configuration can be displayed as set commands");
		}
		if (op_displays[i].remarks != OP_REMARKS_NONE && !op_prints_configuration(command->rpc)) {
			return op_pipe_fail(error, line, word.start, "only configuration can be displayed so");
		}
		if (command->rpc->root == NULL && !op_prints_configuration(command->rpc)) {
			return op_pipe_fail(error, line, word.start, "this command has no data to display in another form");
		}
		const char *after = *cursor;

		if (op_displays[i].format == OP_FORMAT_SET && op_next_word(&after, &word) && op_begins("relative", &word)) {
			command->pipe.relative = true;
			*cursor = after;
		}
		if (op_displays[i].remarks == OP_REMARKS_NONE) {
			command->pipe.format = op_displays[i].format;
		} else {
			command->pipe.remarks = op_displays[i].remarks;
		}
		return true;
	}
	return op_pipe_fail(error, line, word.start, "display knows detail, inheritance, json, set and xml");
}

static bool
op_pipe_compare(const char *line, const char **cursor, struct op_command *command, struct op_error *error)
{
	const char *after = *cursor;
	struct op_word word;

	command->pipe.compare = true;
	command->pipe.rollback = OP_COMPARE_ACTIVE;
	if (!op_next_word(&after, &word) || word.start[0] == '|') {
		return true;
	}
	*cursor = after;
	if (!op_begins("rollback", &word)) {
		return op_pipe_fail(error, line, word.start, "compare takes nothing, or rollback and a number in 0..49");
	}
	char *end = NULL;
	const bool more = op_next_word(cursor, &word);
	const unsigned long number = more && word.start[0] >= '0' && word.start[0] <= '9' ? strtoul(word.start, &end, 10) :
	                                                                                     OP_ROLLBACKS;

	if (number >= OP_ROLLBACKS || end != word.start + word.length) {
		return op_pipe_fail(error, line, word.start, "rollback takes a number in 0..49");
	}
	command->pipe.rollback = (uint32_t)number;
	return true;
}

bool
op_pipe_parse(const char *line, const char *cursor, struct op_command *command, struct op_error *error)
{
	struct op_word word;

	for (;;) {
		if (!op_next_word(&cursor, &word) || word.start[0] == '|') {
			return op_pipe_fail(error, line, word.start, "a command must follow the pipe");
		}
		const struct op_pipe_row *row = op_pipe_find(&word);

		if (row == NULL) {
			return op_pipe_fail(error, line, word.start,
			    "unknown pipe; there are append, compare, count, display, except, find, hold, last, match, no-more, refresh, "
			    "save, tee and trim");
		}
		if (row->local) {
			return op_pipe_fail(error, line, word.start, "this filter works on text and belongs to the command line");
		}
		if (strcmp(row->name, "compare") == 0 && !op_prints_configuration(command->rpc)) {
			return op_pipe_fail(error, line, word.start, "only configuration can be compared");
		}
		const bool ok = strcmp(row->name, "compare") == 0 ? op_pipe_compare(line, &cursor, command, error) :
		                                                    op_pipe_display(line, &cursor, command, error);

		if (!ok || !op_next_word(&cursor, &word)) {
			return ok;
		}
		if (word.start[0] != '|') {
			return op_pipe_fail(error, line, word.start, "nothing more was expected here");
		}
	}
}

static void
op_pipe_offer(const struct op_word *typed, const char *name, enum conf_candidate_kind kind, const char *help,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context)
{
	const struct conf_candidate candidate = {.kind = kind, .word = name, .help = help};

	if (typed == NULL || op_begins(name, typed)) {
		each(context, &candidate);
	}
}

/* The words behind one pipe: what comes after `row`'s name. */
static void
op_pipe_complete_value(const struct op_pipe_row *row, const struct op_word *typed,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context)
{
	if (strcmp(row->name, "display") == 0) {
		for (size_t i = 0; i < OP_DISPLAYS; i++) {
			op_pipe_offer(typed, op_displays[i].name, CONF_CANDIDATE_KEYWORD, op_displays[i].help, each, context);
		}
	} else if (strcmp(row->name, "compare") == 0) {
		op_pipe_offer(typed, "rollback", CONF_CANDIDATE_KEYWORD, "Compare with an earlier configuration", each, context);
	} else if (row->value != NULL) {
		op_pipe_offer(NULL, row->value, CONF_CANDIDATE_PLACEHOLDER, row->help, each, context);
	}
}

void
op_pipe_complete(const char *cursor, void (*each)(void *context, const struct conf_candidate *candidate),
    void *context)
{
	const struct op_pipe_row *row = NULL;
	struct op_word word = {.start = NULL};
	struct op_word last = {.start = NULL};
	bool after_set = false;
	size_t words = 0;
	const char *at = cursor;

	while (op_next_word(&at, &word)) {
		const bool ends = *at == '\0';

		if (word.start[0] == '|') {
			words = 0;
			row = NULL;
			last.start = NULL;
			continue;
		}
		if (ends) {
			last = word;
			break;
		}
		row = words == 0 ? op_pipe_find(&word) : row;
		after_set = words == 1 && op_begins("set", &word);
		words++;
	}
	const struct op_word *typed = last.start == NULL ? NULL : &last;

	if (words == 0) {
		for (size_t i = 0; i < OP_PIPES; i++) {
			op_pipe_offer(typed, op_pipes[i].name, CONF_CANDIDATE_KEYWORD, op_pipes[i].help, each, context);
		}
	} else if (words == 1 && row != NULL) {
		op_pipe_complete_value(row, typed, each, context);
	} else if (words == 2 && row != NULL && strcmp(row->name, "display") == 0 && after_set) {
		op_pipe_offer(typed, "relative", CONF_CANDIDATE_KEYWORD, "Statements as they are set at the level that is shown", each, context);
		op_pipe_offer(NULL, "", CONF_CANDIDATE_ENTER, "Execute this command", each, context);
	} else if (words == 2 && row != NULL && strcmp(row->name, "compare") == 0) {
		op_pipe_offer(NULL, "<0..49>", CONF_CANDIDATE_PLACEHOLDER, "0 is the configuration in force, 1 the one before", each,
		    context);
	}
	if (words > 0 && typed == NULL && row != NULL && (words == 1) == (row->value == NULL && strcmp(row->name, "display") != 0)) {
		op_pipe_offer(NULL, "", CONF_CANDIDATE_ENTER, "Execute this command", each, context);
	}
}
