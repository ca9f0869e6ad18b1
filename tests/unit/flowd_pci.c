/*
 * May a PCI device be had, and what is said when not. The kernel's files are made below a folder of the test's own, as
 * linux/Documentation/ABI/testing/sysfs-bus-pci and driver-api/vfio.rst describe them.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pci.h"

#define ADDRESS "0000:03:00.0"

/* A machine: each "" is left out. */
struct machine {
	const char *driver;
	const char *interface;
	bool device;
	bool iommu;
	const char *unsafe; /* what vfio's parameter says */
	const char *says;   /* "": usable */
	bool hugepages;
};

static const struct machine machines[] = {
    {"", "", false, false, "", "there is no PCI device " ADDRESS ": lspci -D", false},
    {"", "", true, true, "", "no driver has it: modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci " ADDRESS, false},
    {"ixgbe", "enp3s0", true, true, "",
        "the kernel's driver ixgbe has it as the interface enp3s0 (netdev:enp3s0 works without the following): ip link set dev "
        "enp3s0 down; modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci " ADDRESS, false},
    {"nvme", "", true, true, "", "the kernel's driver nvme has it: modprobe vfio-pci; ", false},
    {"vfio-pci", "", true, true, "", "", false},
    {"vfio-pci", "", true, false, "", "there is no IOMMU for it: switch it on (intel_iommu=on", false},
    {"vfio-pci", "", true, false, "N\n", "there is no IOMMU for it", false},
    {"vfio-pci", "", true, false, "Y\n", "", true},
    {"uio_pci_generic", "", true, false, "", "", true},
    {"mlx5_core", "ens1", true, true, "", "", false},
};

static void
make_folders(const char *root, const char *path)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	(void)mkdir(whole, 0700);
}

static void
make_machine(const char *root, const struct machine *machine)
{
	char path[256];

	make_folders(root, "/sys/bus/pci/devices");
	if (machine->device) {
		make_folders(root, "/sys/bus/pci/devices/" ADDRESS);
	}
	if (machine->driver[0] != '\0') {
		char target[64];

		(void)snprintf(target, sizeof(target), "../../drivers/%s", machine->driver);
		(void)snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" ADDRESS "/driver", root);
		assert_int_equal(symlink(target, path), 0);
	}
	if (machine->interface[0] != '\0') {
		(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/" ADDRESS "/net/%s", machine->interface);
		make_folders(root, path);
	}
	if (machine->iommu) {
		make_folders(root, "/sys/bus/pci/devices/" ADDRESS "/iommu_group");
	}
	if (machine->unsafe[0] != '\0') {
		make_folders(root, "/sys/module/vfio/parameters");
		(void)snprintf(path, sizeof(path), "%s/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", root);
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		(void)fputs(machine->unsafe, file);
		(void)fclose(file);
	}
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void
every_machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		char root[] = "/tmp/pci-XXXXXX";
		struct text error = TEXT_EMPTY;

		assert_non_null(mkdtemp(root));
		make_machine(root, &machines[i]);
		assert_int_equal(pci_usable(root, ADDRESS, &error), machines[i].says[0] == '\0');
		assert_memory_equal(text_string(&error), machines[i].says, strlen(machines[i].says));
		if (machines[i].says[0] == '\0') {
			assert_string_equal(text_string(&error), "");
			assert_int_equal(pci_needs_hugepages(root, ADDRESS), machines[i].hugepages);
		}
		text_release(&error);
		assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
}

static void
no_bus(void **state)
{
	struct text error = TEXT_EMPTY;

	(void)state;
	assert_false(pci_usable("/nowhere", ADDRESS, &error));
	assert_non_null(strstr(text_string(&error), "no PCI bus"));
	text_release(&error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_machine),
	    cmocka_unit_test(no_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
