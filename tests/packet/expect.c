/*
 * What a packet script expects: clauses of a step, and checks of counters and tables. See script.h.
 */
#include <string.h>

#include "explain/explain.h"
#include "script.h"

static const char *
policy_word(const struct script *script, uint32_t policy)
{
	return policy == PACKET_NO_POLICY ? "none" : policy == PACKET_DEFAULT_POLICY ? "default-policy" :
	    snapshot_policy_name(gateway_registry(script->gateway), policy);
}

static const char *
zone_word(const struct script *script, uint16_t zone)
{
	return zone == PACKET_NO_ZONE ? "none" : snapshot_zone_name(gateway_registry(script->gateway), zone);
}

static bool
at_clause_end(struct script *script)
{
	const char *word = words_peek(&script->words);

	return word[0] == '\0' || strcmp(word, "+") == 0;
}

static void
expect_verdict(struct script *script, uint8_t verdict)
{
	const struct packet_result *result = &script->result;

	if (!script->has_result) {
		script_fail(script, "no packet came in that had a verdict");
	} else if (result->verdict != verdict) {
		script_fail(script, "verdict %s %s, expected %s", explain_verdict_name(result->verdict), reason_name(result->reason),
		    explain_verdict_name(verdict));
		if (!at_clause_end(script)) {
			words_take(&script->words);
		}
	} else if (!at_clause_end(script)) {
		const char *reason = words_take(&script->words);

		if (strcmp(reason, reason_name(result->reason)) != 0) {
			script_fail(script, "reason %s, expected %s", reason_name(result->reason), reason);
		}
	}
}

static void
describe_left(const struct script *script, const struct left_packet *left, struct text *out)
{
	static struct frame_words frame;
	struct text error = TEXT_EMPTY;
	uint16_t tag;
	const bool sent = left->verb == ENGINE_SEND;

	if (sent) {
		text_printf(out, "out %s ", gateway_snapshot(script->gateway)->ports[left->port].name);
	} else {
		text_printf(out, "local %u ", left->port);
	}
	(void)frame_read(left->bytes, left->length, sent, &frame, &tag, &error);
	if (tag != 0) {
		text_printf(out, "vlan %u ", tag);
	}
	frame_describe(&frame, out);
	if (error.length > 0) {
		text_printf(out, " (%s)", text_string(&error));
	}
	text_release(&error);
}

/* The next output has to be this frame, there. */
static void
claim(struct script *script, uint8_t verb, uint16_t port, uint16_t tag, const struct frame_words *expected)
{
	static struct frame_words got;
	struct text difference = TEXT_EMPTY;
	struct text seen = TEXT_EMPTY;
	const struct left_packet *left = &script->outputs[script->output_next];
	uint16_t got_tag = 0;

	if (script->output_next >= script->output_count) {
		script_fail(script, "nothing left, expected a packet");
		return;
	}
	script->output_next++;
	if (left->verb != verb || left->port != port) {
		text_append(&difference, " place");
	} else if (frame_read(left->bytes, left->length, verb == ENGINE_SEND, &got, &got_tag, &difference)) {
		if (got_tag != tag) {
			text_append(&difference, " vlan");
		}
		frame_compare(expected, &got, &difference);
	}
	if (difference.length > 0) {
		describe_left(script, left, &seen);
		script_fail(script, "what left differs in%s: %s", text_string(&difference), text_string(&seen));
	}
	text_release(&difference);
	text_release(&seen);
}

static void
expect_output(struct script *script, bool local)
{
	static struct frame_words expected;
	struct text error = TEXT_EMPTY;
	uint16_t port = 0;
	uint16_t tag = 0;
	bool good;

	if (local) {
		port = script_instance(script, words_take(&script->words));
		good = port != SNAPSHOT_NONE;
	} else {
		good = script_port(script, &port, &tag);
	}
	variables_bind(script);
	if (good && !frame_parse(&script->words, &expected, &error)) {
		script_fail(script, "%s", text_string(&error));
		good = false;
	}
	text_release(&error);
	if (good) {
		claim(script, local ? ENGINE_HOST : ENGINE_SEND, port, tag, &expected);
	} else {
		script->words.next = script->words.count;
	}
}

