/*
 * show security nat source persistent-nat-table, clear security nat source persistent-nat-table: what hosts keep being
 * translated to, by the rules that have persistent-nat.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "engine/views.h"
#include "session_filter.h"

enum {
	VIEWS = 64,
	SLOTS = 4096, /* looked at in one step */
	PAGES_MOST = 16,
	PROTOCOL_NAME = 8,
};

static const char *const kinds[] = {
    [NAT_PERSISTENT_NONE] = "ending",
    [NAT_PERSISTENT_ANY_REMOTE_HOST] = "any-remote-host",
    [NAT_PERSISTENT_TARGET_HOST] = "target-host",
    [NAT_PERSISTENT_TARGET_HOST_PORT] = "target-host-port",
};

struct page {
	struct engine_nat_mapping_view views[VIEWS];
	bool meant[VIEWS];
	struct engine_nat_mapping_counts counts;
	uint32_t count;
	uint32_t cursor;
	uint32_t cleared;
	uint16_t worker; /* whose */
};

static void
read_page(const struct worker_hands *hands, void *argument)
{
	struct page *page = argument;

	page->count = engine_list_nat_mappings(hands->engine, &page->cursor, SLOTS, page->views, VIEWS);
}

static void
read_counts(const struct worker_hands *hands, void *argument)
{
	struct page *page = argument;

	const struct engine_nat_mapping_counts more = engine_nat_mapping_counts(hands->engine);

	page->counts.mappings += more.mappings;
	page->counts.mappings_most += more.mappings_most;
	page->counts.remotes += more.remotes;
	page->counts.remotes_most += more.remotes_most;
}

/* One worker after the other; page->cursor is UINT32_MAX behind the last one's bindings. */
static void
next_worker(const struct answer_sources *sources, struct page *page)
{
	if (page->cursor == UINT32_MAX && page->worker + 1 < worker_count(sources->worker)) {
		page->worker++;
		page->cursor = 0;
	}
}

/* One may have got a session since it was listed: then it stays. */
static void
clear_page(const struct worker_hands *hands, void *argument)
{
	struct page *page = argument;

	for (uint32_t i = 0; i < page->count; i++) {
		page->cleared += page->meant[i] && engine_clear_nat_mapping(hands->engine, &page->views[i]) ? 1 : 0;
	}
}

/* Whom the command is about. */
struct filter {
	const char *pool;
	uint32_t host;
	uint16_t port; /* 0: all */
	bool by_host;
};

static bool
read_filter(const struct op_node *request, struct filter *filter, struct text *error)
{
	const char *address = op_value(request, "internal-ip");
	const char *port = op_value(request, "internal-port");
	const char *unit = op_value(request, "interface");
	struct in_addr binary;

	*filter = (struct filter){.pool = unit != NULL ? unit : op_value(request, "pool"), .by_host = address != NULL};
	if (address != NULL && inet_pton(AF_INET, address, &binary) != 1) {
		text_printf(error, "'%s' is no IPv4 address: others are not translated", address);
		return false;
	}
	filter->host = address == NULL ? 0 : ntohl(binary.s_addr);
	filter->port = port == NULL ? 0 : (uint16_t)strtoul(port, NULL, 10);
	return true;
}

static const char *
pool_name(const struct answer_sources *sources, const struct engine_nat_mapping_view *view)
{
	const char *name = snapshot_nat_pool_name(sources->registry, view->pool);

	return name == NULL ? "" : name;
}

static bool
is_meant(const struct filter *filter, const struct answer_sources *sources, const struct engine_nat_mapping_view *view)
{
	return (!filter->by_host || view->host == filter->host) && (filter->port == 0 || view->host_port == filter->port) &&
	    (filter->pool == NULL || strcmp(filter->pool, pool_name(sources, view)) == 0);
}

/* "*" for what a binding of the address alone leaves open. */
static void
add_port(struct op_tree *tree, struct op_node *entry, const char *name, uint16_t port)
{
	if (port == 0) {
		(void)op_add(tree, entry, name, "*");
	} else {
		(void)op_add_number(tree, entry, name, port);
	}
}

