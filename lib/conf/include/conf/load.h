/*
 * Loading into a candidate: what a file does to what is there. See conf/conf.h for reading by itself.
 *
 * Each returns false with diagnostics, and then the tree is exactly what it was: one refused statement refuses the file.
 * What is protected is changed by none of them.
 */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include "conf/conf.h"

enum conf_load_mode {
	CONF_LOAD_MERGE,    /* added; a leaf takes the new value, a choice the new way */
	CONF_LOAD_OVERRIDE, /* the file is the configuration */
	CONF_LOAD_UPDATE,   /* the same; relative: the level's statements are the file's, the others stay */
	CONF_LOAD_REPLACE,  /* merged, but what is marked "replace:" takes the place of what is there */
	CONF_LOAD_SET,      /* the lines are done as if they were typed */
	CONF_LOAD_PATCH,    /* what conf_compare() wrote */
};

struct conf_load_order {
	enum conf_load_mode mode;
	bool relative; /* statements are those of the editor's level; not for override and patch, which have all levels */
	enum conf_format format;
	bool no_copies; /* set lines: whoever loads may not see all that a copy would show under another name */
	const char *file; /* for diagnostics; NULL: none */
	const char *bytes;
	size_t length;
};

/* "merge", "override", ...; false for an unknown word. */
bool conf_load_mode_parse(const char *word, enum conf_load_mode *mode);
bool conf_load_into(struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list);

#endif
