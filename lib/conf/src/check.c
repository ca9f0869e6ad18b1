/*
 * The rules of a commit: what all checks share, and the rules that the schema itself tells. See conf_check().
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "check_private.h"
#include "conf/groups.h"
#include "conf/usage.h"
#include "tree_private.h"

/* What stands in a group is to be mended there. */
static void
tell_group(const struct conf_node *node, struct text *message)
{
	while (node != NULL && node->inherited == NULL) {
		node = node->parent;
	}
	if (node != NULL && strcmp(node->inherited, CONF_BY_PATH) == 0) {
		text_append(message, " (an apply-path stands for it)");
	} else if (node != NULL) {
		text_printf(message, " (inherited from [edit groups %s])", node->inherited);
	}
}

static void __attribute__((format(printf, 4, 0)))
tell(const struct check *check, enum diagnostic_severity severity, const struct conf_node *node, const char *format,
    va_list arguments)
{
	struct text path = TEXT_EMPTY;
	struct text statement = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;

	conf_place(node, &path, &statement);
	text_vprintf(&message, format, arguments);
	tell_group(node, &message);
	if (text_failed(&path) || text_failed(&statement) || text_failed(&message)) {
		check_memory(check);
	} else {
		char empty[1] = "";
		const struct diagnostic what = {
		    .severity = severity,
		    .line = node->line,
		    .path = path.bytes == NULL ? empty : path.bytes,
		    .statement = statement.bytes,
		    .message = message.bytes,
		};

		diagnostics_add(check->list, &what);
	}
	text_release(&path);
	text_release(&statement);
	text_release(&message);
}

void
check_error(const struct check *check, const struct conf_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(check, DIAGNOSTIC_ERROR, node, format, arguments);
	va_end(arguments);
}

void
check_warning(const struct check *check, const struct conf_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(check, DIAGNOSTIC_WARNING, node, format, arguments);
	va_end(arguments);
}

void
check_memory(const struct check *check)
{
	diagnostics_no_memory(check->list);
}

bool
check_unit_exists(const struct check *check, const char *unit)
{
	const char *dot = strrchr(unit, '.');
	char port[64];

	if (dot == NULL || (size_t)(dot - unit) >= sizeof(port)) {
		return false;
	}
	memcpy(port, unit, (size_t)(dot - unit));
	port[dot - unit] = '\0';
	return conf_entry(conf_entry(conf_child(check->top, "interfaces"), "interface", port, NULL), "unit", dot + 1,
	           NULL) != NULL;
}

bool
check_collect(struct check_nodes *nodes, const struct conf_node *first)
{
	for (const struct conf_node *node = first; node != NULL; node = conf_next(node)) {
		const struct conf_node **items = array_grow(
		    (void *)(uintptr_t)nodes->items, nodes->count, &nodes->capacity, sizeof(const struct conf_node *));

		if (items == NULL) {
			return false;
		}
		nodes->items = items;
		items[nodes->count++] = node;
	}
	return true;
}

static int
compare_values(const void *left, const void *right)
{
	const struct conf_node *const *a = left;
	const struct conf_node *const *b = right;
	const int order = strcmp((*a)->value, (*b)->value);

	if (order != 0) {
		return order;
	}
	return ((*a)->line > (*b)->line) - ((*a)->line < (*b)->line);
}

void
check_sort_by_value(struct check_nodes *nodes)
{
	if (nodes->count > 1) {
		qsort((void *)(uintptr_t)nodes->items, nodes->count, sizeof(const struct conf_node *), compare_values);
	}
}

/* --- what the schema demands ------------------------------------------------------------------------------------- */

/* The first mandatory statement inside a container that is not there; NULL: none. */
static const struct schema_node *
first_mandatory(const struct schema_node *container)
{
	for (size_t i = 0; i < container->child_count; i++) {
		const struct schema_node *child = container->children[i];

		if (child->mandatory || child->choice_mandatory) {
			return child;
		}
		if (child->kind == SCHEMA_CONTAINER) {
			const struct schema_node *inner = first_mandatory(child);

			if (inner != NULL) {
				return inner;
			}
		}
	}
	return NULL;
}

static bool
same_choice(const struct schema_node *left, const struct schema_node *right)
{
	return left->choice != NULL && right->choice != NULL && strcmp(left->choice, right->choice) == 0;
}

