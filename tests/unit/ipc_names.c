/*
 * What is known of names, with a clock of the test's own: REQ-POL-020.
 *
 * Times to live are bounded, servers take turns, failures wait longer and longer; old addresses hold for permits for a
 * bounded time and for refusals until a server says otherwise; a name's end (cs09045: the last good address is kept while DNS
 * fails) and every bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ipc/names.h"

struct heard {
	unsigned count;
	enum names_state last;
};

static void
on_change(void *context, const struct names_view *view)
{
	struct heard *heard = context;

	heard->count++;
	heard->last = view->state;
}

static struct names_server
server(const char *text)
{
	struct names_server made = {.source = {.family = 0}};

	assert_true(resolve_address_parse(text, &made.address));
	return made;
}

static void
want(struct names *names, const char *const *list, size_t count, size_t servers, uint64_t now)
{
	const struct names_server both[2] = {server("192.0.2.1"), server("192.0.2.2")};

	assert_true(names_want(names,
	    &(struct names_wanted){.names = list, .name_count = count, .servers = both, .server_count = servers}, now));
}

static struct resolve_answer
found(uint32_t ttl, const char *first, const char *second)
{
	struct resolve_answer answer = {.status = RESOLVE_FOUND, .ttl = ttl, .count = 1};

	assert_true(resolve_address_parse(first, &answer.addresses[0]));
	if (second != NULL) {
		assert_true(resolve_address_parse(second, &answer.addresses[answer.count++]));
	}
	return answer;
}

static const struct resolve_answer failed = {.status = RESOLVE_FAILED, .reason = "timeout"};
static const struct resolve_answer absent = {.status = RESOLVE_ABSENT};

/* Answers every A question with `a`, every AAAA question with `aaaa`; returns how many there were. */
static unsigned
answer_all(struct names *names, const struct resolve_answer *a, const struct resolve_answer *aaaa, uint64_t now)
{
	struct resolve_question question;
	uint32_t request;
	unsigned count = 0;

	while (names_next_question(names, now, &question, &request)) {
		names_take_answer(names, request, question.family == 4 ? a : aaaa, now);
		count++;
	}
	return count;
}

static size_t
known(const struct names *names, const char *name, enum names_purpose purpose)
{
	struct resolve_address addresses[2 * NAMES_ADDRESSES];

	return names_addresses(names, name, purpose, addresses, 2 * NAMES_ADDRESSES);
}

static void
test_time_to_live(void **state)
{
	static const char *const list[] = {"Www.Example.NET", "www.example.net"};
	struct heard heard = {.count = 0};
	struct names *names = names_create(&(struct names_listener){on_change, &heard});
	struct resolve_address addresses[2 * NAMES_ADDRESSES];
	struct resolve_question question;
	struct resolve_answer answer = found(60, "198.51.100.9", "198.51.100.1");
	uint32_t request;
	uint64_t version;

	(void)state;
	want(names, list, 2, 1, 1000);
	assert_int_equal(names_count(names), 1);
	assert_int_equal(known(names, "www.example.net", NAMES_FOR_PERMIT), 0);
	assert_int_equal(answer_all(names, &answer, &absent, 1000), 2);
	assert_int_equal(names_addresses(names, "WWW.example.net", NAMES_FOR_PERMIT, addresses, 64), 2);
	assert_int_equal(addresses[0].octets[3], 1); /* ascending, whatever the order of the answer */
	assert_int_equal(addresses[1].octets[3], 9);
	version = names_version(names);
	assert_false(names_next_question(names, 1059, &question, &request));
	assert_true(names_next_question(names, 1060, &question, &request));
	assert_string_equal(question.name, "www.example.net");
	/* The same set in another order is no news. */
	answer = found(60, "198.51.100.1", "198.51.100.9");
	names_take_answer(names, request, &answer, 1060);
	assert_int_equal(names_version(names), version);
	/* Least and most, whatever the server says. */
	for (unsigned i = 0; i < 2; i++) {
		const uint64_t now = i == 0 ? 2000 : 3000;

		answer = found(i == 0 ? 0 : UINT32_MAX, "198.51.100.1", NULL);
		assert_int_equal(names_refresh(names, NULL, now), 1);
		(void)answer_all(names, &answer, &absent, now);
		const uint64_t due = now + (i == 0 ? NAMES_TTL_LEAST : NAMES_TTL_ABSENT);
		assert_false(names_next_question(names, due - 1, &question, &request));
		assert_true(names_next_question(names, due, &question, &request));
		assert_int_equal(question.family, i == 0 ? 4 : 6);
		names_take_answer(names, request, question.family == 4 ? &answer : &absent, due);
	}
	names_destroy(names);
}

