/*
 * show interfaces, a block for each port and in it one for each unit.
 */
#include <string.h>

#include "op_layout.h"

static void
op_interface_traffic(const struct op_node *node, const char *label, const char *const names[2], const char *const words[2],
    struct text *out)
{
	if (op_value(node, names[0]) == NULL) {
		return;
	}
	text_printf(out, "%s: %s %s", label, op_value(node, names[0]), words[0]);
	if (op_value(node, names[1]) != NULL) {
		text_printf(out, ", %s %s", op_value(node, names[1]), words[1]);
	}
	text_append_char(out, '\n');
}

static void
op_interface_addresses(const struct op_node *unit, struct text *out)
{
	for (const struct op_node *family = op_find(unit, "address-family"); family != NULL; family = op_next(family)) {
		text_append(out, "    Protocol ");
		op_put(out, family, "address-family-name", "?");
		if (op_value(family, "mtu") != NULL) {
			text_append(out, ", MTU: ");
			op_put(out, family, "mtu", "");
		}
		text_append_char(out, '\n');
		for (const struct op_node *address = op_find(family, "interface-address"); address != NULL;
		     address = op_next(address)) {
			op_put_line(out, address, "      Local: ", "ifa-local", NULL);
		}
	}
}

static void
op_interface_unit(const struct op_node *unit, struct text *out)
{
	static const char *const input[] = {"input-packets", "input-bytes"};
	static const char *const output[] = {"output-packets", "output-bytes"};
	static const char *const words[] = {"packets", "bytes"};
	const char *vlan = op_value(unit, "vlan-id");

	text_append(out, "\n  Logical interface ");
	op_put(out, unit, "name", "?");
	text_append(out, ", Admin ");
	op_put(out, unit, "admin-status", "?");
	text_append(out, ", Link ");
	op_put(out, unit, "oper-status", "?");
	if (vlan != NULL) {
		text_append(out, ", VLAN-Tag ");
		op_put_value(out, vlan);
	}
	text_append_char(out, '\n');
	op_put_line(out, unit, "    Description: ", "description", NULL);
	op_put_line(out, unit, "    Security: Zone: ", "logical-interface-zone-name", NULL);
	op_put_line(out, unit, "    Routing instance: ", "routing-instance", NULL);
	op_interface_traffic(unit, "    Input ", input, words, out);
	op_interface_traffic(unit, "    Output", output, words, out);
	if (op_find(unit, "allowed-host-inbound") != NULL) {
		text_append(out, "    Allowed host-inbound traffic: ");
		op_put_list(out, unit, "allowed-host-inbound", NULL);
		text_append_char(out, '\n');
	}
	for (const struct op_node *row = op_find(unit, "screen-detected"); row != NULL; row = op_next(row)) {
		text_append(out, "    Detected by screen ");
		op_put(out, row, "screen-option-name", "?");
		text_append(out, ": ");
		op_put(out, row, "screen-detected-count", "?");
		text_append_char(out, '\n');
	}
	op_interface_addresses(unit, out);
}

/* "  Last flapped: 2026-11-20 19:20:11 UTC (00:01:02 ago), 3 changes", and hold times where there are any. */
static void
op_interface_link(const struct op_node *port, struct text *out)
{
	const char *changes = op_value(port, "interface-flaps");

	if (op_value(port, "interface-flapped") != NULL) {
		text_append(out, "  Last flapped: ");
		op_put(out, port, "interface-flapped", "");
		if (op_value(port, "interface-flapped-ago") != NULL) {
			text_append(out, " (");
			op_put(out, port, "interface-flapped-ago", "");
			text_append(out, " ago)");
		}
		if (changes != NULL && strcmp(changes, "0") != 0) {
			text_printf(out, ", %s changes", changes);
		}
		text_append_char(out, '\n');
	}
	if (op_value(port, "up-hold-time") != NULL) {
		text_append(out, "  Hold-times: Up ");
		op_put(out, port, "up-hold-time", "");
		text_append(out, " ms, Down ");
		op_put(out, port, "down-hold-time", "");
		text_append(out, " ms, ");
		op_put(out, port, "interface-flaps-suppressed", "");
		text_append(out, " changes suppressed\n");
	}
}

static void
op_interface_port(const struct op_node *port, struct text *out)
{
	static const char *const input[] = {"input-packets", "input-lost"};
	static const char *const output[] = {"output-packets", "output-lost"};
	static const char *const words[] = {"packets", "lost"};
	static const char *const lines[][2] = {
	    {"  Description: ", "description"},
	    {"  Device: ", "port-device"},
	    {"  Trouble: ", "port-trouble"},
	    {"  Driver: ", "port-driver"},
	    {"  Mode: ", "port-mode"},
	    {"  Hardware address: ", "hardware-address"},
	    {"  MTU: ", "mtu"},
	};
	const char *admin = op_value(port, "admin-status");
	const char *oper = op_value(port, "oper-status");

	text_append(out, "Physical interface: ");
	op_put(out, port, "name", "?");
	text_printf(out, ", %s, Physical link is %s\n", admin != NULL && strcmp(admin, "up") == 0 ? "Enabled" : "Disabled",
	    oper != NULL && strcmp(oper, "up") == 0 ? "Up" : "Down");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		op_put_line(out, port, lines[i][0], lines[i][1], NULL);
	}
	op_interface_traffic(port, "  Input ", input, words, out);
	op_interface_traffic(port, "  Output", output, words, out);
	op_interface_link(port, out);
	for (const struct op_node *unit = op_find(port, "logical-interface"); unit != NULL; unit = op_next(unit)) {
		op_interface_unit(unit, out);
	}
	text_append_char(out, '\n');
}

void
op_layout_interfaces(struct op_renderer *renderer, const struct op_node *root, struct text *out)
{
	if (renderer->request != NULL && op_find(renderer->request, "terse") != NULL) {
		op_layout_interfaces_terse(renderer, root, out);
		return;
	}
	for (const struct op_node *port = op_find(root, renderer->rpc->row); port != NULL; port = op_next(port)) {
		op_interface_port(port, out);
	}
}
