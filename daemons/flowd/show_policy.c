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

/* The snapshot's policies in order of zone pair and position. */
struct policy_index {
	const struct snapshot *snapshot;
	uint32_t *identities;
	uint32_t count;
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

static bool
index_create(struct policy_index *index, const struct snapshot *snapshot)
{
	struct snapshot copy = *snapshot;

	*index = (struct policy_index){.snapshot = snapshot};
	index->identities = calloc((size_t)snapshot->policy_count + 1, sizeof(*index->identities));
	if (index->identities == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < snapshot->policy_count; i++) {
		if (snapshot->policies[i].present) {
			index->identities[index->count++] = i;
		}
	}
	qsort_r(index->identities, index->count, sizeof(*index->identities), compare_policies, &copy);
	return true;
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
find_identity(const struct policy_index *index, const struct policy_row *row)
{
	const struct snapshot *snapshot = index->snapshot;
	const uint16_t from = zone_by_name(snapshot, row->context->value);
	const uint16_t to = zone_by_name(snapshot, row->context->value2);
	uint32_t low = 0;
	uint32_t high = index->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct snapshot_policy *policy = &snapshot->policies[index->identities[middle]];
		const bool before = policy->from_zone != from ? policy->from_zone < from :
		    policy->to_zone != to                     ? policy->to_zone < to :
		                                                policy->position < row->position;

		if (before) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low < index->count && strcmp(snapshot->policies[index->identities[low]].name, row->policy->value) == 0) {
		return index->identities[low];
	}
	return UINT32_MAX;
}

static bool
word_fits(const struct op_node *request, const char *argument, const char *name)
{
	const char *word = op_value(request, argument);

	return word == NULL || strcmp(word, name) == 0;
}

/* The policies that are asked for, from number `skip` on. */
static void
fill_page(struct policy_page *page, const struct answer *answer, const struct answer_sources *sources, uint32_t skip)
{
	const struct op_node *request = answer->request.root;
	const struct conf_node *security = conf_child(conf_tree_top(sources->configuration->tree), "security");
	const struct conf_node *policies = conf_child(security, "policies");
	uint32_t seen = 0;

	for (const struct conf_node *context = conf_first(policies, "from-zone"); context != NULL;
	     context = conf_next(context)) {
		uint32_t position = 0;

		if (!word_fits(request, "from-zone", context->value) || !word_fits(request, "to-zone", context->value2)) {
			continue;
		}
		for (const struct conf_node *policy = conf_first(context, "policy"); policy != NULL;
		     policy = conf_next(policy), position++) {
			if (!word_fits(request, "policy-name", policy->value) || seen++ < skip) {
				continue;
			}
			if (page->count == POLICIES_MOST) {
				page->more = true;
				return;
			}
			page->rows[page->count++] =
			    (struct policy_row){.context = context, .policy = policy, .position = position};
		}
	}
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
read_page(const struct answer *answer, const struct answer_sources *sources, struct text *error)
{
	struct policy_page *page = calloc(1, sizeof(*page));
	struct policy_index index = {.identities = NULL};

	if (page == NULL || !index_create(&index, sources->configuration->snapshot)) {
		text_append(error, "out of memory");
		free(page);
		return NULL;
	}
	fill_page(page, answer, sources, answer->cursor);
	for (uint32_t i = 0; i < page->count; i++) {
		page->rows[i].identity = find_identity(&index, &page->rows[i]);
	}
	free(index.identities);
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
