/*
 * A policy as the element `policy-information` of operational output: what `show security policies` and match-policies
 * say of it. Names come from the configuration, identity and state from the snapshot that was compiled of it.
 */
#ifndef EXPLAIN_POLICY_ELEMENT_H
#define EXPLAIN_POLICY_ELEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/op.h"
#include "engine/snapshot.h"

enum {
	EXPLAIN_POLICY_INDEX_FIRST = 4, /* policies' numbers in tables begin here, as on an SRX */
};

#define EXPLAIN_GLOBAL_ZONE "junos-global" /* both zones of a global policy, in tables */

struct explain_policy {
	const struct conf_tree *tree;
	const struct snapshot *snapshot;
	const struct conf_node *context; /* from-zone ... to-zone ..., or global */
	const struct conf_node *policy;
	uint32_t identity; /* UINT32_MAX: not in the snapshot */
	uint32_t position; /* from 0, in the context */
	int64_t wall;      /* UTC seconds: are its schedulers active? */
	bool detail;       /* addresses and applications in full */
};

/* The zones of a context as tables name them. */
const char *explain_from_zone(const struct conf_node *context);
const char *explain_to_zone(const struct conf_node *context);
/* Adds name, state, criteria and action to `element`. */
void explain_add_policy(const struct explain_policy *what, struct op_tree *tree, struct op_node *element);

#endif
