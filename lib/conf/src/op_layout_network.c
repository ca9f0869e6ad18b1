/*
 * show interfaces terse and show route, as JUNOS prints them.
 */
#include <inttypes.h>
#include <string.h>

#include "op_layout.h"

enum {
	OP_INTERFACE_WIDTH = 23,
	OP_ADMIN_WIDTH = 5,
	OP_LINK_WIDTH = 4,
	OP_FAMILY_WIDTH = 8,
	OP_DESTINATION_WIDTH = 18,
	OP_NEXT_HOP_INDENT = 20,
	OP_TERSE_WIDTH = 43,
	OP_PREFERENCE_WIDTH = 3,
	OP_MINUTE = 60,
	OP_HOUR = 60 * OP_MINUTE,
	OP_DAY = 24 * OP_HOUR,
	OP_WEEK = 7 * OP_DAY,
};

static void
op_interface_state(const struct op_node *interface, struct text *out)
{
	op_put_cell(out, op_value(interface, "name"), OP_INTERFACE_WIDTH, false);
	op_put_cell(out, op_value(interface, "admin-status"), OP_ADMIN_WIDTH, false);
	op_put_cell(out, op_value(interface, "oper-status"), OP_LINK_WIDTH, false);
}

static void
op_interface_blanks(bool family, struct text *out)
{
	op_put_cell(out, "", OP_INTERFACE_WIDTH, false);
	op_put_cell(out, "", OP_ADMIN_WIDTH, false);
	op_put_cell(out, "", OP_LINK_WIDTH, false);
	if (family) {
		op_put_cell(out, "", OP_FAMILY_WIDTH, false);
	}
}

/* A unit's line goes on with its first family and address; the others have lines of their own below. */
static void
op_interface_families(const struct op_node *unit, struct text *out)
{
	bool first_family = true;

	for (const struct op_node *family = op_find(unit, "address-family"); family != NULL; family = op_next(family)) {
		bool first_address = true;

		if (!first_family) {
			op_interface_blanks(false, out);
		}
		first_family = false;
		op_put_cell(out, op_value(family, "address-family-name"), OP_FAMILY_WIDTH, false);
		for (const struct op_node *address = op_find(family, "interface-address"); address != NULL;
		     address = op_next(address)) {
			if (!first_address) {
				op_put_newline(out);
				op_interface_blanks(true, out);
			}
			first_address = false;
			op_put(out, address, "ifa-local", "");
		}
		op_put_newline(out);
	}
	if (first_family) {
		op_put_newline(out);
	}
}

void
op_layout_interfaces_terse(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	if (!renderer->started) {
		text_append(out, "Interface               Admin Link Proto    Local                 Remote\n");
	}
	for (const struct op_node *port = op_find(root, renderer->rpc->row); port != NULL; port = op_next(port)) {
		op_interface_state(port, out);
		op_put_newline(out);
		for (const struct op_node *unit = op_find(port, "logical-interface"); unit != NULL; unit = op_next(unit)) {
			op_interface_state(unit, out);
			op_interface_families(unit, out);
		}
	}
}

/* 1w2d 03:04:05, 2d 03:04:05, 03:04:05 */
static void
op_put_age(uint64_t age, struct text *out)
{
	if (age >= OP_WEEK) {
		text_printf(out, "%" PRIu64 "w", age / OP_WEEK);
	}
	if (age >= OP_DAY) {
		text_printf(out, "%" PRIu64 "d ", age % OP_WEEK / OP_DAY);
	}
	text_printf(out, "%02u:%02u:%02u", (unsigned)(age % OP_DAY / OP_HOUR), (unsigned)(age % OP_HOUR / OP_MINUTE),
	    (unsigned)(age % OP_MINUTE));
}

