/*
 * The part of a plan that `security log` makes: streams, and where traffic logs go.
 */
#ifndef LOGD_PLAN_TRAFFIC_H
#define LOGD_PLAN_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/tree.h"
#include "ipc/log.h"
#include "ipc/names.h"

enum plan_transport {
	PLAN_UDP,
	PLAN_TCP,
	PLAN_TLS,
};

/* Kinds of traffic logs, as bits. */
enum plan_category {
	PLAN_FLOW = 1 << 0,
	PLAN_SCREEN = 1 << 1,
	PLAN_ALARM = 1 << 2,
	PLAN_NAT = 1 << 3,
	PLAN_ALL = 15,
};

struct plan_stream {
	char *name;
	char *host;
	bool numeric; /* the host is an address, else a name */
	struct resolve_address address;
	struct resolve_address source; /* family 0: by route */
	uint16_t port;
	enum plan_transport transport;
	bool structured;
	int8_t least; /* severity */
	uint8_t categories;
	uint32_t rate; /* records a second; 0: no limit */
	char *trusted; /* path below DIR; NULL: what the system trusts */
	char *server_name;
};

struct plan_traffic {
	bool to_syslog; /* mode event, stream-event */
	bool to_streams;
	uint32_t event_rate; /* records a second to system syslog; 0: no limit */
	struct plan_stream *streams;
	size_t stream_count;
};

/* `log` may be NULL. False: out of memory; what was made stands there, to be released. */
bool plan_traffic_create(struct plan_traffic *traffic, const struct conf_node *log) __attribute__((warn_unused_result));
void plan_traffic_release(struct plan_traffic *traffic);
/* The kind of a traffic log; 0: it is none. */
uint8_t plan_traffic_category(const struct ipc_log_record *record);

#endif
