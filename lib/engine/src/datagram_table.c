/*
 * The table of datagrams: look-up, groups, who has to go, and the pieces of one. See
 * datagram_private.h.
 *
 * A piece that is exactly one that was there (offset, length, sum of its octets) is a duplicate, made
 * by the network, and nothing more is said by it (RFC 8200 4.5); any other that shares octets with
 * one is an overlap (RFC 5722).
 */
#include "datagram_private.h"

#include <string.h>

size_t
datagram_table_size(const struct datagram_limits *limits)
{
	return line_up(limits->entries * sizeof(struct datagram)) +
	       line_up(limits->pieces * sizeof(struct datagram_piece)) +
	       line_up(heads_for(limits->entries) * sizeof(uint32_t));
}

void
datagram_table_init(struct datagram_table *table, void *memory,
    const struct datagram_limits *limits, struct hash_key secret, uint32_t tick)
{
	uint8_t *next = memory;

	table->entries = (struct datagram *)(void *)next;
	next += line_up(limits->entries * sizeof(struct datagram));
	table->pieces = (struct datagram_piece *)(void *)next;
	next += line_up(limits->pieces * sizeof(struct datagram_piece));
	table->heads = (uint32_t *)(void *)next;
	table->head_mask = heads_for(limits->entries) - 1;
	table->secret = secret;
	table->most[DATAGRAM_ENTRIES] = limits->entries;
	table->most[DATAGRAM_PIECES] = limits->pieces;
	table->most[DATAGRAM_HELD] = limits->held;
	memset(table->heads, 0xff, ((size_t)table->head_mask + 1) * sizeof(uint32_t));
	wheel_init(&table->wheel, &table->entries[0].link, sizeof(struct datagram), tick);
	for (uint32_t i = 0; i < limits->entries; i++) {
		table->entries[i].next = i + 1 < limits->entries ? i + 1 : DATAGRAM_NONE;
		wheel_link_init(&table->entries[i].link);
	}
	for (uint32_t i = 0; i < limits->pieces; i++) {
		table->pieces[i].next = i + 1 < limits->pieces ? i + 1 : DATAGRAM_NONE;
	}
	table->free = limits->entries > 0 ? 0 : DATAGRAM_NONE;
	table->free_piece = limits->pieces > 0 ? 0 : DATAGRAM_NONE;
	for (unsigned i = 0; i < DATAGRAM_GROUPS; i++) {
		table->groups[i].oldest = DATAGRAM_NONE;
		table->groups[i].newest = DATAGRAM_NONE;
	}
}

static uint32_t
head_of(const struct datagram_table *table, const struct datagram_key *key)
{
	return (uint32_t)hash_bytes(&table->secret, key, sizeof *key) & table->head_mask;
}

uint16_t
datagram_group_of(const struct datagram_table *table, const struct datagram_key *key)
{
	const uint64_t low = key->version == 4 ? key->source[1] : 0;

	return (uint16_t)(hash_pair(&table->secret, key->source[0], low) & (DATAGRAM_GROUPS - 1));
}

uint32_t
datagram_find(const struct datagram_table *table, const struct datagram_key *key)
{
	uint32_t index = table->heads[head_of(table, key)];

	while (index != DATAGRAM_NONE &&
	       memcmp(&table->entries[index].key, key, sizeof *key) != 0) {
		index = table->entries[index].next;
	}
	return index;
}

static void
use(struct datagram_table *table, uint16_t number, enum datagram_resource resource)
{
	struct datagram_group *group = &table->groups[number];

	assert(table->used[resource] < table->most[resource]);
	table->used[resource]++;
	group->used[resource]++;
	if (group->used[resource] > table->groups[table->heaviest[resource]].used[resource]) {
		table->heaviest[resource] = number;
	}
}

static void
give_back(struct datagram_table *table, uint16_t number, enum datagram_resource resource)
{
	assert(table->used[resource] > 0 && table->groups[number].used[resource] > 0);
	table->used[resource]--;
	table->groups[number].used[resource]--;
}

