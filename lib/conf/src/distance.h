/*
 * How far two words are from each other: for "did you mean".
 */
#ifndef CONF_DISTANCE_H
#define CONF_DISTANCE_H

#include <stddef.h>

enum { DISTANCE_FAR = 3 };

/* Letters that differ, are missing or too many; DISTANCE_FAR for so many or more. */
unsigned distance_of(const char *left, size_t left_length, const char *right, size_t right_length);

#endif
