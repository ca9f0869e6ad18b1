/*
 * A baseline as operational output: rates by zone and address, the guide's Tables 8 and 9 filled in, and the screens whose
 * thresholds leave what was measured alone, as statements with a reason for each number.
 *
 * Elements are those of rpc get-screen-baseline in schema/screens-op.yang; nothing here has a thread or a clock.
 */
#ifndef EXPLAIN_BASELINE_H
#define EXPLAIN_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/op.h"
#include "engine/baseline.h"
#include "snapshot/snapshot.h"

/* Borrowed. */
struct explain_baseline {
	const struct baseline_report *report; /* with all its zones */
	const struct snapshot_registry *registry;
	int64_t began; /* UTC seconds */
	bool running;
};

/* Adds everything to `tree`, whose root is there. */
void explain_add_baseline(const struct explain_baseline *what, struct op_tree *tree);
/* Only the statements, each behind its reason, a line each: `set` lines and comments, to be loaded. */
void explain_baseline_statements(const struct explain_baseline *what, struct text *out);

#endif
