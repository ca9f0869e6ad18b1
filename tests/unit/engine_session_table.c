/*
 * The session table against a plain model: what was added is found by both keys, what was removed
 * is not, at every load.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/session_private.h"
#include "base/random.h"

enum {
	CAPACITY = 3072, /* 6144 entries in 8192 slots: the highest load that there is */
};

struct fixture {
	void *memory;
	struct session_table table;
	struct random_source random;
	struct session *model[CAPACITY];
	struct flow_key forth[CAPACITY];
	struct flow_key back[CAPACITY];
	uint32_t count;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture->memory = aligned_alloc(64, session_table_size(CAPACITY));
	assert_non_null(fixture->memory);
	memset(fixture->memory, 0, session_table_size(CAPACITY));
	fixture->random = random_seeded(11);
	session_table_init(&fixture->table, fixture->memory, CAPACITY, (struct hash_key){1, 2}, 0);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	free(fixture->memory);
	free(fixture);
	return 0;
}

static struct flow_key
random_key(struct fixture *fixture)
{
	return (struct flow_key){
	    random_u64(&fixture->random), random_u64(&fixture->random) & ~FLOW_IPV6};
}

static struct session *
add_keys(struct fixture *fixture, struct flow_key forth, struct flow_key back, bool *clash)
{
	const struct flow_pair pair = {.keys = {forth, back},
	    .hashes = {session_table_hash(&fixture->table, forth),
		session_table_hash(&fixture->table, back)}};

	return session_table_add(&fixture->table, &pair, clash);
}

static void
add_one(struct fixture *fixture)
{
	bool clash = true;
	const uint32_t i = fixture->count;

	fixture->forth[i] = random_key(fixture);
	fixture->back[i] = random_key(fixture);
	fixture->model[i] = add_keys(fixture, fixture->forth[i], fixture->back[i], &clash);
	assert_false(clash);
	assert_non_null(fixture->model[i]);
	fixture->count++;
}

static void
remove_one(struct fixture *fixture, uint32_t i)
{
	session_table_remove(&fixture->table, fixture->model[i]);
	fixture->count--;
	fixture->model[i] = fixture->model[fixture->count];
	fixture->forth[i] = fixture->forth[fixture->count];
	fixture->back[i] = fixture->back[fixture->count];
}

static uint32_t
find(const struct fixture *fixture, struct flow_key key)
{
	return session_table_find(&fixture->table, key, session_table_hash(&fixture->table, key));
}

static void
check_all(const struct fixture *fixture)
{
	uint32_t displaced = 0;
	uint32_t away = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < fixture->count; i++) {
		const uint32_t index = session_index(&fixture->table, fixture->model[i]);

		assert_int_equal(find(fixture, fixture->forth[i]), index << 1 | SESSION_FORTH);
		assert_int_equal(find(fixture, fixture->back[i]), index << 1 | SESSION_BACK);
	}
	for (uint32_t b = 0; b <= fixture->table.mask; b++) {
		const struct bucket *bucket = &fixture->table.buckets[b];

		displaced += bucket->displaced;
		for (unsigned s = 0; s < BUCKET_SLOTS; s++) {
			used += bucket->tags[s] != 0;
			away += (bucket->away >> s) & 1;
		}
	}
	assert_int_equal(displaced, away);
	assert_int_equal(used, 2 * fixture->count);
	assert_int_equal(fixture->table.count, fixture->count);
}

static void
test_fills_up_completely(void **state)
{
	struct fixture *fixture = *state;
	bool clash;

	while (fixture->count < CAPACITY) {
		add_one(fixture);
	}
	check_all(fixture);
	assert_null(add_keys(fixture, random_key(fixture), random_key(fixture), &clash));
	assert_false(clash);
}

static void
test_against_a_model(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t step = 0; step < 60000; step++) {
		/* Grows, shrinks, grows: full around step 20000, nearly empty around 40000. */
		const uint32_t odds = (step / 20000) % 2 == 0 ? 70 : 30;

		if (fixture->count < CAPACITY && random_below(&fixture->random, 100) < odds) {
			add_one(fixture);
		} else if (fixture->count > 0) {
			const uint32_t i = random_below(&fixture->random, fixture->count);
			const struct flow_key gone = fixture->forth[i];

			remove_one(fixture, i);
			assert_int_equal(find(fixture, gone), SESSION_NONE);
		}
		if (fixture->count > 0 && step % 7 == 0) {
			const uint32_t i = random_below(&fixture->random, fixture->count);
			const struct flow_key key = random_key(fixture);

			assert_true(session_table_rekey(
			    &fixture->table, fixture->model[i], SESSION_BACK, key));
			assert_int_equal(find(fixture, fixture->back[i]), SESSION_NONE);
			fixture->back[i] = key;
		}
		if (step % 1000 == 0) {
			check_all(fixture);
		}
	}
	check_all(fixture);
}

