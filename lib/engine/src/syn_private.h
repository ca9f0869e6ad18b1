/*
 * The answer to SYN floods: what comes beyond a zone's attack threshold we answer ourselves, and open the connection to the
 * server only for who completes the handshake with us.
 *
 * Life of such a connection:
 *   1. SYN           syn_flood.c counts it: dropped beyond the source's and the destination's threshold, as ever up to the
 *                    attack threshold, beyond it answered (syn_answer.c) with a window of 0, so that no data comes yet.
 *                    Mode syn-proxy: after route and policy, and what was agreed waits in a queue (syn_queue.c), and is
 *                    answered again after 1, 3, 7 and 15 s as by any host. Another SYN of the same addresses and ports does
 *                    not take its place, as anybody may send it: a cookie goes to who sent it, and both may prove to be there.
 *                    Mode syn-cookie: at once, back where it came from, without route, policy, queue or session; what was
 *                    agreed is in our sequence number and our timestamp (syn_cookie.c).
 *   2. ACK           syn_flood.c finds it in the queue, or its cookie right (also where its SYN, sent again when the flood was
 *                    over, has begun a session that no server has answered yet): it goes the way of every first packet (ITEM_PROVEN;
 *                    route, policy, translation, limits, session), and where that ends it is made the SYN that goes to the
 *                    server (syn_open.c). The session is SESSION_SPLICED, and waits for the server (splice.server is false).
 *   3. server's SYN  syn_open.c answers it, and opens the client's window. It repeats our SYN until then, by the sessions'
 *      with ACK      wheel; the server's RST, or silence for as long as a handshake may last, goes to the client as a RST.
 *   4. all segments  syn_splice.c: the server's numbers are ours less a difference, as are its timestamps; windows are scaled
 *                    as each side knows it; options that the server did not agree to become padding.
 * The client's sequence numbers are its own all the time, so only what is about the server's numbers changes.
 *
 * Tracking (tcp.c), the session's windows and the quotes of ICMP errors are in the server's numbers.
 *
 * Memory is fixed: SYN_QUEUE_MOST half-open connections over all zones, SYN_REFUSED_MOST names, and 32 octets beside each session, which nobody
 * reads or writes unless the session has SESSION_SPLICED.
 *
 * Threads: the engine's worker.
 */
#ifndef ENGINE_SYN_PRIVATE_H
#define ENGINE_SYN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/wheel.h"
#include "engine/engine.h"
#include "session_private.h"
#include "wire/ethernet.h"
#include "wire/tcp_options.h"

struct engine;
struct item;
struct admission;

enum {
	SYN_QUEUE_MOST = 32768, /* half-open connections; a power of two */
	SYN_REFUSED_MOST = 1 << 18,
	SYN_SCALE = 7,          /* the window scale that we promise, a client who offers one */
	SYN_SECRETS = 2,
};

/* What a client and we agreed on, as far as the server has to hear of it. */
struct syn_offer {
	uint32_t sequence;     /* of its SYN */
	uint32_t answer;       /* our sequence number */
	uint32_t value;        /* our timestamp's */
	uint32_t client_value; /* its latest timestamp's */
	uint16_t segment;      /* its maximum segment size */
	uint16_t window;       /* for a SYN: not scaled */
	uint8_t scale;         /* of its windows, or TCP_SCALE_NONE */
	bool sack;
	bool stamps;
};

/* Beside a session with SESSION_SPLICED. */
struct syn_splice {
	uint32_t sequence;     /* the server's number and this make ours. Until there is a server: our number */
	uint32_t value;        /* the same of timestamps */
	uint32_t client_first; /* the client's SYN's number */
	uint32_t client_value; /* its timestamp's then */
	uint16_t segment;      /* the server's maximum segment size; until there is a server the client's */
	uint16_t window;       /* the client's, for the SYN */
	uint8_t client_scale;  /* TCP_SCALE_NONE: neither has any */
	uint8_t server_scale;  /* TCP_SCALE_NONE: the server does not scale */
	bool client_sack;
	bool client_stamps;
	bool server_sack;
	bool server_stamps;
	bool server; /* its SYN with ACK has come */
	uint8_t tries; /* SYNs that were sent to it */
	uint32_t pad;
};
_Static_assert(sizeof(struct syn_splice) == 32, "two are a cache line");

struct syn_secret {
	struct hash_key key;
	uint64_t epoch; /* in which it was drawn, plus one; 0: never */
};

struct syn_cookies {
	struct syn_secret secrets[SYN_SECRETS]; /* by the last bit of the epoch */
};

/* A place of the queue. Places are named by their number plus one; 0: none. */
struct syn_half {
	struct wheel_link link; /* until it is answered again, or its end */
	uint32_t next;  /* in its chain, or of the free ones */
	uint32_t older; /* of the same zone */
	uint32_t newer;
	struct flow_key key;
	struct syn_offer offer;
	struct flow_addresses addresses; /* its SYN's; IPv4 as ::ffff:a.b.c.d */
	uint32_t hash; /* the key's, its low half */
	uint32_t end;  /* tick at which it is forgotten */
	uint16_t zone;
	uint16_t unit; /* that it came in on */
	uint8_t station[ETHERNET_ADDRESS]; /* that it came from; all zero: none */
	uint8_t answers; /* that were sent of our own accord, but for the first */
};

/* A zone's part of the queue. */
struct syn_share {
	uint32_t count;
	uint32_t oldest;
	uint32_t newest;
};

