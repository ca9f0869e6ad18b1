/*
 * Expanding groups. See conf/groups.h.
 *
 * The functions call themselves as deep as the schema goes, never as deep as an input; all work is counted and bounded, as
 * entries with patterns may meet many names.
 */
#include "conf/groups.h"

#include <stdlib.h>
#include <string.h>

#include "apply_path.h"
#include "base/array.h"
#include "schema_private.h"
#include "tree_private.h"
#include "wildcard.h"

enum {
	WORK_MOST = 20000000, /* nodes of groups that are looked at */
	RANGES_DEEP = 64,
};

/* A node of a group that stands for the place at hand. */
struct source {
	const struct conf_node *node;
	const char *group;
	size_t within; /* of patterns: the source that it stands in */
};

/* A stack: each level's stand behind those of the level around it. */
struct stack {
	struct source *items;
	size_t count;
	size_t capacity;
};

struct expansion {
	struct conf_tree *tree; /* under construction */
	const struct conf_node *groups; /* of the raw tree; NULL: none */
	struct diagnostics *list;
	struct stack sources;
	struct stack patterns; /* entries of the sources that stand for names */
	uint32_t work;
	bool failed; /* out of memory or of bounds; it was told */
};

static void
fail_memory(struct expansion *expansion)
{
	if (!expansion->failed) {
		diagnostics_no_memory(expansion->list);
		expansion->failed = true;
	}
}

static void
tell(const struct expansion *expansion, const struct conf_node *node, const char *message)
{
	struct text path = TEXT_EMPTY;
	struct text words = TEXT_EMPTY;

	conf_path(node->parent, &path);
	conf_statement(node, &words);
	diagnostics_addf(expansion->list, DIAGNOSTIC_ERROR, text_string(&path), text_string(&words), node->line, "%s",
	    message);
	text_release(&path);
	text_release(&words);
}

static bool
count_work(struct expansion *expansion)
{
	if (++expansion->work == WORK_MOST) {
		diagnostics_addf(expansion->list, DIAGNOSTIC_ERROR, "groups", NULL, 0,
		    "the groups stand for more than can be worked out");
		expansion->failed = true;
	}
	return !expansion->failed;
}

static void
push(struct expansion *expansion, struct stack *stack, struct source source)
{
	struct source *items = array_grow(stack->items, stack->count, &stack->capacity, sizeof(*items));

	if (items == NULL) {
		fail_memory(expansion);
		return;
	}
	stack->items = items;
	items[stack->count++] = source;
}

static const struct conf_node *
values_of(const struct conf_node *node, const char *name)
{
	return conf_first(node, name);
}

static bool
names(const struct conf_node *value, const char *group)
{
	while (value != NULL && strcmp(value->value, group) != 0) {
		value = conf_next(value);
	}
	return value != NULL;
}

static bool
is_apply(const struct schema_node *schema)
{
	return strncmp(schema->name, SCHEMA_APPLY, strlen(SCHEMA_APPLY)) == 0;
}

/* Does the entry of a group stand for names, in one of its keys? */
static bool
is_pattern(const struct conf_node *node)
{
	return node->schema->kind == SCHEMA_LIST &&
	    (wildcard_is_name(node->value) || (node->value2 != NULL && wildcard_is_name(node->value2)));
}

static bool
pattern_fits(const struct conf_node *pattern, const struct conf_node *node)
{
	return pattern->schema == node->schema && wildcard_name_fits(pattern->value, node->value) &&
	    (node->value2 == NULL || wildcard_name_fits(pattern->value2, node->value2));
}

/* Pushes the patterns among the entries of the sources from `begin` to `end`, source by source. */
static void
push_patterns(struct expansion *expansion, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		const struct source source = expansion->sources.items[i];

		for (const struct conf_node *node = source.node->first; node != NULL && count_work(expansion);
		     node = node->next) {
			if (is_pattern(node) && !node->inactive) {
				push(expansion, &expansion->patterns,
				    (struct source){.node = node, .group = source.group, .within = i});
			}
		}
	}
}

