/*
 * Ports. See port.h.
 *
 * EAL: `--in-memory` where there are free hugepages, else `--no-huge --no-shconf` (these two forms exclude each other); no
 * PCI scan unless the chassis file names devices, and then only those. Nothing is shared with another DPDK process, so
 * two gateways run beside each other. The process's own CPU affinity is put back after rte_eal_init(), which pins.
 *
 * The driver keeps its AF_PACKET socket to itself. We look it up among our descriptors by interface index: with it the
 * worker can sleep in poll(2), frames that the kernel itself sends are left out, and promiscuous mode ends with the
 * socket, also when we are killed.
 */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "engine/packet.h"
#include "netdev.h"
#include "program.h"

enum {
	EAL_WORDS = 16 + 2 * CHASSIS_PORTS,
	EAL_MEGABYTES = 128,
	EAL_CACHE = 256,
	DEVICE_NAME = 32,
	DESCRIPTORS = 4096, /* no socket of ours has a higher number */
};

/* Words for EAL, which wants them writable and keeps them. */
struct eal_words {
	char *words[EAL_WORDS];
	int count;
	bool failed;
};

static void
eal_word(struct eal_words *list, const char *word)
{
	if (list->count == EAL_WORDS - 1 || (list->words[list->count] = strdup(word)) == NULL) {
		list->failed = true;
		return;
	}
	list->count++;
}

static unsigned long
read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[32] = "";

	if (file == NULL) {
		return 0;
	}
	if (fgets(line, sizeof(line), file) == NULL) {
		line[0] = '\0';
	}
	(void)fclose(file);
	return strtoul(line, NULL, 10);
}

/* Are there free hugepages of 2 MB for all of our buffers? */
static bool
hugepages_free(void)
{
	return read_number("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") >= EAL_MEGABYTES / 2;
}

static int
first_cpu(const cpu_set_t *set)
{
	int cpu = 0;

	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET((size_t)cpu, set)) {
		cpu++;
	}
	return cpu;
}

static void
eal_words_fill(struct eal_words *list, const struct chassis *chassis, const cpu_set_t *affinity)
{
	char number[16];
	bool devices = false;

	eal_word(list, "sallyport-flowd");
	eal_word(list, "-l");
	(void)snprintf(number, sizeof(number), "%d", first_cpu(affinity));
	eal_word(list, number);
	eal_word(list, "--no-telemetry");
	eal_word(list, "--log-level=error");
	if (hugepages_free()) {
		eal_word(list, "--in-memory");
	} else {
		eal_word(list, "--no-huge");
		eal_word(list, "--no-shconf");
	}
	(void)snprintf(number, sizeof(number), "%d", EAL_MEGABYTES);
	eal_word(list, "-m");
	eal_word(list, number);
	for (size_t i = 0; i < chassis->count; i++) {
		if (chassis->ports[i].kind == CHASSIS_PCI) {
			eal_word(list, "-a");
			eal_word(list, chassis->ports[i].device);
			devices = true;
		}
	}
	if (!devices) {
		eal_word(list, "--no-pci");
	}
}

bool
port_system_start(const struct chassis *chassis, const char *run, struct text *error)
{
	struct eal_words list = {.count = 0};
	char *handed[EAL_WORDS];
	cpu_set_t affinity;
	int result = -1;

	if (sched_getaffinity(0, sizeof(affinity), &affinity) != 0 || setenv("RUNTIME_DIRECTORY", run, 1) != 0) {
		text_printf(error, "cannot start the packet system: %s", strerror(errno));
		return false;
	}
	eal_words_fill(&list, chassis, &affinity);
	memcpy(handed, list.words, sizeof(handed));
	if (!list.failed) {
		result = rte_eal_init(list.count, handed);
	}
	if (result < 0) {
		text_printf(error, "cannot start the packet system (DPDK): %s",
		    list.failed ? "out of memory" : rte_strerror(rte_errno));
	}
	(void)sched_setaffinity(0, sizeof(affinity), &affinity);
	/* EAL shuffles the words that it was handed, and has copied what it keeps. */
	for (int i = 0; i < EAL_WORDS; i++) {
		free(list.words[i]);
	}
	return result >= 0;
}

void
port_system_stop(void)
{
	(void)rte_eal_cleanup();
}

static struct rte_mempool *
pool_checked(struct rte_mempool *pool, struct text *error)
{
	if (pool == NULL) {
		text_printf(error, "no memory for packet buffers: %s", rte_strerror(rte_errno));
	}
	return pool;
}

#define PACKET_PRIVATE RTE_ALIGN(sizeof(struct packet), RTE_MBUF_PRIV_ALIGN)

struct rte_mempool *
port_pool_create(struct text *error)
{
	return pool_checked(rte_pktmbuf_pool_create("packets", PORT_POOL, EAL_CACHE, PACKET_PRIVATE,
	    RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY), error);
}

struct rte_mempool *
port_pool_create_large(struct text *error)
{
	return pool_checked(rte_pktmbuf_pool_create("large packets", PORT_POOL_LARGE, 0, PACKET_PRIVATE, UINT16_MAX,
	    SOCKET_ID_ANY), error);
}

static void
device_name(const struct port *port, char *name)
{
	static const char *const drivers[] = {
	    [CHASSIS_NETDEV] = "net_af_packet",
	    [CHASSIS_XDP] = "net_af_xdp",
	    [CHASSIS_PCI] = "",
	    [CHASSIS_PCAP] = "net_pcap",
	};

	if (port->chassis->kind == CHASSIS_PCI) {
		(void)snprintf(name, DEVICE_NAME, "%s", port->chassis->device);
	} else {
		(void)snprintf(name, DEVICE_NAME, "%s%u", drivers[port->chassis->kind], (unsigned)port->index);
	}
}

