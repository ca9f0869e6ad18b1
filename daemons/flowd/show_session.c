/*
 * show security flow session, clear security flow session, show security flow statistics.
 */
#include <stdlib.h>

#include "answer.h"
#include "engine/packet.h"
#include "engine/reasons.h"
#include "session_filter.h"
#include "wire/address_text.h"

enum {
	PAGES_MOST = 16, /* pages of the table in one step without anything to show */
	PAGES_CLEARED = 2, /* in one step: in one pass of the loop no more sessions end than records are read */
	NAME_TEXT = 8,
};

/* --- sessions --------------------------------------------------------------------------------------------------- */

struct session_walk {
	struct session_filter filter;
	uint64_t shown;
	uint64_t by_state[SESSION_TCP_CLOSED + 1];
	struct session_page page;
};

static struct session_walk *
walk_start(struct answer *answer, struct text *error)
{
	struct session_walk *walk = answer->state;

	if (walk != NULL) {
		return walk;
	}
	walk = calloc(1, sizeof(*walk));
	if (walk == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	answer->state = walk;
	walk->page.slots = ENGINE_STEP_SLOTS;
	return session_filter_read(&walk->filter, answer->request.root, error) ? walk : NULL;
}

static void
add_flow(struct op_tree *tree, struct op_node *session, const struct answer_sources *sources,
    const struct engine_session_view *view, unsigned direction)
{
	struct op_node *flow = op_add(tree, session, "flow-information", NULL);
	char protocol[NAME_TEXT];
	char address[ADDRESS_TEXT];

	session_protocol_name(view->protocol, protocol, sizeof(protocol));
	(void)op_add(tree, flow, "direction", direction == 0 ? "In" : "Out");
	(void)op_add(tree, flow, "source-address", address_text(address, view->source[direction]));
	(void)op_add_number(tree, flow, "source-port", view->source_port[direction]);
	(void)op_add(tree, flow, "destination-address", address_text(address, view->destination[direction]));
	(void)op_add_number(tree, flow, "destination-port", view->destination_port[direction]);
	(void)op_add(tree, flow, "protocol", protocol);
	(void)op_add(tree, flow, "interface-name", answer_unit_name(sources, view->unit[direction]));
	(void)op_add_number(tree, flow, "pkt-cnt", view->packets[direction]);
	(void)op_add_number(tree, flow, "byte-cnt", view->bytes[direction]);
}

static void
add_policy(struct op_tree *tree, struct op_node *session, const struct answer_sources *sources, uint32_t policy)
{
	const char *name;

	if (policy == PACKET_NO_POLICY) {
		(void)op_add(tree, session, "policy", "self-traffic-policy/1");
		return;
	}
	if (policy == PACKET_DEFAULT_POLICY) {
		(void)op_add(tree, session, "policy", "default-policy-logical-system-00/2");
		return;
	}
	name = snapshot_policy_name(sources->registry, policy);
	(void)op_addf(tree, session, "policy", "%s/%u", name == NULL ? "" : name, policy + ANSWER_POLICY_INDEX_FIRST);
}

static const char *
state_word(uint8_t state)
{
	switch ((enum session_state)state) {
	case SESSION_TCP_OPENING:
		return "Pending";
	case SESSION_TCP_CLOSED:
		return "Invalidated";
	case SESSION_OPEN:
	case SESSION_TCP_ESTABLISHED:
	case SESSION_TCP_CLOSING:
		break;
	}
	return "Valid";
}

static void
add_session(struct op_tree *tree, const struct answer_sources *sources, const struct engine_session_view *view)
{
	struct op_node *session = op_add(tree, tree->root, "flow-session", NULL);

	(void)op_add_number(tree, session, "session-identifier", view->session);
	add_policy(tree, session, sources, view->policy);
	(void)op_add_number(tree, session, "timeout", view->left);
	(void)op_add_number(tree, session, "configured-timeout", view->timeout);
	(void)op_add(tree, session, "session-state", state_word(view->state));
	add_flow(tree, session, sources, view, 0);
	add_flow(tree, session, sources, view, 1);
}

/* Looks at the next page; adds what matches unless only sums are wanted. False at the end. */
static bool
walk_page(struct session_walk *walk, const struct answer_sources *sources, struct op_tree *tree)
{
	session_page_read(sources->worker, &walk->page);
	for (uint32_t i = 0; i < walk->page.count; i++) {
		const struct engine_session_view *view = &walk->page.views[i];

		if (!session_filter_matches(&walk->filter, view)) {
			continue;
		}
		walk->shown++;
		walk->by_state[view->state <= SESSION_TCP_CLOSED ? view->state : SESSION_OPEN]++;
		if (tree != NULL) {
			add_session(tree, sources, view);
		}
	}
	return walk->page.cursor != UINT32_MAX;
}

struct session_sums {
	uint64_t failed;
	uint64_t capacity;
};

static void
sums_job(const struct worker_hands *hands, void *argument)
{
	struct session_sums *sums = argument;

	sums->failed += engine_reason_count(hands->engine, REASON_SESSION_TABLE_FULL);
	sums->capacity += engine_session_capacity(hands->engine);
}

static void
add_summary(const struct session_walk *walk, const struct answer_sources *sources, struct op_tree *tree)
{
	struct op_node *summary = op_add(tree, tree->root, "flow-session-summary", NULL);
	const uint64_t pending = walk->by_state[SESSION_TCP_OPENING];
	const uint64_t invalid = walk->by_state[SESSION_TCP_CLOSED];
	struct session_sums sums = {.failed = 0};

	worker_run(sources->worker, sums_job, &sums);
	(void)op_add_number(tree, summary, "active-unicast-sessions", walk->shown - pending - invalid);
	(void)op_add_number(tree, summary, "failed-sessions", sums.failed);
	(void)op_add_number(tree, summary, "active-sessions", walk->shown);
	(void)op_add_number(tree, summary, "active-session-valid", walk->shown - pending - invalid);
	(void)op_add_number(tree, summary, "active-session-pending", pending);
	(void)op_add_number(tree, summary, "active-session-invalidated", invalid);
	(void)op_add_number(tree, summary, "max-sessions", sums.capacity);
}

enum answer_progress
show_sessions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool summary = op_find(answer->request.root, "summary") != NULL;
	struct session_walk *walk = walk_start(answer, error);
	bool more = true;

	if (walk == NULL) {
		return ANSWER_FAILED;
	}
	for (unsigned i = 0; more && i < PAGES_MOST && tree->size < ANSWER_CHUNK; i++) {
		more = walk_page(walk, sources, summary ? NULL : tree);
	}
	if (more) {
		return ANSWER_MORE;
	}
	if (summary) {
		add_summary(walk, sources, tree);
	} else {
		(void)op_add_number(tree, tree->root, "displayed-session-count", walk->shown);
	}
	return ANSWER_END;
}

