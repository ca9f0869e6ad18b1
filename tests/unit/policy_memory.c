/*
 * Many policies: memory is linear in them and does not grow over commits, the same configuration gives the same rules, and no
 * look-up has long lists to go through.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/classifier_layout.h"
#include "snapshot_world.h"

enum {
	MANY = 40000,
	FEW = 4000,
	COMMITS = 3,
	COMMITS_LONG = 100,
	LIST_MOST = 64,            /* rules in one list of a look-up, whatever their number */
	POLICY_BYTES_MOST = 1024,  /* of the classifier */
	GROWTH_MOST = 1024 * 1024, /* octets of the heap that may be its own book-keeping */
};

/* Hosts and ports are all different but for what every tenth shares; one in hundred names a set of ten. */
static void
write_policies(struct text *text, unsigned count)
{
	text_append(text, "security { zones { security-zone a { address-book {\n");
	for (unsigned i = 0; i < count; i++) {
		text_printf(text, "address h%u 10.%u.%u.%u/32;\n", i, i >> 16, i >> 8 & 255, i & 255);
	}
	for (unsigned i = 0; i < count; i += 100) {
		text_printf(text, "address-set s%u {", i);
		for (unsigned j = 0; j < 10; j++) {
			text_printf(text, " address h%u;", i + j);
		}
		text_append(text, " }\n");
	}
	text_append(text, "} } security-zone b; }\npolicies { from-zone a to-zone b {\n");
	for (unsigned i = 0; i < count; i++) {
		text_printf(text,
		    "policy p%u { match { source-address %s%u; destination-address 20.0.%u.%u/32; application %s; }"
		    " then { %s; } }\n",
		    i, i % 100 == 0 ? "s" : "h", i, i >> 8 & 255, i & 255, i % 10 == 0 ? "any" : "[ junos-http junos-ssh ]",
		    i % 3 == 0 ? "deny" : "permit");
	}
	text_append(text, "} } }\n");
}

static struct conf_tree *
load(const struct world *world, unsigned count)
{
	struct conf_tree *tree = conf_tree_create(world->schema);
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text text = TEXT_EMPTY;

	assert_non_null(tree);
	write_policies(&text, count);
	assert_false(text_failed(&text));
	assert_true(conf_load(tree, CONF_FORMAT_TEXT, NULL, text_string(&text), text.length, &list));
	diagnostics_release(&list);
	text_release(&text);
	return tree;
}

static struct snapshot *
compile(const struct conf_tree *tree, struct snapshot_registry *registry)
{
	const struct snapshot_options options = {.id = 1, .wall = 1191405600};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct snapshot *snapshot = snapshot_compile(tree, registry, &options, &list);

	assert_non_null(snapshot);
	diagnostics_release(&list);
	return snapshot;
}

/* The longest of those that a look-up goes through from this one on. */
static uint32_t
longest_from(const struct classifier_context *context, uint32_t list)
{
	uint32_t longest = 0;

	while (list != CLASSIFIER_NONE) {
		uint32_t length = 1;

		if ((list & CLASSIFIER_ONE) != 0) {
			list = CLASSIFIER_NONE;
		} else {
			const uint32_t *place = &context->rule_lists[list];

			list = *place++;
			for (; (*place & CLASSIFIER_LAST) == 0; place++) {
				length++;
			}
		}
		longest = length > longest ? length : longest;
	}
	return longest;
}

static uint32_t
longest_in_table(const struct classifier_context *context, const struct classifier_slot *slots, uint32_t mask)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; slots != NULL && i <= mask; i++) {
		const uint32_t length = longest_from(context, slots[i].value);

		longest = length > longest ? length : longest;
	}
	return longest;
}

static uint32_t
longest_list(const struct classifier_context *context)
{
	const struct classifier_dimension *const sides[] = {&context->source, &context->destination};
	uint32_t lengths[] = {longest_from(context, context->rest), longest_from(context, context->source.everywhere),
	    longest_from(context, context->destination.everywhere),
	    longest_in_table(context, context->services, context->service_mask),
	    longest_in_table(context, context->pairs, context->pair_mask), 0};

	for (unsigned side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < sides[side]->interval_count; i++) {
			const uint32_t length = longest_from(context, sides[side]->lists[i]);

			lengths[5] = length > lengths[5] ? length : lengths[5];
		}
	}
	for (unsigned i = 0; i < 5; i++) {
		lengths[5] = lengths[i] > lengths[5] ? lengths[i] : lengths[5];
	}
	return lengths[5];
}

/* cs11014: as many bytes a policy for 40,000 as for 4,000; 06161: and no longer lists. */
static void
test_linear(void **state)
{
	struct snapshot_registry *registry = snapshot_registry_create();
	struct world world;

	(void)state;
	world_open(&world);
	struct conf_tree *few = load(&world, FEW);
	struct conf_tree *many = load(&world, MANY);
	struct snapshot *small = compile(few, registry);
	struct snapshot *large = compile(many, registry);
	const struct snapshot_size of_small = snapshot_size(small, registry);
	const struct snapshot_size of_large = snapshot_size(large, registry);

	assert_int_equal(of_small.policies, FEW);
	assert_int_equal(of_large.policies, MANY);
	assert_int_equal(of_large.policy_numbers, MANY);
	assert_true(of_large.classifier.bytes / MANY <= POLICY_BYTES_MOST);
	assert_true(of_large.classifier.bytes / MANY <= 2 * (of_small.classifier.bytes / FEW));
	assert_true(of_large.bytes / MANY <= 2 * (of_small.bytes / FEW));
	assert_int_equal(of_large.classifier.sets, MANY / 100);
	for (uint32_t i = 0; i < large->classifier->inet.context_count; i++) {
		assert_true(longest_list(&large->classifier->inet.contexts[i]) <= LIST_MOST);
	}
	snapshot_destroy(small);
	snapshot_destroy(large);
	conf_tree_destroy(few);
	conf_tree_destroy(many);
	snapshot_registry_destroy(registry);
	world_close(&world);
}

/* cs11014: many policies come and go, and nothing is left; 04092: each time the same rules come of the same policies. */
static void
test_commits(void **state)
{
	const char *longer = getenv("SALLYPORT_TEST_LONG");
	const unsigned commits = longer != NULL && longer[0] != '\0' ? COMMITS_LONG : COMMITS;
	struct snapshot_registry *registry = snapshot_registry_create();
	struct snapshot_size first = {.policies = 0};
	struct world world;
	size_t used = 0;

	(void)state;
	world_open(&world);
	struct conf_tree *few = load(&world, FEW);
	struct conf_tree *many = load(&world, MANY);

	for (unsigned i = 0; i < commits; i++) {
		struct snapshot *snapshot = compile(many, registry);
		const struct snapshot_size size = snapshot_size(snapshot, registry);

		first = i == 0 ? size : first;
		assert_memory_equal(&size.classifier, &first.classifier, sizeof(size.classifier));
		assert_int_equal(size.policy_numbers, first.policy_numbers);
		assert_int_equal(size.bytes, first.bytes);
		snapshot_destroy(snapshot);
		snapshot_destroy(compile(few, registry));
		const size_t now = mallinfo2().uordblks;

		used = i == 0 ? now : used;
		assert_true(now <= used + GROWTH_MOST);
	}
	conf_tree_destroy(few);
	conf_tree_destroy(many);
	snapshot_registry_destroy(registry);
	world_close(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_linear),
	    cmocka_unit_test(test_commits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
