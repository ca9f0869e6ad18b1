/*
 * `show | compare`: what changed, in JUNOS's form.
 */
#include "conf_support.h"

static void
assert_compares(void **state, const char *before_lines, const char *after_lines, const char *expected)
{
	struct world before = world_of(state, before_lines);
	struct world after = world_of(state, after_lines);
	struct text out = TEXT_EMPTY;

	conf_compare(before.tree, after.tree, &out);
	assert_false(text_failed(&out));
	assert_string_equal(text_string(&out), expected);
	text_release(&out);
	world_release(&before);
	world_release(&after);
}

#define POLICY "set security policies from-zone a to-zone b policy "

static void
added_and_removed(void **state)
{
	assert_compares(state, "set system host-name a\nset system services ssh\nset security flow allow-dns-reply\n",
	    "set system host-name b\nset system services telnet\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n",
	    "[edit]\n"
	    "+  interfaces {\n"
	    "+      ge-0/0/0 {\n"
	    "+          unit 0 {\n"
	    "+              family inet {\n"
	    "+                  address 10.0.0.1/24;\n"
	    "+              }\n"
	    "+          }\n"
	    "+      }\n"
	    "+  }\n"
	    "-  security {\n"
	    "-      flow {\n"
	    "-          allow-dns-reply;\n"
	    "-      }\n"
	    "-  }\n"
	    "[edit system]\n"
	    "-   host-name a;\n"
	    "+   host-name b;\n"
	    "[edit system services]\n"
	    "-    ssh;\n"
	    "+    telnet;\n");
}

static void
values_and_families(void **state)
{
	assert_compares(state,
	    POLICY "p match source-address x\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n",
	    POLICY "p match source-address [ x y ]\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	           "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::1/64\n",
	    "[edit interfaces ge-0/0/0 unit 0]\n"
	    "+     family inet6 {\n"
	    "+         address 2001:db8::1/64;\n"
	    "+     }\n"
	    "[edit security policies from-zone a to-zone b policy p match]\n"
	    "-       source-address x;\n"
	    "+       source-address [ x y ];\n");
}

/* The order of policies counts, that of address values does not. */
static void
order(void **state)
{
	assert_compares(state,
	    POLICY "p match source-address [ x y ]\n" POLICY "q then deny\n" POLICY "r then deny\n",
	    POLICY "r then deny\n" POLICY "p match source-address [ y x ]\n" POLICY "q then deny\n",
	    "[edit security policies from-zone a to-zone b]\n"
	    "!     policy r { ... }\n"
	    "      policy p { ... }\n");
	/* The neighbours of what is new or moved, of what follows something else too. */
	assert_compares(state, POLICY "p then deny\n" POLICY "q then deny\n" POLICY "r then deny\n" POLICY "s then deny\n",
	    POLICY "p then deny\n" POLICY "n then permit\n" POLICY "q then deny\n" POLICY "s then deny\n"
	    POLICY "r then deny\n" POLICY "z then deny\n",
	    "[edit security policies from-zone a to-zone b]\n"
	    "      policy p { ... }\n"
	    "+     policy n {\n"
	    "+         then {\n"
	    "+             permit;\n"
	    "+         }\n"
	    "+     }\n"
	    "      policy q { ... }\n"
	    "!     policy s { ... }\n"
	    "      policy r { ... }\n"
	    "+     policy z {\n"
	    "+         then {\n"
	    "+             deny;\n"
	    "+         }\n"
	    "+     }\n");
	assert_compares(state, "set routing-options rib-groups g import-rib [ a.inet.0 b.inet.0 ]\n",
	    "set routing-options rib-groups g import-rib [ b.inet.0 a.inet.0 ]\n",
	    "[edit routing-options rib-groups g]\n"
	    "-     import-rib [ a.inet.0 b.inet.0 ];\n"
	    "+     import-rib [ b.inet.0 a.inet.0 ];\n");
}

static void
switched(void **state)
{
	assert_compares(state, POLICY "p then deny\n",
	    POLICY "p then deny\ndeactivate security policies from-zone a to-zone b policy p\n",
	    "[edit security policies from-zone a to-zone b]\n"
	    "!     inactive: policy p { ... }\n");
	assert_compares(state, "set system host-name a\ndeactivate system host-name\nset system services ssh\n",
	    "set system host-name a\nset system services ssh\ndeactivate system services ssh\n",
	    "[edit system]\n"
	    "!   active: host-name a;\n"
	    "[edit system services]\n"
	    "!    inactive: ssh;\n");
}

/* Notes and protection are part of a configuration, so their change is one. */
static void
notes_and_protection(void **state)
{
	assert_compares(state, "set system host-name a\nset system services ssh\nannotate system services \"one\"\n" POLICY "p then deny\n",
	    "set system host-name a\nset system services ssh\nannotate system services \"two\"\n" POLICY "p then deny\n"
	    "annotate system host-name \"name\"\n"
	    "annotate security policies from-zone a to-zone b policy p \"why\"\nprotect security\n",
	    "[edit]\n"
	    "!  protect: security { ... }\n"
	    "[edit system]\n"
	    "+   /* name */\n"
	    "    host-name a;\n"
	    "-   /* one */\n"
	    "+   /* two */\n"
	    "    services { ... }\n"
	    "[edit security policies from-zone a to-zone b]\n"
	    "+     /* why */\n"
	    "      policy p { ... }\n");
	assert_compares(state, "set system services ssh\nannotate system services ssh \"one\"\nprotect system services\n",
	    "set system services ssh\n",
	    "[edit system]\n"
	    "!   unprotect: services { ... }\n"
	    "[edit system services]\n"
	    "-    /* one */\n"
	    "     ssh;\n");
	/* Values are switched one by one. */
	assert_compares(state, POLICY "p match source-address [ x y ]\n",
	    POLICY "p match source-address [ x y ]\ndeactivate security policies from-zone a to-zone b policy p match source-address y\n",
	    "[edit security policies from-zone a to-zone b policy p match]\n"
	    "-       source-address [ x y ];\n"
	    "+       source-address x;\n"
	    "+       inactive: source-address y;\n");
}

static void
nothing_changed(void **state)
{
	assert_compares(state, "set system host-name a\nset system services ssh\n",
	    "set system services ssh\nset system host-name a\n", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(added_and_removed),
	    cmocka_unit_test(values_and_families),
	    cmocka_unit_test(order),
	    cmocka_unit_test(switched),
	    cmocka_unit_test(notes_and_protection),
	    cmocka_unit_test(nothing_changed),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
