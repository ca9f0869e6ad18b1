/*
 * The terms of rules that have several: equal lists are kept once, however many rules name them.
 */
#include "classifier_build.h"

static bool
terms_equal(const struct classifier_term *known, const struct classifier_term *terms, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (known[i].application != terms[i].application || known[i].protocol != terms[i].protocol ||
		    known[i].destination_low != terms[i].destination_low ||
		    known[i].destination_high != terms[i].destination_high || known[i].source_low != terms[i].source_low ||
		    known[i].source_high != terms[i].source_high || (known[i].more != 0) != (i + 1 < count)) {
			return false;
		}
	}
	return true;
}

static uint64_t
digest_terms(const struct classifier_term *terms, uint32_t count)
{
	uint64_t digest = digest_add(DIGEST_START, count);

	for (uint32_t i = 0; i < count; i++) {
		digest = digest_add(digest, (uint64_t)terms[i].application << 32 | terms[i].protocol);
		digest = digest_add(digest,
		    (uint64_t)terms[i].destination_low << 48 | (uint64_t)terms[i].destination_high << 32 |
			(uint64_t)terms[i].source_low << 16 | terms[i].source_high);
	}
	return digest;
}

bool
build_terms_place(struct build_terms *known, struct arena *scratch, const struct classifier_term *terms, uint32_t count,
    uint32_t *start)
{
	const uint64_t digest = digest_terms(terms, count);
	uint32_t *place =
	    pair_map_place(&known->map, scratch, (uint32_t)(digest >> 32), (uint32_t)digest, known->count);

	if (place == NULL) {
		return false;
	}
	/* The place says where to look; what stands there decides. */
	if ((uint64_t)*place + count <= known->count && terms_equal(&known->rows[*place], terms, count)) {
		*start = *place;
		return true;
	}
	*place = known->count;
	*start = *place;
	for (uint32_t i = 0; i < count; i++) {
		struct classifier_term *moved =
		    arena_grow(scratch, known->rows, known->count, &known->capacity, sizeof(*moved));
		if (moved == NULL) {
			return false;
		}
		known->rows = moved;
		moved[known->count] = terms[i];
		moved[known->count++].more = i + 1 < count;
	}
	return true;
}
