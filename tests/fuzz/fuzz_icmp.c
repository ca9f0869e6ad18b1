/*
 * Fuzz target: ICMP errors about sessions that are there.
 *
 * A gateway has four sessions (talkers.h). The input is a row of errors: on which side one comes in, who says it to whom, its type
 * and code, and what it quotes: the octets of a packet of one of the sessions with some of them changed, or any octets at all. An
 * error that goes on must quote a packet of a session, from the host that it goes to, as told by a reader of its own; and no
 * error makes a session, ends or changes one.
 */
#include <string.h>

#include "base/reader.h"
#include "house.h"
#include "talkers.h"
#include "target.h"
#include "wire/bytes.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

enum {
	ICMP = 8,
	QUOTE_MOST = 576,
	REDIRECT = 5,
	SPEAKERS = 8,
};

#define IP(address) {0, 0xffff00000000U | (address)}
#define CLIENT      0x0a000005U
#define SERVER      0x08080808U
#define OTHER       0x08080809U
#define OURS        0xc6336401U

static const struct ipv6_address speakers[SPEAKERS] = {
    IP(SERVER),
    IP(OTHER),
    IP(CLIENT),
    IP(0x01020304U), /* a router on the way */
    IP(OURS),
    IP(0x0a000001U),
    IP(0xffffffffU),
    IP(0xe0000001U),
};

/* One error of the input. */
struct error {
	uint8_t how;
	uint8_t who;
	uint8_t changes;
};

/* Is what is quoted a packet of a session that `to` sent? */
static bool
quote_of_session(const struct talkers *talkers, const uint8_t *quote, size_t length, struct ipv6_address to)
{
	const size_t header = length == 0 ? 0 : (size_t)(quote[0] & 15) * 4;

	if (length < IPV4_HEADER || quote[0] >> 4 != 4 || header < IPV4_HEADER || length < header + 8 ||
	    ((quote[6] & 0x1f) | quote[7]) != 0) {
		return false;
	}
	const struct ipv6_address ends[2] = {
	    ipv6_mapped(bytes_load_32(quote + 12)), ipv6_mapped(bytes_load_32(quote + 16))};

	return ipv6_equal(ends[0], to) && talkers_sent(talkers, ends, quote[9], quote + header);
}

/* The error's packet from what it quotes; returns its length. */
static size_t
put_error(const struct talkers *talkers, uint8_t *packet, const struct error *error, struct ipv6_address to, size_t quoted)
{
	static const uint8_t types[] = {3, 3, 11, 12, 4, REDIRECT, 3, 11};
	const struct ipv6_address ends[2] = {speakers[(error->how & 0x40) != 0 ? error->who & 7 : 3], to};
	uint8_t *icmp = packet + IPV4_HEADER;

	memset(icmp, 0, ICMP);
	icmp[0] = (error->how & 0x20) != 0 ? types[error->who & 7] : 3;
	icmp[1] = error->who >> 6;
	(void)talkers_put_ip(talkers, packet, ends, IPV4_PROTOCOL_ICMP, ICMP + quoted);
	talkers_put_sum(talkers, packet, IPV4_PROTOCOL_ICMP, icmp, ICMP + quoted, 2);
	return IPV4_HEADER + ICMP + quoted;
}

/* One error; false at the end of the input. */
static bool
run_error(struct talkers *talkers, struct reader *reader)
{
	uint8_t packet[IPV4_HEADER + ICMP + QUOTE_MOST];
	uint8_t *quote = packet + IPV4_HEADER + ICMP;
	const struct error error = {.how = reader_u8(reader), .who = reader_u8(reader), .changes = reader_u8(reader) & 7};
	/* Which way the packet went that is quoted, and whether the error comes in on the other side than it should. */
	const struct talkers_how how = {.back = (error.how & 4) != 0, .flags = TCP_ACK};
	const bool other = (error.how & 8) != 0;
	size_t length = talkers_packet(talkers, quote, &talkers->flows[error.how & 3], &how);

	if (reader_failed(reader)) {
		return false;
	}
	const struct ipv6_address sender = ipv6_mapped(bytes_load_32(quote + 12));
	const struct ipv6_address to = (error.how & 0x10) != 0 ? speakers[error.who >> 3 & 7] : sender;

	for (unsigned i = 0; i < error.changes; i++) {
		const uint8_t at = reader_u8(reader);

		quote[at % length] ^= reader_u8(reader);
	}
	if ((error.how & 0x80) != 0) {
		length = length * (error.who & 15) / 15;
	}
	const size_t whole = put_error(talkers, packet, &error, to, length);
	const uint8_t type = packet[IPV4_HEADER];
	const struct packet_result result = talkers_send(talkers, packet, whole, how.back == other);

	fuzz_hold(result.verdict != VERDICT_NONE && result.reason != REASON_NONE, "a packet without a verdict");
	fuzz_hold(result.verdict != VERDICT_REJECT && result.verdict != VERDICT_HOST, "an error was answered, or taken for ours");
	fuzz_hold(result.verdict != VERDICT_FORWARD || quote_of_session(talkers, quote, length, to),
	    "an error about no session's packet went on");
	fuzz_hold(result.verdict == VERDICT_FORWARD || talkers->sent == 0, "something left because of an error");
	/* What is as it should be goes on; a redirect never does, whose ever it is. */
	fuzz_hold(type != REDIRECT || result.verdict == VERDICT_DROP, "a redirect goes on");
	fuzz_hold(error.changes != 0 || (error.how & 0xd8) != 0 || type == REDIRECT || result.verdict == VERDICT_FORWARD,
	    "a true error does not go on");
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	/* Made once; each input has sessions of its own. */
	static struct talkers talkers = {
	    .configuration = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	                     "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	                     "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	                     "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	                     "set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254\n"
	                     "set security policies default-policy permit-all\n",
	    .client = IP(CLIENT),
	    .flows = {{IP(SERVER), 4000, 80, TALKERS_TCP},
	        {IP(SERVER), 4001, 53, TALKERS_UDP},
	        {IP(SERVER), 77, 77, IPV4_PROTOCOL_ICMP},
	        {IP(OTHER), 4001, 53, TALKERS_UDP}},
	};
	struct reader reader = reader_over(bytes, length);

	talkers_begin(&talkers);
	while (reader_left(&reader) > 0 && run_error(&talkers, &reader)) {
	}
	talkers_end(&talkers);
	return 0;
}
