/*
 * What may follow: deciding what a key completes to, and the list that `?` shows.
 */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

#include "base/text.h"
#include "ipc/payload.h"

enum cli_completion {
	CLI_COMPLETE_NOTHING,   /* nothing fits that a key could fill in: the word stays as it is */
	CLI_COMPLETE_WORD,      /* one fits: it replaces what is typed */
	CLI_COMPLETE_LONGER,    /* several fit, and have more in common than is typed */
	CLI_COMPLETE_AMBIGUOUS, /* several fit: show them */
};

/*
 * What `typed` (the word before the cursor) completes to by `reason`; `word` gets the replacement. A whole keyword is
 * itself, however many others begin with it.
 */
enum cli_completion cli_candidates_complete(const struct ipc_candidates *candidates, const char *typed,
    enum ipc_complete_reason reason, struct text *word);

/* "Possible completions:" in two columns, keywords sorted, for a terminal of `columns` (0: any). */
void cli_candidates_list(const struct ipc_candidates *candidates, unsigned columns, struct text *out);

#endif
