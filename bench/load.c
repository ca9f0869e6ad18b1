/*
 * bench-load: a paced stream of UDP frames for bench/side-by-side.
 *
 *   bench-load NAMESPACE INTERFACE MAC 4|6 SIZE FLOWS RATE BURST
 *
 * Reads lines with a number of milliseconds from standard input, and for each sends frames of SIZE octets, without the check
 * sequence, out of INTERFACE of NAMESPACE to the router's address MAC: RATE a second, BURST of them at a time, each flow in its
 * turn, from one line to the next. Flow f goes from port 10000 + f % 500 to the destination 198.18.0.1 + f / 500, or
 * 2001:db8:18::1 + f / 500, port 9: so translated flows spread over destinations. Checksums are right. Answers each line as JSON:
 * what was sent, in how many seconds, and how far behind its pace it was at most. Runs before other work, as far as it may, so
 * that the pace is what was asked for.
 */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

enum {
	BURST_MOST = 64,
	FRAME_MOST = 1514,
	FRAME_LEAST = 62, /* of IPv6: the headers alone */
	PORTS = 500, /* flows to one destination */
	PORT_FIRST = 10000,
	PORT_TO = 9,
	ARGUMENTS = 9,
	FLOWS_MOST = 1000000,
	RATE_MOST = 10000000,
	MILLISECONDS_MOST = 3600000,
	LINE = 32,
};

#define SECOND       UINT64_C(1000000000)
#define CLIENT       0x0a636302U /* 10.99.99.2: routers have a route there */
#define DESTINATIONS 0xc6120001U /* 198.18.0.1 */

static const struct ipv6_address client6 = {UINT64_C(0x20010db800990000), 2};
static const struct ipv6_address destinations6 = {UINT64_C(0x20010db800180000), 1};

struct load {
	int descriptor;
	bool inet6;
	uint16_t size;
	uint64_t flows;
	uint64_t rate;
	uint64_t burst;
	uint64_t next; /* flow */
	uint8_t gateway[ETHERNET_ADDRESS];
	uint8_t frames[BURST_MOST][FRAME_MOST + 2];
	struct iovec parts[BURST_MOST];
	struct mmsghdr messages[BURST_MOST];
};

static uint64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static bool
enter(const char *namespace)
{
	struct text path = TEXT_EMPTY;

	text_printf(&path, "/run/netns/%s", namespace);
	const int descriptor = open(text_string(&path), O_RDONLY | O_CLOEXEC);
	const bool good = descriptor >= 0 && setns(descriptor, CLONE_NEWNET) == 0;

	if (!good) {
		perror(text_string(&path));
	}
	if (descriptor >= 0) {
		(void)close(descriptor);
	}
	text_release(&path);
	return good;
}

static bool
read_number(const char *word, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end = NULL;

	*number = strtoull(word, &end, 10);
	if (end == word || *end != '\0' || *number < least || *number > most) {
		fprintf(stderr, "bench-load: '%s' is no number in %llu..%llu\n", word, (unsigned long long)least,
		    (unsigned long long)most);
		return false;
	}
	return true;
}

static bool
open_socket(struct load *load, const char *interface)
{
	const int on = 1;
	struct sockaddr_ll own = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};

	load->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (own.sll_ifindex == 0 || load->descriptor < 0 ||
	    setsockopt(load->descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0 ||
	    bind(load->descriptor, (const struct sockaddr *)&own, sizeof own) != 0) {
		perror(interface);
		return false;
	}
	return true;
}

static bool
read_mac(struct load *load, const char *text)
{
	const char *next = text;

	for (unsigned i = 0; i < ETHERNET_ADDRESS; i++) {
		char *end = NULL;
		const unsigned long octet = strtoul(next, &end, 16);

		if (end == next || octet > UINT8_MAX || *end != (i + 1 < ETHERNET_ADDRESS ? ':' : '\0')) {
			fprintf(stderr, "bench-load: '%s' is no address\n", text);
			return false;
		}
		load->gateway[i] = (uint8_t)octet;
		next = end + 1;
	}
	return true;
}

static void
make_udp(uint8_t *udp, uint16_t port, uint16_t length, uint64_t pseudo)
{
	bytes_store_16(udp, port);
	bytes_store_16(udp + 2, PORT_TO);
	bytes_store_16(udp + 4, length);
	bytes_store_16(udp + 6, 0);
	/* Behind the header are zeros. */
	const uint16_t sum = checksum_finish(pseudo + checksum_sum(udp, UDP_HEADER));

	bytes_store_16(udp + 6, sum == 0 ? UINT16_MAX : sum);
}

