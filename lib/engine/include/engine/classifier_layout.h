/*
 * How a compiled classifier lies in memory: written by lib/snapshot, read by classifier.c, immutable in between.
 *
 * A context (from-zone, to-zone) holds its policies as rules in order. Few rules are scanned as they stand. Of more each stands in
 * exactly one kind of list, the one that the fewest others share: by source prefix, by destination prefix, by both, by protocol
 * and port, or in the rest, which is scanned. A look-up gathers the lists that the packet's values lead to and checks their
 * rules completely, in order, until none of them can be earlier than the best one found. So lists only decide how fast,
 * never what.
 *
 * What a look-up costs in a large classifier is the cache lines that it has to wait for, so things are small and what is read
 * together lies together. By a host's policy that nobody else's list holds, it reads of a dimension the inner nodes (few, and
 * soon in the caches) and one leaf, then the list's place, then half a line: the rule.
 *
 * Lists: a reference is CLASSIFIER_NONE, or CLASSIFIER_ONE and the only rule, or a place in rule_lists. There stands the
 * reference of the next outer list, then the rules ascending, the last one with CLASSIFIER_LAST.
 *
 * Ports: a range is cut into prefixes of 16 bits (at most 30), each a key of the services' table with its protocol; a look-up
 * asks for the prefixes of its port in those lengths that occur. Single ports have length 16.
 *
 * Addresses: the distinct prefixes of a dimension cut the address space into intervals; an interval knows the innermost
 * prefix with a list, which knows the next outer one. Prefixes that stand in pairs are chained likewise. Rules with all
 * addresses of a dimension are in none of these lists but in one of their own, so that others need not lead there.
 *
 * Intervals are found in a tree of CLASSIFIER_FANOUT keys a node, one cache line. The leaves are the intervals' last addresses in
 * order, each level above has the last key of each node below, up to a root of a few nodes. Filled up with UINT32_MAX, so
 * that the keys below an address can be counted without asking where a node ends: their count is the way down.
 *
 * Families: an address of inet stands for itself. All inet6 prefixes of the classifier cut the inet6 addresses into
 * numbered intervals, found by a tree of their own (engine/address_tree.h), and the number, shifted up so that numbers fill 32 bits, stands for the addresses in it: no rule can
 * tell them apart. From there on both are the same; each family has contexts of its own.
 */
#ifndef ENGINE_CLASSIFIER_LAYOUT_H
#define ENGINE_CLASSIFIER_LAYOUT_H

#include <stdint.h>

#include "engine/address_tree.h"

#define CLASSIFIER_NONE UINT32_MAX
#define CLASSIFIER_ONE  0x80000000U
#define CLASSIFIER_LAST 0x80000000U
#define CLASSIFIER_RULES_MOST 0x7fffffffU /* numbers below leave the bit free; so do places in rule_lists */
#define CLASSIFIER_ANY_PROTOCOL 256

enum {
	CLASSIFIER_FANOUT = 16,
	CLASSIFIER_ROOT_MOST = 64, /* keys in the root */
	CLASSIFIER_LEVELS_MOST = 8, /* 64 * 16^7 leaves are 2^34 */
};

/* One protocol and port range of an application. ICMP: the type stands for the destination port, the code for the source. */
struct classifier_term {
	uint32_t application; /* CLASSIFIER_NO_APPLICATION: `any`, named by the port table */
	uint16_t protocol;    /* or CLASSIFIER_ANY_PROTOCOL */
	uint16_t destination_low;
	uint16_t destination_high;
	uint16_t source_low;
	uint16_t source_high;
	uint16_t more; /* in classifier->terms: the list goes on with the next one */
};

enum classifier_rule_flag {
	CLASSIFIER_SOURCE_SET = 1 << 0, /* `source` is a set, else a prefix */
	CLASSIFIER_DESTINATION_SET = 1 << 1,
	CLASSIFIER_CONDITIONAL = 1 << 2, /* ask the policy's row for zones and schedulers */
	CLASSIFIER_EVERY_PROTOCOL = 1 << 3,
	CLASSIFIER_MORE_TERMS = 1 << 4,
};

