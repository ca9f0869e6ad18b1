/*
 * What screens must say of a packet. See screen_model.h.
 */
#include "screen_model.h"

#include <stdlib.h>
#include <string.h>

enum {
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
	URG = 32,
	TARGETS = 10, /* make a scan */
	DATAGRAM_MOST = 65535,
	PIECES_MOST = 100, /* fewer than the engine follows of one datagram */
};

#define SECOND UINT64_C(1000000000)
#define FOLLOWED (10 * SECOND) /* sooner than the engine forgets a datagram */

/* A packet as its octets have it. */
struct seen {
	const uint8_t *payload;
	size_t size; /* of the payload */
	uint32_t source;
	uint32_t destination;
	uint32_t total;
	uint32_t header;
	uint32_t offset;
	uint16_t identification;
	uint8_t protocol;
	bool more;
	bool fragment;
	uint64_t options; /* what they say */
};

/* Packets to one destination, by screen. */
struct flow_count {
	uint32_t destination;
	enum screen screen;
	uint64_t began;
	uint32_t count;
};

/* Somebody tried something. */
struct attempt {
	uint32_t source;
	uint32_t destination; /* 0: of a sweep */
	uint32_t target;
	uint64_t when;
};

/* A source that is refused until then, by screen. */
struct refusal {
	uint32_t source;
	enum screen screen;
	uint64_t until;
	bool vague; /* it did more than the model understands: nothing is known of its scans any more */
};

struct piece {
	uint64_t when;
	uint32_t source;
	uint32_t destination;
	uint32_t offset;
	uint32_t size;
	uint32_t header;
	uint16_t identification;
	uint8_t protocol;
	bool more;
	bool vague; /* its datagram is not followed any more */
};

struct screen_model {
	struct screen_model_setup setup;
	struct flow_count counts[MODEL_LIST];
	struct attempt attempts[MODEL_LIST];
	struct refusal refusals[MODEL_LIST];
	struct piece pieces[MODEL_LIST];
	size_t count_count;
	size_t attempt_count;
	size_t refusal_count;
	size_t piece_count;
	struct piece last;
};

struct screen_model *
screen_model_create(const struct screen_model_setup *setup)
{
	struct screen_model *model = calloc(1, sizeof(*model));

	if (model == NULL) {
		abort();
	}
	model->setup = *setup;
	return model;
}

void
screen_model_forget(struct screen_model *model)
{
	model->count_count = 0;
	model->attempt_count = 0;
	model->refusal_count = 0;
	model->piece_count = 0;
}

static uint32_t
number(const uint8_t *at, unsigned octets)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < octets; i++) {
		value = value << 8 | at[i];
	}
	return value;
}

