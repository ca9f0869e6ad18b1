/*
 * The hash table of bindings. See nat_bindings.h.
 */
#include "nat_bindings.h"

#include <assert.h>

_Static_assert(NAT_BINDING_NONE == NAT_CHAIN_END, "a look-up says so");

size_t
nat_bindings_size(uint32_t capacity)
{
	return line_up(sizeof(struct nat_binding) * capacity) + nat_chains_size(capacity);
}

void
nat_bindings_init(struct nat_bindings *bindings, void *memory, uint32_t capacity, struct hash_key secret)
{
	struct nat_binding *entries = memory;
	uint8_t *heads = (uint8_t *)memory + line_up(sizeof(struct nat_binding) * capacity);

	*bindings = (struct nat_bindings){
	    .entries = entries,
	    .chains = {.links = &entries->next, .stride = sizeof(*entries), .secret = secret},
	    .capacity = capacity,
	    .free = NAT_BINDING_NONE,
	};
	nat_chains_init(&bindings->chains, &heads, capacity);
}

static uint64_t
low_of(const struct nat_binding_key *key)
{
	return key->host | (uint64_t)key->instance << 32 | (uint64_t)key->pool << 48;
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
	uint32_t index = nat_chains_first(&bindings->chains, (struct nat_chain_key){low, key->protocol});

	while (index != NAT_CHAIN_END &&
	       (bindings->entries[index].low != low || bindings->entries[index].protocol != key->protocol)) {
		index = nat_chains_next(&bindings->chains, index);
	}
	return index;
}

uint32_t
nat_bindings_add(struct nat_bindings *bindings, const struct nat_binding_key *key, uint32_t address)
{
	const uint64_t low = low_of(key);
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
	};
	nat_chains_put(&bindings->chains, (struct nat_chain_key){low, key->protocol}, index);
	bindings->count++;
	return index;
}

void
nat_bindings_remove(struct nat_bindings *bindings, uint32_t index)
{
	struct nat_binding *binding = &bindings->entries[index];

	assert(binding->sessions == 0 && bindings->count > 0);
	nat_chains_take(&bindings->chains, (struct nat_chain_key){binding->low, binding->protocol}, index);
	binding->next = bindings->free;
	bindings->free = index;
	bindings->count--;
}
