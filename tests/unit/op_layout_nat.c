/*
 * What a person reads of address translation: rules, pools, kept translations, as text; by hand from the trees that the daemon
 * sends.
 */
#include "op_house.h"

/* One row below the answer's element, with these leaves. */
static void
add_row(struct op_tree *tree, const char *row, const struct leaf *leaves)
{
	add_leaves(tree, op_add(tree, tree->root, row, NULL), leaves);
}

/* Renders the tree and releases it. */
static void
expect(const struct house *house, const char *rpc, struct op_tree *tree, const char *output)
{
	struct op_renderer renderer;
	struct op_tree request;
	struct text out = TEXT_EMPTY;
	const struct op_rpc *row = op_table_find(house->table, rpc);

	assert_non_null(row);
	op_tree_start(&request, rpc);
	assert_false(tree->failed);
	op_renderer_start(&renderer, row, request.root, OP_FORMAT_TEXT, &out);
	op_renderer_add(&renderer, tree, &out);
	op_renderer_end(&renderer, &out);
	assert_string_equal(text_string(&out), output);
	text_release(&out);
	op_tree_release(tree);
	op_tree_release(&request);
}

static void
test_rules(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "source-nat-rule-detail-information");
	op_add(&tree, tree.root, "total-rules", "1");
	add_row(&tree, "source-nat-rule-entry", LEAVES({"rule-name", "web"}, {"rule-set-name", "out"}, {"rule-id", "3"},
	    {"rule-matching-position", "1"}, {"rule-from-context", "zone trust"}, {"rule-to-context", "zone untrust"},
	    {"rule-match", "source-address 10.0.0.0/24"}, {"rule-match", "destination-port 80"},
	    {"rule-action", "pool p"}, {"rule-translation-hits", "12"}, {"failed-hits", "2"},
	    {"concurrent-hits", "5"}));
	expect(*state, "retrieve-source-nat-rule-set-information", &tree,
	    "Total rules: 1\n"
	    "\n"
	    "NAT rule                    : web\n"
	    "  Rule-set                  : out\n"
	    "  Rule-Id                   : 3\n"
	    "  Rule position             : 1\n"
	    "  From                      : zone trust\n"
	    "  To                        : zone untrust\n"
	    "  Match                     : source-address 10.0.0.0/24\n"
	    "  Match                     : destination-port 80\n"
	    "  Action                    : pool p\n"
	    "  Translation hits          : 12\n"
	    "  Failed sessions           : 2\n"
	    "  Number of sessions        : 5\n");
}

static void
test_source_pools(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "source-nat-pool-detail-information");
	op_add(&tree, tree.root, "total-source-nat-pools", "1");
	add_row(&tree, "source-nat-pool-info-entry", LEAVES({"pool-name", "p"}, {"pool-id", "4"},
	    {"source-pool-port-translation", "[1024, 63487]"}, {"port-overloading", "2"},
	    {"overflow-pool", "interface"}, {"address-assignment", "no-paired"}, {"total-pool-address", "2"},
	    {"source-pool-address-range", "203.0.113.10 - 203.0.113.11"},
	    {"source-pool-utilization-alarm", "raise at 90%, clear at 72%"}, {"pool-utilization", "1%"},
	    {"used-tcp-ports", "7 of 249856"}, {"used-udp-ports", "2500 of 249856"},
	    {"used-icmp-identifiers", "1 of 249856"}, {"total-used-ports", "2508"}, {"peak-used-ports", "9000"},
	    {"total-used-addresses", "0"}, {"source-pool-sessions", "2508"}, {"source-pool-translation-hits", "100000"},
	    {"source-pool-failed-hits", "0"}));
	expect(*state, "retrieve-source-nat-pool-information", &tree,
	    "Total pools: 1\n"
	    "\n"
	    "Pool name                   : p\n"
	    "Pool id                     : 4\n"
	    "Port                        : [1024, 63487]\n"
	    "Port overloading            : 2\n"
	    "Overflow pool               : interface\n"
	    "Address assignment          : no-paired\n"
	    "Total addresses             : 2\n"
	    "Address range               : 203.0.113.10 - 203.0.113.11\n"
	    "Utilization alarm           : raise at 90%, clear at 72%\n"
	    "Utilization                 : 1%\n"
	    "Used TCP ports              : 7 of 249856\n"
	    "Used UDP ports              : 2500 of 249856\n"
	    "Used ICMP identifiers       : 1 of 249856\n"
	    "Used ports                  : 2508\n"
	    "Peak used ports             : 9000\n"
	    "Used addresses              : 0\n"
	    "Current sessions            : 2508\n"
	    "Translation hits            : 100000\n"
	    "Failed sessions             : 0\n");
}

