/*
 * The policies and routes of a scene. See scene.h.
 */
#include "scene_world.h"

#include <stdlib.h>

#include "rib/rib.h"
#include "snapshot/classifier.h"
#include "snapshot/snapshot.h"
#include "wire/ipv4.h"

#define GATEWAY_IN 0xc00003feU /* the clients, 10/8, are behind a router */
#define GATEWAY_OUT 0xc00002feU

struct scene_route {
	uint32_t prefix;
	uint8_t length;
	uint32_t gateway;
};

/* What scene_policies() makes the classifier of. */
struct material {
	struct classifier_source_rule *rules;
	struct classifier_term *terms;
	struct snapshot_address *prefixes;
	struct snapshot_address6 *prefixes6;
};

/* The prefixes and the port of a policy: the last one is for the flows' server, and with `spread` each for one of them. */
static void
choose_match(const struct scene_plan *plan, uint32_t i, const struct material *to)
{
	const bool last = i + 1 == plan->policies;
	struct snapshot_address *source = &to->prefixes[2 * (size_t)i];
	struct snapshot_address *destination = source + 1;
	const uint16_t port = (uint16_t)(last || plan->spread ? 80 : i % 60000);

	if (plan->spread) {
		*source = (struct snapshot_address){0x0a000000U, (uint8_t)(8 + i % 3)};
		*destination = (struct snapshot_address){(SCENE_SERVER & ~1U) + i, 32};
	} else {
		*source = (struct snapshot_address){last ? 0x0a000000U : 0x0b000000U + (i << 8), last ? 8 : 24};
		*destination = (struct snapshot_address){last ? SCENE_SERVER : 0xac100000U + i, 32};
	}
	to->terms[i] = (struct classifier_term){.application = CLASSIFIER_NO_APPLICATION,
	    .protocol = plan->protocol == 0 ? IPV4_PROTOCOL_TCP : plan->protocol,
	    .destination_low = port,
	    .destination_high = port,
	    .source_high = UINT16_MAX};
	if (plan->protocol == IPV4_PROTOCOL_ICMP) {
		to->terms[i].destination_low = 0;
		to->terms[i].destination_high = UINT8_MAX;
	}
}

static void
fill_policies(struct scene *scene, const struct material *to)
{
	for (uint32_t i = 0; i < scene->plan.policies; i++) {
		struct snapshot_address *prefixes = &to->prefixes[2 * (size_t)i];
		struct snapshot_address6 *prefixes6 = &to->prefixes6[2 * (size_t)i];

		choose_match(&scene->plan, i, to);
		for (uint32_t j = 0; j < 2; j++) {
			prefixes6[j] = (struct snapshot_address6){scene_inet6_of(prefixes[j].address),
			    (uint8_t)(SCENE_INET6_BITS + prefixes[j].length)};
		}
		to->rules[i] = (struct classifier_source_rule){.policy = i,
		    .source_count = 1,
		    .destination_count = 1,
		    .term_count = 1,
		    .sources = prefixes,
		    .destinations = prefixes + 1,
		    .source6_count = 1,
		    .destination6_count = 1,
		    .sources6 = prefixes6,
		    .destinations6 = prefixes6 + 1,
		    .terms = &to->terms[i]};
		scene->policies[i] = (struct snapshot_policy){.name = "policy",
		    .present = true,
		    .action = POLICY_PERMIT,
		    .from_zone = SCENE_ZONE_IN,
		    .to_zone = SCENE_ZONE_OUT,
		    .position = i,
		    .source_nat = scene->plan.translated && scene->plan.rules == 0 ? 0 : SNAPSHOT_NAT_NONE,
		    .destination_nat = SNAPSHOT_NAT_NONE};
	}
}

