/*
 * `system syslog` read from a configuration tree. Names and values were checked by the schema; what is unknown here all the
 * same (a newer schema) is passed over, never guessed.
 */
#include "plan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "plan_words.h"

static void
set_filter(struct plan_filter *filter, const struct conf_node *destination)
{
	const struct conf_node *any = conf_entry(destination, "contents", "any", NULL);
	const char *match = conf_value(destination, "match");
	int8_t severity;

	memset(filter->least, plan_severity(conf_value(any, "severity"), &severity) ? severity : -1, sizeof(filter->least));
	for (const struct conf_node *one = conf_first(destination, "contents"); one != NULL; one = conf_next(one)) {
		int8_t facility;

		if (plan_facility(one->value, &facility) && plan_severity(conf_value(one, "severity"), &severity)) {
			filter->least[facility] = severity;
		}
	}
	/* An expression that does not compile matches nothing: the destination stays silent rather than flooded. */
	if (match != NULL && regcomp(&filter->match, match, REG_EXTENDED | REG_NOSUB) == 0) {
		filter->has_match = true;
	} else if (match != NULL) {
		memset(filter->least, -1, sizeof(filter->least));
	}
}

static size_t
count_of(const struct conf_node *syslog, const char *list)
{
	size_t count = 0;

	for (const struct conf_node *one = conf_first(syslog, list); one != NULL; one = conf_next(one)) {
		count += one->inactive ? 0 : 1;
	}
	return count;
}

/* "64k"; the schema has seen to its form. */
static uint32_t
read_size(const char *word)
{
	static const char units[] = "kmg";
	char *end = NULL;
	unsigned long long size = word == NULL ? 0 : strtoull(word, &end, 10);

	if (end != NULL && *end != '\0' && strchr(units, *end) != NULL) {
		size <<= 10 * (strchr(units, *end) - units + 1);
	}
	if (word == NULL) {
		return PLAN_FILE_SIZE;
	}
	return (uint32_t)(size < PLAN_FILE_SIZE_LEAST ? PLAN_FILE_SIZE_LEAST
	        : size > PLAN_FILE_SIZE_MOST          ? PLAN_FILE_SIZE_MOST
	                                              : size);
}

static void
set_archive(struct plan_file *file, const struct conf_node *archive)
{
	file->size = read_size(conf_value(archive, "size"));
	file->rotated = (uint32_t)conf_number(archive, "files", PLAN_FILE_ROTATED);
}

static bool
add_files(struct plan *plan, const struct conf_node *syslog)
{
	plan->files = calloc(count_of(syslog, "file") + 1, sizeof(*plan->files));
	if (plan->files == NULL) {
		return false;
	}
	for (const struct conf_node *one = conf_first(syslog, "file"); one != NULL; one = conf_next(one)) {
		struct plan_file *file = &plan->files[plan->file_count];

		if (one->inactive || one->value == NULL) {
			continue;
		}
		file->name = strdup(one->value);
		if (file->name == NULL) {
			return false;
		}
		plan->file_count++;
		file->structured = conf_present(one, "structured-data");
		set_archive(file, conf_child(one, "archive"));
		set_filter(&file->filter, one);
	}
	return true;
}

static bool
add_hosts(struct plan *plan, const struct conf_node *syslog)
{
	plan->hosts = calloc(count_of(syslog, "host") + 1, sizeof(*plan->hosts));
	if (plan->hosts == NULL) {
		return false;
	}
	for (const struct conf_node *one = conf_first(syslog, "host"); one != NULL; one = conf_next(one)) {
		struct plan_host *host = &plan->hosts[plan->host_count];
		const char *source = conf_value(one, "source-address");

		if (one->inactive || one->value == NULL) {
			continue;
		}
		host->name = strdup(one->value);
		if (host->name == NULL) {
			return false;
		}
		plan->host_count++;
		host->structured = conf_present(one, "structured-data");
		host->port = (uint16_t)conf_number(one, "port", 514);
		host->numeric = resolve_address_parse(plan_static_address(syslog, host->name), &host->address);
		if (source == NULL || !resolve_address_parse(source, &host->source)) {
			host->source = (struct resolve_address){.family = 0};
		}
		set_filter(&host->filter, one);
	}
	return true;
}

static void
add_servers(struct plan *plan, const struct conf_node *servers)
{
	for (const struct conf_node *one = conf_first(servers, "server"); one != NULL && plan->server_count < NAMES_SERVERS;
	     one = conf_next(one)) {
		struct names_server *server = &plan->servers[plan->server_count];
		const char *source = conf_value(one, "source-address");

		if (resolve_address_parse(one->value, &server->address) &&
		    (source == NULL || resolve_address_parse(source, &server->source))) {
			plan->server_count++;
		}
	}
}

/* Everything to `messages`. */
static bool
add_default(struct plan *plan)
{
	struct plan_file *file = &plan->files[0];

	file->name = strdup("messages");
	if (file->name == NULL) {
		return false;
	}
	plan->file_count = 1;
	set_archive(file, NULL);
	memset(file->filter.least, LOG_SEVERITY_DEBUG, sizeof(file->filter.least));
	return true;
}

bool
plan_create(struct plan *plan, const struct conf_node *top)
{
	const struct conf_node *system = conf_child(top, "system");
	const struct conf_node *syslog = conf_child(system, "syslog");
	const char *host_name = conf_value(system, "host-name");
	const char *time_zone = conf_value(system, "time-zone");

	*plan = (struct plan){.files = NULL};
	add_servers(plan, conf_child(system, "name-server"));
	plan->host_name = strdup(host_name == NULL ? "sallyport" : host_name);
	plan->time_zone = strdup(time_zone == NULL ? "UTC" : time_zone);
	if (plan->host_name == NULL || plan->time_zone == NULL || !add_files(plan, syslog) ||
	    !add_hosts(plan, syslog) || !plan_traffic_create(&plan->traffic, conf_walk(top, "security", "log", NULL)) ||
	    (plan->file_count == 0 && plan->host_count == 0 && !add_default(plan))) {
		plan_release(plan);
		return false;
	}
	return true;
}

static void
release_filter(struct plan_filter *filter)
{
	if (filter->has_match) {
		regfree(&filter->match);
	}
}

void
plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		free(plan->files[i].name);
		release_filter(&plan->files[i].filter);
	}
	for (size_t i = 0; i < plan->host_count; i++) {
		free(plan->hosts[i].name);
		release_filter(&plan->hosts[i].filter);
	}
	plan_traffic_release(&plan->traffic);
	free(plan->files);
	free(plan->hosts);
	free(plan->host_name);
	free(plan->time_zone);
	*plan = (struct plan){.files = NULL};
}

bool
plan_passes(const struct plan_filter *filter, const struct ipc_log_record *record, const char *plain)
{
	if ((int)record->severity > filter->least[record->facility]) {
		return false;
	}
	return !filter->has_match || regexec(&filter->match, plain, 0, NULL, 0) == 0;
}
