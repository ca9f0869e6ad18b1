/*
 * help apropos: the commands of a mode, or the statements, whose words or help hold a word.
 *
 * The walk goes as deep as the schema; "groups" repeats the whole of it and is passed over.
 */
#include <strings.h>
#include <string.h>

#include "op_private.h"

enum {
	APROPOS_DEPTH = 24,
	APROPOS_INDENT = 4,
};

struct apropos {
	const char *word;
	struct text *out;
	const struct schema_node *way[APROPOS_DEPTH]; /* the nodes above */
	size_t found;
};

static bool
apropos_holds(const char *text, const char *word)
{
	const size_t length = strlen(word);

	for (; text != NULL && *text != '\0'; text++) {
		if (strncasecmp(text, word, length) == 0) {
			return true;
		}
	}
	return false;
}

static void
apropos_entry(struct apropos *apropos, const char *words, const char *help)
{
	text_printf(apropos->out, "%s\n", words);
	text_append_repeated(apropos->out, ' ', APROPOS_INDENT);
	text_printf(apropos->out, "%s\n", help);
	apropos->found++;
}

/* "security zones security-zone <name>": keys are part of the way. */
static void
apropos_append(const struct schema_node *node, struct text *words)
{
	text_append(words, node->keyword_less ? "" : " ");
	text_append(words, node->keyword_less ? "" : node->name);
	if (node->kind == SCHEMA_LIST) {
		text_printf(words, " <%s>", node->key == NULL ? "name" : node->key);
		if (node->second_key != NULL) {
			text_printf(words, " %s <name>", node->second_key);
		}
	}
}

static void
apropos_node(struct apropos *apropos, const struct schema_node *node, size_t depth)
{
	if (apropos_holds(node->name, apropos->word) || apropos_holds(node->help, apropos->word)) {
		struct text words = TEXT_EMPTY;

		text_append(&words, "set");
		for (size_t i = 0; i < depth; i++) {
			apropos_append(apropos->way[i], &words);
		}
		apropos_append(node, &words);
		apropos_entry(apropos, text_string(&words), node->help);
		text_release(&words);
	}
}

static void
apropos_walk(struct apropos *apropos, const struct schema_node *node, size_t depth)
{
	for (size_t i = 0; i < node->child_count && depth < APROPOS_DEPTH; i++) {
		const struct schema_node *child = node->children[i];

		if (child->hidden || (depth == 0 && strcmp(child->name, "groups") == 0)) {
			continue;
		}
		apropos_node(apropos, child, depth);
		apropos->way[depth] = child;
		apropos_walk(apropos, child, depth + 1);
	}
}

size_t
op_apropos(const struct op_table *table, enum op_mode mode, const char *word, struct text *out)
{
	struct apropos apropos = {.word = word, .out = out};

	for (size_t i = 0; i < table->rpc_count; i++) {
		const struct op_rpc *rpc = &table->rpcs[i];

		if (rpc->mode == mode && (apropos_holds(rpc->words, word) || apropos_holds(rpc->help, word))) {
			apropos_entry(&apropos, rpc->words, rpc->help);
		}
	}
	if (mode == OP_MODE_CONFIGURATION) {
		apropos_walk(&apropos, schema_top(table->schema), 0);
	}
	return apropos.found;
}
