/*
 * The sending side of logs: records encoded at once, sent when logd takes them, bounded while it does not.
 *
 * Life cycle: a logger starts unconnected; it tries at the first record and then with each poll. While logd is away or
 * slow, whole encoded records wait in a ring; when that is full the newest is dropped and counted, because the oldest say
 * how the trouble began. Once records flow again, one record of our own tells how many were lost.
 */
#include "ipc/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/reader.h"
#include "ipc/connection.h"

enum {
	QUEUE_RECORDS = 4096,
	QUEUE_BYTES = 65536, /* in the connection's own queue: above it records stay with us */
	HELD_BYTES = 32768,   /* of held records: more are sent at once */
	RETRY_SECONDS = 1,
	LOG_PAIRS_MOST = 64,
};

struct waiting {
	char *bytes;
	size_t length;
};

struct logger {
	char *socket;
	char *program;
	struct ipc_connection *connection; /* NULL: not connected */
	time_t retry; /* monotonic second of the next try */
	struct waiting ring[QUEUE_RECORDS];
	size_t first;
	size_t count;
	uint64_t dropped;
	uint64_t told; /* of dropped */
	bool held;
};

void
ipc_log_record_encode(const struct ipc_log_record *record, struct text *out)
{
	ipc_put_u8(out, record->facility);
	ipc_put_u8(out, record->severity);
	ipc_put_u64(out, (uint64_t)record->wall);
	ipc_put_u32(out, record->process);
	ipc_put_string(out, record->program);
	ipc_put_string(out, record->tag);
	ipc_put_pairs(out, &record->pairs);
	ipc_put_string(out, record->text);
}

/* A string where it lies, NUL written behind it later: its place is still another field's. */
struct place {
	uint8_t *bytes;
	size_t length;
};

static bool
get_place(struct reader *reader, struct place *place)
{
	const size_t length = reader_u32(reader);
	const uint8_t *bytes = reader_bytes(reader, length);

	if (bytes == NULL || memchr(bytes, '\0', length) != NULL) {
		return false;
	}
	/* The reader is over memory of ours. */
	*place = (struct place){.bytes = (uint8_t *)(uintptr_t)bytes, .length = length};
	return true;
}

static const char *
end_string(const struct place *place)
{
	if (place->bytes == NULL) {
		return "";
	}
	place->bytes[place->length] = '\0';
	return (const char *)place->bytes;
}

/*
 * One piece of memory for all strings: a record comes for each session, and each has some forty of them. `payload` is
 * ours, with room for an octet behind it.
 */
static bool
read_record(struct ipc_log_record *record, struct reader *reader, struct place *places)
{
	uint32_t pairs;

	record->facility = reader_u8(reader);
	record->severity = reader_u8(reader);
	record->wall = (int64_t)reader_u64(reader);
	record->process = reader_u32(reader);
	if (!get_place(reader, &places[0]) || !get_place(reader, &places[1])) {
		return false;
	}
	pairs = reader_u32(reader);
	if (pairs > LOG_PAIRS_MOST) {
		return false;
	}
	for (uint32_t i = 0; i < 2 * pairs; i++) {
		if (!get_place(reader, &places[3 + i])) {
			return false;
		}
	}
	if (!get_place(reader, &places[2]) || reader_failed(reader) || reader_left(reader) != 0 || record->facility > 23 ||
	    record->severity > LOG_SEVERITY_DEBUG) {
		return false;
	}
	record->pairs.items = calloc(pairs + 1, sizeof(*record->pairs.items));
	record->pairs.borrowed = true;
	if (record->pairs.items == NULL) {
		return false;
	}
	record->pairs.count = pairs;
	record->pairs.capacity = pairs + 1;
	for (uint32_t i = 0; i < pairs; i++) {
		record->pairs.items[i] = (struct ipc_pair){end_string(&places[3 + 2 * i]), end_string(&places[4 + 2 * i])};
	}
	record->program = end_string(&places[0]);
	record->tag = end_string(&places[1]);
	record->text = end_string(&places[2]);
	return true;
}

bool
ipc_log_record_decode(struct ipc_log_record *record, const void *payload, size_t length)
{
	struct place places[3 + 2 * LOG_PAIRS_MOST] = {{.bytes = NULL}};
	char *memory = malloc(length + 1);

	*record = (struct ipc_log_record){.memory = memory};
	if (memory == NULL) {
		return false;
	}
	memcpy(memory, payload, length);
	struct reader reader = reader_over(memory, length);

	if (!read_record(record, &reader, places)) {
		ipc_log_record_release(record);
		return false;
	}
	return true;
}

void
ipc_log_record_release(struct ipc_log_record *record)
{
	ipc_pairs_release(&record->pairs);
	free(record->memory);
	*record = (struct ipc_log_record){.memory = NULL};
}

struct logger *
logger_create(const char *socket, const char *program)
{
	struct logger *logger = calloc(1, sizeof(*logger));

	if (logger == NULL) {
		return NULL;
	}
	logger->socket = strdup(socket);
	logger->program = strdup(program);
	if (logger->socket == NULL || logger->program == NULL) {
		logger_destroy(logger);
		return NULL;
	}
	return logger;
}

void
logger_destroy(struct logger *logger)
{
	if (logger == NULL) {
		return;
	}
	for (size_t i = 0; i < logger->count; i++) {
		free(logger->ring[(logger->first + i) % QUEUE_RECORDS].bytes);
	}
	ipc_connection_destroy(logger->connection);
	free(logger->socket);
	free(logger->program);
	free(logger);
}