/* The frame of a flow, in a buffer whose payload is zeros. */
static void
make_frame(const struct load *load, uint8_t *frame, uint64_t flow)
{
	static const uint8_t own[ETHERNET_ADDRESS] = {2, 0, 0, 0, 0, 9};
	uint8_t *ip = frame + ETHERNET_HEADER;
	const uint16_t port = (uint16_t)(PORT_FIRST + flow % PORTS);
	const uint16_t room = (uint16_t)(load->size - ETHERNET_HEADER);

	ethernet_build(frame, load->gateway, own, 0, load->inet6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	if (load->inet6) {
		const uint16_t length = (uint16_t)(room - IPV6_HEADER);
		const struct ipv6_header header = {
		    .source = client6,
		    .destination = {destinations6.high, destinations6.low + flow / PORTS},
		    .payload_length = length,
		    .next_header = IPV4_PROTOCOL_UDP,
		    .hop_limit = 64,
		};

		ipv6_build(ip, &header);
		make_udp(ip + IPV6_HEADER, port, length,
		    ipv6_pseudo(header.source, header.destination, IPV4_PROTOCOL_UDP, length));
	} else {
		const uint16_t length = (uint16_t)(room - IPV4_HEADER);
		const struct ipv4_header header = {
		    .source = CLIENT,
		    .destination = DESTINATIONS + (uint32_t)(flow / PORTS),
		    .total_length = room,
		    .header_length = IPV4_HEADER,
		    .ttl = 64,
		    .protocol = IPV4_PROTOCOL_UDP,
		};

		ipv4_build(ip, &header);
		make_udp(ip + IPV4_HEADER, port, length,
		    checksum_pseudo(header.source, header.destination, IPV4_PROTOCOL_UDP, length));
	}
}

/* Sleeps until shortly before, and waits out the rest. */
static uint64_t
wait_until(uint64_t due)
{
	uint64_t at = now();

	while (at < due) {
		if (due - at > 100000) {
			const struct timespec wait = {.tv_nsec = 50000};

			(void)nanosleep(&wait, NULL);
		}
		at = now();
	}
	return at;
}

static void
run(struct load *load, uint64_t milliseconds)
{
	const uint64_t count = load->rate * milliseconds / 1000;
	const uint64_t start = now();
	uint64_t sent = 0;
	uint64_t worst = 0;

	while (sent < count) {
		const uint64_t due = start + sent * SECOND / load->rate;
		const uint64_t at = wait_until(due);
		const unsigned burst = (unsigned)(count - sent < load->burst ? count - sent : load->burst);

		worst = at - due > worst ? at - due : worst;
		for (unsigned i = 0; i < burst; i++) {
			make_frame(load, load->frames[i], (load->next + i) % load->flows);
		}
		const int done = sendmmsg(load->descriptor, load->messages, burst, 0);

		sent += done > 0 ? (uint64_t)done : 0;
		load->next = (load->next + (done > 0 ? (uint64_t)done : 0)) % load->flows;
	}
	printf("{\"sent\":%llu,\"seconds\":%.4f,\"behind_us\":%.0f}\n", (unsigned long long)sent,
	    (double)(now() - start) / (double)SECOND, (double)worst / 1000);
	(void)fflush(stdout);
}

static bool
serve(struct load *load)
{
	char line[LINE];
	uint64_t milliseconds;

	for (unsigned i = 0; i < BURST_MOST; i++) {
		load->parts[i] = (struct iovec){.iov_base = load->frames[i], .iov_len = load->size};
		load->messages[i].msg_hdr = (struct msghdr){.msg_iov = &load->parts[i], .msg_iovlen = 1};
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (!read_number(line, 1, MILLISECONDS_MOST, &milliseconds)) {
			return false;
		}
		run(load, milliseconds);
	}
	return true;
}

int
main(int argc, char **argv)
{
	uint64_t family;
	uint64_t size;

	if (argc != ARGUMENTS) {
		fputs("usage: bench-load NAMESPACE INTERFACE MAC 4|6 SIZE FLOWS RATE BURST\n", stderr);
		return 2;
	}
	struct load *load = calloc(1, sizeof *load);
	bool good = load != NULL && read_number(argv[4], 4, 6, &family) &&
		    read_number(argv[5], FRAME_LEAST, FRAME_MOST, &size) &&
		    read_number(argv[6], 1, FLOWS_MOST, &load->flows) && read_number(argv[7], 1, RATE_MOST, &load->rate) &&
		    read_number(argv[8], 1, BURST_MOST, &load->burst) && read_mac(load, argv[3]) && enter(argv[1]) &&
		    open_socket(load, argv[2]);

	if (good) {
		load->inet6 = family == 6;
		load->size = (uint16_t)size;
		/* As punctual as this machine lets it be. */
		(void)prctl(PR_SET_TIMERSLACK, 1UL);
		(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
		good = serve(load);
	}
	free(load);
	return good ? 0 : 1;
}
