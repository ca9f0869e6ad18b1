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

struct pair {
	const char *name;
	const char *value; /* NULL: it is not there */
};

static void
check_pairs(const struct ipc_log_record *record, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = ipc_pairs_find(&record->pairs, pairs[i].name);

		if (pairs[i].value == NULL) {
			assert_null(value);
		} else {
			assert_non_null(value);
			assert_string_equal(value, pairs[i].value);
		}
	}
}
#define CHECK_PAIRS(record, pairs) check_pairs(record, pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void
check_screen_pairs(const struct ipc_log_record *record)
{
	static const struct pair summary[] = {{"suppressed-count", "17"}};
	static const struct pair attack[] = {{"source-address", "10.0.0.1"}, {"destination-address", "10.0.0.1"},
	    {"source-zone-name", "N/A"}, {"interface-name", ".local..0"}};
	static const struct pair tcp[] = {{"source-port", "80"}, {"destination-port", "81"}};
	static const struct pair others[] = {{"source-port", NULL}};

	assert_string_equal(record->program, "RT_IDS");
	assert_non_null(ipc_pairs_find(&record->pairs, "attack-name"));
	if (strcmp(record->tag, "RT_SCREEN_SUMMARY") == 0) {
		CHECK_PAIRS(record, summary);
		return;
	}
	CHECK_PAIRS(record, attack);
	assert_non_null(ipc_pairs_find(&record->pairs, "action"));
	if (strcmp(record->tag, "RT_SCREEN_TCP") == 0) {
		CHECK_PAIRS(record, tcp);
	} else {
		CHECK_PAIRS(record, others);
	}
}

static void
check_aging_pairs(const struct ipc_log_record *record)
{
	static const struct pair high[] = {
	    {"high-watermark", "80"}, {"low-watermark", NULL}, {"session-count", "810"}, {"source-address", NULL}};
	static const struct pair low[] = {
	    {"high-watermark", NULL}, {"low-watermark", "60"}, {"session-count", "599"}, {"source-address", NULL}};

	if (strcmp(record->tag, "FLOW_HIGH_WATERMARK_TRIGGERED") == 0) {
		CHECK_PAIRS(record, high);
	} else {
		CHECK_PAIRS(record, low);
	}
}

/* The test's own logger: checks the record against the expected one. */
void
__wrap_logger_send(struct logger *logger, const struct ipc_log_record *record)
{
	static const struct pair drop[] = {{"reason", "source-loopback"}, {"source-address", "127.0.0.1"}, {"source-port", "4000"},
	    {"destination-address", "8.8.8.8"}, {"destination-port", "99"}, {"protocol-id", "17"}, {"icmp-type", "0"},
	    {"source-zone-name", "N/A"}, {"session-id-32", "0"}, {"suppressed-count", "30"}};
	static const struct pair deny[] = {{"source-address", "2001:db8:1::5"}, {"icmp-type", "128"}};
	static const struct pair duplicate[] = {{"address", "2001:db8:1::1"}, {"interface-name", ".local..0"}};

	(void)logger;
	check_expected(record->severity);
	check_expected(record->tag);
	check_expected(record->text);
	if (strcmp(record->tag, "RT_FLOW_PACKET_DROP") == 0) {
		CHECK_PAIRS(record, drop);
	} else if (strcmp(record->tag, "RT_FLOW_SESSION_DENY") == 0) {
		CHECK_PAIRS(record, deny);
	} else if (strncmp(record->tag, "RT_SCREEN", strlen("RT_SCREEN")) == 0) {
		check_screen_pairs(record);
	} else if (strcmp(record->tag, "KERN_ND_DUPLICATE_ADDR") == 0) {
		CHECK_PAIRS(record, duplicate);
	} else {
		check_aging_pairs(record);
	}
}

/* Of nobody's: no policy, application, zone or unit. */
static struct event
event_of(enum event_kind kind)
{
	return (struct event){
	    .kind = (uint8_t)kind,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	    .logged = 1,
	};
}

/* The journal makes this record of the event. */
static void
expect_record(const struct event *event, enum log_severity severity, const char *tag, const char *text)
{
	const struct journal journal = {.registry = NULL};

	expect_value(__wrap_logger_send, record->severity, severity);
	expect_string(__wrap_logger_send, record->tag, tag);
	expect_string(__wrap_logger_send, record->text, text);
	journal_write(&journal, event, NULL);
}

/* REQ-SES-008, REQ-SES-009: aggressive aging's beginning and end are logged. */
static void
test_aging(void **state)
{
	struct event start = event_of(EVENT_AGING_START);
	struct event stop = event_of(EVENT_AGING_STOP);

	(void)state;
	start.percent = 80;
	start.sessions = 810;
	expect_record(&start, LOG_SEVERITY_WARNING, "FLOW_HIGH_WATERMARK_TRIGGERED",
	    "high watermark 80% triggered, 810 sessions: aggressive aging begins");
	stop.percent = 60;
	stop.sessions = 599;
	expect_record(&stop, LOG_SEVERITY_NOTICE, "FLOW_LOW_WATERMARK_TRIGGERED",
	    "low watermark 60% triggered, 599 sessions: aggressive aging ends");
}

