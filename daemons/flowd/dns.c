/*
 * The names of address books. See dns.h.
 */
#include "dns.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipc/daemon.h"
#include "ipc/names_link.h"
#include "tell.h"

struct dns {
	struct names *table;
	struct names_link *link;
	struct logger *logger;
	struct alarms *alarms;
	struct snapshot_names names;
	struct dns_compiled compiled;
};

/* The two ends of the way from a table of names to a snapshot have each a type of their own; they say the same. */
static uint32_t
find_addresses(void *context, const char *name, bool refusal, struct snapshot_name_address *addresses)
{
	struct resolve_address found[2 * NAMES_ADDRESSES];
	const struct dns *dns = context;
	const size_t count = names_addresses(
	    dns->table, name, refusal ? NAMES_FOR_REFUSAL : NAMES_FOR_PERMIT, found, sizeof(found) / sizeof(found[0]));

	_Static_assert((int)SNAPSHOT_NAME_ADDRESSES_MOST == 2 * NAMES_ADDRESSES, "one table's bound is the other's");
	_Static_assert((int)SNAPSHOT_NAMES_MOST == (int)NAMES_MOST, "one table's bound is the other's");
	for (size_t i = 0; i < count; i++) {
		addresses[i].family = found[i].family;
		memcpy(addresses[i].octets, found[i].octets, sizeof(addresses[i].octets));
	}
	return (uint32_t)count;
}

static void
print_addresses(const struct names_view *view, struct text *out)
{
	for (uint16_t i = 0; i < view->count; i++) {
		text_append(out, i == 0 ? "" : ", ");
		resolve_address_print(&view->addresses[i], out);
	}
}

/* A name that does not resolve is an alarm until it does, or a server says that there is no such name. */
static void
follow_alarm(const struct dns *dns, const struct names_view *view)
{
	const int64_t now = (int64_t)time(NULL);
	struct text subject = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;

	text_printf(&subject, "%s %s", view->name, view->family == 4 ? "A" : "AAAA");
	const struct alarm_name name = {ALARM_DNS_NAME, text_string(&subject)};

	if (view->state == NAMES_CURRENT || view->state == NAMES_ABSENT) {
		alarm_settle(dns->alarms, &name, now);
	} else {
		text_printf(&message, "%s is %s: %s", text_string(&subject), names_state_word(view->state), view->reason);
		alarm_raise(dns->alarms, &name, text_string(&message), now);
	}
	text_release(&subject);
	text_release(&message);
}

/* What became of a name, for the log. */
static void
on_change(void *context, const struct names_view *view)
{
	const struct dns *dns = context;
	const char *record = view->family == 4 ? "A" : "AAAA";
	struct text list = TEXT_EMPTY;

	follow_alarm(dns, view);
	print_addresses(view, &list);
	switch (view->state) {
	case NAMES_UNKNOWN:
		tell(dns->logger, LOG_SEVERITY_WARNING, "FLOWD_DNS_UNRESOLVED",
		    "%s (%s) is not resolved (%s): addresses of this name match nothing", view->name, record, view->reason);
		break;
	case NAMES_CURRENT:
		tell(dns->logger, LOG_SEVERITY_INFO, "FLOWD_DNS_RESOLVED", "%s (%s) is %s%s", view->name, record,
		    text_string(&list), view->cut ? " and more, which are left out" : "");
		break;
	case NAMES_ABSENT:
		tell(dns->logger, LOG_SEVERITY_INFO, "FLOWD_DNS_ABSENT", "%s (%s) has no address", view->name, record);
		break;
	case NAMES_STALE:
		tell(dns->logger, LOG_SEVERITY_WARNING, "FLOWD_DNS_STALE",
		    "%s (%s) is not resolved (%s): what it was, %s, holds for %u seconds more", view->name, record,
		    view->reason, text_string(&list), (unsigned)NAMES_HELD);
		break;
	case NAMES_EXPIRED:
		tell(dns->logger, LOG_SEVERITY_WARNING, "FLOWD_DNS_EXPIRED",
		    "%s (%s) has not been resolved for too long: %s match in policies that deny or reject only", view->name,
		    record, text_string(&list));
		break;
	}
	text_release(&list);
}

