/*
 * The offline gateway. See gateway.h.
 *
 * A frame lies in one heap block with room before and behind it, made for it and freed when the engine gives it back: reads
 * and writes beyond are then visible to the address sanitizer. All that are out stand in one list, because the engine
 * needs no tear-down and keeps what it still holds.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gateway.h"
#include "rib/rib.h"
#include "wire/segment.h"

enum {
	HEADROOM = 128,
	FRESH_LENGTH = 2048, /* room of a packet that the engine asks for */
	OUTPUTS = 64,
	STEPS_A_TENTH = 10,    /* the engine's tick is 10 ms */
	IDLE_STEPS = 6000,     /* in one gap; after these nothing but sessions and router advertisements is due */
	FINE_STEPS = 1000000,  /* of a tick in one gap, nearly three hours; then steps of a second */
	FINE_STEPS_IN_ALL = 20000000, /* a second or two of our time: captures of months must not take minutes */
	SECOND_STEPS = 1100000, /* after these (more than a day) steps of an hour */
	HOUR_SECONDS = 3600,
	MICROSECOND = 1000, /* in nanoseconds */
	SECOND_MICROSECONDS = 1000000,
};

struct frame {
	struct packet packet; /* packet.handle points back here */
	struct frame *next;
	struct frame *previous;
	uint8_t *block;
};

struct gateway {
	struct gateway_sink sink;
	struct random_source random;
	struct engine *engine;
	void *memory; /* mapped: zeroed, and real only where it is touched */
	size_t memory_size;
	struct frame frames; /* head of the ring of all that are out */
	struct snapshot_registry *registry;
	const struct conf_tree *tree; /* borrowed */
	struct snapshot *snapshot;
	struct rib *rib;
	struct fib *fib;
	uint16_t tailroom;
	uint32_t policies_most;
	uint64_t commit; /* identity of the last compiled snapshot */
	uint64_t fib_id;
	uint64_t now;
	int64_t wall_base; /* UTC microseconds at now = 0 */
	uint32_t fine_steps; /* taken so far, up to FINE_STEPS_IN_ALL */
};

static struct packet *
frame_create(struct gateway *gateway, uint32_t length, uint16_t tailroom)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	if (frame == NULL) {
		return NULL;
	}
	frame->block = malloc((size_t)HEADROOM + length + tailroom);
	if (frame->block == NULL) {
		free(frame);
		return NULL;
	}
	frame->packet.handle = frame;
	frame->packet.data = frame->block + HEADROOM;
	frame->packet.length = length;
	frame->packet.headroom = HEADROOM;
	frame->packet.tailroom = tailroom;
	frame->next = &gateway->frames;
	frame->previous = gateway->frames.previous;
	frame->previous->next = frame;
	gateway->frames.previous = frame;
	return &frame->packet;
}

static void
frame_destroy(struct packet *packet)
{
	struct frame *frame = packet->handle;

	frame->previous->next = frame->next; /* NOLINT(clang-analyzer-unix.Malloc): see gateway_destroy() */
	frame->next->previous = frame->previous;
	free(frame->block);
	free(frame);
}

/* What the engine originates without a packet at hand. */
static struct packet *
take_fresh(void *context)
{
	return frame_create(context, 0, FRESH_LENGTH);
}

/* And for a datagram that came in fragments. */
static struct packet *
take_large(void *context)
{
	return frame_create(context, 0, UINT16_MAX);
}

