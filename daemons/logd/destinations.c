/*
 * Where records go. See destinations.h.
 */
#include "destinations.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "format.h"
#include "rate.h"
#include "remote.h"

struct destinations {
	struct destinations_start start;
	struct plan plan;
	struct log_file **files; /* as plan.files */
	struct remote **remotes; /* as plan.hosts */
	struct stream **streams; /* as plan.traffic.streams */
	struct rate event_rate;
};

static uint64_t
monotonic_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

static int64_t
wall_microseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
destinations_destroy(struct destinations *destinations)
{
	if (destinations == NULL) {
		return;
	}
	for (size_t i = 0; destinations->files != NULL && i < destinations->plan.file_count; i++) {
		log_file_destroy(destinations->files[i]);
	}
	for (size_t i = 0; destinations->remotes != NULL && i < destinations->plan.host_count; i++) {
		remote_destroy(destinations->remotes[i]);
	}
	for (size_t i = 0; destinations->streams != NULL && i < destinations->plan.traffic.stream_count; i++) {
		stream_destroy(destinations->streams[i]);
	}
	free(destinations->files);
	free(destinations->remotes);
	free(destinations->streams);
	plan_release(&destinations->plan);
	free(destinations);
}

static bool
make_each(struct destinations *destinations)
{
	const struct plan *plan = &destinations->plan;
	bool good = true;

	for (size_t i = 0; good && i < plan->file_count; i++) {
		destinations->files[i] = log_file_create(destinations->start.folder, &plan->files[i]);
		good = destinations->files[i] != NULL;
	}
	for (size_t i = 0; good && i < plan->host_count; i++) {
		destinations->remotes[i] = remote_create(&plan->hosts[i]);
		good = destinations->remotes[i] != NULL;
	}
	for (size_t i = 0; good && i < plan->traffic.stream_count; i++) {
		destinations->streams[i] = stream_create(&plan->traffic.streams[i]);
		good = destinations->streams[i] != NULL;
		if (good && plan->traffic.streams[i].numeric) {
			stream_set_address(destinations->streams[i], &plan->traffic.streams[i].address);
		}
	}
	return good;
}

struct destinations *
destinations_create(const struct destinations_start *start, const struct conf_node *top)
{
	struct destinations *destinations = calloc(1, sizeof(*destinations));

	if (destinations == NULL || !plan_create(&destinations->plan, top)) {
		free(destinations);
		return NULL;
	}
	destinations->start = *start;
	destinations->event_rate.limit = destinations->plan.traffic.event_rate;
	destinations->files = calloc(destinations->plan.file_count + 1, sizeof(struct log_file *));
	destinations->remotes = calloc(destinations->plan.host_count + 1, sizeof(struct remote *));
	destinations->streams = calloc(destinations->plan.traffic.stream_count + 1, sizeof(struct stream *));
	if (destinations->files == NULL || destinations->remotes == NULL || destinations->streams == NULL ||
	    !make_each(destinations)) {
		destinations_destroy(destinations);
		return NULL;
	}
	return destinations;
}

const struct plan *
destinations_plan(const struct destinations *destinations)
{
	return &destinations->plan;
}

uint64_t
destinations_id(const struct destinations *destinations)
{
	return destinations->start.id;
}

uint64_t
destinations_lost(const struct destinations *destinations)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < destinations->plan.file_count; i++) {
		lost += log_file_lost(destinations->files[i]);
	}
	for (size_t i = 0; i < destinations->plan.host_count; i++) {
		lost += remote_lost(destinations->remotes[i]);
	}
	for (size_t i = 0; i < destinations->plan.traffic.stream_count; i++) {
		lost += stream_counts(destinations->streams[i]).lost;
	}
	return lost;
}

/* --- records ---------------------------------------------------------------------------------------------------- */

/* A record on its way: its forms are made when the first destination wants them. */
struct rendering {
	const struct ipc_log_record *record;
	const char *host_name;
	struct text body;
	struct text forms[2]; /* RFC 5424 plain, structured */
};

static const struct text *
form_of(struct rendering *rendering, bool structured)
{
	struct text *form = &rendering->forms[structured ? 1 : 0];

	if (form->length == 0) {
		format_rfc5424(rendering->record, rendering->host_name, structured, form);
	}
	return form;
}

static void
release_rendering(struct rendering *rendering)
{
	text_release(&rendering->body);
	text_release(&rendering->forms[0]);
	text_release(&rendering->forms[1]);
}

static void
write_to_file(const struct destinations *destinations, size_t index, struct rendering *rendering)
{
	const struct plan_file *to = &destinations->plan.files[index];
	struct text line = TEXT_EMPTY;

	if (!plan_passes(&to->filter, rendering->record, text_string(&rendering->body))) {
		return;
	}
	if (to->structured) {
		text_append(&line, text_string(form_of(rendering, true)));
		text_append_char(&line, '\n');
	} else {
		format_plain(rendering->record, rendering->host_name, &line);
	}
	if (!text_failed(&line)) {
		log_file_append(destinations->files[index], line.bytes, line.length);
	}
	text_release(&line);
}

