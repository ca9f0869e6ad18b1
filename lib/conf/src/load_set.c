/*
 * Reading set lines.
 *
 * A line that does not begin with a command word goes on with the line before it (E-002). When both together are no
 * statement but the first alone is, the first counts and the rest is the error: one bad line never costs its neighbour.
 * Prompts in front of a command, and the lines above prompts that name the level, are dropped (E-001).
 */
#include <string.h>

#include "edit.h"
#include "load_private.h"
#include "pasted.h"
#include "secrets.h"
#include "statement_read.h"
#include "tree_private.h"

enum { STATEMENTS_A_LINE = 16 };

enum command {
	COMMAND_NONE,
	COMMAND_EDIT_VERB, /* one of edit.h's */
	COMMAND_TOP,
	COMMAND_UP,
	COMMAND_IGNORED, /* show, commit and the like: nothing to load */
};

static const struct {
	const char *word;
	enum command command;
	enum conf_edit_verb verb;
} commands[] = {
    {"set", COMMAND_EDIT_VERB, CONF_EDIT_SET},
    {"delete", COMMAND_EDIT_VERB, CONF_EDIT_DELETE},
    {"activate", COMMAND_EDIT_VERB, CONF_EDIT_ACTIVATE},
    {"deactivate", COMMAND_EDIT_VERB, CONF_EDIT_DEACTIVATE},
    {"insert", COMMAND_EDIT_VERB, CONF_EDIT_INSERT},
    {"rename", COMMAND_EDIT_VERB, CONF_EDIT_RENAME},
    {"copy", COMMAND_EDIT_VERB, CONF_EDIT_COPY},
    {"annotate", COMMAND_EDIT_VERB, CONF_EDIT_ANNOTATE},
    {"protect", COMMAND_EDIT_VERB, CONF_EDIT_PROTECT},
    {"unprotect", COMMAND_EDIT_VERB, CONF_EDIT_UNPROTECT},
    {"edit", COMMAND_EDIT_VERB, CONF_EDIT_ENTER},
    {"top", COMMAND_TOP, CONF_EDIT_SET},
    {"up", COMMAND_UP, CONF_EDIT_SET},
    {"exit", COMMAND_UP, CONF_EDIT_SET},
    {"quit", COMMAND_UP, CONF_EDIT_SET},
    {"show", COMMAND_IGNORED, CONF_EDIT_SET},
    {"commit", COMMAND_IGNORED, CONF_EDIT_SET},
};

struct line {
	const char *bytes;
	size_t length;
	uint32_t number;
};

struct set_reader {
	const struct load *load;
	size_t at; /* of the next line */
	uint32_t next_number;
	struct statement statement;
	struct conf_editor editor;
};

static bool
next_line(struct set_reader *reader, struct line *line)
{
	const struct load *load = reader->load;

	if (reader->at >= load->length) {
		return false;
	}
	const char *start = load->bytes + reader->at;
	const char *end = memchr(start, '\n', load->length - reader->at);

	line->bytes = start;
	line->length = end == NULL ? load->length - reader->at : (size_t)(end - start);
	line->number = reader->next_number++;
	reader->at += line->length + (end == NULL ? 0 : 1);
	return true;
}

static size_t
skip_blanks(const struct line *line, size_t at)
{
	return at + pasted_blanks(line->bytes + at, line->length - at);
}

static size_t
skip_word(const struct line *line, size_t at)
{
	return at + pasted_word(line->bytes + at, line->length - at);
}

static bool
command_at(const struct line *line, size_t at, size_t *which)
{
	const size_t length = skip_word(line, at) - at;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strlen(commands[i].word) == length && memcmp(line->bytes + at, commands[i].word, length) == 0) {
			*which = i;
			return true;
		}
	}
	return false;
}

/* The command word of a line and where its words begin. */
static bool
find_command(const struct line *line, size_t *which, size_t *words)
{
	size_t at = skip_blanks(line, 0);

	if (!command_at(line, at, which)) {
		at += pasted_prompt(line->bytes + at, line->length - at);
		if (!command_at(line, at, which)) {
			return false;
		}
	}
	*words = skip_word(line, at);
	return true;
}

static bool
is_nothing(const struct line *line)
{
	const size_t at = skip_blanks(line, 0);

	return at == line->length || line->bytes[at] == '#' || pasted_is_banner(line->bytes + at, line->length - at);
}

static bool
is_comment(const struct line *line)
{
	const size_t at = skip_blanks(line, 0);

	return line->length - at >= 2 && memcmp(line->bytes + at, "/*", 2) == 0;
}

