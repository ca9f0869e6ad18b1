/*
 * Which of several workers a packet goes to first. See engine/owner.h.
 *
 * What is read here is read again, and checked, by inspect.c in the worker that gets it: here it is enough that a sound packet
 * goes where the keys of its session say (sharing.c).
 */
#include "engine/owner.h"

#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/nd.h"

enum {
	PORTS = 4,           /* octets that two ports take */
	FRAGMENT_MARK = 1,   /* keeps the hashes of datagrams apart from those of flows */
	CONTROL_WORKER = 0,
	FRAGMENT_BITS = 0x3fff, /* of IPv4's field: more fragments, and the offset */
};

/* hash_shares() is no PRF: what it may give away leads back to no other table's key, as SipHash stands between. */
struct engine_sharing
engine_sharing_of(const struct hash_key *secret, uint16_t workers)
{
	static const char low[] = "shares, low";
	static const char high[] = "shares, high";

	return (struct engine_sharing){
	    .secret = *secret,
	    .shares = {.low = hash_bytes(secret, low, sizeof(low)), .high = hash_bytes(secret, high, sizeof(high))},
	    .workers = workers,
	};
}

uint16_t
engine_flow_owner(const struct engine_sharing *sharing, const struct engine_flow *flow)
{
	if (ipv6_is_mapped(flow->source) && ipv6_is_mapped(flow->destination)) {
		return engine_flow_owner4(sharing, engine_end4((uint32_t)flow->source.low, flow->source_port),
		    engine_end4((uint32_t)flow->destination.low, flow->destination_port), flow->protocol);
	}
	const int order = ipv6_compare(flow->source, flow->destination);
	const bool forth = order < 0 || (order == 0 && flow->source_port <= flow->destination_port);
	const struct ipv6_address low = forth ? flow->source : flow->destination;
	const struct ipv6_address high = forth ? flow->destination : flow->source;
	const uint64_t ports = forth ? (uint64_t)flow->source_port << 16 | flow->destination_port
				     : (uint64_t)flow->destination_port << 16 | flow->source_port;
	const uint64_t addresses = hash_four(&sharing->secret, low.high, low.low, high.high, high.low);

	return engine_share_of(sharing, hash_shares(&sharing->shares, addresses, ports | (uint64_t)flow->protocol << 32));
}

/* => there is no ICMP error */
static void
read_ports(struct engine_flow *flow, const uint8_t *transport, size_t length)
{
	if (ip_protocol_has_ports(flow->protocol) && length >= PORTS) {
		flow->source_port = bytes_load_16(transport);
		flow->destination_port = bytes_load_16(transport + 2);
	}
}

/* The flow that an ICMP message is of; false: nobody can say. */
static bool
icmp_flow(struct engine_flow *flow, const uint8_t *message, size_t length)
{
	struct icmp_header header;
	struct icmp_quote quote;

	if (!icmp_parse(message, length, &header)) {
		return false;
	}
	if (!icmp_is_error(header.type)) {
		if (icmp_is_request(header.type) || icmp_is_reply(header.type)) {
			flow->source_port = header.identifier;
			flow->destination_port = header.identifier;
		}
		return true;
	}
	if (!icmp_parse_quote(message + ICMP_HEADER, length - ICMP_HEADER, &quote)) {
		return false;
	}
	*flow = (struct engine_flow){
	    .source = ipv6_mapped(quote.ip.source),
	    .destination = ipv6_mapped(quote.ip.destination),
	    .source_port = quote.source_port,
	    .destination_port = quote.ip.protocol == IPV4_PROTOCOL_ICMP ? quote.source_port : quote.destination_port,
	    .protocol = quote.ip.protocol,
	};
	return true;
}

static uint16_t
owner_of_ipv4(const struct engine_sharing *sharing, const uint8_t *ip, size_t room)
{
	struct ipv4_header header;

	if (ipv4_parse_quoted(ip, room, &header) != IPV4_OK || header.total_length > room) {
		return CONTROL_WORKER;
	}
	if (ipv4_is_fragment(&header)) {
		return engine_share_of(sharing,
		    hash_four(&sharing->secret, header.source, header.destination,
			header.identification | (uint64_t)header.protocol << 32, FRAGMENT_MARK));
	}
	const uint8_t *transport = ip + header.header_length;
	const size_t length = (size_t)header.total_length - header.header_length;

	if (ip_protocol_has_ports(header.protocol) && length >= PORTS) {
		return engine_flow_owner4(sharing, engine_end4(header.source, bytes_load_16(transport)),
		    engine_end4(header.destination, bytes_load_16(transport + 2)), header.protocol);
	}
	struct engine_flow flow = {
	    .source = ipv6_mapped(header.source),
	    .destination = ipv6_mapped(header.destination),
	    .protocol = header.protocol,
	};

	if (header.protocol == IPV4_PROTOCOL_ICMP && !icmp_flow(&flow, transport, length)) {
		return CONTROL_WORKER;
	}
	return engine_flow_owner(sharing, &flow);
}

