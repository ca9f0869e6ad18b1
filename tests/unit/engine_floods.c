/*
 * A flood of two million packets a second to 64 servers in virtual time, and honest clients between: each of their handshakes succeeds and
 * each transfer is complete and right octet by octet, through the very configuration that a gateway would have. A row a kind
 * of flood and of defence: datagrams and echo requests over their thresholds (REQ-SCR-045, REQ-SCR-046), SYNs that are
 * answered by proxy and by cookie (REQ-SCR-032, REQ-SCR-033, REQ-SCR-042, REQ-SCR-043).
 *
 * Of SYN proxy the first moments, in which the flood fills its queue, are left to the long form: there some clients have
 * to ask again.
 *
 * Clients and the server are small state machines: a client sends its SYN again after a second (RFC 6298) and anything else that is
 * not acknowledged after RETRY; it obeys a closed window. Each way takes DELAY.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway.h"
#include "source.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

enum {
	CLIENTS = 100,
	SERVERS = 64,
	REQUEST = 700,   /* octets that a client sends */
	ANSWER = 2900,   /* and gets, in pieces of */
	PIECE = 1000,
	FRAME_MOST = 14 + 20 + 60 + PIECE,
	FIFO = 1 << 14, /* frames on their way; a power of two */
	FIRST_PORT = 20000,
	TCP_LEAST = 20,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
};

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND UINT64_C(1000000)
#define DELAY       (50 * MICROSECOND)
#define RETRY       (200 * MILLISECOND)
#define PACE        UINT64_C(500) /* ns between two packets of the flood */
#define SERVER      UINT32_C(0x0a000080) /* the first of SERVERS that the flood goes to */
#define CLIENT      UINT32_C(0xc6336407)
#define FORGED      UINT32_C(0x08000000) /* 8.0.0.0/8 */

enum progress {
	IDLE,
	CALLING,  /* its SYN is out */
	SENDING,  /* the handshake is complete */
	DONE,
	FAILED,
};

struct client {
	enum progress progress;
	uint64_t start;
	uint64_t again;    /* when it sends once more */
	uint32_t first;    /* its own number of the SYN */
	uint32_t answer;   /* the other side's */
	uint32_t got;      /* octets of the answer, in order */
	bool open;         /* the other side's window is */
	bool heard;        /* its request was acknowledged */
};

/* The server's side of a connection, by the client's port. */
struct served {
	bool known;
	uint32_t first; /* the client's */
	uint32_t own;
	uint32_t got;
	bool answered;
};

struct flying {
	uint64_t due;
	uint16_t port;
	uint16_t length;
	uint8_t frame[FRAME_MOST];
};

struct scene {
	struct gateway *gateway;
	struct schema *schema;
	struct conf_tree *tree;
	struct random_source random;
	struct client clients[CLIENTS];
	struct served served[CLIENTS];
	struct flying *fifo;
	uint32_t head;
	uint32_t tail;
	uint32_t done;
	uint64_t flood_at_servers;
};

struct segment {
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t sequence;
	uint32_t acknowledgement;
	uint16_t window;
	uint16_t size;
	uint8_t flags;
};

/* What octet `at` of a client's stream is, in either direction. */
static uint8_t
octet(uint32_t client, uint32_t at, bool answer)
{
	return (uint8_t)(client * 7 + at * 31 + (at >> 8) + (answer ? 3 : 0));
}

static uint16_t
write_segment(uint8_t *frame, const struct segment *segment, uint32_t client, uint32_t at, bool answer)
{
	const bool syn = (segment->flags & SYN) != 0;
	const uint16_t header = TCP_LEAST + (syn ? 4 : 0);
	uint8_t *tcp = frame + 14 + IPV4_HEADER;
	const struct ipv4_header ip = {
	    .source = segment->source,
	    .destination = segment->destination,
	    .header_length = IPV4_HEADER,
	    .ttl = 64,
	    .protocol = IPV4_PROTOCOL_TCP,
	    .total_length = (uint16_t)(IPV4_HEADER + header + segment->size),
	};

	memset(frame, 0, 14);
	frame[0] = 2;
	frame[6] = 2;
	frame[12] = 8;
	ipv4_build(frame + 14, &ip);
	memset(tcp, 0, header);
	bytes_store_16(tcp, segment->source_port);
	bytes_store_16(tcp + 2, segment->destination_port);
	bytes_store_32(tcp + 4, segment->sequence);
	bytes_store_32(tcp + 8, segment->acknowledgement);
	bytes_store_16(tcp + 12, (uint16_t)(header / 4 << 12 | segment->flags));
	bytes_store_16(tcp + 14, segment->window);
	if (syn) {
		bytes_store_32(tcp + TCP_LEAST, 0x02040000 + PIECE);
	}
	for (uint32_t i = 0; i < segment->size; i++) {
		tcp[header + i] = octet(client, at + i, answer);
	}
	const uint64_t sum = checksum_sum(tcp, (size_t)header + segment->size) +
			     checksum_pseudo(ip.source, ip.destination, IPV4_PROTOCOL_TCP, (uint16_t)(header + segment->size));

	bytes_store_16(tcp + 16, checksum_finish(sum));
	return (uint16_t)(14 + ip.total_length);
}