static void
add_binding(struct op_tree *tree, const struct answer_sources *sources, const struct engine_nat_mapping_view *view)
{
	const char *rule = snapshot_nat_rule_name(sources->registry, view->rule);
	struct op_node *entry = op_add(tree, tree->root, "persist-nat-binding-entry", NULL);
	char protocol[PROTOCOL_NAME];

	session_protocol_name(view->protocol, protocol, sizeof(protocol));
	answer_add_address(tree, entry, "internal-ip", ipv6_mapped(view->host));
	add_port(tree, entry, "internal-port", view->host_port);
	answer_add_address(tree, entry, "reflexive-ip", ipv6_mapped(view->address));
	add_port(tree, entry, "reflexive-port", view->port);
	(void)op_add(tree, entry, "protocol", view->protocol == 0 ? "*" : protocol);
	(void)op_add(tree, entry, "pool-name", pool_name(sources, view));
	(void)op_add(tree, entry, "type", kinds[view->kind]);
	if (view->sessions > 0) {
		(void)op_addf(tree, entry, "left-time", "-/%u", view->seconds);
	} else {
		(void)op_addf(tree, entry, "left-time", "%u/%u", view->left, view->seconds);
	}
	(void)op_addf(tree, entry, "current-sessions", "%u/%u", view->sessions, view->sessions_most);
	(void)op_add(tree, entry, "rule-name", rule == NULL ? "" : rule);
}

static void
add_counts(struct op_tree *tree, const struct answer *answer, const struct answer_sources *sources, bool summary)
{
	struct page page = {.count = 0};

	worker_run(sources->worker, read_counts, &page);
	(void)op_add_number(tree, tree->root, "binding-count", summary ? page.counts.mappings : answer->total);
	(void)op_add_number(tree, tree->root, "binding-capacity", page.counts.mappings_most);
	(void)op_add_number(tree, tree->root, "remote-count", page.counts.remotes);
	(void)op_add_number(tree, tree->root, "remote-capacity", page.counts.remotes_most);
}

enum answer_progress
show_nat_persistent(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool summary = op_find(answer->request.root, "summary") != NULL;
	struct page page = {.cursor = summary ? UINT32_MAX : answer->cursor, .worker = answer->worker};
	struct filter filter;

	if (!read_filter(answer->request.root, &filter, error)) {
		return ANSWER_END;
	}
	for (int i = 0; i < PAGES_MOST && page.cursor != UINT32_MAX && tree->size < ANSWER_CHUNK; i++) {
		worker_run_on(sources->worker, page.worker, read_page, &page);
		for (uint32_t b = 0; b < page.count; b++) {
			if (is_meant(&filter, sources, &page.views[b])) {
				add_binding(tree, sources, &page.views[b]);
				answer->total++;
			}
		}
		next_worker(sources, &page);
	}
	answer->cursor = page.cursor;
	answer->worker = page.worker;
	if (page.cursor != UINT32_MAX) {
		return ANSWER_MORE;
	}
	add_counts(tree, answer, sources, summary);
	return ANSWER_END;
}

enum answer_progress
clear_nat_persistent(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct page page = {.cursor = 0};
	struct filter filter;
	uint64_t meant = 0;

	if (!read_filter(answer->request.root, &filter, error)) {
		return ANSWER_END;
	}
	while (page.cursor != UINT32_MAX) {
		worker_run_on(sources->worker, page.worker, read_page, &page);
		for (uint32_t b = 0; b < page.count; b++) {
			page.meant[b] = is_meant(&filter, sources, &page.views[b]);
			meant += page.meant[b] ? 1 : 0;
		}
		worker_run_on(sources->worker, page.worker, clear_page, &page);
		next_worker(sources, &page);
	}
	(void)op_add_number(tree, tree->root, "cleared-bindings", page.cleared);
	(void)op_add_number(tree, tree->root, "bindings-in-use", meant - page.cleared);
	return ANSWER_END;
}
