/*
 * Statements as people type them: keywords may be shortened while they are unique, and what is wrong has a place.
 *
 * For command lines only; files are read as they stand. What can be read as it is written stays as it is: an exact word, a
 * name, a lenient reading. Names are never completed. One thread, no clock.
 */
#ifndef CONF_LINE_H
#define CONF_LINE_H

#include "conf/conf.h"
#include "conf/op.h"

/*
 * The command of a line that was pasted: behind "user@host# " (E-001). A line that only names the level, "[edit security]",
 * has none: its end.
 */
const char *conf_line_pasted(const char *line);

/* How a verb reads its words. */
struct conf_line_rule {
	/* Words that end the statement, separated by blanks (insert: "before after"); behind them a name of the same list. */
	const char *until; /* NULL: none */
	bool whole;        /* values must be there (set) */
	bool but_last;     /* the last word is none of the statement: a pattern or a text (wildcard delete, annotate) */
};

enum conf_line_state {
	CONF_LINE_READS,     /* or it is too long to tell */
	CONF_LINE_WRONG,     /* the verb says what is wrong with it; `error` has the place */
	CONF_LINE_AMBIGUOUS, /* `error` has the place and what the word may be */
};

/*
 * Reads the words behind set, delete, show and so on, relative to the editor's level. `expanded` gets them with whole
 * keywords, as far as they make sense. Places count octets of `words`. => op_error_release() in any case
 */
enum conf_line_state conf_line_read(const struct conf_editor *editor, const char *words,
    const struct conf_line_rule *rule, struct text *expanded, struct op_error *error)
    __attribute__((warn_unused_result));

#endif