/* A policy. One that has a single prefix or term has it in place; else the set or the further terms are asked. */
struct classifier_rule {
	uint32_t policy;
	uint32_t source;
	uint32_t destination;
	uint32_t application; /* of the first term, as the next five */
	uint16_t destination_low;
	uint16_t destination_high;
	uint16_t source_low;
	uint16_t source_high;
	uint8_t protocol;
	uint8_t flags; /* enum classifier_rule_flag */
	uint8_t source_length; /* of the prefix; 0 with a set */
	uint8_t destination_length;
	uint32_t terms; /* where those behind the first begin, if there are any */
};

_Static_assert(sizeof(struct classifier_rule) == 32, "two rules are a cache line");

struct classifier_range { /* of addresses, both ends included */
	uint32_t low;
	uint32_t high;
};

struct classifier_set { /* sorted, disjoint ranges */
	uint32_t start;
	uint32_t count;
};

struct classifier_dimension {
	uint32_t everywhere;     /* list of the rules with all addresses */
	uint32_t interval_count; /* 0: no other list and no pair uses this dimension */
	uint32_t root_count;     /* keys, a multiple of CLASSIFIER_FANOUT */
	uint32_t level_count;
	uint32_t levels[CLASSIFIER_LEVELS_MOST]; /* where in `ends` each begins, the root first */
	const uint32_t *ends;
	const uint32_t *lists;      /* by interval: a reference */
	const uint32_t *pairs;      /* by interval: a pair number, or CLASSIFIER_NONE; NULL: no pairs */
	const uint32_t *outer_pair; /* by pair number: the next outer one, or CLASSIFIER_NONE */
};

struct classifier_slot { /* of an open-addressed table */
	uint32_t first;  /* pair number of the source; or protocol */
	uint32_t second; /* pair number of the destination; or classifier_port_key() */
	uint32_t value;  /* a list, or an application; CLASSIFIER_NONE: empty */
};

struct classifier_context {
	uint16_t from_zone; /* SNAPSHOT_NONE: any; global policies have SNAPSHOT_ZONE_GLOBAL twice */
	uint16_t to_zone;
	uint32_t rule_count;
	uint32_t scanned; /* 1: few rules, without any lists */
	uint32_t rest;    /* list of the rules that are in no other */
	const struct classifier_rule *rules;
	struct classifier_dimension source;
	struct classifier_dimension destination;
	uint32_t pair_mask; /* size - 1; slots NULL: none */
	uint32_t service_mask;
	uint32_t service_lengths; /* bit by length of the port prefixes that occur */
	const struct classifier_slot *pairs;
	const struct classifier_slot *services;
	const uint32_t *rule_lists;
};

struct classifier_family {
	uint32_t context_count;
	uint32_t context_mask; /* of context_table, by from and to */
	uint32_t has_more;     /* some context is for more than one pair of zones: `any` on a side, or global */
	const struct classifier_context *contexts;
	const uint32_t *context_table; /* index + 1; 0 is empty */
};

struct classifier {
	struct classifier_family inet;
	struct classifier_family inet6;
	uint32_t port_mask;
	uint32_t number6_shift;
	struct address_tree numbers6; /* of the inet6 intervals; without leaves where no policy is of inet6 */
	const struct classifier_set *sets;
	const struct classifier_range *ranges;
	const struct classifier_term *terms;
	const struct classifier_slot *ports; /* predefined applications by protocol and port: `value` is the application */
};

/* A prefix of a port: `length` bits of it. */
static inline uint32_t
classifier_port_key(uint32_t port, uint32_t length)
{
	return (length << 16) | (port & (0xffffU << (16 - length)) & 0xffffU);
}

static inline uint32_t
classifier_hash(uint32_t first, uint32_t second)
{
	uint64_t mixed = (((uint64_t)first << 32) | second) * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(mixed >> 32) ^ (uint32_t)(mixed >> 15);
}

#endif
