/*
 * show security nat source pool, source summary, destination pool, destination summary, interface-nat-ports, source
 * paired-address; clear security nat statistics.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "engine/views.h"
#include "nat_alarm.h"
#include "wire/address_text.h"

enum {
	BINDING_VIEWS = 64,
	BINDING_SLOTS = 4096, /* looked at in one step */
	PAGES_MOST = 16,
};

struct pool_job {
	uint16_t pool;
	struct engine_nat_counters counters;
};

static void
read_job(const struct worker_hands *hands, void *argument)
{
	struct pool_job *job = argument;

	nat_counters_add(&job->counters, hands->engine, job->pool);
}

static void
add_range(struct op_tree *tree, struct op_node *entry, const char *name, const struct snapshot_nat_range *range)
{
	char low[ADDRESS_TEXT];
	char high[ADDRESS_TEXT];

	(void)op_addf(tree, entry, name, "%s - %s", address_text(low, ipv6_mapped(range->low)),
	    address_text(high, ipv6_mapped(range->high)));
}

static bool
is_meant(const struct op_node *request, const char *argument, const char *name)
{
	const char *word = op_value(request, argument);

	return word == NULL || strcmp(word, "all") == 0 || strcmp(word, name) == 0;
}

/* --- source pools ------------------------------------------------------------------------------------------------ */

static void
add_ports(struct op_tree *tree, struct op_node *entry, const struct snapshot_nat_pool *pool)
{
	if (pool->kind == NAT_POOL_PORTS) {
		(void)op_addf(tree, entry, "source-pool-port-translation", "[%u, %u]", pool->port_low, pool->port_high);
		if (pool->layers > 1) {
			(void)op_add_number(tree, entry, "port-overloading", pool->layers);
		} else {
			(void)op_add(tree, entry, "port-overloading", "off");
		}
	} else {
		(void)op_add(tree, entry, "source-pool-port-translation", "no translation");
	}
}

static uint32_t
sum_of(const uint32_t *ports)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < ENGINE_NAT_CLASSES; i++) {
		sum += ports[i];
	}
	return sum;
}

/* Each protocol has all ports for itself. */
static void
add_used_ports(struct op_tree *tree, struct op_node *entry, const struct snapshot_nat_pool *pool,
    const struct engine_nat_counters *counters)
{
	static const char *const leaves[ENGINE_NAT_CLASSES] = {"used-tcp-ports", "used-udp-ports", "used-icmp-identifiers"};

	for (size_t i = 0; pool->kind == NAT_POOL_PORTS && i < ENGINE_NAT_CLASSES; i++) {
		(void)op_addf(tree, entry, leaves[i], "%u of %llu", counters->ports[i], (unsigned long long)nat_pool_room(pool));
	}
	(void)op_add_number(tree, entry, "total-used-ports", sum_of(counters->ports));
	(void)op_add_number(tree, entry, "peak-used-ports", sum_of(counters->ports_most));
}

static void
add_overflow(struct op_tree *tree, struct op_node *entry, const struct snapshot_nat *nat, const struct snapshot_nat_pool *pool)
{
	if (pool->overflow == SNAPSHOT_NAT_INTERFACE) {
		(void)op_add(tree, entry, "overflow-pool", "interface");
	} else if (pool->overflow < nat->pool_count && nat->pools[pool->overflow].present) {
		(void)op_add(tree, entry, "overflow-pool", nat->pools[pool->overflow].name);
	}
}

