/*
 * The policy classifier: zones, addresses, protocol and ports in, the first matching policy out.
 *
 * Built by lib/snapshot with a snapshot and as immutable as that; one look-up reads it without locks and without memory of
 * its own. It is the data plane's and `match-policies`' very same.
 *
 * Order (REQ-POL-002, REQ-POL-019): the policies of from-zone F to-zone T, then F to any, any to T, any to any, then the
 * global ones. A policy all of whose schedulers are inactive is skipped (REQ-SCH-001).
 */
#ifndef ENGINE_CLASSIFIER_H
#define ENGINE_CLASSIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/snapshot.h"
#include "wire/ipv6.h"

#define CLASSIFIER_NO_APPLICATION UINT32_MAX

struct classifier_key {
	uint32_t source; /* host order */
	uint32_t destination;
	uint16_t from_zone;
	uint16_t to_zone;
	uint16_t source_port; /* TCP and UDP and the like; else 0 */
	uint16_t destination_port;
	uint8_t protocol;
	uint8_t icmp_type; /* protocol 1 only; else 0 */
	uint8_t icmp_code;
};

struct classifier_key6 {
	struct ipv6_address source;
	struct ipv6_address destination;
	uint16_t from_zone;
	uint16_t to_zone;
	uint16_t source_port; /* as above */
	uint16_t destination_port;
	uint8_t protocol;  /* the one that the extension headers lead to */
	uint8_t icmp_type; /* protocol 58 only; else 0 */
	uint8_t icmp_code;
};

struct classifier_match {
	uint32_t policy;      /* identity, or PACKET_NO_POLICY: none, default-policy decides */
	uint32_t application; /* index in snapshot->applications that matched, or CLASSIFIER_NO_APPLICATION */
};

/* `wall` is UTC seconds, for schedulers. A snapshot without policies has a classifier that matches nothing. */
struct classifier_match classifier_lookup(const struct snapshot *snapshot, const struct classifier_key *key,
    int64_t wall);
struct classifier_match classifier_lookup6(const struct snapshot *snapshot, const struct classifier_key6 *key,
    int64_t wall);

/* classifier_lookup() of up to CLASSIFIER_BURST keys at once, which together wait for memory about as often as one does. */
#define CLASSIFIER_BURST 32
void classifier_lookup_burst(const struct snapshot *snapshot, const struct classifier_key *keys, uint32_t count,
    int64_t wall, struct classifier_match *matches);
void classifier_lookup_burst6(const struct snapshot *snapshot, const struct classifier_key6 *keys, uint32_t count,
    int64_t wall, struct classifier_match *matches);

/* classifier_lookup() in a classifier of other rules than policies. => none of them is conditional; NULL: nothing matches */
struct classifier_match classifier_find(const struct classifier *classifier, const struct classifier_key *key);

/* What kept a policy from taking a packet: the first criterion that failed. */
enum classifier_miss {
	CLASSIFIER_MATCH,
	CLASSIFIER_MISS_FROM_ZONE, /* global policies only: the others are looked up by their zones */
	CLASSIFIER_MISS_TO_ZONE,
	CLASSIFIER_MISS_SOURCE,
	CLASSIFIER_MISS_DESTINATION,
	CLASSIFIER_MISS_APPLICATION,
	CLASSIFIER_MISS_SCHEDULER, /* all else matched, but no scheduler of it is active */
};

/* Where a walk stands; begin with zeros. */
struct classifier_walk {
	uint32_t layer;
	uint32_t rule;
};

struct classifier_step {
	uint32_t policy;      /* identity */
	uint32_t application; /* as in struct classifier_match, of one that matched */
	enum classifier_miss miss;
};

/*
 * For explanations: the policies that a look-up of `key` goes through, one a call and in its order, each with what became of
 * it; also those behind the first that matches, which is the one that classifier_lookup() gives. A policy that can match
 * nothing at all of the packet's family (no address is known) is left out. False at the end. Linear in the policies; not for packets.
 */
bool classifier_walk_next(const struct snapshot *snapshot, const struct classifier_key *key, int64_t wall,
    struct classifier_walk *walk, struct classifier_step *step);
bool classifier_walk_next6(const struct snapshot *snapshot, const struct classifier_key6 *key, int64_t wall,
    struct classifier_walk *walk, struct classifier_step *step);

/* Is the policy active at `wall`: has it no scheduler, or one that is active? => policy < snapshot->policy_count */
bool classifier_policy_active(const struct snapshot *snapshot, uint32_t policy, int64_t wall);

#endif
