/*
 * Event records as log records. See journal.h.
 *
 * Order and names of the structured pairs, and the plain sentence, are those of JUNOS's RT_FLOW_SESSION_CREATE, _CLOSE and
 * _DENY messages, so that parsers written for them understand ours.
 */
#include "journal.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "engine/packet.h"
#include "engine/reasons.h"
#include "engine/screens.h"
#include "wire/address_text.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMP6 = 58,
};

/* JUNOS's own words for the reasons that it has, ours for the others. */
struct close_row {
	enum reason reason;
	const char *words;
};

static const struct close_row close_words[] = {
    {REASON_CLOSE_TCP_FIN, "TCP FIN"},
    {REASON_CLOSE_TCP_RST, "TCP RST"},
    {REASON_CLOSE_IDLE, "idle Timeout"},
    {REASON_CLOSE_CLEARED, "CLI"},
};

static const char *
close_reason(uint16_t reason)
{
	for (size_t i = 0; i < sizeof(close_words) / sizeof(close_words[0]); i++) {
		if (close_words[i].reason == reason) {
			return close_words[i].words;
		}
	}
	return reason < REASON_COUNT ? reason_name((enum reason)reason) : "unset";
}

/* All words of an event. */
struct words {
	char source[ADDRESS_TEXT];
	char destination[ADDRESS_TEXT];
	char nat_source[ADDRESS_TEXT];
	char nat_destination[ADDRESS_TEXT];
	const char *service;
	const char *policy;
	const char *from_zone;
	const char *to_zone;
	const char *interface;
	const char *pool;
};

static const char *
or_none(const char *name)
{
	return name == NULL ? "N/A" : name;
}

static const char *
zone_name(const struct journal *journal, uint16_t zone)
{
	return zone == PACKET_NO_ZONE ? "N/A" : or_none(snapshot_zone_name(journal->registry, zone));
}

static const char *
policy_name(const struct journal *journal, uint32_t policy)
{
	if (policy == PACKET_DEFAULT_POLICY) {
		return "default-policy";
	}
	return policy == PACKET_NO_POLICY ? "self-traffic-policy" :
	                                    or_none(snapshot_policy_name(journal->registry, policy));
}

/* Of ICMP of either family; 0 for the others. */
static unsigned
icmp_type_of(const struct event *event)
{
	return event->protocol == PROTOCOL_ICMP || event->protocol == PROTOCOL_ICMP6 ? event->icmp_type : 0U;
}

static const char *
service_name(const struct journal *journal, const struct event *event)
{
	if (journal->snapshot != NULL && event->application < journal->snapshot->application_count) {
		return journal->snapshot->applications[event->application].name;
	}
	return event->protocol == PROTOCOL_ICMP ? "icmp" : event->protocol == PROTOCOL_ICMP6 ? "icmp6" : "None";
}

static void
find_words(const struct journal *journal, const struct event *event, struct words *words)
{
	(void)address_text(words->source, event->source);
	(void)address_text(words->destination, event->destination);
	(void)address_text(words->nat_source, event->nat_source);
	(void)address_text(words->nat_destination, event->nat_destination);
	words->service = service_name(journal, event);
	words->policy = policy_name(journal, event->policy);
	words->from_zone = zone_name(journal, event->from_zone);
	words->to_zone = zone_name(journal, event->to_zone);
	words->interface =
	    event->unit == PACKET_NO_UNIT ? ".local..0" : or_none(snapshot_unit_name(journal->registry, event->unit));
	words->pool = event->kind == EVENT_NAT_NO_PORTS || event->kind == EVENT_NAT_NO_ADDRESSES ?
	    or_none(snapshot_nat_pool_name(journal->registry, event->nat_pool)) :
	    NULL;
}

static void
add_flow(struct ipc_pairs *pairs, const struct event *event, const struct words *words)
{
	ipc_pairs_add(pairs, "source-address", words->source);
	ipc_pairs_addf(pairs, "source-port", "%u", event->source_port);
	ipc_pairs_add(pairs, "destination-address", words->destination);
	ipc_pairs_addf(pairs, "destination-port", "%u", event->destination_port);
	ipc_pairs_add(pairs, "service-name", words->service);
}

