/*
 * sallyport replay: a configuration under captured traffic.
 *
 * Frames go through the engine one by one in the order of their stamps, timers run between them, and nothing but the input
 * decides what comes out. With --compare a second gateway sees the same frames at the same times.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "replay.h"
#include "source.h"

enum {
	SESSIONS = 1 << 20,
	TAILROOM = 1024, /* room for what the engine makes out of a frame in place */
	DECIMAL = 10,
	FRAME_EXTRA = 22, /* octets of a frame besides its IP packet: Ethernet and two VLAN tags */
};

/* One configuration under the traffic. */
struct lane {
	struct conf_tree *tree;
	struct gateway *gateway;
	struct replay_output *output; /* NULL: nothing is written */
	struct replay_verdict verdict; /* of the frame that is under way */
	struct baseline *baseline; /* NULL: none, or it was told */
};

static void
print_help(void)
{
	puts("usage: sallyport replay --config FILE [--format auto|set|text|json] --in PORT=CAPTURE [--in PORT=CAPTURE]...\n"
	     "                        --out DIR [--arp auto|real] [--until SECONDS] [--seed N] [--baseline] [--compare FILE2]\n\n"
	     "Runs captured frames (pcap or pcapng, Ethernet) through a configuration with the captures' clock.\n"
	     "  --config FILE       the configuration\n"
	     "  --format FORM       the form of FILE and FILE2 (default auto)\n"
	     "  --in PORT=CAPTURE   frames as they arrive at PORT, such as ge-0/0/1=a.pcap\n"
	     "  --out DIR           writes what left each port, host.pcap, verdicts.jsonl, events.jsonl, summary.json\n"
	     "  --arp auto|real     auto: next hops resolve at once (default); real: ARP is played\n"
	     "  --until SECONDS     lets timers run that long after the last frame\n"
	     "  --seed N            for everything random (default 1)\n"
	     "  --baseline          prints rates, the network's profile and screens that fit them; DIR, which may then be left out,\n"
	     "                      gets baseline.set, to be loaded, and baseline.json\n"
	     "  --compare FILE2     prints which flows change verdict, policy, NAT or egress under FILE2;\n"
	     "                      DIR, which may then be left out, gets what FILE does\n"
	     "Exit status: 0 done, and with --compare nothing changes; 1 with --compare something changes;\n"
	     "2 an error: also a capture that breaks off, whose frames before that place count.");
}

static const char *
zone_name(const struct gateway *gateway, uint16_t zone)
{
	return zone == PACKET_NO_ZONE ? NULL : snapshot_zone_name(gateway_registry(gateway), zone);
}

static void
name_verdict(const struct gateway *gateway, struct replay_verdict *verdict, const char *port)
{
	const struct snapshot_registry *registry = gateway_registry(gateway);
	const struct packet_result *result = &verdict->result;
	const bool left = result->verdict == VERDICT_FORWARD || result->reason == REASON_NEIGHBOUR_WAIT;

	verdict->in = result->in_unit == PACKET_NO_UNIT ? NULL : snapshot_unit_name(registry, result->in_unit);
	if (verdict->in == NULL) {
		verdict->in = port;
	}
	verdict->out = left && result->out_unit != PACKET_NO_UNIT ? snapshot_unit_name(registry, result->out_unit) : NULL;
	verdict->from_zone = zone_name(gateway, result->from_zone);
	verdict->to_zone = zone_name(gateway, result->to_zone);
	if (result->policy == PACKET_DEFAULT_POLICY) {
		verdict->policy = "default-policy";
	} else {
		verdict->policy =
		    result->policy == PACKET_NO_POLICY ? NULL : snapshot_policy_name(registry, result->policy);
	}
}

static bool
endpoint_differs(bool ports, struct ipv6_address left, uint16_t left_port, struct ipv6_address right, uint16_t right_port)
{
	return !ipv6_equal(left, right) || (ports && left_port != right_port);
}

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	struct lane *lane = context;
	struct replay_verdict *verdict = &lane->verdict;

	if (lane->output != NULL) {
		replay_output_frame(lane->output, now, output);
	}
	if (output->verb == ENGINE_SEND && output->packet->result.verdict == VERDICT_FORWARD && verdict->flow.ip &&
	    !verdict->left.ip) {
		verdict->left = flow_of_frame(output->packet->data, output->packet->length);
		verdict->source_translated = endpoint_differs(verdict->flow.ports, verdict->flow.source,
		    verdict->flow.source_port, verdict->left.source, verdict->left.source_port);
		verdict->destination_translated = endpoint_differs(verdict->flow.ports, verdict->flow.destination,
		    verdict->flow.destination_port, verdict->left.destination, verdict->left.destination_port);
	}
}

