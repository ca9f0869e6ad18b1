/*
 * The chassis in action. See edge.h.
 */
#include "edge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "link_hold.h"
#include "namespace.h"
#include "port_device.h"
#include "tell.h"

#define OPEN_AGAIN_AFTER UINT64_C(10000000000) /* ns, when it is there and cannot be opened */

struct place {
	struct namespace *namespace;
	int watch;   /* link news; -1: none */
	bool replaced; /* said that its name stands for another one now */
};

struct edge {
	struct edge_start start;
	struct logger *logger;
	struct alarms *alarms;
	struct port *ports; /* in the chassis' order */
	struct place places[CHASSIS_PORTS];
	size_t place_count;
	bool blamed[CHASSIS_PORTS]; /* why it cannot be opened */
	struct link_hold holds[CHASSIS_PORTS];
	uint64_t again[CHASSIS_PORTS]; /* not before this time */
	bool changed;
};

/* For link_watch_read(): news of one namespace. */
struct listening {
	struct edge *edge;
	struct namespace *namespace;
};

static bool
same_name(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static bool
in_namespace(const struct chassis_port *port)
{
	return port->kind == CHASSIS_NETDEV || port->kind == CHASSIS_XDP;
}

/* Enters a namespace once. */
static struct namespace *
place_for(struct edge *edge, const char *name, struct text *error)
{
	for (size_t i = 0; i < edge->place_count; i++) {
		if (same_name(namespace_name(edge->places[i].namespace), name)) {
			return edge->places[i].namespace;
		}
	}
	struct namespace *namespace = namespace_create(name, error);

	if (namespace == NULL) {
		return NULL;
	}
	struct place *place = &edge->places[edge->place_count++];

	*place = (struct place){.namespace = namespace, .watch = link_watch_open(namespace)};
	if (place->watch < 0) {
		text_printf(error, "cannot watch interfaces: %s", strerror(-place->watch));
		return NULL;
	}
	return namespace;
}

/* Why a port is not open; "" when it is. Said once, as an alarm, for as long as it is so. */
static void
set_trouble(struct edge *edge, struct port *port, const char *why)
{
	const struct alarm_name name = {ALARM_PORT, port->chassis->name};
	const int64_t now = worker_wall() / 1000000;

	if (strncmp(port->trouble, why, sizeof(port->trouble) - 1) == 0) {
		return;
	}
	(void)snprintf(port->trouble, sizeof(port->trouble), "%s", why);
	if (edge->alarms != NULL && why[0] != '\0') {
		alarm_raise(edge->alarms, &name, port->trouble, now);
	} else if (edge->alarms != NULL) {
		alarm_settle(edge->alarms, &name, now);
	}
}

void
edge_set_alarms(struct edge *edge, struct alarms *alarms)
{
	edge->alarms = alarms;
	for (size_t i = 0; alarms != NULL && i < edge->start.chassis->count; i++) {
		const struct port *port = &edge->ports[i];
		const struct alarm_name name = {ALARM_PORT, port->chassis->name};

		if (port->trouble[0] != '\0') {
			alarm_raise(alarms, &name, port->trouble, worker_wall() / 1000000);
		}
	}
}

/* What the workers are to take from a port: no larger IP packet than its interface's MTU and than a buffer holds. */
static void
worker_takes(const struct edge *edge, const struct port *port, uint32_t mtu)
{
	const uint32_t most = edge->start.buffers->room - BUFFERS_LINK;
	struct worker_port what = {
	    .open = port->open,
	    .takes_marks = port->chassis->kind == CHASSIS_NETDEV,
	    .bounds_frames = in_namespace(port->chassis),
	    .unhurried = port->chassis->kind == CHASSIS_PCAP,
	    .queue_count = port->queue_count,
	    .mtu = mtu < most ? mtu : most,
	};

	memcpy(what.queues, port->queues, sizeof(what.queues));
	worker_set_port(edge->start.worker, port->index, &what);
}

static enum port_status
open_port(struct edge *edge, struct port *port, struct text *error)
{
	struct port_opening opening = {
	    .port = port,
	    .ports = edge->ports,
	    .count = edge->start.chassis->count,
	    .buffers = edge->start.buffers,
	    .workers = worker_count(edge->start.worker),
	    .ledger = edge->start.ledger,
	    .error = error,
	};
	const enum port_status status = port_open(&opening);

	if (status == PORT_OPENED) {
		worker_takes(edge, port, port->mtu);
	}
	if (status == PORT_OPENED && port->chassis->kind == CHASSIS_XDP && !port->xdp.program.tags &&
	    strcmp(port->driver, "veth") == 0) {
		tell(edge->logger, LOG_SEVERITY_WARNING, "FLOWD_PORT_TAGS",
		    "port %s: this kernel (before 6.8, or without BTF) does not tell XDP the VLAN tags of senders on a veth: switch "
		    "them off there (ethtool -K INTERFACE txvlan off on the other end of %s), or use netdev:%s",
		    port->chassis->name, port->chassis->device, port->chassis->device);
	}
	return status;
}

/* An interface of a former run that the chassis file does not name any more. */
struct stray {
	const char *netdev;
	struct netdev_before before;
};

static int
stray_job(void *argument)
{
	const struct stray *stray = argument;

	netdev_release(stray->netdev, &stray->before, -1);
	return 0;
}

static bool
named_by_chassis(const struct chassis *chassis, const struct ledger_entry *entry)
{
	for (size_t i = 0; i < chassis->count; i++) {
		if (in_namespace(&chassis->ports[i]) && strcmp(chassis->ports[i].device, entry->netdev) == 0 &&
		    same_name(chassis->ports[i].namespace, entry->namespace)) {
			return true;
		}
	}
	return false;
}

static void
return_strays(struct ledger *ledger, const struct chassis *chassis)
{
	size_t i = 0;

	while (i < ledger_count(ledger)) {
		const struct ledger_entry *entry = ledger_at(ledger, i);
		struct text error = TEXT_EMPTY;

		if (chassis != NULL && named_by_chassis(chassis, entry)) {
			i++;
			continue;
		}
		struct stray stray = {.netdev = entry->netdev, .before = entry->before};
		struct namespace *namespace = namespace_create(entry->namespace, &error);

		if (namespace != NULL) {
			(void)namespace_run(namespace, stray_job, &stray);
			namespace_destroy(namespace);
		}
		text_release(&error);
		ledger_strike(ledger, entry->namespace, entry->netdev);
	}
}

void
edge_return_all(struct ledger *ledger)
{
	return_strays(ledger, NULL);
}

static bool
open_all(struct edge *edge, struct text *error)
{
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		struct port *port = &edge->ports[i];
		struct text why = TEXT_EMPTY;
		const enum port_status status = open_port(edge, port, &why);

		if (status == PORT_ABSENT) {
			set_trouble(edge, port, text_string(&why));
			tell(NULL, LOG_SEVERITY_WARNING, "FLOWD_PORT_ABSENT", "port %s: %s; it is opened when it comes",
			    port->chassis->name, text_string(&why));
		} else if (status != PORT_OPENED) {
			text_printf(error, "port %s: %s", port->chassis->name, text_string(&why));
		}
		text_release(&why);
		if (status == PORT_REFUSED || status == PORT_FAILED) {
			return false;
		}
		link_hold_start(&edge->holds[i], port->running);
		edge->holds[i].state = port->open && port->running;
	}
	return true;
}