/* Puts it on its way to the gateway. */
static void
send_segment(struct scene *scene, uint16_t port, const struct segment *segment, uint32_t client, uint32_t at, bool answer)
{
	struct flying *flying = &scene->fifo[scene->tail++ & (FIFO - 1)];

	assert_true(scene->tail - scene->head <= FIFO);
	flying->due = gateway_now(scene->gateway) + DELAY;
	flying->port = port;
	flying->length = write_segment(flying->frame, segment, client, at, answer);
}

static void
client_say(struct scene *scene, uint32_t number, uint8_t flags, uint32_t at, uint16_t size)
{
	const struct client *client = &scene->clients[number];
	const struct segment segment = {
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = (uint16_t)(FIRST_PORT + number),
	    .destination_port = 80,
	    .sequence = client->first + ((flags & SYN) != 0 ? 0 : 1 + at),
	    .acknowledgement = (flags & ACK) != 0 ? client->answer + 1 + client->got : 0,
	    .window = UINT16_MAX,
	    .size = size,
	    .flags = flags,
	};

	send_segment(scene, 1, &segment, number, at, false);
}

/* What came back to a client. */
static void
client_hear(struct scene *scene, uint32_t number, const struct segment *said, const uint8_t *payload)
{
	struct client *client = &scene->clients[number];

	if ((said->flags & RST) != 0) {
		client->progress = FAILED;
		return;
	}
	if (client->progress == CALLING && (said->flags & (SYN | ACK)) == (SYN | ACK)) {
		assert_int_equal(said->acknowledgement, client->first + 1);
		client->answer = said->sequence;
		client->progress = SENDING;
		client_say(scene, number, ACK, 0, 0);
	}
	if (client->progress != SENDING) {
		return;
	}
	if ((said->flags & SYN) == 0) {
		client->heard = client->heard || said->acknowledgement == client->first + 1 + REQUEST;
	}
	if (!client->open && said->window > 0) {
		client->open = true;
		client_say(scene, number, ACK, 0, REQUEST);
		client->again = gateway_now(scene->gateway) + RETRY;
	}
	if (said->size > 0 && said->sequence == client->answer + 1 + client->got) {
		for (uint32_t i = 0; i < said->size; i++) {
			assert_int_equal(payload[i], octet(number, client->got + i, true));
		}
		client->got += said->size;
		client_say(scene, number, ACK, REQUEST, 0);
	}
	if (client->got == ANSWER && client->heard) {
		client->progress = DONE;
		scene->done++;
		client_say(scene, number, RST | ACK, REQUEST, 0); /* it does not matter how it ends */
	}
}

static void
server_say(struct scene *scene, uint32_t number, uint8_t flags, uint32_t at, uint16_t size)
{
	const struct served *served = &scene->served[number];
	const struct segment segment = {
	    .source = SERVER,
	    .destination = CLIENT,
	    .source_port = 80,
	    .destination_port = (uint16_t)(FIRST_PORT + number),
	    .sequence = served->own + ((flags & SYN) != 0 ? 0 : 1 + at),
	    .acknowledgement = served->first + 1 + served->got,
	    .window = UINT16_MAX,
	    .size = size,
	    .flags = flags | ACK,
	};

	send_segment(scene, 0, &segment, number, at, true);
}

