/*
 * Ports as DPDK devices. See port_device.h.
 *
 * DPDK's AF_PACKET driver keeps its sockets to itself. We look them up among our descriptors by interface index: with them
 * a worker can sleep in poll(2), frames that the kernel itself sends are left out, and promiscuous mode ends with the
 * sockets, also when we are killed.
 */
#include "port_device.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum {
	DEVICE_NAME = 32,
	FIRST_DESCRIPTOR = 3,
	DESCRIPTORS = 4096,     /* no socket of ours has a higher number */
	DESCRIPTORS_QUEUE = 1024,
	RING_OCTETS = 16777216, /* of AF_PACKET's ring, each way */
	RING_BLOCK = 32,        /* frames: whole pages, see buffers.c */
};

static void
device_name(const struct port *port, char *name)
{
	static const char *const drivers[] = {
	    [CHASSIS_NETDEV] = "net_af_packet",
	    [CHASSIS_XDP] = "", /* none of DPDK's */
	    [CHASSIS_PCI] = "",
	    [CHASSIS_VDEV] = "",
	    [CHASSIS_PCAP] = "net_pcap",
	};

	if (port->chassis->kind == CHASSIS_PCI || port->chassis->kind == CHASSIS_VDEV) {
		(void)snprintf(name, DEVICE_NAME, "%s", port->chassis->device);
	} else {
		(void)snprintf(name, DEVICE_NAME, "%s%u", drivers[port->chassis->kind], (unsigned)port->index);
	}
}

/* The driver's words for a packet socket: a ring of about RING_OCTETS, in blocks of whole pages and whole frames. */
static void
ring_arguments(const struct port *port, uint32_t frame, struct text *arguments)
{
	const uint32_t block = frame * RING_BLOCK;

	text_printf(arguments, "iface=%s,blocksz=%u,framesz=%u,framecnt=%u,qpairs=%u,qdisc_bypass=1", port->chassis->device,
	    (unsigned)block, (unsigned)frame, (unsigned)(RING_OCTETS / block / port->queue_count * RING_BLOCK),
	    (unsigned)port->queue_count);
}

/* Makes the virtual device of a netdev, vdev or pcap port. */
static bool
device_make(const struct port_opening *opening, const char *name)
{
	const struct chassis_port *chassis = opening->port->chassis;
	struct text arguments = TEXT_EMPTY;
	bool made = false;

	switch (chassis->kind) {
	case CHASSIS_NETDEV:
		ring_arguments(opening->port, opening->buffers->ring_frame, &arguments);
		break;
	case CHASSIS_PCAP:
		text_printf(&arguments, "rx_pcap=%s,tx_pcap=%s", chassis->device, chassis->output);
		break;
	case CHASSIS_VDEV:
		text_append(&arguments, chassis->output == NULL ? "" : chassis->output);
		break;
	case CHASSIS_PCI:
	case CHASSIS_XDP:
		return true; /* there since the start of EAL; not DPDK's */
	}
	if (!text_failed(&arguments)) {
		made = rte_eal_hotplug_add("vdev", name, text_string(&arguments)) == 0;
	}
	if (!made) {
		text_append(opening->error, "DPDK cannot make it");
	}
	text_release(&arguments);
	return made;
}

static bool
queues_start(const struct port *port, struct rte_mempool *pool)
{
	for (uint16_t i = 0; i < port->queue_count; i++) {
		if (rte_eth_rx_queue_setup(port->device, i, DESCRIPTORS_QUEUE, (unsigned)SOCKET_ID_ANY, NULL, pool) != 0 ||
		    rte_eth_tx_queue_setup(port->device, i, DESCRIPTORS_QUEUE, (unsigned)SOCKET_ID_ANY, NULL) != 0) {
			return false;
		}
	}
	return true;
}

static bool
device_start(struct port *port, struct rte_mempool *pool, struct text *error)
{
	struct rte_eth_conf configuration = {.rxmode = {.offloads = 0}};
	struct rte_eth_dev_info facts;
	struct rte_ether_addr mac;

	if (rte_eth_dev_info_get(port->device, &facts) != 0) {
		text_append(error, "DPDK does not know it");
		return false;
	}
	if (port->namespace == NULL && port->queue_count > 1) {
		configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		configuration.rx_adv_conf.rss_conf.rss_hf =
		    facts.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	const uint16_t most = facts.max_rx_queues < facts.max_tx_queues ? facts.max_rx_queues : facts.max_tx_queues;

	if (port->queue_count > most && port->chassis->queues != 0) {
		text_printf(error, "its driver %s has not so many queues: %u at most", facts.driver_name, (unsigned)most);
		return false;
	}
	port->queue_count = port->queue_count < most ? port->queue_count : most;
	if (rte_eth_dev_configure(port->device, port->queue_count, port->queue_count, &configuration) != 0 ||
	    !queues_start(port, pool) || rte_eth_macaddr_get(port->device, &mac) != 0 ||
	    rte_eth_dev_start(port->device) != 0) {
		text_printf(error, "DPDK's driver %s cannot start it", facts.driver_name);
		return false;
	}
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	if (port->namespace == NULL) {
		(void)snprintf(port->driver, sizeof(port->driver), "%s", facts.driver_name);
	}
	return true;
}

static bool
descriptor_taken(const struct port_opening *opening, int descriptor)
{
	for (size_t i = 0; i < opening->count; i++) {
		const struct port *port = &opening->ports[i];

		for (uint16_t q = 0; port->open && q < port->queue_count; q++) {
			if (port->queues[q].descriptor == descriptor) {
				return true;
			}
		}
	}
	return false;
}

/* The first packet socket from `from` on that the driver has just bound to the port's interface, or -1. */
static int
socket_of(const struct port_opening *opening, int from)
{
	for (int descriptor = from; descriptor < DESCRIPTORS; descriptor++) {
		int family = 0;
		socklen_t length = sizeof(family);
		struct sockaddr_ll address = {.sll_ifindex = 0};
		socklen_t size = sizeof(address);

		if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_PACKET &&
		    getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 && address.sll_protocol != 0 &&
		    address.sll_ifindex == (int)opening->port->netdev && !descriptor_taken(opening, descriptor)) {
			return descriptor;
		}
	}
	return -1;
}

