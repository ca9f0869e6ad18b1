/*
 * Inside lib/conf: spellings of the printed guide that are read as canonical statements. One row each in errata.c.
 *
 * ALIAS rows are silent, LENIENT rows leave a warning "E-nnn ...". No row permits more than what is written.
 */
#ifndef ERRATA_H
#define ERRATA_H

#include "statement.h"

/*
 * The word at `token` is no statement at statement->at: rewrites the tokens (then reading goes on at the same place,
 * which may have moved up) and returns true, or returns false when there is no such spelling.
 */
bool errata_rewrite(struct statement *statement, size_t *token);
/* The same for a keyword whose value sticks to it (E-182). Of a list of values, any word may be one: not to be asked there. */
bool errata_split(struct statement *statement, size_t token);
/* The same for a value that its type refuses. */
bool errata_rewrite_value(struct statement *statement, const struct schema_node *schema, size_t token);
/* A sentence for a spelling that is known to be wrong beyond repair, or NULL. */
const char *errata_explain(const struct statement *statement, size_t token);

#endif
