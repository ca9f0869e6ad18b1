/*
 * Expanding apply-path. See apply_path.h.
 *
 * A path is read against the schema first, so that one that leads nowhere is told even where nothing is configured. The
 * functions call themselves as deep as a path has words, of which there are few.
 */
#include "apply_path.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "schema_private.h"
#include "tree_private.h"
#include "wildcard.h"

enum {
	WORDS_MOST = 32,
	WORK_MOST = 20000000, /* nodes that all paths together look at */
};

/* One word of a path. A keyword leads to a child, a name to its entries; "to-zone" leads nowhere by itself. */
enum step_kind {
	STEP_CHILD,
	STEP_NAMES,
	STEP_SECOND_NAMES,
};

struct path_step {
	enum step_kind kind;
	const struct schema_node *schema;
	char *word; /* borrowed from the path's copy */
};

struct path {
	char *words; /* a copy of the path, cut at its blanks */
	struct path_step steps[WORDS_MOST];
	size_t count;
	struct text problem;
};

struct found {
	struct conf_node *list; /* that the apply-path stands in */
	char *value;
};

struct collection {
	const struct conf_tree *tree;
	struct diagnostics *list;
	struct found *found;
	size_t count;
	size_t capacity;
	uint32_t work;
	bool failed; /* out of memory or of bounds; it was told */
};

bool
apply_path_is(const struct schema_node *schema)
{
	return strcmp(schema->name, SCHEMA_PATH) == 0;
}

static void
fail_memory(struct collection *collection)
{
	diagnostics_no_memory(collection->list);
	collection->failed = true;
}

static void
tell(const struct collection *collection, const struct conf_node *apply, const char *problem)
{
	struct text place = TEXT_EMPTY;
	struct text words = TEXT_EMPTY;

	conf_path(apply->parent, &place);
	conf_statement(apply, &words);
	diagnostics_addf(collection->list, DIAGNOSTIC_ERROR, text_string(&place), text_string(&words), apply->line, "%s",
	    problem);
	text_release(&place);
	text_release(&words);
}

/* --- the path and the schema ------------------------------------------------------------------------------------ */

/* The next word, cut out; NULL: there is none. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t");

	if (*word == '\0') {
		return NULL;
	}
	*at = word + strcspn(word, " \t");
	if (**at != '\0') {
		*(*at)++ = '\0';
	}
	return word;
}

static bool
add_step(struct path *path, enum step_kind kind, const struct schema_node *schema, char *word)
{
	if (path->count == WORDS_MOST) {
		text_append(&path->problem, "this path is too long");
		return false;
	}
	path->steps[path->count++] = (struct path_step){.kind = kind, .schema = schema, .word = word};
	return true;
}

/* Behind the keyword of a list, or where names stand without one. False: there is no name, or it is wrong. */
static bool
read_names(struct path *path, const struct schema_node *schema, char *word, char **at)
{
	if (word == NULL) {
		text_printf(&path->problem, "the path ends too early: a pattern such as <*> is expected behind '%s'",
		    schema->keyword_less ? schema->parent->name : schema->name);
		return false;
	}
	if (!add_step(path, STEP_NAMES, schema, word)) {
		return false;
	}
	if (schema->kind != SCHEMA_LIST || schema->second_key == NULL) {
		return true;
	}
	word = next_word(at);
	if (word == NULL || strcmp(word, schema->second_key) != 0) {
		text_printf(&path->problem, "'%s' is missing behind '%s' and its name", schema->second_key, schema->name);
		return false;
	}
	word = next_word(at);
	if (word == NULL) {
		text_printf(&path->problem, "the path ends too early: a pattern such as <*> is expected behind '%s'",
		    schema->second_key);
		return false;
	}
	return add_step(path, STEP_SECOND_NAMES, schema, word);
}

static bool
read_word(struct path *path, const struct schema_node **node, char *word, char **at)
{
	const struct schema_node *child = wildcard_is_name(word) ? NULL : schema_child(*node, word, strlen(word));

	if (child == NULL || child->keyword_less) {
		child = (*node)->keyword_less_child;
		if (child == NULL) {
			text_printf(&path->problem, "'%.60s' is no statement at [edit", word);
			for (size_t i = 0; i < path->count; i++) {
				text_printf(&path->problem, " %s", path->steps[i].word);
			}
			text_append(&path->problem, "]");
			return false;
		}
		*node = child;
		return read_names(path, child, word, at);
	}
	*node = child;
	if (child->kind == SCHEMA_CONTAINER || child->kind == SCHEMA_PRESENCE) {
		return add_step(path, STEP_CHILD, child, word);
	}
	/* The keyword is remembered for messages only: entries and values are found by their schema. */
	return add_step(path, STEP_CHILD, child, word) && read_names(path, child, next_word(at), at);
}

