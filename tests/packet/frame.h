/*
 * A frame in words, as bytes, and back: the test's own packet maker and reader, independent of lib/wire, so that a mistake
 * there cannot hide here.
 *
 *   tcp A:p > B:q FLAGS      FLAGS of SAFRPU, '.' for none
 *   udp A:p > B:q
 *   udp-lite A:p > B:q       its checksum covers the first len / 2 octets behind the header, all without len
 *   sctp A:p > B:q           one chunk, len octets of it behind its header
 *   icmp A > B echo | echo-reply | type N code N      then, for an error: of tcp|udp|icmp|ip ...
 *   ip A > B protocol N
 *   arp request|reply A > B
 *   raw HEX                                            the whole frame
 * followed by any of: seq N, ack N, win N, mss N, wscale N, len N (payload octets), ttl N, id N, tos N, df, mf, offset N (octets),
 * ident N, number N (ICMP echo), mtu N (ICMP), smac M, dmac M, mac M (ARP: the sender's), pad N (octets behind), bad-checksum,
 * bad-ip-checksum, options N (octets of IP option "no operation").
 * In an expectation only what is written is compared; that lengths and checksums are right is always checked.
 */
#ifndef PACKET_FRAME_H
#define PACKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "words.h"

enum {
	FRAME_SIZE = 12000,
	MAC_LENGTH = 6,
};

enum frame_kind {
	FRAME_IP,
	FRAME_ARP,
	FRAME_RAW,
};

/* A field that may be written or not. */
struct field {
	bool given;
	uint32_t value;
};

enum ip_field {
	FIELD_SEQ,
	FIELD_ACK,
	FIELD_WIN,
	FIELD_MSS,
	FIELD_WSCALE,
	FIELD_LEN,
	FIELD_TTL,
	FIELD_ID,
	FIELD_TOS,
	FIELD_DF,
	FIELD_MF,
	FIELD_OFFSET,
	FIELD_IDENT,
	FIELD_NUMBER,
	FIELD_MTU,
	FIELD_OPTIONS,
	FIELD_COUNT
};

struct ip_words {
	uint8_t protocol;
	bool ports;
	bool bare; /* "ip": no transport header is made or looked for */
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t flags; /* TCP */
	uint8_t type;  /* ICMP */
	uint8_t code;
	bool bad_checksum;
	bool bad_ip_checksum;
	struct field fields[FIELD_COUNT];
};

struct frame_words {
	enum frame_kind kind;
	struct ip_words ip;
	bool has_inner;
	struct ip_words inner; /* what an ICMP error quotes */
	uint16_t arp_operation;
	bool has_arp_mac;
	uint8_t arp_mac[MAC_LENGTH];
	bool has_smac;
	bool has_dmac;
	uint8_t smac[MAC_LENGTH];
	uint8_t dmac[MAC_LENGTH];
	uint32_t pad;
	uint32_t raw_length;
	uint8_t raw[FRAME_SIZE];
};

/* Takes words up to the end, "expect" or "+". False with a sentence. */
bool frame_parse(struct words *words, struct frame_words *frame, struct text *error);
/* Writes Ethernet (with `ethernet`) and all behind it; tag 0: none. Returns the length, 0 when it does not fit. */
size_t frame_build(const struct frame_words *frame, bool ethernet, uint16_t tag, uint8_t *bytes, size_t size);
/* Reads bytes back, checking lengths and checksums. `tag` gets the VLAN tag or 0. False with a sentence. */
bool frame_read(const uint8_t *bytes, size_t length, bool ethernet, struct frame_words *frame, uint16_t *tag,
    struct text *error);
/* Appends what differs from the expectation; nothing when it fits. */
void frame_compare(const struct frame_words *expected, const struct frame_words *got, struct text *difference);
/* For messages. */
void frame_describe(const struct frame_words *frame, struct text *out);

#endif
