/*
 * show interfaces ports.
 */
#include <string.h>

#include "answer.h"

static void
add_port(struct op_tree *tree, const struct answer_sources *sources, size_t index)
{
	const struct port *port = edge_port(sources->edge, index);
	const struct port_counters counters = edge_counters(sources->edge, index);
	struct op_node *element = op_add(tree, tree->root, "interface-port", NULL);
	struct text device = TEXT_EMPTY;

	chassis_describe(port->chassis, &device);
	(void)op_add(tree, element, "name", port->chassis->name);
	(void)op_add(tree, element, "port-device", text_string(&device));
	(void)op_add(tree, element, "port-driver", port->open && port->driver[0] != '\0' ? port->driver : "none");
	(void)op_add(tree, element, "port-mode", port->open ? port_mode(port) : "closed");
	(void)op_add_number(tree, element, "port-queues", port->open ? port->queue_count : 0);
	(void)op_add_number(tree, element, "port-mtu", port->open ? port->mtu : 0);
	(void)op_add_number(tree, element, "input-packets", counters.in_packets);
	(void)op_add_number(tree, element, "input-lost", counters.in_lost);
	(void)op_add_number(tree, element, "output-packets", counters.out_packets);
	(void)op_add_number(tree, element, "output-lost", counters.out_lost);
	text_release(&device);
}

/* CHASSIS_PORTS lines at most: one chunk. */
enum answer_progress
show_ports(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "interface-name");

	(void)error;
	for (size_t i = 0; i < edge_port_count(sources->edge); i++) {
		if (asked == NULL || strcmp(asked, edge_port(sources->edge, i)->chassis->name) == 0) {
			add_port(tree, sources, i);
		}
	}
	return ANSWER_END;
}