struct syn_queue {
	struct syn_half *halves;
	uint32_t *chains;
	struct syn_share *shares; /* by zone */
	uint32_t *refused; /* names of SYNs that found no place; 0: none */
	uint32_t zones;
	uint32_t fresh; /* places that were ever used */
	uint32_t free;  /* of them */
	uint32_t count;
	uint32_t crowd;       /* SYNs without a place in this second, and in the one before */
	uint32_t crowd_before;
	uint32_t crowd_since; /* tick at which this second began */
	struct wheel wheel;
};

struct syn_state {
	struct syn_cookies cookies;
	struct syn_queue queue;
	struct syn_splice *splices; /* by session */
	struct syn_offer offer;     /* of the item with ITEM_PROVEN that is on its way */
};

size_t syn_state_size(const struct engine_config *config);
/* => memory is syn_state_size() octets, 64-aligned, zeroed */
void syn_state_init(struct syn_state *state, void *memory, const struct engine_config *config);

/* syn_flood.c: a TCP segment without session, of a zone with the screen: may it go on? Sets ITEM_PROVEN for one that
 * completes a handshake with us, ITEM_PROXIED for a SYN that is to be answered once its way is known. False: it is finished.
 * => its addresses were checked */
bool syn_flood(struct engine *engine, struct item *item);
/* Is a segment that does not fit into the handshake of its session the answer to a cookie of ours? */
bool syn_flood_cookie(const struct engine *engine, const struct item *item);
/* Will a SYN of its zone likely be answered with a cookie: were some made in this epoch? */
bool syn_flood_runs(const struct engine *engine, const struct item *item);

/* syn_cookie.c: our sequence number for a SYN and `offer`, whose segment size becomes what the number can say, and which loses
 * what only timestamps can say when it has none; sets value and answer. */
void syn_cookie_make(struct syn_cookies *cookies, struct random_source *random, const struct item *item,
    struct syn_offer *offer, uint64_t now);
/* Was one made in the epoch of `now`? */
bool syn_cookie_made(const struct syn_cookies *cookies, uint64_t now);
/* What was agreed with who sends this ACK; false: nothing. `options` are the ACK's. */
bool syn_cookie_check(const struct syn_cookies *cookies, const struct item *item, const struct tcp_options *options,
    struct syn_offer *offer, uint64_t now);

/* syn_queue.c: the place of a key, or NULL. `hash` is the key's. */
struct syn_half *syn_queue_find(const struct syn_queue *queue, struct flow_key key, uint64_t hash);
/* A place for a SYN until the tick `end`, with all but its offer; NULL: there is none, or the zone has `most` already. => its
 * key is not there */
struct syn_half *syn_queue_add(
    struct syn_queue *queue, const struct item *item, uint32_t most, uint32_t now, uint32_t end);
void syn_queue_remove(struct syn_queue *queue, struct syn_half *half);
/* One more found no place: are there so many that nobody's name lasts until it asks again? */
bool syn_queue_crowded(struct syn_queue *queue, uint32_t now);
/* Forgets those whose time is over, and counts them; answers others again. True when more are due. */
bool syn_queue_advance(struct engine *engine);

/* syn_answer.c: reads what a SYN offers, and what we grant of it. */
void syn_offer_read(const struct item *item, struct syn_offer *offer);
/* Answers the SYN with `offer`, back to the station it came from; finishes it. */
void syn_answer(struct engine *engine, struct item *item, const struct syn_offer *offer, enum reason reason);
/* The station that the item's frame came from, or zeros. */
void syn_station(const struct engine *engine, const struct item *item, uint8_t station[ETHERNET_ADDRESS]);
/* The same answer once more, to one that waits in the queue. */
void syn_answer_again(struct engine *engine, const struct syn_half *half);

/* A TCP segment of ours without payload. */
struct syn_segment {
	const struct flow_addresses *addresses; /* IPv4 as ::ffff:a.b.c.d */
	struct tcp_header header; /* its header_length is set */
	struct tcp_options options;
	uint8_t hop_limit;
	bool ipv6;
};
/* The octets that it takes at most. */
enum {
	SYN_SEGMENT_MOST = 40 + TCP_HEADER + TCP_OPTIONS_BUILT_MOST,
};
/* Writes it with its IP header; returns the octets. => there is room for SYN_SEGMENT_MOST */
uint16_t syn_segment_build(uint8_t *to, struct syn_segment *segment);
/* Makes the packet the segment; false: there is no room. `ip` is in it. */
bool syn_packet_become(struct packet *packet, const uint8_t *ip, struct syn_segment *segment);
/* A packet of ours with the segment; NULL: there is none. */
struct packet *syn_packet_fresh(struct engine *engine, struct syn_segment *segment);

/* syn_open.c: an item with ITEM_PROXIED whose way and policy are known: answers it and queues what was agreed. Finishes it. */
void syn_hold(struct engine *engine, struct item *item);
/* Makes an item with ITEM_PROVEN the SYN to the server; false: there is no room for it, and it is finished. */
bool syn_convert(struct engine *engine, struct item *item);
/* The session of such an item was made. */
void syn_opened(struct engine *engine, struct session *session);
/* A packet of a session that waits for its server; finishes it. => SESSION_SPLICED */
void syn_open_packet(struct engine *engine, struct item *item, struct session *session, unsigned direction);
/* The wheel came by a session that waits for its server, before its end. */
void syn_open_again(struct engine *engine, struct session *session);
/* It ends without ever having had one: the client hears of it. */
void syn_open_failed(struct engine *engine, struct session *session);

/* syn_splice.c: a packet of a session with SESSION_SPLICED: its octets become what the other side knows, and its item, which
 * is tracked next, what the server knows. False: it is finished. */
bool syn_splice_packet(struct engine *engine, struct item *item, struct session *session, unsigned direction);

#endif
