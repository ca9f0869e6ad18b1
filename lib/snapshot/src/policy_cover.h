/*
 * Policies of one context that can never match, and policies that change nothing.
 *
 * A policy is shadowed when one earlier policy of its context matches all that it does, at all
 * times that it is active. It is redundant when a later one does and acts the same way, and no
 * policy between them that acts differently meets it. All that is told holds together: a
 * configuration without any of the policies told decides as it did.
 *
 * Bound: a policy is compared with at most POLICY_COVER_WORK others, chosen by the sets of
 * policy_sets.h that contain its own. Beyond that, and beyond the bounds stated there, something
 * may go untold; nothing that is told is wrong.
 */
#ifndef SNAPSHOT_POLICY_COVER_H
#define SNAPSHOT_POLICY_COVER_H

#include "arena.h"
#include "snapshot/classifier.h"

enum {
	POLICY_COVER_WORK = 2048,
};

struct policy_cover_rule {
	const struct classifier_source_rule *rule;
	const uint16_t *schedulers; /* none: always active; several: active while any is */
	uint32_t scheduler_count;
	uint32_t action; /* equal numbers: the policies do the same */
	bool partial; /* matches more than the rule says (names that are not resolved): contained in
			 nothing */
	/* Places of other policies in the context, CLASSIFIER_NONE: none. */
	uint32_t shadowed_by;
	uint32_t redundant_by;
};

/* Fills the last two fields of all rules of a context in its order. False when memory ran out. */
bool policy_cover(struct arena *scratch, struct policy_cover_rule *rules, uint32_t count)
    __attribute__((warn_unused_result));

#endif