/* Takes one attribute of an event clause; false: it does not fit. */
static bool
event_attribute_fits(struct script *script, const struct event *event, struct words *words)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);
	const char *name = words_take(words);
	uint64_t one = 0;
	uint64_t two = 0;
	uint32_t address = 0;
	uint16_t port = 0;

	if (strcmp(name, "reason") == 0) {
		return strcmp(words_take(words), reason_name(event->reason)) == 0;
	}
	if (strcmp(name, "policy") == 0) {
		return strcmp(words_take(words), policy_word(script, event->policy)) == 0;
	}
	if (strcmp(name, "application") == 0) {
		return strcmp(words_take(words), event->application < snapshot->application_count ?
		    snapshot->applications[event->application].name : "none") == 0;
	}
	if (strcmp(name, "action") == 0) {
		return strcmp(words_take(words), screen_outcome_word(event->screen_outcome)) == 0;
	}
	if (strcmp(name, "in") == 0) {
		return event->unit != PACKET_NO_UNIT &&
		    strcmp(words_take(words), snapshot_unit_name(gateway_registry(script->gateway), event->unit)) == 0;
	}
	if (strcmp(name, "zones") == 0) {
		const bool from = strcmp(words_take(words), zone_word(script, event->from_zone)) == 0;

		return strcmp(words_take(words), zone_word(script, event->to_zone)) == 0 && from;
	}
	if (strcmp(name, "source") == 0) {
		return words_parse_endpoint(words_take(words), &address, &port) &&
		    ipv6_equal(ipv6_mapped(address), event->source) &&
		    port == event->source_port;
	}
	if (strcmp(name, "nat-source") == 0) {
		return words_parse_endpoint(words_take(words), &address, &port) &&
		    ipv6_equal(ipv6_mapped(address), event->nat_source) && port == event->nat_source_port;
	}
	if (strcmp(name, "nat-destination") == 0) {
		return words_parse_endpoint(words_take(words), &address, &port) &&
		    ipv6_equal(ipv6_mapped(address), event->nat_destination) && port == event->nat_destination_port;
	}
	if (strcmp(name, "destination") == 0) {
		return words_parse_endpoint(words_take(words), &address, &port) &&
		    ipv6_equal(ipv6_mapped(address), event->destination) &&
		    port == event->destination_port;
	}
	if (!words_number(words, &one)) {
		return false;
	}
	if (strcmp(name, "logged") == 0) {
		return one == event->logged;
	}
	if (strcmp(name, "duration") == 0) {
		return one == event->duration;
	}
	if (!words_number(words, &two)) {
		return false;
	}
	return strcmp(name, "packets") == 0 ? one == event->packets[0] && two == event->packets[1] :
	    strcmp(name, "bytes") == 0 && one == event->bytes[0] && two == event->bytes[1];
}

static void
expect_event(struct script *script, bool wanted)
{
	const char *kind = words_take(&script->words);
	const uint32_t start = script->words.next;
	uint32_t end = start;
	bool found = false;

	for (uint32_t i = 0; i < script->event_count; i++) {
		const struct event *event = &script->events[i];
		bool fits = strcmp(event_name(event->kind), kind) == 0;

		script->words.next = start;
		while (fits && !at_clause_end(script)) {
			fits = event_attribute_fits(script, event, &script->words);
		}
		found = found || fits;
	}
	for (end = start; end < script->words.count && strcmp(script->words.items[end], "+") != 0; end++) {
	}
	script->words.next = end;
	if (found != wanted) {
		script_fail(script, wanted ? "no such event among %u" : "there is such an event among %u", script->event_count);
	}
}

static void
expect_word(struct script *script, const char *what, const char *got)
{
	const char *expected = words_take(&script->words);

	if (got == NULL || strcmp(expected, got) != 0) {
		script_fail(script, "%s %s, expected %s", what, got == NULL ? "(none)" : got, expected);
	}
}