static void
add_pool(struct op_tree *tree, const struct answer_sources *sources, const struct pool_job *job)
{
	const struct snapshot_nat *nat = &sources->configuration->snapshot->nat;
	const struct snapshot_nat_pool *pool = &nat->pools[job->pool];
	const struct engine_nat_counters *counters = &job->counters;
	struct op_node *entry = op_add(tree, tree->root, "source-nat-pool-info-entry", NULL);

	(void)op_add(tree, entry, "pool-name", pool->name);
	(void)op_add_number(tree, entry, "pool-id", job->pool);
	if (pool->unit != SNAPSHOT_NONE) {
		(void)op_add(tree, entry, "interface-name", answer_unit_name(sources, pool->unit));
	}
	if (pool->kind == NAT_POOL_STATIC) {
		answer_add_address(tree, entry, "host-address-base", ipv6_mapped(pool->host_low));
	}
	add_ports(tree, entry, pool);
	add_overflow(tree, entry, nat, pool);
	(void)op_add(tree, entry, "address-assignment",
	    pool->kind != NAT_POOL_PORTS || nat->address_persistent || pool->paired ? "paired" : "no-paired");
	(void)op_add_number(tree, entry, "total-pool-address", pool->size);
	for (uint16_t i = 0; i < pool->range_count; i++) {
		add_range(tree, entry, "source-pool-address-range", &pool->ranges[i]);
	}
	if (pool->alarm_raise > 0) {
		(void)op_addf(tree, entry, "source-pool-utilization-alarm", "raise at %u%%, clear at %u%%", pool->alarm_raise,
		    pool->alarm_clear);
	}
	if (pool->kind != NAT_POOL_STATIC) {
		(void)op_addf(tree, entry, "pool-utilization", "%u%%", nat_pool_used(pool, counters));
		add_used_ports(tree, entry, pool, counters);
		(void)op_add_number(tree, entry, "total-used-addresses", counters->addresses);
	}
	(void)op_add_number(tree, entry, "source-pool-sessions", counters->held);
	(void)op_add_number(tree, entry, "source-pool-translation-hits", counters->sessions);
	(void)op_add_number(tree, entry, "source-pool-failed-hits", counters->failures);
}

static void
add_pool_line(struct op_tree *tree, const struct snapshot_nat_pool *pool, const struct engine_nat_counters *counters)
{
	/* One line a range: the first has all that is of the pool. */
	for (uint16_t i = 0; i < pool->range_count; i++) {
		struct op_node *entry = op_add(tree, tree->root, "source-nat-pool-summary", NULL);

		(void)op_add(tree, entry, "pool-name", i == 0 ? pool->name : "");
		add_range(tree, entry, "address-range", &pool->ranges[i]);
		if (i == 0) {
			(void)op_add(tree, entry, "pat", pool->kind == NAT_POOL_PORTS ? "yes" : "no");
			(void)op_add_number(tree, entry, "total-address", pool->size);
			(void)op_addf(tree, entry, "pool-utilization", "%u%%", nat_pool_used(pool, counters));
		}
	}
}

/* Pools of the configuration: the interfaces' own have a command of their own. */
static bool
is_listed(const struct snapshot_nat *nat, uint32_t pool, const struct op_node *request)
{
	return nat->pools[pool].present && !nat->pools[pool].interface &&
	    is_meant(request, "pool-name", nat->pools[pool].name);
}

static uint32_t
count_rules(const struct snapshot_nat *nat, enum nat_rule_kind kind)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < nat->rule_count; i++) {
		count += nat->rules[i].present && nat->rules[i].kind == kind ? 1 : 0;
	}
	return count;
}

static uint32_t
count_pools(const struct snapshot_nat *nat, const struct op_node *request)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < nat->pool_count; i++) {
		count += is_listed(nat, i, request) ? 1 : 0;
	}
	return count;
}

enum answer_progress
show_nat_pools(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool summary = strcmp(answer->row->rpc, "retrieve-source-nat-summary") == 0;
	const struct op_node *request = answer->request.root;

	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	const struct snapshot_nat *nat = &sources->configuration->snapshot->nat;

	if (answer->cursor == 0) {
		(void)op_add_number(tree, tree->root, "total-source-nat-pools", count_pools(nat, request));
		if (summary) {
			(void)op_add_number(tree, tree->root, "total-source-nat-rules", count_rules(nat, NAT_RULE_SOURCE));
		}
	}
	for (; answer->cursor < nat->pool_count && tree->size < ANSWER_CHUNK; answer->cursor++) {
		struct pool_job job = {.pool = (uint16_t)answer->cursor};

		if (!is_listed(nat, answer->cursor, request)) {
			continue;
		}
		worker_run(sources->worker, read_job, &job);
		if (summary) {
			add_pool_line(tree, &nat->pools[answer->cursor], &job.counters);
		} else {
			add_pool(tree, sources, &job);
		}
	}
	return answer->cursor < nat->pool_count ? ANSWER_MORE : ANSWER_END;
}

