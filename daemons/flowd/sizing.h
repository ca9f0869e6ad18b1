/*
 * How large the tables are: what the chassis file says, and for the rest what suits the machine's memory.
 *
 * Defaults go by classes of memory (about 1, 4, 16 and 64 GiB); a row of sizing.c each. The memory is set aside at start, but
 * only touched when it is used: an idle gateway with room for a million sessions takes as much as one with room for a
 * thousand. All of it together must fit into three quarters of the memory, or flowd does not start.
 *
 * Threads: pure, but for sizing_memory().
 */
#ifndef FLOWD_SIZING_H
#define FLOWD_SIZING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "chassis.h"
#include "engine/engine.h"

struct sizing {
	uint32_t values[CHASSIS_SETTINGS];
};

/* `said`: as struct chassis has it, 0 where nothing is said. `memory`: octets. */
struct sizing sizing_for(const uint32_t said[CHASSIS_SETTINGS], uint64_t memory);
/* What one of so many workers' engines gets; callbacks and randomness are left out. */
struct engine_config sizing_engine(const struct sizing *sizing, uint16_t workers);
/* Octets that all workers set aside. */
uint64_t sizing_octets(const struct sizing *sizing, uint16_t workers);
/* False with a sentence when the tables do not fit into the memory. */
bool sizing_fits(const struct sizing *sizing, uint16_t workers, uint64_t memory, struct text *error)
    __attribute__((warn_unused_result));

/* Octets of memory that this process may have: the machine's, or what its control group is allowed. */
uint64_t sizing_memory(void);

#endif
