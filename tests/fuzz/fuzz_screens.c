/*
 * Fuzz target: every screen that judges, counts or limits, held against a slow model of what it must say (screen_model.h):
 * what must be caught is caught by the screens that the model names and by no others, is counted once for zone and interface, and what
 * one of them drops leaves nowhere. Header fields are well made unless the input says otherwise, so that what is behind them is reached.
 *
 * The input is one octet, which chooses one of the gateways below, and a row of records of FIXED octets and a piece of payload:
 *   time (1)     place in `pauses`
 *   who (1)      bits 0-2 source, 3-6 destination, 7 the other zone
 *   shape (1)    bits 0-2 protocol, 3-6 words of options, 7 the IP header's checksum is wrong
 *   flags (1)    TCP: its flags, bit 6 a first fragment ends within the header, bit 7 and before the flags; ICMP: bit 7 its type is the first octet of the payload, else it is an echo request
 *   fragment (2) bits 0-12 offset in units of 8 octets, 13 more fragments, 14 another identification, 15 the transport's checksum is wrong
 *   port (1)     destination port, from 130 on
 *   size (2)     octets of payload behind what of the transport header fits, at most PAYLOAD_MOST
 *   given (1)    how many of these follow in the record, options first; the others are zero
 * Source ports and identifiers count up, so that each packet in one piece is a session of its own. Nobody answers.
 * Between two inputs a gateway sleeps until sessions, counts and datagrams are gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "engine/screens.h"
#include "gateway.h"
#include "house.h"
#include "screen_model.h"
#include "source.h"
#include "target.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

enum {
	FIXED = 10,
	PAYLOAD_MOST = 1400,
	FRAME_HEADER = 14,
	RECORDS_MOST = 600,
	SLEEP_SECONDS = 200,
	ZONES = 2,
	FIRST_PORT = 130, /* so that 139 is among them */
	TCP_OCTETS = 20,
	CUT_BEFORE = 8, /* of a TCP header: in front of its flags, and behind them */
	CUT_BEHIND = 16,
	SHORT_OCTETS = 8, /* of UDP and ICMP headers */
	SESSIONS = 1024,
	VIEWS = 64,
	LIMIT = 12,
	FLOOD = 4,
};

#define MILLISECOND UINT64_C(1000000)

/* A gateway, and a model for each of the zones that packets come in from. */
struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
	struct screen_model *models[ZONES];
	struct asked {
		struct house *house;
		uint16_t zone;
		uint16_t unit;
	} asked[ZONES];
	uint32_t left;   /* packets that left during the present record */
	uint16_t counter;
	bool mends;
};

static const uint64_t pauses[] = {0, MILLISECOND / 10, MILLISECOND, 4 * MILLISECOND, 100 * MILLISECOND, 400 * MILLISECOND, 1000 * MILLISECOND,
    2500 * MILLISECOND};
static const uint8_t protocols[] = {IPV4_PROTOCOL_TCP, IPV4_PROTOCOL_UDP, IPV4_PROTOCOL_ICMP, IPV4_PROTOCOL_TCP, 58, 135, 137, 255};

/* 198.51.100.2 to .5, then one without route, two of the inner zone, and one of the other outer zone. */
static const uint32_t sources[] = {0xc6336402, 0xc6336403, 0xc6336404, 0xc6336405, 0xcb007101, 0x0a000003, 0x0a000009, 0xc0000207};
#define INSIDE UINT32_C(0x0a000002) /* destinations: 10.0.0.2 to .17 */

/* Screens that are on, and how: all of them, one that leaves fragments to the others, all that only watch, and two sets. */
struct plan {
	uint64_t off;
	uint64_t kept;
};

#define BIT(screen) (UINT64_C(1) << (screen))
#define OF_FRAGMENTS (BIT(SCREEN_IP_BLOCK_FRAG) | BIT(SCREEN_ICMP_FRAGMENT) | BIT(SCREEN_TCP_SYN_FRAG))
#define OF_OPTIONS \
	(BIT(SCREEN_IP_BAD_OPTION) | BIT(SCREEN_IP_SOURCE_ROUTE_OPTION) | BIT(SCREEN_IP_RECORD_ROUTE_OPTION) | \
	    BIT(SCREEN_IP_TIMESTAMP_OPTION) | BIT(SCREEN_IP_SECURITY_OPTION) | BIT(SCREEN_IP_STREAM_OPTION) | \
	    BIT(SCREEN_IP_LOOSE_SOURCE_ROUTE_OPTION) | BIT(SCREEN_IP_STRICT_SOURCE_ROUTE_OPTION))

