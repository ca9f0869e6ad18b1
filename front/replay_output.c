/*
 * The files of a replay: a capture for each port, host.pcap, verdicts.jsonl, events.jsonl, summary.json.
 *
 * Names and keys are an outward promise. Everything is written as it happens, so memory does not grow with the input.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "explain/explain.h"
#include "json_line.h"
#include "replay.h"

enum {
	SNAP_LENGTH = 262144,
	PATH_SIZE = 4096,
	DIRECTORY_MODE = 0755,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMP6 = 58,
};

struct port_file {
	pcap_dumper_t *dumper;
	uint64_t packets;
	uint64_t bytes;
};

struct replay_output {
	const char *directory; /* borrowed */
	uint64_t first;
	uint64_t now;
	pcap_t *ethernet;
	pcap_t *raw;
	FILE *verdicts;
	FILE *events;
	struct text line;
	uint64_t by_verdict[VERDICT_COUNT];
	uint64_t sessions_created;
	uint64_t sessions_closed;
	bool failed;
	int error; /* errno of the first write that failed */
	struct port_file host;
	uint16_t port_count;
	struct port_file ports[];
};

/* DIR/NAME, the slashes of a port's name as underscores. */
static bool
path_in(const char *directory, const char *name, const char *suffix, char *path)
{
	const int length = snprintf(path, PATH_SIZE, "%s/%s%s", directory, name, suffix);
	const size_t start = strlen(directory) + 1;

	if (length < 0 || length >= PATH_SIZE) {
		fprintf(stderr, "sallyport replay: %s: the path is too long\n", directory);
		return false;
	}
	for (size_t i = start; path[i] != '\0'; i++) {
		if (path[i] == '/') {
			path[i] = '_';
		}
	}
	return true;
}

static bool
make_directory(const char *directory)
{
	char path[PATH_SIZE];
	const size_t length = strlen(directory);

	if (length == 0 || length >= sizeof(path)) {
		fprintf(stderr, "sallyport replay: --out: '%s' is no directory\n", directory);
		return false;
	}
	memcpy(path, directory, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] == '/' || path[i] == '\0') {
			const char kept = path[i];

			path[i] = '\0';
			if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST) {
				fprintf(stderr, "sallyport replay: %s: %s\n", path, strerror(errno));
				return false;
			}
			path[i] = kept;
		}
	}
	return true;
}

static bool
open_capture(struct port_file *file, pcap_t *kind, const char *directory, const char *name)
{
	char path[PATH_SIZE];

	if (kind == NULL || !path_in(directory, name, ".pcap", path)) {
		return false;
	}
	file->dumper = pcap_dump_open(kind, path);
	if (file->dumper == NULL) {
		fprintf(stderr, "sallyport replay: %s\n", pcap_geterr(kind));
		return false;
	}
	return true;
}

static FILE *
open_lines(const char *directory, const char *name)
{
	char path[PATH_SIZE];
	FILE *file;

	if (!path_in(directory, name, "", path)) {
		return NULL;
	}
	file = fopen(path, "wbe");
	if (file == NULL) {
		fprintf(stderr, "sallyport replay: %s: %s\n", path, strerror(errno));
	}
	return file;
}

static void
close_files(struct replay_output *output)
{
	for (uint16_t i = 0; i < output->port_count; i++) {
		if (output->ports[i].dumper != NULL) {
			pcap_dump_close(output->ports[i].dumper);
		}
	}
	if (output->host.dumper != NULL) {
		pcap_dump_close(output->host.dumper);
	}
	if (output->verdicts != NULL) {
		fclose(output->verdicts);
	}
	if (output->events != NULL) {
		fclose(output->events);
	}
	if (output->ethernet != NULL) {
		pcap_close(output->ethernet);
	}
	if (output->raw != NULL) {
		pcap_close(output->raw);
	}
	text_release(&output->line);
	free(output);
}

struct replay_output *
replay_output_open(const char *directory, const struct gateway *gateway, uint64_t first)
{
	const struct snapshot *snapshot = gateway_snapshot(gateway);
	struct replay_output *output;
	bool good;

	if (!make_directory(directory)) {
		return NULL;
	}
	output = calloc(1, sizeof(*output) + snapshot->port_count * sizeof(output->ports[0]));
	if (output == NULL) {
		fputs("sallyport replay: out of memory\n", stderr);
		return NULL;
	}
	output->directory = directory;
	output->first = first;
	output->port_count = snapshot->port_count;
	output->ethernet = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_LENGTH, PCAP_TSTAMP_PRECISION_NANO);
	output->raw = pcap_open_dead_with_tstamp_precision(DLT_RAW, SNAP_LENGTH, PCAP_TSTAMP_PRECISION_NANO);
	output->verdicts = open_lines(directory, "verdicts.jsonl");
	output->events = output->verdicts == NULL ? NULL : open_lines(directory, "events.jsonl");
	good = output->events != NULL && open_capture(&output->host, output->raw, directory, "host");
	for (uint16_t i = 0; good && i < snapshot->port_count; i++) {
		if (snapshot->ports[i].present) {
			good = open_capture(&output->ports[i], output->ethernet, directory, snapshot->ports[i].name);
		}
	}
	if (!good) {
		close_files(output);
		return NULL;
	}
	return output;
}

