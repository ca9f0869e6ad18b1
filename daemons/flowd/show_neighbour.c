/*
 * show and clear arp, show and clear ipv6 neighbors, show ipv6 router-advertisement.
 *
 * Jobs of worker 0, which knows all neighbours, copy a page of views at a time; what is asked for is chosen here.
 */
#include <string.h>

#include "answer.h"
#include "wire/address_text.h"

enum {
	NEIGHBOURS_MOST = 64,
	ADVERTISERS_MOST = 64,
};

struct neighbour_page {
	struct engine_neighbour_view views[NEIGHBOURS_MOST];
	uint32_t count;
	uint32_t cursor;
};

static void
neighbour_job(const struct worker_hands *hands, void *argument)
{
	struct neighbour_page *page = argument;

	page->count =
	    engine_list_neighbours(hands->engine, hands->now, &page->cursor, page->views, NEIGHBOURS_MOST);
}

static bool
has_mac(const struct engine_neighbour_view *view)
{
	return view->state != NEIGHBOUR_INCOMPLETE && view->state != NEIGHBOUR_FAILED;
}

static void
add_mac(struct op_tree *tree, struct op_node *entry, const char *name, const struct engine_neighbour_view *view)
{
	(void)op_addf(tree, entry, name, "%02x:%02x:%02x:%02x:%02x:%02x", view->mac[0], view->mac[1], view->mac[2],
	    view->mac[3], view->mac[4], view->mac[5]);
}

static void
add_arp(struct op_tree *tree, const struct answer_sources *sources, const struct engine_neighbour_view *view)
{
	struct op_node *entry = op_add(tree, tree->root, "arp-table-entry", NULL);
	char address[ADDRESS_TEXT];

	if (has_mac(view)) {
		add_mac(tree, entry, "mac-address", view);
	}
	(void)op_add(tree, entry, "ip-address", address_text(address, view->address));
	(void)op_add(tree, entry, "interface-name", answer_unit_name(sources, view->unit));
	(void)op_add(tree, entry, "arp-table-entry-flags",
	    view->state == NEIGHBOUR_PERMANENT ? "permanent" : has_mac(view) ? "none" : "incomplete");
}

static const char *
state_word(const struct engine_neighbour_view *view)
{
	switch ((enum neighbour_state)view->state) {
	case NEIGHBOUR_INCOMPLETE:
		return "incomplete";
	case NEIGHBOUR_REACHABLE:
		return "reachable";
	case NEIGHBOUR_STALE:
		return "stale";
	case NEIGHBOUR_PROBE:
		return "probe";
	case NEIGHBOUR_FAILED:
		return "unreachable";
	case NEIGHBOUR_PERMANENT:
		break;
	}
	return "permanent";
}

static void
add_nd(struct op_tree *tree, const struct answer_sources *sources, const struct engine_neighbour_view *view)
{
	struct op_node *entry = op_add(tree, tree->root, "ipv6-nd-entry", NULL);
	char address[ADDRESS_TEXT];

	(void)op_add(tree, entry, "ipv6-nd-neighbor-address", address_text(address, view->address));
	if (has_mac(view)) {
		add_mac(tree, entry, "ipv6-nd-neighbor-l2-address", view);
	} else {
		(void)op_add(tree, entry, "ipv6-nd-neighbor-l2-address", "none");
	}
	(void)op_add(tree, entry, "ipv6-nd-state", state_word(view));
	(void)op_add_number(tree, entry, "ipv6-nd-expire", view->left);
	(void)op_add(tree, entry, "ipv6-nd-isrouter", view->router ? "yes" : "no");
	(void)op_add(tree, entry, "ipv6-nd-interface-name", answer_unit_name(sources, view->unit));
}

static bool
on_interface(const struct answer_sources *sources, const char *interface, const struct engine_neighbour_view *view)
{
	return interface == NULL || strcmp(interface, answer_unit_name(sources, view->unit)) == 0;
}

/* The neighbours of one family. */
static enum answer_progress
show_family(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, bool ipv6,
    struct text *error)
{
	const char *interface = op_value(answer->request.root, "interface");
	const char *host = op_value(answer->request.root, "hostname");
	struct neighbour_page page = {.cursor = answer->cursor};
	struct answer_prefix wanted;

	if (host != NULL && !answer_prefix_parse(host, &wanted)) {
		text_printf(error, "hostname %s: not an address or prefix", host);
		return ANSWER_FAILED;
	}
	worker_run_on(sources->worker, 0, neighbour_job, &page);
	for (uint32_t i = 0; i < page.count; i++) {
		const struct engine_neighbour_view *view = &page.views[i];

		if (ipv6_is_mapped(view->address) == ipv6 || !on_interface(sources, interface, view) ||
		    (host != NULL && !ipv6_covers(wanted.prefix, wanted.length, view->address))) {
			continue;
		}
		if (ipv6) {
			add_nd(tree, sources, view);
		} else {
			add_arp(tree, sources, view);
		}
		answer->total++;
	}
	answer->cursor = page.cursor;
	if (page.cursor != UINT32_MAX) {
		return ANSWER_MORE;
	}
	(void)op_add_number(tree, tree->root, ipv6 ? "ipv6-nd-total" : "arp-entry-count", answer->total);
	return ANSWER_END;
}

