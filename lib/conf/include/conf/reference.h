/*
 * What the schema knows of a statement, as a manual's page: `help reference`, `help topic`.
 *
 * Nothing here has a thread or a clock, and no configuration is looked at. A failed allocation sticks in the text.
 */
#ifndef CONF_REFERENCE_H
#define CONF_REFERENCE_H

#include <stddef.h>

#include "conf/schema.h"

/*
 * The statements that `words` mean: the one that they lead to from the top (keywords may be shortened, names of objects stand
 * where they do in a configuration, or are left out); else each whose name is the last word and above which the others stand,
 * in their order. Statements within `groups` are those of the top. Returns how many there are; up to `most` of them are put
 * into `found`.
 */
size_t reference_find(const struct schema *schema, const char *words, const struct schema_node **found, size_t most);

/* "security zones security-zone <name>": the keywords from the top down to the node; "" for the top. */
void reference_path(const struct schema_node *node, struct text *out);

/* The page: syntax, hierarchy level, description, options, default. */
void reference_render(const struct schema_node *node, struct text *out);

/* The heading of a section, as reference_render() writes them. */
void reference_heading(const char *heading, struct text *out);

#endif
