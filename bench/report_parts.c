/*
 * See report_parts.h.
 */
#include "report_parts.h"

#include <stdbool.h>
#include <string.h>

void
report_escape(struct text *page, const char *string)
{
	for (const char *c = string; *c != '\0'; c++) {
		switch (*c) {
		case '<':
			text_append(page, "&lt;");
			break;
		case '>':
			text_append(page, "&gt;");
			break;
		case '&':
			text_append(page, "&amp;");
			break;
		case '"':
			text_append(page, "&quot;");
			break;
		default:
			text_append_char(page, *c);
		}
	}
}

static bool
number_fits(const json_t *row, const char *name, uint32_t wanted)
{
	return wanted == 0 || json_integer_value(json_object_get(row, name)) == wanted;
}

const json_t *
report_find(const json_t *run, const struct report_case *which)
{
	const json_t *cases = json_object_get(run, "cases");
	size_t i;
	const json_t *row;

	json_array_foreach(cases, i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));
		const char *kind = json_string_value(json_object_get(row, "kind"));

		if (name != NULL && strcmp(name, which->name) == 0 &&
		    (which->kind == NULL || (kind != NULL && strcmp(kind, which->kind) == 0)) &&
		    number_fits(row, "sessions", which->sessions) && number_fits(row, "batch", which->batch) &&
		    number_fits(row, "policies", which->policies)) {
			return row;
		}
	}
	return NULL;
}

double
report_figure(const json_t *row, const char *name)
{
	const json_t *figure = row == NULL ? NULL : json_object_get(row, name);

	return json_is_number(figure) ? json_number_value(figure) : -1;
}