static void
take_event(void *context, const struct event *event)
{
	struct lane *lane = context;

	if (lane->output != NULL) {
		replay_output_event(lane->output, lane->gateway, event);
	}
}

static void
lane_close(struct lane *lane)
{
	gateway_destroy(lane->gateway);
	free(lane->baseline);
	if (lane->tree != NULL) {
		conf_tree_destroy(lane->tree);
	}
}

/* Loads and compiles a configuration for a clock that starts at `first`. False with lines on stderr. */
static bool
lane_open(struct lane *lane, const struct schema *schema, const struct replay_options *options, const char *path,
    uint64_t first)
{
	const struct gateway_options wanted = {
	    .sessions = SESSIONS,
	    .seed = options->seed,
	    .neighbours_auto = options->neighbours_auto,
	    .tailroom = TAILROOM,
	};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = lane};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct source source;
	bool good;

	if (!source_open(&source, "replay", path, options->format)) {
		return false;
	}
	lane->tree = conf_tree_create(schema);
	lane->gateway = gateway_create(&wanted, &sink);
	good = lane->tree != NULL && lane->gateway != NULL;
	if (!good) {
		fputs("sallyport replay: out of memory\n", stderr);
	} else {
		gateway_set_wall(lane->gateway, (int64_t)(first / 1000));
		good = source_load(&source, lane->tree, &list) && source_expand(&lane->tree, &list);
		good = gateway_configure(lane->gateway, lane->tree, &list) && good;
		good = source_report(&list, "replay", &source) && good;
	}
	source_release(&source);
	return good;
}

/* What the port would say of a frame when live; of TCP it is a superframe (gateway.c). */
static uint16_t
frame_flags(const struct gateway *gateway, uint16_t port, uint32_t length)
{
	if (port == SNAPSHOT_NONE) {
		return 0;
	}
	return length > gateway_snapshot(gateway)->ports[port].mtu + (uint32_t)FRAME_EXTRA ? PACKET_SUPERFRAME : 0;
}

static bool
lane_run(struct lane *lane, const struct input_frame *frame, const char *port, uint64_t now, struct flow flow)
{
	const uint16_t index = gateway_port(lane->gateway, port);

	lane->verdict = (struct replay_verdict){.flow = (struct flow){.ip = false}};
	if (!gateway_advance(lane->gateway, now)) {
		return false;
	}
	lane->verdict.flow = flow;
	if (!gateway_process(lane->gateway, frame->bytes, frame->length, index,
	    frame_flags(lane->gateway, index, frame->length), &lane->verdict.result)) {
		return false;
	}
	name_verdict(lane->gateway, &lane->verdict, port);
	return true;
}

static void
warn_of_ports(const struct replay_options *options, const struct lane *lane, const char *config)
{
	for (uint32_t i = 0; i < options->input_count; i++) {
		if (gateway_port(lane->gateway, options->inputs[i].port) == SNAPSHOT_NONE) {
			fprintf(stderr,
			    "sallyport replay: warning: %s does not name a port %s: its frames are dropped\n", config,
			    options->inputs[i].port);
		}
	}
}

struct run {
	const struct replay_options *options;
	struct inputs *inputs;
	struct lane lanes[2]; /* [1] is FILE2's */
	uint32_t lane_count;
	struct replay_compare *compare;
	const struct schema *schema;
	bool told_badly; /* something could not be printed or written: there is a line on stderr */
	struct input_frame frame; /* the first one, when there is any */
	bool any;
	uint64_t frames;
	uint64_t now;
};

static void
tell_baseline(struct run *run, uint64_t first)
{
	struct lane *lane = &run->lanes[0];

	lane->baseline = NULL;
	if (!replay_baseline_end(lane->gateway, run->schema, (int64_t)(first / GATEWAY_SECOND), run->options->out)) {
		run->told_badly = true;
	}
}

