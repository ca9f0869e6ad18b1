/*
 * Which sessions are meant. See session_filter.h.
 */
#include "session_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct protocol_row {
	const char *name;
	uint8_t number;
};

static const struct protocol_row protocols[] = {
    {"ah", 51},
    {"egp", 8},
    {"esp", 50},
    {"gre", 47},
    {"icmp", 1},
    {"icmp6", 58},
    {"igmp", 2},
    {"ipip", 4},
    {"ospf", 89},
    {"pim", 103},
    {"rsvp", 46},
    {"sctp", 132},
    {"tcp", 6},
    {"udp", 17},
    {"udp-lite", 136},
};

static int
protocol_parse(const char *word)
{
	char *end = NULL;
	unsigned long number;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(protocols[i].name, word) == 0) {
			return protocols[i].number;
		}
	}
	number = strtoul(word, &end, 10);
	return *end == '\0' && end != word && number <= UINT8_MAX ? (int)number : -1;
}

void
session_protocol_name(uint8_t protocol, char *name, size_t size)
{
	const char *word = protocol == 6 ? "tcp" :
	    protocol == 17		 ? "udp" :
	    protocol == 1		 ? "icmp" :
	    protocol == 58		 ? "icmp6" :
					   NULL;

	if (word != NULL) {
		(void)snprintf(name, size, "%s", word);
	} else {
		(void)snprintf(name, size, "%u", protocol);
	}
}

static bool
read_prefix(const struct op_node *request, const char *name, struct answer_prefix *prefix, struct text *error)
{
	const char *word = op_value(request, name);

	*prefix = (struct answer_prefix){.length = 0};
	if (word == NULL || answer_prefix_parse(word, prefix)) {
		return true;
	}
	text_printf(error, "%s %s: not an IP prefix", name, word);
	return false;
}

/* The schema lets no other word through. */
static enum session_family
family_of(const char *word)
{
	if (word == NULL) {
		return SESSION_ANY_FAMILY;
	}
	return strcmp(word, "inet6") == 0 ? SESSION_INET6 : SESSION_INET;
}

bool
session_filter_read(struct session_filter *filter, const struct op_node *request, struct text *error)
{
	const char *protocol = op_value(request, "protocol");

	*filter = (struct session_filter){
	    .session = op_number(request, "session-identifier", 0),
	    .source_port = (uint32_t)op_number(request, "source-port", 0),
	    .destination_port = (uint32_t)op_number(request, "destination-port", 0),
	    .protocol = protocol == NULL ? -1 : protocol_parse(protocol),
	    .family = family_of(op_value(request, "family")),
	    .translated = op_find(request, "nat") != NULL,
	};
	if (protocol != NULL && filter->protocol < 0) {
		text_printf(error, "protocol %s: not an IP protocol", protocol);
		return false;
	}
	return read_prefix(request, "source-prefix", &filter->source, error) &&
	    read_prefix(request, "destination-prefix", &filter->destination, error);
}

bool
session_filter_matches(const struct session_filter *filter, const struct engine_session_view *view)
{
	return (filter->session == 0 || filter->session == view->session) &&
	    ipv6_covers(filter->source.prefix, filter->source.length, view->source[0]) &&
	    ipv6_covers(filter->destination.prefix, filter->destination.length, view->destination[0]) &&
	    (filter->source_port == 0 || filter->source_port == view->source_port[0]) &&
	    (filter->destination_port == 0 || filter->destination_port == view->destination_port[0]) &&
	    (!filter->translated || view->nat != 0) && (filter->protocol < 0 || filter->protocol == view->protocol) &&
	    (filter->family == SESSION_ANY_FAMILY ||
	        (filter->family == SESSION_INET) == ipv6_is_mapped(view->source[0]));
}

void
session_page_fill(struct session_page *page, const struct worker_hands *hands)
{
	page->count = engine_list_sessions(hands->engine, hands->now, &page->cursor, page->slots, page->views, ENGINE_STEP_VIEWS);
}

void
session_page_turn(const struct workers *workers, struct session_page *page)
{
	if (page->cursor == UINT32_MAX && page->worker + 1 < worker_count(workers)) {
		page->worker++;
		page->cursor = 0;
	}
}

static void
page_job(const struct worker_hands *hands, void *argument)
{
	session_page_fill(argument, hands);
}

void
session_page_read(struct workers *workers, struct session_page *page)
{
	worker_run_on(workers, page->worker, page_job, page);
	session_page_turn(workers, page);
}
