/*
 * The texts of screens.def.
 */
#include <assert.h>

#include "engine/screens.h"

static const struct screen_row {
	const char *group;
	const char *option;
	const char *tag;
	const char *attack;
	enum screen_action action;
	enum reason reason;
} screen_rows[SCREEN_COUNT] = {
#define SCREEN(symbol, group, option, action, tag, attack, help)                                    \
	[SCREEN_##symbol] = {group, option, tag, attack, SCREEN_##action, REASON_SCREEN_##symbol},
#include "engine/screens.def"
#undef SCREEN
};

static const char *const outcome_words[SCREEN_OUTCOMES] = {
    [SCREEN_OUTCOME_DROPPED] = "drop",
    [SCREEN_OUTCOME_KEPT] = "alarm-without-drop",
    [SCREEN_OUTCOME_RECORDED] = "record",
    [SCREEN_OUTCOME_CLEANED] = "clean",
    [SCREEN_OUTCOME_PROXIED] = "proxy",
};

const char *
screen_outcome_word(enum screen_outcome outcome)
{
	assert(outcome < SCREEN_OUTCOMES);
	return outcome_words[outcome];
}

const char *
screen_group(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].group;
}

const char *
screen_option(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].option;
}

const char *
screen_tag(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].tag;
}

const char *
screen_attack(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].attack;
}

enum screen_action
screen_action(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].action;
}

enum reason
screen_reason(enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return screen_rows[screen].reason;
}
