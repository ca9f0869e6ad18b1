/*
 * The schema as JSON: it is JSON, and tells what the YANG modules say.
 */
#include <jansson.h>

#include "conf_support.h"

/* The member of an array of objects whose name it is. */
static const json_t *
named(const json_t *array, const char *name)
{
	size_t index;
	const json_t *item;

	json_array_foreach(array, index, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0) {
			return item;
		}
	}
	fail_msg("%s is missing", name);
	return NULL;
}

static const char *
string(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value == NULL ? "" : value;
}

static const json_t *
below(const json_t *node, const char *name)
{
	return named(json_object_get(node, "children"), name);
}

static void
tells_all(void **state)
{
	struct text out = TEXT_EMPTY;
	json_error_t error;

	schema_render_json(*state, &out);
	assert_false(text_failed(&out));
	json_t *whole = json_loadb(out.bytes, out.length, JSON_REJECT_DUPLICATES, &error);

	if (whole == NULL) {
		fail_msg("line %d: %s", error.line, error.text);
	}
	assert_string_equal(string(whole, "format"), "sallyport-schema");
	assert_int_equal(json_integer_value(json_object_get(whole, "version")), 1);
	const json_t *top = json_object_get(whole, "configuration");
	const json_t *interface = below(below(top, "interfaces"), "interface");

	assert_string_equal(string(interface, "kind"), "list");
	assert_true(json_is_true(json_object_get(interface, "keyword-less")));
	assert_true(json_is_true(json_object_get(interface, "apply-groups")));
	assert_string_equal(string(json_object_get(interface, "key"), "name"), "name");
	assert_string_equal(string(below(interface, "mtu"), "kind"), "leaf");
	assert_true(strchr(string(below(interface, "mtu"), "range"), '.') != NULL);
	const json_t *context = below(below(below(top, "security"), "policies"), "from-zone");

	assert_string_equal(string(json_object_get(context, "second-key"), "keyword"), "to-zone");
	const json_t *then = below(below(context, "policy"), "then");

	assert_string_equal(string(below(then, "permit"), "choice"), string(below(then, "deny"), "choice"));
	assert_string_equal(string(below(below(top, "groups"), "group"), "contents"), "configuration");
	json_decref(whole);
	text_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_all),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
