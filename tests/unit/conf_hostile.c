/*
 * Text that nobody should write: cut anywhere, megabytes on a line, rubbish, endless nesting. Always an error with its
 * line, never more time than reading takes.
 */
#include "conf_support.h"

enum { MEGABYTE = 1 << 20 };

/* From an exact-size heap block, so that a read beyond the end is found. */
static void
load_exact(struct world *world, enum conf_format format, const char *bytes, size_t length)
{
	char *exact = malloc(length == 0 ? 1 : length);

	assert_non_null(exact);
	memcpy(exact, bytes, length);
	(void)conf_load(world->tree, format, "test", exact, length, &world->list);
	conf_check(world->tree, &world->list);
	free(exact);
}

static const char curly[] =
    "/* a */ system { host-name \"a b\"; services { ssh; } } # c\n"
    "security { policies { from-zone a to-zone b { policy p { match { source-address [ x y ]; } } } } }\n"
    "inactive: interfaces { ge-0/0/0 { unit 0 { family inet { address 10.0.0.1/24; } } } }\n";

static const char lines[] =
    "set system host-name \"a\"\nuser@host# set security screen s tcp syn-fin tcp-no-flag\n"
    "set security policies from-zone a to-zone\nb policy p match source-address [ x y ]\n"
    "delete system host-name\ninsert security policies from-zone a to-zone b policy p after policy p\n";

static const char json[] = "{\"configuration\": {\"system\": {\"host-name\": \"a\", \"services\": {\"ssh\": [null]}}}}";

static void
cut_anywhere(void **state)
{
	static const struct {
		enum conf_format format;
		const char *text;
	} forms[] = {{CONF_FORMAT_TEXT, curly}, {CONF_FORMAT_SET, lines}, {CONF_FORMAT_JSON, json}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (size_t length = 0; length <= strlen(forms[i].text); length++) {
			struct world world = world_create(state);

			load_exact(&world, forms[i].format, forms[i].text, length);
			for (size_t n = 0; n < world.list.count; n++) {
				const struct diagnostic *what = &world.list.items[n];

				assert_true(what->message[0] != '\0');
				/* A reader's own error has a line; JSON tells none of values. */
				assert_true(what->line > 0 || what->path != NULL);
			}
			world_release(&world);
		}
	}
}

/* Each single octet changed to some that mean something. */
static void
changed_anywhere(void **state)
{
	static const char signs[] = "{}[];\"#/\\\0\n@ \xff";

	for (size_t at = 0; at + 1 < sizeof(curly); at++) {
		for (size_t sign = 0; sign < sizeof(signs); sign++) {
			char copy[sizeof(curly)];
			struct world world = world_create(state);

			memcpy(copy, curly, sizeof(curly));
			copy[at] = signs[sign];
			load_exact(&world, CONF_FORMAT_TEXT, copy, sizeof(curly) - 1);
			world_release(&world);
		}
	}
}

/* A megabyte of `pattern` again and again; `told` must be said. */
static void
megabyte(void **state, enum conf_format format, const char *pattern, size_t size, const char *said)
{
	char *bytes = malloc(MEGABYTE);
	struct world world = world_create(state);

	assert_non_null(bytes);
	for (size_t i = 0; i < MEGABYTE; i++) {
		bytes[i] = pattern[i % size];
	}
	load_exact(&world, format, bytes, MEGABYTE);
	assert_false(world.list.failed);
	if (said != NULL) {
		assert_told(&world, said);
		assert_true(world.list.errors > 0);
	}
	world_release(&world);
	free(bytes);
}

