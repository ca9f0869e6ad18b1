/*
 * Small things that mgd's parts share.
 */
#include "mgd.h"

#include <time.h>

#include "snapshot/snapshot.h"

int64_t
mgd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *
mgd_host_name(const struct mgd *mgd)
{
	const char *name = conf_value(conf_child(conf_tree_top(mgd->running), "system"), "host-name");

	return name == NULL ? "sallyport" : name;
}

bool
mgd_reset_candidate(struct mgd *mgd)
{
	struct conf_tree *copy = conf_tree_copy(mgd->running);

	if (copy == NULL) {
		return false;
	}
	conf_tree_destroy(mgd->candidate);
	mgd->candidate = copy;
	mgd->changed = false;
	return true;
}

void
mgd_check(const struct conf_tree *tree, struct diagnostics *list)
{
	struct snapshot_registry *registry = snapshot_registry_create();
	struct snapshot_options options = {.id = 1, .wall = (int64_t)time(NULL), .advice = true};
	struct snapshot *snapshot;

	if (registry == NULL) {
		list->failed = true;
		return;
	}
	snapshot = snapshot_compile(tree, registry, &options, list);
	if (snapshot == NULL && list->errors == 0) {
		diagnostics_addf(list, DIAGNOSTIC_ERROR, NULL, NULL, 0, "out of memory");
	}
	snapshot_destroy(snapshot);
	snapshot_registry_destroy(registry);
}
