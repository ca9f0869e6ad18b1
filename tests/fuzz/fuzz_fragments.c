/*
 * Fuzz target: fragments through the engine, with well-made IP headers so that what comes behind those is reached, and a
 * receiver behind the gateway that takes no octet of a datagram twice: overlapping fragments must never leave.
 *
 * The input is a row of records of FIXED octets and a piece of payload:
 *   who (1)     bits 0-1 source, 2-3 destination, 4-5 protocol, 6 from the far side, 7 a minute later
 *   flags (1)   bits 0-1 identification, 2 more fragments, 3 must not be fragmented, 4-6 words of options, 7 IPv6: of
 *               options there are as many headers of 8 octets before the fragment header
 *   offset (2)  in units of 8 octets
 *   size (2)    octets of payload, at most PAYLOAD_MOST
 *   given (1)   how many of these follow in the record; the others are zero
 * A gateway serves all inputs: between two it sleeps until its sessions are gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "house.h"
#include "source.h"
#include "target.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
	FIXED = 7,
	PAYLOAD_MOST = 1400,
	UNITS = 8192, /* of 8 octets, of a datagram */
	LETTERS = 1024,
	OPTION_HEADER = 8,
	HEADERS_MOST = IPV6_HEADER + OPTION_HEADER + IPV6_FRAGMENT_HEADER,
	FRAME_HEADER = 14,
	LATER_SECONDS = 61, /* IPv6 has a minute */
	SLEEP_SECONDS = 61,
};

/* What the receiver has of a datagram, by who and identification. */
struct letter {
	uint32_t round; /* counts minutes; of another one it is nothing */
	uint32_t got;
	uint32_t end;
	uint8_t here[UNITS];
};

struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
	struct letter *letters;
	uint32_t round;
	uint32_t sum;
};

static const uint32_t near[] = {0x0a000002, 0x0a000003, 0x0a000004, 0x0a000005};
static const uint32_t far[] = {0x08080808, 0x08080809, 0x0a000001, 0xffffffff};
static const uint8_t protocols[] = {17, 6, 1, 50};

static unsigned
place_of(const uint32_t *list, uint32_t address)
{
	unsigned i = 0;

	while (i < 4 && list[i] != address) {
		i++;
	}
	return i;
}

/* IPv6 addresses of the same people: 2001:db8::a.b.c.d. */
#define PREFIX UINT64_C(0x20010db800000000)

static struct ipv6_address
address6(uint32_t address)
{
	return (struct ipv6_address){PREFIX, address};
}

/* A fragment as the receiver sees it. */
struct seen {
	uint32_t source;
	uint32_t destination;
	uint32_t start; /* units */
	uint32_t size;
	uint8_t protocol;
	uint8_t identification;
	bool more;
	bool ipv6;
};

static void
receive(struct house *house, const struct seen *seen)
{
	const bool forth = place_of(near, seen->source) < 4;
	const unsigned source = place_of(forth ? near : far, seen->source);
	const unsigned destination = place_of(forth ? far : near, seen->destination);
	unsigned protocol = 0;

	while (protocol < 4 && protocols[protocol] != seen->protocol) {
		protocol++;
	}
	/* What the gateway says itself is another matter; and IPv6 has no protocol in its key. */
	if (source > 3 || destination > 3 || (protocol > 3 && !seen->ipv6) ||
	    (forth ? seen->destination : seen->source) == far[2]) {
		return;
	}
	const unsigned which =
	    (((((unsigned)(seen->ipv6 ? 2 : 0) | (unsigned)forth) << 2 | source) << 2 | destination) << 2 |
	        (seen->ipv6 ? 0 : protocol)) << 2 |
	    seen->identification;
	struct letter *letter = &house->letters[which];

	if (letter->round != house->round) {
		memset(letter, 0, sizeof(*letter));
		letter->round = house->round;
	}
	for (uint32_t i = seen->start; i < seen->start + (seen->size + 7) / 8; i++) {
		if (i >= UNITS || letter->here[i]++ != 0) {
			abort(); /* too large, or an overlap */
		}
	}
	letter->got += seen->size;
	if (!seen->more) {
		letter->end = seen->start * 8 + seen->size;
	}
	if (letter->end != 0 && letter->got >= letter->end) {
		letter->round = 0; /* the next of that identification is another one */
	}
}

