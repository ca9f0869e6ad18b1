/*
 * Shadowed and redundant policies (07295): against a plain model on a small universe of packets, and by
 * configurations whose answers are known.
 *
 * The universe: four source and four destination addresses (the top two bits), protocols 6, 17 and
 * any other, destination ports 0 to 3 and any other, source ports 0, 1 and any other, and every
 * combination of two schedulers being active. No rule tells the others apart, so one of them stands
 * for all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "policy_cover.h"
#include "snapshot_fixture.h"

enum {
	RULES = 9,
	LIST = 4,
	ROUNDS = 6000,
	ADDRESSES = 4,
	PROTOCOLS = 3,
	PORTS = 5, /* the last one: any other */
	SOURCE_PORTS = 3,
	TIMES = 4, /* bit by scheduler */
	FAMILY_PACKETS = ADDRESSES * ADDRESSES * PROTOCOLS * PORTS * SOURCE_PORTS,
	PACKETS = 2 * FAMILY_PACKETS, /* those of inet, then those of inet6 */
};

struct model {
	struct snapshot_address sources[RULES][LIST];
	struct snapshot_address destinations[RULES][LIST];
	struct snapshot_address6 sources6[RULES][LIST];
	struct snapshot_address6 destinations6[RULES][LIST];
	struct classifier_term terms[RULES][LIST];
	uint16_t schedulers[RULES][2];
	struct classifier_source_rule rules[RULES];
	struct policy_cover_rule cover[RULES];
	uint8_t matches[RULES][PACKETS];
	uint32_t count;
};

static uint32_t
fill_addresses(struct random_source *random, struct snapshot_address *list)
{
	const uint32_t count = 1 + random_below(random, LIST);

	for (uint32_t i = 0; i < count; i++) {
		list[i].length = (uint8_t)random_below(random, 3);
		list[i].address = random_below(random, ADDRESSES) << 30; /* host bits too */
	}
	return count;
}

static uint32_t
fill_addresses6(struct random_source *random, struct snapshot_address6 *list)
{
	const uint32_t count = 1 + random_below(random, LIST);

	for (uint32_t i = 0; i < count; i++) {
		list[i].length = (uint8_t)random_below(random, 3);
		list[i].address = (struct ipv6_address){.high = (uint64_t)random_below(random, ADDRESSES) << 62};
	}
	return count;
}

/* Most policies are of both families; some name the one on one side only, where it matches nothing. */
static void
drop_families(struct random_source *random, struct classifier_source_rule *rule)
{
	switch (random_below(random, 8)) {
	case 0:
		rule->source6_count = 0;
		break;
	case 1:
		rule->destination6_count = 0;
		break;
	case 2:
		rule->source_count = 0;
		break;
	case 3:
		rule->destination_count = 0;
		break;
	case 4:
		rule->source6_count = 0;
		rule->destination6_count = 0;
		break;
	}
}

static uint32_t
fill_terms(struct random_source *random, struct classifier_term *list)
{
	static const uint16_t protocols[] = {6, 17, CLASSIFIER_ANY_PROTOCOL};
	const uint32_t count = 1 + random_below(random, LIST);

	for (uint32_t i = 0; i < count; i++) {
		const uint16_t low = (uint16_t)random_below(random, PORTS - 1);
		list[i] = (struct classifier_term){
		    .application = random_below(random, 5),
		    .protocol = protocols[random_below(random, 3)],
		    .destination_low = low,
		    .destination_high =
			random_below(random, 3) == 0
			    ? UINT16_MAX
			    : (uint16_t)(low + random_below(random, PORTS - 1U - low)),
		    .source_low = 0,
		    .source_high = UINT16_MAX,
		};
		if (random_below(random, 3) == 0) {
			list[i].source_low = list[i].source_high =
			    (uint16_t)random_below(random, SOURCE_PORTS - 1);
		}
	}
	return count;
}

static bool
in_addresses(const struct snapshot_address *list, uint32_t count, uint32_t address)
{
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].length == 0 ||
		    (list[i].address ^ address << 30) >> (32 - list[i].length) == 0) {
			return true;
		}
	}
	return false;
}

