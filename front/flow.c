/*
 * Flows of frames, for texts. See flow.h.
 */
#include "base/reader.h"
#include "flow.h"
#include "wire/address_text.h"

enum {
	MAC_BYTES = 12,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_SERVICE_VLAN = 0x88a8,
	TAGS = 2,
	IPV4_HEADER = 20,
	EXTENSIONS_MOST = 8, /* headers that are walked over at most */
	FRAGMENT_OFFSET = 0x1fff,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMP6 = 58,
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO_REQUEST = 8,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
};

static void
read_ports(struct flow *flow, struct reader *reader)
{
	if (flow->protocol == PROTOCOL_TCP || flow->protocol == PROTOCOL_UDP) {
		flow->source_port = reader_u16(reader);
		flow->destination_port = reader_u16(reader);
		flow->ports = !reader_failed(reader);
	} else if (flow->protocol == PROTOCOL_ICMP || flow->protocol == PROTOCOL_ICMP6) {
		const bool ipv6 = flow->protocol == PROTOCOL_ICMP6;
		const uint8_t type = reader_u8(reader);

		reader_skip(reader, 3);
		flow->source_port = reader_u16(reader);
		flow->destination_port = flow->source_port;
		flow->ports = !reader_failed(reader) &&
		    (type == (ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO_REQUEST) ||
		        type == (ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHO_REPLY));
	}
}

static struct flow
flow_of_ipv4(struct reader *reader)
{
	struct flow flow = {.ip = false};
	const uint8_t first = reader_u8(reader);
	uint16_t offset;

	reader_skip(reader, 5);
	offset = reader_u16(reader) & FRAGMENT_OFFSET;
	reader_skip(reader, 1);
	flow.protocol = reader_u8(reader);
	reader_skip(reader, 2);
	flow.source = ipv6_mapped(reader_u32(reader));
	flow.destination = ipv6_mapped(reader_u32(reader));
	if (reader_failed(reader) || first >> 4 != 4 || (first & 15) * 4 < IPV4_HEADER) {
		return (struct flow){.ip = false};
	}
	flow.ip = true;
	reader_skip(reader, (size_t)(first & 15) * 4 - IPV4_HEADER);
	if (offset == 0) {
		read_ports(&flow, reader);
	}
	return flow;
}

/* Walks over the extension headers; false for a later fragment, which has no ports. */
static bool
skip_extensions(struct flow *flow, struct reader *reader)
{
	for (int i = 0; i < EXTENSIONS_MOST; i++) {
		const uint8_t kind = flow->protocol;
		uint8_t length;
		uint16_t word;

		if (kind != IPV6_NEXT_HOP_BY_HOP && kind != IPV6_NEXT_ROUTING && kind != IPV6_NEXT_DESTINATION && kind != IPV6_NEXT_FRAGMENT) {
			return true;
		}
		flow->protocol = reader_u8(reader);
		length = reader_u8(reader);
		word = reader_u16(reader);
		reader_skip(reader, 4);
		if (kind != IPV6_NEXT_FRAGMENT) {
			reader_skip(reader, (size_t)length * 8);
		} else if (word >> 3 != 0) {
			return false;
		}
	}
	return false;
}

static struct flow
flow_of_ipv6(struct reader *reader)
{
	struct flow flow = {.ip = false};
	const uint8_t first = reader_u8(reader);
	const uint8_t *addresses;

	reader_skip(reader, 5);
	flow.protocol = reader_u8(reader);
	reader_skip(reader, 1);
	addresses = reader_bytes(reader, 2 * (size_t)IPV6_ADDRESS);
	if (addresses == NULL || first >> 4 != 6) {
		return (struct flow){.ip = false};
	}
	flow.ip = true;
	flow.source = ipv6_address_load(addresses);
	flow.destination = ipv6_address_load(addresses + IPV6_ADDRESS);
	if (skip_extensions(&flow, reader)) {
		read_ports(&flow, reader);
	}
	return flow;
}

struct flow
flow_of_frame(const uint8_t *bytes, size_t length)
{
	struct reader reader = reader_over(bytes, length);
	uint16_t type;

	reader_skip(&reader, MAC_BYTES);
	type = reader_u16(&reader);
	for (int tag = 0; tag < TAGS && (type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN); tag++) {
		reader_skip(&reader, 2);
		type = reader_u16(&reader);
	}
	if (type == ETHERTYPE_IPV4) {
		return flow_of_ipv4(&reader);
	}
	return type == ETHERTYPE_IPV6 ? flow_of_ipv6(&reader) : (struct flow){.ip = false};
}

void
flow_append_endpoint(struct text *out, struct ipv6_address address, bool ports, uint16_t port)
{
	char string[ADDRESS_TEXT];

	(void)address_text(string, address);
	if (!ports) {
		text_append(out, string);
	} else if (ipv6_is_mapped(address)) {
		text_printf(out, "%s:%u", string, port);
	} else {
		text_printf(out, "[%s]:%u", string, port);
	}
}

void
flow_append_protocol(struct text *out, uint8_t protocol)
{
	if (protocol == PROTOCOL_TCP) {
		text_append(out, "tcp");
	} else if (protocol == PROTOCOL_UDP) {
		text_append(out, "udp");
	} else if (protocol == PROTOCOL_ICMP) {
		text_append(out, "icmp");
	} else if (protocol == PROTOCOL_ICMP6) {
		text_append(out, "icmp6");
	} else {
		text_printf(out, "%u", protocol);
	}
}
