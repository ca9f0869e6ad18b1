/*
 * The part of the report's page that holds a run against what is to be reached.
 */
#ifndef BENCH_REPORT_TARGET_H
#define BENCH_REPORT_TARGET_H

#include <jansson.h>

#include "base/text.h"

/* The table of targets: measured, aim, verdict, others. */
void report_targets(struct text *page, const json_t *run, const json_t *beside);

#endif
