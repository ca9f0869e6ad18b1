/*
 * Ports. See port.h.
 *
 * DPDK's AF_PACKET driver keeps its sockets to itself. We look them up among our descriptors by interface index: with them
 * a worker can sleep in poll(2), frames that the kernel itself sends are left out, and promiscuous mode ends with the
 * sockets, also when we are killed. AF_XDP is ours (xdp_port.h): DPDK's driver for it leaves its program behind when it is
 * killed, pins others in a file system, and cannot come back once rights were given up.
 */
#include "port.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "netdev.h"

enum {
	DEVICE_NAME = 32,
	FIRST_DESCRIPTOR = 3,
	DESCRIPTORS = 4096, /* no socket of ours has a higher number */
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
	    [CHASSIS_PCAP] = "net_pcap",
	};

	if (port->chassis->kind == CHASSIS_PCI) {
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

/* Makes the virtual device of a netdev or pcap port. */
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
	case CHASSIS_PCI:
	case CHASSIS_XDP:
		return true; /* there since the start of EAL; not DPDK's */
	}
	if (!text_failed(&arguments)) {
		made = rte_eal_hotplug_add("vdev", name, text_string(&arguments)) == 0;
	}
	if (!made) {
		text_append(opening->error, "DPDK cannot open it");
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
device_start(struct port *port, struct rte_mempool *pool)
{
	struct rte_eth_conf configuration = {.rxmode = {.offloads = 0}};
	struct rte_eth_dev_info facts;
	struct rte_ether_addr mac;

	if (rte_eth_dev_info_get(port->device, &facts) != 0) {
		return false;
	}
	if (port->chassis->kind == CHASSIS_PCI && port->queue_count > 1) {
		configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		configuration.rx_adv_conf.rss_conf.rss_hf =
		    facts.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	if (rte_eth_dev_configure(port->device, port->queue_count, port->queue_count, &configuration) != 0 ||
	    !queues_start(port, pool) || rte_eth_macaddr_get(port->device, &mac) != 0 ||
	    rte_eth_dev_start(port->device) != 0) {
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

static enum port_status
device_open(struct port_opening *opening)
{
	struct port *port = opening->port;
	char name[DEVICE_NAME];

	port->queue_count = (uint16_t)(port->chassis->queues == 0 ? 1 : port->chassis->queues);
	device_name(port, name);
	if (!device_make(opening, name)) {
		return PORT_FAILED;
	}
	if (rte_eth_dev_get_port_by_name(name, &port->device) != 0) {
		text_append(opening->error, "DPDK has no device for it");
		device_drop(port, name);
		return PORT_FAILED;
	}
	if (!device_start(port, opening->buffers->frames)) {
		text_append(opening->error, "DPDK cannot start it");
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

/* By AF_XDP: as many queues as the interface has. */
static enum port_status
xdp_open(struct port_opening *opening)
{
	struct port *port = opening->port;
	const struct xdp_request request = {
	    .buffers = opening->buffers,
	    .netdev = port->chassis->device,
	    .index = port->netdev,
	    .queues = netdev_queues(port->chassis->device),
	    .share = BUFFERS_FRAMES / 2 / (uint32_t)opening->count,
	};

	if (!xdp_port_open(&port->xdp, &request, opening->error)) {
		return PORT_FAILED;
	}
	port->queue_count = (uint16_t)port->xdp.queue_count;
	for (uint16_t i = 0; i < port->queue_count; i++) {
		port->queues[i] = (struct queue){
		    .xdp = port->xdp.queues[i],
		    .number = i,
		    .descriptor = xdp_queue_descriptor(port->xdp.queues[i]),
		};
	}
	port->open = true;
	return PORT_OPENED;
}

/* An interface's MTU against what the buffers were made for, and its queues against what was asked for. */
static bool
netdev_fits(const struct port_opening *opening, uint32_t mtu)
{
	const struct chassis_port *chassis = opening->port->chassis;

	if (!buffers_hold(opening->buffers, mtu)) {
		const uint32_t most = opening->buffers->area != NULL ? BUFFERS_MTU_XDP : BUFFERS_MTU;

		text_printf(opening->error, "its MTU of %u is more than the packet buffers hold: ", (unsigned)mtu);
		if (mtu > most) {
			text_printf(opening->error, "%u at most%s (ip link set dev %s mtu %u)", (unsigned)most,
			    opening->buffers->area != NULL ? " where a port is xdp:" : "", chassis->device, (unsigned)most);
		} else {
			text_append(opening->error, "they were made for the interfaces that were there at the start; start flowd "
			                            "again, or lower it");
		}
		return false;
	}
	if (chassis->kind == CHASSIS_XDP && chassis->queues != 0 && chassis->queues != netdev_queues(chassis->device)) {
		const int failure = netdev_set_queues(chassis->device, chassis->queues);

		if (failure != 0) {
			text_printf(opening->error, "its driver does not make %u queues (%s)", (unsigned)chassis->queues,
			    strerror(-failure));
		}
		return failure == 0;
	}
	return true;
}

/* Entered in the ledger with what it was like before any flowd of this state directory touched it. */
static bool
enter(struct port_opening *opening)
{
	const struct chassis_port *chassis = opening->port->chassis;
	struct ledger_entry entry = {.namespace = chassis->namespace, .netdev = chassis->device};

	if (ledger_find(opening->ledger, chassis->namespace, chassis->device) != NULL) {
		return true;
	}
	entry.before = netdev_before(chassis->device);
	if (chassis->kind != CHASSIS_XDP || chassis->queues == 0) {
		entry.before.queues = -1;
	}
	return ledger_put(opening->ledger, &entry);
}

/* Runs in the thread of the interface's namespace. */
static int
netdev_open(void *argument)
{
	struct port_opening *opening = argument;
	struct port *port = opening->port;
	const char *name = port->chassis->device;
	struct netdev_facts facts;
	struct text address = TEXT_EMPTY;

	if (!netdev_look(name, &facts)) {
		text_printf(opening->error, "there is no interface %s", name);
		return PORT_ABSENT;
	}
	const bool addressed = netdev_has_address(name, &address);

	if (addressed) {
		text_printf(opening->error,
		    "interface %s carries the IP address %s, so the system's own network uses it: remove the address first",
		    name, text_string(&address));
	}
	text_release(&address);
	if (addressed) {
		return PORT_REFUSED;
	}
	if (!enter(opening)) {
		text_append(opening->error, "the ledger of interfaces cannot be written");
		return PORT_FAILED;
	}
	port->guarded = true;
	if (!netdev_guard(name, opening->error)) {
		return PORT_FAILED;
	}
	if (!netdev_fits(opening, facts.mtu)) {
		return PORT_REFUSED;
	}
	port->netdev = facts.index;
	port->mtu = facts.mtu;
	netdev_driver(name, port->driver);
	memcpy(port->mac, facts.mac, sizeof(port->mac));
	const enum port_status status = port->chassis->kind == CHASSIS_XDP ? xdp_open(opening) : device_open(opening);

	port->running = netdev_look(name, &facts) && facts.up;
	return (int)status;
}

enum port_status
port_open(struct port_opening *opening)
{
	struct port *port = opening->port;
	enum port_status status;

	if (port->namespace != NULL) {
		return (enum port_status)namespace_run(port->namespace, netdev_open, opening);
	}
	port->mtu = RTE_ETHER_MTU;
	status = device_open(opening);
	port->running = status == PORT_OPENED;
	return status;
}

/* Runs in the thread of the interface's namespace, where there is one. */
static int
close_job(void *argument)
{
	struct port *port = argument;
	char name[DEVICE_NAME];

	if (port->chassis->kind == CHASSIS_XDP) {
		xdp_port_close(&port->xdp);
		return 0;
	}
	device_name(port, name);
	(void)rte_eth_dev_stop(port->device);
	device_drop(port, name);
	return 0;
}

void
port_close(struct port *port)
{
	if (!port->open) {
		return;
	}
	port->open = false;
	port->running = false;
	if (port->namespace != NULL) {
		(void)namespace_run(port->namespace, close_job, port);
	} else {
		(void)close_job(port);
	}
}

struct release {
	const char *netdev;
	struct netdev_before before;
};

static int
release_job(void *argument)
{
	const struct release *release = argument;

	netdev_release(release->netdev, &release->before);
	return 0;
}

void
port_release(struct port *port, struct ledger *ledger)
{
	const struct ledger_entry *entry;

	if (!port->guarded || port->namespace == NULL) {
		return;
	}
	entry = ledger_find(ledger, port->chassis->namespace, port->chassis->device);
	if (entry != NULL) {
		struct release release = {.netdev = port->chassis->device, .before = entry->before};

		(void)namespace_run(port->namespace, release_job, &release);
		ledger_strike(ledger, port->chassis->namespace, port->chassis->device);
	}
	port->guarded = false;
}

const char *
port_mode(const struct port *port)
{
	static const char *const xdp[2][2] = {{"generic, copy", "generic, zero-copy"}, {"native, copy", "native, zero-copy"}};

	if (!port->open) {
		return "";
	}
	switch (port->chassis->kind) {
	case CHASSIS_NETDEV:
		return "packet ring";
	case CHASSIS_XDP:
		return xdp[port->xdp.program.native ? 1 : 0][xdp_port_zero_copy(&port->xdp) ? 1 : 0];
	case CHASSIS_PCI:
		return "polled";
	case CHASSIS_PCAP:
		return "capture";
	}
	return "";
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

static struct port_counters
device_counters(struct port *port)
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

struct port_counters
port_counters(struct port *port)
{
	struct xdp_counters xdp;

	if (!port->open) {
		return (struct port_counters){.in_packets = 0};
	}
	if (port->chassis->kind != CHASSIS_XDP) {
		return device_counters(port);
	}
	xdp = xdp_port_counters(&port->xdp);
	return (struct port_counters){
	    .in_packets = xdp.in_packets,
	    .out_packets = xdp.out_packets,
	    .in_lost = xdp.in_full + xdp.in_large + xdp.invalid,
	    .out_lost = xdp.out_lost,
	    .in_full = xdp.in_full,
	    .in_invalid = xdp.invalid,
	};
}

struct mtu_look {
	const char *netdev;
	uint32_t mtu;
};

static int
mtu_job(void *argument)
{
	struct mtu_look *look = argument;
	struct netdev_facts facts;

	look->mtu = netdev_look(look->netdev, &facts) ? facts.mtu : 0;
	return 0;
}

uint32_t
port_largest_mtu(const struct chassis *chassis)
{
	uint32_t most = RTE_ETHER_MTU;

	for (size_t i = 0; i < chassis->count; i++) {
		const struct chassis_port *port = &chassis->ports[i];
		struct mtu_look look = {.netdev = port->device};
		struct text error = TEXT_EMPTY;
		struct namespace *namespace = NULL;

		if (port->kind == CHASSIS_NETDEV || port->kind == CHASSIS_XDP) {
			namespace = namespace_create(port->namespace, &error); /* one that is not there is told later */
		}
		if (namespace != NULL) {
			(void)namespace_run(namespace, mtu_job, &look);
			namespace_destroy(namespace);
		}
		text_release(&error);
		most = look.mtu > most ? look.mtu : most;
	}
	return most;
}
