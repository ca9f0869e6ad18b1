/*
 * One probe: a process that runs ping(8) or traceroute(8), or watches a port (watch.h), and what it says line by line.
 *
 * The process asks for the address of a name and flowd which address it leaves from before it becomes the program, so that nobody
 * waits for them but it.
 *
 * Life cycle: probe_start() -> { poll probe_descriptor(), probe_read() } -> probe_destroy(), which ends it if it still runs.
 */
#ifndef PROBED_PROBE_H
#define PROBED_PROBE_H

#include <stdbool.h>

#include "base/text.h"
#include "conf/op.h"

#define PROBE_HOST "get-host-information"

struct probe;

enum probe_state {
	PROBE_RUNNING,
	PROBE_DONE,
	PROBE_FAILED, /* with a sentence */
};

/* `state`: the state directory. NULL with a sentence. */
struct probe *probe_start(const struct op_node *request, const char *state, struct text *error)
    __attribute__((warn_unused_result));
int probe_descriptor(const struct probe *probe);
/* Adds a `line` element for each whole line that is there. => the descriptor is readable */
enum probe_state probe_read(struct probe *probe, struct op_tree *tree, struct text *error);
/* NULL does nothing. */
void probe_destroy(struct probe *probe);

#endif
