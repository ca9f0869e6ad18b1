/*
 * The machine that the gateway runs on, as the kernel tells of it in /proc and /sys: processors, memory, sensors. What it does not
 * tell is not there; nothing is guessed.
 *
 * `root` is what stands before /proc and /sys: "" but in tests. Threads: none of its own; every call reads anew.
 */
#ifndef MGD_MACHINE_H
#define MGD_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MACHINE_NAME = 64,
	MACHINE_SENSORS = 64,
	MACHINE_CPU_EVERY = 5000, /* milliseconds between two samples */
};

/* Ticks since boot of all processors together, in classes that share nothing. */
struct machine_times {
	uint64_t user;
	uint64_t background; /* of low priority */
	uint64_t kernel;
	uint64_t interrupt;
	uint64_t idle; /* and stolen by other machines on the same hardware */
};

/* What the processors did between the last two samples; since boot while there is one. */
struct machine_cpu {
	struct machine_times before;
	struct machine_times last;
	int64_t due; /* monotonic milliseconds */
};

/* KiB. */
struct machine_memory {
	uint64_t total;
	uint64_t free;
	uint64_t available; /* without swapping */
	uint64_t buffers;
	uint64_t cached;
	uint64_t swap_total;
	uint64_t swap_free;
	uint64_t huge_total; /* pages of huge_size */
	uint64_t huge_free;
	uint64_t huge_size;
};

enum machine_sensor_kind {
	MACHINE_TEMPERATURE, /* thousandths of a degree Celsius */
	MACHINE_FAN,         /* revolutions a minute */
};

struct machine_sensor {
	char name[MACHINE_NAME];
	enum machine_sensor_kind kind;
	int64_t value;
	bool critical; /* the machine says so, or it is over what the machine calls critical */
};

/* False: it cannot be read. */
bool machine_read_times(const char *root, struct machine_times *times) __attribute__((warn_unused_result));
bool machine_read_memory(const char *root, struct machine_memory *memory) __attribute__((warn_unused_result));
/* In the order of their files; returns how many. */
size_t machine_read_sensors(const char *root, struct machine_sensor *list, size_t most);
/* The first line of a file of the machine's, without blanks at its end: "" when there is none. */
void machine_read_line(const char *root, const char *path, char *line, size_t size);

/* About once a second; takes a sample when one is due. */
void machine_cpu_tick(struct machine_cpu *cpu, int64_t now);
/* Percent of each class; false: nothing is known. */
bool machine_cpu_share(const struct machine_cpu *cpu, struct machine_times *percent)
    __attribute__((warn_unused_result));

#endif
