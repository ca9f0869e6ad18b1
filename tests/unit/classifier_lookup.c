/*
 * The policy classifier against a plain model: the first rule in order that matches, tried one after the other. The model
 * shares no code with it: inet6 prefixes are compared bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "engine/packet.h"
#include "snapshot/classifier.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

enum {
	LIST_MOST = 12,
	RULES_MOST = 600,
	SCHEDULERS = 4,
	CONTEXTS = 6,
};

struct model_rule {
	struct snapshot_address sources[LIST_MOST];
	struct snapshot_address destinations[LIST_MOST];
	struct snapshot_address6 sources6[LIST_MOST];
	struct snapshot_address6 destinations6[LIST_MOST];
	struct classifier_term terms[LIST_MOST];
};

struct model {
	struct model_rule lists[RULES_MOST];
	struct classifier_source_rule rules[RULES_MOST];
	struct classifier_source_context contexts[CONTEXTS];
	struct snapshot_policy policies[RULES_MOST];
	uint16_t schedulers[RULES_MOST][2];
	struct snapshot snapshot;
	uint32_t context_count;
	uint32_t rule_count;
};

/* Active in [100, 200) and [300, 400), never, from 250 on, always until 150. */
static const struct snapshot_interval intervals[] = {{100, 200}, {300, 400}, {250, INT64_MAX}, {INT64_MIN, 150}};
static const struct snapshot_scheduler all_schedulers[SCHEDULERS] = {
    {2, &intervals[0]}, {0, NULL}, {1, &intervals[2]}, {1, &intervals[3]}};

static bool
in_intervals(uint32_t scheduler, int64_t wall)
{
	switch (scheduler) {
	case 0:
		return (wall >= 100 && wall < 200) || (wall >= 300 && wall < 400);
	case 1:
		return false;
	case 2:
		return wall >= 250;
	}
	return wall < 150;
}

static bool
model_address(const struct snapshot_address *list, uint32_t count, uint32_t address)
{
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].length == 0 || (address ^ list[i].address) >> (32 - list[i].length) == 0) {
			return true;
		}
	}
	return false;
}

static bool
bit_of(struct ipv6_address address, uint32_t place)
{
	return place < 64 ? (address.high >> (63 - place) & 1) != 0 : (address.low >> (127 - place) & 1) != 0;
}

static bool
model_address6(const struct snapshot_address6 *list, uint32_t count, struct ipv6_address address)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t same = 0;
		while (same < list[i].length && bit_of(list[i].address, same) == bit_of(address, same)) {
			same++;
		}
		if (same == list[i].length) {
			return true;
		}
	}
	return false;
}

/* A packet of either family. */
struct model_key {
	bool inet6;
	struct classifier_key inet;
	struct ipv6_address source6;
	struct ipv6_address destination6;
};

static bool
model_addresses(const struct classifier_source_rule *rule, const struct model_key *key)
{
	if (key->inet6) {
		return model_address6(rule->sources6, rule->source6_count, key->source6) &&
		    model_address6(rule->destinations6, rule->destination6_count, key->destination6);
	}
	return model_address(rule->sources, rule->source_count, key->inet.source) &&
	    model_address(rule->destinations, rule->destination_count, key->inet.destination);
}

static uint32_t
model_term(const struct classifier_source_rule *rule, const struct model_key *packet)
{
	const struct classifier_key *key = &packet->inet;
	const bool icmp = key->protocol == (packet->inet6 ? 58 : 1);
	const uint16_t destination = icmp ? key->icmp_type : key->destination_port;
	const uint16_t source = icmp ? key->icmp_code : key->source_port;

	for (uint32_t i = 0; i < rule->term_count; i++) {
		const struct classifier_term *term = &rule->terms[i];
		if ((term->protocol == CLASSIFIER_ANY_PROTOCOL || term->protocol == key->protocol) &&
		    destination >= term->destination_low && destination <= term->destination_high &&
		    source >= term->source_low && source <= term->source_high) {
			return i;
		}
	}
	return UINT32_MAX;
}

