/*
 * Reasons: every drop, and every other verdict, has exactly one. Rows in reasons.def; a row is the counter, the text in
 * logs and `show`, and the word that a test and the replay's verdict line expect.
 */
#ifndef ENGINE_REASONS_H
#define ENGINE_REASONS_H

enum reason {
#define REASON(symbol, name, kind, help) REASON_##symbol,
#include "engine/reasons.def"
#undef REASON
	REASON_COUNT
};

enum reason_kind {
	REASON_KIND_PASS,   /* went on: forwarded, delivered, answered, consumed */
	REASON_KIND_DROP,   /* dropped for what it is or for what the configuration says */
	REASON_KIND_ILLEGAL, /* the same, but for what no configuration lets pass */
	REASON_KIND_SCREEN, /* dropped or recorded by the screen of this name */
	REASON_KIND_LIMIT,  /* dropped because a table or a rate of ours was full: says fail-closed */
	REASON_KIND_CLOSE,  /* why a session ended */
};

/* The row's name in lower-case words with hyphens, its help sentence, its kind. => reason < REASON_COUNT */
const char *reason_name(enum reason reason);
const char *reason_help(enum reason reason);
enum reason_kind reason_kind(enum reason reason);

#endif