static void
op_next_hop(const struct op_node *hop, struct text *out)
{
	const char *local = op_value(hop, "nh-local-interface");
	const char *table = op_value(hop, "nh-table");

	text_append_repeated(out, ' ', OP_NEXT_HOP_INDENT);
	if (local != NULL) {
		text_append(out, "  Local via ");
		op_put_value(out, local);
		text_append_char(out, '\n');
		return;
	}
	text_append(out, op_find(hop, "selected-next-hop") == NULL ? "  " : "> ");
	if (table != NULL) {
		text_append(out, "to table ");
		op_put_value(out, table);
	} else if (op_find(hop, "to") != NULL) {
		text_append(out, "to ");
		op_put(out, hop, "to", "");
		text_append(out, op_find(hop, "via") == NULL ? "" : " via ");
		op_put(out, hop, "via", "");
	} else {
		text_append(out, "via ");
		op_put(out, hop, "via", "?");
	}
	text_append_char(out, '\n');
}

/* The way of an entry in a few words, of the next hop that is taken. */
static void
op_route_way(const struct op_node *entry, struct text *out)
{
	const struct op_node *hop = op_find(entry, "nh");

	for (const struct op_node *other = hop; other != NULL; other = op_next(other)) {
		hop = op_find(other, "selected-next-hop") != NULL ? other : hop;
	}
	if (hop == NULL) {
		op_put(out, entry, "nh-type", "");
	} else if (op_find(hop, "to") != NULL || op_find(hop, "via") != NULL) {
		text_append(out, op_find(hop, "selected-next-hop") != NULL ? ">" : "");
		op_put(out, hop, op_find(hop, "to") != NULL ? "to" : "via", "");
	} else {
		op_put(out, hop, op_find(hop, "nh-table") != NULL ? "nh-table" : "nh-local-interface", "");
	}
}

static void
op_route_terse(const struct op_node *route, struct text *out)
{
	for (const struct op_node *entry = op_find(route, "rt-entry"); entry != NULL; entry = op_next(entry)) {
		const char *protocol = op_value(entry, "protocol-name");

		const char *destination = op_value(route, "rt-destination");

		op_put(out, entry, "active-tag", " ");
		text_append_char(out, ' ');
		/* One that is too long for the column has a line of its own. */
		if (destination != NULL && strlen(destination) > OP_TERSE_WIDTH) {
			op_put_value(out, destination);
			text_append(out, "\n  ");
			destination = "";
		}
		op_put_cell(out, destination, OP_TERSE_WIDTH, false);
		text_printf(out, "%c ", protocol == NULL ? '?' : protocol[0]);
		op_put_cell(out, op_value(entry, "preference"), OP_PREFERENCE_WIDTH, true);
		text_append_char(out, ' ');
		op_route_way(entry, out);
		op_put_newline(out);
	}
}

static void
op_route_hops(const struct op_node *entry, struct text *out)
{
	if (op_value(entry, "nh-type") != NULL) {
		text_append(out, "                Next hop type: ");
		op_put(out, entry, "nh-type", "");
		text_append_char(out, '\n');
	}
	for (const struct op_node *hop = op_find(entry, "nh"); hop != NULL; hop = op_next(hop)) {
		static const char *const names[][2] = {
		    {"to", "Next hop: "}, {"via", "via "}, {"nh-table", "Next table: "}, {"nh-local-interface", "Local via "}};
		const char *separator = "";

		text_append(out, "                ");
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (op_value(hop, names[i][0]) != NULL) {
				text_printf(out, "%s%s", separator, names[i][1]);
				op_put(out, hop, names[i][0], "");
				separator = " ";
			}
		}
		text_append(out, op_find(hop, "selected-next-hop") != NULL ? ", selected\n" : "\n");
	}
}

