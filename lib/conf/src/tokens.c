/*
 * The lexer of configuration text. See tokens.h.
 */
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "tree_private.h"

enum {
	/* More tokens than this in one statement is rubbish. */
	TOKENS_MOST = 1 << 20,
};

struct lexer
lexer_over(const char *bytes, size_t length, uint32_t line)
{
	return (struct lexer){.bytes = bytes, .length = length, .at = 0, .line = line, .last_line = 0};
}

void
tokens_clear(struct token_list *list)
{
	list->count = 0;
	list->failed = false;
	text_clear(&list->words);
}

void
tokens_release(struct token_list *list)
{
	free(list->items);
	text_release(&list->words);
	*list = (struct token_list){.items = NULL};
}

static struct token *
tokens_room(struct token_list *list)
{
	if (list->failed) {
		return NULL;
	}
	struct token *items = list->count >= TOKENS_MOST
	    ? NULL
	    : array_grow(list->items, list->count, &list->capacity, sizeof(*items));

	if (items == NULL) {
		list->failed = true;
		return NULL;
	}
	list->items = items;
	return &items[list->count];
}

static void
tokens_push(struct token_list *list, struct token token)
{
	struct token *to = tokens_room(list);

	if (to != NULL) {
		*to = token;
		list->count++;
		list->failed = text_failed(&list->words);
	}
}

bool
tokens_insert(struct token_list *list, size_t at, const char *word)
{
	if (tokens_room(list) == NULL) {
		return false;
	}
	const size_t offset = list->words.length;

	text_append_bytes(&list->words, word, strlen(word) + 1);
	memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof(list->items[0]));
	list->items[at] = (struct token){.kind = TOKEN_WORD, .word = offset};
	list->items[at].line = list->count > at ? list->items[at + 1].line : at > 0 ? list->items[at - 1].line : 0;
	list->count++;
	list->failed = text_failed(&list->words);
	return !list->failed;
}

void
tokens_remove(struct token_list *list, size_t at, size_t count)
{
	memmove(list->items + at, list->items + at + count, (list->count - at - count) * sizeof(list->items[0]));
	list->count -= count;
}

bool
tokens_is(const struct token_list *list, size_t at, const char *word)
{
	return at < list->count && list->items[at].kind == TOKEN_WORD && strcmp(tokens_word(list, at), word) == 0;
}

void
tokens_append_text(const struct token_list *list, size_t from, struct text *out)
{
	static const char *const signs[] = {
	    [TOKEN_OPEN_BRACE] = "{",
	    [TOKEN_CLOSE_BRACE] = "}",
	    [TOKEN_OPEN_BRACKET] = "[",
	    [TOKEN_CLOSE_BRACKET] = "]",
	    [TOKEN_SEMICOLON] = ";",
	    [TOKEN_END] = "",
	    [TOKEN_BAD] = "?",
	};

	for (size_t i = from; i < list->count && out->length < 512; i++) {
		if (i > from) {
			text_append_char(out, ' ');
		}
		if (list->items[i].kind == TOKEN_WORD) {
			tree_append_word(out, tokens_word(list, i));
		} else {
			text_append(out, signs[list->items[i].kind]);
		}
	}
}

/* The length of a quotation mark here, 0 for none: the plain one, or a typographic one (E-008). */
static size_t
quote_length(const struct lexer *lexer)
{
	const unsigned char *c = (const unsigned char *)lexer->bytes + lexer->at;
	const size_t left = lexer->length - lexer->at;

	if (left >= 1 && c[0] == '"') {
		return 1;
	}
	if (left >= 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0x9c || c[2] == 0x9d || c[2] == 0x98 || c[2] == 0x99)) {
		return 3;
	}
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_sign(char c)
{
	return c == '{' || c == '}' || c == '[' || c == ']' || c == ';';
}

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && !is_blank(c)) || c == 0x7f;
}

static void
skip_line(struct lexer *lexer)
{
	while (lexer->at < lexer->length && lexer->bytes[lexer->at] != '\n') {
		lexer->at++;
	}
}

/* False when a comment has no end; the lexer is at the end of the text then. */
static bool
skip_comment(struct lexer *lexer)
{
	const size_t start = lexer->at + 2;
	const uint32_t line = lexer->line;
	const bool alone = line != lexer->last_line; /* else it is about what stands before it */

	lexer->at += 2;
	while (lexer->at + 1 < lexer->length) {
		if (lexer->bytes[lexer->at] == '*' && lexer->bytes[lexer->at + 1] == '/') {
			/* Several lines are a text about the file, as licences and headings are. */
			lexer->comment = alone && lexer->line == line ? lexer->bytes + start : NULL;
			lexer->comment_length = lexer->at - start;
			lexer->at += 2;
			return true;
		}
		lexer->line += lexer->bytes[lexer->at] == '\n';
		lexer->at++;
	}
	lexer->at = lexer->length;
	return false;
}

