/*
 * How a compiled classifier lies in memory: written by lib/snapshot, read by classifier.c, immutable in between.
 *
 * A context (from-zone, to-zone) holds its policies as rules in order. Each rule stands in exactly one kind of list, the
 * one that the fewest others share: by source prefix, by destination prefix, by both, by protocol and port, or in the
 * rest, which is scanned. A look-up gathers the lists that the packet's values lead to and checks their rules completely,
 * in order, until none of them can be earlier than the best one found. So lists only decide how fast, never what.
 *
 * Ports: a range is cut into prefixes of 16 bits (at most 30), each a key of the services' table with its protocol; a look-up
 * asks for the prefixes of its port in those lengths that occur. Single ports have length 16.
 *
 * Addresses: the distinct prefixes of a dimension cut the address space into intervals; an interval knows the innermost
 * prefix with a list, which knows the next outer one. Prefixes that stand in pairs are chained likewise.
 *
 * Families: an address of inet stands for itself. All inet6 prefixes of the classifier cut the inet6 addresses into
 * numbered intervals, and the number, shifted up so that numbers fill 32 bits, stands for the addresses in it: no rule can
 * tell them apart. From there on both are the same; each family has contexts of its own.
 */
#ifndef ENGINE_CLASSIFIER_LAYOUT_H
#define ENGINE_CLASSIFIER_LAYOUT_H

#include <stdint.h>

#include "wire/ipv6.h"

#define CLASSIFIER_NONE UINT32_MAX
#define CLASSIFIER_ANY_PROTOCOL 256

/* One protocol and port range of an application. ICMP: the type stands for the destination port, the code for the source. */
struct classifier_term {
	uint32_t application; /* CLASSIFIER_NO_APPLICATION: `any`, named by the port table */
	uint16_t protocol;    /* or CLASSIFIER_ANY_PROTOCOL */
	uint16_t destination_low;
	uint16_t destination_high;
	uint16_t source_low;
	uint16_t source_high;
};

/* A policy. One that has a single prefix or term has it in place; else the set or the terms are asked. */
struct classifier_rule {
	uint32_t policy;
	uint32_t source; /* value and mask; mask 0 with a set */
	uint32_t source_mask;
	uint32_t destination;
	uint32_t destination_mask;
	uint32_t source_set; /* CLASSIFIER_NONE: in place */
	uint32_t destination_set;
	uint32_t term_start;
	uint32_t term_count;
	uint32_t conditional; /* 1: ask the policy's row for zones and schedulers */
	struct classifier_term first;
};

struct classifier_range { /* of addresses, both ends included */
	uint32_t low;
	uint32_t high;
};

struct classifier_set { /* sorted, disjoint ranges */
	uint32_t start;
	uint32_t count;
};

struct classifier_list { /* of rules: a span of rule_lists, ascending */
	uint32_t start;
	uint32_t count;
	uint32_t next; /* the next outer list of the dimension, or CLASSIFIER_NONE */
};

struct classifier_dimension {
	uint32_t interval_count; /* 0: no list and no pair uses this dimension */
	uint32_t bucket_shift;
	const uint32_t *starts;      /* of intervals; the first is 0 */
	const uint32_t *buckets;     /* by address >> bucket_shift: the first interval that may hold it; one more at the end */
	const uint32_t *first_list;  /* by interval: into lists, or CLASSIFIER_NONE */
	const uint32_t *first_pair;  /* by interval: a pair number, or CLASSIFIER_NONE */
	const uint32_t *outer_pair;  /* by pair number: the next outer one, or CLASSIFIER_NONE */
	const struct classifier_list *lists;
};

struct classifier_slot { /* of an open-addressed table; count 0 is empty */
	uint32_t first;  /* pair number of the source; or protocol */
	uint32_t second; /* pair number of the destination; or classifier_port_key() */
	uint32_t start;
	uint32_t count;
};

struct classifier_context {
	uint16_t from_zone; /* SNAPSHOT_NONE: any; global policies have SNAPSHOT_ZONE_GLOBAL twice */
	uint16_t to_zone;
	uint32_t rule_count;
	const struct classifier_rule *rules;
	struct classifier_list rest;
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
	uint32_t start6_count;
	uint32_t start6_shift;
	const struct ipv6_address *starts6; /* of the numbered intervals; the first is :: */
	const struct classifier_set *sets;
	const struct classifier_range *ranges;
	const struct classifier_term *terms;
	const struct classifier_slot *ports; /* predefined applications by protocol and port: `start` is the application */
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
