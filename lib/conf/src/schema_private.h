/*
 * Inside lib/conf: what the schema's own files share.
 *
 * All memory of a schema comes from its arena and goes with it. Only schema_load.c knows libyang; `handle` is its.
 */
#ifndef SCHEMA_PRIVATE_H
#define SCHEMA_PRIVATE_H

#include "conf/schema.h"

enum value_base {
	VALUE_TEXT,
	VALUE_WORDS,
	VALUE_NUMBER,
	VALUE_NOTHING, /* a flag */
};

/* What a value's format function may tell besides yes or no. */
struct value_result {
	struct text *canonical;
	struct text *error;
	struct text *notice; /* "E-053 ...": taken with a warning; NULL: not asked for */
};

/*
 * The C twin of a YANG typedef: checks and writes the canonical spelling, or writes the error. => value[length] is NUL
 */
struct value_format {
	const char *type;
	bool (*check)(const char *value, size_t length, const struct value_result *result);
};

struct value_type {
	enum value_base base;
	const struct value_format *format; /* NULL: lengths and patterns only */
	struct schema_word *words;         /* VALUE_WORDS, and unions that have some */
	size_t word_count;
	bool open; /* words are not all: a format or text may follow */
	uint64_t minimum; /* VALUE_NUMBER: value; VALUE_TEXT: length */
	uint64_t maximum;
	bool has_pattern;
	const char *message; /* the module's error-message, NULL: none */
	const void *handle;
};

struct schema_argument {
	const char *name;
	const char *argument;
};

struct compiled_node {
	struct schema_node node; /* first: a pointer to it is a pointer to this */
	struct compiled_node **table; /* children by name, open addressing; NULL: none */
	size_t mask;
	uint32_t ordinal; /* place among the parent's children */
	struct schema_argument *arguments; /* all extensions */
	size_t argument_count;
};

struct arena_block;

struct schema {
	void *context; /* libyang's */
	struct arena_block *blocks;
	struct compiled_node top;
	struct compiled_node operations;
};

static inline const struct compiled_node *
schema_compiled(const struct schema_node *node)
{
	return (const struct compiled_node *)(const void *)node;
}

#define SCHEMA_APPLY "apply-groups"
#define SCHEMA_EXCEPT "apply-groups-except"
#define SCHEMA_PATH "apply-path"

/* In schema_groups.c, once all is compiled. */
bool schema_add_groups(struct schema *schema) __attribute__((warn_unused_result));
/* Is it a statement of the top in an entry of `groups` that would open another one? Groups have no groups. */
static inline bool
schema_nests_groups(const struct schema_node *at, const struct schema_node *child)
{
	return at->whole && child->keyword_less_child != NULL && child->keyword_less_child->whole;
}

/* Zeroed memory that lives as long as the schema; NULL when there is none. */
void *schema_allocate(struct schema *schema, size_t count, size_t size) __attribute__((warn_unused_result));
/* Builds the look-up table of the children. */
bool schema_index_children(struct schema *schema, struct compiled_node *node) __attribute__((warn_unused_result));
void schema_release_arena(struct schema *schema);

/* In schema_load.c: asks libyang whether the value fits the type's patterns. */
bool schema_pattern_matches(const struct schema *schema, const struct value_type *type, const char *value,
    size_t length);

/* In value_formats.c: the table of value_read.h's checks. */
const struct value_format *value_format_find(const char *type, size_t length);
/* In wrapped.c: is it a secret that may be wrapped, or shown in the $9$ form? Hashes of passwords are not. */
bool wrapped_is_possible(const struct schema_node *schema);
/* In wrapped.c: is it a wrapped secret, and is one possible here? => value[length] is NUL */
bool wrapped_is_form(const struct schema_node *schema, const char *value, size_t length);
/* In value.c: as schema_check_value(), with the notice of a lenient reading. */
bool value_check(const struct schema *schema, const struct schema_node *node, const char *value, size_t length,
    const struct value_result *result) __attribute__((warn_unused_result));

#endif
