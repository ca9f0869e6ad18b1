/*
 * Command lines: abbreviations, arguments, pipes, errors with their place, and completion of operational lines.
 */
#include "op_house.h"

static int
furnish(void **state)
{
	*state = house_create("set security zones security-zone trust tcp-rst\n"
	                      "set security zones security-zone untrust tcp-rst\n"
	                      "set interfaces ge-0/0/1 unit 2 vlan-id 5\n");
	return 0;
}

/* "rpc argument=value flag", as the request stands. */
static void
expect(const struct house *house, enum op_mode mode, const char *line, const char *request)
{
	struct op_command command;
	struct op_error error;
	struct text got = TEXT_EMPTY;

	assert_true(op_parse(house->table, mode, line, &command, &error));
	assert_non_null(command.rpc);
	text_append(&got, command.request.root->name);
	for (const struct op_node *node = command.request.root->first; node != NULL; node = node->next) {
		text_printf(&got, " %s%s%s", node->name, node->value == NULL ? "" : "=", node->value == NULL ? "" : node->value);
	}
	assert_string_equal(text_string(&got), request);
	text_release(&got);
	op_command_release(&command);
}

static void
expect_error(const struct house *house, enum op_mode mode, const char *line, size_t column, const char *message)
{
	struct op_command command;
	struct op_error error;

	assert_false(op_parse(house->table, mode, line, &command, &error));
	assert_string_equal(text_string(&error.message), message);
	assert_int_equal(error.column, column);
	op_error_release(&error);
}

#define OPERATIONAL OP_MODE_OPERATIONAL
#define CONFIGURATION OP_MODE_CONFIGURATION

static void
test_operational(void **state)
{
	const struct house *house = *state;

	expect(house, OPERATIONAL, "show version", "get-software-information");
	expect(house, OPERATIONAL, "  sh   ver  ", "get-software-information");
	expect(house, OPERATIONAL, "show security flow session", "get-flow-session-information");
	expect(house, OPERATIONAL, "sh sec fl se source-pre 10.0.0.0/8 destination-port 80 prot tcp",
	    "get-flow-session-information source-prefix=10.0.0.0/8 destination-port=80 protocol=tcp");
	expect(house, OPERATIONAL, "show security flow session protocol 47", "get-flow-session-information protocol=47");
	expect(house, OPERATIONAL, "show security flow session summary", "get-flow-session-information summary");
	expect(house, OPERATIONAL, "show security flow session session-identifier 7",
	    "get-flow-session-information session-identifier=7");
	expect(house, OPERATIONAL, "clear security flow session all", "clear-flow-session all");
	expect(house, OPERATIONAL, "show security policies from-zone trust to-zone untrust detail",
	    "get-firewall-policies from-zone=trust to-zone=untrust detail");
	expect(house, OPERATIONAL, "show security policies hit-count", "get-security-policies-hit-count");
	expect(house, OPERATIONAL, "show security zones trust", "get-zones-information zone-name=trust");
	expect(house, OPERATIONAL, "show route", "get-route-information");
	expect(house, OPERATIONAL, "show route table inet.0", "get-route-information table=inet.0");
	expect(house, OPERATIONAL, "show route 10.1.2.3", "get-route-information destination=10.1.2.3");
	expect(house, OPERATIONAL, "show interfaces terse ge-0/0/1", "get-interface-information interface-name=ge-0/0/1");
	expect(house, OPERATIONAL, "show interfaces", "get-interface-details");
	expect(house, OPERATIONAL, "show interfaces ge-0/0/1 extensive", "get-interface-details interface-name=ge-0/0/1 extensive");
	expect(house, OPERATIONAL, "show route summary", "get-route-summary-information");
	expect(house, OPERATIONAL, "show route 10.0.0.1 terse", "get-route-information destination=10.0.0.1 terse");
	expect(house, OPERATIONAL, "ping 10.0.0.1 count 3 routing-instance blue", "ping destination=10.0.0.1 count=3 routing-instance=blue");
	expect(house, OPERATIONAL, "monitor traffic interface ge-0/0/1.0 matching \"tcp port 80 | udp\" count 3 no-resolve",
	    "monitor-traffic interface=ge-0/0/1.0 matching=tcp port 80 | udp count=3 no-resolve");
	expect(house, OPERATIONAL, "request security screen baseline show", "get-screen-baseline");
	expect(house, OPERATIONAL, "show log messages", "get-log filename=messages");
	expect(house, OPERATIONAL, "show log", "get-log");
	expect(house, OPERATIONAL, "show configuration security zones", "get-configuration statement=security zones");
	expect(house, OPERATIONAL, "configure", "open-configuration");
	expect(house, OPERATIONAL, "quit", "operational-quit");
}

