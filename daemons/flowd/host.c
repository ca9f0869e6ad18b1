/*
 * The host path. See host.h.
 *
 * Addresses and rules are set by one `ip -batch` run for each change; its lines hold numbers of ours only, never a word of
 * the configuration.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/daemon.h"
#include "program.h"

enum {
	HOST_TABLE = 1000,    /* routing table of instance 0 */
	HOST_PREFERENCE = 1000, /* of the rules; before `main` */
};

struct address_set {
	uint32_t *items; /* host order, ascending, each once */
	size_t count;
};

struct host_instance {
	int descriptor; /* -1: none */
	bool wanted;
	struct address_set addresses;
};

struct host {
	struct namespace *namespace;
	struct host_instance instances[HOST_INSTANCES];
	uint32_t main_address; /* what our own connections come from unless they say; 0: no way out */
	uint16_t main_instance;
};

static bool
namespace_exists(const char *name)
{
	struct text path = TEXT_EMPTY;
	struct stat status;

	text_printf(&path, "/run/netns/%s", name);
	const bool there = stat(text_string(&path), &status) == 0;

	text_release(&path);
	return there;
}

static bool
run_ip(const char *const *arguments, const char *input, struct text *error)
{
	struct text complaint = TEXT_EMPTY;
	const int status = program_run(arguments, input, &complaint);

	if (status != 0 && error != NULL) {
		text_printf(error, "ip: %s", status < 0 ? strerror(-status) : text_string(&complaint));
	}
	text_release(&complaint);
	return status == 0;
}

static void
write_setting(const char *path, const char *value)
{
	const int descriptor = open(path, O_WRONLY | O_CLOEXEC);

	if (descriptor >= 0) {
		(void)!write(descriptor, value, strlen(value));
		(void)close(descriptor);
	}
}

struct batch {
	const char *script;
	struct text *error;
};

static int
batch_job(void *argument)
{
	static const char *const arguments[] = {"ip", "-force", "-batch", "-", NULL};
	const struct batch *batch = argument;

	return run_ip(arguments, batch->script, batch->error) ? 0 : -1;
}

/* Rules of a former run go; the namespace neither forwards nor speaks IPv6 nor minds where a packet comes from. */
static int
prepare_job(void *argument)
{
	struct batch batch = {
	    .script = "link set lo up\n"
	              "rule flush\n"
	              "rule add from all lookup main preference 32766\n"
	              "rule add from all lookup default preference 32767\n",
	    .error = argument,
	};

	write_setting("/proc/sys/net/ipv4/ip_forward", "0");
	write_setting("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	write_setting("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
	write_setting("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	return batch_job(&batch);
}

static bool
enter(struct host *host, const char *name, struct text *error)
{
	const char *const add[] = {"ip", "netns", "add", name, NULL};

	if (!namespace_exists(name) && !run_ip(add, NULL, error)) {
		return false;
	}
	host->namespace = namespace_create(name, error);
	return host->namespace != NULL && namespace_run(host->namespace, prepare_job, error) == 0;
}

struct host *
host_create(const char *state, struct text *error)
{
	struct host *host = calloc(1, sizeof(*host));
	struct text name = TEXT_EMPTY;

	if (host == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		host->instances[i].descriptor = -1;
	}
	if (!daemon_host_namespace(state, &name)) {
		text_printf(error, "%s: %s", state, strerror(errno));
		host_destroy(host);
		host = NULL;
	} else if (!enter(host, text_string(&name), error)) {
		host_destroy(host);
		host = NULL;
	}
	text_release(&name);
	return host;
}

void
host_destroy(struct host *host)
{
	if (host == NULL) {
		return;
	}
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		if (host->instances[i].descriptor >= 0) {
			(void)close(host->instances[i].descriptor);
		}
		free(host->instances[i].addresses.items);
	}
	namespace_destroy(host->namespace);
	free(host);
}

void
host_remove(const char *state)
{
	struct text name = TEXT_EMPTY;

	if (daemon_host_namespace(state, &name) && namespace_exists(text_string(&name))) {
		const char *const delete[] = {"ip", "netns", "delete", text_string(&name), NULL};

		(void)run_ip(delete, NULL, NULL);
	}
	text_release(&name);
}

struct namespace *
host_namespace(struct host *host)
{
	return host->namespace;
}

static int
compare_addresses(const void *left, const void *right)
{
	const uint32_t *l = left;
	const uint32_t *r = right;

	return (*l > *r) - (*l < *r);
}

/* The local addresses of an instance. False when memory ran out. */
static bool
collect(const struct snapshot *snapshot, uint16_t instance, struct address_set *set)
{
	size_t count = 0;

	*set = (struct address_set){.items = NULL};
	for (uint16_t u = 0; u < snapshot->unit_count; u++) {
		const struct snapshot_unit *unit = &snapshot->units[u];

		if (unit->present && unit->instance == instance) {
			count += unit->address_count;
		}
	}
	if (count == 0) {
		return true;
	}
	set->items = calloc(count, sizeof(*set->items));
	if (set->items == NULL) {
		return false;
	}
	for (uint16_t u = 0; u < snapshot->unit_count; u++) {
		const struct snapshot_unit *unit = &snapshot->units[u];

		for (uint16_t a = 0; unit->present && unit->instance == instance && a < unit->address_count; a++) {
			set->items[set->count++] = unit->addresses[a].address;
		}
	}
	qsort(set->items, set->count, sizeof(*set->items), compare_addresses);
	count = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (count == 0 || set->items[count - 1] != set->items[i]) {
			set->items[count++] = set->items[i];
		}
	}
	set->count = count;
	return true;
}

