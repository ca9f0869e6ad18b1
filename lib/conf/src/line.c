/*
 * Shortened keywords and the places of errors. See conf/line.h.
 *
 * The statement's reader decides: the longest beginning of the words that it can read ends before the word that is wrong.
 * That word may be the beginning of a keyword that could stand there.
 */
#include "conf/line.h"

#include <string.h>

#include "complete_private.h"
#include "op_private.h"
#include "statement_read.h"

enum {
	LINE_WORDS = 64, /* of longer lines nothing is guessed: each guess reads them again */
	LINE_OFFERED = 12,
};

struct line_word {
	size_t start;
	size_t end;
	bool plain; /* a word without quotes */
};

struct line {
	const struct conf_editor *editor;
	const struct conf_line_rule *rule;
	struct text words;
	struct line_word items[LINE_WORDS];
	size_t count;
};

static bool
line_ends_at(const char *until, const char *word, size_t length)
{
	for (const char *at = until; at != NULL && *at != '\0'; at += strspn(at, " ")) {
		const size_t this = strcspn(at, " ");

		if (this == length && strncmp(at, word, length) == 0) {
			return true;
		}
		at += this;
	}
	return false;
}

/* Where the last word begins, whatever signs are in it; blanks in quotation marks are part of it. */
static size_t
line_last(const char *bytes)
{
	size_t start = 0;
	bool inside = false;
	bool blank = true;

	for (size_t i = 0; bytes[i] != '\0'; i++) {
		const bool here = !inside && (bytes[i] == ' ' || bytes[i] == '\t');

		start = blank && !here ? i : start;
		blank = here;
		if (bytes[i] == '\\' && inside && bytes[i + 1] != '\0') {
			i++;
		} else if (bytes[i] == '"') {
			inside = !inside;
		}
	}
	return start;
}

/* Splits the words. False: too many, or not all of them are tokens. */
static bool
line_split(struct line *line)
{
	struct token_list tokens = {.items = NULL};
	const char *bytes = text_string(&line->words);
	struct lexer lexer = lexer_over(bytes, line->rule->but_last ? line_last(bytes) : line->words.length, 0);
	size_t ends = 0;
	bool good = true;

	line->count = 0;
	while (good) {
		const size_t start = lexer.at + strspn(bytes + lexer.at, " \t\r\n");
		const enum token_kind kind = lexer_next(&lexer, &tokens);

		if (kind == TOKEN_END || tokens.failed) {
			good = !tokens.failed;
			break;
		}
		const bool plain = kind == TOKEN_WORD && !tokens.items[tokens.count - 1].quoted;

		if (line->count > 0 && plain && line_ends_at(line->rule->until, bytes + start, lexer.at - start)) {
			ends = line->count;
		}
		good = kind != TOKEN_BAD && line->count < LINE_WORDS;
		if (good) {
			line->items[line->count++] = (struct line_word){.start = start, .end = lexer.at, .plain = plain};
		}
	}
	tokens_release(&tokens);
	/* The last one: "to" may be short for to-zone. */
	line->count = ends > 0 ? ends : line->count;
	return good;
}

static bool
line_start(struct line *line, const struct conf_editor *editor, const char *words, const struct conf_line_rule *rule)
{
	*line = (struct line){.editor = editor, .rule = rule};
	text_append(&line->words, words);
	return !text_failed(&line->words) && line_split(line);
}

static void
line_lex(struct statement *statement, const char *bytes, size_t length)
{
	struct lexer lexer = lexer_over(bytes, length, 0);
	enum token_kind kind;

	do {
		kind = lexer_next(&lexer, &statement->tokens);
	} while (kind != TOKEN_END && !statement->tokens.failed);
}

/* Can the first `count` words be read? */
static bool
line_reads(const struct line *line, size_t count, bool pending)
{
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	struct statement statement = {
	    .tree = line->editor->tree,
	    .level = conf_tree_top(line->editor->tree),
	    .list = &silent,
	    .replace_choice = true,
	    .quiet = true,
	    .allow_pending = pending,
	};

	line_lex(&statement, text_string(&line->editor->level), line->editor->level.length);
	line_lex(&statement, text_string(&line->words), count == 0 ? 0 : line->items[count - 1].end);
	const bool reads = statement_read(&statement, 0);

	statement_release(&statement);
	diagnostics_release(&silent);
	return reads;
}

static bool
line_walk(struct place *place, const char *words, size_t length)
{
	struct text copy = TEXT_EMPTY;
	struct op_word word;
	bool taken = true;

	text_append_bytes(&copy, words, length);
	const char *cursor = text_string(&copy);

	while (taken && op_next_word(&cursor, &word)) {
		struct text text = TEXT_EMPTY;

		op_word_text(&word, &text);
		taken = place_take(place, text_string(&text));
		text_release(&text);
	}
	taken = taken && !text_failed(&copy);
	text_release(&copy);
	return taken;
}

/* The place behind the first `count` words. False: completion does not know it. => place_release() in any case */
static bool
line_place(const struct line *line, size_t count, struct place *place)
{
	place_start(place, line->editor->tree, CONF_VERB_SET);
	return line_walk(place, text_string(&line->editor->level), line->editor->level.length) &&
	    line_walk(place, text_string(&line->words), count == 0 ? 0 : line->items[count - 1].end);
}

/* The first word that cannot be read; the count when something is missing behind the last one. => they cannot be read */
static size_t
line_wrong_word(const struct line *line)
{
	size_t read = line->count;
	struct place place;

	while (read > 0 && !line_reads(line, read, true)) {
		read--;
	}
	/* Between two keys a keyword is due, and without it even the first key counts as wrong. */
	if (read < line->count) {
		const bool known = line_place(line, read + 1, &place);

		read += known && place.state == PLACE_WANTS_KEYWORD;
		place_release(&place);
	}
	return read;
}