static const struct plan plans[] = {
    {0, 0},
    {OF_FRAGMENTS | BIT(SCREEN_ICMP_LARGE), 0},
    {0, UINT64_MAX},
    {BIT(SCREEN_IP_SPOOFING) | BIT(SCREEN_TCP_PORT_SCAN), OF_OPTIONS | OF_FRAGMENTS | BIT(SCREEN_TCP_WINNUKE) | BIT(SCREEN_ICMP_IP_SWEEP)},
};

/* The screens this target knows, with the text of those that have a number. */
static const struct {
	enum screen screen;
	const char *number;
} known[] = {
    {SCREEN_IP_BLOCK_FRAG, ""}, {SCREEN_ICMP_FRAGMENT, ""}, {SCREEN_TCP_SYN_FRAG, ""}, {SCREEN_IP_TEAR_DROP, ""},
    {SCREEN_ICMP_PING_DEATH, ""}, {SCREEN_IP_BAD_OPTION, ""}, {SCREEN_IP_SOURCE_ROUTE_OPTION, ""}, {SCREEN_IP_RECORD_ROUTE_OPTION, ""},
    {SCREEN_IP_TIMESTAMP_OPTION, ""}, {SCREEN_IP_SECURITY_OPTION, ""}, {SCREEN_IP_STREAM_OPTION, ""},
    {SCREEN_IP_LOOSE_SOURCE_ROUTE_OPTION, ""}, {SCREEN_IP_STRICT_SOURCE_ROUTE_OPTION, ""}, {SCREEN_IP_UNKNOWN_PROTOCOL, ""},
    {SCREEN_ICMP_LARGE, ""}, {SCREEN_TCP_SYN_FIN, ""}, {SCREEN_TCP_FIN_NO_ACK, ""}, {SCREEN_TCP_NO_FLAG, ""}, {SCREEN_TCP_LAND, ""},
    {SCREEN_TCP_WINNUKE, ""}, {SCREEN_ICMP_FLOOD, "threshold 4"}, {SCREEN_UDP_FLOOD, "threshold 4"},
    {SCREEN_ICMP_IP_SWEEP, "threshold 5000"}, {SCREEN_TCP_PORT_SCAN, "threshold 5000"}, {SCREEN_IP_SPOOFING, ""},
    {SCREEN_LIMIT_SOURCE, "12"}, {SCREEN_LIMIT_DESTINATION, "12"},
};

static void
print_screens(const char *what, uint64_t bits)
{
	fprintf(stderr, " %s:", what);
	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		if ((bits & BIT(i)) != 0) {
			fprintf(stderr, " %s-%s", screen_group((enum screen)i), screen_option((enum screen)i));
		}
	}
}

static _Noreturn void
wrong(const char *what, uint64_t seen, uint64_t due)
{
	fprintf(stderr, "%s;", what);
	print_screens("detected", seen);
	print_screens("due", due);
	fputc('\n', stderr);
	abort();
}

static bool
at_home(uint32_t source)
{
	return source >> 8 == 0xc63364;
}

static bool
at_home_other(uint32_t source)
{
	return source >> 8 == 0xc00002;
}

/* By asking all sessions that there are. */
static uint32_t
count_sessions(void *context, uint32_t address, bool as_source)
{
	const struct asked *asked = context;
	struct engine_session_view views[VIEWS];
	uint32_t cursor = 0;
	uint32_t count = 0;

	while (cursor != UINT32_MAX) {
		const uint32_t got = engine_list_sessions(gateway_engine(asked->house->gateway), gateway_now(asked->house->gateway),
		    &cursor, SESSIONS, views, VIEWS);

		for (uint32_t i = 0; i < got; i++) {
			const struct ipv6_address whose = as_source ? views[i].source[0] : views[i].destination[0];

			count += views[i].from_zone == asked->zone && (uint32_t)whose.low == address;
		}
	}
	return count;
}