/* --- clear ------------------------------------------------------------------------------------------------------ */

struct clear_page {
	const struct session_filter *filter;
	struct session_page *page;
	uint64_t cleared;
};

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	struct clear_page *clear = argument;
	struct session_page *page = clear->page;

	session_page_fill(page, hands);
	for (uint32_t i = 0; i < page->count; i++) {
		if (session_filter_matches(clear->filter, &page->views[i]) &&
		    engine_clear_session(hands->engine, hands->now, page->views[i].session)) {
			clear->cleared++;
		}
	}
}

enum answer_progress
clear_sessions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct session_walk *walk = walk_start(answer, error);

	if (walk == NULL) {
		return ANSWER_FAILED;
	}
	struct clear_page clear = {.filter = &walk->filter, .page = &walk->page};

	for (unsigned i = 0; walk->page.cursor != UINT32_MAX && i < PAGES_CLEARED; i++) {
		worker_run_on(sources->worker, walk->page.worker, clear_job, &clear);
		session_page_turn(sources->worker, &walk->page);
	}
	walk->shown += clear.cleared;
	if (walk->page.cursor != UINT32_MAX) {
		return ANSWER_MORE;
	}
	(void)op_add_number(tree, tree->root, "cleared-session-count", walk->shown);
	return ANSWER_END;
}

/* --- statistics ------------------------------------------------------------------------------------------------- */

struct counts {
	uint64_t reasons[REASON_COUNT];
	struct engine_datagram_counts datagrams;
	uint32_t sessions;
};

static void
counts_job(const struct worker_hands *hands, void *argument)
{
	struct counts *counts = argument;

	for (unsigned r = 0; r < REASON_COUNT; r++) {
		counts->reasons[r] += engine_reason_count(hands->engine, (enum reason)r);
	}
	const struct engine_datagram_counts datagrams = engine_datagram_counts(hands->engine);

	counts->sessions += engine_session_count(hands->engine);
	counts->datagrams.datagrams += datagrams.datagrams;
	counts->datagrams.datagrams_most += datagrams.datagrams_most;
	counts->datagrams.held += datagrams.held;
	counts->datagrams.held_most += datagrams.held_most;
}