static void
test_failures(void **state)
{
	static const char *const list[] = {"a.example"};
	struct heard heard = {.count = 0};
	struct names *names = names_create(&(struct names_listener){on_change, &heard});
	struct resolve_answer answer = found(100, "198.51.100.1", NULL);
	struct resolve_question question;
	uint64_t now = 1000;
	uint32_t request;
	uint64_t version;

	(void)state;
	want(names, list, 1, 2, now);
	(void)answer_all(names, &answer, &absent, now);
	assert_int_equal(heard.count, 2);
	version = names_version(names);
	/* The A record's time is over; both servers fail, in turn. */
	now = 1100;
	for (unsigned i = 0; i < 2; i++) {
		do {
			assert_true(names_next_question(names, now, &question, &request));
			names_take_answer(names, request, question.family == 4 ? &failed : &absent, now);
		} while (question.family == 6);
		assert_int_equal(question.server.octets[3], i + 1);
	}
	assert_false(names_next_question(names, now + NAMES_RETRY - 1, &question, &request));
	names_tick(names, now);
	assert_int_equal(heard.last, NAMES_STALE);
	assert_int_equal(known(names, "a.example", NAMES_FOR_PERMIT), 1);
	assert_int_equal(names_version(names), version);
	/* It holds for its bounded time, then for refusals only. */
	names_tick(names, 1100 + NAMES_HELD - 1);
	assert_int_equal(known(names, "a.example", NAMES_FOR_PERMIT), 1);
	names_tick(names, 1100 + NAMES_HELD);
	assert_int_equal(heard.last, NAMES_EXPIRED);
	assert_int_equal(known(names, "a.example", NAMES_FOR_PERMIT), 0);
	assert_int_equal(known(names, "a.example", NAMES_FOR_REFUSAL), 1);
	assert_true(names_version(names) > version);
	/* Ten days later it is still refused, and still asked for, at most a minute apart. */
	now = 1000000;
	for (unsigned i = 0; i < 40; i++) {
		(void)answer_all(names, &failed, &failed, now);
		now += NAMES_RETRY_MOST;
		names_tick(names, now);
		assert_int_equal(known(names, "a.example", NAMES_FOR_REFUSAL), 1);
	}
	assert_true(answer_all(names, &answer, &absent, now) >= 1);
	assert_int_equal(known(names, "a.example", NAMES_FOR_PERMIT), 1);
	/* That the name is gone is an answer, for both, at once. */
	now += 200;
	(void)answer_all(names, &absent, &absent, now);
	assert_int_equal(known(names, "a.example", NAMES_FOR_PERMIT), 0);
	assert_int_equal(known(names, "a.example", NAMES_FOR_REFUSAL), 0);
	assert_int_equal(heard.last, NAMES_ABSENT);
	names_destroy(names);
}