static bool
in_addresses6(const struct snapshot_address6 *list, uint32_t count, uint64_t address)
{
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].length == 0 || (list[i].address.high ^ address << 62) >> (64 - list[i].length) == 0) {
			return true;
		}
	}
	return false;
}

static bool
in_terms(const struct classifier_source_rule *rule, uint32_t protocol, uint32_t destination,
    uint32_t source)
{
	for (uint32_t i = 0; i < rule->term_count; i++) {
		const struct classifier_term *term = &rule->terms[i];
		if ((term->protocol == CLASSIFIER_ANY_PROTOCOL || term->protocol == protocol) &&
		    destination >= term->destination_low && destination <= term->destination_high &&
		    source >= term->source_low && source <= term->source_high) {
			return true;
		}
	}
	return false;
}

static bool
matches_packet(const struct classifier_source_rule *rule, uint32_t packet)
{
	const uint32_t source = packet % ADDRESSES;
	const uint32_t destination = packet / ADDRESSES % ADDRESSES;
	const uint32_t service = packet % FAMILY_PACKETS / ADDRESSES / ADDRESSES;
	const bool addresses = packet < FAMILY_PACKETS
				   ? in_addresses(rule->sources, rule->source_count, source) &&
					 in_addresses(rule->destinations, rule->destination_count, destination)
				   : in_addresses6(rule->sources6, rule->source6_count, source) &&
					 in_addresses6(rule->destinations6, rule->destination6_count, destination);

	static const uint16_t protocols[PROTOCOLS] = {6, 17, 47};

	return addresses &&
	       in_terms(rule, protocols[service % PROTOCOLS], service / PROTOCOLS % PORTS,
		   service / PROTOCOLS / PORTS);
}

static void
fill_model(struct random_source *random, struct model *model)
{
	model->count = 2 + random_below(random, RULES - 1);
	for (uint32_t i = 0; i < model->count; i++) {
		struct classifier_source_rule *rule = &model->rules[i];
		*rule = (struct classifier_source_rule){
		    .policy = i,
		    .sources = model->sources[i],
		    .destinations = model->destinations[i],
		    .terms = model->terms[i],
		    .source_count = fill_addresses(random, model->sources[i]),
		    .destination_count = fill_addresses(random, model->destinations[i]),
		    .sources6 = model->sources6[i],
		    .destinations6 = model->destinations6[i],
		    .source6_count = fill_addresses6(random, model->sources6[i]),
		    .destination6_count = fill_addresses6(random, model->destinations6[i]),
		    .term_count = fill_terms(random, model->terms[i]),
		};
		/* the same array twice, as one name in two policies gives it */
		if (i > 0 && random_below(random, 3) == 0) {
			rule->sources = model->rules[i - 1].sources;
			rule->source_count = model->rules[i - 1].source_count;
		}
		if (i > 0 && random_below(random, 3) == 0) {
			rule->sources6 = model->rules[i - 1].sources6;
			rule->source6_count = model->rules[i - 1].source6_count;
		}
		if (rule->source_count > 0 && rule->source6_count > 0) {
			drop_families(random, rule);
		}
		model->schedulers[i][0] = (uint16_t)random_below(random, 2);
		model->schedulers[i][1] = (uint16_t)(1 - model->schedulers[i][0]);
		model->cover[i] = (struct policy_cover_rule){
		    .rule = rule,
		    .schedulers = model->schedulers[i],
		    .scheduler_count =
			random_below(random, 3) == 0 ? 1 + random_below(random, 2) : 0,
		    .action = random_below(random, 2),
		};
		for (uint32_t packet = 0; packet < PACKETS; packet++) {
			model->matches[i][packet] = matches_packet(rule, packet);
		}
	}
}

static bool
is_active(const struct policy_cover_rule *rule, uint32_t time)
{
	for (uint32_t i = 0; i < rule->scheduler_count; i++) {
		if ((time >> rule->schedulers[i] & 1) != 0) {
			return true;
		}
	}
	return rule->scheduler_count == 0;
}

/* Does the one match all that the other does, whenever that is active? By trying everything. */
static bool
model_contains(const struct model *model, uint32_t outer, uint32_t inner)
{
	for (uint32_t packet = 0; packet < PACKETS; packet++) {
		if (model->matches[inner][packet] && !model->matches[outer][packet]) {
			return false;
		}
	}
	for (uint32_t time = 0; time < TIMES; time++) {
		if (is_active(&model->cover[inner], time) &&
		    !is_active(&model->cover[outer], time)) {
			return false;
		}
	}
	return true;
}

