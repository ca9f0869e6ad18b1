/*
 * Users and classes: each user's class is there, no own class takes a predefined one's name,
 * expressions can be used.
 */
#include <string.h>

#include "check_private.h"
#include "conf/expression.h"

static const char *const predefined[] = {
    "super-user", "superuser", "operator", "read-only", "unauthorized"};

static bool
is_predefined(const char *name)
{
	for (size_t i = 0; i < sizeof(predefined) / sizeof(predefined[0]); i++) {
		if (strcmp(predefined[i], name) == 0) {
			return true;
		}
	}
	return false;
}

static void
check_expressions(const struct check *check, const struct conf_node *class)
{
	static const char *const leaves[] = {
	    "allow-commands", "deny-commands", "allow-configuration", "deny-configuration"};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		const struct conf_node *leaf = conf_child(class, leaves[i]);
		struct conf_expression expression;
		struct text error = TEXT_EMPTY;

		if (leaf == NULL) {
			continue;
		}
		if (conf_expression_compile(&expression, leaf->value, &error)) {
			conf_expression_release(&expression);
		} else {
			/* About the class: without the expression alone it would be another one,
			 * maybe a wider one. */
			check_error(check, class, "%s: %s", leaves[i], text_string(&error));
		}
		text_release(&error);
	}
}

/* The word asks at a terminal; nobody answers it in a file. */
static void
check_asking(const struct check *check, const struct conf_node *proofs)
{
	const struct conf_node *asking = conf_child(proofs, "plain-text-password");

	if (asking != NULL) {
		check_error(check, asking,
		    "it asks for a password at the terminal; a file has encrypted-password or plain-text-password-value");
	}
}

void
check_login(const struct check *check)
{
	const struct conf_node *login = conf_walk(check->top, "system", "login", NULL);

	check_asking(check, conf_walk(check->top, "system", "root-authentication", NULL));
	for (const struct conf_node *class = conf_first(login, "class"); class != NULL;
	     class = conf_next(class)) {
		if (is_predefined(class->value)) {
			check_error(check, class, "the class %s is predefined", class->value);
		}
		check_expressions(check, class);
	}
	for (const struct conf_node *user = conf_first(login, "user"); user != NULL;
	     user = conf_next(user)) {
		const char *class = conf_value(user, "class");

		if (class != NULL && !is_predefined(class) &&
		    conf_entry(login, "class", class, NULL) == NULL) {
			check_error(check, user, "there is no class '%s'", class);
		}
		check_asking(check, conf_child(user, "authentication"));
	}
}
