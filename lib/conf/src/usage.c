/*
 * Who refers to what. See conf/usage.h.
 *
 * A table from the schema says of each leaf and key which lists its value may name. Addresses
 * belong to a zone: that of a policy's side, or the one that the naming statement stands in.
 */
#include "conf/usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "conf/applications.h"
#include "tree_private.h"

enum {
	TARGETS_MOST = 4, /* lists that one value may name */
	PATH_WORD = 64,
};

/* What a leaf's or key's value may name. */
struct relation {
	const struct schema_node *from;
	const struct schema_node *to[TARGETS_MOST];
	size_t count;
};

struct relations {
	const struct schema_node *top;
	struct relation *items;
	size_t count;
	size_t capacity;
	bool failed;
};

struct mention {
	const struct schema_node *target;
	const char *zone; /* NULL: names of the target belong to no zone */
	const char *name;
};

/* --- the schema's part ------------------------------------------------------------------ */

/* The list at the end of a path that ends with a blank or the string; NULL: the schema has none. */
static const struct schema_node *
find_list(const struct schema_node *node, const char *path)
{
	while (node != NULL) {
		const size_t length = strcspn(path, "/ ");

		node = schema_child(node, path, length);
		if (path[length] != '/') {
			return node;
		}
		path += length + 1;
	}
	return NULL;
}

static size_t
find_lists(const struct schema_node *top, const char *paths, const struct schema_node **lists)
{
	size_t count = 0;

	while (*paths != '\0' && count < TARGETS_MOST) {
		const struct schema_node *list = find_list(top, paths);

		if (list != NULL) {
			lists[count++] = list;
		}
		paths += strcspn(paths, " ");
		paths += strspn(paths, " ");
	}
	return count;
}

static bool
is_called(const struct schema_node *schema, const char *name)
{
	return schema != NULL && strcmp(schema->name, name) == 0;
}

/*
 * apply-groups stands everywhere and is the same everywhere: the top's stands for all. NULL: what
 * names nothing, or nothing for use.
 */
static const struct schema_node *
representative(const struct relations *relations, const struct schema_node *from)
{
	if (from == NULL || from->reference == NULL || is_called(from, "apply-groups-except")) {
		return NULL;
	}
	return is_called(from, "apply-groups")
	    ? schema_child(relations->top, from->name, strlen(from->name))
	    : from;
}

static void
add_relation(struct relations *relations, const struct schema_node *from)
{
	if (from == NULL || representative(relations, from) != from || relations->failed) {
		return;
	}
	struct relation *items = array_grow(relations->items, relations->count, &relations->capacity, sizeof(*items));

	if (items == NULL) {
		relations->failed = true;
		return;
	}
	relations->items = items;
	struct relation *relation = &items[relations->count++];

	*relation = (struct relation){.from = from};
	relation->count = find_lists(relations->top, from->reference, relation->to);
}

/* As deep as the schema. */
static void
collect_relations(struct relations *relations, const struct schema_node *node)
{
	add_relation(relations, node);
	add_relation(relations, node->key_node);
	add_relation(relations, node->second_key_node);
	/* An entry of groups has the statements of the top, groups among them. */
	for (size_t i = 0; i < node->child_count && !node->whole; i++) {
		collect_relations(relations, node->children[i]);
	}
}

static const struct relation *
find_relation(const struct relations *relations, const struct schema_node *from)
{
	for (size_t i = 0; i < relations->count; i++) {
		if (relations->items[i].from == from) {
			return &relations->items[i];
		}
	}
	return NULL;
}

static bool
is_target(const struct relations *relations, const struct schema_node *list)
{
	for (size_t i = 0; i < relations->count; i++) {
		for (size_t j = 0; j < relations->items[i].count; j++) {
			if (relations->items[i].to[j] == list) {
				return true;
			}
		}
	}
	return false;
}

/* Entries of an address book belong to its zone, but for those of the book of all zones. */
static bool
belongs_to_zone(const struct schema_node *list)
{
	return list != NULL && is_called(list->parent, "address-book") && list->parent->kind == SCHEMA_CONTAINER;
}

/* --- the tree's part -------------------------------------------------------------------- */

/* The next node in force. */
static const struct conf_node *
next_node(const struct conf_node *node, const struct conf_node *top)
{
	const struct conf_node *next = tree_walk_next(node, top);

	while (next != NULL && next->inactive) {
		/* over everything below it */
		while (next != top && next->next == NULL) {
			next = next->parent;
		}
		next = next == top ? NULL : next->next;
	}
	return next;
}

static const struct conf_node *
enclosing(const struct conf_node *node, const char *list)
{
	while (node != NULL && !is_called(node->schema, list)) {
		node = node->parent;
	}
	return node;
}

