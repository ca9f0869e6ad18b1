/*
 * Inside completion: where a line has got to, and the names that exist.
 */
#ifndef CONF_COMPLETE_PRIVATE_H
#define CONF_COMPLETE_PRIVATE_H

#include "conf/conf.h"

enum place_state {
	PLACE_AT_NODE,        /* in a container or an entry: its children may follow */
	PLACE_WANTS_KEY,      /* of the list `child` */
	PLACE_WANTS_KEYWORD,  /* ... the word before its second key */
	PLACE_WANTS_KEY2,     /* ... its second key */
	PLACE_WANTS_VALUE,    /* of the leaf or leaf-list `child` */
	PLACE_IN_BRACKETS,    /* values of the leaf-list `child`, then ] */
	PLACE_WANTS_LIST,     /* insert, behind before or after: the list's name */
	PLACE_WANTS_NEIGHBOUR, /* ... and the neighbour's key */
	PLACE_DONE,           /* nothing may follow */
};

struct place {
	const struct conf_tree *tree;
	enum conf_verb verb;
	enum place_state state;
	const struct schema_node *schema; /* the container or entry we are in */
	const struct conf_node *node;     /* the tree's, NULL: not there yet */
	const struct schema_node *child;
	struct text key; /* the first of two keys */
	struct text from_zone; /* of the policies we are among: their addresses are those of a zone */
	struct text to_zone;
	bool whole; /* the line may end here */
	uint32_t words;
};

void place_start(struct place *place, const struct conf_tree *tree, enum conf_verb verb);
void place_release(struct place *place);
/* Takes one word of the line. False: it cannot stand here. */
bool place_take(struct place *place, const char *word) __attribute__((warn_unused_result));
/* Is there something of that schema node under `node`? */
bool place_has(const struct conf_node *node, const struct schema_node *child);

/* Offers an existing name, in quotation marks where a line needs them. */
void complete_name(const char *name, void (*each)(void *context, const struct conf_candidate *candidate), void *context);
/* Calls `each` for the names of the entries that a reference's paths lead to. */
void complete_reference(const struct place *place, const char *reference, const char *leaf,
    void (*each)(void *context, const char *name), void *context);

#endif
