/*
 * Fuzz target: connections that are answered for their server during a SYN flood (REQ-SCR-033, REQ-SCR-042, REQ-SCR-043), between an honest client and
 * an honest server through a whole gateway, by proxy and by cookie, translated and not.
 *
 * The input says what the ends offer, and in which order things happen: an end sends, sends again, acknowledges; a frame arrives,
 * gets lost, comes twice, overtakes others; time passes; a stranger sends any segment under the connection's addresses. Held against it:
 *   - whatever leaves has right checksums and headers;
 *   - without a stranger, each octet that an end gets is the other's at that place of its stream, nothing is acknowledged that
 *     was not sent, and what echoes a timestamp echoes one that was sent;
 *   - without a stranger, on a network that loses nothing from then on, both streams get across whole.
 * The ends are in syn_ends.c.
 *
 * The input begins with the plan (1: bit 0 the mode, bit 1 translation, bit 2 there is a stranger) and both ends' offers (5 each: number 2,
 * scale 1, bits 1, size 1); then actions of one octet and what it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "syn_ends.h"
#include "target.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp_options.h"

/* --- what leaves ------------------------------------------------------------------------------------------------- */

/* Does the server know that its SYN has come? */
static bool
connected(const struct talk *talk)
{
	const struct end *server = &talk->ends[SERVER];

	return server->una != server->first;
}

/* Who waits for a server that nothing reaches is told so in the end, and not before; it may not hear it. */
static void
note_handshake(struct talk *talk, enum side to, uint8_t flags, uint64_t now)
{
	if (to == SERVER && (flags & TCP_SYN) != 0 && talk->asked == 0) {
		talk->asked = now + 1;
		/* Nobody remembers a cookie: a SYN that comes again after the flood finds the server, and the first answer the client. */
		talk->given_up = talk->given_up || (talk->cookies && talk->answered && !talk->ends[CLIENT].synced);
	}
	talk->answered = talk->answered || (to == CLIENT && talk->asked == 0);
	if (to == CLIENT && (flags & TCP_RST) != 0 && !talk->stranger && !connected(talk)) {
		fuzz_hold(talk->asked != 0 && now + 1 - talk->asked >= HANDSHAKE_SECONDS * GATEWAY_SECOND, "given up too early");
		talk->given_up = true;
	}
}

/* A client that has heard nothing yet gets an answer with this number: those with another are of a handshake that is forgotten
 * since. Who heard one of them now would speak to nobody, and be told so only where the zone has tcp-rst; nothing is promised to
 * packets that are older than the queue. */
static void
forget_answers(struct queue *queue, uint32_t number)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < queue->count; i++) {
		const struct frame *frame = &queue->frames[i];
		struct ipv4_header ip;
		struct tcp_header tcp;

		fuzz_hold(ipv4_parse(frame->bytes, frame->length, &ip) == IPV4_OK &&
			      tcp_parse(frame->bytes + ip.header_length, (size_t)ip.total_length - ip.header_length, &tcp) == TCP_OK,
		    "what was parsed before is wrong now");
		if ((tcp.flags & TCP_SYN) == 0 || tcp.sequence == number) {
			queue->frames[kept++] = *frame;
		}
	}
	queue->count = kept;
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	const struct packet *packet = output->packet;
	struct talk *talk = context;
	struct ipv4_header ip;
	struct tcp_header tcp;

	if (output->verb != ENGINE_SEND || packet->length < FRAME_HEADER || packet->data[12] != 8 || packet->data[13] != 0) {
		return;
	}
	const uint8_t *bytes = packet->data + FRAME_HEADER;

	fuzz_hold(ipv4_parse(bytes, packet->length - FRAME_HEADER, &ip) == IPV4_OK, "a wrong IP header left");
	if (ip.protocol != IPV4_PROTOCOL_TCP || ipv4_is_fragment(&ip)) {
		return;
	}
	const uint16_t length = (uint16_t)(ip.total_length - ip.header_length);

	fuzz_hold(tcp_parse(bytes + ip.header_length, length, &tcp) == TCP_OK, "a wrong TCP header left");
	fuzz_hold(checksum_fold(checksum_sum(bytes + ip.header_length, length) +
			   checksum_pseudo(ip.source, ip.destination, IPV4_PROTOCOL_TCP, length)) == 0xffff,
	    "a wrong checksum left");
	const enum side to = packet->port == PORT_INSIDE ? SERVER : CLIENT;

	/* The flood's own, which makes the connection one too many, and others' are not of it. */
	if ((to == SERVER ? tcp.destination_port != SERVER_PORT || ip.destination != SERVER_ADDRESS || tcp.sequence == 77
			  : tcp.destination_port != CLIENT_PORT || ip.destination != CLIENT_ADDRESS) ||
	    ip.total_length > FRAME_MOST) {
		return;
	}
	note_handshake(talk, to, tcp.flags, now);
	struct queue *queue = syn_queue(talk, to);

	if (to == CLIENT && (tcp.flags & TCP_SYN) != 0 && !talk->cookies && !talk->ends[CLIENT].synced) {
		forget_answers(queue, tcp.sequence);
	}
	if (queue->count == QUEUE) {
		queue->count--;
		memmove(queue->frames, queue->frames + 1, queue->count * sizeof(queue->frames[0]));
	}
	queue->frames[queue->count].since = now;
	queue->frames[queue->count].length = ip.total_length;
	memcpy(queue->frames[queue->count].bytes, bytes, ip.total_length);
	queue->count++;
}

