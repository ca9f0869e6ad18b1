/*
 * One record, two renderings.
 *
 * Plain, as an SRX prints it into a file (local time of `system time-zone`):
 *   Nov 20 09:21:04  albuquerque RT_FLOW: RT_FLOW_SESSION_CREATE: session created 10.1.2.3/1024->...
 * RFC 5424, with structured data in JUNOS's way or "-" in its place:
 *   <14>1 2026-11-20T09:21:04.123Z albuquerque RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 a="b"] session ...
 *
 * What a user typed or the network sent stands in records: bytes that would steer a terminal or forge a line are written
 * as `?`.
 */
#ifndef LOGD_FORMAT_H
#define LOGD_FORMAT_H

#include <stdbool.h>

#include "base/text.h"
#include "ipc/log.h"

/* "TAG: text", what `match` looks at. */
void format_body(const struct ipc_log_record *record, struct text *out);
/* A line with its newline. => the process's TZ is the configured one (tzset() was called) */
void format_plain(const struct ipc_log_record *record, const char *host_name, struct text *out);
/* Without newline: a datagram. */
void format_rfc5424(const struct ipc_log_record *record, const char *host_name, bool structured, struct text *out);

#endif
