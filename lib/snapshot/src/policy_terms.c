/*
 * Services as rectangles of destination and source ports, one layer a protocol: is one inside the
 * union of others?
 *
 * A rectangle that only partly lies in one of the others is cut, and its rest, at most four pieces,
 * is looked for in those that follow.
 */
#include "policy_sets.h"

enum {
	PROTOCOLS = 256,
	PIECES_MOST = 2048, /* cuts for one question */
	PIECES_DEEP = 64,   /* others that cut one after the other */
};

struct piece {
	uint32_t destination_low;
	uint32_t destination_high;
	uint32_t source_low;
	uint32_t source_high;
};

struct cutting {
	const struct classifier_term *terms;
	uint32_t count;
	uint32_t protocol;
	uint32_t left; /* pieces that may still be looked at */
};

static bool
meets(const struct classifier_term *term, const struct piece *piece)
{
	return term->destination_low <= piece->destination_high &&
	       piece->destination_low <= term->destination_high &&
	       term->source_low <= piece->source_high && piece->source_low <= term->source_high;
}

static bool inside(
    struct cutting *cutting, const struct piece *piece, uint32_t from, uint32_t depth);

/* What of the piece lies outside the term, looked for in the terms from `from` on. The recursion is
 * PIECES_DEEP deep. */
static bool
rest_inside(struct cutting *cutting, const struct piece *piece, const struct classifier_term *term,
    uint32_t from, uint32_t depth)
{
	struct piece middle = *piece;

	if (piece->destination_low < term->destination_low) {
		struct piece below = *piece;
		below.destination_high = term->destination_low - 1U;
		middle.destination_low = term->destination_low;
		if (!inside(cutting, &below, from, depth)) {
			return false;
		}
	}
	if (piece->destination_high > term->destination_high) {
		struct piece above = *piece;
		above.destination_low = term->destination_high + 1U;
		middle.destination_high = term->destination_high;
		if (!inside(cutting, &above, from, depth)) {
			return false;
		}
	}
	if (piece->source_low < term->source_low) {
		struct piece below = middle;
		below.source_high = term->source_low - 1U;
		if (!inside(cutting, &below, from, depth)) {
			return false;
		}
	}
	if (piece->source_high > term->source_high) {
		struct piece above = middle;
		above.source_low = term->source_high + 1U;
		return inside(cutting, &above, from, depth);
	}
	return true;
}

static bool
inside(struct cutting *cutting, const struct piece *piece, uint32_t from, uint32_t depth)
{
	if (depth == PIECES_DEEP) {
		return false;
	}
	for (uint32_t i = from; i < cutting->count; i++) {
		const struct classifier_term *term = &cutting->terms[i];
		if (cutting->left == 0) {
			return false;
		}
		cutting->left--;
		if ((term->protocol == cutting->protocol ||
			term->protocol == CLASSIFIER_ANY_PROTOCOL) &&
		    meets(term, piece)) {
			return rest_inside(cutting, piece, term, i + 1, depth + 1);
		}
	}
	return false;
}

bool
policy_terms_contain(
    const struct classifier_term *terms, uint32_t count, const struct classifier_term *term)
{
	struct cutting cutting = {
	    .terms = terms, .count = count, .protocol = term->protocol, .left = PIECES_MOST};
	const struct piece piece = {
	    term->destination_low, term->destination_high, term->source_low, term->source_high};

	if (inside(&cutting, &piece, 0, 0)) {
		return true;
	}
	if (term->protocol != CLASSIFIER_ANY_PROTOCOL || count < PROTOCOLS) {
		return false;
	}
	/* Every protocol by itself. */
	for (cutting.protocol = 0; cutting.protocol < PROTOCOLS; cutting.protocol++) {
		cutting.left = PIECES_MOST;
		if (!inside(&cutting, &piece, 0, 0)) {
			return false;
		}
	}
	return true;
}

bool
policy_terms_meet(const struct classifier_term *one, const struct classifier_term *other)
{
	const struct piece piece = {
	    one->destination_low, one->destination_high, one->source_low, one->source_high};

	return (one->protocol == other->protocol || one->protocol == CLASSIFIER_ANY_PROTOCOL ||
		   other->protocol == CLASSIFIER_ANY_PROTOCOL) &&
	       meets(other, &piece);
}

bool
policy_ports_cut(
    uint32_t low, uint32_t high, bool (*each)(void *context, uint32_t key), void *context)
{
	while (low <= high) {
		uint32_t length = 16;

		/* the largest block that begins here and does not pass the end */
		while (length > 0 && (low & ((2U << (16 - length)) - 1)) == 0 &&
		       low + (2U << (16 - length)) - 1 <= high) {
			length--;
		}
		if (!each(context, classifier_port_key(low, length))) {
			return false;
		}
		low += 1U << (16 - length);
	}
	return true;
}
