/*
 * The schema: what YANG says, in our own nodes. Compiled once at start from the YANG that is embedded in the program;
 * immutable afterwards and shared by all threads. Only schema_load.c names libyang.
 *
 * Names are JUNOS's. Help texts are the manual: what it does, with unit and default.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct schema;

enum schema_kind {
	SCHEMA_CONTAINER, /* exists by its children only */
	SCHEMA_PRESENCE,  /* a flag or a container that means something by itself */
	SCHEMA_LEAF,
	SCHEMA_LEAF_LIST,
	SCHEMA_LIST,
};

struct schema_node {
	const char *name;
	const char *help; /* one line */
	const struct schema_node *parent; /* NULL: the top */
	const struct schema_node *const *children; /* in the schema's order; that is the canonical order too */
	size_t child_count;
	enum schema_kind kind;
	bool user_ordered;  /* list or leaf-list keeps the user's order */
	bool mandatory;
	bool keyword_less;  /* the statement shows its value without a keyword of its own (address NAME PREFIX) */
	bool oneliner;      /* rendered on one line in curly form (qualified leaf groups such as "family inet address") */
	const char *key;    /* lists: the key leaf's name; two keys: see second_key */
	const char *second_key; /* from-zone A to-zone B: the second key and its keyword; else NULL */
	const char *default_value; /* NULL: none */
	const char *reference; /* leafref-like: space separated paths of lists that may hold the name; NULL: none */
	const char *units;
	void *type; /* opaque: for schema_check_value() */
};

/* Compiles the embedded YANG. NULL on failure with a sentence in `error` (a broken build, or out of memory). */
struct schema *schema_create(struct text *error) __attribute__((warn_unused_result));
void schema_destroy(struct schema *schema);
const struct schema_node *schema_top(const struct schema *schema);
/* A child by its exact name, or NULL. Hashed: constant time. */
const struct schema_node *schema_child(const struct schema_node *node, const char *name, size_t length);
/*
 * Checks a single value against a leaf's, leaf-list's or key's type. On success writes the canonical spelling into
 * `canonical`; else a sentence with what would be allowed into `error`.
 */
bool schema_check_value(const struct schema *schema, const struct schema_node *node, const char *value,
    struct text *canonical, struct text *error) __attribute__((warn_unused_result));

#endif
