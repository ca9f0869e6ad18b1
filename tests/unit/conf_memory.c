/*
 * Allocations that fail, one by one: told as being out of memory, nothing half done, nothing lost.
 *
 * The schema is made before, as libyang's own failures are not ours.
 */
#include <jansson.h>

#include "conf_support.h"
#include "failing_memory.h"

#include "conf/usage.h"
#include "conf/groups.h"
#include "conf/verbs.h"

static const char lines[] =
    "set security zones security-zone A address-book address x 192.0.2.0/24\n"
    "set security zones security-zone b address-book address-set s 192.0.2.1\n"
    "set security policies from-zone a to-zone b policy p match source-address [ x y ] application http\n"
    "set routing-options static route 192.0.2.0/24 next-hop st0.1 preference 5\n"
    "set routing-options static route 192.0.2.0/24 next-hop st0.2 preference 7\n"
    "set interfaces ge-0/0/0 unit 0\nset interfaces ge-0/0/1 unit 0\nset interfaces ge-0/0/2 unit 0\n"
    "set interfaces ge-0/0/3 unit 0\nset interfaces ge-0/0/4 unit 0\nset interfaces ge-0/0/5 unit 0\n"
    "set interfaces ge-0/0/6 unit 0\nset interfaces ge-0/0/7 unit 0\nset interfaces ge-0/0/8 unit 0\n"
    "set interfaces ge-0/0/9 unit 0\nset interfaces ge-0/0/10 unit 0\nset interfaces ge-0/0/11 unit 0\n"
    "set bogus\n";

static const char tunnels[] =
    "set interfaces st0 unit 1\n"
    "set security ike policy p pre-shared-key k\nset security ike policy p proposal a\n"
    "set security ike policy p pre-shared-key ascii-text a b\nset security ike proposal a dh-group group 2\n"
    "set security ike respond-bad-spi\nset security gateway g policy p\n"
    "set security ike gateway g dynamic hostname a.b access-profile x\nset access profile x radius-server 192.0.2.1\n"
    "set security ipsec vpn v bind-interface st0.1 ike gateway g no anti-replay ipsec-policy q\n"
    "set security ipsec vpn v ike anti-replay\nset security ipsec proposal q protocolah hmac-md5-96\n"
    "set security ipsec vpn w bind-interface st0.1 ike proxy-identity local 1.2.3.4/24\n"
    "set security nat interface ge-0/0/0.0 static-nat 192.0.2.8 host 10.0.0.8/24\n"
    "set security nat interface ge-0/0/0.0 source-nat pool a addr-range low 192.0.2.9 high 192.0.2.5\n"
    "set security policies from-zone a to-zone junos-global policy p match destination-address static_nat_192.0.2.8_32\n"
    "set security policies from-zone a to-zone b policy p then permit tunnel ipsec-vpn v pair-policy p\n"
    "set security policies from-zone a to-zone b policy r then permit source-nat pool a\n";

static const char curly[] =
    "security { zones { security-zone a { address-book { address x 192.0.2.0/24; address-set s { address x; } } } }\n"
    "policies { from-zone a to-zone b { policy p { match { source-address [ x y ]; } then { permit; } } } }\n"
    "bogus { x; } }\n";

static const char json[] =
    "{\"configuration\": {\"system\": {\"host-name\": \"a\", \"services\": {\"ssh\": [null]}},"
    "\"security\": {\"zones\": {\"security-zone\": [{\"name\": \"a\", \"interfaces\": [{\"name\": \"ge-0/0/0.0\"}]}]}}}}";

static void
pass_over(void *context, const struct conf_node *node)
{
	(void)context;
	assert_non_null(node->parent);
}

static const char xml[] =
    "<configuration><groups><name>g</name><system><host-name>a</host-name></system></groups>"
    "<apply-groups>g</apply-groups><comment>/* n */</comment><interfaces><interface><name>ge-0/0/0</name><unit><name>0</name>"
    "<nonsense/></unit></interface></interfaces></configuration>";

/* Loads, checks, renders, compares, copies with the allocation `fail` failing. True when nothing failed any more. */
static bool
everything(void **state, enum conf_format format, const char *text, uint32_t fail)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text out = TEXT_EMPTY;

	failing_memory_start(fail);
	struct conf_tree *tree = conf_tree_create(*state);

	if (tree != NULL) {
		const bool good = conf_load(tree, format, "test", text, strlen(text), &list);

		assert_true(!list.failed || (!good && list.errors > 0));
		conf_check(tree, &list);
		struct conf_tree *copy = conf_tree_copy(tree);

		for (int i = CONF_FORMAT_SET; i <= CONF_FORMAT_XML; i++) {
			conf_render(conf_tree_top(tree), (enum conf_format)i, &out);
		}
		if (copy != NULL) {
			struct conf_editor editor = {.tree = copy};

			(void)conf_edit(&editor, CONF_EDIT_SET,
			    "security policies from-zone a to-zone b policy q then deny", &list);
			(void)conf_edit(&editor, CONF_EDIT_INSERT,
			    "security policies from-zone a to-zone b policy q before policy p", &list);
			conf_compare(tree, copy, &out);
			conf_tree_destroy(copy);
		}
		const struct conf_object object = {"interfaces/interface/unit", "st0.1", NULL};
		const bool told = conf_unused(tree, pass_over, NULL) && conf_usage(tree, &object, pass_over, NULL);

		assert_true(told || failing_memory_failed());
		diagnostics_sort(&list);
		diagnostics_render_lines(&list, &out);
	}
	const bool done = !failing_memory_failed();

	failing_memory_stop();
	conf_tree_destroy(tree);
	diagnostics_release(&list);
	text_release(&out);
	return done;
}