static const struct conf_node *
first_active(const struct conf_node *node, const struct schema_node *schema)
{
	const struct conf_node *child = tree_first(node, schema);

	while (child != NULL && child->inactive) {
		child = tree_next(child);
	}
	return child;
}

/* "one of 'permit', 'deny', 'reject'" */
static void
tell_missing_choice(const struct check *check, const struct conf_node *node, const struct schema_node *first)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < node->schema->child_count; i++) {
		const struct schema_node *child = node->schema->children[i];

		if (same_choice(child, first)) {
			text_printf(&names, "%s'%s'", names.length == 0 ? "" : ", ", child->name);
		}
	}
	check_error(check, node, "missing mandatory statement: one of %s", text_string(&names));
	text_release(&names);
}

/* One of the choice's statements, and not two. `from` is its first statement. */
static void
check_choice(const struct check *check, const struct conf_node *node, size_t from)
{
	const struct schema_node *schema = node->schema;
	const struct schema_node *first = schema->children[from];
	const struct conf_node *there = NULL;

	for (size_t i = from; i < schema->child_count; i++) {
		const struct schema_node *child = schema->children[i];

		if (!same_choice(child, first)) {
			continue;
		}
		const struct conf_node *this = first_active(node, child);

		if (this != NULL && there != NULL && strcmp(child->choice_case, there->schema->choice_case) != 0) {
			check_error(check, this, "'%s' and '%s' exclude each other", there->schema->name, child->name);
		}
		there = there == NULL ? this : there;
	}
	if (there == NULL && first->choice_mandatory) {
		tell_missing_choice(check, node, first);
	}
}

static void
check_node(const struct check *check, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;

	for (size_t i = 0; i < schema->child_count; i++) {
		const struct schema_node *child = schema->children[i];

		if (child->choice != NULL && (i == 0 || !same_choice(child, schema->children[i - 1]))) {
			check_choice(check, node, i);
		}
		if (child->kind == SCHEMA_CONTAINER && first_active(node, child) == NULL) {
			if (first_mandatory(child) != NULL) {
				check_error(check, node, "missing mandatory statement '%s'", child->name);
			}
		} else if (child->mandatory && first_active(node, child) == NULL) {
			check_error(check, node, "missing mandatory statement '%s'",
			    child->keyword_less ? child->type_name : child->name);
		}
		if (child->most > 0) {
			uint32_t count = 0;

			for (const struct conf_node *value = first_active(node, child); value != NULL;
			     value = conf_next(value)) {
				if (++count > child->most) {
					check_error(check, value, "at most %u of these are possible", child->most);
					break;
				}
			}
		}
	}
}

/* The next active node of a walk through the tree. */
static const struct conf_node *
next_active(const struct conf_node *node, const struct conf_node *root)
{
	const struct conf_node *next = tree_walk_next(node, root);

	while (next != NULL && next->inactive) {
		/* Over everything below it. */
		while (next != root && next->next == NULL) {
			next = next->parent;
		}
		next = next == root ? NULL : next->next;
	}
	return next;
}

void
check_statements(const struct check *check)
{
	for (const struct conf_node *node = check->top; node != NULL; node = next_active(node, check->top)) {
		if (node->schema->child_count > 0) {
			check_node(check, node);
		} else {
			check_reference(check, node);
		}
	}
}

void
conf_check(const struct conf_tree *tree, struct diagnostics *list)
{
	if (conf_has_groups(tree)) {
		struct conf_tree *expanded = conf_expand(tree, list);

		if (expanded != NULL) {
			conf_check(expanded, list); /* has none: this is one step deep */
		}
		conf_tree_destroy(expanded);
		return;
	}
	const struct check check = {.tree = tree, .top = conf_tree_top(tree), .list = list};

	check_statements(&check);
	check_interfaces(&check);
	check_zones(&check);
	check_policies(&check);
	check_applications(&check);
	check_schedulers(&check);
	check_routing(&check);
	check_locals(&check);
	check_tunnels(&check);
	check_nat(&check);
	check_nat_rules(&check);
	check_nat_pools(&check);
	check_access(&check);
	check_log(&check);
	check_login(&check);
	check_archival(&check);
	check_advertisement(&check);
}
