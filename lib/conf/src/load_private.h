/*
 * Inside lib/conf: the readers of the forms of a configuration. Each reads on behind what it refuses.
 */
#ifndef LOAD_PRIVATE_H
#define LOAD_PRIVATE_H

#include "conf/conf.h"
#include "conf/load.h"

struct load {
	struct conf_tree *tree;
	const char *file;
	const char *bytes;
	size_t length;
	struct diagnostics *list;
	const char *level; /* set lines: where they begin; NULL: at the top */
	bool no_copies;    /* set lines: a copy is refused */
	bool typed;        /* set lines: as if typed, so that a set replaces what it excludes */
};

void load_set(const struct load *load);
void load_text(const struct load *load);
void load_json(const struct load *load);
void load_xml(const struct load *load);

/* Where in the text something is told about it; NULL for what is not known. */
struct load_place {
	uint32_t line;
	const struct conf_node *level;
	const char *statement;
};

/* An error or warning about the text itself. */
void load_tell(const struct load *load, enum diagnostic_severity severity, struct load_place place, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* In load_value.c, for JSON and XML. */
struct load_value {
	struct text canonical; /* as it is kept */
	struct text problem;   /* why it is not possible, a sentence; "": memory was short, which is counted */
};

void load_value_release(struct load_value *value);
/* Checks a value of `schema`'s and keeps what came of it in `value`. False: see `problem`. */
bool load_check_value(const struct load *load, const struct schema_node *schema, const char *bytes, size_t length,
    struct load_value *value) __attribute__((warn_unused_result));
/* The child, found or made, a leaf with that value; NULL: memory was short, which is counted. */
struct conf_node *load_child(const struct load *load, struct conf_node *parent, const struct schema_node *schema,
    const char *value, const char *value2);
/* Is it an element of a list's key? */
bool load_is_key(const struct schema_node *schema, const char *element);
#define LOAD_BAD_COMMENT "a comment is UTF-8 without control characters and without '*/'"
/* Puts a comment to the node; an empty one changes nothing. False: LOAD_BAD_COMMENT. */
bool load_annotate(struct conf_node *node, const char *comment, size_t length) __attribute__((warn_unused_result));

/* In load_modes.c: no node replaces any more. */
void load_clear_marks(struct conf_tree *tree);
/* In load_patch.c: the candidate as the patch makes it; NULL: it was told. */
struct conf_tree *load_patched(const struct conf_editor *editor, const struct conf_load_order *order,
    struct diagnostics *list) __attribute__((warn_unused_result));

#endif
