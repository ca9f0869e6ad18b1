/*
 * Neighbour and listener discovery messages. See wire/nd.h.
 */
#include "wire/nd.h"

#include <assert.h>
#include <string.h>

enum option {
	OPTION_SOURCE_MAC = 1,
	OPTION_TARGET_MAC = 2,
	OPTION_PREFIX = 3,
	OPTION_MTU = 5,
	OPTION_NONCE = 14,
	OPTION_DNS = 25,
};

enum {
	OPTION_HEAD = 2,
	OPTION_UNIT = 8, /* octets */
	FLAGS_AT = 4,
	TARGET_AT = 8,
	DNS_MOST = 8,
	OPTION_ROUTER_ALERT = 5,
};

static bool
read_mac(const uint8_t *option, size_t length, uint8_t *mac, bool *has)
{
	if (length != ND_LINK_OPTION || !ethernet_station(option + OPTION_HEAD)) {
		return false;
	}
	memcpy(mac, option + OPTION_HEAD, ETHERNET_ADDRESS);
	*has = true;
	return true;
}

/* Of a kind that comes twice the last one counts; kinds that nobody here asks for are skipped. */
static bool
read_option(struct nd_message *message, const uint8_t *option, size_t length)
{
	if (option[0] == OPTION_SOURCE_MAC) {
		return read_mac(option, length, message->source_mac, &message->has_source_mac);
	}
	if (option[0] == OPTION_TARGET_MAC) {
		return read_mac(option, length, message->target_mac, &message->has_target_mac);
	}
	if (option[0] == OPTION_NONCE && length == ND_NONCE_OPTION) {
		memcpy(message->nonce, option + OPTION_HEAD, ND_NONCE);
		message->has_nonce = true;
	}
	return true;
}

static bool
read_options(struct nd_message *message, struct reader *reader)
{
	for (unsigned count = 0; reader_left(reader) > 0; count++) {
		const uint8_t *option = reader->next;

		reader_skip(reader, 1);
		const size_t length = (size_t)reader_u8(reader) * OPTION_UNIT;

		if (length == 0 || count == ND_OPTIONS_MOST) {
			return false;
		}
		reader_skip(reader, length - OPTION_HEAD);
		if (reader_failed(reader) || !read_option(message, option, length)) {
			return false;
		}
	}
	return true;
}

bool
nd_parse(const uint8_t *bytes, size_t length, struct nd_message *message)
{
	struct reader reader = reader_over(bytes, length);

	memset(message, 0, sizeof *message);
	message->type = reader_u8(&reader);
	if (reader_u8(&reader) != 0 || !icmp6_is_discovery(message->type)) {
		return false;
	}
	reader_skip(&reader, 2);
	const uint8_t *word = reader_bytes(&reader, 4);

	if (word == NULL) {
		return false;
	}
	if (message->type == ICMP6_ROUTER_ADVERTISEMENT) {
		reader_skip(&reader, ND_ROUTER_ADVERTISEMENT - ND_ROUTER_SOLICITATION);
	} else if (message->type != ICMP6_ROUTER_SOLICITATION) {
		const uint8_t *target = reader_bytes(&reader, IPV6_ADDRESS);

		if (target == NULL) {
			return false;
		}
		message->target = ipv6_address_load(target);
		/* An IPv4 address is asked for by ARP, and no neighbour has it as this. */
		if (ipv6_is_multicast(message->target) || ipv6_is_mapped(message->target)) {
			return false;
		}
	}
	if (message->type == ICMP6_NEIGHBOUR_ADVERTISEMENT) {
		message->flags = word[0];
	} else if (message->type == ICMP6_REDIRECT) {
		reader_skip(&reader, IPV6_ADDRESS);
	}
	return !reader_failed(&reader) && read_options(message, &reader);
}

static size_t
build_mac(uint8_t *to, enum option kind, const uint8_t *mac)
{
	to[0] = (uint8_t)kind;
	to[1] = ND_LINK_OPTION / OPTION_UNIT;
	memcpy(to + OPTION_HEAD, mac, ETHERNET_ADDRESS);
	return ND_LINK_OPTION;
}

