/*
 * Fuzz target: neighbour and listener discovery from a link, with stations that answer, ask and lie.
 *
 * The input is a row of records: how (1 octet: what follows, the hop limit, an extension header, whether the checksum is made
 * right), who says it to whom (1), a time since the record before (1), the length (1) and octets of an ICMPv6
 * message. Some records are a datagram instead, whose next hop has to be asked for, or a commit that takes router
 * advertisements away and back.
 *
 * Held, by a reader of its own: the gateway believes of a neighbour only what a whole message from the link offered for that
 * address: the sender of a question, or the answer to a question. What is no such message learns nothing; nothing but a known
 * kind of message ever leaves for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "house.h"
#include "source.h"
#include "target.h"
#include "wire/nd.h"

enum {
	ETHERNET = 14,
	MESSAGE_MOST = 255,
	EXTENSION = 8,
	OFFERS_MOST = 512,
	RECORDS_MOST = 64,
	HOW_DATAGRAM = 1 << 0,
	HOW_COMMIT = 0xc2, /* all of these bits: a commit takes long */
	HOW_FAR = 1 << 2, /* hop limit 64 */
	HOW_LISTENER = 1 << 3, /* hop limit 1 and a router alert */
	HOW_EXTENSION = 1 << 4,
	HOW_WRONG_SUM = 1 << 5,
};

/* A MAC address that somebody offered for an address on the link. */
struct offer {
	struct ipv6_address address;
	uint8_t mac[6];
};

struct house {
	struct gateway *gateway;
	struct conf_tree *trees[2];
	struct offer offers[OFFERS_MOST];
	uint32_t offer_count;
	uint32_t in_force;
	uint32_t sum;
};

/* Ours first; then hosts of the link; then what nobody may be. */
static const struct ipv6_address people[16] = {
    {0x20010db800010000, 1},
    {0xfe80000000000000, 0x005350fffe000000},
    {0x20010db800010000, 5},
    {0xfe80000000000000, 5},
    {0x20010db800010000, 6},
    {0xfe80000000000000, 6},
    {0x20010db800990000, 1},
    {0, 0},
    {0, 1},
    {0xff02000000000000, 1},
    {0xff02000000000000, 2},
    {0xff02000000000000, 0x1ff000001},
    {0xff02000000000000, 0x1ff000005},
    {0xff02000000000000, 0x16},
    {0, 0x0000ffff0a000001},
    {0x4000000000000000, 1},
};

static const uint8_t station[6] = {2, 0xaa, 0, 0, 0, 5};

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	uint32_t *sum = context;
	const uint8_t *frame = output->packet->data;

	(void)now;
	for (uint32_t i = 0; i < output->packet->length; i++) {
		*sum += frame[i];
	}
	fuzz_hold(output->packet->length >= ETHERNET + IPV6_HEADER && frame[12] == 0x86 && frame[13] == 0xdd, "no IPv6 frame");
	fuzz_hold(frame[ETHERNET + 7] == 255 || frame[ETHERNET + 7] == 1 || frame[ETHERNET + 7] == 63 || frame[ETHERNET + 7] == 64,
	    "a hop limit that nothing of ours has");
}

static void
take_event(void *context, const struct event *event)
{
	uint32_t *sum = context;

	*sum += event->kind;
}

static struct conf_tree *
load(const char *more)
{
	static const char base[] = "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64\n"
	    "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set security forwarding-options family inet6 mode flow-based\n"
	    "set security policies default-policy permit-all\n";
	struct conf_tree *tree = fuzz_tree();

	fuzz_load(tree, base);
	fuzz_load(tree, more);
	return tree;
}

static void
put_in_force(struct house *house, uint32_t which)
{
	fuzz_configure(house->gateway, house->trees[which]);
	house->in_force = which;
}

