/*
 * Where log records go: `system syslog` of a configuration, ready to be asked for each record.
 *
 * A destination's filter is a least severity for each facility: `any` speaks for all facilities, a facility of its own
 * overrides it, `none` takes one out. A plan is a value: made from a configuration, replaced whole by the next.
 */
#ifndef LOGD_PLAN_H
#define LOGD_PLAN_H

#include <netinet/in.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/tree.h"
#include "ipc/log.h"
#include "ipc/names.h"

enum { PLAN_FACILITIES = 24 };

struct plan_filter {
	int8_t least[PLAN_FACILITIES]; /* a record passes when its severity number is not above; -1: none does */
	bool has_match;
	regex_t match; /* of the record's plain text */
};

struct plan_file {
	char *name; /* in DIR/log */
	bool structured;
	uint32_t size;    /* octets at which it is rotated */
	uint32_t rotated; /* how many old ones stay */
	struct plan_filter filter;
};

struct plan_host {
	char *name;
	bool structured;
	bool numeric; /* false: a name, which has to be resolved */
	struct resolve_address address; /* of a name: none */
	uint16_t port;
	struct resolve_address source; /* family 0: by route */
	struct plan_filter filter;
};

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

struct plan {
	bool traffic_to_syslog; /* security log mode event, stream-event */
	bool traffic_to_streams;
	uint32_t event_rate; /* traffic logs a second to system syslog; 0: no limit */
	struct plan_stream *streams;
	size_t stream_count;
	struct names_server servers[NAMES_SERVERS]; /* system name-server */
	size_t server_count;
	char *host_name;
	char *time_zone;
	struct plan_file *files;
	size_t file_count;
	struct plan_host *hosts;
	size_t host_count;
};

/*
 * From a configuration, or, for NULL, what holds before the first one: everything to the file `messages`. That is also
 * where records go when a configuration names no destination at all. False: out of memory, and `plan` is empty.
 */
bool plan_create(struct plan *plan, const struct conf_node *top) __attribute__((warn_unused_result));
void plan_release(struct plan *plan);
/* The kind of a traffic log; 0: it is none. */
uint8_t plan_category_of(const struct ipc_log_record *record);
/* Does the record go there? `plain` is "TAG: text". */
bool plan_passes(const struct plan_filter *filter, const struct ipc_log_record *record, const char *plain);

#endif
