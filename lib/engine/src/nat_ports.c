/*
 * Ports and their bits. See nat_ports.h.
 */
#include "nat_ports.h"

#include <assert.h>

#include "lines.h"

enum {
	WORD_BITS = 64,
	ADVANCE_OF_ONE = 2, /* ports that wake while one is taken: as many come as go */
};

#define PAIR UINT64_C(3) /* two ports that belong together */

size_t
nat_ports_size(uint32_t blocks, uint32_t resting)
{
	return line_up(sizeof(struct nat_block)) * blocks + line_up(sizeof(uint32_t) * heads_for(blocks)) +
	    line_up(sizeof(struct nat_resting) * resting);
}

_Static_assert(sizeof(struct nat_block) % CACHE_LINE == 0, "blocks lie one behind the other");
_Static_assert(sizeof(uint64_t) * NAT_LINE_WORDS == CACHE_LINE, "what is fetched is a line of words");

static struct nat_block *
block_at(const struct nat_ports *ports, uint32_t index)
{
	return (struct nat_block *)(void *)((uint8_t *)ports->blocks + line_up(sizeof(struct nat_block)) * index);
}

void
nat_ports_init(struct nat_ports *ports, void *memory, uint32_t blocks, uint32_t resting, struct hash_key secret,
    uint16_t worker, uint16_t workers)
{
	uint8_t *at = memory;
	const uint32_t heads = heads_for(blocks);

	assert(worker < workers && resting > 0 && (resting & (resting - 1)) == 0);
	*ports = (struct nat_ports){
	    .blocks = memory,
	    .secret = secret,
	    .head_shift = WORD_BITS - (uint32_t)__builtin_ctz(heads),
	    .capacity = blocks,
	    .free = blocks > 0 ? 0 : NAT_BLOCK_NONE,
	    .resting_mask = resting - 1,
	    .worker = worker,
	    .workers = workers,
	};
	at += line_up(sizeof(struct nat_block)) * blocks;
	ports->heads = (uint32_t *)(void *)at;
	at += line_up(sizeof(uint32_t) * heads);
	ports->resting = (struct nat_resting *)(void *)at;
	for (uint32_t i = 0; i < heads; i++) {
		ports->heads[i] = NAT_BLOCK_NONE;
	}
	for (uint32_t first = 0; first < workers; first++) {
		for (uint32_t pair = 0; pair < WORD_BITS / 2; pair++) {
			ports->shares[first] |= (first + pair) % workers == worker ? PAIR << 2 * pair : 0;
		}
	}
	/* The free list's links are written when a block is first needed: memory that nobody uses is not touched. */
}

/* Addresses, instances and layers are the configuration's, nobody else chooses them: a product with a secret odd number
 * (Dietzfelbinger and others, 1997: its upper bits) spreads them in three instructions, where a keyed hash takes a hundred. */
static uint32_t *
head_of(const struct nat_ports *ports, uint64_t key)
{
	return &ports->heads[key * (ports->secret.low | 1) >> ports->head_shift];
}

static inline uint32_t
find_index(const struct nat_ports *ports, uint64_t key)
{
	uint32_t index = *head_of(ports, key);

	while (index != NAT_BLOCK_NONE && block_at(ports, index)->key != key) {
		index = block_at(ports, index)->next;
	}
	return index;
}

static struct nat_block *
find_block(const struct nat_ports *ports, uint64_t key)
{
	const uint32_t index = find_index(ports, key);

	return index == NAT_BLOCK_NONE ? NULL : block_at(ports, index);
}

/* A block that was never used has 0 as its link: the next one in memory. */
static uint32_t
next_free(const struct nat_ports *ports, uint32_t index)
{
	const uint32_t link = block_at(ports, index)->next;

	if (link != 0) {
		return link == NAT_BLOCK_NONE ? NAT_BLOCK_NONE : link - 1;
	}
	return index + 1 < ports->capacity ? index + 1 : NAT_BLOCK_NONE;
}

