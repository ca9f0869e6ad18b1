/*
 * Inside snapshot_compile(): what its parts share. Each part fills its arrays of the snapshot from the tree and says
 * what is wrong with places; compile.c calls them in order.
 *
 * A part returns false only when memory ran out, or when there is no room for something, which it has reported. What it cannot make sense of it leaves out, and goes on: conf_check() has
 * run before and reported it, and the compilation fails in the end.
 */
#ifndef SNAPSHOT_COMPILE_H
#define SNAPSHOT_COMPILE_H

#include "arena.h"
#include "registry.h"
#include "snapshot/classifier.h"
#include "snapshot/snapshot.h"

struct snapshot_store {
	struct snapshot snapshot; /* first: what the caller holds */
	struct classifier *classifier;
	struct classifier *nat_source_classifier;
	struct classifier *nat_destination_classifier;
	struct arena arena;
};

/* A single application and its identity. */
struct named_application {
	uint32_t identity;
	struct snapshot_application row;
};

/* What the name of an application or set stands for, in the order of its terms. */
struct compiled_application {
	uint32_t term_count;
	const struct classifier_term *terms;
};

/* The prefixes of an address list, by family. */
struct address_list {
	uint32_t count;
	uint32_t count6;
	const struct snapshot_address *addresses;
	const struct snapshot_address6 *addresses6;
	bool partial; /* some name stands for addresses that are not known */
};

/* A public destination that is sent to from a zone. */
struct nat_public {
	uint32_t address;
	uint16_t zone; /* SNAPSHOT_NONE: any */
};

struct compilation {
	const struct conf_tree *tree;
	const struct conf_node *top;
	struct snapshot_registry *registry;
	const struct snapshot_options *options;
	struct diagnostics *list;
	size_t errors; /* in the list before */
	struct arena *arena;
	struct arena scratch;
	struct snapshot_store *store;
	struct snapshot *snapshot;
	/* By identity, writable while compiling. */
	struct snapshot_port *ports;
	struct snapshot_unit *units;
	struct snapshot_zone *zones;
	struct snapshot_policy *policies;
	struct snapshot_nat_rule *nat_rules;
	bool *partial; /* by policy: its addresses are not all known */
	bool refusal;  /* the policy at hand denies or rejects */
	const struct conf_node *named_refusal; /* the first that does so by DNS name; NULL: none */
	uint32_t named_refusals;
	uint32_t advice_count;
	struct named_application *applications; /* each single one that a policy names */
	struct name_table *application_indices; /* to identity + 1 */
	uint32_t application_count;
	uint32_t application_capacity;
	struct name_table *resolved_names; /* applications and sets as named, to index + 1 */
	struct compiled_application *resolved;
	uint32_t resolved_count;
	uint32_t resolved_capacity;
	struct name_table *list_names; /* address lists of one value, "zone value" to index + 1 */
	struct address_list *lists;
	uint32_t list_count;
	uint32_t list_capacity;
	struct name_table *scheduler_names; /* to index + 1 */
	struct snapshot_nat_pool *nat_pools; /* by identity */
	struct snapshot_nat_source *nat_sources;
	struct name_table *nat_source_names; /* "pool NAME" and the like, to index + 1 */
	uint32_t nat_source_capacity;
	struct name_table *nat_destination_names; /* to index + 1 */
	struct nat_public *nat_publics; /* single addresses that policies translate */
	uint32_t nat_public_count;
	uint32_t nat_public_capacity;
};

/* Names to numbers within one compilation; in scratch memory. 0 means not there. */
struct name_table;
struct name_table *name_table_create(struct arena *arena);
uint32_t name_table_find(const struct name_table *table, const char *name);
/* Keeps the name by pointer: it must live as long. False when memory ran out. */
bool name_table_set(struct name_table *table, const char *name, uint32_t number) __attribute__((warn_unused_result));

