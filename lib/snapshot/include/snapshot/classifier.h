/*
 * Compiling policies into the classifier that the engine looks them up in. snapshot_compile() does it for a
 * configuration; tests and benchmarks may do it with rules of their own making.
 *
 * The result lies in one piece of memory of its own; classifier_destroy() gives it back.
 */
#ifndef SNAPSHOT_CLASSIFIER_H
#define SNAPSHOT_CLASSIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/classifier.h"
#include "engine/classifier_layout.h"
#include "engine/snapshot.h"

/*
 * A policy in its context's order. `any` is the prefix 0/0, and ::/0 in the inet6 lists. A family without a source or
 * without a destination is not matched; nor is anything without a term.
 */
struct classifier_source_rule {
	uint32_t policy; /* identity */
	bool conditional; /* it has schedulers or, being global, zones: the policy's row is asked */
	uint32_t source_count;
	uint32_t destination_count;
	uint32_t source6_count;
	uint32_t destination6_count;
	uint32_t term_count;
	const struct snapshot_address *sources; /* host bits are ignored */
	const struct snapshot_address *destinations;
	const struct snapshot_address6 *sources6;
	const struct snapshot_address6 *destinations6;
	const struct classifier_term *terms; /* of several that match the first gives the application */
};

struct classifier_source_context {
	uint16_t from_zone; /* SNAPSHOT_NONE: any; global policies have SNAPSHOT_ZONE_GLOBAL twice */
	uint16_t to_zone;
	uint32_t rule_count;
	const struct classifier_source_rule *rules;
};

/* A predefined application, which names what `any` matched: protocol, destination port. */
struct classifier_source_port {
	uint16_t protocol;
	uint16_t port;
	uint32_t application;
};

/* NULL when memory ran out. => no two contexts have the same zones */
struct classifier *classifier_create(const struct classifier_source_context *contexts, uint32_t context_count,
    const struct classifier_source_port *ports, uint32_t port_count) __attribute__((warn_unused_result));
void classifier_destroy(struct classifier *classifier);

/* What a compiled classifier is made of, both families together. */
struct classifier_size {
	uint32_t contexts;
	uint32_t rules;
	uint32_t sets;   /* of addresses, each once however many policies name it */
	uint32_t ranges; /* in the sets */
	uint32_t terms;  /* of applications */
	uint64_t bytes;  /* all of it */
};
struct classifier_size classifier_size(const struct classifier *classifier);

#endif
