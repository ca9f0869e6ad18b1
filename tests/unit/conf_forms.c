/*
 * The forms of a configuration: set, curly, JSON and XML say the same, and each comes back as it went.
 */
#include "conf_support.h"

static const char lines[] =
    "set system host-name gate\n"
    "deactivate system host-name\n"
    "set system syslog file messages any any\n"
    "set system services ssh\n"
    "set system services web-management http interface ge-0/0/0.0\n"
    "set interfaces ge-0/0/0 description \"a <b> & \\\"c\\\"\"\n"
    "set interfaces ge-0/0/0 unit 0 vlan-id 5\n"
    "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
    "set interfaces ge-0/0/0 unit 0 family inet6\n"
    "set routing-options rib-groups g import-rib inet.0\n"
    "set routing-options rib-groups g import-rib v.inet.0\n"
    "set routing-options interface-routes rib-group inet g\n"
    "set security screen ids-option s icmp ip-sweep\n"
    "set security screen ids-option s icmp flood threshold 1500\n"
    "set security policies from-zone a to-zone b policy p match source-address x\n"
    "set security policies from-zone a to-zone b policy p match source-address y\n"
    "set security policies from-zone a to-zone b policy p then permit\n"
    "set security policies from-zone a to-zone b policy p then count\n"
    "set security policies default-policy deny-all\n"
    "set security zones security-zone a address-book address x 192.0.2.0/24\n"
    "set security zones security-zone a address-book address-set s address x\n"
    "set security zones security-zone a host-inbound-traffic system-services all\n"
    "set security zones security-zone a host-inbound-traffic system-services telnet except\n"
    "set security zones security-zone a interfaces ge-0/0/0.0 host-inbound-traffic system-services dhcp\n"
    "set security zones security-zone a interfaces st0.1\n"
    "deactivate security zones security-zone a interfaces st0.1\n"
    "set security alg dns disable\n"
    "set firewall filter f term t from tcp-flags \"(syn & !ack)\"\n"
    "set firewall filter f term t then accept\n"
    "set routing-instances v instance-type virtual-router\n"
    "set routing-instances v interface st0.1\n"
    "deactivate routing-instances v interface st0.1\n";

