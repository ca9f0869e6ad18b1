/*
 * The host path. See host.h.
 *
 * Addresses and rules are set by one `ip -batch` run a family for each change; its lines hold numbers of ours only, never a
 * word of the configuration.
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
#include "wire/address_text.h"
#include "wire/ipv6.h"

enum {
	HOST_TABLE = 1000,    /* routing table of instance 0 */
	HOST_PREFERENCE = 1000, /* of the rules; before `main` */
};

enum family {
	INET,
	INET6,
	FAMILIES,
};

struct address_set {
	struct ipv6_address *items; /* IPv4 as ::ffff:a.b.c.d; ascending, each once */
	size_t count;
};

struct host_instance {
	int descriptor; /* -1: none */
	bool wanted;
	struct address_set addresses;
};

/* What our own connections come from unless they say. */
struct host_default {
	bool there; /* false: no way out */
	uint16_t instance;
	struct ipv6_address address;
};

struct host {
	struct namespace *namespace;
	struct host_instance instances[HOST_INSTANCES];
	struct host_default defaults[FAMILIES];
};

/* A change in the making. */
struct change {
	struct text scripts[FAMILIES];
	struct text *error;
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
	enum family family;
	const char *script;
	struct text *error;
};

static int
batch_job(void *argument)
{
	static const char *const options[FAMILIES] = {[INET] = "-4", [INET6] = "-6"};
	const struct batch *batch = argument;
	const char *const arguments[] = {"ip", options[batch->family], "-force", "-batch", "-", NULL};

	return run_ip(arguments, batch->script, batch->error) ? 0 : -1;
}

