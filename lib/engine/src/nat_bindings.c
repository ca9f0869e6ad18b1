/*
 * The hash table of bindings. See nat_bindings.h.
 */
#include "nat_bindings.h"

#include <assert.h>

#include "lines.h"

size_t
nat_bindings_size(uint32_t capacity)
{
	return line_up(sizeof(struct nat_binding) * capacity) + line_up(sizeof(uint32_t) * heads_for(capacity));
}

void
nat_bindings_init(struct nat_bindings *bindings, void *memory, uint32_t capacity, struct hash_key secret)
{
	const uint32_t heads = heads_for(capacity);

	*bindings = (struct nat_bindings){
	    .entries = memory,
	    .heads = (uint32_t *)(void *)((uint8_t *)memory + line_up(sizeof(struct nat_binding) * capacity)),
	    .secret = secret,
	    .head_mask = heads - 1,
	    .capacity = capacity,
	    .free = NAT_BINDING_NONE,
	};
}

static uint64_t
low_of(const struct nat_binding_key *key)
{
	return key->host | (uint64_t)key->instance << 32 | (uint64_t)key->pool << 48;
}

static uint32_t *
head_of(const struct nat_bindings *bindings, uint64_t low, uint32_t high)
{
	return &bindings->heads[hash_pair(&bindings->secret, low, high) & bindings->head_mask];
}

struct nat_binding_key
nat_binding_key_of(const struct nat_binding *binding)
{
	return (struct nat_binding_key){
	    .host = (uint32_t)binding->low,
	    .instance = (uint16_t)(binding->low >> 32),
	    .pool = (uint16_t)(binding->low >> 48),
	    .protocol = binding->protocol,
	};
}

uint32_t
nat_bindings_find(const struct nat_bindings *bindings, const struct nat_binding_key *key)
{
	const uint64_t low = low_of(key);
	uint32_t link = *head_of(bindings, low, key->protocol);

	while (link != 0) {
		const struct nat_binding *binding = &bindings->entries[link - 1];

		if (binding->low == low && binding->protocol == key->protocol) {
			return link - 1;
		}
		link = binding->next;
	}
	return NAT_BINDING_NONE;
}

uint32_t
nat_bindings_add(struct nat_bindings *bindings, const struct nat_binding_key *key, uint32_t address)
{
	const uint64_t low = low_of(key);
	uint32_t *head = head_of(bindings, low, key->protocol);
	uint32_t index = bindings->free;

	if (index != NAT_BINDING_NONE) {
		bindings->free = bindings->entries[index].next;
	} else if (bindings->fresh < bindings->capacity) {
		index = bindings->fresh++;
	} else {
		return NAT_BINDING_NONE;
	}
	bindings->entries[index] = (struct nat_binding){
	    .low = low,
	    .protocol = key->protocol,
	    .address = address,
	    .next = *head,
	};
	*head = index + 1;
	bindings->count++;
	return index;
}

void
nat_bindings_remove(struct nat_bindings *bindings, uint32_t index)
{
	struct nat_binding *binding = &bindings->entries[index];
	uint32_t *link = head_of(bindings, binding->low, binding->protocol);

	assert(binding->sessions == 0 && bindings->count > 0);
	while (*link != index + 1) {
		assert(*link != 0);
		link = &bindings->entries[*link - 1].next;
	}
	*link = binding->next;
	binding->next = bindings->free;
	bindings->free = index;
	bindings->count--;
}