static void
test_clash_is_refused(void **state)
{
	struct fixture *fixture = *state;
	bool clash = false;

	add_one(fixture);
	assert_null(add_keys(fixture, random_key(fixture), fixture->forth[0], &clash));
	assert_true(clash);
	const struct flow_key same = random_key(fixture);

	assert_null(add_keys(fixture, same, same, &clash));
	assert_true(clash);
	add_one(fixture);
	assert_false(session_table_rekey(
	    &fixture->table, fixture->model[1], SESSION_BACK, fixture->forth[0]));
	check_all(fixture);
}

static void
test_numbers_are_never_used_twice(void **state)
{
	struct fixture *fixture = *state;
	uint64_t last = 0;

	for (int i = 0; i < 5; i++) {
		add_one(fixture);
		const uint64_t number = fixture->model[0]->common.number;

		assert_true(number > last);
		assert_ptr_equal(
		    session_table_by_number(&fixture->table, number), fixture->model[0]);
		remove_one(fixture, 0);
		assert_null(session_table_by_number(&fixture->table, number));
		last = number;
	}
	assert_null(session_table_by_number(&fixture->table, 0));
}

/* The guess that stage two makes is the exact answer whenever the entry is at home and its tag is
 * alone. */
static void
test_guess(void **state)
{
	struct fixture *fixture = *state;
	uint32_t right = 0;

	while (fixture->count < CAPACITY / 2) {
		add_one(fixture);
	}
	for (uint32_t i = 0; i < fixture->count; i++) {
		const uint64_t hash = session_table_hash(&fixture->table, fixture->forth[i]);

		right +=
		    session_table_guess(&fixture->table, hash) == find(fixture, fixture->forth[i]);
	}
	assert_true(right > fixture->count * 97 / 100);
}