static bool
model_active(const struct model *model, uint32_t policy, int64_t wall)
{
	const struct snapshot_policy *row = &model->policies[policy];

	for (uint16_t i = 0; i < row->scheduler_count; i++) {
		if (in_intervals(row->schedulers[i], wall)) {
			return true;
		}
	}
	return row->scheduler_count == 0;
}

static struct classifier_match
model_context(const struct model *model, uint16_t from, uint16_t to, const struct model_key *key, int64_t wall)
{
	for (uint32_t i = 0; i < model->context_count; i++) {
		const struct classifier_source_context *context = &model->contexts[i];
		if (context->from_zone != from || context->to_zone != to) {
			continue;
		}
		for (uint32_t j = 0; j < context->rule_count; j++) {
			const struct classifier_source_rule *rule = &context->rules[j];
			const uint32_t term = model_term(rule, key);
			if (term != UINT32_MAX && model_addresses(rule, key) &&
			    model_active(model, rule->policy, wall)) {
				return (struct classifier_match){rule->policy, rule->terms[term].application};
			}
		}
	}
	return (struct classifier_match){PACKET_NO_POLICY, CLASSIFIER_NO_APPLICATION};
}

static struct classifier_match
model_lookup(const struct model *model, const struct model_key *key, int64_t wall)
{
	const uint16_t from[] = {key->inet.from_zone, key->inet.from_zone, SNAPSHOT_NONE, SNAPSHOT_NONE};
	const uint16_t to[] = {key->inet.to_zone, SNAPSHOT_NONE, key->inet.to_zone, SNAPSHOT_NONE};

	for (int i = 0; i < 4; i++) {
		const struct classifier_match match = model_context(model, from[i], to[i], key, wall);
		if (match.policy != PACKET_NO_POLICY) {
			return match;
		}
	}
	return (struct classifier_match){PACKET_NO_POLICY, CLASSIFIER_NO_APPLICATION};
}

/* How a set of rules looks: the index must be right for each kind. */
struct shape {
	uint32_t rules;
	uint32_t list;     /* most members of a list */
	uint32_t networks; /* distinct /24 */
	uint32_t any;      /* percent of `any` */
	uint32_t wide;     /* percent of prefixes shorter than /24 */
	uint32_t ports;    /* distinct ports */
	uint32_t ranges;   /* percent of port ranges */
};

static const struct shape shapes[] = {
    {3, 2, 4, 30, 20, 4, 30},
    {40, 3, 6, 20, 20, 6, 20},
    {500, 1, 400, 5, 5, 50, 5},    /* each its own */
    {500, 1, 20, 0, 0, 3, 0},      /* branches times servers: pairs */
    {500, 4, 30, 10, 40, 10, 40},  /* sets, nesting, ranges */
    {500, 12, 5, 10, 60, 5, 50},   /* crowded */
    {500, 1, 2, 90, 10, 300, 10},  /* by port */
    {300, 2, 200, 50, 90, 20, 90}, /* wide everywhere */
};

static uint32_t
random_address(struct random_source *random, const struct shape *shape)
{
	const uint32_t network = random_below(random, shape->networks);

	return IP(10, network >> 4, (network & 15) * 16, random_below(random, 4) == 0 ? 7 : random_below(random, 256));
}

static uint32_t
random_list(struct random_source *random, const struct shape *shape, struct snapshot_address *list)
{
	if (random_below(random, 100) < shape->any) {
		list[0] = (struct snapshot_address){0, 0};
		return 1;
	}
	const uint32_t count = 1 + random_below(random, shape->list);
	for (uint32_t i = 0; i < count; i++) {
		const bool wide = random_below(random, 100) < shape->wide;
		list[i].length = (uint8_t)(wide ? 8 + random_below(random, 16) : 24 + random_below(random, 9));
		list[i].address = random_address(random, shape);
	}
	return count;
}