/* The first match's action; `told` policies are passed over when they are to be left out. */
static uint32_t
decide(const struct model *model, uint32_t packet, uint32_t time, bool without_told)
{
	for (uint32_t i = 0; i < model->count; i++) {
		const struct policy_cover_rule *rule = &model->cover[i];
		const bool told =
		    rule->shadowed_by != CLASSIFIER_NONE || rule->redundant_by != CLASSIFIER_NONE;
		if (model->matches[i][packet] && is_active(rule, time) && !(without_told && told)) {
			return rule->action;
		}
	}
	return UINT32_MAX;
}

static void
check_shadowed(const struct model *model, uint32_t *shadowed)
{
	for (uint32_t i = 0; i < model->count; i++) {
		const uint32_t by = model->cover[i].shadowed_by;
		uint32_t first = 0;
		while (first < i && !model_contains(model, first, i)) {
			first++;
		}
		assert_int_equal(by, first == i ? CLASSIFIER_NONE : first);
		*shadowed += first == i ? 0 : 1;
	}
}

/* Point 8 of the configuration language: sound by trying everything, exact for one policy by one
 * other. */
static void
agrees_with_the_model(void **state)
{
	struct model *model = calloc(1, sizeof(*model));
	struct random_source random = random_seeded(20081);
	uint32_t shadowed = 0;
	uint32_t redundant = 0;

	(void)state;
	assert_non_null(model);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct arena scratch = ARENA_EMPTY;
		fill_model(&random, model);
		assert_true(policy_cover(&scratch, model->cover, model->count));
		arena_release(&scratch);
		check_shadowed(model, &shadowed);
		for (uint32_t i = 0; i < model->count; i++) {
			const uint32_t by = model->cover[i].redundant_by;
			if (by != CLASSIFIER_NONE) {
				redundant++;
				assert_true(by > i && by < model->count);
				assert_true(model_contains(model, by, i));
				assert_int_equal(model->cover[by].action, model->cover[i].action);
			}
		}
		for (uint32_t packet = 0; packet < PACKETS; packet++) {
			for (uint32_t time = 0; time < TIMES; time++) {
				assert_int_equal(decide(model, packet, time, false),
				    decide(model, packet, time, true));
			}
		}
	}
	free(model);
	assert_true(shadowed > ROUNDS / 20);
	assert_true(redundant > ROUNDS / 20);
}

/* Ten thousand policies of each shape that could make the search quadratic: the bound is on the
 * work, so it ends. */
static void
ends_in_time(void **state)
{
	enum { MANY = 10000, SHAPES = 4 };
	struct snapshot_address *addresses = calloc(MANY, 2 * sizeof(*addresses));
	struct classifier_term *terms = calloc(MANY, sizeof(*terms));
	struct classifier_source_rule *rules = calloc(MANY, sizeof(*rules));
	struct policy_cover_rule *cover = calloc(MANY, sizeof(*cover));
	static const struct snapshot_address anywhere = {.length = 0};
	static const struct classifier_term anything = {.protocol = CLASSIFIER_ANY_PROTOCOL,
	    .destination_high = UINT16_MAX,
	    .source_high = UINT16_MAX};

	(void)state;
	assert_true(addresses != NULL && terms != NULL && rules != NULL && cover != NULL);
	for (uint32_t shape = 0; shape < SHAPES; shape++) {
		struct arena scratch = ARENA_EMPTY;
		for (uint32_t i = 0; i < MANY; i++) {
			/* nested ports around one that all have; lists that share a member; actions
			 * that alternate */
			terms[i] = (struct classifier_term){.protocol = 6,
			    .destination_low = (uint16_t)(shape == 0 ? MANY - i : i),
			    .destination_high = (uint16_t)(shape == 0 ? MANY + i : i),
			    .source_high = UINT16_MAX};
			addresses[2 * i] =
			    (struct snapshot_address){.address = 0x0a000000, .length = 32};
			addresses[2 * i + 1] =
			    (struct snapshot_address){.address = 0x14000000 + i, .length = 32};
			rules[i] = (struct classifier_source_rule){.policy = i,
			    .sources = shape == 1 ? &addresses[2 * i] : &anywhere,
			    .source_count = shape == 1 ? 2 : 1,
			    .destinations = shape == 2 ? &addresses[2 * i + 1] : &anywhere,
			    .destination_count = 1,
			    .terms = shape == 0 || shape == 3 ? &terms[i] : &anything,
			    .term_count = 1};
			if (i + 1 == MANY) {
				rules[i] = (struct classifier_source_rule){.policy = i,
				    .sources = &anywhere,
				    .source_count = 1,
				    .destinations = &anywhere,
				    .destination_count = 1,
				    .terms = &anything,
				    .term_count = 1};
			}
			cover[i] = (struct policy_cover_rule){
			    .rule = &rules[i], .action = shape == 3 ? 0 : i % 2};
		}
		assert_true(policy_cover(&scratch, cover, MANY));
		arena_release(&scratch);
		for (uint32_t i = 0; i < MANY; i++) {
			assert_int_equal(cover[i].shadowed_by, CLASSIFIER_NONE);
			if (shape == 3) {
				assert_int_equal(cover[i].redundant_by,
				    i + 1 == MANY ? CLASSIFIER_NONE : MANY - 1);
			}
		}
	}
	free(addresses);
	free(terms);
	free(rules);
	free(cover);
}

