/*
 * Ups and downs that wait. See link_hold.h.
 */
#include "link_hold.h"

#define MILLISECOND UINT64_C(1000000) /* ns */

void
link_hold_start(struct link_hold *hold, bool link)
{
	hold->link = link;
	hold->running = link;
	hold->due = 0;
}

/* How long the change that the interface tells has to last. */
static uint64_t
hold_time(const struct link_hold *hold)
{
	return (hold->link ? hold->rules.up : hold->rules.down) * MILLISECOND;
}

bool
link_hold_take(struct link_hold *hold, bool link, uint64_t now)
{
	if (link == hold->link) {
		return false;
	}
	hold->link = link;
	if (link == hold->running) {
		hold->due = 0;
		hold->suppressed++;
		return false;
	}
	if (hold_time(hold) == 0) {
		hold->running = link;
		return true;
	}
	hold->due = now + hold_time(hold);
	return false;
}

bool
link_hold_settle(struct link_hold *hold, uint64_t now)
{
	if (hold->due == 0 || now < hold->due) {
		return false;
	}
	hold->due = 0;
	hold->running = hold->link;
	return true;
}

int
link_hold_wait(const struct link_hold *hold, uint64_t now, int most)
{
	if (hold->due == 0) {
		return most;
	}
	const uint64_t left = hold->due > now ? (hold->due - now + MILLISECOND - 1) / MILLISECOND : 0;

	return left < (uint64_t)most ? (int)left : most;
}

void
link_hold_rule(struct link_hold *hold, const struct link_rules *rules, uint64_t now)
{
	const bool same = hold->rules.up == rules->up && hold->rules.down == rules->down;

	hold->rules = *rules;
	if (!same && hold->due != 0) {
		hold->due = now + hold_time(hold);
	}
}

void
link_hold_note(struct link_hold *hold, bool open, int64_t wall)
{
	const bool state = open && hold->running && !hold->rules.disabled;

	if (state != hold->state) {
		hold->state = state;
		hold->changed = wall;
		hold->changes++;
	}
}
