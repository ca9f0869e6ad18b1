/*
 * Completion candidates. See candidates.h.
 */
#include "candidates.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIST_INDENT = 2,
	LIST_WORD_LEAST = 20, /* columns */
	LIST_WORD_MOST = 36,
	LIST_HELP_LEAST = 24, /* narrower terminals wrap by themselves */
};

static bool
candidate_is_keyword(const struct ipc_candidate *candidate)
{
	return candidate->kind == IPC_CANDIDATE_KEYWORD || candidate->kind == IPC_CANDIDATE_LEVEL ||
	    candidate->kind == IPC_CANDIDATE_SET;
}

static bool
candidate_counts(const struct ipc_candidate *candidate, const char *typed, enum ipc_complete_reason reason)
{
	const bool fits = candidate_is_keyword(candidate) ||
	    (candidate->kind == IPC_CANDIDATE_NAME && reason == IPC_COMPLETE_TAB);

	return fits && strncmp(candidate->word, typed, strlen(typed)) == 0;
}

/* Of whole characters of UTF-8. */
static size_t
common_length(const char *left, const char *right, size_t most)
{
	size_t length = 0;

	while (length < most && left[length] != '\0' && left[length] == right[length]) {
		length++;
	}
	while (length > 0 && ((unsigned char)left[length] & 0xc0) == 0x80) {
		length--;
	}
	return length;
}

/* May the word stand as it is, as a value or a name? Then a space must not make a keyword of it ("a" is not yet "any"). */
static bool
value_possible(const struct ipc_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].kind == IPC_CANDIDATE_NAME || candidates->items[i].kind == IPC_CANDIDATE_PLACEHOLDER) {
			return true;
		}
	}
	return false;
}

enum cli_completion
cli_candidates_complete(const struct ipc_candidates *candidates, const char *typed, enum ipc_complete_reason reason,
    struct text *word)
{
	const char *first = NULL;
	size_t length = 0;
	size_t matches = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		const struct ipc_candidate *candidate = &candidates->items[i];

		if (!candidate_counts(candidate, typed, reason)) {
			continue;
		}
		matches++;
		if (strcmp(candidate->word, typed) == 0) {
			text_append(word, typed);
			return CLI_COMPLETE_WORD;
		}
		length = first == NULL ? strlen(candidate->word) : common_length(first, candidate->word, length);
		first = first == NULL ? candidate->word : first;
	}
	if (matches == 0 || (reason == IPC_COMPLETE_SPACE && value_possible(candidates))) {
		return CLI_COMPLETE_NOTHING;
	}
	text_append_bytes(word, first, length);
	if (matches == 1) {
		return CLI_COMPLETE_WORD;
	}
	return length > strlen(typed) && reason == IPC_COMPLETE_TAB ? CLI_COMPLETE_LONGER : CLI_COMPLETE_AMBIGUOUS;
}

/* <[Enter]> first, then values and names as they come, then keywords by the alphabet, the pipe last. */
static int
candidate_rank(const struct ipc_candidate *candidate)
{
	switch (candidate->kind) {
	case IPC_CANDIDATE_ENTER:
		return 0;
	case IPC_CANDIDATE_PLACEHOLDER:
		return 1;
	case IPC_CANDIDATE_NAME:
		return 2;
	case IPC_CANDIDATE_LEVEL:
	case IPC_CANDIDATE_SET:
	case IPC_CANDIDATE_KEYWORD:
		return strcmp(candidate->word, "|") == 0 ? 4 : 3;
	}
	return 3;
}

struct listed {
	const struct ipc_candidate *candidate;
	size_t place; /* among those that came */
};

static int
compare_listed(const void *left, const void *right)
{
	const struct listed *a = left;
	const struct listed *b = right;
	const int ranks = candidate_rank(a->candidate) - candidate_rank(b->candidate);

	if (ranks != 0) {
		return ranks;
	}
	if (candidate_is_keyword(a->candidate)) {
		return strcmp(a->candidate->word, b->candidate->word);
	}
	return a->place < b->place ? -1 : 1; /* names in the order of the configuration */
}

static const char *
candidate_word(const struct ipc_candidate *candidate)
{
	return candidate->kind == IPC_CANDIDATE_ENTER ? "<[Enter]>" : candidate->word;
}

/* As wide as LIST_INDENT. */
static const char *
candidate_mark(const struct ipc_candidate *candidate)
{
	if (candidate->kind == IPC_CANDIDATE_LEVEL) {
		return "> ";
	}
	return candidate->kind == IPC_CANDIDATE_SET ? "+ " : "  ";
}

/* Help that is too long for the terminal goes on below itself, broken at blanks. */
static void
list_help(const char *help, size_t indent, size_t width, struct text *out)
{
	while (width >= LIST_HELP_LEAST && strlen(help) > width) {
		size_t cut = width;

		while (cut > 0 && help[cut] != ' ') {
			cut--;
		}
		if (cut == 0) {
			break;
		}
		text_append_bytes(out, help, cut);
		text_append_char(out, '\n');
		text_append_repeated(out, ' ', indent);
		help += cut + 1;
	}
	text_append(out, help);
}

void
cli_candidates_list(const struct ipc_candidates *candidates, unsigned columns, struct text *out)
{
	struct listed *sorted = calloc(candidates->count + 1, sizeof(*sorted));
	size_t width = LIST_WORD_LEAST;

	if (sorted == NULL || candidates->count == 0) {
		text_append(out, sorted == NULL ? "out of memory\n" : "No valid completions\n");
		free(sorted);
		return;
	}
	for (size_t i = 0; i < candidates->count; i++) {
		const size_t length = strlen(candidate_word(&candidates->items[i]));

		sorted[i] = (struct listed){.candidate = &candidates->items[i], .place = i};
		width = length > width && length <= LIST_WORD_MOST ? length : width;
	}
	qsort(sorted, candidates->count, sizeof(*sorted), compare_listed);
	text_append(out, "Possible completions:\n");
	for (size_t i = 0; i < candidates->count; i++) {
		const struct ipc_candidate *candidate = sorted[i].candidate;
		const char *word = candidate_word(candidate);
		const size_t length = strlen(word);
		const size_t indent = LIST_INDENT + (length > width ? length : width) + 1;

		text_append(out, candidate_mark(candidate));
		text_append(out, word);
		if (*candidate->help != '\0') {
			text_append_repeated(out, ' ', indent - LIST_INDENT - length);
			list_help(candidate->help, indent, columns > indent ? columns - indent : 0, out);
		}
		text_append_char(out, '\n');
	}
	free(sorted);
}