struct gateway *
gateway_create(const struct gateway_options *options, const struct gateway_sink *sink)
{
	struct engine_config config = engine_config_for(options->sessions);
	struct gateway *gateway = calloc(1, sizeof(*gateway));

	if (gateway == NULL) {
		return NULL;
	}
	gateway->sink = *sink;
	gateway->tailroom = options->tailroom;
	gateway->policies_most = options->policies_most;
	gateway->random = random_seeded(options->seed);
	gateway->frames.next = &gateway->frames;
	gateway->frames.previous = &gateway->frames;
	gateway->registry = snapshot_registry_create();
	config.neighbours_auto = options->neighbours_auto;
	config.packet_take = take_fresh;
	config.packet_take_large = take_large;
	config.packet_context = gateway;
	config.random = &gateway->random;
	gateway->memory_size = engine_size(&config);
	gateway->memory = mmap(NULL, gateway->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (gateway->registry == NULL || gateway->memory == MAP_FAILED) {
		gateway_destroy(gateway);
		return NULL;
	}
	gateway->engine = engine_init(gateway->memory, gateway->memory_size, &config);
	assert(gateway->engine != NULL);
	return gateway;
}

static void
forget_configuration(struct snapshot *snapshot, struct rib *rib, struct fib *fib)
{
	if (fib != NULL) {
		snapshot_fib_destroy(fib);
	}
	if (rib != NULL) {
		rib_destroy(rib);
	}
	if (snapshot != NULL) {
		snapshot_destroy(snapshot);
	}
}

void
gateway_destroy(struct gateway *gateway)
{
	if (gateway == NULL) {
		return;
	}
	/* The ring's head stays; the analyser does not see that each frame takes itself out of the ring. */
	while (gateway->frames.next != &gateway->frames) {
		frame_destroy(&gateway->frames.next->packet); /* NOLINT(clang-analyzer-unix.Malloc) */
	}
	if (gateway->memory != MAP_FAILED) {
		munmap(gateway->memory, gateway->memory_size);
	}
	forget_configuration(gateway->snapshot, gateway->rib, gateway->fib);
	if (gateway->registry != NULL) {
		snapshot_registry_destroy(gateway->registry);
	}
	free(gateway);
}

/* What its sender left undone of the checksum is done, so that captures show it right; superframes stay whole. */
static void
finish(struct packet *packet, uint8_t verb)
{
	struct segment_layout layout;

	if ((packet->flags & PACKET_CHECKSUM_DUE) != 0 &&
	    (verb == ENGINE_HOST ? segment_layout_of(&layout, packet->data, packet->length, 0)
	                         : segment_layout_of_frame(&layout, packet->data, packet->length))) {
		segment_complete_checksum(&layout, packet->data);
	}
}

static void
drain(struct gateway *gateway)
{
	struct engine_output outputs[OUTPUTS];
	struct event event;
	uint32_t count;

	while (engine_take_event(gateway->engine, &event)) {
		gateway->sink.event(gateway->sink.context, &event);
	}
	while ((count = engine_take_output(gateway->engine, outputs, OUTPUTS)) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			/* With one worker nothing can belong to another one. */
			assert(outputs[i].verb != ENGINE_HANDOFF);
			if (outputs[i].verb == ENGINE_SEND || outputs[i].verb == ENGINE_HOST) {
				finish(outputs[i].packet, outputs[i].verb);
				gateway->sink.output(gateway->sink.context, gateway->now, &outputs[i]);
			}
			frame_destroy(outputs[i].packet);
		}
	}
}

void
gateway_set_wall(struct gateway *gateway, int64_t utc_microseconds)
{
	gateway->wall_base = utc_microseconds - (int64_t)(gateway->now / MICROSECOND);
	engine_set_wall(gateway->engine, gateway->now, utc_microseconds);
}

int64_t
gateway_wall(const struct gateway *gateway)
{
	return gateway->wall_base + (int64_t)(gateway->now / MICROSECOND);
}

uint64_t
gateway_now(const struct gateway *gateway)
{
	return gateway->now;
}

const struct snapshot *
gateway_snapshot(const struct gateway *gateway)
{
	return gateway->snapshot;
}

const struct rib *
gateway_rib(const struct gateway *gateway)
{
	return gateway->rib;
}

const struct fib *
gateway_fib(const struct gateway *gateway)
{
	return gateway->fib;
}

const struct snapshot_registry *
gateway_registry(const struct gateway *gateway)
{
	return gateway->registry;
}

struct engine *
gateway_engine(struct gateway *gateway)
{
	return gateway->engine;
}

