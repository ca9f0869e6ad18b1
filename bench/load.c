/*
 * bench-load: a paced stream of UDP frames for bench/side-by-side.
 *
 *   bench-load NAMESPACE INTERFACE MAC 4|6 SIZE FLOWS RATE SECONDS
 *
 * Sends frames of SIZE octets, without the check sequence, out of
 * INTERFACE of NAMESPACE to the router's address MAC, RATE a second in all, each flow in its turn. Flow f goes from port
 * 10000 + f % 500 to the destination 198.18.0.1 + f / 500, or 2001:db8:18::1 + f / 500, port 9: so translated flows spread
 * over destinations. Checksums are right. Prints as JSON what was sent, in how many seconds, and how far behind its pace it was
 * at most.
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
	BATCH = 32,
	FRAME_MOST = 1514,
	FRAME_LEAST = 62, /* of IPv6: the headers alone */
	PORTS = 500, /* flows to one destination */
	PORT_FIRST = 10000,
	PORT_TO = 9,
	ARGUMENTS = 9,
	FLOWS_MOST = 1000000,
	RATE_MOST = 10000000,
};

#define SECOND       UINT64_C(1000000000)
#define CLIENT       0x0a010102U /* 10.1.1.2 */
#define DESTINATIONS 0xc6120001U /* 198.18.0.1 */

static const struct ipv6_address client6 = {UINT64_C(0x20010db800010000), 2};
static const struct ipv6_address destinations6 = {UINT64_C(0x20010db800180000), 1};

struct load {
	int descriptor;
	bool inet6;
	uint16_t size;
	uint64_t flows;
	uint8_t gateway[ETHERNET_ADDRESS];
	uint8_t frames[BATCH][FRAME_MOST + 2];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
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

static void
run(struct load *load, uint64_t rate, uint64_t milliseconds)
{
	const uint64_t count = rate * milliseconds / 1000;
	uint64_t sent = 0;
	uint64_t worst = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		load->parts[i] = (struct iovec){.iov_base = load->frames[i], .iov_len = load->size};
		load->messages[i].msg_hdr = (struct msghdr){.msg_iov = &load->parts[i], .msg_iovlen = 1};
	}
	const uint64_t start = now();

	while (sent < count) {
		const uint64_t due = start + sent * SECOND / rate;
		uint64_t at = now();

		while (at < due) {
			if (due - at > 100000) {
				const struct timespec wait = {.tv_nsec = 50000};

				(void)nanosleep(&wait, NULL);
			}
			at = now();
		}
		worst = at - due > worst ? at - due : worst;
		const unsigned batch = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;

		for (unsigned i = 0; i < batch; i++) {
			make_frame(load, load->frames[i], (sent + i) % load->flows);
		}
		const int done = sendmmsg(load->descriptor, load->messages, batch, 0);

		sent += done > 0 ? (uint64_t)done : 0;
	}
	printf("{\"sent\":%llu,\"seconds\":%.3f,\"behind_us\":%.0f}\n", (unsigned long long)sent,
	    (double)(now() - start) / (double)SECOND, (double)worst / 1000);
}

int
main(int argc, char **argv)
{
	uint64_t family;
	uint64_t size;
	uint64_t rate;
	char *end = NULL;

	if (argc != ARGUMENTS) {
		fputs("usage: bench-load NAMESPACE INTERFACE MAC 4|6 SIZE FLOWS RATE SECONDS\n", stderr);
		return 2;
	}
	struct load *load = calloc(1, sizeof *load);
	const double seconds = strtod(argv[8], &end);
	const bool good = load != NULL && *end == '\0' && seconds > 0 && seconds < 3600 &&
			  read_number(argv[4], 4, 6, &family) && read_number(argv[5], FRAME_LEAST, FRAME_MOST, &size) &&
			  read_number(argv[6], 1, FLOWS_MOST, &load->flows) && read_number(argv[7], 1, RATE_MOST, &rate) &&
			  read_mac(load, argv[3]) && enter(argv[1]) && open_socket(load, argv[2]);

	if (good) {
		load->inet6 = family == 6;
		load->size = (uint16_t)size;
		/* As punctual as this machine lets it be. */
		(void)prctl(PR_SET_TIMERSLACK, 1UL);
		run(load, rate, (uint64_t)(seconds * 1000));
	}
	free(load);
	return good ? 0 : 1;
}