static void
take_event(void *context, const struct event *event)
{
	(void)context;
	fuzz_hold(event->kind < EVENT_COUNT, "an event of no kind");
}

/* --- what comes in ----------------------------------------------------------------------------------------------- */

static void
stranger(struct talk *talk, struct reader *reader)
{
	const uint8_t how = reader_u8(reader);
	const enum side from = (how & 1) != 0 ? CLIENT : SERVER;
	const struct end *end = syn_end(talk, from);
	struct tcp_header header = {
	    .source_port = from == CLIENT ? CLIENT_PORT : SERVER_PORT,
	    .destination_port = from == CLIENT ? SERVER_PORT : talk->known_port,
	    .flags = reader_u8(reader),
	    .window = reader_u16(reader),
	    .header_length = TCP_HEADER,
	};
	uint8_t frame[FRAME_MOST];
	uint8_t *tcp = frame + FRAME_HEADER + IPV4_HEADER;
	struct ipv4_header ip = syn_ip_header(talk, from);
	const size_t octets = (how >> 4) * 4U % (TCP_OPTIONS_MOST + 4);

	/* Near what is right, so that something of it is taken. */
	header.sequence = end->next + reader_u8(reader) - NEAR;
	header.acknowledgement = end->received + reader_u8(reader) - NEAR;
	syn_start_frame(frame);
	tcp_build(tcp, &header);
	const size_t got = octets <= reader_left(reader) ? octets : 0;
	const uint8_t *options = reader_bytes(reader, got);

	if (reader_failed(reader)) {
		return;
	}
	memcpy(tcp + TCP_HEADER, options, got);
	tcp[12] = (uint8_t)((TCP_HEADER + got) / 4 << 4);
	if ((how & 2) != 0) {
		ip.fragment = IPV4_DONT_FRAGMENT;
	}
	memset(tcp + TCP_HEADER + got, how, how & 8);
	syn_send_frame(talk, from, &ip, frame, (uint16_t)(TCP_HEADER + got + (how & 8)));
}