/* Few networks of 64 bits, as with inet, and now and then one far away at either end. */
static struct ipv6_address
random_address6(struct random_source *random, const struct shape *shape)
{
	const uint64_t network = random_below(random, shape->networks);
	const uint64_t host = random_below(random, 4) == 0 ? 7 : random_u64(random) >> random_below(random, 64);

	switch (random_below(random, 20)) {
	case 0:
		return (struct ipv6_address){.low = host};
	case 1:
		return (struct ipv6_address){.high = UINT64_MAX, .low = UINT64_MAX - (host & 3)};
	}
	return (struct ipv6_address){.high = 0x20010db800000000U | (network >> 4) << 16 | (network & 15), .low = host};
}

static uint32_t
random_list6(struct random_source *random, const struct shape *shape, struct snapshot_address6 *list)
{
	if (random_below(random, 100) < shape->any) {
		list[0] = (struct snapshot_address6){.length = 0};
		return 1;
	}
	const uint32_t count = 1 + random_below(random, shape->list);
	for (uint32_t i = 0; i < count; i++) {
		const bool wide = random_below(random, 100) < shape->wide;
		list[i].length = (uint8_t)(wide ? random_below(random, 64) : 48 + random_below(random, 81));
		list[i].address = random_address6(random, shape);
	}
	return count;
}

static struct classifier_term
random_term(struct random_source *random, const struct shape *shape)
{
	const uint16_t protocols[] = {6, 17, 1, 47, CLASSIFIER_ANY_PROTOCOL, 58};
	struct classifier_term term = {.protocol = protocols[random_below(random, 6)],
	    .application = random_below(random, 100), .destination_high = UINT16_MAX, .source_high = UINT16_MAX};

	if (term.protocol == 1 || term.protocol == 58) {
		if (random_below(random, 2) == 0) {
			term.destination_low = term.destination_high = random_below(random, 2) == 0 ? 8 : 3;
			if (random_below(random, 2) == 0) {
				term.source_low = term.source_high = (uint16_t)random_below(random, 3);
			}
		}
	} else if (term.protocol == 6 || term.protocol == 17) {
		term.destination_low = (uint16_t)random_below(random, shape->ports);
		term.destination_high = term.destination_low;
		if (random_below(random, 100) < shape->ranges) {
			term.destination_high =
			    (uint16_t)(term.destination_low + random_below(random, shape->ports));
		}
		if (random_below(random, 8) == 0) {
			term.source_low = 1024;
		}
	}
	return term;
}

static void
random_rule(struct random_source *random, const struct shape *shape, struct model *model, uint32_t number)
{
	struct model_rule *lists = &model->lists[number];
	struct classifier_source_rule *rule = &model->rules[number];
	struct snapshot_policy *policy = &model->policies[number];

	*rule = (struct classifier_source_rule){
	    .policy = number, .sources = lists->sources, .destinations = lists->destinations, .sources6 = lists->sources6,
	    .destinations6 = lists->destinations6, .terms = lists->terms};
	rule->source_count = random_list(random, shape, lists->sources);
	rule->destination_count = random_list(random, shape, lists->destinations);
	rule->source6_count = random_list6(random, shape, lists->sources6);
	rule->destination6_count = random_list6(random, shape, lists->destinations6);
	/* sets that several policies share */
	if (number > 0 && random_below(random, 4) == 0) {
		rule->sources6 = model->rules[number - 1].sources6;
		rule->source6_count = model->rules[number - 1].source6_count;
		rule->sources = model->rules[number - 1].sources;
		rule->source_count = model->rules[number - 1].source_count;
	}
	rule->term_count = 1 + random_below(random, shape->list);
	for (uint32_t i = 0; i < rule->term_count; i++) {
		lists->terms[i] = random_term(random, shape);
	}
	if (random_below(random, 50) == 0) {
		rule->destination_count = 0; /* a name that DNS does not know: matches nothing */
	}
	if (random_below(random, 10) == 0) {
		rule->source6_count = 0; /* a policy about the other family */
	}
	*policy = (struct snapshot_policy){.present = true, .schedulers = model->schedulers[number]};
	if (random_below(random, 5) == 0) {
		policy->scheduler_count = (uint16_t)(1 + random_below(random, 2));
		model->schedulers[number][0] = (uint16_t)random_below(random, SCHEDULERS);
		model->schedulers[number][1] = (uint16_t)random_below(random, SCHEDULERS);
		rule->conditional = true;
	}
}