static void
test_summaries(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "source-nat-summary-information");
	add_leaves(&tree, tree.root, LEAVES({"total-source-nat-pools", "1"}, {"total-source-nat-rules", "4"}));
	add_row(&tree, "source-nat-pool-summary", LEAVES({"pool-name", "p"},
	    {"address-range", "203.0.113.10 - 203.0.113.11"}, {"pat", "yes"}, {"total-address", "3"},
	    {"pool-utilization", "40%"}));
	add_row(&tree, "source-nat-pool-summary", LEAVES({"pool-name", ""},
	    {"address-range", "203.0.113.20 - 203.0.113.20"}));
	expect(*state, "retrieve-source-nat-summary", &tree,
	    "Total pools: 1\n"
	    "Total rules: 4\n"
	    "\n"
	    "Pool name            Address range                     PAT   Addresses In use\n"
	    "p                    203.0.113.10 - 203.0.113.11       yes           3 40%\n"
	    "                     203.0.113.20 - 203.0.113.20\n");
	op_tree_start(&tree, "destination-nat-pool-information");
	op_add(&tree, tree.root, "total-destination-nat-pools", "1");
	add_row(&tree, "destination-nat-pool-entry", LEAVES({"pool-name", "w"}, {"routing-instance-name", "default"},
	    {"destination-pool-address-range", "10.0.0.80/32"}, {"destination-pool-port", "8080"},
	    {"total-pool-address", "1"}));
	expect(*state, "retrieve-destination-nat-pool-information", &tree,
	    "Total pools: 1\n"
	    "\n"
	    "Pool name                   : w\n"
	    "Routing instance            : default\n"
	    "Address range               : 10.0.0.80/32\n"
	    "Port                        : 8080\n"
	    "Total addresses             : 1\n");
}

static void
test_kept_translations(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "persist-nat-table");
	add_row(&tree, "persist-nat-binding-entry", LEAVES({"internal-ip", "10.0.0.17"}, {"internal-port", "4000"},
	    {"reflexive-ip", "203.0.113.10"}, {"reflexive-port", "51234"}, {"protocol", "udp"}, {"pool-name", "p"},
	    {"type", "any-remote-host"}, {"left-time", "120/300"}, {"current-sessions", "0/30"}, {"rule-name", "r"}));
	add_row(&tree, "persist-nat-binding-entry", LEAVES({"internal-ip", "10.0.0.18"}, {"internal-port", "*"},
	    {"reflexive-ip", "203.0.113.32"}, {"reflexive-port", "*"}, {"protocol", "*"}, {"pool-name", "k"},
	    {"type", "target-host-port"}, {"left-time", "-/300"}, {"current-sessions", "2/30"},
	    {"rule-name", "address"}));
	op_add(&tree, tree.root, "binding-count", "2");
	expect(*state, "retrieve-source-persistent-nat-table", &tree,
	    "Internal IP      Port   Reflexive IP     Port   Prot.  Pool           Type              Left/Conf  Sess/Max  Rule\n"
	    "10.0.0.17        4000   203.0.113.10     51234  udp    p              any-remote-host   120/300    0/30      r\n"
	    "10.0.0.18        *      203.0.113.32     *      *      k              target-host-port  -/300      2/30      address\n"
	    "Bindings: 2\n");
	op_tree_start(&tree, "persist-nat-table-cleared");
	add_leaves(&tree, tree.root, LEAVES({"cleared-bindings", "3"}, {"bindings-in-use", "1"}));
	expect(*state, "clear-source-persistent-nat-table", &tree,
	    "Bindings cleared: 3\nBindings with sessions, which stay: 1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_source_pools),
	    cmocka_unit_test(test_summaries),
	    cmocka_unit_test(test_kept_translations),
	};

	return cmocka_run_group_tests(tests, build, tear_down);
}