uint16_t
gateway_port(const struct gateway *gateway, const char *name)
{
	const struct snapshot *snapshot = gateway->snapshot;

	for (uint16_t i = 0; snapshot != NULL && i < snapshot->port_count; i++) {
		if (snapshot->ports[i].present && strcmp(snapshot->ports[i].name, name) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NONE;
}

static int64_t
wall_seconds(const struct gateway *gateway)
{
	const int64_t wall = gateway_wall(gateway);

	return wall / SECOND_MICROSECONDS - (wall % SECOND_MICROSECONDS < 0 ? 1 : 0);
}

static struct snapshot *
compile(struct gateway *gateway, const struct conf_tree *tree, struct diagnostics *list)
{
	const struct snapshot_options options = {
	    .id = gateway->commit + 1,
	    .wall = wall_seconds(gateway),
	    .policies_most = gateway->policies_most,
	};
	struct snapshot *snapshot = snapshot_compile(tree, gateway->registry, &options, list);

	if (snapshot != NULL) {
		gateway->commit++;
	}
	return snapshot;
}

/* Makes a compiled snapshot the one in force. On failure it is destroyed, and what was in force stays. */
static bool
put_in_force(struct gateway *gateway, const struct conf_tree *tree, struct snapshot *snapshot)
{
	struct rib *rib = snapshot_rib_create(tree, gateway->registry, snapshot);
	struct fib *fib = rib == NULL ? NULL : snapshot_fib_create(rib, snapshot, gateway->fib_id + 1);

	if (fib == NULL) {
		forget_configuration(snapshot, rib, fib);
		return false;
	}
	gateway->fib_id++;
	engine_apply(gateway->engine, snapshot, fib);
	forget_configuration(gateway->snapshot, gateway->rib, gateway->fib);
	gateway->tree = tree;
	gateway->snapshot = snapshot;
	gateway->rib = rib;
	gateway->fib = fib;
	return true;
}

static bool
out_of_memory(struct diagnostics *list)
{
	diagnostics_addf(list, DIAGNOSTIC_ERROR, NULL, NULL, 0, "out of memory");
	return false;
}

bool
gateway_configure(struct gateway *gateway, const struct conf_tree *tree, struct diagnostics *list)
{
	struct snapshot *snapshot = compile(gateway, tree, list);

	if (snapshot == NULL) {
		return list->errors == 0 ? out_of_memory(list) : false;
	}
	if (!put_in_force(gateway, tree, snapshot)) {
		return out_of_memory(list);
	}
	drain(gateway);
	return true;
}

bool
gateway_set_unit_state(struct gateway *gateway, const char *unit, bool up)
{
	for (uint16_t i = 0; i < gateway->snapshot->unit_count; i++) {
		const struct snapshot_unit *candidate = &gateway->snapshot->units[i];

		if (candidate->present && strcmp(candidate->name, unit) == 0) {
			struct fib *fib;

			if (!rib_set_unit_state(gateway->rib, i, up, gateway->now)) {
				return true;
			}
			fib = snapshot_fib_create(gateway->rib, gateway->snapshot, gateway->fib_id + 1);
			if (fib == NULL) {
				return false;
			}
			gateway->fib_id++;
			engine_apply(gateway->engine, gateway->snapshot, fib);
			snapshot_fib_destroy(gateway->fib);
			gateway->fib = fib;
			return true;
		}
	}
	return false;
}

/* The schedules in force reach only so far: compiles again for the days ahead. */
static bool
renew_schedules(struct gateway *gateway)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct snapshot *snapshot;

	if (gateway->snapshot == NULL || (wall_seconds(gateway) < gateway->snapshot->schedules_until &&
	    wall_seconds(gateway) >= gateway->snapshot->schedules_from)) {
		return true;
	}
	snapshot = compile(gateway, gateway->tree, &list);
	diagnostics_release(&list);
	return snapshot != NULL && put_in_force(gateway, gateway->tree, snapshot);
}

static bool
step_to(struct gateway *gateway, uint64_t now)
{
	gateway->now = now;
	if (!renew_schedules(gateway)) {
		return false;
	}
	while (engine_advance(gateway->engine, now)) {
		drain(gateway);
	}
	drain(gateway);
	return true;
}

bool
gateway_advance(struct gateway *gateway, uint64_t now)
{
	uint32_t steps = 0;

	while (gateway->now < now) {
		const bool fine = steps < IDLE_STEPS ||
		    (steps < FINE_STEPS && gateway->fine_steps < FINE_STEPS_IN_ALL);
		const uint64_t step = fine ? GATEWAY_STEP / STEPS_A_TENTH :
		    steps < SECOND_STEPS ? GATEWAY_SECOND : HOUR_SECONDS * GATEWAY_SECOND;
		uint64_t next = (gateway->now / step + 1) * step;

		if (steps >= IDLE_STEPS && engine_session_count(gateway->engine) == 0 &&
		    !engine_advertises(gateway->engine)) {
			next = now;
		}
		if (!step_to(gateway, next < now ? next : now)) {
			return false;
		}
		gateway->fine_steps += fine && gateway->fine_steps < FINE_STEPS_IN_ALL;
		steps++;
	}
	return true;
}

/* A TCP segment larger than any frame is a superframe, of segments as large as fit: so the port's own hosts would have cut it. */
static void
see_segments(const struct gateway *gateway, struct packet *packet, uint16_t port)
{
	struct segment_layout layout;

	if (gateway->snapshot == NULL || port >= gateway->snapshot->port_count ||
	    !segment_layout_of_frame(&layout, packet->data, packet->length) || !layout.tcp) {
		return;
	}
	const uint32_t headers = (uint32_t)layout.payload - layout.ip;
	const uint32_t mtu = gateway->snapshot->ports[port].mtu;

	if (headers < mtu && mtu - headers <= UINT16_MAX) {
		packet->flags &= (uint16_t)~PACKET_SUPERFRAME;
		packet->segment_size = (uint16_t)(mtu - headers);
		packet->segments_more = (uint16_t)(segment_count(&layout, packet->segment_size) - 1);
	}
}

bool
gateway_process(struct gateway *gateway, const uint8_t *bytes, uint32_t length, uint16_t port, uint16_t flags,
    struct packet_result *result)
{
	struct packet *packet = frame_create(gateway, length, gateway->tailroom);

	if (packet == NULL) {
		return false;
	}
	if (length > 0) {
		memcpy(packet->data, bytes, length);
	}
	packet->flags = flags;
	if ((flags & PACKET_SUPERFRAME) != 0) {
		see_segments(gateway, packet, port);
	}
	if ((flags & PACKET_FROM_HOST) != 0) {
		packet->instance = port;
	} else {
		packet->port = port;
	}
	/* The packet is the engine's until it comes out of drain(), which ends its life: the result is read before. */
	engine_process(gateway->engine, gateway->now, &packet, 1);
	*result = packet->result;
	drain(gateway);
	return true;
}
