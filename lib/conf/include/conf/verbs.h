/*
 * Editing many statements at a time.
 *
 * As the verbs of conf/conf.h: words are relative to the editor's level; each returns false with diagnostics, and then the
 * tree is exactly what it was. What is protected is changed by none of them.
 */
#ifndef CONF_VERBS_H
#define CONF_VERBS_H

#include "conf/conf.h"

/* How a pattern is replaced in the names and values at the level and below. */
struct conf_replacement {
	const char *pattern; /* extended regular expression without counts and back references */
	const char *with;    /* & is what matched */
	uint32_t most;       /* names and values that are changed, in the configuration's order; 0: all */
};

/* Each name and value must be possible afterwards, and none may come twice. `count` is how many changed. */
bool conf_edit_replace(struct conf_editor *editor, const struct conf_replacement *replacement, uint32_t *count,
    struct diagnostics *list);
/* "interfaces ge-*": the last word is a pattern of names (* ? [a-z]); at least one must fit. */
bool conf_edit_wildcard_delete(struct conf_editor *editor, const char *words, uint32_t *count,
    struct diagnostics *list);

/* The same, with more to say about it. */
struct conf_wildcard {
	const char *words;
	struct conf_tree *seen; /* only what stands there too fits; NULL: all of the editor's tree */
	bool look;              /* nothing is deleted */
	/* Called for each that fits, when it is not NULL. */
	void (*each)(void *context, const char *name);
	void *context;
};

bool conf_edit_wildcard(struct conf_editor *editor, const struct conf_wildcard *order, uint32_t *count,
    struct diagnostics *list);
/* "set interfaces ge-0/0/[0-3,7,!2] unit 0": the verb, then its words with ranges of numbers in them. */
bool conf_edit_wildcard_range(struct conf_editor *editor, const char *words, uint32_t *count,
    struct diagnostics *list);

#endif