/* --- configurations --------------------------------------------------------------------- */

static void
set_policy(const char *name, const char *source, const char *destination, const char *application,
    const char *then)
{
	struct text lines = TEXT_EMPTY;
	const char *prefix = "set security policies from-zone a to-zone b policy";

	text_printf(&lines, "%s %s match source-address %s\n%s %s match destination-address %s\n",
	    prefix, name, source, prefix, name, destination);
	text_printf(&lines, "%s %s match application %s\n%s %s then %s\n", prefix, name,
	    application, prefix, name, then);
	world_set(&world, text_string(&lines));
	text_release(&lines);
}

static int
start(void **state)
{
	(void)state;
	world_clear(&world);
	world_set(&world,
	    "set security zones security-zone a address-book address net 10.0.0.0/8\n"
	    "set security zones security-zone a address-book address host 10.1.2.3/32\n"
	    "set security zones security-zone a address-book address low 10.0.0.0/9\n"
	    "set security zones security-zone a address-book address high 10.128.0.0/9\n"
	    "set security zones security-zone a address-book address named dns-name example.net\n"
	    "set security zones security-zone a address-book address-set both address low\n"
	    "set security zones security-zone a address-book address-set both address high\n"
	    "set security zones security-zone b\n"
	    "set schedulers scheduler day daily start-time 08:00:00 stop-time 18:00:00\n"
	    "set schedulers scheduler night daily start-time 20:00:00 stop-time 22:00:00\n");
	return 0;
}

static uint32_t
count_advice(void)
{
	return world_count(&world, DIAGNOSTIC_WARNING, "this policy can never match") +
	       world_count(&world, DIAGNOSTIC_WARNING, "this policy is redundant");
}

/* The shadowing policy is named; a set of two halves is the whole (REQ-POL-016: of the from-zone's
 * book). */
static void
names_the_shadowing_policy(void **state)
{
	(void)state;
	set_policy("halves", "both", "any", "any", "permit");
	set_policy("web", "host", "any", "junos-http", "deny");
	set_policy("whole", "net", "any", "junos-ssh", "permit");
	world_run(&world);
	assert_int_equal(count_advice(), 2);
	assert_int_equal(
	    world_count(&world, DIAGNOSTIC_WARNING, "policy 'halves' before it matches everything"),
	    2);
	for (size_t i = 0; i < world.list.count; i++) {
		const struct diagnostic *one = &world.list.items[i];
		if (strstr(one->message, "'halves'") != NULL) {
			assert_string_equal(one->path, "security policies from-zone a to-zone b");
			assert_true(strcmp(one->statement, "policy web") == 0 ||
				    strcmp(one->statement, "policy whole") == 0);
		}
	}
}