static void
note_failure(struct replay_output *output)
{
	if (!output->failed) {
		output->failed = true;
		output->error = errno;
	}
}

void
replay_output_frame(struct replay_output *output, uint64_t now, const struct engine_output *packet)
{
	const uint64_t stamp = output->first + now;
	const struct pcap_pkthdr header = {
	    .ts = {.tv_sec = (time_t)(stamp / GATEWAY_SECOND), .tv_usec = (suseconds_t)(stamp % GATEWAY_SECOND)},
	    .caplen = packet->packet->length,
	    .len = packet->packet->length,
	};
	struct port_file *file = &output->host;

	if (packet->verb == ENGINE_SEND) {
		if (packet->packet->port >= output->port_count) {
			return;
		}
		file = &output->ports[packet->packet->port];
	}
	if (file->dumper != NULL) {
		pcap_dump((u_char *)file->dumper, &header, packet->packet->data);
		file->packets++;
		file->bytes += header.len;
		if (ferror(pcap_dump_file(file->dumper))) {
			note_failure(output);
		}
	}
}

static void
write_line(struct replay_output *output, FILE *to)
{
	text_append_char(&output->line, '\n');
	if (text_failed(&output->line) ||
	    fwrite(output->line.bytes, 1, output->line.length, to) != output->line.length) {
		note_failure(output);
	}
}

static void
append_endpoint(struct text *out, const char *key, struct ipv6_address address, bool ports, uint16_t port)
{
	struct text value = TEXT_EMPTY;

	flow_append_endpoint(&value, address, ports, port);
	json_line_string(out, key, text_string(&value));
	text_release(&value);
}

static void
append_present(struct text *out, const char *key, const char *value)
{
	if (value != NULL) {
		json_line_string(out, key, value);
	}
}

void
replay_output_verdict(struct replay_output *output, uint64_t frame, uint64_t now, const struct replay_verdict *verdict)
{
	struct text *line = &output->line;

	text_clear(line);
	json_line_open(line, NULL, '{');
	json_line_number(line, "frame", frame);
	json_line_string(line, "in", verdict->in);
	json_line_seconds(line, "time", now);
	json_line_string(line, "verdict", explain_verdict_name(verdict->result.verdict));
	json_line_string(line, "reason", reason_name(verdict->result.reason));
	append_present(line, "out", verdict->out);
	append_present(line, "from-zone", verdict->from_zone);
	append_present(line, "to-zone", verdict->to_zone);
	append_present(line, "policy", verdict->policy);
	if (verdict->result.session != 0) {
		json_line_number(line, "session", verdict->result.session);
	}
	if (verdict->source_translated || verdict->destination_translated) {
		json_line_open(line, "nat", '{');
		if (verdict->source_translated) {
			append_endpoint(line, "source", verdict->left.source, verdict->left.ports, verdict->left.source_port);
		} else {
			json_line_string(line, "source", NULL);
		}
		if (verdict->destination_translated) {
			append_endpoint(line, "destination", verdict->left.destination, verdict->left.ports,
			    verdict->left.destination_port);
		} else {
			json_line_string(line, "destination", NULL);
		}
		json_line_close(line, '}');
	}
	json_line_close(line, '}');
	output->by_verdict[verdict->result.verdict < VERDICT_COUNT ? verdict->result.verdict : VERDICT_NONE]++;
	output->now = now;
	write_line(output, output->verdicts);
}

static const char *
policy_name(const struct gateway *gateway, uint32_t policy)
{
	return policy == PACKET_DEFAULT_POLICY ? "default-policy" :
	    policy == PACKET_NO_POLICY ? NULL : snapshot_policy_name(gateway_registry(gateway), policy);
}

static bool
has_ports(uint8_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
}

static void
append_translation(struct text *line, const struct event *event)
{
	const bool ports = has_ports(event->protocol);
	const bool source = !ipv6_equal(event->nat_source, event->source) || event->nat_source_port != event->source_port;
	const bool destination = !ipv6_equal(event->nat_destination, event->destination) ||
	    event->nat_destination_port != event->destination_port;

	if (!source && !destination) {
		return;
	}
	json_line_open(line, "nat", '{');
	if (source) {
		append_endpoint(line, "source", event->nat_source, ports, event->nat_source_port);
	} else {
		json_line_string(line, "source", NULL);
	}
	if (destination) {
		append_endpoint(line, "destination", event->nat_destination, ports, event->nat_destination_port);
	} else {
		json_line_string(line, "destination", NULL);
	}
	json_line_close(line, '}');
}