/* Makes the virtual device of a netdev, xdp or pcap port. */
static bool
device_make(const struct port *port, const char *name, struct text *error)
{
	const struct chassis_port *chassis = port->chassis;
	struct text arguments = TEXT_EMPTY;
	bool made = false;

	switch (chassis->kind) {
	case CHASSIS_NETDEV:
		text_printf(&arguments, "iface=%s,blocksz=65536,framesz=2048,framecnt=8192,qdisc_bypass=1", chassis->device);
		break;
	case CHASSIS_XDP:
		text_printf(&arguments, "iface=%s,start_queue=0,queue_count=1", chassis->device);
		break;
	case CHASSIS_PCAP:
		text_printf(&arguments, "rx_pcap=%s,tx_pcap=%s", chassis->device, chassis->output);
		break;
	case CHASSIS_PCI:
		return true; /* there since the start of EAL */
	}
	if (!text_failed(&arguments)) {
		made = rte_eal_hotplug_add("vdev", name, text_string(&arguments)) == 0;
	}
	if (!made) {
		text_append(error, "DPDK cannot open it");
	}
	text_release(&arguments);
	return made;
}

static bool
device_start(struct port *port, struct rte_mempool *pool)
{
	const struct rte_eth_conf configuration = {.rxmode = {.offloads = 0}};
	struct rte_ether_addr mac;

	if (rte_eth_dev_configure(port->device, 1, 1, &configuration) != 0 ||
	    rte_eth_rx_queue_setup(port->device, 0, 1024, (unsigned)SOCKET_ID_ANY, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup(port->device, 0, 1024, (unsigned)SOCKET_ID_ANY, NULL) != 0 ||
	    rte_eth_macaddr_get(port->device, &mac) != 0 || rte_eth_dev_start(port->device) != 0) {
		return false;
	}
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	return true;
}

static bool
descriptor_taken(const struct port_opening *opening, int descriptor)
{
	for (size_t i = 0; i < opening->count; i++) {
		if (opening->ports[i].open && opening->ports[i].descriptor == descriptor) {
			return true;
		}
	}
	return false;
}

/* The packet socket that the driver has just bound to the port's interface, or -1. */
static int
socket_of(const struct port_opening *opening)
{
	for (int descriptor = 3; descriptor < DESCRIPTORS; descriptor++) {
		int family = 0;
		socklen_t length = sizeof(family);
		struct sockaddr_ll address = {.sll_ifindex = 0};
		socklen_t size = sizeof(address);

		if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0 ||
		    descriptor_taken(opening, descriptor)) {
			continue;
		}
		if (opening->port->chassis->kind == CHASSIS_XDP && family == AF_XDP) {
			return descriptor;
		}
		if (family == AF_PACKET && getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 &&
		    address.sll_protocol != 0 && address.sll_ifindex == (int)opening->port->netdev) {
			return descriptor;
		}
	}
	return -1;
}

static void
socket_tune(const struct port *port)
{
	const int on = 1;
	const struct packet_mreq membership = {.mr_ifindex = (int)port->netdev, .mr_type = PACKET_MR_PROMISC};

	if (port->chassis->kind == CHASSIS_NETDEV && port->descriptor >= 0) {
		(void)setsockopt(port->descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
		(void)setsockopt(port->descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership));
	} else {
		(void)rte_eth_promiscuous_enable(port->device);
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

	device_name(port, name);
	if (!device_make(port, name, opening->error)) {
		return PORT_FAILED;
	}
	if (rte_eth_dev_get_port_by_name(name, &port->device) != 0) {
		text_append(opening->error, "DPDK has no device for it");
		device_drop(port, name);
		return PORT_FAILED;
	}
	if (!device_start(port, opening->pool)) {
		text_append(opening->error, "DPDK cannot start it");
		device_drop(port, name);
		return PORT_FAILED;
	}
	port->descriptor = -1;
	if (port->namespace != NULL) {
		port->descriptor = socket_of(opening);
	}
	socket_tune(port);
	port->open = true;
	return PORT_OPENED;
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
	return ledger_put(opening->ledger, &entry);
}

/* A killed process leaves its program on the interface. */
static void
xdp_off(const char *name)
{
	const char *const arguments[] = {"ip", "link", "set", "dev", name, "xdp", "off", NULL};
	struct text complaint = TEXT_EMPTY;

	(void)!program_run(arguments, NULL, &complaint);
	text_release(&complaint);
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
	if (port->chassis->kind == CHASSIS_XDP) {
		xdp_off(name);
	}
	port->netdev = facts.index;
	port->mtu = facts.mtu;
	const enum port_status status = device_open(opening);

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

	device_name(port, name);
	if (port->chassis->kind == CHASSIS_XDP) {
		(void)rte_eth_promiscuous_disable(port->device); /* a flag of the interface, not of the socket */
	}
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
	port->descriptor = -1;
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

struct port_counters
port_counters(const struct port *port)
{
	struct rte_eth_stats stats;

	if (!port->open || rte_eth_stats_get(port->device, &stats) != 0) {
		return (struct port_counters){.in_packets = 0};
	}
	return (struct port_counters){
	    .in_packets = stats.ipackets,
	    .out_packets = stats.opackets,
	    .in_lost = stats.imissed,
	    .out_lost = stats.oerrors,
	};
}
