/*
 * A Linux interface that serves as a port. See netdev.h.
 *
 * Names come from the chassis file, which allows letters, digits, '.', '_' and '-' only: they may stand in a path below
 * /proc/sys and in a script for nft as they are.
 */
#include "netdev.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum {
	SYSCTL_PATH = 96,
	TRIES = 100,
	PAUSE = 2000000, /* ns */
};

/* A socket that stands for the namespace in ioctl(2). */
static int
handle(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static bool
request(int descriptor, unsigned long what, const char *name, struct ifreq *request)
{
	(void)strncpy(request->ifr_name, name, sizeof(request->ifr_name) - 1);
	request->ifr_name[sizeof(request->ifr_name) - 1] = '\0';
	return ioctl(descriptor, what, request) == 0;
}

/* `what` is one of linux/ethtool.h's structures. */
static int
ethtool(const char *name, void *what)
{
	struct ifreq question = {.ifr_data = what};
	const int descriptor = handle();
	int failure = 0;

	if (descriptor < 0) {
		return -errno;
	}
	if (!request(descriptor, SIOCETHTOOL, name, &question)) {
		failure = -errno;
	}
	(void)close(descriptor);
	return failure;
}

/* -1: not known. */
static int
offload(const char *name, uint32_t command)
{
	struct ethtool_value what = {.cmd = command};

	return ethtool(name, &what) != 0 ? -1 : what.data != 0 ? 1 : 0;
}

/* The driver knows at once; the system's own flag may lag behind by a second. */
static bool
carrier(const char *name, bool running)
{
	const int link = offload(name, ETHTOOL_GLINK);

	return link < 0 ? running : link > 0;
}

static bool
look(int descriptor, const char *name, struct netdev_facts *facts)
{
	struct ifreq answer = {.ifr_flags = 0};

	if (!request(descriptor, SIOCGIFINDEX, name, &answer)) {
		return false;
	}
	facts->index = (unsigned)answer.ifr_ifindex;
	if (!request(descriptor, SIOCGIFFLAGS, name, &answer)) {
		return false;
	}
	facts->up = (answer.ifr_flags & IFF_UP) != 0 && carrier(name, (answer.ifr_flags & IFF_RUNNING) != 0);
	if (!request(descriptor, SIOCGIFMTU, name, &answer)) {
		return false;
	}
	facts->mtu = (uint32_t)answer.ifr_mtu;
	if (!request(descriptor, SIOCGIFHWADDR, name, &answer)) {
		return false;
	}
	memcpy(facts->mac, answer.ifr_hwaddr.sa_data, sizeof(facts->mac));
	return true;
}

bool
netdev_look(const char *name, struct netdev_facts *facts)
{
	const int descriptor = handle();

	*facts = (struct netdev_facts){.index = 0};
	if (descriptor < 0) {
		return false;
	}
	const bool there = look(descriptor, name, facts);

	(void)close(descriptor);
	return there;
}

/* "sp0" and its alias "sp0:1" are the same interface. */
static bool
same_interface(const char *label, const char *name)
{
	const size_t length = strlen(name);

	return strncmp(label, name, length) == 0 && (label[length] == '\0' || label[length] == ':');
}

static bool
address_counts(const struct sockaddr *address, struct text *out)
{
	char string[INET6_ADDRSTRLEN] = "";

	if (address == NULL) {
		return false;
	}
	if (address->sa_family == AF_INET) {
		struct sockaddr_in four;

		memcpy(&four, address, sizeof(four));
		(void)inet_ntop(AF_INET, &four.sin_addr, string, sizeof(string));
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 six;

		memcpy(&six, address, sizeof(six));
		if (IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr)) {
			return false;
		}
		(void)inet_ntop(AF_INET6, &six.sin6_addr, string, sizeof(string));
	}
	text_append(out, string);
	return string[0] != '\0';
}

bool
netdev_has_address(const char *name, struct text *address)
{
	struct ifaddrs *list = NULL;
	bool found = false;

	if (getifaddrs(&list) != 0) {
		return false;
	}
	for (const struct ifaddrs *entry = list; entry != NULL && !found; entry = entry->ifa_next) {
		found = same_interface(entry->ifa_name, name) && address_counts(entry->ifa_addr, address);
	}
	freeifaddrs(list);
	return found;
}

static void
offload_set(const char *name, uint32_t command, int value)
{
	struct ethtool_value what = {.cmd = command, .data = value > 0 ? 1 : 0};

	if (value >= 0) {
		(void)ethtool(name, &what);
	}
}

