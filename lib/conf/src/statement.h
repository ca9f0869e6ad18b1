/*
 * Inside lib/conf: one statement, from tokens to the tree.
 *
 * A statement is read against the schema first, into steps, and then applied: it is taken whole or not at all. Set
 * lines and curly statements are the same thing here; only what encloses them differs.
 *   words ::= step...    step ::= container | flag | leaf VALUE | leaf-list VALUE... | list KEY [second-keyword KEY]
 * Behind a leaf, flag or value the words go on in the same container (E-003); they never climb to an enclosing one.
 */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "conf/diagnostic.h"
#include "conf/tree.h"
#include "tokens.h"

enum { STEP_LEVEL = -1, NO_VALUE = -1 };

struct step {
	const struct schema_node *schema;
	ptrdiff_t parent; /* an earlier step, or STEP_LEVEL */
	ptrdiff_t value;  /* offset in the statement's values, or NO_VALUE */
	ptrdiff_t value2;
	struct conf_node *node; /* after applying or finding */
	size_t token;           /* its first word */
	bool terminal;          /* something that the words ask for by itself: flag, value, entry, last container */
};

struct statement {
	struct conf_tree *tree;
	struct conf_node *level;
	struct diagnostics *list;
	const char *file; /* NULL: none */
	uint32_t line;    /* 0: by hand */
	bool replace_choice; /* a set replaces what it excludes, as when it is typed; else both stay and the check tells */
	bool set_line;       /* of a file with set lines: where the schema says so, the later one wins */
	bool quiet;       /* tells nothing: for trying a reading */

	/* Nodes that go when the statement is taken: what another reading of it replaces. */
	struct conf_node *erase[2];

	struct token_list tokens;
	struct step *steps;
	size_t step_count;
	size_t step_capacity;
	struct text values;

	/* Where reading stands. */
	const struct schema_node *at;
	ptrdiff_t at_step;
	size_t scope; /* the first token inside `at` */
	/* The words ended where a value or key is due; only when the caller allows it. */
	const struct schema_node *pending;
	bool allow_pending;
	bool reading_delete; /* values need not be complete */
	uint32_t rewrites;
	struct text scratch;
	struct text problem;
	struct text notice;
};

void statement_release(struct statement *statement);
/* Finds or makes what the steps say. All or nothing. */
bool statement_apply(struct statement *statement) __attribute__((warn_unused_result));
/* Finds the steps' nodes without changing anything. False when one is missing; `missing` is the first such step. */
bool statement_find(struct statement *statement, size_t *missing);
/* The node where further statements of a block go. => applied or found */
struct conf_node *statement_node(const struct statement *statement);

static inline const char *
statement_value(const struct statement *statement, ptrdiff_t offset)
{
	return offset == NO_VALUE ? NULL : statement->values.bytes + offset;
}

/* An error or warning at token `token` of the statement. */
void statement_tell(struct statement *statement, enum diagnostic_severity severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
