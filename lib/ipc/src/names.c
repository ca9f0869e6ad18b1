/*
 * The table of names. See ipc/names.h.
 *
 * Names are sorted; each has two halves. Request ids are half number and a generation, so that an answer to a question
 * that was given up is told from one to the question that came after it.
 */
#include "ipc/names.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	FAMILIES = 2,
	NEVER_ASKED = 0, /* request id */
};

struct half {
	enum names_state state;
	uint32_t request; /* that waits for its answer; NEVER_ASKED: none */
	uint64_t deadline; /* of the answer */
	uint64_t due;      /* next question */
	uint64_t expires;  /* when the addresses' time to live is over */
	uint32_t ttl;
	uint32_t failures; /* in a row */
	uint32_t server;   /* index of the one to ask next */
	bool cut;
	uint16_t count;
	struct resolve_address addresses[NAMES_ADDRESSES];
	char reason[RESOLVE_REASON];
};

struct entry {
	char name[RESOLVE_NAME];
	struct half halves[FAMILIES]; /* IPv4, IPv6 */
};

struct names {
	struct entry *entries; /* sorted by name */
	size_t count;
	struct names_server servers[NAMES_SERVERS];
	size_t server_count;
	uint32_t asked;
	uint32_t last_request;
	size_t cursor; /* of halves: whose turn it is */
	uint64_t version;
	struct names_listener listener;
};

static void
lower(char *to, const char *from)
{
	size_t length = 0;

	for (; length < RESOLVE_NAME - 1 && from[length] != '\0'; length++) {
		to[length] = (char)tolower((unsigned char)from[length]);
	}
	to[length] = '\0';
}

static int
compare_entries(const void *left, const void *right)
{
	const struct entry *l = left;
	const struct entry *r = right;

	return strcmp(l->name, r->name);
}

static int
compare_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct entry *)entry)->name);
}

static int
compare_addresses(const void *left, const void *right)
{
	return resolve_address_compare(left, right);
}

static struct entry *
find(const struct names *names, const char *name)
{
	char key[RESOLVE_NAME];

	lower(key, name);
	return names->count == 0 ? NULL :
	                           bsearch(key, names->entries, names->count, sizeof(struct entry), compare_name);
}

struct names *
names_create(const struct names_listener *listener)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names != NULL) {
		names->listener = *listener;
	}
	return names;
}

void
names_destroy(struct names *names)
{
	if (names == NULL) {
		return;
	}
	free(names->entries);
	free(names);
}

/* --- what is wanted --------------------------------------------------------------------------------------------- */

static struct half *
half_at(const struct names *names, size_t index)
{
	return &names->entries[index / FAMILIES].halves[index % FAMILIES];
}

/* Sorts, and leaves each name once. */
static size_t
order(struct entry *entries, size_t count)
{
	size_t kept = 0;

	if (count > 0) {
		qsort(entries, count, sizeof(*entries), compare_entries);
	}
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(entries[kept - 1].name, entries[i].name) != 0) {
			if (kept != i) {
				entries[kept] = entries[i];
			}
			kept++;
		}
	}
	return kept;
}

static bool
same_servers(const struct names *names, const struct names_wanted *wanted)
{
	if (names->server_count != wanted->server_count) {
		return false;
	}
	for (size_t i = 0; i < names->server_count; i++) {
		if (resolve_address_compare(&names->servers[i].address, &wanted->servers[i].address) != 0 ||
		    resolve_address_compare(&names->servers[i].source, &wanted->servers[i].source) != 0) {
			return false;
		}
	}
	return true;
}

/* Those that failed are asked at once: perhaps a new server knows. */
static void
take_servers(struct names *names, const struct names_wanted *wanted, uint64_t now)
{
	names->server_count = 0;
	for (size_t i = 0; i < wanted->server_count && i < NAMES_SERVERS; i++) {
		names->servers[names->server_count++] = wanted->servers[i];
	}
	for (size_t i = 0; i < names->count * FAMILIES; i++) {
		struct half *half = half_at(names, i);

		half->server = 0;
		if (half->failures > 0 || half->state == NAMES_UNKNOWN) {
			half->due = now;
		}
	}
}

bool
names_want(struct names *names, const struct names_wanted *wanted, uint64_t now)
{
	const bool servers = !same_servers(names, wanted);
	struct entry *entries = calloc(wanted->name_count + 1, sizeof(*entries));
	struct entry *moved;
	size_t count;

	if (entries == NULL) {
		return false;
	}
	for (size_t i = 0; i < wanted->name_count; i++) {
		lower(entries[i].name, wanted->names[i]);
	}
	count = order(entries, wanted->name_count);
	count = count < NAMES_MOST ? count : NAMES_MOST;
	names->asked = 0;
	for (size_t i = 0; i < count; i++) {
		const struct entry *known = find(names, entries[i].name);

		if (known != NULL) {
			memcpy(entries[i].halves, known->halves, sizeof(known->halves));
		}
		for (size_t h = 0; h < FAMILIES; h++) {
			if (known == NULL) {
				entries[i].halves[h].due = now;
			}
			names->asked += entries[i].halves[h].request != NEVER_ASKED ? 1 : 0;
		}
	}
	free(names->entries);
	moved = realloc(entries, (count + 1) * sizeof(*entries));
	names->entries = moved == NULL ? entries : moved;
	names->count = count;
	names->cursor = 0;
	if (servers) {
		take_servers(names, wanted, now);
	}
	return true;
}

