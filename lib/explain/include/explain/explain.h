/*
 * Which policy takes a flow, and why: `show security match-policies` and `sallyport match-policies`.
 *
 * Two questions. With both zones named and no interface: the policies between them alone, as an SRX answers. Else the whole
 * way of a packet: where it arrives (the interface named, or the one that the route to its source leads to), the routes,
 * host-inbound-traffic, the policies, the session, the verdict. The policies are those of the engine's own classifier,
 * walked one by one; the verdict is the engine's: the flow's first packets go through a small engine made for the question, with
 * the snapshot and forwarding table in force.
 *
 * Life cycle: explain_question_read() -> explain_create() -> explain_step() until it says the end -> free(). An explanation
 * is one block of memory and holds on to nothing but what the sources point to.
 *
 * Threads: any; reads immutable things, and the rib, whose owner calls.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/op.h"
#include "engine/fib.h"
#include "engine/snapshot.h"
#include "rib/rib.h"
#include "snapshot/snapshot.h"
#include "wire/ipv6.h"

enum {
	EXPLAIN_NAME = 256, /* octets of the names in a question, with their end: 63 characters are up to 252 */
	EXPLAIN_RESULTS_MOST = 1000,
};

/* What answers are made of; borrowed, all of one configuration. */
struct explain_sources {
	const struct conf_tree *tree; /* groups expanded */
	const struct snapshot *snapshot;
	const struct fib *fib;
	const struct rib *rib;
	const struct snapshot_registry *registry;
	int64_t wall; /* UTC seconds: when the packet would come */
};

struct explain_question {
	char interface[EXPLAIN_NAME]; /* "": by the zones, or by the source's route */
	char from_zone[EXPLAIN_NAME]; /* "": by the interface */
	char to_zone[EXPLAIN_NAME];   /* "": by the route */
	struct ipv6_address source;   /* of one family; IPv4 as ::ffff:a.b.c.d */
	struct ipv6_address destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t protocol;
	bool inet6;
	uint8_t icmp_type; /* icmp and icmp6 only */
	uint8_t icmp_code;
	uint32_t results; /* how many policies that match to tell; at least 1 */
};

/* "forward", "drop", ...: as explanations, replay and the packet tests name a verdict. "none" for what is none. */
const char *explain_verdict_name(uint8_t verdict);

enum explain_progress {
	EXPLAIN_MORE,
	EXPLAIN_END,
	EXPLAIN_FAILED, /* with a sentence */
};

struct explanation;

/* Reads the arguments of rpc match-firewall-policies. False with a sentence. */
bool explain_question_read(const struct op_node *request, struct explain_question *question, struct text *error)
    __attribute__((warn_unused_result));
/* NULL with a sentence: no memory, or the question cannot be answered (no such zone, no route to the source). */
struct explanation *explain_create(const struct explain_sources *sources, const struct explain_question *question,
    struct text *error) __attribute__((warn_unused_result));
/* Adds to `tree`, whose root is there, until it is about `size` octets large. => the same sources as before */
enum explain_progress explain_step(struct explanation *explanation, const struct explain_sources *sources, size_t size,
    struct op_tree *tree, struct text *error);

#endif
