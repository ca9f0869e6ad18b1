/*
 * What `show interfaces` says of a port and of a unit beyond a line each.
 */
#ifndef FLOWD_INTERFACE_DETAIL_H
#define FLOWD_INTERFACE_DETAIL_H

#include "answer.h"

enum interface_detail {
	INTERFACE_TERSE, /* nothing beyond */
	INTERFACE_PLAIN,
	INTERFACE_DETAIL,
	INTERFACE_EXTENSIVE,
};

/* By the flags of a request; its rpc is not that of terse output. */
enum interface_detail interface_detail_of(const struct op_node *request);
/* => index < edge_port_count() */
void interface_add_port(struct op_tree *tree, struct op_node *element, const struct answer_sources *sources, size_t index);
/* => the unit is in the snapshot in force */
struct interface_unit {
	const struct answer_sources *sources;
	const struct conf_node *configured;
	uint16_t number;
	enum interface_detail detail;
};
void interface_add_unit(struct op_tree *tree, struct op_node *element, const struct interface_unit *unit);

#endif