static time_t
monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int64_t
wall_microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Connects when it is time; notices that the other side went away. */
static bool
connected(struct logger *logger)
{
	struct ipc_message message;

	if (logger->connection != NULL) {
		enum ipc_status status = ipc_connection_fill(logger->connection);

		if (status == IPC_OK) {
			status = ipc_connection_next(logger->connection, &message);
		}
		if (status == IPC_OK || status == IPC_AGAIN) {
			return true;
		}
		ipc_connection_destroy(logger->connection);
		logger->connection = NULL;
	}
	if (monotonic_seconds() < logger->retry) {
		return false;
	}
	logger->connection = ipc_connect(logger->socket, logger->program, NULL);
	logger->retry = monotonic_seconds() + RETRY_SECONDS;
	return logger->connection != NULL;
}

/* To the connection, if it has room. */
static bool
hand_over(struct logger *logger, const char *bytes, size_t length)
{
	if (ipc_connection_queued(logger->connection) > QUEUE_BYTES) {
		return false;
	}
	if (ipc_connection_queue(logger->connection, IPC_LOG_RECORD, 0, bytes, length) != IPC_OK) {
		return false;
	}
	return (logger->held && ipc_connection_queued(logger->connection) < HELD_BYTES) ||
	    ipc_connection_flush(logger->connection) == IPC_OK;
}

static void
tell_dropped(struct logger *logger)
{
	struct ipc_log_record record = {.facility = LOG_FACILITY_DAEMON,
	    .severity = LOG_SEVERITY_WARNING,
	    .wall = wall_microseconds(),
	    .process = (uint32_t)getpid(),
	    .program = logger->program,
	    .tag = "LOG_RECORDS_DROPPED"};
	struct text message = TEXT_EMPTY;
	struct text encoded = TEXT_EMPTY;

	text_printf(&message, "%llu log records were dropped while the log daemon did not take them",
	    (unsigned long long)(logger->dropped - logger->told));
	record.text = message.bytes;
	ipc_pairs_addf(&record.pairs, "count", "%llu", (unsigned long long)(logger->dropped - logger->told));
	ipc_log_record_encode(&record, &encoded);
	if (!text_failed(&message) && !text_failed(&encoded) && hand_over(logger, encoded.bytes, encoded.length)) {
		logger->told = logger->dropped;
	}
	ipc_pairs_release(&record.pairs);
	text_release(&message);
	text_release(&encoded);
}

static void
drain(struct logger *logger)
{
	if (!connected(logger)) {
		return;
	}
	if (ipc_connection_flush(logger->connection) != IPC_OK) {
		return;
	}
	while (logger->count > 0) {
		struct waiting *oldest = &logger->ring[logger->first];

		if (!hand_over(logger, oldest->bytes, oldest->length)) {
			return;
		}
		free(oldest->bytes);
		logger->first = (logger->first + 1) % QUEUE_RECORDS;
		logger->count--;
	}
	if (logger->told < logger->dropped) {
		tell_dropped(logger);
	}
}

/* Takes the encoded record over. */
static void
enqueue(struct logger *logger, struct text *encoded)
{
	size_t length = encoded->length;
	char *bytes;

	if (logger->count == QUEUE_RECORDS || (bytes = text_take(encoded)) == NULL) {
		logger->dropped++;
		return;
	}
	logger->ring[(logger->first + logger->count) % QUEUE_RECORDS] =
	    (struct waiting){.bytes = bytes, .length = length};
	logger->count++;
}

void
logger_send(struct logger *logger, const struct ipc_log_record *record)
{
	struct ipc_log_record whole = *record;
	struct text encoded = TEXT_EMPTY;

	if (whole.program == NULL) {
		whole.program = logger->program;
	}
	ipc_log_record_encode(&whole, &encoded);
	if (text_failed(&encoded)) {
		logger->dropped++;
		text_release(&encoded);
		return;
	}
	if (!logger->held || logger->connection == NULL || logger->count > 0 ||
	    ipc_connection_queued(logger->connection) > HELD_BYTES) {
		drain(logger);
	}
	if (logger->connection == NULL || logger->count > 0 ||
	    !hand_over(logger, encoded.bytes, encoded.length)) {
		enqueue(logger, &encoded);
	}
	text_release(&encoded);
}

void
logger_hold(struct logger *logger)
{
	drain(logger); /* notices that the other side has gone, before anything is given to it */
	logger->held = true;
}

void
logger_flow(struct logger *logger)
{
	logger->held = false;
	drain(logger);
}

void
logger_printf(struct logger *logger, enum log_severity severity, const char *tag, const char *format, ...)
{
	struct ipc_log_record record = {.facility = LOG_FACILITY_DAEMON,
	    .severity = (uint8_t)severity,
	    .wall = wall_microseconds(),
	    .process = (uint32_t)getpid(),
	    .tag = tag};
	struct text message = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&message, format, arguments);
	va_end(arguments);
	record.text = text_string(&message);
	if (text_failed(&message)) {
		logger->dropped++;
	} else {
		logger_send(logger, &record);
	}
	text_release(&message);
}

void
logger_poll(struct logger *logger)
{
	drain(logger);
}

int
logger_descriptor(const struct logger *logger)
{
	return logger->connection == NULL ? -1 : ipc_connection_descriptor(logger->connection);
}

bool
logger_wants_write(const struct logger *logger)
{
	return logger->connection != NULL &&
	    (logger->count > 0 || ipc_connection_queued(logger->connection) > 0);
}

uint64_t
logger_dropped(const struct logger *logger)
{
	return logger->dropped;
}
