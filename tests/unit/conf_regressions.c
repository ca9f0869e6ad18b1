/*
 * What went wrong elsewhere with values and names in configurations, held against all channels: set lines, curly text,
 * JSON and XML.
 */
#include "conf_support.h"

static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

/* 08085: blanks in a number are an error with its place; never is another number stored, or none. */
static void
blanks_in_numbers(void **state)
{
	static const char *const places[] = {"interfaces ge-0/0/0 mtu", "interfaces ge-0/0/0 unit 1 vlan-id",
	    "routing-options static route 192.0.2.0/24 preference", "security flow tcp-session tcp-initial-timeout",
	    "applications application a inactivity-timeout", "applications application a destination-port",
	    "access profile x radius-server 192.0.2.1 port", "system services web-management http port"};
	static const char *const numbers[] = {" 1500", "1500 ", " 1500 ", "15 00", "1500\\t", "", " ", "0x5dc", "+1500", "1500.0", "1,500"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			struct world world = world_create(state);
			struct text line = TEXT_EMPTY;

			text_printf(&line, "set %s \"%s\"\n", places[i], numbers[n]);
			assert_false(world_load(&world, CONF_FORMAT_SET, text_string(&line)));
			assert_told(&world, "test:1: [edit");
			assert_renders(&world, CONF_FORMAT_SET, "");
			text_release(&line);
			world_release(&world);
		}
	}
	static const char *const texts[FORMATS] = {
	    [1] = "interfaces { ge-0/0/0 { mtu \" 1500\"; } }",
	    [2] = "{\"configuration\": {\"interfaces\": {\"interface\": [{\"name\": \"ge-0/0/0\", \"mtu\": \"1500 \"}]}}}",
	    [3] = "<configuration><interfaces><interface><name>ge-0/0/0</name><mtu>15 00</mtu></interface></interfaces>"
	          "</configuration>",
	};

	for (size_t i = 1; i < FORMATS; i++) {
		struct world world = world_create(state);

		assert_false(world_load(&world, formats[i], texts[i]));
		assert_null(strstr(world_render(&world, CONF_FORMAT_SET), "mtu"));
		world_release(&world);
	}
}

/* Sets the value as a word of its own, takes it through every form, and expects it back octet by octet. */
static void
comes_back(void **state, const char *place, const char *value)
{
	struct text line = TEXT_EMPTY;

	text_printf(&line, "set %s \"", place);
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			text_append_char(&line, '\\');
		}
		text_append_char(&line, *c);
	}
	text_append(&line, "\"\n");
	struct world world = world_of(state, text_string(&line));
	char *stored = strdup(world_render(&world, CONF_FORMAT_SET));

	for (size_t i = 0; i < FORMATS; i++) {
		struct world again = world_create(state);

		if (!world_load(&again, formats[i], world_render(&world, formats[i]))) {
			fail_msg("%s\n%s", text_string(&world.out), world_told(&again));
		}
		assert_renders(&again, CONF_FORMAT_SET, stored);
		const struct conf_node *node = conf_tree_top(again.tree);

		while (node->first != NULL) {
			node = node->first;
		}
		assert_string_equal(node->value, value);
		world_release(&again);
	}
	free(stored);
	text_release(&line);
	world_release(&world);
}

/* cs11548, cs10145: every printable character may stand in a secret, alone, at each end and in the middle. */
static void
characters_of_secrets(void **state)
{
	static const char *const places[] = {"security ike policy p pre-shared-key ascii-text",
	    "system login user u authentication plain-text-password-value", "access profile x radius-server 192.0.2.1 secret"};
	char value[8];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (char c = ' '; c < 0x7f; c++) {
			(void)snprintf(value, sizeof(value), "%ca%cb%c", c, c, c);
			comes_back(state, places[i], value);
		}
		comes_back(state, places[i], "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91");
		comes_back(state, places[i], "\"quoted\" and \\\"escaped\\\" %22 &quot; \\u0022");
	}
}

