/*
 * The rare packets of translated sessions: other protocols, ICMP errors with what they quote, and packets that are made
 * again what they were because their sender is told about them. See nat_rewrite.h.
 */
#include "nat_rewrite.h"

#include "wire/sctp.h"
#include "wire/udp_lite.h"

enum {
	TCP_CHECKSUM_AT = 16,
	UDP_CHECKSUM_AT = 6,
	ICMP_CHECKSUM_AT = 2,
	ICMP_IDENTIFIER_AT = 4,
};

static inline bool
is_query(uint8_t icmp_type)
{
	return icmp_is_request(icmp_type) || icmp_is_reply(icmp_type);
}

/* Where it is a fragment, and nobody knows of how much, the checksum stays: that is a quote in an error of ours. */
static void
rewrite_sctp(const struct item *item, uint8_t *transport, const void *ports)
{
	const bool fragment = (item->flags & ITEM_FRAGMENT) != 0;
	const uint32_t whole = fragment ? item->segment.payload : (uint32_t)(item->length - item->ip_header);
	uint8_t octets[4];

	memcpy(octets, ports, sizeof octets);
	if (whole < SCTP_HEADER) {
		memcpy(transport, octets, sizeof octets);
	} else if (memcmp(transport, octets, sizeof octets) != 0) {
		sctp_set_ports(transport, octets, whole);
	}
}

void
nat_rewrite_other(const struct item *item, uint8_t *transport, const struct flow_rewrite *rewrite)
{
	if (item->protocol == IPV4_PROTOCOL_ICMP) {
		if (is_query(item->icmp_type)) {
			memcpy(transport + ICMP_IDENTIFIER_AT, &rewrite->ports, sizeof(uint16_t));
			nat_checksum_not_zero(transport + ICMP_CHECKSUM_AT, rewrite->transport_delta);
		}
	} else if (item->protocol == IPV4_PROTOCOL_UDP_LITE) {
		memcpy(transport, &rewrite->ports, sizeof rewrite->ports);
		nat_checksum_not_zero(transport + UDP_LITE_CHECKSUM_AT, rewrite->transport_delta);
	} else if (item->protocol == IPV4_PROTOCOL_SCTP) {
		rewrite_sctp(item, transport, &rewrite->ports);
	}
}

static uint16_t
fold(uint64_t sum)
{
	return checksum_fold(sum);
}

/* What 32 bits are more than before, to be folded: sums of 32-bit words fold to those of their halves. */
static uint64_t
difference(uint32_t before, uint32_t after)
{
	return (uint64_t)(uint32_t)~before + after;
}

/* The addresses and ports of a key as they stand in a packet. */
struct plain {
	uint32_t addresses[2];
	uint16_t ports[2];
};

static struct plain
plain_of(const struct flow_fields *fields)
{
	return (struct plain){
	    .addresses = {__builtin_bswap32(fields->source), __builtin_bswap32(fields->destination)},
	    .ports = {__builtin_bswap16(fields->source_port), __builtin_bswap16(fields->destination_port)},
	};
}

struct flow_rewrite
nat_rewrite_between(struct flow_key from, struct flow_key reply)
{
	const struct flow_fields before = flow_fields_of(from);
	const struct flow_fields back = flow_fields_of(reply);
	const uint16_t ports[2] = {__builtin_bswap16(back.destination_port), __builtin_bswap16(back.source_port)};
	/* Sums of octets that are swapped are the sums, swapped (RFC 1071 2 B). */
	const uint64_t addresses =
	    difference(before.source, back.destination) + difference(before.destination, back.source);
	const uint64_t one_port = difference(before.source_port, back.destination_port);
	/* ICMP has no pseudo-header, and one port. */
	const uint64_t transport = before.protocol == IPV4_PROTOCOL_ICMP
				       ? one_port
				       : addresses + one_port + difference(before.destination_port, back.source_port);
	struct flow_rewrite rewrite = {
	    .source = __builtin_bswap32(back.destination),
	    .destination = __builtin_bswap32(back.source),
	    .address_delta = __builtin_bswap16(fold(addresses)),
	    .transport_delta = __builtin_bswap16(fold(transport)),
	};

	memcpy(&rewrite.ports, ports, sizeof rewrite.ports);
	return rewrite;
}

