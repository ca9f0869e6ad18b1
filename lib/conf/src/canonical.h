/*
 * Inside lib/conf: spellings that depend on the rest of the configuration. See conf_canonicalize().
 */
#ifndef CANONICAL_H
#define CANONICAL_H

#include "conf/conf.h"

/* The one zone whose name differs in case only; NULL when there is none or more than one (E-041). */
const struct conf_node *canonical_zone(const struct conf_node *zones, const char *name);
/* Is it an address or prefix written out (E-076)? */
bool canonical_is_prefix(const char *word);

#endif
