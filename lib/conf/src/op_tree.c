/*
 * Operational data trees. See conf/op.h.
 *
 * A node and its strings are one allocation. On the wire a tree is its nodes in document order, each with one leading
 * octet: OPEN (a name follows; a container or a flag), LEAF (name and value follow, children may come) and CLOSE. A name is
 * one octet of length and its bytes, a value four octets of length and its bytes. Neither holds NUL.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/op.h"

enum op_token {
	OP_TOKEN_CLOSE = 0,
	OP_TOKEN_OPEN = 1,
	OP_TOKEN_LEAF = 2,
};

enum {
	OP_NAME_LENGTH = 255,
	OP_FRAME = 3, /* token, length of the name, token of the end */
	OP_VALUE_FRAME = 4,
	OP_NUMBER_LENGTH = 24,
};

static struct op_node *
op_node_create(const char *name, size_t name_length, const char *value, size_t value_length)
{
	const size_t strings = name_length + 1 + (value == NULL ? 0 : value_length + 1);
	struct op_node *node = malloc(sizeof(*node) + strings);

	if (node == NULL) {
		return NULL;
	}
	char *text = (char *)(node + 1);

	memcpy(text, name, name_length);
	text[name_length] = '\0';
	*node = (struct op_node){.name = text};
	if (value != NULL) {
		char *copy = text + name_length + 1;

		memcpy(copy, value, value_length);
		copy[value_length] = '\0';
		node->value = copy;
	}
	return node;
}

static void
op_node_append(struct op_node *parent, struct op_node *node)
{
	node->parent = parent;
	if (parent->last == NULL) {
		parent->first = node;
	} else {
		parent->last->next = node;
	}
	parent->last = node;
}

static size_t
op_node_size(size_t name_length, const char *value, size_t value_length)
{
	return OP_FRAME + name_length + (value == NULL ? 0 : OP_VALUE_FRAME + value_length);
}

void
op_tree_start(struct op_tree *tree, const char *root)
{
	const size_t length = strlen(root);

	*tree = (struct op_tree){.size = op_node_size(length, NULL, 0)};
	if (length == 0 || length > OP_NAME_LENGTH) {
		tree->failed = true;
		return;
	}
	tree->root = op_node_create(root, length, NULL, 0);
	tree->failed = tree->root == NULL;
}

void
op_tree_release(struct op_tree *tree)
{
	struct op_node *node = tree->root;

	while (node != NULL) {
		if (node->first != NULL) {
			struct op_node *child = node->first;

			node->first = child->next;
			child->parent = node;
			node = child;
			continue;
		}
		struct op_node *parent = node->parent;

		free(node);
		node = parent;
	}
	*tree = (struct op_tree){.root = NULL};
}

struct op_node *
op_add(struct op_tree *tree, struct op_node *parent, const char *name, const char *value)
{
	if (tree->failed || parent == NULL) {
		return NULL;
	}
	const size_t name_length = strlen(name);
	const size_t value_length = value == NULL ? 0 : strlen(value);

	if (name_length == 0 || name_length > OP_NAME_LENGTH || value_length > OP_TREE_SIZE) {
		tree->failed = true;
		return NULL;
	}
	struct op_node *node = op_node_create(name, name_length, value, value_length);

	if (node == NULL) {
		tree->failed = true;
		return NULL;
	}
	op_node_append(parent, node);
	tree->size += op_node_size(name_length, value, value_length);
	return node;
}

struct op_node *
op_add_number(struct op_tree *tree, struct op_node *parent, const char *name, uint64_t value)
{
	char number[OP_NUMBER_LENGTH];

	snprintf(number, sizeof(number), "%" PRIu64, value);
	return op_add(tree, parent, name, number);
}

struct op_node *
op_addf(struct op_tree *tree, struct op_node *parent, const char *name, const char *format, ...)
{
	struct text value = TEXT_EMPTY;
	struct op_node *node = NULL;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&value, format, arguments);
	va_end(arguments);
	if (text_failed(&value)) {
		tree->failed = true;
	} else {
		node = op_add(tree, parent, name, text_string(&value));
	}
	text_release(&value);
	return node;
}

const struct op_node *
op_find(const struct op_node *node, const char *name)
{
	if (node == NULL) {
		return NULL;
	}
	for (const struct op_node *child = node->first; child != NULL; child = child->next) {
		if (strcmp(child->name, name) == 0) {
			return child;
		}
	}
	return NULL;
}

const struct op_node *
op_next(const struct op_node *node)
{
	for (const struct op_node *next = node->next; next != NULL; next = next->next) {
		if (strcmp(next->name, node->name) == 0) {
			return next;
		}
	}
	return NULL;
}

