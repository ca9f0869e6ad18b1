/*
 * Octets that all go out, whatever the kernel takes at a time.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* All of them, also when a signal comes between. False: some may be out, errno says why the others are not. */
bool output_all(int descriptor, const char *bytes, size_t length);

#endif
