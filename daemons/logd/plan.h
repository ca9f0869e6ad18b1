/*
 * Where log records go: `system syslog` and `security log` of a configuration, ready to be asked for each record.
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
#include "plan_traffic.h"

enum {
	PLAN_FACILITIES = 24,
	PLAN_FILE_SIZE = 1 << 20, /* where the configuration says nothing */
	PLAN_FILE_SIZE_LEAST = 1 << 16,
	PLAN_FILE_SIZE_MOST = 1 << 30,
	PLAN_FILE_ROTATED = 10, /* how many old ones are kept, likewise */
};

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

struct plan {
	struct plan_traffic traffic; /* security log */
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
/* Does the record go there? `plain` is "TAG: text". */
bool plan_passes(const struct plan_filter *filter, const struct ipc_log_record *record, const char *plain);

#endif