/* Two IPv6 flows whose hashes are the same: each is found by its own addresses only. */
static void
test_addresses_are_compared(void **state)
{
	struct fixture *fixture = *state;
	struct session_table *table = &fixture->table;
	const struct flow_addresses addresses[3] = {
	    {{0x20010db800000000, 1}, {0x20010db800000001, 2}},
	    {{0x20010db800000000, 3}, {0x20010db800000001, 2}},
	    {{0x20010db800000000, 4}, {0x20010db800000001, 2}},
	};
	struct flow_pair pair = {
	    .keys = {{7, FLOW_IPV6 | 80}, {9, FLOW_IPV6 | (uint64_t)80 << 16}}};
	struct session *sessions[2];
	bool clash;

	for (unsigned way = 0; way < 2; way++) {
		pair.hashes[way] = session_table_hash(table, pair.keys[way]);
	}
	for (unsigned i = 0; i < 2; i++) {
		pair.addresses = &addresses[i];
		sessions[i] = session_table_add(table, &pair, &clash);
		assert_non_null(sessions[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		const struct flow_addresses back = flow_addresses_reverse(&addresses[i]);
		const uint32_t reference =
		    i < 2 ? session_index(table, sessions[i]) << 1 : SESSION_NONE;

		assert_int_equal(session_table_find6(table, pair.keys[SESSION_FORTH],
				     pair.hashes[SESSION_FORTH], &addresses[i]),
		    reference);
		assert_int_equal(session_table_find6(table, pair.keys[SESSION_BACK],
				     pair.hashes[SESSION_BACK], &back),
		    i < 2 ? reference | SESSION_BACK : SESSION_NONE);
	}
	pair.addresses = &addresses[2];
	/* Its answer would be one of another's. */
	pair.keys[SESSION_BACK] = pair.keys[SESSION_FORTH];
	pair.hashes[SESSION_BACK] = pair.hashes[SESSION_FORTH];
	assert_null(session_table_add(table, &pair, &clash));
	assert_true(clash);
	session_table_remove(table, sessions[0]);
	session_table_remove(table, sessions[1]);
	assert_int_equal(table->count, 0);
}

/* Every bit of an IPv6 flow counts in its hash. */
static void
test_ipv6_hash(void **state)
{
	const struct fixture *fixture = *state;
	const struct flow_addresses addresses = {{1, 2}, {3, 4}};
	const uint64_t high = FLOW_IPV6 | 5;
	const uint64_t plain = flow_hash6(&fixture->table, high, &addresses);

	for (unsigned bit = 0; bit < 64; bit++) {
		const uint64_t one = UINT64_C(1) << bit;
		const struct flow_addresses others[4] = {
		    {{1 ^ one, 2}, {3, 4}}, {{1, 2 ^ one}, {3, 4}}, {{1, 2}, {3 ^ one, 4}}, {{1, 2}, {3, 4 ^ one}}};

		for (unsigned i = 0; i < 4; i++) {
			assert_true(flow_hash6(&fixture->table, high, &others[i]) != plain);
		}
		assert_true(one == FLOW_IPV6 || flow_hash6(&fixture->table, high ^ one, &addresses) != plain);
	}
	assert_true(session_table_hash(&fixture->table, (struct flow_key){plain, high}) == plain);
	assert_true(flow_hash6(&fixture->table, high, &(struct flow_addresses){{3, 4}, {1, 2}}) != plain);
}

/* Keys of both families, and of other instances. */
static void
test_ipv6_keys(void **state)
{
	const struct flow_fields fields = {.source_port = 3, .instance = 5, .protocol = 58, .kind = 129};
	struct flow_key key = flow_key_of(&fields);

	(void)state;
	assert_false(flow_key_is_ipv6(key));
	key.high |= FLOW_IPV6;
	assert_true(flow_key_is_ipv6(flow_key_reverse(key, 6)));
	assert_int_equal(flow_fields_of(flow_key_reverse(key, 6)).kind, 130);
	assert_int_equal(flow_fields_of(key).instance, 5);
	assert_true(flow_key_is_ipv6(flow_key_in_instance(key, FLOW_INSTANCES - 1)));
	assert_int_equal(
	    flow_fields_of(flow_key_in_instance(key, FLOW_INSTANCES - 1)).instance, FLOW_INSTANCES - 1);
	assert_int_equal(flow_fields_of(flow_key_in_instance(key, 0)).instance, 0);
}

/* ICMP queries and their answers: reverse keys lead there and back. */
static void
test_reverse_keys(void **state)
{
	static const uint8_t pairs[][2] = {{9, 1}, {14, 15}, {16, 17}, {18, 19}, {43, 43}, {0, 0}};

	(void)state;
	for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		const struct flow_fields fields = {.source = 1,
		    .destination = 2,
		    .source_port = 3,
		    .destination_port = 4,
		    .instance = 5,
		    .protocol = 1,
		    .kind = pairs[i][0]};
		const struct flow_key key = flow_key_of(&fields);
		const struct flow_key reverse = flow_key_reverse(key, 6);
		const struct flow_fields back = flow_fields_of(reverse);

		assert_int_equal(back.source, 2);
		assert_int_equal(back.destination, 1);
		assert_int_equal(back.source_port, 4);
		assert_int_equal(back.destination_port, 3);
		assert_int_equal(back.instance, 6);
		assert_int_equal(back.kind, pairs[i][1]);
		assert_true(flow_key_equal(flow_key_reverse(reverse, 5), key));
	}
}

/* Both flows of a session by one hash, and what that must not do: any two keys have their own answers. */
static void
test_hash_of_other_flow(void **state)
{
	static const struct row {
		struct flow_fields fields;
		uint16_t instance; /* of the answers */
		bool neighbours;
	} rows[] = {
	    {{.source = 1, .destination = 2, .source_port = 3, .destination_port = 4, .protocol = 6}, 0, true},
	    {{.source = 2, .destination = 1, .source_port = 3, .destination_port = 4, .protocol = 17, .instance = 7}, 7, true},
	    {{.source = 1, .destination = 2, .source_port = 3, .destination_port = 4, .protocol = 6}, 1, false},
	    {{.source = 1, .destination = 2, .source_port = 5, .destination_port = 5, .protocol = 1, .kind = 9}, 0, false},
	    {{.source = 9, .destination = 9, .source_port = 3, .destination_port = 4, .protocol = 6}, 0, false},
	    {{.source = 1, .destination = 2, .protocol = 50}, 0, true},
	};
	const struct fixture *fixture = *state;
	const struct session_table *table = &fixture->table;

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct flow_key key = flow_key_of(&rows[i].fields);
		const struct flow_key back = flow_key_reverse(key, rows[i].instance);
		const uint64_t hash = session_table_hash(table, key);
		const uint64_t other = session_table_hash_other(table, key, hash, back);

		assert_true(other == session_table_hash(table, back));
		assert_true(session_table_hash_other(table, back, other, key) == hash);
		assert_int_equal((other ^ hash) == 1, rows[i].neighbours);
	}
	/* Ports that change places without the addresses are another flow. */
	const struct flow_key mixed = {.low = flow_key_of(&rows[0].fields).low, .high = flow_key_turned(flow_key_of(&rows[0].fields), UINT64_MAX).high};

	assert_true((session_table_hash(table, mixed) | 1) != (session_table_hash(table, flow_key_of(&rows[0].fields)) | 1));
}