static void
expect_session(struct script *script)
{
	uint64_t number = 0;

	if (!words_accept(&script->words, "none") && !words_number(&script->words, &number)) {
		script_fail(script, "session wants a number or none");
	} else if (script->result.session != number) {
		script_fail(script, "session %llu, expected %llu", (unsigned long long)script->result.session,
		    (unsigned long long)number);
	}
}

static bool
expect_clause(struct script *script, bool first)
{
	const char *word = words_take(&script->words);

	for (uint8_t i = 0; i < VERDICT_COUNT; i++) {
		if (strcmp(word, explain_verdict_name(i)) == 0) {
			expect_verdict(script, i);
			return true;
		}
	}
	if (strcmp(word, "out") == 0 || strcmp(word, "local") == 0) {
		if (first && script->has_result && script->result.verdict != VERDICT_FORWARD && word[0] == 'o') {
			script_fail(script, "verdict %s %s, expected forward", explain_verdict_name(script->result.verdict),
			    reason_name(script->result.reason));
		}
		expect_output(script, word[0] == 'l');
	} else if (strcmp(word, "policy") == 0) {
		expect_word(script, "policy", policy_word(script, script->result.policy));
	} else if (strcmp(word, "zones") == 0) {
		expect_word(script, "from-zone", zone_word(script, script->result.from_zone));
		expect_word(script, "to-zone", zone_word(script, script->result.to_zone));
	} else if (strcmp(word, "session") == 0) {
		expect_session(script);
	} else if (strcmp(word, "event") == 0 || strcmp(word, "no-event") == 0) {
		expect_event(script, word[0] == 'e');
	} else if (strcmp(word, "any") == 0) {
		script->output_next = script->output_count;
	} else {
		script_fail(script, "'%s' is no clause", word);
		return false;
	}
	return true;
}

void
script_expect(struct script *script, bool first)
{
	for (;;) {
		if (!expect_clause(script, first)) {
			return;
		}
		first = false;
		if (words_peek(&script->words)[0] == '\0') {
			return;
		}
		if (!words_accept(&script->words, "+")) {
			script_fail(script, "'%s' is one word too many", words_peek(&script->words));
			return;
		}
	}
}

static void
check_number(struct script *script, const char *what, uint64_t got)
{
	uint64_t expected;

	if (!words_number(&script->words, &expected)) {
		script_fail(script, "%s wants a number", what);
	} else if (got != expected) {
		script_fail(script, "%s is %llu, expected %llu", what, (unsigned long long)got, (unsigned long long)expected);
	}
}

static void
check_counter(struct script *script)
{
	const char *name = words_take(&script->words);

	for (int i = 0; i < REASON_COUNT; i++) {
		if (strcmp(name, reason_name((enum reason)i)) == 0) {
			check_number(script, name, engine_reason_count(gateway_engine(script->gateway), (enum reason)i));
			return;
		}
	}
	script_fail(script, "'%s' is no reason", name);
}

static void
check_policy(struct script *script)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);
	const char *from = words_take(&script->words);
	const char *to = words_take(&script->words);
	const char *name = words_take(&script->words);
	struct engine_policy_counters counters = {.hits = 0};
	bool found = false;

	for (uint32_t i = 0; i < snapshot->policy_count && !found; i++) {
		const struct snapshot_policy *policy = &snapshot->policies[i];

		found = policy->present && strcmp(policy->name, name) == 0 &&
		    strcmp(zone_word(script, policy->from_zone), from) == 0 &&
		    strcmp(zone_word(script, policy->to_zone), to) == 0;
		if (found) {
			counters = engine_policy_counters(gateway_engine(script->gateway), i);
		}
	}
	if (!found) {
		script_fail(script, "there is no policy %s from %s to %s", name, from, to);
		script->words.next = script->words.count;
	}
	while (words_peek(&script->words)[0] != '\0') {
		const char *what = words_take(&script->words);

		check_number(script, what, strcmp(what, "hits") == 0 ? counters.hits :
		    strcmp(what, "packets") == 0 ? counters.packets : counters.bytes);
	}
}

