/*
 * Fragments against slow models: the list of pieces against a map of octets, and datagrams cut, mixed up, doubled and
 * bent at random against what a receiver could make of them. Then floods of incomplete datagrams, which must not push out good
 * ones, and what ends in the middle. (REQ-FW-013, cs06917, 07301, 08164)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/datagram_private.h"
#include "engine_expect.h"
#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 5)
#define SERVER IP(8, 8, 8, 8)

enum {
	OCTETS = 65536,
	PARTS = 256,
	TRIALS = 300,
};

/* A datagram and its fragments, as the test makes them. */
struct part {
	uint32_t start;
	uint32_t size;
	bool more;
	bool bent; /* its octets are others */
};

struct letter {
	uint32_t source;
	uint16_t identification;
	uint8_t protocol;
	uint32_t size; /* of the IP payload */
	uint8_t octets[OCTETS];
	struct part parts[PARTS];
	uint32_t count;
};

static int
setup(void **state)
{
	struct world *world = world_create();

	world->config.sessions = 4096;
	world->config.datagrams = 512;
	world->config.fragments = 4096;
	world->config.fragments_held = 512;
	world_apply(world);
	*state = world;
	return 0;
}

static void
put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint16_t
sum16(const uint8_t *bytes, uint32_t length, uint32_t start)
{
	uint32_t sum = start;

	for (uint32_t i = 0; i < length; i++) {
		sum += (uint32_t)bytes[i] << ((i & 1) == 0 ? 8 : 0);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* A UDP datagram of `size` octets with its checksum. */
static void
write_letter(struct letter *letter, struct random_source *random, uint32_t size)
{
	letter->protocol = 17;
	letter->size = size;
	for (uint32_t i = 0; i < size; i++) {
		letter->octets[i] = (uint8_t)random_u64(random);
	}
	put16(letter->octets, 4000);
	put16(letter->octets + 2, 99);
	put16(letter->octets + 4, size);
	put16(letter->octets + 6, 0);
	const uint32_t pseudo = (letter->source >> 16) + (letter->source & 0xffff) + (SERVER >> 16) + (SERVER & 0xffff) +
	    17 + size;
	const uint16_t sum = sum16(letter->octets, size, (pseudo & 0xffff) + (pseudo >> 16));

	put16(letter->octets + 6, sum == 0 ? 0xffff : sum);
}

static void
cut(struct letter *letter, struct random_source *random, uint32_t most)
{
	uint32_t start = 0;

	letter->count = 0;
	while (start < letter->size) {
		uint32_t size = most != 0 ? most : 8 * (1 + random_below(random, 180));
		/* Never more than a datagram may have. */
		const uint32_t least = (letter->size - start) / (100 - letter->count) + 8;

		size = size < least ? least / 8 * 8 : size;
		size = size < letter->size - start ? size : letter->size - start;
		letter->parts[letter->count++] =
		    (struct part){.start = start, .size = size, .more = start + size < letter->size};
		start += size;
	}
}

static void
shuffle(struct letter *letter, struct random_source *random)
{
	for (uint32_t i = letter->count; i > 1; i--) {
		const uint32_t other = random_below(random, i);
		const struct part part = letter->parts[i - 1];

		letter->parts[i - 1] = letter->parts[other];
		letter->parts[other] = part;
	}
}

static struct packet_result
send_part(struct world *world, const struct letter *letter, const struct part *part)
{
	static const uint8_t macs[] = {2, 0x53, 0x50, 0, 0, 0, 2, 0, 0, 0, 0, 99, 8, 0};
	uint8_t frame[2048] = {0};
	uint8_t *ip = frame + 14;

	assert_true(part->size <= sizeof frame - 34);
	memcpy(frame, macs, sizeof macs);
	ip[0] = 0x45;
	put16(ip + 2, 20 + part->size);
	put16(ip + 4, letter->identification);
	put16(ip + 6, part->start / 8 | (part->more ? 0x2000 : 0));
	ip[8] = 64;
	ip[9] = letter->protocol;
	put32(ip + 12, letter->source);
	put32(ip + 16, SERVER);
	put16(ip + 10, sum16(ip, 20, 0));
	memcpy(ip + 20, letter->octets + part->start, part->size);
	if (part->bent) {
		ip[20] ^= 1;
	}
	return world_input(world, 0, frame, 34 + part->size);
}

/* What a receiver has of a datagram: an octet may come once. */
struct receiver {
	uint8_t octets[OCTETS];
	uint8_t here[OCTETS];
	uint32_t got;
	uint32_t end;
};

static void
receive(struct receiver *receiver, const struct world *world)
{
	for (uint32_t i = 0; i < world->sent_count; i++) {
		const struct world_sent *sent = &world->sent[i];
		const uint8_t *ip = world_ip(sent);
		const uint32_t start = ((ip[6] & 0x1fU) << 8 | ip[7]) * 8;
		const uint32_t size = ((uint32_t)ip[2] << 8 | ip[3]) - 20;

		assert_int_equal(sent->port, 1);
		for (uint32_t at = 0; at < size; at++) {
			assert_int_equal(receiver->here[start + at], 0);
			receiver->here[start + at] = 1;
			receiver->octets[start + at] = ip[20 + at];
		}
		receiver->got += size;
		if ((ip[6] & 0x20) == 0) {
			receiver->end = start + size;
		}
	}
}

static bool
received(const struct receiver *receiver, const struct letter *letter)
{
	return receiver->end != 0 && receiver->got == receiver->end && receiver->end == letter->size &&
	    memcmp(receiver->octets, letter->octets, letter->size) == 0;
}

static void
assert_nothing_left(struct world *world)
{
	world_advance(world, world->now + 31 * SECOND);
	const struct engine_datagram_counts counts = world_datagram_counts(world);

	assert_int_equal(counts.datagrams, 0);
	assert_int_equal(counts.held, 0);
}

/* --- the list of pieces ----------------------------------------------------------------------------------------- */

struct model {
	uint8_t here[OCTETS];
	struct datagram_piece pieces[PARTS];
	uint32_t count;
	uint32_t end;
	uint32_t highest;
};

static enum datagram_outcome
model_add(struct model *model, const struct datagram_piece *piece, bool more)
{
	const uint32_t end = (uint32_t)piece->offset + piece->size;
	bool overlap = false;

	if (model->end != 0 && (more ? end >= model->end : end != model->end)) {
		return DATAGRAM_BAD_END;
	}
	if (model->end == 0 && !more && model->highest > end) {
		return DATAGRAM_BAD_END;
	}
	for (uint32_t i = piece->offset; i < end; i++) {
		overlap = overlap || model->here[i] != 0;
	}
	for (uint32_t i = 0; overlap && i < model->count; i++) {
		const struct datagram_piece *other = &model->pieces[i];

		if (other->offset == piece->offset && other->size == piece->size && other->sum == piece->sum) {
			return DATAGRAM_DUPLICATE;
		}
	}
	if (overlap) {
		return DATAGRAM_OVERLAP;
	}
	if (model->count == DATAGRAM_PIECES_MOST) {
		return DATAGRAM_TOO_MANY;
	}
	memset(model->here + piece->offset, 1, piece->size);
	model->pieces[model->count++] = *piece;
	model->end = more ? model->end : end;
	model->highest = model->highest > end ? model->highest : end;
	return DATAGRAM_ADDED;
}

static bool
model_complete(const struct model *model)
{
	return model->end != 0 && memchr(model->here, 0, model->end) == NULL;
}

static void
test_pieces_model(void **state)
{
	const struct datagram_limits limits = {.entries = 4, .pieces = 300, .held = 4};
	const struct datagram_key key = {.version = 4, .source = {0, 1}};
	struct random_source random = random_seeded(13);
	struct datagram_table table = {.wheel = {.stride = 0}};
	void *memory = aligned_alloc(64, datagram_table_size(&limits));
	struct model *model = malloc(sizeof *model);
	uint32_t outcomes[DATAGRAM_TOO_MANY + 1] = {0};
	uint32_t completed = 0;

	(void)state;
	assert_non_null(memory);
	assert_non_null(model);
	memset(memory, 0, datagram_table_size(&limits));
	datagram_table_init(&table, memory, &limits, (struct hash_key){1, 2}, 0);
	for (uint32_t trial = 0; trial < 2000; trial++) {
		/* From few large pieces to many small ones. */
		const uint32_t units = 4 + random_below(&random, 1 << (2 + trial % 8));
		const uint32_t index = datagram_add(&table, &key);
		struct datagram *datagram = &table.entries[index];

		assert_int_equal(datagram_find(&table, &key), index);
		memset(model, 0, sizeof *model);
		for (uint32_t step = 0; step < 2 * units && !model_complete(model); step++) {
			const uint32_t start = random_below(&random, units);
			const bool more = random_below(&random, 12) != 0 && start + 1 < units;
			const uint32_t size = more ? 8 * (1 + random_below(&random, 2)) : (units - start) * 8 - trial % 8;
			const struct datagram_piece piece = {.offset = (uint16_t)(start * 8),
			    .size = (uint16_t)size,
			    .sum = (uint16_t)random_below(&random, 2)};
			uint32_t place;
			const enum datagram_outcome outcome = datagram_add_piece(&table, datagram, &piece, more, &place);

			assert_int_equal(outcome, model_add(model, &piece, more));
			outcomes[outcome]++;
			assert_int_equal(datagram->pieces, model->count);
			assert_int_equal(datagram_complete(datagram), model_complete(model));
		}
		completed += model_complete(model);
		datagram_drop_pieces(&table, datagram);
		datagram_remove(&table, index);
		assert_int_equal(table.used[DATAGRAM_ENTRIES] + table.used[DATAGRAM_PIECES], 0);
	}
	for (uint32_t i = 0; i <= DATAGRAM_TOO_MANY; i++) {
		assert_true(outcomes[i] > 0); /* each was seen */
	}
	assert_true(completed > 20);
	free(model);
	free(memory);
}

/* --- datagrams -------------------------------------------------------------------------------------------------- */

/* Any size, cut and order; some with duplicates, some with an overlap or a fragment of other octets. */
static void
test_orders(void **state)
{
	struct world *world = *state;
	struct random_source random = random_seeded(7);
	struct letter *letter = calloc(1, sizeof *letter);
	struct receiver *receiver = malloc(sizeof *receiver);
	/* With several engines what comes before the first fragment is judged when that is there. */
	const bool at_once = world->config.workers == 1;

	assert_non_null(letter);
	assert_non_null(receiver);
	for (uint32_t trial = 0; trial < TRIALS; trial++) {
		const uint32_t kind = trial % 4; /* 1: duplicates, 2: an overlap, 3: other octets in the place */
		bool spoilt = false;

		letter->source = CLIENT + trial % 3;
		letter->identification = (uint16_t)(trial / 3); /* the same ones again and again */
		write_letter(letter, &random, trial % 10 == 0 ? 65515 : 16 + random_below(&random, 20000));
		cut(letter, &random, trial % 10 == 0 ? 1432 : 0);
		assert_true(trial % 10 != 0 || letter->count == 46);
		shuffle(letter, &random);
		memset(receiver, 0, sizeof *receiver);
		for (uint32_t i = 0; i < letter->count; i++) {
			const bool last = i + 1 == letter->count;
			struct packet_result result = send_part(world, letter, &letter->parts[i]);

			receive(receiver, world);
			assert_true(!at_once || spoilt == (result.verdict == VERDICT_DROP));
			if (spoilt && at_once) {
				assert_int_equal(result.reason, REASON_FRAGMENT_OVERLAP);
			}
			if (kind == 1 && !last && !spoilt && random_below(&random, 3) == 0) {
				result = send_part(world, letter, &letter->parts[random_below(&random, i + 1)]);
				receive(receiver, world);
				assert_true(!at_once || result.reason == REASON_FRAGMENT_DUPLICATE);
			}
			if (kind >= 2 && !last && !spoilt && random_below(&random, letter->count) <= 1 &&
			    letter->parts[i].size > 16) {
				struct part part = letter->parts[i];

				part.bent = kind == 3;
				part.size -= kind == 2 ? 8 : 0;
				part.size = part.size / 8 * 8;
				part.more = true;
				if (kind == 3 && !letter->parts[i].more) {
					continue;
				}
				result = send_part(world, letter, &part);
				receive(receiver, world);
				assert_true(!at_once || result.reason == REASON_FRAGMENT_OVERLAP);
				spoilt = true;
			}
		}
		assert_int_equal(received(receiver, letter), !spoilt);
		if (spoilt) {
			assert_nothing_left(world); /* its identification is refused until then */
		}
	}
	assert_nothing_left(world);
	free(receiver);
	free(letter);
}

/* --- floods ----------------------------------------------------------------------------------------------------- */

struct flood {
	struct random_source random;
	uint32_t sources; /* 1: one */
	uint32_t sent;
};

/* One fragment that nobody will complete: a first or a last one. */
static void
flood_one(struct world *world, struct flood *flood)
{
	static struct letter letter;
	const bool first = (flood->sent & 1) != 0;
	const struct part part = {.start = first ? 0 : 800, .size = first ? 80 : 77, .more = first};

	letter.source = IP(10, 0, 0, 100) +
	    (flood->sources == 1 ? 0 : random_below(&flood->random, flood->sources) << 8);
	letter.protocol = 17;
	letter.identification = (uint16_t)random_u64(&flood->random);
	put16(letter.octets, 1000 + flood->sent % 50000);
	put16(letter.octets + 2, 99);
	put16(letter.octets + 4, 877);
	put16(letter.octets + 6, 1);
	flood->sent++;
	(void)send_part(world, &letter, &part);
}

/* Good datagrams among `between` packets of a flood before each of their fragments; returns how many of ten came. */
static uint32_t
good_ones(struct world *world, struct flood *flood, uint32_t between, bool progress)
{
	struct random_source random = random_seeded(3);
	struct letter *letter = calloc(1, sizeof *letter);
	struct receiver *receiver = malloc(sizeof *receiver);
	uint32_t came = 0;

	assert_non_null(letter);
	assert_non_null(receiver);
	/* The session is there before. */
	letter->source = CLIENT;
	write_letter(letter, &random, 100);
	cut(letter, &random, 104);
	(void)send_part(world, letter, &letter->parts[0]);
	for (uint32_t trial = 0; trial < 10; trial++) {
		letter->identification = (uint16_t)(trial + 1);
		write_letter(letter, &random, 4000);
		cut(letter, &random, 1000);
		shuffle(letter, &random);
		memset(receiver, 0, sizeof *receiver);
		for (uint32_t i = 0; i < letter->count; i++) {
			for (uint32_t k = 0; k < between && (!progress || i >= 2); k++) {
				flood_one(world, flood);
			}
			(void)send_part(world, letter, &letter->parts[i]);
			receive(receiver, world);
		}
		came += received(receiver, letter);
	}
	free(receiver);
	free(letter);
	return came;
}

static void
fill(struct world *world, struct flood *flood)
{
	for (uint32_t i = 0; i < 2000; i++) {
		flood_one(world, flood);
	}
	assert_int_equal(world_datagram_counts(world).datagrams, 512);
}

/* One source pushes out its own. */
static void
test_flood_one_source(void **state)
{
	struct world *world = *state;
	struct flood flood = {.random = random_seeded(5), .sources = 1};

	world_needs_one_engine();
	fill(world, &flood);
	assert_int_equal(good_ones(world, &flood, 3000, false), 10);
	assert_true(world_reason_count(world, REASON_DATAGRAM_EVICTED) > 100000);
	assert_nothing_left(world);
}

/* Of many sources: a datagram has as long as the flood needs for a part of the table, */
static void
test_flood_many_sources(void **state)
{
	struct world *world = *state;
	struct flood flood = {.random = random_seeded(5), .sources = 60000};

	world_needs_one_engine();
	fill(world, &flood);
	assert_true(good_ones(world, &flood, 60, false) >= 9);
	assert_nothing_left(world);
}

/* and one that has made progress stays, however long. */
static void
test_flood_progress(void **state)
{
	struct world *world = *state;
	struct flood flood = {.random = random_seeded(5), .sources = 60000};

	world_needs_one_engine();
	fill(world, &flood);
	assert_int_equal(good_ones(world, &flood, 5000, true), 10);
	assert_nothing_left(world);
}

/* A datagram of as many pieces as there may be does not keep others from having some. */
static void
test_flood_pieces(void **state)
{
	struct world *world = *state;
	struct random_source random = random_seeded(5);
	struct flood none = {.random = random_seeded(5), .sources = 1};
	struct letter *letter;

	world_needs_one_engine();
	letter = calloc(1, sizeof *letter);
	assert_non_null(letter);
	letter->protocol = 17;
	for (uint32_t i = 0; i < 60; i++) {
		letter->source = IP(10, 0, 0, 100) + i % 2;
		letter->identification = (uint16_t)i;
		for (uint32_t k = 1; k < DATAGRAM_PIECES_MOST; k++) {
			const struct part part = {.start = 16 * k, .size = 8, .more = true};

			(void)send_part(world, letter, &part);
		}
		(void)random_u64(&random);
	}
	assert_true(world_datagram_counts(world).held >= 500);
	assert_int_equal(good_ones(world, &none, 0, false), 10);
	assert_nothing_left(world);
	free(letter);
}

/* --- what ends in the middle ------------------------------------------------------------------------------------ */

static struct packet_result
part_of(struct world *world, uint16_t identification, uint32_t which)
{
	static struct letter letter;
	struct random_source random = random_seeded(identification);

	letter.source = CLIENT;
	letter.identification = identification;
	write_letter(&letter, &random, 3000);
	cut(&letter, &random, 1000);
	return send_part(world, &letter, &letter.parts[which]);
}

static void
test_session_cleared(void **state)
{
	struct world *world = *state;
	const struct packet_result first = part_of(world, 1, 0);

	expect(first, VERDICT_FORWARD, REASON_SESSION);
	assert_true(world_clear_session(world, first.session));
	expect(part_of(world, 1, 1), VERDICT_DROP, REASON_FRAGMENT_NO_SESSION);
	expect(part_of(world, 1, 2), VERDICT_DROP, REASON_FRAGMENT_NO_SESSION);
	assert_nothing_left(world);
}

/* Another configuration: what is held is judged by it; what follows a session goes on with it. */
static void
test_commit_between(void **state)
{
	struct world *world = *state;

	world_needs_one_engine();
	expect(part_of(world, 1, 0), VERDICT_FORWARD, REASON_SESSION);
	expect(part_of(world, 2, 2), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	world->rules[0].action = POLICY_DENY;
	world_apply(world);
	expect(part_of(world, 1, 1), VERDICT_FORWARD, REASON_SESSION);
	world_clear_session(world, part_of(world, 1, 2).session);
	expect(part_of(world, 2, 0), VERDICT_DROP, REASON_POLICY_DENY);
	assert_int_equal(world->freed, 2);
	/* An interface that is taken away takes along what was held of it. */
	world->rules[0].action = POLICY_PERMIT;
	world_apply(world);
	expect(part_of(world, 3, 2), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	world->units[1].zone = DMZ;
	world_apply(world);
	world->units[1].zone = TRUST;
	expect(part_of(world, 3, 1), VERDICT_CONSUME, REASON_FRAGMENT_HELD); /* in the other zone: another one */
	assert_int_equal(world_datagram_counts(world).datagrams, 3);
	assert_nothing_left(world);
}

static void
test_closed(void **state)
{
	struct world *world = *state;

	expect(part_of(world, 1, 1), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	expect(part_of(world, 1, 2), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	world_close(world);
	world_drain(world);
	assert_int_equal(world->freed, 2);
	assert_int_equal(world_datagram_counts(world).datagrams, 0);
}

/* For ourselves, and there is no packet to put it together in. */
static void
test_no_large_packet(void **state)
{
	struct world *world = *state;
	struct letter *letter;
	struct random_source random = random_seeded(1);

	world_needs_one_engine();
	letter = calloc(1, sizeof *letter);
	assert_non_null(letter);
	world->spare_large = 0;
	letter->source = CLIENT;
	write_letter(letter, &random, 2000);
	cut(letter, &random, 1000);
	/* To the unit's own address: of a neighbour, so its checksum does not matter before it is put together. */
	world->addresses[1].address = SERVER;
	world_apply(world);
	expect(send_part(world, letter, &letter->parts[0]), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	expect(send_part(world, letter, &letter->parts[1]), VERDICT_DROP, REASON_PACKET_POOL_EMPTY);
	assert_int_equal(world->freed, 2);
	world->spare_large = 1;
	expect(send_part(world, letter, &letter->parts[1]), VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	expect(send_part(world, letter, &letter->parts[0]), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	assert_int_equal(world->freed, 3);
	assert_nothing_left(world);
	free(letter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces_model),
	    cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood_one_source, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood_many_sources, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood_progress, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood_pieces, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_session_cleared, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_commit_between, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_closed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_large_packet, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
