/*
 * Levenshtein's distance, one row at a time. See distance.h.
 */
#include "distance.h"

enum { DISTANCE_LETTERS = 30 };

unsigned
distance_of(const char *left, size_t left_length, const char *right, size_t right_length)
{
	unsigned row[DISTANCE_LETTERS + 1];
	const size_t apart = left_length > right_length ? left_length - right_length : right_length - left_length;

	if (left_length > DISTANCE_LETTERS || right_length > DISTANCE_LETTERS || apart >= DISTANCE_FAR) {
		return DISTANCE_FAR;
	}
	for (size_t c = 0; c <= right_length; c++) {
		row[c] = (unsigned)c;
	}
	for (size_t r = 1; r <= left_length; r++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)r;
		for (size_t c = 1; c <= right_length; c++) {
			const unsigned above = row[c];
			unsigned best = diagonal + (left[r - 1] != right[c - 1]);

			best = above + 1 < best ? above + 1 : best;
			best = row[c - 1] + 1 < best ? row[c - 1] + 1 : best;
			diagonal = above;
			row[c] = best;
		}
	}
	return row[right_length] < DISTANCE_FAR ? row[right_length] : DISTANCE_FAR;
}