static void
test_configuration(void **state)
{
	const struct house *house = *state;

	expect(house, CONFIGURATION, "set system host-name \"a | b\"", "configuration-set statement=system host-name \"a | b\"");
	expect(house, CONFIGURATION, "delete", "configuration-delete");
	expect(house, CONFIGURATION, "delete security zones", "configuration-delete statement=security zones");
	expect(house, CONFIGURATION, "insert policy b before policy a",
	    "configuration-insert statement=policy b before policy a");
	expect(house, CONFIGURATION, "up 2", "configuration-up levels=2");
	expect(house, CONFIGURATION, "commit check", "commit-configuration check");
	expect(house, CONFIGURATION, "commit confirmed 5 comment \"new rule\"",
	    "commit-configuration confirmed confirm-timeout=5 comment=new rule");
	expect(house, CONFIGURATION, "commit and-quit", "commit-configuration and-quit");
	expect(house, CONFIGURATION, "rollback 3", "rollback-configuration rollback=3");
	expect(house, CONFIGURATION, "run show route | display xml",
	    "configuration-run command=show route | display xml");
	expect(house, CONFIGURATION, "top", "configuration-top");
	expect(house, CONFIGURATION, "top set system host-name x", "configuration-top command=set system host-name x");
	expect(house, CONFIGURATION, "deactivate security zones", "configuration-deactivate statement=security zones");
	expect(house, CONFIGURATION, "exit configuration-mode", "configuration-exit configuration-mode");
}