size_t
nd_build(uint8_t *to, const struct nd_message *message)
{
	size_t length = ND_NEIGHBOUR;

	assert(message->type == ICMP6_NEIGHBOUR_SOLICITATION ||
	       message->type == ICMP6_NEIGHBOUR_ADVERTISEMENT);
	memset(to, 0, ND_NEIGHBOUR);
	to[0] = message->type;
	to[FLAGS_AT] = message->flags;
	ipv6_address_store(to + TARGET_AT, message->target);
	if (message->has_source_mac) {
		length += build_mac(to + length, OPTION_SOURCE_MAC, message->source_mac);
	}
	if (message->has_target_mac) {
		length += build_mac(to + length, OPTION_TARGET_MAC, message->target_mac);
	}
	if (message->has_nonce) {
		to[length] = OPTION_NONCE;
		to[length + 1] = ND_NONCE_OPTION / OPTION_UNIT;
		memcpy(to + length + OPTION_HEAD, message->nonce, ND_NONCE);
		length += ND_NONCE_OPTION;
	}
	return length;
}

size_t
nd_build_advertisement(uint8_t *to, const struct nd_advertisement *advertisement)
{
	memset(to, 0, ND_ROUTER_ADVERTISEMENT);
	to[0] = ICMP6_ROUTER_ADVERTISEMENT;
	to[4] = advertisement->hop_limit;
	to[5] = advertisement->flags;
	bytes_store_16(to + 6, advertisement->lifetime);
	bytes_store_32(to + 8, advertisement->reachable);
	bytes_store_32(to + 12, advertisement->retransmit);
	return ND_ROUTER_ADVERTISEMENT;
}

size_t
nd_build_source_mac(uint8_t *to, const uint8_t *mac)
{
	return build_mac(to, OPTION_SOURCE_MAC, mac);
}

size_t
nd_build_mtu(uint8_t *to, uint32_t mtu)
{
	to[0] = OPTION_MTU;
	to[1] = ND_MTU_OPTION / OPTION_UNIT;
	bytes_store_16(to + 2, 0);
	bytes_store_32(to + 4, mtu);
	return ND_MTU_OPTION;
}

size_t
nd_build_prefix(uint8_t *to, const struct nd_prefix *prefix)
{
	memset(to, 0, ND_PREFIX_OPTION);
	to[0] = OPTION_PREFIX;
	to[1] = ND_PREFIX_OPTION / OPTION_UNIT;
	to[2] = prefix->length;
	to[3] = prefix->flags;
	bytes_store_32(to + 4, prefix->valid);
	bytes_store_32(to + 8, prefix->preferred);
	ipv6_address_store(to + 16, ipv6_first(prefix->prefix, prefix->length));
	return ND_PREFIX_OPTION;
}

size_t
nd_build_dns(uint8_t *to, const struct ipv6_address *servers, unsigned count, uint32_t lifetime)
{
	assert(count > 0 && count <= DNS_MOST);
	to[0] = OPTION_DNS;
	to[1] = (uint8_t)(1 + 2 * count);
	bytes_store_16(to + 2, 0);
	bytes_store_32(to + 4, lifetime);
	for (unsigned i = 0; i < count; i++) {
		ipv6_address_store(to + ND_DNS_OPTION + i * (size_t)IPV6_ADDRESS, servers[i]);
	}
	return ND_DNS_OPTION + count * (size_t)IPV6_ADDRESS;
}

size_t
mld_build_report(
    uint8_t *to, enum mld_record kind, const struct ipv6_address *groups, uint16_t count)
{
	size_t length = MLD_REPORT;

	memset(to, 0, MLD_REPORT);
	to[0] = ICMP6_LISTENER_REPORT_2;
	bytes_store_16(to + 6, count);
	for (uint16_t i = 0; i < count; i++) {
		to[length] = (uint8_t)kind;
		memset(to + length + 1, 0, 3);
		ipv6_address_store(to + length + 4, groups[i]);
		length += MLD_RECORD;
	}
	return length;
}

size_t
mld_build_router_alert(uint8_t *to)
{
	static const uint8_t header[8] = {IPV6_NEXT_ICMP, 0, OPTION_ROUTER_ALERT, 2, 0, 0, 1, 0};

	memcpy(to, header, sizeof header);
	return sizeof header;
}

bool
mld_parse_query(const uint8_t *bytes, size_t length, struct ipv6_address *group)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, MLD_QUERY_LEAST);

	if (b == NULL || b[0] != ICMP6_LISTENER_QUERY) {
		return false;
	}
	*group = ipv6_address_load(b + 8);
	return ipv6_is_unspecified(*group) || ipv6_is_multicast(*group);
}
