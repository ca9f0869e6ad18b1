/*
 * Names that must exist (E-011): tunnels, translations, profiles. What leaves of policies, zones
 * and routes name is checked with these.
 *
 * Which list a name comes from is the schema's `reference`; this table says which of them are
 * looked up here.
 */
#include <string.h>

#include "check_private.h"

static const struct {
	const char *path; /* as the schema's reference has it */
	const char *noun;
} kinds[] = {
    {"security/ike/proposal", "IKE proposal"},
    {"security/ike/policy", "IKE policy"},
    {"security/ike/gateway", "IKE gateway"}, /* REQ-VPN-012 */
    {"security/ipsec/proposal", "IPsec proposal"},
    {"security/ipsec/policy", "IPsec policy"},
    {"security/ipsec/vpn", "VPN"},
    {"security/nat/source-nat/pool-set", "source NAT pool set"},
    {"security/nat/destination-nat", "destination NAT"},
    {"security/nat/destination/pool", "destination NAT pool"},
    {"access/profile", "access profile"},
};

/* The entry that the path's list has under this name. */
static const struct conf_node *
find_entry(const struct conf_node *node, const char *path, const char *name)
{
	char word[64];

	for (;;) {
		const size_t length = strcspn(path, "/");

		if (node == NULL || length >= sizeof(word)) {
			return NULL;
		}
		memcpy(word, path, length);
		word[length] = '\0';
		if (path[length] == '\0') {
			return conf_entry(node, word, name, NULL);
		}
		node = conf_child(node, word);
		path += length + 1;
	}
}

void
check_reference(const struct check *check, const struct conf_node *node)
{
	const char *path = node->schema->reference;

	/* REQ-VPN-048; most names are addresses and applications, and none of ours. */
	if (path == NULL || node->value == NULL || strncmp(path, "security/zones", 14) == 0) {
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].path, path) == 0 &&
		    find_entry(check->top, path, node->value) == NULL) {
			check_error(
			    check, node, "%s '%s' is not configured", kinds[i].noun, node->value);
		}
	}
}
