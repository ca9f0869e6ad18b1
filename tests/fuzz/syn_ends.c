/*
 * See syn_ends.h.
 */
#include "syn_ends.h"

#include <string.h>

#include "wire/bytes.h"
#include "wire/checksum.h"

/* --- they speak -------------------------------------------------------------------------------------------------- */

void
syn_send_frame(struct talk *talk, enum side from, struct ipv4_header *ip, uint8_t *frame, uint16_t tcp_length)
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

struct ipv4_header
syn_ip_header(const struct talk *talk, enum side from)
{
	return (struct ipv4_header){
	    .source = from == CLIENT ? CLIENT_ADDRESS : SERVER_ADDRESS,
	    .destination = from == CLIENT ? talk->public : talk->known,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = IPV4_PROTOCOL_TCP,
	};
}

void
syn_start_frame(uint8_t *frame)
{
	static const uint8_t header[FRAME_HEADER] = {2, 0x53, 0x50, 0, 0, 1, 2, 0, 0, 0, 0, 5, 8};

	memcpy(frame, header, sizeof(header));
}

/* A segment from `sequence` on, with up to `most` octets. */
static void
transmit(struct talk *talk, enum side from, uint32_t sequence, uint8_t flags, uint32_t most)
{
	const struct end *end = syn_end(talk, from);
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
	struct ipv4_header ip = syn_ip_header(talk, from);

	header.window = UINT16_MAX;
	if (!syn) {
		header.window = (uint16_t)(UINT16_MAX >> end->shift_own);
		options = (struct tcp_options){.scale = TCP_SCALE_NONE, .stamps = end->stamps};
	}
	options.value = end->value;
	options.echo = end->seen;
	syn_start_frame(frame);
	tcp_build(tcp, &header);
	const uint16_t length = (uint16_t)(TCP_HEADER + tcp_options_build(tcp + TCP_HEADER, &options));

	tcp[12] = (uint8_t)(length / 4 << 4);
	for (uint32_t i = 0; i < size; i++) {
		tcp[length + i] = syn_octet(from, at + i);
	}
	syn_send_frame(talk, from, &ip, frame, (uint16_t)(length + size));
}

bool
syn_send_new(struct talk *talk, enum side from)
{
	struct end *end = syn_end(talk, from);
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

	if (end->una == end->first || !syn_before(end->next, last) || (int32_t)room <= 0) {
		return false;
	}
	const uint32_t most = room < SEGMENT ? room : SEGMENT;
	const uint32_t left = last - end->next;

	transmit(talk, from, end->next, TCP_ACK | TCP_PUSH, most);
	end->next += left < most ? left : most;
	return true;
}

void
syn_send_again(struct talk *talk, enum side from)
{
	struct end *end = syn_end(talk, from);

	end->value++;
	if (end->reset || (from == SERVER && !end->synced)) {
		return;
	}
	if (!end->begun) {
		(void)syn_send_new(talk, from);
	} else if (end->una == end->first) {
		transmit(talk, from, end->first, end->synced ? TCP_SYN | TCP_ACK : TCP_SYN, 0);
	} else if (end->una != end->next) {
		transmit(talk, from, end->una, TCP_ACK, SEGMENT);
	} else {
		transmit(talk, from, end->una - 1, TCP_ACK, 0);
	}
}

void
syn_acknowledge(struct talk *talk, enum side from)
{
	const struct end *end = syn_end(talk, from);

	if (end->synced && end->una != end->first && !end->reset) {
		transmit(talk, from, end->next, TCP_ACK, 0);
	}
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
	struct end *end = syn_end(talk, which);
	const bool answers = (heard->tcp.flags & TCP_ACK) != 0;
	const bool scales = end->offer.scale != TCP_SCALE_NONE && heard->options.scale != TCP_SCALE_NONE;

	if (end->synced) {
		if (which == SERVER && end->una == end->first) {
			transmit(talk, which, end->first, TCP_SYN | TCP_ACK, 0);
		} else {
			syn_acknowledge(talk, which);
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
		fuzz_hold(talk->stranger || heard->tcp.sequence == syn_end(talk, CLIENT)->first, "the server got another's number");
		end->offer.stamps = end->stamps;
		end->offer.scale = scales ? end->offer.scale : TCP_SCALE_NONE;
		end->offer.sack = end->offer.sack && heard->options.sack;
		end->begun = true;
		end->next = end->first + 1;
		transmit(talk, which, end->first, TCP_SYN | TCP_ACK, 0);
	} else {
		fuzz_hold(!heard->options.sack || end->offer.sack, "more was granted than offered");
		end->una = end->first + 1;
		syn_acknowledge(talk, which);
	}
}

static void
check_honest(struct talk *talk, enum side which, const struct heard *heard)
{
	const struct end *end = syn_end(talk, which);
	const uint32_t at = heard->tcp.sequence - end->peer_first - 1;

	if (talk->stranger) {
		return;
	}
	fuzz_hold(!syn_before(end->next, heard->tcp.acknowledgement), "what was not sent is acknowledged");
	for (uint16_t i = 0; i < heard->size; i++) {
		fuzz_hold(heard->payload[i] == syn_octet(syn_other(which), at + i), "an octet is another");
	}
	if (end->stamps && heard->options.stamps) {
		fuzz_hold(!syn_before(heard->options.echo, end->value_first) && !syn_before(end->value, heard->options.echo),
		    "a timestamp is echoed that was not sent");
	}
	fuzz_hold(which == CLIENT || !end->stamps || heard->options.stamps, "the server's timestamps are not answered");
}

void
syn_hear(struct talk *talk, enum side which, const struct frame *frame)
{
	struct end *end = syn_end(talk, which);
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
		fuzz_hold(talk->stranger || !talk->fair || talk->given_up, "an honest end is reset");
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
	if (syn_before(end->next, heard.tcp.acknowledgement)) {
		return;
	}
	if (!syn_before(heard.tcp.acknowledgement, end->una)) {
		end->una = heard.tcp.acknowledgement;
		end->peer_window = (uint32_t)heard.tcp.window << end->shift_peer;
	}
	end->seen = heard.options.stamps ? heard.options.value : end->seen;
	const uint32_t until = heard.tcp.sequence + heard.size;

	if (heard.size > 0 && !syn_before(end->received, heard.tcp.sequence) && syn_before(end->received, until)) {
		end->received = until;
	}
	if (heard.size > 0 || syn_before(heard.tcp.sequence, end->received)) {
		syn_acknowledge(talk, which);
	}
}
