/*
 * show security policies, show security policies hit-count.
 *
 * Names and order come from the configuration tree, identities and what is in force from the snapshot compiled of it,
 * counters from the engine. The cursor counts policies, so that a long list goes on where the last chunk ended.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"

enum {
	POLICIES_MOST = 256, /* in one chunk */
};

/*
 * A walk over the policies, kept from chunk to chunk while the configuration stays the same; else made anew, and what the
 * answer's cursor counts is passed over. One block of memory: the answer frees it.
 */
struct policy_walk {
	uint64_t serial; /* of the configuration */
	const struct snapshot *snapshot;
	const struct conf_node *context; /* the next policy's; NULL at the end */
	const struct conf_node *policy;
	uint32_t position; /* in the context */
	uint32_t count;
	uint32_t identities[]; /* the snapshot's policies in order of zone pair and position */
};

/* One policy of a chunk. */
struct policy_row {
	const struct conf_node *context;
	const struct conf_node *policy;
	uint32_t position; /* from 0, in the context */
	uint32_t identity; /* UINT32_MAX: not in the snapshot */
	struct engine_policy_counters counters;
};

struct policy_page {
	struct policy_row rows[POLICIES_MOST];
	uint32_t count;
	bool more;
};

static int
compare_policies(const void *left, const void *right, void *context)
{
	const struct snapshot *snapshot = context;
	const struct snapshot_policy *l = &snapshot->policies[*(const uint32_t *)left];
	const struct snapshot_policy *r = &snapshot->policies[*(const uint32_t *)right];

	if (l->from_zone != r->from_zone) {
		return l->from_zone < r->from_zone ? -1 : 1;
	}
	if (l->to_zone != r->to_zone) {
		return l->to_zone < r->to_zone ? -1 : 1;
	}
	return (l->position > r->position) - (l->position < r->position);
}

/* E-041: a name that differs from exactly one zone's in case alone means that zone. */
static uint16_t
zone_by_name(const struct snapshot *snapshot, const char *name)
{
	uint16_t alike = SNAPSHOT_NONE;

	for (uint16_t z = 0; z < snapshot->zone_count; z++) {
		if (!snapshot->zones[z].present) {
			continue;
		}
		if (strcmp(snapshot->zones[z].name, name) == 0) {
			return z;
		}
		if (strcasecmp(snapshot->zones[z].name, name) == 0) {
			alike = z;
		}
	}
	return alike;
}

static uint32_t
find_identity(const struct policy_walk *walk, const struct policy_row *row)
{
	const struct snapshot *snapshot = walk->snapshot;
	const uint16_t from = zone_by_name(snapshot, row->context->value);
	const uint16_t to = zone_by_name(snapshot, row->context->value2);
	uint32_t low = 0;
	uint32_t high = walk->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct snapshot_policy *policy = &snapshot->policies[walk->identities[middle]];
		const bool before = policy->from_zone != from ? policy->from_zone < from :
		    policy->to_zone != to                     ? policy->to_zone < to :
		                                                policy->position < row->position;

		if (before) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low < walk->count && strcmp(snapshot->policies[walk->identities[low]].name, row->policy->value) == 0) {
		return walk->identities[low];
	}
	return UINT32_MAX;
}

static bool
word_fits(const struct op_node *request, const char *argument, const char *name)
{
	const char *word = op_value(request, argument);

	return word == NULL || strcmp(word, name) == 0;
}

static bool
policy_wanted(const struct op_node *request, const struct policy_walk *walk)
{
	return word_fits(request, "from-zone", walk->context->value) &&
	    word_fits(request, "to-zone", walk->context->value2) &&
	    word_fits(request, "policy-name", walk->policy->value);
}

/* To the next context that has a policy, beginning with `context`. */
static void
walk_enter(struct policy_walk *walk, const struct conf_node *context)
{
	walk->position = 0;
	walk->policy = NULL;
	for (walk->context = context; walk->context != NULL; walk->context = conf_next(walk->context)) {
		walk->policy = conf_first(walk->context, "policy");
		if (walk->policy != NULL) {
			return;
		}
	}
}

static void
walk_step(struct policy_walk *walk)
{
	walk->policy = conf_next(walk->policy);
	walk->position++;
	if (walk->policy == NULL) {
		walk_enter(walk, conf_next(walk->context));
	}
}

