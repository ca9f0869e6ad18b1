/*
 * Operational output: the layouts of an SRX, XML and JSON, from trees as daemons send them, in one chunk and in several.
 */
#include "op_house.h"

/* Renders `count` chunks and releases them. */
static void
expect(const struct house *house, const char *rpc, const char *flag, enum op_format format, struct op_tree *chunks,
    size_t count, const char *output)
{
	struct op_renderer renderer;
	struct op_tree request;
	struct text out = TEXT_EMPTY;
	const struct op_rpc *row = op_table_find(house->table, rpc);

	assert_non_null(row);
	op_tree_start(&request, rpc);
	if (flag != NULL) {
		op_add(&request, request.root, flag, NULL);
	}
	op_renderer_start(&renderer, row, request.root, format, &out);
	for (size_t i = 0; i < count; i++) {
		assert_false(chunks[i].failed);
		op_renderer_add(&renderer, &chunks[i], &out);
		op_tree_release(&chunks[i]);
	}
	op_renderer_end(&renderer, &out);
	assert_string_equal(text_string(&out), output);
	op_tree_release(&request);
	text_release(&out);
}

static void
add_flow(struct op_tree *tree, struct op_node *session, const char *direction, const char *source, const char *port,
    const char *unit)
{
	struct op_node *flow = op_add(tree, session, "flow-information", NULL);
	const bool in = strcmp(direction, "In") == 0;

	add_leaves(tree, flow, LEAVES({"direction", direction}, {"source-address", source}, {"source-port", port},
	    {"destination-address", in ? "198.51.100.7" : "10.0.0.5"}, {"destination-port", in ? "80" : "40000"},
	    {"protocol", "tcp"}, {"interface-name", unit}, {"pkt-cnt", in ? "5" : "4"},
	    {"byte-cnt", in ? "500" : "4000"}));
}

static void
build_session(struct op_tree *tree, uint64_t id)
{
	op_tree_start(tree, "flow-session-information");
	struct op_node *session = op_add(tree, tree->root, "flow-session", NULL);

	op_add_number(tree, session, "session-identifier", id);
	add_leaves(tree, session, LEAVES({"policy", "web/5"}, {"timeout", "1798"}, {"session-state", "Valid"}));
	add_flow(tree, session, "In", "10.0.0.5", "40000", "ge-0/0/1.2");
	add_flow(tree, session, "Out", "198.51.100.7", "80", "ge-0/0/3.2");
}

#define FLOWS \
	"  In: 10.0.0.5/40000 --> 198.51.100.7/80;tcp, If: ge-0/0/1.2, Pkts: 5, Bytes: 500\n" \
	"  Out: 198.51.100.7/80 --> 10.0.0.5/40000;tcp, If: ge-0/0/3.2, Pkts: 4, Bytes: 4000\n"

static void
test_sessions(void **state)
{
	struct op_tree chunks[2];

	build_session(&chunks[0], 7);
	build_session(&chunks[1], 8);
	expect(*state, "get-flow-session-information", NULL, OP_FORMAT_TEXT, chunks, 2,
	    "Session ID: 7, Policy name: web/5, Timeout: 1798, Valid\n" FLOWS "\n"
	    "Session ID: 8, Policy name: web/5, Timeout: 1798, Valid\n" FLOWS "Total sessions: 2\n");
	expect(*state, "get-flow-session-information", NULL, OP_FORMAT_TEXT, chunks, 0, "Total sessions: 0\n");
}

static void
test_session_summary(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "flow-session-information");
	struct op_node *summary = op_add(&tree, tree.root, "flow-session-summary", NULL);

	add_leaves(&tree, summary, LEAVES({"active-unicast-sessions", "3"}, {"active-sessions", "3"},
	    {"active-session-valid", "2"}, {"active-session-pending", "1"}, {"max-sessions", "65536"}));
	expect(*state, "get-flow-session-information", "summary", OP_FORMAT_TEXT, &tree, 1,
	    "Unicast-sessions: 3\nFailed-sessions: 0\nSessions-in-use: 3\n  Valid sessions: 2\n  Pending sessions: 1\n"
	    "  Invalidated sessions: 0\nMaximum-sessions: 65536\n");
}

static void
build_version(struct op_tree *tree)
{
	op_tree_start(tree, "software-information");
	add_leaves(tree, tree->root, LEAVES({"host-name", "fw <1>"}, {"product-model", "sally\"port"}));
}