static bool
skip_blanks(struct lexer *lexer)
{
	while (lexer->at < lexer->length) {
		const char c = lexer->bytes[lexer->at];

		if (is_blank(c)) {
			lexer->line += c == '\n';
			lexer->at++;
		} else if (c == '#') {
			skip_line(lexer);
		} else if (c == '/' && lexer->at + 1 < lexer->length && lexer->bytes[lexer->at + 1] == '*') {
			if (!skip_comment(lexer)) {
				return false;
			}
		} else {
			break;
		}
	}
	return true;
}

/*
 * Takes a quoted piece; a sentence when it does not end. What a plain mark opened a plain mark closes: typographic ones
 * are text in between.
 */
static const char *
take_quoted(struct lexer *lexer, struct text *words)
{
	const size_t opened = quote_length(lexer);

	lexer->at += opened;
	while (lexer->at < lexer->length) {
		char c = lexer->bytes[lexer->at];
		const size_t quote = quote_length(lexer) == 1 || opened != 1 ? quote_length(lexer) : 0;

		if (quote > 0) {
			lexer->at += quote;
			return NULL;
		}
		if (c == '\n') {
			return "the quotation does not end on its line";
		}
		if (c == '\\' && lexer->at + 1 < lexer->length && lexer->bytes[lexer->at + 1] != '\n') {
			lexer->at++;
			c = lexer->bytes[lexer->at];
		}
		if (is_control(c)) {
			return "a control character cannot stand here";
		}
		text_append_char(words, c);
		lexer->at++;
	}
	return "the quotation does not end";
}

static const char *
take_word(struct lexer *lexer, struct text *words, bool *quoted)
{
	while (lexer->at < lexer->length) {
		const char c = lexer->bytes[lexer->at];

		if (is_blank(c) || is_sign(c)) {
			break;
		}
		if (quote_length(lexer) > 0) {
			const char *problem = take_quoted(lexer, words);

			*quoted = true;
			if (problem != NULL) {
				return problem;
			}
			continue;
		}
		if (is_control(c)) {
			return "a control character cannot stand here";
		}
		text_append_char(words, c);
		lexer->at++;
	}
	return NULL;
}

/* Behind something that cannot be: goes on with the next line. */
static enum token_kind
push_bad(struct lexer *lexer, struct token_list *list, struct token token, const char *sentence)
{
	token.kind = TOKEN_BAD;
	token.word = list->words.length;
	text_append_bytes(&list->words, sentence, strlen(sentence) + 1);
	tokens_push(list, token);
	skip_line(lexer);
	return TOKEN_BAD;
}

enum token_kind
lexer_next(struct lexer *lexer, struct token_list *list)
{
	const uint32_t start = lexer->line;
	const bool closed = skip_blanks(lexer);
	struct token token = {.line = lexer->line, .word = 0};

	if (!closed) {
		token.line = start;
		return push_bad(lexer, list, token, "the comment does not end");
	}
	token.first_of_line = lexer->line != lexer->last_line;
	lexer->last_line = lexer->line;
	if (lexer->at == lexer->length) {
		token.kind = TOKEN_END;
		return TOKEN_END;
	}
	switch (lexer->bytes[lexer->at]) {
	case '{':
		token.kind = TOKEN_OPEN_BRACE;
		break;
	case '}':
		token.kind = TOKEN_CLOSE_BRACE;
		break;
	case '[':
		token.kind = TOKEN_OPEN_BRACKET;
		break;
	case ']':
		token.kind = TOKEN_CLOSE_BRACKET;
		break;
	case ';':
		token.kind = TOKEN_SEMICOLON;
		break;
	default: {
		token.kind = TOKEN_WORD;
		token.word = list->words.length;
		const char *problem = take_word(lexer, &list->words, &token.quoted);

		text_append_char(&list->words, '\0');
		if (problem != NULL) {
			return push_bad(lexer, list, token, problem);
		}
		tokens_push(list, token);
		return TOKEN_WORD;
	}
	}
	lexer->at++;
	tokens_push(list, token);
	return token.kind;
}
