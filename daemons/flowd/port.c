/*
 * Ports. See port.h.
 *
 * AF_XDP is ours (xdp_port.h): DPDK's driver for it leaves its program behind when it is killed, pins others in a file
 * system, and cannot come back once rights were given up. So is AF_PACKET (packet_queue.h): DPDK's driver knows nothing of the
 * kernel's marks of offloads, so that superframes and half-made checksums would have to be dropped, lets the kernel put fragments
 * together before we see them, and loses tags that a sender's offload left out of the frame. All other kinds are DPDK's
 * (port_device.h).
 */
#include "port.h"

#include <errno.h>
#include <net/ethernet.h>
#include <string.h>
#include <unistd.h>

#include "netdev.h"
#include "packet_queue.h"
#include "port_device.h"

enum {
	RING_OCTETS = 16777216, /* of all rings of a port, each way */
};

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
	    .share = (BUFFERS_FRAMES + 1) / 2 / (uint32_t)opening->count,
	};

	netdev_keep_tags(port->chassis->device);
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

static void
packet_close(struct port *port)
{
	for (uint16_t i = 0; i < port->queue_count; i++) {
		packet_queue_destroy(port->queues[i].packet);
	}
	port->queue_count = 0;
}

/* By AF_PACKET: as many sockets as the chassis file says, else one for each worker. */
static enum port_status
packet_open(struct port_opening *opening)
{
	struct port *port = opening->port;
	struct packet_queue *queues[QUEUES_MOST];
	const uint16_t wanted = port->chassis->queues != 0 ? port->chassis->queues : opening->workers;
	const struct packet_binding binding = {
	    .buffers = opening->buffers,
	    .name = port->chassis->device,
	    .netdev = port->netdev,
	    .octets = RING_OCTETS / wanted,
	};
	int failure = 0;

	for (port->queue_count = 0; port->queue_count < wanted && failure == 0;) {
		struct packet_queue *queue = packet_queue_create(&binding, &failure);

		if (queue != NULL) {
			queues[port->queue_count] = queue;
			port->queues[port->queue_count] = (struct queue){
			    .packet = queue, .number = port->queue_count, .descriptor = packet_queue_descriptor(queue)};
			port->queue_count++;
		}
	}
	if (failure == 0) {
		failure = packet_queues_spread(queues, port->queue_count);
	}
	if (failure != 0) {
		text_printf(opening->error, "no packet socket for it: %s", strerror(failure));
		packet_close(port);
		return PORT_FAILED;
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
	if (chassis->kind != CHASSIS_XDP) {
		entry.before.tags_off = -1;
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
	pid_t process = 0;

	/* Also of one that is not there yet: its name is ours from the start. */
	if (port->claim < 0) {
		port->claim = netdev_claim(name, &process);
	}
	if (port->claim == -EBUSY) {
		port->guarded = false;
		text_printf(opening->error, "interface %s is a port of another gateway that runs (process %d)", name, (int)process);
		return PORT_REFUSED;
	}
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
	if (port->chassis->kind == CHASSIS_XDP) {
		netdev_whole_frames(name);
	}
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
	const enum port_status status = port->chassis->kind == CHASSIS_XDP ? xdp_open(opening) : packet_open(opening);

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
	port->mtu = ETHERMTU;
	status = port_device_open(opening);
	port->running = status == PORT_OPENED && port_device_running(port);
	return status;
}

/* Runs in the thread of the interface's namespace, where there is one. */
static int
close_job(void *argument)
{
	struct port *port = argument;

	if (port->chassis->kind == CHASSIS_XDP) {
		xdp_port_close(&port->xdp);
	} else if (port->chassis->kind == CHASSIS_NETDEV) {
		packet_close(port);
	} else {
		port_device_close(port);
	}
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
	port->cleared = (struct port_counters){.in_packets = 0};
	if (port->namespace != NULL) {
		(void)namespace_run(port->namespace, close_job, port);
	} else {
		(void)close_job(port);
	}
}

struct release {
	const char *netdev;
	struct netdev_before before;
	int claim; /* netdev_release() takes it */
};

static int
release_job(void *argument)
{
	const struct release *release = argument;

	netdev_release(release->netdev, &release->before, release->claim);
	return 0;
}

static void
end_claim(struct port *port)
{
	if (port->claim >= 0) {
		(void)close(port->claim);
	}
	port->claim = -1;
}

void
port_release(struct port *port, struct ledger *ledger)
{
	const struct ledger_entry *entry;

	if (!port->guarded || port->namespace == NULL) {
		end_claim(port);
		return;
	}
	entry = ledger_find(ledger, port->chassis->namespace, port->chassis->device);
	if (entry != NULL) {
		struct release release = {.netdev = port->chassis->device, .before = entry->before, .claim = port->claim};

		(void)namespace_run(port->namespace, release_job, &release);
		port->claim = -1;
		ledger_strike(ledger, port->chassis->namespace, port->chassis->device);
	}
	port->guarded = false;
	end_claim(port);
}

const char *
port_mode(const struct port *port)
{
	if (!port->open) {
		return "";
	}
	switch (port->chassis->kind) {
	case CHASSIS_NETDEV:
		return "packet ring";
	case CHASSIS_XDP:
		return xdp_port_zero_copy(&port->xdp) ? "native, zero-copy" : "native, copy";
	case CHASSIS_PCI:
	case CHASSIS_VDEV:
		return "polled";
	case CHASSIS_PCAP:
		return "capture";
	}
	return "";
}

static struct port_counters
packet_counters(const struct port *port)
{
	struct port_counters sum = {.in_packets = 0};

	for (uint16_t i = 0; i < port->queue_count; i++) {
		const struct packet_counters one = packet_queue_counters(port->queues[i].packet);

		sum.in_packets += one.in_packets;
		sum.out_packets += one.out_packets;
		sum.in_lost += one.in_full + one.in_starved;
		sum.out_lost += one.out_lost;
		sum.in_full += one.in_full;
	}
	return sum;
}

struct port_counters
port_counters(const struct port *port)
{
	struct xdp_counters xdp;

	if (!port->open) {
		return (struct port_counters){.in_packets = 0};
	}
	if (port->chassis->kind == CHASSIS_NETDEV) {
		return packet_counters(port);
	}
	if (port->chassis->kind != CHASSIS_XDP) {
		return port_device_counters(port);
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

struct port_counters
port_counters_less(struct port_counters counters, const struct port_counters *before)
{
	return (struct port_counters){
	    .in_packets = counters.in_packets - before->in_packets,
	    .out_packets = counters.out_packets - before->out_packets,
	    .in_lost = counters.in_lost - before->in_lost,
	    .out_lost = counters.out_lost - before->out_lost,
	    .in_full = counters.in_full - before->in_full,
	    .in_invalid = counters.in_invalid - before->in_invalid,
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
	uint32_t most = ETHERMTU;

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