static struct policy_walk *
walk_create(const struct configuration *configuration)
{
	struct snapshot snapshot = *configuration->snapshot;
	const struct conf_node *security = conf_child(conf_tree_top(configuration->tree), "security");
	struct policy_walk *walk = calloc(1, sizeof(*walk) + snapshot.policy_count * sizeof(walk->identities[0]));

	if (walk == NULL) {
		return NULL;
	}
	walk->serial = configuration->serial;
	walk->snapshot = configuration->snapshot;
	for (uint32_t i = 0; i < snapshot.policy_count; i++) {
		if (snapshot.policies[i].present) {
			walk->identities[walk->count++] = i;
		}
	}
	qsort_r(walk->identities, walk->count, sizeof(walk->identities[0]), compare_policies, &snapshot);
	walk_enter(walk, conf_first(conf_child(security, "policies"), "from-zone"));
	return walk;
}

/* The answer's walk, where it stopped. NULL: no memory. */
static struct policy_walk *
walk_resume(struct answer *answer, const struct answer_sources *sources)
{
	struct policy_walk *walk = answer->state;

	if (walk != NULL && walk->serial == sources->configuration->serial) {
		return walk;
	}
	free(walk);
	walk = walk_create(sources->configuration);
	answer->state = walk;
	for (uint32_t passed = 0; walk != NULL && walk->context != NULL && passed < answer->cursor;) {
		passed += policy_wanted(answer->request.root, walk) ? 1 : 0;
		walk_step(walk);
	}
	return walk;
}

static void
fill_page(struct policy_page *page, struct policy_walk *walk, const struct op_node *request)
{
	for (; walk->context != NULL && page->count < POLICIES_MOST; walk_step(walk)) {
		if (policy_wanted(request, walk)) {
			struct policy_row *row = &page->rows[page->count++];

			*row = (struct policy_row){
			    .context = walk->context,
			    .policy = walk->policy,
			    .position = walk->position,
			};
			row->identity = find_identity(walk, row);
		}
	}
	page->more = walk->context != NULL;
}

/* Goes back to the first of the page's policies that did not fit into the chunk. */
static void
walk_return(struct policy_walk *walk, const struct policy_row *row)
{
	walk->context = row->context;
	walk->policy = row->policy;
	walk->position = row->position;
}

static void
counters_job(const struct worker_hands *hands, void *argument)
{
	struct policy_page *page = argument;

	for (uint32_t i = 0; i < page->count; i++) {
		if (page->rows[i].identity != UINT32_MAX) {
			page->rows[i].counters = engine_policy_counters(hands->engine, page->rows[i].identity);
		}
	}
}

static struct policy_page *
read_page(struct answer *answer, const struct answer_sources *sources, struct text *error)
{
	struct policy_page *page = calloc(1, sizeof(*page));
	struct policy_walk *walk = page == NULL ? NULL : walk_resume(answer, sources);

	if (walk == NULL) {
		text_append(error, "out of memory");
		free(page);
		return NULL;
	}
	fill_page(page, walk, answer->request.root);
	worker_run(sources->worker, counters_job, page);
	return page;
}

static bool
scheduler_on(const struct snapshot_scheduler *scheduler, int64_t seconds)
{
	for (uint32_t i = 0; i < scheduler->interval_count; i++) {
		if (seconds >= scheduler->intervals[i].from && seconds < scheduler->intervals[i].to) {
			return true;
		}
	}
	return false;
}

static const char *
state_word(const struct snapshot *snapshot, uint32_t identity)
{
	const struct snapshot_policy *policy;
	const int64_t seconds = worker_wall() / 1000000;

	if (identity == UINT32_MAX) {
		return "disabled";
	}
	policy = &snapshot->policies[identity];
	for (uint16_t i = 0; i < policy->scheduler_count; i++) {
		if (policy->schedulers[i] < snapshot->scheduler_count &&
		    scheduler_on(&snapshot->schedulers[policy->schedulers[i]], seconds)) {
			return "enabled";
		}
	}
	return policy->scheduler_count == 0 ? "enabled" : "inactive";
}

/* --- details ---------------------------------------------------------------------------------------------------- */

