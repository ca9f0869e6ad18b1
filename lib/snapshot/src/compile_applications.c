/*
 * Applications: names of policies to terms. lib/conf knows what a name means (E-080, REQ-POL-031); here each name is
 * resolved once, and every single application gets its row in the snapshot for timeouts and logs.
 */
#include <string.h>

#include "compile.h"
#include "conf/applications.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMP6 = 58,
};

struct collector {
	struct compilation *compilation;
	struct classifier_term *terms;
	uint32_t count;
	uint32_t capacity;
	bool failed;
};

/* The identity of a single application; sessions keep it over commits. CLASSIFIER_NONE when memory ran out. */
static uint32_t
application_index(struct compilation *compilation, const char *name, uint32_t timeout)
{
	const uint32_t known = name_table_find(compilation->application_indices, name);

	if (known != 0) {
		return known - 1;
	}
	const struct compile_path path = {REGISTRY_APPLICATION, name, name};
	const uint32_t identity = compile_register(compilation, conf_entry(conf_child(compilation->top, "applications"),
	    "application", name, NULL), &path);
	if (identity == REGISTRY_NONE) {
		compilation->scratch.failed = true; /* no memory, or no number left, which is told */
		return CLASSIFIER_NO_APPLICATION;
	}
	struct named_application *moved =
	    arena_grow(&compilation->scratch, compilation->applications, compilation->application_count,
		&compilation->application_capacity, sizeof(*moved));
	const char *copy = arena_copy(compilation->arena, name);
	if (moved == NULL || copy == NULL || !name_table_set(compilation->application_indices, copy, identity + 1)) {
		return CLASSIFIER_NONE;
	}
	compilation->applications = moved;
	moved[compilation->application_count] =
	    (struct named_application){.identity = identity, .row = {.name = copy, .timeout = timeout}};
	compilation->application_count++;
	return identity;
}

static struct classifier_term
term_of(const struct conf_application_term *term, uint32_t application)
{
	struct classifier_term result = {
	    .application = application,
	    .protocol = term->protocol,
	    .destination_low = term->destination_low,
	    .destination_high = term->destination_high,
	    .source_low = term->source_low,
	    .source_high = term->source_high,
	};

	if (term->protocol == CONF_PROTOCOL_ANY) {
		result.protocol = CLASSIFIER_ANY_PROTOCOL;
	}
	if (term->protocol == PROTOCOL_ICMP || term->protocol == PROTOCOL_ICMP6) {
		/* type and code stand in the ports' places */
		result.destination_low = term->icmp_type < 0 ? 0 : (uint16_t)term->icmp_type;
		result.destination_high = term->icmp_type < 0 ? UINT16_MAX : (uint16_t)term->icmp_type;
		result.source_low = term->icmp_code < 0 ? 0 : (uint16_t)term->icmp_code;
		result.source_high = term->icmp_code < 0 ? UINT16_MAX : (uint16_t)term->icmp_code;
	}
	return result;
}

static void
collect_term(void *context, const struct conf_application_term *term)
{
	struct collector *collector = context;
	struct compilation *compilation = collector->compilation;
	uint32_t application = CLASSIFIER_NO_APPLICATION;

	if (collector->failed) {
		return;
	}
	if (term->protocol != CONF_PROTOCOL_ANY) {
		application = application_index(compilation, term->application, term->timeout);
		collector->failed = arena_failed(compilation->arena) || arena_failed(&compilation->scratch);
	}
	struct classifier_term *moved = arena_grow(&compilation->scratch, collector->terms, collector->count,
	    &collector->capacity, sizeof(*moved));
	if (moved == NULL || collector->failed) {
		collector->failed = true;
		return;
	}
	collector->terms = moved;
	moved[collector->count++] = term_of(term, application);
}

const struct compiled_application *
compile_find_application(struct compilation *compilation, const char *name)
{
	struct collector collector = {.compilation = compilation};
	const uint32_t known = name_table_find(compilation->resolved_names, name);

	if (known != 0) {
		return &compilation->resolved[known - 1];
	}
	const bool all = strcmp(name, "all") == 0 &&
	    conf_application_find(compilation->tree, name).kind == CONF_APPLICATION_NONE; /* E-077 */
	if (!conf_application_resolve(compilation->tree, all ? "any" : name, collect_term, &collector)) {
		collector.count = 0; /* conf_check() has said so */
	}
	struct compiled_application *moved =
	    arena_grow(&compilation->scratch, compilation->resolved, compilation->resolved_count,
		&compilation->resolved_capacity, sizeof(*moved));
	if (collector.failed || moved == NULL ||
	    !name_table_set(compilation->resolved_names, name, compilation->resolved_count + 1)) {
		return NULL;
	}
	compilation->resolved = moved;
	moved[compilation->resolved_count] =
	    (struct compiled_application){.term_count = collector.count, .terms = collector.terms};
	return &moved[compilation->resolved_count++];
}

struct port_row {
	uint16_t protocol;
	uint16_t low;
	uint16_t high;
	uint32_t timeout;
	const char *name;
};

static const struct port_row port_rows[] = {
#define APPLICATION(name, protocol, low, high, timeout) {protocol, low, high, timeout, name},
#define APPLICATION_CODE(name, protocol, type, code) {protocol, type, type, 0, name},
#include "conf/applications.def"
#undef APPLICATION
#undef APPLICATION_CODE
};

enum {
	PORT_ROWS = sizeof(port_rows) / sizeof(port_rows[0]),
};

/* Single well-known ports name what `any` matched; of several names for a port the first row of the table counts. */
bool
compile_finish_applications(struct compilation *compilation, const struct classifier_source_port **ports,
    uint32_t *port_count)
{
	struct classifier_source_port *rows = arena_take(&compilation->scratch, PORT_ROWS, sizeof(*rows));
	uint32_t count = 0;

	if (rows == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < PORT_ROWS; i++) {
		const struct port_row *row = &port_rows[i];
		if (row->low != row->high || row->protocol == PROTOCOL_ICMP || row->protocol == PROTOCOL_ICMP6) {
			continue;
		}
		const uint32_t index = application_index(compilation, row->name, row->timeout);
		if (index != CLASSIFIER_NO_APPLICATION) {
			rows[count++] = (struct classifier_source_port){row->protocol, row->low, index};
		}
	}
	const uint32_t identities = registry_count(compilation->registry, REGISTRY_APPLICATION);
	struct snapshot_application *applications = arena_take(compilation->arena, identities, sizeof(*applications));
	if (applications == NULL || arena_failed(&compilation->scratch)) {
		return false;
	}
	for (uint32_t i = 0; i < compilation->application_count; i++) {
		applications[compilation->applications[i].identity] = compilation->applications[i].row;
	}
	/* Those that no policy names any more: sessions of theirs may still be logged. */
	for (uint32_t i = 0; i < identities; i++) {
		if (applications[i].name == NULL) {
			applications[i].name =
			    arena_copy(compilation->arena, registry_name(compilation->registry, REGISTRY_APPLICATION, i));
		}
	}
	if (arena_failed(compilation->arena)) {
		return false;
	}
	compilation->snapshot->applications = applications;
	compilation->snapshot->application_count = (uint16_t)identities;
	*ports = rows;
	*port_count = count;
	return true;
}