static struct nat_block *
add_block(struct nat_ports *ports, uint64_t key)
{
	const uint32_t index = ports->free;
	uint32_t *head = head_of(ports, key);

	if (index == NAT_BLOCK_NONE) {
		return NULL;
	}
	struct nat_block *block = block_at(ports, index);

	assert(block->used == 0);
	ports->free = next_free(ports, index);
	ports->block_count++;
	ports->fresh = index < ports->fresh ? ports->fresh : index + 1;
	block->key = key;
	block->resting_first = NAT_RESTING_NONE;
	block->resting_last = NAT_RESTING_NONE;
	block->layers_full = 0;
	block->next = *head;
	*head = index;
	return block;
}

/* => none of its ports is taken: all its bits are 0 */
static void
drop_block(struct nat_ports *ports, const struct nat_block *empty)
{
	uint32_t *link = head_of(ports, empty->key);

	while (block_at(ports, *link) != empty) {
		link = &block_at(ports, *link)->next;
	}
	const uint32_t index = *link;
	struct nat_block *block = block_at(ports, index);

	*link = block->next;
	block->next = ports->free == NAT_BLOCK_NONE ? NAT_BLOCK_NONE : ports->free + 1;
	ports->free = index;
	ports->block_count--;
}

static bool
is_taken(const struct nat_block *block, uint32_t port)
{
	return (block->taken[port / WORD_BITS] >> port % WORD_BITS & 1) != 0;
}

static uint32_t
class_of(uint64_t key)
{
	return (uint32_t)(key >> NAT_CLASS_SHIFT) & NAT_CLASS_MASK;
}

static __attribute__((noinline)) uint64_t
share_of_several(const struct nat_ports *ports, const struct nat_block *block, uint32_t word)
{
	if (class_of(block->key) >= NAT_CLASS_ADDRESSES) {
		return UINT64_MAX;
	}
	return ports->shares[word * (WORD_BITS / 2) % ports->workers];
}

/* The bits of a word that are this worker's to give. */
static inline uint64_t
share_of(const struct nat_ports *ports, const struct nat_block *block, uint32_t word)
{
	return ports->workers == 1 ? UINT64_MAX : share_of_several(ports, block, word);
}

static void
set(const struct nat_ports *ports, struct nat_block *block, uint32_t port)
{
	const uint32_t word = port / WORD_BITS;

	block->taken[word] |= 1ULL << port % WORD_BITS;
	if ((block->taken[word] | ~share_of(ports, block, word)) == UINT64_MAX) {
		block->full[word / WORD_BITS] |= 1ULL << word % WORD_BITS;
	}
	block->used++;
}

/* The bits of a word that lie in low..high. */
static uint64_t
bits_within(uint32_t word, uint32_t low, uint32_t high)
{
	const uint32_t first = word * WORD_BITS;
	uint64_t bits = UINT64_MAX;

	if (low > first) {
		bits &= low - first >= WORD_BITS ? 0 : UINT64_MAX << (low - first);
	}
	if (high < first + WORD_BITS - 1) {
		bits &= high < first ? 0 : UINT64_MAX >> (WORD_BITS - 1 - (high - first));
	}
	return bits;
}

/* Even ports whose odd neighbours are free as well. */
static uint64_t
pairs_of(uint64_t free)
{
	return free & free >> 1 & 0x5555555555555555ULL;
}

static inline uint64_t
candidates(const struct nat_ports *ports, const struct nat_block *block, uint32_t word,
    const struct nat_port_range *range, enum nat_want want)
{
	const uint64_t free =
	    ~block->taken[word] & bits_within(word, range->low, range->high) & share_of(ports, block, word);

	return want == NAT_WANT_PAIR ? pairs_of(free) : free;
}

/* The first candidate in the words from..to, or UINT32_MAX. */
static uint32_t
search(const struct nat_ports *ports, const struct nat_block *block, uint32_t from, uint32_t to,
    const struct nat_port_range *range, enum nat_want want)
{
	for (uint32_t group = from / WORD_BITS; group <= to / WORD_BITS; group++) {
		uint64_t open = ~block->full[group] & bits_within(group, from, to);

		while (open != 0) {
			const uint32_t word = group * WORD_BITS + (uint32_t)__builtin_ctzll(open);
			const uint64_t found = candidates(ports, block, word, range, want);

			if (found != 0) {
				return word * WORD_BITS + (uint32_t)__builtin_ctzll(found);
			}
			open &= open - 1;
		}
	}
	return UINT32_MAX;
}