/* One of those on their way arrives, gets lost, or arrives and stays on its way too. */
static void
deliver(struct talk *talk, enum side which, uint8_t place, unsigned how)
{
	struct queue *queue = syn_queue(talk, which);

	if (queue->count == 0) {
		return;
	}
	const uint32_t at = place % queue->count;
	const struct frame frame = queue->frames[at];

	if (how != 2) {
		queue->count--;
		memmove(&queue->frames[at], &queue->frames[at + 1], (queue->count - at) * sizeof(frame));
	}
	const uint64_t lifetime = talk->cookies ? LIFETIME_COOKIE_SECONDS : LIFETIME_SECONDS;

	if (how != 1 && gateway_now(talk->house->gateway) - frame.since < lifetime * GATEWAY_SECOND) {
		syn_hear(talk, which, &frame);
	}
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static void
pass(struct talk *talk, uint64_t milliseconds)
{
	if (!gateway_advance(talk->house->gateway, gateway_now(talk->house->gateway) + milliseconds * MILLISECOND)) {
		abort();
	}
}

/* Another SYN to the server's port, so that the next one in this second is answered. */
static void
flood(struct talk *talk)
{
	const struct tcp_header header = {.source_port = (uint16_t)(gateway_now(talk->house->gateway) / MILLISECOND),
	    .destination_port = SERVER_PORT,
	    .sequence = 77,
	    .header_length = TCP_HEADER,
	    .flags = TCP_SYN};
	uint8_t frame[FRAME_MOST];
	struct ipv4_header ip = syn_ip_header(talk, CLIENT);

	ip.source = CLIENT_ADDRESS + 1;
	syn_start_frame(frame);
	tcp_build(frame + FRAME_HEADER + IPV4_HEADER, &header);
	syn_send_frame(talk, CLIENT, &ip, frame, TCP_HEADER);
}

static void
act(struct talk *talk, struct reader *reader)
{
	const uint8_t action = reader_u8(reader);
	const enum side which = (action & 1) != 0 ? CLIENT : SERVER;

	switch (action >> 1 & 7) {
	case 0:
		flood(talk);
		(void)syn_send_new(talk, which);
		break;
	case 1:
		flood(talk);
		syn_send_again(talk, which);
		break;
	case 2:
		syn_acknowledge(talk, which);
		break;
	case 3:
		pass(talk, (uint64_t)(action >> 4) * 50);
		break;
	case 4:
		if (talk->stranger) {
			stranger(talk, reader);
		}
		break;
	default:
		deliver(talk, which, reader_u8(reader), action >> 4 & 3);
		break;
	}
}

static bool
whole(struct talk *talk, enum side which)
{
	const struct end *end = syn_end(talk, which);

	return end->una == end->first + 1 + end->size;
}

/* From here on nothing is lost. A connection that was given up before is begun no more. */
static void
finish(struct talk *talk)
{
	talk->fair = true;
	for (unsigned round = 0; !(whole(talk, CLIENT) && whole(talk, SERVER)) && !talk->given_up; round++) {
		fuzz_hold(round < FAIR_ROUNDS, "honest ends do not get through");
		if (syn_end(talk, CLIENT)->reset || syn_end(talk, SERVER)->reset) {
			return;
		}
		pass(talk, 100);
		for (unsigned i = 0; i < ENDS; i++) {
			const enum side which = (enum side)i;

			if (round % 4 == 0) {
				syn_send_again(talk, which);
			}
			for (unsigned j = 0; j < 4 && syn_send_new(talk, which); j++) {
			}
			while (syn_queue(talk, syn_other(which))->count > 0) {
				deliver(talk, syn_other(which), 0, 0);
			}
		}
	}
}

static void
make_house(struct house *house, struct talk *talk, unsigned plan)
{
	static const char ground[] = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set security zones security-zone untrust screen s\n"
	    "set security screen ids-option s tcp syn-flood attack-threshold 1\n"
	    "set security policies default-policy permit-all\n";
	static const char translation[] = "set security nat static rule-set s from zone untrust\n"
	    "set security nat static rule-set s rule r match destination-address 198.51.100.80/32\n"
	    "set security nat static rule-set s rule r then static-nat prefix 10.0.0.5/32\n"
	    "set security nat source rule-set o from zone untrust\n"
	    "set security nat source rule-set o to zone trust\n"
	    "set security nat source rule-set o rule r match source-address 0.0.0.0/0\n"
	    "set security nat source rule-set o rule r then source-nat interface\n";
	const struct gateway_options options = {.sessions = SESSIONS, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = talk};
	struct text text = TEXT_EMPTY;

	house->gateway = gateway_create(&options, &sink);
	house->tree = fuzz_tree();
	fuzz_hold(house->gateway != NULL, "no memory for a gateway");
	gateway_set_wall(house->gateway, 1191405600000000);
	text_append(&text, ground);
	text_append(&text, (plan & 1) != 0 ? "set security flow syn-flood-protection-mode syn-cookie\n" : "");
	text_append(&text, (plan & 2) != 0 ? translation : "");
	fuzz_load(house->tree, text_string(&text));
	fuzz_configure(house->gateway, house->tree);
	text_release(&text);
}

static void
read_end(struct end *end, struct reader *reader)
{
	const uint32_t first = (uint32_t)reader_u16(reader) << 16 | 0xfff0;
	const uint8_t scale = reader_u8(reader);
	const uint8_t bits = reader_u8(reader);

	*end = (struct end){
	    .first = first,
	    .una = first,
	    .next = first,
	    .size = (uint32_t)reader_u8(reader) * 40,
	    .value = first ^ 0x5555,
	    .value_first = first ^ 0x5555,
	    .offer = {
		.segment = (bits & 4) != 0 ? SEGMENT : 0,
		.scale = scale >= SCALE_NONE_FROM ? TCP_SCALE_NONE : scale,
		.sack = (bits & 1) != 0,
		.stamps = (bits & 2) != 0,
	    },
	};
	/* 536 is what who says nothing means; ours are smaller. */
	end->offer.segment = end->offer.segment == 0 ? 0 : SEGMENT + TCP_OPTIONS_BUILT_MOST + 40;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct talk talk;
	static struct house houses[PLANS]; /* made once: compiling takes longer than a run */
	struct reader reader = reader_over(bytes, length);
	const uint8_t plan = reader_u8(&reader);
	struct house *house = &houses[plan % PLANS];

	memset(&talk, 0, sizeof(talk));
	talk.house = house;
	if (house->gateway == NULL) {
		make_house(house, &talk, plan % PLANS);
	}
	talk.stranger = (plan & 4) != 0;
	talk.cookies = (plan & 1) != 0;
	talk.public = (plan & 2) != 0 ? PUBLIC_ADDRESS : SERVER_ADDRESS;
	talk.known = CLIENT_ADDRESS;
	talk.known_port = CLIENT_PORT;
	read_end(syn_end(&talk, CLIENT), &reader);
	read_end(syn_end(&talk, SERVER), &reader);
	while (reader_left(&reader) > 0) {
		act(&talk, &reader);
	}
	if (!talk.stranger) {
		finish(&talk);
	}
	pass(&talk, UINT64_C(1000) * SLEEP_SECONDS);
	/* Sessions that both ends left established last longer than that. */
	struct engine_session_view views[16];
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		const uint32_t got = engine_list_sessions(
		    gateway_engine(house->gateway), gateway_now(house->gateway), &cursor, SESSIONS, views, 16);

		for (uint32_t i = 0; i < got; i++) {
			(void)engine_clear_session(gateway_engine(house->gateway), gateway_now(house->gateway), views[i].session);
		}
	}
	return 0;
}