static void
add_translation(struct ipc_pairs *pairs, const struct event *event, const struct words *words)
{
	ipc_pairs_add(pairs, "nat-source-address", words->nat_source);
	ipc_pairs_addf(pairs, "nat-source-port", "%u", event->nat_source_port);
	ipc_pairs_add(pairs, "nat-destination-address", words->nat_destination);
	ipc_pairs_addf(pairs, "nat-destination-port", "%u", event->nat_destination_port);
	ipc_pairs_add(pairs, "src-nat-rule-name", "None");
	ipc_pairs_add(pairs, "dst-nat-rule-name", "None");
}

static void
add_policy(struct ipc_pairs *pairs, const struct words *words)
{
	ipc_pairs_add(pairs, "policy-name", words->policy);
	ipc_pairs_add(pairs, "source-zone-name", words->from_zone);
	ipc_pairs_add(pairs, "destination-zone-name", words->to_zone);
}

static void
add_end(struct ipc_pairs *pairs, const struct words *words)
{
	ipc_pairs_add(pairs, "username", "N/A");
	ipc_pairs_add(pairs, "roles", "N/A");
	ipc_pairs_add(pairs, "packet-incoming-interface", words->interface);
}

static void
say_flow(struct text *text, const struct event *event, const struct words *words)
{
	text_printf(text, "%s/%u->%s/%u %s", words->source, event->source_port, words->destination,
	    event->destination_port, words->service);
}

static void
say_translation(struct text *text, const struct event *event, const struct words *words)
{
	text_printf(text, " %s/%u->%s/%u None None %u %s %s %s %llu", words->nat_source, event->nat_source_port,
	    words->nat_destination, event->nat_destination_port, event->protocol, words->policy, words->from_zone,
	    words->to_zone, (unsigned long long)event->session);
}

static void
write_create(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	add_flow(pairs, event, words);
	add_translation(pairs, event, words);
	ipc_pairs_addf(pairs, "protocol-id", "%u", event->protocol);
	add_policy(pairs, words);
	ipc_pairs_addf(pairs, "session-id-32", "%llu", (unsigned long long)event->session);
	add_end(pairs, words);
	text_append(text, "session created ");
	say_flow(text, event, words);
	say_translation(text, event, words);
	text_printf(text, " N/A(N/A) %s", words->interface);
}

static void
write_close(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	ipc_pairs_add(pairs, "reason", close_reason(event->reason));
	add_flow(pairs, event, words);
	add_translation(pairs, event, words);
	ipc_pairs_addf(pairs, "protocol-id", "%u", event->protocol);
	add_policy(pairs, words);
	ipc_pairs_addf(pairs, "session-id-32", "%llu", (unsigned long long)event->session);
	ipc_pairs_addf(pairs, "packets-from-client", "%llu", (unsigned long long)event->packets[0]);
	ipc_pairs_addf(pairs, "bytes-from-client", "%llu", (unsigned long long)event->bytes[0]);
	ipc_pairs_addf(pairs, "packets-from-server", "%llu", (unsigned long long)event->packets[1]);
	ipc_pairs_addf(pairs, "bytes-from-server", "%llu", (unsigned long long)event->bytes[1]);
	ipc_pairs_addf(pairs, "elapsed-time", "%u", event->duration);
	ipc_pairs_add(pairs, "application", "UNKNOWN");
	ipc_pairs_add(pairs, "nested-application", "UNKNOWN");
	add_end(pairs, words);
	text_printf(text, "session closed %s: ", close_reason(event->reason));
	say_flow(text, event, words);
	say_translation(text, event, words);
	text_printf(text, " %llu(%llu) %llu(%llu) %u UNKNOWN UNKNOWN N/A(N/A) %s", (unsigned long long)event->packets[0],
	    (unsigned long long)event->bytes[0], (unsigned long long)event->packets[1],
	    (unsigned long long)event->bytes[1], event->duration, words->interface);
}