static bool
enter_all(struct edge *edge, struct text *error)
{
	const struct chassis *chassis = edge->start.chassis;

	for (size_t i = 0; i < chassis->count; i++) {
		edge->ports[i] = (struct port){.chassis = &chassis->ports[i], .index = (uint16_t)i, .claim = -1};
	}
	for (size_t i = 0; i < chassis->count; i++) {
		if (!in_namespace(&chassis->ports[i])) {
			continue;
		}
		/* A run that was killed may have left it guarded. */
		edge->ports[i].guarded =
		    ledger_find(edge->start.ledger, chassis->ports[i].namespace, chassis->ports[i].device) != NULL;
		edge->ports[i].namespace = place_for(edge, chassis->ports[i].namespace, error);
		if (edge->ports[i].namespace == NULL) {
			return false;
		}
	}
	return true;
}

struct edge *
edge_create(const struct edge_start *start, struct text *error)
{
	struct edge *edge = calloc(1, sizeof(*edge));

	if (edge == NULL || (edge->ports = calloc(start->chassis->count, sizeof(*edge->ports))) == NULL) {
		text_append(error, "out of memory");
		free(edge);
		return NULL;
	}
	edge->start = *start;
	return_strays(start->ledger, start->chassis);
	if (!enter_all(edge, error) || !open_all(edge, error)) {
		edge_destroy(edge);
		return NULL;
	}
	return edge;
}

void
edge_destroy(struct edge *edge)
{
	if (edge == NULL) {
		return;
	}
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		port_close(&edge->ports[i]);
		port_release(&edge->ports[i], edge->start.ledger);
	}
	for (size_t i = 0; i < edge->place_count; i++) {
		if (edge->places[i].watch >= 0) {
			(void)close(edge->places[i].watch);
		}
		namespace_destroy(edge->places[i].namespace);
	}
	free(edge->ports);
	free(edge);
}

void
edge_set_logger(struct edge *edge, struct logger *logger)
{
	edge->logger = logger;
}