/* All frames, then the time after them. */
static bool
run_frames(struct run *run)
{
	const uint64_t first = run->any ? run->frame.stamp : 0;
	bool more = run->any;

	for (; more; more = inputs_next(run->inputs, &run->frame)) {
		const struct input_frame *frame = &run->frame;
		const char *port = run->options->inputs[frame->input].port;
		const struct flow flow = flow_of_frame(frame->bytes, frame->length);

		/* A stamp that goes back counts as the time of the frame before it: clocks of gateways do not go back. */
		if (frame->stamp > first && frame->stamp - first > run->now) {
			run->now = frame->stamp - first;
		}
		for (uint32_t i = 0; i < run->lane_count; i++) {
			if (!lane_run(&run->lanes[i], frame, port, run->now, flow)) {
				return false;
			}
		}
		if (run->lanes[0].output != NULL) {
			replay_output_verdict(run->lanes[0].output, run->frames, run->now, &run->lanes[0].verdict);
		}
		if (run->compare != NULL) {
			replay_compare_frame(run->compare, run->frames, &run->lanes[0].verdict, &run->lanes[1].verdict);
		}
		run->frames++;
	}
	if (run->lanes[0].baseline != NULL) {
		tell_baseline(run, first);
	}
	for (uint32_t i = 0; i < run->lane_count; i++) {
		run->lanes[i].verdict = (struct replay_verdict){.flow = (struct flow){.ip = false}};
		if (!gateway_advance(run->lanes[i].gateway, run->now + run->options->until)) {
			return false;
		}
	}
	return true;
}

static int
run_all(struct run *run, const struct schema *schema)
{
	const struct replay_options *options = run->options;
	const uint64_t first = run->any ? run->frame.stamp : 0;
	const char *const configs[2] = {options->config, options->compare};
	bool changes = false;
	bool good = true;

	const uint32_t lanes = options->compare == NULL ? 1 : 2;

	run->lane_count = lanes;
	run->schema = schema;
	for (uint32_t i = 0; i < lanes; i++) {
		if (!lane_open(&run->lanes[i], schema, options, configs[i], first)) {
			return COMMAND_FAILED;
		}
		warn_of_ports(options, &run->lanes[i], configs[i]);
	}
	if (options->out != NULL) {
		run->lanes[0].output = replay_output_open(options->out, run->lanes[0].gateway, first);
	}
	if (options->compare != NULL) {
		run->compare = replay_compare_create();
	}
	if ((options->out != NULL && run->lanes[0].output == NULL) || (options->compare != NULL && run->compare == NULL)) {
		return COMMAND_FAILED;
	}
	if (options->baseline) {
		run->lanes[0].baseline = replay_baseline_start(run->lanes[0].gateway, options->seed);
		if (run->lanes[0].baseline == NULL) {
			return COMMAND_FAILED;
		}
	}
	if (!run_frames(run)) {
		fprintf(stderr, "sallyport replay: out of memory at frame %llu\n", (unsigned long long)run->frames);
		good = false;
	}
	if (run->lanes[0].output != NULL) {
		good = replay_output_close(run->lanes[0].output, run->lanes[0].gateway, run->frames,
		    inputs_broken(run->inputs)) && good;
		run->lanes[0].output = NULL;
	}
	if (run->compare != NULL) {
		changes = replay_compare_print(run->compare);
	}
	good = good && !run->told_badly && inputs_broken(run->inputs) == 0;
	return !good ? COMMAND_FAILED : changes ? COMMAND_ANSWER_NO : COMMAND_OK;
}

static int
replay(const struct replay_options *options)
{
	struct run run = {.options = options};
	struct schema *schema;
	int status = COMMAND_FAILED;

	run.inputs = inputs_open(options->inputs, options->input_count);
	if (run.inputs == NULL) {
		return COMMAND_FAILED;
	}
	run.any = inputs_next(run.inputs, &run.frame);
	schema = source_schema("replay");
	if (schema != NULL) {
		status = run_all(&run, schema);
		lane_close(&run.lanes[0]);
		lane_close(&run.lanes[1]);
		schema_destroy(schema);
	}
	if (run.compare != NULL) {
		replay_compare_destroy(run.compare);
	}
	inputs_close(run.inputs);
	return status;
}

enum {
	OPTION_CONFIG = 256,
	OPTION_FORMAT,
	OPTION_IN,
	OPTION_OUT,
	OPTION_ARP,
	OPTION_UNTIL,
	OPTION_SEED,
	OPTION_COMPARE,
	OPTION_BASELINE,
	UNTIL_MAX = 10 * 365 * 86400, /* ten years, in seconds */
};

