/*
 * The hash tables of persistent NAT. See nat_mappings.h.
 */
#include "nat_mappings.h"

#include <assert.h>

_Static_assert(NAT_MAPPING_NONE == NAT_CHAIN_END, "a look-up says so");

size_t
nat_mappings_size(uint32_t capacity, uint32_t remotes)
{
	return line_up(sizeof(struct nat_mapping) * capacity) + line_up(sizeof(struct nat_remote) * remotes) +
	    2 * nat_chains_size(capacity) + nat_chains_size(remotes);
}

void
nat_mappings_init(struct nat_mappings *mappings, void *memory, uint32_t capacity, uint32_t remotes,
    struct hash_key secret)
{
	struct nat_mapping *entries = memory;
	struct nat_remote *first = (struct nat_remote *)(void *)((uint8_t *)memory + line_up(sizeof(*entries) * capacity));
	uint8_t *at = (uint8_t *)first + line_up(sizeof(*first) * remotes);

	*mappings = (struct nat_mappings){
	    .entries = entries,
	    .remotes = first,
	    .by_inside = {.links = &entries->next_inside, .stride = sizeof(*entries), .secret = secret},
	    .by_outside = {.links = &entries->next_outside, .stride = sizeof(*entries), .secret = secret},
	    .by_remote = {.links = &first->next, .stride = sizeof(*first), .secret = secret},
	    .capacity = capacity,
	    .remote_capacity = remotes,
	    .free = NAT_MAPPING_NONE,
	    .remote_free = NAT_MAPPING_NONE,
	};
	nat_chains_init(&mappings->by_inside, &at, capacity);
	nat_chains_init(&mappings->by_outside, &at, capacity);
	nat_chains_init(&mappings->by_remote, &at, remotes);
	wheel_init(&mappings->wheel, &mappings->entries[0].link, sizeof(struct nat_mapping), 0);
}

static struct nat_chain_key
inside_key(const struct nat_inside *inside)
{
	return (struct nat_chain_key){
	    .low = inside->host | (uint64_t)inside->instance << 32 | (uint64_t)inside->pool << 48,
	    .high = inside->port | (uint64_t)inside->protocol << 16,
	};
}

static struct nat_chain_key
outside_key(const struct nat_outside *outside)
{
	return (struct nat_chain_key){
	    .low = outside->address | (uint64_t)outside->instance << 32 | (uint64_t)outside->port << 48,
	    .high = outside->protocol,
	};
}

static struct nat_chain_key
remote_key(uint32_t mapping, uint32_t address, uint16_t port)
{
	return (struct nat_chain_key){.low = address | (uint64_t)mapping << 32, .high = port};
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
	uint32_t index = nat_chains_first(&mappings->by_inside, inside_key(inside));

	while (index != NAT_MAPPING_NONE && !same_inside(&mappings->entries[index].inside, inside)) {
		index = nat_chains_next(&mappings->by_inside, index);
	}
	return index;
}

uint32_t
nat_mappings_find_outside(const struct nat_mappings *mappings, const struct nat_outside *outside)
{
	uint32_t index = nat_chains_first(&mappings->by_outside, outside_key(outside));

	while (index != NAT_MAPPING_NONE && !same_outside(&mappings->entries[index].outside, outside)) {
		index = nat_chains_next(&mappings->by_outside, index);
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
	mappings->entries[index] = (struct nat_mapping){
	    .inside = *inside,
	    .outside = *outside,
	    .remotes = NAT_MAPPING_NONE,
	    .remotes_last = NAT_MAPPING_NONE,
	    .used = true,
	};
	wheel_link_init(&mappings->entries[index].link);
	nat_chains_put(&mappings->by_inside, inside_key(inside), index);
	nat_chains_put(&mappings->by_outside, outside_key(outside), index);
	mappings->count++;
	mappings->address_count += outside->protocol == 0 ? 1 : 0;
	return index;
}

static void
forget_first(struct nat_mappings *mappings, struct nat_mapping *mapping)
{
	const uint32_t index = mapping->remotes;
	struct nat_remote *remote = &mappings->remotes[index];

	assert(mapping->remote_count > 0 && mappings->remote_count > 0);
	nat_chains_take(&mappings->by_remote, remote_key(remote->mapping, remote->address, remote->port), index);
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

	assert(mapping->used && !mapping->detached);
	nat_chains_take(&mappings->by_inside, inside_key(&mapping->inside), index);
	nat_chains_take(&mappings->by_outside, outside_key(&mapping->outside), index);
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
	uint32_t at = nat_chains_first(&mappings->by_remote, remote_key(index, address, port));

	while (at != NAT_MAPPING_NONE) {
		const struct nat_remote *remote = &mappings->remotes[at];

		if (remote->mapping == index && remote->address == address && remote->port == port) {
			return true;
		}
		at = nat_chains_next(&mappings->by_remote, at);
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
	mappings->remotes[at] = (struct nat_remote){
	    .mapping = index, .address = address, .port = port, .younger = NAT_MAPPING_NONE};
	nat_chains_put(&mappings->by_remote, remote_key(index, address, port), at);
	if (mapping->remotes == NAT_MAPPING_NONE) {
		mapping->remotes = at;
	} else {
		mappings->remotes[mapping->remotes_last].younger = at;
	}
	mapping->remotes_last = at;
	mapping->remote_count++;
	mappings->remote_count++;
}