enum answer_progress
show_nat_ports(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	const struct snapshot_nat *nat = &sources->configuration->snapshot->nat;

	for (; answer->cursor < nat->pool_count && tree->size < ANSWER_CHUNK; answer->cursor++) {
		const struct snapshot_nat_pool *pool = &nat->pools[answer->cursor];
		struct pool_job job = {.pool = (uint16_t)answer->cursor};

		if (!pool->present || !pool->interface) {
			continue;
		}
		worker_run(sources->worker, read_job, &job);
		struct op_node *entry = op_add(tree, tree->root, "interface-nat-ports-entry", NULL);

		(void)op_add_number(tree, entry, "pool-index", answer->cursor);
		(void)op_add(tree, entry, "interface-name", answer_unit_name(sources, pool->unit));
		answer_add_address(tree, entry, "address", ipv6_mapped(pool->ranges[0].low));
		(void)op_add_number(tree, entry, "total-ports", nat_pool_room(pool));
		(void)op_add_number(tree, entry, "single-ports-allocated", sum_of(job.counters.ports));
		(void)op_add_number(tree, entry, "sessions", job.counters.held);
		(void)op_add_number(tree, entry, "failures", job.counters.failures);
	}
	return answer->cursor < nat->pool_count ? ANSWER_MORE : ANSWER_END;
}

/* --- destinations: the configuration's words ------------------------------------------------------------------------- */

/* Of either form of the configuration, one behind the other. */
static const struct conf_node *
first_destination(const struct conf_node *nat)
{
	const struct conf_node *pool = conf_first(conf_child(nat, "destination"), "pool");

	return pool != NULL ? pool : conf_first(nat, "destination-nat");
}

static void
put_range(const struct conf_node *pool, struct text *range)
{
	const struct conf_node *address = conf_first(pool, "address");
	const struct conf_node *between = conf_child(pool, "address-range");

	if (address != NULL) {
		text_append(range, address->value);
		if (conf_value(address, "to") != NULL) {
			text_printf(range, " - %s", conf_value(address, "to"));
		}
	} else if (between != NULL) {
		text_printf(range, "%s - %s", conf_value(between, "low"), conf_value(between, "high"));
	}
}

static void
add_destination(struct op_tree *tree, const struct snapshot_nat *nat, const struct conf_node *pool, bool summary)
{
	const struct conf_node *address = conf_first(pool, "address");
	const char *port = conf_value(address != NULL ? address : conf_child(pool, "address-range"), "port");
	const char *instance = conf_value(pool, "routing-instance");
	struct op_node *entry =
	    op_add(tree, tree->root, summary ? "destination-nat-pool-summary" : "destination-nat-pool-entry", NULL);
	struct text range = TEXT_EMPTY;
	uint64_t size = 0;

	for (uint16_t i = 0; i < nat->destination_count; i++) {
		if (strcmp(nat->destinations[i].name, pool->value) == 0) {
			size = (uint64_t)nat->destinations[i].high - nat->destinations[i].low + 1;
		}
	}
	put_range(pool, &range);
	(void)op_add(tree, entry, "pool-name", pool->value);
	if (!summary) {
		(void)op_add(tree, entry, "routing-instance-name", instance == NULL ? "default" : instance);
	}
	(void)op_add(tree, entry, summary ? "address-range" : "destination-pool-address-range", text_string(&range));
	(void)op_add(tree, entry, summary ? "port" : "destination-pool-port", port == NULL ? "-" : port);
	if (size > 0) {
		(void)op_add_number(tree, entry, "total-address", size);
	}
	text_release(&range);
}

