/*
 * See explain/policy_element.h.
 */
#include "explain/policy_element.h"

#include <string.h>

#include "conf/books.h"
#include "engine/classifier.h"

enum {
	SET_DEPTH = 16, /* address sets in address sets; the checks refuse circles */
};

struct resolving {
	struct op_tree *tree;
	struct op_node *parent;
	const struct conf_node *book;
	unsigned depth;
};

static bool
is_global(const struct conf_node *context)
{
	return strcmp(context->schema->name, "global") == 0;
}

const char *
explain_from_zone(const struct conf_node *context)
{
	return is_global(context) ? EXPLAIN_GLOBAL_ZONE : context->value;
}

const char *
explain_to_zone(const struct conf_node *context)
{
	return is_global(context) ? EXPLAIN_GLOBAL_ZONE : context->value2;
}

static const char *
state_word(const struct explain_policy *what)
{
	if (what->identity == UINT32_MAX) {
		return "disabled";
	}
	return classifier_policy_active(what->snapshot, what->identity, what->wall) ? "enabled" : "inactive";
}

static void
add_prefixes(const struct resolving *resolving, const char *name)
{
	const struct conf_node *address = conf_entry(resolving->book, "address", name, NULL);
	const struct conf_node *set = conf_entry(resolving->book, "address-set", name, NULL);
	struct resolving deeper = *resolving;

	if (address != NULL) {
		const char *prefix = conf_value(address, "ip-prefix");
		const char *domain = conf_value(address, "dns-name");

		(void)op_add(resolving->tree, resolving->parent, "address-prefix",
		    prefix != NULL ? prefix :
		    domain != NULL ? domain :
		                     "");
		return;
	}
	if (set == NULL || resolving->depth == SET_DEPTH) {
		return;
	}
	deeper.depth++;
	for (const struct conf_node *member = conf_first(set, "address"); member != NULL; member = conf_next(member)) {
		add_prefixes(&deeper, member->value);
	}
	for (const struct conf_node *member = conf_first(set, "address-set"); member != NULL; member = conf_next(member)) {
		add_prefixes(&deeper, member->value);
	}
}

static void
add_addresses(const struct explain_policy *what, struct op_tree *tree, struct op_node *element, const char *leaf)
{
	const bool source = strcmp(leaf, "source-address") == 0;
	const struct conf_node *top = conf_tree_top(what->tree);
	const struct conf_node *zones = conf_walk(top, "security", "zones", NULL);
	const char *zone = source ? explain_from_zone(what->context) : explain_to_zone(what->context);
	const struct conf_node *own = conf_child(conf_entry(zones, "security-zone", zone, NULL), "address-book");

	for (const struct conf_node *value = conf_first(conf_child(what->policy, "match"), leaf); value != NULL;
	     value = conf_next(value)) {
		struct op_node *address = op_add(tree, element, leaf, NULL);
		const struct resolving resolving = {
		    .tree = tree, .parent = address, .book = conf_book_of(top, own, value->value)};

		(void)op_add(tree, address, "address-name", value->value);
		if (!what->detail) {
			continue;
		}
		if (resolving.book != NULL) {
			add_prefixes(&resolving, value->value);
		} else {
			const bool any = strcmp(value->value, "any") == 0 || strcmp(value->value, "all") == 0;

			(void)op_add(tree, address, "address-prefix", any ? "0.0.0.0/0" : value->value);
			if (any) {
				(void)op_add(tree, address, "address-prefix", "::/0");
			}
		}
	}
}

static void
add_term(const struct explain_policy *what, struct op_tree *tree, struct op_node *application, const char *name)
{
	const struct conf_node *top = conf_tree_top(what->tree);
	const struct conf_node *own = conf_entry(conf_child(top, "applications"), "application", name, NULL);
	static const char *const names[][2] = {
	    {"protocol", "protocol"},
	    {"source-port", "source-port-range"},
	    {"destination-port", "destination-port-range"},
	    {"inactivity-timeout", "inactivity-timeout"},
	};

	if (own == NULL) {
		return; /* any, a set or a predefined one: its name says it */
	}
	struct op_node *term = op_add(tree, application, "application-term", NULL);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = conf_value(own, names[i][0]);

		if (value != NULL) {
			(void)op_add(tree, term, names[i][1], value);
		}
	}
}

static void
add_applications(const struct explain_policy *what, struct op_tree *tree, struct op_node *element)
{
	const struct conf_node *match = conf_child(what->policy, "match");

	for (const struct conf_node *leaf = conf_first(match, "application"); leaf != NULL; leaf = conf_next(leaf)) {
		struct op_node *application = op_add(tree, element, "application", NULL);

		(void)op_add(tree, application, "application-name", leaf->value);
		if (what->detail) {
			add_term(what, tree, application, leaf->value);
		}
	}
}

static void
add_words(struct op_tree *tree, struct op_node *element, const char *name, const struct conf_node *first)
{
	for (const struct conf_node *value = first; value != NULL; value = conf_next(value)) {
		(void)op_add(tree, element, name, value->value);
	}
}

static void
add_action(const struct explain_policy *what, struct op_tree *tree, struct op_node *element)
{
	const struct conf_node *then = conf_child(what->policy, "then");
	const struct conf_node *log = conf_child(then, "log");
	const char *const action = conf_present(then, "permit") ? "permit" :
	    conf_present(then, "reject")                         ? "reject" :
	                                                           "deny";

	(void)op_add(tree, element, "action", action);
	if (conf_present(log, "session-init") || conf_present(log, "session-close")) {
		(void)op_add(tree, element, "log", "log");
	}
	if (conf_present(log, "session-init")) {
		(void)op_add(tree, element, "log-session-init", NULL);
	}
	if (conf_present(log, "session-close")) {
		(void)op_add(tree, element, "log-session-close", NULL);
	}
	if (conf_present(then, "count")) {
		(void)op_add(tree, element, "count", NULL);
	}
}

void
explain_add_policy(const struct explain_policy *what, struct op_tree *tree, struct op_node *element)
{
	const struct conf_node *match = conf_child(what->policy, "match");
	const char *description = conf_value(what->policy, "description");

	(void)op_add(tree, element, "policy-name", what->policy->value);
	(void)op_add(tree, element, "policy-state", state_word(what));
	if (what->identity != UINT32_MAX) {
		(void)op_add_number(
		    tree, element, "policy-identifier", (uint64_t)what->identity + EXPLAIN_POLICY_INDEX_FIRST);
	}
	(void)op_add_number(tree, element, "policy-sequence-number", (uint64_t)what->position + 1);
	if (what->detail && description != NULL) {
		(void)op_add(tree, element, "description", description);
	}
	add_words(tree, element, "scheduler-name", conf_first(what->policy, "scheduler-name"));
	if (is_global(what->context)) {
		add_words(tree, element, "match-from-zone", conf_first(match, "from-zone"));
		add_words(tree, element, "match-to-zone", conf_first(match, "to-zone"));
	}
	add_addresses(what, tree, element, "source-address");
	add_addresses(what, tree, element, "destination-address");
	add_applications(what, tree, element);
	add_action(what, tree, element);
}