/* Offloads that are bits of one set: ETH_FLAG_LRO, ETH_FLAG_RXVLAN. -1: not known. */
static int
offload_bit(const char *name, uint32_t bit)
{
	struct ethtool_value what = {.cmd = ETHTOOL_GFLAGS};

	return ethtool(name, &what) != 0 ? -1 : (what.data & bit) != 0 ? 1 : 0;
}

static void
offload_bit_set(const char *name, uint32_t bit, int value)
{
	struct ethtool_value what = {.cmd = ETHTOOL_GFLAGS};

	if (value < 0 || ethtool(name, &what) != 0 || ((what.data & bit) != 0) == (value != 0)) {
		return;
	}
	what.cmd = ETHTOOL_SFLAGS;
	what.data ^= bit;
	(void)ethtool(name, &what);
}

void
netdev_keep_tags(const char *name)
{
	offload_bit_set(name, ETH_FLAG_RXVLAN, 0);
}

void
netdev_whole_frames(const char *name)
{
	offload_set(name, ETHTOOL_STSO, 0);
	offload_set(name, ETHTOOL_SGSO, 0);
	offload_set(name, ETHTOOL_STXCSUM, 0);
}

/* -1: not known. */
static int
queues_before(const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	return ethtool(name, &channels) == 0 ? (int)(channels.rx_count + channels.combined_count) : -1;
}

uint32_t
netdev_queues(const char *name)
{
	const int queues = queues_before(name);

	return queues > 0 ? (uint32_t)queues : 1;
}

void
netdev_driver(const char *name, char *driver)
{
	struct ethtool_drvinfo facts = {.cmd = ETHTOOL_GDRVINFO};

	driver[0] = '\0';
	if (ethtool(name, &facts) == 0) {
		static_assert(sizeof(facts.driver) == NETDEV_DRIVER, "as long as the kernel's");
		memcpy(driver, facts.driver, sizeof(facts.driver));
		driver[NETDEV_DRIVER - 1] = '\0';
	}
}

int
netdev_set_queues(const char *name, uint32_t queues)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	const int failure = ethtool(name, &channels);

	if (failure != 0) {
		return failure;
	}
	channels.cmd = ETHTOOL_SCHANNELS;
	if (channels.max_combined > 0) {
		channels.combined_count = queues;
		channels.rx_count = 0;
		channels.tx_count = channels.max_tx > 0 ? channels.tx_count : 0;
	} else {
		channels.rx_count = queues;
		channels.tx_count = queues;
	}
	return ethtool(name, &channels);
}

/* The kernel refuses for a moment: it lets go of a closed AF_XDP socket's queue behind our back. */
static void
queues_put_back(const char *name, int queues)
{
	const struct timespec pause = {.tv_nsec = PAUSE};

	for (int i = 0; i < TRIES && queues > 0 && queues_before(name) != queues; i++) {
		if (netdev_set_queues(name, (uint32_t)queues) != 0) {
			(void)nanosleep(&pause, NULL);
		}
	}
}

static int
ipv6_open(const char *name, int flags)
{
	char path[SYSCTL_PATH];

	(void)stpcpy(stpcpy(stpcpy(path, "/proc/sys/net/ipv6/conf/"), name), "/disable_ipv6");
	return open(path, flags | O_CLOEXEC);
}

/* -1: there is no IPv6 here at all. */
static int
ipv6_off(const char *name)
{
	char digit = '1';
	const int descriptor = ipv6_open(name, O_RDONLY);

	if (descriptor < 0) {
		return -1;
	}
	const ssize_t length = read(descriptor, &digit, 1);

	(void)close(descriptor);
	return length == 1 ? (int)(digit != '0') : -1;
}

static bool
ipv6_set_off(const char *name, int value)
{
	const char digit = value == 0 ? '0' : '1';
	const int descriptor = ipv6_open(name, O_WRONLY);

	if (descriptor < 0) {
		return errno == ENOENT; /* no IPv6 in this kernel */
	}
	const ssize_t length = write(descriptor, &digit, 1);

	(void)close(descriptor);
	return length == 1;
}

/* Who listens there, if we may believe him: an abstract name is anybody's to take. 0: nobody of ours. */
static pid_t
claimant(const struct sockaddr_un *address, socklen_t length)
{
	const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);
	bool ours = false;

	if (descriptor < 0) {
		return 0;
	}
	if (connect(descriptor, (const struct sockaddr *)address, length) == 0 &&
	    getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
		ours = peer.uid == 0 || peer.uid == geteuid();
	}
	(void)close(descriptor);
	return ours ? peer.pid : 0;
}

/*
 * An abstract name lives in the network namespace, as the interface does, and ends with its socket. Who asks whose it is stays in the queue
 * of connections, which nobody takes out.
 */