static void
check_interface(struct script *script)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);
	const char *name = words_take(&script->words);
	struct engine_unit_counters counters = {.in_packets = 0};
	const uint16_t unit = snapshot_find_unit(snapshot, name);

	if (unit == SNAPSHOT_NONE) {
		script_fail(script, "there is no interface %s", name);
	} else {
		counters = engine_unit_counters(gateway_engine(script->gateway), unit);
	}
	while (words_peek(&script->words)[0] != '\0') {
		const char *what = words_take(&script->words);

		check_number(script, what, strcmp(what, "in-packets") == 0 ? counters.in_packets :
		    strcmp(what, "in-bytes") == 0 ? counters.in_bytes :
		    strcmp(what, "out-packets") == 0 ? counters.out_packets : counters.out_bytes);
	}
}

/* Which screen's name is it? SCREEN_COUNT: none. */
static enum screen
screen_of(const char *name)
{
	unsigned i = 0;

	while (i < SCREEN_COUNT && strcmp(reason_name(screen_reason((enum screen)i)), name) != 0) {
		i++;
	}
	return (enum screen)i;
}

static void
check_screen(struct script *script)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);
	const struct engine *engine = gateway_engine(script->gateway);
	const bool zone = strcmp(words_take(&script->words), "zone") == 0;
	const char *place = words_take(&script->words);
	const char *name = words_take(&script->words);
	const enum screen screen = screen_of(name);
	const uint16_t number = zone ? snapshot_find_zone(snapshot, place) : snapshot_find_unit(snapshot, place);

	if (number == SNAPSHOT_NONE || screen == SCREEN_COUNT) {
		script_fail(script, "there is no place %s or no screen %s", place, name);
		return;
	}
	check_number(script, name, zone ? engine_screen_zone_count(engine, number, screen) :
	    engine_screen_unit_count(engine, number, screen));
}

static void
check_lookup(struct script *script)
{
	static const char *const kinds[] = {
	    [FIB_NO_ROUTE] = "none",
	    [FIB_LOCAL] = "local",
	    [FIB_DIRECT] = "direct",
	    [FIB_GATEWAY] = "gateway",
	    [FIB_DISCARD] = "discard",
	    [FIB_REJECT] = "reject",
	    [FIB_TABLE] = "table",
	};
	const uint16_t instance = script_instance(script, words_take(&script->words));
	const struct fib_hop *hop;
	uint32_t address;

	if (instance == SNAPSHOT_NONE || !words_parse_address(words_take(&script->words), &address) ||
	    !words_accept(&script->words, "is")) {
		script_fail(script, "lookup wants an instance, an address, and 'is'");
		return;
	}
	hop = fib_lookup(gateway_fib(script->gateway), instance, address);
	expect_word(script, "next hop", kinds[hop->kind]);
	if (hop->kind == FIB_GATEWAY && words_peek(&script->words)[0] != '\0') {
		if (!words_parse_address(words_take(&script->words), &address) || address != hop->gateway) {
			script_fail(script, "the gateway is %08x", hop->gateway);
		}
	}
	if (words_peek(&script->words)[0] != '\0') {
		expect_word(script, "interface", snapshot_unit_name(gateway_registry(script->gateway), hop->unit));
	}
}

bool
script_check(struct script *script, const char *word)
{
	if (strcmp(word, "sessions") == 0) {
		check_number(script, word, engine_session_count(gateway_engine(script->gateway)));
	} else if (strcmp(word, "counter") == 0) {
		check_counter(script);
	} else if (strcmp(word, "policy") == 0) {
		check_policy(script);
	} else if (strcmp(word, "interface") == 0) {
		check_interface(script);
	} else if (strcmp(word, "screen") == 0) {
		check_screen(script);
	} else if (strcmp(word, "lookup") == 0) {
		check_lookup(script);
	} else {
		return false;
	}
	return true;
}
