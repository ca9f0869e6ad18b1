/*
 * The TCP state table and the window check, segment by segment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/tcp_private.h"

enum {
	A = 1000, /* initial sequence numbers */
	B = 7000,
	FORTH = SESSION_FORTH,
	BACK = SESSION_BACK,
};

struct step {
	uint8_t direction;
	uint8_t flags;
	uint32_t sequence;
	uint32_t acknowledgement;
	uint16_t payload;
	uint8_t outcome;
	uint8_t state;
};

static struct tcp_segment
segment_of(uint8_t flags, uint32_t sequence, uint32_t acknowledgement, uint16_t payload)
{
	return (struct tcp_segment){
	    .header = {.sequence = sequence,
		.acknowledgement = acknowledgement,
		.window = 1000,
		.flags = flags,
		.header_length = 20},
	    .payload = payload,
	    .scale = TCP_SCALE_NONE,
	};
}

static struct session_common
begin(uint8_t flags, uint32_t sequence, uint32_t acknowledgement)
{
	struct session_common common = {.protocol = 6};
	const struct tcp_segment first = segment_of(flags, sequence, acknowledgement, 0);

	tcp_begin(&common, &first);
	return common;
}

static void
run(struct session_common *common, const struct step *steps, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct tcp_segment segment = segment_of(
		    steps[i].flags, steps[i].sequence, steps[i].acknowledgement, steps[i].payload);

		assert_int_equal(
		    tcp_track(common, steps[i].direction, &segment, TCP_CHECK_WINDOW), steps[i].outcome);
		assert_int_equal(common->tcp, steps[i].state);
	}
}
#define RUN(common, steps) run(common, steps, sizeof steps / sizeof steps[0])

static void
test_open_talk_close(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 500, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1, A + 501, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, A + 501, B + 1001, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    /* sent again */
	    {BACK, TCP_ACK, B + 1, A + 501, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    /* a keep-alive: one octet before the end */
	    {FORTH, TCP_ACK, A + 500, B + 1001, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_FIN | TCP_ACK, A + 501, B + 1001, 0, TCP_PASS, TCP_STATE_FIN_FORTH},
	    {BACK, TCP_ACK, B + 1001, A + 502, 0, TCP_PASS, TCP_STATE_FIN_FORTH},
	    {BACK, TCP_FIN | TCP_ACK, B + 1001, A + 502, 0, TCP_PASS, TCP_STATE_CLOSED},
	    {FORTH, TCP_ACK, A + 502, B + 1002, 0, TCP_PASS, TCP_STATE_CLOSED},
	    {FORTH, TCP_SYN, A + 90000, 0, 0, TCP_RESTART, TCP_STATE_CLOSED},
	};

	(void)state;
	RUN(&common, steps);
}

static void
test_what_does_not_fit(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {FORTH, TCP_ACK, A + 1, 0, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_SENT},
	    {BACK, TCP_ACK, B, A + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_SENT},
	    {FORTH, TCP_SYN | TCP_ACK, A, 0, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_SENT},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 2, 0, TCP_OUT_OF_WINDOW, TCP_STATE_SYN_SENT},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {BACK, TCP_SYN, B, 0, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, 0, A + 1, B + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_FIN, A + 1, B + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_SYN | TCP_FIN, A + 1, B + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_SYN | TCP_RST, A + 1, B + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_SYN, A + 5000, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_ESTABLISHED},
	    /* the window is 1000: its last octet passes, the next does not */
	    {FORTH, TCP_ACK, A + 1, B + 1, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, A + 1001, B + 1, 1, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_RST, A + 1002, 0, 0, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_RST, A + 1001, 0, 0, TCP_PASS, TCP_STATE_RESET},
	};

	(void)state;
	RUN(&common, steps);
}