/* False: the problem says why. */
static bool
path_read(struct path *path, const struct schema *schema, const char *words)
{
	const struct schema_node *node = schema_top(schema);
	char *word;

	path->words = strdup(words);
	if (path->words == NULL) {
		path->problem.failed = true;
		return false;
	}
	char *at = path->words;

	while ((word = next_word(&at)) != NULL) {
		if (!read_word(path, &node, word, &at)) {
			return false;
		}
	}
	if (path->count == 0 || path->steps[path->count - 1].kind == STEP_CHILD) {
		text_append(&path->problem, "the path ends too early: it ends in a pattern such as <*>, which stands for prefixes");
		return false;
	}
	if (node->secret) {
		text_append(&path->problem, "a path leads to no secret");
	}
	return !node->secret;
}

static void
path_release(struct path *path)
{
	free(path->words);
	text_release(&path->problem);
}

/* --- the tree ---------------------------------------------------------------------------------------------------- */

static void
collect(struct collection *collection, struct conf_node *list, const char *value)
{
	struct found *found =
	    array_grow(collection->found, collection->count, &collection->capacity, sizeof(*found));

	if (found == NULL) {
		fail_memory(collection);
		return;
	}
	collection->found = found;
	char *copy = strdup(value);

	if (copy == NULL) {
		fail_memory(collection);
		return;
	}
	collection->found[collection->count++] = (struct found){.list = list, .value = copy};
}

static bool
count_work(struct collection *collection)
{
	if (!collection->failed && ++collection->work == WORK_MOST) {
		diagnostics_addf(collection->list, DIAGNOSTIC_ERROR, "policy-options", NULL, 0,
		    "the paths stand for more than can be worked out");
		collection->failed = true;
	}
	return !collection->failed;
}

/* What the path stands for below `node`, from step `at` on. */
static void
walk(struct collection *collection, const struct path *path, size_t at, const struct conf_node *node,
    struct conf_node *list)
{
	const struct path_step *step = &path->steps[at];

	if (step->kind == STEP_CHILD && at + 1 < path->count && path->steps[at + 1].schema == step->schema) {
		walk(collection, path, at + 1, node, list); /* the keyword of a list or leaf */
		return;
	}
	const bool second = at + 1 < path->count && path->steps[at + 1].kind == STEP_SECOND_NAMES;
	const size_t next = at + (second ? 2 : 1);

	for (const struct conf_node *child = tree_first(node, step->schema); child != NULL && count_work(collection);
	     child = tree_next(child)) {
		if (step->kind != STEP_CHILD && !wildcard_name_fits(step->word, child->value)) {
			continue;
		}
		if (second && !wildcard_name_fits(path->steps[at + 1].word, child->value2)) {
			continue;
		}
		if (next < path->count) {
			walk(collection, path, next, child, list);
		} else {
			collect(collection, list, second ? child->value2 : child->value);
		}
	}
}

/* One prefix beside the apply-path. What is none, such as a host name, has no place there. */
static void
put(struct collection *collection, struct conf_tree *tree, const struct found *found)
{
	const struct schema_node *schema = found->list->schema->keyword_less_child;
	struct text canonical = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct conf_node *node = NULL;
	const bool fits = schema_check_value(tree->schema, schema, found->value, &canonical, &error);
	bool good = !text_failed(&canonical);

	if (fits && tree_find(found->list, schema, text_string(&canonical), NULL) == NULL) {
		node = tree_add(tree, found->list, schema, text_string(&canonical), NULL);
		good = node != NULL && (node->inherited = strdup(CONF_BY_PATH)) != NULL;
	}
	if (!good) {
		fail_memory(collection);
	}
	text_release(&canonical);
	text_release(&error);
}

void
apply_path_expand(struct conf_tree *tree, struct diagnostics *list)
{
	struct collection collection = {.tree = tree, .list = list};

	for (struct conf_node *node = tree->top; node != NULL && !collection.failed;
	     node = tree_walk_next(node, tree->top)) {
		struct path path = {.count = 0};

		if (!apply_path_is(node->schema)) {
			continue;
		}
		if (path_read(&path, tree->schema, node->value)) {
			walk(&collection, &path, 0, tree->top, node->parent);
		} else if (text_failed(&path.problem)) {
			fail_memory(&collection);
		} else {
			tell(&collection, node, text_string(&path.problem));
		}
		path_release(&path);
	}
	for (size_t i = 0; i < collection.count; i++) {
		if (!collection.failed) {
			put(&collection, tree, &collection.found[i]);
		}
		free(collection.found[i].value);
	}
	free(collection.found);
}
