/*
 * A paced flood of frames from forged sources, for the tests with real attackers: so many a second into an interface by
 * AF_PACKET. Its clock is the monotonic one: what the machine did not let it send in time follows as soon as it may.
 *
 * usage: flood-frames INTERFACE GATEWAY-MAC KIND DESTINATION PORT RATE SECONDS
 *   KIND  syn, udp or echo; sources are drawn from 198.18.0.0/15, their ports from 1024 on, always from the same seed
 * Prints one line at the end: how many frames it sent, in how many milliseconds. TERM ends it early.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

enum {
	BURST = 64,
	FRAME = 64,
	AT_IP = 14,
	AT_TRANSPORT = AT_IP + IPV4_HEADER,
	PORTS_FIRST = 1024,
	SECOND_NS = 1000000000,
	REST_NS = 200000,
	TCP_OCTETS = 24, /* with the option of the segment size */
	SMALL_OCTETS = 26, /* 8 of header and 18 of data */
};

/* 198.18.0.0/15 */
#define SOURCES_FIRST UINT32_C(0xc6120000)
#define SOURCES_MASK UINT32_C(0x1ffff)

enum kind {
	KIND_SYN,
	KIND_UDP,
	KIND_ECHO,
	KINDS,
};

struct shape {
	const char *name;
	uint8_t protocol;
	uint8_t octets;
	uint8_t checksum_at;
};

static const struct shape shapes[KINDS] = {
    [KIND_SYN] = {"syn", IPV4_PROTOCOL_TCP, TCP_OCTETS, 16},
    [KIND_UDP] = {"udp", IPV4_PROTOCOL_UDP, SMALL_OCTETS, 6},
    [KIND_ECHO] = {"echo", IPV4_PROTOCOL_ICMP, SMALL_OCTETS, 2},
};

struct flood {
	enum kind kind;
	uint32_t destination;
	uint16_t port;
	uint64_t rate;
	uint64_t duration; /* ns */
	uint8_t ethernet[AT_IP];
	struct random_source random;
};

static volatile sig_atomic_t ended;

static void
end(int number)
{
	(void)number;
	ended = 1;
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
		fail("clock_gettime");
	}
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint16_t
some_port(struct flood *flood)
{
	return (uint16_t)(PORTS_FIRST + random_below(&flood->random, UINT16_MAX + 1 - PORTS_FIRST));
}

/* What stands behind the IP header, without its checksum. => `to` is zero */
static void
fill_transport(struct flood *flood, uint8_t *to)
{
	switch (flood->kind) {
	case KIND_SYN:
		bytes_store_16(to, some_port(flood));
		bytes_store_16(to + 2, flood->port);
		bytes_store_32(to + 4, (uint32_t)random_u64(&flood->random));
		bytes_store_16(to + 12, TCP_OCTETS / 4 << 12 | 2); /* SYN */
		bytes_store_16(to + 14, UINT16_MAX);
		bytes_store_32(to + 20, 0x020405b4); /* segments of 1460 octets */
		break;
	case KIND_UDP:
		bytes_store_16(to, some_port(flood));
		bytes_store_16(to + 2, flood->port);
		bytes_store_16(to + 4, SMALL_OCTETS);
		break;
	case KIND_ECHO:
		to[0] = 8;
		bytes_store_16(to + 4, some_port(flood));
		break;
	case KINDS:
		abort();
	}
}

/* Returns its length. */
static size_t
fill(struct flood *flood, uint8_t frame[FRAME])
{
	const struct shape *shape = &shapes[flood->kind];
	const struct ipv4_header header = {
	    .source = SOURCES_FIRST + ((uint32_t)random_u64(&flood->random) & SOURCES_MASK),
	    .destination = flood->destination,
	    .identification = (uint16_t)random_u64(&flood->random),
	    .header_length = IPV4_HEADER,
	    .ttl = IPV4_TTL_DEFAULT,
	    .protocol = shape->protocol,
	    .total_length = (uint16_t)(IPV4_HEADER + shape->octets),
	};
	uint64_t sum = flood->kind == KIND_ECHO
			   ? 0
			   : checksum_pseudo(header.source, header.destination, header.protocol, shape->octets);

	memset(frame, 0, FRAME);
	memcpy(frame, flood->ethernet, AT_IP);
	ipv4_build(frame + AT_IP, &header);
	fill_transport(flood, frame + AT_TRANSPORT);
	sum += checksum_sum(frame + AT_TRANSPORT, shape->octets);
	bytes_store_16(frame + AT_TRANSPORT + shape->checksum_at, checksum_finish(sum));
	return (size_t)AT_TRANSPORT + shape->octets;
}

