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
	bool oneliner;      /* all children stand on the node's own line: "ip-sweep threshold 1000;" */
	bool prefix_form;   /* each child is a statement of its own that begins with this name: "family inet { ... }" */
	bool sorted;        /* list: natural order of the keys (interfaces, units), else order of entry */
	bool flat;          /* list: in XML and JSON its entries take the place of the container around it */
	bool whole;         /* list: each entry holds statements of the top; walks over the schema end here */
	bool hidden;        /* understood, not offered */
	bool secret;        /* no message shows the value */
	bool holds_secret;  /* something below is secret */
	const char *key;    /* lists: the key leaf's name; two keys: see second_key */
	const char *second_key; /* from-zone A to-zone B: the second key and its keyword; else NULL */
	const char *default_value; /* NULL: none */
	const char *omitted; /* the value of a statement that is written without one; NULL: it needs one */
	const char *reference; /* leafref-like: space separated paths of lists that may hold the name; NULL: none */
	const char *units;
	const char *element;   /* name in XML and JSON */
	const char *type_name; /* "ipv4-prefix", "uint16", "enumeration": what stands in <...>; NULL: no value */
	const char *range;     /* "1..4094" of a number; NULL: none */
	const char *choice;    /* siblings of one choice exclude each other, unless of the same case; NULL: free */
	const char *choice_case;
	bool choice_mandatory; /* one of the choice's nodes must be there */
	bool choice_later_wins; /* a loaded set line takes out what it excludes, as a typed one does */
	uint32_t most;         /* leaf-list, list: most values; 0: no limit */
	/* Keys are not among a list's children. */
	const struct schema_node *key_node;
	const struct schema_node *second_key_node;
	/* The one child whose name is not written: ge-0/0/0 under interfaces, the prefix under address. NULL: none. */
	const struct schema_node *keyword_less_child;
	void *type; /* opaque: for schema_check_value() */
};

/* A word that an enumerated value may take. */
struct schema_word {
	const char *name;
	const char *help;
};

/*
 * All of the configuration's schema as JSON, for editors and checkers in other languages. Adding members is no new version.
 * A failed allocation sticks in `out`.
 */
void schema_render_json(const struct schema *schema, struct text *out);

/* Compiles the embedded YANG. NULL on failure with a sentence in `error` (a broken build, or out of memory). */
struct schema *schema_create(struct text *error) __attribute__((warn_unused_result));
void schema_destroy(struct schema *schema);
const struct schema_node *schema_top(const struct schema *schema);
/* A child by its exact name, or NULL. Hashed: constant time. */
const struct schema_node *schema_child(const struct schema_node *node, const char *name, size_t length);
/* The words of an enumeration (or of the enumerations in a union), in the schema's order; NULL and 0 for other types. */
const struct schema_word *schema_words(const struct schema_node *node, size_t *count);
/*
 * The operational commands' rpcs (modules whose name ends in "-op"): children are the rpcs, each with the containers
 * "input" and "output" where YANG has them. Extensions of these modules are found by schema_extension().
 */
const struct schema_node *schema_operations(const struct schema *schema);
/* The argument of the extension `name` (without prefix) on the node; "" when it has none; NULL when it is not there. */
const char *schema_extension(const struct schema_node *node, const char *name);
/*
 * Checks a single value against a leaf's, leaf-list's or key's type. On success writes the canonical spelling into
 * `canonical`; else a sentence with what would be allowed into `error`.
 */
bool schema_check_value(const struct schema *schema, const struct schema_node *node, const char *value,
    struct text *canonical, struct text *error) __attribute__((warn_unused_result));

#endif