/* --- questions and answers -------------------------------------------------------------------------------------- */

bool
names_next_question(struct names *names, uint64_t now, struct resolve_question *question, uint32_t *request)
{
	const size_t halves = names->count * FAMILIES;

	if (names->server_count == 0 || names->asked >= NAMES_ASKED) {
		return false;
	}
	for (size_t i = 0; i < halves; i++) {
		const size_t index = (names->cursor + i) % halves;
		struct half *half = half_at(names, index);
		const struct names_server *server = &names->servers[half->server % names->server_count];

		if (half->request != NEVER_ASKED || now < half->due) {
			continue;
		}
		*question = (struct resolve_question){
		    .family = index % FAMILIES == 0 ? 4 : 6, .server = server->address, .source = server->source};
		memcpy(question->name, names->entries[index / FAMILIES].name, sizeof(question->name));
		names->last_request++;
		names->last_request += names->last_request == NEVER_ASKED ? 1 : 0;
		half->request = names->last_request;
		half->deadline = now + NAMES_PATIENCE;
		names->asked++;
		names->cursor = (index + 1) % halves;
		*request = half->request;
		return true;
	}
	return false;
}

static void
tell(const struct names *names, const struct half *half, uint64_t now)
{
	const char *entries = (const char *)names->entries;
	const size_t offset = (size_t)((const char *)half - entries);
	const size_t index = offset / sizeof(struct entry);
	struct names_view view;

	if (names->listener.changed != NULL) {
		names_view(names, index, half == &names->entries[index].halves[0] ? 4 : 6, now, &view);
		names->listener.changed(names->listener.context, &view);
	}
}

/* Whose addresses hold for permits. */
static bool
holds(const struct half *half)
{
	return half->state == NAMES_CURRENT || half->state == NAMES_STALE;
}

/* True when it is another than before. */
static bool
set_state(struct names *names, struct half *half, enum names_state state)
{
	const enum names_state former = half->state;
	const bool before = holds(half);

	half->state = state;
	if (before != holds(half) && half->count > 0) {
		names->version++;
	}
	return former != state;
}

static uint32_t
bounded_ttl(const struct resolve_answer *answer)
{
	if (answer->status == RESOLVE_ABSENT) {
		return NAMES_TTL_ABSENT;
	}
	if (answer->ttl < NAMES_TTL_LEAST) {
		return NAMES_TTL_LEAST;
	}
	return answer->ttl > NAMES_TTL_MOST ? NAMES_TTL_MOST : answer->ttl;
}

/* Sorted, each once, the lowest of them. True when they are others than before. */
static bool
take_addresses(struct names *names, struct half *half, const struct resolve_answer *answer)
{
	struct resolve_address sorted[RESOLVE_ADDRESSES];
	uint16_t count = 0;

	assert(answer->count <= RESOLVE_ADDRESSES);
	memcpy(sorted, answer->addresses, answer->count * sizeof(sorted[0]));
	qsort(sorted, answer->count, sizeof(sorted[0]), compare_addresses);
	for (uint16_t i = 0; i < answer->count; i++) {
		if (count == 0 || resolve_address_compare(&sorted[count - 1], &sorted[i]) != 0) {
			sorted[count++] = sorted[i];
		}
	}
	half->cut = count > NAMES_ADDRESSES;
	count = half->cut ? NAMES_ADDRESSES : count;
	if (count == half->count && memcmp(sorted, half->addresses, count * sizeof(sorted[0])) == 0) {
		return false;
	}
	memcpy(half->addresses, sorted, count * sizeof(sorted[0]));
	half->count = count;
	names->version++;
	return true;
}

static void
fail(struct names *names, struct half *half, const char *reason, uint64_t now)
{
	const uint32_t servers = names->server_count == 0 ? 1 : (uint32_t)names->server_count;
	uint64_t wait = NAMES_RETRY;
	size_t length = strlen(reason);

	half->failures++;
	half->server++;
	length = length < sizeof(half->reason) ? length : sizeof(half->reason) - 1;
	memcpy(half->reason, reason, length);
	half->reason[length] = '\0';
	if (half->failures % servers != 0) {
		half->due = now; /* the next server, at once */
		return;
	}
	if (half->failures == servers && half->state == NAMES_UNKNOWN) {
		tell(names, half, now);
	}
	for (uint32_t round = half->failures / servers; round > 1 && wait < NAMES_RETRY_MOST; round--) {
		wait *= 2;
	}
	half->due = now + (wait < NAMES_RETRY_MOST ? wait : NAMES_RETRY_MOST);
}