static void
clear(struct nat_ports *ports, struct nat_block *block, uint32_t port)
{
	const uint32_t word = port / WORD_BITS;
	const uint32_t layer = (uint32_t)(block->key >> NAT_LAYER_SHIFT);
	struct nat_block *first =
	    layer == 0 ? block : find_block(ports, block->key & ((1ULL << NAT_LAYER_SHIFT) - 1));

	assert(is_taken(block, port));
	block->taken[word] &= ~(1ULL << port % WORD_BITS);
	block->full[word / WORD_BITS] &= ~(1ULL << word % WORD_BITS);
	block->used--;
	if (first != NULL) {
		first->layers_full &= ~(1U << layer);
	}
	if (block->used == 0) {
		drop_block(ports, block);
	}
}

/* The oldest of a block's ports that rest rests no more: it is still taken. => there is one */
static void
take_out(struct nat_ports *ports, struct nat_block *block)
{
	const struct nat_resting *one = &ports->resting[block->resting_first];

	block->resting_first = one->next;
	if (one->next == NAT_RESTING_NONE) {
		block->resting_last = NAT_RESTING_NONE;
		if (ports->places != NULL && one->place != NAT_PLACE_NONE) {
			nat_places_close(ports->places, (struct nat_place_of){NAT_MAP_RESTING, class_of(one->key)}, one->place);
		}
	}
}

static void
open_place(const struct nat_ports *ports, uint64_t key, uint32_t place)
{
	if (ports->places != NULL && place != NAT_PLACE_NONE) {
		nat_places_open(ports->places, (struct nat_place_of){NAT_MAP_FREE, class_of(key)}, place);
	}
}

/* Takes the oldest record out of the ring, and wakes its port unless it was handed over. => there is one */
static void
wake_oldest(struct nat_ports *ports)
{
	const uint32_t at = ports->resting_head++ & ports->resting_mask;
	const struct nat_resting *one = &ports->resting[at];

	if (one->handed) {
		return;
	}
	struct nat_block *block = find_block(ports, one->key);

	assert(block != NULL && block->resting_first == at);
	if (block != NULL) {
		take_out(ports, block);
		clear(ports, block, one->port);
		open_place(ports, one->key, one->place);
	}
}

/* One free port, beginning at one. */
static inline uint32_t
find_free(const struct nat_ports *ports, const struct nat_block *block, const struct nat_port_range *range,
    enum nat_want want, uint16_t start)
{
	const struct nat_port_range above = {.low = start, .high = range->high};
	const uint32_t word = start / WORD_BITS;
	/* Its word from the port on, what lies above, and from the range's beginning up to it again. */
	const uint64_t found = candidates(ports, block, word, &above, want);
	uint32_t port = found == 0 ? UINT32_MAX : word * WORD_BITS + (uint32_t)__builtin_ctzll(found);

	if (port == UINT32_MAX && word < range->high / WORD_BITS) {
		port = search(ports, block, word + 1, range->high / WORD_BITS, range, want);
	}
	if (port == UINT32_MAX) {
		port = search(ports, block, range->low / WORD_BITS, word, range, want);
	}
	return port;
}

/* One port, or the even one of two, of a space. */
static bool
take_free(struct nat_ports *ports, struct nat_space space, const struct nat_port_range *range, enum nat_want want,
    uint16_t start, struct nat_layer_port *taken)
{
	struct nat_block *block = find_block(ports, space.key);

	assert(range->low <= start && start <= range->high);
	block = block == NULL ? add_block(ports, space.key) : block;
	if (block == NULL) {
		return false;
	}
	const uint32_t found = find_free(ports, block, range, want, start);

	if (found != UINT32_MAX) {
		set(ports, block, found);
		if (want == NAT_WANT_PAIR) {
			set(ports, block, found + 1);
		}
		taken->port = (uint16_t)found;
		taken->last = block->used > (uint32_t)range->high - range->low;
		return true;
	}
	assert(block->used > 0 || ports->workers > 1 || want == NAT_WANT_PAIR);
	if (block->used == 0) {
		drop_block(ports, block);
	}
	return false;
}

