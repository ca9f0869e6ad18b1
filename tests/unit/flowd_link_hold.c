/*
 * Links whose changes have to last. cs07702: noise of a carrier, or a port that nothing is plugged into, reports nothing; a
 * change that lasts is reported once, after its time. 07661: a port's last change is that of its state, whatever caused it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "link_hold.h"

#define MS UINT64_C(1000000)

enum {
	LONG = 100000, /* ms */
};

static struct link_hold
held(bool link, uint32_t up, uint32_t down)
{
	struct link_hold hold = {.link = false};

	link_hold_start(&hold, link);
	link_hold_note(&hold, true, 0);
	link_hold_rule(&hold, &(struct link_rules){.up = up, .down = down}, 0);
	hold.changes = 0;
	return hold;
}

/* Without hold times each change counts at once. */
static void
test_no_hold(void **state)
{
	struct link_hold hold = held(true, 0, 0);

	(void)state;
	assert_false(link_hold_take(&hold, true, 1 * MS));
	assert_true(link_hold_take(&hold, false, 2 * MS));
	assert_false(hold.running);
	assert_true(link_hold_take(&hold, true, 3 * MS));
	assert_true(hold.running);
	assert_int_equal(link_hold_wait(&hold, 3 * MS, LONG), LONG);
	assert_int_equal(hold.suppressed, 0);
}

/* A link that trembles for ten seconds, down for 1 to 499 ms at a time, was never down. */
static void
test_noise_is_nothing(void **state)
{
	struct link_hold hold = held(true, 0, 500);
	uint64_t now = 0;

	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		const uint64_t length = 1 + i * 83 % 499;

		assert_false(link_hold_take(&hold, false, now));
		assert_int_equal(link_hold_wait(&hold, now, LONG), 500);
		now += length * MS;
		assert_false(link_hold_settle(&hold, now));
		assert_false(link_hold_take(&hold, true, now));
		assert_int_equal(link_hold_wait(&hold, now, LONG), LONG);
		now += 10 * MS;
		assert_true(hold.running);
	}
	assert_int_equal(hold.suppressed, 40);
	assert_false(link_hold_settle(&hold, now + 10000 * MS));
}

/* One that stays is told once, when its time is over and not before. */
static void
test_lasting_change(void **state)
{
	struct link_hold hold = held(true, 2000, 500);

	(void)state;
	assert_false(link_hold_take(&hold, false, 100 * MS));
	assert_false(link_hold_settle(&hold, 600 * MS - 1));
	assert_int_equal(link_hold_wait(&hold, 600 * MS - 1, LONG), 1);
	assert_true(hold.running);
	assert_true(link_hold_settle(&hold, 600 * MS));
	assert_false(hold.running);
	assert_false(link_hold_settle(&hold, 700 * MS));
	/* Up has its own time; a link that fails within it was never up. */
	assert_false(link_hold_take(&hold, true, 1000 * MS));
	assert_false(link_hold_take(&hold, false, 2999 * MS));
	assert_false(link_hold_settle(&hold, 3000 * MS));
	assert_false(link_hold_take(&hold, true, 3000 * MS));
	assert_false(link_hold_settle(&hold, 4999 * MS));
	assert_true(link_hold_settle(&hold, 5000 * MS));
	assert_true(hold.running);
	assert_int_equal(hold.suppressed, 1);
}

/* A commit with other times: what waits begins anew with them, also with none. */
static void
test_other_rules(void **state)
{
	struct link_hold hold = held(true, 0, 5000);

	(void)state;
	assert_false(link_hold_take(&hold, false, 0));
	link_hold_rule(&hold, &(struct link_rules){.down = 5000}, 1000 * MS); /* the same ones change nothing */
	assert_int_equal(link_hold_wait(&hold, 1000 * MS, LONG), 4000);
	link_hold_rule(&hold, &(struct link_rules){.down = 100}, 1000 * MS);
	assert_false(link_hold_settle(&hold, 1099 * MS));
	assert_true(link_hold_settle(&hold, 1100 * MS));
	assert_false(hold.running);
	link_hold_rule(&hold, &(struct link_rules){.up = 5000}, 1200 * MS);
	assert_false(link_hold_take(&hold, true, 1200 * MS));
	link_hold_rule(&hold, &(struct link_rules){.up = 0}, 1300 * MS);
	assert_true(link_hold_settle(&hold, 1300 * MS));
	assert_true(hold.running);
}

/* An interface that is opened waits for nothing that was before. */
static void
test_opened_again(void **state)
{
	struct link_hold hold = held(true, 1000, 1000);

	(void)state;
	assert_false(link_hold_take(&hold, false, 0));
	link_hold_start(&hold, false);
	assert_false(hold.running);
	assert_false(link_hold_settle(&hold, 10000 * MS));
	assert_int_equal(link_hold_wait(&hold, 10000 * MS, LONG), LONG);
}

/* Each transition of the state, and nothing else, moves its time. */
static void
test_last_change(void **state)
{
	struct link_hold hold = held(true, 0, 0);

	(void)state;
	assert_int_equal(hold.changed, 0);
	link_hold_note(&hold, true, 1000);
	assert_int_equal(hold.changed, 0);
	assert_true(link_hold_take(&hold, false, 0));
	link_hold_note(&hold, true, 1001);
	assert_int_equal(hold.changed, 1001);
	/* Disabled while it is down, and enabled while it is: no change. */
	link_hold_rule(&hold, &(struct link_rules){.disabled = true}, 0);
	link_hold_note(&hold, true, 1002);
	assert_int_equal(hold.changed, 1001);
	assert_true(link_hold_take(&hold, true, 0));
	link_hold_note(&hold, true, 1003);
	assert_int_equal(hold.changed, 1001);
	link_hold_rule(&hold, &(struct link_rules){.disabled = false}, 0);
	link_hold_note(&hold, true, 1004);
	assert_int_equal(hold.changed, 1004);
	link_hold_rule(&hold, &(struct link_rules){.disabled = true}, 0);
	link_hold_note(&hold, true, 1005);
	assert_int_equal(hold.changed, 1005);
	link_hold_rule(&hold, &(struct link_rules){.disabled = false}, 0);
	link_hold_note(&hold, true, 1006);
	/* Its interface is gone. */
	link_hold_note(&hold, false, 1007);
	assert_int_equal(hold.changed, 1007);
	assert_int_equal(hold.changes, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_hold),
	    cmocka_unit_test(test_noise_is_nothing),
	    cmocka_unit_test(test_lasting_change),
	    cmocka_unit_test(test_other_rules),
	    cmocka_unit_test(test_opened_again),
	    cmocka_unit_test(test_last_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