/* --- shortened words ------------------------------------------------------------------------------------------------ */

struct line_matches {
	const char *word;
	size_t length;
	const char *found;
	size_t count;
	struct text list;
};

static void
line_match(struct line_matches *matches, const char *keyword)
{
	if (strncmp(keyword, matches->word, matches->length) != 0) {
		return;
	}
	matches->found = keyword;
	if (++matches->count <= LINE_OFFERED) {
		text_printf(&matches->list, "%s%s", matches->count == 1 ? "" : ", ", keyword);
	} else if (matches->count == LINE_OFFERED + 1) {
		text_append(&matches->list, ", ...");
	}
}

static void
line_match_place(struct line_matches *matches, const struct place *place)
{
	size_t words = 0;
	const struct schema_word *values = NULL;

	switch (place->state) {
	case PLACE_AT_NODE:
		for (size_t i = 0; i < place->schema->child_count; i++) {
			const struct schema_node *child = place->schema->children[i];

			if (!child->hidden && !child->keyword_less) {
				line_match(matches, child->name);
			}
		}
		break;
	case PLACE_WANTS_KEYWORD:
		line_match(matches, place->child->second_key);
		break;
	case PLACE_WANTS_VALUE:
	case PLACE_IN_BRACKETS:
		if (place->child->type_name != NULL && strcmp(place->child->type_name, "enumeration") == 0) {
			values = schema_words(place->child, &words);
		}
		for (size_t i = 0; i < words; i++) {
			line_match(matches, values[i].name);
		}
		break;
	case PLACE_WANTS_KEY:
	case PLACE_WANTS_KEY2:
	case PLACE_WANTS_LIST:
	case PLACE_WANTS_NEIGHBOUR:
	case PLACE_DONE:
		break;
	}
}

static bool
line_replace(struct line *line, size_t at, const char *keyword)
{
	struct text words = TEXT_EMPTY;
	const char *bytes = text_string(&line->words);

	text_append_bytes(&words, bytes, line->items[at].start);
	text_append(&words, keyword);
	text_append(&words, bytes + line->items[at].end);
	text_release(&line->words);
	line->words = words;
	return !text_failed(&words) && line_split(line);
}

/* Makes a whole keyword of word `at`. False: it is none's beginning, or several's; then `ambiguous` has them. */
static bool
line_expand_word(struct line *line, size_t at, struct text *ambiguous)
{
	struct line_matches matches = {
	    .word = text_string(&line->words) + line->items[at].start,
	    .length = line->items[at].end - line->items[at].start,
	};
	struct place place;
	bool done = false;

	if (!line->items[at].plain) {
		return false;
	}
	if (line_place(line, at, &place)) {
		line_match_place(&matches, &place);
	}
	place_release(&place);
	if (matches.count == 1) {
		done = strlen(matches.found) > matches.length && line_replace(line, at, matches.found);
	} else if (matches.count > 1) {
		text_printf(ambiguous, "'%.*s' is ambiguous, possible: %s", (int)matches.length, matches.word,
		    text_string(&matches.list));
	}
	text_release(&matches.list);
	return done;
}

/*
 * "before pol a": behind the words that end the statement, the keyword of its list, when a name follows it.
 */
static void
line_expand_list(struct line *line)
{
	static const char blanks[] = " \t";
	const char *bytes = text_string(&line->words);
	size_t start = line->items[line->count - 1].end;
	struct text words = TEXT_EMPTY;
	struct place place;

	start += strspn(bytes + start, blanks);
	start += strcspn(bytes + start, blanks);
	start += strspn(bytes + start, blanks);
	const size_t length = strcspn(bytes + start, " \t\"");
	const size_t end = start + length;
	const bool list = line_place(line, line->count, &place) && place.state == PLACE_AT_NODE &&
	    place.schema->kind == SCHEMA_LIST && !place.schema->keyword_less;

	if (list && length > 0 && bytes[end + strspn(bytes + end, blanks)] != '\0' && bytes[end] != '"' &&
	    strncmp(place.schema->name, bytes + start, length) == 0) {
		text_append_bytes(&words, bytes, start);
		text_append(&words, place.schema->name);
		text_append(&words, bytes + end);
		text_release(&line->words);
		line->words = words;
	}
	place_release(&place);
}

enum conf_line_state
conf_line_read(const struct conf_editor *editor, const char *words, const struct conf_line_rule *rule,
    struct text *expanded, struct op_error *error)
{
	struct line line;
	struct line_word typed[LINE_WORDS]; /* whole keywords are longer: places are those of the words as they came */
	enum conf_line_state state = CONF_LINE_READS;
	bool more = line_start(&line, editor, words, rule) && line.count > 0;
	const size_t end = more ? line.items[line.count - 1].end + 1 : 0;

	*error = OP_ERROR_EMPTY;
	memcpy(typed, line.items, sizeof(typed));
	while (more && !line_reads(&line, line.count, true)) {
		const size_t wrong = line_wrong_word(&line);

		more = wrong < line.count && line_expand_word(&line, wrong, &error->message);
		if (!more) {
			error->column = wrong < line.count ? typed[wrong].start : end;
			state = error->message.length > 0 ? CONF_LINE_AMBIGUOUS : CONF_LINE_WRONG;
		}
	}
	if (more && rule->whole && !line_reads(&line, line.count, false)) {
		error->column = end;
		state = CONF_LINE_WRONG;
	}
	if (state == CONF_LINE_READS && more && rule->until != NULL) {
		line_expand_list(&line);
	}
	text_append(expanded, text_failed(&line.words) ? words : text_string(&line.words));
	text_release(&line.words);
	return state;
}
