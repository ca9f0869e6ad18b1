/*
 * The flow's first packets through an engine that is made for them and thrown away: what it says is what the data plane
 * would say, whatever it looks at.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "explain_private.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/sctp.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire/udp_lite.h"

enum {
	HEADROOM = 128,
	ROOM = 512, /* for headers that the engine adds, and for its own messages */
	OTHER_PAYLOAD = 24, /* of protocols that we know nothing of */
	TIME_TO_LIVE = 64,
	WINDOW = 65535,
	SEQUENCE = 1000,
	TABLE = 64, /* sessions, neighbours, events */
	STEP = 1000000, /* nanoseconds between packets */
	ENGINE_ALIGNMENT = 64,
};

struct frame {
	struct packet packet;
	uint8_t bytes[HEADROOM + ROOM];
};

struct bench {
	const struct explain_sources *sources;
	const struct explain_question *question;
	struct engine *engine;
	uint64_t now;
	struct random_source random;
	struct frame frame;
};

/* A direction of the flow and what its TCP segment says. */
struct direction {
	uint16_t unit;
	bool back;
	const struct engine_session_view *session; /* of packets back: what they answer to */
	uint8_t flags;
	uint32_t sequence;
	uint32_t acknowledgement;
};

static uint16_t
build_tcp(uint8_t *to, const struct explain_question *question, const struct direction *direction)
{
	const struct engine_session_view *session = direction->session;
	const struct tcp_header header = {
	    .source_port = direction->back ? session->source_port[1] : question->source_port,
	    .destination_port = direction->back ? session->destination_port[1] : question->destination_port,
	    .sequence = direction->sequence,
	    .acknowledgement = direction->acknowledgement,
	    .window = WINDOW,
	    .header_length = TCP_HEADER,
	    .flags = direction->flags,
	};

	tcp_build(to, &header);
	return TCP_HEADER;
}

/* Where the transport's sum stands; 0: it has none, or UDP may do without. */
static uint16_t
checksum_place(const struct explain_question *question)
{
	if (question->protocol == IPV4_PROTOCOL_TCP) {
		return 16;
	}
	if (explain_has_type(question)) {
		return 2;
	}
	if (question->protocol == IPV4_PROTOCOL_UDP_LITE) {
		return UDP_LITE_CHECKSUM_AT;
	}
	return question->protocol == IPV4_PROTOCOL_UDP && question->inet6 ? 6 : 0;
}

/* A whole packet, with a chunk that says nothing. */
static uint16_t
build_sctp(uint8_t *to, const struct explain_question *question)
{
	const uint16_t length = SCTP_HEADER + SCTP_CHUNK_HEADER;

	memset(to, 0, length);
	bytes_store_16(to, question->source_port);
	bytes_store_16(to + 2, question->destination_port);
	bytes_store_16(to + SCTP_HEADER + 2, SCTP_CHUNK_HEADER);
	bytes_store_32(to + SCTP_CHECKSUM_AT, sctp_checksum(to, length));
	return length;
}

/* Without the Internet checksum. */
static uint16_t
build_transport(uint8_t *to, const struct explain_question *question, const struct direction *direction)
{
	if (question->protocol == IPV4_PROTOCOL_TCP) {
		return build_tcp(to, question, direction);
	}
	if (question->protocol == IPV4_PROTOCOL_SCTP) {
		return build_sctp(to, question);
	}
	if (question->protocol == IPV4_PROTOCOL_UDP || question->protocol == IPV4_PROTOCOL_UDP_LITE) {
		bytes_store_16(to, question->source_port);
		bytes_store_16(to + 2, question->destination_port);
		bytes_store_16(to + 4, UDP_HEADER);
		return UDP_HEADER;
	}
	if (explain_has_type(question)) {
		to[0] = question->icmp_type;
		to[1] = question->icmp_code;
		bytes_store_16(to + 4, 1);
		return ICMP_HEADER;
	}
	return OTHER_PAYLOAD;
}