/* The same of IPv6: whichever address is the greater one, by either word. */
static void
test_hash_of_other_flow6(void **state)
{
	static const struct row {
		struct flow_addresses addresses;
		uint8_t kind;
		uint16_t instance; /* of the answers */
		bool neighbours;
	} rows[] = {
	    {{{1, 9}, {2, 3}}, 0, 0, true},
	    {{{2, 3}, {1, 9}}, 0, 0, true},
	    {{{1, 9}, {1, 3}}, 0, 0, true},
	    {{{1, 3}, {1, 9}}, 0, 0, true},
	    {{{1, 3}, {1, 3}}, 0, 0, false},
	    {{{1, 3}, {2, 9}}, 129, 0, false},
	    {{{1, 3}, {2, 9}}, 0, 4, false},
	};
	const struct fixture *fixture = *state;
	const struct session_table *table = &fixture->table;

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct flow_fields fields = {.source_port = 5, .destination_port = 6, .protocol = 17, .kind = rows[i].kind};
		const struct flow_addresses back = flow_addresses_reverse(&rows[i].addresses);
		struct flow_key key = flow_key_of(&fields);

		key.high |= FLOW_IPV6;
		key.low = flow_hash6(table, key.high, &rows[i].addresses);
		const uint64_t answer = flow_key_reverse(key, rows[i].instance).high;
		const uint64_t other = flow_hash6_other(table, key, &rows[i].addresses, answer);

		assert_true(other == flow_hash6(table, answer, &back));
		assert_true(other != key.low);
		assert_int_equal((other ^ key.low) == 1, rows[i].neighbours);
		/* Addresses or ports that change places alone are another flow. */
		assert_true(i == 4 || (flow_hash6(table, key.high, &back) | 1) != (key.low | 1));
		assert_true((flow_hash6(table, flow_key_turned(key, UINT64_MAX).high, &rows[i].addresses) | 1) != (key.low | 1));
	}
}

/* Sessions whose flows lie in neighbouring buckets fill the table as others do. */
static void
test_neighbours_fill_up_completely(void **state)
{
	struct fixture *fixture = *state;

	while (fixture->count < CAPACITY) {
		const uint32_t i = fixture->count;
		const struct flow_key forth = {random_u64(&fixture->random), random_u64(&fixture->random) & ~FLOW_IPV6};
		bool clash;

		fixture->forth[i] = forth;
		fixture->back[i] = flow_key_turned(forth, UINT64_MAX);
		fixture->model[i] = add_keys(fixture, fixture->forth[i], fixture->back[i], &clash);
		assert_non_null(fixture->model[i]);
		fixture->count++;
	}
	check_all(fixture);
	while (fixture->count > 0) {
		remove_one(fixture, (uint32_t)random_below(&fixture->random, fixture->count));
		if (fixture->count % 512 == 0) {
			check_all(fixture);
		}
	}
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_fills_up_completely),
	    TEST(test_neighbours_fill_up_completely),
	    TEST(test_hash_of_other_flow),
	    TEST(test_against_a_model),
	    TEST(test_clash_is_refused),
	    TEST(test_numbers_are_never_used_twice),
	    TEST(test_guess),
	    TEST(test_addresses_are_compared),
	    TEST(test_ipv6_hash),
	    TEST(test_hash_of_other_flow6),
	    TEST(test_ipv6_keys),
	    TEST(test_reverse_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