static void
server_hear(struct scene *scene, uint32_t number, const struct segment *said, const uint8_t *payload)
{
	struct served *served = &scene->served[number];

	if ((said->flags & SYN) != 0) {
		/* The server knows the client's own number, whoever answered it. */
		assert_int_equal(said->sequence, scene->clients[number].first);
		if (!served->known) {
			*served = (struct served){.known = true, .first = said->sequence, .own = (uint32_t)random_u64(&scene->random)};
		}
		server_say(scene, number, SYN, 0, 0);
		return;
	}
	if (!served->known || (said->flags & RST) != 0) {
		return;
	}
	assert_true((said->flags & ACK) == 0 || said->acknowledgement - served->own <= 1 + ANSWER);
	if (said->size > 0 && said->sequence == served->first + 1 + served->got) {
		for (uint32_t i = 0; i < said->size; i++) {
			assert_int_equal(payload[i], octet(number, served->got + i, false));
		}
		served->got += said->size;
	}
	if (said->size > 0 && served->got == REQUEST) {
		for (uint32_t at = 0; at < ANSWER; at += PIECE) {
			server_say(scene, number, 0, at, (uint16_t)(ANSWER - at < PIECE ? ANSWER - at : PIECE));
		}
	}
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	struct scene *scene = context;
	const struct packet *packet = output->packet;
	struct ipv4_header ip;

	(void)now;
	if (output->verb != ENGINE_SEND || packet->length < 14 + IPV4_HEADER || packet->data[12] != 8 || packet->data[13] != 0) {
		return;
	}
	ipv4_load(packet->data + 14, &ip);
	if (packet->port == 0 && ip.source >> 24 == FORGED >> 24) {
		scene->flood_at_servers++;
	}
	const bool to_server = packet->port == 0 && ip.source == CLIENT;

	if (ip.protocol != IPV4_PROTOCOL_TCP || (!to_server && (packet->port != 1 || ip.destination != CLIENT))) {
		return;
	}
	const uint8_t *tcp = packet->data + 14 + ip.header_length;
	const uint16_t header = (uint16_t)(tcp[12] >> 4) * 4;
	const struct segment said = {
	    .source_port = bytes_load_16(tcp),
	    .destination_port = bytes_load_16(tcp + 2),
	    .sequence = bytes_load_32(tcp + 4),
	    .acknowledgement = bytes_load_32(tcp + 8),
	    .window = bytes_load_16(tcp + 14),
	    .size = (uint16_t)(ip.total_length - ip.header_length - header),
	    .flags = tcp[13],
	};
	const uint32_t number = (uint32_t)(to_server ? said.source_port : said.destination_port) - FIRST_PORT;

	assert_true(number < CLIENTS);
	(to_server ? server_hear : client_hear)(scene, number, &said, tcp + header);
}

static void
take_event(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

/* Clients whose time has come speak, or speak again. */
static void
prompt(struct scene *scene, uint64_t now)
{
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct client *client = &scene->clients[i];

		if (client->progress == IDLE && now >= client->start) {
			client->progress = CALLING;
			client->first = (uint32_t)random_u64(&scene->random);
			client->again = now;
		}
		if (client->progress == CALLING && now >= client->again) {
			client_say(scene, i, SYN, 0, 0);
			client->again = now + GATEWAY_SECOND;
		} else if (client->progress == SENDING && client->open && now >= client->again) {
			client_say(scene, i, ACK, 0, REQUEST);
			client->again = now + RETRY;
		}
	}
}

static void
input(struct scene *scene, const uint8_t *frame, uint32_t length, uint16_t port)
{
	struct packet_result result;

	assert_true(gateway_process(scene->gateway, frame, length, port, 0, &result));
}

/* All that is on its way and due at `now` arrives at its time. */
static void
arrive(struct scene *scene, uint64_t now)
{
	while (scene->head != scene->tail && scene->fifo[scene->head & (FIFO - 1)].due <= now) {
		const struct flying flying = scene->fifo[scene->head++ & (FIFO - 1)];

		assert_true(gateway_advance(scene->gateway, flying.due));
		input(scene, flying.frame, flying.length, flying.port);
	}
}

/* One packet of the flood. */
static void
flood(struct scene *scene, uint8_t protocol)
{
	uint8_t frame[FRAME_MOST];
	const uint64_t drawn = random_u64(&scene->random);
	const struct segment segment = {
	    .source = FORGED | (uint32_t)(drawn & 0xffffff),
	    .destination = SERVER + (uint32_t)(drawn >> 32) % SERVERS,
	    .source_port = (uint16_t)(1024 + (drawn >> 24) % 60000),
	    .destination_port = 80,
	    .sequence = (uint32_t)(drawn >> 28),
	    .window = UINT16_MAX,
	    .flags = SYN,
	};
	uint16_t length = write_segment(frame, &segment, 0, 0, false);
	uint8_t *payload = frame + 14 + IPV4_HEADER;

	if (protocol != IPV4_PROTOCOL_TCP) {
		frame[14 + 9] = protocol;
		ipv4_set_checksum(frame + 14, IPV4_HEADER);
		memset(payload, 0, 24);
		if (protocol == IPV4_PROTOCOL_UDP) {
			bytes_store_16(payload, segment.source_port);
			bytes_store_16(payload + 2, 80);
			bytes_store_16(payload + 4, 24);
		} else {
			payload[0] = 8;
			bytes_store_16(payload + 4, segment.source_port);
			bytes_store_16(payload + 2, checksum_finish(checksum_sum(payload, 24)));
		}
	}
	input(scene, frame, length, 1);
}

