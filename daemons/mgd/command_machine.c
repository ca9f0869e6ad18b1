/*
 * show chassis routing-engine, show chassis environment, show system memory: the machine as the kernel tells of it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "command.h"
#include "history.h"
#include "machine.h"
#include "processes.h"

#include <unistd.h>

enum {
	KIBI = 1024,
	FULL = 100,
	THOUSAND = 1000,
	DAY = 86400,
	HOUR = 3600,
	MINUTE = 60,
	PROCESSES_MOST = 64,
	MODEL = 128,
};

/* --- routing engine --------------------------------------------------------------------------------------------- */

/* The warmest place. */
static void
add_temperature(struct op_tree *tree)
{
	struct machine_sensor list[MACHINE_SENSORS];
	const size_t count = machine_read_sensors("", list, MACHINE_SENSORS);
	const struct machine_sensor *warmest = NULL;

	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == MACHINE_TEMPERATURE && (warmest == NULL || list[i].value > warmest->value)) {
			warmest = &list[i];
		}
	}
	if (warmest != NULL) {
		(void)op_addf(tree, tree->root, "temperature", "%" PRId64 " degrees C / %" PRId64 " degrees F",
		    warmest->value / THOUSAND, warmest->value * 9 / 5 / THOUSAND + 32);
	}
}

static void
add_memory(struct op_tree *tree)
{
	struct machine_memory memory;

	if (machine_read_memory("", &memory)) {
		const uint64_t used = memory.total - (memory.available < memory.total ? memory.available : memory.total);

		(void)op_addf(tree, tree->root, "memory-dram-size", "%" PRIu64 " MB", memory.total / KIBI);
		(void)op_addf(tree, tree->root, "memory-buffer-utilization", "%" PRIu64 " percent (%" PRIu64 " MB)",
		    used * FULL / memory.total, used / KIBI);
	}
}

static void
add_processors(struct op_tree *tree, const struct mgd *mgd)
{
	struct machine_times percent;
	double load[3];

	if (machine_cpu_share(&mgd->cpu, &percent)) {
		(void)op_addf(tree, tree->root, "cpu-user", "%" PRIu64 " percent", percent.user);
		(void)op_addf(tree, tree->root, "cpu-background", "%" PRIu64 " percent", percent.background);
		(void)op_addf(tree, tree->root, "cpu-kernel", "%" PRIu64 " percent", percent.kernel);
		(void)op_addf(tree, tree->root, "cpu-interrupt", "%" PRIu64 " percent", percent.interrupt);
		(void)op_addf(tree, tree->root, "cpu-idle", "%" PRIu64 " percent", percent.idle);
	}
	if (getloadavg(load, 3) == 3) {
		(void)op_addf(tree, tree->root, "load-average-one", "%.2f", load[0]);
		(void)op_addf(tree, tree->root, "load-average-five", "%.2f", load[1]);
		(void)op_addf(tree, tree->root, "load-average-fifteen", "%.2f", load[2]);
	}
}

static void
add_times(struct op_tree *tree)
{
	struct timespec running = {0};
	struct text words = TEXT_EMPTY;

	if (clock_gettime(CLOCK_BOOTTIME, &running) == 0) {
		const int64_t seconds = running.tv_sec;

		history_append_time((int64_t)time(NULL) - seconds, &words);
		(void)op_add(tree, tree->root, "start-time", text_string(&words));
		(void)op_addf(tree, tree->root, "up-time",
		    "%" PRId64 " days, %" PRId64 " hours, %" PRId64 " minutes, %" PRId64 " seconds", seconds / DAY,
		    seconds % DAY / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
	}
	text_release(&words);
}

enum command_outcome
command_show_routing_engine(struct session *session, const struct op_command *command)
{
	char model[MODEL];
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	machine_read_line("", "/sys/class/dmi/id/product_name", model, sizeof(model));
	if (model[0] != '\0') {
		(void)op_add(&tree, tree.root, "model", model);
	}
	add_temperature(&tree);
	add_memory(&tree);
	add_processors(&tree, session->mgd);
	add_times(&tree);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

/* --- environment ------------------------------------------------------------------------------------------------ */

enum command_outcome
command_show_environment(struct session *session, const struct op_command *command)
{
	struct machine_sensor list[MACHINE_SENSORS];
	const size_t count = machine_read_sensors("", list, MACHINE_SENSORS);
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	for (size_t i = 0; i < count; i++) {
		const struct machine_sensor *sensor = &list[i];
		struct op_node *row = op_add(&tree, tree.root, "environment-item", NULL);

		(void)op_add(&tree, row, "class", sensor->kind == MACHINE_FAN ? "Fans" : "Temp");
		(void)op_add(&tree, row, "name", sensor->name);
		(void)op_add(&tree, row, "status", sensor->critical ? "Check" : "OK");
		switch (sensor->kind) {
		case MACHINE_TEMPERATURE:
			(void)op_addf(&tree, row, "comment", "%" PRId64 " degrees C / %" PRId64 " degrees F",
			    sensor->value / THOUSAND, sensor->value * 9 / 5 / THOUSAND + 32);
			break;
		case MACHINE_FAN:
			(void)op_addf(&tree, row, "comment", "%" PRId64 " RPM", sensor->value);
			break;
		}
	}
	(void)op_add_number(&tree, tree.root, "sensor-count", count);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

static void
add_part(struct op_tree *tree, const char *name, uint64_t kilobytes, uint64_t total)
{
	struct op_node *row = op_add(tree, tree->root, "memory-part", NULL);

	(void)op_add(tree, row, "name", name);
	(void)op_add_number(tree, row, "kilobytes", kilobytes);
	if (total > 0) {
		(void)op_addf(tree, row, "percent", "%" PRIu64, kilobytes * FULL / total);
	}
}

/* What the gateway's own programs have in memory. */
static uint64_t
own_kilobytes(void)
{
	const pid_t parent = getppid();
	struct process list[PROCESSES_MOST];
	const size_t count = processes_list(parent == 1 ? getpid() : parent, list, PROCESSES_MOST);
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += list[i].resident / KIBI;
	}
	return sum;
}

enum command_outcome
command_show_memory(struct session *session, const struct op_command *command)
{
	struct machine_memory memory;
	struct op_tree tree;
	enum command_outcome outcome;

	if (!machine_read_memory("", &memory)) {
		session_failf(session, "error: the kernel does not tell of its memory\n");
		return COMMAND_WRONG;
	}
	op_tree_start(&tree, command->rpc->root);
	add_part(&tree, "Total", memory.total, memory.total);
	add_part(&tree, "Available", memory.available, memory.total);
	add_part(&tree, "Free", memory.free, memory.total);
	add_part(&tree, "Buffers", memory.buffers, memory.total);
	add_part(&tree, "Cached", memory.cached, memory.total);
	add_part(&tree, "Gateway's programs", own_kilobytes(), memory.total);
	if (memory.huge_total > 0) {
		add_part(&tree, "Huge pages", memory.huge_total * memory.huge_size, memory.total);
		add_part(&tree, "Huge pages free", memory.huge_free * memory.huge_size, memory.total);
	}
	if (memory.swap_total > 0) {
		add_part(&tree, "Swap", memory.swap_total, 0);
		add_part(&tree, "Swap free", memory.swap_free, 0);
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}
