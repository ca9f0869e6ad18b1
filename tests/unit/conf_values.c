/*
 * Values: what each type takes, how it is spelled afterwards, and that a refusal says what would be allowed.
 */
#include "conf_support.h"

static const struct schema_node *
find(const struct schema *schema, const char *path)
{
	const struct schema_node *node = schema_top(schema);

	for (const char *at = path; *at != '\0';) {
		const size_t length = strcspn(at, " ");

		node = schema_child(node, at, length);
		assert_non_null(node);
		at += length + (at[length] == ' ' ? 1 : 0);
	}
	return node;
}

struct sample {
	const char *path;
	const char *value;
	const char *canonical; /* NULL: refused */
};

#define ROUTE "routing-options static route"
#define ROUTE6 "routing-options rib static route"
#define APPLICATION "applications application"

static const struct sample samples[] = {
    /* REQ-RT-010, E-052: a bare address is a /32; E-053: bits behind the length are cleared. */
    {ROUTE, "192.0.2.1", "192.0.2.1/32"},
    {ROUTE, "192.0.2.77/24", "192.0.2.0/24"},
    {ROUTE, "0.0.0.0/0", "0.0.0.0/0"},
    {ROUTE, "default", "0.0.0.0/0"},
    {ROUTE, "192.0.2.0/33", NULL},
    {ROUTE, "192.0.2.256", NULL},
    {ROUTE, "192.0.2", NULL},
    {ROUTE, "192.0.2.0/24x", NULL},
    {ROUTE, "", NULL},
    /* E-054: /32 behind a next hop is dropped, any other length is an error. */
    {ROUTE " next-hop", "10.11.16.5/32", "10.11.16.5"},
    {ROUTE " next-hop", "10.11.16.5", "10.11.16.5"},
    {ROUTE " next-hop", "10.11.16.5/24", NULL},
    {ROUTE " next-hop", "ge-0/0/3.2", "ge-0/0/3.2"},
    {ROUTE " next-hop", "st0.1", "st0.1"},
    {ROUTE " next-hop", "st0", NULL},
    {ROUTE " preference", "4294967295", "4294967295"},
    {ROUTE " preference", "4294967296", NULL},
    {ROUTE " preference", "-1", NULL},
    {ROUTE " preference", "007", "7"},
    {ROUTE " next-table", "a-vr.inet.0", "a-vr.inet.0"},
    {ROUTE " next-table", "inet.1", NULL},
    /* Servers have addresses of either family, and those that are found by name have one. */
    {"system name-server server", "192.0.2.1", "192.0.2.1"},
    {"system name-server server", "2001:DB8::0:53", "2001:db8::53"},
    {"system name-server server", "192.0.2", NULL},
    {"system name-server server", "192.0.2.1/32", NULL},
    {"system name-server server", "dns.example.net", NULL},
    {"system name-server server", "2001:db8::/64", NULL},
    {"system name-server server", "2001:db8::g", NULL},
    {"system name-server server source-address", "2001:db8::1", "2001:db8::1"},
    {"system syslog host", "log.example.net", "log.example.net"},
    {"system syslog host", "192.0.2.1", "192.0.2.1"},
    {"system syslog host", "2001:DB8:0::5", "2001:db8::5"},
    {"system syslog host", "2001:db8:::5", NULL},
    {"system syslog host", "10.1.1.999", NULL},
    {"system syslog host", "-log", NULL},
    {"system syslog host", "", NULL},
    {"system syslog host source-address", "2001:db8::1", "2001:db8::1"},
    {"security log stream host name", "2001:DB8::5", "2001:db8::5"},
    {"security log stream source-address", "2001:db8::1", "2001:db8::1"},
    /* The same of IPv6, spelled as RFC 5952 has it. */
    {ROUTE6, "2001:DB8::77/32", "2001:db8::/32"},
    {ROUTE6, "2001:db8:0:0:0:0:0:1", "2001:db8::1/128"},
    {ROUTE6, "::/0", "::/0"},
    {ROUTE6, "default", "::/0"},
    {ROUTE6, "2001:db8::/129", NULL},
    {ROUTE6, "2001:db8::/", NULL},
    {ROUTE6, "2001:db8::1::/64", NULL},
    {ROUTE6, "2001:db8:::1", NULL},
    {ROUTE6, "12345::", NULL},
    {ROUTE6, "10.0.0.0/8", NULL},
    {ROUTE6, ":", NULL},
    {"protocols router-advertisement interface dns-server-address", "2001:DB8:0::53", "2001:db8::53"},
    {"protocols router-advertisement interface dns-server-address", "2001:db8::53/128", NULL},
    {"protocols router-advertisement interface dns-server-address", "192.0.2.1", NULL},
    {"protocols router-advertisement interface prefix", "2001:DB8:1::/64", "2001:db8:1::/64"},
    {"protocols router-advertisement interface max-advertisement-interval", "3", NULL},
    {ROUTE6 " next-hop", "2001:DB8::9/128", "2001:db8::9"},
    {ROUTE6 " next-hop", "2001:db8::9/64", NULL},
    {ROUTE6 " next-hop", "fe80::9%eth0", NULL},
    {ROUTE6 " next-hop", "ge-0/0/3.2", "ge-0/0/3.2"},
    {ROUTE6 " qualified-next-hop interface", "ge-0/0/3.2", "ge-0/0/3.2"},
    {ROUTE6 " next-table", "a-vr.inet6.0", "a-vr.inet6.0"},
    {"routing-options rib", "inet6.0", "inet6.0"},
    {"routing-options rib", "a-vr.inet6.0", "a-vr.inet6.0"},
    {"routing-options rib", "inet.0", NULL},
    {"routing-options rib", "inet6.1", NULL},
    {"security zones security-zone address-book address ip-prefix", "2001:DB8::5/64", "2001:db8::5/64"},
    {"security zones security-zone address-book address ip-prefix", "2001:db8::g", NULL},
    {"interfaces interface unit family inet6 mtu", "1280", "1280"},
    {"interfaces interface unit family inet6 mtu", "1279", NULL},
    {APPLICATION " icmp6-type", "neighbor-solicit", "neighbor-solicit"},
    {APPLICATION " icmp6-type", "0128", NULL},
    {APPLICATION " icmp6-type", "128", "128"},
    {APPLICATION " icmp6-type", "256", NULL},
    {APPLICATION " icmp6-type", "unreachable", NULL},
    {APPLICATION " icmp6-code", "256", NULL},
    /* REQ-RT-020: a letter, then letters, digits, hyphens. */
    {"routing-options rib-groups rib-group", "intranet-rg", "intranet-rg"},
    {"routing-options rib-groups rib-group", "1-rg", NULL},
    {"routing-options rib-groups rib-group", "intranet_rg", NULL},
    {"routing-options rib-groups rib-group", "-rg", NULL},
    /* REQ-ZN-001: type-slot/0/port; E-037: units 0 to 16385. */
    {"interfaces interface", "ge-0/0/0", "ge-0/0/0"},
    {"interfaces interface", "ge-0/0/1/3", NULL},
    {"interfaces interface", "ge-0/0", NULL},
    {"interfaces interface unit", "16385", "16385"},
    {"interfaces interface unit", "16386", NULL},
    {"interfaces interface unit vlan-id", "4094", "4094"},
    {"interfaces interface unit vlan-id", "4095", NULL},
    {"interfaces interface unit vlan-id", "0", NULL},
    {"interfaces interface unit family inet address", "10.0.0.5/24", "10.0.0.5/24"},
    {"interfaces interface unit family inet6 address", "2001:DB8::0:1/64", "2001:db8::1/64"},
    {"interfaces interface unit family inet6 address", "2001:db8::1::2/64", NULL},
    {"security zones security-zone interfaces interface", "ge-0/0/0", "ge-0/0/0.0"},
    {"security zones security-zone interfaces interface", "all", "all"},
    {"security zones security-zone interfaces interface", "ge-0/0/0.16386", NULL},
    {"security zones security-zone address-book address ip-prefix", "2.4.3.5", "2.4.3.5/32"},
    {"security zones security-zone address-book address ip-prefix", "1.2.2.3/24", "1.2.2.3/24"},
    /* E-048: an application's name may stand for a service. */
    {"security zones security-zone host-inbound-traffic system-services service", "any-service", "any-service"},
    {"security zones security-zone host-inbound-traffic system-services service", "custApp", "custApp"},
    {"security zones security-zone host-inbound-traffic protocols protocol", "ospf", "ospf"},
    {"security zones security-zone host-inbound-traffic protocols protocol", "eigrp", NULL},
    /* E-009 */
    {"security policies from-zone policy match source-address", "ANY", "any"},
    {"security policies from-zone policy match source-address", "Any", "Any"},
    {APPLICATION " protocol", "TCP", "tcp"},
    {APPLICATION " protocol", "6", "tcp"},
    {APPLICATION " protocol", "253", "253"},
    {APPLICATION " protocol", "256", NULL},
    {APPLICATION " protocol", "quic", NULL},
    {APPLICATION " destination-port", "http", "80"},
    {APPLICATION " destination-port", "7001", "7001"},
    {APPLICATION " destination-port", "10-20", "10-20"},
    {APPLICATION " destination-port", "10-10", "10"},
    {APPLICATION " destination-port", "20-10", NULL},
    {APPLICATION " destination-port", "65536", NULL},
    {APPLICATION " inactivity-timeout", "3", NULL},
    {APPLICATION " inactivity-timeout", "86400", "86400"},
    /* E-093: hh:mm is hh:mm:00. */
    {"schedulers scheduler daily start-time", "7:30", "07:30:00"},
    {"schedulers scheduler daily start-time", "12:00:05", "12:00:05"},
    {"schedulers scheduler daily stop-time", "24:00", "24:00:00"},
    {"schedulers scheduler daily stop-time", "24:00:01", NULL},
    {"schedulers scheduler daily stop-time", "12:60", NULL},
    {"schedulers scheduler start-date", "2007-10-01.07:00", "2007-10-01.07:00"},
    {"schedulers scheduler start-date", "2008-02-29.00:00:00", "2008-02-29.00:00"},
    {"schedulers scheduler start-date", "2007-02-29.00:00", NULL},
    /* E-109: canonical ranges of the scan thresholds. */
    {"security screen ids-option icmp ip-sweep threshold", "1000", "1000"},
    {"security screen ids-option icmp ip-sweep threshold", "1000000", "1000000"},
    {"security screen ids-option icmp ip-sweep threshold", "999", NULL},
    {"security screen ids-option tcp syn-flood queue-size", "199", NULL},
    {"security flow syn-flood-protection-mode", "syn-cookie", "syn-cookie"},
    {"security flow syn-flood-protection-mode", "syn-cookies", NULL},
    {"firewall filter term from tcp-flags", "(syn & !ack) | 0x04", "(syn & !ack) | 0x04"},
    {"firewall filter term from tcp-flags", "fin", "fin"},
    {"firewall filter term from tcp-flags", "(syn & !ack", NULL},
    {"firewall filter term from tcp-flags", "syn ack", NULL},
    {"firewall filter term from tcp-flags", "syn &", NULL},
    {"firewall filter term from tcp-flags", "syn)(", NULL},
    {"firewall filter term from tcp-flags", "sin", NULL},
    {"firewall filter term from tcp-flags", "0x40", NULL},
    {"interfaces interface description", "Br\xc3\xbc" "cke", "Br\xc3\xbc" "cke"},
    {"interfaces interface description", "Br\xfc" "cke", NULL},
    {"interfaces interface description", "a\tb", NULL},
    {"system time-zone", "Europe/Vienna", "Europe/Vienna"},
    {"system time-zone", "../../etc/passwd", NULL},
    {"system syslog file", "messages", "messages"},
    {"system syslog file", "../messages", NULL},
    {"system syslog file", ".hidden", NULL},
    {"system host-name", "albuquerque", "albuquerque"},
    {"system host-name", "-a", NULL},
};

