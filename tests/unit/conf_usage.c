/*
 * Who refers to what, and what nobody refers to: expected places are worked out by hand from the
 * configuration below.
 */
#include "conf_support.h"

#include "conf/usage.h"

#define ADDRESSES                                                                                  \
	"security/zones/security-zone/address-book/address "                                       \
	"security/zones/security-zone/address-book/address-set"
#define APPLICATIONS "applications/application applications/application-set"
#define UNITS        "interfaces/interface/unit"

static const char configuration[] =
    "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
    "set interfaces ge-0/0/1 unit 5 family inet address 10.0.1.1/24\n"
    "set routing-options static route 172.16.0.0/12 next-hop ge-0/0/1.5\n"
    "set routing-options rib-groups used import-rib inet.0\n"
    "set routing-options rib-groups idle import-rib inet.0\n"
    "set routing-options static rib-group used\n"
    "set security screen ids-option strict tcp land\n"
    "set security screen ids-option spare tcp land\n"
    "set security zones security-zone a screen strict\n"
    "set security zones security-zone a interfaces ge-0/0/0.0\n"
    "set security zones security-zone a address-book address web 10.0.0.80/32\n"
    "set security zones security-zone a address-book address old 10.0.0.81/32\n"
    "set security zones security-zone a address-book address off 10.0.0.82/32\n"
    "set security zones security-zone a address-book address-set farm address web\n"
    "set security zones security-zone a host-inbound-traffic system-services ssh\n"
    "set security zones security-zone b interfaces ge-0/0/1.5\n"
    "set security zones security-zone b address-book address web 10.0.1.80/32\n"
    "set security zones security-zone empty\n"
    "set applications application own protocol tcp destination-port 99\n"
    "set applications application ssh protocol tcp destination-port 2222\n"
    "set applications application-set many application own\n"
    "set schedulers scheduler day daily all-day\n"
    "set schedulers scheduler never daily all-day\n"
    "set security policies from-zone a to-zone b policy p match source-address [ web farm ]\n"
    "set security policies from-zone a to-zone b policy p match destination-address web\n"
    "set security policies from-zone a to-zone b policy p match application [ many junos-http ]\n"
    "set security policies from-zone a to-zone b policy p then permit\n"
    "set security policies from-zone a to-zone b policy p scheduler-name day\n"
    "set security policies from-zone a to-zone a policy q match source-address off\n"
    "set security policies from-zone a to-zone a policy q match destination-address any\n"
    "set security policies from-zone a to-zone a policy q match application any\n"
    "set security policies from-zone a to-zone a policy q then deny\n"
    "deactivate security policies from-zone a to-zone a policy q\n";

static void
append_place(void *context, const struct conf_node *node)
{
	struct text *out = context;

	struct text path = TEXT_EMPTY;
	struct text statement = TEXT_EMPTY;

	conf_place(node, &path, &statement);
	text_printf(out, "[%s] %s\n", text_string(&path), text_string(&statement));
	text_release(&path);
	text_release(&statement);
}

static struct world
load(void **state)
{
	struct world world = world_create(state);

	assert_true(conf_load(
	    world.tree, CONF_FORMAT_SET, NULL, configuration, strlen(configuration), &world.list));
	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.errors, 0);
	return world;
}

struct question {
	struct conf_object object;
	const char *answer;
};