/* Sends `count` frames; those that the interface does not take are left out. Returns how many it took. */
static unsigned
send_burst(struct flood *flood, int descriptor, unsigned count)
{
	static uint8_t frames[BURST][FRAME];
	struct mmsghdr messages[BURST];
	struct iovec pieces[BURST];
	unsigned sent = 0;

	memset(messages, 0, sizeof(messages));
	for (unsigned i = 0; i < count; i++) {
		pieces[i] = (struct iovec){.iov_base = frames[i], .iov_len = fill(flood, frames[i])};
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (sent < count) {
		const int taken = sendmmsg(descriptor, messages + sent, count - sent, 0);

		if (taken < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
			fail("sendmmsg");
		}
		if (taken <= 0) {
			break;
		}
		sent += (unsigned)taken;
	}
	return sent;
}

static void
run(struct flood *flood, int descriptor)
{
	const uint64_t began = now_ns();
	uint64_t passed = 0;
	uint64_t due = 0;
	uint64_t sent = 0;

	while (passed < flood->duration && ended == 0) {
		const uint64_t wanted = passed * flood->rate / SECOND_NS;

		if (due >= wanted) {
			(void)nanosleep(&(struct timespec){.tv_nsec = REST_NS}, NULL);
		}
		while (due < wanted && ended == 0) {
			const unsigned count = wanted - due < BURST ? (unsigned)(wanted - due) : BURST;

			sent += send_burst(flood, descriptor, count);
			due += count;
		}
		passed = now_ns() - began;
	}
	printf("%" PRIu64 " frames in %" PRIu64 " ms\n", sent, passed / 1000000);
}

/* A socket that sends by the interface. Fills in who sends to whom. */
static int
open_interface(struct flood *flood, const char *name, const struct ether_addr *gateway)
{
	const int on = 1;
	const int descriptor = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_ifindex = (int)if_nametoindex(name),
	};
	socklen_t length = sizeof(address);

	if (descriptor < 0 || address.sll_ifindex == 0 ||
	    bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(descriptor, (struct sockaddr *)&address, &length) != 0 ||
	    setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0) {
		fail(name);
	}
	memcpy(flood->ethernet, gateway->ether_addr_octet, ETH_ALEN);
	memcpy(flood->ethernet + ETH_ALEN, address.sll_addr, ETH_ALEN);
	bytes_store_16(flood->ethernet + AT_IP - 2, ETHERTYPE_IP);
	return descriptor;
}

/* A number up to `most`; ends the program when it is none. */
static uint64_t
number_of(const char *text, uint64_t most)
{
	char *rest;

	errno = 0;
	const unsigned long long number = strtoull(text, &rest, 10);

	if (errno != 0 || rest == text || *rest != '\0' || number == 0 || number > most) {
		fprintf(stderr, "'%s' is not a number up to %" PRIu64 "\n", text, most);
		exit(2);
	}
	return number;
}

static enum kind
kind_of(const char *name)
{
	enum kind kind = KIND_SYN;

	while (kind < KINDS && strcmp(shapes[kind].name, name) != 0) {
		kind++;
	}
	return kind;
}

int
main(int count, char **words)
{
	struct in_addr destination;
	struct flood flood = {.random = random_seeded(1)};

	if (count != 8) {
		fputs("usage: flood-frames INTERFACE GATEWAY-MAC syn|udp|echo DESTINATION PORT RATE SECONDS\n", stderr);
		return 2;
	}
	const struct ether_addr *gateway = ether_aton(words[2]);

	flood.kind = kind_of(words[3]);
	if (gateway == NULL || flood.kind == KINDS || inet_pton(AF_INET, words[4], &destination) != 1) {
		fputs("not a MAC address, a kind or an IPv4 address\n", stderr);
		return 2;
	}
	flood.destination = ntohl(destination.s_addr);
	flood.port = (uint16_t)number_of(words[5], UINT16_MAX);
	flood.rate = number_of(words[6], 10000000);
	flood.duration = number_of(words[7], 3600) * SECOND_NS;
	signal(SIGTERM, end);
	signal(SIGINT, end);
	const int descriptor = open_interface(&flood, words[1], gateway);

	run(&flood, descriptor);
	close(descriptor);
	return 0;
}
