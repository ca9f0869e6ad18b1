/*
 * Static mappings: which of them is a public address's or a host's, by binary search for the prefix and, where several rules
 * share a prefix because they have conditions, the first of them that fits.
 */
#include "engine_private.h"

static uint32_t
mask_of(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static bool
within(const struct snapshot_nat_ports *ranges, uint16_t count, uint16_t port)
{
	for (uint16_t i = 0; i < count; i++) {
		if (port >= ranges[i].low && port <= ranges[i].high) {
			return true;
		}
	}
	return count == 0;
}

/* A packet as it stands outside: from `remote` to the public side, or from there to it. */
struct outside {
	uint32_t remote;
	uint16_t remote_port;
	uint16_t port;
	bool ports; /* the protocol has some */
};

static bool
fits(const struct snapshot_nat_condition *condition, const struct outside *packet)
{
	bool known = condition->remote_any;

	for (uint32_t i = 0; i < condition->remote_count && !known; i++) {
		known = ((packet->remote ^ condition->remotes[i].address) & mask_of(condition->remotes[i].length)) == 0;
	}
	if (!known || (!packet->ports && (condition->remote_port_count > 0 || condition->port_count > 0))) {
		return false;
	}
	return within(condition->remote_ports, condition->remote_port_count, packet->remote_port) &&
	    within(condition->ports, condition->port_count, packet->port);
}

/* The mapped port of a public one, and back; others stay. */
uint16_t
nat_static_port(const struct snapshot_nat_static *row, uint16_t port)
{
	const struct snapshot_nat_condition *condition = row->condition;

	return condition == NULL || condition->mapped_port == 0
		   ? port
		   : (uint16_t)(condition->mapped_port + (port - condition->ports[0].low));
}

static bool
public_port(const struct snapshot_nat_static *row, uint16_t port, uint16_t *public)
{
	const struct snapshot_nat_condition *condition = row->condition;

	*public = port;
	if (condition == NULL || condition->mapped_port == 0) {
		return true;
	}
	const uint16_t last = condition->ports[0].high - condition->ports[0].low;

	*public = (uint16_t)(condition->ports[0].low + (port - condition->mapped_port));
	return port >= condition->mapped_port && port - condition->mapped_port <= last;
}

/* The first of the rows of one prefix, the last of which is at `at`. */
static uint32_t
first_of_public(const struct snapshot_nat_static *rows, uint32_t at)
{
	while (at > 0 && rows[at - 1].unit == rows[at].unit && rows[at - 1].public == rows[at].public) {
		at--;
	}
	return at;
}

static uint32_t
first_of_host(const struct snapshot_nat_static *rows, uint32_t at)
{
	while (at > 0 && rows[at - 1].unit == rows[at].unit && rows[at - 1].instance == rows[at].instance &&
	       rows[at - 1].host == rows[at].host) {
		at--;
	}
	return at;
}

const struct snapshot_nat_static *
nat_static_public(const struct snapshot_nat *nat, uint16_t unit, const struct flow_fields *fields)
{
	const uint32_t address = fields->destination;
	uint32_t low = 0;
	uint32_t high = nat->static_count;

	/* The last row that is not behind (unit, address). */
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct snapshot_nat_static *row = &nat->statics[middle];

		if (row->unit < unit || (row->unit == unit && row->public <= address)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0 || nat->statics[low - 1].unit != unit ||
	    (address & mask_of(nat->statics[low - 1].length)) != nat->statics[low - 1].public) {
		return NULL;
	}
	const struct outside packet = {
	    .remote = fields->source,
	    .remote_port = fields->source_port,
	    .port = fields->destination_port,
	    .ports = nat_has_ports(fields->protocol),
	};

	for (uint32_t at = first_of_public(nat->statics, low - 1); at < low; at++) {
		const struct snapshot_nat_static *row = &nat->statics[at];

		if (row->condition == NULL || fits(row->condition, &packet)) {
			return row;
		}
	}
	return NULL;
}

const struct snapshot_nat_static *
nat_static_host(const struct snapshot_nat *nat, const struct nat_host *host, uint16_t *port)
{
	uint32_t low = 0;
	uint32_t high = nat->static_host_count;
	const uint32_t place = (uint32_t)host->unit << 16 | host->instance;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct snapshot_nat_static *row = &nat->static_hosts[middle];
		const uint32_t row_place = (uint32_t)row->unit << 16 | row->instance;

		if (row_place < place || (row_place == place && row->host <= host->address)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0) {
		return NULL;
	}
	const struct snapshot_nat_static *last = &nat->static_hosts[low - 1];

	if (last->unit != host->unit || last->instance != host->instance ||
	    (host->address & mask_of(last->length)) != last->host) {
		return NULL;
	}
	for (uint32_t at = first_of_host(nat->static_hosts, low - 1); at < low; at++) {
		const struct snapshot_nat_static *row = &nat->static_hosts[at];
		struct outside packet = {
		    .remote = host->remote, .remote_port = host->remote_port, .ports = nat_has_ports(host->protocol)};
		const bool mapped = public_port(row, host->port, &packet.port);

		if (row->condition == NULL || (mapped && fits(row->condition, &packet))) {
			*port = packet.port;
			return row;
		}
	}
	return NULL;
}