/* A configuration has few of them: one chunk. */
enum answer_progress
show_nat_destinations(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool summary = strcmp(answer->row->rpc, "retrieve-destination-nat-summary") == 0;
	const struct op_node *request = answer->request.root;
	uint64_t count = 0;

	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	const struct snapshot_nat *snapshot = &sources->configuration->snapshot->nat;
	const struct conf_node *nat = conf_walk(conf_tree_top(sources->configuration->tree), "security", "nat", NULL);

	for (const struct conf_node *pool = first_destination(nat); pool != NULL; pool = conf_next(pool)) {
		count += is_meant(request, "pool-name", pool->value) ? 1 : 0;
	}
	(void)op_add_number(tree, tree->root, "total-destination-nat-pools", count);
	if (summary) {
		(void)op_add_number(tree, tree->root, "total-destination-nat-rules", count_rules(snapshot, NAT_RULE_DESTINATION));
	}
	for (const struct conf_node *pool = first_destination(nat); pool != NULL; pool = conf_next(pool)) {
		if (is_meant(request, "pool-name", pool->value)) {
			add_destination(tree, snapshot, pool, summary);
		}
	}
	return ANSWER_END;
}

/* --- who keeps an address -------------------------------------------------------------------------------------------- */

struct binding_page {
	struct engine_nat_binding_view views[BINDING_VIEWS];
	uint32_t count;
	uint32_t cursor;
	uint16_t worker; /* whose */
};

static void
bindings_job(const struct worker_hands *hands, void *argument)
{
	struct binding_page *page = argument;

	page->count = engine_list_nat_bindings(hands->engine, &page->cursor, BINDING_SLOTS, page->views, BINDING_VIEWS);
}

enum answer_progress
show_nat_bindings(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct binding_page page = {.cursor = answer->cursor, .worker = answer->worker};

	(void)error;
	for (int i = 0; i < PAGES_MOST && page.cursor != UINT32_MAX && tree->size < ANSWER_CHUNK; i++) {
		worker_run_on(sources->worker, page.worker, bindings_job, &page);
		for (uint32_t b = 0; b < page.count; b++) {
			const struct engine_nat_binding_view *view = &page.views[b];
			const char *pool = snapshot_nat_pool_name(sources->registry, view->pool);
			struct op_node *entry = op_add(tree, tree->root, "paired-address-entry", NULL);

			answer_add_address(tree, entry, "internal-address", ipv6_mapped(view->host));
			answer_add_address(tree, entry, "reflexive-address", ipv6_mapped(view->address));
			(void)op_add(tree, entry, "pool-name", pool == NULL ? "" : pool);
			(void)op_add(tree, entry, "binding-type", view->alone ? "alone" : "shared");
			(void)op_add_number(tree, entry, "current-sessions", view->sessions);
		}
		answer->total += page.count;
		if (page.cursor == UINT32_MAX && page.worker + 1 < worker_count(sources->worker)) {
			page.worker++;
			page.cursor = 0;
		}
	}
	answer->cursor = page.cursor;
	answer->worker = page.worker;
	if (page.cursor != UINT32_MAX) {
		return ANSWER_MORE;
	}
	(void)op_add_number(tree, tree->root, "total-bindings", answer->total);
	return ANSWER_END;
}

/* --- clear ----------------------------------------------------------------------------------------------------------- */

struct clear_job {
	uint16_t rules;
	uint16_t pools;
};

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	const struct clear_job *job = argument;

	for (uint16_t i = 0; i < job->rules; i++) {
		engine_clear_nat_rule(hands->engine, i);
	}
	for (uint16_t i = 0; i < job->pools; i++) {
		engine_clear_nat_pool(hands->engine, i);
	}
}

enum answer_progress
clear_nat_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct clear_job job = {.rules = 0};

	(void)answer;
	(void)error;
	if (sources->configuration != NULL) {
		job.rules = sources->configuration->snapshot->nat.rule_count;
		job.pools = sources->configuration->snapshot->nat.pool_count;
		worker_run(sources->worker, clear_job, &job);
	}
	(void)op_add_number(tree, tree->root, "cleared-rules", job.rules);
	(void)op_add_number(tree, tree->root, "cleared-pools", job.pools);
	return ANSWER_END;
}