static bool
contains(const struct address_set *set, uint32_t address)
{
	return set->count > 0 &&
	    bsearch(&address, set->items, set->count, sizeof(*set->items), compare_addresses) != NULL;
}

static void
put_address(struct text *out, uint32_t address)
{
	text_printf(out, "%u.%u.%u.%u", address >> 24, (address >> 16) & 255U, (address >> 8) & 255U, address & 255U);
}

static void
change_address(struct text *script, const char *verb, uint16_t instance, uint32_t address)
{
	text_printf(script, "address %s ", verb);
	put_address(script, address);
	text_printf(script, "/32 dev sp%u\nrule %s from ", (unsigned)instance, verb);
	put_address(script, address);
	text_printf(script, " lookup %u preference %u\n", HOST_TABLE + (unsigned)instance, (unsigned)HOST_PREFERENCE);
}

struct tun {
	uint16_t instance;
	int descriptor;
};

static int
tun_job(void *argument)
{
	struct tun *tun = argument;
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	tun->descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun->descriptor < 0) {
		return -errno;
	}
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "sp%u", (unsigned)tun->instance);
	if (ioctl(tun->descriptor, TUNSETIFF, &request) != 0) {
		const int failure = -errno;

		(void)close(tun->descriptor);
		tun->descriptor = -1;
		return failure;
	}
	return 0;
}

static void
tun_open(struct host *host, uint16_t instance, struct text *script, struct text *error)
{
	struct tun tun = {.instance = instance, .descriptor = -1};
	const int failure = namespace_run(host->namespace, tun_job, &tun);

	if (failure != 0) {
		text_printf(error, "no TUN for routing instance %u: %s; ", (unsigned)instance, strerror(-failure));
		return;
	}
	host->instances[instance].descriptor = tun.descriptor;
	text_printf(script, "link set dev sp%u mtu %u up\nroute replace default dev sp%u table %u\n", (unsigned)instance,
	    (unsigned)HOST_MTU, (unsigned)instance, HOST_TABLE + (unsigned)instance);
}

static void
apply_instance(struct host *host, const struct snapshot *snapshot, uint16_t instance, struct text *outputs[2])
{
	struct host_instance *here = &host->instances[instance];
	struct address_set wanted = {.items = NULL};
	struct text *script = outputs[0];

	if (instance < snapshot->instance_count && snapshot->instances[instance].present &&
	    !collect(snapshot, instance, &wanted)) {
		text_append(outputs[1], "out of memory; ");
		return;
	}
	here->wanted = wanted.count > 0;
	if (here->wanted && here->descriptor < 0) {
		tun_open(host, instance, script, outputs[1]);
	}
	for (size_t i = 0; i < here->addresses.count; i++) {
		if (!contains(&wanted, here->addresses.items[i])) {
			change_address(script, "delete", instance, here->addresses.items[i]);
		}
	}
	for (size_t i = 0; here->descriptor >= 0 && i < wanted.count; i++) {
		if (!contains(&here->addresses, wanted.items[i])) {
			change_address(script, "add", instance, wanted.items[i]);
		}
	}
	free(here->addresses.items);
	here->addresses = here->descriptor >= 0 ? wanted : (struct address_set){.items = NULL};
	if (here->descriptor < 0) {
		free(wanted.items);
	}
}

/* A connection that does not say where it comes from takes the first instance's first address. */
static void
apply_main(struct host *host, struct text *script)
{
	uint16_t instance = 0;

	while (instance < HOST_INSTANCES && host->instances[instance].addresses.count == 0) {
		instance++;
	}
	const uint32_t address = instance < HOST_INSTANCES ? host->instances[instance].addresses.items[0] : 0;

	if (address == host->main_address && instance == host->main_instance) {
		return;
	}
	host->main_address = address;
	host->main_instance = instance;
	if (instance == HOST_INSTANCES) {
		return; /* the route went with its TUN */
	}
	text_printf(script, "route replace default dev sp%u src ", (unsigned)instance);
	put_address(script, address);
	text_append_char(script, '\n');
}

void
host_apply(struct host *host, const struct snapshot *snapshot, struct text *error)
{
	struct text script = TEXT_EMPTY;
	struct text *outputs[2] = {&script, error};
	struct batch batch = {.error = error};

	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		apply_instance(host, snapshot, (uint16_t)i, outputs);
	}
	for (unsigned i = HOST_INSTANCES; i < snapshot->instance_count; i++) {
		if (snapshot->instances[i].present) {
			text_printf(error, "routing instance %s has no way to local services: more than %d instances; ",
			    snapshot->instances[i].name, HOST_INSTANCES);
		}
	}
	apply_main(host, &script);
	if (text_failed(&script)) {
		text_append(error, "out of memory; ");
	} else if (script.length > 0) {
		batch.script = text_string(&script);
		(void)namespace_run(host->namespace, batch_job, &batch);
	}
	text_release(&script);
}

void
host_trim(struct host *host)
{
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		if (!host->instances[i].wanted && host->instances[i].descriptor >= 0) {
			(void)close(host->instances[i].descriptor);
			host->instances[i].descriptor = -1;
		}
	}
}

int
host_descriptor(const struct host *host, uint16_t instance)
{
	return instance < HOST_INSTANCES && host->instances[instance].wanted ? host->instances[instance].descriptor : -1;
}
