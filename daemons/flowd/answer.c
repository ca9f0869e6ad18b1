/*
 * Answers to operational commands. See answer.h.
 */
#include "answer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet.h"

static const struct answer_row rows[] = {
    {"get-flow-session-information", "flow-session-information", show_sessions},
    {"clear-flow-session", "flow-session-cleared", clear_sessions},
    {"get-flow-statistics", "flow-statistics-information", show_statistics},
    {"get-firewall-policies", "security-policies", show_policies},
    {"get-security-policies-hit-count", "policy-hit-count", show_hit_counts},
    {"get-zones-information", "zones-information", show_zones},
    {"get-interface-information", "interface-information", show_interfaces},
    {"get-arp-table-information", "arp-table-information", show_neighbours},
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
	free(answer->state);
	free(answer);
}

void
answer_add_address(struct op_tree *tree, struct op_node *parent, const char *name, uint32_t address)
{
	(void)op_addf(tree, parent, name, "%u.%u.%u.%u", address >> 24, (address >> 16) & 255U, (address >> 8) & 255U,
	    address & 255U);
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
	char address[INET_ADDRSTRLEN];
	const size_t length = strcspn(word, "/");
	unsigned long bits = 32;
	struct in_addr binary;
	char *end = NULL;

	if (length >= sizeof(address)) {
		return false;
	}
	memcpy(address, word, length);
	address[length] = '\0';
	if (word[length] == '/') {
		bits = strtoul(word + length + 1, &end, 10);
		if (*end != '\0' || end == word + length + 1 || bits > 32) {
			return false;
		}
	}
	if (inet_pton(AF_INET, address, &binary) != 1) {
		return false;
	}
	prefix->length = (uint8_t)bits;
	prefix->mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
	prefix->prefix = ntohl(binary.s_addr) & prefix->mask;
	return true;
}
