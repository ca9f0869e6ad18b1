/*
 * Inside lib/conf: changing a tree. See conf/tree.h for what a tree is.
 *
 * All functions see inactive nodes too. NULL or false means that memory is short and nothing was changed.
 */
#ifndef TREE_PRIVATE_H
#define TREE_PRIVATE_H

#include "base/hash.h"
#include "conf/tree.h"

struct conf_tree {
	const struct schema *schema;
	struct conf_node *top;
	bool guarded;        /* a node may be protected: editing has to look */
	bool expanded;       /* by conf_expand(): there is nothing left to expand */
	struct hash_key key; /* names are chosen by whoever writes the configuration */
};

/* The child of that schema and those keys; NULL keys for containers and leaves. */
struct conf_node *tree_find(const struct conf_node *parent, const struct schema_node *schema, const char *value,
    const char *value2);
/* The first child of that schema. */
struct conf_node *tree_first(const struct conf_node *parent, const struct schema_node *schema);
/* The next sibling of the same schema. */
struct conf_node *tree_next(const struct conf_node *node);
/* A new child in its canonical place. => there is none like it */
struct conf_node *tree_add(struct conf_tree *tree, struct conf_node *parent, const struct schema_node *schema,
    const char *value, const char *value2) __attribute__((warn_unused_result));
/* A leaf's new value. */
bool tree_set_value(struct conf_node *leaf, const char *value) __attribute__((warn_unused_result));
/* Another key for an entry or leaf-list value, at the same place unless the list is sorted. => there is none like it */
bool tree_rename(struct conf_tree *tree, struct conf_node *node, const char *value, const char *value2)
    __attribute__((warn_unused_result));
/* Exchanges what stands in two trees of one schema: an editing that was done on a copy becomes true. */
void tree_exchange(struct conf_tree *left, struct conf_tree *right);
/* The node itself and all below it as a child of `parent`; NULL when memory is short, and then nothing was added. */
struct conf_node *tree_copy_node(struct conf_tree *tree, struct conf_node *parent, const struct conf_node *from,
    const char *value, const char *value2) __attribute__((warn_unused_result));
/* Takes the node out of its parent, with everything below; the caller destroys it or links it again. */
void tree_unlink(struct conf_node *node);
/* Puts an unlinked node into `parent` before the sibling `next`, at its canonical place when NULL. */
void tree_link(struct conf_tree *tree, struct conf_node *parent, struct conf_node *node, struct conf_node *next);
void tree_destroy_node(struct conf_node *node);
/* Unlinks and destroys. */
void tree_remove(struct conf_node *node);
/* The next node of a walk through everything below `root`, parents first; NULL at the end. */
struct conf_node *tree_walk_next(const struct conf_node *node, const struct conf_node *root);
/* Deep copy below another parent of the same schema. */
bool tree_copy_children(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
    __attribute__((warn_unused_result));
/* Does nothing stand in it that would be shown? Containers that mean nothing by themselves. */
bool tree_is_empty(const struct conf_node *node);
/* A flag, leaf or entry, or a container that means something, without anything in it that would be shown. */
bool tree_stands_alone(const struct conf_node *node);
/* Natural order: digits by their number. */
int tree_compare_keys(const char *left, const char *right);
/* A word as it stands in a statement: quoted when it must be. */
void tree_append_word(struct text *out, const char *word);
/* The same, always quoted. */
void tree_append_quoted(struct text *out, const char *word);
/* The node's own words: "unit 0", "ge-0/0/0", "mtu 1500". */
void tree_append_words(struct text *out, const struct conf_node *node);

#endif