static void
append_pair(struct text *line, const char *key, const uint64_t pair[2])
{
	json_line_open(line, key, '[');
	json_line_number(line, NULL, pair[0]);
	json_line_number(line, NULL, pair[1]);
	json_line_close(line, ']');
}

static void
append_wall(struct text *line, int64_t wall)
{
	char stamp[sizeof("-2147483648-01-01T00:00:00.000000Z")];
	const time_t seconds = (time_t)(wall / 1000000);
	struct tm parts;
	size_t length;

	if (gmtime_r(&seconds, &parts) == NULL) {
		return;
	}
	length = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(stamp + length, sizeof(stamp) - length, ".%06dZ", (int)(wall % 1000000));
	json_line_string(line, "wall", stamp);
}

static void
append_event_flow(struct text *line, const struct event *event)
{
	struct text protocol = TEXT_EMPTY;
	const bool ports = has_ports(event->protocol);

	flow_append_protocol(&protocol, event->protocol);
	json_line_string(line, "protocol", text_string(&protocol));
	text_release(&protocol);
	append_endpoint(line, "source", event->source, ports, event->source_port);
	append_endpoint(line, "destination", event->destination, ports, event->destination_port);
	if (event->protocol == PROTOCOL_ICMP || event->protocol == PROTOCOL_ICMP6) {
		json_line_number(line, "icmp-type", event->icmp_type);
		json_line_number(line, "icmp-code", event->icmp_code);
	}
	append_translation(line, event);
}

void
replay_output_event(struct replay_output *output, const struct gateway *gateway, const struct event *event)
{
	const struct snapshot_registry *registry = gateway_registry(gateway);
	const struct snapshot *snapshot = gateway_snapshot(gateway);
	struct text *line = &output->line;

	output->sessions_created += event->kind == EVENT_SESSION_CREATE;
	output->sessions_closed += event->kind == EVENT_SESSION_CLOSE;
	text_clear(line);
	json_line_open(line, NULL, '{');
	json_line_string(line, "event", event_name(event->kind));
	json_line_seconds(line, "time", event->time);
	append_wall(line, event->wall);
	if (event->reason != REASON_NONE) {
		json_line_string(line, "reason", reason_name(event->reason));
	}
	if (event->session != 0) {
		json_line_number(line, "session", event->session);
	}
	if (event->kind == EVENT_AGING_START || event->kind == EVENT_AGING_STOP) {
		json_line_number(line, "sessions", event->sessions);
		json_line_number(line, "watermark", event->percent);
	} else if (event->kind == EVENT_ADDRESS_DUPLICATE) {
		append_endpoint(line, "address", event->source, false, 0);
	} else if (event->kind == EVENT_SCREEN_SUMMARY) {
		json_line_number(line, "suppressed", event->packets[0]);
	} else {
		append_event_flow(line, event);
	}
	if (event->kind == EVENT_SCREEN || event->kind == EVENT_ALARM) {
		json_line_string(line, "action", screen_outcome_word((enum screen_outcome)event->screen_outcome));
	}
	append_present(line, "in", event->unit == PACKET_NO_UNIT ? NULL : snapshot_unit_name(registry, event->unit));
	append_present(line, "from-zone",
	    event->from_zone == PACKET_NO_ZONE ? NULL : snapshot_zone_name(registry, event->from_zone));
	append_present(line, "to-zone",
	    event->to_zone == PACKET_NO_ZONE ? NULL : snapshot_zone_name(registry, event->to_zone));
	append_present(line, "policy", policy_name(gateway, event->policy));
	if (event->application < snapshot->application_count) {
		append_present(line, "application", snapshot->applications[event->application].name);
	}
	if (event->kind == EVENT_SESSION_CLOSE) {
		append_pair(line, "packets", event->packets);
		append_pair(line, "bytes", event->bytes);
		json_line_number(line, "duration", event->duration);
	}
	json_line_boolean(line, "logged", event->logged != 0);
	json_line_close(line, '}');
	write_line(output, output->events);
}

static void
summarize_policies(struct text *text, struct gateway *gateway)
{
	const struct snapshot *snapshot = gateway_snapshot(gateway);
	const struct snapshot_registry *registry = gateway_registry(gateway);

	json_line_open(text, "policies", '[');
	for (uint32_t i = 0; i < snapshot->policy_count; i++) {
		const struct snapshot_policy *policy = &snapshot->policies[i];
		struct engine_policy_counters counters;

		if (!policy->present) {
			continue;
		}
		counters = engine_policy_counters(gateway_engine(gateway), i);
		json_line_open(text, NULL, '{');
		append_present(text, "from-zone", snapshot_zone_name(registry, policy->from_zone));
		append_present(text, "to-zone", snapshot_zone_name(registry, policy->to_zone));
		append_present(text, "policy", policy->name);
		json_line_number(text, "hits", counters.hits);
		json_line_number(text, "packets", counters.packets);
		json_line_number(text, "bytes", counters.bytes);
		json_line_close(text, '}');
	}
	json_line_close(text, ']');
}