uint32_t
datagram_add(struct datagram_table *table, const struct datagram_key *key)
{
	const uint32_t index = table->free;
	const uint32_t head = head_of(table, key);
	const uint16_t number = datagram_group_of(table, key);
	struct datagram_group *group = &table->groups[number];
	struct datagram *datagram = &table->entries[index];

	assert(index != DATAGRAM_NONE && datagram_find(table, key) == DATAGRAM_NONE);
	table->free = datagram->next;
	*datagram = (struct datagram){
	    .key = *key,
	    .next = table->heads[head],
	    .older = group->newest,
	    .newer = DATAGRAM_NONE,
	    .first = DATAGRAM_NONE,
	    .last = DATAGRAM_NONE,
	    .policy = PACKET_NO_POLICY,
	    .group = number,
	};
	wheel_link_init(&datagram->link);
	table->heads[head] = index;
	if (group->newest == DATAGRAM_NONE) {
		group->oldest = index;
	} else {
		table->entries[group->newest].newer = index;
	}
	group->newest = index;
	use(table, number, DATAGRAM_ENTRIES);
	return index;
}

void
datagram_remove(struct datagram_table *table, uint32_t index)
{
	struct datagram *datagram = &table->entries[index];
	struct datagram_group *group = &table->groups[datagram->group];
	uint32_t *link = &table->heads[head_of(table, &datagram->key)];

	assert(datagram->pieces == 0 && datagram->held == 0 && !wheel_armed(&table->wheel, index));
	while (*link != index) {
		assert(*link != DATAGRAM_NONE);
		link = &table->entries[*link].next;
	}
	*link = datagram->next;
	if (datagram->older == DATAGRAM_NONE) {
		group->oldest = datagram->newer;
	} else {
		table->entries[datagram->older].newer = datagram->newer;
	}
	if (datagram->newer == DATAGRAM_NONE) {
		group->newest = datagram->older;
	} else {
		table->entries[datagram->newer].older = datagram->older;
	}
	give_back(table, datagram->group, DATAGRAM_ENTRIES);
	datagram->next = table->free;
	table->free = index;
}

static uint32_t
amount(const struct datagram *datagram, enum datagram_resource resource)
{
	switch (resource) {
	case DATAGRAM_ENTRIES:
		return 1;
	case DATAGRAM_PIECES:
		return datagram->pieces;
	case DATAGRAM_HELD:
		return datagram->held;
	case DATAGRAM_RESOURCES:
		break;
	}
	return 0;
}

uint32_t
datagram_victim(const struct datagram_table *table, enum datagram_resource resource, uint16_t group,
    uint64_t draw)
{
	const uint16_t candidates[] = {
	    group,
	    table->heaviest[resource],
	    (uint16_t)(draw & (DATAGRAM_GROUPS - 1)),
	    (uint16_t)(draw >> 32 & (DATAGRAM_GROUPS - 1)),
	};
	const struct datagram_group *most = &table->groups[group];
	uint32_t fallback = DATAGRAM_NONE;

	for (unsigned i = 1; i < sizeof candidates / sizeof candidates[0]; i++) {
		const struct datagram_group *other = &table->groups[candidates[i]];

		if (other->used[resource] > most->used[resource]) {
			most = other;
		}
	}
	uint32_t index = most->oldest;

	for (unsigned looks = 0; looks < DATAGRAM_LOOKS && index != DATAGRAM_NONE; looks++) {
		const struct datagram *datagram = &table->entries[index];

		if (amount(datagram, resource) > 0) {
			if (datagram->pieces <= 1 || datagram->state == DATAGRAM_REFUSED) {
				return index;
			}
			fallback = fallback == DATAGRAM_NONE ? index : fallback;
		}
		index = datagram->newer;
	}
	return fallback;
}

