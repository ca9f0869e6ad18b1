/*
 * From intervals to the tree in which they are found. One pass counts what there will be, the second writes it.
 *
 * A group is the intervals that start within one high word; it makes a part. With one start at low word 0, as whole networks
 * have it, that is all; else it makes a branch too. Where its first interval does not start at 0, the addresses before it are
 * those of the group before.
 */
#include "address_intervals.h"

#include <string.h>

/* The intervals from `first` to before `behind`. */
struct group {
	uint32_t first;
	uint32_t behind;
};

struct writer {
	const struct address_intervals *intervals;
	struct address_tree tree;
	uint64_t *keys;
	struct address_part *parts;
	struct address_branch *branches;
	uint32_t *values;
	uint64_t node; /* the next free ones */
	uint32_t part;
	uint32_t branch;
	uint32_t value;
};

static struct group
group_at(const struct address_intervals *intervals, uint32_t first)
{
	struct group group = {.first = first, .behind = first + 1};

	while (group.behind < intervals->count && intervals->starts[group.behind].high == intervals->starts[first].high) {
		group.behind++;
	}
	return group;
}

/* How many intervals a branch for the group has, or 0: it needs none. */
static uint32_t
branch_intervals(const struct address_intervals *intervals, const struct group *group)
{
	const bool begun = intervals->starts[group->first].low != 0;
	const uint32_t count = group->behind - group->first;

	return count == 1 && !begun ? 0 : count + begun;
}

/* The tree over so many keys, whose root will be the node `root`; *nodes is how many it has. */
static struct address_search
search_over(uint32_t keys, uint64_t root, uint64_t *nodes)
{
	struct address_search search = {.root = (uint32_t)root, .levels = 1};

	search.leaves = (uint32_t)(((uint64_t)keys + ADDRESS_FANOUT - 1) / ADDRESS_FANOUT);
	*nodes = search.leaves;
	for (uint64_t level = search.leaves; level > 1; search.levels++) {
		level = (level + ADDRESS_FANOUT - 1) / ADDRESS_FANOUT;
		*nodes += level;
	}
	return search;
}

struct address_shape
address_shape_of(const struct address_intervals *intervals)
{
	struct address_shape shape = {.nodes = 0};
	uint64_t nodes;

	assert(intervals->count > 0 && ipv6_is_unspecified(intervals->starts[0]));
	for (uint32_t next = 0; next < intervals->count;) {
		const struct group group = group_at(intervals, next);
		const uint32_t count = branch_intervals(intervals, &group);

		shape.parts++;
		if (count > 0) {
			(void)search_over(count, 0, &nodes);
			shape.nodes += nodes;
			shape.branches++;
			shape.values += count;
		}
		next = group.behind;
	}
	(void)search_over(shape.parts, 0, &nodes);
	shape.nodes += nodes;
	assert(shape.nodes <= UINT32_MAX);
	return shape;
}

size_t
address_shape_octets(const struct address_shape *shape)
{
	return (size_t)shape->nodes * ADDRESS_FANOUT * sizeof(uint64_t) + shape->branches * sizeof(struct address_branch) +
	    shape->parts * sizeof(struct address_part) + shape->values * sizeof(uint32_t);
}

/* Room for a search over so many keys; returns where its leaves' keys are to be written. */
static uint64_t *
begin_search(struct writer *writer, uint32_t keys, struct address_search *search)
{
	uint64_t *root = writer->keys + writer->node * ADDRESS_FANOUT;
	uint64_t nodes;

	*search = search_over(keys, writer->node, &nodes);
	memset(root, 0xff, (size_t)nodes * ADDRESS_FANOUT * sizeof(*root));
	writer->node += nodes;
	return root + (nodes - search->leaves) * ADDRESS_FANOUT;
}

/* The levels above the leaves, whose keys are written. */
static void
finish_search(const struct address_search *search, uint64_t *leaves)
{
	uint64_t *below = leaves;
	uint64_t count = search->leaves;

	for (uint32_t bits = ADDRESS_FANOUT_BITS; count > 1; bits += ADDRESS_FANOUT_BITS) {
		const uint64_t nodes = (search->leaves + (UINT64_C(1) << bits) - 1) >> bits;
		uint64_t *above = below - nodes * ADDRESS_FANOUT;

		for (uint64_t i = 0; i < count; i++) {
			above[i] = below[i * ADDRESS_FANOUT + ADDRESS_FANOUT - 1];
		}
		below = above;
		count = nodes;
	}
}

static uint32_t
value_at(const struct address_intervals *intervals, uint32_t interval)
{
	return intervals->values == NULL ? interval : intervals->values[interval];
}

static void
write_branch(struct writer *writer, const struct group *group, uint32_t count)
{
	const struct address_intervals *intervals = writer->intervals;
	struct address_branch *branch = &writer->branches[writer->branch++];
	/* The interval of the group before goes on up to the first start. */
	const uint32_t first = group->behind - count;
	uint64_t *leaves;

	assert(first == group->first || first + 1 == group->first);
	branch->high = intervals->starts[group->first].high;
	branch->values = writer->value;
	leaves = begin_search(writer, count, &branch->search);
	for (uint32_t i = 0; i < count; i++) {
		writer->values[writer->value++] = value_at(intervals, first + i);
		if (i + 1 < count) {
			leaves[i] = intervals->starts[first + i + 1].low - 1;
		}
	}
	finish_search(&branch->search, leaves);
}

static void
write_group(struct writer *writer, const struct group *group)
{
	const uint32_t count = branch_intervals(writer->intervals, group);

	writer->parts[writer->part++] = (struct address_part){
	    .value = value_at(writer->intervals, group->behind - 1),
	    .branch = count == 0 ? ADDRESS_NO_BRANCH : writer->branch,
	};
	if (count > 0) {
		write_branch(writer, group, count);
	}
}

struct address_tree
address_tree_lay(const struct address_intervals *intervals, const struct address_shape *shape, void *memory)
{
	uint8_t *next = memory;
	struct writer writer = {.intervals = intervals};
	uint64_t *leaves;

	assert((uintptr_t)memory % ADDRESS_TREE_ALIGNMENT == 0);
	writer.keys = (uint64_t *)(void *)next;
	next += shape->nodes * ADDRESS_FANOUT * sizeof(*writer.keys);
	writer.branches = (struct address_branch *)(void *)next;
	next += shape->branches * sizeof(*writer.branches);
	writer.parts = (struct address_part *)(void *)next;
	next += shape->parts * sizeof(*writer.parts);
	writer.values = (uint32_t *)(void *)next;
	leaves = begin_search(&writer, shape->parts, &writer.tree.search);
	for (uint32_t at = 0; at < intervals->count;) {
		const struct group group = group_at(intervals, at);

		if (at > 0) {
			leaves[writer.part - 1] = intervals->starts[at].high - 1;
		}
		write_group(&writer, &group);
		at = group.behind;
	}
	finish_search(&writer.tree.search, leaves);
	assert(writer.node == shape->nodes && writer.part == shape->parts && writer.branch == shape->branches &&
	    writer.value == shape->values);
	writer.tree.keys = writer.keys;
	writer.tree.parts = writer.parts;
	writer.tree.branches = writer.branches;
	writer.tree.values = writer.values;
	return writer.tree;
}
