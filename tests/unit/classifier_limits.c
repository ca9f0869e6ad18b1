/*
 * The compiled classifier at its limits: trees of addresses of each height, more of everything than 16 bits can number, and what
 * is kept once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/packet.h"
#include "snapshot/classifier.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

/* One policy a host, as many as make a tree of addresses of each height that there is up to 70,000: each host, and each address beside
 * one, finds what it must. The 70,000 are more than numbers of 16 bits tell apart. */
static void
test_trees_of_each_height(void **state)
{
	static const uint32_t counts[] = {13, 31, 32, 33, 127, 128, 511, 512, 513, 8191, 8192, 8193, 70000};
	enum { HOSTS_MOST = 70000 };
	static const struct snapshot_address any = {0, 0};
	static const struct classifier_term term = {
	    .protocol = 6, .destination_low = 80, .destination_high = 80, .source_high = UINT16_MAX};
	struct snapshot_address *hosts = calloc(HOSTS_MOST, sizeof(*hosts));
	struct classifier_source_rule *rules = calloc(HOSTS_MOST, sizeof(*rules));

	(void)state;
	assert_non_null(hosts);
	assert_non_null(rules);
	for (size_t round = 0; round < sizeof(counts) / sizeof(counts[0]); round++) {
		const uint32_t count = counts[round];
		/* Every second address from the first on and up to the last one of all, so that both ends have a policy. */
		for (uint32_t i = 0; i < count; i++) {
			hosts[i] = (struct snapshot_address){i < count / 2 ? 2 * i : UINT32_MAX - 2 * (count - 1 - i), 32};
			rules[i] = (struct classifier_source_rule){.policy = i, .source_count = 1, .destination_count = 1,
			    .sources = &any, .destinations = &hosts[i], .terms = &term, .term_count = 1};
		}
		const struct classifier_source_context context = {
		    .from_zone = 2, .to_zone = 3, .rule_count = count, .rules = rules};
		struct classifier *classifier = classifier_create(&context, 1, NULL, 0);
		const struct snapshot snapshot = {.policy_count = count, .classifier = classifier};

		assert_non_null(classifier);
		for (uint32_t i = 0; i < count; i++) {
			struct classifier_key key = {.from_zone = 2, .to_zone = 3, .protocol = 6, .destination_port = 80,
			    .source = IP(10, 0, 0, 1), .destination = hosts[i].address};

			assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, i);
			key.destination ^= 1; /* of the low half the one above, of the high half the one below */
			assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, PACKET_NO_POLICY);
		}
		classifier_destroy(classifier);
	}
	free(hosts);
	free(rules);
}

