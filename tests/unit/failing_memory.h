/*
 * Allocations that fail, one by one. The linker puts these functions in the place of the C library's malloc, calloc, realloc,
 * reallocarray, aligned_alloc and strdup for everything in the test's program (tests/unit/meson.build: failing_memory_dep);
 * shared libraries keep their own. One thread.
 */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Counts anew from 0; the allocation of that number fails, and no other. UINT32_MAX: none. */
void failing_memory_start(uint32_t number);
/* Has it failed? False: there were not as many since the start. */
bool failing_memory_failed(void);
/* None fails any more. */
void failing_memory_stop(void);
/* How many there have been since the start. */
uint32_t failing_memory_count(void);

#endif
