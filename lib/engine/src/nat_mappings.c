/*
 * The hash tables of persistent NAT. See nat_mappings.h.
 */
#include "nat_mappings.h"

#include <assert.h>

#include "lines.h"

size_t
nat_mappings_size(uint32_t capacity, uint32_t remotes)
{
	return line_up(sizeof(struct nat_mapping) * capacity) + line_up(sizeof(struct nat_remote) * remotes) +
	    2 * line_up(sizeof(uint32_t) * heads_for(capacity)) + line_up(sizeof(uint32_t) * heads_for(remotes));
}

static uint32_t *
take_heads(uint8_t **at, uint32_t count)
{
	uint32_t *heads = (uint32_t *)(void *)*at;

	for (uint32_t i = 0; i < count; i++) {
		heads[i] = NAT_MAPPING_NONE;
	}
	*at += line_up(sizeof(uint32_t) * count);
	return heads;
}

void
nat_mappings_init(struct nat_mappings *mappings, void *memory, uint32_t capacity, uint32_t remotes,
    struct hash_key secret)
{
	uint8_t *at = memory;

	*mappings = (struct nat_mappings){
	    .entries = memory,
	    .secret = secret,
	    .head_mask = heads_for(capacity) - 1,
	    .remote_mask = heads_for(remotes) - 1,
	    .capacity = capacity,
	    .remote_capacity = remotes,
	    .free = NAT_MAPPING_NONE,
	    .remote_free = NAT_MAPPING_NONE,
	};
	at += line_up(sizeof(struct nat_mapping) * capacity);
	mappings->remotes = (struct nat_remote *)(void *)at;
	at += line_up(sizeof(struct nat_remote) * remotes);
	mappings->inside_heads = take_heads(&at, heads_for(capacity));
	mappings->outside_heads = take_heads(&at, heads_for(capacity));
	mappings->remote_heads = take_heads(&at, heads_for(remotes));
	wheel_init(&mappings->wheel, &mappings->entries[0].link, sizeof(struct nat_mapping), 0);
}

static uint32_t *
inside_head(const struct nat_mappings *mappings, const struct nat_inside *inside)
{
	const uint64_t low = inside->host | (uint64_t)inside->instance << 32 | (uint64_t)inside->pool << 48;
	const uint64_t high = inside->port | (uint64_t)inside->protocol << 16;

	return &mappings->inside_heads[hash_pair(&mappings->secret, low, high) & mappings->head_mask];
}

static uint32_t *
outside_head(const struct nat_mappings *mappings, const struct nat_outside *outside)
{
	const uint64_t low = outside->address | (uint64_t)outside->instance << 32 | (uint64_t)outside->port << 48;

	return &mappings->outside_heads[hash_pair(&mappings->secret, low, outside->protocol) & mappings->head_mask];
}

static uint32_t *
remote_head(const struct nat_mappings *mappings, uint32_t index, uint32_t address, uint16_t port)
{
	const uint64_t low = address | (uint64_t)index << 32;

	return &mappings->remote_heads[hash_pair(&mappings->secret, low, port) & mappings->remote_mask];
}

static bool
same_inside(const struct nat_inside *left, const struct nat_inside *right)
{
	return left->host == right->host && left->port == right->port && left->instance == right->instance &&
	    left->pool == right->pool && left->protocol == right->protocol;
}

static bool
same_outside(const struct nat_outside *left, const struct nat_outside *right)
{
	return left->address == right->address && left->port == right->port && left->instance == right->instance &&
	    left->protocol == right->protocol;
}

uint32_t
nat_mappings_find_inside(const struct nat_mappings *mappings, const struct nat_inside *inside)
{
	uint32_t index = *inside_head(mappings, inside);

	while (index != NAT_MAPPING_NONE && !same_inside(&mappings->entries[index].inside, inside)) {
		index = mappings->entries[index].next_inside;
	}
	return index;
}

uint32_t
nat_mappings_find_outside(const struct nat_mappings *mappings, const struct nat_outside *outside)
{
	uint32_t index = *outside_head(mappings, outside);

	while (index != NAT_MAPPING_NONE && !same_outside(&mappings->entries[index].outside, outside)) {
		index = mappings->entries[index].next_outside;
	}
	return index;
}