/*
 * Pushes what stands for `node` inside the sources from `begin` to `end`: by its name first, then by their patterns, which
 * are those from `patterns` on.
 */
static void
push_below(struct expansion *expansion, size_t begin, size_t end, size_t patterns, const struct conf_node *node)
{
	size_t at = patterns;

	for (size_t i = begin; i < end && count_work(expansion); i++) {
		const struct source source = expansion->sources.items[i];
		const struct conf_node *twin = tree_find(source.node, node->schema, node->value, node->value2);

		if (twin != NULL && !twin->inactive) {
			push(expansion, &expansion->sources, (struct source){.node = twin, .group = source.group});
		}
		for (; at < expansion->patterns.count && expansion->patterns.items[at].within == i && count_work(expansion); at++) {
			const struct source pattern = expansion->patterns.items[at];

			if (pattern_fits(pattern.node, node)) {
				push(expansion, &expansion->sources,
				    (struct source){.node = pattern.node, .group = pattern.group});
			}
		}
	}
}

/* Pushes what the group says about the very place of `node`. */
static void
push_place(struct expansion *expansion, const struct conf_node *group, const struct conf_node *node)
{
	const struct conf_node *chain[RANGES_DEEP];
	const size_t base = expansion->sources.count;
	const size_t patterns = expansion->patterns.count;
	size_t begin = base;
	size_t depth = 0;

	for (; node->parent != NULL && depth < RANGES_DEEP; node = node->parent) {
		chain[depth++] = node;
	}
	push(expansion, &expansion->sources, (struct source){.node = group, .group = group->value});
	while (depth-- > 0 && !expansion->failed) {
		const size_t end = expansion->sources.count;

		push_patterns(expansion, begin, end);
		push_below(expansion, begin, end, patterns, chain[depth]);
		expansion->patterns.count = patterns;
		begin = end;
	}
	if (!expansion->failed) {
		/* Only the last step's are the place. */
		memmove(expansion->sources.items + base, expansion->sources.items + begin,
		    (expansion->sources.count - begin) * sizeof(expansion->sources.items[0]));
		expansion->sources.count -= begin - base;
	}
}

/* The sources of a place: groups named here, then those from around it, without those that are excepted here. */
static void
push_sources(struct expansion *expansion, const struct conf_node *node, size_t begin, size_t end)
{
	const struct conf_node *except = values_of(node, SCHEMA_EXCEPT);

	for (const struct conf_node *name = values_of(node, SCHEMA_APPLY); name != NULL; name = conf_next(name)) {
		const struct conf_node *group = conf_entry(expansion->groups, "group", name->value, NULL);

		if (group == NULL) {
			tell(expansion, name, "this group is not configured");
		} else if (!names(except, name->value)) {
			push_place(expansion, group, node);
		}
	}
	for (size_t i = begin; i < end && !expansion->failed; i++) {
		const struct source source = expansion->sources.items[i];

		if (!names(except, source.group)) {
			push(expansion, &expansion->sources, source);
		}
	}
}

/* Does something that is there exclude the statement? What is written, or came first, stays. */
static bool
is_excluded(const struct conf_node *parent, const struct schema_node *schema)
{
	for (const struct conf_node *node = parent->first; schema->choice != NULL && node != NULL; node = node->next) {
		const struct schema_node *other = node->schema;

		if (other->choice != NULL && strcmp(other->choice, schema->choice) == 0 &&
		    strcmp(other->choice_case, schema->choice_case) != 0) {
			return true;
		}
	}
	return false;
}

/* One statement of a group, without what is below it. */
static void
inherit(struct expansion *expansion, struct conf_node *to, const struct conf_node *from, const char *group)
{
	const struct schema_node *schema = from->schema;

	if (!count_work(expansion) || from->inactive || is_apply(schema) || is_pattern(from) ||
	    tree_find(to, schema, from->value, from->value2) != NULL || is_excluded(to, schema)) {
		return;
	}
	struct conf_node *node = tree_add(expansion->tree, to, schema, from->value, from->value2);

	if (node == NULL) {
		fail_memory(expansion);
		return;
	}
	node->line = from->line;
	node->inherited = strdup(group);
	if (node->inherited == NULL) {
		fail_memory(expansion);
	}
}

