/*
 * What changed between two configurations, in the form of `show | compare`. See conf_compare().
 *
 * Level by level: what was added (+), taken away (-) or moved and switched (!) directly at a level stands under its
 * [edit ...] line, then the levels below follow. The functions call themselves as deep as the schema goes.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "render_private.h"
#include "tree_private.h"

struct comparison {
	struct text *out;
	struct text lines; /* of the level at hand */
	size_t depth;
};

enum {
	/* JUNOS: two blanks behind the sign, and one more a level. */
	COMPARE_INDENT = 2,
};

static void
append_node(struct comparison *comparison, const struct conf_node *node, const char *sign, const char *prefix)
{
	const struct curly curly = {
	    .out = &comparison->lines,
	    .indent = comparison->depth + COMPARE_INDENT,
	    .mark = sign,
	    .prefix = prefix,
	};

	render_curly_node(&curly, node);
}

/* A node of which only the head is shown. */
static void
append_head(struct comparison *comparison, const struct conf_node *node, const char *word, const char *prefix)
{
	struct text *lines = &comparison->lines;

	text_append_char(lines, '!');
	text_append_repeated(lines, ' ', comparison->depth + COMPARE_INDENT);
	text_append(lines, word);
	if (prefix != NULL) {
		text_printf(lines, "%s ", prefix);
	}
	tree_append_words(lines, node);
	text_append(lines, node->first == NULL ? ";\n" : " { ... }\n");
}

static void
append_values(struct comparison *comparison, const struct conf_node *first, const char *sign, const char *prefix)
{
	const struct curly curly = {
	    .out = &comparison->lines,
	    .indent = comparison->depth + COMPARE_INDENT,
	    .mark = sign,
	    .prefix = prefix,
	};

	if (first != NULL) {
		render_curly_values(&curly, first);
	}
}

/* The same values, in the same order where the order counts? */
static bool
same_values(const struct conf_node *parent, const struct conf_node *before, const struct conf_node *after)
{
	size_t count = 0;

	for (const struct conf_node *value = after; value != NULL; value = tree_next(value)) {
		count++;
	}
	for (const struct conf_node *value = before; value != NULL; value = tree_next(value)) {
		if (count-- == 0) {
			return false;
		}
		if (!value->schema->user_ordered) {
			if (tree_find(parent, value->schema, value->value, NULL) == NULL) {
				return false;
			}
			continue;
		}
		if (strcmp(value->value, after->value) != 0) {
			return false;
		}
		after = tree_next(after);
	}
	return count == 0;
}

/* --- entries that were moved ------------------------------------------------------------------------------------- */

struct place {
	const struct conf_node *node; /* of before */
	size_t position;
};

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;

	return ((uintptr_t)a->node > (uintptr_t)b->node) - ((uintptr_t)a->node < (uintptr_t)b->node);
}

/*
 * Which of `positions` do not belong to a longest rising chain: those were moved. `scratch` has room for two numbers a
 * position.
 */
static void
find_moved(const size_t *positions, size_t count, size_t *scratch, bool *moved)
{
	size_t *tails = scratch; /* index of the last member of the best chain of each length */
	size_t *previous = scratch + count;
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		size_t low = 0;
		size_t high = length;

		while (low < high) {
			const size_t middle = low + (high - low) / 2;

			if (positions[tails[middle]] < positions[i]) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		previous[i] = low == 0 ? SIZE_MAX : tails[low - 1];
		tails[low] = i;
		length = low == length ? length + 1 : length;
		moved[i] = true;
	}
	for (size_t i = length == 0 ? SIZE_MAX : tails[length - 1]; i != SIZE_MAX; i = previous[i]) {
		moved[i] = false;
	}
}

static size_t
count_entries(const struct conf_node *first)
{
	size_t count = 0;

	for (const struct conf_node *entry = first; entry != NULL; entry = tree_next(entry)) {
		count++;
	}
	return count;
}

/* Fills `positions` with the place in `before` of each entry of `after` that is in both. */
static size_t
find_positions(struct place *places, size_t *positions, const struct conf_node *before, const struct conf_node *after)
{
	const struct conf_node *parent = before->parent;
	size_t places_count = 0;
	size_t count = 0;

	for (const struct conf_node *entry = before; entry != NULL; entry = tree_next(entry)) {
		places[places_count] = (struct place){.node = entry, .position = places_count};
		places_count++;
	}
	qsort(places, places_count, sizeof(*places), compare_places);
	for (const struct conf_node *entry = after; entry != NULL; entry = tree_next(entry)) {
		const struct place key = {
		    .node = tree_find(parent, entry->schema, entry->value, entry->value2),
		};
		const struct place *place =
		    key.node == NULL ? NULL : bsearch(&key, places, places_count, sizeof(*places), compare_places);

		if (place != NULL) {
			positions[count++] = place->position;
		}
	}
	return count;
}

