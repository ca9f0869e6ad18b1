/*
 * What flowd's journal makes of the engine's events that are about no packet. The logger is this
 * file's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemons/flowd/journal.h"
#include "engine/packet.h"
#include "engine/reasons.h"
#include "engine/screens.h"

void __wrap_logger_send(struct logger *logger, const struct ipc_log_record *record);

static void
check_screen_pairs(const struct ipc_log_record *record)
{
	const char *tag = record->tag;

	assert_string_equal(record->program, "RT_IDS");
	assert_non_null(ipc_pairs_find(&record->pairs, "attack-name"));
	if (strcmp(tag, "RT_SCREEN_SUMMARY") == 0) {
		assert_string_equal(ipc_pairs_find(&record->pairs, "suppressed-count"), "17");
		return;
	}
	assert_string_equal(ipc_pairs_find(&record->pairs, "source-address"), "10.0.0.1");
	assert_string_equal(ipc_pairs_find(&record->pairs, "destination-address"), "10.0.0.1");
	assert_string_equal(ipc_pairs_find(&record->pairs, "source-zone-name"), "N/A");
	assert_string_equal(ipc_pairs_find(&record->pairs, "interface-name"), ".local..0");
	assert_non_null(ipc_pairs_find(&record->pairs, "action"));
	if (strcmp(tag, "RT_SCREEN_TCP") == 0) {
		assert_string_equal(ipc_pairs_find(&record->pairs, "source-port"), "80");
		assert_string_equal(ipc_pairs_find(&record->pairs, "destination-port"), "81");
	} else {
		assert_null(ipc_pairs_find(&record->pairs, "source-port"));
	}
}

static void
check_drop_pairs(const struct ipc_log_record *record)
{
	static const struct {
		const char *name;
		const char *value;
	} pairs[] = {
	    {"reason", "source-loopback"},
	    {"source-address", "127.0.0.1"},
	    {"source-port", "4000"},
	    {"destination-address", "8.8.8.8"},
	    {"destination-port", "99"},
	    {"protocol-id", "17"},
	    {"icmp-type", "0"},
	    {"source-zone-name", "N/A"},
	    {"session-id-32", "0"},
	    {"suppressed-count", "30"},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const char *value = ipc_pairs_find(&record->pairs, pairs[i].name);

		assert_non_null(value);
		assert_string_equal(value, pairs[i].value);
	}
}

/* The test's own logger: checks the record against the expected one. */
void
__wrap_logger_send(struct logger *logger, const struct ipc_log_record *record)
{
	(void)logger;
	check_expected(record->severity);
	check_expected(record->tag);
	check_expected(record->text);
	if (strcmp(record->tag, "RT_FLOW_PACKET_DROP") == 0) {
		check_drop_pairs(record);
		return;
	}
	if (strcmp(record->tag, "RT_FLOW_SESSION_DENY") == 0) {
		assert_string_equal(ipc_pairs_find(&record->pairs, "source-address"), "2001:db8:1::5");
		assert_string_equal(ipc_pairs_find(&record->pairs, "icmp-type"), "128");
		return;
	}
	if (strncmp(record->tag, "RT_SCREEN", strlen("RT_SCREEN")) == 0) {
		check_screen_pairs(record);
		return;
	}
	if (strcmp(record->tag, "KERN_ND_DUPLICATE_ADDR") == 0) {
		assert_string_equal(ipc_pairs_find(&record->pairs, "address"), "2001:db8:1::1");
		assert_non_null(ipc_pairs_find(&record->pairs, "interface-name"));
		return;
	}
	const char *high = ipc_pairs_find(&record->pairs, "high-watermark");
	const char *low = ipc_pairs_find(&record->pairs, "low-watermark");
	const char *sessions = ipc_pairs_find(&record->pairs, "session-count");

	assert_non_null(sessions);
	assert_true((high == NULL) != (low == NULL));
	assert_string_equal(high != NULL ? high : low, high != NULL ? "80" : "60");
	assert_string_equal(sessions, high != NULL ? "810" : "599");
	assert_null(ipc_pairs_find(&record->pairs, "source-address"));
}

static struct event
aging_event(enum event_kind kind, uint8_t percent, uint32_t sessions)
{
	return (struct event){
	    .kind = (uint8_t)kind,
	    .percent = percent,
	    .sessions = sessions,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	    .logged = 1,
	};
}

static void
expect_record(enum log_severity severity, const char *tag, const char *text)
{
	expect_value(__wrap_logger_send, record->severity, severity);
	expect_string(__wrap_logger_send, record->tag, tag);
	expect_string(__wrap_logger_send, record->text, text);
}

/* REQ-SES-008, REQ-SES-009: aggressive aging's beginning and end are logged. */
static void
test_aging(void **state)
{
	const struct journal journal = {.registry = NULL};
	const struct event start = aging_event(EVENT_AGING_START, 80, 810);
	const struct event stop = aging_event(EVENT_AGING_STOP, 60, 599);

	(void)state;
	expect_record(LOG_SEVERITY_WARNING, "FLOW_HIGH_WATERMARK_TRIGGERED",
	    "high watermark 80% triggered, 810 sessions: aggressive aging begins");
	journal_write(&journal, &start, NULL);
	expect_record(LOG_SEVERITY_NOTICE, "FLOW_LOW_WATERMARK_TRIGGERED",
	    "low watermark 60% triggered, 599 sessions: aggressive aging ends");
	journal_write(&journal, &stop, NULL);
}

