/*
 * Baselines: figures of what an engine sees, sessions from before the start, and what an attacker can do to the tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../lib/engine/src/baseline_private.h"
#include "engine_world.h"
#include "wire/ipv4.h"

static struct baseline *
baseline_create(void)
{
	struct random_source random = random_seeded(7);
	void *memory = calloc(1, baseline_size());

	assert_non_null(memory);
	return baseline_init(memory, &random);
}

static struct baseline_figures
figures_of(const struct baseline *baseline, uint32_t place, enum baseline_measure measure)
{
	struct baseline_report *report = calloc(1, sizeof(*report));
	struct baseline_figures figures;

	assert_non_null(report);
	baseline_report_zone(baseline, place, report);
	figures = report->zones[place].figures[measure];
	free(report);
	return figures;
}

/* One more of an address at a time, as a source's SYN. */
static void
count(struct baseline *baseline, uint32_t address, uint64_t now)
{
	const struct baseline_key key = {
	    .address = ipv6_mapped(address),
	    .place = (uint8_t)baseline_place(baseline, TRUST),
	    .measure = BASELINE_SYN_RATE_SOURCE,
	};

	baseline_window(baseline, &key, now)->count++;
}

/* REQ-SCR-037: a second of an address begins with its first packet, as the screen's does; a packet a second later is the next one's. */
static void
test_seconds(void **state)
{
	struct baseline *baseline = baseline_create();
	struct baseline_figures figures;

	(void)state;
	baseline_begin(baseline, 5 * SECOND);
	for (uint32_t i = 0; i < 10; i++) {
		count(baseline, 1, 5 * SECOND + 900000000 + i); /* across a second of the clock: one sample */
	}
	count(baseline, 1, 6 * SECOND + 899999999);
	count(baseline, 1, 6 * SECOND + 900000000);
	count(baseline, 2, 6 * SECOND);
	baseline_end(baseline, 7 * SECOND);
	figures = figures_of(baseline, 0, BASELINE_SYN_RATE_SOURCE);
	assert_int_equal(figures.samples, 3);
	assert_int_equal(figures.sum, 13);
	assert_int_equal(figures.peak, 11);
	assert_true(ipv6_equal(figures.peak_address, ipv6_mapped(1)));
	assert_int_equal(figures.peak_time, 900000000);
	free(baseline);
}

/* Nearest rank: of a thousand samples 1 to 1000 the 950th and the 999th; above 255 at most 1/128 too high. */
static void
test_percentiles(void **state)
{
	struct baseline *baseline = baseline_create();
	struct baseline_figures figures;

	(void)state;
	baseline_begin(baseline, 0);
	for (uint32_t value = 1; value <= 1000; value++) {
		for (uint32_t i = 0; i < value; i++) {
			count(baseline, value, SECOND);
		}
	}
	baseline_end(baseline, 2 * SECOND);
	figures = figures_of(baseline, 0, BASELINE_SYN_RATE_SOURCE);
	assert_int_equal(figures.samples, 1000);
	assert_int_equal(figures.sum, 500500);
	assert_in_range(figures.percentile_950, 950, 957);
	assert_in_range(figures.percentile_999, 999, 1000);
	assert_int_equal(figures.peak, 1000);
	free(baseline);
}

/* Ten million forged sources, each once, between the packets of one that is loud: its samples are counted, and the memory is what it was. */
static void
test_crowd(void **state)
{
	struct baseline *baseline = baseline_create();
	struct baseline_figures figures;
	struct baseline_report *report = calloc(1, sizeof(*report));
	uint32_t next = 1000;

	(void)state;
	assert_non_null(report);
	baseline_begin(baseline, 0);
	for (uint32_t packet = 0; packet < 10000; packet++) {
		count(baseline, 7, packet * 90000);
		for (uint32_t i = 0; i < 200; i++) {
			count(baseline, next++, packet * 90000);
		}
	}
	baseline_end(baseline, SECOND);
	baseline_report_totals(baseline, SECOND, report);
	figures = figures_of(baseline, 0, BASELINE_SYN_RATE_SOURCE);
	assert_true(ipv6_equal(figures.peak_address, ipv6_mapped(7)));
	assert_in_range(figures.peak, 9980, 10000);
	assert_int_equal(figures.sum, 10000 + 2000000);
	/* and it is said that figures are too low: nearly all of two million had no place to stay in */
	assert_in_range(report->totals.crowded, 2000000 - BASELINE_WINDOWS, 2000000);
	free(report);
	free(baseline);
}

/* Addresses are told apart exactly while there is room, and then no more. */
static void
test_known(void **state)
{
	struct baseline *baseline = baseline_create();
	struct baseline_report *report = calloc(1, sizeof(*report));
	const uint32_t place = baseline_place(baseline, TRUST);

	(void)state;
	assert_non_null(report);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < BASELINE_KNOWN_MOST; i++) {
			baseline_know(baseline, place, BASELINE_KNOWN_SOURCES, ipv6_mapped(i));
		}
	}
	baseline_report_totals(baseline, SECOND, report);
	baseline_report_zone(baseline, place, report);
	assert_int_equal(report->zones[place].counts.known[BASELINE_KNOWN_SOURCES], BASELINE_KNOWN_MOST);
	assert_int_equal(report->totals.strangers, 0);
	baseline_know(baseline, place, BASELINE_KNOWN_REACHED, ipv6_mapped(1));
	baseline_report_totals(baseline, SECOND, report);
	baseline_report_zone(baseline, place, report);
	assert_int_equal(report->zones[place].counts.known[BASELINE_KNOWN_REACHED], 0);
	assert_int_equal(report->totals.strangers, 1);
	free(report);
	free(baseline);
}