static void
compare_order(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after,
    const char *prefix)
{
	const size_t before_count = count_entries(before);
	const size_t after_count = count_entries(after);

	if (before == NULL || after == NULL) {
		return;
	}
	struct place *places = calloc(before_count, sizeof(*places));
	size_t *positions = calloc(after_count * 3, sizeof(*positions));
	bool *moved = calloc(after_count, sizeof(*moved));

	if (places == NULL || positions == NULL || moved == NULL) {
		comparison->lines.failed = true;
	} else {
		const size_t count = find_positions(places, positions, before, after);
		size_t i = 0;

		find_moved(positions, count, positions + after_count, moved);
		for (const struct conf_node *entry = after; entry != NULL; entry = tree_next(entry)) {
			if (tree_find(before->parent, entry->schema, entry->value, entry->value2) != NULL && moved[i++]) {
				append_head(comparison, entry, "", prefix);
			}
		}
	}
	free(places);
	free(positions);
	free(moved);
}

/* --- levels ------------------------------------------------------------------------------------------------------ */

static void
compare_leaf(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after,
    const char *prefix)
{
	if (strcmp(before->value, after->value) != 0) {
		append_node(comparison, before, "-", prefix);
		append_node(comparison, after, "+", prefix);
	} else if (before->inactive != after->inactive) {
		append_head(comparison, after, after->inactive ? "inactive: " : "active: ", prefix);
	}
}

static void compare_direct(struct comparison *comparison, const struct conf_node *before,
    const struct conf_node *after, const char *prefix);

/* All children of one statement: entries of a list, or the one container or leaf. */
static void
compare_children(struct comparison *comparison, const struct schema_node *schema, const struct conf_node *before,
    const struct conf_node *after, const char *prefix)
{
	const struct conf_node *first_before = tree_first(before, schema);
	const struct conf_node *first_after = tree_first(after, schema);

	if (schema->kind == SCHEMA_LEAF_LIST) {
		if (!same_values(after, first_before, first_after)) {
			append_values(comparison, first_before, "-", prefix);
			append_values(comparison, first_after, "+", prefix);
		}
		return;
	}
	for (const struct conf_node *node = first_before; node != NULL; node = tree_next(node)) {
		if (tree_find(after, schema, node->value, node->value2) == NULL) {
			append_node(comparison, node, "-", prefix);
		}
	}
	for (const struct conf_node *node = first_after; node != NULL; node = tree_next(node)) {
		const struct conf_node *twin = tree_find(before, schema, node->value, node->value2);

		if (twin == NULL) {
			append_node(comparison, node, "+", prefix);
		} else if (schema->kind == SCHEMA_LEAF) {
			compare_leaf(comparison, twin, node, prefix);
		} else if (schema->prefix_form) {
			compare_direct(comparison, twin, node, schema->name);
		} else if (twin->inactive != node->inactive) {
			append_head(comparison, node, node->inactive ? "inactive: " : "active: ", prefix);
		}
	}
	if (schema->kind == SCHEMA_LIST && schema->user_ordered) {
		compare_order(comparison, first_before, first_after, prefix);
	}
}

static void
compare_direct(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after,
    const char *prefix)
{
	const struct schema_node *schema = before->schema;

	for (size_t i = 0; i < schema->child_count; i++) {
		compare_children(comparison, schema->children[i], before, after, prefix);
	}
}

static void compare_level(struct comparison *comparison, const struct conf_node *before,
    const struct conf_node *after);

/* The levels below that are in both. */
static void
compare_below(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after)
{
	for (const struct conf_node *node = after->first; node != NULL; node = node->next) {
		if (node->schema->child_count == 0) {
			continue;
		}
		const struct conf_node *twin = tree_find(before, node->schema, node->value, node->value2);

		if (twin == NULL) {
			continue;
		}
		if (node->schema->prefix_form) {
			compare_below(comparison, twin, node);
		} else {
			comparison->depth++;
			compare_level(comparison, twin, node);
			comparison->depth--;
		}
	}
}

static void
compare_level(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after)
{
	text_clear(&comparison->lines);
	compare_direct(comparison, before, after, NULL);
	if (comparison->lines.failed) {
		comparison->out->failed = true;
	}
	if (comparison->lines.length > 0) {
		text_append(comparison->out, "[edit");
		if (after->parent != NULL) {
			text_append_char(comparison->out, ' ');
			conf_path(after, comparison->out);
		}
		text_append(comparison->out, "]\n");
		text_append_bytes(comparison->out, text_string(&comparison->lines), comparison->lines.length);
	}
	compare_below(comparison, before, after);
}

void
conf_compare(const struct conf_tree *before, const struct conf_tree *after, struct text *out)
{
	struct comparison comparison = {.out = out};

	compare_level(&comparison, conf_tree_top(before), conf_tree_top(after));
	text_release(&comparison.lines);
}
