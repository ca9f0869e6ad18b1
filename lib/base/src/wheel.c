/*
 * Hierarchical timing wheel. See base/wheel.h.
 *
 * A slot is a doubly linked list by index. The first link of a slot has as `previous` the slot's number with the top bit
 * set, so that unlinking needs no search. Level 0 has a slot a tick, level 1 a slot for 256 ticks, level 2 for 65,536.
 */
#include "base/wheel.h"

#include <assert.h>

enum {
	WHEEL_HEAD = 1 << 30,
};
#define WHEEL_UNARMED (UINT32_MAX - 1)

static struct wheel_link *
wheel_link_at(const struct wheel *wheel, uint32_t index)
{
	return (struct wheel_link *)(void *)(wheel->base + (uint64_t)index * wheel->stride);
}

static uint32_t
wheel_slot_for(const struct wheel *wheel, uint32_t deadline)
{
	const uint32_t distance = deadline - wheel->now;

	if (distance < WHEEL_SLOTS) {
		return deadline & (WHEEL_SLOTS - 1);
	}
	if (distance < WHEEL_SLOTS * WHEEL_SLOTS) {
		return WHEEL_SLOTS + ((deadline >> WHEEL_SLOT_BITS) & (WHEEL_SLOTS - 1));
	}
	const uint32_t reach = (uint32_t)(WHEEL_SLOTS - 1) * WHEEL_SLOTS * WHEEL_SLOTS;
	const uint32_t parked = distance < reach ? deadline : wheel->now + reach;

	return 2 * WHEEL_SLOTS + ((parked >> (2 * WHEEL_SLOT_BITS)) & (WHEEL_SLOTS - 1));
}

static void
wheel_unlink(struct wheel *wheel, struct wheel_link *link)
{
	if ((link->previous & WHEEL_HEAD) != 0) {
		wheel->heads[link->previous & ~(uint32_t)WHEEL_HEAD] = link->next;
	} else {
		wheel_link_at(wheel, link->previous)->next = link->next;
	}
	if (link->next != WHEEL_NONE) {
		wheel_link_at(wheel, link->next)->previous = link->previous;
	}
	link->previous = WHEEL_UNARMED;
	assert(wheel->armed > 0);
	wheel->armed--;
}

static void
wheel_place(struct wheel *wheel, uint32_t index, struct wheel_link *link)
{
	const uint32_t slot = wheel_slot_for(wheel, link->deadline);
	const uint32_t first = wheel->heads[slot];

	link->next = first;
	link->previous = (uint32_t)WHEEL_HEAD | slot;
	if (first != WHEEL_NONE) {
		wheel_link_at(wheel, first)->previous = index;
	}
	wheel->heads[slot] = index;
	wheel->armed++;
}

void
wheel_init(struct wheel *wheel, struct wheel_link *first, uint32_t stride, uint32_t now)
{
	assert(stride >= sizeof(struct wheel_link));
	wheel->base = (uint8_t *)first;
	wheel->stride = stride;
	wheel->now = now;
	wheel->armed = 0;
	wheel->cascade_most = UINT32_MAX;
	wheel->cascading[0] = WHEEL_NONE;
	wheel->cascading[1] = WHEEL_NONE;
	for (uint32_t i = 0; i < WHEEL_LEVELS * WHEEL_SLOTS; i++) {
		wheel->heads[i] = WHEEL_NONE;
	}
}

void
wheel_link_init(struct wheel_link *link)
{
	link->next = WHEEL_NONE;
	link->previous = WHEEL_UNARMED;
	link->deadline = 0;
}

bool
wheel_armed(const struct wheel *wheel, uint32_t index)
{
	return wheel_link_at(wheel, index)->previous != WHEEL_UNARMED;
}

void
wheel_arm(struct wheel *wheel, uint32_t index, uint32_t deadline)
{
	struct wheel_link *link = wheel_link_at(wheel, index);

	assert(index < (uint32_t)WHEEL_HEAD);
	if (link->previous != WHEEL_UNARMED) {
		wheel_unlink(wheel, link);
	}
	link->deadline = (int32_t)(deadline - wheel->now) < 1 ? wheel->now + 1 : deadline;
	wheel_place(wheel, index, link);
}

void
wheel_cancel(struct wheel *wheel, uint32_t index)
{
	struct wheel_link *link = wheel_link_at(wheel, index);

	if (link->previous != WHEEL_UNARMED) {
		wheel_unlink(wheel, link);
	}
}

/* Takes slots of a higher level apart: their objects go where they belong now. False: there is more, `budget` is spent. */
static bool
wheel_cascade(struct wheel *wheel, uint32_t *budget)
{
	for (int i = 0; i < 2; i++) {
		const uint32_t slot = wheel->cascading[i];

		if (slot == WHEEL_NONE) {
			continue;
		}
		while (wheel->heads[slot] != WHEEL_NONE) {
			const uint32_t index = wheel->heads[slot];
			struct wheel_link *link = wheel_link_at(wheel, index);

			if (*budget == 0) {
				return false;
			}
			(*budget)--;
			wheel_unlink(wheel, link);
			wheel_place(wheel, index, link);
		}
		wheel->cascading[i] = WHEEL_NONE;
	}
	return true;
}

/* The next tick: which slots of higher levels come due with it? The coarser one first, it may fill the finer one. */
static void
wheel_tick(struct wheel *wheel)
{
	wheel->now++;
	if ((wheel->now & (WHEEL_SLOTS - 1)) != 0) {
		return;
	}
	const uint32_t middle = (wheel->now >> WHEEL_SLOT_BITS) & (WHEEL_SLOTS - 1);

	if (middle == 0) {
		wheel->cascading[0] = 2 * WHEEL_SLOTS + ((wheel->now >> (2 * WHEEL_SLOT_BITS)) & (WHEEL_SLOTS - 1));
	}
	wheel->cascading[1] = WHEEL_SLOTS + middle;
}

bool
wheel_behind(const struct wheel *wheel, uint32_t now)
{
	return wheel->armed > 0 &&
	    ((int32_t)(now - wheel->now) > 0 || wheel->cascading[0] != WHEEL_NONE || wheel->cascading[1] != WHEEL_NONE ||
	        wheel->heads[wheel->now & (WHEEL_SLOTS - 1)] != WHEEL_NONE);
}

uint32_t
wheel_advance(struct wheel *wheel, uint32_t now, uint32_t *due, uint32_t max)
{
	uint32_t count = 0;
	uint32_t budget = wheel->cascade_most;

	for (;;) {
		const uint32_t slot = wheel->now & (WHEEL_SLOTS - 1);

		if (!wheel_cascade(wheel, &budget)) {
			return count;
		}
		while (wheel->heads[slot] != WHEEL_NONE) {
			const uint32_t index = wheel->heads[slot];

			if (count == max) {
				return count;
			}
			wheel_unlink(wheel, wheel_link_at(wheel, index));
			due[count] = index;
			count++;
		}
		if ((int32_t)(now - wheel->now) <= 0) {
			return count;
		}
		if (wheel->armed == 0) {
			wheel->now = now;
			return count;
		}
		wheel_tick(wheel);
	}
}
