/*
 * `security log` read from a configuration tree. See plan_traffic.h.
 */
#include "plan_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "plan_words.h"

enum {
	PORT_SYSLOG = 514,
	PORT_TLS = 6514,
};

struct named_bit {
	const char *name;
	uint8_t bit;
};

static const struct named_bit categories[] = {
    {"all", PLAN_ALL},
    {"flow", PLAN_FLOW},
    {"screen", PLAN_SCREEN},
    {"alarm", PLAN_ALARM},
    {"nat", PLAN_NAT},
};

/* What the tags of traffic logs begin with; the first that fits counts. */
static const struct named_bit tags[] = {
    {"RT_SCREEN", PLAN_SCREEN},
    {"RT_ALARM", PLAN_ALARM},
    {"RT_NAT", PLAN_NAT},
    {"RT_SRC_NAT", PLAN_NAT},
    {"", PLAN_FLOW},
};

uint8_t
plan_traffic_category(const struct ipc_log_record *record)
{
	if (strcmp(record->program, "RT_FLOW") != 0) {
		return 0;
	}
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strncmp(record->tag, tags[i].name, strlen(tags[i].name)) == 0) {
			return tags[i].bit;
		}
	}
	return 0;
}

static uint8_t
read_categories(const struct conf_node *stream)
{
	uint8_t bits = 0;

	for (const struct conf_node *one = conf_first(stream, "category"); one != NULL; one = conf_next(one)) {
		for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
			bits |= strcmp(one->value, categories[i].name) == 0 ? categories[i].bit : 0;
		}
	}
	return bits == 0 ? PLAN_ALL : bits;
}

static enum plan_transport
read_transport(const struct conf_node *transport)
{
	const char *protocol = conf_value(transport, "protocol");

	if (protocol == NULL || strcmp(protocol, "udp") == 0) {
		return PLAN_UDP;
	}
	return strcmp(protocol, "tls") == 0 ? PLAN_TLS : PLAN_TCP;
}

static bool
set_words(struct plan_stream *stream, const struct conf_node *node, const char *host)
{
	const struct conf_node *transport = conf_child(node, "transport");
	const char *trusted = conf_value(transport, "trusted-ca");
	const char *name = conf_value(transport, "server-name");
	struct text path = TEXT_EMPTY;

	stream->name = strdup(node->value);
	stream->host = strdup(host);
	stream->server_name = strdup(name == NULL ? host : name);
	if (trusted != NULL) {
		text_printf(&path, "pki/%s", trusted);
		stream->trusted = text_take(&path);
	}
	return stream->name != NULL && stream->host != NULL && stream->server_name != NULL &&
	    (trusted == NULL || stream->trusted != NULL);
}

static void
set_values(struct plan_stream *stream, const struct conf_node *node, const struct conf_node *log)
{
	const char *format = conf_value(node, "format");
	const char *source = conf_value(node, "source-address");

	format = format == NULL ? conf_value(log, "format") : format;
	source = source == NULL ? conf_value(log, "source-address") : source;
	stream->transport = read_transport(conf_child(node, "transport"));
	stream->port = (uint16_t)conf_number(
	    conf_child(node, "host"), "port", stream->transport == PLAN_TLS ? PORT_TLS : PORT_SYSLOG);
	stream->structured = format == NULL || strcmp(format, "syslog") != 0;
	if (!plan_severity(conf_value(node, "severity"), &stream->least)) {
		stream->least = LOG_SEVERITY_DEBUG;
	}
	stream->categories = read_categories(node);
	stream->rate = (uint32_t)conf_number(node, "rate-limit", 0);
	stream->numeric = resolve_address_parse(plan_static_address(log, stream->host), &stream->address);
	if (source == NULL || !resolve_address_parse(source, &stream->source)) {
		stream->source = (struct resolve_address){.family = 0};
	}
}

/* No mode: streams, once there are some, take the place of system syslog. */
static void
set_mode(struct plan_traffic *traffic, const struct conf_node *log)
{
	const char *mode = conf_value(log, "mode");

	if (mode == NULL) {
		mode = traffic->stream_count > 0 ? "stream" : "event";
	}
	traffic->to_syslog = strcmp(mode, "stream") != 0;
	traffic->to_streams = strcmp(mode, "event") != 0;
	traffic->event_rate = (uint32_t)conf_number(log, "event-rate", 0);
}

bool
plan_traffic_create(struct plan_traffic *traffic, const struct conf_node *log)
{
	size_t count = 0;

	for (const struct conf_node *one = conf_first(log, "stream"); one != NULL; one = conf_next(one)) {
		count++;
	}
	traffic->streams = calloc(count + 1, sizeof(*traffic->streams));
	if (traffic->streams == NULL) {
		return false;
	}
	for (const struct conf_node *one = conf_first(log, "stream"); one != NULL; one = conf_next(one)) {
		const char *host = conf_value(conf_child(one, "host"), "name");

		if (host == NULL) {
			continue; /* conf_check() has said so */
		}
		if (!set_words(&traffic->streams[traffic->stream_count++], one, host)) {
			return false;
		}
		set_values(&traffic->streams[traffic->stream_count - 1], one, log);
	}
	set_mode(traffic, log);
	return true;
}

void
plan_traffic_release(struct plan_traffic *traffic)
{
	for (size_t i = 0; i < traffic->stream_count; i++) {
		free(traffic->streams[i].name);
		free(traffic->streams[i].host);
		free(traffic->streams[i].trusted);
		free(traffic->streams[i].server_name);
	}
	free(traffic->streams);
}