bool
scene_policies(struct scene *scene)
{
	const uint32_t count = scene->plan.policies;
	const struct material material = {
	    .rules = calloc(count, sizeof *material.rules),
	    .terms = calloc(count, sizeof *material.terms),
	    .prefixes = calloc((size_t)count * 2, sizeof *material.prefixes),
	    .prefixes6 = calloc((size_t)count * 2, sizeof *material.prefixes6),
	};

	scene->policies = calloc(count, sizeof *scene->policies);
	if (material.rules != NULL && material.terms != NULL && material.prefixes != NULL && material.prefixes6 != NULL &&
	    scene->policies != NULL) {
		const struct classifier_source_context context = {.from_zone = SCENE_ZONE_IN,
		    .to_zone = SCENE_ZONE_OUT,
		    .rule_count = count,
		    .rules = material.rules};

		fill_policies(scene, &material);
		scene->classifier = classifier_create(&context, 1, NULL, 0);
	}
	free(material.rules);
	free(material.terms);
	free(material.prefixes);
	free(material.prefixes6);
	return scene->classifier != NULL;
}

/* As rule-sets are compiled: every second rule names a destination too, and none a protocol. */
static void
fill_rules(struct scene *scene, struct classifier_source_rule *rules, struct snapshot_address *prefixes)
{
	static const struct classifier_term any = {.application = CLASSIFIER_NO_APPLICATION,
	    .protocol = CLASSIFIER_ANY_PROTOCOL,
	    .destination_high = UINT16_MAX,
	    .source_high = UINT16_MAX};

	for (uint32_t i = 0; i < scene->plan.rules; i++) {
		const bool last = i + 1 == scene->plan.rules;
		struct snapshot_address *source = &prefixes[2 * (size_t)i];
		struct snapshot_address *destination = source + 1;

		*source = (struct snapshot_address){last ? 0x0a000000U : 0x0b000000U + (i << 8), last ? 8 : 24};
		*destination = (struct snapshot_address){last || (i & 1) == 0 ? 0 : 0xac100000U + (i << 4),
		    last || (i & 1) == 0 ? 0 : 28};
		rules[i] = (struct classifier_source_rule){.policy = i,
		    .source_count = 1,
		    .destination_count = 1,
		    .term_count = 1,
		    .sources = source,
		    .destinations = destination,
		    .terms = &any};
		scene->rules[i] =
		    (struct snapshot_nat_rule){.set = "set", .name = "rule", .present = true, .kind = NAT_RULE_SOURCE};
	}
}

bool
scene_rules(struct scene *scene)
{
	const uint32_t count = scene->plan.rules;
	struct classifier_source_rule *rules = calloc(count, sizeof *rules);
	struct snapshot_address *prefixes = calloc((size_t)count * 2, sizeof *prefixes);

	scene->rules = calloc(count, sizeof *scene->rules);
	if (rules != NULL && prefixes != NULL && scene->rules != NULL) {
		const struct classifier_source_context context = {.rule_count = count, .rules = rules};

		fill_rules(scene, rules, prefixes);
		scene->rule_classifier = classifier_create(&context, 1, NULL, 0);
	}
	free(rules);
	free(prefixes);
	scene->pool.unit = SNAPSHOT_NONE;
	scene->pool.instance = SNAPSHOT_NONE;
	scene->snapshot.nat.by_rules = true;
	scene->snapshot.nat.source_classifier = scene->rule_classifier;
	scene->snapshot.nat.rule_count = (uint16_t)count;
	scene->snapshot.nat.rules = scene->rules;
	return scene->rule_classifier != NULL;
}

static bool
add_route(struct rib *rib, enum rib_family family, const struct rib_static *route, struct ipv6_address gateway)
{
	const struct rib_next_hop hop = {.address = gateway};
	struct rib_static whole = *route;

	whole.table = (struct rib_table){.family = family};
	whole.preference = RIB_PREFERENCE_STATIC;
	whole.kind = RIB_STATIC_NEXT_HOPS;
	whole.next_hop_count = 1;
	whole.next_hops = &hop;
	return rib_add_static(rib, &whole);
}

static bool
add_routes(struct rib *rib, enum rib_family family)
{
	static const struct scene_route routes[2] = {{0x0a000000U, 8, GATEWAY_IN}, {0, 0, GATEWAY_OUT}};
	const bool inet6 = family == RIB_INET6;
	bool good = true;

	for (unsigned i = 0; i < 2; i++) {
		const struct scene_route *from = &routes[i];
		const struct rib_static route = {
		    .prefix = inet6 ? scene_inet6_of(from->prefix) : ipv6_mapped(from->prefix),
		    .length = (uint8_t)(from->length + (inet6 && from->length > 0 ? SCENE_INET6_BITS : 0)),
		};

		good = good &&
		    add_route(rib, family, &route, inet6 ? scene_inet6_of(from->gateway) : ipv6_mapped(from->gateway));
	}
	return good;
}