bool
edge_settle(struct edge *edge, const char *keep)
{
	for (size_t i = 0; i < edge->place_count; i++) {
		if (!namespace_settle(edge->places[i].namespace, keep)) {
			return false;
		}
	}
	return true;
}

size_t
edge_port_count(const struct edge *edge)
{
	return edge->start.chassis->count;
}

const struct port *
edge_port(const struct edge *edge, size_t index)
{
	return &edge->ports[index];
}

struct port_counters
edge_counters(const struct edge *edge, size_t index)
{
	return port_counters_less(port_counters(&edge->ports[index]), &edge->ports[index].cleared);
}

struct port_counters
edge_counters_whole(const struct edge *edge, size_t index)
{
	return port_counters(&edge->ports[index]);
}

void
edge_clear_counters(struct edge *edge, size_t index)
{
	edge->ports[index].cleared = port_counters(&edge->ports[index]);
}

size_t
edge_prepare(const struct edge *edge, struct pollfd *polls)
{
	for (size_t i = 0; i < edge->place_count; i++) {
		polls[i] = (struct pollfd){.fd = edge->places[i].watch, .events = POLLIN};
	}
	return edge->place_count;
}

/* After whatever may have changed a port's state. */
static void
note_state(struct edge *edge, const struct port *port)
{
	link_hold_note(&edge->holds[port->index], port->open, worker_wall() / 1000000);
}

static void
lose_port(struct edge *edge, struct port *port)
{
	port->open = false;
	worker_takes(edge, port, 0);
	port->open = true;
	port_close(port);
	link_hold_start(&edge->holds[port->index], false);
	note_state(edge, port);
	edge->changed = true;
	set_trouble(edge, port, "its interface is gone");
	tell(edge->logger, LOG_SEVERITY_ERROR, "FLOWD_PORT_GONE",
	    "port %s: interface %s is gone; its logical interfaces are down until it is there again", port->chassis->name,
	    port->chassis->device);
}

/* The link counts as up or as down from now on. */
static void
follow_hold(struct edge *edge, struct port *port)
{
	port->running = edge->holds[port->index].running;
	note_state(edge, port);
	edge->changed = true;
	tell(edge->logger, LOG_SEVERITY_NOTICE, port->running ? "FLOWD_LINK_UP" : "FLOWD_LINK_DOWN", "port %s: link %s",
	    port->chassis->name, port->running ? "up" : "down");
}

/* What an open port's interface says of its link. */
static void
take_link(struct edge *edge, struct port *port, bool link)
{
	if (link_hold_take(&edge->holds[port->index], link, worker_now())) {
		follow_hold(edge, port);
	}
}

static void
settle_links(struct edge *edge)
{
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		if (link_hold_settle(&edge->holds[i], worker_now())) {
			follow_hold(edge, &edge->ports[i]);
		}
	}
}

int
edge_wait(const struct edge *edge, int most)
{
	const uint64_t now = worker_now();

	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		most = link_hold_wait(&edge->holds[i], now, most);
	}
	return most;
}

const struct link_hold *
edge_link(const struct edge *edge, size_t index)
{
	return &edge->holds[index];
}

void
edge_rule(struct edge *edge, size_t index, const struct link_rules *rules)
{
	link_hold_rule(&edge->holds[index], rules, worker_now());
	note_state(edge, &edge->ports[index]);
}

static void
set_mtu(const struct edge *edge, struct port *port, uint32_t mtu)
{
	if (mtu == 0 || port->mtu == mtu) {
		return;
	}
	port->mtu = mtu;
	worker_takes(edge, port, mtu);
	if (buffers_hold(edge->start.buffers, mtu)) {
		tell(edge->logger, LOG_SEVERITY_NOTICE, "FLOWD_PORT_MTU", "port %s: the MTU of interface %s is %u now",
		    port->chassis->name, port->chassis->device, (unsigned)mtu);
		return;
	}
	tell(edge->logger, LOG_SEVERITY_WARNING, "FLOWD_PORT_MTU",
	    "port %s: the MTU of interface %s is %u now; packet buffers were made at the start for %u, and larger packets are "
	    "dropped: start flowd again, or lower it",
	    port->chassis->name, port->chassis->device, (unsigned)mtu, (unsigned)(edge->start.buffers->room - BUFFERS_LINK));
}

struct port_look {
	const struct port *port;
	struct netdev_facts facts;
};

static int
look_job(void *argument)
{
	struct port_look *look = argument;

	return netdev_look(look->port->chassis->device, &look->facts) && look->facts.index == look->port->netdev ? 0 : -1;
}

