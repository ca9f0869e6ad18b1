/*
 * Pages about statements. See reference.h.
 *
 * The search goes as deep as the schema; "groups" repeats the whole of it and is passed over. Words are what a user typed:
 * they are compared, never trusted to be short.
 */
#include "conf/reference.h"

#include <string.h>

enum {
	REFERENCE_DEPTH = 24,
	REFERENCE_WORDS = 32,
	REFERENCE_HEADING_INDENT = 2,
	REFERENCE_INDENT = 6,
	REFERENCE_STEP = 4,
};

/* One word of the line, not terminated. */
struct reference_word {
	const char *start;
	size_t length;
};

struct reference_search {
	struct reference_word words[REFERENCE_WORDS];
	size_t word_count;
	const struct schema_node **found;
	size_t most;
	size_t count;
};

/* False: more words than any statement has. */
static bool
reference_split(struct reference_search *search, const char *words)
{
	while (*(words += strspn(words, " \t")) != '\0') {
		const size_t length = strcspn(words, " \t");

		if (search->word_count == REFERENCE_WORDS) {
			return false;
		}
		search->words[search->word_count++] = (struct reference_word){words, length};
		words += length;
	}
	return search->word_count > 0;
}

static bool
reference_is(const struct schema_node *node, const struct reference_word *word)
{
	return strlen(node->name) == word->length && strncmp(node->name, word->start, word->length) == 0;
}

/* The child whose keyword the word is, or begins as no other's does. NULL: none. */
static const struct schema_node *
reference_child(const struct schema_node *node, const struct reference_word *word)
{
	const struct schema_node *found = NULL;

	for (size_t i = 0; i < node->child_count; i++) {
		const struct schema_node *child = node->children[i];

		if (child->keyword_less || strncmp(child->name, word->start, word->length) != 0) {
			continue;
		}
		if (reference_is(child, word)) {
			return child;
		}
		if (!child->hidden) {
			if (found != NULL) {
				return NULL;
			}
			found = child;
		}
	}
	return found;
}

/* --- finding ---------------------------------------------------------------------------------------------------- */

/* The words behind a keyword that are names or values: how many of them follow at `at`. */
static size_t
reference_values(const struct reference_search *search, const struct schema_node *node, size_t at)
{
	size_t taken = 0;

	if (node->kind == SCHEMA_LEAF || node->kind == SCHEMA_LEAF_LIST) {
		return search->word_count - at;
	}
	if (node->kind != SCHEMA_LIST || node->keyword_less || at == search->word_count) {
		return 0;
	}
	/* A name that reads like a keyword below is taken for that: it was left out. */
	if (reference_child(node, &search->words[at]) == NULL) {
		taken = 1;
	}
	if (node->second_key != NULL && at + taken < search->word_count) {
		const struct reference_word *word = &search->words[at + taken];

		if (strlen(node->second_key) == word->length && strncmp(node->second_key, word->start, word->length) == 0) {
			taken += at + taken + 1 < search->word_count ? 2 : 1;
		}
	}
	return taken;
}

/* Where the words lead from the top; NULL: nowhere. */
static const struct schema_node *
reference_follow(const struct reference_search *search, const struct schema_node *top)
{
	const struct schema_node *node = top;

	for (size_t at = 0; at < search->word_count;) {
		const struct schema_node *child = reference_child(node, &search->words[at]);

		child = child == NULL ? node->keyword_less_child : child;
		if (child == NULL) {
			return NULL;
		}
		at++;
		at += reference_values(search, child, at);
		node = child->whole ? top : child;
	}
	return node == top ? NULL : node;
}

/* Do the words before the last one stand above the node, in their order? */
static bool
reference_fits(const struct reference_search *search, const struct schema_node *node)
{
	size_t left = search->word_count - 1;

	if (!reference_is(node, &search->words[left])) {
		return false;
	}
	for (node = node->parent; node != NULL && node->parent != NULL && left > 0; node = node->parent) {
		left -= reference_is(node, &search->words[left - 1]) ? 1 : 0;
	}
	return left == 0;
}

static void
reference_search(struct reference_search *search, const struct schema_node *node, size_t depth)
{
	for (size_t i = 0; i < node->child_count && depth < REFERENCE_DEPTH; i++) {
		const struct schema_node *child = node->children[i];

		if (child->hidden || child->whole) {
			continue;
		}
		if (reference_fits(search, child)) {
			if (search->count < search->most) {
				search->found[search->count] = child;
			}
			search->count++;
		}
		reference_search(search, child, depth + 1);
	}
}

size_t
reference_find(const struct schema *schema, const char *words, const struct schema_node **found, size_t most)
{
	struct reference_search search = {.found = found, .most = most};
	const struct schema_node *top = schema_top(schema);

	if (!reference_split(&search, words)) {
		return 0;
	}
	const struct schema_node *exact = reference_follow(&search, top);

	if (exact != NULL && !exact->hidden) {
		if (most > 0) {
			found[0] = exact;
		}
		return 1;
	}
	reference_search(&search, top, 0);
	return search.count;
}

/* --- the page --------------------------------------------------------------------------------------------------- */

/* " <name>" or, of an enumeration, " (a | b)": what stands behind the keyword. */
static void
reference_value(const struct schema_node *leaf, struct text *out)
{
	size_t count;
	const struct schema_word *words = schema_words(leaf, &count);

	if (words == NULL) {
		text_printf(out, "<%s>", leaf->type_name == NULL ? "value" : leaf->type_name);
		return;
	}
	text_append(out, count > 1 ? "(" : "");
	for (size_t i = 0; i < count; i++) {
		text_printf(out, "%s%s", i == 0 ? "" : " | ", words[i].name);
	}
	text_append(out, count > 1 ? ")" : "");
}

