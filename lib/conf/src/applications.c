/*
 * Applications by name. See conf/applications.h.
 *
 * Sets may contain sets; they are resolved by an explicit stack, so that nesting is bounded and circles are found.
 */
#include "conf/applications.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/sets.h"
#include "tree_private.h"
#include "value_read.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMP6 = 58,
	NAME_MOST = 64,
};

struct predefined {
	const char *name;
	uint16_t protocol;
	uint16_t low;
	uint16_t high;
	uint32_t timeout;
	int16_t code; /* -1: any; of ICMP only */
};

static const struct predefined predefined[] = {
#define APPLICATION(name, protocol, low, high, timeout) {name, protocol, low, high, timeout, -1},
#define APPLICATION_CODE(name, protocol, type, code) {name, protocol, type, type, 0, code},
#include "conf/applications.def"
#undef APPLICATION
#undef APPLICATION_CODE
};

enum { PREDEFINED_COUNT = sizeof(predefined) / sizeof(predefined[0]) };

/* The first row of that name. */
static const struct predefined *
find_predefined(const char *name)
{
	size_t low = 0;
	size_t high = PREDEFINED_COUNT;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(predefined[middle].name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < PREDEFINED_COUNT && strcmp(predefined[low].name, name) == 0 ? &predefined[low] : NULL;
}

/* "HTTP" -> junos-http (E-080); POPS is POP3 (E-081). */
static const struct predefined *
find_bare(const char *name)
{
	char full[NAME_MOST + 8];
	size_t length = strlen(name);

	if (length > NAME_MOST) {
		return NULL;
	}
	if (strcmp(name, "POPS") == 0) {
		return find_predefined("junos-pop3");
	}
	memcpy(full, "junos-", 7);
	for (size_t i = 0; i <= length; i++) {
		full[6 + i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
	}
	return find_predefined(full);
}

struct conf_application
conf_application_find(const struct conf_tree *tree, const char *name)
{
	const struct conf_node *own = conf_child(conf_tree_top(tree), "applications");
	struct conf_application found = {.kind = CONF_APPLICATION_NONE, .canonical = name};

	found.node = conf_entry(own, "application", name, NULL);
	if (found.node != NULL) {
		found.kind = CONF_APPLICATION_OWN;
		return found;
	}
	found.node = conf_entry(own, "application-set", name, NULL);
	if (found.node != NULL) {
		found.kind = CONF_APPLICATION_SET;
		return found;
	}
	if (strcmp(name, "any") == 0) {
		found.kind = CONF_APPLICATION_ANY;
		return found;
	}
	const struct predefined *row = find_predefined(name);

	if (row == NULL) {
		row = find_bare(name);
	}
	if (row != NULL) {
		found.kind = CONF_APPLICATION_PREDEFINED;
		found.canonical = row->name;
	}
	return found;
}

uint16_t
conf_protocol_number(const char *name)
{
	/* The canonical names of value_formats.c. */
	static const struct {
		const char *name;
		uint16_t number;
	} names[] = {
	    {"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"igmp", 2}, {"ipip", 4}, {"egp", 8}, {"rsvp", 46}, {"gre", 47},
	    {"esp", 50}, {"ah", 51}, {"icmp6", 58}, {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"sctp", 132},
	};

	if (name == NULL) {
		return CONF_PROTOCOL_ANY;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			return names[i].number;
		}
	}
	return (uint16_t)strtoul(name, NULL, 10);
}

/* "80" or "80-90"; all ports when NULL. */
static void
port_range(const char *value, uint16_t *low, uint16_t *high)
{
	char *end;

	*low = 0;
	*high = UINT16_MAX;
	if (value == NULL) {
		return;
	}
	*low = (uint16_t)strtoul(value, &end, 10);
	*high = *end == '-' ? (uint16_t)strtoul(end + 1, NULL, 10) : *low;
}

/* ICMPv6's own statements, else those of ICMP, which say numbers then: conf_check() has told of names. */
static int16_t
icmp6_number(const struct conf_node *node, const char *own, const char *other)
{
	const char *value = conf_value(node, own);

	return value_icmp6_number(value != NULL ? value : conf_value(node, other));
}

static struct conf_application_term
own_term(const struct conf_node *node)
{
	struct conf_application_term term = {
	    .application = node->value,
	    .protocol = conf_protocol_number(conf_value(node, "protocol")),
	    .icmp_type = value_icmp_number(conf_value(node, "icmp-type")),
	    .icmp_code = value_icmp_number(conf_value(node, "icmp-code")),
	    .timeout = conf_number(node, "inactivity-timeout", 0),
	};

	if (term.protocol == PROTOCOL_ICMP6) {
		term.icmp_type = icmp6_number(node, "icmp6-type", "icmp-type");
		term.icmp_code = icmp6_number(node, "icmp6-code", "icmp-code");
	}
	port_range(conf_value(node, "source-port"), &term.source_low, &term.source_high);
	port_range(conf_value(node, "destination-port"), &term.destination_low, &term.destination_high);
	return term;
}

static void
tell_predefined(const char *name, void (*each)(void *context, const struct conf_application_term *term), void *context)
{
	const struct predefined *const end = predefined + PREDEFINED_COUNT;

	for (const struct predefined *row = find_predefined(name); row < end && strcmp(row->name, name) == 0; row++) {
		const bool icmp = row->protocol == PROTOCOL_ICMP || row->protocol == PROTOCOL_ICMP6;
		const struct conf_application_term term = {
		    .application = row->name,
		    .protocol = row->protocol,
		    .source_low = 0,
		    .source_high = UINT16_MAX,
		    .destination_low = icmp ? 0 : row->low,
		    .destination_high = icmp ? UINT16_MAX : row->high,
		    .icmp_type = (int16_t)(icmp && row->low == row->high ? row->low : -1),
		    .icmp_code = row->code,
		    .timeout = row->timeout,
		};

		each(context, &term);
	}
}

/* A name that is no set. */
static bool
tell_single(const struct conf_application *found,
    void (*each)(void *context, const struct conf_application_term *term), void *context)
{
	struct conf_application_term term = {
	    .application = "any",
	    .protocol = CONF_PROTOCOL_ANY,
	    .source_high = UINT16_MAX,
	    .destination_high = UINT16_MAX,
	    .icmp_type = -1,
	    .icmp_code = -1,
	};

	switch (found->kind) {
	case CONF_APPLICATION_ANY:
		each(context, &term);
		return true;
	case CONF_APPLICATION_OWN:
		term = own_term(found->node);
		each(context, &term);
		return true;
	case CONF_APPLICATION_PREDEFINED:
		tell_predefined(found->canonical, each, context);
		return true;
	case CONF_APPLICATION_NONE:
	case CONF_APPLICATION_SET:
		break;
	}
	return false;
}

bool
conf_application_resolve(const struct conf_tree *tree, const char *name,
    void (*each)(void *context, const struct conf_application_term *term), void *context)
{
	const struct conf_node *stack[CONF_SETS_DEEP]; /* the next member of each open set */
	struct conf_application found = conf_application_find(tree, name);
	size_t members = 0;
	size_t depth = 0;

	if (found.kind != CONF_APPLICATION_SET) {
		return tell_single(&found, each, context);
	}
	stack[depth++] = conf_set_first(found.node);
	while (depth > 0) {
		const struct conf_node *member = stack[depth - 1];

		if (member == NULL) {
			depth--;
			continue;
		}
		stack[depth - 1] = conf_set_next(member);
		if (++members > CONF_SETS_LARGE) {
			return false;
		}
		found = conf_application_find(tree, member->value);
		if (found.kind != CONF_APPLICATION_SET) {
			if (!tell_single(&found, each, context)) {
				return false;
			}
		} else if (depth == CONF_SETS_DEEP) {
			return false;
		} else {
			stack[depth++] = conf_set_first(found.node);
		}
	}
	return true;
}

const char *
conf_application_predefined(size_t index)
{
	for (size_t i = 0; i < PREDEFINED_COUNT; i++) {
		if (i > 0 && strcmp(predefined[i].name, predefined[i - 1].name) == 0) {
			continue;
		}
		if (index-- == 0) {
			return predefined[i].name;
		}
	}
	return NULL;
}
