/*
 * bench-paced: traffic for bench/stall, from one network namespace to another.
 *
 *   bench-paced pace FROM TO RATE
 *       A stream of UDP datagrams, one every 1/RATE s, from namespace FROM to 10.2.2.2 in TO, until standard input ends. What
 *       left before a line came from there was to warm up and is not counted. Prints as JSON how long they were on their way, from the time that each carries to the kernel's stamp of its arrival: least,
 *       median, 99.9 %, longest, and how many took over a millisecond more than the least; and the longest gap between two of
 *       them as they left, as they arrived, and that was added on the way. Runs with real-time priority, so that the sender is
 *       punctual; it need not be prompt to receive, as the stamps are the kernel's.
 *   bench-paced flood FROM MAC KIND FIRST COUNT RATE
 *       Frames of COUNT flows from number FIRST on out of eth0 of FROM to the gateway's address MAC. KIND is `udp` (each
 *       makes a session, to port 53), `short` (the same to port 54) or `no-flag` (TCP segments without flags, for the screen).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

enum {
	PORT_FROM = 5000,
	PORT_TO = 5001,
	PORT_LONG = 53,
	PORT_SHORT = 54,
	BATCH = 64,
	FRAME = 60,
	PORTS = 50000, /* flows with one destination */
	UDP_HEADER = 8,
	DELAYS_MOST = 2000000,
	RATE_MOST = 100000,
	LOOK_EVERY = 16, /* packets, at the input */
	MILLISECOND = 1000000, /* ns */
	PRIORITY = 50,
	BUFFER = 8 << 20,
};

#define CLIENT        0x0a010102U /* 10.1.1.2 */
#define DESTINATIONS  0xc6120000U /* 198.18.0.0 */
#define SECOND        UINT64_C(1000000000)

static uint64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static bool
enter(const char *namespace)
{
	struct text path = TEXT_EMPTY;
	int descriptor;
	bool good;

	text_printf(&path, "/run/netns/%s", namespace);
	descriptor = open(text_string(&path), O_RDONLY | O_CLOEXEC);
	good = descriptor >= 0 && setns(descriptor, CLONE_NEWNET) == 0;
	if (!good) {
		perror(text_string(&path));
	}
	if (descriptor >= 0) {
		(void)close(descriptor);
	}
	text_release(&path);
	return good;
}

/* --- pace ------------------------------------------------------------------------------------------------------- */

struct pace {
	int from;
	int to;
	uint64_t begin; /* what left before is not counted */
	uint64_t sent;
	uint64_t received;
	uint64_t last_sent;
	uint64_t last_received;
	uint64_t last_left; /* of the packet that came last */
	uint64_t sent_gap;
	uint64_t received_gap;
	int64_t added_gap;
	uint32_t *delays; /* ns, of all that came */
};

static int
udp_socket(uint32_t address, uint16_t port)
{
	const struct sockaddr_in own = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}};
	const int size = BUFFER;
	const int on = 1;
	const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&own, sizeof own) != 0) {
		perror("bench-paced: socket");
		return -1;
	}
	(void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	(void)setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	return descriptor;
}

/* When the kernel got it; 0: it does not say. */
static uint64_t
stamp_of(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec time;

			memcpy(&time, CMSG_DATA(c), sizeof time);
			return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
		}
	}
	return 0;
}

static void
take_all(struct pace *pace)
{
	for (;;) {
		uint64_t left = 0;
		char control[128];
		struct iovec part = {.iov_base = &left, .iov_len = sizeof left};
		struct msghdr message = {
		    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};

		if (recvmsg(pace->to, &message, 0) != (ssize_t)sizeof left) {
			return;
		}
		const uint64_t came = stamp_of(&message);

		if (left < pace->begin) {
			continue;
		}
		const uint64_t gap = pace->received == 0 || came < pace->last_received ? 0 : came - pace->last_received;
		const int64_t added = pace->received == 0 ? 0 : (int64_t)gap - (int64_t)(left - pace->last_left);

		pace->received_gap = gap > pace->received_gap ? gap : pace->received_gap;
		pace->added_gap = added > pace->added_gap ? added : pace->added_gap;
		pace->last_received = came;
		pace->last_left = left;
		if (pace->received < DELAYS_MOST) {
			pace->delays[pace->received] = came > left ? (uint32_t)(came - left) : 0;
		}
		pace->received++;
	}
}

