/*
 * Primary and backup routes on one line each. See route_backup.h.
 */
#include "route_backup.h"

#include <stdlib.h>
#include <string.h>

#include "tree_private.h"

struct one_line {
	size_t hop; /* steps */
	size_t preference;
};

static bool
is_route(const struct schema_node *schema)
{
	return schema != NULL && strcmp(schema->name, "route") == 0 && schema->parent != NULL &&
	    strcmp(schema->parent->name, "static") == 0;
}

/* One next hop and the preference of the same route, both on this line. */
static bool
find_one_line(const struct statement *statement, struct one_line *found)
{
	size_t hops = 0;
	size_t preferences = 0;

	for (size_t i = 0; i < statement->step_count; i++) {
		const struct step *step = &statement->steps[i];

		if (!is_route(step->schema->parent)) {
			continue;
		}
		if (strcmp(step->schema->name, "next-hop") == 0) {
			found->hop = i;
			hops++;
		} else if (strcmp(step->schema->name, "preference") == 0) {
			found->preference = i;
			preferences++;
		}
	}
	return hops == 1 && preferences == 1 &&
	    statement->steps[found->hop].parent == statement->steps[found->preference].parent;
}

/* The route's node, NULL when there is none yet. */
static struct conf_node *
find_route(struct statement *statement, ptrdiff_t route)
{
	struct conf_node *node = statement->level;

	if (route == STEP_LEVEL) {
		return node;
	}
	for (size_t i = 0; i <= (size_t)route; i++) {
		const struct step *step = &statement->steps[i];

		node = tree_find(node, step->schema, statement_value(statement, step->value),
		    statement_value(statement, step->value2));
		if (node == NULL) {
			return NULL;
		}
	}
	return node;
}

static const struct schema_node *
child_of(const struct schema_node *schema, const char *name)
{
	return schema_child(schema, name, strlen(name));
}

static bool
push_value(struct statement *statement, const char *value, ptrdiff_t *offset)
{
	*offset = (ptrdiff_t)statement->values.length;
	text_append_bytes(&statement->values, value, strlen(value) + 1);
	return !text_failed(&statement->values);
}

/* Appends "qualified-next-hop HOP preference NUMBER" to the steps. */
static bool
push_qualified(struct statement *statement, ptrdiff_t route, const struct schema_node *schema, ptrdiff_t hop,
    ptrdiff_t preference)
{
	const struct schema_node *list = child_of(schema, "qualified-next-hop");

	if (statement->step_count + 2 > statement->step_capacity) {
		const size_t capacity = statement->step_capacity * 2;
		struct step *steps = realloc(statement->steps, capacity * sizeof(*steps));

		if (steps == NULL) {
			return false;
		}
		statement->steps = steps;
		statement->step_capacity = capacity;
	}
	struct step *steps = &statement->steps[statement->step_count];

	steps[0] = (struct step){.schema = list, .parent = route, .value = hop, .value2 = NO_VALUE};
	steps[1] = (struct step){
	    .schema = child_of(list, "preference"),
	    .parent = (ptrdiff_t)statement->step_count,
	    .value = preference,
	    .value2 = NO_VALUE,
	    .terminal = true,
	};
	statement->step_count += 2;
	return true;
}

/* Nothing hangs on the two steps: they change in their places, the hop in the earlier one. */
static void
turn_steps(struct statement *statement, const struct one_line *line, const struct schema_node *route, ptrdiff_t hop,
    ptrdiff_t preference)
{
	const struct schema_node *list = child_of(route, "qualified-next-hop");
	const size_t early = line->hop < line->preference ? line->hop : line->preference;
	const size_t late = line->hop < line->preference ? line->preference : line->hop;

	statement->steps[early].schema = list;
	statement->steps[early].value = hop;
	statement->steps[early].terminal = false;
	statement->steps[late].schema = child_of(list, "preference");
	statement->steps[late].parent = (ptrdiff_t)early;
	statement->steps[late].value = preference;
	statement->steps[late].terminal = true;
}

bool
route_backup(struct statement *statement)
{
	struct one_line line;

	if (!find_one_line(statement, &line)) {
		return true;
	}
	const ptrdiff_t route = statement->steps[line.hop].parent;
	struct conf_node *node = find_route(statement, route);

	if (node == NULL) {
		return true;
	}
	const ptrdiff_t new_hop = statement->steps[line.hop].value;
	const ptrdiff_t new_preference = statement->steps[line.preference].value;
	struct conf_node *hop = tree_first(node, child_of(node->schema, "next-hop"));
	struct conf_node *preference = tree_first(node, child_of(node->schema, "preference"));
	const bool first = hop != NULL && preference != NULL && preference->one_line && tree_next(hop) == NULL &&
	    strcmp(hop->value, statement_value(statement, new_hop)) != 0 &&
	    strcmp(preference->value, statement_value(statement, new_preference)) != 0;

	if (!first && !(node->one_line && hop == NULL && preference == NULL)) {
		return true;
	}
	statement_tell(statement, DIAGNOSTIC_WARNING,
	    "E-051 a second next hop with a preference of its own: both are read as qualified-next-hop");
	node->one_line = true;
	if (!first) {
		turn_steps(statement, &line, node->schema, new_hop, new_preference);
		return true;
	}
	/* The first line's pair takes the place of the steps, the new one follows: the order of entry stays. */
	ptrdiff_t old_hop;
	ptrdiff_t old_preference;

	if (!push_value(statement, hop->value, &old_hop) ||
	    !push_value(statement, preference->value, &old_preference) ||
	    !push_qualified(statement, route, node->schema, new_hop, new_preference)) {
		return false;
	}
	turn_steps(statement, &line, node->schema, old_hop, old_preference);
	statement->erase[0] = hop;
	statement->erase[1] = preference;
	return true;
}

void
route_mark(struct statement *statement)
{
	struct one_line line;

	if (!find_one_line(statement, &line)) {
		return;
	}
	struct conf_node *hop = statement->steps[line.hop].node;
	struct conf_node *preference = statement->steps[line.preference].node;

	preference->one_line = tree_next(hop) == NULL && tree_first(hop->parent, hop->schema) == hop;
}