static void
send_to_host(const struct destinations *destinations, size_t index, struct rendering *rendering)
{
	const struct plan_host *to = &destinations->plan.hosts[index];
	struct text datagram = TEXT_EMPTY;

	if (destinations->start.sockets.inet < 0 || !plan_passes(&to->filter, rendering->record, text_string(&rendering->body))) {
		return;
	}
	text_append(&datagram, text_string(form_of(rendering, to->structured)));
	remote_send(destinations->remotes[index], &destinations->start.sockets, &datagram);
}

static void
write_to_syslog(struct destinations *destinations, struct rendering *rendering)
{
	format_body(rendering->record, &rendering->body);
	for (size_t i = 0; i < destinations->plan.file_count; i++) {
		write_to_file(destinations, i, rendering);
	}
	for (size_t i = 0; i < destinations->plan.host_count; i++) {
		send_to_host(destinations, i, rendering);
	}
}

static void
write_to_streams(struct destinations *destinations, struct rendering *rendering, uint8_t category)
{
	const uint64_t now = monotonic_seconds();

	for (size_t i = 0; i < destinations->plan.traffic.stream_count; i++) {
		const struct plan_stream *to = &destinations->plan.traffic.streams[i];

		if ((to->categories & category) != 0 && (int)rendering->record->severity <= to->least) {
			stream_send(destinations->streams[i], form_of(rendering, to->structured), now);
		}
	}
}

void
destinations_write(struct destinations *destinations, const struct ipc_log_record *record)
{
	struct rendering rendering = {.record = record, .host_name = destinations->plan.host_name};
	const uint8_t category = plan_traffic_category(record);

	if (category != 0 && destinations->plan.traffic.to_streams) {
		write_to_streams(destinations, &rendering, category);
	}
	if (category == 0 ||
	    (destinations->plan.traffic.to_syslog && rate_pass(&destinations->event_rate, monotonic_seconds()))) {
		write_to_syslog(destinations, &rendering);
	}
	release_rendering(&rendering);
}

/* --- names ------------------------------------------------------------------------------------------------------ */

bool
destinations_want(const struct destinations *destinations, struct names *names, uint64_t now)
{
	const struct plan *plan = &destinations->plan;
	const char **list = calloc(plan->host_count + plan->traffic.stream_count + 1, sizeof(*list));
	struct names_wanted wanted = {.names = list, .servers = plan->servers, .server_count = plan->server_count};
	bool good;

	if (list == NULL) {
		return false;
	}
	for (size_t i = 0; i < plan->host_count; i++) {
		if (!plan->hosts[i].numeric) {
			list[wanted.name_count++] = plan->hosts[i].name;
		}
	}
	for (size_t i = 0; i < plan->traffic.stream_count; i++) {
		if (!plan->traffic.streams[i].numeric) {
			list[wanted.name_count++] = plan->traffic.streams[i].host;
		}
	}
	good = names_want(names, &wanted, now);
	free(list);
	return good;
}

/* The first address, IPv4 before IPv6: the last one known, however long DNS fails. */
static bool
first_address(const struct names *names, const char *name, struct resolve_address *address)
{
	return names_addresses(names, name, NAMES_FOR_REFUSAL, address, 1) == 1;
}

void
destinations_resolve(struct destinations *destinations, const struct names *names)
{
	const struct plan *plan = &destinations->plan;
	struct resolve_address address;

	for (size_t i = 0; i < plan->host_count; i++) {
		if (!plan->hosts[i].numeric) {
			remote_set_address(destinations->remotes[i],
			    first_address(names, plan->hosts[i].name, &address) ? &address : NULL);
		}
	}
	for (size_t i = 0; i < plan->traffic.stream_count; i++) {
		if (!plan->traffic.streams[i].numeric) {
			stream_set_address(destinations->streams[i],
			    first_address(names, plan->traffic.streams[i].host, &address) ? &address : NULL);
		}
	}
}

/* --- clearing --------------------------------------------------------------------------------------------------- */

/* One that nobody writes to. */
static bool
empty_file(int folder, const char *name)
{
	const int descriptor = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	const bool good = descriptor >= 0 && ftruncate(descriptor, 0) == 0;
	const int why = errno;

	if (descriptor >= 0) {
		close(descriptor);
	}
	errno = why;
	return good;
}

