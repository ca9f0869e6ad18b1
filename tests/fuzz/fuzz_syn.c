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
 * The ends are a TCP of their own and share nothing with the engine but the readers and writers of lib/wire.
 *
 * The input begins with the plan (1: bit 0 the mode, bit 1 translation, bit 2 there is a stranger) and both ends' offers (5 each: number 2,
 * scale 1, bits 1, size 1); then actions of one octet and what it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "source.h"
#include "target.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp_options.h"

enum {
	QUEUE = 24,
	SEGMENT = 500,
	FRAME_HEADER = 14,
	FRAME_MOST = FRAME_HEADER + IPV4_HEADER_MOST + 60 + SEGMENT + 32,
	PLANS = 4,
	SESSIONS = 256,
	FAIR_ROUNDS = 400,
	SLEEP_SECONDS = 100,
	HANDSHAKE_SECONDS = 20,
	/* Of a packet: who hears of a handshake that the queue (20 s, the last answer after 15) has forgotten is lost, as with any
	 * server. */
	LIFETIME_SECONDS = 4,
	LIFETIME_COOKIE_SECONDS = 15,
	NEAR = 128, /* half of what an octet says */
	PORT_INSIDE = 0,
	PORT_OUTSIDE = 1,
	SCALE_NONE_FROM = 12,
	CLIENT_PORT = 4000,
	SERVER_PORT = 80,
};

enum side {
	CLIENT,
	SERVER,
	ENDS
};

#define MILLISECOND UINT64_C(1000000)
#define CLIENT_ADDRESS UINT32_C(0xc6336407) /* 198.51.100.7 */
#define SERVER_ADDRESS UINT32_C(0x0a000005) /* 10.0.0.5 */
#define PUBLIC_ADDRESS UINT32_C(0xc6336450) /* 198.51.100.80 */

/* Its stream: SYN at `first`, then `size` octets. */
struct end {
	uint32_t first;
	uint32_t size;
	uint32_t una;
	uint32_t next;
	uint32_t received; /* what it waits for */
	uint32_t peer_first;
	uint32_t peer_window;
	uint32_t value; /* its timestamps' clock */
	uint32_t value_first;
	uint32_t seen;  /* the other's latest */
	struct tcp_options offer;
	uint8_t shift_own;
	uint8_t shift_peer;
	bool stamps;
	bool begun;
	bool synced;
	bool reset;
};

struct frame {
	uint64_t since; /* it is on its way, ns */
	uint16_t length; /* of the IP packet */
	uint8_t bytes[FRAME_MOST];
};

struct queue { /* what is on its way to an end */
	struct frame frames[QUEUE];
	uint32_t count;
};

struct house {
	struct gateway *gateway;
	struct conf_tree *tree;
};

struct talk {
	struct house *house;
	struct end ends[ENDS];
	struct queue queues[ENDS];
	uint32_t public; /* the server as the client knows it */
	uint32_t known;  /* the client as the server knows it */
	uint16_t known_port;
	uint64_t asked; /* the server for the first time, ns plus 1; 0: never */
	bool stranger;
	bool fair;
	bool given_up; /* the handshake with the server */
	bool cookies;
	bool answered; /* by us, for the server */
};

