/*
 * Passwords become hashes. See conf/passwords.h.
 */
#include "conf/passwords.h"

#include <string.h>

#include "tree_private.h"

/* The hash beside the password, with its marks. False: no memory, or there is no hash. */
static bool
put_hash(struct conf_tree *tree, const struct conf_node *plain, conf_password_hash *hash)
{
	static const char name[] = "encrypted-password";
	const struct schema_node *schema =
	    schema_child(plain->parent->schema, name, sizeof(name) - 1);
	struct conf_node *leaf =
	    schema == NULL ? NULL : tree_find(plain->parent, schema, NULL, NULL);
	struct text value = TEXT_EMPTY;
	bool good = schema != NULL && hash(plain->value, &value) && !text_failed(&value);

	if (good && leaf != NULL) {
		good = tree_set_value(leaf, text_string(&value));
	} else if (good) {
		leaf = tree_add(tree, plain->parent, schema, text_string(&value), NULL);
		good = leaf != NULL;
	}
	if (good) {
		leaf->inactive = plain->inactive;
	}
	text_release(&value);
	return good;
}

static bool
hash_below(struct conf_tree *tree, struct conf_node *root, conf_password_hash *hash)
{
	struct conf_node *node = root;
	bool good = true;

	while (node != NULL) {
		struct conf_node *next = tree_walk_next(node, root);

		if (node->value != NULL &&
		    strcmp(node->schema->name, "plain-text-password-value") == 0) {
			good = put_hash(tree, node, hash) && good;
			explicit_bzero(node->value, strlen(node->value));
			tree_remove(node);
		}
		node = next;
	}
	return good;
}

bool
conf_hash_passwords(struct conf_tree *tree, conf_password_hash *hash)
{
	bool good = true;

	/* Passwords of the device's users are nowhere else. */
	for (struct conf_node *part = tree->top->first; part != NULL; part = part->next) {
		if (strcmp(part->schema->name, "system") == 0 ||
		    strcmp(part->schema->name, "groups") == 0) {
			good = hash_below(tree, part, hash) && good;
		}
	}
	return good;
}