static void
write_deny(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	add_flow(pairs, event, words);
	ipc_pairs_addf(pairs, "protocol-id", "%u", event->protocol);
	ipc_pairs_addf(pairs, "icmp-type", "%u", icmp_type_of(event));
	add_policy(pairs, words);
	ipc_pairs_add(pairs, "application", "UNKNOWN");
	ipc_pairs_add(pairs, "nested-application", "UNKNOWN");
	add_end(pairs, words);
	text_append(text, "session denied ");
	say_flow(text, event, words);
	text_printf(text, " %u(%u) %s %s %s UNKNOWN UNKNOWN N/A(N/A) %s", event->protocol,
	    icmp_type_of(event), words->policy, words->from_zone, words->to_zone,
	    words->interface);
}

/* Dropped whatever the policies say; how many before it were not written is said with it. */
static void
write_drop(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	const char *name = event->reason < REASON_COUNT ? reason_name((enum reason)event->reason) : "unknown";
	const unsigned icmp_type = icmp_type_of(event);
	const unsigned long long unsaid = event->packets[0];

	ipc_pairs_add(pairs, "reason", name);
	ipc_pairs_add(pairs, "source-address", words->source);
	ipc_pairs_addf(pairs, "source-port", "%u", event->source_port);
	ipc_pairs_add(pairs, "destination-address", words->destination);
	ipc_pairs_addf(pairs, "destination-port", "%u", event->destination_port);
	ipc_pairs_addf(pairs, "protocol-id", "%u", event->protocol);
	ipc_pairs_addf(pairs, "icmp-type", "%u", icmp_type);
	ipc_pairs_add(pairs, "source-zone-name", words->from_zone);
	ipc_pairs_add(pairs, "packet-incoming-interface", words->interface);
	ipc_pairs_addf(pairs, "session-id-32", "%llu", (unsigned long long)event->session);
	ipc_pairs_addf(pairs, "suppressed-count", "%llu", unsaid);
	text_printf(text, "packet dropped %s: %s/%u->%s/%u %u(%u) %s %s %llu", name, words->source,
	    event->source_port, words->destination, event->destination_port, event->protocol, icmp_type,
	    words->from_zone, words->interface, (unsigned long long)event->session);
	if (unsaid != 0) {
		text_printf(text, ", %llu others not logged", unsaid);
	}
}

/* Aggressive aging begins or ends: about no packet. */
static void
write_aging(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	const bool start = event->kind == EVENT_AGING_START;

	(void)words;
	ipc_pairs_addf(pairs, start ? "high-watermark" : "low-watermark", "%u", event->percent);
	ipc_pairs_addf(pairs, "session-count", "%u", event->sessions);
	text_printf(text, "%s watermark %u%% triggered, %u sessions: aggressive aging %s", start ? "high" : "low",
	    event->percent, event->sessions, start ? "begins" : "ends");
}

/* Another station has an address of ours: about no packet of a flow. */
static void
write_duplicate(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	const bool lost = event->reason == REASON_ND_DUPLICATE;

	ipc_pairs_add(pairs, "address", words->source);
	ipc_pairs_add(pairs, "interface-name", words->interface);
	text_printf(text, "%s is another station's too on %s%s", words->source, words->interface,
	    lost ? ": it is not used" : "");
}

/* A pool of source addresses has nothing left: about the packet that was refused. */
static void
write_exhausted(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	add_flow(pairs, event, words);
	ipc_pairs_add(pairs, "nat-pool-name", words->pool);
	ipc_pairs_add(pairs, "source-zone-name", words->from_zone);
	ipc_pairs_add(pairs, "destination-zone-name", words->to_zone);
	text_printf(text, "nat pool %s is out of %s: ", words->pool,
	    event->kind == EVENT_NAT_NO_PORTS ? "ports" : "addresses");
	say_flow(text, event, words);
	text_printf(text, " zones %s %s policy %s", words->from_zone, words->to_zone, words->policy);
}

