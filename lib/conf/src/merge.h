/*
 * Inside lib/conf: one tree into another.
 */
#ifndef MERGE_H
#define MERGE_H

#include "conf/conf.h"

/* All of `from` into `to`, which is changed as far as it went when memory is short (false). */
bool merge_tree(struct conf_tree *to, const struct conf_tree *from) __attribute__((warn_unused_result));
/*
 * Takes all of `from` out of `to`; what stands only for the place (`replaces` set) stays. False when something is not there
 * as it stands in `from`: it is told.
 */
bool merge_subtract(struct conf_tree *to, const struct conf_tree *from, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* Is all that is protected in `before` the same in `after`? Else it is told. */
bool merge_keeps_protected(const struct conf_tree *before, const struct conf_tree *after, struct diagnostics *list)
    __attribute__((warn_unused_result));

#endif
