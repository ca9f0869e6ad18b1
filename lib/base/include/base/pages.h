/*
 * Pages behind memory. What the kernel gives as zeros has no page behind it until it is first written, and then whoever writes
 * waits for one: a microsecond, or some milliseconds for a huge page that the machine itself has to get from a host. Memory
 * that a packet is going to need gets its pages beforehand, by another thread.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Pages behind all octets of a range, as a write would get them, and no octet changed: others may read and write it meanwhile.
 * In steps, so that the address space is not held for long. False: there is no memory, or the kernel cannot do it (before
 * 5.14); then the first write gets them as ever.
 */
bool pages_populate(const void *start, size_t octets);

#endif
