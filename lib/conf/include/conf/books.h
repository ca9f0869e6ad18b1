/*
 * Address books: where the names of a policy's side come from.
 *
 * Each zone has a book, and there is one of all zones (`security address-book global`). A name means the entry of the
 * zone's own book (REQ-POL-016); when that has none, the entry of the global book. Global policies and sides with zone
 * `any` have the global book alone.
 */
#ifndef CONF_BOOKS_H
#define CONF_BOOKS_H

#include "conf/tree.h"

/* The book of all zones, or NULL. => top is the tree's top */
const struct conf_node *conf_global_book(const struct conf_node *top);
/* Has the book an address or a set of this name? `book` may be NULL: no. */
bool conf_book_has(const struct conf_node *book, const char *name) __attribute__((warn_unused_result));
/* The book that a name comes from: `own` (NULL: none) or the global one. NULL: neither has it. */
const struct conf_node *conf_book_of(const struct conf_node *top, const struct conf_node *own, const char *name);

#endif
