/*
 * Spellings that depend on the rest of the configuration. See canonical.h and conf_canonicalize().
 *
 * One walk over policies and sets after loading, and once more at commit for what was typed since. It is short of
 * nothing: when memory is, the spelling stays as it was, and the checks understand it all the same.
 */
#include "canonical.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/applications.h"
#include "tree_private.h"
#include "value_read.h"

struct canonicalizer {
	struct conf_tree *tree;
	struct diagnostics *list;
	const struct conf_node *zones; /* security zones; NULL: none */
};

bool
canonical_is_prefix(const char *word)
{
	unsigned dots = 0;
	struct in6_addr binary;
	uint32_t bits;

	if (strchr(word, ':') != NULL) {
		return value_read_ipv6_prefix(word, strlen(word), &binary, &bits);
	}

	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '/') {
			return dots == 3 && c[1] >= '0' && c[1] <= '9' && strspn(c + 1, "0123456789") == strlen(c + 1) &&
			    strtoul(c + 1, NULL, 10) <= 32;
		}
		if (*c != '.' && (*c < '0' || *c > '9')) {
			return false;
		}
		dots += *c == '.';
	}
	return dots == 3;
}

const struct conf_node *
canonical_zone(const struct conf_node *zones, const char *name)
{
	const struct conf_node *found = NULL;

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone != NULL; zone = conf_next(zone)) {
		if (strcasecmp(zone->value, name) != 0) {
			continue;
		}
		if (found != NULL) {
			return NULL;
		}
		found = zone;
	}
	return found;
}

/* Gives an entry or leaf-list value another key; a twin that is there already takes its place. */
static void
rename_node(struct canonicalizer *canonicalizer, struct conf_node *node, const char *value)
{
	struct conf_node *parent = node->parent;

	if (tree_find(parent, node->schema, value, node->value2) != NULL) {
		tree_remove(node);
		return;
	}
	char *copy = strdup(value);

	if (copy == NULL) {
		return;
	}
	struct conf_node *next = node->next;

	tree_unlink(node);
	free(node->value);
	node->value = copy;
	tree_link(canonicalizer->tree, parent, node, next);
}

static const struct schema_node *
child_of(const struct conf_node *node, const char *name)
{
	return schema_child(node->schema, name, strlen(name));
}

/* application leaf-lists and set members: POP3 -> junos-pop3, all -> any. */
static void
applications(struct canonicalizer *canonicalizer, struct conf_node *parent, bool any_possible)
{
	struct conf_node *node = tree_first(parent, child_of(parent, "application"));

	while (node != NULL) {
		struct conf_node *next = tree_next(node);
		const struct conf_application found = conf_application_find(canonicalizer->tree, node->value);

		if (found.kind == CONF_APPLICATION_PREDEFINED && strcmp(found.canonical, node->value) != 0) {
			rename_node(canonicalizer, node, found.canonical);
		} else if (found.kind == CONF_APPLICATION_NONE && any_possible && strcmp(node->value, "all") == 0) {
			rename_node(canonicalizer, node, "any");
		}
		node = next;
	}
}

static bool
book_has(const struct canonicalizer *canonicalizer, const char *zone, const char *name)
{
	const struct conf_node *book =
	    conf_child(conf_entry(canonicalizer->zones, "security-zone", zone, NULL), "address-book");

	return conf_entry(book, "address", name, NULL) != NULL || conf_entry(book, "address-set", name, NULL) != NULL;
}

/* E-077: all -> any, unless the book knows something called all. */
static void
addresses(struct canonicalizer *canonicalizer, struct conf_node *match, const char *name, const char *zone)
{
	struct conf_node *node = tree_find(match, child_of(match, name), "all", NULL);

	if (node != NULL && !book_has(canonicalizer, zone, "all")) {
		rename_node(canonicalizer, node, "any");
	}
}

static void
context_policies(struct canonicalizer *canonicalizer, const struct conf_node *context)
{
	struct conf_node *policy = tree_first(context, child_of(context, "policy"));

	for (; policy != NULL; policy = tree_next(policy)) {
		struct conf_node *match = tree_first(policy, child_of(policy, "match"));

		if (match != NULL) {
			addresses(canonicalizer, match, "source-address", context->value);
			addresses(canonicalizer, match, "destination-address", context->value2);
			applications(canonicalizer, match, true);
		}
	}
}

/* What `from` has and `to` lacks, value by value; of two leaves the later one counts, as when both are loaded. */
static void
merge(struct conf_tree *tree, struct conf_node *to, const struct conf_node *from)
{
	const struct conf_node *node = from->first;

	while (node != NULL) {
		struct conf_node *twin = tree_find(to, node->schema, node->value, node->value2);

		if (twin == NULL) {
			twin = tree_add(tree, to, node->schema, node->value, node->value2);
		} else if (node->schema->kind == SCHEMA_LEAF && !tree_set_value(twin, node->value)) {
			return;
		}
		if (twin == NULL) {
			return;
		}
		twin->line = twin->line == 0 ? node->line : twin->line;
		if (node->first != NULL) {
			node = node->first;
			to = twin;
			continue;
		}
		while (node != from && node->next == NULL) {
			node = node->parent;
			to = to->parent;
		}
		node = node == from ? NULL : node->next;
	}
}