static void
each_type_takes_its_values(void **state)
{
	struct text canonical = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *sample = &samples[i];

		text_clear(&canonical);
		text_clear(&error);
		const bool taken =
		    schema_check_value(*state, find(*state, sample->path), sample->value, &canonical, &error);

		if (taken != (sample->canonical != NULL) ||
		    (taken && strcmp(text_string(&canonical), sample->canonical) != 0)) {
			fail_msg("%s '%s': %s '%s' '%s'", sample->path, sample->value, taken ? "taken" : "refused",
			    text_string(&canonical), text_string(&error));
		}
		/* A refusal is a sentence that says what would be allowed. */
		assert_true(taken || error.length > 10);
	}
	text_release(&canonical);
	text_release(&error);
}

/* Every node has the line that `?` shows, every number its range. */
static void
every_statement_has_its_help(void **state)
{
	const struct schema_node *stack[64];
	size_t next[64];
	size_t depth = 1;

	stack[0] = schema_top(*state);
	next[0] = 0;
	while (depth > 0) {
		const struct schema_node *node = stack[depth - 1];

		if (next[depth - 1] == node->child_count) {
			depth--;
			continue;
		}
		const struct schema_node *child = node->children[next[depth - 1]++];

		if (child->help[0] == '\0' || strlen(child->help) > 160 || child->help[strlen(child->help) - 1] == '.') {
			fail_msg("help of '%s': '%s'", child->name, child->help);
		}
		assert_ptr_equal(schema_child(node, child->name, strlen(child->name)), child);
		assert_true(child->kind != SCHEMA_LIST || child->key_node != NULL);
		assert_true(depth < 64);
		if (!child->whole) {
			stack[depth] = child;
			next[depth++] = 0;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_type_takes_its_values),
	    cmocka_unit_test(every_statement_has_its_help),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