struct resolving {
	struct op_tree *tree;
	struct op_node *parent;
	const struct conf_node *book;
	unsigned depth;
};

enum {
	SET_DEPTH = 16, /* address sets in address sets; the checks refuse circles */
};

static void
add_prefixes(const struct resolving *resolving, const char *name)
{
	const struct conf_node *address = conf_entry(resolving->book, "address", name, NULL);
	const struct conf_node *set = conf_entry(resolving->book, "address-set", name, NULL);
	struct resolving deeper = *resolving;

	if (address != NULL) {
		const char *prefix = conf_value(address, "ip-prefix");
		const char *domain = conf_value(address, "dns-name");

		(void)op_add(resolving->tree, resolving->parent, "address-prefix",
		    prefix != NULL ? prefix :
		    domain != NULL ? domain :
		                     "");
		return;
	}
	if (set == NULL || resolving->depth == SET_DEPTH) {
		return;
	}
	deeper.depth++;
	for (const struct conf_node *member = conf_first(set, "address"); member != NULL; member = conf_next(member)) {
		add_prefixes(&deeper, member->value);
	}
	for (const struct conf_node *member = conf_first(set, "address-set"); member != NULL; member = conf_next(member)) {
		add_prefixes(&deeper, member->value);
	}
}

struct policy_writing {
	const struct answer_sources *sources;
	struct op_tree *tree;
	struct op_node *policy; /* the policy-information that is written */
	const struct policy_row *row;
	bool detail;
};

static void
add_addresses(const struct policy_writing *writing, const char *element, const char *zone)
{
	const struct conf_node *top = conf_tree_top(writing->sources->configuration->tree);
	const struct conf_node *match = conf_child(writing->row->policy, "match");
	const struct conf_node *zones = conf_child(conf_child(top, "security"), "zones");
	const struct conf_node *book = conf_child(conf_entry(zones, "security-zone", zone, NULL), "address-book");

	for (const struct conf_node *leaf = conf_first(match, element); leaf != NULL; leaf = conf_next(leaf)) {
		struct op_node *address = op_add(writing->tree, writing->policy, element, NULL);
		const struct resolving resolving = {.tree = writing->tree, .parent = address, .book = book};

		(void)op_add(writing->tree, address, "address-name", leaf->value);
		if (!writing->detail) {
			continue;
		}
		if (strcmp(leaf->value, "any") == 0) {
			(void)op_add(writing->tree, address, "address-prefix", "0.0.0.0/0");
		} else {
			add_prefixes(&resolving, leaf->value);
		}
	}
}

static void
add_term(const struct policy_writing *writing, struct op_node *application, const char *name)
{
	const struct conf_node *top = conf_tree_top(writing->sources->configuration->tree);
	const struct conf_node *own = conf_entry(conf_child(top, "applications"), "application", name, NULL);
	static const char *const names[][2] = {
	    {"protocol", "protocol"},
	    {"source-port", "source-port-range"},
	    {"destination-port", "destination-port-range"},
	    {"inactivity-timeout", "inactivity-timeout"},
	};

	if (own == NULL) {
		return; /* any, a set or a predefined one: its name says it */
	}
	struct op_node *term = op_add(writing->tree, application, "application-term", NULL);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = conf_value(own, names[i][0]);

		if (value != NULL) {
			(void)op_add(writing->tree, term, names[i][1], value);
		}
	}
}

static void
add_applications(const struct policy_writing *writing)
{
	const struct conf_node *match = conf_child(writing->row->policy, "match");

	for (const struct conf_node *leaf = conf_first(match, "application"); leaf != NULL; leaf = conf_next(leaf)) {
		struct op_node *application = op_add(writing->tree, writing->policy, "application", NULL);

		(void)op_add(writing->tree, application, "application-name", leaf->value);
		if (writing->detail) {
			add_term(writing, application, leaf->value);
		}
	}
}