static void
random_model(struct random_source *random, const struct shape *shape, struct model *model)
{
	const uint16_t zones[CONTEXTS][2] = {
	    {2, 3}, {3, 2}, {2, SNAPSHOT_NONE}, {SNAPSHOT_NONE, 3}, {SNAPSHOT_NONE, SNAPSHOT_NONE}, {2, 2}};
	uint32_t used = 0;

	for (uint32_t i = 0; i < shape->rules; i++) {
		random_rule(random, shape, model, i);
	}
	model->context_count = 1 + random_below(random, CONTEXTS);
	for (uint32_t i = 0; i < model->context_count; i++) {
		uint32_t count = i == 0 ? shape->rules / 2 + 1 : random_below(random, shape->rules / 5 + 1);
		if (count > shape->rules - used) {
			count = shape->rules - used;
		}
		model->contexts[i] = (struct classifier_source_context){.from_zone = zones[i][0],
		    .to_zone = zones[i][1], .rule_count = count, .rules = &model->rules[used]};
		used += count;
	}
	model->snapshot = (struct snapshot){.policy_count = shape->rules, .policies = model->policies,
	    .scheduler_count = SCHEDULERS, .schedulers = all_schedulers};
}

/* Mostly values that some rule names, for random ones seldom match. */
static struct model_key
random_key(struct random_source *random, const struct shape *shape, const struct model *model)
{
	const struct classifier_source_rule *rule = &model->rules[random_below(random, shape->rules)];
	const uint8_t protocols[] = {6, 17, 1, 47, 50, 58};
	struct model_key key = {
	    .inet6 = random_below(random, 2) == 0,
	    .source6 = random_address6(random, shape),
	    .destination6 = random_address6(random, shape),
	    .inet = {
		.from_zone = (uint16_t)(2 + random_below(random, 2)),
		.to_zone = (uint16_t)(2 + random_below(random, 3)),
		.source = random_address(random, shape),
		.destination = random_address(random, shape),
		.protocol = protocols[random_below(random, 6)],
	    },
	};

	if (random_below(random, 4) != 0) {
		key.inet.source = rule->sources[0].address ^ random_below(random, 3);
		key.inet.destination = model->lists[rule->policy].destinations[0].address ^ random_below(random, 3);
		key.source6 = rule->sources6[0].address;
		key.destination6 = model->lists[rule->policy].destinations6[0].address;
		key.inet.from_zone = 2;
		key.inet.to_zone = 3;
		/* a bit of it turned, at the prefix's end as often as not */
		if (random_below(random, 2) == 0 && rule->sources6[0].length > 64) {
			key.source6.low ^= 1ULL << (128 - rule->sources6[0].length);
		} else if (random_below(random, 2) == 0) {
			key.source6.low ^= 1ULL << random_below(random, 64);
		}
	}
	if (key.inet.protocol == (key.inet6 ? 58 : 1)) {
		key.inet.icmp_type = random_below(random, 2) == 0 ? 8 : 3;
		key.inet.icmp_code = (uint8_t)random_below(random, 3);
	} else if (key.inet.protocol == 6 || key.inet.protocol == 17) {
		key.inet.source_port = (uint16_t)(random_below(random, 2) * 2000);
		key.inet.destination_port = (uint16_t)random_below(random, shape->ports + 1);
	}
	return key;
}