static void
receive4(struct house *house, const uint8_t *ip)
{
	struct ipv4_header header;

	ipv4_load(ip, &header);
	const struct seen seen = {
	    .source = header.source,
	    .destination = header.destination,
	    .start = header.fragment & IPV4_FRAGMENT_OFFSET,
	    .size = (uint32_t)header.total_length - header.header_length,
	    .protocol = header.protocol,
	    .identification = header.identification & 3,
	    .more = (header.fragment & IPV4_MORE_FRAGMENTS) != 0,
	};

	if (ipv4_is_fragment(&header)) {
		receive(house, &seen);
	}
}

static void
receive6(struct house *house, const uint8_t *ip)
{
	struct ipv6_header header;
	struct ipv6_chain chain;

	ipv6_load(ip, &header);
	if (ipv6_chain_parse(ip + IPV6_HEADER, header.payload_length, header.next_header, &chain) != IPV6_CHAIN_OK ||
	    !ipv6_is_fragment(&chain) || header.source.high != PREFIX || header.destination.high != PREFIX) {
		return;
	}
	const struct seen seen = {
	    .source = (uint32_t)header.source.low,
	    .destination = (uint32_t)header.destination.low,
	    .start = chain.fragment_offset / 8U,
	    .size = (uint32_t)header.payload_length - chain.fragment_at - IPV6_FRAGMENT_HEADER,
	    .identification = chain.identification & 3,
	    .more = (chain.flags & IPV6_CHAIN_MORE_FRAGMENTS) != 0,
	    .ipv6 = true,
	};

	receive(house, &seen);
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	struct house *house = context;
	const struct packet *packet = output->packet;

	(void)now;
	for (uint32_t i = 0; i < packet->length; i++) {
		house->sum += packet->data[i];
	}
	if (output->verb != ENGINE_SEND || packet->length < FRAME_HEADER + IPV4_HEADER) {
		return;
	}
	if (packet->data[12] == 8 && packet->data[13] == 0) {
		receive4(house, packet->data + FRAME_HEADER);
	} else if (packet->data[12] == 0x86 && packet->length >= FRAME_HEADER + IPV6_HEADER) {
		receive6(house, packet->data + FRAME_HEADER);
	}
}

static void
take_event(void *context, const struct event *event)
{
	struct house *house = context;

	house->sum += event->kind;
}

static void
make_house(struct house *house)
{
	static const char text[] = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	    "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::a00:1/120\n"
	    "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:1::1/64\n"
	    "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:1::2\n"
	    "set security forwarding-options family inet6 mode flow-based\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone trust host-inbound-traffic system-services all\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254\n"
	    "set security policies default-policy permit-all\n";
	const struct gateway_options options = {.sessions = 1024, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = house};

	house->gateway = gateway_create(&options, &sink);
	house->letters = calloc(LETTERS, sizeof(*house->letters));
	house->tree = fuzz_tree();
	house->round = 1;
	if (house->gateway == NULL || house->letters == NULL) {
		abort();
	}
	fuzz_load(house->tree, text);
	gateway_set_wall(house->gateway, 1191405600000000);
	fuzz_configure(house->gateway, house->tree);
}

static void
later(struct house *house, uint64_t seconds)
{
	if (!gateway_advance(house->gateway, gateway_now(house->gateway) + seconds * GATEWAY_SECOND)) {
		abort();
	}
	if (engine_datagram_counts(gateway_engine(house->gateway)).datagrams != 0 ||
	    engine_datagram_counts(gateway_engine(house->gateway)).held != 0) {
		abort(); /* each has its time */
	}
	house->round++;
}

/* A record of the input. */
struct record {
	const uint8_t *payload;
	size_t given;
	uint16_t offset; /* units */
	uint16_t size;
	uint8_t who;
	uint8_t flags;
};

static bool
read_record(struct reader *reader, struct record *record)
{
	record->who = reader_u8(reader);
	record->flags = reader_u8(reader);
	record->offset = reader_u16(reader) & IPV4_FRAGMENT_OFFSET;
	record->size = (uint16_t)(reader_u16(reader) % (PAYLOAD_MOST + 1));
	const uint8_t asked = reader_u8(reader);
	const size_t left = reader_left(reader);

	record->given = asked > left ? left : asked;
	record->payload = reader_bytes(reader, record->given);
	record->given = record->given < record->size ? record->given : record->size;
	return record->payload != NULL;
}

