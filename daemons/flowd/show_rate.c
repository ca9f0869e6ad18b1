/*
 * monitor interface: what ports receive and send, in total and a second, measured over RATE_SPAN from the question on.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define RATE_SPAN UINT64_C(1000000000) /* ns */

struct sample {
	uint64_t began; /* monotonic ns */
	struct port_counters counters[CHASSIS_PORTS];
};

static uint64_t
rate_of(uint64_t before, uint64_t now, uint64_t span)
{
	/* Counters begin anew when a port is opened again, or cleared. */
	return now < before || span == 0 ? 0 : (uint64_t)((double)(now - before) * 1e9 / (double)span + 0.5);
}

static void
add_rates(struct op_tree *tree, const struct answer_sources *sources, const struct sample *sample, size_t index)
{
	const struct port *port = edge_port(sources->edge, index);
	const struct port_counters before = sample->counters[index];
	const struct port_counters now = edge_counters(sources->edge, index);
	const uint64_t span = worker_now() - sample->began;
	struct op_node *element = op_add(tree, tree->root, "interface-rate", NULL);

	(void)op_add(tree, element, "name", port->chassis->name);
	(void)op_add(tree, element, "oper-status", port->open && port->running ? "up" : "down");
	(void)op_add_number(tree, element, "input-packets", now.in_packets);
	(void)op_add_number(tree, element, "input-pps", rate_of(before.in_packets, now.in_packets, span));
	(void)op_add_number(tree, element, "output-packets", now.out_packets);
	(void)op_add_number(tree, element, "output-pps", rate_of(before.out_packets, now.out_packets, span));
	(void)op_add_number(tree, element, "lost-pps",
	    rate_of(before.in_lost, now.in_lost, span) + rate_of(before.out_lost, now.out_lost, span));
}

static bool
begin(struct answer *answer, const struct answer_sources *sources, const char *asked, struct text *error)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	bool known = asked == NULL;

	answer->state = sample;
	if (sample == NULL) {
		text_append(error, "out of memory");
		return false;
	}
	sample->began = worker_now();
	for (size_t i = 0; i < edge_port_count(sources->edge) && i < CHASSIS_PORTS; i++) {
		sample->counters[i] = edge_counters(sources->edge, i);
		known = known || strcmp(edge_port(sources->edge, i)->chassis->name, asked) == 0;
	}
	if (!known) {
		text_printf(error, "there is no port %s", asked);
	}
	return known;
}

enum answer_progress
show_rates(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "interface-name");

	if (answer->state == NULL) {
		return begin(answer, sources, asked, error) ? ANSWER_LATER : ANSWER_FAILED;
	}
	const struct sample *sample = answer->state;

	if (worker_now() - sample->began < RATE_SPAN) {
		return ANSWER_LATER;
	}
	for (size_t i = 0; i < edge_port_count(sources->edge) && i < CHASSIS_PORTS; i++) {
		if (asked == NULL || strcmp(edge_port(sources->edge, i)->chassis->name, asked) == 0) {
			add_rates(tree, sources, sample, i);
		}
	}
	return ANSWER_END;
}
