/*
 * Alarms of screens. See screen_alarm.h.
 */
#include "screen_alarm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "engine/screens.h"

struct attack {
	enum screen screen;
	uint16_t zone;
	int64_t raised; /* UTC seconds */
	int64_t last;
	char subject[ALARM_SUBJECT];
};

struct screen_alarms {
	struct alarms *alarms;
	uint32_t count;
	struct attack attacks[SCREEN_ALARMS_MOST];
};

struct screen_alarms *
screen_alarms_create(struct alarms *alarms)
{
	struct screen_alarms *screens = calloc(1, sizeof(*screens));

	if (screens != NULL) {
		screens->alarms = alarms;
	}
	return screens;
}

void
screen_alarms_destroy(struct screen_alarms *screens)
{
	free(screens);
}

/* NULL: there is none, and no room. `*fresh`: it was not there. */
static struct attack *
attack_of(struct screen_alarms *screens, const struct event *event, bool *fresh)
{
	*fresh = false;
	for (uint32_t i = 0; i < screens->count; i++) {
		if (screens->attacks[i].screen == (enum screen)event->screen &&
		    screens->attacks[i].zone == event->from_zone) {
			return &screens->attacks[i];
		}
	}
	if (screens->count == SCREEN_ALARMS_MOST) {
		return NULL;
	}
	*fresh = true;
	return &screens->attacks[screens->count++];
}

static void
raise(struct screen_alarms *screens, const struct attack *attack)
{
	struct text message = TEXT_EMPTY;

	text_printf(&message, "%s %s", screen_attack(attack->screen), attack->subject);
	alarm_raise(screens->alarms, &(struct alarm_name){ALARM_SCREEN, attack->subject}, text_string(&message), attack->last);
	text_release(&message);
}

void
screen_alarms_note(struct screen_alarms *screens, const struct event *event, const struct snapshot_registry *registry)
{
	const int64_t now = event->wall / 1000000;
	bool fresh = false;

	if (event->kind != EVENT_SCREEN && event->kind != EVENT_ALARM) {
		return;
	}
	struct attack *attack = attack_of(screens, event, &fresh);

	if (attack == NULL) {
		return;
	}
	if (fresh) {
		const char *zone = snapshot_zone_name(registry, event->from_zone);

		*attack = (struct attack){.screen = (enum screen)event->screen, .zone = event->from_zone};
		(void)snprintf(attack->subject, sizeof(attack->subject), "%s from zone %s",
		    reason_name(screen_reason(attack->screen)), zone == NULL ? "?" : zone);
	}
	attack->last = now;
	if (fresh || now - attack->raised >= SCREEN_ALARM_SECONDS) {
		attack->raised = now;
		raise(screens, attack);
	}
}

void
screen_alarms_tick(struct screen_alarms *screens, int64_t now)
{
	for (uint32_t i = 0; i < screens->count;) {
		struct attack *attack = &screens->attacks[i];

		if (now - attack->last < SCREEN_ALARM_SECONDS) {
			i++;
			continue;
		}
		alarm_settle(screens->alarms, &(struct alarm_name){ALARM_SCREEN, attack->subject}, now);
		*attack = screens->attacks[--screens->count];
	}
}
