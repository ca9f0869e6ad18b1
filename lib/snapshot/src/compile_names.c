/*
 * Addresses by DNS name (REQ-POL-020).
 *
 * The compilation asks whoever resolves names for the addresses known now; when they change the same configuration is
 * compiled again. Nobody to ask, or nothing known: the entry matches nothing. Never any: a permit stays closed. That a
 * refusal stays closed too is why it gets addresses that permits do not any more (struct snapshot_names).
 */
#include "compile.h"
#include "conf/books.h"
#include "conf/hosts.h"

struct each_name {
	const struct conf_node *top;
	void (*call)(void *context, const struct conf_node *dns_name);
	void *context;
};

static void
walk_book(const struct conf_node *book, const struct each_name *each)
{
	for (const struct conf_node *address = conf_first(book, "address"); address; address = conf_next(address)) {
		const struct conf_node *dns_name = conf_child(address, "dns-name");

		if (dns_name != NULL && conf_static_host(each->top, dns_name->value) == NULL) {
			each->call(each->context, dns_name);
		}
	}
}

void
snapshot_dns_names(const struct conf_tree *tree, void (*each)(void *context, const struct conf_node *dns_name),
    void *context)
{
	const struct each_name every = {.top = conf_tree_top(tree), .call = each, .context = context};
	const struct conf_node *zones = conf_walk(conf_tree_top(tree), "security", "zones", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		walk_book(conf_child(zone, "address-book"), &every);
	}
	walk_book(conf_global_book(conf_tree_top(tree)), &every);
}

struct tally {
	struct compilation *compilation;
	struct name_table *seen;
	uint32_t count;
	bool failed;
};

static void
count_name(void *context, const struct conf_node *dns_name)
{
	struct tally *tally = context;

	if (tally->failed || name_table_find(tally->seen, dns_name->value) != 0) {
		return;
	}
	tally->count++;
	tally->failed = !name_table_set(tally->seen, dns_name->value, tally->count);
	if (tally->count == SNAPSHOT_NAMES_MOST + 1) {
		compile_error(tally->compilation, dns_name, "more than %d different DNS names", SNAPSHOT_NAMES_MOST);
	}
}

bool
compile_names(struct compilation *compilation)
{
	struct tally tally = {
	    .compilation = compilation,
	    .seen = name_table_create(&compilation->scratch),
	};

	if (tally.seen == NULL) {
		return false;
	}
	snapshot_dns_names(compilation->tree, count_name, &tally);
	return !tally.failed;
}

void
compile_names_end(struct compilation *compilation)
{
	if (compilation->named_refusals > 0) {
		compile_warning(compilation, compilation->named_refusal,
		    "a policy that denies or rejects by DNS name refuses nothing before the name is resolved (%u of them)",
		    compilation->named_refusals);
	}
}
