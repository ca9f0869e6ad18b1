/*
 * show security policies and show security zones, as an SRX prints them.
 */
#include <string.h>

#include "op_layout.h"

void
op_policy_zones(const struct op_node *context, struct text *out)
{
	text_append(out, "From zone: ");
	op_put(out, context, "source-zone-name", "?");
	text_append(out, ", To zone: ");
	op_put(out, context, "destination-zone-name", "?");
	text_append_char(out, '\n');
}

/* All values of one name behind a heading; nothing when there are none. */
static void
op_policy_words(const struct op_node *policy, const char *name, const char *heading, struct text *out)
{
	if (op_find(policy, name) != NULL) {
		text_append(out, heading);
		op_put_list(out, policy, name, NULL);
	}
}

static void
op_policy_brief(const struct op_node *policy, struct text *out)
{
	text_append(out, "  Policy: ");
	op_put(out, policy, "policy-name", "?");
	text_append(out, ", State: ");
	op_put(out, policy, "policy-state", "enabled");
	text_append(out, ", Index: ");
	op_put(out, policy, "policy-identifier", "?");
	text_append(out, ", Sequence number: ");
	op_put(out, policy, "policy-sequence-number", "?");
	text_append(out, "\n    Source addresses: ");
	op_put_list(out, policy, "source-address", "address-name");
	text_append(out, "\n    Destination addresses: ");
	op_put_list(out, policy, "destination-address", "address-name");
	text_append(out, "\n    Applications: ");
	op_put_list(out, policy, "application", "application-name");
	op_policy_words(policy, "match-from-zone", "\n    From zones: ", out);
	op_policy_words(policy, "match-to-zone", "\n    To zones: ", out);
	op_policy_words(policy, "scheduler-name", "\n    Scheduler name: ", out);
	text_append(out, "\n    Action: ");
	op_put(out, policy, "action", "?");
	if (op_find(policy, "log-session-init") != NULL || op_find(policy, "log-session-close") != NULL ||
	    op_find(policy, "log") != NULL) {
		text_append(out, ", log");
	}
	if (op_find(policy, "count") != NULL) {
		text_append(out, ", count");
	}
	text_append_char(out, '\n');
}

static void
op_policy_addresses(const struct op_node *policy, const char *name, const char *heading, struct text *out)
{
	text_printf(out, "  %s:\n", heading);
	for (const struct op_node *address = op_find(policy, name); address != NULL; address = op_next(address)) {
		text_append(out, "    ");
		op_put(out, address, "address-name", "?");
		text_append(out, ": ");
		op_put_list(out, address, "address-prefix", NULL);
		op_put_newline(out);
	}
}

static void
op_policy_applications(const struct op_node *policy, struct text *out)
{
	for (const struct op_node *application = op_find(policy, "application"); application != NULL;
	     application = op_next(application)) {
		text_append(out, "  Application: ");
		op_put(out, application, "application-name", "?");
		text_append_char(out, '\n');
		for (const struct op_node *term = op_find(application, "application-term"); term != NULL;
		     term = op_next(term)) {
			text_append(out, "    IP protocol: ");
			op_put(out, term, "protocol", "0");
			text_append(out, ", Inactivity timeout: ");
			op_put(out, term, "inactivity-timeout", "0");
			text_append(out, "\n      Source port range: [");
			op_put(out, term, "source-port-range", "0-0");
			text_append(out, "]\n      Destination port range: [");
			op_put(out, term, "destination-port-range", "0-0");
			text_append(out, "]\n");
		}
	}
}

static void
op_policy_log(const struct op_node *policy, struct text *out)
{
	const bool init = op_find(policy, "log-session-init") != NULL;
	const bool close = op_find(policy, "log-session-close") != NULL;

	if (init || close) {
		text_printf(out, "  Session log: %s%s%s\n", init ? "at-create" : "", init && close ? ", " : "",
		    close ? "at-close" : "");
	}
}

static void
op_put_newline_if(struct text *out, const struct op_node *policy, const char *name)
{
	if (op_find(policy, name) != NULL) {
		text_append_char(out, '\n');
	}
}

static void
op_policy_counters(const struct op_node *policy, struct text *out)
{
	static const struct {
		const char *name;
		const char *heading;
	} lines[] = {
	    {"policy-hit-count", "  Hit count: "},
	    {"policy-first-hit", "  First hit: "},
	    {"policy-last-hit", "  Last hit: "},
	    {"policy-packets", "  Packets: "},
	    {"policy-bytes", "  Bytes: "},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (op_find(policy, lines[i].name) != NULL) {
			text_append(out, lines[i].heading);
			op_put(out, policy, lines[i].name, "");
			text_append_char(out, '\n');
		}
	}
}