/* As icmp_flow(). */
static bool
icmp6_flow(struct engine_flow *flow, const uint8_t *message, size_t length)
{
	struct icmp6_header header;
	struct icmp6_quote quote;

	if (!icmp6_parse(message, length, &header) || icmp6_is_discovery(header.type) ||
	    icmp6_is_listener(header.type)) {
		return false;
	}
	if (!icmp6_is_error(header.type)) {
		if (header.type == ICMP6_ECHO || header.type == ICMP6_ECHO_REPLY) {
			flow->source_port = header.identifier;
			flow->destination_port = header.identifier;
		}
		return true;
	}
	if (!icmp6_parse_quote(message + ICMP6_HEADER, length - ICMP6_HEADER, &quote)) {
		return false;
	}
	const bool authenticated = (quote.chain.flags & IPV6_CHAIN_AUTHENTICATION) != 0;

	*flow = (struct engine_flow){
	    .source = quote.ip.source,
	    .destination = quote.ip.destination,
	    .protocol = authenticated ? IPV6_NEXT_AUTHENTICATION : quote.chain.protocol,
	};
	if (!authenticated) {
		flow->source_port = quote.source_port;
		flow->destination_port =
		    quote.chain.protocol == IPV6_NEXT_ICMP ? quote.source_port : quote.destination_port;
	}
	return true;
}

static uint16_t
owner_of_ipv6(const struct engine_sharing *sharing, const uint8_t *ip, size_t room)
{
	struct ipv6_header header;
	struct ipv6_chain chain;

	if (ipv6_parse(ip, room, &header) != IPV6_OK ||
	    ipv6_chain_parse(ip + IPV6_HEADER, header.payload_length, header.next_header, &chain) != IPV6_CHAIN_OK) {
		return CONTROL_WORKER;
	}
	if (ipv6_is_fragment(&chain)) {
		const uint64_t addresses = hash_four(&sharing->secret, header.source.high, header.source.low,
		    header.destination.high, header.destination.low);

		return engine_share_of(sharing,
		    hash_four(&sharing->secret, addresses, chain.identification, 0, FRAGMENT_MARK));
	}
	struct engine_flow flow = {
	    .source = header.source,
	    .destination = header.destination,
	    .protocol = (chain.flags & IPV6_CHAIN_AUTHENTICATION) != 0 ? (uint8_t)IPV6_NEXT_AUTHENTICATION
								       : chain.protocol,
	};
	const uint8_t *transport = ip + IPV6_HEADER + chain.length;
	const size_t length = (size_t)header.payload_length - chain.length;

	read_ports(&flow, transport, length);
	if (flow.protocol == IPV6_NEXT_ICMP && !icmp6_flow(&flow, transport, length)) {
		return CONTROL_WORKER;
	}
	return engine_flow_owner(sharing, &flow);
}

/* Nearly all packets: IPv4 without tag, options and fragments, of a protocol with ports. False: it is something else. */
static inline bool
owner_of_plain(const struct engine_sharing *sharing, const struct packet *packet, uint16_t *owner)
{
	const uint8_t *frame = packet->data;
	const uint8_t *ip = frame + ETHERNET_HEADER;

	if ((packet->flags & PACKET_FROM_HOST) != 0 || packet->length < ETHERNET_HEADER + IPV4_HEADER + PORTS ||
	    bytes_load_16(frame + 12) != ETHERNET_TYPE_IPV4 || ip[0] != 0x45 ||
	    (bytes_load_16(ip + 6) & FRAGMENT_BITS) != 0 || !ip_protocol_has_ports(ip[9])) {
		return false;
	}
	const size_t length = bytes_load_16(ip + 2);

	if (length > packet->length - ETHERNET_HEADER || length < IPV4_HEADER + PORTS) {
		return false;
	}
	*owner = engine_flow_owner4(sharing, engine_end4(bytes_load_32(ip + 12), bytes_load_16(ip + IPV4_HEADER)),
	    engine_end4(bytes_load_32(ip + 16), bytes_load_16(ip + IPV4_HEADER + 2)), ip[9]);
	return true;
}

void
engine_owners(const struct engine_sharing *sharing, struct packet *const *packets, uint32_t count, uint16_t *owners)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!owner_of_plain(sharing, packets[i], &owners[i])) {
			owners[i] = engine_owner(sharing, packets[i]);
		}
	}
}

uint16_t
engine_owner(const struct engine_sharing *sharing, const struct packet *packet)
{
	struct ethernet_header frame;

	if (sharing->workers == 1 || (packet->flags & PACKET_FROM_HOST) != 0 ||
	    !ethernet_parse(packet->data, packet->length, &frame)) {
		return CONTROL_WORKER;
	}
	const uint8_t *ip = packet->data + frame.length;
	const size_t room = packet->length - frame.length;

	if (frame.type == ETHERNET_TYPE_IPV4) {
		return owner_of_ipv4(sharing, ip, room);
	}
	return frame.type == ETHERNET_TYPE_IPV6 ? owner_of_ipv6(sharing, ip, room) : CONTROL_WORKER;
}
