/*
 * ICMPv6 messages. See wire/icmp6.h.
 */
#include "wire/icmp6.h"

#include <string.h>

#include "wire/ipv4.h"

bool
icmp6_parse_quote(const uint8_t *bytes, size_t length, struct icmp6_quote *quote)
{
	struct ipv6_header *ip = &quote->ip;

	memset(quote, 0, sizeof *quote);
	if (ipv6_parse_quoted(bytes, length, ip) != IPV6_OK) {
		return false;
	}
	struct reader reader = reader_over(bytes, length);

	reader_skip(&reader, IPV6_HEADER);
	if (ipv6_chain_parse_quoted(reader.next, reader_left(&reader), ip->next_header,
		&quote->chain) != IPV6_CHAIN_OK ||
	    quote->chain.fragment_offset != 0) {
		return false;
	}
	reader_skip(&reader, quote->chain.length);
	const uint8_t *transport = reader_bytes(&reader, ICMP6_QUOTE_LEAST);

	if (transport == NULL) {
		return false;
	}
	if (quote->chain.protocol == IPV6_NEXT_ICMP) {
		quote->icmp_type = transport[0];
		quote->source_port = bytes_load_16(transport + 4);
	} else if (ip_protocol_has_ports(quote->chain.protocol)) {
		quote->source_port = bytes_load_16(transport);
		quote->destination_port = bytes_load_16(transport + 2);
		quote->sequence = bytes_load_32(transport + 4);
	}
	return true;
}

void
icmp6_build_error(uint8_t *to, const struct icmp6_header *error, const uint8_t *addresses,
    size_t quoted)
{
	to[0] = error->type;
	to[1] = error->code;
	bytes_store_32(to + 4, error->parameter);
	icmp6_set_checksum(addresses, to, ICMP6_HEADER + quoted);
}