static void
test_simultaneous_open(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN, B, 0, 0, TCP_PASS, TCP_STATE_SYN_BOTH},
	    {FORTH, TCP_SYN | TCP_ACK, A, B + 1, 0, TCP_PASS, TCP_STATE_SYN_BOTH_FORTH},
	    {FORTH, TCP_SYN | TCP_ACK, A, B + 1, 0, TCP_PASS, TCP_STATE_SYN_BOTH_FORTH},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1, A + 1, 10, TCP_PASS, TCP_STATE_ESTABLISHED},
	};

	(void)state;
	RUN(&common, steps);
}

/* The SYN with ACK of both sides is needed: the server of a split handshake sends only an ACK. */
static void
test_split_handshake(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN, B, 0, 0, TCP_PASS, TCP_STATE_SYN_BOTH},
	    {BACK, TCP_ACK, B + 1, A + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_BOTH},
	    {FORTH, TCP_SYN | TCP_ACK, A, B + 1, 0, TCP_PASS, TCP_STATE_SYN_BOTH_FORTH},
	    {BACK, TCP_ACK, B + 1, A + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_BOTH_FORTH},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_BOTH_FORTH},
	    {BACK, TCP_FIN | TCP_ACK, B + 1, A + 1, 0, TCP_OUT_OF_STATE, TCP_STATE_SYN_BOTH_FORTH},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 2, 0, TCP_OUT_OF_WINDOW, TCP_STATE_SYN_BOTH_FORTH},
	    {BACK, TCP_RST | TCP_ACK, B + 1, A + 1, 0, TCP_RESET, TCP_STATE_SYN_BOTH_FORTH},
	};

	(void)state;
	RUN(&common, steps);
}

/* The client's ACK and FIN got lost behind us: the server still sends its SYN with ACK again. */
static void
test_answer_again(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_FIN | TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_FIN_FORTH},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_FIN_FORTH},
	    {BACK, TCP_SYN | TCP_ACK, B - 70000U, A + 1, 0, TCP_OUT_OF_WINDOW, TCP_STATE_FIN_FORTH},
	    {BACK, TCP_FIN | TCP_ACK, B + 1, A + 2, 0, TCP_PASS, TCP_STATE_CLOSED},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_CLOSED},
	};

	(void)state;
	RUN(&common, steps);
}

/* RFC 5961 3: only the number that the receiver waits for ends the session; others go on for its challenge. */
static void
test_reset_numbers(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1, A + 1, 500, TCP_PASS, TCP_STATE_ESTABLISHED},
	    /* the server reached B + 501, the client acknowledges B + 301 */
	    {FORTH, TCP_ACK, A + 1, B + 301, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_RST, B + 300, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_RST, B + 302, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_RST, B + 500, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_RST, B + 502, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_RST, B + 1302, 0, 0, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	    /* what the client acknowledged, but more is on its way to it; all that the server sent, but the
	     * client has not acknowledged it */
	    {BACK, TCP_RST, B + 301, 0, 0, TCP_PASS, TCP_STATE_RESET},
	    {BACK, TCP_RST, B + 501, 0, 0, TCP_PASS, TCP_STATE_RESET},
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_RESET},
	    {FORTH, TCP_ACK, A + 1, B + 401, 0, TCP_PASS, TCP_STATE_RESET},
	    {BACK, TCP_RST, B + 400, 0, 0, TCP_PASS_UNTRACKED, TCP_STATE_RESET},
	    {BACK, TCP_RST, B + 401, 0, 0, TCP_PASS, TCP_STATE_RESET},
	    {FORTH, TCP_ACK, A + 1, B + 501, 0, TCP_PASS, TCP_STATE_RESET},
	    {BACK, TCP_RST, B + 501, 0, 0, TCP_RESET, TCP_STATE_RESET},
	    {FORTH, TCP_SYN, A + 90000, 0, 0, TCP_RESTART, TCP_STATE_RESET},
	};

	(void)state;
	RUN(&common, steps);
}