/* 70,000 policies in one list, and 70,000 sets and lists of terms of which no two are equal: each is told from the others. */
static void
test_more_than_sixteen_bits_of_everything(void **state)
{
	enum { MANY = 70000 };
	static const struct snapshot_address any = {0, 0};
	struct snapshot_address *hosts = calloc(MANY * 2, sizeof(*hosts));
	struct classifier_term *terms = calloc(MANY * 3, sizeof(*terms));
	struct classifier_source_rule *rules = calloc(MANY, sizeof(*rules));

	(void)state;
	assert_non_null(hosts);
	assert_non_null(terms);
	assert_non_null(rules);
	for (uint32_t i = 0; i < MANY; i++) {
		/* Two hosts apart, so that they are a set; of three terms the last one tells rules apart. */
		hosts[2 * i] = (struct snapshot_address){IP(10, 0, 0, 0) + 2 * i, 32};
		hosts[2 * i + 1] = (struct snapshot_address){IP(20, 0, 0, 0) + 2 * i, 32};
		for (uint32_t j = 0; j < 3; j++) {
			terms[3 * i + j] = (struct classifier_term){.protocol = (uint16_t)(j == 0 ? 1 : j == 1 ? 6 : 17),
			    .application = i + j, .destination_low = (uint16_t)(i % 60000),
			    .destination_high = (uint16_t)(i % 60000), .source_high = UINT16_MAX};
		}
		rules[i] = (struct classifier_source_rule){.policy = i, .source_count = 2, .destination_count = 1,
		    .sources = &hosts[2 * i], .destinations = &any, .terms = &terms[3 * i], .term_count = 3};
	}
	const struct classifier_source_context context = {
	    .from_zone = 2, .to_zone = 3, .rule_count = MANY, .rules = rules};
	struct classifier *classifier = classifier_create(&context, 1, NULL, 0);
	const struct snapshot snapshot = {.policy_count = MANY, .classifier = classifier};

	assert_non_null(classifier);
	assert_int_equal(classifier_size(classifier).sets, MANY);
	assert_int_equal(classifier_size(classifier).terms, MANY * 2);
	for (uint32_t i = 0; i < MANY; i++) {
		struct classifier_key key = {.from_zone = 2, .to_zone = 3, .protocol = 17,
		    .source = hosts[2 * i + (i & 1)].address, .destination_port = (uint16_t)(i % 60000)};
		const struct classifier_match match = classifier_lookup(&snapshot, &key, 0);

		assert_int_equal(match.policy, i);
		assert_int_equal(match.application, i + 2);
		key.destination_port++;
		assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, PACKET_NO_POLICY);
	}
	classifier_destroy(classifier);
	/* Now all hosts in one list, as nothing but its order tells policies apart: the last one has a port of its own. */
	for (uint32_t i = 0; i < MANY; i++) {
		hosts[2 * i] = hosts[0];
		rules[i].source_count = 1;
		terms[3 * i].protocol = 6;
		terms[3 * i].destination_low = terms[3 * i].destination_high = i == MANY - 1 ? 443 : 80;
		rules[i].term_count = 1;
	}
	classifier = classifier_create(&context, 1, NULL, 0);
	assert_non_null(classifier);
	const struct snapshot crowded = {.policy_count = MANY, .classifier = classifier};
	struct classifier_key key = {
	    .from_zone = 2, .to_zone = 3, .protocol = 6, .source = hosts[0].address, .destination_port = 443};

	assert_int_equal(classifier_lookup(&crowded, &key, 0).policy, MANY - 1);
	key.destination_port = 80;
	assert_int_equal(classifier_lookup(&crowded, &key, 0).policy, 0);
	classifier_destroy(classifier);
	free(hosts);
	free(terms);
	free(rules);
}

/* Equal sets and equal terms are kept once, wherever their arrays lie; and those that only begin alike are not. */
static void
test_equal_lists_are_kept_once(void **state)
{
	enum { RULES = 40 };
	static struct snapshot_address sources[RULES][3];
	static struct classifier_term terms[RULES][3];
	static struct classifier_source_rule rules[RULES];
	static const struct snapshot_address any = {0, 0};

	(void)state;
	for (uint32_t i = 0; i < RULES; i++) {
		const bool third = i % 4 == 3;

		for (uint32_t j = 0; j < 3; j++) {
			/* in an order of its own */
			sources[i][(i + j) % (third ? 3 : 2)] = (struct snapshot_address){IP(10, 0, j, 1), 32};
			terms[i][j] = (struct classifier_term){.protocol = 6, .application = j,
			    .destination_low = (uint16_t)(80 + j), .destination_high = (uint16_t)(80 + j), .source_high = UINT16_MAX};
		}
		if (!third) {
			sources[i][i % 2] = (struct snapshot_address){IP(10, 0, 0, 1), 32};
			sources[i][1 - i % 2] = (struct snapshot_address){IP(10, 0, 1, 1), 32};
		}
		rules[i] = (struct classifier_source_rule){.policy = i, .source_count = third ? 3 : 2, .destination_count = 1,
		    .sources = sources[i], .destinations = &any, .terms = terms[i], .term_count = third ? 3 : 2};
	}
	const struct classifier_source_context context = {
	    .from_zone = 2, .to_zone = 3, .rule_count = RULES, .rules = rules};
	struct classifier *classifier = classifier_create(&context, 1, NULL, 0);
	const struct snapshot snapshot = {.policy_count = RULES, .classifier = classifier};
	struct classifier_key key = {
	    .from_zone = 2, .to_zone = 3, .protocol = 6, .source = IP(10, 0, 1, 1), .destination_port = 81};

	assert_non_null(classifier);
	assert_int_equal(classifier_size(classifier).sets, 2);
	assert_int_equal(classifier_size(classifier).terms, 3); /* the second alone; the second and the third */
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 0);
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).application, 1);
	key.destination_port = 82;
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 3);
	key.destination_port = 80;
	key.source = IP(10, 0, 2, 1);
	assert_int_equal(classifier_lookup(&snapshot, &key, 0).policy, 3);
	classifier_destroy(classifier);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trees_of_each_height),
	    cmocka_unit_test(test_more_than_sixteen_bits_of_everything),
	    cmocka_unit_test(test_equal_lists_are_kept_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