static struct classifier_key6
key6_of(const struct model_key *key)
{
	return (struct classifier_key6){
	    .source = key->source6,
	    .destination = key->destination6,
	    .from_zone = key->inet.from_zone,
	    .to_zone = key->inet.to_zone,
	    .source_port = key->inet.source_port,
	    .destination_port = key->inet.destination_port,
	    .protocol = key->inet.protocol,
	    .icmp_type = key->inet.icmp_type,
	    .icmp_code = key->inet.icmp_code,
	};
}

static struct classifier_match
look_up(const struct snapshot *snapshot, const struct model_key *key, int64_t wall)
{
	const struct classifier_key6 key6 = key6_of(key);

	return key->inet6 ? classifier_lookup6(snapshot, &key6, wall) : classifier_lookup(snapshot, &key->inet, wall);
}

/* A model of that shape with its classifier, which the caller destroys. */
static struct classifier *
draw_model(struct random_source *random, const struct shape *shape, struct model *model)
{
	random_model(random, shape, model);
	struct classifier *classifier = classifier_create(model->contexts, model->context_count, NULL, 0);

	assert_non_null(classifier);
	model->snapshot.classifier = classifier;
	return classifier;
}

static void
expect_match(struct classifier_match got, struct classifier_match expected)
{
	assert_int_equal(got.policy, expected.policy);
	assert_int_equal(got.application, expected.application);
}

/* REQ-POL-001, REQ-POL-002, REQ-POL-017, REQ-POL-019, REQ-SCH-001 */
static void
test_random_rules_against_the_model(void **state)
{
	struct random_source random = random_seeded(7);
	struct model *model = calloc(1, sizeof(*model));
	uint32_t matched[2] = {0, 0};
	const int64_t walls[] = {50, 99, 100, 149, 150, 199, 200, 250, 299, 300, 399, 400, 1000};

	(void)state;
	assert_non_null(model);
	for (uint32_t round = 0; round < 80; round++) {
		const struct shape *shape = &shapes[round % (sizeof(shapes) / sizeof(shapes[0]))];
		struct classifier *classifier = draw_model(&random, shape, model);

		for (uint32_t i = 0; i < 3000; i++) {
			const struct model_key key = random_key(&random, shape, model);
			const int64_t wall = walls[random_below(&random, sizeof(walls) / sizeof(walls[0]))];
			const struct classifier_match expected = model_lookup(model, &key, wall);
			const struct classifier_match got = look_up(&model->snapshot, &key, wall);
			expect_match(got, expected);
			matched[key.inet6] += expected.policy != PACKET_NO_POLICY ? 1 : 0;
		}
		classifier_destroy(classifier);
	}
	/* of about 120,000 each: it is not all default */
	assert_true(matched[0] > 20000);
	assert_true(matched[1] > 20000);
	free(model);
}

/* All keys are taken as of the first one's family. */
static void
look_up_burst(const struct snapshot *snapshot, const struct model_key *keys, int64_t wall, struct classifier_match *matches)
{
	struct classifier_key burst[CLASSIFIER_BURST];
	struct classifier_key6 burst6[CLASSIFIER_BURST];

	for (uint32_t i = 0; i < CLASSIFIER_BURST; i++) {
		burst[i] = keys[i].inet;
		burst6[i] = key6_of(&keys[i]);
	}
	if (keys[0].inet6) {
		classifier_lookup_burst6(snapshot, burst6, CLASSIFIER_BURST, wall, matches);
	} else {
		classifier_lookup_burst(snapshot, burst, CLASSIFIER_BURST, wall, matches);
	}
}