static const char curly[] =
    "system {\n"
    "    inactive: host-name gate;\n"
    "    syslog {\n"
    "        file messages {\n"
    "            any any;\n"
    "        }\n"
    "    }\n"
    "    services {\n"
    "        ssh;\n"
    "        web-management {\n"
    "            http {\n"
    "                interface ge-0/0/0.0;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "}\n"
    "interfaces {\n"
    "    ge-0/0/0 {\n"
    "        description \"a <b> & \\\"c\\\"\";\n"
    "        unit 0 {\n"
    "            vlan-id 5;\n"
    "            family inet {\n"
    "                address 10.0.0.1/24;\n"
    "            }\n"
    "            family inet6;\n"
    "        }\n"
    "    }\n"
    "}\n"
    "routing-options {\n"
    "    rib-groups {\n"
    "        g {\n"
    "            import-rib [ inet.0 v.inet.0 ];\n"
    "        }\n"
    "    }\n"
    "    interface-routes {\n"
    "        rib-group inet g;\n"
    "    }\n"
    "}\n"
    "security {\n"
    "    screen {\n"
    "        ids-option s {\n"
    "            icmp {\n"
    "                ip-sweep;\n"
    "                flood threshold 1500;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    policies {\n"
    "        from-zone a to-zone b {\n"
    "            policy p {\n"
    "                match {\n"
    "                    source-address [ x y ];\n"
    "                }\n"
    "                then {\n"
    "                    permit;\n"
    "                    count;\n"
    "                }\n"
    "            }\n"
    "        }\n"
    "        default-policy {\n"
    "            deny-all;\n"
    "        }\n"
    "    }\n"
    "    zones {\n"
    "        security-zone a {\n"
    "            address-book {\n"
    "                address x 192.0.2.0/24;\n"
    "                address-set s {\n"
    "                    address x;\n"
    "                }\n"
    "            }\n"
    "            host-inbound-traffic {\n"
    "                system-services {\n"
    "                    all;\n"
    "                    telnet except;\n"
    "                }\n"
    "            }\n"
    "            interfaces {\n"
    "                ge-0/0/0.0 {\n"
    "                    host-inbound-traffic {\n"
    "                        system-services {\n"
    "                            dhcp;\n"
    "                        }\n"
    "                    }\n"
    "                }\n"
    "                inactive: st0.1;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "    alg {\n"
    "        dns disable;\n"
    "    }\n"
    "}\n"
    "firewall {\n"
    "    filter f {\n"
    "        term t {\n"
    "            from {\n"
    "                tcp-flags \"(syn & !ack)\";\n"
    "            }\n"
    "            then {\n"
    "                accept;\n"
    "            }\n"
    "        }\n"
    "    }\n"
    "}\n"
    "routing-instances {\n"
    "    v {\n"
    "        instance-type virtual-router;\n"
    "        inactive: interface st0.1;\n"
    "    }\n"
    "}\n";

/* REQ-CFG-001, REQ-CFG-005: byte for byte, in every direction. */
static void
set_and_curly(void **state)
{
	struct world world = world_of(state, lines);
	struct world again = world_create(state);

	assert_renders(&world, CONF_FORMAT_SET, lines);
	assert_renders(&world, CONF_FORMAT_TEXT, curly);
	assert_true(world_load(&again, CONF_FORMAT_TEXT, curly));
	assert_int_equal(again.list.count, 0);
	assert_renders(&again, CONF_FORMAT_TEXT, curly);
	assert_renders(&again, CONF_FORMAT_SET, lines);
	world_release(&world);
	world_release(&again);
}

/* A list of values is switched off as a whole. */
static void
inactive_values(void **state)
{
	static const char off[] =
	    "set firewall filter f term t from protocol tcp\n"
	    "deactivate firewall filter f term t from protocol tcp\n"
	    "set firewall filter f term t from protocol udp\n"
	    "deactivate firewall filter f term t from protocol udp\n";
	struct world world = world_of(state, off);
	struct world again = world_create(state);
	char *text = strdup(world_render(&world, CONF_FORMAT_TEXT));

	assert_non_null(strstr(text, "inactive: protocol [ tcp udp ];"));
	assert_true(world_load(&again, CONF_FORMAT_TEXT, text));
	assert_renders(&again, CONF_FORMAT_SET, off);
	free(text);
	world_release(&again);
	again = world_create(state);
	text = strdup(world_render(&world, CONF_FORMAT_JSON));
	assert_true(world_load(&again, CONF_FORMAT_JSON, text));
	assert_renders(&again, CONF_FORMAT_SET, off);
	free(text);
	world_release(&world);
	world_release(&again);
}

static void
json(void **state)
{
	struct world world = world_of(state, lines);
	struct world again = world_create(state);
	char *text = strdup(world_render(&world, CONF_FORMAT_JSON));

	assert_non_null(strstr(text, "\"host-name\": \"gate\""));
	assert_non_null(strstr(text, "\"vlan-id\": 5"));
	assert_non_null(strstr(text, "\"from-zone-name\": \"a\""));
	assert_true(world_load(&again, CONF_FORMAT_JSON, text));
	assert_renders(&again, CONF_FORMAT_SET, lines);
	free(text);
	world_release(&world);
	world_release(&again);
}

static void
json_that_is_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
	    {"{\n\"configuration\": {\n", "test:3: this is not JSON"},
	    {"[]", "no object 'configuration'"},
	    {"{\"configuration\": []}", "no object 'configuration'"},
	    {"{\"configuration\": {\"bogus\": 1}}", "[edit] 'bogus': this is not possible here"},
	    {"{\"configuration\": {\"system\": 5}}", "'system': an object is expected"},
	    {"{\"configuration\": {\"system\": {\"host-name\": {}}}}", "a string or a number is expected"},
	    {"{\"configuration\": {\"system\": {\"host-name\": \"-\"}}}", "[edit system] 'host-name': '-' is not possible"},
	    {"{\"configuration\": {\"interfaces\": {\"interface\": [{\"unit\": []}]}}}", "an entry has no name"},
	    {"{\"configuration\": {\"interfaces\": {\"interface\": [5]}}}", "an array of objects is expected"},
	    {"{\"configuration\": {\"interfaces\": {\"interface\": 5}}}", "an array of objects is expected"},
	    {"{\"configuration\": {\"system\": {\"services\": {\"ssh\": 5}}}}", "[null] or an object is expected"},
	    {"{\"configuration\": {}, \"configuration\": {}}", "this is not JSON"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_create(state);

		assert_false(world_load(&world, CONF_FORMAT_JSON, rows[i].text));
		assert_told(&world, rows[i].told);
		world_release(&world);
	}
}