static const char *
own_zone(const struct conf_node *entry)
{
	const struct conf_node *zone = enclosing(entry, "security-zone");

	return zone == NULL ? "" : zone->value;
}

/* The zone whose names a statement means; NULL: none. */
static const char *
zone_of(const struct conf_node *node)
{
	const struct conf_node *zone = enclosing(node, "security-zone");
	const struct conf_node *context = zone != NULL ? NULL : enclosing(node, "from-zone");

	if (zone != NULL) {
		return zone->value;
	}
	if (context == NULL) {
		return NULL;
	}
	return strncmp(node->schema->name, "source", strlen("source")) == 0 ? context->value
									    : context->value2;
}

/* A word that the type itself knows names nothing: a system service, "all". */
static bool
is_word(const struct schema_node *schema, const char *value)
{
	size_t count = 0;
	const struct schema_word *words = schema_words(schema, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].name, value) == 0) {
			return true;
		}
	}
	return false;
}

typedef void mention_function(
    void *context, const struct conf_node *node, const struct mention *mention);

static void
each_mention(const struct relations *relations, const struct conf_node *node,
    const struct schema_node *from, const char *value, mention_function *each, void *context)
{
	if (from == NULL || from->reference == NULL || value == NULL || is_word(from, value)) {
		return;
	}
	const struct relation *relation =
	    find_relation(relations, representative(relations, from));

	for (size_t i = 0; relation != NULL && i < relation->count; i++) {
		const struct schema_node *target = relation->to[i];
		const struct mention mention = {
		    .target = target,
		    .zone = belongs_to_zone(target) ? zone_of(node) : NULL,
		    .name = value,
		};

		each(context, node, &mention);
	}
}

/* Calls for everything that names something. */
static void
each_of_tree(const struct relations *relations, const struct conf_tree *tree,
    mention_function *each, void *context)
{
	const struct conf_node *top = conf_tree_top(tree);

	for (const struct conf_node *node = top; node != NULL; node = next_node(node, top)) {
		const struct schema_node *schema = node->schema;

		if (schema->kind == SCHEMA_LIST) {
			each_mention(relations, node, schema->key_node, node->value, each, context);
			each_mention(
			    relations, node, schema->second_key_node, node->value2, each, context);
		} else {
			each_mention(relations, node, schema, node->value, each, context);
		}
	}
}

void
conf_place(const struct conf_node *node, struct text *path, struct text *statement)
{
	const struct conf_node *parent = node->parent;

	if (node->schema->keyword_less && parent != NULL && parent->parent != NULL) {
		parent = parent->parent;
	}
	conf_path(parent, path);
	conf_statement(node, statement);
}

/* --- usage ------------------------------------------------------------------------------ */

struct usage {
	const struct conf_object *object;
	const struct schema_node *lists[TARGETS_MOST];
	size_t count;
	const struct conf_node *told; /* a context from a zone to itself names it twice */
	void (*each)(void *context, const struct conf_node *node);
	void *context;
};

/* "ge-0/0/0" is all units of the port; a reference without unit means unit 0. */
static bool
same_unit(const char *wanted, const char *name)
{
	const size_t port = strcspn(wanted, ".");

	if (strncmp(wanted, name, port) != 0 || (name[port] != '.' && name[port] != '\0')) {
		return false;
	}
	return wanted[port] == '\0' ||
	       strcmp(wanted + port, name[port] == '\0' ? ".0" : name + port) == 0;
}

static bool
is_meant(const struct conf_object *object, const struct mention *mention)
{
	if (is_called(mention->target, "unit")) {
		return same_unit(object->name, mention->name);
	}
	if (belongs_to_zone(mention->target) && object->zone != NULL &&
	    (mention->zone == NULL || strcmp(mention->zone, object->zone) != 0)) {
		return false;
	}
	return strcmp(object->name, mention->name) == 0;
}

static void
tell_usage(void *context, const struct conf_node *node, const struct mention *mention)
{
	struct usage *usage = context;

	for (size_t i = 0; i < usage->count && usage->told != node; i++) {
		if (usage->lists[i] == mention->target && is_meant(usage->object, mention)) {
			usage->told = node;
			usage->each(usage->context, node);
		}
	}
}

bool
conf_usage(const struct conf_tree *tree, const struct conf_object *object,
    void (*each)(void *context, const struct conf_node *node), void *context)
{
	struct relations relations = {.top = schema_top(conf_tree_schema(tree))};
	struct usage usage = {.object = object, .each = each, .context = context};

	collect_relations(&relations, relations.top);
	usage.count = find_lists(relations.top, object->lists, usage.lists);
	if (!relations.failed) {
		each_of_tree(&relations, tree, tell_usage, &usage);
	}
	free(relations.items);
	return !relations.failed;
}

