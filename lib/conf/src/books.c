/*
 * See conf/books.h.
 */
#include "conf/books.h"

#include <stddef.h>

const struct conf_node *
conf_global_book(const struct conf_node *top)
{
	return conf_entry(conf_child(top, "security"), "address-book", "global", NULL);
}

bool
conf_book_has(const struct conf_node *book, const char *name)
{
	return conf_entry(book, "address", name, NULL) != NULL || conf_entry(book, "address-set", name, NULL) != NULL;
}

const struct conf_node *
conf_book_of(const struct conf_node *top, const struct conf_node *own, const char *name)
{
	const struct conf_node *global;

	if (conf_book_has(own, name)) {
		return own;
	}
	global = conf_global_book(top);
	return conf_book_has(global, name) ? global : NULL;
}
