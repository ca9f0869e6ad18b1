/*
 * Inside lib/conf: the renderers' shared parts.
 */
#ifndef RENDER_PRIVATE_H
#define RENDER_PRIVATE_H

#include "conf/tree.h"

/* Comments before the lines, by the program itself. */
enum render_remarks {
	RENDER_PLAIN,
	RENDER_INHERITANCE,
	RENDER_DETAIL,
};

/* Where curly text goes. */
struct curly {
	struct text *out;
	size_t indent;
	const char *mark;   /* before each line ("+", "-" and blanks of a comparison); NULL: none */
	enum render_remarks remarks;
	const char *prefix; /* name of the container in prefix form around; NULL: none */
};

/* The node as a statement or block. */
void render_curly_node(const struct curly *curly, const struct conf_node *node);
/* The values of a leaf-list from `first` on, as one statement. Returns the last of them. */
const struct conf_node *render_curly_values(const struct curly *curly, const struct conf_node *first);
/* The same on one line without its end. */
const struct conf_node *render_values(struct text *out, const struct conf_node *node);
void render_curly_children(const struct curly *curly, const struct conf_node *node);
void render_json(const struct conf_node *node, struct text *out);
void render_xml(const struct conf_node *node, struct text *out);

#endif