static void
test_forms(void **state)
{
	struct op_tree tree;

	build_version(&tree);
	expect(*state, "get-software-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "Hostname: fw <1>\nModel: sally\"port\n");
	build_version(&tree);
	expect(*state, "get-software-information", NULL, OP_FORMAT_XML, &tree, 1,
	    "<rpc-reply>\n    <software-information>\n        <host-name>fw &lt;1&gt;</host-name>\n"
	    "        <product-model>sally\"port</product-model>\n    </software-information>\n</rpc-reply>\n");
	build_version(&tree);
	expect(*state, "get-software-information", NULL, OP_FORMAT_JSON, &tree, 1,
	    "{\n    \"software-information\" : [\n        {\n"
	    "            \"host-name\" : [\n                {\n                    \"data\" : \"fw <1>\"\n"
	    "                }\n            ],\n"
	    "            \"product-model\" : [\n                {\n                    \"data\" : \"sally\\\"port\"\n"
	    "                }\n            ]\n        }\n    ]\n}\n");
}

/* An array goes on over chunks; flags and nothing at all are JSON and XML too. */
static void
test_markup_over_chunks(void **state)
{
	struct op_tree chunks[2];

	for (size_t i = 0; i < 2; i++) {
		op_tree_start(&chunks[i], "log-information");
		struct op_node *line = op_add(&chunks[i], chunks[i].root, "log-line", NULL);

		op_add(&chunks[i], line, i == 0 ? "text" : "flag", i == 0 ? "a\tb\x01" : NULL);
	}
	expect(*state, "get-log", NULL, OP_FORMAT_JSON, chunks, 2,
	    "{\n    \"log-information\" : [\n        {\n            \"log-line\" : [\n                {\n"
	    "                    \"text\" : [\n                        {\n"
	    "                            \"data\" : \"a\\u0009b\\u0001\"\n"
	    "                        }\n                    ]\n                },\n                {\n"
	    "                    \"flag\" : [\n                        {\n"
	    "                            \"data\" : null\n"
	    "                        }\n                    ]\n                }\n            ]\n        }\n    ]\n}\n");
	expect(*state, "get-log", NULL, OP_FORMAT_JSON, chunks, 0, "{\n    \"log-information\" : [\n        {\n        }\n    ]\n}\n");
	expect(*state, "get-log", NULL, OP_FORMAT_XML, chunks, 0,
	    "<rpc-reply>\n    <log-information>\n    </log-information>\n</rpc-reply>\n");
}

/* Names and log lines come from strangers: nothing in them moves the cursor or breaks the encoding. */
static void
test_terminals_are_safe(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "log-information");
	struct op_node *line = op_add(&tree, tree.root, "log-line", NULL);

	op_add(&tree, line, "text", "a\x1b[2Jb\x9b" "c\xc2\x9b" "d\xc0\x80 \xc3\xa4\r\ne");
	expect(*state, "get-log", NULL, OP_FORMAT_TEXT, &tree, 1, "a?[2Jb?c??d?? \xc3\xa4??e\n");
}

static void
test_arp_table(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "arp-table-information");
	struct op_node *entry = op_add(&tree, tree.root, "arp-table-entry", NULL);

	add_leaves(&tree, entry, LEAVES({"mac-address", "02:00:00:00:00:05"}, {"ip-address", "10.0.0.5"},
	    {"interface-name", "ge-0/0/1.2"}, {"arp-table-entry-flags", "none"}));
	op_add(&tree, tree.root, "arp-entry-count", "1");
	expect(*state, "get-arp-table-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "MAC Address       Address         Interface               Flags\n"
	    "02:00:00:00:00:05 10.0.0.5        ge-0/0/1.2              none\n"
	    "Total entries: 1\n");
}