/* Some news were lost: look at every port of the namespace. */
static void
look_again(struct edge *edge, struct namespace *namespace)
{
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		struct port *port = &edge->ports[i];

		if (!port->open || port->namespace != namespace) {
			continue;
		}
		struct port_look look = {.port = port};

		if (namespace_run(namespace, look_job, &look) < 0) {
			lose_port(edge, port);
		} else {
			set_mtu(edge, port, look.facts.mtu);
			take_link(edge, port, look.facts.up);
		}
	}
}

static void
take_news(void *context, const struct link_news *news)
{
	const struct listening *listening = context;
	struct edge *edge = listening->edge;

	if (news->change == LINK_MISSED) {
		look_again(edge, listening->namespace);
		return;
	}
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		struct port *port = &edge->ports[i];

		if (port->namespace != listening->namespace || !port->open || port->netdev != news->index) {
			continue;
		}
		switch (news->change) {
		case LINK_UP:
		case LINK_DOWN:
			set_mtu(edge, port, news->mtu);
			take_link(edge, port, news->change == LINK_UP);
			break;
		case LINK_GONE:
			lose_port(edge, port);
			break;
		case LINK_ADDRESSED:
			tell(edge->logger, LOG_SEVERITY_WARNING, "FLOWD_PORT_ADDRESSED",
			    "port %s: interface %s was given an IP address; the system does not get any packet there",
			    port->chassis->name, port->chassis->device);
			break;
		case LINK_MISSED:
			break;
		}
	}
}

bool
edge_serve(struct edge *edge, const struct pollfd *polls, size_t count)
{
	edge->changed = false;
	for (size_t i = 0; i < count && i < edge->place_count; i++) {
		struct listening listening = {.edge = edge, .namespace = edge->places[i].namespace};

		if (polls[i].revents != 0) {
			link_watch_read(edge->places[i].watch, take_news, &listening);
		}
	}
	settle_links(edge);
	return edge->changed;
}

static void
open_again(struct edge *edge, struct port *port)
{
	struct text why = TEXT_EMPTY;

	if (worker_now() < edge->again[port->index]) {
		return;
	}
	const enum port_status status = open_port(edge, port, &why);

	if (status != PORT_OPENED && status != PORT_ABSENT) {
		edge->again[port->index] = worker_now() + OPEN_AGAIN_AFTER;
	}
	if (status == PORT_OPENED) {
		const bool link = port->running;

		/* A link that comes with its interface has to last like any other. */
		port->running = false;
		take_link(edge, port, link);
		edge->changed = true;
		edge->blamed[port->index] = false;
		set_trouble(edge, port, "");
		tell(edge->logger, LOG_SEVERITY_WARNING, "FLOWD_PORT_BACK", "port %s: interface %s is there, opened",
		    port->chassis->name, port->chassis->device);
	} else if (status != PORT_ABSENT && !edge->blamed[port->index]) {
		edge->blamed[port->index] = true;
		tell(edge->logger, LOG_SEVERITY_ERROR, "FLOWD_PORT_FAILED", "port %s cannot be opened: %s",
		    port->chassis->name, text_string(&why));
	}
	if (status != PORT_OPENED) {
		set_trouble(edge, port, text_string(&why));
	}
	text_release(&why);
}

/* Does the name of its namespace stand for another one now, or for none? Then there is nothing to open any more. */
static bool
look_for_replaced(struct edge *edge, struct port *port)
{
	struct place *place = edge->places;

	while (place->namespace != port->namespace) {
		place++;
	}
	if (!place->replaced && !namespace_current(place->namespace)) {
		place->replaced = true;
		tell(edge->logger, LOG_SEVERITY_ERROR, "FLOWD_NAMESPACE_GONE",
		    "network namespace %s was deleted or made anew: its ports come back when flowd is started again, by itself if no "
		    "other port is open then",
		    namespace_name(place->namespace));
	}
	if (place->replaced) {
		set_trouble(edge, port,
		    namespace_renewed(place->namespace) ?
			"its network namespace was made anew, which takes a restart of flowd" :
			"its network namespace was deleted");
	}
	return place->replaced;
}

bool
edge_wants_renewal(const struct edge *edge)
{
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		if (edge->ports[i].open) {
			return false;
		}
	}
	for (size_t i = 0; i < edge->place_count; i++) {
		if (edge->places[i].replaced && namespace_renewed(edge->places[i].namespace)) {
			return true;
		}
	}
	return false;
}

bool
edge_tick(struct edge *edge)
{
	edge->changed = false;
	for (size_t i = 0; i < edge->start.chassis->count; i++) {
		struct port *port = &edge->ports[i];

		if (!in_namespace(port->chassis)) {
			take_link(edge, port, port_device_running(port));
			continue;
		}
		if (!port->open && !look_for_replaced(edge, port)) {
			open_again(edge, port);
		}
	}
	return edge->changed;
}
