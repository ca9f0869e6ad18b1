/*
 * snapshot_compile(): calls the parts in order, and undoes everything when one of them had something to say against it.
 *
 * Life cycle: the snapshot lives in an arena of its own, what only the compilation needs in a scratch arena. Threads: the
 * registry's owner. See compile.h.
 */
#include "compile.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/groups.h"

enum {
	KILOBYTE = 1024,
};

static void report(struct compilation *compilation, enum diagnostic_severity severity, const struct conf_node *node,
    const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void
report(struct compilation *compilation, enum diagnostic_severity severity, const struct conf_node *node,
    const char *format, va_list arguments)
{
	struct text path = TEXT_EMPTY;
	struct text statement = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;

	text_vprintf(&message, format, arguments);
	if (node != NULL && node->parent != NULL) {
		conf_path(node->parent, &path);
		conf_statement(node, &statement);
	}
	if (text_failed(&message) || text_failed(&path) || text_failed(&statement)) {
		compilation->list->failed = true;
	} else {
		diagnostics_addf(compilation->list, severity, text_string(&path),
		    node == NULL ? NULL : text_string(&statement), node == NULL ? 0 : node->line, "%s",
		    text_string(&message));
	}
	text_release(&path);
	text_release(&statement);
	text_release(&message);
}

void
compile_error(struct compilation *compilation, const struct conf_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(compilation, DIAGNOSTIC_ERROR, node, format, arguments);
	va_end(arguments);
}

void
compile_warning(struct compilation *compilation, const struct conf_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(compilation, DIAGNOSTIC_WARNING, node, format, arguments);
	va_end(arguments);
}

uint32_t
compile_register(struct compilation *compilation, const struct conf_node *node, const struct compile_path *path)
{
	static const char *const nouns[REGISTRY_KINDS] = {
	    [REGISTRY_UNIT] = "logical interface",
	    [REGISTRY_ZONE] = "security zone",
	    [REGISTRY_INSTANCE] = "routing instance",
	    [REGISTRY_POLICY] = "policy",
	    [REGISTRY_APPLICATION] = "application",
	    [REGISTRY_NAT_POOL] = "source NAT pool",
	    [REGISTRY_NAT_RULE] = "NAT rule",
	};
	const struct snapshot_options *options = compilation->options;
	const uint32_t most = path->kind == REGISTRY_POLICY && options->policies_most != 0 ?
	    options->policies_most : registry_most(path->kind);
	const uint32_t count = registry_count(compilation->registry, path->kind);

	if (count >= most && registry_find(compilation->registry, path->kind, path->path) == REGISTRY_NONE) {
		compile_error(compilation, node,
		    "no room for %s '%s': all %u numbers are taken; deleted ones keep theirs until a restart", nouns[path->kind],
		    path->name, most);
		return REGISTRY_NONE;
	}
	return registry_give(compilation->registry, path->kind, path->path, path->name);
}

bool
has_content(const struct conf_node *node)
{
	for (const struct conf_node *child = node == NULL ? NULL : node->first; child != NULL; child = child->next) {
		if (!child->inactive && (child->schema->kind != SCHEMA_CONTAINER || has_content(child))) {
			return true;
		}
	}
	return false;
}

/* A high watermark of 100 is never passed: then there is no aggressive aging. */
static void
compile_aging(struct snapshot_flow *flow, const struct conf_node *aging)
{
	const uint32_t high = conf_number(aging, "high-watermark", 100);
	const uint32_t low = conf_number(aging, "low-watermark", 100);

	flow->high_watermark = (uint8_t)high;
	flow->low_watermark = (uint8_t)(low < high ? low : high);
	flow->early_ageout = high < 100 ? (uint16_t)conf_number(aging, "early-ageout", 2) : 0;
}

/* REQ-FW-017: IPv6 is dropped unless the configuration says otherwise. */
static enum inet6_mode
compile_inet6_mode(const struct conf_node *security)
{
	const char *mode =
	    conf_value(conf_walk(security, "forwarding-options", "family", "inet6", NULL), "mode");

	if (mode != NULL && strcmp(mode, "flow-based") == 0) {
		return INET6_MODE_FLOW_BASED;
	}
	return mode != NULL && strcmp(mode, "packet-based") == 0 ? INET6_MODE_PACKET_BASED : INET6_MODE_DROP;
}

static void
compile_flow(struct compilation *compilation)
{
	const struct conf_node *security = conf_child(compilation->top, "security");
	const struct conf_node *flow = conf_child(security, "flow");
	const struct conf_node *tcp = conf_child(flow, "tcp-session");
	const struct conf_node *log = conf_child(flow, "log");
	const struct conf_node *policy = conf_walk(security, "policies", "default-policy", NULL);
	const char *answer = conf_value(flow, "syn-flood-protection-mode");

	compilation->snapshot->flow = (struct snapshot_flow){
	    .inet6_mode = compile_inet6_mode(security),
	    .syn_check = !conf_present(tcp, "no-syn-check"),
	    .syn_check_in_tunnel = !conf_present(tcp, "no-syn-check-in-tunnel"),
	    .sequence_check = !conf_present(tcp, "no-sequence-check"),
	    .reset_invalidates = conf_present(tcp, "rst-invalidate-session"),
	    .allow_dns_reply = conf_present(flow, "allow-dns-reply"),
	    .default_permit = conf_present(policy, "permit-all") && !conf_present(policy, "deny-all"),
	    .policy_rematch = conf_present(conf_child(security, "policies"), "policy-rematch"),
	    .syn_cookies = answer != NULL && strcmp(answer, "syn-cookie") == 0,
	    .log_drops = (uint8_t)((conf_present(log, "dropped-illegal-packet") ? DROP_LOG_ILLEGAL : 0) |
		(conf_present(log, "dropped-icmp-packet") ? DROP_LOG_ICMP : 0)),
	    .segment_most = (uint16_t)conf_number(conf_walk(flow, "tcp-mss", "all-tcp", NULL), "mss", 0),
	};
	compile_aging(&compilation->snapshot->flow, conf_child(flow, "aging"));
}

/* REQ-CFG-011: a web server that listens on some interfaces is closed on the others. */
static void
restrict_service(struct compilation *compilation, const struct conf_node *server, uint64_t service)
{
	if (conf_first(server, "interface") == NULL) {
		return;
	}
	for (uint32_t i = 0; i < compilation->snapshot->unit_count; i++) {
		struct snapshot_unit *unit = &compilation->units[i];
		bool listed = false;
		for (const struct conf_node *name = conf_first(server, "interface"); name; name = conf_next(name)) {
			const uint32_t found =
			    registry_find(compilation->registry, REGISTRY_UNIT, name->value);
			listed = listed || found == i;
		}
		if (!listed) {
			unit->host_inbound.services &= ~service;
			unit->host_inbound.except |= service;
		}
	}
}

static void
compile_services(struct compilation *compilation)
{
	const struct conf_node *services = conf_walk(compilation->top, "system", "services", NULL);
	const struct conf_node *web = conf_child(services, "web-management");
	const uint64_t http = (uint64_t)1 << HOST_SERVICE_HTTP;
	const uint64_t https = (uint64_t)1 << HOST_SERVICE_HTTPS;
	uint64_t running = 0;

	if (conf_present(services, "ssh")) {
		running |= (uint64_t)1 << HOST_SERVICE_SSH;
	}
	if (conf_present(web, "http")) {
		running |= http;
		restrict_service(compilation, conf_child(web, "http"), http);
	}
	if (conf_present(web, "https")) {
		running |= https;
		restrict_service(compilation, conf_child(web, "https"), https);
	}
	compilation->snapshot->services_running = running;
}

static bool
make_tables(struct compilation *compilation)
{
	struct arena *scratch = &compilation->scratch;

	compilation->application_indices = name_table_create(scratch);
	compilation->resolved_names = name_table_create(scratch);
	compilation->list_names = name_table_create(scratch);
	compilation->scheduler_names = name_table_create(scratch);
	return !arena_failed(scratch);
}

/* One part failed. What it has not reported itself is memory: what for, and how much there is of it (cs09468). */
static void
report_memory(struct compilation *compilation, const char *part)
{
	if (compilation->list->errors == compilation->errors) {
		diagnostics_addf(compilation->list, DIAGNOSTIC_ERROR, NULL, NULL, 0,
		    "no room: out of memory while compiling the %s, after %zu KB for the result and %zu KB for the work", part,
		    compilation->arena->total / KILOBYTE, compilation->scratch.total / KILOBYTE);
	}
}

static bool
compile_parts(struct compilation *compilation)
{
	static const struct {
		bool (*compile)(struct compilation *compilation);
		const char *name;
	} parts[] = {
	    {make_tables, "configuration"},
	    {compile_names, "DNS names"},
	    {compile_interfaces, "interfaces"},
	    {compile_advertisements, "router advertisements"},
	    {compile_instances, "routing instances"},
	    {compile_zones, "security zones"},
	    {compile_schedulers, "schedulers"},
	    {compile_nat, "address translation"},
	    {compile_policies, "security policies"},
	    {compile_nat_publics, "address translation"},
	    {compile_nat_rules, "rule-sets of address translation"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].compile(compilation)) {
			report_memory(compilation, parts[i].name);
			return false;
		}
	}
	compile_flow(compilation);
	compile_services(compilation);
	compile_unsupported(compilation);
	return true;
}

