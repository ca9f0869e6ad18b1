/*
 * show security match-policies: a packet's way as a person reads it, then the policy as `show security policies detail`
 * has it.
 */
#include <string.h>

#include "op_layout.h"

static void
put_endpoint(const struct op_node *flow, const char *address, const char *port, struct text *out)
{
	op_put(out, flow, address, "?");
	if (op_find(flow, port) != NULL) {
		text_append_char(out, ':');
		op_put(out, flow, port, "");
	}
}

static void
put_flow(const struct op_node *flow, struct text *out)
{
	text_append(out, "Flow: ");
	op_put(out, flow, "protocol", "?");
	text_append_char(out, ' ');
	put_endpoint(flow, "source-address", "source-port", out);
	text_append(out, " > ");
	put_endpoint(flow, "destination-address", "destination-port", out);
	if (op_find(flow, "icmp-type") != NULL) {
		text_append(out, ", type ");
		op_put(out, flow, "icmp-type", "");
		text_append(out, " code ");
		op_put(out, flow, "icmp-code", "");
	}
	text_append_char(out, '\n');
}

static void
put_arrival(const struct op_node *arrival, struct text *out)
{
	text_append(out, "Arrival: interface ");
	op_put(out, arrival, "interface", "?");
	text_append(out, ", routing instance ");
	op_put(out, arrival, "routing-instance", "?");
	text_append(out, ", zone ");
	op_put(out, arrival, "zone", "?");
	if (op_find(arrival, "by-source-route") != NULL) {
		text_append(out, " (where the route to the source leads)");
	}
	text_append_char(out, '\n');
}

static void
put_route(const struct op_node *route, struct text *out)
{
	text_append(out, "Route: ");
	op_put(out, route, "table-name", "?");
	if (op_find(route, "destination") == NULL) {
		text_append(out, " has none\n");
		return;
	}
	text_append(out, ", ");
	op_put(out, route, "destination", "?");
	text_append(out, " (");
	op_put(out, route, "protocol-name", "?");
	text_append(out, "/");
	op_put(out, route, "preference", "?");
	text_append(out, "), ");
	op_put(out, route, "next-hop-type", "?");
	if (op_find(route, "next-hop") != NULL) {
		text_append_char(out, ' ');
		op_put(out, route, "next-hop", "");
	}
	if (op_find(route, "interface") != NULL) {
		text_append(out, ", interface ");
		op_put(out, route, "interface", "");
		text_append(out, ", zone ");
		op_put(out, route, "zone", "?");
	}
	text_append_char(out, '\n');
}

static void
put_inbound(const struct op_node *inbound, struct text *out)
{
	text_append(out, "Host inbound: interface ");
	op_put(out, inbound, "interface", "?");
	if (op_find(inbound, "state") != NULL) {
		text_append(out, ", ");
		op_put(out, inbound, "state", "");
	}
	text_append(out, ", the list has: ");
	if (op_find(inbound, "service") == NULL) {
		text_append(out, "nothing");
	}
	op_put_list(out, inbound, "service", NULL);
	if (op_find(inbound, "except") != NULL) {
		text_append(out, ", except ");
		op_put_list(out, inbound, "except", NULL);
	}
	text_append_char(out, '\n');
}

static const struct {
	const char *criterion;
	const char *sentence;
} misses[] = {
    {"from-zone", "the zone of arrival is none of: "},
    {"to-zone", "the zone of departure is none of: "},
    {"source-address", "the source address is in none of: "},
    {"destination-address", "the destination address is in none of: "},
    {"application", "protocol and ports are none of: "},
    {"scheduler-name", "no scheduler is active: "},
    {"address-unknown", "no address of it is known"},
};

static void
put_passed(struct op_renderer *renderer, const struct op_node *passed, struct text *out)
{
	struct text heading = TEXT_EMPTY;
	const char *criterion = op_value(passed, "criterion");

	op_policy_zones(passed, &heading);
	if (strcmp(text_string(&heading), text_string(&renderer->last)) != 0) {
		text_append(out, "Passed over, ");
		text_append(out, text_string(&heading));
		text_clear(&renderer->last);
		text_append(&renderer->last, text_string(&heading));
	}
	text_release(&heading);
	text_append(out, "  ");
	op_put(out, passed, "policy-name", "?");
	text_append(out, ": ");
	for (size_t i = 0; criterion != NULL && i < sizeof(misses) / sizeof(misses[0]); i++) {
		if (strcmp(misses[i].criterion, criterion) == 0) {
			text_append(out, misses[i].sentence);
		}
	}
	op_put_list(out, passed, "configured", NULL);
	text_append_char(out, '\n');
}