bool
nat_ports_take_free(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, enum nat_want want,
    struct random_source *random, uint16_t *port)
{
	const struct nat_port_range range = {low, high};
	struct nat_layer_port taken;

	if (!take_free(ports, space, &range, want, nat_ports_start(&range, random), &taken)) {
		return false;
	}
	*port = taken.port;
	return true;
}

bool
nat_ports_take_resting(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, uint16_t *port)
{
	struct nat_block *block = find_block(ports, space.key);

	/* One of another pool's range that shares the address wakes early. */
	for (int i = 0; i < NAT_WAKE_MOST && block != NULL && block->resting_first != NAT_RESTING_NONE; i++) {
		struct nat_resting *one = &ports->resting[block->resting_first];

		one->handed = true;
		take_out(ports, block);
		if (one->port >= low && one->port <= high) {
			*port = one->port;
			return true;
		}
		clear(ports, block, one->port);
		open_place(ports, one->key, one->place);
		block = find_block(ports, space.key);
	}
	return false;
}

/* A pair needs two that are neighbours: what rests wakes until there are. */
static bool
wake_pair(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, struct random_source *random,
    uint16_t *port)
{
	for (int i = 0; i < NAT_WAKE_MOST; i++) {
		struct nat_block *block = find_block(ports, space.key);

		if (block == NULL || block->resting_first == NAT_RESTING_NONE) {
			return false;
		}
		struct nat_resting *one = &ports->resting[block->resting_first];

		one->handed = true;
		take_out(ports, block);
		clear(ports, block, one->port);
		if (nat_ports_take_free(ports, space, low, high, NAT_WANT_PAIR, random, port)) {
			return true;
		}
	}
	return false;
}

bool
nat_ports_take(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, enum nat_want want,
    uint32_t now, struct random_source *random, uint16_t *port)
{
	(void)nat_ports_advance(ports, now, ADVANCE_OF_ONE);
	if (nat_ports_take_free(ports, space, low, high, want, random, port)) {
		return true;
	}
	return want == NAT_WANT_PAIR ? wake_pair(ports, space, low, high, random, port)
				     : nat_ports_take_resting(ports, space, low, high, port);
}

bool
nat_ports_take_layer(struct nat_ports *ports, struct nat_space space, uint32_t layers,
    const struct nat_port_range *range, uint16_t start, struct nat_layer_port *taken)
{
	const uint32_t all = layers >= NAT_LAYERS_MOST ? UINT32_MAX : (1U << layers) - 1;

	assert(layers > 0);
	taken->layer = 0;
	if (layers == 1) {
		return take_free(ports, space, range, NAT_WANT_ANY, start, taken);
	}
	struct nat_block *first = find_block(ports, space.key);
	uint32_t open = all;

	if (first != NULL && first->layers_low == range->low && first->layers_high == range->high) {
		open &= ~first->layers_full;
	} else if (first != NULL) {
		first->layers_full = 0;
		first->layers_low = range->low;
		first->layers_high = range->high;
	}
	while (open != 0) {
		const uint32_t layer = (uint32_t)__builtin_ctz(open);

		if (take_free(ports, nat_space_layer(space, layer), range, NAT_WANT_ANY, start, taken)) {
			taken->layer = (uint8_t)layer;
			taken->last = taken->last && layer + 1 == layers;
			return true;
		}
		open &= open - 1;
		/* Without a block there is only no block, for now. */
		if (first != NULL && find_block(ports, nat_space_layer(space, layer).key) != NULL) {
			first->layers_full |= 1U << layer;
		}
	}
	return false;
}

void
nat_ports_prefetch(const struct nat_ports *ports, struct nat_next *next)
{
	next->found = false;
	next->block = find_index(ports, next->space.key);
	if (next->block != NAT_BLOCK_NONE) {
		__builtin_prefetch(&block_at(ports, next->block)->taken[next->start / WORD_BITS], 1);
	}
}