static void
test_neighbours6(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "ipv6-nd-information");
	struct op_node *entry = op_add(&tree, tree.root, "ipv6-nd-entry", NULL);

	add_leaves(&tree, entry, LEAVES({"ipv6-nd-neighbor-address", "fe80::aa:ff:fe00:5"},
	    {"ipv6-nd-neighbor-l2-address", "02:00:00:00:00:05"}, {"ipv6-nd-state", "reachable"},
	    {"ipv6-nd-expire", "41"}, {"ipv6-nd-isrouter", "no"}, {"ipv6-nd-interface-name", "ge-0/0/1.2"}));
	op_add(&tree, tree.root, "ipv6-nd-total", "1");
	expect(*state, "get-ipv6-nd-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "IPv6 Address                            Linklayer Address State       Exp  Rtr Interface\n"
	    "fe80::aa:ff:fe00:5                      02:00:00:00:00:05 reachable   41   no  ge-0/0/1.2\n"
	    "Total entries: 1\n");
	op_tree_start(&tree, "ipv6-nd-cleared");
	op_add(&tree, tree.root, "ipv6-nd-cleared-count", "3");
	expect(*state, "clear-ipv6-nd-information", NULL, OP_FORMAT_TEXT, &tree, 1, "Neighbors cleared: 3\n");
}

static void
test_statistics(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "flow-statistics-information");
	add_leaves(&tree, tree.root, LEAVES({"current-sessions", "2"}, {"packets-dropped", "15"}));
	struct op_node *reason = op_add(&tree, tree.root, "flow-reason", NULL);

	add_leaves(&tree, reason, LEAVES({"reason", "policy-deny"}, {"kind", "drop"}, {"packet-count", "15"},
	    {"help", "a policy denied it"}));
	expect(*state, "get-flow-statistics", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "Current sessions: 2\nPackets dropped: 15\n\n"
	    "Reason                      Kind         Packets Meaning\n"
	    "policy-deny                 drop              15 a policy denied it\n");
}

static void
test_interfaces(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "interface-information");
	struct op_node *port = op_add(&tree, tree.root, "physical-interface", NULL);

	add_leaves(&tree, port, LEAVES({"name", "ge-0/0/1"}, {"admin-status", "up"}, {"oper-status", "down"}));
	struct op_node *unit = op_add(&tree, port, "logical-interface", NULL);

	add_leaves(&tree, unit, LEAVES({"name", "ge-0/0/1.2"}, {"admin-status", "up"}, {"oper-status", "down"}));
	struct op_node *family = op_add(&tree, unit, "address-family", NULL);

	op_add(&tree, family, "address-family-name", "inet");
	op_add(&tree, op_add(&tree, family, "interface-address", NULL), "ifa-local", "10.0.0.1/24");
	op_add(&tree, op_add(&tree, family, "interface-address", NULL), "ifa-local", "10.0.1.1/24");
	unit = op_add(&tree, port, "logical-interface", NULL);
	add_leaves(&tree, unit, LEAVES({"name", "ge-0/0/1.3"}, {"admin-status", "down"}, {"oper-status", "down"}));
	expect(*state, "get-interface-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "Interface               Admin Link Proto    Local                 Remote\n"
	    "ge-0/0/1                up    down\n"
	    "ge-0/0/1.2              up    down inet     10.0.0.1/24\n"
	    "                                            10.0.1.1/24\n"
	    "ge-0/0/1.3              down  down\n");
}

static struct op_node *
add_route(struct op_tree *tree, struct op_node *table, const char *destination, const char *protocol,
    const char *preference, const char *age)
{
	struct op_node *route = op_add(tree, table, "rt", NULL);
	struct op_node *entry;

	op_add(tree, route, "rt-destination", destination);
	entry = op_add(tree, route, "rt-entry", NULL);
	add_leaves(tree, entry, LEAVES({"active-tag", "*"}, {"protocol-name", protocol}, {"preference", preference},
	    {"age", age}));
	return entry;
}

