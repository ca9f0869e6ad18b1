/*
 * What changed between two configurations, in the form of `show | compare`. See conf_compare().
 *
 * Level by level: what was added (+), taken away (-), or moved, switched or protected (!) directly at a level stands
 * under its [edit ...] line, beside the neighbours of what was put in or moved; then the levels below follow. load_patch.c
 * reads it. The functions call themselves as deep as the schema goes.
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

/* A node of which only the head is shown, behind a sign. */
static void
append_head(struct comparison *comparison, const struct conf_node *node, const char *sign, const char *prefix)
{
	struct text *lines = &comparison->lines;

	text_append_char(lines, *sign);
	text_append_repeated(lines, ' ', comparison->depth + COMPARE_INDENT);
	text_append(lines, sign + 1);
	if (prefix != NULL) {
		text_printf(lines, "%s ", prefix);
	}
	if (node->schema->kind == SCHEMA_LEAF_LIST) {
		(void)render_values(lines, node);
		text_append(lines, ";\n");
		return;
	}
	tree_append_words(lines, node);
	text_append(lines, tree_stands_alone(node) ? ";\n" : " { ... }\n");
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

	while (first != NULL) {
		first = tree_next(render_curly_values(&curly, first));
	}
}

static bool
same_marks(const struct conf_node *left, const struct conf_node *right)
{
	return left->inactive == right->inactive && left->guarded == right->guarded;
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
			const struct conf_node *twin = tree_find(parent, value->schema, value->value, NULL);

			if (twin == NULL || !same_marks(value, twin)) {
				return false;
			}
			continue;
		}
		if (strcmp(value->value, after->value) != 0 || !same_marks(value, after)) {
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

/* --- what is noted about a statement ----------------------------------------------------------------------------- */

static void
append_note(struct comparison *comparison, char sign, const char *note)
{
	if (note != NULL) {
		text_append_char(&comparison->lines, sign);
		text_append_repeated(&comparison->lines, ' ', comparison->depth + COMPARE_INDENT);
		text_printf(&comparison->lines, "/* %s */\n", note);
	}
}

/* How the statement's line is to be shown for what became of it; nothing for NULL. */
static void
compare_marks(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after,
    const char *shown, const char *prefix)
{
	const char *old = before->annotation;
	const char *new = after->annotation;

	if (before->guarded != after->guarded) {
		append_head(comparison, after, after->guarded ? "!protect: " : "!unprotect: ", prefix);
	}
	if (before->inactive != after->inactive) {
		append_head(comparison, after, after->inactive ? "!inactive: " : "!active: ", prefix);
	}
	if (old == NULL || new == NULL ? old != new : strcmp(old, new) != 0) {
		append_note(comparison, '-', old);
		append_note(comparison, '+', new);
		shown = shown == NULL ? " " : shown;
	}
	if (shown != NULL) {
		append_head(comparison, after, shown, prefix);
	}
}

/* --- entries whose order counts ---------------------------------------------------------------------------------- */

/* In the arrays, an entry of `after` that `before` has not is neither moved nor in its place. */
enum fate {
	FATE_SAME,
	FATE_MOVED,
	FATE_ADDED,
};

static void
append_ordered(struct comparison *comparison, const struct conf_node *before_parent, const struct conf_node *after,
    const enum fate *fates, const char *prefix)
{
	const size_t count = count_entries(after);
	size_t i = 0;

	for (const struct conf_node *entry = after; entry != NULL; entry = tree_next(entry), i++) {
		const bool beside =
		    (i > 0 && fates[i - 1] != FATE_SAME) || (i + 1 < count && fates[i + 1] != FATE_SAME);
		const struct conf_node *twin = NULL;

		if (fates[i] == FATE_ADDED) {
			append_node(comparison, entry, "+", prefix);
			continue;
		}
		twin = tree_find(before_parent, entry->schema, entry->value, entry->value2);
		/* JUNOS shows the neighbours of what was put in or moved. */
		compare_marks(comparison, twin, entry, fates[i] == FATE_MOVED ? "!" : beside ? " " : NULL, prefix);
	}
}

static void
compare_ordered(struct comparison *comparison, const struct conf_node *before_parent, const struct conf_node *before,
    const struct conf_node *after, const char *prefix)
{
	const size_t before_count = count_entries(before);
	const size_t after_count = count_entries(after);
	struct place *places = calloc(before_count + 1, sizeof(*places));
	size_t *positions = calloc(after_count * 3 + 1, sizeof(*positions));
	bool *moved = calloc(after_count + 1, sizeof(*moved));
	enum fate *fates = calloc(after_count + 1, sizeof(*fates));

	if (places == NULL || positions == NULL || moved == NULL || fates == NULL) {
		comparison->lines.failed = true;
	} else {
		const size_t count = before == NULL ? 0 : find_positions(places, positions, before, after);
		size_t i = 0;
		size_t common = 0;

		find_moved(positions, count, positions + after_count, moved);
		for (const struct conf_node *entry = after; entry != NULL; entry = tree_next(entry), i++) {
			if (tree_find(before_parent, entry->schema, entry->value, entry->value2) == NULL) {
				fates[i] = FATE_ADDED;
			} else if (moved[common++]) {
				fates[i] = FATE_MOVED;
			}
		}
		append_ordered(comparison, before_parent, after, fates, prefix);
	}
	free(places);
	free(positions);
	free(moved);
	free(fates);
}

/* --- levels ------------------------------------------------------------------------------------------------------ */

static void
compare_leaf(struct comparison *comparison, const struct conf_node *before, const struct conf_node *after,
    const char *prefix)
{
	if (strcmp(before->value, after->value) != 0) {
		append_node(comparison, before, "-", prefix);
		append_node(comparison, after, "+", prefix);
	} else {
		compare_marks(comparison, before, after, NULL, prefix);
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
		} else if (first_after != NULL) {
			compare_marks(comparison, first_before, first_after, NULL, prefix);
		}
		return;
	}
	for (const struct conf_node *node = first_before; node != NULL; node = tree_next(node)) {
		if (tree_find(after, schema, node->value, node->value2) == NULL) {
			append_node(comparison, node, "-", prefix);
		}
	}
	if (schema->kind == SCHEMA_LIST && schema->user_ordered) {
		compare_ordered(comparison, before, first_before, first_after, prefix);
		return;
	}
	for (const struct conf_node *node = first_after; node != NULL; node = tree_next(node)) {
		const struct conf_node *twin = tree_find(before, schema, node->value, node->value2);

		if (twin == NULL) {
			append_node(comparison, node, "+", prefix);
		} else if (schema->kind == SCHEMA_LEAF) {
			compare_leaf(comparison, twin, node, prefix);
		} else {
			compare_marks(comparison, twin, node, NULL, prefix);
			if (schema->prefix_form) {
				compare_direct(comparison, twin, node, schema->name);
			}
		}
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