bool
destinations_clear(struct destinations *destinations, const char *name, bool all, struct text *error)
{
	struct log_file *file = NULL;
	char rotated[128];
	bool good;

	for (size_t i = 0; i < destinations->plan.file_count && file == NULL; i++) {
		file = strcmp(log_file_name(destinations->files[i]), name) == 0 ? destinations->files[i] : NULL;
	}
	good = file != NULL ? log_file_clear(file) : empty_file(destinations->start.folder, name);
	if (!good) {
		text_printf(error, "could not clear log file %s: %s", name, strerror(errno));
	}
	for (unsigned i = 0; good && all; i++) {
		(void)snprintf(rotated, sizeof(rotated), "%s.%u", name, i);
		if (unlinkat(destinations->start.folder, rotated, 0) != 0) {
			break;
		}
	}
	return good;
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

void
destinations_flush(struct destinations *destinations)
{
	const uint64_t now = monotonic_seconds();

	for (size_t i = 0; i < destinations->plan.file_count; i++) {
		log_file_flush(destinations->files[i]);
	}
	for (size_t i = 0; i < destinations->plan.traffic.stream_count; i++) {
		stream_flush(destinations->streams[i], now);
	}
}

static struct ipc_log_record
own_record(enum log_severity severity, const char *tag, const struct text *message)
{
	return (struct ipc_log_record){.facility = LOG_FACILITY_DAEMON,
	    .severity = (uint8_t)severity,
	    .wall = wall_microseconds(),
	    .process = (uint32_t)getpid(),
	    .program = "logd",
	    .tag = tag,
	    .text = text_string(message)};
}

/* To the stream itself: who reads it learns what is not there. */
static void
tell_stream(struct destinations *destinations, size_t index, const char *tag, const struct text *message)
{
	const struct ipc_log_record record = own_record(LOG_SEVERITY_WARNING, tag, message);
	struct text line = TEXT_EMPTY;

	format_rfc5424(&record, destinations->plan.host_name, destinations->plan.traffic.streams[index].structured, &line);
	stream_say(destinations->streams[index], &line);
	text_release(&line);
}

static void
tell_gaps(struct destinations *destinations, size_t index, uint64_t now)
{
	const uint64_t suppressed = stream_take_suppressed(destinations->streams[index], now);
	const uint64_t lost = stream_take_lost(destinations->streams[index]);
	struct text message = TEXT_EMPTY;

	if (suppressed > 0) {
		text_printf(&message, "%llu traffic logs were suppressed: more than %u a second came",
		    (unsigned long long)suppressed, (unsigned)destinations->plan.traffic.streams[index].rate);
		tell_stream(destinations, index, "LOG_RATE_SUPPRESSED", &message);
		text_clear(&message);
	}
	if (lost > 0) {
		text_printf(&message, "%llu traffic logs were lost: the server did not take them", (unsigned long long)lost);
		tell_stream(destinations, index, "LOG_RECORDS_LOST", &message);
	}
	text_release(&message);
}

/* To system syslog. */
static void
tell_state(struct destinations *destinations, size_t index)
{
	const struct plan_stream *plan = &destinations->plan.traffic.streams[index];
	struct stream *stream = destinations->streams[index];
	const bool up = stream_state(stream) == STREAM_OPEN;
	struct text message = TEXT_EMPTY;

	if (!stream_take_news(stream)) {
		return;
	}
	text_printf(&message, up ? "stream %s to %s port %u is up" : "stream %s to %s port %u is down: %s", plan->name,
	    plan->host, (unsigned)plan->port, stream_error(stream));
	const struct ipc_log_record record = up ? own_record(LOG_SEVERITY_NOTICE, "LOG_STREAM_UP", &message) :
	                                          own_record(LOG_SEVERITY_WARNING, "LOG_STREAM_DOWN", &message);

	destinations_write(destinations, &record);
	text_release(&message);
}

static void
tell_event_rate(struct destinations *destinations, uint64_t now)
{
	const uint64_t suppressed = rate_take_suppressed(&destinations->event_rate, now);
	struct text message = TEXT_EMPTY;

	if (suppressed == 0) {
		return;
	}
	text_printf(&message, "%llu traffic logs were suppressed: more than %u a second came",
	    (unsigned long long)suppressed, (unsigned)destinations->event_rate.limit);
	const struct ipc_log_record record = own_record(LOG_SEVERITY_WARNING, "LOG_RATE_SUPPRESSED", &message);

	destinations_write(destinations, &record);
	text_release(&message);
}

void
destinations_tick(struct destinations *destinations)
{
	const uint64_t now = monotonic_seconds();

	for (size_t i = 0; i < destinations->plan.host_count; i++) {
		remote_poll(destinations->remotes[i], &destinations->start.sockets);
	}
	for (size_t i = 0; i < destinations->plan.traffic.stream_count; i++) {
		tell_gaps(destinations, i, now);
		stream_tick(destinations->streams[i], now);
		tell_state(destinations, i);
	}
	tell_event_rate(destinations, now);
}

size_t
destinations_polls(const struct destinations *destinations, struct pollfd *polls)
{
	const size_t count = destinations->plan.traffic.stream_count;

	assert(count <= DESTINATIONS_POLLS);
	for (size_t i = 0; i < count; i++) {
		polls[i] = stream_polls(destinations->streams[i]);
	}
	return count;
}

void
destinations_serve(struct destinations *destinations, const struct pollfd *polls, size_t count)
{
	const uint64_t now = monotonic_seconds();

	for (size_t i = 0; i < count && i < destinations->plan.traffic.stream_count; i++) {
		stream_serve(destinations->streams[i], polls[i].revents, now);
		tell_state(destinations, i);
	}
}

size_t
destinations_stream_count(const struct destinations *destinations)
{
	return destinations->plan.traffic.stream_count;
}

const struct stream *
destinations_stream(const struct destinations *destinations, size_t index)
{
	return destinations->streams[index];
}
