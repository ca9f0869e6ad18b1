/*
 * What the files about baselines call of each other.
 */
#ifndef EXPLAIN_BASELINE_PRIVATE_H
#define EXPLAIN_BASELINE_PRIVATE_H

#include "explain/baseline.h"

/* UTC, of a moment that many nanoseconds after the start. */
void explain_baseline_moment(const struct explain_baseline *what, uint64_t after, struct text *out);
/* "10.0.0.5", of a SERVICE "10.0.0.5 port 80" */
void explain_baseline_peak(const struct baseline_figures *figures, enum baseline_scope scope, struct text *out);
/* Adds an element for each line of the proposal. */
void explain_add_proposal(const struct explain_baseline *what, struct op_tree *tree);

#endif