/* A burst is told what each of its packets would be told alone. REQ-POL-001, REQ-POL-002, REQ-POL-019, REQ-SCH-001 */
static void
test_bursts_against_the_model(void **state)
{
	struct random_source random = random_seeded(11);
	struct model *model = calloc(1, sizeof(*model));
	uint32_t matched = 0;

	(void)state;
	assert_non_null(model);
	for (uint32_t round = 0; round < 80; round++) {
		const struct shape *shape = &shapes[round % (sizeof(shapes) / sizeof(shapes[0]))];
		struct classifier *classifier = draw_model(&random, shape, model);

		for (uint32_t burst = 0; burst < 30; burst++) {
			struct model_key keys[CLASSIFIER_BURST];
			struct classifier_match matches[CLASSIFIER_BURST];
			const int64_t wall = 50 * (int64_t)(1 + burst % 9);

			for (uint32_t i = 0; i < CLASSIFIER_BURST; i++) {
				keys[i] = random_key(&random, shape, model);
				/* the other family's half of one is a key as good as any */
				keys[i].inet6 = burst % 2 == 0;
			}
			look_up_burst(&model->snapshot, keys, wall, matches);
			for (uint32_t i = 0; i < CLASSIFIER_BURST; i++) {
				const struct classifier_match expected = model_lookup(model, &keys[i], wall);

				expect_match(matches[i], expected);
				matched += expected.policy != PACKET_NO_POLICY;
			}
		}
		classifier_destroy(classifier);
	}
	/* of 76,800 */
	assert_true(matched > 20000);
	free(model);
}

/* Policies that only name `any`: the inet6 addresses are one interval; and one of each family alone. */
static void
test_any_means_both_families(void **state)
{
	static const struct snapshot_address any[] = {{0, 0}};
	static const struct snapshot_address6 any6[] = {{.length = 0}};
	static const struct classifier_term term = {.protocol = 6, .destination_high = UINT16_MAX, .source_high = UINT16_MAX};
	const struct classifier_source_rule rules[] = {
	    {.policy = 0, .source_count = 1, .destination_count = 1, .sources = any, .destinations = any, .terms = &term,
		.term_count = 1},
	    {.policy = 1, .source_count = 1, .destination_count = 1, .source6_count = 1, .destination6_count = 1,
		.sources = any, .destinations = any, .sources6 = any6, .destinations6 = any6, .terms = &term,
		.term_count = 1},
	};
	const struct classifier_source_context context = {.from_zone = 2, .to_zone = 3, .rule_count = 2, .rules = rules};
	const struct snapshot_policy policies[2] = {{.present = true}, {.present = true}};
	const struct classifier_key key = {.from_zone = 2, .to_zone = 3, .protocol = 6, .source = 1};
	const struct ipv6_address ends[] = {{0, 0}, {0x20010db800000000U, 1}, {UINT64_MAX, UINT64_MAX}};
	struct classifier *classifier = classifier_create(&context, 1, NULL, 0);
	const struct snapshot snapshot = {.policies = policies, .policy_count = 2, .classifier = classifier};

	(void)state;
	assert_non_null(classifier);
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 0);
	for (size_t i = 0; i < 3; i++) {
		const struct classifier_key6 key6 = {
		    .from_zone = 2, .to_zone = 3, .protocol = 6, .source = ends[i], .destination = ends[2 - i]};
		assert_int_equal(classifier_lookup6(&snapshot, &key6, 0).policy, 1);
	}
	classifier_destroy(classifier);
}

static struct snapshot
snapshot_over(const struct classifier *classifier)
{
	static const struct snapshot_policy policies[3];

	return (struct snapshot){.policy_count = 3, .policies = policies, .classifier = classifier};
}

static const struct snapshot_address anywhere[] = {{0, 0}};

/* REQ-POL-004: nothing there, nothing found */
static void
test_no_policies(void **state)
{
	const struct classifier_key key = {.from_zone = 2, .to_zone = 3};
	struct snapshot snapshot = snapshot_over(NULL);

	(void)state;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, PACKET_NO_POLICY);
	struct classifier *classifier = classifier_create(NULL, 0, NULL, 0);
	assert_non_null(classifier);
	snapshot.classifier = classifier;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, PACKET_NO_POLICY);
	classifier_destroy(classifier);
	classifier_destroy(NULL);
}