enum answer_progress
show_neighbours(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	return show_family(answer, sources, tree, false, error);
}

enum answer_progress
show_neighbours6(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	return show_family(answer, sources, tree, true, error);
}

/* --- clear ------------------------------------------------------------------------------------------------------ */

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	const struct neighbour_page *page = argument;

	for (uint32_t i = 0; i < page->count; i++) {
		engine_clear_neighbour(hands->engine, hands->now, &page->views[i]);
	}
}

/* The neighbours of one family that the request means. */
static enum answer_progress
clear_family(struct answer *answer, const struct answer_sources *sources, struct text *error, bool ipv6)
{
	const struct op_node *request = answer->request.root;
	const char *interface = op_value(request, "interface");
	const char *host = op_value(request, ipv6 ? "host" : "hostname");
	struct neighbour_page page = {.cursor = answer->cursor};
	uint32_t chosen = 0;
	struct answer_prefix wanted;

	if (host != NULL && !answer_prefix_parse(host, &wanted)) {
		text_printf(error, "host %s: not an address or prefix", host);
		return ANSWER_FAILED;
	}
	worker_run_on(sources->worker, 0, neighbour_job, &page);
	for (uint32_t i = 0; i < page.count; i++) {
		const struct engine_neighbour_view *view = &page.views[i];

		if (ipv6_is_mapped(view->address) != ipv6 && on_interface(sources, interface, view) &&
		    (host == NULL || ipv6_covers(wanted.prefix, wanted.length, view->address))) {
			page.views[chosen++] = *view;
		}
	}
	page.count = chosen;
	worker_run(sources->worker, clear_job, &page);
	answer->total += chosen;
	answer->cursor = page.cursor;
	return page.cursor == UINT32_MAX ? ANSWER_END : ANSWER_MORE;
}

enum answer_progress
clear_neighbours(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const enum answer_progress progress = clear_family(answer, sources, error, false);

	if (progress == ANSWER_END) {
		(void)op_add_number(tree, tree->root, "arp-table-cleared-count", answer->total);
	}
	return progress;
}

enum answer_progress
clear_neighbours6(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const enum answer_progress progress = clear_family(answer, sources, error, true);

	if (progress == ANSWER_END) {
		(void)op_add_number(tree, tree->root, "ipv6-nd-cleared-count", answer->total);
	}
	return progress;
}

/* --- router advertisements -------------------------------------------------------------------------------------- */

struct advertiser_page {
	struct engine_advertiser_view views[ADVERTISERS_MOST];
	uint32_t count;
	uint32_t cursor;
};

static void
advertiser_job(const struct worker_hands *hands, void *argument)
{
	struct advertiser_page *page = argument;

	page->count =
	    engine_list_advertisers(hands->engine, hands->now, &page->cursor, page->views, ADVERTISERS_MOST);
}

static void
add_advertiser(struct op_tree *tree, const struct answer_sources *sources, const struct engine_advertiser_view *view)
{
	struct op_node *entry = op_add(tree, tree->root, "ipv6-ra-interface", NULL);

	(void)op_add(tree, entry, "ra-interface-name", answer_unit_name(sources, view->unit));
	(void)op_add_number(tree, entry, "ra-interface-advertisements-sent", view->sent);
	if (view->sent > 0) {
		(void)op_add_number(tree, entry, "ra-interface-time-since-last-advertisement", view->since);
	} else {
		(void)op_add(tree, entry, "ra-interface-time-since-last-advertisement", "never");
	}
	(void)op_add_number(tree, entry, "ra-interface-solicitations-received", view->solicited);
	(void)op_add_number(tree, entry, "ra-interface-advertisements-received", view->heard);
}

enum answer_progress
show_advertisements(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree,
    struct text *error)
{
	const char *interface = op_value(answer->request.root, "interface");
	struct advertiser_page page = {.cursor = answer->cursor};

	(void)error;
	worker_run_on(sources->worker, 0, advertiser_job, &page);
	for (uint32_t i = 0; i < page.count; i++) {
		if (interface == NULL || strcmp(interface, answer_unit_name(sources, page.views[i].unit)) == 0) {
			add_advertiser(tree, sources, &page.views[i]);
		}
	}
	answer->cursor = page.cursor;
	return page.cursor == UINT32_MAX ? ANSWER_END : ANSWER_MORE;
}