uint32_t
nat_mappings_add(struct nat_mappings *mappings, const struct nat_inside *inside, const struct nat_outside *outside)
{
	uint32_t index = mappings->free;

	assert(nat_mappings_find_inside(mappings, inside) == NAT_MAPPING_NONE);
	assert(nat_mappings_find_outside(mappings, outside) == NAT_MAPPING_NONE);
	if (index != NAT_MAPPING_NONE) {
		mappings->free = mappings->entries[index].next_inside;
	} else if (mappings->fresh < mappings->capacity) {
		index = mappings->fresh++;
	} else {
		return NAT_MAPPING_NONE;
	}
	uint32_t *by_inside = inside_head(mappings, inside);
	uint32_t *by_outside = outside_head(mappings, outside);

	mappings->entries[index] = (struct nat_mapping){
	    .inside = *inside,
	    .outside = *outside,
	    .next_inside = *by_inside,
	    .next_outside = *by_outside,
	    .remotes = NAT_MAPPING_NONE,
	    .remotes_last = NAT_MAPPING_NONE,
	    .used = true,
	};
	wheel_link_init(&mappings->entries[index].link);
	*by_inside = index;
	*by_outside = index;
	mappings->count++;
	mappings->address_count += outside->protocol == 0 ? 1 : 0;
	return index;
}

static void
forget_first(struct nat_mappings *mappings, struct nat_mapping *mapping)
{
	const uint32_t index = mapping->remotes;
	struct nat_remote *remote = &mappings->remotes[index];
	uint32_t *link = remote_head(mappings, remote->mapping, remote->address, remote->port);

	assert(mapping->remote_count > 0 && mappings->remote_count > 0);
	while (*link != index) {
		link = &mappings->remotes[*link].next;
	}
	*link = remote->next;
	mapping->remotes = remote->younger;
	mapping->remotes_last = mapping->remotes == NAT_MAPPING_NONE ? NAT_MAPPING_NONE : mapping->remotes_last;
	mapping->remote_count--;
	mappings->remote_count--;
	remote->mapping = NAT_MAPPING_NONE;
	remote->next = mappings->remote_free;
	mappings->remote_free = index;
}

void
nat_mappings_detach(struct nat_mappings *mappings, uint32_t index)
{
	struct nat_mapping *mapping = &mappings->entries[index];
	uint32_t *by_inside = inside_head(mappings, &mapping->inside);
	uint32_t *by_outside = outside_head(mappings, &mapping->outside);

	assert(mapping->used && !mapping->detached);
	while (*by_inside != index) {
		by_inside = &mappings->entries[*by_inside].next_inside;
	}
	while (*by_outside != index) {
		by_outside = &mappings->entries[*by_outside].next_outside;
	}
	*by_inside = mapping->next_inside;
	*by_outside = mapping->next_outside;
	mapping->detached = true;
	while (mapping->remote_count > 0) {
		forget_first(mappings, mapping);
	}
}

void
nat_mappings_remove(struct nat_mappings *mappings, uint32_t index)
{
	struct nat_mapping *mapping = &mappings->entries[index];

	assert(mapping->used && mapping->sessions == 0 && mappings->count > 0);
	if (!mapping->detached) {
		nat_mappings_detach(mappings, index);
	}
	if (wheel_armed(&mappings->wheel, index)) {
		wheel_cancel(&mappings->wheel, index);
	}
	mappings->address_count -= mapping->outside.protocol == 0 ? 1 : 0;
	mapping->used = false;
	mapping->next_inside = mappings->free;
	mappings->free = index;
	mappings->count--;
}

bool
nat_mappings_noted(const struct nat_mappings *mappings, uint32_t index, uint32_t address, uint16_t port)
{
	uint32_t at = *remote_head(mappings, index, address, port);

	while (at != NAT_MAPPING_NONE) {
		const struct nat_remote *remote = &mappings->remotes[at];

		if (remote->mapping == index && remote->address == address && remote->port == port) {
			return true;
		}
		at = remote->next;
	}
	return false;
}

void
nat_mappings_note(struct nat_mappings *mappings, uint32_t index, uint32_t address, uint16_t port)
{
	struct nat_mapping *mapping = &mappings->entries[index];
	uint32_t at;

	assert(mapping->used && !mapping->detached);
	if (nat_mappings_noted(mappings, index, address, port)) {
		return;
	}
	if (mapping->remote_count >= NAT_REMOTES_OF_ONE ||
	    (mappings->remote_count >= mappings->remote_capacity && mapping->remote_count > 0)) {
		forget_first(mappings, mapping);
	}
	if (mappings->remote_free != NAT_MAPPING_NONE) {
		at = mappings->remote_free;
		mappings->remote_free = mappings->remotes[at].next;
	} else if (mappings->remote_fresh < mappings->remote_capacity) {
		at = mappings->remote_fresh++;
	} else {
		return;
	}
	uint32_t *head = remote_head(mappings, index, address, port);

	mappings->remotes[at] = (struct nat_remote){
	    .mapping = index, .address = address, .port = port, .next = *head, .younger = NAT_MAPPING_NONE};
	*head = at;
	if (mapping->remotes == NAT_MAPPING_NONE) {
		mapping->remotes = at;
	} else {
		mappings->remotes[mapping->remotes_last].younger = at;
	}
	mapping->remotes_last = at;
	mapping->remote_count++;
	mappings->remote_count++;
}
