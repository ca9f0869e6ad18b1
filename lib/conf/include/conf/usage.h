/*
 * Who refers to what: every place that names an object, and objects that nothing names.
 *
 * What refers to what is said once, by the schema (sp:reference): completion, the checks' table and
 * this use it. Only what is in force counts, as everywhere: inactive statements refer to nothing
 * and are not told. Groups are to be expanded before (conf/groups.h), or their statements are taken
 * for such that are in force; only groups themselves are looked for in a tree that has them.
 */
#ifndef CONF_USAGE_H
#define CONF_USAGE_H

#include "conf/tree.h"

/*
 * An object: `lists` are space separated paths of lists that may hold it, as the schema's
 * references are. Logical interfaces are named ge-0/0/0.0; a port's name alone means all its units.
 * Addresses are of one zone, or of all when `zone` is NULL.
 */
struct conf_object {
	const char *lists;
	const char *name;
	const char *zone;
};

/*
 * Where a statement stands, the [edit ...] path that encloses it, and its words. An entry without
 * keyword is named together with what encloses it: "interfaces ge-0/0/9.0".
 */
void conf_place(const struct conf_node *node, struct text *path, struct text *statement);
/* Is there such an object? Predefined applications are. */
bool conf_object_exists(const struct conf_tree *tree, const struct conf_object *object);
/* Calls `each` for every statement that names the object, in the order of the configuration. False
 * when memory ran out. */
bool conf_usage(const struct conf_tree *tree, const struct conf_object *object,
    void (*each)(void *context, const struct conf_node *node), void *context)
    __attribute__((warn_unused_result));
/*
 * Calls `each` for every entry of a list that references lead to and that none names, in the order
 * of the configuration, and for zones without interfaces. Interfaces, routing instances and VPNs
 * that are bound to an interface do something by themselves: they are not told. False when memory
 * ran out.
 */
bool conf_unused(const struct conf_tree *tree,
    void (*each)(void *context, const struct conf_node *node), void *context)
    __attribute__((warn_unused_result));

#endif