/* REQ-POL-018, REQ-SES-003: `any` matches everything, and port 80 is junos-http all the same */
static void
test_any_takes_its_application_from_the_port(void **state)
{
	const struct classifier_term any = {.application = CLASSIFIER_NO_APPLICATION,
	    .protocol = CLASSIFIER_ANY_PROTOCOL, .destination_high = UINT16_MAX, .source_high = UINT16_MAX};
	const struct classifier_source_rule rule = {.policy = 2, .source_count = 1, .destination_count = 1,
	    .term_count = 1, .sources = anywhere, .destinations = anywhere, .terms = &any};
	const struct classifier_source_context context = {.from_zone = 2, .to_zone = 3, .rule_count = 1, .rules = &rule};
	const struct classifier_source_port ports[] = {{6, 80, 4}, {17, 53, 5}, {6, 80, 6}};
	struct classifier_key key = {.from_zone = 2, .to_zone = 3, .protocol = 6, .destination_port = 80};

	(void)state;
	struct classifier *classifier = classifier_create(&context, 1, ports, 3);
	assert_non_null(classifier);
	const struct snapshot snapshot = snapshot_over(classifier);
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 2);
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).application, 4);
	key.protocol = 17;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).application, CLASSIFIER_NO_APPLICATION);
	key.destination_port = 53;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).application, 5);
	key.protocol = 89;
	key.destination_port = 0;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 2);
	key.to_zone = 2;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, PACKET_NO_POLICY);
	classifier_destroy(classifier);
}

/*
 * Two rules whose arrays of terms lie 64 KiB apart, the one with two and the other with three terms: where the arrays lie
 * must not decide what matches.
 */
static void
test_places_of_arrays_mean_nothing(void **state)
{
	const size_t apart = 1 << 16;
	uint8_t *memory = aligned_alloc(2 * apart, 2 * apart);
	const struct snapshot_address any = {0, 0};
	struct classifier_source_rule rules[2];
	const struct classifier_source_context context = {.from_zone = 1, .to_zone = 2, .rule_count = 2, .rules = rules};
	struct classifier_key key = {.from_zone = 1, .to_zone = 2, .protocol = 6, .source_port = 1024};

	(void)state;
	assert_non_null(memory);
	for (uint32_t i = 0; i < 2; i++) {
		struct classifier_term *terms = (struct classifier_term *)(void *)(memory + i * apart);
		for (uint16_t j = 0; j < 2 + i; j++) {
			const uint16_t port = (uint16_t)(100 * (i + 1) + j);
			terms[j] = (struct classifier_term){.protocol = 6, .source_high = UINT16_MAX,
			    .destination_low = port, .destination_high = port, .application = port};
		}
		rules[i] = (struct classifier_source_rule){.policy = i, .source_count = 1, .destination_count = 1,
		    .term_count = 2 + i, .sources = &any, .destinations = &any, .terms = terms};
	}
	struct classifier *classifier = classifier_create(&context, 1, NULL, 0);
	assert_non_null(classifier);
	const struct snapshot_policy policies[2] = {{.name = "a", .present = true}, {.name = "b", .present = true}};
	const struct snapshot snapshot = {.policies = policies, .policy_count = 2, .classifier = classifier};
	for (uint32_t i = 0; i < 2; i++) {
		for (uint16_t j = 0; j < 2 + i; j++) {
			key.destination_port = (uint16_t)(100 * (i + 1) + j);
			const struct classifier_match match = classifier_lookup(&snapshot, &key, 0);
			assert_int_equal(match.policy, i);
			assert_int_equal(match.application, key.destination_port);
		}
	}
	classifier_destroy(classifier);
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places_of_arrays_mean_nothing),
	    cmocka_unit_test(test_random_rules_against_the_model),
	    cmocka_unit_test(test_any_means_both_families),
	    cmocka_unit_test(test_bursts_against_the_model),
	    cmocka_unit_test(test_no_policies),
	    cmocka_unit_test(test_any_takes_its_application_from_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