struct dns *
dns_create(const char *state, struct logger *logger, struct alarms *alarms)
{
	struct dns *dns = calloc(1, sizeof(*dns));
	struct text path = TEXT_EMPTY;

	if (dns == NULL) {
		return NULL;
	}
	daemon_socket_path(state, "resolverd", &path);
	dns->logger = logger;
	dns->alarms = alarms;
	dns->names = (struct snapshot_names){.find = find_addresses, .context = dns};
	dns->table = names_create(&(struct names_listener){.changed = on_change, .context = dns});
	dns->link = dns->table == NULL || text_failed(&path) ? NULL :
	                                                        names_link_create(dns->table, text_string(&path), "flowd");
	text_release(&path);
	if (dns->link == NULL) {
		dns_destroy(dns);
		return NULL;
	}
	return dns;
}

void
dns_destroy(struct dns *dns)
{
	if (dns == NULL) {
		return;
	}
	names_link_destroy(dns->link);
	names_destroy(dns->table);
	free(dns);
}

struct wanted_names {
	const char **items; /* NULL: they are only counted */
	size_t count;
};

static void
add_name(void *context, const struct conf_node *dns_name)
{
	struct wanted_names *wanted = context;

	if (wanted->items != NULL) {
		wanted->items[wanted->count] = dns_name->value;
	}
	wanted->count++;
}

/* Alarms about names that nobody wants any more. Subjects are NAME RECORD. */
static void
settle_unwanted(const struct dns *dns)
{
	for (size_t i = 0; i < alarms_count(dns->alarms); i++) {
		const struct alarm *alarm = alarms_at(dns->alarms, i);
		char name[ALARM_SUBJECT];

		if (alarm->kind != ALARM_DNS_NAME || !alarm->active) {
			continue;
		}
		memcpy(name, alarm->subject, sizeof(name));
		name[strcspn(name, " ")] = '\0';
		if (!names_known(dns->table, name)) {
			alarm_settle(dns->alarms, &(struct alarm_name){ALARM_DNS_NAME, alarm->subject}, (int64_t)time(NULL));
		}
	}
}

size_t
dns_servers(const struct conf_tree *tree, struct names_server servers[NAMES_SERVERS])
{
	const struct conf_node *list = conf_walk(conf_tree_top(tree), "system", "name-server", NULL);
	size_t count = 0;

	for (const struct conf_node *one = conf_first(list, "server"); one != NULL && count < NAMES_SERVERS;
	     one = conf_next(one)) {
		const char *source = conf_value(one, "source-address");
		struct names_server *server = &servers[count];

		*server = (struct names_server){.source = {.family = 0}};
		if (resolve_address_parse(one->value, &server->address) &&
		    (source == NULL || resolve_address_parse(source, &server->source))) {
			count++;
		}
	}
	return count;
}

void
dns_follow(struct dns *dns, const struct conf_tree *tree)
{
	struct names_server servers[NAMES_SERVERS];
	struct wanted_names wanted = {.items = NULL};
	bool good;

	snapshot_dns_names(tree, add_name, &wanted);
	wanted.items = calloc(wanted.count + 1, sizeof(*wanted.items));
	wanted.count = 0;
	good = wanted.items != NULL;
	if (good) {
		snapshot_dns_names(tree, add_name, &wanted);
		good = names_want(dns->table,
		    &(struct names_wanted){.names = wanted.items,
		        .name_count = wanted.count,
		        .servers = servers,
		        .server_count = dns_servers(tree, servers)},
		    names_link_now());
	}
	if (!good) {
		tell(dns->logger, LOG_SEVERITY_ERROR, "FLOWD_DNS_MEMORY", "out of memory for the names of address books");
	}
	free(wanted.items);
	settle_unwanted(dns);
	names_link_serve(dns->link);
}

const struct snapshot_names *
dns_names(const struct dns *dns)
{
	return &dns->names;
}

uint64_t
dns_version(const struct dns *dns)
{
	return names_version(dns->table);
}

void
dns_note_compiled(struct dns *dns, uint64_t nanoseconds)
{
	dns->compiled.count++;
	dns->compiled.last = nanoseconds;
}

struct dns_compiled
dns_compiled(const struct dns *dns)
{
	return dns->compiled;
}

int
dns_descriptor(const struct dns *dns)
{
	return names_link_descriptor(dns->link);
}

void
dns_serve(struct dns *dns)
{
	names_link_serve(dns->link);
}

struct names *
dns_table(struct dns *dns)
{
	return dns->table;
}
