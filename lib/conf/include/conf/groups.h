/*
 * Groups: from a configuration as it is written to what is in force.
 *
 * What is written wins; of groups that are named at one place the first one, and groups named further inside before those
 * named further outside. Values of one statement ([ a b ]) are joined, the inherited ones behind. A name in a group such as
 * <*> or <ge-*> is no entry by itself: what it holds goes to all entries whose names fit.
 */
#ifndef CONF_GROUPS_H
#define CONF_GROUPS_H

#include "conf/conf.h"

/* Is there anything to expand? */
bool conf_has_groups(const struct conf_tree *raw);
/*
 * The configuration in force as a tree of its own: without groups and without what is inactive. Nodes from groups name their
 * group. Errors (a group that is not there) are told and passed over. NULL: memory is short (it is told).
 */
struct conf_tree *conf_expand(const struct conf_tree *raw, struct diagnostics *list) __attribute__((warn_unused_result));

/* What is shown about statements, as comments before them. */
enum conf_remarks {
	CONF_REMARKS_INHERITANCE, /* ## 'x' was inherited from group 'g' */
	CONF_REMARKS_DETAIL,      /* what each statement is, from the schema */
};
/* Curly text of the subtree with remarks. */
void conf_render_remarks(const struct conf_node *node, enum conf_remarks remarks, struct text *out);

#endif
