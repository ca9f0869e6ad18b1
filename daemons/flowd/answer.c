/*
 * Answers to operational commands. See answer.h.
 */
#include "answer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet.h"
#include "wire/address_text.h"

static const struct answer_row rows[] = {
    {"get-flow-session-information", "flow-session-information", show_sessions},
    {"clear-flow-session", "flow-session-cleared", clear_sessions},
    {"get-flow-statistics", "flow-statistics-information", show_statistics},
    {"get-firewall-policies", "security-policies", show_policies},
    {"get-security-policies-hit-count", "policy-hit-count", show_hit_counts},
    {"get-system-resource-information", "system-resource-information", show_resources},
    {"get-system-worker-information", "system-worker-information", show_workers},
    {"get-security-alarms", "security-alarms", show_alarms},
    {"clear-security-alarms", "security-alarms-cleared", clear_alarms},
    {"get-dns-cache-information", "dns-cache-information", show_dns_cache},
    {"clear-dns-cache", "dns-cache-cleared", clear_dns_cache},
    {"request-dns-cache-refresh", "dns-cache-cleared", clear_dns_cache},
    {"clear-security-policies-hit-count", "policy-hit-count-cleared", clear_hit_counts},
    {"get-security-policies-memory", "security-policies-memory", show_policy_memory},
    {"match-firewall-policies", "policy-match-information", show_match},
    {"retrieve-source-nat-rule-set-information", "source-nat-rule-detail-information", show_nat_rules},
    {"retrieve-destination-nat-rule-set-information", "destination-nat-rule-detail-information", show_nat_rules},
    {"retrieve-static-nat-rule-set-information", "static-nat-rule-detail-information", show_nat_rules},
    {"retrieve-source-nat-pool-information", "source-nat-pool-detail-information", show_nat_pools},
    {"retrieve-source-nat-summary", "source-nat-summary-information", show_nat_pools},
    {"retrieve-destination-nat-pool-information", "destination-nat-pool-information", show_nat_destinations},
    {"retrieve-destination-nat-summary", "destination-nat-summary-information", show_nat_destinations},
    {"retrieve-interface-nat-ports-information", "interface-nat-ports-information", show_nat_ports},
    {"retrieve-source-paired-address", "paired-address-table", show_nat_bindings},
    {"retrieve-source-persistent-nat-table", "persist-nat-table", show_nat_persistent},
    {"clear-source-persistent-nat-table", "persist-nat-table-cleared", clear_nat_persistent},
    {"clear-nat-statistics", "nat-statistics-cleared", clear_nat_statistics},
    {"get-zones-information", "zones-information", show_zones},
    {"get-interface-information", "interface-information", show_interfaces},
    {"get-interface-details", "interface-details", show_interfaces},
    {"get-interface-port-information", "interface-port-information", show_ports},
    {"get-arp-table-information", "arp-table-information", show_neighbours},
    {"clear-arp-table", "arp-table-cleared", clear_neighbours},
    {"clear-interfaces-statistics", "interfaces-statistics-cleared", clear_interfaces},
    {"monitor-interface", "interface-rates", show_rates},
    {"get-interface-descriptions", "interface-descriptions", show_descriptions},
    {"get-zones-terse-information", "zones-terse-information", show_zones_terse},
    {"get-ipv6-nd-information", "ipv6-nd-information", show_neighbours6},
    {"clear-ipv6-nd-information", "ipv6-nd-cleared", clear_neighbours6},
    {"get-ipv6-ra-information", "ipv6-ra-information", show_advertisements},
    {"get-screen-option-information", "screen-option-information", show_screen_option},
    {"get-screen-statistics", "screen-statistics", show_screen_statistics},
    {"clear-screen-statistics", "screen-statistics-cleared", clear_screen_statistics},
    {"request-screen-baseline-start", "screen-baseline-result", start_baseline},
    {"request-screen-baseline-stop", "screen-baseline-result", stop_baseline},
    {"get-screen-baseline", "screen-baseline-information", show_baseline},
    {"get-screen-baseline-information", "screen-baseline-information", show_baseline},
    {"get-local-source", "local-source-information", show_source}, /* of probed, no command */
    {"get-name-servers", "name-servers", show_name_servers}, /* the same */
    {"get-port-frames", "port-frames", show_frames}, /* of probed, no command */
    {"get-flow-status-information", "flow-status-information", show_flow_status},
    {"get-route-summary-information", "route-summary-information", show_route_summary},
    {"get-chassis-inventory", "chassis-inventory", show_chassis},
    {"get-scheduler-information", "scheduler-information", show_schedulers},
    {"get-route-information", "route-information", show_routes},
};

const struct answer_row *
answer_row_find(const char *rpc)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].rpc, rpc) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

struct answer *
answer_create(const struct answer_row *row, struct op_tree *request, uint32_t number)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer == NULL) {
		return NULL;
	}
	answer->row = row;
	answer->request = *request;
	answer->number = number;
	*request = (struct op_tree){.root = NULL};
	return answer;
}

void
answer_destroy(struct answer *answer)
{
	if (answer == NULL) {
		return;
	}
	op_tree_release(&answer->request);
	if (answer->release != NULL) {
		answer->release(answer->state);
	} else {
		free(answer->state);
	}
	free(answer);
}

void
answer_add_address(struct op_tree *tree, struct op_node *parent, const char *name, struct ipv6_address address)
{
	char string[ADDRESS_TEXT];

	(void)op_add(tree, parent, name, address_text(string, address));
}

const char *
answer_unit_name(const struct answer_sources *sources, uint16_t unit)
{
	const char *name = unit == PACKET_NO_UNIT ? ".local..0" : snapshot_unit_name(sources->registry, unit);

	return name == NULL ? "" : name;
}

const char *
answer_zone_name(const struct answer_sources *sources, uint16_t zone)
{
	const char *name = zone == PACKET_NO_ZONE ? NULL : snapshot_zone_name(sources->registry, zone);

	return name == NULL ? "Null" : name;
}

bool
answer_prefix_parse(const char *word, struct answer_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const size_t length = strcspn(word, "/");
	uint8_t octets[sizeof(struct in6_addr)];
	unsigned long bits = 0;
	uint32_t before = 0; /* bits of the prefix that IPv4 addresses have in common */
	char *end = NULL;

	if (length >= sizeof(address)) {
		return false;
	}
	memcpy(address, word, length);
	address[length] = '\0';
	if (inet_pton(AF_INET6, address, octets) == 1) {
		prefix->prefix = ipv6_address_load(octets);
	} else if (inet_pton(AF_INET, address, octets) == 1) {
		prefix->prefix = ipv6_mapped(bytes_load_32(octets));
		before = IPV6_MAPPED_LENGTH;
	} else {
		return false;
	}
	bits = IPV6_LENGTH_MOST - before;
	if (word[length] == '/') {
		bits = strtoul(word + length + 1, &end, 10);
		if (*end != '\0' || end == word + length + 1 || bits > IPV6_LENGTH_MOST - before) {
			return false;
		}
	}
	prefix->length = (uint8_t)(before + bits);
	return true;
}