static void
send_one(struct pace *pace)
{
	const struct sockaddr_in target = {
	    .sin_family = AF_INET, .sin_port = htons(PORT_TO), .sin_addr = {htonl(0x0a020202U)}};
	const uint64_t left = now();
	const uint64_t gap = pace->sent == 0 ? 0 : left - pace->last_sent;

	if (sendto(pace->from, &left, sizeof left, 0, (const struct sockaddr *)&target, sizeof target) ==
	    (ssize_t)sizeof left) {
		pace->sent_gap = gap > pace->sent_gap ? gap : pace->sent_gap;
		pace->last_sent = left;
		pace->sent++;
	}
}

static int
compare(const void *left, const void *right)
{
	uint32_t a;
	uint32_t b;

	memcpy(&a, left, sizeof a);
	memcpy(&b, right, sizeof b);
	return (a > b) - (a < b);
}

static double
delay_at(const struct pace *pace, uint64_t count, uint64_t thousandths)
{
	const uint64_t place = count == 0 ? 0 : (count - 1) * thousandths / 1000;

	return count == 0 ? 0 : (double)pace->delays[place] / 1000;
}

/* A line begins the count anew; true when whoever started this closed its end. */
static bool
told_to_end(struct pace *pace)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[16];

	if (poll(&input, 1, 0) <= 0) {
		return false;
	}
	if (read(STDIN_FILENO, line, sizeof line) <= 0) {
		return true;
	}
	*pace = (struct pace){.from = pace->from, .to = pace->to, .delays = pace->delays, .begin = now()};
	return false;
}

static void
stream(struct pace *pace, uint64_t rate)
{
	const uint64_t start = now();

	for (uint64_t i = 0; i % LOOK_EVERY != 0 || !told_to_end(pace); i++) {
		const uint64_t due = start + i * SECOND / rate;
		const uint64_t at = now();

		if (at < due) {
			const struct timespec wait = {.tv_nsec = (long)(due - at)};

			(void)nanosleep(&wait, NULL);
		}
		send_one(pace);
		take_all(pace);
	}
	(void)usleep(200000);
	take_all(pace);
}

static void
print_pace(struct pace *pace)
{
	const uint64_t count = pace->received < DELAYS_MOST ? pace->received : DELAYS_MOST;
	uint64_t late = 0;

	qsort(pace->delays, count, sizeof pace->delays[0], compare);
	while (late < count && pace->delays[count - 1 - late] > pace->delays[0] + MILLISECOND) {
		late++;
	}
	printf("{\"sent\":%llu,\"received\":%llu,\"late\":%llu,\"gap_sent_us\":%.0f,\"gap_received_us\":%.0f,\"gap_added_us\":%.0f,"
	       "\"delay_least_us\":%.0f,\"delay_median_us\":%.0f,\"delay_999_us\":%.0f,\"delay_longest_us\":%.0f}\n",
	    (unsigned long long)pace->sent, (unsigned long long)pace->received, (unsigned long long)late,
	    (double)pace->sent_gap / 1000, (double)pace->received_gap / 1000, (double)pace->added_gap / 1000,
	    delay_at(pace, count, 0), delay_at(pace, count, 500), delay_at(pace, count, 999), delay_at(pace, count, 1000));
}

static int
run_pace(char **words)
{
	struct pace pace = {.from = -1, .to = -1};
	const uint64_t rate = strtoull(words[2], NULL, 10);

	if (rate == 0 || rate > RATE_MOST) {
		fprintf(stderr, "bench-paced: '%s' is no rate of 1 to %d\n", words[2], RATE_MOST);
		return 2;
	}
	if (!enter(words[0]) || (pace.from = udp_socket(CLIENT, PORT_FROM)) < 0 || !enter(words[1]) ||
	    (pace.to = udp_socket(0x0a020202U, PORT_TO)) < 0 ||
	    (pace.delays = calloc(DELAYS_MOST, sizeof *pace.delays)) == NULL) {
		return 1;
	}
	/* As punctual as this machine lets it be. Memory that is written first in the middle of a stream would make a gap. */
	memset(pace.delays, 1, DELAYS_MOST * sizeof *pace.delays);
	(void)mlockall(MCL_CURRENT);
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY}) != 0) {
		perror("bench-paced: real-time priority");
	}
	stream(&pace, rate);
	print_pace(&pace);
	free(pace.delays);
	return 0;
}

