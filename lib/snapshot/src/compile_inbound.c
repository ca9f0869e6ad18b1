/*
 * host-inbound-traffic to bits: services of services.def, `all`, any-service, exceptions, own applications, protocols.
 *
 * E-040 (REQ-HI-005, REQ-HI-006): `except` takes away from all or any-service of the same list and gives nothing itself.
 * E-049 (REQ-HI-008): dhcp and bootp count at interfaces only, whatever opens them.
 * E-048 (REQ-HI-016): an application's name opens its protocol and ports.
 */
#include <string.h>

#include "compile.h"

struct service_row {
	const char *name;
	uint64_t bit;
};

static const struct service_row service_rows[] = {
#define HOST_SERVICE(symbol, name, protocol, low, high) {name, (uint64_t)1 << HOST_SERVICE_##symbol},
#include "engine/services.def"
#undef HOST_SERVICE
};

static const struct service_row protocol_rows[] = {
#define HOST_PROTOCOL(symbol, name, protocol, low, high) {name, (uint64_t)1 << HOST_PROTOCOL_##symbol},
#include "engine/protocols.def"
#undef HOST_PROTOCOL
};

struct inbound {
	struct compilation *compilation;
	struct snapshot_host_inbound *result;
	struct snapshot_host_port *custom;
	uint32_t custom_capacity;
	uint32_t custom_count;
	bool all;
	uint64_t named;
	uint64_t except;
};

/* The bits of all rows of that name; 0: no service. */
static uint64_t
service_bits(const char *name)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < HOST_SERVICE_COUNT; i++) {
		if (strcmp(service_rows[i].name, name) == 0) {
			bits |= service_rows[i].bit;
		}
	}
	return bits;
}

static bool
push_custom(struct inbound *inbound, const struct classifier_term *term)
{
	struct snapshot_host_port *moved = arena_grow(&inbound->compilation->scratch, inbound->custom,
	    inbound->custom_count, &inbound->custom_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	inbound->custom = moved;
	moved[inbound->custom_count++] = (struct snapshot_host_port){
	    .protocol = (uint8_t)term->protocol,
	    .low = term->destination_low,
	    .high = term->destination_high,
	};
	return true;
}

static bool
add_application(struct inbound *inbound, const struct conf_node *node)
{
	const struct compiled_application *application = compile_find_application(inbound->compilation, node->value);

	if (application == NULL) {
		return false;
	}
	if (conf_present(node, "except")) {
		compile_error(inbound->compilation, node, "except takes away services only, not an application");
		return true;
	}
	for (uint32_t i = 0; i < application->term_count; i++) {
		const struct classifier_term *term = &application->terms[i];
		const bool whole = term->source_low == 0 && term->source_high == UINT16_MAX;
		if (!whole || term->protocol == CLASSIFIER_ANY_PROTOCOL) {
			/* it would open more than is written */
			compile_warning(inbound->compilation, node,
			    "E-048 only applications of one protocol without source port or ICMP code open a service");
			continue;
		}
		if (!push_custom(inbound, term)) {
			return false;
		}
	}
	return true;
}

static bool
add_service(struct inbound *inbound, const struct conf_node *node, bool unit_level)
{
	const uint64_t at_units = service_bits("dhcp") | service_bits("bootp");
	const uint64_t bits = service_bits(node->value);
	const bool except = conf_present(node, "except");

	if (strcmp(node->value, "all") == 0) {
		inbound->all = inbound->all || !except;
	} else if (strcmp(node->value, "any-service") == 0) {
		inbound->result->any_service = inbound->result->any_service || !except;
	} else if (bits == 0) {
		return add_application(inbound, node);
	} else if (except) {
		inbound->except |= bits;
	} else {
		inbound->named |= unit_level ? bits : bits & ~at_units;
	}
	return true;
}

static uint32_t
read_protocols(const struct conf_node *node)
{
	const struct conf_node *protocols = conf_child(node, "protocols");
	uint32_t allowed = 0;
	uint32_t except = 0;

	for (const struct conf_node *entry = conf_first(protocols, "protocol"); entry; entry = conf_next(entry)) {
		const bool all = strcmp(entry->value, "all") == 0;
		uint32_t bits = 0;
		for (uint32_t i = 0; i < HOST_PROTOCOL_COUNT; i++) {
			const struct service_row *row = &protocol_rows[i];
			bits |= all || strcmp(entry->value, row->name) == 0 ? (uint32_t)row->bit : 0;
		}
		if (conf_present(entry, "except")) {
			except |= bits;
		} else {
			allowed |= bits;
		}
	}
	return allowed & ~except;
}

bool
compile_host_inbound(struct compilation *compilation, const struct conf_node *node, bool unit_level,
    struct snapshot_host_inbound *result)
{
	const struct conf_node *services = conf_child(node, "system-services");
	const uint64_t every = HOST_SERVICE_COUNT == 64 ? UINT64_MAX : ((uint64_t)1 << HOST_SERVICE_COUNT) - 1;
	struct inbound inbound = {.compilation = compilation, .result = result};

	*result = (struct snapshot_host_inbound){.protocols = read_protocols(node)};
	for (const struct conf_node *entry = conf_first(services, "service"); entry; entry = conf_next(entry)) {
		if (!add_service(&inbound, entry, unit_level)) {
			return false;
		}
	}
	if (!unit_level) {
		inbound.except |= service_bits("dhcp") | service_bits("bootp");
	}
	result->services = inbound.named;
	if (inbound.all || result->any_service) {
		result->services |= every & ~inbound.except;
	}
	if (result->any_service) {
		result->except = inbound.except & ~inbound.named;
	}
	struct snapshot_host_port *custom =
	    arena_take(compilation->arena, inbound.custom_count, sizeof(*custom));
	if (custom == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < inbound.custom_count; i++) {
		custom[i] = inbound.custom[i];
	}
	result->custom = custom;
	result->custom_count = (uint16_t)inbound.custom_count;
	return true;
}