/* A comment that begins the line, to its end, perhaps some lines on. True when there was one. */
static bool
skip_comment(struct set_reader *reader, const struct line *line)
{
	const size_t at = skip_blanks(line, 0);
	struct line next = *line;

	if (!is_comment(line)) {
		return false;
	}
	next.bytes += at + 2;
	next.length -= at + 2;
	while (memmem(next.bytes, next.length, "*/", 2) == NULL) {
		if (!next_line(reader, &next)) {
			load_tell(reader->load, DIAGNOSTIC_ERROR, (struct load_place){.line = line->number},
			    "the comment does not end");
			break;
		}
	}
	return true;
}

/* False when the words hold something that cannot be read; it was told. */
static bool
take_words(struct set_reader *reader, const char *bytes, size_t length, uint32_t line)
{
	struct token_list *tokens = &reader->statement.tokens;
	struct lexer lexer = lexer_over(bytes, length, line);
	enum token_kind kind;

	do {
		kind = lexer_next(&lexer, tokens);
		if (kind == TOKEN_BAD && !tokens->failed) {
			load_tell(reader->load, DIAGNOSTIC_ERROR, (struct load_place){.line = line}, "%s",
			    tokens_word(tokens, tokens->count - 1));
			return false;
		}
	} while (kind != TOKEN_END && !tokens->failed);
	if (tokens->failed) {
		diagnostics_no_memory(reader->load->list);
		return false;
	}
	return true;
}

/* E-206: a prompt as a whole word inside a line is dropped. */
static void
drop_prompts(struct token_list *tokens)
{
	size_t kept = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		const char *word = tokens->items[i].kind == TOKEN_WORD && !tokens->items[i].quoted ?
			tokens_word(tokens, i) : "";

		if (strcmp(word, "user@host") != 0 && strcmp(word, "user@host#") != 0 && strcmp(word, "user@host>") != 0) {
			tokens->items[kept++] = tokens->items[i];
		}
	}
	tokens->count = kept;
}

/* E-013: where a second statement begins: "set" behind a complete one, and a word of the top behind it. */
static size_t
second_set(const struct token_list *tokens, const struct conf_tree *tree, size_t from)
{
	for (size_t i = from + 1; i + 1 < tokens->count; i++) {
		if (tokens_is(tokens, i, "set") && !tokens->items[i].quoted && tokens->items[i + 1].kind == TOKEN_WORD) {
			const char *word = tokens_word(tokens, i + 1);

			if (schema_child(schema_top(conf_tree_schema(tree)), word, strlen(word)) != NULL) {
				return i;
			}
		}
	}
	return tokens->count;
}

static void
run_verb(struct set_reader *reader, enum conf_edit_verb verb)
{
	struct statement *statement = &reader->statement;

	if (!edit_run(statement, verb, 0) || verb != CONF_EDIT_ENTER) {
		return;
	}
	text_clear(&reader->editor.level);
	conf_path(statement_node(statement), &reader->editor.level);
}

static void
run_set(struct set_reader *reader)
{
	struct statement *statement = &reader->statement;
	struct token_list *tokens = &statement->tokens;

	drop_prompts(tokens);
	for (unsigned count = 1;; count++) {
		const size_t whole = tokens->count;
		const size_t second = second_set(tokens, reader->load->tree, 0);

		tokens->count = second;
		run_verb(reader, CONF_EDIT_SET);
		if (second == whole) {
			return;
		}
		tokens->count = whole;
		tokens_remove(tokens, 0, second + 1);
		if (count == STATEMENTS_A_LINE) {
			tokens->count = 0;
			load_tell(reader->load, DIAGNOSTIC_ERROR, (struct load_place){.line = statement->line},
			    "more than %d statements on one line: the rest is skipped", STATEMENTS_A_LINE);
			return;
		}
		load_tell(reader->load, DIAGNOSTIC_WARNING,
		    (struct load_place){.line = statement->line, .statement = "set"},
		    "E-013 two statements on one line");
	}
}

/* Would the words be a statement? Nothing is told or changed. */
static bool
reads(struct set_reader *reader)
{
	struct statement *statement = &reader->statement;

	statement->level = conf_tree_top(statement->tree);
	statement->allow_pending = false;
	statement->quiet = true;
	const size_t errors = statement->list->errors;
	const bool good = statement_read(statement, 0);

	statement->list->errors = errors;
	statement->quiet = false;
	return good;
}

static bool
begin(struct set_reader *reader, uint32_t line)
{
	tokens_clear(&reader->statement.tokens);
	reader->statement.line = line;
	return take_words(reader, text_string(&reader->editor.level), reader->editor.level.length, line);
}

/*
 * A set command over several lines: `joined` holds all of it, its first `first` octets are the first line's.
 */