/* RFC 4862 5.4.5: a duplicate address is told. */
static void
test_duplicate(void **state)
{
	const struct journal journal = {.registry = NULL};
	struct event event = aging_event(EVENT_ADDRESS_DUPLICATE, 0, 0);

	(void)state;
	event.source = (struct ipv6_address){0x20010db800010000, 1};
	event.reason = REASON_ND_DUPLICATE;
	expect_record(LOG_SEVERITY_ERROR, "KERN_ND_DUPLICATE_ADDR",
	    "2001:db8:1::1 is another station's too on .local..0: it is not used");
	journal_write(&journal, &event, NULL);
	event.reason = REASON_ND_CONFLICT;
	expect_record(LOG_SEVERITY_ERROR, "KERN_ND_DUPLICATE_ADDR", "2001:db8:1::1 is another station's too on .local..0");
	journal_write(&journal, &event, NULL);
}

/* A packet that was dropped whatever the policies say, and how many before it were not logged. */
static void
test_drop(void **state)
{
	const struct journal journal = {.registry = NULL};
	const struct event drop = {
	    .kind = EVENT_PACKET_DROP,
	    .source = ipv6_mapped(0x7f000001),
	    .destination = ipv6_mapped(0x08080808),
	    .source_port = 4000,
	    .destination_port = 99,
	    .protocol = 17,
	    .reason = REASON_SOURCE_LOOPBACK,
	    .packets = {30, 0},
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	    .logged = 1,
	};

	(void)state;
	expect_record(LOG_SEVERITY_NOTICE, "RT_FLOW_PACKET_DROP",
	    "packet dropped source-loopback: 127.0.0.1/4000->8.8.8.8/99 17(0) N/A .local..0 0, 30 others not "
	    "logged");
	journal_write(&journal, &drop, NULL);
}

/* REQ-SCR-003: attack, addresses, ports, zone, interface and action; and how many more there were. */
static void
test_screen(void **state)
{
	const struct journal journal = {.registry = NULL};
	struct event event = {
	    .kind = EVENT_SCREEN,
	    .screen = SCREEN_TCP_LAND,
	    .screen_outcome = SCREEN_OUTCOME_DROPPED,
	    .reason = REASON_SCREEN_TCP_LAND,
	    .source = ipv6_mapped(0x0a000001),
	    .destination = ipv6_mapped(0x0a000001),
	    .source_port = 80,
	    .destination_port = 81,
	    .protocol = 6,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	    .logged = 1,
	};

	(void)state;
	expect_record(LOG_SEVERITY_ERROR, "RT_SCREEN_TCP",
	    "Land attack! source: 10.0.0.1:80, destination: 10.0.0.1:81, zone name: N/A, interface name: .local..0, "
	    "action: drop");
	journal_write(&journal, &event, NULL);
	event.screen = SCREEN_IP_SECURITY_OPTION;
	event.screen_outcome = SCREEN_OUTCOME_RECORDED;
	event.protocol = 50;
	expect_record(LOG_SEVERITY_ERROR, "RT_SCREEN_IP",
	    "Security IP option! source: 10.0.0.1, destination: 10.0.0.1, protocol-id: 50, zone name: N/A, "
	    "interface name: .local..0, action: record");
	journal_write(&journal, &event, NULL);
	event.screen_outcome = SCREEN_OUTCOME_KEPT;
	event.screen = SCREEN_ICMP_LARGE;
	event.protocol = 1;
	expect_record(LOG_SEVERITY_ERROR, "RT_SCREEN_ICMP",
	    "Large ICMP packet! source: 10.0.0.1, destination: 10.0.0.1, protocol-id: 1, zone name: N/A, "
	    "interface name: .local..0, action: alarm-without-drop");
	journal_write(&journal, &event, NULL);
	/* REQ-SCR-036 */
	event.kind = EVENT_ALARM;
	event.screen_outcome = SCREEN_OUTCOME_PROXIED;
	event.screen = SCREEN_TCP_SYN_FLOOD;
	event.protocol = 6;
	expect_record(LOG_SEVERITY_ALERT, "RT_SCREEN_TCP",
	    "SYN flood! source: 10.0.0.1:80, destination: 10.0.0.1:81, zone name: N/A, interface name: .local..0, "
	    "action: proxy");
	journal_write(&journal, &event, NULL);
	event.screen = SCREEN_ICMP_LARGE;
	event.kind = EVENT_SCREEN_SUMMARY;
	event.packets[0] = 17;
	expect_record(LOG_SEVERITY_NOTICE, "RT_SCREEN_SUMMARY", "Large ICMP packet! 17 others not logged, zone name: N/A");
	journal_write(&journal, &event, NULL);
}

/* Addresses of IPv6, and ICMPv6 with its type. */
static void
test_deny_inet6(void **state)
{
	const struct journal journal = {.registry = NULL};
	const struct event deny = {
	    .kind = EVENT_SESSION_DENY,
	    .source = {0x20010db800010000, 5},
	    .destination = {0x20010db800020000, 7},
	    .source_port = 9,
	    .destination_port = 9,
	    .protocol = 58,
	    .icmp_type = 128,
	    .policy = PACKET_DEFAULT_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	    .logged = 1,
	};

	(void)state;
	expect_record(LOG_SEVERITY_INFO, "RT_FLOW_SESSION_DENY",
	    "session denied 2001:db8:1::5/9->2001:db8:2::7/9 icmp6 58(128) default-policy N/A N/A UNKNOWN UNKNOWN "
	    "N/A(N/A) .local..0");
	journal_write(&journal, &deny, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aging),
	    cmocka_unit_test(test_duplicate),
	    cmocka_unit_test(test_screen),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_deny_inet6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