static void
add_action(const struct policy_writing *writing)
{
	const struct conf_node *then = conf_child(writing->row->policy, "then");
	const struct conf_node *log = conf_child(then, "log");
	const char *const action = conf_present(then, "permit") ? "permit" :
	    conf_present(then, "reject")                         ? "reject" :
	                                                           "deny";

	(void)op_add(writing->tree, writing->policy, "action", action);
	if (conf_present(log, "session-init") || conf_present(log, "session-close")) {
		(void)op_add(writing->tree, writing->policy, "log", "log");
	}
	if (conf_present(log, "session-init")) {
		(void)op_add(writing->tree, writing->policy, "log-session-init", NULL);
	}
	if (conf_present(log, "session-close")) {
		(void)op_add(writing->tree, writing->policy, "log-session-close", NULL);
	}
	if (conf_present(then, "count")) {
		(void)op_add(writing->tree, writing->policy, "count", NULL);
	}
}

static void
add_policy(const struct policy_writing *writing)
{
	const struct policy_row *row = writing->row;
	const struct conf_node *scheduler = conf_first(row->policy, "scheduler-name");
	struct op_tree *tree = writing->tree;

	(void)op_add(tree, writing->policy, "policy-name", row->policy->value);
	(void)op_add(tree, writing->policy, "policy-state",
	    state_word(writing->sources->configuration->snapshot, row->identity));
	if (row->identity != UINT32_MAX) {
		(void)op_add_number(tree, writing->policy, "policy-identifier",
		    (uint64_t)row->identity + ANSWER_POLICY_INDEX_FIRST);
	}
	(void)op_add_number(tree, writing->policy, "policy-sequence-number", (uint64_t)row->position + 1);
	if (scheduler != NULL) {
		(void)op_add(tree, writing->policy, "scheduler-name", scheduler->value);
	}
	add_addresses(writing, "source-address", row->context->value);
	add_addresses(writing, "destination-address", row->context->value2);
	add_applications(writing);
	add_action(writing);
	if (writing->detail) {
		(void)op_add_number(tree, writing->policy, "policy-hit-count", row->counters.hits);
	}
}

enum answer_progress
show_policies(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct policy_writing writing = {
	    .sources = sources,
	    .tree = tree,
	    .detail = op_find(answer->request.root, "detail") != NULL,
	};
	const struct conf_node *context = NULL;
	struct op_node *element = NULL;
	struct policy_page *page;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	page = read_page(answer, sources, error);
	if (page == NULL) {
		return ANSWER_FAILED;
	}
	if (answer->cursor == 0) {
		(void)op_add(tree, tree->root, "default-policy",
		    sources->configuration->snapshot->flow.default_permit ? "permit-all" : "deny-all");
	}
	uint32_t shown = 0;

	while (shown < page->count && tree->size < ANSWER_CHUNK) {
		writing.row = &page->rows[shown++];
		if (element == NULL || context != writing.row->context) {
			context = writing.row->context;
			element = op_add(tree, tree->root, "security-context", NULL);
			(void)op_add(tree, element, "source-zone-name", context->value);
			(void)op_add(tree, element, "destination-zone-name", context->value2);
		}
		writing.policy = op_add(tree, element, "policy-information", NULL);
		add_policy(&writing);
	}
	answer->cursor += shown;
	if (shown < page->count) {
		walk_return(answer->state, &page->rows[shown]);
	}
	const bool more = page->more || shown < page->count;

	free(page);
	return more ? ANSWER_MORE : ANSWER_END;
}

enum answer_progress
show_hit_counts(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct policy_page *page;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	page = read_page(answer, sources, error);
	if (page == NULL) {
		return ANSWER_FAILED;
	}
	for (uint32_t i = 0; i < page->count; i++) {
		const struct policy_row *row = &page->rows[i];
		struct op_node *entry = op_add(tree, tree->root, "policy-hit-count-entry", NULL);

		(void)op_add_number(tree, entry, "logical-index", (uint64_t)answer->cursor + i + 1);
		(void)op_add(tree, entry, "policy-hit-count-from-zone", row->context->value);
		(void)op_add(tree, entry, "policy-hit-count-to-zone", row->context->value2);
		(void)op_add(tree, entry, "policy-hit-count-policy-name", row->policy->value);
		(void)op_add_number(tree, entry, "policy-hit-count-count", row->counters.hits);
	}
	answer->cursor += page->count;
	const bool more = page->more;

	free(page);
	if (!more) {
		(void)op_add_number(tree, tree->root, "policy-hit-count-number", answer->cursor);
	}
	return more ? ANSWER_MORE : ANSWER_END;
}
