/*
 * Sets that contain themselves, straight or by others, and sets that are nested too deep: address and application sets.
 *
 * Sets without open members are taken away until none is left (Kahn, 1962); what stays is a circle, or hangs on one.
 * In that order each set's depth and size follow from its members'.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "check_private.h"
#include "conf/sets.h"

struct edge {
	size_t member;
	size_t set;
};

struct graph {
	struct check_nodes sets;
	struct edge *edges; /* sorted by member */
	size_t edge_count;
	size_t edge_capacity;
	size_t *open; /* members of each set that are still there */
	size_t *ready;
	size_t *depth; /* 1: no sets inside */
	size_t *size;  /* members, those of sets inside counted each time */
};

static bool
find_set(const struct graph *graph, const char *name, size_t *index)
{
	size_t low = 0;
	size_t high = graph->sets.count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(graph->sets.items[middle]->value, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*index = low;
	return low < graph->sets.count && strcmp(graph->sets.items[low]->value, name) == 0;
}

static bool
add_edge(struct graph *graph, size_t member, size_t set)
{
	struct edge *edges = array_grow(graph->edges, graph->edge_count, &graph->edge_capacity, sizeof(*edges));

	if (edges == NULL) {
		return false;
	}
	graph->edges = edges;
	edges[graph->edge_count++] = (struct edge){.member = member, .set = set};
	graph->open[set]++;
	return true;
}

static int
compare_edges(const void *left, const void *right)
{
	const struct edge *a = left;
	const struct edge *b = right;

	return (a->member > b->member) - (a->member < b->member);
}

static bool
fill(struct graph *graph, const struct conf_node *first, const char *list)
{
	if (!check_collect(&graph->sets, first)) {
		return false;
	}
	check_sort_by_value(&graph->sets);
	graph->open = calloc(graph->sets.count, sizeof(*graph->open));
	graph->ready = calloc(graph->sets.count, sizeof(*graph->ready));
	graph->depth = calloc(graph->sets.count, sizeof(*graph->depth));
	graph->size = calloc(graph->sets.count, sizeof(*graph->size));
	if (graph->open == NULL || graph->ready == NULL || graph->depth == NULL || graph->size == NULL) {
		return false;
	}
	for (size_t i = 0; i < graph->sets.count; i++) {
		const struct conf_node *member = conf_first(graph->sets.items[i], list);

		for (; member != NULL; member = conf_next(member)) {
			size_t index;

			if (find_set(graph, member->value, &index) && !add_edge(graph, index, i)) {
				return false;
			}
		}
	}
	if (graph->edge_count > 1) {
		qsort(graph->edges, graph->edge_count, sizeof(graph->edges[0]), compare_edges);
	}
	return true;
}

static void
release_member(struct graph *graph, size_t member, size_t *ready)
{
	size_t low = 0;
	size_t high = graph->edge_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (graph->edges[middle].member < member) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < graph->edge_count && graph->edges[low].member == member; low++) {
		if (--graph->open[graph->edges[low].set] == 0) {
			graph->ready[(*ready)++] = graph->edges[low].set;
		}
	}
}

/* => all sets inside are measured. Each excess is told once, where it begins. */
static void
measure(const struct check *check, struct graph *graph, size_t set, const char *list)
{
	const struct conf_node *node = graph->sets.items[set];
	bool told = false;

	graph->depth[set] = 1;
	graph->size[set] = node->count;
	for (const struct conf_node *member = conf_first(node, list); member != NULL; member = conf_next(member)) {
		size_t inner;

		if (!find_set(graph, member->value, &inner)) {
			continue;
		}
		graph->depth[set] = graph->depth[set] > graph->depth[inner] ? graph->depth[set] : graph->depth[inner] + 1;
		graph->size[set] += graph->size[inner];
		told = told || graph->depth[inner] > CONF_SETS_DEEP || graph->size[inner] > CONF_SETS_LARGE;
	}
	if (told) {
		/* Not again for all that hangs on it; and no sum grows without end. */
		graph->size[set] = CONF_SETS_LARGE + 1;
	} else if (graph->depth[set] > CONF_SETS_DEEP) {
		check_error(check, node, "sets are nested more than %d deep", CONF_SETS_DEEP);
	} else if (graph->size[set] > CONF_SETS_LARGE) {
		check_error(check, node, "this set stands for more than %d members", CONF_SETS_LARGE);
		graph->size[set] = CONF_SETS_LARGE + 1;
	}
}

void
check_circles(const struct check *check, const struct conf_node *set, const char *member)
{
	struct graph graph = {.edges = NULL};
	size_t ready = 0;

	if (set == NULL) {
		return;
	}
	if (!fill(&graph, set, member)) {
		check_memory(check);
	} else {
		for (size_t i = 0; i < graph.sets.count; i++) {
			if (graph.open[i] == 0) {
				graph.ready[ready++] = i;
			}
		}
		for (size_t i = 0; i < ready; i++) {
			measure(check, &graph, graph.ready[i], member);
			release_member(&graph, graph.ready[i], &ready);
		}
		for (size_t i = 0; i < graph.sets.count; i++) {
			if (graph.open[i] > 0) {
				check_error(check, graph.sets.items[i], "this set contains itself, by way of its members");
			}
		}
	}
	free((void *)(uintptr_t)graph.sets.items);
	free(graph.edges);
	free(graph.open);
	free(graph.ready);
	free(graph.depth);
	free(graph.size);
}