static void
make_house(struct house *house)
{
	static const char other[] = "set protocols router-advertisement interface ge-0/0/0.0 max-advertisement-interval 4\n"
	    "set protocols router-advertisement interface ge-0/0/0.0 prefix 2001:db8:1::/64\n"
	    "set protocols router-advertisement interface ge-0/0/0.0 dns-server-address 2001:db8::53\n"
	    "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::2/64\n";
	const struct gateway_options options = {.sessions = 64, .seed = 1};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = &house->sum};

	house->gateway = gateway_create(&options, &sink);
	if (house->gateway == NULL) {
		abort();
	}
	house->trees[0] = load("");
	house->trees[1] = load(other);
	put_in_force(house, 0);
}

static void
offer(struct house *house, const uint8_t *address, const uint8_t *mac)
{
	if (house->offer_count < OFFERS_MOST) {
		struct offer *new = &house->offers[house->offer_count++];

		new->address = ipv6_address_load(address);
		memcpy(new->mac, mac, sizeof(new->mac));
	}
}

/* What a message from the link offers: every link-layer address option of it, for whom it speaks. */
static void
read_offers(struct house *house, const uint8_t *source, const uint8_t *message, size_t length)
{
	if (length < 24 || (message[0] != 135 && message[0] != 136)) {
		return;
	}
	const uint8_t *whom = message[0] == 135 ? source : message + 8;

	if (message[0] == 135) {
		offer(house, whom, station);
	}
	for (size_t at = 24; at + 8 <= length && message[at + 1] != 0; at += (size_t)message[at + 1] * 8) {
		if (message[at] == (message[0] == 135 ? 1 : 2)) {
			offer(house, whom, message + at + 2);
		}
	}
}

static void
check_neighbours(struct house *house)
{
	struct engine *engine = gateway_engine(house->gateway);
	struct engine_neighbour_view view;
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		const bool there = engine_list_neighbours(engine, gateway_now(house->gateway), &cursor, &view, 1) == 1;
		bool offered = house->offer_count == OFFERS_MOST;

		if (!there || view.state == NEIGHBOUR_INCOMPLETE || view.state == NEIGHBOUR_FAILED) {
			continue;
		}
		for (uint32_t i = 0; i < house->offer_count && !offered; i++) {
			offered = ipv6_equal(house->offers[i].address, view.address) &&
			    memcmp(house->offers[i].mac, view.mac, sizeof(view.mac)) == 0;
		}
		fuzz_hold(offered, "a neighbour's MAC address that nobody offered for it");
		fuzz_hold((view.mac[0] & 1) == 0, "a neighbour with a group's MAC address");
		fuzz_hold(!ipv6_is_multicast(view.address) && !ipv6_is_unspecified(view.address), "a neighbour that is none");
	}
}

/* The next input finds nothing of this one. */
static void
forget(struct house *house)
{
	struct engine *engine = gateway_engine(house->gateway);
	const uint64_t now = gateway_now(house->gateway);
	struct engine_session_view session;
	struct engine_neighbour_view neighbour;
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		if (engine_list_sessions(engine, now, &cursor, UINT32_MAX, &session, 1) == 1) {
			fuzz_hold(engine_clear_session(engine, now, session.session), "no such session");
		}
	}
	cursor = 0;
	while (cursor != UINT32_MAX) {
		if (engine_list_neighbours(engine, now, &cursor, &neighbour, 1) == 1) {
			engine_clear_neighbour(engine, now, &neighbour);
		}
	}
	if (house->in_force != 0) {
		put_in_force(house, 0);
	}
}