struct flow_rewrite
nat_rewrite_reverse(const struct flow *flow)
{
	const struct flow_fields fields = flow_fields_of(flow->key);
	const uint16_t ports[2] = {
	    __builtin_bswap16(fields.destination_port), __builtin_bswap16(fields.source_port)};
	struct flow_rewrite rewrite = {
	    .source = __builtin_bswap32(fields.destination),
	    .destination = __builtin_bswap32(fields.source),
	    .address_delta = (uint16_t)~flow->rewrite.address_delta,
	    .transport_delta = (uint16_t)~flow->rewrite.transport_delta,
	};

	memcpy(&rewrite.ports, ports, sizeof rewrite.ports);
	return rewrite;
}

/* Sets a 16-bit word as it stands in memory and adds what changed to a sum. */
static void
put_word(uint8_t *at, uint16_t word, uint64_t *sum)
{
	uint16_t before;

	memcpy(&before, at, sizeof before);
	*sum += (uint16_t)~before + (uint64_t)word;
	memcpy(at, &word, sizeof word);
}

static void
put_words(uint8_t *at, const void *words, size_t length, uint64_t *sum)
{
	uint16_t word;

	for (size_t i = 0; i < length; i += sizeof word) {
		memcpy(&word, (const uint8_t *)words + i, sizeof word);
		put_word(at + i, word, sum);
	}
}

/* A checksum within what is quoted, if it is there and is one. */
static void
put_checksum(uint8_t *at, uint16_t delta, bool may_be_none, uint64_t *sum)
{
	uint16_t stored;

	memcpy(&stored, at, sizeof stored);
	if (may_be_none && stored == 0) {
		return;
	}
	uint8_t changed[2];

	memcpy(changed, &stored, sizeof changed);
	if (nat_checksum(changed, delta) == 0 && may_be_none) {
		changed[0] = 0xff;
		changed[1] = 0xff;
	}
	memcpy(&stored, changed, sizeof stored);
	put_word(at, stored, sum);
}

/* The checksum too, if it is there and the header says how long the whole was. */
static void
restore_sctp(uint8_t *quote, uint16_t room, const uint16_t ports[2], uint64_t *sum)
{
	const uint16_t header = (uint16_t)((quote[0] & 0xf) * 4);
	const uint16_t total = bytes_load_16(quote + 2);
	uint8_t octets[4];
	uint8_t *transport = quote + header;

	memcpy(octets, ports, sizeof octets);
	if (room < header + SCTP_HEADER || total < header + SCTP_HEADER ||
	    (bytes_load_16(quote + 6) & IPV4_MORE_FRAGMENTS) != 0) {
		put_words(transport, octets, sizeof octets, sum);
		return;
	}
	uint8_t common[SCTP_HEADER];

	memcpy(common, transport, sizeof common);
	sctp_set_ports(common, octets, (uint32_t)(total - header));
	put_words(transport, common, sizeof common, sum);
}

/* What an error quotes becomes what it was when it came to us. `quote` has an IP header and 8 octets at least. Returns by how
 * much the sum over it changed. */
static uint64_t
restore_quote(uint8_t *quote, uint16_t room, const struct flow *flow)
{
	const struct flow_fields fields = flow_fields_of(flow->key);
	const struct plain plain = plain_of(&fields);
	const uint16_t header = (uint16_t)((quote[0] & 0xf) * 4);
	const uint16_t back = (uint16_t)~flow->rewrite.transport_delta;
	uint8_t *transport = quote + header;
	uint64_t sum = 0;

	assert(room >= header + ICMP_QUOTE_LEAST);
	put_words(quote + 12, plain.addresses, sizeof plain.addresses, &sum);
	put_checksum(quote + 10, (uint16_t)~flow->rewrite.address_delta, false, &sum);
	if (quote[9] == IPV4_PROTOCOL_TCP) {
		put_words(transport, plain.ports, sizeof plain.ports, &sum);
		if (room >= header + TCP_CHECKSUM_AT + 2) {
			put_checksum(transport + TCP_CHECKSUM_AT, back, false, &sum);
		}
	} else if (quote[9] == IPV4_PROTOCOL_UDP) {
		put_words(transport, plain.ports, sizeof plain.ports, &sum);
		put_checksum(transport + UDP_CHECKSUM_AT, back, true, &sum);
	} else if (quote[9] == IPV4_PROTOCOL_UDP_LITE) {
		put_words(transport, plain.ports, sizeof plain.ports, &sum);
		put_checksum(transport + UDP_LITE_CHECKSUM_AT, back, true, &sum);
	} else if (quote[9] == IPV4_PROTOCOL_SCTP) {
		restore_sctp(quote, room, plain.ports, &sum);
	} else if (quote[9] == IPV4_PROTOCOL_ICMP && is_query(transport[0])) {
		put_words(transport + ICMP_IDENTIFIER_AT, plain.ports, sizeof(uint16_t), &sum);
		put_checksum(transport + ICMP_CHECKSUM_AT, back, false, &sum);
	}
	return sum;
}