static void
megabytes(void **state)
{
	megabyte(state, CONF_FORMAT_SET, "a", 1, "test:1: 'aaaaaaaa");
	megabyte(state, CONF_FORMAT_SET, "\0", 1, "test:1: ");
	megabyte(state, CONF_FORMAT_SET, "set security ", 13, "test:1: ");
	megabyte(state, CONF_FORMAT_SET, "set system host-name ", 21, "test:1: ");
	megabyte(state, CONF_FORMAT_SET, "[", 1, "test:1: ");
	megabyte(state, CONF_FORMAT_SET, "\"", 1, "test:1: ");
	megabyte(state, CONF_FORMAT_SET, "user@host ", 10, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "a", 1, "test:1: [edit] 'aaaaaaaa");
	megabyte(state, CONF_FORMAT_TEXT, "\0", 1, "test:1: [edit]: a control character cannot stand here");
	megabyte(state, CONF_FORMAT_TEXT, "security {", 10, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "{", 1, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "}", 1, "test:1: [edit]: '}' without a block");
	megabyte(state, CONF_FORMAT_TEXT, "a\n", 2, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "security\n", 9, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "/* ", 3, "test:1: [edit]: the comment does not end");
	megabyte(state, CONF_FORMAT_TEXT, "\"a", 2, "test:1: ");
	megabyte(state, CONF_FORMAT_TEXT, "system { services { ssh; } }", 28, NULL);
	megabyte(state, CONF_FORMAT_JSON, "[", 1, "test:1: this is not JSON");
	megabyte(state, CONF_FORMAT_JSON, "{\"a\":", 5, "test:1: this is not JSON");
	megabyte(state, CONF_FORMAT_JSON, "\0", 1, "test:1: this is not JSON");
}

/* A megabyte of values on one line is a statement like any other. */
static void
long_list(void **state)
{
	struct text text = TEXT_EMPTY;
	struct world world = world_create(state);
	size_t count = 0;

	text_append(&text, "set security zones security-zone z screen [");
	while (text.length < MEGABYTE) {
		text_printf(&text, " s%zu", count++);
	}
	text_append(&text, " ]\n");
	assert_true(conf_load(world.tree, CONF_FORMAT_SET, "test", text.bytes, text.length, &world.list));
	assert_int_equal(conf_entry(conf_walk(conf_tree_top(world.tree), "security", "zones", NULL), "security-zone", "z",
	    NULL)->count, count);
	text_release(&text);
	world_release(&world);
}

/* What a terminal may see: UTF-8, no control character of either set (a lone 0x9b begins a sequence on some). */
static void
assert_shown(const char *string)
{
	for (const unsigned char *c = (const unsigned char *)(string == NULL ? "" : string); *c != '\0';) {
		const size_t length = *c < 0x80 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;

		assert_true(*c >= ' ' && *c != 0x7f && (*c < 0x80 || *c >= 0xc2) && *c < 0xf5);
		assert_false(*c == 0xc2 && c[1] < 0xa0);
		for (size_t i = 1; i < length; i++) {
			assert_int_equal(c[i] & 0xc0, 0x80);
		}
		c += length;
	}
}

/* Rubbish from a generator: the same each time. What is said of it can be shown. */
static void
rubbish(void **state)
{
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML,
	    CONF_FORMAT_AUTO};
	uint32_t seed = 1;
	char bytes[4096];

	for (int round = 0; round < 200; round++) {
		struct world world = world_create(state);

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (char)(seed >> 24);
		}
		load_exact(&world, formats[round % 5], bytes, sizeof(bytes));
		assert_true(world.list.errors > 0);
		assert_null(conf_tree_top(world.tree)->first);
		for (size_t n = 0; n < world.list.count; n++) {
			assert_shown(world.list.items[n].path);
			assert_shown(world.list.items[n].statement);
			assert_shown(world.list.items[n].message);
		}
		world_release(&world);
	}
}

/* A word that is longer than what is shown of it: it is cut between two letters. */
static void
cut_letters(void **state)
{
	for (size_t before = 0; before < 4; before++) {
		struct text text = TEXT_EMPTY;
		struct world world = world_create(state);

		text_append(&text, "set ");
		text_append_repeated(&text, 'a', before);
		for (unsigned i = 0; i < 100; i++) {
			text_append(&text, "\xe2\x82\xac");
		}
		load_exact(&world, CONF_FORMAT_SET, text.bytes, text.length);
		assert_int_equal(world.list.errors, 1);
		assert_shown(world.list.items[0].statement);
		assert_non_null(strstr(world.list.items[0].statement, "\xe2\x82\xac..."));
		text_release(&text);
		world_release(&world);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cut_anywhere),
	    cmocka_unit_test(changed_anywhere),
	    cmocka_unit_test(megabytes),
	    cmocka_unit_test(long_list),
	    cmocka_unit_test(rubbish),
	    cmocka_unit_test(cut_letters),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