static void
xml(void **state)
{
	struct world world = world_of(state,
	    "set system services ssh\n"
	    "set interfaces ge-0/0/0 description \"a <b> & c\"\n"
	    "set security policies from-zone a to-zone b policy p match source-address x\n"
	    "set security zones security-zone a interfaces ge-0/0/0.0\n"
	    "deactivate security zones security-zone a interfaces ge-0/0/0.0\n");

	assert_renders(&world, CONF_FORMAT_XML,
	    "<configuration>\n"
	    "    <system>\n"
	    "        <services>\n"
	    "            <ssh/>\n"
	    "        </services>\n"
	    "    </system>\n"
	    "    <interfaces>\n"
	    "        <interface>\n"
	    "            <name>ge-0/0/0</name>\n"
	    "            <description>a &lt;b&gt; &amp; c</description>\n"
	    "        </interface>\n"
	    "    </interfaces>\n"
	    "    <security>\n"
	    "        <policies>\n"
	    "            <policy>\n"
	    "                <from-zone-name>a</from-zone-name>\n"
	    "                <to-zone-name>b</to-zone-name>\n"
	    "                <policy>\n"
	    "                    <name>p</name>\n"
	    "                    <match>\n"
	    "                        <source-address>x</source-address>\n"
	    "                    </match>\n"
	    "                </policy>\n"
	    "            </policy>\n"
	    "        </policies>\n"
	    "        <zones>\n"
	    "            <security-zone>\n"
	    "                <name>a</name>\n"
	    "                <interfaces inactive=\"inactive\">\n"
	    "                    <name>ge-0/0/0.0</name>\n"
	    "                </interfaces>\n"
	    "            </security-zone>\n"
	    "        </zones>\n"
	    "    </security>\n"
	    "</configuration>\n");
	assert_true(world_load(&world, CONF_FORMAT_XML, "<configuration/>"));
	world_release(&world);
}

/* A part: curly shows what is in it, set lines and the markup what it belongs to. */
static void
parts(void **state)
{
	struct world world = world_of(state, lines);
	struct conf_editor editor = {.tree = world.tree};
	const struct conf_node *unit = conf_edit_find(&editor, "interfaces ge-0/0/0 unit 0", &world.list);
	const struct conf_node *vlan = conf_edit_find(&editor, "interfaces ge-0/0/0 unit 0 vlan-id", &world.list);

	text_clear(&world.out);
	conf_render(unit, CONF_FORMAT_TEXT, &world.out);
	conf_render(vlan, CONF_FORMAT_TEXT, &world.out);
	conf_render(vlan, CONF_FORMAT_SET, &world.out);
	conf_render(vlan, CONF_FORMAT_XML, &world.out);
	conf_render(vlan, CONF_FORMAT_JSON, &world.out);
	assert_string_equal(text_string(&world.out),
	    "vlan-id 5;\nfamily inet {\n    address 10.0.0.1/24;\n}\nfamily inet6;\n"
	    "vlan-id 5;\n"
	    "set interfaces ge-0/0/0 unit 0 vlan-id 5\n"
	    "<configuration>\n"
	    "    <interfaces>\n"
	    "        <interface>\n"
	    "            <name>ge-0/0/0</name>\n"
	    "            <unit>\n"
	    "                <name>0</name>\n"
	    "                <vlan-id>5</vlan-id>\n"
	    "            </unit>\n"
	    "        </interface>\n"
	    "    </interfaces>\n"
	    "</configuration>\n"
	    "{\n"
	    "    \"configuration\": {\n"
	    "        \"interfaces\": {\n"
	    "            \"interface\": [\n"
	    "                {\n"
	    "                    \"name\": \"ge-0/0/0\",\n"
	    "                    \"unit\": [\n"
	    "                        {\n"
	    "                            \"name\": \"0\",\n"
	    "                            \"vlan-id\": 5\n"
	    "                        }\n"
	    "                    ]\n"
	    "                }\n"
	    "            ]\n"
	    "        }\n"
	    "    }\n"
	    "}\n");
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(set_and_curly),
	    cmocka_unit_test(inactive_values),
	    cmocka_unit_test(json),
	    cmocka_unit_test(json_that_is_wrong),
	    cmocka_unit_test(xml),
	    cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
