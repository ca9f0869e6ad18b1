/*
 * Ports as DPDK devices. See port_device.h.
 */
#include "port_device.h"

#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum {
	DEVICE_NAME = 32,
	DESCRIPTORS_QUEUE = 1024,
};

static void
device_name(const struct port *port, char *name)
{
	static const char *const drivers[] = {
	    [CHASSIS_NETDEV] = "", /* none of DPDK's */
	    [CHASSIS_XDP] = "",
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

/* Makes the virtual device of a vdev or pcap port. */
static bool
device_make(const struct port_opening *opening, const char *name)
{
	const struct chassis_port *chassis = opening->port->chassis;
	struct text arguments = TEXT_EMPTY;
	bool made = false;

	switch (chassis->kind) {
	case CHASSIS_PCAP:
		text_printf(&arguments, "rx_pcap=%s,tx_pcap=%s", chassis->device, chassis->output);
		break;
	case CHASSIS_VDEV:
		text_append(&arguments, chassis->output == NULL ? "" : chassis->output);
		break;
	case CHASSIS_PCI:
		return true; /* there since the start of EAL */
	case CHASSIS_NETDEV:
	case CHASSIS_XDP:
		return false; /* not DPDK's: see port.c */
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
	if (port->queue_count > 1) {
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
	(void)snprintf(port->driver, sizeof(port->driver), "%s", facts.driver_name);
	return true;
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
	return chassis->kind == CHASSIS_PCI ? opening->workers : 1;
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
	for (uint16_t i = 0; i < port->queue_count; i++) {
		port->queues[i] = (struct queue){.device = port->device, .number = i, .descriptor = -1};
	}
	(void)rte_eth_promiscuous_enable(port->device);
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

struct port_counters
port_device_counters(const struct port *port)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(port->device, &stats) != 0) {
		return (struct port_counters){.in_packets = 0};
	}
	return (struct port_counters){
	    .in_packets = stats.ipackets,
	    .out_packets = stats.opackets,
	    .in_lost = stats.imissed + stats.ierrors + stats.rx_nombuf,
	    .out_lost = stats.oerrors,
	    .in_full = stats.imissed,
	    .in_invalid = stats.ierrors,
	};
}
