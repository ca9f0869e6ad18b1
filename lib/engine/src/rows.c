/*
 * The texts of reasons.def and events.def.
 */
#include <assert.h>

#include "engine/event.h"
#include "engine/reasons.h"

static const char *const reason_names[REASON_COUNT] = {
#define REASON(symbol, name, kind, help) [REASON_##symbol] = (name),
#include "engine/reasons.def"
#undef REASON
};

static const char *const reason_helps[REASON_COUNT] = {
#define REASON(symbol, name, kind, help) [REASON_##symbol] = (help),
#include "engine/reasons.def"
#undef REASON
};

static const unsigned char reason_kinds[REASON_COUNT] = {
#define REASON(symbol, name, kind, help) [REASON_##symbol] = REASON_KIND_##kind,
#include "engine/reasons.def"
#undef REASON
};

static const char *const event_names[EVENT_COUNT] = {
#define EVENT(symbol, name, tag, severity, help) [EVENT_##symbol] = (name),
#include "engine/events.def"
#undef EVENT
};

static const char *const event_tags[EVENT_COUNT] = {
#define EVENT(symbol, name, tag, severity, help) [EVENT_##symbol] = (tag),
#include "engine/events.def"
#undef EVENT
};

const char *
reason_name(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reason_names[reason];
}

const char *
reason_help(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reason_helps[reason];
}

enum reason_kind
reason_kind(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return (enum reason_kind)reason_kinds[reason];
}

const char *
event_name(enum event_kind kind)
{
	assert(kind < EVENT_COUNT);
	return event_names[kind];
}

const char *
event_tag(enum event_kind kind)
{
	assert(kind < EVENT_COUNT);
	return event_tags[kind];
}
