/*
 * monitor traffic: the frames that pass a port, as tcpdump(8) renders them.
 *
 * What is worth showing is said by an expression of pcap-filter(7), which becomes a filter here and is applied by flowd's
 * workers; this process gets those frames alone. tcpdump reads them from a pipe, in a process that can open no socket and
 * start no other; its lines come back here and get the direction. Nobody waits for nobody: what is not read in time is lost
 * at the tap, and told.
 */
#ifndef PROBED_WATCH_H
#define PROBED_WATCH_H

#include <stdbool.h>

#include "base/text.h"
#include "conf/op.h"

#define WATCH_REQUEST "monitor-traffic"

/* In a process of its own: writes lines to standard output until it has shown as many frames as wanted, or is ended. False with a
 * sentence. */
bool watch_run(const struct op_node *request, const char *state, struct text *error) __attribute__((warn_unused_result));

#endif
