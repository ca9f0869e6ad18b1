/*
 * Reading a tree: the accessors of conf/tree.h, and nodes as words.
 *
 * Nothing here changes a tree, so many threads may read one that nobody changes.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/tree.h"
#include "schema_private.h"
#include "tree_private.h"

static const struct conf_node *
active(const struct conf_node *node)
{
	while (node != NULL && node->inactive) {
		node = tree_next(node);
	}
	return node;
}

static const struct schema_node *
child_schema(const struct conf_node *node, const char *name)
{
	return schema_child(node->schema, name, strlen(name));
}

const struct conf_node *
conf_child(const struct conf_node *node, const char *name)
{
	return conf_first(node, name);
}

const struct conf_node *
conf_first(const struct conf_node *node, const char *name)
{
	const struct schema_node *schema = node == NULL ? NULL : child_schema(node, name);

	return schema == NULL ? NULL : active(tree_first(node, schema));
}

const struct conf_node *
conf_next(const struct conf_node *node)
{
	return node == NULL ? NULL : active(tree_next(node));
}

const struct conf_node *
conf_entry(const struct conf_node *node, const char *list, const char *key, const char *second)
{
	const struct schema_node *schema = node == NULL ? NULL : child_schema(node, list);

	if (schema == NULL) {
		return NULL;
	}
	const struct conf_node *found = tree_find(node, schema, key, second);

	return found == NULL || found->inactive ? NULL : found;
}

const struct conf_node *
conf_walk(const struct conf_node *node, ...)
{
	va_list names;
	const char *name;

	va_start(names, node);
	while (node != NULL && (name = va_arg(names, const char *)) != NULL) {
		node = conf_child(node, name);
	}
	va_end(names);
	return node;
}

const char *
conf_value(const struct conf_node *node, const char *leaf)
{
	if (node == NULL) {
		return NULL;
	}
	const struct schema_node *schema = child_schema(node, leaf);

	if (schema == NULL) {
		const struct schema_node *list = node->schema;

		if (list->key_node != NULL && strcmp(list->key, leaf) == 0) {
			return node->value;
		}
		if (list->second_key_node != NULL && strcmp(list->second_key_node->name, leaf) == 0) {
			return node->value2;
		}
		return NULL;
	}
	const struct conf_node *child = active(tree_first(node, schema));

	return child == NULL ? schema->default_value : child->value;
}

uint32_t
conf_number(const struct conf_node *node, const char *leaf, uint32_t otherwise)
{
	const char *value = conf_value(node, leaf);

	return value == NULL ? otherwise : (uint32_t)strtoul(value, NULL, 10);
}

bool
conf_present(const struct conf_node *node, const char *name)
{
	return conf_child(node, name) != NULL;
}

/* What stands plain in a statement; everything else is quoted. */
static bool
word_is_plain(const char *word)
{
	if (*word == '\0') {
		return false;
	}
	for (const char *c = word; *c != '\0'; c++) {
		const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');

		if (!letter && strchr("-_.:/*@+%=~,<>$", *c) == NULL) {
			return false;
		}
	}
	/* It would be read as a comment; JUNOS quotes what begins as a secret or hash. */
	return strncmp(word, "/*", 2) != 0 && *word != '$';
}

void
tree_append_quoted(struct text *out, const char *word)
{
	text_append_char(out, '"');
	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			text_append_char(out, '\\');
		}
		text_append_char(out, *c);
	}
	text_append_char(out, '"');
}

void
tree_append_word(struct text *out, const char *word)
{
	if (word_is_plain(word)) {
		text_append(out, word);
	} else {
		tree_append_quoted(out, word);
	}
}

void
tree_append_words(struct text *out, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	const char *blank = "";

	if (!schema->keyword_less) {
		text_append(out, schema->name);
		blank = " ";
	}
	if (node->value != NULL) {
		text_append(out, blank);
		tree_append_word(out, node->value);
	}
	if (node->value2 != NULL) {
		text_printf(out, " %s ", schema->second_key);
		tree_append_word(out, node->value2);
	}
}

void
conf_path(const struct conf_node *node, struct text *out)
{
	const struct conf_node *chain[64];
	size_t depth = 0;

	for (; node != NULL && node->parent != NULL && depth < sizeof(chain) / sizeof(chain[0]); node = node->parent) {
		chain[depth++] = node;
	}
	for (size_t i = depth; i-- > 0;) {
		tree_append_words(out, chain[i]);
		if (i > 0) {
			text_append_char(out, ' ');
		}
	}
}

void
conf_statement(const struct conf_node *node, struct text *out)
{
	if (node->schema->keyword_less && node->parent != NULL && node->parent->parent != NULL) {
		tree_append_words(out, node->parent);
		text_append_char(out, ' ');
	}
	tree_append_words(out, node);
}

bool
tree_is_empty(const struct conf_node *root)
{
	for (const struct conf_node *node = root; node != NULL; node = tree_walk_next(node, root)) {
		if (node->schema->kind != SCHEMA_CONTAINER) {
			return false;
		}
	}
	return true;
}

bool
tree_stands_alone(const struct conf_node *node)
{
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		if (!tree_is_empty(child)) {
			return false;
		}
	}
	return node->schema->kind != SCHEMA_CONTAINER;
}