/* The words of a statement in a path or as the head of its syntax: keyword and names. */
static void
reference_head(const struct schema_node *node, struct text *out)
{
	const char *blank = node->keyword_less ? "" : " ";

	text_append(out, node->keyword_less ? "" : node->name);
	if (node->kind == SCHEMA_LIST) {
		text_printf(out, "%s<%s>", blank, node->key == NULL ? "name" : node->key);
		if (node->second_key != NULL) {
			text_printf(out, " %s <name>", node->second_key);
		}
	}
}

void
reference_path(const struct schema_node *node, struct text *out)
{
	const struct schema_node *way[REFERENCE_DEPTH];
	size_t depth = 0;

	for (; node != NULL && node->parent != NULL && depth < REFERENCE_DEPTH; node = node->parent) {
		way[depth++] = node;
	}
	while (depth-- > 0) {
		reference_head(way[depth], out);
		text_append(out, depth > 0 ? " " : "");
	}
}

/* The statement on one line, without what is below it. */
static void
reference_syntax(const struct schema_node *node, size_t indent, struct text *out)
{
	text_append_repeated(out, ' ', indent);
	reference_head(node, out);
	switch (node->kind) {
	case SCHEMA_CONTAINER:
	case SCHEMA_PRESENCE:
	case SCHEMA_LIST:
		text_append(out, node->child_count > 0 ? " { ... }" : ";");
		break;
	case SCHEMA_LEAF:
	case SCHEMA_LEAF_LIST:
		if (node->type_name != NULL) {
			text_append(out, node->keyword_less ? "" : " ");
			text_append(out, node->kind == SCHEMA_LEAF_LIST ? "[ " : "");
			reference_value(node, out);
			text_append(out, node->kind == SCHEMA_LEAF_LIST ? " ... ]" : "");
		}
		text_append(out, ";");
		break;
	}
	text_append_char(out, '\n');
}

/* With what may stand below it, a line each. */
static void
reference_block(const struct schema_node *node, struct text *out)
{
	if (node->child_count == 0) {
		reference_syntax(node, REFERENCE_INDENT, out);
		return;
	}
	text_append_repeated(out, ' ', REFERENCE_INDENT);
	reference_head(node, out);
	text_append(out, " {\n");
	for (size_t i = 0; i < node->child_count; i++) {
		if (!node->children[i]->hidden) {
			reference_syntax(node->children[i], REFERENCE_INDENT + REFERENCE_STEP, out);
		}
	}
	text_append_repeated(out, ' ', REFERENCE_INDENT);
	text_append(out, "}\n");
}

static void
reference_line(size_t indent, const char *name, const char *what, struct text *out)
{
	text_append_repeated(out, ' ', indent);
	text_printf(out, "%s%s%s\n", name, *name == '\0' ? "" : ": ", what);
}

/* What a value may be: words with their meaning, range, unit, default. */
static void
reference_limits(const struct schema_node *leaf, size_t indent, struct text *out)
{
	size_t count;
	const struct schema_word *words = schema_words(leaf, &count);

	for (size_t i = 0; words != NULL && i < count; i++) {
		reference_line(indent, words[i].name, words[i].help == NULL ? "" : words[i].help, out);
	}
	if (leaf->range != NULL) {
		reference_line(indent, "Range", leaf->range, out);
	}
	if (leaf->units != NULL) {
		reference_line(indent, "Unit", leaf->units, out);
	}
	if (leaf->default_value != NULL) {
		reference_line(indent, "Default", leaf->default_value, out);
	}
	if (leaf->omitted != NULL) {
		reference_line(indent, "Without a value", leaf->omitted, out);
	}
}

static void
reference_option(const struct schema_node *node, struct text *out)
{
	struct text name = TEXT_EMPTY;

	reference_head(node, &name);
	if (node->keyword_less && node->type_name != NULL) {
		reference_value(node, &name);
	}
	if (node->mandatory) {
		text_append(&name, " (needed)");
	}
	reference_line(REFERENCE_INDENT, text_string(&name), node->help, out);
	reference_limits(node, REFERENCE_INDENT + REFERENCE_STEP, out);
	text_release(&name);
}

/* Keys and children. */
static void
reference_options(const struct schema_node *node, struct text *out)
{
	if (node->key_node != NULL) {
		reference_option(node->key_node, out);
	}
	if (node->second_key_node != NULL) {
		reference_option(node->second_key_node, out);
	}
	for (size_t i = 0; i < node->child_count; i++) {
		if (!node->children[i]->hidden) {
			reference_option(node->children[i], out);
		}
	}
	reference_limits(node, REFERENCE_INDENT, out);
}

void
reference_heading(const char *heading, struct text *out)
{
	text_append_char(out, '\n');
	text_append_repeated(out, ' ', REFERENCE_HEADING_INDENT);
	text_printf(out, "%s\n\n", heading);
}

void
reference_render(const struct schema_node *node, struct text *out)
{
	struct text options = TEXT_EMPTY;

	text_printf(out, "%s\n", node->name);
	reference_heading("Syntax", out);
	reference_block(node, out);
	reference_heading("Hierarchy Level", out);
	text_append_repeated(out, ' ', REFERENCE_INDENT);
	text_append(out, node->parent == NULL || node->parent->parent == NULL ? "[edit" : "[edit ");
	reference_path(node->parent, out);
	text_append(out, "]\n");
	reference_heading("Description", out);
	reference_line(REFERENCE_INDENT, "", node->help, out);
	reference_options(node, &options);
	if (options.length > 0) {
		reference_heading("Options", out);
		text_append(out, text_string(&options));
	}
	out->failed = out->failed || text_failed(&options);
	text_release(&options);
}
