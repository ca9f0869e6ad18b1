/*
 * What is read of /proc and /sys, from files as proc(5) and the kernel's documentation of hwmon and thermal zones have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "machine.h"

enum { PATH = 512 };

struct house {
	char root[64];
};

static void
put(const struct house *house, const char *path, const char *content)
{
	char whole[PATH];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s%s", house->root, path);
	for (char *slash = strchr(whole + strlen(house->root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "we");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
furnish(void **state)
{
	struct house *house = calloc(1, sizeof(*house));

	assert_non_null(house);
	(void)snprintf(house->root, sizeof(house->root), "/tmp/sallyport-machine-XXXXXX");
	assert_non_null(mkdtemp(house->root));
	*state = house;
	return 0;
}

static int
clear(void **state)
{
	struct house *house = *state;
	char command[PATH];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", house->root);
	assert_int_equal(system(command), 0);
	free(house);
	return 0;
}

static void
test_nothing(void **state)
{
	const struct house *house = *state;
	struct machine_times times;
	struct machine_memory memory;
	struct machine_sensor list[2];
	char line[8];

	assert_false(machine_read_times(house->root, &times));
	assert_false(machine_read_memory(house->root, &memory));
	assert_int_equal(machine_read_sensors(house->root, list, 2), 0);
	machine_read_line(house->root, "/no/such/file", line, sizeof(line));
	assert_string_equal(line, "");
}

static void
test_times(void **state)
{
	const struct house *house = *state;
	struct machine_times times;
	struct machine_cpu cpu = {.due = 0};

	put(house, "/proc/stat", "cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n");
	assert_true(machine_read_times(house->root, &times));
	assert_int_equal(times.user, 100);
	assert_int_equal(times.background, 20);
	assert_int_equal(times.kernel, 30);
	assert_int_equal(times.interrupt, 13);
	assert_int_equal(times.idle, 458);
	put(house, "/proc/stat", "cpu nonsense\n");
	assert_false(machine_read_times(house->root, &times));
	/* Shares: nothing is known of no time; they are a hundred together, the rest being idle. */
	assert_false(machine_cpu_share(&cpu, &times));
	cpu.before = (struct machine_times){.user = 100, .idle = 100};
	cpu.last = (struct machine_times){.user = 133, .background = 1, .kernel = 33, .interrupt = 33, .idle = 300};
	assert_true(machine_cpu_share(&cpu, &times));
	assert_int_equal(times.user, 11);
	assert_int_equal(times.background, 0);
	assert_int_equal(times.kernel, 11);
	assert_int_equal(times.interrupt, 11);
	assert_int_equal(times.idle, 67);
}

/* This machine's own: the first sample tells of all time since boot, and none is taken before it is due. */
static void
test_samples(void **state)
{
	struct machine_cpu cpu = {.due = 0};
	struct machine_times percent;

	(void)state;
	machine_cpu_tick(&cpu, 1000);
	assert_int_equal(cpu.due, 1000 + MACHINE_CPU_EVERY);
	assert_true(machine_cpu_share(&cpu, &percent));
	assert_int_equal(percent.user + percent.background + percent.kernel + percent.interrupt + percent.idle, 100);
	const struct machine_times first = cpu.last;

	machine_cpu_tick(&cpu, 999 + MACHINE_CPU_EVERY);
	assert_memory_equal(&cpu.last, &first, sizeof(first));
	assert_int_equal(cpu.before.idle, 0);
	machine_cpu_tick(&cpu, 1000 + MACHINE_CPU_EVERY);
	assert_memory_equal(&cpu.before, &first, sizeof(first));
}

static void
test_memory(void **state)
{
	const struct house *house = *state;
	struct machine_memory memory;

	put(house, "/proc/meminfo",
	    "MemTotal:        8000000 kB\nMemFree:         1000000 kB\nMemAvailable:    6000000 kB\nBuffers:           50000 kB\n"
	    "Cached:          2000000 kB\nSwapCached:           77 kB\nSwapTotal:        500000 kB\nSwapFree:         400000 kB\n"
	    "HugePages_Total:      64\nHugePages_Free:       10\nHugepagesize:       2048 kB\n");
	assert_true(machine_read_memory(house->root, &memory));
	assert_int_equal(memory.total, 8000000);
	assert_int_equal(memory.free, 1000000);
	assert_int_equal(memory.available, 6000000);
	assert_int_equal(memory.buffers, 50000);
	assert_int_equal(memory.cached, 2000000);
	assert_int_equal(memory.swap_total, 500000);
	assert_int_equal(memory.swap_free, 400000);
	assert_int_equal(memory.huge_total, 64);
	assert_int_equal(memory.huge_free, 10);
	assert_int_equal(memory.huge_size, 2048);
}

static void
expect_sensor(const struct machine_sensor *sensor, const char *name, int64_t value, bool critical)
{
	assert_string_equal(sensor->name, name);
	assert_int_equal(sensor->value, value);
	assert_int_equal(sensor->critical, critical);
}

static void
test_sensors(void **state)
{
	const struct house *house = *state;
	struct machine_sensor list[MACHINE_SENSORS];

	put(house, "/sys/class/hwmon/hwmon0/name", "coretemp\n");
	put(house, "/sys/class/hwmon/hwmon0/temp1_input", "45000\n");
	put(house, "/sys/class/hwmon/hwmon0/temp1_label", "Package id 0 \n");
	put(house, "/sys/class/hwmon/hwmon0/temp1_crit", "100000\n");
	put(house, "/sys/class/hwmon/hwmon0/temp3_input", "101000\n");
	put(house, "/sys/class/hwmon/hwmon0/temp3_crit", "100000\n");
	put(house, "/sys/class/hwmon/hwmon10/name", "board\n");
	put(house, "/sys/class/hwmon/hwmon10/fan1_input", "0\n");
	put(house, "/sys/class/hwmon/hwmon10/fan1_alarm", "1\n");
	put(house, "/sys/class/hwmon/hwmon2/fan2_input", "1200\n");
	put(house, "/sys/class/hwmon/hwmon2/fan3_input", "nonsense\n");
	put(house, "/sys/class/thermal/thermal_zone0/type", "acpitz\n");
	put(house, "/sys/class/thermal/thermal_zone0/temp", "-5000\n");
	put(house, "/sys/class/thermal/cooling_device0/type", "Fan\n");
	assert_int_equal(machine_read_sensors(house->root, list, MACHINE_SENSORS), 5);
	expect_sensor(&list[0], "coretemp Package id 0", 45000, false);
	expect_sensor(&list[1], "coretemp temp3", 101000, true);
	assert_int_equal(list[2].kind, MACHINE_FAN);
	expect_sensor(&list[2], "sensor fan2", 1200, false);
	expect_sensor(&list[3], "board fan1", 0, true);
	assert_int_equal(list[4].kind, MACHINE_TEMPERATURE);
	expect_sensor(&list[4], "acpitz", -5000, false);
	/* No more than there is room for. */
	assert_int_equal(machine_read_sensors(house->root, list, 3), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_nothing, furnish, clear),
	    cmocka_unit_test_setup_teardown(test_times, furnish, clear),
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test_setup_teardown(test_memory, furnish, clear),
	    cmocka_unit_test_setup_teardown(test_sensors, furnish, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
