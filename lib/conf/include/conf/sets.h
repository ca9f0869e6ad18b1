/*
 * Sets of addresses and of applications: their members, and how large they may be.
 *
 * A set (`address-set`, `application-set`) names single ones and other sets. Who follows the names is the caller: where they
 * are found differs. conf_check() refuses sets beyond the limits and circles; a tree that was not checked may have both.
 */
#ifndef CONF_SETS_H
#define CONF_SETS_H

#include "conf/tree.h"

enum {
	CONF_SETS_DEEP = 16,         /* sets nested in each other */
	CONF_SETS_LARGE = 64 * 1024, /* members that a set may stand for, with those of its sets */
};

/* The members of a set, the single ones first, then the sets; NULL: none, and no more. */
const struct conf_node *conf_set_first(const struct conf_node *set);
const struct conf_node *conf_set_next(const struct conf_node *member);
/* Is the member a set itself? */
bool conf_set_is_nested(const struct conf_node *member);

#endif