/* Writes the packet; returns its length. */
static uint32_t
write4(uint8_t *ip, const struct record *record)
{
	const bool forth = (record->who & 0x40) == 0;
	const uint8_t header_length = (uint8_t)(IPV4_HEADER + (record->flags >> 4 & 7) * 4);
	const struct ipv4_header header = {
	    .source = forth ? near[record->who & 3] : far[record->who & 3],
	    .destination = forth ? far[record->who >> 2 & 3] : near[record->who >> 2 & 3],
	    .identification = record->flags & 3,
	    .fragment = (uint16_t)(((record->flags & 4) != 0 ? IPV4_MORE_FRAGMENTS : 0) |
	        ((record->flags & 8) != 0 ? IPV4_DONT_FRAGMENT : 0) | record->offset),
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = protocols[record->who >> 4 & 3],
	    .total_length = (uint16_t)(header_length + record->size),
	};

	ipv4_build(ip, &header);
	memset(ip + IPV4_HEADER, 1, (size_t)header_length - IPV4_HEADER); /* "no operation" */
	ip[0] = (uint8_t)(0x40 | header_length / 4);
	ipv4_set_checksum(ip, header_length);
	memcpy(ip + header_length, record->payload, record->given);
	return header.total_length;
}

static uint32_t
write6(uint8_t *ip, const struct record *record)
{
	static const uint8_t numbers[] = {17, 6, IPV6_NEXT_ICMP, IPV6_NEXT_DESTINATION};
	const bool forth = (record->who & 0x40) == 0;
	const bool options = (record->flags >> 4 & 1) != 0;
	const uint16_t headers = options ? OPTION_HEADER : 0;
	const uint8_t number = numbers[record->who >> 4 & 3];
	const struct ipv6_header header = {
	    .source = address6(forth ? near[record->who & 3] : far[record->who & 3]),
	    .destination = address6(forth ? far[record->who >> 2 & 3] : near[record->who >> 2 & 3]),
	    .payload_length = (uint16_t)(headers + IPV6_FRAGMENT_HEADER + record->size),
	    .next_header = options ? IPV6_NEXT_HOP_BY_HOP : IPV6_NEXT_FRAGMENT,
	    .hop_limit = 64,
	};
	static const uint8_t option_header[OPTION_HEADER] = {IPV6_NEXT_FRAGMENT, 0, 1, 4};
	uint8_t *fragment = ip + IPV6_HEADER + headers;

	ipv6_build(ip, &header);
	memcpy(ip + IPV6_HEADER, option_header, headers);
	fragment[0] = number;
	bytes_store_16(fragment + 2, (uint16_t)(record->offset << 3 | ((record->flags & 4) != 0 ? 1 : 0)));
	bytes_store_32(fragment + 4, record->flags & 3);
	memcpy(fragment + IPV6_FRAGMENT_HEADER, record->payload, record->given);
	return IPV6_HEADER + (uint32_t)header.payload_length;
}

/* One record; false at the end of the input. */
static bool
run_record(struct house *house, struct reader *reader)
{
	uint8_t frame[FRAME_HEADER + HEADERS_MOST + IPV4_HEADER_MOST + PAYLOAD_MOST] = {2, 0x53, 0x50, 0, 0, 0, 2, 0, 0, 0, 0, 5};
	struct record record;
	struct packet_result result;

	if (!read_record(reader, &record)) {
		return false;
	}
	const bool ipv6 = (record.flags & 0x80) != 0;

	if ((record.who & 0x80) != 0) {
		later(house, LATER_SECONDS);
	}
	bytes_store_16(frame + 12, ipv6 ? 0x86dd : 0x0800);
	const uint32_t length = ipv6 ? write6(frame + FRAME_HEADER, &record) : write4(frame + FRAME_HEADER, &record);

	if (!gateway_process(house->gateway, frame, FRAME_HEADER + length, (record.who & 0x40) == 0 ? 0 : 1, 0, &result)) {
		abort();
	}
	if (result.verdict == VERDICT_NONE || result.reason == REASON_NONE || result.reason >= REASON_COUNT) {
		abort();
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct house house; /* made once: compiling takes longer than a run */
	struct reader reader = reader_over(bytes, length);

	if (house.gateway == NULL) {
		make_house(&house);
	}
	while (reader_left(&reader) >= FIXED && run_record(&house, &reader)) {
	}
	later(&house, SLEEP_SECONDS);
	return 0;
}
