/*
 * show security dns-cache, clear security dns-cache, request security dns-cache refresh.
 */
#include <string.h>
#include <strings.h>

#include "answer.h"
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
	(void)op_add_number(tree, tree->root, "dns-cache-name-count", answer->total);
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

enum answer_progress
show_name_servers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct names_server servers[NAMES_SERVERS];
	const size_t count = sources->configuration == NULL ? 0 : dns_servers(sources->configuration->tree, servers);

	(void)answer;
	(void)error;
	for (size_t i = 0; i < count; i++) {
		struct op_node *element = op_add(tree, tree->root, "name-server", NULL);

		add_address(tree, element, "address", &servers[i].address);
		if (servers[i].source.family != 0) {
			add_address(tree, element, "source-address", &servers[i].source);
		}
	}
	return ANSWER_END;
}
