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

void __wrap_logger_send(struct logger *logger, const struct ipc_log_record *record);

/* The test's own logger: checks the record against the expected one. */
void
__wrap_logger_send(struct logger *logger, const struct ipc_log_record *record)
{
	(void)logger;
	check_expected(record->severity);
	check_expected(record->tag);
	check_expected(record->text);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
