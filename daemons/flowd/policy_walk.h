/*
 * A walk over the policies of the configuration in force in the order of the search, in pages: for the answers that list
 * them.
 *
 * Names and order come from the configuration tree, identities from the snapshot compiled of it, counters from the
 * engine. The walk is kept from chunk to chunk of an answer while the configuration stays the same; else it is made anew, and
 * what the answer's cursor counts is passed over. One block of memory: the answer frees it.
 */
#ifndef FLOWD_POLICY_WALK_H
#define FLOWD_POLICY_WALK_H

#include "answer.h"

enum {
	POLICIES_MOST = 256, /* in one page */
};

/* One policy. */
struct policy_row {
	const struct conf_node *context; /* from-zone ... to-zone ..., or global */
	const struct conf_node *policy;
	uint32_t position; /* from 0, in the context */
	uint32_t identity; /* UINT32_MAX: not in the snapshot */
	struct engine_policy_counters counters;
};

struct policy_page {
	struct policy_row rows[POLICIES_MOST];
	uint32_t count;
	bool more;
};

/* The next page of the policies that the request's from-zone, to-zone, policy-name and global want, with their counters.
 * NULL with a sentence. The caller frees it. => there is a configuration */
struct policy_page *policy_page_read(struct answer *answer, const struct answer_sources *sources, struct text *error)
    __attribute__((warn_unused_result));
/* Goes back to a row of the page that was read last: the next page begins with it. */
void policy_page_return(struct answer *answer, const struct policy_row *row);
/* "2026-11-20 12:00:00 UTC" under `name`. */
void policy_add_time(struct op_tree *tree, struct op_node *parent, const char *name, int64_t seconds);

#endif