void
nat_ports_foresee(const struct nat_ports *ports, uint16_t high, struct nat_next *next)
{
	const uint32_t word = next->start / WORD_BITS;

	assert(ports->workers == 1);
	if (next->block == NAT_BLOCK_NONE) {
		return;
	}
	const uint64_t free = ~block_at(ports, next->block)->taken[word] & UINT64_MAX << next->start % WORD_BITS;

	if (free != 0) {
		next->port = (uint16_t)(word * WORD_BITS + (uint32_t)__builtin_ctzll(free));
		next->found = next->port <= high;
	}
}

uint64_t
nat_ports_open(const struct nat_ports *ports, const struct nat_port_range *range, const struct nat_next *next, uint32_t word)
{
	assert(word < NAT_SPACE_WORDS);
	return next->block == NAT_BLOCK_NONE
		   ? 0
		   : candidates(ports, block_at(ports, next->block), word, range, NAT_WANT_ANY);
}

bool
nat_ports_take_foreseen(struct nat_ports *ports, const struct nat_port_range *range, const struct nat_next *next)
{
	if (!next->found) {
		return false;
	}
	struct nat_block *block = block_at(ports, next->block);

	assert(next->port >= range->low && next->port <= range->high);
	if (block->key != next->space.key || block->used == 0 || block->used >= (uint32_t)range->high - range->low ||
	    is_taken(block, next->port)) {
		return false;
	}
	set(ports, block, next->port);
	return true;
}

bool
nat_ports_room(const struct nat_ports *ports, struct nat_space space)
{
	return ports->free != NAT_BLOCK_NONE || find_block(ports, space.key) != NULL;
}

struct nat_space
nat_ports_any_space(const struct nat_ports *ports, struct random_source *random)
{
	assert(ports->free == NAT_BLOCK_NONE && ports->capacity > 0);
	return (struct nat_space){.key = block_at(ports, random_below(random, ports->capacity))->key};
}

bool
nat_ports_take_this(struct nat_ports *ports, struct nat_space space, uint16_t port)
{
	struct nat_block *block = find_block(ports, space.key);

	block = block == NULL ? add_block(ports, space.key) : block;
	if (block == NULL || is_taken(block, port)) {
		return false;
	}
	set(ports, block, port);
	return true;
}

void
nat_ports_give_at_once(struct nat_ports *ports, struct nat_space space, uint16_t port)
{
	struct nat_block *block = find_block(ports, space.key);

	assert(block != NULL);
	if (block != NULL) {
		clear(ports, block, port);
	}
}

void
nat_ports_give_place(struct nat_ports *ports, struct nat_space space, uint16_t port, uint32_t now, uint32_t place)
{
	if (ports->resting_tail - ports->resting_head > ports->resting_mask) {
		wake_oldest(ports);
	}
	struct nat_block *block = find_block(ports, space.key);
	const uint32_t at = ports->resting_tail++ & ports->resting_mask;

	assert(block != NULL && is_taken(block, port));
	ports->resting[at] = (struct nat_resting){
	    .key = space.key, .port = port, .until = now + NAT_REST_TICKS, .next = NAT_RESTING_NONE, .place = place};
	if (block == NULL) {
		ports->resting[at].handed = true;
	} else if (block->resting_first == NAT_RESTING_NONE) {
		block->resting_first = at;
		block->resting_last = at;
	} else {
		ports->resting[block->resting_last].next = at;
		block->resting_last = at;
	}
}

void
nat_ports_give(struct nat_ports *ports, struct nat_space space, uint16_t port, uint32_t now)
{
	nat_ports_give_place(ports, space, port, now, NAT_PLACE_NONE);
}

bool
nat_ports_advance(struct nat_ports *ports, uint32_t now, uint32_t most)
{
	for (uint32_t i = 0; i < most; i++) {
		if (ports->resting_head == ports->resting_tail ||
		    (int32_t)(now - ports->resting[ports->resting_head & ports->resting_mask].until) < 0) {
			return false;
		}
		wake_oldest(ports);
	}
	return true;
}

uint32_t
nat_ports_used(const struct nat_ports *ports, struct nat_space space)
{
	const struct nat_block *block = find_block(ports, space.key);

	return block == NULL ? 0 : block->used;
}