static void
every_allocation_may_fail(void **state)
{
	static const struct {
		enum conf_format format;
		const char *text;
	} forms[] = {{CONF_FORMAT_SET, lines}, {CONF_FORMAT_TEXT, curly}, {CONF_FORMAT_JSON, json}, {CONF_FORMAT_XML, xml}, {CONF_FORMAT_SET, tunnels}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint32_t fail = 0;

		while (!everything(state, forms[i].format, forms[i].text, fail)) {
			fail++;
		}
		assert_true(fail > 100);
	}
}

/* A statement that memory fails for leaves the tree as it was. */
static void
editing_is_atomic(void **state)
{
	static const char before[] =
	    "set security policies from-zone a to-zone b policy p match source-address x\n"
	    "set security policies from-zone a to-zone b policy p then permit\n";
	struct world world = world_of(state, before);
	struct conf_editor editor = {.tree = world.tree};
	bool done = false;

	for (uint32_t fail = 0; !done; fail++) {
		failing_memory_start(fail);
		done = conf_edit(&editor, CONF_EDIT_SET,
		    "security policies from-zone a to-zone b policy p match source-address [ y z ] application any",
		    &world.list);
		const bool first = done;

		done = done && conf_edit(&editor, CONF_EDIT_SET,
		                   "security policies from-zone a to-zone b policy p then deny", &world.list);
		failing_memory_stop();
		if (!first) {
			assert_true(world.list.failed);
			assert_renders(&world, CONF_FORMAT_SET, before);
		} else if (!done) {
			assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "then permit\n"));
		}
	}
	world_release(&world);
}

/* Groups, with patterns and groups inside: expanded, or it is told that memory is short. */
static void
expanding_may_fail(void **state)
{
	static const char grouped[] =
	    "set groups g security policies from-zone <*> to-zone <b*> policy <*> match source-address y\n"
	    "set groups g interfaces ge-0/0/1 unit 0 description d\nset groups h interfaces <ge-*> mtu 1400\n"
	    "set apply-groups g\nset interfaces apply-groups h\nset interfaces ge-0/0/0 unit 1\n"
	    "set security policies from-zone a to-zone b policy p then permit\n"
	    "set policy-options prefix-list l apply-path \"interfaces <*> unit <*> family inet address <*>\"\n"
	    "set interfaces ge-0/0/0 unit 1 family inet address 10.1.2.3/24\n";
	struct world world = world_of(state, grouped);
	bool done = false;

	for (uint32_t fail = 0; !done; fail++) {
		struct diagnostics list = DIAGNOSTICS_EMPTY;

		failing_memory_start(fail);
		struct conf_tree *expanded = conf_expand(world.tree, &list);

		done = !failing_memory_failed();
		failing_memory_stop();
		assert_true(done ? expanded != NULL && list.count == 0 : expanded != NULL || list.failed);
		if (done) {
			text_clear(&world.out);
			conf_render(conf_tree_top(expanded), CONF_FORMAT_SET, &world.out);
			assert_non_null(strstr(text_string(&world.out), "interfaces ge-0/0/1 mtu 1400"));
			assert_non_null(strstr(text_string(&world.out), "policy p match source-address y"));
			assert_non_null(strstr(text_string(&world.out), "prefix-list l 10.1.2.0/24"));
		}
		conf_tree_destroy(expanded);
		diagnostics_release(&list);
	}
	world_release(&world);
}

/* The same for each of the verbs that change more than a statement. */
static bool
verb(struct conf_editor *editor, size_t which, struct diagnostics *list)
{
	const struct conf_replacement order = {.pattern = "x", .with = "other"};
	uint32_t count;

	switch (which) {
	case 0:
		return conf_edit(editor, CONF_EDIT_RENAME, "security policies from-zone a to-zone b policy p to policy q", list);
	case 1:
		return conf_edit(editor, CONF_EDIT_COPY, "security policies from-zone a to-zone b policy p to policy q", list);
	case 2:
		return conf_edit(editor, CONF_EDIT_ANNOTATE, "security policies \"a note\"", list);
	case 3:
		return conf_edit_replace(editor, &order, &count, list);
	case 4:
		return conf_edit_wildcard_delete(editor, "security policies from-zone a to-zone b policy *", &count, list);
	default:
		return conf_edit_wildcard_range(editor, "set interfaces ge-0/0/[0-1] unit [0-1]", &count, list);
	}
}

static void
verbs_are_atomic(void **state)
{
	static const char before[] =
	    "set security policies from-zone a to-zone b policy p match source-address x\n"
	    "set security policies from-zone a to-zone b policy p then permit\n";

	for (size_t which = 0; which < 6; which++) {
		bool done = false;

		for (uint32_t fail = 0; !done; fail++) {
			struct world world = world_of(state, before);
			struct conf_editor editor = {.tree = world.tree};

			failing_memory_start(fail);
			done = verb(&editor, which, &world.list);
			failing_memory_stop();
			if (!done) {
				assert_true(world.list.failed || world.list.errors > 0);
				assert_renders(&world, CONF_FORMAT_SET, before);
			}
			assert_true(fail < 10000);
			world_release(&world);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_allocation_may_fail),
	    cmocka_unit_test(editing_is_atomic),
	    cmocka_unit_test(verbs_are_atomic),
	    cmocka_unit_test(expanding_may_fail),
	};

	json_set_alloc_funcs(malloc, free);
	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
