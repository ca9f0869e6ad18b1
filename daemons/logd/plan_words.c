/*
 * See plan_words.h.
 */
#include "plan_words.h"

#include <string.h>

#include "conf/hosts.h"
#include "ipc/log.h"

struct named_code {
	const char *name;
	int8_t code;
};

static const struct named_code facilities[] = {
    {"authorization", LOG_FACILITY_AUTHORIZATION},
    {"change-log", LOG_FACILITY_CHANGE_LOG},
    {"conflict-log", LOG_FACILITY_CONFLICT_LOG},
    {"daemon", LOG_FACILITY_DAEMON},
    {"dfc", LOG_FACILITY_DFC},
    {"external", LOG_FACILITY_EXTERNAL},
    {"firewall", LOG_FACILITY_FIREWALL},
    {"ftp", LOG_FACILITY_FTP},
    {"interactive-commands", LOG_FACILITY_INTERACTIVE_COMMANDS},
    {"kernel", LOG_FACILITY_KERNEL},
    {"ntp", LOG_FACILITY_NTP},
    {"pfe", LOG_FACILITY_PFE},
    {"security", LOG_FACILITY_SECURITY},
    {"user", LOG_FACILITY_USER},
    {NULL, 0},
};

static const struct named_code severities[] = {
    {"any", LOG_SEVERITY_DEBUG},
    {"emergency", LOG_SEVERITY_EMERGENCY},
    {"alert", LOG_SEVERITY_ALERT},
    {"critical", LOG_SEVERITY_CRITICAL},
    {"error", LOG_SEVERITY_ERROR},
    {"warning", LOG_SEVERITY_WARNING},
    {"notice", LOG_SEVERITY_NOTICE},
    {"info", LOG_SEVERITY_INFO},
    {"none", -1},
    {NULL, 0},
};

static bool
find_code(const struct named_code *table, const char *name, int8_t *code)
{
	for (; table->name != NULL; table++) {
		if (name != NULL && strcmp(table->name, name) == 0) {
			*code = table->code;
			return true;
		}
	}
	return false;
}

bool
plan_facility(const char *name, int8_t *code)
{
	return find_code(facilities, name, code);
}

bool
plan_severity(const char *name, int8_t *code)
{
	return find_code(severities, name, code);
}

const char *
plan_static_address(const struct conf_node *log, const char *name)
{
	const struct conf_node *host = conf_static_host(log->parent->parent, name);
	const struct conf_node *address = conf_first(host, "inet");

	address = address == NULL ? conf_first(host, "inet6") : address;
	return address == NULL ? name : address->value;
}
