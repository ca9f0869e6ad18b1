/*
 * What a benchmark ran on and with, for whoever reads its figures elsewhere.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <jansson.h>

/* An object of texts and numbers: processor, kernel, memory, compiler, version, date, load. NULL: no memory. */
json_t *machine_json(void) __attribute__((warn_unused_result));

#endif
