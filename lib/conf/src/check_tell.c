/*
 * What all checks share: telling what is wrong, and looking around. See check_private.h.
 */
#include "check_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "conf/groups.h"
#include "conf/usage.h"

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
