/*
 * Hierarchical timing wheel over indices: arming, re-arming and cancelling cost a few instructions and no allocation.
 *
 * The owner keeps an array of `struct wheel_link`, one for each object, and the wheel names objects by their index in it.
 * Time is in ticks (the owner says how long a tick is). Three levels of 256 slots reach 2^24 ticks; a later deadline is
 * parked in the last slot and moved on when it comes by. One thread owns a wheel; it never reads a clock.
 * After Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_NONE UINT32_MAX

enum {
	WHEEL_LEVELS = 3,
	WHEEL_SLOT_BITS = 8,
	WHEEL_SLOTS = 1 << WHEEL_SLOT_BITS,
};

struct wheel_link {
	uint32_t next;
	uint32_t previous; /* the head's slot number, with WHEEL_HEAD set, for the first of a slot */
	uint32_t deadline; /* tick */
};

struct wheel {
	uint8_t *base; /* links may lie inside larger objects: link i is at base + i * stride */
	uint32_t stride;
	uint32_t now;
	uint32_t armed;
	uint32_t cascade_most; /* objects that one wheel_advance() may move to a finer level; UINT32_MAX at first: any number */
	uint32_t cascading[2]; /* slots that have to be taken apart before time goes on; WHEEL_NONE: none */
	uint32_t heads[WHEEL_LEVELS * WHEEL_SLOTS];
};

/* => first points to object 0's link; object i's link is `stride` bytes times i further on. All objects start unarmed. */
void wheel_init(struct wheel *wheel, struct wheel_link *first, uint32_t stride, uint32_t now);
/* Marks a link as unarmed: => for each object before its first use. */
void wheel_link_init(struct wheel_link *link);
bool wheel_armed(const struct wheel *wheel, uint32_t index);
/* Arms, or re-arms, for tick `deadline`; one that is not in the future fires at the next tick. */
void wheel_arm(struct wheel *wheel, uint32_t index, uint32_t deadline);
void wheel_cancel(struct wheel *wheel, uint32_t index);
/*
 * Moves time on towards `now` and takes due objects off, at most `max` of them, into `due`; returns how many. The wheel's
 * time stops at the first tick whose objects did not all fit: call again until fewer than `max` come. An owner that keeps
 * a later true deadline elsewhere re-arms (that is how packets push a timeout without touching the wheel).
 */
uint32_t wheel_advance(struct wheel *wheel, uint32_t now, uint32_t *due, uint32_t max);
/*
 * Is there more to do for `now`? Asked instead of comparing the count with `max` by an owner that sets cascade_most, so
 * that a slot with a million objects costs many short calls instead of a long one.
 */
bool wheel_behind(const struct wheel *wheel, uint32_t now);

#endif