static void
hold(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static struct end *
end_of(struct talk *talk, enum side which)
{
	return &talk->ends[which];
}

static struct queue *
queue_of(struct talk *talk, enum side which)
{
	return &talk->queues[which];
}

static enum side
other(enum side which)
{
	return which == CLIENT ? SERVER : CLIENT;
}

static uint8_t
octet_of(enum side which, uint32_t at)
{
	return (uint8_t)(at * 7 + (at >> 8) + (which == CLIENT ? 0 : 101));
}

/* left < right in sequence space. */
static bool
before(uint32_t left, uint32_t right)
{
	return (int32_t)(left - right) < 0;
}

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
		hold(talk->asked != 0 && now + 1 - talk->asked >= HANDSHAKE_SECONDS * GATEWAY_SECOND, "given up too early");
		talk->given_up = true;
	}
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

	hold(ipv4_parse(bytes, packet->length - FRAME_HEADER, &ip) == IPV4_OK, "a wrong IP header left");
	if (ip.protocol != IPV4_PROTOCOL_TCP || ipv4_is_fragment(&ip)) {
		return;
	}
	const uint16_t length = (uint16_t)(ip.total_length - ip.header_length);

	hold(tcp_parse(bytes + ip.header_length, length, &tcp) == TCP_OK, "a wrong TCP header left");
	hold(checksum_fold(checksum_sum(bytes + ip.header_length, length) +
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
	struct queue *queue = queue_of(talk, to);

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
	hold(event->kind < EVENT_COUNT, "an event of no kind");
}

/* --- what comes in ----------------------------------------------------------------------------------------------- */

static void
send_frame(struct talk *talk, enum side from, struct ipv4_header *ip, uint8_t *frame, uint16_t tcp_length)
{
	uint8_t *tcp = frame + FRAME_HEADER + IPV4_HEADER;
	struct packet_result result;

	ip->total_length = (uint16_t)(IPV4_HEADER + tcp_length);
	ipv4_build(frame + FRAME_HEADER, ip);
	bytes_store_16(tcp + 16, 0);
	bytes_store_16(tcp + 16,
	    checksum_finish(checksum_sum(tcp, tcp_length) +
			    checksum_pseudo(ip->source, ip->destination, IPV4_PROTOCOL_TCP, tcp_length)));
	if (!gateway_process(talk->house->gateway, frame, (uint32_t)FRAME_HEADER + ip->total_length,
		from == CLIENT ? PORT_OUTSIDE : PORT_INSIDE, 0, &result)) {
		abort();
	}
}

static struct ipv4_header
ip_header(struct talk *talk, enum side from)
{
	return (struct ipv4_header){
	    .source = from == CLIENT ? CLIENT_ADDRESS : SERVER_ADDRESS,
	    .destination = from == CLIENT ? talk->public : talk->known,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = IPV4_PROTOCOL_TCP,
	};
}

static void
start_frame(uint8_t *frame)
{
	static const uint8_t header[FRAME_HEADER] = {2, 0x53, 0x50, 0, 0, 1, 2, 0, 0, 0, 0, 5, 8};

	memcpy(frame, header, sizeof(header));
}

/* A segment from `sequence` on, with up to `most` octets. */
static void
transmit(struct talk *talk, enum side from, uint32_t sequence, uint8_t flags, uint32_t most)
{
	const struct end *end = end_of(talk, from);
	const bool syn = (flags & TCP_SYN) != 0;
	const uint32_t at = sequence - end->first - 1;
	const uint32_t left = syn || at >= end->size ? 0 : end->size - at;
	const uint16_t size = (uint16_t)(left < most ? left : most);
	struct tcp_options options = end->offer;
	struct tcp_header header = {
	    .source_port = from == CLIENT ? CLIENT_PORT : SERVER_PORT,
	    .destination_port = from == CLIENT ? SERVER_PORT : talk->known_port,
	    .sequence = sequence,
	    .acknowledgement = (flags & TCP_ACK) != 0 ? end->received : 0,
	    .header_length = TCP_HEADER,
	    .flags = flags,
	};
	uint8_t frame[FRAME_MOST];
	uint8_t *tcp = frame + FRAME_HEADER + IPV4_HEADER;
	struct ipv4_header ip = ip_header(talk, from);

	header.window = UINT16_MAX;
	if (!syn) {
		header.window = (uint16_t)(UINT16_MAX >> end->shift_own);
		options = (struct tcp_options){.scale = TCP_SCALE_NONE, .stamps = end->stamps};
	}
	options.value = end->value;
	options.echo = end->seen;
	start_frame(frame);
	tcp_build(tcp, &header);
	const uint16_t length = (uint16_t)(TCP_HEADER + tcp_options_build(tcp + TCP_HEADER, &options));

	tcp[12] = (uint8_t)(length / 4 << 4);
	for (uint32_t i = 0; i < size; i++) {
		tcp[length + i] = octet_of(from, at + i);
	}
	send_frame(talk, from, &ip, frame, (uint16_t)(length + size));
}

/* New data if the other's window lets it; true: there was some. */
static bool
send_new(struct talk *talk, enum side from)
{
	struct end *end = end_of(talk, from);
	const uint32_t last = end->first + 1 + end->size;

	if (end->reset) {
		return false;
	}
	if (!end->begun) {
		end->begun = from == CLIENT;
		end->next = end->first + 1;
		if (end->begun) {
			transmit(talk, from, end->first, TCP_SYN, 0);
		}
		return end->begun;
	}
	const uint32_t room = end->una + end->peer_window - end->next;

	if (end->una == end->first || !before(end->next, last) || (int32_t)room <= 0) {
		return false;
	}
	const uint32_t most = room < SEGMENT ? room : SEGMENT;
	const uint32_t left = last - end->next;

	transmit(talk, from, end->next, TCP_ACK | TCP_PUSH, most);
	end->next += left < most ? left : most;
	return true;
}

/* The oldest again, or a question whether the window is open. */
static void
send_again(struct talk *talk, enum side from)
{
	struct end *end = end_of(talk, from);

	end->value++;
	if (end->reset || (from == SERVER && !end->synced)) {
		return;
	}
	if (!end->begun) {
		(void)send_new(talk, from);
	} else if (end->una == end->first) {
		transmit(talk, from, end->first, end->synced ? TCP_SYN | TCP_ACK : TCP_SYN, 0);
	} else if (end->una != end->next) {
		transmit(talk, from, end->una, TCP_ACK, SEGMENT);
	} else {
		transmit(talk, from, end->una - 1, TCP_ACK, 0);
	}
}

static void
acknowledge(struct talk *talk, enum side from)
{
	const struct end *end = end_of(talk, from);

	if (end->synced && end->una != end->first && !end->reset) {
		transmit(talk, from, end->next, TCP_ACK, 0);
	}
}

static void
stranger(struct talk *talk, struct reader *reader)
{
	const uint8_t how = reader_u8(reader);
	const enum side from = (how & 1) != 0 ? CLIENT : SERVER;
	const struct end *end = end_of(talk, from);
	struct tcp_header header = {
	    .source_port = from == CLIENT ? CLIENT_PORT : SERVER_PORT,
	    .destination_port = from == CLIENT ? SERVER_PORT : talk->known_port,
	    .flags = reader_u8(reader),
	    .window = reader_u16(reader),
	    .header_length = TCP_HEADER,
	};
	uint8_t frame[FRAME_MOST];
	uint8_t *tcp = frame + FRAME_HEADER + IPV4_HEADER;
	struct ipv4_header ip = ip_header(talk, from);
	const size_t octets = (how >> 4) * 4U % (TCP_OPTIONS_MOST + 4);

	/* Near what is right, so that something of it is taken. */
	header.sequence = end->next + reader_u8(reader) - NEAR;
	header.acknowledgement = end->received + reader_u8(reader) - NEAR;
	start_frame(frame);
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
	send_frame(talk, from, &ip, frame, (uint16_t)(TCP_HEADER + got + (how & 8)));
}

/* --- the ends hear ------------------------------------------------------------------------------------------------ */

struct heard {
	struct tcp_header tcp;
	struct tcp_options options;
	struct ipv4_header ip;
	const uint8_t *payload;
	uint16_t size;
};

static void
hear_syn(struct talk *talk, enum side which, const struct heard *heard)
{
	struct end *end = end_of(talk, which);
	const bool answers = (heard->tcp.flags & TCP_ACK) != 0;
	const bool scales = end->offer.scale != TCP_SCALE_NONE && heard->options.scale != TCP_SCALE_NONE;

	if (end->synced) {
		if (which == SERVER && end->una == end->first) {
			transmit(talk, which, end->first, TCP_SYN | TCP_ACK, 0);
		} else {
			acknowledge(talk, which);
		}
		return;
	}
	if (answers != (which == CLIENT) || (answers && heard->tcp.acknowledgement != end->first + 1)) {
		return;
	}
	end->synced = true;
	end->peer_first = heard->tcp.sequence;
	end->received = heard->tcp.sequence + 1;
	end->peer_window = heard->tcp.window;
	end->shift_own = scales ? end->offer.scale : 0;
	end->shift_peer = scales ? heard->options.scale : 0;
	end->stamps = end->offer.stamps && heard->options.stamps;
	end->seen = heard->options.value;
	if (which == SERVER) {
		talk->known = heard->ip.source;
		talk->known_port = heard->tcp.source_port;
		hold(talk->stranger || heard->tcp.sequence == end_of(talk, CLIENT)->first, "the server got another's number");
		end->offer.stamps = end->stamps;
		end->offer.scale = scales ? end->offer.scale : TCP_SCALE_NONE;
		end->offer.sack = end->offer.sack && heard->options.sack;
		end->begun = true;
		end->next = end->first + 1;
		transmit(talk, which, end->first, TCP_SYN | TCP_ACK, 0);
	} else {
		hold(!heard->options.sack || end->offer.sack, "more was granted than offered");
		end->una = end->first + 1;
		acknowledge(talk, which);
	}
}

static void
check_honest(struct talk *talk, enum side which, const struct heard *heard)
{
	const struct end *end = end_of(talk, which);
	const uint32_t at = heard->tcp.sequence - end->peer_first - 1;

	if (talk->stranger) {
		return;
	}
	hold(!before(end->next, heard->tcp.acknowledgement), "what was not sent is acknowledged");
	for (uint16_t i = 0; i < heard->size; i++) {
		hold(heard->payload[i] == octet_of(other(which), at + i), "an octet is another");
	}
	if (end->stamps && heard->options.stamps) {
		hold(!before(heard->options.echo, end->value_first) && !before(end->value, heard->options.echo),
		    "a timestamp is echoed that was not sent");
	}
	hold(which == CLIENT || !end->stamps || heard->options.stamps, "the server's timestamps are not answered");
}

static void
hear(struct talk *talk, enum side which, const struct frame *frame)
{
	struct end *end = end_of(talk, which);
	struct heard heard;

	if (ipv4_parse(frame->bytes, frame->length, &heard.ip) != IPV4_OK ||
	    tcp_parse(frame->bytes + heard.ip.header_length, (size_t)heard.ip.total_length - heard.ip.header_length, &heard.tcp) != TCP_OK ||
	    end->reset) {
		return;
	}
	const uint8_t *tcp = frame->bytes + heard.ip.header_length;

	tcp_options_parse(tcp + TCP_HEADER, (size_t)heard.tcp.header_length - TCP_HEADER, &heard.options);
	heard.payload = tcp + heard.tcp.header_length;
	heard.size = (uint16_t)(heard.ip.total_length - heard.ip.header_length - heard.tcp.header_length);
	if ((heard.tcp.flags & TCP_RST) != 0) {
		hold(talk->stranger || !talk->fair || talk->given_up, "an honest end is reset");
		end->reset = end->synced && heard.tcp.sequence == end->received;
		return;
	}
	if ((heard.tcp.flags & TCP_SYN) != 0) {
		hear_syn(talk, which, &heard);
		return;
	}
	if (!end->synced || (heard.tcp.flags & TCP_ACK) == 0) {
		return;
	}
	check_honest(talk, which, &heard);
	if (before(end->next, heard.tcp.acknowledgement)) {
		return;
	}
	if (!before(heard.tcp.acknowledgement, end->una)) {
		end->una = heard.tcp.acknowledgement;
		end->peer_window = (uint32_t)heard.tcp.window << end->shift_peer;
	}
	end->seen = heard.options.stamps ? heard.options.value : end->seen;
	const uint32_t until = heard.tcp.sequence + heard.size;

	if (heard.size > 0 && !before(end->received, heard.tcp.sequence) && before(end->received, until)) {
		end->received = until;
	}
	if (heard.size > 0 || before(heard.tcp.sequence, end->received)) {
		acknowledge(talk, which);
	}
}

/* One of those on their way arrives, gets lost, or arrives and stays on its way too. */
static void
deliver(struct talk *talk, enum side which, uint8_t place, unsigned how)
{
	struct queue *queue = queue_of(talk, which);

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
		hear(talk, which, &frame);
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
	struct ipv4_header ip = ip_header(talk, CLIENT);

	ip.source = CLIENT_ADDRESS + 1;
	start_frame(frame);
	tcp_build(frame + FRAME_HEADER + IPV4_HEADER, &header);
	send_frame(talk, CLIENT, &ip, frame, TCP_HEADER);
}

static void
act(struct talk *talk, struct reader *reader)
{
	const uint8_t action = reader_u8(reader);
	const enum side which = (action & 1) != 0 ? CLIENT : SERVER;

	switch (action >> 1 & 7) {
	case 0:
		flood(talk);
		(void)send_new(talk, which);
		break;
	case 1:
		flood(talk);
		send_again(talk, which);
		break;
	case 2:
		acknowledge(talk, which);
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
	const struct end *end = end_of(talk, which);

	return end->una == end->first + 1 + end->size;
}

/* From here on nothing is lost. A connection that was given up before is begun no more. */
static void
finish(struct talk *talk)
{
	talk->fair = true;
	for (unsigned round = 0; !(whole(talk, CLIENT) && whole(talk, SERVER)) && !talk->given_up; round++) {
		hold(round < FAIR_ROUNDS, "honest ends do not get through");
		if (end_of(talk, CLIENT)->reset || end_of(talk, SERVER)->reset) {
			return;
		}
		pass(talk, 100);
		for (unsigned i = 0; i < ENDS; i++) {
			const enum side which = (enum side)i;

			if (round % 4 == 0) {
				send_again(talk, which);
			}
			for (unsigned j = 0; j < 4 && send_new(talk, which); j++) {
			}
			while (queue_of(talk, other(which))->count > 0) {
				deliver(talk, other(which), 0, 0);
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
	struct schema *schema = source_schema("fuzz");
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text text = TEXT_EMPTY;

	house->gateway = gateway_create(&options, &sink);
	house->tree = schema == NULL ? NULL : conf_tree_create(schema);
	if (house->gateway == NULL || house->tree == NULL) {
		abort();
	}
	gateway_set_wall(house->gateway, 1191405600000000);
	text_append(&text, ground);
	text_append(&text, (plan & 1) != 0 ? "set security flow syn-flood-protection-mode syn-cookie\n" : "");
	text_append(&text, (plan & 2) != 0 ? translation : "");
	if (!conf_load(house->tree, CONF_FORMAT_SET, NULL, text_string(&text), text.length, &list) ||
	    !gateway_configure(house->gateway, house->tree, &list)) {
		abort();
	}
	diagnostics_release(&list);
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
	read_end(end_of(&talk, CLIENT), &reader);
	read_end(end_of(&talk, SERVER), &reader);
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
