/*
 * ICMP messages. See wire/icmp.h.
 */
#include "wire/icmp.h"

#include <string.h>

#include "wire/checksum.h"

bool
icmp_parse_quote(const uint8_t *bytes, size_t length, struct icmp_quote *quote)
{
	memset(quote, 0, sizeof *quote);
	if (ipv4_parse_quoted(bytes, length, &quote->ip) != IPV4_OK ||
	    (quote->ip.fragment & IPV4_FRAGMENT_OFFSET) != 0) {
		return false;
	}
	struct reader reader = reader_over(bytes, length);

	reader_skip(&reader, quote->ip.header_length);
	const uint8_t *transport = reader_bytes(&reader, ICMP_QUOTE_LEAST);

	if (transport == NULL) {
		return false;
	}
	if (quote->ip.protocol == IPV4_PROTOCOL_ICMP) {
		quote->icmp_type = transport[0];
		quote->source_port = bytes_load_16(transport + 4);
	} else if (ip_protocol_has_ports(quote->ip.protocol)) {
		quote->source_port = bytes_load_16(transport);
		quote->destination_port = bytes_load_16(transport + 2);
		quote->sequence = bytes_load_32(transport + 4);
	}
	return true;
}

void
icmp_build_error(uint8_t *to, uint8_t type, uint8_t code, uint16_t mtu, size_t quoted)
{
	to[0] = type;
	to[1] = code;
	bytes_store_32(to + 2, 0);
	bytes_store_16(to + 6, mtu);
	bytes_store_16(to + 2, checksum_finish(checksum_sum(to, ICMP_HEADER + quoted)));
}