/* RFC 4862 5.4.5: a duplicate address is told. */
static void
test_duplicate(void **state)
{
	struct event event = event_of(EVENT_ADDRESS_DUPLICATE);

	(void)state;
	event.source = (struct ipv6_address){0x20010db800010000, 1};
	event.reason = REASON_ND_DUPLICATE;
	expect_record(&event, LOG_SEVERITY_ERROR, "KERN_ND_DUPLICATE_ADDR",
	    "2001:db8:1::1 is another station's too on .local..0: it is not used");
	event.reason = REASON_ND_CONFLICT;
	expect_record(&event, LOG_SEVERITY_ERROR, "KERN_ND_DUPLICATE_ADDR",
	    "2001:db8:1::1 is another station's too on .local..0");
}

/* A packet that was dropped whatever the policies say, and how many before it were not logged. */
static void
test_drop(void **state)
{
	struct event drop = event_of(EVENT_PACKET_DROP);

	(void)state;
	drop.source = ipv6_mapped(0x7f000001);
	drop.destination = ipv6_mapped(0x08080808);
	drop.source_port = 4000;
	drop.destination_port = 99;
	drop.protocol = 17;
	drop.reason = REASON_SOURCE_LOOPBACK;
	drop.packets[0] = 30;
	expect_record(&drop, LOG_SEVERITY_NOTICE, "RT_FLOW_PACKET_DROP",
	    "packet dropped source-loopback: 127.0.0.1/4000->8.8.8.8/99 17(0) N/A .local..0 0, 30 others not logged");
}

/* REQ-SCR-003: attack, addresses, ports, zone, interface and action; REQ-SCR-036: and the alarm of a flood. */
static void
test_screen(void **state)
{
	static const struct {
		enum event_kind kind;
		enum screen screen;
		enum screen_outcome outcome;
		uint8_t protocol;
		enum log_severity severity;
		const char *tag;
		const char *text;
	} rows[] = {
	    {EVENT_SCREEN, SCREEN_TCP_LAND, SCREEN_OUTCOME_DROPPED, 6, LOG_SEVERITY_ERROR, "RT_SCREEN_TCP",
		"Land attack! source: 10.0.0.1:80, destination: 10.0.0.1:81, zone name: N/A, interface name: .local..0, "
		"action: drop"},
	    {EVENT_SCREEN, SCREEN_IP_SECURITY_OPTION, SCREEN_OUTCOME_RECORDED, 50, LOG_SEVERITY_ERROR, "RT_SCREEN_IP",
		"Security IP option! source: 10.0.0.1, destination: 10.0.0.1, protocol-id: 50, zone name: N/A, "
		"interface name: .local..0, action: record"},
	    {EVENT_SCREEN, SCREEN_ICMP_LARGE, SCREEN_OUTCOME_KEPT, 1, LOG_SEVERITY_ERROR, "RT_SCREEN_ICMP",
		"Large ICMP packet! source: 10.0.0.1, destination: 10.0.0.1, protocol-id: 1, zone name: N/A, "
		"interface name: .local..0, action: alarm-without-drop"},
	    {EVENT_ALARM, SCREEN_TCP_SYN_FLOOD, SCREEN_OUTCOME_PROXIED, 6, LOG_SEVERITY_ALERT, "RT_SCREEN_TCP",
		"SYN flood! source: 10.0.0.1:80, destination: 10.0.0.1:81, zone name: N/A, interface name: .local..0, "
		"action: proxy"},
	    {EVENT_SCREEN_SUMMARY, SCREEN_ICMP_LARGE, SCREEN_OUTCOME_PROXIED, 6, LOG_SEVERITY_NOTICE, "RT_SCREEN_SUMMARY",
		"Large ICMP packet! 17 others not logged, zone name: N/A"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event event = event_of(rows[i].kind);

		event.screen = (uint8_t)rows[i].screen;
		event.screen_outcome = (uint8_t)rows[i].outcome;
		event.reason = REASON_SCREEN_TCP_LAND;
		event.source = ipv6_mapped(0x0a000001);
		event.destination = ipv6_mapped(0x0a000001);
		event.source_port = 80;
		event.destination_port = 81;
		event.protocol = rows[i].protocol;
		event.packets[0] = rows[i].kind == EVENT_SCREEN_SUMMARY ? 17 : 0;
		expect_record(&event, rows[i].severity, rows[i].tag, rows[i].text);
	}
}

/* Addresses of IPv6, and ICMPv6 with its type. */
static void
test_deny_inet6(void **state)
{
	struct event deny = event_of(EVENT_SESSION_DENY);

	(void)state;
	deny.source = (struct ipv6_address){0x20010db800010000, 5};
	deny.destination = (struct ipv6_address){0x20010db800020000, 7};
	deny.source_port = 9;
	deny.destination_port = 9;
	deny.protocol = 58;
	deny.icmp_type = 128;
	deny.policy = PACKET_DEFAULT_POLICY;
	expect_record(&deny, LOG_SEVERITY_INFO, "RT_FLOW_SESSION_DENY",
	    "session denied 2001:db8:1::5/9->2001:db8:2::7/9 icmp6 58(128) default-policy N/A N/A UNKNOWN UNKNOWN "
	    "N/A(N/A) .local..0");
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