void
snapshot_destroy(struct snapshot *snapshot)
{
	if (snapshot == NULL) {
		return;
	}
	struct snapshot_store *store = (struct snapshot_store *)snapshot;
	classifier_destroy(store->classifier);
	classifier_destroy(store->nat_source_classifier);
	classifier_destroy(store->nat_destination_classifier);
	arena_release(&store->arena);
	free(store);
}

struct snapshot_size
snapshot_size(const struct snapshot *snapshot, const struct snapshot_registry *registry)
{
	const struct snapshot_store *store = (const struct snapshot_store *)snapshot;
	struct snapshot_size size = {
	    .policy_numbers = registry_count(registry, REGISTRY_POLICY),
	    .policies_most = registry_most(REGISTRY_POLICY),
	    .bytes = sizeof(*store) + store->arena.total,
	    .classifier = classifier_size(snapshot->classifier),
	};

	for (uint32_t i = 0; i < snapshot->policy_count; i++) {
		size.policies += snapshot->policies[i].present ? 1 : 0;
	}
	return size;
}

/* `errors`: how many there were before; with more, nothing comes of it. */
static struct snapshot *
compile_expanded(const struct conf_tree *tree, struct snapshot_registry *registry,
    const struct snapshot_options *options, size_t errors, struct diagnostics *list)
{
	const struct registry_mark mark = registry_mark(registry);
	struct snapshot_store *store = calloc(1, sizeof(*store));

	if (store == NULL) {
		list->failed = true;
		return NULL;
	}
	struct compilation compilation = {
	    .tree = tree,
	    .top = conf_tree_top(tree),
	    .registry = registry,
	    .options = options,
	    .list = list,
	    .errors = errors,
	    .arena = &store->arena,
	    .store = store,
	    .snapshot = &store->snapshot,
	};
	store->snapshot.id = options->id;
	conf_check(tree, list);
	const bool compiled = compile_parts(&compilation);
	arena_release(&compilation.scratch);
	if (!compiled || list->failed || list->errors > compilation.errors) {
		registry_go_back(registry, &mark);
		snapshot_destroy(&store->snapshot);
		return NULL;
	}
	return &store->snapshot;
}

struct snapshot *
snapshot_compile(const struct conf_tree *tree, struct snapshot_registry *registry,
    const struct snapshot_options *options, struct diagnostics *list)
{
	const size_t errors = list->errors;

	if (!conf_has_groups(tree)) {
		return compile_expanded(tree, registry, options, errors, list);
	}
	struct conf_tree *expanded = conf_expand(tree, list);
	struct snapshot *snapshot = NULL;

	if (expanded != NULL) {
		snapshot = compile_expanded(expanded, registry, options, errors, list);
	}
	conf_tree_destroy(expanded);
	return snapshot;
}
