/*
 * The members of sets. See conf/sets.h. Members that are sets stand in a list with the name of the set's own.
 */
#include "conf/sets.h"

#include <string.h>

const struct conf_node *
conf_set_first(const struct conf_node *set)
{
	const bool applications = strcmp(set->schema->name, "application-set") == 0;
	const struct conf_node *member = conf_first(set, applications ? "application" : "address");

	return member != NULL ? member : conf_first(set, set->schema->name);
}

const struct conf_node *
conf_set_next(const struct conf_node *member)
{
	const struct conf_node *next = conf_next(member);

	return next != NULL || conf_set_is_nested(member) ? next : conf_first(member->parent, member->parent->schema->name);
}

bool
conf_set_is_nested(const struct conf_node *member)
{
	return strcmp(member->schema->name, member->parent->schema->name) == 0;
}