static void
summarize_units(struct text *text, struct gateway *gateway)
{
	const struct snapshot *snapshot = gateway_snapshot(gateway);

	json_line_open(text, "interfaces", '{');
	for (uint16_t i = 0; i < snapshot->unit_count; i++) {
		struct engine_unit_counters counters;

		if (!snapshot->units[i].present) {
			continue;
		}
		counters = engine_unit_counters(gateway_engine(gateway), i);
		json_line_open(text, snapshot->units[i].name, '{');
		json_line_number(text, "in-packets", counters.in_packets);
		json_line_number(text, "in-bytes", counters.in_bytes);
		json_line_number(text, "out-packets", counters.out_packets);
		json_line_number(text, "out-bytes", counters.out_bytes);
		json_line_close(text, '}');
	}
	json_line_close(text, '}');
}

static void
summarize_ports(struct text *text, const struct replay_output *output, const struct snapshot *snapshot)
{
	json_line_open(text, "sent", '{');
	for (uint16_t i = 0; i < output->port_count; i++) {
		if (output->ports[i].dumper != NULL) {
			json_line_open(text, snapshot->ports[i].name, '{');
			json_line_number(text, "packets", output->ports[i].packets);
			json_line_number(text, "bytes", output->ports[i].bytes);
			json_line_close(text, '}');
		}
	}
	json_line_open(text, "host", '{');
	json_line_number(text, "packets", output->host.packets);
	json_line_number(text, "bytes", output->host.bytes);
	json_line_close(text, '}');
	json_line_close(text, '}');
}

static void
append_summary(struct text *text, const struct replay_output *output, struct gateway *gateway, uint64_t frames,
    uint32_t broken)
{
	struct engine *engine = gateway_engine(gateway);

	json_line_open(text, NULL, '{');
	json_line_number(text, "frames", frames);
	json_line_number(text, "broken-captures", broken);
	json_line_seconds(text, "last-frame", output->now);
	json_line_seconds(text, "end", gateway_now(gateway));
	json_line_open(text, "verdicts", '{');
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		if (i != VERDICT_NONE || output->by_verdict[i] > 0) {
			json_line_number(text, explain_verdict_name((uint8_t)i), output->by_verdict[i]);
		}
	}
	json_line_close(text, '}');
	json_line_open(text, "reasons", '{');
	for (int i = 0; i < REASON_COUNT; i++) {
		const uint64_t count = engine_reason_count(engine, (enum reason)i);

		if (count > 0) {
			json_line_number(text, reason_name((enum reason)i), count);
		}
	}
	json_line_close(text, '}');
	json_line_open(text, "sessions", '{');
	json_line_number(text, "created", output->sessions_created);
	json_line_number(text, "closed", output->sessions_closed);
	json_line_number(text, "active", engine_session_count(engine));
	json_line_number(text, "capacity", engine_session_capacity(engine));
	json_line_close(text, '}');
	summarize_policies(text, gateway);
	summarize_units(text, gateway);
	summarize_ports(text, output, gateway_snapshot(gateway));
	json_line_close(text, '}');
}

static void
flush_all(struct replay_output *output)
{
	if (pcap_dump_flush(output->host.dumper) != 0) {
		note_failure(output);
	}
	for (uint16_t i = 0; i < output->port_count; i++) {
		if (output->ports[i].dumper != NULL && pcap_dump_flush(output->ports[i].dumper) != 0) {
			note_failure(output);
		}
	}
	if (fflush(output->verdicts) != 0 || fflush(output->events) != 0) {
		note_failure(output);
	}
}

bool
replay_output_close(struct replay_output *output, struct gateway *gateway, uint64_t frames, uint32_t broken)
{
	const char *directory = output->directory;
	FILE *summary = open_lines(directory, "summary.json");
	bool good;

	flush_all(output);
	if (summary == NULL) {
		note_failure(output);
	} else {
		text_clear(&output->line);
		append_summary(&output->line, output, gateway, frames, broken);
		write_line(output, summary);
		if (fclose(summary) != 0) {
			note_failure(output);
		}
	}
	good = !output->failed;
	if (!good) {
		fprintf(stderr, "sallyport replay: %s: could not write everything: %s\n", directory, strerror(output->error));
	}
	close_files(output);
	return good;
}