/* What leaves to port 139 has no urgent data, and right checksums, where a screen mends that. */
static void
check_mended(const uint8_t *ip, uint32_t length)
{
	struct ipv4_header header;

	if (ipv4_parse(ip, length, &header) != IPV4_OK || header.protocol != IPV4_PROTOCOL_TCP || ipv4_is_fragment(&header)) {
		return;
	}
	const uint8_t *tcp = ip + header.header_length;
	const uint16_t size = (uint16_t)(header.total_length - header.header_length);

	if (size < TCP_OCTETS || bytes_load_16(tcp + 2) != 139) {
		return;
	}
	if ((tcp[13] & 0x20) != 0 || bytes_load_16(tcp + 18) != 0 ||
	    checksum_fold(checksum_sum(tcp, size) + checksum_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, size)) != 0xffff) {
		wrong("urgent data left", 0, BIT(SCREEN_TCP_WINNUKE));
	}
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	struct house *house = context;
	const struct packet *packet = output->packet;

	(void)now;
	house->left++;
	if (house->mends && packet->length > FRAME_HEADER + IPV4_HEADER && packet->data[12] == 8 && packet->data[13] == 0) {
		check_mended(packet->data + FRAME_HEADER, packet->length - FRAME_HEADER);
	}
}

static void
take_event(void *context, const struct event *event)
{
	(void)context;
	if (event->kind >= EVENT_COUNT) {
		abort();
	}
}

static void
write_plan(const struct plan *plan, struct text *text)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const enum screen screen = known[i].screen;

		if ((plan->off & BIT(screen)) == 0) {
			text_printf(text, "set security screen ids-option %s %s %s %s\n", (plan->kept & BIT(screen)) != 0 ? "watch" : "drop",
			    screen_group(screen), screen_option(screen), known[i].number);
		}
	}
	text_append(text, "set security screen ids-option watch alarm-without-drop\nset security screen ids-option drop description d\n");
}

static void
make_models(struct house *house, const struct plan *plan)
{
	static const char *const names[ZONES] = {"untrust", "other"};
	uint64_t all = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		all |= BIT(known[i].screen);
	}
	house->mends = ((plan->off | plan->kept) & BIT(SCREEN_TCP_WINNUKE)) == 0;
	for (unsigned zone = 0; zone < ZONES; zone++) {
		const struct snapshot *snapshot = gateway_snapshot(house->gateway);
		const struct screen_model_setup setup = {
		    .on = all & ~plan->off,
		    .kept = plan->kept,
		    .icmp_flood = FLOOD,
		    .udp_flood = FLOOD,
		    .sweep_ns = 5 * MILLISECOND,
		    .scan_ns = 5 * MILLISECOND,
		    .limit_source = LIMIT,
		    .limit_destination = LIMIT,
		    .at_home = zone == 0 ? at_home : at_home_other,
		    .sessions = count_sessions,
		    .context = &house->asked[zone],
		};

		house->asked[zone].house = house;
		house->asked[zone].zone = snapshot_find_zone(snapshot, names[zone]);
		house->asked[zone].unit = snapshot_find_unit(snapshot, zone == 0 ? "ge-0/0/1.0" : "ge-0/0/2.0");
		house->models[zone] = screen_model_create(&setup);
	}
}

static void
make_house(struct house *house, const struct plan *plan)
{
	static const char ground[] = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	    "set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.1/24\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set security zones security-zone other interfaces ge-0/0/2.0\n"
	    "set security zones security-zone untrust screen drop\n"
	    "set security zones security-zone untrust screen watch\n"
	    "set security zones security-zone other screen drop\n"
	    "set security zones security-zone other screen watch\n"
	    "set security policies default-policy permit-all\n";
	const struct gateway_options options = {.sessions = SESSIONS, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = house};
	struct text text = TEXT_EMPTY;

	house->gateway = gateway_create(&options, &sink);
	house->tree = fuzz_tree();
	if (house->gateway == NULL) {
		abort();
	}
	gateway_set_wall(house->gateway, 1191405600000000);
	text_append(&text, ground);
	write_plan(plan, &text);
	fuzz_load(house->tree, text_string(&text));
	fuzz_configure(house->gateway, house->tree);
	text_release(&text);
	make_models(house, plan);
}

/* A record of the input. */
struct record {
	const uint8_t *given;
	size_t count;
	uint16_t fragment;
	uint16_t size;
	uint8_t time;
	uint8_t who;
	uint8_t shape;
	uint8_t flags;
	uint8_t port;
};

