/*
 * What waits whole in a packet socket's queue is taken for the slot that announced it, and for no other: a frame that came in one
 * VLAN must never go on as one of another (REQ-FW-015). A TAP in a network namespace of the test's own hands superframes in, as a
 * guest would.
 *
 * Needs root; without it, or without TUN, the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "engine/packet.h"
#include "offload.h"
#include "packet_queue.h"

enum {
	HEADERS = 14 + 20 + 20,
	SIZE = 1000, /* of a segment's payload */
	SEGMENTS = 4,
	FRAME = HEADERS + SEGMENTS * SIZE,
	PATIENCE = 10000, /* milliseconds */
	LOOKS_MOST = 1000, /* for one superframe: who is woken for nothing all the time finds none */
};

#define NAME "spq0"

struct scene {
	struct buffers buffers;
	struct packet_queue *queue;
	int tap;
	int control; /* for ioctl() */
	char folder[40]; /* where DPDK makes its own */
};

/* 10.0.0.1:1000 > 10.0.0.2:80, 4040 octets of IP. The IP header's words are 4500 0fc8 0000 4000 4006 0a00 0001 0a00 0002, their sum e8d1. */
static const uint8_t headers[HEADERS] = {
    0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
    0x45, 0, 0x0f, 0xc8, 0, 0, 0x40, 0, 64, 6, 0x17, 0x2e, 10, 0, 0, 1, 10, 0, 0, 2,
    0x03, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0,
};

static bool
set_up(const struct scene *scene, bool up)
{
	struct ifreq request = {.ifr_flags = 0};

	(void)stpcpy(request.ifr_name, NAME);
	if (ioctl(scene->control, SIOCGIFFLAGS, &request) != 0) {
		return false;
	}
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	return ioctl(scene->control, SIOCSIFFLAGS, &request) == 0;
}

static bool
tap_open(struct scene *scene)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

	(void)stpcpy(request.ifr_name, NAME);
	scene->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	scene->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return scene->tap >= 0 && scene->control >= 0 && ioctl(scene->tap, TUNSETIFF, &request) == 0 && set_up(scene, true);
}

static bool
system_start(void)
{
	static char words[][20] = {"test", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-m", "160", "--log-level=error"};
	char *list[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
	cpu_set_t affinity;
	const bool known = sched_getaffinity(0, sizeof(affinity), &affinity) == 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		list[i] = words[i];
	}
	return rte_eal_init((int)(sizeof(words) / sizeof(words[0])), list) >= 0 && known &&
	    sched_setaffinity(0, sizeof(affinity), &affinity) == 0;
}

static int
scene_start(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct text error = TEXT_EMPTY;
	int failure = 0;

	assert_non_null(scene);
	*state = scene;
	scene->tap = -1;
	scene->control = -1;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0 || !tap_open(scene)) {
		return 0; /* skipped */
	}
	(void)stpcpy(scene->folder, "/tmp/flowd-packet-queue-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	assert_int_equal(setenv("RUNTIME_DIRECTORY", scene->folder, 1), 0);
	assert_true(system_start());
	assert_true(buffers_create(&scene->buffers, &(struct buffers_need){.mtu = 1500}, &error));
	const struct packet_binding binding = {
	    .buffers = &scene->buffers, .name = NAME, .netdev = if_nametoindex(NAME), .octets = 1 << 20};

	scene->queue = packet_queue_create(&binding, &failure);
	assert_int_equal(failure, 0);
	return 0;
}

static void
remove_folders(const struct scene *scene)
{
	static const char *const within[] = {"/dpdk/rte", "/dpdk", ""};

	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
		char path[80];

		(void)snprintf(path, sizeof(path), "%s%s", scene->folder, within[i]);
		(void)rmdir(path);
	}
}

static int
scene_end(void **state)
{
	struct scene *scene = *state;

	if (scene->queue != NULL) {
		packet_queue_destroy(scene->queue);
		(void)rte_eal_cleanup();
		remove_folders(scene);
	}
	(void)close(scene->tap);
	(void)close(scene->control);
	free(scene);
	return 0;
}

/* A superframe whose payload is the mark alone. */
static void
hand_in(const struct scene *scene, uint8_t mark)
{
	const struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	    .hdr_len = HEADERS, .gso_size = SIZE, .csum_start = 14 + 20, .csum_offset = 16};
	uint8_t octets[sizeof(header) + FRAME];

	memcpy(octets, &header, sizeof(header));
	memcpy(octets + sizeof(header), headers, HEADERS);
	memset(octets + sizeof(header) + HEADERS, mark, FRAME - HEADERS);
	assert_int_equal(write(scene->tap, octets, sizeof(octets)), sizeof(octets));
}

/* The mark of the next superframe; 0: none came. Others are passed over. */
static uint8_t
next_mark(const struct scene *scene)
{
	struct pollfd one = {.fd = packet_queue_descriptor(scene->queue), .events = POLLIN};
	struct rte_mbuf *buffer;

	for (unsigned looks = 0; looks < LOOKS_MOST; looks++) {
		if (packet_queue_receive(scene->queue, &buffer, 1) == 0) {
			if (poll(&one, 1, PATIENCE) <= 0) {
				return 0;
			}
			continue;
		}
		const struct packet *packet = rte_mbuf_to_priv(buffer);
		const uint8_t *octets = rte_pktmbuf_mtod(buffer, const uint8_t *);
		const bool ours = rte_pktmbuf_data_len(buffer) == FRAME && memcmp(octets, headers, 14) == 0;
		const uint8_t mark = octets[ours ? HEADERS : 0];

		if (ours) {
			assert_int_equal(octets[FRAME - 1], mark);
			assert_int_equal(buffer->ol_flags & OFFLOAD_MARKED, OFFLOAD_MARKED);
			assert_int_equal(packet->segment_size, SIZE);
			assert_int_equal(packet->segments_more, SEGMENTS - 1);
		}
		rte_pktmbuf_free(buffer);
		if (ours) {
			return mark;
		}
	}
	return 0;
}

static void
superframes_come_in_their_order(void **state)
{
	const struct scene *scene = *state;

	if (scene->queue == NULL) {
		skip();
	}
	hand_in(scene, 1);
	hand_in(scene, 2);
	assert_int_equal(next_mark(scene), 1);
	assert_int_equal(next_mark(scene), 2);
}

/* The socket tells once that its interface went down, by whatever is called first, which then does nothing else. */
static void
none_is_anothers_after_an_outage(void **state)
{
	const struct scene *scene = *state;

	if (scene->queue == NULL) {
		skip();
	}
	hand_in(scene, 3);
	hand_in(scene, 4);
	assert_true(set_up(scene, false));
	assert_int_equal(next_mark(scene), 3);
	assert_int_equal(next_mark(scene), 4);
	assert_true(set_up(scene, true));
	hand_in(scene, 5);
	assert_int_equal(next_mark(scene), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(superframes_come_in_their_order),
	    cmocka_unit_test(none_is_anothers_after_an_outage),
	};

	return cmocka_run_group_tests(tests, scene_start, scene_end);
}
