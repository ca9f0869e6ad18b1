/*
 * The chassis file: what it says, and what is wrong with it, line by line (REQ-ZN-001 for the names of ports).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chassis.h"

static bool
parse(struct chassis *chassis, const char *bytes, struct text *errors)
{
	struct text content = TEXT_EMPTY;

	text_append(&content, bytes);
	const bool good = chassis_parse(chassis, "chassis", &content, errors);

	text_release(&content);
	return good;
}

static void
every_kind(void **state)
{
	struct chassis chassis;
	struct text errors = TEXT_EMPTY;
	struct text words = TEXT_EMPTY;

	(void)state;
	assert_true(parse(&chassis,
	    "# the branch\n"
	    "port ge-0/0/0 netdev:sp0 # to the tellers\n"
	    "\n"
	    "\tport  ge-0/0/1\tnetdev:sp0@branch\r\n"
	    "port xe-1/0/2 xdp:eth1 queues 16\n"
	    "port ge-0/0/10 pci:0000:03:00.0\n"
	    "port ge-0/0/3 pcap:in.pcap,out.pcap\n"
	    "port ge-0/0/4 vdev:net_vhost0,iface=/run/vm1.sock,queues=2 queues 2\n"
	    "port ge-0/0/5 vdev:net_null0",
	    &errors));
	assert_string_equal(text_string(&errors), "");
	assert_int_equal(chassis.count, 7);
	assert_string_equal(chassis.ports[0].name, "ge-0/0/0");
	assert_int_equal(chassis.ports[0].kind, CHASSIS_NETDEV);
	assert_string_equal(chassis.ports[0].device, "sp0");
	assert_null(chassis.ports[0].namespace);
	assert_int_equal(chassis.ports[0].line, 2);
	assert_string_equal(chassis.ports[1].namespace, "branch");
	assert_int_equal(chassis.ports[1].line, 4);
	assert_int_equal(chassis.ports[2].kind, CHASSIS_XDP);
	assert_int_equal(chassis.ports[2].queues, 16);
	assert_int_equal(chassis.ports[3].queues, 0);
	assert_string_equal(chassis.ports[3].device, "0000:03:00.0");
	assert_string_equal(chassis.ports[4].device, "in.pcap");
	assert_string_equal(chassis.ports[4].output, "out.pcap");
	assert_int_equal(chassis.ports[5].kind, CHASSIS_VDEV);
	assert_string_equal(chassis.ports[5].device, "net_vhost0");
	assert_string_equal(chassis.ports[5].output, "iface=/run/vm1.sock,queues=2");
	assert_null(chassis.ports[6].output);
	chassis_describe(&chassis.ports[1], &words);
	assert_string_equal(text_string(&words), "netdev:sp0@branch");
	text_release(&words);
	chassis_release(&chassis);
	text_release(&errors);
}

struct wrong {
	const char *line;
	const char *words; /* that the message has to hold */
};

static const struct wrong wrongs[] = {
    {"prot ge-0/0/0 netdev:a", "'prot' is not known"},
    {"port ge-0/0/0", "a line reads: port NAME DEVICE"},
    {"port ge-0/0/0 netdev:a b", "a line reads: port NAME DEVICE"},
    {"port ge-0/0/0.1 netdev:a", "'ge-0/0/0.1' is not a port's name"},
    {"port ge-0/0 netdev:a", "'ge-0/0' is not a port's name"},
    {"port g-0/0/0 netdev:a", "'g-0/0/0' is not a port's name"},
    {"port GE-0/0/0 netdev:a", "'GE-0/0/0' is not a port's name"},
    {"port ge-0/0/1234 netdev:a", "'ge-0/0/1234' is not a port's name"},
    {"port ge-0/0/0 eth0", "'eth0' is none of netdev:"},
    {"port ge-0/0/0 netdev", "'netdev' is none of netdev:"},
    {"port ge-0/0/0 netdev:", "'' is not an interface name"},
    {"port ge-0/0/0 netdev:sixteen-letters-", "is not an interface name"},
    {"port ge-0/0/0 netdev:..", "is not an interface name"},
    {"port ge-0/0/0 netdev:a/b", "is not an interface name"},
    {"port ge-0/0/0 netdev:a,b", "is not an interface name"},
    {"port ge-0/0/0 netdev:-a", "is not an interface name"},
    {"port ge-0/0/0 netdev:a@", "'' is not the name of a network namespace"},
    {"port ge-0/0/0 netdev:a@../x", "is not the name of a network namespace"},
    {"port ge-0/0/0 pci:03:00.0", "is not a PCI address"},
    {"port ge-0/0/0 vdev:", "is not a virtual device"},
    {"port ge-0/0/0 vdev:../x,iface=a", "is not a virtual device"},
    {"port ge-0/0/0 vdev:net_null0,a b", "a line reads: port NAME DEVICE"},
    {"port ge-0/0/0 pcap:in.pcap", "does not name two captures"},
    {"port ge-0/0/0 pcap:in.pcap,out.pcap,more", "does not name two captures"},
    {"port ge-0/0/0 netdev:a queues", "a line reads: port NAME DEVICE [queues NUMBER]"},
    {"port ge-0/0/0 netdev:a tails 2", "'tails' is not known here"},
    {"session 5", "'session' is not known here; a line reads: port NAME DEVICE [queues NUMBER], or one of these with a NUMBER: workers, sessions, "},
    {"port ge-0/0/0 xdp:a queues 0", "'0' is not a number of queues"},
    {"port ge-0/0/0 xdp:a queues 17", "'17' is not a number of queues: 1 to 16"},
    {"port ge-0/0/0 xdp:a queues 4294967298", "is not a number of queues"},
    {"port ge-0/0/0 xdp:a queues -1", "is not a number of queues"},
    {"port ge-0/0/0 xdp:a queues 2 3", "a line reads: port NAME DEVICE"},
    {"port ge-0/0/0 pcap:a,b queues 2", "a capture has no queues"},
    {"port ge-0/0/0 netdev:a\x01", "no printable character"},
    {"sessions", "a line reads: sessions NUMBER, from 64 to 100000000"},
    {"workers 0", "a line reads: workers NUMBER, from 1 to 16"},
    {"workers 17", "a line reads: workers NUMBER, from 1 to 16"},
    {"sessions 63", "a line reads: sessions NUMBER"},
    {"sessions 100000001", "a line reads: sessions NUMBER"},
    {"sessions 18446744073709551680", "a line reads: sessions NUMBER"},
    {"sessions -64", "a line reads: sessions NUMBER"},
    {"sessions 1000k", "a line reads: sessions NUMBER"},
    {"sessions 1000 2000", "a line reads: sessions NUMBER"},
    {"session 1000", "'session' is not known"},
};