static const char *
kind_word(enum reason reason)
{
	switch (reason_kind(reason)) {
	case REASON_KIND_PASS:
		return "pass";
	case REASON_KIND_DROP:
	case REASON_KIND_ILLEGAL:
		return "drop";
	case REASON_KIND_SCREEN:
		return "screen";
	case REASON_KIND_LIMIT:
		return "limit";
	case REASON_KIND_CLOSE:
		break;
	}
	return "close";
}

static uint64_t
count_of_kind(const struct counts *counts, enum reason_kind kind)
{
	uint64_t sum = 0;

	for (unsigned r = 0; r < REASON_COUNT; r++) {
		sum += reason_kind((enum reason)r) == kind ? counts->reasons[r] : 0;
	}
	return sum;
}

/* What was lost at the edge, after the engine had said where it goes. */
static void
add_edge_losses(struct op_tree *tree, const struct answer_sources *sources)
{
	const struct worker_losses losses = worker_losses(sources->worker);
	const struct {
		enum reason reason;
		uint64_t count;
	} rows[] = {
	    {REASON_PORT_FULL, losses.transmit},
	    {REASON_HOST_FULL, losses.host},
	    {REASON_WORKER_RING_FULL, losses.handed},
	    {REASON_LOG_RING_FULL, losses.events},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count == 0) {
			continue;
		}
		struct op_node *row = op_add(tree, tree->root, "flow-reason", NULL);

		(void)op_add(tree, row, "reason", reason_name(rows[i].reason));
		(void)op_add(tree, row, "kind", kind_word(rows[i].reason));
		(void)op_add_number(tree, row, "packet-count", rows[i].count);
		(void)op_add(tree, row, "help", reason_help(rows[i].reason));
	}
}

static void
add_rounds(struct op_tree *tree, const struct answer_sources *sources)
{
	const struct worker_rounds rounds = worker_rounds(sources->worker);

	(void)op_add_number(tree, tree->root, "longest-round-microseconds", rounds.longest / 1000);
	(void)op_add_number(tree, tree->root, "long-rounds", rounds.over);
}

enum answer_progress
show_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct counts *counts = calloc(1, sizeof(*counts));
	uint64_t received = 0;

	if (counts == NULL) {
		text_append(error, "out of memory");
		return ANSWER_FAILED;
	}
	answer->state = counts;
	worker_run(sources->worker, counts_job, counts);
	for (size_t i = 0; i < edge_port_count(sources->edge); i++) {
		received += edge_counters_whole(sources->edge, i).in_packets;
	}
	const uint64_t to_host = counts->reasons[REASON_HOST_INBOUND] + counts->reasons[REASON_ECHO_REPLY] +
	    counts->reasons[REASON_ARP];
	const uint64_t forwarded = counts->reasons[REASON_SESSION];

	(void)op_add_number(tree, tree->root, "current-sessions", counts->sessions);
	(void)op_add_number(tree, tree->root, "packets-received", received);
	(void)op_add_number(tree, tree->root, "packets-forwarded", forwarded);
	(void)op_add_number(tree, tree->root, "packets-to-host", to_host);
	(void)op_add_number(tree, tree->root, "packets-dropped",
	    count_of_kind(counts, REASON_KIND_DROP) + count_of_kind(counts, REASON_KIND_ILLEGAL) +
	        count_of_kind(counts, REASON_KIND_SCREEN) +
	        count_of_kind(counts, REASON_KIND_LIMIT));
	(void)op_add_number(tree, tree->root, "current-datagrams", counts->datagrams.datagrams);
	(void)op_add_number(tree, tree->root, "maximum-datagrams", counts->datagrams.datagrams_most);
	(void)op_add_number(tree, tree->root, "held-fragments", counts->datagrams.held);
	(void)op_add_number(tree, tree->root, "maximum-fragments", counts->datagrams.held_most);
	add_rounds(tree, sources);
	for (unsigned r = 0; r < REASON_COUNT; r++) {
		if (counts->reasons[r] == 0) {
			continue;
		}
		struct op_node *row = op_add(tree, tree->root, "flow-reason", NULL);

		(void)op_add(tree, row, "reason", reason_name((enum reason)r));
		(void)op_add(tree, row, "kind", kind_word((enum reason)r));
		(void)op_add_number(tree, row, "packet-count", counts->reasons[r]);
		(void)op_add(tree, row, "help", reason_help((enum reason)r));
	}
	add_edge_losses(tree, sources);
	return ANSWER_END;
}
