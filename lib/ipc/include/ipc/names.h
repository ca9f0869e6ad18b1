/*
 * What is known of the names that somebody wants resolved: addresses, how long they hold, and which question is due next.
 *
 * Each name has a half for each family. A half asks when its time to live is over (NAMES_TTL_LEAST to NAMES_TTL_MOST
 * seconds, whatever the server said), takes the next name server after a failure, and waits longer and longer when all have
 * failed. What it knew holds on for NAMES_HELD seconds after its time to live, then only for those that refuse: a permit must
 * not outlive what it was written for, and a refusal must not end because DNS is silent (names_addresses()).
 * That a name has no address is an answer like any other and holds at once.
 *
 * Life cycle: names_create() -> { names_want(), names_next_question(), names_take_answer(), names_tick() } ...
 * Threads: a table belongs to one thread. Pure: time is an argument, monotonic seconds; questions go out through
 * ipc/names_link.h.
 */
#ifndef IPC_NAMES_H
#define IPC_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/resolve.h"

enum {
	NAMES_MOST = 1024,     /* names in a table; more are left out */
	NAMES_ADDRESSES = 32,  /* kept of each family; the numerically lowest */
	NAMES_SERVERS = 8,
	NAMES_ASKED = 64,      /* questions that wait for their answer */
	NAMES_TTL_LEAST = 5,   /* seconds */
	NAMES_TTL_MOST = 86400,
	NAMES_TTL_ABSENT = 60,
	NAMES_HELD = 3600,
	NAMES_RETRY = 5,       /* after the first failure, doubled up to */
	NAMES_RETRY_MOST = 60,
	NAMES_PATIENCE = 30,   /* a question without an answer has failed */
};

enum names_state {
	NAMES_UNKNOWN, /* no answer yet: matches nothing */
	NAMES_CURRENT,
	NAMES_ABSENT,  /* the server says that there is no address */
	NAMES_STALE,   /* DNS fails; what was known still holds */
	NAMES_EXPIRED, /* it has failed for too long: what was known holds for those that refuse only */
};

struct names_server {
	struct resolve_address address;
	struct resolve_address source; /* family 0: none chosen */
};

struct names_wanted {
	const char *const *names; /* borrowed; upper case is taken as lower case, a name may come twice */
	size_t name_count;
	const struct names_server *servers;
	size_t server_count; /* of more than NAMES_SERVERS the first are used */
};

struct names;
struct names_view;

/* Told of every half whose state or addresses changed, and of one whose first question nobody answered. */
struct names_listener {
	void (*changed)(void *context, const struct names_view *view); /* NULL: nobody listens */
	void *context;
};

struct names *names_create(const struct names_listener *listener) __attribute__((warn_unused_result));
void names_destroy(struct names *names);
/* From now on these and no others; what is known of those that stay is kept. False: no memory, all is as it was. */
bool names_want(struct names *names, const struct names_wanted *wanted, uint64_t now) __attribute__((warn_unused_result));

/* The next question that is due; it counts as asked then. False: none is, or too many wait, or there is no server. */
bool names_next_question(struct names *names, uint64_t now, struct resolve_question *question, uint32_t *request)
    __attribute__((warn_unused_result));
/* An answer to nobody's question is ignored. */
void names_take_answer(struct names *names, uint32_t request, const struct resolve_answer *answer, uint64_t now);
/* The way to the resolver was lost: what waits for an answer is asked again. */
void names_forget_questions(struct names *names, uint64_t now);
/* Asks again at once, for one name or (NULL) for all; what is known holds until the answer. Returns how many names. */
size_t names_refresh(struct names *names, const char *name, uint64_t now);
/* Lets time pass: about once a second. */
void names_tick(struct names *names, uint64_t now);

/* Grows whenever names_addresses() would give something else than before. */
uint64_t names_version(const struct names *names);
enum names_purpose {
	NAMES_FOR_PERMIT, /* and whatever is not a refusal */
	NAMES_FOR_REFUSAL,
};
/* => most >= 2 * NAMES_ADDRESSES, else what does not fit is left out. Ascending. */
size_t names_addresses(const struct names *names, const char *name, enum names_purpose purpose,
    struct resolve_address *addresses, size_t most);

/* For `show`: one family of one name. */
struct names_view {
	const char *name;
	uint8_t family;
	enum names_state state;
	uint32_t ttl;     /* as it is kept */
	uint32_t left;    /* seconds until it is asked again */
	uint32_t failures; /* since the last answer */
	const char *reason; /* of the last failure; "" */
	bool cut; /* there were more addresses than are kept */
	uint16_t count;
	const struct resolve_address *addresses; /* borrowed until the table changes */
};
size_t names_count(const struct names *names);
/* Is it one that is wanted? */
bool names_known(const struct names *names, const char *name);
/* => index < names_count(), family 4 or 6 */
void names_view(const struct names *names, size_t index, uint8_t family, uint64_t now, struct names_view *view);
const char *names_state_word(enum names_state state);

#endif