/* What every interface that is made here begins with: addresses are those that we give, nothing is learned or announced. */
static void
prepare_inet6(void)
{
	static const char *const scopes[] = {"all", "default"};
	static const char *const settings[][2] = {
	    {"forwarding", "0"},
	    {"accept_ra", "0"},
	    {"autoconf", "0"},
	    {"accept_redirects", "0"},
	    {"router_solicitations", "0"},
	    {"accept_dad", "0"},
	    {"addr_gen_mode", "1"}, /* no link-local address */
	    {"disable_ipv6", "0"},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		for (size_t j = 0; j < sizeof(scopes) / sizeof(scopes[0]); j++) {
			char path[80];

			(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", scopes[j], settings[i][0]);
			write_setting(path, settings[i][1]);
		}
	}
}

/* Rules of a former run go; the namespace neither forwards nor minds where a packet comes from. */
static int
prepare_job(void *argument)
{
	static const char script[] = "link set lo up\n"
	                             "rule flush\n"
	                             "rule add from all lookup main preference 32766\n"
	                             "rule add from all lookup default preference 32767\n";
	struct batch batch = {.family = INET, .script = script, .error = argument};
	struct batch batch6 = {.family = INET6, .script = script, .error = NULL}; /* a kernel may be without IPv6 */

	write_setting("/proc/sys/net/ipv4/ip_forward", "0");
	write_setting("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	/* Who is here may ask for an echo without being allowed more. */
	write_setting("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	write_setting("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
	prepare_inet6();
	(void)batch_job(&batch6);
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
	const struct ipv6_address *l = left;
	const struct ipv6_address *r = right;

	return ipv6_compare(*l, *r);
}

/* Link-local addresses mean nothing away from their link: services do not see them. */
static void
collect_unit(const struct snapshot_unit *unit, struct address_set *set)
{
	for (uint16_t i = 0; i < unit->address_count; i++) {
		set->items[set->count++] = ipv6_mapped(unit->addresses[i].address);
	}
	for (uint16_t i = 0; i < unit->address6_count; i++) {
		if (!ipv6_is_link_local(unit->addresses6[i].address)) {
			set->items[set->count++] = unit->addresses6[i].address;
		}
	}
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
			count += (size_t)unit->address_count + unit->address6_count;
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

		if (unit->present && unit->instance == instance) {
			collect_unit(unit, set);
		}
	}
	qsort(set->items, set->count, sizeof(*set->items), compare_addresses);
	count = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (count == 0 || !ipv6_equal(set->items[count - 1], set->items[i])) {
			set->items[count++] = set->items[i];
		}
	}
	set->count = count;
	return true;
}

static bool
contains(const struct address_set *set, struct ipv6_address address)
{
	return set->count > 0 &&
	    bsearch(&address, set->items, set->count, sizeof(*set->items), compare_addresses) != NULL;
}

static enum family
family_of(struct ipv6_address address)
{
	return ipv6_is_mapped(address) ? INET : INET6;
}

static void
put_address(struct text *out, struct ipv6_address address)
{
	char string[ADDRESS_TEXT];

	text_append(out, address_text(string, address));
}

static void
change_address(struct change *change, const char *verb, uint16_t instance, struct ipv6_address address)
{
	const enum family family = family_of(address);
	struct text *script = &change->scripts[family];

	text_printf(script, "address %s ", verb);
	put_address(script, address);
	text_printf(script, "/%u dev sp%u%s\nrule %s from ", family == INET ? 32U : 128U, (unsigned)instance,
	    family == INET6 && strcmp(verb, "add") == 0 ? " nodad" : "", verb);
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
tun_open(struct host *host, uint16_t instance, struct change *change)
{
	struct tun tun = {.instance = instance, .descriptor = -1};
	const int failure = namespace_run(host->namespace, tun_job, &tun);

	if (failure != 0) {
		text_printf(change->error, "no TUN for routing instance %u: %s; ", (unsigned)instance, strerror(-failure));
		return;
	}
	host->instances[instance].descriptor = tun.descriptor;
	text_printf(&change->scripts[INET], "link set dev sp%u mtu %u up\n", (unsigned)instance, (unsigned)HOST_MTU);
}

/* The way back of each family: when the TUN is new, or the family's first address comes. */
static void
add_ways(const struct address_set *before, const struct address_set *wanted, uint16_t instance, struct change *change)
{
	bool had[FAMILIES] = {false};
	bool has[FAMILIES] = {false};

	for (size_t i = 0; i < before->count; i++) {
		had[family_of(before->items[i])] = true;
	}
	for (size_t i = 0; i < wanted->count; i++) {
		has[family_of(wanted->items[i])] = true;
	}
	for (enum family family = INET; family < FAMILIES; family++) {
		if (has[family] && !had[family]) {
			text_printf(&change->scripts[family], "route replace default dev sp%u table %u\n", (unsigned)instance,
			    HOST_TABLE + (unsigned)instance);
		}
	}
}

static void
apply_instance(struct host *host, const struct snapshot *snapshot, uint16_t instance, struct change *change)
{
	struct host_instance *here = &host->instances[instance];
	struct address_set wanted = {.items = NULL};

	if (instance < snapshot->instance_count && snapshot->instances[instance].present &&
	    !collect(snapshot, instance, &wanted)) {
		text_append(change->error, "out of memory; ");
		return;
	}
	here->wanted = wanted.count > 0;
	if (here->wanted && here->descriptor < 0) {
		tun_open(host, instance, change);
	}
	for (size_t i = 0; i < here->addresses.count; i++) {
		if (!contains(&wanted, here->addresses.items[i])) {
			change_address(change, "delete", instance, here->addresses.items[i]);
		}
	}
	for (size_t i = 0; here->descriptor >= 0 && i < wanted.count; i++) {
		if (!contains(&here->addresses, wanted.items[i])) {
			change_address(change, "add", instance, wanted.items[i]);
		}
	}
	if (here->descriptor >= 0) {
		add_ways(&here->addresses, &wanted, instance, change);
	}
	free(here->addresses.items);
	here->addresses = here->descriptor >= 0 ? wanted : (struct address_set){.items = NULL};
	if (here->descriptor < 0) {
		free(wanted.items);
	}
}

/* The first instance's first address of the family. */
static struct host_default
find_default(const struct host *host, enum family family)
{
	for (unsigned instance = 0; instance < HOST_INSTANCES; instance++) {
		const struct address_set *set = &host->instances[instance].addresses;

		for (size_t i = 0; i < set->count; i++) {
			if (family_of(set->items[i]) == family) {
				return (struct host_default){
				    .there = true, .instance = (uint16_t)instance, .address = set->items[i]};
			}
		}
	}
	return (struct host_default){.there = false};
}

static void
apply_default(struct host *host, enum family family, struct text *script)
{
	const struct host_default wanted = find_default(host, family);
	struct host_default *here = &host->defaults[family];

	if (wanted.there == here->there && wanted.instance == here->instance && ipv6_equal(wanted.address, here->address)) {
		return;
	}
	*here = wanted;
	if (!wanted.there) {
		return; /* the route went with its address or its TUN */
	}
	text_printf(script, "route replace default dev sp%u src ", (unsigned)wanted.instance);
	put_address(script, wanted.address);
	text_append_char(script, '\n');
}

static void
run_scripts(struct host *host, struct change *change)
{
	for (enum family family = INET; family < FAMILIES; family++) {
		struct text *script = &change->scripts[family];
		struct batch batch = {.family = family, .error = change->error};

		if (text_failed(script)) {
			text_append(change->error, "out of memory; ");
		} else if (script->length > 0) {
			batch.script = text_string(script);
			(void)namespace_run(host->namespace, batch_job, &batch);
		}
		text_release(script);
	}
}

void
host_apply(struct host *host, const struct snapshot *snapshot, struct text *error)
{
	struct change change = {.scripts = {TEXT_EMPTY, TEXT_EMPTY}, .error = error};

	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		apply_instance(host, snapshot, (uint16_t)i, &change);
	}
	for (unsigned i = HOST_INSTANCES; i < snapshot->instance_count; i++) {
		if (snapshot->instances[i].present) {
			text_printf(error, "routing instance %s has no way to local services: more than %d instances; ",
			    snapshot->instances[i].name, HOST_INSTANCES);
		}
	}
	for (enum family family = INET; family < FAMILIES; family++) {
		apply_default(host, family, &change.scripts[family]);
	}
	run_scripts(host, &change);
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
