/*
 * show system processes: what the gateway's programs take of memory and processors, and which of them do not run, and why.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "processes.h"

enum {
	PROCESSES_MOST = 64,
};

static void
add_state(struct op_tree *tree, struct op_node *row, const struct roster_entry *entry)
{
	(void)op_add(tree, row, "process-state", entry == NULL ? "running" : roster_state_name(entry->state));
	if (entry != NULL && entry->failure[0] != '\0') {
		(void)op_add(tree, row, "process-failure", entry->failure);
	}
}

static void
add_process(struct op_tree *tree, const struct process *process, const struct roster_entry *entry)
{
	struct op_node *row = op_add(tree, tree->root, "process", NULL);
	const uint64_t share = process->age == 0 ? 0 : process->cpu * 1000 / process->age; /* of a thousand */

	op_add(tree, row, "process-name", process->name);
	op_add_number(tree, row, "process-identifier", (uint64_t)process->id);
	op_add_number(tree, row, "thread-count", process->threads);
	op_addf(tree, row, "cpu-seconds", "%" PRIu64 ".%02" PRIu64, process->cpu / 1000, process->cpu % 1000 / 10);
	op_addf(tree, row, "cpu-percent", "%" PRIu64 ".%" PRIu64, share / 10, share % 10);
	op_add_number(tree, row, "resident-kilobytes", process->resident / 1024);
	op_add_number(tree, row, "highest-resident-kilobytes", process->highest / 1024);
	op_add_number(tree, row, "uptime-seconds", process->age / 1000);
	add_state(tree, row, entry);
}

static bool
listed(const struct process *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Daemons that have no process now. */
static void
add_absent(struct op_tree *tree, const struct roster_entry *entry)
{
	struct op_node *row = op_add(tree, tree->root, "process", NULL);

	(void)op_add(tree, row, "process-name", entry->name);
	add_state(tree, row, entry);
}

/* A daemon that was started by hand has nobody but itself to show. */
enum command_outcome
command_show_processes(struct session *session, const struct op_command *command)
{
	const pid_t parent = getppid();
	const pid_t supervisor = parent == 1 ? getpid() : parent;
	struct roster_entry roster[ROSTER_MOST];
	const size_t daemons = processes_roster(session->mgd->options.state, roster);
	struct process list[PROCESSES_MOST];
	const size_t count = processes_list(supervisor, list, PROCESSES_MOST);
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	for (size_t i = 0; i < count; i++) {
		add_process(&tree, &list[i], roster_find(roster, daemons, list[i].name));
	}
	for (size_t i = 0; i < daemons; i++) {
		if (!listed(list, count, roster[i].name)) {
			add_absent(&tree, &roster[i]);
		}
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}