/*
 * 06991: credentials of any length are taken and come back whole in every form, or are refused with a sentence; nothing is cut
 * off, and nothing overflows (the sanitized build looks).
 */
static void
lengths_of_credentials(void **state)
{
	static const struct {
		const char *before;
		const char *behind;
		size_t most;
	} places[] = {
	    {"security ike policy p pre-shared-key ascii-text ", "", 255},
	    {"security ike policy p pre-shared-key hexadecimal ", "", 0},
	    {"access profile x radius-server 192.0.2.1 secret ", "", 255},
	    {"access profile ", " radius-server 192.0.2.1 port 1812", 63},
	    {"system login user ", " class operator", 0},
	    {"system login user u authentication plain-text-password-value ", "", 0},
	};
	static const size_t lengths[] = {0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 511, 512, 1023, 1024, 4095, 4096, 16384, 65535, 65536};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
			struct world world = world_create(state);
			struct text value = TEXT_EMPTY;
			struct text line = TEXT_EMPTY;

			text_append_repeated(&value, 'a', lengths[n]);
			text_printf(&line, "set %s\"%s\"%s\n", places[i].before, text_string(&value), places[i].behind);
			const bool taken = world_load(&world, CONF_FORMAT_SET, text_string(&line));
			const char *shown = world_render(&world, CONF_FORMAT_SET);

			if (places[i].most != 0) {
				assert_int_equal(taken, lengths[n] >= 1 && lengths[n] <= places[i].most);
			}
			assert_true(!taken || lengths[n] < 65536);
			if (taken) {
				assert_non_null(strstr(shown, text_string(&value)));
			} else {
				assert_string_equal(shown, "");
				assert_told(&world, "test:1: [edit");
			}
			text_release(&value);
			text_release(&line);
			world_release(&world);
		}
	}
}

/* cs10146: free texts of any language stay what they are; what is no text is refused. */
static void
characters_of_texts(void **state)
{
	comes_back(state, "interfaces ge-0/0/0 description", "\xe4\xb8\xad\xe6\x96\x87 /* ## ; { } */ \" \\ '");
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_SET, "set interfaces ge-0/0/0 description \"\xe4\xb8\"\n"));
	assert_false(world_load(&world, CONF_FORMAT_SET, "set interfaces ge-0/0/0 description \"a\x01z\"\n"));
	assert_renders(&world, CONF_FORMAT_SET, "");
	world_release(&world);
}

/* cs09551, 05738: a name may be as long in every channel, and no longer. */
static void
lengths_of_names(void **state)
{
	for (size_t length = 63; length <= 64; length++) {
		char name[65] = "";
		struct text texts[FORMATS] = {TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY};

		memset(name, 'n', length);
		text_printf(&texts[0], "set security zones security-zone %s tcp-rst\n", name);
		text_printf(&texts[1], "security { zones { security-zone %s { tcp-rst; } } }\n", name);
		text_printf(&texts[2],
		    "{\"configuration\": {\"security\": {\"zones\": {\"security-zone\": [{\"name\": \"%s\", \"tcp-rst\": [null]}]}}}}", name);
		text_printf(&texts[3],
		    "<configuration><security><zones><security-zone><name>%s</name><tcp-rst/></security-zone></zones></security>"
		    "</configuration>", name);
		for (size_t i = 0; i < FORMATS; i++) {
			struct world world = world_create(state);

			assert_int_equal(world_load(&world, formats[i], text_string(&texts[i])), length == 63);
			assert_int_equal(strstr(world_render(&world, CONF_FORMAT_SET), "nnn") != NULL, length == 63);
			if (length == 64) {
				assert_told(&world, "a name has 1 to 63 characters");
			}
			world_release(&world);
			text_release(&texts[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blanks_in_numbers),
	    cmocka_unit_test(characters_of_secrets),
	    cmocka_unit_test(lengths_of_credentials),
	    cmocka_unit_test(characters_of_texts),
	    cmocka_unit_test(lengths_of_names),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