void
nat_rewrite_related(const struct item *item, const struct session *session, unsigned direction)
{
	const struct flow *flow = direction == SESSION_FORTH ? &session->forth : &session->back;
	const struct flow *far = direction == SESSION_FORTH ? &session->back : &session->forth;
	const struct flow_fields fields = flow_fields_of(flow->key);
	const struct plain plain = plain_of(&fields);
	uint8_t *ip = item->ip;
	uint8_t *message = ip + item->ip_header;
	uint64_t outer = 0;

	/* Whoever said it: where the session's own source is hidden, so are the routers before it. */
	if (plain.addresses[0] != flow->rewrite.source) {
		put_words(ip + 12, &flow->rewrite.source, sizeof flow->rewrite.source, &outer);
	}
	put_words(ip + 16, &flow->rewrite.destination, sizeof flow->rewrite.destination, &outer);
	(void)nat_checksum(ip + 10, fold(outer));
	if ((item->flags & ITEM_LATER) != 0) {
		return;
	}
	const uint16_t room = (uint16_t)(item->length - item->ip_header - ICMP_HEADER);
	const uint64_t inner = restore_quote(message + ICMP_HEADER, room, far);

	nat_checksum_not_zero(message + ICMP_CHECKSUM_AT, fold(inner));
}

/* A packet that was translated, as an item of that direction backwards. */
static void
undo(struct packet *packet, const struct flow *flow)
{
	const struct flow_fields fields = flow_fields_of(flow->key);
	const struct plain plain = plain_of(&fields);
	struct flow_rewrite back = {
	    .source = plain.addresses[0],
	    .destination = plain.addresses[1],
	    .address_delta = (uint16_t)~flow->rewrite.address_delta,
	    .transport_delta = (uint16_t)~flow->rewrite.transport_delta,
	};
	struct ipv4_header header;

	ipv4_load(packet->data, &header);
	const uint16_t ports[2] = {plain.ports[0], plain.ports[1]};

	memcpy(&back.ports, ports, sizeof back.ports);
	const struct item item = {
	    .packet = packet,
	    .ip = packet->data,
	    .length = header.total_length,
	    .ip_header = header.header_length,
	    .protocol = header.protocol,
	    .icmp_type = packet->length > header.header_length ? packet->data[header.header_length] : 0,
	    .flags = (header.fragment & IPV4_FRAGMENT_OFFSET) != 0 ? ITEM_LATER
		     : ipv4_is_fragment(&header)		   ? ITEM_FRAGMENT
								   : 0,
	};

	nat_rewrite(&item, &back);
}

bool
nat_restore(const struct engine *engine, struct packet *packet)
{
	const struct session *session = session_table_by_number(&engine->table, packet->result.session);

	if (packet->result.session == 0 || !engine->snapshot->nat.active) {
		return true;
	}
	if (session == NULL) {
		return false; /* nobody knows any more who sent it */
	}
	if ((session->common.flags & SESSION_NAT) == 0) {
		return true;
	}
	const struct flow *flows[2] = {&session->forth, &session->back};

	for (unsigned i = 0; i < 2; i++) {
		if (memcmp(packet->data + 12, &flows[i]->rewrite.source, sizeof flows[i]->rewrite.source) == 0 &&
		    memcmp(packet->data + 16, &flows[i]->rewrite.destination, sizeof flows[i]->rewrite.destination) == 0) {
			undo(packet, flows[i]);
			return true;
		}
	}
	return false;
}