static void
socket_tune(const struct port *port, int descriptor)
{
	const int on = 1;
	const struct packet_mreq membership = {.mr_ifindex = (int)port->netdev, .mr_type = PACKET_MR_PROMISC};

	if (descriptor >= 0) {
		(void)setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
		(void)setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership));
	}
}

/* The driver opens its sockets one after the other, so that their numbers rise with the queues'. */
static void
queues_note(const struct port_opening *opening)
{
	struct port *port = opening->port;
	int descriptor = FIRST_DESCRIPTOR - 1;

	for (uint16_t i = 0; i < port->queue_count; i++) {
		port->queues[i] = (struct queue){.device = port->device, .number = i, .descriptor = -1};
		if (port->chassis->kind == CHASSIS_NETDEV && descriptor < DESCRIPTORS) {
			descriptor = socket_of(opening, descriptor + 1);
			port->queues[i].descriptor = descriptor;
			socket_tune(port, descriptor);
			descriptor = descriptor < 0 ? DESCRIPTORS : descriptor;
		}
	}
}

static void
device_drop(const struct port *port, const char *name)
{
	if (port->chassis->kind != CHASSIS_PCI) {
		(void)rte_eal_hotplug_remove("vdev", name);
	}
}

/* As the chassis file says; else one for each worker, where frames can be spread over as many. */
static uint16_t
queues_for(const struct port_opening *opening)
{
	const struct chassis_port *chassis = opening->port->chassis;

	if (chassis->queues != 0) {
		return chassis->queues;
	}
	return chassis->kind == CHASSIS_NETDEV || chassis->kind == CHASSIS_PCI ? opening->workers : 1;
}

enum port_status
port_device_open(struct port_opening *opening)
{
	struct port *port = opening->port;
	char name[DEVICE_NAME];

	port->queue_count = queues_for(opening);
	device_name(port, name);
	if (!device_make(opening, name)) {
		return PORT_FAILED;
	}
	if (rte_eth_dev_get_port_by_name(name, &port->device) != 0) {
		text_append(opening->error,
		    port->chassis->kind == CHASSIS_PCI ? "DPDK has no driver for this device" : "DPDK has no device for it");
		device_drop(port, name);
		return PORT_FAILED;
	}
	if (!device_start(port, opening->buffers->frames, opening->error)) {
		device_drop(port, name);
		return PORT_FAILED;
	}
	queues_note(opening);
	if (port->chassis->kind != CHASSIS_NETDEV) {
		(void)rte_eth_promiscuous_enable(port->device);
	}
	port->open = true;
	return PORT_OPENED;
}

void
port_device_close(struct port *port)
{
	char name[DEVICE_NAME];

	device_name(port, name);
	(void)rte_eth_dev_stop(port->device);
	device_drop(port, name);
}

bool
port_device_running(const struct port *port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port->device, &link) != 0 || link.link_status == RTE_ETH_LINK_UP;
}

/* The kernel's counters of a packet socket begin anew with each look. */
static void
ring_look(struct port *port)
{
	for (uint16_t i = 0; i < port->queue_count; i++) {
		struct tpacket_stats lost = {.tp_drops = 0};
		socklen_t size = sizeof(lost);

		if (port->queues[i].descriptor >= 0 &&
		    getsockopt(port->queues[i].descriptor, SOL_PACKET, PACKET_STATISTICS, &lost, &size) == 0) {
			port->ring_lost += lost.tp_drops;
		}
	}
}

struct port_counters
port_device_counters(struct port *port)
{
	struct rte_eth_stats stats;

	if (port->chassis->kind == CHASSIS_NETDEV) {
		ring_look(port);
	}
	if (rte_eth_stats_get(port->device, &stats) != 0) {
		return (struct port_counters){.in_packets = 0};
	}
	return (struct port_counters){
	    .in_packets = stats.ipackets,
	    .out_packets = stats.opackets,
	    .in_lost = stats.imissed + stats.ierrors + stats.rx_nombuf + port->ring_lost,
	    .out_lost = stats.oerrors,
	    .in_full = stats.imissed + port->ring_lost,
	    .in_invalid = stats.ierrors,
	};
}
