/*
 * PCI devices. See pci.h.
 */
#include "pci.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is to be done with a device that a driver has. */
enum driver_use {
	DRIVER_KERNEL, /* the kernel's own: it has to let go */
	DRIVER_VFIO,   /* behind an IOMMU, or without one at the owner's risk */
	DRIVER_UIO,    /* by physical addresses */
	DRIVER_SHARED, /* DPDK works beside it */
};

struct driver_row {
	const char *name;
	enum driver_use use;
};

static const struct driver_row drivers[] = {
    {"vfio-pci", DRIVER_VFIO},
    {"uio_pci_generic", DRIVER_UIO},
    {"igb_uio", DRIVER_UIO},
    {"mlx4_core", DRIVER_SHARED},
    {"mlx5_core", DRIVER_SHARED},
};

static bool
there_is(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A file of the device; "" when it is longer than any path: there is no such file then. */
static void
device_path(char *path, const char *root, const char *address, const char *file)
{
	const int length = snprintf(path, PATH_MAX, "%s/sys/bus/pci/devices/%s%s", root, address, file);

	if (length < 0 || length >= PATH_MAX) {
		path[0] = '\0';
	}
}

/* "" when it is longer than any file's name. */
static void
name_copy(char *name, const char *from)
{
	const size_t length = strlen(from);

	name[0] = '\0';
	if (length <= NAME_MAX) {
		memcpy(name, from, length + 1);
	}
}

/* The last part of what a link points to; "" without one. */
static void
link_name(const char *path, char *name)
{
	char target[PATH_MAX];
	const ssize_t length = readlink(path, target, sizeof(target) - 1);

	name[0] = '\0';
	if (length > 0) {
		target[length] = '\0';
		const char *last = strrchr(target, '/');

		name_copy(name, last == NULL ? target : last + 1);
	}
}

static void
driver_name(const char *root, const char *address, char *name)
{
	char path[PATH_MAX];

	device_path(path, root, address, "/driver");
	link_name(path, name);
}

static enum driver_use
driver_use(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, name) == 0) {
			return drivers[i].use;
		}
	}
	return DRIVER_KERNEL;
}

/* The interface that the kernel's driver made of it; "" when there is none. */
static void
interface_name(const char *root, const char *address, char *name)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *folder;

	name[0] = '\0';
	device_path(path, root, address, "/net");
	folder = opendir(path);
	if (folder == NULL) {
		return;
	}
	while (name[0] == '\0' && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			name_copy(name, entry->d_name);
		}
	}
	(void)closedir(folder);
}

static bool
has_iommu(const char *root, const char *address)
{
	char path[PATH_MAX];

	device_path(path, root, address, "/iommu_group");
	return there_is(path);
}

static bool
works_without_iommu(const char *root)
{
	char path[PATH_MAX];
	int value = 'N';
	FILE *file;

	const int length = snprintf(path, sizeof(path), "%s/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", root);

	file = length < (int)sizeof(path) ? fopen(path, "re") : NULL;
	if (file != NULL) {
		value = fgetc(file);
		(void)fclose(file);
	}
	return value == 'Y' || value == '1';
}

static void
tell_to_bind(const char *root, const char *address, const char *driver, struct text *error)
{
	char interface[NAME_MAX + 1];

	interface_name(root, address, interface);
	if (driver[0] == '\0') {
		text_append(error, "no driver has it: ");
	} else {
		text_printf(error, "the kernel's driver %s has it", driver);
		if (interface[0] != '\0') {
			text_printf(error, " as the interface %s (netdev:%s works without the following)", interface, interface);
		}
		text_append(error, ": ");
	}
	if (interface[0] != '\0') {
		text_printf(error, "ip link set dev %s down; ", interface);
	}
	text_printf(error, "modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci %s", address);
}

bool
pci_usable(const char *root, const char *address, struct text *error)
{
	char path[PATH_MAX];
	char driver[NAME_MAX + 1];

	device_path(path, root, "", "");
	if (!there_is(path)) {
		text_append(error, "this machine has no PCI bus that can be seen: in a container /sys must be the host's");
		return false;
	}
	device_path(path, root, address, "");
	if (!there_is(path)) {
		text_printf(error, "there is no PCI device %s: lspci -D lists them", address);
		return false;
	}
	driver_name(root, address, driver);
	switch (driver_use(driver)) {
	case DRIVER_KERNEL:
		tell_to_bind(root, address, driver, error);
		return false;
	case DRIVER_VFIO:
		if (!has_iommu(root, address) && !works_without_iommu(root)) {
			text_append(error, "there is no IOMMU for it: switch it on (intel_iommu=on or amd_iommu=on on the kernel's "
			                   "command line), or without its protection: "
			                   "echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
			return false;
		}
		return true;
	case DRIVER_UIO:
	case DRIVER_SHARED:
		return true;
	}
	return false;
}

bool
pci_needs_hugepages(const char *root, const char *address)
{
	char driver[NAME_MAX + 1];

	driver_name(root, address, driver);
	switch (driver_use(driver)) {
	case DRIVER_VFIO:
		return !has_iommu(root, address);
	case DRIVER_UIO:
		return true;
	case DRIVER_SHARED:
	case DRIVER_KERNEL:
		return false;
	}
	return false;
}