static void
op_route_detail(const struct op_node *route, struct text *out)
{
	unsigned entries = 0;

	for (const struct op_node *entry = op_find(route, "rt-entry"); entry != NULL; entry = op_next(entry)) {
		entries++;
	}
	op_put(out, route, "rt-destination", "?");
	text_printf(out, " (%u %s)\n", entries, entries == 1 ? "entry" : "entries");
	for (const struct op_node *entry = op_find(route, "rt-entry"); entry != NULL; entry = op_next(entry)) {
		const bool active = op_find(entry, "active-tag") != NULL;

		text_append(out, active ? "        *" : "         ");
		op_put_cell(out, op_value(entry, "protocol-name"), OP_FAMILY_WIDTH, false);
		text_append(out, "Preference: ");
		op_put(out, entry, "preference", "?");
		text_append_char(out, '\n');
		op_route_hops(entry, out);
		text_append(out, active ? "                State: <Active>\n" : "                State: <Inactive>\n");
		text_append(out, "                Age: ");
		op_put_age(op_number(entry, "age", 0), out);
		text_append_char(out, '\n');
	}
	text_append_char(out, '\n');
}

static void
op_route(const struct op_node *route, struct text *out)
{
	const char *destination = op_value(route, "rt-destination");

	for (const struct op_node *entry = op_find(route, "rt-entry"); entry != NULL; entry = op_next(entry)) {
		const char *type = op_value(entry, "nh-type");

		/* One that is too long for the column has a line of its own. */
		if (destination != NULL && strlen(destination) > OP_DESTINATION_WIDTH) {
			op_put_value(out, destination);
			text_append_char(out, '\n');
			destination = "";
		}
		op_put_cell(out, destination, OP_DESTINATION_WIDTH, false);
		destination = "";
		op_put(out, entry, "active-tag", " ");
		text_append_char(out, '[');
		op_put(out, entry, "protocol-name", "?");
		text_append_char(out, '/');
		op_put(out, entry, "preference", "0");
		text_append(out, "] ");
		op_put_age(op_number(entry, "age", 0), out);
		text_append_char(out, '\n');
		if (type != NULL && op_find(entry, "nh") == NULL) {
			text_append_repeated(out, ' ', OP_NEXT_HOP_INDENT + 2);
			op_put_value(out, type);
			text_append_char(out, '\n');
		}
		for (const struct op_node *hop = op_find(entry, "nh"); hop != NULL; hop = op_next(hop)) {
			op_next_hop(hop, out);
		}
	}
}

static bool
op_route_asked(const struct op_renderer *renderer, const char *how)
{
	return renderer->request != NULL && op_find(renderer->request, how) != NULL;
}

void
op_layout_route(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	for (const struct op_node *table = op_find(root, renderer->rpc->row); table != NULL; table = op_next(table)) {
		const char *name = op_value(table, "table-name");

		if (name != NULL && strcmp(name, text_string(&renderer->last)) != 0) {
			/* In full, the last route of the table before has ended with an empty line. */
			if (!op_route_asked(renderer, "detail") || renderer->last.length == 0) {
				text_append_char(out, '\n');
			}
			op_put_value(out, name);
			text_printf(out,
			    ": %" PRIu64 " destinations, %" PRIu64 " routes (%" PRIu64 " active, %" PRIu64
			    " holddown, %" PRIu64 " hidden)\n",
			    op_number(table, "destination-count", 0), op_number(table, "total-route-count", 0),
			    op_number(table, "active-route-count", 0), op_number(table, "holddown-route-count", 0),
			    op_number(table, "hidden-route-count", 0));
			text_append(out, "+ = Active Route, - = Last Active, * = Both\n\n");
			if (op_route_asked(renderer, "terse")) {
				text_append(out, "A Destination                                 P Prf Next hop\n");
			}
			text_clear(&renderer->last);
			text_append(&renderer->last, name);
		}
		for (const struct op_node *route = op_find(table, "rt"); route != NULL; route = op_next(route)) {
			if (op_route_asked(renderer, "terse")) {
				op_route_terse(route, out);
			} else if (op_route_asked(renderer, "detail")) {
				op_route_detail(route, out);
			} else {
				op_route(route, out);
			}
		}
	}
}