static void
test_questions(void **state)
{
	char texts[NAMES_MOST + 10][32];
	static const char *list[NAMES_MOST + 10];
	struct names *names = names_create(&(struct names_listener){.changed = NULL});
	struct resolve_answer answer = found(100, "198.51.100.1", NULL);
	struct resolve_question question;
	uint32_t request;
	uint32_t old = 0;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < NAMES_MOST + 10; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "n%05u.example", i);
		list[i] = texts[i];
	}
	/* Without servers nothing is asked, and nothing known. */
	want(names, list, NAMES_MOST + 10, 0, 1);
	assert_int_equal(names_count(names), NAMES_MOST);
	assert_false(names_next_question(names, 1, &question, &request));
	want(names, list, NAMES_MOST + 10, 1, 2);
	while (names_next_question(names, 2, &question, &request)) {
		old = count++ == 0 ? request : old;
	}
	assert_int_equal(count, NAMES_ASKED);
	/* An answer to what was given up is nobody's. */
	names_forget_questions(names, 2);
	names_take_answer(names, old, &answer, 2);
	assert_int_equal(known(names, "n00000.example", NAMES_FOR_PERMIT), 0);
	names_take_answer(names, 0, &answer, 2);
	/* One that never comes is a failure. */
	assert_true(names_next_question(names, 10, &question, &request));
	names_tick(names, 10 + NAMES_PATIENCE);
	names_take_answer(names, request, &answer, 10 + NAMES_PATIENCE);
	assert_int_equal(known(names, question.name, NAMES_FOR_PERMIT), 0);
	/* Everybody gets a turn. */
	count = 0;
	for (unsigned i = 0; i < 2 * NAMES_MOST; i++) {
		if (names_next_question(names, 1000, &question, &request)) {
			names_take_answer(names, request, &answer, 1000);
			count++;
		}
	}
	assert_int_equal(count, 2 * NAMES_MOST);
	/* What is not wanted any more is forgotten, the rest is not. */
	want(names, list + 1, 1, 1, 1001);
	assert_int_equal(names_count(names), 1);
	assert_int_equal(known(names, "n00001.example", NAMES_FOR_PERMIT), 2);
	assert_int_equal(known(names, "n00002.example", NAMES_FOR_PERMIT), 0);
	names_destroy(names);
}

static void
test_many_addresses(void **state)
{
	static const char *const list[] = {"a.example"};
	struct names *names = names_create(&(struct names_listener){.changed = NULL});
	struct resolve_answer answer = {.status = RESOLVE_FOUND, .ttl = 10, .count = RESOLVE_ADDRESSES};
	struct names_view view;

	(void)state;
	for (unsigned i = 0; i < RESOLVE_ADDRESSES; i++) {
		answer.addresses[i] = (struct resolve_address){.family = 4, .octets = {198, 51, 100, (uint8_t)(200 - i)}};
	}
	want(names, list, 1, 1, 1);
	(void)answer_all(names, &answer, &absent, 1);
	names_view(names, 0, 4, 1, &view);
	assert_int_equal(view.count, NAMES_ADDRESSES);
	assert_true(view.cut);
	assert_int_equal(view.addresses[0].octets[3], 200 - RESOLVE_ADDRESSES + 1);
	names_destroy(names);
}

static void
test_octets(void **state)
{
	const struct resolve_question question = {
	    .name = "a.example", .family = 6, .server = {.family = 4, .octets = {192, 0, 2, 1}}};
	struct resolve_answer answer = found(7, "198.51.100.1", "2001:db8::1");
	struct resolve_question question_again;
	struct resolve_answer answer_again;
	struct text octets = TEXT_EMPTY;

	(void)state;
	resolve_question_encode(&question, &octets);
	assert_true(resolve_question_decode(&question_again, octets.bytes, octets.length));
	assert_memory_equal(&question_again, &question, sizeof(question));
	for (size_t length = 0; length < octets.length; length++) {
		assert_false(resolve_question_decode(&question_again, octets.bytes, length));
	}
	text_clear(&octets);
	(void)strcpy(answer.reason, "no reason");
	resolve_answer_encode(&answer, &octets);
	assert_true(resolve_answer_decode(&answer_again, octets.bytes, octets.length));
	assert_int_equal(answer_again.count, 2);
	assert_memory_equal(answer_again.addresses, answer.addresses, 2 * sizeof(answer.addresses[0]));
	assert_string_equal(answer_again.reason, "no reason");
	for (size_t length = 0; length < octets.length; length++) {
		assert_false(resolve_answer_decode(&answer_again, octets.bytes, length));
	}
	octets.bytes[octets.length - 17] = 5; /* a family that is none */
	assert_false(resolve_answer_decode(&answer_again, octets.bytes, octets.length));
	text_release(&octets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_time_to_live),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