/* --- flood ------------------------------------------------------------------------------------------------------ */

struct flood {
	int descriptor;
	uint8_t gateway[ETHERNET_ADDRESS];
	bool tcp;
	uint16_t port;
	uint8_t frames[BATCH][FRAME];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

static void
make_frame(const struct flood *flood, uint8_t *frame, uint64_t flow)
{
	static const uint8_t own[ETHERNET_ADDRESS] = {2, 0, 0, 0, 0, 9};
	uint8_t *ip = frame + ETHERNET_HEADER;
	uint8_t *transport = ip + IPV4_HEADER;
	const struct ipv4_header header = {
	    .source = CLIENT,
	    .destination = DESTINATIONS + 1 + (uint32_t)(flow / PORTS),
	    .total_length = FRAME - ETHERNET_HEADER,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = flood->tcp ? 6 : 17,
	};
	const uint16_t length = FRAME - ETHERNET_HEADER - IPV4_HEADER;

	memset(frame, 0, FRAME);
	ethernet_build(frame, flood->gateway, own, 0, ETHERNET_TYPE_IPV4);
	ipv4_build(ip, &header);
	bytes_store_16(transport, (uint16_t)(1024 + flow % PORTS));
	bytes_store_16(transport + 2, flood->port);
	if (flood->tcp) {
		transport[12] = 5 << 4;
		bytes_store_16(transport + 16,
		    checksum_finish(checksum_pseudo(header.source, header.destination, 6, length) +
			checksum_sum(transport, length)));
	} else {
		bytes_store_16(transport + 4, length); /* without checksum */
	}
}

static bool
flood_open(struct flood *flood, const char *namespace, const char *mac)
{
	struct sockaddr_ll own = {.sll_family = AF_PACKET, .sll_protocol = 0};
	struct ether_addr address;

	if (ether_aton_r(mac, &address) == NULL) {
		fprintf(stderr, "bench-paced: '%s' is no address\n", mac);
		return false;
	}
	memcpy(flood->gateway, address.ether_addr_octet, ETHERNET_ADDRESS);
	if (!enter(namespace)) {
		return false;
	}
	own.sll_ifindex = (int)if_nametoindex("eth0");
	flood->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (flood->descriptor < 0 || bind(flood->descriptor, (const struct sockaddr *)&own, sizeof own) != 0) {
		perror("bench-paced: eth0");
		return false;
	}
	return true;
}

static int
run_flood(char **words)
{
	struct flood *flood = calloc(1, sizeof *flood);
	const uint64_t first = strtoull(words[3], NULL, 10);
	const uint64_t count = strtoull(words[4], NULL, 10);
	const uint64_t rate = strtoull(words[5], NULL, 10);
	uint64_t sent = 0;

	if (flood == NULL || rate == 0 || !flood_open(flood, words[0], words[1])) {
		free(flood);
		return 1;
	}
	flood->tcp = strcmp(words[2], "no-flag") == 0;
	flood->port = strcmp(words[2], "short") == 0 ? PORT_SHORT : PORT_LONG;
	for (unsigned i = 0; i < BATCH; i++) {
		flood->parts[i] = (struct iovec){.iov_base = flood->frames[i], .iov_len = FRAME};
		flood->messages[i].msg_hdr = (struct msghdr){.msg_iov = &flood->parts[i], .msg_iovlen = 1};
	}
	const uint64_t start = now();

	while (sent < count) {
		const unsigned batch = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;

		for (unsigned i = 0; i < batch; i++) {
			make_frame(flood, flood->frames[i], first + sent + i);
		}
		const int done = sendmmsg(flood->descriptor, flood->messages, batch, 0);

		sent += done > 0 ? (uint64_t)done : 0;
		while (now() < start + sent * SECOND / rate) {
			(void)usleep(50);
		}
	}
	printf("{\"sent\":%llu,\"seconds\":%.2f}\n", (unsigned long long)sent, (double)(now() - start) / (double)SECOND);
	free(flood);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "pace") == 0) {
		return run_pace(argv + 2);
	}
	if (argc == 8 && strcmp(argv[1], "flood") == 0) {
		return run_flood(argv + 2);
	}
	fputs("usage: bench-paced pace FROM TO RATE\n"
	      "       bench-paced flood FROM MAC udp|short|no-flag FIRST COUNT RATE\n",
	    stderr);
	return 2;
}
