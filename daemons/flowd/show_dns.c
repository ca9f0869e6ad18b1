/*
 * show security dns-cache, clear security dns-cache, request security dns-cache refresh.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "conf/hosts.h"
#include "ipc/names_link.h"

static void
add_row(struct op_tree *tree, const struct names_view *view, const struct resolve_address *address)
{
	struct op_node *row = op_add(tree, tree->root, "dns-cache-entry", NULL);
	struct text text = TEXT_EMPTY;

	(void)op_add(tree, row, "dns-name", view->name);
	(void)op_add(tree, row, "record-type", view->family == 4 ? "A" : "AAAA");
	(void)op_add(tree, row, "state", names_state_word(view->state));
	if (view->ttl > 0) {
		(void)op_add_number(tree, row, "ttl", view->ttl);
	}
	(void)op_add_number(tree, row, "next-query", view->left);
	if (address != NULL) {
		resolve_address_print(address, &text);
	} else if (view->reason[0] != '\0') {
		text_printf(&text, "- (%s)", view->reason);
	}
	if (text.length > 0) {
		(void)op_add(tree, row, "ip-address", text_string(&text));
	}
	if (view->failures > 0) {
		(void)op_add_number(tree, row, "failures", view->failures);
		(void)op_add(tree, row, "reason", view->reason);
	}
	text_release(&text);
}

enum answer_progress
show_dns_cache(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct names *names = dns_table(sources->dns);
	const char *wanted = op_value(answer->request.root, "dns-name");
	const uint64_t now = names_link_now();

	(void)error;
	for (; answer->cursor < names_count(names); answer->cursor++) {
		if (tree->size > ANSWER_CHUNK) {
			return ANSWER_MORE;
		}
		for (uint8_t family = 4; family <= 6; family += 2) {
			struct names_view view;

			names_view(names, answer->cursor, family, now, &view);
			if (wanted != NULL && strcasecmp(wanted, view.name) != 0) {
				continue;
			}
			answer->total += family == 4 ? 1 : 0;
			for (uint16_t i = 0; i < view.count; i++) {
				add_row(tree, &view, &view.addresses[i]);
			}
			if (view.count == 0) {
				add_row(tree, &view, NULL);
			}
		}
	}
	const struct dns_compiled compiled = dns_compiled(sources->dns);

	(void)op_add_number(tree, tree->root, "dns-cache-name-count", answer->total);
	(void)op_add_number(tree, tree->root, "dns-compile-count", compiled.count);
	if (compiled.count > 0) {
		(void)op_addf(tree, tree->root, "dns-compile-time", "%" PRIu64 ".%03" PRIu64 " ms", compiled.last / 1000000,
		    compiled.last / 1000 % 1000);
	}
	return ANSWER_END;
}

enum answer_progress
clear_dns_cache(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *wanted = op_value(answer->request.root, "dns-name");
	const size_t count = names_refresh(dns_table(sources->dns), wanted, names_link_now());

	if (wanted != NULL && count == 0) {
		text_printf(error, "no address book has the DNS name '%s'", wanted);
		return ANSWER_FAILED;
	}
	dns_serve(sources->dns);
	(void)op_add_number(tree, tree->root, "asked-name-count", count);
	return ANSWER_END;
}

static void
add_address(struct op_tree *tree, struct op_node *element, const char *name, const struct resolve_address *address)
{
	struct text text = TEXT_EMPTY;

	resolve_address_print(address, &text);
	(void)op_add(tree, element, name, text_string(&text));
	text_release(&text);
}

/* What static-host-mapping says of the name that is asked for: then no server has to be. */
static void
add_static_host(struct op_tree *tree, const struct conf_tree *configuration, const char *name)
{
	const struct conf_node *host = conf_static_host(conf_tree_top(configuration), name);
	static const char *const families[] = {"inet", "inet6"};

	for (size_t i = 0; host != NULL && i < sizeof(families) / sizeof(families[0]); i++) {
		for (const struct conf_node *one = conf_first(host, families[i]); one != NULL; one = conf_next(one)) {
			(void)op_add(tree, tree->root, families[i], one->value);
		}
	}
}

enum answer_progress
show_name_servers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct names_server servers[NAMES_SERVERS];
	const size_t count = sources->configuration == NULL ? 0 : dns_servers(sources->configuration->tree, servers);

	const char *name = op_value(answer->request.root, "name");

	(void)error;
	if (sources->configuration != NULL && name != NULL) {
		add_static_host(tree, sources->configuration->tree, name);
	}
	for (size_t i = 0; i < count; i++) {
		struct op_node *element = op_add(tree, tree->root, "name-server", NULL);

		add_address(tree, element, "address", &servers[i].address);
		if (servers[i].source.family != 0) {
			add_address(tree, element, "source-address", &servers[i].source);
		}
	}
	return ANSWER_END;
}
