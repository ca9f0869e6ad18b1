/*
 * clear interfaces statistics (cs11106): of all ports and units, of one port with its units, or of one unit.
 */
#include <string.h>

#include "answer.h"

enum {
	UNITS_STEP = 256, /* units that a job looks at */
};

struct clearing {
	const struct snapshot *snapshot;
	const char *asked; /* NULL: all */
	uint16_t from;
	uint16_t to;
};

/* "ge-0/0/1" asks for itself and for "ge-0/0/1.2". */
static bool
is_asked_for(const char *asked, const char *name)
{
	const size_t length = asked == NULL ? 0 : strlen(asked);

	return asked == NULL || (strncmp(name, asked, length) == 0 && (name[length] == '\0' || name[length] == '.'));
}

static bool
unit_wanted(const struct clearing *clearing, uint16_t unit)
{
	const struct snapshot_unit *here = &clearing->snapshot->units[unit];

	return here->present && is_asked_for(clearing->asked, here->name);
}

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	const struct clearing *clearing = argument;

	for (uint16_t u = clearing->from; u < clearing->to; u++) {
		if (unit_wanted(clearing, u)) {
			engine_clear_unit_counters(hands->engine, u);
		}
	}
}

static uint32_t
clear_units(const struct answer_sources *sources, const char *asked)
{
	struct clearing clearing = {.asked = asked};
	uint32_t cleared = 0;

	if (sources->configuration == NULL) {
		return 0;
	}
	clearing.snapshot = sources->configuration->snapshot;
	const uint32_t count = clearing.snapshot->unit_count;

	while (clearing.from < count) {
		const uint32_t left = count - clearing.from;

		clearing.to = (uint16_t)(clearing.from + (left < UNITS_STEP ? left : UNITS_STEP));
		worker_run(sources->worker, clear_job, &clearing);
		for (uint16_t u = clearing.from; u < clearing.to; u++) {
			cleared += unit_wanted(&clearing, u) ? 1 : 0;
		}
		clearing.from = clearing.to;
	}
	return cleared;
}

enum answer_progress
clear_interfaces(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "interface-name");
	uint32_t cleared = clear_units(sources, asked);

	for (size_t i = 0; i < edge_port_count(sources->edge); i++) {
		if (asked == NULL || strcmp(asked, edge_port(sources->edge, i)->chassis->name) == 0) {
			edge_clear_counters(sources->edge, i);
			cleared++;
		}
	}
	if (asked != NULL && cleared == 0) {
		text_printf(error, "there is no interface %s", asked);
		return ANSWER_FAILED;
	}
	(void)op_add_number(tree, tree->root, "cleared-count", cleared);
	return ANSWER_END;
}