static void
each_mistake_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct chassis chassis;
		struct text content = TEXT_EMPTY;
		struct text errors = TEXT_EMPTY;

		text_printf(&content, "port ge-9/0/9 netdev:good\n%s\n", wrongs[i].line);
		assert_false(parse(&chassis, text_string(&content), &errors));
		assert_int_equal(chassis.count, 0);
		assert_memory_equal(text_string(&errors), "chassis:2: ", strlen("chassis:2: "));
		assert_non_null(strstr(text_string(&errors), wrongs[i].words));
		text_release(&content);
		text_release(&errors);
	}
}

static void
all_mistakes_at_once(void **state)
{
	struct chassis chassis;
	struct text errors = TEXT_EMPTY;

	(void)state;
	assert_false(parse(&chassis,
	    "port ge-0/0/0 netdev:a\n"
	    "port ge-0/0/0 netdev:b\n"
	    "port ge-0/0/1 xdp:a\n"
	    "port ge-0/0/2 netdev:a@else\n"
	    "nonsense\n",
	    &errors));
	assert_non_null(strstr(text_string(&errors), "chassis:2: port ge-0/0/0 stands in line 1 already\n"));
	assert_non_null(strstr(text_string(&errors), "chassis:3: port ge-0/0/0 in line 1 has the device a already\n"));
	assert_null(strstr(text_string(&errors), "chassis:4:"));
	assert_non_null(strstr(text_string(&errors), "chassis:5: "));
	text_release(&errors);
}

static void
sizes_of_tables(void **state)
{
	struct chassis chassis;
	struct text errors = TEXT_EMPTY;

	(void)state;
	assert_true(parse(&chassis,
	    "sessions 2000000 # many\n"
	    "port ge-0/0/0 netdev:a\n"
	    "nat-blocks\t512\n",
	    &errors));
	assert_int_equal(chassis.count, 1);
	assert_int_equal(chassis.settings[CHASSIS_SESSIONS], 2000000);
	assert_int_equal(chassis.settings[CHASSIS_NAT_BLOCKS], 512);
	assert_int_equal(chassis.settings[CHASSIS_FRAGMENTS], 0);
	assert_string_equal(chassis_setting_word(CHASSIS_NAT_BLOCKS), "nat-blocks");
	chassis_release(&chassis);
	assert_false(parse(&chassis, "sessions 1000\nport ge-0/0/0 netdev:a\nsessions 1000\n", &errors));
	assert_string_equal(text_string(&errors), "chassis:3: sessions stands in the file already\n");
	text_release(&errors);
}

static void
without_any_port(void **state)
{
	struct chassis chassis;
	struct text errors = TEXT_EMPTY;

	(void)state;
	assert_false(parse(&chassis, "# nothing\n", &errors));
	assert_non_null(strstr(text_string(&errors), "chassis: names no port"));
	text_release(&errors);
}

static void
more_ports_than_there_is_room_for(void **state)
{
	struct chassis chassis;
	struct text content = TEXT_EMPTY;
	struct text errors = TEXT_EMPTY;

	(void)state;
	for (unsigned i = 0; i <= CHASSIS_PORTS; i++) {
		text_printf(&content, "port ge-0/0/%u netdev:n%u\n", i, i);
	}
	assert_false(parse(&chassis, text_string(&content), &errors));
	assert_string_equal(text_string(&errors), "chassis:33: more than 32 ports\n");
	text_release(&content);
	text_release(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind),
	    cmocka_unit_test(each_mistake_with_its_line),
	    cmocka_unit_test(all_mistakes_at_once),
	    cmocka_unit_test(sizes_of_tables),
	    cmocka_unit_test(without_any_port),
	    cmocka_unit_test(more_ports_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