static void
test_pipes(void **state)
{
	const struct house *house = *state;
	static const struct {
		const char *line;
		enum op_mode mode;
		struct op_pipe pipe;
	} rows[] = {
	    {"show route", OPERATIONAL, {.format = OP_FORMAT_TEXT, .compare = false, .rollback = OP_COMPARE_ACTIVE}},
	    {"show route | display xml", OPERATIONAL, {.format = OP_FORMAT_XML, .compare = false, .rollback = OP_COMPARE_ACTIVE}},
	    {"show route|d j", OPERATIONAL, {.format = OP_FORMAT_JSON, .compare = false, .rollback = OP_COMPARE_ACTIVE}},
	    {"show configuration | display set", OPERATIONAL, {.format = OP_FORMAT_SET, .compare = false, .rollback = OP_COMPARE_ACTIVE}},
	    {"show configuration | compare rollback 49", OPERATIONAL, {.format = OP_FORMAT_TEXT, .compare = true, .rollback = 49}},
	    {"show | compare", CONFIGURATION, {.format = OP_FORMAT_TEXT, .compare = true, .rollback = OP_COMPARE_ACTIVE}},
	    {"show security | display set", CONFIGURATION, {.format = OP_FORMAT_SET, .compare = false, .rollback = OP_COMPARE_ACTIVE}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct op_command command;
		struct op_error error;

		assert_true(op_parse(house->table, rows[i].mode, rows[i].line, &command, &error));
		assert_int_equal(command.pipe.format, rows[i].pipe.format);
		assert_int_equal(command.pipe.compare, rows[i].pipe.compare);
		assert_int_equal(command.pipe.rollback, rows[i].pipe.rollback);
		op_command_release(&command);
	}
}

static void
test_nothing_to_do(void **state)
{
	const struct house *house = *state;
	static const char *const lines[] = {"", "   ", "# a comment", "\t# another"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct op_command command;
		struct op_error error;

		assert_true(op_parse(house->table, OPERATIONAL, lines[i], &command, &error));
		assert_null(command.rpc);
		op_command_release(&command);
	}
}

static void
test_errors(void **state)
{
	const struct house *house = *state;

	expect_error(house, OPERATIONAL, "foo", 0, "unknown command, possible: show, set, start, help, file, clear, request, monitor, ping, traceroute, restart, edit, configure, exit, quit");
	expect_error(house, OPERATIONAL, "show s", 5, "'s' is ambiguous, possible: security, schedulers, system");
	expect_error(house, OPERATIONAL, "show security flow", 18, "incomplete command, possible: session, status, statistics");
	expect_error(house, OPERATIONAL, "show security flow session source-port 0", 39,
	    "source-port: must be a port number in 1..65535");
	expect_error(house, OPERATIONAL, "show security flow session protocol xyz", 36,
	    "protocol: must be an IP protocol: icmp, tcp, udp, gre, esp, ah, ... or a number in 0..255");
	expect_error(house, OPERATIONAL, "show security flow session source-prefix 10.0.0.0/33", 41,
	    "source-prefix: must be an IP address or prefix such as 10.1.2.0/24 or 2001:db8::/32");
	expect_error(house, OPERATIONAL, "show security flow session source-prefix", 40,
	    "missing value of source-prefix: <prefix>");
	expect_error(house, OPERATIONAL, "show security flow session source-prefix | count", 41,
	    "missing value of source-prefix: <prefix>");
	expect_error(house, OPERATIONAL, "ping", 4,
	    "incomplete command, possible: <destination>, inet, inet6, source, routing-instance, ttl, wait, count, interval, size, do-not-fragment, rapid");
	expect_error(house, OPERATIONAL, "clear security flow session all protocol tcp", 32,
	    "syntax error, nothing more was expected here");
	expect_error(house, OPERATIONAL, "show \"version", 5, "the quote is not closed");
	expect_error(house, OPERATIONAL, "shwo version", 0, "unknown command, did you mean 'show'?");
	expect_error(house, OPERATIONAL, "show securty", 5, "syntax error, did you mean 'security'?");
	expect_error(house, OPERATIONAL, "show security flow session sourc-port 1", 27,
	    "syntax error, did you mean 'source-port'?");
	expect_error(house, OPERATIONAL, "show version now", 13, "syntax error, possible: brief, detail");
	expect_error(house, OPERATIONAL, "show system storage now", 20, "syntax error, nothing more was expected here");
	expect_error(house, CONFIGURATION, "commit 5", 7,
	    "syntax error, possible: check, confirmed, at, and-quit, comment");
	expect_error(house, CONFIGURATION, "rollback 50", 9, "rollback: must be a number in 0..49");
}

static void
test_pipe_errors(void **state)
{
	const struct house *house = *state;

	expect_error(house, OPERATIONAL, "show route | display set", 21,
	    "only configuration can be displayed as set commands");
	expect_error(house, OPERATIONAL, "show route | compare", 13, "only configuration can be compared");
	expect_error(house, OPERATIONAL, "show route | ", 13, "a command must follow the pipe");
	expect_error(house, OPERATIONAL, "show configuration | compare rollback 50", 38,
	    "rollback takes a number in 0..49");
	expect_error(house, OPERATIONAL, "show configuration | display", 28, "display needs a form: detail, inheritance, json, set or xml");
	expect_error(house, OPERATIONAL, "show configuration | match a", 21,
	    "this filter works on text and belongs to the command line");
	expect_error(house, CONFIGURATION, "commit | display xml", 17,
	    "this command has no data to display in another form");
}

/* The caret stands under the place, behind the prompt; characters count, not octets. */
static void
test_caret(void **state)
{
	const struct house *house = *state;
	struct op_command command;
	struct op_error error;
	struct text out = TEXT_EMPTY;

	assert_false(op_parse(house->table, OPERATIONAL, "show x", &command, &error));
	text_clear(&error.message);
	text_append(&error.message, "m");
	op_error_render(&error, "show x", 4, &out);
	assert_string_equal(text_string(&out), "         ^\nm\n");
	text_clear(&out);
	op_error_render(&error, "show x", OP_INDENT_ECHO, &out);
	assert_string_equal(text_string(&out), "show x\n     ^\nm\n");
	text_clear(&out);
	error.column = 3; /* behind two octets of one character and a blank */
	op_error_render(&error, "\xc3\xa4 x", 0, &out);
	assert_string_equal(text_string(&out), "  ^\nm\n");
	text_release(&out);
	op_error_release(&error);
}

static void
expect_next(const struct house *house, enum op_mode mode, const char *line, const char *words)
{
	struct text got = TEXT_EMPTY;

	op_complete(house->table, mode, &house->editor, line, collect, &got);
	assert_string_equal(text_string(&got), words);
	text_release(&got);
}

static void
test_apropos(void **state)
{
	const struct house *house = *state;
	struct text out = TEXT_EMPTY;

	assert_int_equal(op_apropos(house->table, OPERATIONAL, "ARP", &out), 2);
	assert_non_null(strstr(text_string(&out), "show arp\n    "));
	assert_non_null(strstr(text_string(&out), "clear arp\n    "));
	text_clear(&out);
	assert_true(op_apropos(house->table, CONFIGURATION, "tcp-rst", &out) > 0);
	assert_non_null(strstr(text_string(&out), "set security zones security-zone <name> tcp-rst\n    "));
	text_clear(&out);
	assert_int_equal(op_apropos(house->table, CONFIGURATION, "no such thing", &out), 0);
	assert_int_equal(out.length, 0);
	/* One keyword is not written: units are children of a port. */
	assert_true(op_apropos(house->table, CONFIGURATION, "vlan-id", &out) > 0);
	assert_non_null(strstr(text_string(&out), "set interfaces <name> unit <"));
	text_release(&out);
}

static void
test_completion(void **state)
{
	const struct house *house = *state;

	expect_next(house, OPERATIONAL, "", "show set start help file clear request monitor ping traceroute restart edit configure exit quit ");
	expect_next(house, OPERATIONAL, "c", "clear configure ");
	expect_next(house, OPERATIONAL, "show sec", "security ");
	expect_next(house, OPERATIONAL, "sh security ", "dns-cache log nat policies match-policies flow zones screen alarms ");
	expect_next(house, OPERATIONAL, "show version ", "! brief detail | ");
	expect_next(house, OPERATIONAL, "show version", "version ");
	expect_next(house, OPERATIONAL, "show security zones ", "! terse 'trust 'untrust <zone> detail | ");
	expect_next(house, OPERATIONAL, "show security zones u", "'untrust <zone> ");
	expect_next(house, OPERATIONAL, "show security policies from-zone ", "'trust 'untrust <zone> ");
	expect_next(house, OPERATIONAL, "show security policies from-zone trust to", "to-zone ");
	expect_next(house, OPERATIONAL, "show route table ", "'inet.0 'inet6.0 <table> ");
	expect_next(house, OPERATIONAL, "set cli s", "screen-length screen-width ");
	expect_next(house, OPERATIONAL, "set cli screen-length ", "<0..100000> ");
	expect_next(house, OPERATIONAL, "set cli complete-on-space o", "on off <on | off> ");
	expect_next(house, OPERATIONAL, "show version | t", "tee trim ");
	expect_next(house, OPERATIONAL, "show version | match x | save ", "<file> ");
	expect_next(house, OPERATIONAL, "show interfaces terse ", "! 'ge-0/0/1 'ge-0/0/1.2 <interface> | ");
	expect_next(house, OPERATIONAL, "show arp interface ", "'ge-0/0/1.2 <interface> ");
	expect_next(house, OPERATIONAL, "show security flow session source-port ", "<1..65535> ");
	expect_next(house, OPERATIONAL, "show security flow session protocol t", "tcp <protocol> ");
	expect_next(house, OPERATIONAL, "clear security flow session session-identifier 7 source-po", "source-port ");
	expect_next(house, OPERATIONAL, "show route | d", "display ");
	expect_next(house, OPERATIONAL, "show route | display ", "detail inheritance json set xml ");
	expect_next(house, OPERATIONAL, "show route | match ", "<pattern> ");
	expect_next(house, OPERATIONAL, "show nonsense ", "");
	expect_next(house, OPERATIONAL, "show configuration security ", "! >zones | ");
	expect_next(house, OPERATIONAL, "show configuration | comp", "compare ");
	expect_next(house, CONFIGURATION, "run ", "show set start file clear request monitor ping traceroute restart ");
	expect_next(house, CONFIGURATION, "run show sec", "security ");
	expect_next(house, CONFIGURATION, "top ", "! set delete activate deactivate insert rename copy annotate protect unprotect wildcard replace "
	    "edit show ");
	expect_next(house, CONFIGURATION, "rename security zones security-zone trust ", "to ");
	expect_next(house, CONFIGURATION, "rename security zones security-zone trust to ", "security-zone ");
	expect_next(house, CONFIGURATION, "rename security zones security-zone trust to security-zone ", "<name> ");
	expect_next(house, CONFIGURATION, "copy security zones security-zone trust to security-zone new ", "! ");
	expect_next(house, CONFIGURATION, "top delete security ", "! >zones ");
	expect_next(house, CONFIGURATION, "deactivate inter", ">interfaces ");
	expect_next(house, CONFIGURATION, "commit confirmed ", "! check <1..65535> at and-quit comment | ");
	expect_next(house, CONFIGURATION, "rollback ", "! <0..49> rescue | ");
}

static int
furnish_bars(void **state)
{
	*state = house_create("set security zones security-zone \"a | b\" tcp-rst\nset security zones security-zone \"say \\\"|\\\"\" tcp-rst\n");
	return 0;
}

/* A bar in a name begins no pipe, whether the name is whole or still open; one behind it does. */
static void
test_bars_in_names(void **state)
{
	const struct house *house = *state;

	expect_next(house, CONFIGURATION, "show security zones security-zone \"a | b\" ", "! tcp-rst | ");
	expect_next(house, OPERATIONAL, "show configuration security zones security-zone \"a | b\" ", "! tcp-rst | ");
	expect_next(house, CONFIGURATION, "show security zones security-zone \"say \\\"|\\\"\" tcp", "tcp-rst ");
	expect_next(house, CONFIGURATION, "show security zones security-zone \"a |", "'\"a | b\" ");
	expect_next(house, CONFIGURATION, "show security zones security-zone \"a | ", "'\"a | b\" ");
	expect_next(house, CONFIGURATION, "show security zones security-zone \"a | b\" | ma", "match ");
	expect_next(house, CONFIGURATION, "show security zones security-zone \"a | b\" | match \"| c", "<pattern> ");
	expect_next(house, CONFIGURATION, "show | ma", "match ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operational),
	    cmocka_unit_test(test_configuration),
	    cmocka_unit_test(test_pipes),
	    cmocka_unit_test(test_nothing_to_do),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_pipe_errors),
	    cmocka_unit_test(test_caret),
	    cmocka_unit_test(test_apropos),
	    cmocka_unit_test(test_completion),
	    cmocka_unit_test_setup_teardown(test_bars_in_names, furnish_bars, tear_down),
	};

	return cmocka_run_group_tests(tests, furnish, tear_down);
}