static const struct question questions[] = {
    /* An address is of one zone: the from-zone's as a source, the to-zone's as a destination. */
    {{ADDRESSES, "web", "a"},
	"[security policies from-zone a to-zone b policy p match] source-address web\n"
	"[security zones security-zone a address-book address-set farm] address web\n"},
    {{ADDRESSES, "web", "b"},
	"[security policies from-zone a to-zone b policy p match] destination-address web\n"},
    {{ADDRESSES, "web", NULL},
	"[security policies from-zone a to-zone b policy p match] source-address web\n"
	"[security policies from-zone a to-zone b policy p match] destination-address web\n"
	"[security zones security-zone a address-book address-set farm] address web\n"},
    {{ADDRESSES, "farm", NULL},
	"[security policies from-zone a to-zone b policy p match] source-address farm\n"},
    {{ADDRESSES, "old", NULL}, ""},
    /* What is inactive refers to nothing. */
    {{ADDRESSES, "off", NULL}, ""},
    {{APPLICATIONS, "own", NULL}, "[applications application-set many] application own\n"},
    {{APPLICATIONS, "junos-http", NULL},
	"[security policies from-zone a to-zone b policy p match] application junos-http\n"},
    /* The service of that name is the device's, not the application. */
    {{APPLICATIONS, "ssh", NULL}, ""},
    {{"schedulers/scheduler", "day", NULL},
	"[security policies from-zone a to-zone b policy p] scheduler-name day\n"},
    {{"security/screen/ids-option", "strict", NULL},
	"[security zones security-zone a] screen strict\n"},
    {{"routing-options/rib-groups/rib-group", "used", NULL},
	"[routing-options static] rib-group used\n"},
    {{"security/zones/security-zone", "b", NULL}, "[security policies] from-zone a to-zone b\n"},
    {{"security/zones/security-zone", "a", NULL}, "[security policies] from-zone a to-zone a\n"
						  "[security policies] from-zone a to-zone b\n"},
    /* A port is all its units. */
    {{UNITS, "ge-0/0/1.5", NULL},
	"[security zones security-zone b] interfaces ge-0/0/1.5\n"
	"[routing-options static route 172.16.0.0/12] next-hop ge-0/0/1.5\n"},
    {{UNITS, "ge-0/0/1", NULL},
	"[security zones security-zone b] interfaces ge-0/0/1.5\n"
	"[routing-options static route 172.16.0.0/12] next-hop ge-0/0/1.5\n"},
    {{UNITS, "ge-0/0/0.5", NULL}, ""},
};

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The order of the schema's statements is not what is asked here. */
static void
assert_same_lines(const char *given, const char *wanted)
{
	char *lines[2][16];
	char *copies[2] = {strdup(given), strdup(wanted)};
	size_t counts[2] = {0, 0};

	for (size_t i = 0; i < 2; i++) {
		char *rest = NULL;

		assert_non_null(copies[i]);
		for (char *line = strtok_r(copies[i], "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest)) {
			assert_true(counts[i] < 16);
			lines[i][counts[i]++] = line;
		}
		qsort(lines[i], counts[i], sizeof(lines[i][0]), compare_lines);
	}
	if (counts[0] != counts[1]) {
		fail_msg("given:\n%swanted:\n%s", given, wanted);
	}
	for (size_t i = 0; i < counts[0]; i++) {
		assert_string_equal(lines[0][i], lines[1][i]);
	}
	free(copies[0]);
	free(copies[1]);
}

static void
answers_who_refers(void **state)
{
	struct world world = load(state);

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct text out = TEXT_EMPTY;

		assert_true(conf_usage(world.tree, &questions[i].object, append_place, &out));
		assert_same_lines(text_string(&out), questions[i].answer);
		text_release(&out);
	}
	world_release(&world);
}

static void
knows_what_exists(void **state)
{
	struct world world = load(state);
	static const struct conf_object there[] = {{ADDRESSES, "old", NULL},
	    {ADDRESSES, "farm", "a"}, {APPLICATIONS, "junos-ftp", NULL},
	    {APPLICATIONS, "many", NULL}, {UNITS, "ge-0/0/1", NULL}, {UNITS, "ge-0/0/1.5", NULL}};
	static const struct conf_object absent[] = {{ADDRESSES, "old", "b"},
	    {ADDRESSES, "nobody", NULL}, {APPLICATIONS, "junos-nothing", NULL},
	    {UNITS, "ge-0/0/1.0", NULL}, {UNITS, "ge-0/0/2", NULL}, {"no/such/list", "a", NULL}};

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		assert_true(conf_object_exists(world.tree, &there[i]));
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		assert_false(conf_object_exists(world.tree, &absent[i]));
	}
	world_release(&world);
}

static void
finds_what_nobody_refers_to(void **state)
{
	struct world world = load(state);
	struct text out = TEXT_EMPTY;

	assert_true(conf_unused(world.tree, append_place, &out));
	assert_same_lines(text_string(&out),
	    "[routing-options] rib-groups idle\n"
	    "[security screen] ids-option spare\n"
	    "[security zones security-zone a address-book] address old\n"
	    "[security zones security-zone a address-book] address off\n"
	    "[security zones] security-zone empty\n"
	    "[applications] application ssh\n"
	    "[schedulers] scheduler never\n");
	text_release(&out);
	world_release(&world);
}

/* E-041: a policy that writes a zone in other case is read as that zone's, and so are its
 * addresses. */
static void
minds_case_of_zones(void **state)
{
	static const char lines[] =
	    "set security zones security-zone Inside address-book address web 10.0.0.80/32\n"
	    "set security policies from-zone INSIDE to-zone Inside policy p match source-address "
	    "web\n"
	    "set security policies from-zone INSIDE to-zone Inside policy p match "
	    "destination-address any\n"
	    "set security policies from-zone INSIDE to-zone Inside policy p match application any\n"
	    "set security policies from-zone INSIDE to-zone Inside policy p then deny\n";
	const struct conf_object address = {ADDRESSES, "web", "Inside"};
	const struct conf_object zone = {"security/zones/security-zone", "Inside", NULL};
	struct world world = world_create(state);
	struct text out = TEXT_EMPTY;

	assert_true(
	    conf_load(world.tree, CONF_FORMAT_SET, NULL, lines, strlen(lines), &world.list));
	assert_true(conf_usage(world.tree, &address, append_place, &out));
	assert_non_null(strstr(text_string(&out), "policy p match] source-address web\n"));
	text_clear(&out);
	assert_true(conf_usage(world.tree, &zone, append_place, &out));
	assert_string_equal(
	    text_string(&out), "[security policies] from-zone Inside to-zone Inside\n");
	text_release(&out);
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_who_refers),
	    cmocka_unit_test(knows_what_exists),
	    cmocka_unit_test(finds_what_nobody_refers_to),
	    cmocka_unit_test(minds_case_of_zones),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