/* Ports: 20 to 30 lies in 10 to 25 and 26 to 40 together, and not in one of them. */
static void
compares_applications(void **state)
{
	(void)state;
	world_set(&world,
	    "set applications application low protocol tcp destination-port 10-25\n"
	    "set applications application high protocol tcp destination-port 26-40\n"
	    "set applications application middle protocol tcp destination-port 20-30\n"
	    "set applications application-set all-of-it application low\n"
	    "set applications application-set all-of-it application high\n");
	set_policy("one", "any", "any", "low", "permit");
	set_policy("two", "any", "any", "middle", "deny");
	world_run(&world);
	assert_int_equal(count_advice(), 0);
	set_policy("three", "any", "any", "all-of-it", "permit");
	set_policy("four", "any", "any", "middle", "deny");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "policy 'two' before it"), 1);
	assert_int_equal(count_advice(), 1);
}

/* A policy with a scheduler shadows those only that are active by the same one. */
static void
minds_schedulers(void **state)
{
	(void)state;
	set_policy("office", "any", "any", "any", "permit");
	world_set(&world,
	    "set security policies from-zone a to-zone b policy office scheduler-name day\n");
	set_policy("always", "net", "any", "any", "deny");
	set_policy("evening", "host", "any", "junos-http", "permit");
	world_set(&world,
	    "set security policies from-zone a to-zone b policy evening scheduler-name night\n");
	set_policy("noon", "any", "any", "junos-ssh", "permit");
	world_set(
	    &world, "set security policies from-zone a to-zone b policy noon scheduler-name day\n");
	world_run(&world);
	/* evening lies in always, noon in office */
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "policy 'always' before it"), 1);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "policy 'office' before it"), 1);
	assert_int_equal(count_advice(), 2);
}

/* Redundant: the same action later, and nothing between that acts differently on any of it. */
static void
finds_redundant_policies(void **state)
{
	(void)state;
	set_policy("one", "host", "any", "junos-http", "permit");
	set_policy("other", "any", "any", "junos-ssh", "deny");
	set_policy("all", "net", "any", "any", "permit");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "policy 'all' after it"), 1);
	assert_int_equal(count_advice(), 1);
	/* now something between differs */
	set_policy("other", "any", "any", "junos-http", "deny");
	world_run(&world);
	assert_int_equal(count_advice(), 0);
}

/* What counts or logs in its own way is not redundant; what a name stands for that is not resolved
 * is in nothing. */
static void
says_nothing_it_does_not_know(void **state)
{
	(void)state;
	set_policy("counted", "host", "any", "junos-http", "permit");
	world_set(
	    &world, "set security policies from-zone a to-zone b policy counted then count\n");
	set_policy("logged", "host", "any", "junos-ssh", "permit");
	world_set(&world,
	    "set security policies from-zone a to-zone b policy logged then log session-close\n");
	set_policy("all", "net", "any", "any", "permit");
	set_policy("by-name", "named", "any", "any", "deny");
	set_policy("by-both", "[ named host ]", "any", "any", "deny");
	world_run(&world);
	assert_int_equal(count_advice(), 0);
}

/* A line too far up may shadow thousands: the first hundred are told, then how many more. */
static void
tells_a_hundred(void **state)
{
	char name[32];

	(void)state;
	set_policy("everything", "any", "any", "any", "permit");
	for (uint32_t i = 0; i < 130; i++) {
		(void)snprintf(name, sizeof(name), "p%u", i);
		set_policy(name, "host", "any", "junos-http", "deny");
	}
	world_run(&world);
	assert_int_equal(count_advice(), 100);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "30 more policies"), 1);
}

static int
furnish(void **state)
{
	(void)open_world(state);
	world.advice = true;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_the_model),
	    cmocka_unit_test(ends_in_time),
	    cmocka_unit_test_setup(names_the_shadowing_policy, start),
	    cmocka_unit_test_setup(compares_applications, start),
	    cmocka_unit_test_setup(minds_schedulers, start),
	    cmocka_unit_test_setup(finds_redundant_policies, start),
	    cmocka_unit_test_setup(says_nothing_it_does_not_know, start),
	    cmocka_unit_test_setup(tells_a_hundred, start),
	};

	return cmocka_run_group_tests(tests, furnish, close_world);
}