/* Reports about a node: its path, its statement, its line. */
void compile_error(struct compilation *compilation, const struct conf_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void compile_warning(struct compilation *compilation, const struct conf_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Gives the path of `node` (NULL: nothing configured) an identity. REGISTRY_NONE: there is no room, which has been
 * reported, or no memory; nothing may come of the compilation then.
 */
struct compile_path {
	enum registry_kind kind;
	const char *path;
	const char *name;
};
uint32_t compile_register(struct compilation *compilation, const struct conf_node *node,
    const struct compile_path *path) __attribute__((warn_unused_result));

/* Refuses more names than can be resolved. */
bool compile_names(struct compilation *compilation) __attribute__((warn_unused_result));
/* After all policies: says what refusals by name do not refuse. */
void compile_names_end(struct compilation *compilation);
bool compile_interfaces(struct compilation *compilation) __attribute__((warn_unused_result));
bool compile_advertisements(struct compilation *compilation) __attribute__((warn_unused_result));
bool compile_instances(struct compilation *compilation) __attribute__((warn_unused_result));
bool compile_zones(struct compilation *compilation) __attribute__((warn_unused_result));
/* The screens of a zone into its row. */
bool compile_screens(struct compilation *compilation, const struct conf_node *zone, struct snapshot_zone *row)
    __attribute__((warn_unused_result));
bool compile_schedulers(struct compilation *compilation) __attribute__((warn_unused_result));
bool compile_nat(struct compilation *compilation) __attribute__((warn_unused_result));
/* What a policy translates; `destinations` is what it matches. */
bool compile_policy_nat(struct compilation *compilation, const struct conf_node *permit,
    const struct address_list *destinations, struct snapshot_policy *policy) __attribute__((warn_unused_result));
bool compile_policies(struct compilation *compilation) __attribute__((warn_unused_result));
/* After the policies: who answers ARP for what they translate. */
bool compile_nat_publics(struct compilation *compilation) __attribute__((warn_unused_result));
/* Rule-sets of address translation, when there are some. */
bool compile_nat_rules(struct compilation *compilation) __attribute__((warn_unused_result));
/* The terms of all applications of a list, one array. */
bool compile_terms(struct compilation *compilation, const struct conf_node *first, struct classifier_source_rule *rule)
    __attribute__((warn_unused_result));
/* Warns about the policies of one context; `source` has a rule for each of its policies. */
bool compile_advice(struct compilation *compilation, const struct conf_node *context,
    const struct classifier_source_context *source) __attribute__((warn_unused_result));
/* After all contexts: how many were too many to tell. */
void compile_advice_end(struct compilation *compilation);
void compile_unsupported(struct compilation *compilation);

/* host-inbound-traffic of a zone (`unit_level` false) or of one of its interfaces. `node` may be NULL: nothing allowed. */
bool compile_host_inbound(struct compilation *compilation, const struct conf_node *node, bool unit_level,
    struct snapshot_host_inbound *inbound) __attribute__((warn_unused_result));

/* The application or set of that name with all its terms (none for an unknown name), or NULL when memory ran out. */
const struct compiled_application *compile_find_application(struct compilation *compilation, const char *name);
/* Moves what was found so far into the snapshot, and what names `any` matched by port. */
bool compile_finish_applications(struct compilation *compilation, const struct classifier_source_port **ports,
    uint32_t *port_count) __attribute__((warn_unused_result));

/* A list of addresses: any, names of a zone's book, literal prefixes. `zone` may be NULL (from-zone any). */
bool compile_addresses(struct compilation *compilation, const struct conf_node *zone, const struct conf_node *first,
    struct address_list *list) __attribute__((warn_unused_result));

/* "10.0.0.0/8" or "10.0.0.1" (length 32). */
bool parse_prefix(const char *text, uint32_t *address, uint8_t *length) __attribute__((warn_unused_result));
/* "2001:db8::/32" or "2001:db8::1" (length 128). */
bool parse_prefix6(const char *text, struct ipv6_address *address, uint8_t *length) __attribute__((warn_unused_result));

/* Does the node hold anything that is in force? A container of which everything is inactive is as if absent.
 * The schema bounds the depth. */
bool has_content(const struct conf_node *node);

/* Does the filter of that name pass every packet whatever it counts and logs? */
bool filter_passes_everything(const struct conf_node *top, const char *name);

/* The zone of a name as policies write it, also when it differs in case from exactly one (E-041); NULL: none. */
const struct conf_node *find_zone(const struct conf_node *top, const char *name);

#endif