static void
run_joined(struct set_reader *reader, const struct text *joined, size_t first, uint32_t line)
{
	if (!begin(reader, line) || !take_words(reader, text_string(joined), joined->length, line)) {
		return;
	}
	drop_prompts(&reader->statement.tokens);
	/* Behind a secret, the next line may be a part of it: both are one statement, or none. */
	if (secrets_begin(text_string(joined)) == joined->length &&
	    second_set(&reader->statement.tokens, reader->load->tree, 0) == reader->statement.tokens.count &&
	    !reads(reader) && begin(reader, line) && take_words(reader, text_string(joined), first, line) &&
	    reads(reader)) {
		run_set(reader);
		const char *rest = text_string(joined) + first;

		load_tell(reader->load, DIAGNOSTIC_ERROR,
		    (struct load_place){.line = line + 1, .statement = rest + strspn(rest, " \t")},
		    "a line begins with set, delete, insert, activate, deactivate, edit, up or top");
		return;
	}
	if (!begin(reader, line) || !take_words(reader, text_string(joined), joined->length, line)) {
		return;
	}
	const size_t errors = reader->load->list->errors;

	run_set(reader);
	if (errors == reader->load->list->errors) {
		statement_tell(&reader->statement, DIAGNOSTIC_WARNING, "E-002 the statement goes on in the next line");
	}
}

static void
run_line(struct set_reader *reader, const struct line *line, size_t which, size_t words)
{
	switch (commands[which].command) {
	case COMMAND_NONE:
	case COMMAND_IGNORED:
		return;
	case COMMAND_TOP:
		conf_edit_top(&reader->editor);
		return;
	case COMMAND_UP:
		(void)conf_edit_up(&reader->editor, 1);
		return;
	case COMMAND_EDIT_VERB:
		break;
	}
	if (commands[which].verb == CONF_EDIT_COPY && reader->load->no_copies) {
		load_tell(reader->load, DIAGNOSTIC_ERROR, (struct load_place){.line = line->number},
		    "permission denied: who may not see all statements copies by typing, not by a file");
		return;
	}
	if (!begin(reader, line->number) ||
	    !take_words(reader, line->bytes + words, line->length - words, line->number)) {
		return;
	}
	if (commands[which].verb == CONF_EDIT_SET) {
		run_set(reader);
	} else {
		run_verb(reader, commands[which].verb);
	}
}

/* Takes the lines that go on with `line` into `joined`. False when there are none. */
static bool
join_lines(struct set_reader *reader, const struct line *line, size_t words, struct text *joined, size_t *first)
{
	struct line next;
	size_t which;
	size_t ignored;
	bool more = false;

	text_clear(joined);
	for (;;) {
		const size_t at = reader->at;
		const uint32_t number = reader->next_number;

		if (!next_line(reader, &next) || is_nothing(&next) || is_comment(&next) || find_command(&next, &which, &ignored)) {
			reader->at = at;
			reader->next_number = number;
			return more;
		}
		if (!more) {
			text_append_bytes(joined, line->bytes + words, line->length - words);
			*first = joined->length;
			more = true;
		}
		text_append_char(joined, ' ');
		text_append_bytes(joined, next.bytes, next.length);
	}
}

void
load_set(const struct load *load)
{
	struct set_reader reader = {
	    .load = load,
	    .next_number = 1,
	    .statement = {.tree = load->tree, .list = load->list, .file = load->file, .set_line = true,
	        .replace_choice = load->typed},
	    .editor = {.tree = load->tree, .level = TEXT_EMPTY},
	};
	struct text joined = TEXT_EMPTY;
	struct line line;

	text_append(&reader.editor.level, load->level == NULL ? "" : load->level);
	while (next_line(&reader, &line) && !load->list->failed) {
		size_t which;
		size_t words;
		size_t first = 0;

		if (is_nothing(&line) || skip_comment(&reader, &line)) {
			continue;
		}
		if (!find_command(&line, &which, &words)) {
			struct text shown = TEXT_EMPTY;

			text_append_bytes(&shown, line.bytes, line.length > 200 ? 200 : line.length);
			load_tell(load, DIAGNOSTIC_ERROR,
			    (struct load_place){.line = line.number, .statement = text_string(&shown)},
			    "a line begins with set, delete, insert, activate, deactivate, edit, up or top");
			text_release(&shown);
		} else if (commands[which].verb == CONF_EDIT_SET && commands[which].command == COMMAND_EDIT_VERB &&
		    join_lines(&reader, &line, words, &joined, &first)) {
			if (text_failed(&joined)) {
				diagnostics_no_memory(load->list);
			} else {
				run_joined(&reader, &joined, first, line.number);
			}
		} else {
			run_line(&reader, &line, which, words);
		}
	}
	text_release(&joined);
	text_release(&reader.editor.level);
	statement_release(&reader.statement);
}