static bool
read_record(struct reader *reader, struct record *record)
{
	record->time = reader_u8(reader);
	record->who = reader_u8(reader);
	record->shape = reader_u8(reader);
	record->flags = reader_u8(reader);
	record->fragment = reader_u16(reader);
	record->port = reader_u8(reader);
	record->size = (uint16_t)(reader_u16(reader) % (PAYLOAD_MOST + 1));
	const uint8_t asked = reader_u8(reader);
	const size_t left = reader_left(reader);

	record->count = asked > left ? left : asked;
	record->given = reader_bytes(reader, record->count);
	return record->given != NULL && !reader_failed(reader);
}

/* The header in front of a payload; returns its length. */
static size_t
write_transport(struct house *house, const struct record *record, uint8_t protocol, uint8_t *to, size_t payload)
{
	const uint16_t mine = (uint16_t)(1024 + house->counter);
	const uint16_t port = (uint16_t)(FIRST_PORT + record->port);

	switch (protocol) {
	case IPV4_PROTOCOL_TCP:
		bytes_store_16(to, mine);
		bytes_store_16(to + 2, port);
		bytes_store_16(to + 12, (uint16_t)(TCP_OCTETS / 4 << 12 | (record->flags & 0x3f)));
		bytes_store_16(to + 18, (record->flags & 0x20) != 0 ? 3 : 0);
		return TCP_OCTETS;
	case IPV4_PROTOCOL_UDP:
		bytes_store_16(to, mine);
		bytes_store_16(to + 2, port);
		bytes_store_16(to + 4, (uint16_t)(SHORT_OCTETS + payload));
		return SHORT_OCTETS;
	case IPV4_PROTOCOL_ICMP:
		to[0] = (record->flags & 0x80) != 0 && record->count > 0 ? record->given[0] : 8;
		bytes_store_16(to + 4, mine);
		return SHORT_OCTETS;
	default:
		return 0;
	}
}

static void
write_checksum(const struct ipv4_header *header, uint8_t *transport, size_t length, bool spoil)
{
	static const uint8_t places[] = {[IPV4_PROTOCOL_ICMP] = 2, [IPV4_PROTOCOL_TCP] = 16, [IPV4_PROTOCOL_UDP] = 6};
	uint64_t sum = checksum_sum(transport, length);
	const size_t place = header->protocol < sizeof(places) ? places[header->protocol] : 0;

	if (place == 0) {
		return;
	}
	if (header->protocol != IPV4_PROTOCOL_ICMP) {
		sum += checksum_pseudo(header->source, header->destination, header->protocol, (uint16_t)length);
	}
	bytes_store_16(transport + place, (uint16_t)(checksum_finish(sum) ^ (spoil ? 0x5a5a : 0)));
}

/* Writes the packet; returns its length. */
static uint32_t
write_packet(struct house *house, const struct record *record, uint8_t *ip)
{
	const size_t options = (record->shape >> 3 & 15) % 11 * 4U;
	const uint8_t protocol = protocols[record->shape & 7];
	const uint32_t source = sources[record->who & 7];
	const uint32_t destination = INSIDE + (record->who >> 3 & 15);
	const bool later = (record->fragment & IPV4_FRAGMENT_OFFSET) != 0;
	const size_t header = IPV4_HEADER + options;
	const size_t used = record->count < options ? record->count : options;
	const size_t rest = record->count - used < record->size ? record->count - used : record->size;
	const size_t whole = later ? 0 : write_transport(house, record, protocol, ip + header, record->size);
	const bool cut = whole == TCP_OCTETS && (record->flags & 0x40) != 0 && (record->fragment & IPV4_MORE_FRAGMENTS) != 0;
	const size_t transport = cut ? ((record->flags & 0x80) != 0 ? CUT_BEFORE : CUT_BEHIND) : whole;
	const struct ipv4_header fields = {
	    .source = source,
	    .destination = destination,
	    .identification = (record->fragment & 0x4000) != 0 ? 2 : 1,
	    .fragment = record->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET),
	    .header_length = IPV4_HEADER,
	    .ttl = IPV4_TTL_DEFAULT,
	    .protocol = protocol,
	    .total_length = (uint16_t)(header + transport + record->size),
	};

	ipv4_build(ip, &fields);
	memcpy(ip + IPV4_HEADER, record->given, used);
	memcpy(ip + header + transport, record->given + used, rest);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ipv4_set_checksum(ip, (uint8_t)header);
	if (!later && (record->fragment & IPV4_MORE_FRAGMENTS) == 0) {
		write_checksum(&fields, ip + header, transport + record->size, (record->fragment & 0x8000) != 0);
	}
	if ((record->shape & 0x80) != 0) {
		ip[10] ^= 0x55;
	}
	return fields.total_length;
}

