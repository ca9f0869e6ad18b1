/*
 * Ports: the physical interfaces of the chassis file.
 *
 * Linux interfaces have queues of our own: `netdev:` by AF_PACKET, `xdp:` by AF_XDP. Their sockets are made by the thread of the
 * interface's namespace; the interface is guarded (netdev.h) and entered in the ledger first. A port whose interface is gone is
 * closed and may be opened again. All others are DPDK's, which runs without hugepages and without touching any PCI device that
 * the chassis file does not name.
 *
 * Threads: the control thread owns ports. The worker receives and sends on a port between port_open() and port_close() and
 * must have been told to let go before port_close().
 */
#ifndef FLOWD_PORT_H
#define FLOWD_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "buffers.h"
#include "chassis.h"
#include "ledger.h"
#include "namespace.h"
#include "queue.h"
#include "xdp_port.h"

enum port_status {
	PORT_OPENED,
	PORT_ABSENT,  /* its interface is not there (yet) */
	PORT_REFUSED, /* it must not be used: it carries an IP address, another gateway has it */
	PORT_FAILED,
};

/* Frames that the device received and sent, and those that it lost. */
struct port_counters {
	uint64_t in_packets;
	uint64_t out_packets;
	uint64_t in_lost;    /* for want of room in the ring or of a buffer, or too large for one */
	uint64_t out_lost;
	uint64_t in_full;    /* of in_lost: the ring was full; 0 where a device does not tell */
	uint64_t in_invalid; /* of in_lost: what made no sense */
};

enum { PORT_TROUBLE = 192 };

struct port {
	const struct chassis_port *chassis;
	struct namespace *namespace; /* borrowed; NULL for pci and pcap */
	uint16_t index;              /* in the chassis file: what the engine calls it */
	uint16_t device;             /* DPDK's number; while open */
	uint16_t queue_count;        /* while open */
	struct queue queues[QUEUES_MOST];
	struct xdp_port xdp;         /* while an xdp port is open */
	char driver[NETDEV_DRIVER];  /* of the interface, or DPDK's of the device; while open */
	struct port_counters cleared; /* what they were when they were cleared; while open */
	unsigned netdev;             /* the interface's index */
	uint32_t mtu;                /* its IP octets */
	uint8_t mac[6];
	bool open;
	bool running; /* has a carrier */
	bool guarded; /* the interface is changed, and in the ledger */
	int claim; /* netdev_claim()'s, negative while there is none */
	char trouble[PORT_TROUBLE]; /* why it is not open, in words; "" while it is */
};

/* The largest MTU of the chassis' interfaces that are there: what packet buffers have to hold. => before privileges go */
uint32_t port_largest_mtu(const struct chassis *chassis);

/* => not open; `ports` are all `count` ports, to tell its own sockets from theirs. Else a sentence in `error`. */
struct port_opening {
	struct port *port;
	const struct port *ports;
	size_t count;
	const struct buffers *buffers;
	struct ledger *ledger;
	uint16_t workers; /* QUEUES_MOST at most */
	struct text *error;
};
enum port_status port_open(struct port_opening *opening) __attribute__((warn_unused_result));
/* Closes the device; the guard stays. */
void port_close(struct port *port);
/* Gives the interface back as it was. => closed */
void port_release(struct port *port, struct ledger *ledger);
/* How frames come in, in words: "packet ring", "native, zero-copy", "polled" and so on; "" while it is not open. */
const char *port_mode(const struct port *port);

/* All 0 while it is closed. */
struct port_counters port_counters(const struct port *port);
/* What came since they were `before`. */
struct port_counters port_counters_less(struct port_counters counters, const struct port_counters *before);

#endif
