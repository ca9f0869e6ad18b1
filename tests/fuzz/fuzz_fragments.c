/*
 * Fuzz target: fragments through the engine, with well-made IP headers so that what comes behind those is reached, and a
 * receiver behind the gateway that takes no octet of a datagram twice: overlapping fragments must never leave.
 *
 * The input is a row of records of FIXED octets and a piece of payload:
 *   who (1)     bits 0-1 source, 2-3 destination, 4-5 protocol, 6 from the far side, 7 half a minute later
 *   flags (1)   bits 0-1 identification, 2 more fragments, 3 must not be fragmented, 4-6 words of options
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
#include "source.h"
#include "target.h"
#include "wire/ipv4.h"

enum {
	FIXED = 7,
	PAYLOAD_MOST = 1400,
	UNITS = 8192, /* of 8 octets, of a datagram */
	LETTERS = 512,
	FRAME_HEADER = 14,
	LATER_SECONDS = 31,
	SLEEP_SECONDS = 61,
};

/* What the receiver has of a datagram, by who and identification. */
struct letter {
	uint32_t round; /* counts half minutes; of another one it is nothing */
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

/* A packet in transit reached the far or the near side. */
static void
receive(struct house *house, const uint8_t *ip)
{
	struct ipv4_header header;

	ipv4_load(ip, &header);
	const bool forth = place_of(near, header.source) < 4;
	const unsigned source = place_of(forth ? near : far, header.source);
	const unsigned destination = place_of(forth ? far : near, header.destination);
	unsigned protocol = 0;

	while (protocol < 4 && protocols[protocol] != header.protocol) {
		protocol++;
	}
	if (!ipv4_is_fragment(&header) || source > 3 || destination > 3 || protocol > 3 ||
	    (forth ? header.destination : header.source) == far[2]) {
		return;
	}
	const unsigned which = (((((unsigned)forth << 2 | source) << 2 | destination) << 2) | protocol) << 2 |
	    (header.identification & 3U);
	struct letter *letter = &house->letters[which];
	const uint32_t size = (uint32_t)header.total_length - header.header_length;
	const uint32_t start = header.fragment & IPV4_FRAGMENT_OFFSET;

	if (letter->round != house->round) {
		memset(letter, 0, sizeof(*letter));
		letter->round = house->round;
	}
	for (uint32_t i = start; i < start + (size + 7) / 8; i++) {
		if (i >= UNITS || letter->here[i]++ != 0) {
			abort(); /* too large, or an overlap */
		}
	}
	letter->got += size;
	if ((header.fragment & IPV4_MORE_FRAGMENTS) == 0) {
		letter->end = start * 8 + size;
	}
	if (letter->end != 0 && letter->got >= letter->end) {
		letter->round = 0; /* the next of that identification is another one */
	}
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
	if (output->verb == ENGINE_SEND && packet->length >= FRAME_HEADER + IPV4_HEADER && packet->data[12] == 8 &&
	    packet->data[13] == 0) {
		receive(house, packet->data + FRAME_HEADER);
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
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone trust host-inbound-traffic system-services all\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254\n"
	    "set security policies default-policy permit-all\n";
	const struct gateway_options options = {.sessions = 1024, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = house};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct schema *schema = source_schema("fuzz");

	house->gateway = gateway_create(&options, &sink);
	house->letters = calloc(LETTERS, sizeof(*house->letters));
	house->tree = schema == NULL ? NULL : conf_tree_create(schema);
	house->round = 1;
	if (house->gateway == NULL || house->letters == NULL || house->tree == NULL ||
	    !conf_load(house->tree, CONF_FORMAT_SET, NULL, text, strlen(text), &list)) {
		abort();
	}
	gateway_set_wall(house->gateway, 1191405600000000);
	if (!gateway_configure(house->gateway, house->tree, &list)) {
		abort();
	}
	diagnostics_release(&list);
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

/* One record; false at the end of the input. */
static bool
run_record(struct house *house, struct reader *reader)
{
	uint8_t frame[FRAME_HEADER + IPV4_HEADER_MOST + PAYLOAD_MOST] = {2, 0x53, 0x50, 0, 0, 0, 2, 0, 0, 0, 0, 5, 8, 0};
	const uint8_t who = reader_u8(reader);
	const uint8_t flags = reader_u8(reader);
	const uint16_t offset = reader_u16(reader);
	const uint16_t size = (uint16_t)(reader_u16(reader) % (PAYLOAD_MOST + 1));
	const uint8_t asked = reader_u8(reader);
	const size_t left = reader_left(reader);
	const size_t given = asked > left ? left : asked;
	const uint8_t *payload = reader_bytes(reader, given);
	const bool forth = (who & 0x40) == 0;
	struct packet_result result;

	if (payload == NULL) {
		return false;
	}
	const struct ipv4_header header = {
	    .source = forth ? near[who & 3] : far[who & 3],
	    .destination = forth ? far[who >> 2 & 3] : near[who >> 2 & 3],
	    .identification = flags & 3,
	    .fragment = (uint16_t)(((flags & 4) != 0 ? IPV4_MORE_FRAGMENTS : 0) |
	        ((flags & 8) != 0 ? IPV4_DONT_FRAGMENT : 0) | (offset & IPV4_FRAGMENT_OFFSET)),
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = protocols[who >> 4 & 3],
	    .total_length = (uint16_t)(IPV4_HEADER + (flags >> 4 & 7) * 4 + size),
	};
	uint8_t *ip = frame + FRAME_HEADER;
	const uint8_t header_length = (uint8_t)(IPV4_HEADER + (flags >> 4 & 7) * 4);

	if ((who & 0x80) != 0) {
		later(house, LATER_SECONDS);
	}
	ipv4_build(ip, &header);
	memset(ip + IPV4_HEADER, 1, (size_t)header_length - IPV4_HEADER); /* "no operation" */
	ip[0] = (uint8_t)(0x40 | header_length / 4);
	ipv4_set_checksum(ip, header_length);
	memcpy(ip + header_length, payload, given < size ? given : size);
	if (!gateway_process(house->gateway, frame, (uint32_t)FRAME_HEADER + header.total_length, forth ? 0 : 1, 0,
	        &result)) {
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
