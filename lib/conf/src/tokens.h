/*
 * Inside lib/conf: from octets to the tokens of configuration text, set lines and curly alike.
 *
 * The octets are anybody's. The lexer reads within its length only; a token that cannot be is TOKEN_BAD with a sentence.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
	TOKEN_SEMICOLON,
	TOKEN_BAD,
};

struct token {
	enum token_kind kind;
	bool quoted;
	bool first_of_line;
	uint32_t line;
	size_t word; /* offset in the list's words; of TOKEN_BAD: its sentence */
};

struct token_list {
	struct token *items;
	size_t count;
	size_t capacity;
	struct text words; /* NUL-terminated, one behind the other */
	bool failed;       /* out of memory */
};

struct lexer {
	const char *bytes;
	size_t length;
	size_t at;
	uint32_t line;
	uint32_t last_line; /* of the token before */
	const char *comment; /* the text of the comment that was passed over last; NULL: none. The reader may take it away. */
	size_t comment_length;
};

struct lexer lexer_over(const char *bytes, size_t length, uint32_t line);
/* Appends the next token to the list. */
enum token_kind lexer_next(struct lexer *lexer, struct token_list *list);
void tokens_clear(struct token_list *list);
void tokens_release(struct token_list *list);
/* Puts a word before place `at`. False when memory is short (sticky in `failed`). */
bool tokens_insert(struct token_list *list, size_t at, const char *word);
void tokens_remove(struct token_list *list, size_t at, size_t count);

static inline const char *
tokens_word(const struct token_list *list, size_t at)
{
	return list->words.bytes + list->items[at].word;
}

/* Is token `at` there, and this very word? */
bool tokens_is(const struct token_list *list, size_t at, const char *word);
/* The tokens from `from` on as one line of text, words quoted where they must be. */
void tokens_append_text(const struct token_list *list, size_t from, struct text *out);

#endif