/* The configured spelling of a zone's name; `name` itself when there is nothing better. */
static const char *
zone_spelling(const struct canonicalizer *canonicalizer, const char *name)
{
	if (strcmp(name, "any") == 0 || conf_entry(canonicalizer->zones, "security-zone", name, NULL) != NULL) {
		return name;
	}
	const struct conf_node *zone = canonical_zone(canonicalizer->zones, name);

	return zone == NULL ? name : zone->value;
}

/* E-041: a context whose zones differ from the configured ones in case only goes to theirs. */
static void
respell_context(struct canonicalizer *canonicalizer, struct conf_node *context)
{
	const char *from = zone_spelling(canonicalizer, context->value);
	const char *to = zone_spelling(canonicalizer, context->value2);
	struct conf_node *parent = context->parent;

	if (from == context->value && to == context->value2) {
		return;
	}
	struct conf_node *there = tree_find(parent, context->schema, from, to);

	if (there == NULL) {
		there = tree_add(canonicalizer->tree, parent, context->schema, from, to);
		if (there == NULL) {
			return;
		}
		there->line = context->line;
	}
	struct text words = TEXT_EMPTY;

	tree_append_words(&words, context);
	diagnostics_addf(canonicalizer->list, DIAGNOSTIC_WARNING, "security policies", text_string(&words),
	    context->line, "E-041 zones are named '%s' and '%s': read so", from, to);
	text_release(&words);
	while (context->first != NULL) {
		struct conf_node *policy = context->first;

		tree_unlink(policy);
		if (tree_find(there, policy->schema, policy->value, NULL) != NULL) {
			/* A policy of this name is there: what it lacks comes from this one. */
			struct conf_node *twin = tree_find(there, policy->schema, policy->value, NULL);

			merge(canonicalizer->tree, twin, policy);
			tree_destroy_node(policy);
		} else {
			tree_link(canonicalizer->tree, there, policy, NULL);
		}
	}
	tree_remove(context);
}

static void
policies(struct canonicalizer *canonicalizer, struct conf_node *policies_node)
{
	struct conf_node *context = tree_first(policies_node, child_of(policies_node, "from-zone"));

	while (context != NULL) {
		struct conf_node *next = tree_next(context);

		respell_context(canonicalizer, context);
		context = next;
	}
	context = tree_first(policies_node, child_of(policies_node, "from-zone"));
	for (; context != NULL; context = tree_next(context)) {
		context_policies(canonicalizer, context);
	}
}

/* E-071: a literal prefix in a set becomes an entry of the book that has the prefix as its name. */
static void
literal_members(struct canonicalizer *canonicalizer, struct conf_node *book, const struct conf_node *set)
{
	const struct schema_node *address = child_of(book, "address");
	const struct conf_node *member = tree_first(set, child_of(set, "address"));

	for (; member != NULL; member = tree_next(member)) {
		if (!canonical_is_prefix(member->value) || tree_find(book, address, member->value, NULL) != NULL) {
			continue;
		}
		struct conf_node *entry = tree_add(canonicalizer->tree, book, address, member->value, NULL);
		struct text prefix = TEXT_EMPTY;
		struct text error = TEXT_EMPTY;

		if (entry != NULL) {
			const struct schema_node *leaf = address->keyword_less_child;
			const bool good = schema_check_value(canonicalizer->tree->schema, leaf, member->value, &prefix, &error);
			struct conf_node *value =
			    good ? tree_add(canonicalizer->tree, entry, leaf, text_string(&prefix), NULL) : NULL;

			entry->line = member->line;
			if (value == NULL) {
				tree_remove(entry);
			} else {
				value->line = member->line;
			}
		}
		text_release(&prefix);
		text_release(&error);
	}
}

static void
books(struct canonicalizer *canonicalizer)
{
	const struct conf_node *zone = conf_first(canonicalizer->zones, "security-zone");

	for (; zone != NULL; zone = conf_next(zone)) {
		struct conf_node *book = tree_first(zone, child_of(zone, "address-book"));
		const struct conf_node *set = book == NULL ? NULL : tree_first(book, child_of(book, "address-set"));

		for (; set != NULL; set = tree_next(set)) {
			literal_members(canonicalizer, book, set);
		}
	}
}

static struct conf_node *
find(struct conf_node *node, const char *name)
{
	return node == NULL ? NULL : tree_first(node, child_of(node, name));
}

void
conf_canonicalize(struct conf_tree *tree, struct diagnostics *list)
{
	struct conf_node *security = find(tree->top, "security");
	struct conf_node *own = find(tree->top, "applications");
	struct canonicalizer canonicalizer = {.tree = tree, .list = list, .zones = find(security, "zones")};
	struct conf_node *policies_node = find(security, "policies");

	books(&canonicalizer);
	if (own != NULL) {
		struct conf_node *set = tree_first(own, child_of(own, "application-set"));

		for (; set != NULL; set = tree_next(set)) {
			applications(&canonicalizer, set, false);
		}
	}
	if (policies_node != NULL) {
		policies(&canonicalizer, policies_node);
	}
}
