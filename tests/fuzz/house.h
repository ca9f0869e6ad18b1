/*
 * What fuzz targets share: the schema, configurations that must load, and saying what is wrong before the end.
 */
#ifndef FUZZ_HOUSE_H
#define FUZZ_HOUSE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "gateway.h"

/* Made once for all inputs: it is immutable, and takes longer than a run. */
const struct schema *fuzz_schema(void);
/* An empty configuration. */
struct conf_tree *fuzz_tree(void);
/* Set lines, which must load. */
void fuzz_load(struct conf_tree *tree, const char *lines);
/* Puts the configuration in force, which must be possible. */
void fuzz_configure(struct gateway *gateway, const struct conf_tree *tree);
/* Ends the run with a sentence when it is not good. */
static inline void
fuzz_hold(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

#endif
