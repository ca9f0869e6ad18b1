/*
 * The options of a TCP handshake (RFC 9293 3.1, RFC 7323, RFC 2018) as a whole: what a SYN offers, and an answer that
 * offers the same in the usual order; and what sums and numbers of a segment in the middle are changed by.
 *
 *   MSS 2,4,size     window scale 3,3,shift     SACK permitted 4,2     SACK 5,2+8n,{left,right}
 *   timestamps 8,10,value,echo
 */
#ifndef WIRE_TCP_OPTIONS_H
#define WIRE_TCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/tcp.h"

enum {
	TCP_OPTIONS_MOST = 40,
	TCP_OPTIONS_BUILT_MOST = 20, /* octets that tcp_options_build() writes at most */
};

struct tcp_options {
	uint32_t value; /* of timestamps */
	uint32_t echo;
	uint16_t segment; /* maximum segment size; 0: none */
	uint8_t scale;    /* TCP_SCALE_NONE: none; at most TCP_SCALE_MOST */
	bool sack;        /* SACK permitted */
	bool stamps;      /* there are timestamps */
};

/* What is there; of a list that is cut short or wrong what stands before that. => `options` are the header_length -
 * TCP_HEADER octets after the fixed header */
void tcp_options_parse(const uint8_t *options, size_t length, struct tcp_options *found);
/* Writes them; returns the octets, a multiple of four. => there is room for TCP_OPTIONS_BUILT_MOST */
uint8_t tcp_options_build(uint8_t *to, const struct tcp_options *options);

/* What numbers of a segment in the middle are changed by, modulo 2^32. */
struct tcp_change {
	uint32_t sequence;
	uint32_t acknowledgement; /* and the numbers of SACK blocks, unless they become padding */
	uint32_t value;           /* of timestamps */
	uint32_t echo;
	uint16_t window; /* what the field becomes */
	bool no_sack;    /* SACK blocks become padding */
	bool no_stamps;  /* timestamps become padding */
};

/* Changes a segment in place, and its checksum by the difference (RFC 1624). Without ACK neither the acknowledgement nor
 * SACK blocks nor the echo are changed. => tcp_parse() said TCP_OK; header_length is what it found, and all of the header is
 * there */
void tcp_change(uint8_t *segment, uint8_t header_length, const struct tcp_change *change);

#endif