static void
expand(struct expansion *expansion, struct conf_node *node, size_t begin, size_t end)
{
	const size_t base = expansion->sources.count;
	const size_t patterns = expansion->patterns.count;

	push_sources(expansion, node, begin, end);
	const size_t own = expansion->sources.count;

	for (size_t i = base; i < own && !expansion->failed; i++) {
		const struct source source = expansion->sources.items[i];

		for (const struct conf_node *from = source.node->first; from != NULL; from = from->next) {
			inherit(expansion, node, from, source.group);
		}
	}
	push_patterns(expansion, base, own);
	for (struct conf_node *child = node->first; child != NULL && !expansion->failed; child = child->next) {
		if (child->schema->child_count > 0) {
			push_below(expansion, base, own, patterns, child);
			expand(expansion, child, own, expansion->sources.count);
			expansion->sources.count = own;
		}
	}
	expansion->sources.count = base;
	expansion->patterns.count = patterns;
}

/* They have done their work. */
static void
remove_apply(struct conf_tree *tree)
{
	struct conf_node *node = tree->top->first;

	while (node != NULL) {
		struct conf_node *next = tree_walk_next(node, tree->top);

		if (is_apply(node->schema)) {
			tree_remove(node);
		}
		node = next;
	}
}

/* What is written and in force; groups stay behind. */
static bool
copy_active(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	for (const struct conf_node *node = from->first; node != NULL; node = node->next) {
		const struct schema_node *bare = node->schema->keyword_less_child;

		if (node->inactive || (bare != NULL && bare->whole)) {
			continue;
		}
		struct conf_node *copy = tree_add(tree, to, node->schema, node->value, node->value2);

		if (copy == NULL) {
			return false;
		}
		copy->line = node->line;
		copy->one_line = node->one_line;
		if (node->annotation != NULL && (copy->annotation = strdup(node->annotation)) == NULL) {
			return false;
		}
		if (node->first != NULL && !copy_active(tree, copy, node)) {
			return false;
		}
	}
	return true;
}

/* Groups have no groups. */
static void
check_groups(const struct expansion *expansion)
{
	const struct conf_node *root = expansion->groups;

	for (const struct conf_node *node = root; node != NULL; node = tree_walk_next(node, root)) {
		if (is_apply(node->schema)) {
			tell(expansion, node, "a group does not inherit from groups");
		}
	}
}

bool
conf_has_groups(const struct conf_tree *raw)
{
	for (const struct conf_node *node = raw->top; node != NULL && !raw->expanded; node = tree_walk_next(node, raw->top)) {
		const struct schema_node *bare = node->schema->keyword_less_child;

		if (is_apply(node->schema) || apply_path_is(node->schema) || (bare != NULL && bare->whole)) {
			return true;
		}
	}
	return false;
}

struct conf_tree *
conf_expand(const struct conf_tree *raw, struct diagnostics *list)
{
	struct expansion expansion = {
	    .tree = conf_tree_create(raw->schema),
	    .groups = conf_child(raw->top, "groups"),
	    .list = list,
	};

	if (expansion.tree == NULL || !copy_active(expansion.tree, expansion.tree->top, raw->top)) {
		fail_memory(&expansion);
	} else {
		if (expansion.groups != NULL) {
			check_groups(&expansion);
		}
		expand(&expansion, expansion.tree->top, 0, 0);
		remove_apply(expansion.tree);
		expansion.tree->expanded = true;
		apply_path_expand(expansion.tree, list);
	}
	free(expansion.sources.items);
	free(expansion.patterns.items);
	if (list->failed) {
		conf_tree_destroy(expansion.tree);
		return NULL;
	}
	conf_canonicalize(expansion.tree, list);
	return expansion.tree;
}
