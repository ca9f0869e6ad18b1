/*
 * The texts of a replay: JSON that any reader takes, flows as a person names them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "flow.h"
#include "json_line.h"

static void
test_any_octets_are_good_json(void **state)
{
	/* every octet, good and bad UTF-8, cut sequences at the end */
	static const char *const strings[] = {"", "plain", "a\"b\\c", "tab\there\nline", "\x01\x1f\x7f", "\xc3\xa9", "\xe2\x82\xac",
	    "\xf0\x9f\x98\x80", "\xff\xfe", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct text line = TEXT_EMPTY;
		json_error_t error;

		json_line_open(&line, NULL, '{');
		json_line_string(&line, "value", strings[i]);
		json_line_string(&line, strings[i], "key");
		json_line_close(&line, '}');
		json_t *read = json_loads(text_string(&line), 0, &error);
		assert_non_null(read);
		json_decref(read);
		text_release(&line);
	}
}

static void
test_values_and_order(void **state)
{
	struct text line = TEXT_EMPTY;

	(void)state;
	json_line_open(&line, NULL, '{');
	json_line_number(&line, "a", UINT64_MAX);
	json_line_seconds(&line, "b", 1250000000);
	json_line_seconds(&line, "c", 5);
	json_line_seconds(&line, "d", 3000000000);
	json_line_boolean(&line, "e", false);
	json_line_string(&line, "f", NULL);
	json_line_open(&line, "g", '[');
	json_line_number(&line, NULL, 0);
	json_line_number(&line, NULL, 7);
	json_line_close(&line, ']');
	json_line_open(&line, "h", '{');
	json_line_close(&line, '}');
	json_line_close(&line, '}');
	assert_string_equal(text_string(&line),
	    "{\"a\":18446744073709551615,\"b\":1.25,\"c\":0.000000005,\"d\":3,\"e\":false,\"f\":null,\"g\":[0,7],\"h\":{}}");
	text_release(&line);
}

static void
assert_flow(const uint8_t *frame, size_t length, const char *wanted)
{
	uint8_t *exact = malloc(length);
	struct text text = TEXT_EMPTY;

	assert_non_null(exact);
	memcpy(exact, frame, length);
	const struct flow flow = flow_of_frame(exact, length);

	if (flow.ip) {
		flow_append_protocol(&text, flow.protocol);
		text_append_char(&text, ' ');
		flow_append_endpoint(&text, flow.source, flow.ports, flow.source_port);
		text_append_char(&text, ' ');
		flow_append_endpoint(&text, flow.destination, flow.ports, flow.destination_port);
	}
	assert_string_equal(text_string(&text), wanted);
	text_release(&text);
	free(exact);
}

static void
test_ipv6_flows(void **state)
{
	/* TCP [2001:db8::1]:4000 to [2001:db8:0:1::2]:80 behind a hop-by-hop header */
	uint8_t frame[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 0, 64, 0x20, 1, 0xd, 0xb8, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 6, 0, 1, 4, 0, 0, 0, 0, 0x0f,
	    0xa0, 0, 80};

	(void)state;
	assert_flow(frame, sizeof(frame), "tcp [2001:db8::1]:4000 [2001:db8:0:1::2]:80");
	assert_flow(frame, sizeof(frame) - 1, "tcp 2001:db8::1 2001:db8:0:1::2");
	for (size_t cut = 1; cut < 54; cut++) {
		assert_flow(frame, cut, "");
	}
	/* a fragment header: the first piece has ports, a later one has none */
	frame[20] = 44;
	frame[56] = 0;
	frame[57] = 1;
	assert_flow(frame, sizeof(frame), "tcp [2001:db8::1]:4000 [2001:db8:0:1::2]:80");
	frame[57] = 9;
	assert_flow(frame, sizeof(frame), "tcp 2001:db8::1 2001:db8:0:1::2");
}

static void
test_flows_of_frames(void **state)
{
	/* VLAN 2, UDP 10.0.0.5:4000 to 8.8.8.8:53 */
	uint8_t frame[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 2, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
	    0, 5, 8, 8, 8, 8, 0x0f, 0xa0, 0, 53, 0, 8, 0, 0};

	(void)state;
	assert_flow(frame, sizeof(frame), "udp 10.0.0.5:4000 8.8.8.8:53");
	/* cut behind the addresses: no ports; before: nothing */
	assert_flow(frame, 41, "udp 10.0.0.5 8.8.8.8");
	for (size_t cut = 1; cut < 38; cut++) {
		assert_flow(frame, cut, "");
	}
	/* a later fragment has no ports */
	frame[25] = 3;
	assert_flow(frame, sizeof(frame), "udp 10.0.0.5 8.8.8.8");
	frame[25] = 0;
	frame[27] = 47;
	assert_flow(frame, sizeof(frame), "47 10.0.0.5 8.8.8.8");
	/* ICMP echo: the identifier on both sides */
	frame[27] = 1;
	frame[38] = 8;
	frame[42] = 1;
	frame[43] = 2;
	assert_flow(frame, sizeof(frame), "icmp 10.0.0.5:258 8.8.8.8:258");
	frame[16] = 0x86;
	assert_flow(frame, sizeof(frame), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_octets_are_good_json),
	    cmocka_unit_test(test_values_and_order),
	    cmocka_unit_test(test_flows_of_frames),
		cmocka_unit_test(test_ipv6_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