static void
put_session(const struct op_node *session, struct text *out)
{
	text_append(out, "Session: application ");
	op_put(out, session, "application", "?");
	if (op_find(session, "inactivity-timeout") != NULL) {
		text_append(out, ", inactivity timeout ");
		op_put(out, session, "inactivity-timeout", "");
		text_append(out, " s");
	}
	text_append(out, op_find(session, "log-session-init") != NULL ? ", log at-create" : "");
	text_append(out, op_find(session, "log-session-close") != NULL ? ", log at-close" : "");
	text_append(out, op_find(session, "count") != NULL ? ", count" : "");
	text_append_char(out, '\n');
}

static void
put_public(const struct op_node *public, struct text *out)
{
	text_append(out, "Destination becomes ");
	op_put(out, public, "destination-address", "?");
	if (op_find(public, "destination-port") != NULL) {
		text_append(out, ", port ");
		op_put(out, public, "destination-port", "?");
	}
	text_append(out, ", by a ");
	op_put(out, public, "by", "?");
	text_append_char(out, '\n');
}

static void
put_translation(const struct op_node *translation, struct text *out)
{
	text_append(out, "Translation: source ");
	op_put(out, translation, "source-address", "?");
	if (op_find(translation, "destination-port") != NULL) {
		text_append(out, ", port ");
		op_put(out, translation, "source-port", "any of the pool");
	}
	text_append(out, "; destination ");
	op_put(out, translation, "destination-address", "?");
	if (op_find(translation, "destination-port") != NULL) {
		text_append(out, ", port ");
		op_put(out, translation, "destination-port", "?");
	}
	if (op_find(translation, "pool-name") != NULL) {
		text_append(out, "; pool ");
		op_put(out, translation, "pool-name", "?");
	}
	for (const struct op_node *rule = op_find(translation, "rule-name"); rule != NULL; rule = op_next(rule)) {
		text_append(out, "; rule ");
		op_put_value(out, rule->value);
	}
	text_append_char(out, '\n');
}

static void
put_outcome(const struct op_node *outcome, struct text *out)
{
	text_append(out, "Outcome: ");
	if (op_find(outcome, "policy-name") != NULL) {
		text_append(out, "policy ");
		op_put(out, outcome, "policy-name", "?");
		text_append(out, ", ");
		op_put(out, outcome, "action", "?");
	} else {
		text_append(out, "no policy is asked");
	}
	if (op_find(outcome, "verdict") != NULL) {
		text_append(out, "; verdict ");
		op_put(out, outcome, "verdict", "?");
		text_append(out, " (");
		op_put(out, outcome, "reason", "?");
		text_append(out, ": ");
		op_put(out, outcome, "help", "?");
		text_append_char(out, ')');
	}
	if (op_find(outcome, "interface") != NULL) {
		text_append(out, ", out ");
		op_put(out, outcome, "interface", "?");
	}
	text_append_char(out, '\n');
}

static const struct {
	const char *name;
	void (*put)(const struct op_node *node, struct text *out);
} parts[] = {
    {"flow", put_flow},
    {"arrival", put_arrival},
    {"public-destination", put_public},
    {"route", put_route},
    {"host-inbound", put_inbound},
    {"session", put_session},
    {"translation", put_translation},
    {"outcome", put_outcome},
};

void
op_layout_match(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *node = root->first; node != NULL; node = node->next) {
		if (strcmp(node->name, "passed-over") == 0) {
			put_passed(renderer, node, out);
		} else if (strcmp(node->name, "policy-information") == 0) {
			op_policy_detail(node, node, out);
		}
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			if (strcmp(parts[i].name, node->name) == 0) {
				parts[i].put(node, out);
			}
		}
	}
}