int
netdev_claim(const char *name, pid_t *process)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "sallyport-netdev-%s", name);
	const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failure;

	assert(length > 0 && (size_t)length < sizeof(address.sun_path) - 1);
	if (descriptor < 0) {
		return -errno;
	}
	if (bind(descriptor, (const struct sockaddr *)&address, size) == 0 && listen(descriptor, SOMAXCONN) == 0) {
		return descriptor;
	}
	failure = -errno;
	(void)close(descriptor);
	if (failure == -EADDRINUSE) {
		const pid_t owner = claimant(&address, size);

		*process = owner;
		failure = owner > 0 ? -EBUSY : failure;
	}
	return failure;
}

struct netdev_before
netdev_before(const char *name)
{
	return (struct netdev_before){
	    .ipv6_off = ipv6_off(name),
	    .gro = offload(name, ETHTOOL_GGRO),
	    .gso = offload(name, ETHTOOL_GGSO),
	    .tso = offload(name, ETHTOOL_GTSO),
	    .checksum = offload(name, ETHTOOL_GTXCSUM),
	    .lro = offload_bit(name, ETH_FLAG_LRO),
	    .tags_off = offload_bit(name, ETH_FLAG_RXVLAN),
	    .queues = queues_before(name),
	};
}

/* Runs nft with one script. */
static bool
nft(const char *script, struct text *error)
{
	static const char *const arguments[] = {"nft", "-f", "-", NULL};
	struct text complaint = TEXT_EMPTY;
	const int status = program_run(arguments, script, &complaint);

	if (status != 0 && error != NULL) {
		text_printf(error, "nft: %s", status < 0 ? strerror(-status) : text_string(&complaint));
	}
	text_release(&complaint);
	return status == 0;
}

static bool
drop_at_ingress(const char *name, struct text *error)
{
	struct text script = TEXT_EMPTY;
	bool done = false;

	/* One transaction: no gap when a table of a former run stands there. */
	text_printf(&script,
	    "add table netdev sallyport-%s\n"
	    "delete table netdev sallyport-%s\n"
	    "add table netdev sallyport-%s\n"
	    "add chain netdev sallyport-%s ingress { type filter hook ingress device \"%s\" priority -500; policy drop; }\n",
	    name, name, name, name, name);
	if (text_failed(&script)) {
		text_append(error, "out of memory");
	} else {
		done = nft(text_string(&script), error);
	}
	text_release(&script);
	return done;
}

static bool
bring_up(const char *name)
{
	struct ifreq state = {.ifr_flags = 0};
	const int descriptor = handle();
	bool done = false;

	if (descriptor < 0) {
		return false;
	}
	if (request(descriptor, SIOCGIFFLAGS, name, &state)) {
		state.ifr_flags = (short)(state.ifr_flags | IFF_UP);
		done = request(descriptor, SIOCSIFFLAGS, name, &state);
	}
	(void)close(descriptor);
	return done;
}

bool
netdev_guard(const char *name, struct text *error)
{
	if (!drop_at_ingress(name, error)) {
		return false;
	}
	if (!ipv6_set_off(name, 1)) {
		text_printf(error, "IPv6 cannot be switched off on it: %s", strerror(errno));
		return false;
	}
	offload_bit_set(name, ETH_FLAG_LRO, 0);
	offload_set(name, ETHTOOL_SGRO, 0);
	if (!bring_up(name)) {
		text_printf(error, "it cannot be brought up: %s", strerror(errno));
		return false;
	}
	return true;
}

void
netdev_release(const char *name, const struct netdev_before *before, int claim)
{
	struct netdev_facts facts;
	struct text script = TEXT_EMPTY;
	pid_t process;
	const int claimed = claim >= 0 ? claim : netdev_claim(name, &process);

	if (claimed == -EBUSY) {
		return;
	}

	if (netdev_look(name, &facts)) {
		offload_set(name, ETHTOOL_STXCSUM, before->checksum);
		offload_set(name, ETHTOOL_SGSO, before->gso);
		offload_set(name, ETHTOOL_STSO, before->tso);
		offload_set(name, ETHTOOL_SGRO, before->gro);
		offload_bit_set(name, ETH_FLAG_LRO, before->lro);
		offload_bit_set(name, ETH_FLAG_RXVLAN, before->tags_off);
		queues_put_back(name, before->queues);
		if (before->ipv6_off >= 0) {
			(void)ipv6_set_off(name, before->ipv6_off);
		}
	}
	text_printf(&script, "add table netdev sallyport-%s\ndelete table netdev sallyport-%s\n", name, name);
	if (!text_failed(&script)) {
		(void)nft(text_string(&script), NULL);
	}
	text_release(&script);
	if (claimed >= 0) {
		(void)close(claimed);
	}
}