/* Of eight prefixes five are /24, one each /23, /22 and /20, much as announced tables are; each is a prefix of its own between
 * 16.0.0.0 and 168.255.255.255. */
static struct rib_static
internet_prefix(uint32_t number)
{
	static const struct {
		uint8_t length;
		uint8_t step; /* between prefixes of that length, in their size: they are scattered */
		uint8_t among;
		uint8_t place; /* of the eight */
	} kinds[8] = {{24, 13, 5, 0}, {24, 13, 5, 1}, {24, 13, 5, 2}, {24, 13, 5, 3}, {24, 13, 5, 4}, {23, 37, 1, 0},
	    {22, 17, 1, 0}, {20, 5, 1, 0}};
	const uint8_t kind = number & 7;
	const uint32_t nth = (number >> 3) * kinds[kind].among + kinds[kind].place;
	const unsigned host = 32U - kinds[kind].length;
	const uint32_t address = 0x10000000U + (nth * kinds[kind].step << host);

	return (struct rib_static){.prefix = ipv6_mapped(address), .length = kinds[kind].length};
}

uint32_t
scene_prefix_host(uint32_t number)
{
	return (uint32_t)internet_prefix(number).prefix.low | 1;
}

/* /48 of 2400::/12, and a /40 in eight. */
static struct rib_static
internet_prefix6(uint32_t number)
{
	const uint64_t mask = (number & 7) == 7 ? ~UINT64_C(0xffffff) : ~UINT64_C(0xffff);

	return (struct rib_static){
	    .prefix = {(UINT64_C(0x2400000000000000) + ((uint64_t)number * 2533 << 16)) & mask, 0},
	    .length = (number & 7) == 7 ? 40 : 48,
	};
}

struct ipv6_address
scene_prefix_host6(uint32_t number)
{
	const struct ipv6_address prefix = internet_prefix6(number).prefix;

	return (struct ipv6_address){prefix.high, 1};
}

static bool
add_internet(struct rib *rib, uint32_t count, bool inet6)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct rib_static route = inet6 ? internet_prefix6(i) : internet_prefix(i);
		/* Some hundred neighbours share the prefixes. */
		const uint32_t gateway = (GATEWAY_OUT & ~0xffU) + 2 + i % 250;

		if (!add_route(rib, inet6 ? RIB_INET6 : RIB_INET, &route,
			inet6 ? scene_inet6_of(gateway) : ipv6_mapped(gateway))) {
			return false;
		}
	}
	return true;
}

struct rib *
scene_rib(uint32_t count, bool inet6)
{
	struct rib *rib = rib_create();

	if (rib != NULL && rib_add_instance(rib, 0, "") && rib_add_unit(rib, SCENE_UNIT_IN, 0, true) &&
	    rib_add_unit(rib, SCENE_UNIT_OUT, 0, true) &&
	    rib_add_address(rib, SCENE_UNIT_IN, RIB_INET, ipv6_mapped(SCENE_ADDRESS_IN), 24) &&
	    rib_add_address(rib, SCENE_UNIT_OUT, RIB_INET, ipv6_mapped(SCENE_ADDRESS_OUT), 24) &&
	    rib_add_address(rib, SCENE_UNIT_IN, RIB_INET6, scene_inet6_of(SCENE_ADDRESS_IN), SCENE_INET6_BITS + 24) &&
	    rib_add_address(rib, SCENE_UNIT_OUT, RIB_INET6, scene_inet6_of(SCENE_ADDRESS_OUT), SCENE_INET6_BITS + 24) &&
	    add_routes(rib, RIB_INET) && add_routes(rib, RIB_INET6) && add_internet(rib, count, inet6) &&
	    rib_finish(rib, 0)) {
		return rib;
	}
	rib_destroy(rib);
	return NULL;
}

bool
scene_routes(struct scene *scene)
{
	struct rib *rib = scene_rib(0, false);

	if (rib != NULL) {
		scene->fib = snapshot_fib_create(rib, &scene->snapshot, 1);
	}
	rib_destroy(rib);
	return scene->fib != NULL;
}
