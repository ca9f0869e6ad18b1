/*
 * The message for transferd. See transfer.h.
 *
 * Without `system archival` it holds no configuration: a copy that nobody wants is not made.
 */
#include "transfer.h"

#include "conf/groups.h"
#include "ipc/transfer.h"

static void
add_sites(const struct conf_node *archival, struct ipc_pairs *sites)
{
	for (const struct conf_node *one = conf_first(archival, "archive-sites"); one != NULL; one = conf_next(one)) {
		if (!one->inactive) {
			ipc_pairs_add(sites, "site", one->value);
		}
	}
}

/* Who committed what is in force; what came from a file at boot, nobody did. */
static void
find_commit(const struct mgd *mgd, struct store_entry *entry)
{
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	*entry = (struct store_entry){.commit = mgd->running_id, .user = "root", .client = "boot"};
	if (mgd->stored) {
		(void)!store_read(mgd->store, 0, entry, &content, &error);
	}
	text_release(&content);
	text_release(&error);
}

static void
encode(const struct mgd *mgd, const struct conf_tree *effective, struct text *payload)
{
	const struct conf_node *archival =
	    conf_walk(conf_tree_top(effective), "system", "archival", "configuration", NULL);
	struct text content = TEXT_EMPTY;
	struct store_entry entry;
	struct ipc_transfer transfer = {
	    .id = mgd->running_id,
	    .on_commit = conf_present(archival, "transfer-on-commit"),
	    .interval = (uint32_t)conf_number(archival, "transfer-interval", 0),
	    .host_name = mgd_host_name(mgd),
	};

	find_commit(mgd, &entry);
	transfer.wall = entry.wall;
	transfer.user = entry.user;
	transfer.client = entry.client;
	transfer.comment = entry.comment;
	add_sites(archival, &transfer.sites);
	if (transfer.sites.count > 0) {
		mgd_render_stored(mgd, mgd->running, &content);
	}
	transfer.text = text_string(&content);
	transfer.length = content.length;
	ipc_transfer_encode(&transfer, payload);
	if (text_failed(&content)) {
		payload->failed = true;
	}
	ipc_pairs_release(&transfer.sites);
	text_release(&content);
}

void
transfer_encode(const struct mgd *mgd, struct text *payload)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *expanded = conf_has_groups(mgd->running) ? conf_expand(mgd->running, &list) : NULL;

	encode(mgd, expanded == NULL ? mgd->running : expanded, payload);
	payload->failed = payload->failed || list.failed;
	conf_tree_destroy(expanded);
	diagnostics_release(&list);
}
