/*
 * What a SYN of a flood costs that is answered by a cookie: counted three times (source, destination, service), hashed, and sent
 * back with the options of a real SYN granted. Each is from another source; no threshold but that of the attack is in the
 * way. Beside it, what an ACK costs whose cookie is none: of a flood of those.
 */
#include "cases.h"

#include <string.h>

#include "scene_packet.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp_options.h"

enum {
	SESSIONS = 1000,
	POLICIES = 10,
	OPTIONS = TCP_OPTIONS_BUILT_MOST,
	NEVER = UINT32_MAX / 4,
	MILLION = 1000000,
};

/* Gives the segment of a slot the options of a host of today, and no payload. */
static void
add_options(struct scene *scene, uint32_t slot)
{
	static const struct tcp_options options = {
	    .segment = 1460, .sack = true, .stamps = true, .value = 1, .scale = 7};
	struct packet *packet = &scene->packets[slot];
	uint8_t *ip = packet->data + ETHERNET_HEADER;
	uint8_t *tcp = ip + IPV4_HEADER;
	const uint16_t length = TCP_HEADER + OPTIONS;

	bytes_store_16(ip + 2, IPV4_HEADER + length);
	ipv4_set_checksum(ip, IPV4_HEADER);
	(void)tcp_options_build(tcp + TCP_HEADER, &options);
	tcp[12] = length / 4 << 4;
	bytes_store_16(tcp + 16, 0);
	bytes_store_16(tcp + 16,
	    checksum_finish(checksum_pseudo_at(ip + 12, IPV4_PROTOCOL_TCP, length) + checksum_sum(tcp, length)));
	packet->tailroom = (uint16_t)(packet->tailroom + packet->length - (ETHERNET_HEADER + IPV4_HEADER + length));
	packet->length = ETHERNET_HEADER + IPV4_HEADER + length;
}

static void
make_burst(struct scene *scene, uint8_t flags, uint32_t *number)
{
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		const struct scene_segment segment = {
		    .flow = SESSIONS + *number, .flags = flags, .sequence = *number, .acknowledgement = *number * 7};

		scene_make(scene, i, &segment);
		if ((flags & TCP_SYN) != 0) {
			add_options(scene, i);
		}
		*number += 1;
	}
}

static void
measure(struct bench *bench, struct scene *scene, const char *kind, uint8_t flags)
{
	const enum reason reason = (flags & TCP_SYN) != 0 ? REASON_SYN_COOKIE : REASON_NO_SESSION;
	const uint64_t before = engine_reason_count(scene->engine, reason);
	double cycles[BENCH_REPEATS];
	uint32_t number = 0;

	for (uint32_t repeat = 0; repeat < bench->repeats; repeat++) {
		uint64_t spent = 0;

		for (uint32_t done = 0; done < BENCH_PACKETS; done += ENGINE_BURST) {
			make_burst(scene, flags, &number);
			spent += bench_measure_burst(scene, ENGINE_BURST);
			scene_drain(scene);
		}
		cycles[repeat] = (double)spent / BENCH_PACKETS;
	}
	if (engine_reason_count(scene->engine, reason) - before != (uint64_t)bench->repeats * BENCH_PACKETS) {
		bench_fail(bench, "not every SYN of a flood was answered, or not every other ACK was dropped");
	}
	const double least = bench_minimum(cycles, bench->repeats);

	bench_add(bench,
	    &(struct bench_result){.name = "syn-cookie",
		.kind = kind,
		.sessions = SESSIONS,
		.batch = ENGINE_BURST,
		.policies = POLICIES,
		.figures = {{"million_a_second", bench->rate * 1e9 / least / MILLION}}},
	    cycles);
}

void
cases_syn(struct bench *bench)
{
	const struct scene_plan plan = {.sessions = SESSIONS, .policies = POLICIES};

	if (!bench_wants(bench, "syn-cookie")) {
		return;
	}
	struct scene *scene = bench_scene_established(bench, &plan);

	if (scene == NULL) {
		return;
	}
	scene->snapshot.flow.syn_cookies = true;
	scene_set_screens(scene, screen_bit(SCREEN_TCP_SYN_FLOOD), 0);
	scene->screens.syn_flood = (struct snapshot_syn_flood){
	    .alarm = NEVER, .source = NEVER, .destination = NEVER, .queue = 1, .timeout = 1};
	measure(bench, scene, "answer", TCP_SYN);
	if (bench->size != BENCH_ONCE) {
		measure(bench, scene, "forged-ack", TCP_ACK);
	}
	scene_destroy(scene);
}
