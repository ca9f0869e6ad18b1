/*
 * Inside the compilation of address translation by rule-sets: what compile_nat_rules.c (rules, classifiers),
 * compile_nat_contexts.c (units to contexts), compile_nat_rule_pools.c (pools, answers) and compile_nat_statics.c share.
 */
#ifndef SNAPSHOT_COMPILE_NAT_RULES_H
#define SNAPSHOT_COMPILE_NAT_RULES_H

#include "compile.h"

/* How closely a side of a rule-set names a unit: the more the closer. */
enum nat_fit {
	NAT_FIT_NONE,
	NAT_FIT_INSTANCE,
	NAT_FIT_ZONE,
	NAT_FIT_INTERFACE,
	NAT_FITS
};

/* What a side of a rule-set names, resolved. */
struct nat_side {
	enum nat_fit fit;
	uint32_t count;
	const uint32_t *identities;
};

/* `from` or `to` of a rule-set; NULL: names nothing. False when memory ran out. */
bool nat_side_read(struct compilation *compilation, const struct conf_node *node, struct nat_side *side)
    __attribute__((warn_unused_result));
enum nat_fit nat_side_fit(const struct compilation *compilation, const struct nat_side *side, uint32_t unit);

/* Contexts of one dimension: how each rule-set fits, one character ('0' + fit) a rule-set. */
struct nat_contexts {
	uint32_t count;
	uint32_t capacity;
	const char **fits;
};

/* As the classifiers know a context: apart from the numbers that mean something to them. */
static inline uint16_t
nat_context_number(uint32_t place)
{
	return (uint16_t)(place + SNAPSHOT_ZONE_GLOBAL + 1);
}

/* Gives each unit its context, SNAPSHOT_NAT_NONE when no rule-set fits. `places`: of units, by unit. */
bool nat_contexts_make(struct compilation *compilation, const struct nat_side *sides, uint32_t set_count,
    struct nat_contexts *contexts, uint16_t *places) __attribute__((warn_unused_result));

/* "203.0.113.10/32" and perhaps `to "203.0.113.12/32"`. False: no sense in it, which conf_check() has said. */
bool nat_read_range(const struct conf_node *address, struct snapshot_nat_range *range);
/* The IPv4 prefix of a statement, or of the address in the global book that it names. */
bool nat_read_prefix(const struct compilation *compilation, const struct conf_node *node, struct snapshot_address *prefix);
/* The identity of the named routing instance; `otherwise` for NULL. */
uint16_t nat_instance_of(const struct compilation *compilation, const char *name, uint16_t otherwise);

bool compile_nat_rule_pools(struct compilation *compilation, const struct conf_node *nat) __attribute__((warn_unused_result));
/* The identity of a source pool, or SNAPSHOT_NAT_NONE. */
uint16_t nat_rule_pool_find(struct compilation *compilation, const char *name);
bool compile_nat_answers(struct compilation *compilation, const struct conf_node *nat) __attribute__((warn_unused_result));
bool compile_nat_rule_statics(struct compilation *compilation, const struct conf_node *nat) __attribute__((warn_unused_result));
/* The identity of a rule. => all are registered */
uint16_t nat_rule_find(struct compilation *compilation, const char *kind, const struct conf_node *rule);

#endif
