/*
 * Walking over the secrets of a tree. See conf/wrapped.h.
 */
#include "conf/wrapped.h"

#include <string.h>

#include "schema_private.h"
#include "secret_form.h"
#include "tree_private.h"

enum { WRAPPED_MOST = 8192 };

bool
wrapped_is_possible(const struct schema_node *schema)
{
	return schema->secret && strcmp(schema->name, "encrypted-password") != 0;
}

static bool
is_secret(const struct conf_node *node)
{
	return node->value != NULL && wrapped_is_possible(node->schema);
}

static bool
begins_wrapped(const char *value)
{
	return strncmp(value, CONF_WRAPPED, sizeof(CONF_WRAPPED) - 1) == 0;
}

bool
wrapped_is_form(const struct schema_node *schema, const char *value, size_t length)
{
	static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	const size_t start = sizeof(CONF_WRAPPED) - 1;

	return wrapped_is_possible(schema) && length > start && length <= WRAPPED_MOST && begins_wrapped(value) &&
	    strspn(value + start, signs) == length - start;
}

/* Where the secret stands: its words without itself. */
static void
append_path(const struct conf_node *node, struct text *out)
{
	conf_path(node->parent, out);
	text_printf(out, " %s", node->schema->name);
}

static bool
change(struct conf_node *node, conf_change_secret *how, void *context)
{
	struct text path = TEXT_EMPTY;
	struct text value = TEXT_EMPTY;
	bool good;

	append_path(node, &path);
	good = !text_failed(&path) && how(context, node->value, text_string(&path), &value) && !text_failed(&value);
	if (good) {
		explicit_bzero(node->value, strlen(node->value));
		good = tree_set_value(node, text_string(&value));
	}
	if (value.bytes != NULL) {
		explicit_bzero(value.bytes, value.length);
	}
	text_release(&path);
	text_release(&value);
	return good;
}

bool
conf_holds_secrets(const struct conf_tree *tree)
{
	for (const struct conf_node *node = tree->top; node != NULL; node = tree_walk_next(node, tree->top)) {
		if (is_secret(node)) {
			return true;
		}
	}
	return false;
}

bool
conf_wrap_secrets(struct conf_tree *tree, conf_change_secret *wrap, void *context)
{
	for (struct conf_node *node = tree->top; node != NULL; node = tree_walk_next(node, tree->top)) {
		if (is_secret(node) && !change(node, wrap, context)) {
			return false;
		}
	}
	return true;
}

bool
conf_names_secrets(const struct conf_tree *tree)
{
	for (const struct conf_node *node = tree->top; node != NULL; node = tree_walk_next(node, tree->top)) {
		if (node->schema->secret) {
			return true;
		}
	}
	return false;
}

bool
conf_withhold_secrets(struct conf_tree *tree)
{
	struct conf_node *node = tree->top;

	while (node != NULL) {
		struct conf_node *next = tree_walk_next(node, tree->top);

		if (is_secret(node)) {
			explicit_bzero(node->value, strlen(node->value));
			if (!tree_set_value(node, CONF_WRAPPED "withheld")) {
				return false;
			}
		} else if (node->schema->secret) {
			tree_remove(node);
		}
		node = next;
	}
	return true;
}

static bool
write_form(void *context, const char *value, const char *path, struct text *out)
{
	(void)context;
	(void)path;
	secret_form_write(value, out);
	return true;
}

bool
conf_show_secrets(struct conf_tree *tree)
{
	return conf_wrap_secrets(tree, write_form, NULL);
}

static void
tell(const struct conf_node *node, struct diagnostics *list)
{
	struct text path = TEXT_EMPTY;

	conf_path(node->parent, &path);
	diagnostics_addf(list, DIAGNOSTIC_ERROR, text_string(&path), node->schema->name, node->line, "%s",
	    CONF_NOT_UNWRAPPED);
	text_release(&path);
}

bool
conf_unwrap_secrets(struct conf_tree *tree, conf_change_secret *unwrap, void *context, bool leave_out,
    struct diagnostics *list)
{
	struct conf_node *node = tree->top;
	bool good = true;

	while (node != NULL) {
		struct conf_node *next = tree_walk_next(node, tree->top);

		if (is_secret(node) && begins_wrapped(node->value) && !change(node, unwrap, context)) {
			tell(node, list);
			good = false;
			if (leave_out) {
				tree_remove(node);
			}
		}
		node = next;
	}
	return good;
}