static bool
is_object(const struct conf_object *object, const struct conf_node *entry)
{
	if (is_called(entry->schema, "unit")) {
		const char *port = entry->parent->value;
		const size_t length = strlen(port);

		return strncmp(object->name, port, length) == 0 &&
		    (object->name[length] == '\0' ||
			(object->name[length] == '.' && strcmp(object->name + length + 1, entry->value) == 0));
	}
	if (belongs_to_zone(entry->schema) && object->zone != NULL &&
	    strcmp(own_zone(entry), object->zone) != 0) {
		return false;
	}
	return strcmp(entry->value, object->name) == 0;
}

bool
conf_object_exists(const struct conf_tree *tree, const struct conf_object *object)
{
	const struct conf_node *top = conf_tree_top(tree);
	const struct schema_node *lists[TARGETS_MOST];
	const size_t count = find_lists(schema_top(conf_tree_schema(tree)), object->lists, lists);
	bool applications = false;

	for (size_t i = 0; i < count; i++) {
		applications = applications || is_called(lists[i], "application");
	}
	if (applications &&
	    conf_application_find(tree, object->name).kind == CONF_APPLICATION_PREDEFINED) {
		return true;
	}
	for (const struct conf_node *node = top; node != NULL; node = next_node(node, top)) {
		for (size_t i = 0; i < count; i++) {
			if (node->schema == lists[i] && is_object(object, node)) {
				return true;
			}
		}
	}
	return false;
}

/* --- unused ----------------------------------------------------------------------------- */

struct mentions {
	struct mention *items;
	size_t count;
	size_t capacity;
	bool failed;
};

static void
keep_mention(void *context, const struct conf_node *node, const struct mention *mention)
{
	struct mentions *mentions = context;

	(void)node;
	if (mentions->failed) {
		return;
	}
	struct mention *items = array_grow(mentions->items, mentions->count, &mentions->capacity, sizeof(*items));

	if (items == NULL) {
		mentions->failed = true;
		return;
	}
	mentions->items = items;
	items[mentions->count++] = *mention;
}

static int
compare_mentions(const void *left, const void *right)
{
	const struct mention *a = left;
	const struct mention *b = right;
	const uintptr_t a_target = (uintptr_t)a->target;
	const uintptr_t b_target = (uintptr_t)b->target;

	if (a_target != b_target) {
		return a_target > b_target ? 1 : -1;
	}
	const int zones = strcmp(a->zone == NULL ? "" : a->zone, b->zone == NULL ? "" : b->zone);

	return zones != 0 ? zones : strcmp(a->name, b->name);
}

/* What works without being named. */
static bool
works_alone(const struct conf_node *entry)
{
	return is_called(entry->schema, "unit") || is_called(entry->schema, "instance") ||
	       (is_called(entry->schema, "vpn") && conf_present(entry, "bind-interface"));
}

static bool
is_unused(const struct mentions *mentions, const struct conf_node *entry)
{
	const struct mention wanted = {
	    .target = entry->schema,
	    .zone = belongs_to_zone(entry->schema) ? own_zone(entry) : NULL,
	    .name = entry->value,
	};

	if (is_called(entry->schema, "security-zone")) {
		return strcmp(entry->value, "junos-global") != 0 &&
		       conf_first(conf_child(entry, "interfaces"), "interface") == NULL;
	}
	return !works_alone(entry) &&
	       (mentions->count == 0 || bsearch(&wanted, mentions->items, mentions->count,
					    sizeof(wanted), compare_mentions) == NULL);
}

bool
conf_unused(const struct conf_tree *tree, void (*each)(void *context, const struct conf_node *node),
    void *context)
{
	const struct conf_node *top = conf_tree_top(tree);
	struct relations relations = {.top = schema_top(conf_tree_schema(tree))};
	struct mentions mentions = {.items = NULL};

	collect_relations(&relations, relations.top);
	each_of_tree(&relations, tree, keep_mention, &mentions);
	const bool good = !relations.failed && !mentions.failed;

	if (good && mentions.count > 1) {
		qsort(mentions.items, mentions.count, sizeof(*mentions.items), compare_mentions);
	}
	for (const struct conf_node *node = top; good && node != NULL;
	     node = next_node(node, top)) {
		if (node->schema->kind == SCHEMA_LIST && is_target(&relations, node->schema) &&
		    is_unused(&mentions, node)) {
			each(context, node);
		}
	}
	free(relations.items);
	free(mentions.items);
	return good;
}
