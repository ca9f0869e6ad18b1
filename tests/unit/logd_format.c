/*
 * Renderings of log records against RFC 5424 and the plain form that an SRX prints, worked out by hand.
 * 1,763,630,464.123456 s is 20 November 2025 09:21:04.123456 UTC. REQ-CFG-013: time stamp, source and destination host and
 * ports stand in the line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format.h"

static const int64_t moment = 1763630464123456;

static struct ipc_log_record
create_record(void)
{
	struct ipc_log_record record = {.facility = LOG_FACILITY_USER,
	    .severity = LOG_SEVERITY_INFO,
	    .wall = moment,
	    .program = "RT_FLOW",
	    .tag = "RT_FLOW_SESSION_DENY",
	    .text = "session denied 10.1.2.3/1024->192.0.2.9/25 6(0) deny-mail"};

	ipc_pairs_add(&record.pairs, "source-address", "10.1.2.3");
	ipc_pairs_add(&record.pairs, "source-port", "1024");
	ipc_pairs_add(&record.pairs, "destination-address", "192.0.2.9");
	ipc_pairs_add(&record.pairs, "destination-port", "25");
	return record;
}

static void
test_plain(void **state)
{
	struct ipc_log_record record = create_record();
	struct text out = TEXT_EMPTY;

	(void)state;
	format_plain(&record, "albuquerque", &out);
	assert_string_equal(text_string(&out),
	    "Nov 20 09:21:04  albuquerque RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.1.2.3/1024->192.0.2.9/25 6(0) "
	    "deny-mail\n");
	text_clear(&out);
	record.process = 42;
	record.program = "mgd";
	record.wall = moment - 17LL * 86400 * 1000000;
	format_plain(&record, "x", &out);
	assert_memory_equal(text_string(&out), "Nov  3 09:21:04  x mgd[42]: RT_FLOW", 35);
	text_release(&out);
	ipc_pairs_release(&record.pairs);
}

static void
test_structured(void **state)
{
	struct ipc_log_record record = create_record();
	struct text out = TEXT_EMPTY;

	(void)state;
	/* user is 1, info 6: 1 * 8 + 6 = 14 */
	format_rfc5424(&record, "albuquerque", true, &out);
	assert_string_equal(text_string(&out),
	    "<14>1 2025-11-20T09:21:04.123Z albuquerque RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 "
	    "source-address=\"10.1.2.3\" source-port=\"1024\" destination-address=\"192.0.2.9\" destination-port=\"25\"] "
	    "session denied 10.1.2.3/1024->192.0.2.9/25 6(0) deny-mail");
	text_clear(&out);
	record.facility = LOG_FACILITY_INTERACTIVE_COMMANDS;
	record.severity = LOG_SEVERITY_NOTICE;
	record.process = 7;
	format_rfc5424(&record, "a", false, &out);
	assert_string_equal(text_string(&out),
	    "<189>1 2025-11-20T09:21:04.123Z a RT_FLOW 7 RT_FLOW_SESSION_DENY - session denied "
	    "10.1.2.3/1024->192.0.2.9/25 6(0) deny-mail");
	text_release(&out);
	ipc_pairs_release(&record.pairs);
}

/* What was typed or sent cannot forge a line, a field or a terminal's state. */
static void
test_hostile(void **state)
{
	struct ipc_log_record record = {.facility = LOG_FACILITY_USER,
	    .severity = LOG_SEVERITY_INFO,
	    .program = "a b\n",
	    .tag = "T AG",
	    .text = "one\nNov 20 forged\033[2J"};
	struct text out = TEXT_EMPTY;

	(void)state;
	ipc_pairs_add(&record.pairs, "na=me", "q\"b\\c]d\n");
	format_plain(&record, "h", &out);
	assert_string_equal(text_string(&out), "Jan  1 00:00:00  h a?b?: T AG: one?Nov 20 forged?[2J\n");
	text_clear(&out);
	format_rfc5424(&record, "h", true, &out);
	assert_string_equal(text_string(&out),
	    "<14>1 1970-01-01T00:00:00.000Z h a?b? - T?AG [junos@2636.1.1.1.2.129 na?me=\"q\\\"b\\\\c\\]d?\"] one?Nov 20 "
	    "forged?[2J");
	text_release(&out);
	ipc_pairs_release(&record.pairs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_structured),
	    cmocka_unit_test(test_hostile),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("logd_format", tests, NULL, NULL);
}