const char *
op_value(const struct op_node *node, const char *name)
{
	const struct op_node *child = op_find(node, name);

	return child == NULL ? NULL : child->value;
}

uint64_t
op_number(const struct op_node *node, const char *name, uint64_t otherwise)
{
	const char *value = op_value(node, name);
	uint64_t number = 0;

	if (value == NULL || *value == '\0') {
		return otherwise;
	}
	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9') {
			return otherwise;
		}
		const uint64_t digit = (uint64_t)(*value - '0');

		if (number > (UINT64_MAX - digit) / 10) {
			return otherwise;
		}
		number = number * 10 + digit;
	}
	return number;
}

static void
op_encode_open(const struct op_node *node, struct writer *writer)
{
	const size_t length = strlen(node->name);

	writer_u8(writer, node->value == NULL ? OP_TOKEN_OPEN : OP_TOKEN_LEAF);
	writer_u8(writer, (uint8_t)length);
	writer_bytes(writer, node->name, length);
	if (node->value != NULL) {
		const size_t value_length = strlen(node->value);

		writer_u32(writer, (uint32_t)value_length);
		writer_bytes(writer, node->value, value_length);
	}
}

void
op_tree_encode(const struct op_tree *tree, struct writer *writer)
{
	const struct op_node *node = tree->root;

	if (tree->failed || node == NULL) {
		writer->failed = true;
		return;
	}
	op_encode_open(node, writer);
	for (;;) {
		if (node->first != NULL) {
			node = node->first;
			op_encode_open(node, writer);
			continue;
		}
		writer_u8(writer, OP_TOKEN_CLOSE);
		while (node->next == NULL && node->parent != NULL) {
			node = node->parent;
			writer_u8(writer, OP_TOKEN_CLOSE);
		}
		if (node->parent == NULL) {
			return;
		}
		node = node->next;
		op_encode_open(node, writer);
	}
}

uint8_t *
op_tree_octets(const struct op_tree *tree, size_t *length)
{
	uint8_t *octets = tree->failed ? NULL : malloc(tree->size);

	if (octets == NULL) {
		return NULL;
	}
	struct writer writer = writer_over(octets, tree->size);

	op_tree_encode(tree, &writer);
	*length = writer_length(&writer);
	if (writer_failed(&writer)) {
		free(octets);
		octets = NULL;
	}
	return octets;
}

/* Names become tags: letters, digits, hyphens, dots and underscores, as YANG has them. */
static bool
op_name_valid(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const char c = name[i];
		const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_';

		if (!fits) {
			return false;
		}
	}
	return length > 0;
}

/* One OPEN or LEAF token's node under `parent` (NULL: the root); NULL when it is malformed or memory is short. */
static struct op_node *
op_decode_node(struct op_tree *tree, struct op_node *parent, uint8_t token, struct reader *reader)
{
	const size_t name_length = reader_u8(reader);
	const char *name = (const char *)reader_bytes(reader, name_length);
	const char *value = NULL;
	size_t value_length = 0;

	if (token == OP_TOKEN_LEAF) {
		value_length = reader_u32(reader);
		value = (const char *)reader_bytes(reader, value_length);
	} else if (token != OP_TOKEN_OPEN) {
		return NULL;
	}
	if (reader_failed(reader) || !op_name_valid(name, name_length) ||
	    (value != NULL && memchr(value, '\0', value_length) != NULL)) {
		return NULL;
	}
	struct op_node *node = op_node_create(name, name_length, value, value_length);

	if (node == NULL) {
		return NULL;
	}
	tree->size += op_node_size(name_length, value, value_length);
	if (parent == NULL) {
		tree->root = node;
	} else {
		op_node_append(parent, node);
	}
	return node;
}

bool
op_tree_decode(struct op_tree *tree, struct reader *reader)
{
	struct op_node *node = NULL;
	uint32_t depth = 0;

	*tree = (struct op_tree){.root = NULL};
	if (reader_left(reader) > OP_TREE_SIZE) {
		return false;
	}
	do {
		const uint8_t token = reader_u8(reader);

		if (reader_failed(reader)) {
			break;
		}
		if (token == OP_TOKEN_CLOSE) {
			if (node == NULL) {
				break;
			}
			node = node->parent;
			depth--;
			continue;
		}
		node = depth < OP_TREE_DEPTH ? op_decode_node(tree, node, token, reader) : NULL;
		if (node == NULL) {
			break;
		}
		depth++;
	} while (depth > 0);
	if (depth != 0 || tree->root == NULL || reader_failed(reader)) {
		op_tree_release(tree);
		return false;
	}
	return true;
}
