/*
 * The chassis in action: all ports, the namespaces that they are in, and what becomes of them while we run.
 *
 * A port whose interface disappears is taken from the worker and closed with a message; the others go on. When an
 * interface of that name is there again, the port is opened again. A namespace that was deleted and made anew under the
 * same name cannot be entered any more (that right was given up at the start): this is said once, and edge_wants_renewal() says
 * when it is time to start anew. While a port is not open an alarm says why.
 *
 * Threads: the control thread.
 */
#ifndef FLOWD_EDGE_H
#define FLOWD_EDGE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm.h"
#include "chassis.h"
#include "ipc/log.h"
#include "ledger.h"
#include "link_hold.h"
#include "port.h"
#include "worker.h"

struct edge;

/* All borrowed; they must outlive the edge. */
struct edge_start {
	const struct chassis *chassis;
	struct ledger *ledger;
	struct workers *worker;
	const struct buffers *buffers;
};

/*
 * Enters the namespaces, gives back what a former run left changed and the chassis file does not name any more, opens the
 * ports. NULL with a sentence when a namespace is not there or a port must not be used. A port whose interface is absent
 * is no failure.
 */
struct edge *edge_create(const struct edge_start *start, struct text *error) __attribute__((warn_unused_result));
/* Closes the ports and gives all interfaces back. => the worker is stopped */
void edge_destroy(struct edge *edge);
/* Gives back every interface of a ledger that a run left behind which did not end cleanly. => while the process may */
void edge_return_all(struct ledger *ledger);
/* From now on it may log. */
void edge_set_logger(struct edge *edge, struct logger *logger);
/* From now on it may raise alarms; what is the matter already becomes one. Borrowed. */
void edge_set_alarms(struct edge *edge, struct alarms *alarms);
/* The threads of the namespaces keep these capabilities only. */
bool edge_settle(struct edge *edge, const char *keep) __attribute__((warn_unused_result));

size_t edge_port_count(const struct edge *edge);
/* => index < edge_port_count() */
const struct port *edge_port(const struct edge *edge, size_t index);
/* Since the port was opened, or its counters were cleared. */
struct port_counters edge_counters(const struct edge *edge, size_t index);
/* Whatever was cleared. */
struct port_counters edge_counters_whole(const struct edge *edge, size_t index);
void edge_clear_counters(struct edge *edge, size_t index);
/* Its link: what counts, and since when. */
const struct link_hold *edge_link(const struct edge *edge, size_t index);
/* What the configuration that comes into force says of a port. */
void edge_rule(struct edge *edge, size_t index, const struct link_rules *rules);

enum { EDGE_POLLS = CHASSIS_PORTS };
/* Fills `polls` with what to wait for; returns how many. => capacity >= EDGE_POLLS */
size_t edge_prepare(const struct edge *edge, struct pollfd *polls);
/* Milliseconds after which edge_serve() has something to do without news, `most` at most. */
int edge_wait(const struct edge *edge, int most);
/* Takes news in. True when a port came up or went down. */
bool edge_serve(struct edge *edge, const struct pollfd *polls, size_t count);
/* About once a second: opens ports that are missing. True as above. */
bool edge_tick(struct edge *edge);
/* Is a namespace of lost ports there anew, which only a new start could enter, and no port open that would lose by it? */
bool edge_wants_renewal(const struct edge *edge);

#endif
