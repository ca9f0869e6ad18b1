/*
 * SYN cookies (Bernstein, 1996): what was agreed with a client lies in the sequence number that we answer with, and in the
 * timestamp when it sends timestamps, both of which its ACK brings back.
 *
 *   sequence number  | last bit of the epoch | segment size: 3 bits | keyed hash: 28 bits |
 *   timestamp        | more of the hash, 26 bits         | 0 | SACK: 1 bit | window scale: 4 bits, 15: none |
 *
 * The hash is SipHash over the flow's key, the zone, the client's sequence number and all that the other bits say, with the
 * epoch's secret. The timestamp begins anywhere (RFC 7323 5.4, 7.1): our clock would tell everybody how long we have been up. An epoch is EPOCH_NS long; the former one's cookies are still good, so one lives for one to two epochs. A
 * secret is drawn when its epoch's first cookie is made, so cookies are looked for only while some may be on their way.
 *
 * A client that lost our opening of its window asks with the number before its next one (RFC 9293 3.8.6.1); it may be the
 * first that we see of it, when its ACK was lost.
 */
#include "engine_private.h"

#define EPOCH_NS UINT64_C(32000000000)

enum {
	SIZES = 8,
	SIZE_SHIFT = 28,
	STAMP_BITS = 6,
	STAMP_MASK = (1 << STAMP_BITS) - 1,
	STAMP_SCALE = 0xf,
	STAMP_SCALE_NONE = 0xf,
	STAMP_SACK = 0x10,
	STAMPED = 0x100, /* in what is hashed: there are timestamps */
	BEGIN_SHIFT = 32, /* of the hash: where the timestamp begins */
};

_Static_assert((int)STAMP_SCALE_NONE > (int)TCP_SCALE_MOST, "no scale is none");

#define HASH_MASK UINT32_C(0x0fffffff)

/* A client's size becomes the largest that is not above it. */
static const uint16_t sizes[SIZES] = {64, 536, 1220, 1360, 1400, 1440, 1452, 1460};

static unsigned
size_index(uint16_t size)
{
	unsigned index = SIZES - 1;

	while (index > 0 && sizes[index] > size) {
		index--;
	}
	return index;
}

static uint64_t
whole_hash(const struct syn_secret *secret, const struct item *item, uint32_t sequence, uint32_t said)
{
	return hash_four(&secret->key, item->key.low, item->key.high, sequence | (uint64_t)said << 32, item->zone);
}

static uint32_t
hash_of(const struct syn_secret *secret, const struct item *item, uint32_t sequence, uint32_t said)
{
	return (uint32_t)whole_hash(secret, item, sequence, said) & HASH_MASK;
}

/* What the bits beside the hash say, as it goes into the hash. */
static uint32_t
said_of(unsigned index, bool stamps, uint32_t value)
{
	return index << 16 | (stamps ? STAMPED | (value & STAMP_MASK) : 0);
}

static const struct syn_secret *
secret_now(struct syn_cookies *cookies, struct random_source *random, uint64_t epoch)
{
	struct syn_secret *secret = &cookies->secrets[epoch & 1];

	if (secret->epoch != epoch + 1) {
		secret->key = (struct hash_key){.low = random_u64(random), .high = random_u64(random)};
		secret->epoch = epoch + 1;
	}
	return secret;
}

void
syn_cookie_make(struct syn_cookies *cookies, struct random_source *random, const struct item *item,
    struct syn_offer *offer, uint64_t now)
{
	const uint64_t epoch = now / EPOCH_NS;
	const struct syn_secret *secret = secret_now(cookies, random, epoch);
	const unsigned index = size_index(offer->segment);

	if (offer->stamps) {
		const uint32_t scale = offer->scale == TCP_SCALE_NONE ? STAMP_SCALE_NONE : offer->scale;

		offer->value = (offer->sack ? STAMP_SACK : 0) | scale;
	} else {
		offer->scale = TCP_SCALE_NONE;
		offer->sack = false;
		offer->value = 0;
	}
	const uint64_t hash = whole_hash(secret, item, offer->sequence, said_of(index, offer->stamps, offer->value));

	if (offer->stamps) {
		offer->value |= (uint32_t)(hash >> BEGIN_SHIFT) & ~(uint32_t)STAMP_MASK;
	}
	offer->segment = sizes[index];
	offer->answer = (uint32_t)(epoch & 1) << 31 | (uint32_t)index << SIZE_SHIFT | ((uint32_t)hash & HASH_MASK);
}

bool
syn_cookie_made(const struct syn_cookies *cookies, uint64_t now)
{
	const uint64_t epoch = now / EPOCH_NS;

	return cookies->secrets[epoch & 1].epoch == epoch + 1;
}

/* The secret of an epoch that ends in that bit and is not over for long, or NULL. */
static const struct syn_secret *
secret_then(const struct syn_cookies *cookies, unsigned bit, uint64_t now)
{
	const uint64_t epoch = now / EPOCH_NS;
	const struct syn_secret *secret = &cookies->secrets[bit];

	return secret->epoch != 0 && secret->epoch >= epoch ? secret : NULL;
}

bool
syn_cookie_check(const struct syn_cookies *cookies, const struct item *item, const struct tcp_options *options,
    struct syn_offer *offer, uint64_t now)
{
	const struct tcp_header *header = &item->segment.header;
	const uint32_t cookie = header->acknowledgement - 1;
	const unsigned index = cookie >> SIZE_SHIFT & (SIZES - 1);
	const struct syn_secret *secret = secret_then(cookies, cookie >> 31, now);
	const uint32_t said = said_of(index, options->stamps, options->echo);
	uint32_t sequence = header->sequence - 1;

	if (secret == NULL) {
		return false;
	}
	if (hash_of(secret, item, sequence, said) != (cookie & HASH_MASK)) {
		sequence++;
		if (hash_of(secret, item, sequence, said) != (cookie & HASH_MASK)) {
			return false;
		}
	}
	const uint8_t scale = options->echo & STAMP_SCALE;

	*offer = (struct syn_offer){
	    .sequence = sequence,
	    .answer = cookie,
	    .value = options->stamps ? options->echo : 0,
	    .client_value = options->value,
	    .segment = sizes[index],
	    .scale = options->stamps && scale != STAMP_SCALE_NONE ? scale : TCP_SCALE_NONE,
	    .sack = options->stamps && (options->echo & STAMP_SACK) != 0,
	    .stamps = options->stamps,
	};
	return true;
}
