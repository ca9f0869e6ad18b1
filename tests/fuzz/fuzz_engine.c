/*
 * Fuzz target: frames through the engine under the branch's configuration (example 03).
 *
 * The input is a row of records: port (1 octet), tenths of a second since the record before (1), flags (1), length (2),
 * frame. Frames lie in heap blocks of their exact size and nothing is free behind them, so that reading too far is seen. One
 * gateway serves all inputs: between two it sleeps for two hours, in which every session and neighbour goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "source.h"
#include "target.h"

enum {
	SLEEP_SECONDS = 7200,
	PORTS = 6,
	FLAG_PARTIAL = 1,
	FLAG_HOST = 2,
};

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	uint32_t *sum = context;

	(void)now;
	/* Every octet that leaves is looked at: an uninitialized or foreign one would be seen. */
	for (uint32_t i = 0; i < output->packet->length; i++) {
		*sum += output->packet->data[i];
	}
}

static void
take_event(void *context, const struct event *event)
{
	uint32_t *sum = context;

	*sum += event->kind;
}

static struct gateway *
make_gateway(void)
{
	static uint32_t sum;
	const struct gateway_options options = {.sessions = 256, .seed = 1, .neighbours_auto = false, .tailroom = 0};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = &sum};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct gateway *gateway = gateway_create(&options, &sink);
	struct schema *schema = source_schema("fuzz");
	struct conf_tree *tree = schema == NULL ? NULL : conf_tree_create(schema);
	struct source source;

	if (gateway == NULL || tree == NULL ||
	    !source_open(&source, "fuzz", FUZZ_CONFIGURATION, CONF_FORMAT_AUTO) || !source_load(&source, tree, &list)) {
		abort();
	}
	gateway_set_wall(gateway, 1191405600000000);
	if (!gateway_configure(gateway, tree, &list)) {
		abort();
	}
	source_release(&source);
	diagnostics_release(&list);
	return gateway;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct gateway *gateway; /* made once: compiling takes longer than a run */
	struct reader reader = reader_over(bytes, length);

	if (gateway == NULL) {
		gateway = make_gateway();
	}
	while (reader_left(&reader) > 0) {
		const uint8_t port = reader_u8(&reader);
		const uint8_t tenths = reader_u8(&reader);
		const uint8_t flags = reader_u8(&reader);
		const uint16_t size = reader_u16(&reader);
		const size_t left = reader_left(&reader);
		const size_t take = size < left ? size : left;
		const uint8_t *frame = reader_bytes(&reader, take);
		const bool host = (flags & FLAG_HOST) != 0;
		struct packet_result result;

		if (frame == NULL) {
			break;
		}
		if (!gateway_advance(gateway, gateway_now(gateway) + tenths * GATEWAY_STEP) ||
		    !gateway_process(gateway, frame, (uint32_t)take, port % PORTS,
		        (uint16_t)((flags & FLAG_PARTIAL) != 0 ? PACKET_CHECKSUM_PARTIAL : 0) |
		        (uint16_t)(host ? PACKET_FROM_HOST : 0), &result)) {
			abort();
		}
		if (result.verdict == VERDICT_NONE || result.verdict >= VERDICT_COUNT || result.reason == REASON_NONE ||
		    result.reason >= REASON_COUNT) {
			abort(); /* every packet has a verdict and a reason */
		}
	}
	if (!gateway_advance(gateway, gateway_now(gateway) + SLEEP_SECONDS * GATEWAY_SECOND)) {
		abort();
	}
	return 0;
}
