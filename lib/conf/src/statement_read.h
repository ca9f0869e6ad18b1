/*
 * Inside lib/conf: the words of a statement read against the schema. See statement.h.
 */
#ifndef STATEMENT_READ_H
#define STATEMENT_READ_H

#include "statement.h"

/* Reads statement->tokens from `from` on at statement->level. False with diagnostics. */
bool statement_read(struct statement *statement, size_t from) __attribute__((warn_unused_result));

#endif
