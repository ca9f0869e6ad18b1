/*
 * Log records on their way to logd, the one writer of logs.
 *
 * A record is rendered twice from the same content: plain as an SRX prints it, and RFC 5424 with structured data. The
 * sender never blocks and never fails: while logd is away or slow, records wait in a bounded queue, the rest is counted
 * and the count is told to logd in a record of its own once it listens again.
 *
 * Threads: a logger belongs to one thread.
 */
#ifndef IPC_LOG_H
#define IPC_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/payload.h"

/* RFC 5424 codes, by JUNOS's names ("any" and "none" are filter words, not facilities). */
enum log_facility {
	LOG_FACILITY_KERNEL = 0,
	LOG_FACILITY_USER = 1,
	LOG_FACILITY_DAEMON = 3,
	LOG_FACILITY_AUTHORIZATION = 4,
	LOG_FACILITY_FTP = 11,
	LOG_FACILITY_NTP = 12,
	LOG_FACILITY_SECURITY = 13,
	LOG_FACILITY_DFC = 17,
	LOG_FACILITY_EXTERNAL = 18,
	LOG_FACILITY_FIREWALL = 19,
	LOG_FACILITY_PFE = 20,
	LOG_FACILITY_CONFLICT_LOG = 21,
	LOG_FACILITY_CHANGE_LOG = 22,
	LOG_FACILITY_INTERACTIVE_COMMANDS = 23,
};

enum log_severity {
	LOG_SEVERITY_EMERGENCY,
	LOG_SEVERITY_ALERT,
	LOG_SEVERITY_CRITICAL,
	LOG_SEVERITY_ERROR,
	LOG_SEVERITY_WARNING,
	LOG_SEVERITY_NOTICE,
	LOG_SEVERITY_INFO,
	LOG_SEVERITY_DEBUG,
};

struct ipc_log_record {
	uint8_t facility; /* enum log_facility */
	uint8_t severity; /* enum log_severity */
	int64_t wall;     /* UTC microseconds */
	uint32_t process; /* process id to show behind the program's name; 0: none (RT_FLOW has none) */
	const char *program;    /* "RT_FLOW", "mgd", "flowd" */
	const char *tag;        /* "RT_FLOW_SESSION_CREATE" */
	struct ipc_pairs pairs; /* structured data, in order: source-address, source-port, ... */
	const char *text;       /* plain text behind "TAG: " */
	void *memory; /* of a decoded record: where its strings lie */
};

void ipc_log_record_encode(const struct ipc_log_record *record, struct text *out);
bool ipc_log_record_decode(struct ipc_log_record *record, const void *payload, size_t length)
    __attribute__((warn_unused_result));
/* Of a decoded record. */
void ipc_log_record_release(struct ipc_log_record *record);

struct logger;

/* `socket` is DIR/run/logd.sock; connects now or whenever logd is there. NULL: no memory. */
struct logger *logger_create(const char *socket, const char *program) __attribute__((warn_unused_result));
void logger_destroy(struct logger *logger);
/* Sends or queues. The record's strings are borrowed for the call; a NULL program is the logger's own. */
void logger_send(struct logger *logger, const struct ipc_log_record *record);
/*
 * Between the two records are gathered and sent many at a time: for whoever has thousands of them at once. Held records
 * are not late: logger_flow() sends them.
 */
void logger_hold(struct logger *logger);
void logger_flow(struct logger *logger);
/* Short form for a daemon's own messages: facility daemon, wall clock now, the process id. */
void logger_printf(struct logger *logger, enum log_severity severity, const char *tag, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Call about once a second, and when the descriptor (-1: none) is writable: connects again, sends what waits. */
void logger_poll(struct logger *logger);
int logger_descriptor(const struct logger *logger);
/* POLLOUT is of interest. */
bool logger_wants_write(const struct logger *logger);
/* Records lost since the start. */
uint64_t logger_dropped(const struct logger *logger);

#endif
