/*
 * A port as a DPDK device: a PCI device, a virtual device, a capture.
 *
 * Threads: as port.h.
 */
#ifndef FLOWD_PORT_DEVICE_H
#define FLOWD_PORT_DEVICE_H

#include "port.h"

enum port_status port_device_open(struct port_opening *opening) __attribute__((warn_unused_result));
/* => open, and no worker has it */
void port_device_close(struct port *port);
/* Has the device a link? One that does not know has. */
bool port_device_running(const struct port *port);
struct port_counters port_device_counters(const struct port *port);

#endif