/* Does the piece's end contradict what is known of the datagram's? */
static bool
end_wrong(
    const struct datagram_table *table, const struct datagram *datagram, uint32_t end, bool more)
{
	if (more) {
		return datagram->end != 0 && end >= datagram->end;
	}
	if (datagram->end != 0) {
		return datagram->end != end;
	}
	if (datagram->last == DATAGRAM_NONE) {
		return false;
	}
	const struct datagram_piece *last = &table->pieces[datagram->last];

	return (uint32_t)last->offset + last->size > end;
}

bool
datagram_overlaps(const struct datagram_table *table, const struct datagram *datagram,
    uint32_t start, uint32_t end)
{
	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		const struct datagram_piece *piece = &table->pieces[i];

		if (piece->offset < end && (uint32_t)piece->offset + piece->size > start) {
			return true;
		}
	}
	return false;
}

enum datagram_outcome
datagram_add_piece(struct datagram_table *table, struct datagram *datagram,
    const struct datagram_piece *piece, bool more, uint32_t *place)
{
	const uint32_t start = piece->offset;
	const uint32_t end = start + piece->size;
	uint32_t before = DATAGRAM_NONE;
	uint32_t after = datagram->first;

	assert(piece->size > 0 && end <= DATAGRAM_OCTETS_MOST && piece->packet == NULL);
	if (end_wrong(table, datagram, end, more)) {
		return DATAGRAM_BAD_END;
	}
	/* Usually they come in order. */
	if (datagram->last != DATAGRAM_NONE &&
	    (uint32_t)table->pieces[datagram->last].offset + table->pieces[datagram->last].size <=
		start) {
		before = datagram->last;
		after = DATAGRAM_NONE;
	}
	while (after != DATAGRAM_NONE) {
		const struct datagram_piece *other = &table->pieces[after];
		const uint32_t other_end = (uint32_t)other->offset + other->size;

		if (other->offset >= end) {
			break;
		}
		if (other_end > start) {
			return other->offset == start && other_end == end &&
				       other->sum == piece->sum
				   ? DATAGRAM_DUPLICATE
				   : DATAGRAM_OVERLAP;
		}
		before = after;
		after = other->next;
	}
	if (datagram->pieces == DATAGRAM_PIECES_MOST) {
		return DATAGRAM_TOO_MANY;
	}
	*place = table->free_piece;
	assert(*place != DATAGRAM_NONE);
	table->free_piece = table->pieces[*place].next;
	table->pieces[*place] = *piece;
	table->pieces[*place].next = after;
	if (before == DATAGRAM_NONE) {
		datagram->first = *place;
	} else {
		table->pieces[before].next = *place;
	}
	if (after == DATAGRAM_NONE) {
		datagram->last = *place;
	}
	datagram->pieces++;
	datagram->received += piece->size;
	datagram->sum += piece->sum;
	datagram->end = more ? datagram->end : end;
	use(table, datagram->group, DATAGRAM_PIECES);
	return DATAGRAM_ADDED;
}

void
datagram_hold(struct datagram_table *table, struct datagram *datagram, uint32_t piece,
    struct packet *packet)
{
	assert(packet != NULL && table->pieces[piece].packet == NULL);
	table->pieces[piece].packet = packet;
	datagram->held++;
	use(table, datagram->group, DATAGRAM_HELD);
}

struct packet *
datagram_release(struct datagram_table *table, struct datagram *datagram, uint32_t piece)
{
	struct packet *packet = table->pieces[piece].packet;

	if (packet != NULL) {
		table->pieces[piece].packet = NULL;
		datagram->held--;
		give_back(table, datagram->group, DATAGRAM_HELD);
	}
	return packet;
}

void
datagram_drop_pieces(struct datagram_table *table, struct datagram *datagram)
{
	assert(datagram->held == 0);
	while (datagram->first != DATAGRAM_NONE) {
		const uint32_t piece = datagram->first;

		datagram->first = table->pieces[piece].next;
		table->pieces[piece].next = table->free_piece;
		table->free_piece = piece;
		datagram->pieces--;
		give_back(table, datagram->group, DATAGRAM_PIECES);
	}
	assert(datagram->pieces == 0);
	datagram->last = DATAGRAM_NONE;
	datagram->received = 0;
	datagram->end = 0;
}