static void
test_routes(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "route-information");
	struct op_node *table = op_add(&tree, tree.root, "route-table", NULL);

	add_leaves(&tree, table, LEAVES({"table-name", "inet.0"}, {"destination-count", "4"},
	    {"total-route-count", "4"}, {"active-route-count", "4"}));
	struct op_node *hop = op_add(&tree, add_route(&tree, table, "0.0.0.0/0", "Static", "5", "788645"), "nh", NULL);

	add_leaves(&tree, hop, LEAVES({"selected-next-hop", NULL}, {"to", "203.0.113.1"}, {"via", "ge-0/0/3.2"}));
	hop = op_add(&tree, add_route(&tree, table, "10.0.0.0/24", "Direct", "0", "3661"), "nh", NULL);
	add_leaves(&tree, hop, LEAVES({"selected-next-hop", NULL}, {"via", "ge-0/0/1.2"}));
	hop = op_add(&tree, add_route(&tree, table, "255.255.255.255/32", "Local", "0", "59"), "nh", NULL);
	op_add(&tree, hop, "nh-local-interface", "ge-0/0/1.2");
	op_add(&tree, add_route(&tree, table, "192.0.2.0/24", "Static", "5", "172800"), "nh-type", "Discard");
	hop = op_add(&tree, add_route(&tree, table, "fe80::5254:ff:fe12:3456/128", "Local", "0", "59"), "nh", NULL);
	op_add(&tree, hop, "nh-local-interface", "ge-0/0/1.2");
	expect(*state, "get-route-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "\ninet.0: 4 destinations, 4 routes (4 active, 0 holddown, 0 hidden)\n"
	    "+ = Active Route, - = Last Active, * = Both\n\n"
	    "0.0.0.0/0          *[Static/5] 1w2d 03:04:05\n"
	    "                    > to 203.0.113.1 via ge-0/0/3.2\n"
	    "10.0.0.0/24        *[Direct/0] 01:01:01\n"
	    "                    > via ge-0/0/1.2\n"
	    "255.255.255.255/32 *[Local/0] 00:00:59\n"
	    "                      Local via ge-0/0/1.2\n"
	    "192.0.2.0/24       *[Static/5] 2d 00:00:00\n"
	    "                      Discard\n"
	    "fe80::5254:ff:fe12:3456/128\n"
	    "                   *[Local/0] 00:00:59\n"
	    "                      Local via ge-0/0/1.2\n");
}

static void
build_policies(struct op_tree *tree, const char *name, bool detail)
{
	op_tree_start(tree, "security-policies");
	if (strcmp(name, "first") == 0) {
		op_add(tree, tree->root, "default-policy", "deny-all");
	}
	struct op_node *context = op_add(tree, tree->root, "security-context", NULL);

	add_leaves(tree, context, LEAVES({"source-zone-name", "trust"}, {"destination-zone-name", "untrust"}));
	struct op_node *policy = op_add(tree, context, "policy-information", NULL);

	add_leaves(tree, policy, LEAVES({"policy-name", name}, {"policy-state", "enabled"}, {"policy-identifier", "4"},
	    {"policy-sequence-number", "1"}));
	struct op_node *address = op_add(tree, policy, "source-address", NULL);

	op_add(tree, address, "address-name", "lan");
	if (detail) {
		add_leaves(tree, address, LEAVES({"address-prefix", "10.0.0.0/24"}, {"address-prefix", "10.0.1.0/24"}));
	}
	op_add(tree, op_add(tree, policy, "destination-address", NULL), "address-name", "any");
	struct op_node *application = op_add(tree, policy, "application", NULL);

	op_add(tree, application, "application-name", "junos-http");
	op_add(tree, op_add(tree, policy, "application", NULL), "application-name", "junos-ssh");
	add_leaves(tree, policy, LEAVES({"action", "permit"}, {"log-session-init", NULL}, {"log-session-close", NULL}));
	if (detail) {
		struct op_node *term = op_add(tree, application, "application-term", NULL);

		add_leaves(tree, term, LEAVES({"protocol", "tcp"}, {"inactivity-timeout", "300"},
		    {"destination-port-range", "80-80"}));
		op_add(tree, policy, "policy-hit-count", "12");
	}
}

static void
test_policies(void **state)
{
	struct op_tree chunks[2];

	build_policies(&chunks[0], "first", false);
	build_policies(&chunks[1], "second", false);
	expect(*state, "get-firewall-policies", NULL, OP_FORMAT_TEXT, chunks, 2,
	    "Default policy: deny-all\n"
	    "From zone: trust, To zone: untrust\n"
	    "  Policy: first, State: enabled, Index: 4, Sequence number: 1\n"
	    "    Source addresses: lan\n    Destination addresses: any\n    Applications: junos-http, junos-ssh\n"
	    "    Action: permit, log\n"
	    "  Policy: second, State: enabled, Index: 4, Sequence number: 1\n"
	    "    Source addresses: lan\n    Destination addresses: any\n    Applications: junos-http, junos-ssh\n"
	    "    Action: permit, log\n");
}

