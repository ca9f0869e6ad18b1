/*
 * How many traffic logs a second go from the event ring to a log server.
 *
 *   bench-log-rate DIR PORT COUNT RATE
 *
 * One thread is the worker: it writes COUNT records of sessions that end into a ring as large as flowd's, RATE a second (0: as
 * fast as it can), and never waits. Another is flowd's control thread: it renders them and sends them to DIR/run/logd.sock. A
 * third is the log server: it counts datagrams at 127.0.0.1:PORT. One line of JSON says what went in, what was lost at each
 * step, and the times. bench/log-rate runs it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/packet.h"
#include "event_ring.h"
#include "journal.h"

enum {
	RING = 65536,
	BURST = 32,
	SINK_BATCH = 128,
	DATAGRAM = 2048,
	SINK_QUIET = 1500, /* milliseconds without a datagram: it is over */
	ARGUMENTS = 5,
};

struct run {
	struct event_ring *ring;
	uint64_t count;
	uint64_t rate;
	uint64_t worst; /* nanoseconds that one burst of records took the worker */
	_Atomic bool written;
	int sink;
	uint64_t received;
	uint64_t last; /* when the last datagram came */
};

static uint64_t
now_nanoseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Of the calling thread: what a busy machine does not change. */
static uint64_t
processor_nanoseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void *
be_worker(void *argument)
{
	struct run *run = argument;
	const uint64_t began = now_nanoseconds();
	struct event event = {
	    .kind = EVENT_SESSION_CLOSE,
	    .logged = 1,
	    .protocol = 6,
	    .source = {.high = 0, .low = 0xffff0a010203},
	    .destination = {.high = 0, .low = 0xffffc0000209},
	    .nat_source = {.high = 0, .low = 0xffff0a010203},
	    .nat_destination = {.high = 0, .low = 0xffffc0000209},
	    .destination_port = 443,
	    .nat_destination_port = 443,
	    .policy = PACKET_DEFAULT_POLICY,
	    .application = UINT32_MAX,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	    .unit = PACKET_NO_UNIT,
	};

	for (uint64_t i = 0; i < run->count; i += BURST) {
		while (run->rate > 0 && now_nanoseconds() - began < i * 1000000000U / run->rate) {
			const struct timespec little = {.tv_nsec = 20000};

			(void)nanosleep(&little, NULL);
		}
		const uint64_t before = now_nanoseconds();

		for (uint64_t k = 0; k < BURST; k++) {
			event.session = i + k;
			event.source_port = (uint16_t)(i + k);
			event_ring_write(run->ring, &event);
		}
		event_ring_publish(run->ring);
		const uint64_t took = now_nanoseconds() - before;

		run->worst = took > run->worst ? took : run->worst;
	}
	atomic_store_explicit(&run->written, true, memory_order_release);
	return NULL;
}

static void *
be_server(void *argument)
{
	static char bytes[SINK_BATCH][DATAGRAM];
	struct run *run = argument;
	struct iovec parts[SINK_BATCH];
	struct mmsghdr headers[SINK_BATCH];
	struct pollfd polls = {.fd = run->sink, .events = POLLIN};

	for (int i = 0; i < SINK_BATCH; i++) {
		parts[i] = (struct iovec){.iov_base = bytes[i], .iov_len = DATAGRAM};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
	}
	while (poll(&polls, 1, SINK_QUIET) > 0 || !atomic_load_explicit(&run->written, memory_order_acquire)) {
		const int got = recvmmsg(run->sink, headers, SINK_BATCH, MSG_DONTWAIT, NULL);

		if (got > 0) {
			run->received += (uint64_t)got;
			run->last = now_nanoseconds();
		}
	}
	return NULL;
}

/* flowd's control thread, as far as events go. */
static void
be_control(struct run *run, struct logger *logger)
{
	const struct journal journal = {.registry = NULL, .snapshot = NULL};
	struct pollfd polls[2] = {{.fd = event_ring_descriptor(run->ring), .events = POLLIN}, {.fd = -1, .events = POLLOUT}};
	struct event event;
	bool over = false;

	while (!over) {
		over = atomic_load_explicit(&run->written, memory_order_acquire);
		polls[1].fd = logger_wants_write(logger) ? logger_descriptor(logger) : -1;
		(void)poll(polls, 2, 10);
		event_ring_seen(run->ring);
		logger_hold(logger);
		for (unsigned i = 0; i < 4096 && event_ring_read(run->ring, &event); i++) {
			journal_write(&journal, &event, logger);
			over = false;
		}
		logger_flow(logger);
	}
	while (logger_wants_write(logger)) {
		logger_poll(logger);
	}
}

static int
open_sink(const char *port)
{
	char *end = NULL;
	const long number = strtol(port, &end, 10);
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)number), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int sink = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int room = 1 << 26;

	(void)setsockopt(sink, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (sink < 0 || *end != '\0' || number < 1 || number > UINT16_MAX) {
		return -1;
	}
	return bind(sink, (const struct sockaddr *)&address, sizeof(address)) != 0 ? -1 : sink;
}

int
main(int argc, char **argv)
{
	struct run run = {0};
	struct logger *logger;
	pthread_t threads[2];
	char path[512];

	if (argc != ARGUMENTS) {
		fprintf(stderr, "usage: bench-log-rate DIR PORT COUNT RATE\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/run/logd.sock", argv[1]);
	logger = logger_create(path, "flowd");
	run.ring = event_ring_create(RING);
	run.sink = open_sink(argv[2]);
	run.count = strtoull(argv[3], NULL, 10);
	run.rate = strtoull(argv[4], NULL, 10);
	if (logger == NULL || run.ring == NULL || run.sink < 0) {
		perror("bench-log-rate");
		return 2;
	}
	const uint64_t began = now_nanoseconds();

	if (pthread_create(&threads[0], NULL, be_server, &run) != 0 || pthread_create(&threads[1], NULL, be_worker, &run) != 0) {
		return 2;
	}
	be_control(&run, logger);
	const uint64_t rendered = now_nanoseconds();
	const uint64_t spent = processor_nanoseconds();

	(void)pthread_join(threads[1], NULL);
	(void)pthread_join(threads[0], NULL);
	printf("{\"records\": %llu, \"ring lost\": %llu, \"logger dropped\": %llu, \"received\": %llu, "
	       "\"rendered seconds\": %.3f, \"received seconds\": %.3f, \"worst burst microseconds\": %.1f, \"control processor seconds\": %.3f}\n",
	    (unsigned long long)run.count, (unsigned long long)event_ring_lost(run.ring),
	    (unsigned long long)logger_dropped(logger), (unsigned long long)run.received, (double)(rendered - began) / 1e9,
	    (double)(run.last - began) / 1e9, (double)run.worst / 1e3, (double)spent / 1e9);
	logger_destroy(logger);
	event_ring_destroy(run.ring);
	close(run.sink);
	return 0;
}