/* One's complement sum of 16-bit words, 0xffff when a checksum among them is right. */
static uint32_t
sum_of(const uint8_t *at, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint64_t
bit(const struct screen_model *model, bool said, enum screen screen)
{
	return said ? model->setup.on & (uint64_t)1 << screen : 0;
}

/* A type's own rules; what is behind one whose length cannot be is not read. */
static uint64_t
say_options(const uint8_t *at, size_t length)
{
	uint64_t said = 0;

	for (size_t i = 0; i < length && at[i] != 0;) {
		const unsigned type = at[i] & 0x7fU;
		const size_t left = length - i;

		if (at[i] == 1) {
			i++;
			continue;
		}
		said |= type == 7 ? 1ULL << SCREEN_IP_RECORD_ROUTE_OPTION : 0;
		said |= type == 0x44 ? 1ULL << SCREEN_IP_TIMESTAMP_OPTION : 0;
		said |= type == 2 ? 1ULL << SCREEN_IP_SECURITY_OPTION : 0;
		said |= type == 8 ? 1ULL << SCREEN_IP_STREAM_OPTION : 0;
		said |= type == 3 ? 1ULL << SCREEN_IP_LOOSE_SOURCE_ROUTE_OPTION | 1ULL << SCREEN_IP_SOURCE_ROUTE_OPTION : 0;
		said |= type == 9 ? 1ULL << SCREEN_IP_STRICT_SOURCE_ROUTE_OPTION | 1ULL << SCREEN_IP_SOURCE_ROUTE_OPTION : 0;
		if (left < 2 || at[i + 1] < 2 || at[i + 1] > left) {
			return said | 1ULL << SCREEN_IP_BAD_OPTION;
		}
		const size_t size = at[i + 1];
		const bool route = type == 7 || type == 3 || type == 9;

		if ((route && (size < 3 || size % 4 != 3 || at[i + 2] < 4)) || (type == 8 && size != 4) || (type == 2 && size < 3) ||
		    (type == 0x44 && (size < 4 || at[i + 2] < 5))) {
			said |= 1ULL << SCREEN_IP_BAD_OPTION;
		}
		i += size;
	}
	return said;
}

/* False: its header cannot be right, and no screen says anything. */
static bool
read_packet(const uint8_t *ip, size_t length, struct seen *seen)
{
	if (length < 20 || ip[0] >> 4 != 4) {
		return false;
	}
	seen->header = (ip[0] & 15U) * 4;
	seen->total = number(ip + 2, 2);
	if (seen->header < 20 || seen->header > seen->total || seen->total > length || sum_of(ip, seen->header, 0) != 0xffff) {
		return false;
	}
	seen->identification = (uint16_t)number(ip + 4, 2);
	seen->offset = (number(ip + 6, 2) & 0x1fff) * 8;
	seen->more = (ip[6] & 0x20) != 0;
	seen->fragment = seen->more || seen->offset != 0;
	seen->protocol = ip[9];
	seen->source = number(ip + 12, 4);
	seen->destination = number(ip + 16, 4);
	seen->payload = ip + seen->header;
	seen->size = seen->total - seen->header;
	seen->options = say_options(ip + 20, seen->header - 20);
	return true;
}

/* Of a packet in one piece: is what is behind the IP header right, as far as anybody counts it? */
static bool
transport_right(const uint8_t *ip, const struct seen *seen)
{
	uint32_t most = (uint32_t)seen->size;
	uint32_t sum = sum_of(ip + 12, 8, 0) + seen->protocol;

	if (seen->protocol == ICMP) {
		return seen->size >= 8 && sum_of(seen->payload, seen->size, 0) == 0xffff;
	}
	if (seen->protocol == TCP) {
		const uint32_t header = seen->size < 20 ? 0 : (seen->payload[12] >> 4) * 4U;

		return header >= 20 && header <= seen->size && sum_of(seen->payload, seen->size, sum + most) == 0xffff;
	}
	if (seen->protocol == UDP) {
		most = seen->size < 8 ? 0 : number(seen->payload + 4, 2);
		return most >= 8 && most <= seen->size &&
		    (number(seen->payload + 6, 2) == 0 || sum_of(seen->payload, most, sum + most) == 0xffff);
	}
	return true;
}

/* REQ-SCR-011 to 014, 048, 051: by flags; a fragment has them when its octets go so far. */
static uint64_t
say_tcp(const struct screen_model *model, const struct seen *seen)
{
	if (seen->protocol != TCP || seen->offset != 0 || seen->size < (seen->fragment ? 14 : 20)) {
		return 0;
	}
	const unsigned flags = seen->payload[13] & 0x3fU;

	return bit(model, (flags & SYN) != 0 && (flags & FIN) != 0, SCREEN_TCP_SYN_FIN) |
	       bit(model, (flags & FIN) != 0 && (flags & ACK) == 0, SCREEN_TCP_FIN_NO_ACK) |
	       bit(model, flags == 0, SCREEN_TCP_NO_FLAG) |
	       bit(model, (flags & SYN) != 0 && seen->fragment, SCREEN_TCP_SYN_FRAG) |
	       bit(model, (flags & SYN) != 0 && seen->source == seen->destination, SCREEN_TCP_LAND) |
	       bit(model, (flags & URG) != 0 && seen->size >= 20 && number(seen->payload + 2, 2) == 139, SCREEN_TCP_WINNUKE);
}

/* The screens that need nothing but the packet. */
static uint64_t
say_packet(const struct screen_model *model, const struct seen *seen)
{
	const bool icmp = seen->protocol == ICMP || seen->protocol == 58;
	const uint32_t end = seen->offset + seen->total;

	return say_tcp(model, seen) | (seen->options & model->setup.on) |
	       bit(model, seen->fragment, SCREEN_IP_BLOCK_FRAG) |
	       bit(model, seen->protocol >= 137, SCREEN_IP_UNKNOWN_PROTOCOL) |
	       bit(model, icmp && seen->fragment, SCREEN_ICMP_FRAGMENT) |
	       bit(model, icmp && end > 1024 && end <= DATAGRAM_MOST, SCREEN_ICMP_LARGE);
}

static bool
drops(const struct screen_model *model, uint64_t said)
{
	static const enum screen lets[] = {SCREEN_IP_SECURITY_OPTION, SCREEN_IP_STREAM_OPTION, SCREEN_IP_LOOSE_SOURCE_ROUTE_OPTION,
	    SCREEN_IP_STRICT_SOURCE_ROUTE_OPTION, SCREEN_TCP_WINNUKE};

	for (size_t i = 0; i < sizeof(lets) / sizeof(lets[0]); i++) {
		said &= ~((uint64_t)1 << lets[i]);
	}
	return (said & ~model->setup.kept) != 0;
}

/* REQ-SCR-045, REQ-SCR-046: what is over in a second, which begins with its first packet, rests until the end of the next one. */
static bool
flooded(struct screen_model *model, uint32_t destination, enum screen screen, uint32_t threshold, uint64_t now)
{
	struct flow_count *found = NULL;

	for (size_t i = 0; i < model->count_count; i++) {
		if (model->counts[i].destination == destination && model->counts[i].screen == screen) {
			found = &model->counts[i];
		}
	}
	if (found == NULL) {
		found = &model->counts[model->count_count++];
		*found = (struct flow_count){.destination = destination, .screen = screen, .began = now};
	}
	if (now - found->began >= (found->count > threshold ? 2 * SECOND : SECOND)) {
		found->began = now;
		found->count = 0;
	}
	found->count++;
	return found->count > threshold;
}

static uint64_t
say_floods(struct screen_model *model, const struct seen *seen, uint64_t now)
{
	const bool echo = seen->protocol == ICMP && seen->size > 0 && seen->payload[0] == 8;
	const enum screen screen = echo ? SCREEN_ICMP_FLOOD : SCREEN_UDP_FLOOD;

	if ((!echo && seen->protocol != UDP) || bit(model, true, screen) == 0) {
		return 0;
	}
	return bit(model, flooded(model, seen->destination, screen,
	    echo ? model->setup.icmp_flood : model->setup.udp_flood, now), screen);
}

static struct refusal *
refusal_of(struct screen_model *model, uint32_t source, enum screen screen)
{
	for (size_t i = 0; i < model->refusal_count; i++) {
		if (model->refusals[i].source == source && model->refusals[i].screen == screen) {
			return &model->refusals[i];
		}
	}
	model->refusals[model->refusal_count] = (struct refusal){.source = source, .screen = screen};
	return &model->refusals[model->refusal_count++];
}

/*
 * REQ-SCR-005, REQ-SCR-009: the tenth different target in the threshold is refused, and what follows until the threshold is over since the first
 * of them. Those ten are done with then.
 */
static bool
tenth(struct screen_model *model, const struct attempt *attempt, uint64_t window, uint64_t *until)
{
	uint64_t first = attempt->when;
	unsigned others = 0;
	size_t kept = 0;

	for (size_t i = 0; i < model->attempt_count; i++) {
		const struct attempt *other = &model->attempts[i];
		const bool same = other->source == attempt->source && other->destination == attempt->destination;

		if (same && (other->target == attempt->target || attempt->when - other->when > window)) {
			continue;
		}
		others += same;
		first = same && other->when < first ? other->when : first;
		model->attempts[kept++] = *other;
	}
	model->attempt_count = kept;
	if (others < TARGETS - 1) {
		model->attempts[model->attempt_count++] = *attempt;
		return false;
	}
	kept = 0;
	for (size_t i = 0; i < model->attempt_count; i++) {
		if (model->attempts[i].source != attempt->source || model->attempts[i].destination != attempt->destination) {
			model->attempts[kept++] = model->attempts[i];
		}
	}
	model->attempt_count = kept;
	*until = first + window;
	return true;
}

static bool
refused(struct refusal *refusal, uint64_t now)
{
	return refusal->until != 0 && now <= refusal->until;
}

/* A packet in one piece that begins a session: the sweep, the scan, the spoofed source and the limits, in this order, until one drops. */
static uint64_t
say_first(struct screen_model *model, const struct seen *seen, uint64_t now)
{
	const struct screen_model_setup *setup = &model->setup;
	uint64_t said = 0;
	uint64_t until;

	if (seen->protocol == ICMP && bit(model, true, SCREEN_ICMP_IP_SWEEP) != 0) {
		struct refusal *refusal = refusal_of(model, seen->source, SCREEN_ICMP_IP_SWEEP);
		const struct attempt attempt = {seen->source, 0, seen->destination, now};

		if (refused(refusal, now)) {
			said |= bit(model, true, SCREEN_ICMP_IP_SWEEP);
		} else if (tenth(model, &attempt, setup->sweep_ns, &until)) {
			refusal->until = until;
			said |= bit(model, true, SCREEN_ICMP_IP_SWEEP);
		}
	}
	if (!drops(model, said) && bit(model, true, SCREEN_TCP_PORT_SCAN) != 0) {
		struct refusal *refusal = refusal_of(model, seen->source, SCREEN_TCP_PORT_SCAN);

		if (refused(refusal, now)) {
			said |= bit(model, true, SCREEN_TCP_PORT_SCAN);
		} else if (seen->protocol == TCP) {
			const struct attempt attempt = {seen->source, seen->destination, number(seen->payload + 2, 2), now};

			if (tenth(model, &attempt, setup->scan_ns, &until)) {
				refusal->until = until;
				said |= bit(model, true, SCREEN_TCP_PORT_SCAN);
			}
		}
	}
	if (!drops(model, said)) {
		said |= bit(model, !setup->at_home(seen->source), SCREEN_IP_SPOOFING);
	}
	if (!drops(model, said)) {
		said |= bit(model, setup->sessions(setup->context, seen->source, true) >= setup->limit_source, SCREEN_LIMIT_SOURCE);
	}
	if (!drops(model, said)) {
		said |= bit(model, setup->sessions(setup->context, seen->destination, false) >= setup->limit_destination,
		    SCREEN_LIMIT_DESTINATION);
	}
	return said;
}

/* Does it begin a session for sure, as its first packet? */
static bool
is_first(const struct seen *seen)
{
	if (seen->fragment) {
		return false;
	}
	return seen->protocol == TCP   ? (seen->payload[13] & (SYN | ACK | FIN | RST)) == SYN
	       : seen->protocol == UDP ? number(seen->payload, 2) != 53
				       : seen->protocol == ICMP && seen->payload[0] == 8;
}

static bool
same_datagram(const struct piece *one, const struct piece *other)
{
	return one->source == other->source && one->destination == other->destination && one->protocol == other->protocol &&
	       one->identification == other->identification;
}

/* REQ-SCR-049, REQ-SCR-050: a fragment and those of its datagram that came before. */
static struct screen_verdict
say_together(struct screen_model *model, const struct seen *seen, uint64_t now)
{
	const uint64_t tear = bit(model, true, SCREEN_IP_TEAR_DROP);
	const uint64_t death = bit(model, seen->protocol == ICMP || seen->protocol == 58, SCREEN_ICMP_PING_DEATH);
	const uint64_t large = bit(model, seen->protocol == ICMP || seen->protocol == 58, SCREEN_ICMP_LARGE);
	struct screen_verdict verdict = {.followed = true};
	uint32_t end = seen->offset + (uint32_t)seen->size;
	uint32_t header = seen->header;
	bool overlap = false;
	bool odd = seen->size == 0 || (seen->more && seen->size % 8 != 0); /* refused for its length before anything else */
	bool vague = false;
	size_t pieces = 0;

	model->last = (struct piece){
	    .when = now,
	    .source = seen->source,
	    .destination = seen->destination,
	    .offset = seen->offset,
	    .size = (uint32_t)seen->size,
	    .header = seen->header,
	    .identification = seen->identification,
	    .protocol = seen->protocol,
	    .more = seen->more,
	};
	for (size_t i = 0; i < model->piece_count; i++) {
		const struct piece *other = &model->pieces[i];

		if (!same_datagram(other, &model->last)) {
			continue;
		}
		const uint32_t other_end = other->offset + other->size;
		const bool equal = other->offset == seen->offset && other->size == seen->size;

		pieces++;
		vague |= other->vague || now - other->when > FOLLOWED;
		overlap |= !equal && other->offset < seen->offset + seen->size && seen->offset < other_end;
		odd |= equal; /* a copy, or one with other octets */
		/* Of two that do not agree about the end it may be the end that is wrong. */
		odd |= !other->more && (!seen->more || seen->offset + seen->size > other_end);
		odd |= !seen->more && other_end > seen->offset + seen->size;
		end = other_end > end ? other_end : end;
		header = other->header > header ? other->header : header;
	}
	const bool over = header + end > DATAGRAM_MOST;
	/* One that is too large by itself is a large one too. */
	const bool alone = seen->offset + seen->total > DATAGRAM_MOST;

	model->last.vague = vague;
	if (vague || odd || pieces >= PIECES_MOST) {
		verdict.may = tear | death | large;
		return verdict;
	}
	if (over) {
		verdict.must = death | (alone ? large : 0);
	} else if (overlap) {
		verdict.must = tear;
	}
	verdict.dropped = over || overlap; /* whatever the screens are */
	return verdict;
}

void
screen_model_became(struct screen_model *model, bool dropped)
{
	struct piece *now = &model->last;
	uint64_t got = now->size;
	uint64_t end = now->more ? 0 : (uint64_t)now->offset + now->size;
	bool vague = dropped || now->vague;
	size_t kept = 0;

	for (size_t i = 0; i < model->piece_count; i++) {
		const struct piece *other = &model->pieces[i];

		if (same_datagram(other, now)) {
			got += other->size;
			end = other->more ? end : (uint64_t)other->offset + other->size;
			vague |= other->vague;
		}
	}
	now->vague = vague;
	model->pieces[model->piece_count++] = *now;
	if (vague || end == 0 || got < end) {
		return;
	}
	/* It is whole: the next of this identification is another one. */
	for (size_t i = 0; i < model->piece_count; i++) {
		if (!same_datagram(&model->pieces[i], now)) {
			model->pieces[kept++] = model->pieces[i];
		}
	}
	model->piece_count = kept;
}

struct screen_verdict
screen_model_see(struct screen_model *model, const uint8_t *ip, size_t length, uint64_t now)
{
	const uint64_t first_ones = bit(model, true, SCREEN_ICMP_IP_SWEEP) | bit(model, true, SCREEN_TCP_PORT_SCAN) |
				    bit(model, true, SCREEN_IP_SPOOFING) | bit(model, true, SCREEN_LIMIT_SOURCE) |
				    bit(model, true, SCREEN_LIMIT_DESTINATION);
	struct screen_verdict verdict = {.must = 0};
	struct seen seen;

	if (!read_packet(ip, length, &seen)) {
		return verdict;
	}
	verdict.must = say_packet(model, &seen);
	if (drops(model, verdict.must)) {
		verdict.dropped = true;
		return verdict;
	}
	/* What is malformed ends here, by a reason of its own. */
	if ((seen.options & 1ULL << SCREEN_IP_BAD_OPTION) != 0 || (!seen.fragment && !transport_right(ip, &seen))) {
		verdict.dropped = true;
		return verdict;
	}
	if (seen.offset == 0) {
		verdict.must |= say_floods(model, &seen, now);
	}
	if (drops(model, verdict.must)) {
		verdict.dropped = true;
		return verdict;
	}
	if (seen.fragment) {
		const struct screen_verdict together = say_together(model, &seen, now);

		refusal_of(model, seen.source, SCREEN_ICMP_IP_SWEEP)->vague = true;
		refusal_of(model, seen.source, SCREEN_TCP_PORT_SCAN)->vague = true;
		verdict.must |= together.must;
		verdict.may |= together.may | (together.dropped ? 0 : first_ones);
		verdict.dropped = together.dropped;
		verdict.followed = true;
		return verdict;
	}
	if (!is_first(&seen)) {
		verdict.may |= first_ones & ~bit(model, true, SCREEN_ICMP_IP_SWEEP);
		return verdict;
	}
	if (refusal_of(model, seen.source, SCREEN_ICMP_IP_SWEEP)->vague || refusal_of(model, seen.source, SCREEN_TCP_PORT_SCAN)->vague) {
		verdict.may |= first_ones;
		return verdict;
	}
	verdict.must |= say_first(model, &seen, now);
	verdict.dropped = drops(model, verdict.must);
	return verdict;
}