/* Header and transport; their length. */
static uint16_t
build_inet(uint8_t *to, const struct explain_question *question, const struct direction *direction)
{
	const uint16_t length = build_transport(to + IPV4_HEADER, question, direction);
	const uint16_t place = checksum_place(question);
	const struct ipv4_header header = {
	    .header_length = IPV4_HEADER,
	    .total_length = (uint16_t)(IPV4_HEADER + length),
	    .ttl = TIME_TO_LIVE,
	    .protocol = question->protocol,
	    .source = (uint32_t)(direction->back ? direction->session->source[1].low : question->source.low),
	    .destination = (uint32_t)(direction->back ? direction->session->destination[1].low : question->destination.low),
	};

	ipv4_build(to, &header);
	if (place != 0) {
		const uint64_t pseudo = explain_has_type(question) ?
		    0 :
		    checksum_pseudo(header.source, header.destination, header.protocol, length);

		bytes_store_16(to + IPV4_HEADER + place, checksum_finish(checksum_sum(to + IPV4_HEADER, length) + pseudo));
	}
	return header.total_length;
}

static uint16_t
build_inet6(uint8_t *to, const struct explain_question *question, const struct direction *direction)
{
	const uint16_t length = build_transport(to + IPV6_HEADER, question, direction);
	const uint16_t place = checksum_place(question);
	const struct ipv6_header header = {
	    .payload_length = length,
	    .hop_limit = TIME_TO_LIVE,
	    .next_header = question->protocol,
	    .source = direction->back ? question->destination : question->source,
	    .destination = direction->back ? question->source : question->destination,
	};

	ipv6_build(to, &header);
	if (place != 0) {
		bytes_store_16(to + IPV6_HEADER + place,
		    checksum_finish(checksum_sum(to + IPV6_HEADER, length) +
			ipv6_pseudo(header.source, header.destination, header.next_header, length)));
	}
	return (uint16_t)(IPV6_HEADER + length);
}

