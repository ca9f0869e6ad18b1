/*
 * Flows of frames, for texts. See flow.h.
 */
#include "base/reader.h"
#include "flow.h"

enum {
	MAC_BYTES = 12,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_SERVICE_VLAN = 0x88a8,
	TAGS = 2,
	IPV4_HEADER = 20,
	FRAGMENT_OFFSET = 0x1fff,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO_REQUEST = 8,
};

static void
read_ports(struct flow *flow, struct reader *reader)
{
	if (flow->protocol == PROTOCOL_TCP || flow->protocol == PROTOCOL_UDP) {
		flow->source_port = reader_u16(reader);
		flow->destination_port = reader_u16(reader);
		flow->ports = !reader_failed(reader);
	} else if (flow->protocol == PROTOCOL_ICMP) {
		const uint8_t type = reader_u8(reader);

		reader_skip(reader, 3);
		flow->source_port = reader_u16(reader);
		flow->destination_port = flow->source_port;
		flow->ports = !reader_failed(reader) && (type == ICMP_ECHO_REQUEST || type == ICMP_ECHO_REPLY);
	}
}

struct flow
flow_of_frame(const uint8_t *bytes, size_t length)
{
	struct flow flow = {.ipv4 = false};
	struct reader reader = reader_over(bytes, length);
	uint16_t type;
	uint16_t offset;
	uint8_t first;

	reader_skip(&reader, MAC_BYTES);
	type = reader_u16(&reader);
	for (int tag = 0; tag < TAGS && (type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN); tag++) {
		reader_skip(&reader, 2);
		type = reader_u16(&reader);
	}
	first = reader_u8(&reader);
	reader_skip(&reader, 5);
	offset = reader_u16(&reader) & FRAGMENT_OFFSET;
	reader_skip(&reader, 1);
	flow.protocol = reader_u8(&reader);
	reader_skip(&reader, 2);
	flow.source = reader_u32(&reader);
	flow.destination = reader_u32(&reader);
	if (type != ETHERTYPE_IPV4 || reader_failed(&reader) || first >> 4 != 4 || (first & 15) * 4 < IPV4_HEADER) {
		return (struct flow){.ipv4 = false};
	}
	flow.ipv4 = true;
	reader_skip(&reader, (size_t)(first & 15) * 4 - IPV4_HEADER);
	if (offset == 0) {
		read_ports(&flow, &reader);
	}
	return flow;
}

void
flow_append_endpoint(struct text *out, uint32_t address, bool ports, uint16_t port)
{
	text_printf(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
	if (ports) {
		text_printf(out, ":%u", port);
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
	} else {
		text_printf(out, "%u", protocol);
	}
}