/* A zero window lets one octet through as a probe. */
static void
test_window_probe(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	};
	struct tcp_segment shut = segment_of(TCP_ACK, B + 1, A + 1001, 0);
	struct tcp_segment probe = segment_of(TCP_ACK, A + 1001, B + 1, 1);

	(void)state;
	RUN(&common, steps);
	shut.header.window = 0;
	assert_int_equal(tcp_track(&common, BACK, &shut, TCP_CHECK_WINDOW), TCP_PASS);
	assert_int_equal(tcp_track(&common, FORTH, &probe, TCP_CHECK_WINDOW), TCP_PASS);
	probe.payload = 2;
	assert_int_equal(tcp_track(&common, FORTH, &probe, TCP_CHECK_WINDOW), TCP_OUT_OF_WINDOW);
}

/* Sequence numbers wrap. */
static void
test_wrap(void **state)
{
	struct session_common common = begin(TCP_SYN, UINT32_MAX - 100, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, UINT32_MAX, UINT32_MAX - 99, 0, TCP_PASS,
		TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, UINT32_MAX - 99, 0, 900, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, 0, 800, 10, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, 800, 10, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, 1800, 10, 1, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	};

	(void)state;
	RUN(&common, steps);
}

/* One side offers scaling, the other does not: neither scales. */
static void
test_scale_needs_both(void **state)
{
	struct session_common common = {.protocol = 6};
	struct tcp_segment first = segment_of(TCP_SYN, A, 0, 0);
	static const struct step steps[] = {
	    {BACK, TCP_SYN | TCP_ACK, B, A + 1, 0, TCP_PASS, TCP_STATE_SYN_RECEIVED},
	    {FORTH, TCP_ACK, A + 1, B + 1, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1, A + 1, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1001, A + 1, 1, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	};

	(void)state;
	first.scale = 7;
	tcp_begin(&common, &first);
	RUN(&common, steps);
}

/* Begun in the middle (no-syn-check): windows are learnt, the scale is taken as the largest. */
static void
test_pickup(void **state)
{
	struct session_common common = begin(TCP_ACK, A, B);
	static const struct step steps[] = {
	    {FORTH, TCP_ACK, A, B, 100, TCP_PASS, TCP_STATE_PICKUP},
	    {BACK, TCP_ACK, B, A + 100, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {FORTH, TCP_ACK, A + 100, B, 65000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B, A + 100 + 65001, 0, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_FIN | TCP_ACK, B, A + 100, 0, TCP_PASS, TCP_STATE_FIN_BACK},
	};

	(void)state;
	assert_int_equal(common.tcp, TCP_STATE_PICKUP);
	RUN(&common, steps);
}

/* Begun with the answer to a SYN that was not seen: without the option there, nobody scales. */
static void
test_pickup_of_an_answer(void **state)
{
	struct session_common common = begin(TCP_SYN | TCP_ACK, A, B);
	static const struct step steps[] = {
	    {FORTH, TCP_ACK, A + 1, B, 100, TCP_PASS, TCP_STATE_PICKUP},
	    {BACK, TCP_ACK, B, A + 101, 0, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B, A + 101, 1000, TCP_PASS, TCP_STATE_ESTABLISHED},
	    {BACK, TCP_ACK, B + 1000, A + 101, 1, TCP_OUT_OF_WINDOW, TCP_STATE_ESTABLISHED},
	};

	(void)state;
	RUN(&common, steps);
}

static void
test_quoted(void **state)
{
	struct session_common common = begin(TCP_SYN, A, 0);

	(void)state;
	assert_true(tcp_quoted_in_window(&common, FORTH, A));
	assert_false(tcp_quoted_in_window(&common, FORTH, A + 2));
	assert_false(tcp_quoted_in_window(&common, FORTH, (uint32_t)A - 70000U));
	assert_true(tcp_quoted_in_window(&common, BACK, 12345));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open_talk_close),
	    cmocka_unit_test(test_what_does_not_fit),
	    cmocka_unit_test(test_simultaneous_open),
	    cmocka_unit_test(test_split_handshake),
	    cmocka_unit_test(test_answer_again),
	    cmocka_unit_test(test_reset_numbers),
	    cmocka_unit_test(test_window_probe),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_scale_needs_both),
	    cmocka_unit_test(test_pickup),
	    cmocka_unit_test(test_pickup_of_an_answer),
	    cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
