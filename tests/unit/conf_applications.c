/*
 * Applications by name: look-up order, sets, predefined ones.
 */
#include "conf_support.h"

#include "conf/applications.h"

struct terms {
	struct text text;
};

static void
append_term(void *context, const struct conf_application_term *term)
{
	struct terms *terms = context;

	text_printf(&terms->text, "%s %u %u-%u %u-%u %d/%d %u\n", term->application, term->protocol, term->source_low,
	    term->source_high, term->destination_low, term->destination_high, term->icmp_type, term->icmp_code,
	    term->timeout);
}

static void
assert_resolves(const struct world *world, const char *name, const char *expected)
{
	struct terms terms = {.text = TEXT_EMPTY};
	const bool known = conf_application_resolve(world->tree, name, append_term, &terms);

	assert_int_equal(known, expected != NULL);
	if (expected != NULL) {
		assert_string_equal(text_string(&terms.text), expected);
	}
	text_release(&terms.text);
}

/* REQ-POL-031, E-080: user-defined, predefined, bare name. */
static void
look_up_order(void **state)
{
	struct world world = world_of(state,
	    "set applications application http protocol tcp destination-port 8\n"
	    "set applications application junos-ssh protocol tcp destination-port 2222\n");

	assert_int_equal(conf_application_find(world.tree, "http").kind, CONF_APPLICATION_OWN);
	assert_int_equal(conf_application_find(world.tree, "junos-ssh").kind, CONF_APPLICATION_OWN);
	assert_int_equal(conf_application_find(world.tree, "junos-http").kind, CONF_APPLICATION_PREDEFINED);
	assert_int_equal(conf_application_find(world.tree, "any").kind, CONF_APPLICATION_ANY);
	assert_int_equal(conf_application_find(world.tree, "none").kind, CONF_APPLICATION_NONE);
	assert_string_equal(conf_application_find(world.tree, "SMTP").canonical, "junos-smtp");
	assert_string_equal(conf_application_find(world.tree, "POPS").canonical, "junos-pop3");
	assert_resolves(&world, "http", "http 6 0-65535 8-8 -1/-1 0\n");
	assert_resolves(&world, "ssh", "junos-ssh 6 0-65535 22-22 -1/-1 0\n");
	assert_resolves(&world, "junos-ssh", "junos-ssh 6 0-65535 2222-2222 -1/-1 0\n");
	world_release(&world);
}

/* REQ-POL-017: any one member of a set; sets in sets. */
static void
sets_are_resolved(void **state)
{
	struct world world = world_of(state,
	    "set applications application ping protocol icmp icmp-type echo-request icmp-code 0\n"
	    "set applications application range protocol udp source-port 1024-65535 destination-port 10-20 "
	    "inactivity-timeout 30\n"
	    "set applications application-set inner application ping application range\n"
	    "set applications application-set outer application junos-http\n"
	    "set applications application-set outer application-set inner\n"
	    "set applications application-set broken application none\n"
	    "set applications application-set a application-set b\n"
	    "set applications application-set b application-set a\n");

	assert_resolves(&world, "outer",
	    "junos-http 6 0-65535 80-80 -1/-1 300\n"
	    "ping 1 0-65535 0-65535 8/0 0\n"
	    "range 17 1024-65535 10-20 -1/-1 30\n");
	assert_resolves(&world, "any", "any 256 0-65535 0-65535 -1/-1 0\n");
	assert_resolves(&world, "junos-ping", "junos-ping 1 0-65535 0-65535 8/-1 0\n");
	assert_resolves(&world, "broken", NULL);
	assert_resolves(&world, "a", NULL);
	assert_resolves(&world, "unknown", NULL);
	world_release(&world);
}

/* The statements inventory's predefined applications. */
static void
predefined_ones(void **state)
{
	static const struct {
		const char *name;
		unsigned protocol;
		unsigned port;
		unsigned timeout;
	} rows[] = {
	    {"junos-ssh", 6, 22, 0},
	    {"junos-telnet", 6, 23, 0},
	    {"junos-http", 6, 80, 300},
	    {"junos-https", 6, 443, 0},
	    {"junos-smtp", 6, 25, 0},
	    {"junos-pop3", 6, 110, 0},
	    {"junos-ftp", 6, 21, 0},
	    {"junos-snmp", 17, 161, 0},
	    {"junos-rlogin", 6, 513, 0},
	};
	struct world world = world_create(state);
	const char *previous = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[128];

		(void)snprintf(expected, sizeof(expected), "%s %u 0-65535 %u-%u -1/-1 %u\n", rows[i].name,
		    rows[i].protocol, rows[i].port, rows[i].port, rows[i].timeout);
		assert_resolves(&world, rows[i].name, expected);
	}
	/* Sorted, each once, each found: the look-up is a binary search. */
	for (size_t i = 0; conf_application_predefined(i) != NULL; i++) {
		const char *name = conf_application_predefined(i);

		assert_true(strcmp(previous, name) < 0);
		assert_int_equal(conf_application_find(world.tree, name).kind, CONF_APPLICATION_PREDEFINED);
		previous = name;
	}
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(look_up_order),
	    cmocka_unit_test(sets_are_resolved),
	    cmocka_unit_test(predefined_ones),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