static void
test_policy_detail(void **state)
{
	struct op_tree tree;

	build_policies(&tree, "second", true);
	expect(*state, "get-firewall-policies", "detail", OP_FORMAT_TEXT, &tree, 1,
	    "Policy: second, action-type: permit, State: enabled, Index: 4\n"
	    "  Sequence number: 1\n"
	    "  From zone: trust, To zone: untrust\n"
	    "  Source addresses:\n    lan: 10.0.0.0/24, 10.0.1.0/24\n"
	    "  Destination addresses:\n    any:\n"
	    "  Application: junos-http\n"
	    "    IP protocol: tcp, Inactivity timeout: 300\n"
	    "      Source port range: [0-0]\n"
	    "      Destination port range: [80-80]\n"
	    "  Application: junos-ssh\n"
	    "  Session log: at-create, at-close\n"
	    "  Hit count: 12\n");
}

static void
test_zones(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "zones-information");
	struct op_node *zone = op_add(&tree, tree.root, "zones-security", NULL);

	add_leaves(&tree, zone, LEAVES({"zones-security-zonename", "trust"}, {"zones-security-send-reset", "On"},
	    {"zones-security-screen", "edge"}, {"zones-security-interfaces-bound", "1"},
	    {"zones-security-host-inbound-service", "ping"}, {"zones-security-host-inbound-service", "ssh"}));
	op_add(&tree, op_add(&tree, zone, "zones-security-interfaces", NULL), "zones-security-interface-name",
	    "ge-0/0/1.2");
	expect(*state, "get-zones-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "Security zone: trust\n"
	    "  Send reset for non-SYN session TCP packets: On\n"
	    "  Policy configurable: Yes\n"
	    "  Screen: edge\n"
	    "  Host inbound traffic: ping, ssh\n"
	    "  Interfaces bound: 1\n"
	    "  Interfaces:\n    ge-0/0/1.2\n");
}

static void
test_commits_and_clear(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "commit-information");
	struct op_node *commit = op_add(&tree, tree.root, "commit-history", NULL);

	add_leaves(&tree, commit, LEAVES({"sequence-number", "0"}, {"date-time", "2026-11-20 09:30:00 UTC"},
	    {"user", "root"}, {"client", "cli"}, {"log", "let the mail in"}));
	expect(*state, "get-commit-information", NULL, OP_FORMAT_TEXT, &tree, 1,
	    "0   2026-11-20 09:30:00 UTC by root via cli\n    let the mail in\n");
	op_tree_start(&tree, "flow-session-cleared");
	op_add(&tree, tree.root, "cleared-session-count", "3");
	expect(*state, "clear-flow-session", "all", OP_FORMAT_TEXT, &tree, 1, "3 active sessions cleared\n");
}

/* A daemon of another release answers with another element: nothing is printed as if it were ours. */
static void
test_foreign_answer(void **state)
{
	struct op_tree tree;

	op_tree_start(&tree, "something-else");
	op_add(&tree, tree.root, "host-name", "x");
	expect(*state, "get-software-information", NULL, OP_FORMAT_TEXT, &tree, 1, "");
}

/* Each rpc with an answer renders in each form, whatever is missing in the tree. */
static void
test_empty_rows(void **state)
{
	const struct house *house = *state;
	size_t count = 0;
	const struct op_rpc *rpcs = op_table_rpcs(house->table, &count);

	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		for (int format = OP_FORMAT_TEXT; rpcs[i].root != NULL && format <= OP_FORMAT_JSON; format++) {
			struct op_renderer renderer;
			struct op_tree tree;
			struct text out = TEXT_EMPTY;

			op_tree_start(&tree, rpcs[i].root);
			if (rpcs[i].row != NULL) {
				op_add(&tree, tree.root, rpcs[i].row, NULL);
			}
			op_renderer_start(&renderer, &rpcs[i], NULL, (enum op_format)format, &out);
			op_renderer_add(&renderer, &tree, &out);
			op_renderer_end(&renderer, &out);
			assert_false(text_failed(&out));
			op_tree_release(&tree);
			text_release(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_session_summary),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_markup_over_chunks),
	    cmocka_unit_test(test_terminals_are_safe),
	    cmocka_unit_test(test_arp_table),
	    cmocka_unit_test(test_neighbours6),
	    cmocka_unit_test(test_statistics),
	    cmocka_unit_test(test_interfaces),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_policy_detail),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_commits_and_clear),
	    cmocka_unit_test(test_foreign_answer),
	    cmocka_unit_test(test_empty_rows),
	};

	return cmocka_run_group_tests(tests, build, tear_down);
}