/* How often each screen of the zone has detected something; the same of the interface. */
static void
read_counts(const struct house *house, unsigned zone, uint64_t counts[2 * SCREEN_COUNT])
{
	const struct engine *engine = gateway_engine(house->gateway);

	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		counts[i] = engine_screen_zone_count(engine, house->asked[zone].zone, (enum screen)i);
		counts[SCREEN_COUNT + i] = engine_screen_unit_count(engine, house->asked[zone].unit, (enum screen)i);
	}
}

static void
judge(struct house *house, unsigned zone, const uint64_t before[2 * SCREEN_COUNT], const struct screen_verdict *verdict,
    const struct packet_result *result)
{
	uint64_t after[2 * SCREEN_COUNT];
	uint64_t seen = 0;
	bool named = false;

	read_counts(house, zone, after);
	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		const uint64_t times = after[i] - before[i];

		if (times > 1 || after[SCREEN_COUNT + i] - before[SCREEN_COUNT + i] != times) {
			wrong("counted twice, or not for the interface", BIT(i), 0);
		}
		seen |= times != 0 ? BIT(i) : 0;
		named = named || (times != 0 && result->reason == screen_reason((enum screen)i));
	}
	if ((verdict->must & ~seen) != 0 || (seen & ~(verdict->must | verdict->may)) != 0) {
		wrong("not as due", seen, verdict->must);
	}
	if (verdict->dropped && (house->left != 0 || result->verdict != VERDICT_DROP)) {
		wrong("a packet got through", seen, verdict->must);
	}
	/* A screen that names a drop detected something in this packet, or before in its datagram. */
	if (reason_kind(result->reason) == REASON_KIND_SCREEN && !named && !verdict->followed) {
		wrong("dropped in the name of a screen that said nothing", seen, verdict->must);
	}
}

/* One record; false at the end of the input. */
static bool
run_record(struct house *house, struct reader *reader)
{
	uint8_t frame[FRAME_HEADER + IPV4_HEADER_MOST + TCP_OCTETS + PAYLOAD_MOST] = {2, 0x53, 0x50, 0, 0, 1, 2, 0, 0, 0, 0, 5, 8};
	uint64_t before[2 * SCREEN_COUNT];
	struct packet_result result;
	struct record record;

	if (!read_record(reader, &record)) {
		return false;
	}
	const unsigned zone = record.who >> 7;
	const uint64_t now = gateway_now(house->gateway) + pauses[record.time % (sizeof(pauses) / sizeof(pauses[0]))];

	if (!gateway_advance(house->gateway, now)) {
		abort();
	}
	house->counter++;
	const uint32_t length = write_packet(house, &record, frame + FRAME_HEADER);
	const struct screen_verdict verdict = screen_model_see(house->models[zone], frame + FRAME_HEADER, length, now);

	read_counts(house, zone, before);
	house->left = 0;
	if (!gateway_process(house->gateway, frame, FRAME_HEADER + length, zone == 0 ? 1 : 2, 0, &result)) {
		abort();
	}
	judge(house, zone, before, &verdict, &result);
	if (verdict.followed) {
		screen_model_became(house->models[zone], result.verdict == VERDICT_DROP);
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct house houses[sizeof(plans) / sizeof(plans[0])]; /* made once: compiling takes longer than a run */
	struct reader reader = reader_over(bytes, length);
	const unsigned which = reader_u8(&reader) % (sizeof(plans) / sizeof(plans[0]));
	struct house *house = &houses[which];

	if (house->gateway == NULL) {
		make_house(house, &plans[which]);
	}
	house->counter = 0;
	while (house->counter < RECORDS_MOST && reader_left(&reader) >= FIXED && run_record(house, &reader)) {
	}
	if (!gateway_advance(house->gateway, gateway_now(house->gateway) + SLEEP_SECONDS * GATEWAY_SECOND)) {
		abort();
	}
	for (unsigned zone = 0; zone < ZONES; zone++) {
		screen_model_forget(house->models[zone]);
	}
	return 0;
}
