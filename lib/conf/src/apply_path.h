/*
 * Inside lib/conf: apply-path, by which a list of prefixes takes its prefixes from other statements.
 *
 * "interfaces <*> unit <*> family inet address <*>": keywords, names, and patterns of names in <>; the last one stands for
 * what is taken. What is inherited counts as what is written does; of inactive statements there are none in an expanded
 * tree. Lists that apply-path itself fills are read as they are written.
 */
#ifndef APPLY_PATH_H
#define APPLY_PATH_H

#include "conf/diagnostic.h"
#include "conf/tree.h"

bool apply_path_is(const struct schema_node *schema);
/* Puts the prefixes beside each apply-path, marked CONF_BY_PATH. What is wrong with a path is told with its place. */
void apply_path_expand(struct conf_tree *tree, struct diagnostics *list);

#endif