static void
make_scene(struct scene *scene, const char *more)
{
	static const char ground[] = "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24\n"
	    "set routing-options static route 8.0.0.0/8 next-hop 198.51.100.254\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n"
	    "set security zones security-zone untrust interfaces ge-0/0/1.0\n"
	    "set security zones security-zone untrust screen floods\n"
	    "set security screen ids-option floods udp flood\n"
	    "set security screen ids-option floods icmp flood\n"
	    "set security screen ids-option floods tcp syn-flood attack-threshold 200 source-threshold 100000 queue-size 20000 timeout 1\n"
	    "set security policies default-policy permit-all\n";
	const struct gateway_options options = {.sessions = 1 << 16, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = scene};
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	scene->schema = source_schema("floods");
	assert_non_null(scene->schema);
	scene->gateway = gateway_create(&options, &sink);
	scene->tree = conf_tree_create(scene->schema);
	scene->fifo = calloc(FIFO, sizeof(*scene->fifo));
	scene->random = random_seeded(7);
	assert_non_null(scene->gateway);
	assert_non_null(scene->tree);
	assert_non_null(scene->fifo);
	gateway_set_wall(scene->gateway, 1191405600000000);
	assert_true(conf_load(scene->tree, CONF_FORMAT_SET, NULL, ground, strlen(ground), &list));
	assert_true(conf_load(scene->tree, CONF_FORMAT_SET, NULL, more, strlen(more), &list));
	assert_true(gateway_configure(scene->gateway, scene->tree, &list));
	diagnostics_release(&list);
}

struct row {
	const char *name;
	const char *statements;
	uint64_t before;   /* of the flood, before the first client begins, ns */
	uint64_t length;   /* they begin within it */
	uint64_t patience; /* until the last one is done */
	uint32_t most;     /* of the flood that may come to a server in a second */
	uint8_t protocol;
};

/* SYNs beyond a destination's threshold are dropped, whoever sends them (REQ-SCR-038); at most 100,000 a second may be set, and the
 * flood is 31,250 to each. */
static const struct row rows[] = {
    {"datagrams", "", 10 * MILLISECOND, 100 * MILLISECOND, GATEWAY_SECOND, 1000, IPV4_PROTOCOL_UDP},
    {"echo requests", "", 10 * MILLISECOND, 100 * MILLISECOND, GATEWAY_SECOND, 1000, IPV4_PROTOCOL_ICMP},
    {"SYNs, by cookie",
	"set security flow syn-flood-protection-mode syn-cookie\n"
	"set security screen ids-option floods tcp syn-flood destination-threshold 100000\n", 10 * MILLISECOND, 100 * MILLISECOND, GATEWAY_SECOND, 200,
	IPV4_PROTOCOL_TCP},
    {"SYNs, by proxy",
	"set security flow syn-flood-protection-mode syn-proxy\n"
	"set security screen ids-option floods tcp syn-flood destination-threshold 100000\n", 60 * MILLISECOND, 100 * MILLISECOND, 3 * GATEWAY_SECOND, 200,
	IPV4_PROTOCOL_TCP},
};

static void
run(const struct row *row)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	uint64_t sent = 0;
	uint64_t prompted = 0;

	assert_non_null(scene);
	make_scene(scene, row->statements);
	const uint64_t began = GATEWAY_SECOND;
	const char *long_form = getenv("SALLYPORT_TEST_LONG");
	const uint64_t before = long_form != NULL && *long_form != '\0' ? MILLISECOND : row->before;

	for (uint32_t i = 0; i < CLIENTS; i++) {
		scene->clients[i].start = began + before + row->length * i / CLIENTS;
	}
	for (uint64_t now = began; scene->done < CLIENTS && now < began + before + row->length + row->patience; now += PACE, sent++) {
		if (now >= prompted) {
			prompt(scene, now);
			prompted = now + MILLISECOND / 10;
		}
		arrive(scene, now);
		assert_true(gateway_advance(scene->gateway, now));
		flood(scene, row->protocol);
	}
	print_message("%s: %u of %u transfers beside %llu packets of the flood, of which the servers got %llu\n", row->name, scene->done,
	    CLIENTS, (unsigned long long)sent, (unsigned long long)scene->flood_at_servers);
	assert_int_equal(scene->done, CLIENTS);
	assert_true(scene->flood_at_servers <= row->most * SERVERS * (sent * PACE / GATEWAY_SECOND + 2));
	gateway_destroy(scene->gateway);
	conf_tree_destroy(scene->tree);
	schema_destroy(scene->schema);
	free(scene->fifo);
	free(scene);
}

static void
test_floods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(&rows[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_floods)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
