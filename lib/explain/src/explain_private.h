/*
 * What the parts of an explanation share.
 */
#ifndef EXPLAIN_PRIVATE_H
#define EXPLAIN_PRIVATE_H

#include "engine/engine.h"
#include "engine/probe.h"
#include "explain/explain.h"

enum {
	TRIAL_RULES = 2, /* of address translation that a flow can meet: for its destination and its source */
};

/* What the engine made of the flow's first packets. */
struct trial {
	bool run; /* false: the interface has no port to send packets to */
	bool has_session;
	bool has_destination; /* another one than the packet's, before the route */
	uint8_t rule_count;
	uint16_t rules[TRIAL_RULES]; /* that the session is of */
	struct engine_destination destination;
	struct packet_result result; /* of the first packet */
	struct engine_session_view session;
};

/* Sends the flow's first packet, and for TCP the rest of the handshake, through an engine. False: no memory. */
bool trial_run(const struct explain_sources *sources, const struct explain_question *question, uint16_t unit,
    struct trial *trial) __attribute__((warn_unused_result));

/* The unit behind which the source is, by the longest prefix of all instances' routes; the default instance's of equals. */
uint16_t path_find_ingress(const struct explain_sources *sources, const struct explain_question *question);
/* The unit that the destination leads to from an instance, or SNAPSHOT_NONE; `local`: it is an address of ours. */
uint16_t path_find_egress(const struct explain_sources *sources, const struct explain_question *question,
    uint16_t instance, bool *local);
/* Adds flow, arrival, routes and host-inbound-traffic. */
void path_add_flow(const struct explain_question *question, struct op_tree *tree);
void path_add_arrival(const struct explain_sources *sources, const struct explain_question *question, uint16_t unit,
    struct op_tree *tree);
void path_add_routes(const struct explain_sources *sources, const struct explain_question *question, uint16_t instance,
    struct op_tree *tree);
void path_add_inbound(const struct explain_sources *sources, uint16_t unit, const struct trial *trial,
    struct op_tree *tree);

const char *explain_unit_name(const struct explain_sources *sources, uint16_t unit);
const char *explain_zone_name(const struct explain_sources *sources, uint16_t zone);
void explain_add_address(struct op_tree *tree, struct op_node *parent, const char *name, struct ipv6_address address);
/* Has the flow an ICMP type and code? */
bool explain_has_type(const struct explain_question *question);
/* "tcp", "udp", "icmp" and the like, else the number. */
void explain_add_protocol(struct op_tree *tree, struct op_node *parent, uint8_t protocol);

#endif