/* What a screen detected, or raised an alarm about. Ports where there are any, else the protocol. */
static void
write_screen(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	const char *attack = screen_attack((enum screen)event->screen);
	const char *action = screen_outcome_word((enum screen_outcome)event->screen_outcome);
	const bool ports = event->protocol == PROTOCOL_TCP || event->protocol == PROTOCOL_UDP;

	ipc_pairs_add(pairs, "attack-name", attack);
	ipc_pairs_add(pairs, "source-address", words->source);
	if (ports) {
		ipc_pairs_addf(pairs, "source-port", "%u", event->source_port);
	}
	ipc_pairs_add(pairs, "destination-address", words->destination);
	if (ports) {
		ipc_pairs_addf(pairs, "destination-port", "%u", event->destination_port);
	}
	ipc_pairs_addf(pairs, "protocol-id", "%u", event->protocol);
	ipc_pairs_add(pairs, "source-zone-name", words->from_zone);
	ipc_pairs_add(pairs, "interface-name", words->interface);
	ipc_pairs_add(pairs, "action", action);
	text_printf(text, "%s source: %s", attack, words->source);
	if (ports) {
		text_printf(text, ":%u, destination: %s:%u", event->source_port, words->destination,
		    event->destination_port);
	} else {
		text_printf(text, ", destination: %s, protocol-id: %u", words->destination, event->protocol);
	}
	text_printf(text, ", zone name: %s, interface name: %s, action: %s", words->from_zone, words->interface, action);
}

/* How many records of a screen were too many: about no packet. */
static void
write_screen_summary(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words)
{
	const char *attack = screen_attack((enum screen)event->screen);
	const unsigned long long unsaid = event->packets[0];

	ipc_pairs_add(pairs, "attack-name", attack);
	ipc_pairs_addf(pairs, "suppressed-count", "%llu", unsaid);
	ipc_pairs_add(pairs, "source-zone-name", words->from_zone);
	text_printf(text, "%s %llu others not logged, zone name: %s", attack, unsaid, words->from_zone);
}

struct kind_row {
	void (*write)(struct ipc_pairs *pairs, struct text *text, const struct event *event, const struct words *words);
	uint8_t severity;
};

static const struct kind_row kinds[EVENT_COUNT] = {
    [EVENT_SESSION_CREATE] = {write_create, LOG_SEVERITY_INFO},
    [EVENT_SESSION_CLOSE] = {write_close, LOG_SEVERITY_INFO},
    [EVENT_SESSION_DENY] = {write_deny, LOG_SEVERITY_INFO},
    [EVENT_PACKET_DROP] = {write_drop, LOG_SEVERITY_NOTICE},
    [EVENT_AGING_START] = {write_aging, LOG_SEVERITY_WARNING},
    [EVENT_AGING_STOP] = {write_aging, LOG_SEVERITY_NOTICE},
    [EVENT_ADDRESS_DUPLICATE] = {write_duplicate, LOG_SEVERITY_ERROR},
    [EVENT_NAT_NO_PORTS] = {write_exhausted, LOG_SEVERITY_WARNING},
    [EVENT_NAT_NO_ADDRESSES] = {write_exhausted, LOG_SEVERITY_WARNING},
    [EVENT_SCREEN] = {write_screen, LOG_SEVERITY_ERROR},
    [EVENT_SCREEN_SUMMARY] = {write_screen_summary, LOG_SEVERITY_NOTICE},
    [EVENT_ALARM] = {write_screen, LOG_SEVERITY_ALERT},
};

void
journal_write(const struct journal *journal, const struct event *event, struct logger *logger)
{
	struct ipc_log_record record = {
	    .facility = LOG_FACILITY_USER,
	    .wall = event->wall,
	    .program = "RT_FLOW",
	    .pairs = IPC_PAIRS_EMPTY,
	};
	struct text text = TEXT_EMPTY;
	struct words words;

	if (event->logged == 0 || event->kind >= EVENT_COUNT) {
		return;
	}
	assert(event->screen < SCREEN_COUNT && event->screen_outcome < SCREEN_OUTCOMES);
	find_words(journal, event, &words);
	record.severity = kinds[event->kind].severity;
	record.tag = event_tag((enum event_kind)event->kind);
	const bool attack = event->kind == EVENT_SCREEN || event->kind == EVENT_ALARM;

	if (attack || event->kind == EVENT_SCREEN_SUMMARY) {
		record.program = "RT_IDS";
	}
	if (attack) {
		record.tag = screen_tag((enum screen)event->screen);
	}
	kinds[event->kind].write(&record.pairs, &text, event, &words);
	record.text = text_string(&text);
	if (!record.pairs.failed && !text_failed(&text)) {
		logger_send(logger, &record);
	}
	ipc_pairs_release(&record.pairs);
	text_release(&text);
}