void
op_policy_detail(const struct op_node *context, const struct op_node *policy, struct text *out)
{
	text_append(out, "Policy: ");
	op_put(out, policy, "policy-name", "?");
	text_append(out, ", action-type: ");
	op_put(out, policy, "action", "?");
	text_append(out, ", State: ");
	op_put(out, policy, "policy-state", "enabled");
	text_append(out, ", Index: ");
	op_put(out, policy, "policy-identifier", "?");
	if (op_find(policy, "not-reached") != NULL) {
		text_append(out, ", not reached");
	}
	op_policy_words(policy, "description", "\n  Description: ", out);
	text_append(out, "\n  Sequence number: ");
	op_put(out, policy, "policy-sequence-number", "?");
	text_append(out, "\n  ");
	op_policy_zones(context, out);
	op_policy_words(policy, "match-from-zone", "  From zones: ", out);
	op_put_newline_if(out, policy, "match-from-zone");
	op_policy_words(policy, "match-to-zone", "  To zones: ", out);
	op_put_newline_if(out, policy, "match-to-zone");
	op_policy_addresses(policy, "source-address", "Source addresses", out);
	op_policy_addresses(policy, "destination-address", "Destination addresses", out);
	op_policy_applications(policy, out);
	op_policy_words(policy, "scheduler-name", "  Scheduler name: ", out);
	op_put_newline_if(out, policy, "scheduler-name");
	op_policy_log(policy, out);
	op_policy_counters(policy, out);
}

void
op_layout_policies(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	const bool detail = op_find(renderer->request, "detail") != NULL;

	if (op_find(root, "default-policy") != NULL) {
		text_append(out, "Default policy: ");
		op_put(out, root, "default-policy", "");
		text_append_char(out, '\n');
	}
	for (const struct op_node *context = op_find(root, renderer->rpc->row); context != NULL;
	     context = op_next(context)) {
		struct text heading = TEXT_EMPTY;

		/* A long zone pair comes in several chunks: one heading. */
		op_policy_zones(context, &heading);
		if (!detail && strcmp(text_string(&heading), text_string(&renderer->last)) != 0) {
			text_append(out, text_string(&heading));
			text_clear(&renderer->last);
			text_append(&renderer->last, text_string(&heading));
		}
		text_release(&heading);
		for (const struct op_node *policy = op_find(context, "policy-information"); policy != NULL;
		     policy = op_next(policy)) {
			if (detail) {
				op_policy_detail(context, policy, out);
			} else {
				op_policy_brief(policy, out);
			}
		}
	}
}

static void
op_zone(const struct op_node *zone, struct text *out)
{
	text_append(out, "Security zone: ");
	op_put(out, zone, "zones-security-zonename", "?");
	text_append(out, "\n  Send reset for non-SYN session TCP packets: ");
	op_put(out, zone, "zones-security-send-reset", "Off");
	text_append(out, "\n  Policy configurable: ");
	op_put(out, zone, "zones-security-policy-configurable", "Yes");
	if (op_find(zone, "zones-security-screen") != NULL) {
		text_append(out, "\n  Screen: ");
		op_put(out, zone, "zones-security-screen", "");
	}
	if (op_find(zone, "zones-security-host-inbound-service") != NULL) {
		text_append(out, "\n  Host inbound traffic: ");
		op_put_list(out, zone, "zones-security-host-inbound-service", NULL);
	}
	text_append(out, "\n  Interfaces bound: ");
	op_put(out, zone, "zones-security-interfaces-bound", "0");
	text_append(out, "\n  Interfaces:\n");
	for (const struct op_node *unit = op_find(zone, "zones-security-interfaces"); unit != NULL; unit = op_next(unit)) {
		text_append(out, "    ");
		op_put(out, unit, "zones-security-interface-name", "?");
		if (op_find(unit, "host-inbound-service") != NULL) {
			text_append(out, " (host inbound traffic: ");
			op_put_list(out, unit, "host-inbound-service", NULL);
			text_append_char(out, ')');
		}
		text_append_char(out, '\n');
	}
}

void
op_layout_zones(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *zone = op_find(root, renderer->rpc->row); zone != NULL; zone = op_next(zone)) {
		op_zone(zone, out);
		text_append_char(out, '\n');
	}
}
