/*
 * Fuzz target: ICMPv6 errors about sessions that are there.
 *
 * A gateway has four sessions of IPv6 (talkers.h). The input is a row of errors: on which side one comes in, who says it to
 * whom, its type and code, and what it quotes: the octets of a packet of one of the sessions, with an extension header or
 * without, with some of them changed and the end cut off. An error that goes on must quote a packet of a session, from the host
 * that it goes to, as told by a reader of its own that walks over extension headers in any order; and no error makes a session,
 * ends or changes one, or is answered.
 */
#include <string.h>

#include "base/reader.h"
#include "house.h"
#include "talkers.h"
#include "target.h"
#include "wire/bytes.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"

enum {
	QUOTE_MOST = 256,
	SPEAKERS = 8,
};

static const struct ipv6_address speakers[SPEAKERS] = {
    {0x20010db800770000, 8},
    {0x20010db800770000, 9},
    {0x20010db800010000, 5},
    {0x20010db800990000, 1}, /* a router on the way */
    {0x20010db800020000, 1}, /* ours */
    {0xfe80000000000000, 1},
    {0xff02000000000000, 1},
    {0, 0},
};

/* One error of the input. */
struct error {
	uint8_t how;
	uint8_t who;
	uint8_t changes;
};

/* Where the transport of a quoted packet begins; 0: it has none, or too little of it. */
static size_t
transport_of(const uint8_t *quote, size_t length, uint8_t *protocol)
{
	size_t at = IPV6_HEADER;

	if (length < IPV6_HEADER || quote[0] >> 4 != 6) {
		return 0;
	}
	*protocol = quote[6];
	while (*protocol == IPV6_NEXT_HOP_BY_HOP || *protocol == IPV6_NEXT_ROUTING || *protocol == IPV6_NEXT_DESTINATION ||
	    *protocol == IPV6_NEXT_FRAGMENT) {
		if (at + 8 > length || (*protocol == IPV6_NEXT_FRAGMENT && bytes_load_16(quote + at + 2) >> 3 != 0)) {
			return 0;
		}
		const size_t size = *protocol == IPV6_NEXT_FRAGMENT ? 8 : 8 + (size_t)quote[at + 1] * 8;

		*protocol = quote[at];
		at += size;
	}
	return at + 8 <= length ? at : 0;
}

/* Is what is quoted a packet of a session that `to` sent? */
static bool
quote_of_session(const struct talkers *talkers, const uint8_t *quote, size_t length, struct ipv6_address to)
{
	uint8_t protocol = 0;
	const size_t at = transport_of(quote, length, &protocol);

	if (at == 0) {
		return false;
	}
	const struct ipv6_address ends[2] = {
	    ipv6_address_load(quote + IPV6_SOURCE_AT), ipv6_address_load(quote + IPV6_DESTINATION_AT)};

	return ipv6_equal(ends[0], to) && talkers_sent(talkers, ends, protocol, quote + at);
}

/* The error's packet from what it quotes; returns its length. */
static size_t
put_error(const struct talkers *talkers, uint8_t *packet, const struct error *error, struct ipv6_address to, size_t quoted)
{
	static const uint8_t types[] = {1, 2, 3, 4, 1, 3, 5, 127};
	const struct ipv6_address ends[2] = {speakers[(error->how & 0x40) != 0 ? error->who & 7 : 3], to};
	uint8_t *icmp = packet + IPV6_HEADER;
	const size_t length = ICMP6_HEADER + quoted;

	memset(icmp, 0, ICMP6_HEADER);
	icmp[0] = (error->how & 0x20) != 0 ? types[error->who & 7] : ICMP6_UNREACHABLE;
	icmp[1] = error->who >> 6;
	(void)talkers_put_ip(talkers, packet, ends, IPV6_NEXT_ICMP, length);
	talkers_put_sum(talkers, packet, IPV6_NEXT_ICMP, icmp, length, 2);
	return IPV6_HEADER + length;
}

/* One error; false at the end of the input. */
static bool
run_error(struct talkers *talkers, struct reader *reader)
{
	uint8_t packet[IPV6_HEADER + ICMP6_HEADER + QUOTE_MOST];
	uint8_t *quote = packet + IPV6_HEADER + ICMP6_HEADER;
	const struct error error = {.how = reader_u8(reader), .who = reader_u8(reader), .changes = reader_u8(reader)};
	const struct talkers_flow *flow = &talkers->flows[error.how & 3];
	/* Which way the packet went that is quoted, and whether the error comes in on the other side than it should. */
	const struct talkers_how how = {
	    .back = (error.how & 4) != 0,
	    .flags = TCP_ACK,
	    .extension = (error.changes & 8) != 0 ? 8 : 0,
	};
	const bool other = (error.how & 8) != 0;
	size_t length = talkers_packet(talkers, quote, flow, &how);

	if (reader_failed(reader)) {
		return false;
	}
	const struct ipv6_address sender = how.back ? flow->server : talkers->client;
	const struct ipv6_address to = (error.how & 0x10) != 0 ? speakers[error.who >> 3 & 7] : sender;

	for (unsigned i = 0; i < (error.changes & 7U); i++) {
		const uint8_t at = reader_u8(reader);

		quote[at % length] ^= reader_u8(reader);
	}
	if ((error.how & 0x80) != 0) {
		length = length * (error.who & 15) / 15;
	}
	const size_t whole = put_error(talkers, packet, &error, to, length);
	const struct packet_result result = talkers_send(talkers, packet, whole, how.back == other);

	fuzz_hold(result.verdict != VERDICT_NONE && result.reason != REASON_NONE, "a packet without a verdict");
	fuzz_hold(result.verdict != VERDICT_REJECT && result.verdict != VERDICT_HOST, "an error was answered, or taken for ours");
	fuzz_hold(result.verdict != VERDICT_FORWARD || quote_of_session(talkers, quote, length, to),
	    "an error about no session's packet went on");
	fuzz_hold(result.verdict == VERDICT_FORWARD || talkers->sent == 0, "something left because of an error");
	/* What is as it should be goes on. */
	fuzz_hold((error.changes & 7) != 0 || (error.how & 0xf8) != 0 || result.verdict == VERDICT_FORWARD,
	    "a true error does not go on");
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	/* Made once; each input has sessions of its own. */
	static struct talkers talkers = {
	    .inet6 = true,
	    .configuration = "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64\n"
	                     "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64\n"
	                     "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	                     "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	                     "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::fe\n"
	                     "set security forwarding-options family inet6 mode flow-based\n"
	                     "set security policies default-policy permit-all\n",
	    .client = {0x20010db800010000, 5},
	    .flows = {{{0x20010db800770000, 8}, 4000, 80, TALKERS_TCP},
	        {{0x20010db800770000, 8}, 4001, 53, TALKERS_UDP},
	        {{0x20010db800770000, 8}, 77, 77, IPV6_NEXT_ICMP},
	        {{0x20010db800770000, 9}, 4001, 53, TALKERS_UDP}},
	};
	struct reader reader = reader_over(bytes, length);

	talkers_begin(&talkers);
	while (reader_left(&reader) > 0 && run_error(&talkers, &reader)) {
	}
	talkers_end(&talkers);
	return 0;
}
