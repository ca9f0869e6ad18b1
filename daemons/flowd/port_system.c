/*
 * DPDK's start. See port_system.h.
 *
 * EAL: `--in-memory` where there are free hugepages, else `--no-huge --no-shconf` (these two forms exclude each other); no
 * PCI scan unless the chassis file names devices, and then only those. Nothing is shared with another DPDK process, so
 * two gateways run beside each other. The process's own CPU affinity is put back after rte_eal_init(), which pins.
 */
#include "port_system.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "pci.h"

enum {
	EAL_WORDS = 16 + 2 * CHASSIS_PORTS,
	EAL_MEGABYTES = 128,
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

/* Are there free hugepages, of 2 MB or of 1 GB, for all of our buffers? */
static bool
hugepages_free(void)
{
	return read_number("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") >= EAL_MEGABYTES / 2 ||
	    read_number("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages") >= 1;
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

static bool
devices_usable(const struct chassis *chassis, struct text *error)
{
	for (size_t i = 0; i < chassis->count; i++) {
		const struct chassis_port *port = &chassis->ports[i];
		struct text why = TEXT_EMPTY;

		if (port->kind == CHASSIS_PCI && pci_usable("", port->device, &why) &&
		    pci_needs_hugepages("", port->device) && !hugepages_free()) {
			text_printf(&why, "without an IOMMU it needs %d free hugepages of 2 MB: "
			                  "echo %d > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
			    EAL_MEGABYTES / 2, EAL_MEGABYTES / 2);
		}
		const bool usable = why.length == 0;

		if (!usable) {
			text_printf(error, "port %s: %s", port->name, text_string(&why));
		}
		text_release(&why);
		if (!usable) {
			return false;
		}
	}
	return true;
}

bool
port_system_start(const struct chassis *chassis, const char *run, struct text *error)
{
	struct eal_words list = {.count = 0};
	char *handed[EAL_WORDS];
	cpu_set_t affinity;
	int result = -1;

	if (!devices_usable(chassis, error)) {
		return false;
	}
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

static int
look_at_page(const struct rte_memseg_list *list, void *context)
{
	uint64_t *page = context;

	if (list->external == 0 && list->memseg_arr.count > 0) {
		*page = list->page_sz;
	}
	return 0;
}

uint64_t
port_system_page(void)
{
	uint64_t page = 0;

	(void)rte_memseg_list_walk(look_at_page, &page);
	return page;
}
