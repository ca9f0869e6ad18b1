/*
 * A configuration tree: what the user wrote, statement by statement, over the schema.
 *
 * A node is a container, a list entry, a leaf or one leaf-list value. Children stand in canonical order except under
 * user-ordered lists. Readers (lib/snapshot, mgd) use the accessors below; changes go through conf/edit.h and
 * conf/load.h only. One thread owns a tree; a tree that nobody changes may be read by many.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/schema.h"

struct conf_tree;

/* In the place of a group's name, which it cannot be: an apply-path beside the node stands for it. */
#define CONF_BY_PATH "<apply-path>"

struct conf_node {
	const struct schema_node *schema;
	struct conf_node *parent; /* NULL: the top */
	struct conf_node *first;  /* children */
	struct conf_node *last;
	struct conf_node *next; /* siblings */
	struct conf_node *previous;
	char *value;  /* leaf, leaf-list value, or first key of a list entry; NULL otherwise */
	char *value2; /* second key; NULL otherwise */
	void *index;  /* opaque: finds list entries by key in constant time once there are many */
	char *annotation; /* what the user noted about it, shown as a comment before it; NULL: nothing */
	char *inherited;  /* in a tree of conf_expand(): the group that the node came from, or CONF_BY_PATH; NULL: it is written */
	uint32_t line;  /* where it was loaded from; 0: by hand */
	uint32_t count; /* children */
	bool inactive;  /* the accessors below pass over it */
	bool guarded;   /* protected: no editing changes it or what is below it */
	bool replaces;  /* private to loading: takes the place of what is there, "replace:" */
	bool one_line;  /* private to loading: came on one line with its neighbour (E-051) */
};

struct conf_tree *conf_tree_create(const struct schema *schema) __attribute__((warn_unused_result));
struct conf_tree *conf_tree_copy(const struct conf_tree *tree) __attribute__((warn_unused_result));
void conf_tree_destroy(struct conf_tree *tree);
const struct schema *conf_tree_schema(const struct conf_tree *tree);
struct conf_node *conf_tree_top(const struct conf_tree *tree);

/*
 * The accessors see what is in force: inactive nodes are as if absent. Keys count as child leaves for conf_value() and
 * conf_number() only. For lists whose keyword is not written the schema's name counts: conf_first(interfaces, "interface").
 */
/* A child container or leaf by name; NULL when absent (also when `node` is NULL, so that look-ups chain). */
const struct conf_node *conf_child(const struct conf_node *node, const char *name);
/* A list entry by key. `second` is NULL for lists with one key. */
const struct conf_node *conf_entry(const struct conf_node *node, const char *list, const char *key, const char *second);
/* The first and next entry of a list or value of a leaf-list by name: for (e = conf_first(n, "policy"); e; e = conf_next(e)). */
const struct conf_node *conf_first(const struct conf_node *node, const char *name);
const struct conf_node *conf_next(const struct conf_node *node);
/* Several steps down by containers and leaves: conf_walk(top, "security", "flow", "tcp-session", NULL). */
const struct conf_node *conf_walk(const struct conf_node *node, ...) __attribute__((sentinel));
/* A child leaf's value, or its default by the schema, or NULL. */
const char *conf_value(const struct conf_node *node, const char *leaf);
/* Unsigned form; `otherwise` when there is neither value nor default. => the schema says the leaf is a number */
uint32_t conf_number(const struct conf_node *node, const char *leaf, uint32_t otherwise);
/* Is the child there (presence, leaf, container)? */
bool conf_present(const struct conf_node *node, const char *name);
/* "security zones security-zone trust": the [edit ...] path of a node, without brackets. */
void conf_path(const struct conf_node *node, struct text *out);
/* "interfaces ge-0/0/1.0": the node's own words, as a set line would end. */
void conf_statement(const struct conf_node *node, struct text *out);

#endif
