/*
 * See policy_walk.h.
 */
#include "policy_walk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain/policy_element.h"

struct policy_walk {
	uint64_t serial; /* of the configuration */
	const struct snapshot *snapshot;
	const struct conf_node *context; /* the next policy's; NULL at the end */
	const struct conf_node *policy;
	uint32_t position; /* in the context */
	uint32_t count;
	uint32_t identities[]; /* the snapshot's policies in order of zone pair and position */
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
	const uint16_t from = zone_by_name(snapshot, explain_from_zone(row->context));
	const uint16_t to = zone_by_name(snapshot, explain_to_zone(row->context));
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
is_global(const struct conf_node *context)
{
	return strcmp(context->schema->name, "global") == 0;
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
	return word_fits(request, "from-zone", explain_from_zone(walk->context)) &&
	    word_fits(request, "to-zone", explain_to_zone(walk->context)) &&
	    (op_find(request, "global") == NULL || is_global(walk->context)) &&
	    word_fits(request, "policy-name", walk->policy->value);
}

/* The contexts of zones one after the other, then the global policies; NULL at the end. */
static const struct conf_node *
next_context(const struct conf_node *context)
{
	const struct conf_node *next = is_global(context) ? NULL : conf_next(context);

	return next != NULL || is_global(context) ? next : conf_child(context->parent, "global");
}

/* To the next context that has a policy, beginning with `context`. */
static void
walk_enter(struct policy_walk *walk, const struct conf_node *context)
{
	walk->position = 0;
	walk->policy = NULL;
	for (walk->context = context; walk->context != NULL; walk->context = next_context(walk->context)) {
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
		walk_enter(walk, next_context(walk->context));
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
	const struct conf_node *policies = conf_child(security, "policies");
	const struct conf_node *first = conf_first(policies, "from-zone");

	walk_enter(walk, first != NULL ? first : conf_child(policies, "global"));
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

static void
add_counters(struct engine_policy_counters *sum, const struct engine_policy_counters *more)
{
	if (more->hits > 0) {
		sum->first_hit = sum->hits == 0 || more->first_hit < sum->first_hit ? more->first_hit : sum->first_hit;
		sum->last_hit = more->last_hit > sum->last_hit ? more->last_hit : sum->last_hit;
	}
	sum->hits += more->hits;
	sum->packets += more->packets;
	sum->bytes += more->bytes;
}

static void
counters_job(const struct worker_hands *hands, void *argument)
{
	struct policy_page *page = argument;

	for (uint32_t i = 0; i < page->count; i++) {
		if (page->rows[i].identity != UINT32_MAX) {
			const struct engine_policy_counters more =
			    engine_policy_counters(hands->engine, page->rows[i].identity);

			add_counters(&page->rows[i].counters, &more);
		}
	}
}

struct policy_page *
policy_page_read(struct answer *answer, const struct answer_sources *sources, struct text *error)
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

void
policy_page_return(struct answer *answer, const struct policy_row *row)
{
	struct policy_walk *walk = answer->state;

	walk->context = row->context;
	walk->policy = row->policy;
	walk->position = row->position;
}

void
policy_add_time(struct op_tree *tree, struct op_node *parent, const char *name, int64_t seconds)
{
	const time_t time = (time_t)seconds;
	struct tm parts;
	char word[32];

	if (gmtime_r(&time, &parts) != NULL && strftime(word, sizeof(word), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0) {
		(void)op_add(tree, parent, name, word);
	}
}