/* What a server said, which is always in force at once. */
static void
take_records(struct names *names, struct half *half, const struct resolve_answer *answer, uint64_t now)
{
	bool changed = false;

	half->failures = 0;
	half->reason[0] = '\0';
	half->ttl = bounded_ttl(answer);
	half->expires = now + half->ttl;
	half->due = half->expires;
	if (answer->status == RESOLVE_FOUND) {
		changed = take_addresses(names, half, answer);
		changed = set_state(names, half, NAMES_CURRENT) || changed;
	} else {
		names->version += half->count > 0 ? 1 : 0;
		half->count = 0;
		half->cut = false;
		changed = set_state(names, half, NAMES_ABSENT);
	}
	if (changed) {
		tell(names, half, now);
	}
}

void
names_take_answer(struct names *names, uint32_t request, const struct resolve_answer *answer, uint64_t now)
{
	struct half *half = NULL;

	for (size_t i = 0; i < names->count * FAMILIES && request != NEVER_ASKED && half == NULL; i++) {
		if (half_at(names, i)->request == request) {
			half = half_at(names, i);
		}
	}
	if (half == NULL) {
		return;
	}
	half->request = NEVER_ASKED;
	names->asked--;
	if (answer->status == RESOLVE_FAILED || (answer->status == RESOLVE_FOUND && answer->count == 0)) {
		fail(names, half, answer->reason[0] == '\0' ? "no answer" : answer->reason, now);
		return;
	}
	take_records(names, half, answer, now);
}

void
names_forget_questions(struct names *names, uint64_t now)
{
	for (size_t i = 0; i < names->count * FAMILIES; i++) {
		struct half *half = half_at(names, i);

		if (half->request != NEVER_ASKED) {
			half->request = NEVER_ASKED;
			half->due = now + 1;
		}
	}
	names->asked = 0;
}

size_t
names_refresh(struct names *names, const char *name, uint64_t now)
{
	struct entry *one = name == NULL ? NULL : find(names, name);
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (name != NULL && one != &names->entries[i]) {
			continue;
		}
		for (size_t h = 0; h < FAMILIES; h++) {
			names->entries[i].halves[h].due = now;
		}
		count++;
	}
	return count;
}

/* From current to stale to expired. */
static void
age(struct names *names, struct half *half, uint64_t now)
{
	const bool failing = half->failures > 0 || names->server_count == 0;
	bool changed = false;

	if (half->state == NAMES_CURRENT && now >= half->expires && failing) {
		changed = set_state(names, half, NAMES_STALE);
	}
	if (holds(half) && now >= half->expires + NAMES_HELD) {
		changed = set_state(names, half, NAMES_EXPIRED);
	}
	if (changed) {
		tell(names, half, now);
	}
}

void
names_tick(struct names *names, uint64_t now)
{
	for (size_t i = 0; i < names->count * FAMILIES; i++) {
		struct half *half = half_at(names, i);

		if (half->request != NEVER_ASKED && now >= half->deadline) {
			half->request = NEVER_ASKED;
			names->asked--;
			fail(names, half, "the resolver did not answer", now);
		}
		age(names, half, now);
	}
}

/* --- what is known ---------------------------------------------------------------------------------------------- */

uint64_t
names_version(const struct names *names)
{
	return names->version;
}

size_t
names_addresses(const struct names *names, const char *name, enum names_purpose purpose,
    struct resolve_address *addresses, size_t most)
{
	const struct entry *entry = find(names, name);
	size_t count = 0;

	for (size_t h = 0; entry != NULL && h < FAMILIES; h++) {
		const struct half *half = &entry->halves[h];
		const bool used = holds(half) || (half->state == NAMES_EXPIRED && purpose == NAMES_FOR_REFUSAL);

		for (uint16_t i = 0; used && i < half->count && count < most; i++) {
			addresses[count++] = half->addresses[i];
		}
	}
	return count;
}

size_t
names_count(const struct names *names)
{
	return names->count;
}

bool
names_known(const struct names *names, const char *name)
{
	return find(names, name) != NULL;
}

void
names_view(const struct names *names, size_t index, uint8_t family, uint64_t now, struct names_view *view)
{
	const struct half *half = &names->entries[index].halves[family == 4 ? 0 : 1];

	assert(index < names->count && (family == 4 || family == 6));
	*view = (struct names_view){
	    .name = names->entries[index].name,
	    .family = family,
	    .state = half->state,
	    .ttl = half->ttl,
	    .left = half->due > now ? (uint32_t)(half->due - now) : 0,
	    .failures = half->failures,
	    .reason = half->reason,
	    .cut = half->cut,
	    .count = half->count,
	    .addresses = half->addresses,
	};
}

const char *
names_state_word(enum names_state state)
{
	static const char *const words[] = {
	    [NAMES_UNKNOWN] = "unresolved",
	    [NAMES_CURRENT] = "current",
	    [NAMES_ABSENT] = "no-address",
	    [NAMES_STALE] = "stale",
	    [NAMES_EXPIRED] = "expired",
	};

	return words[state];
}