/* More zones than there are places: counted as not measured. */
static void
test_zones(void **state)
{
	struct baseline *baseline = baseline_create();

	(void)state;
	for (uint16_t zone = 0; zone < BASELINE_ZONES; zone++) {
		assert_int_equal(baseline_place(baseline, (uint16_t)(zone + 100)), zone);
	}
	assert_int_equal(baseline_place(baseline, 99), BASELINE_ZONES);
	assert_int_equal(baseline_place(baseline, 100), 0);
	free(baseline);
}

/* Two engines, each with a share: sums are exact, a zone's peaks are added up, an address's are the higher one's. */
static void
test_shares(void **state)
{
	struct baseline *shares[2] = {baseline_create(), baseline_create()};
	struct baseline_report *reports[2] = {calloc(1, sizeof(*reports[0])), calloc(1, sizeof(*reports[0]))};
	const struct baseline_zone *zone;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		assert_non_null(reports[i]);
		baseline_begin(shares[i], 0);
		for (uint32_t packet = 0; packet < 10 + i; packet++) {
			count(shares[i], 1, 100);
			shares[i]->states[baseline_place(shares[i], TRUST)].second[BASELINE_SYN_RATE]++;
		}
		shares[i]->states[0].counts.packets = 10 + i;
		shares[i]->ports[0][80 + i] = 4 + i;
		shares[i]->ports[0][22] = 3;
		baseline_end(shares[i], SECOND);
		baseline_report_totals(shares[i], SECOND, reports[i]);
		baseline_report_zone(shares[i], 0, reports[i]);
	}
	baseline_report_add(reports[0], reports[1]);
	zone = &reports[0]->zones[0];
	assert_int_equal(reports[0]->totals.zones, 1);
	assert_int_equal(reports[0]->totals.parts, 2);
	assert_int_equal(zone->counts.packets, 21);
	assert_int_equal(zone->figures[BASELINE_SYN_RATE].samples, 1);
	assert_int_equal(zone->figures[BASELINE_SYN_RATE].sum, 21);
	assert_int_equal(zone->figures[BASELINE_SYN_RATE].peak, 21);
	assert_int_equal(zone->figures[BASELINE_SYN_RATE_SOURCE].samples, 2);
	assert_int_equal(zone->figures[BASELINE_SYN_RATE_SOURCE].peak, 11);
	assert_int_equal(reports[0]->service_count, 3);
	assert_int_equal(reports[0]->services[0].port, 22); /* 6 */
	assert_int_equal(reports[0]->services[1].port, 81); /* 5 */
	assert_int_equal(reports[0]->services[2].port, 80); /* 4 */
	for (uint32_t i = 0; i < 2; i++) {
		free(reports[i]);
		free(shares[i]);
	}
}

static struct packet_result
send_syn(struct world *world, uint16_t port)
{
	return world_tcp(world, 0, IP(10, 0, 0, 2), IP(198, 18, 0, 1), (uint32_t)port << 16 | 80, (uint32_t[2]){1, 0}, SYN);
}

/* Sessions that are there at the start count (REQ-SCR-027: so do they for the limit), and those that end are gone. */
static void
test_sessions_before(void **state)
{
	struct world *world = world_create();
	struct baseline *baseline = baseline_create();
	struct baseline_figures figures;
	uint32_t cursor = 0;

	(void)state;
	world->now = SECOND;
	world_apply(world);
	for (uint16_t port = 1; port <= 3; port++) {
		assert_true(send_syn(world, port).session != 0);
	}
	engine_baseline_start(world->engine, baseline);
	assert_ptr_equal(engine_baseline(world->engine), baseline);
	while (engine_baseline_prepare(world->engine)) {
	}
	assert_true(send_syn(world, 4).session != 0);
	/* the handshakes that nobody answers end after 20 s (REQ-SES-003) */
	world_advance(world, world->now + 30 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 0);
	assert_true(send_syn(world, 5).session != 0);
	while (cursor != UINT32_MAX) {
		engine_baseline_settle(world->engine, world->now + 2 * SECOND, &cursor);
	}
	assert_ptr_equal(engine_baseline_stop(world->engine), baseline);
	assert_null(engine_baseline(world->engine));
	/* not counted any more */
	assert_true(send_syn(world, 6).session != 0);
	baseline_end(baseline, world->now + 2 * SECOND);
	figures = figures_of(baseline, 0, BASELINE_SESSIONS_SOURCE);
	assert_int_equal(figures.samples, 2);
	assert_int_equal(figures.sum, 4 + 1);
	assert_int_equal(figures.peak, 4);
	figures = figures_of(baseline, 0, BASELINE_SESSIONS);
	assert_int_equal(figures.peak, 4);
	figures = figures_of(baseline, 0, BASELINE_SYN_RATE_SERVICE);
	assert_int_equal(figures.sum, 2);
	assert_int_equal(figures.peak_port, 80);
	assert_true(ipv6_equal(figures.peak_address, ipv6_mapped(IP(198, 18, 0, 1))));
	free(baseline);
	world_destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_percentiles),
	    cmocka_unit_test(test_crowd),
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_sessions_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
