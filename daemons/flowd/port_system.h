/*
 * DPDK's start: memory and, if the chassis file names any, PCI devices.
 *
 * Hugepages are used when enough of them are free, and not needed.
 *
 * Threads: once a process, before others are started.
 */
#ifndef FLOWD_PORT_SYSTEM_H
#define FLOWD_PORT_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "chassis.h"

/* `run` is a folder of ours for its runtime files. False with a sentence. */
bool port_system_start(const struct chassis *chassis, const char *run, struct text *error)
    __attribute__((warn_unused_result));
void port_system_stop(void);
/* Octets of the pages that packet buffers lie in: 4096 without hugepages. => started */
uint64_t port_system_page(void);

#endif
