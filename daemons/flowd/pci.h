/*
 * May a PCI device be had by DPDK? Asked of the kernel's own files before DPDK is started, because it tells nobody why not.
 *
 * Threads: any.
 * Source: linux/Documentation/driver-api/vfio.rst; dpdk.org/doc, Linux drivers.
 */
#ifndef FLOWD_PCI_H
#define FLOWD_PCI_H

#include <stdbool.h>

#include "base/text.h"

/*
 * `address` reads like 0000:03:00.0. `root` stands before "/sys": "" but in tests. False with a sentence that says which
 * commands help.
 */
bool pci_usable(const char *root, const char *address, struct text *error) __attribute__((warn_unused_result));
/* Can it be had only with hugepages, because it reaches memory by physical addresses? => usable */
bool pci_needs_hugepages(const char *root, const char *address);

#endif