static bool
parse_input(char *argument, struct replay_options *options)
{
	char *equals = strchr(argument, '=');

	if (equals == NULL || equals == argument || equals[1] == '\0') {
		command_usage_error("replay", "--in wants PORT=CAPTURE, such as ge-0/0/1=a.pcap, not '%s'", argument);
		return false;
	}
	if (options->input_count == INPUTS_MAX) {
		command_usage_error("replay", "more than %d captures", INPUTS_MAX);
		return false;
	}
	*equals = '\0';
	options->inputs[options->input_count++] = (struct input_name){.port = argument, .path = equals + 1};
	return true;
}

/* Seconds, with a fraction if need be, as nanoseconds. */
static bool
parse_seconds(const char *name, const char *word, uint64_t *nanoseconds)
{
	char *end = NULL;
	const double seconds = strtod(word, &end);

	if (word[0] < '0' || word[0] > '9' || *end != '\0' || !(seconds <= UNTIL_MAX)) {
		command_usage_error("replay", "%s wants seconds from 0 to %d, not '%s'", name, UNTIL_MAX, word);
		return false;
	}
	*nanoseconds = (uint64_t)(seconds * (double)GATEWAY_SECOND);
	return true;
}

/* A whole number without sign. */
static bool
parse_number(const char *name, const char *word, uint64_t max, uint64_t *value)
{
	char *end = NULL;

	errno = 0;
	*value = strtoull(word, &end, DECIMAL);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0 || *value > max) {
		command_usage_error("replay", "%s wants a number from 0 to %llu, not '%s'", name, (unsigned long long)max,
		    word);
		return false;
	}
	return true;
}

static bool
parse_arp(const char *word, struct replay_options *options)
{
	options->neighbours_auto = strcmp(word, "auto") == 0;
	if (!options->neighbours_auto && strcmp(word, "real") != 0) {
		command_usage_error("replay", "--arp is auto or real, not '%s'", word);
		return false;
	}
	return true;
}

static bool
parse_option(int option, char *argument, struct replay_options *options)
{
	switch (option) {
	case OPTION_CONFIG:
		options->config = argument;
		return true;
	case OPTION_FORMAT:
		return source_format("replay", argument, &options->format);
	case OPTION_IN:
		return parse_input(argument, options);
	case OPTION_OUT:
		options->out = argument;
		return true;
	case OPTION_ARP:
		return parse_arp(argument, options);
	case OPTION_UNTIL:
		return parse_seconds("--until", argument, &options->until);
	case OPTION_SEED:
		return parse_number("--seed", argument, UINT64_MAX, &options->seed);
	case OPTION_COMPARE:
		options->compare = argument;
		return true;
	case OPTION_BASELINE:
		options->baseline = true;
		return true;
	default:
		return false;
	}
}

int
command_replay(int argc, char **argv)
{
	static const struct option known[] = {
	    {"config", required_argument, NULL, OPTION_CONFIG},
	    {"format", required_argument, NULL, OPTION_FORMAT},
	    {"in", required_argument, NULL, OPTION_IN},
	    {"out", required_argument, NULL, OPTION_OUT},
	    {"arp", required_argument, NULL, OPTION_ARP},
	    {"until", required_argument, NULL, OPTION_UNTIL},
	    {"seed", required_argument, NULL, OPTION_SEED},
	    {"compare", required_argument, NULL, OPTION_COMPARE},
	    {"baseline", no_argument, NULL, OPTION_BASELINE},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	struct replay_options options = {.format = CONF_FORMAT_AUTO, .neighbours_auto = true, .seed = 1};
	int option;

	while ((option = command_option(argc, argv, known)) != -1) {
		if (option == 'h') {
			print_help();
			return COMMAND_OK;
		}
		if (!parse_option(option, optarg, &options)) {
			return COMMAND_FAILED;
		}
	}
	if (optind < argc) {
		return command_usage_error("replay", "'%s' is one word too many", argv[optind]);
	}
	if (options.config == NULL || options.input_count == 0) {
		return command_usage_error("replay", "--config FILE and at least one --in PORT=CAPTURE are needed");
	}
	if (options.out == NULL && options.compare == NULL && !options.baseline) {
		return command_usage_error("replay", "--out DIR is missing");
	}
	return replay(&options);
}