/* The frame of one direction; its length. */
static uint32_t
build_frame(uint8_t *to, const struct bench *bench, const struct direction *direction)
{
	static const uint8_t station[ETHERNET_ADDRESS] = {0x02, 0, 0, 0, 0, 1};
	const struct explain_question *question = bench->question;
	const struct snapshot_unit *unit = &bench->sources->snapshot->units[direction->unit];
	const uint16_t start = ethernet_header_length(unit->vlan);

	ethernet_build(to, bench->sources->snapshot->ports[unit->port].mac, station, unit->vlan,
	    question->inet6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	return (uint32_t)start + (question->inet6 ? build_inet6(to + start, question, direction) :
	                                            build_inet(to + start, question, direction));
}

static struct packet_result
send(struct bench *bench, const struct direction *direction)
{
	struct engine_output outputs[ENGINE_BURST];
	struct frame *frame = &bench->frame;
	struct packet *packet = &frame->packet;
	struct event event;

	memset(frame, 0, sizeof(*frame));
	packet->data = frame->bytes + HEADROOM;
	packet->length = build_frame(packet->data, bench, direction);
	packet->headroom = HEADROOM;
	packet->tailroom = (uint16_t)(ROOM - packet->length);
	packet->port = bench->sources->snapshot->units[direction->unit].port;
	bench->now += STEP;
	engine_process(bench->engine, bench->now, &packet, 1);
	const struct packet_result result = packet->result;

	while (engine_take_output(bench->engine, outputs, ENGINE_BURST) > 0 ||
	    engine_take_event(bench->engine, &event)) {
		/* nobody listens */
	}
	return result;
}

static bool
has_port(const struct snapshot *snapshot, uint16_t unit)
{
	return unit < snapshot->unit_count && snapshot->units[unit].port < snapshot->port_count;
}

static bool
read_session(const struct bench *bench, struct trial *trial)
{
	uint32_t cursor = 0;

	return engine_list_sessions(bench->engine, bench->now, &cursor, UINT32_MAX, &trial->session, 1) == 1;
}

/* Which rules of address translation the session is of: the engine is new, they have no other. */
static void
find_rules(const struct bench *bench, struct trial *trial)
{
	const uint16_t count = bench->sources->snapshot->nat.rule_count;

	for (uint16_t rule = 0; rule < count && trial->rule_count < TRIAL_RULES; rule++) {
		if (engine_nat_rule_counters(bench->engine, rule).sessions > 0) {
			trial->rules[trial->rule_count++] = rule;
		}
	}
}

/* Before any packet, which would change what is there. */
static void
find_destination(const struct bench *bench, uint16_t unit, struct trial *trial)
{
	const struct explain_question *question = bench->question;
	const struct engine_tuple tuple = {
	    .source = (uint32_t)question->source.low,
	    .destination = (uint32_t)question->destination.low,
	    .source_port = question->source_port,
	    .destination_port = question->destination_port,
	    .instance = bench->sources->snapshot->units[unit].instance,
	    .protocol = question->protocol,
	};

	trial->has_destination = !question->inet6 && bench->sources->snapshot->nat.active &&
	    engine_probe_destination(bench->engine, unit, &tuple, &trial->destination);
}

static void
run_packets(struct bench *bench, uint16_t unit, struct trial *trial)
{
	const struct direction first = {.unit = unit, .flags = TCP_SYN, .sequence = SEQUENCE};

	trial->run = true;
	find_destination(bench, unit, trial);
	trial->result = send(bench, &first);
	trial->has_session = read_session(bench, trial);
	const uint16_t out = trial->result.out_unit;

	if (trial->result.verdict == VERDICT_FORWARD && bench->question->protocol == IPV4_PROTOCOL_TCP && trial->has_session &&
	    has_port(bench->sources->snapshot, out)) {
		const struct direction second = {.unit = out,
		    .back = true,
		    .session = &trial->session,
		    .flags = TCP_SYN | TCP_ACK,
		    .sequence = SEQUENCE,
		    .acknowledgement = SEQUENCE + 1};
		const struct direction third = {
		    .unit = unit, .flags = TCP_ACK, .sequence = SEQUENCE + 1, .acknowledgement = SEQUENCE + 1};

		(void)send(bench, &second);
		(void)send(bench, &third);
	}
	trial->has_session = read_session(bench, trial);
	find_rules(bench, trial);
}

bool
trial_run(const struct explain_sources *sources, const struct explain_question *question, uint16_t unit,
    struct trial *trial)
{
	struct engine_config config = engine_config_for(TABLE);
	struct bench *bench = calloc(1, sizeof(*bench));

	*trial = (struct trial){.run = false};
	if (bench == NULL || !has_port(sources->snapshot, unit)) {
		const bool good = bench != NULL;

		free(bench);
		return good;
	}
	*bench = (struct bench){.sources = sources, .question = question, .now = STEP, .random = random_seeded(1)};
	config.neighbours = TABLE;
	config.held = TABLE;
	config.events = TABLE;
	config.policies = 1; /* nobody asks for its counters */
	config.units = sources->snapshot->unit_count;
	config.neighbours_auto = true;
	config.random = &bench->random;
	const size_t size = (engine_size(&config) + ENGINE_ALIGNMENT - 1) / ENGINE_ALIGNMENT * ENGINE_ALIGNMENT;
	void *memory = aligned_alloc(ENGINE_ALIGNMENT, size);

	if (memory == NULL) {
		free(bench);
		return false;
	}
	memset(memory, 0, size);
	bench->engine = engine_init(memory, size, &config);
	assert(bench->engine != NULL);
	engine_set_wall(bench->engine, bench->now, sources->wall * 1000000);
	engine_apply(bench->engine, sources->snapshot, sources->fib);
	run_packets(bench, unit, trial);
	free(memory);
	free(bench);
	return true;
}