/* The frame of a message in a block of its own size; the caller frees it. */
static uint8_t *
make_frame(uint8_t how, uint8_t who, const uint8_t *message, size_t length, size_t *size)
{
	const bool listener = (how & HOW_LISTENER) != 0;
	const size_t before = listener || (how & HOW_EXTENSION) != 0 ? EXTENSION : 0;
	uint8_t *frame;
	uint8_t *ip;
	const struct ipv6_header header = {
	    .source = people[who & 15],
	    .destination = people[who >> 4],
	    .payload_length = (uint16_t)(before + length),
	    .next_header = before == 0 ? IPV6_NEXT_ICMP : listener ? IPV6_NEXT_HOP_BY_HOP : IPV6_NEXT_DESTINATION,
	    .hop_limit = listener ? 1 : (how & HOW_FAR) != 0 ? 64 : 255,
	};

	*size = ETHERNET + IPV6_HEADER + before + length;
	frame = calloc(1, *size);
	if (frame == NULL) {
		abort();
	}
	ip = frame + ETHERNET;
	ipv6_group_mac(header.destination, frame);
	memcpy(frame + 6, station, sizeof(station));
	frame[12] = 0x86;
	frame[13] = 0xdd;
	ipv6_build(ip, &header);
	if (before != 0) {
		mld_build_router_alert(ip + IPV6_HEADER);
		if (!listener) {
			ip[IPV6_HEADER + 2] = 1; /* PadN instead */
		}
	}
	if (length > 0) {
		memcpy(ip + IPV6_HEADER + before, message, length);
	}
	if (length >= 4 && (how & HOW_WRONG_SUM) == 0) {
		icmp6_set_checksum(ip + IPV6_SOURCE_AT, ip + IPV6_HEADER + before, length);
	}
	return frame;
}

static void
process(struct house *house, const uint8_t *frame, size_t size)
{
	struct packet_result result;

	if (!gateway_process(house->gateway, frame, (uint32_t)size, 0, 0, &result)) {
		abort();
	}
	fuzz_hold(result.verdict != VERDICT_NONE && result.verdict < VERDICT_COUNT && result.reason != REASON_NONE,
	    "a packet without a verdict");
}

/* A datagram of the host 2001:db8:1::5 to a neighbour of the other side, or to another host of its own. */
static void
send_datagram(struct house *house, uint8_t who)
{
	uint8_t message[8] = {0x0f, 0xa0, 0, 99, 0, 8, 0, 0};
	size_t size;
	uint8_t *frame = make_frame(0, 2, message, sizeof(message), &size);
	uint8_t *ip = frame + ETHERNET;
	const struct ipv6_address to = {(who & 1) != 0 ? 0x20010db800020000 : 0x20010db800010000, (uint64_t)(who & 15)};

	frame[0] = 2;
	ip[6] = 17;
	ip[7] = 64;
	ipv6_address_store(ip + IPV6_DESTINATION_AT, to);
	bytes_store_16(ip + IPV6_HEADER + 6,
	    checksum_finish(ipv6_pseudo_at(ip + IPV6_SOURCE_AT, 17, 8) + checksum_sum(ip + IPV6_HEADER, 8)));
	process(house, frame, size);
	free(frame);
}

static bool
run_record(struct house *house, struct reader *reader)
{
	const uint8_t how = reader_u8(reader);
	const uint8_t who = reader_u8(reader);
	const uint8_t tenths = reader_u8(reader);
	size_t size;

	if (reader_failed(reader)) {
		return false;
	}
	/* Mostly short: timers take the time that they run for. */
	const uint64_t wait = (tenths & 7U) + ((tenths & 24U) == 24U ? 20U : 0U);

	if (!gateway_advance(house->gateway, gateway_now(house->gateway) + wait * GATEWAY_STEP)) {
		abort();
	}
	if ((how & HOW_COMMIT) == HOW_COMMIT) {
		put_in_force(house, who & 1);
	}
	if ((how & HOW_DATAGRAM) != 0) {
		send_datagram(house, who);
		return true;
	}
	const size_t wanted = reader_u8(reader);
	const size_t left = reader_left(reader);
	const size_t length = wanted < left ? wanted : left;
	const uint8_t *message = reader_bytes(reader, length);
	uint8_t *frame = make_frame(how, who, message, length, &size);

	if ((how & (HOW_FAR | HOW_LISTENER | HOW_EXTENSION)) == 0) {
		read_offers(house, frame + ETHERNET + IPV6_SOURCE_AT, frame + size - length, length);
	}
	process(house, frame, size);
	free(frame);
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
	house.offer_count = 0;
	for (unsigned i = 0; i < RECORDS_MOST && reader_left(&reader) > 0 && run_record(&house, &reader); i++) {
		/* It takes long enough to be done now and then. */
		if (i % 8 == 7) {
			check_neighbours(&house);
		}
	}
	check_neighbours(&house);
	forget(&house);
	return 0;
}
