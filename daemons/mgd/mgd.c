/*
 * Small things that mgd's parts share.
 */
#include "mgd.h"

#include <time.h>

#include "conf/wrapped.h"
#include "snapshot/snapshot.h"

int64_t
mgd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* From the first of the groups that are applied at `place` and know one. */
static const char *
inherited_host_name(const struct conf_node *top, const struct conf_node *place)
{
	const struct conf_node *groups = conf_child(top, "groups");
	const char *name = NULL;

	for (const struct conf_node *apply = conf_first(place, "apply-groups"); name == NULL && apply != NULL;
	     apply = conf_next(apply)) {
		name = conf_value(conf_child(conf_entry(groups, "group", apply->value, NULL), "system"), "host-name");
	}
	return name;
}

const char *
mgd_host_name(const struct mgd *mgd)
{
	const struct conf_node *top = conf_tree_top(mgd->running);
	const struct conf_node *system = conf_child(top, "system");
	const char *name = conf_value(system, "host-name");

	if (name == NULL) {
		name = inherited_host_name(top, system);
	}
	if (name == NULL) {
		name = inherited_host_name(top, top);
	}
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

static bool
wrap_secret(void *context, const char *value, const char *path, struct text *out)
{
	return wrap_close(context, value, path, out);
}

static bool
unwrap_secret(void *context, const char *value, const char *path, struct text *out)
{
	return wrap_open(context, value, path, out);
}

void
mgd_render_stored(const struct mgd *mgd, const struct conf_tree *tree, struct text *content)
{
	struct conf_tree *copy;

	if (!conf_holds_secrets(tree)) {
		conf_render(conf_tree_top(tree), CONF_FORMAT_TEXT, content);
		return;
	}
	copy = conf_tree_copy(tree);
	if (copy == NULL || !conf_wrap_secrets(copy, wrap_secret, mgd->wrap)) {
		content->failed = true;
	} else {
		conf_render(conf_tree_top(copy), CONF_FORMAT_TEXT, content);
	}
	conf_tree_destroy(copy);
}

bool
mgd_load_stored(const struct mgd *mgd, struct conf_tree *tree, enum conf_format format, const struct text *content,
    struct diagnostics *list)
{
	bool good = conf_load(tree, format, NULL, text_string(content), content->length, list);

	return conf_unwrap_secrets(tree, unwrap_secret, mgd->wrap, true, list) && good;
}

struct conf_tree *
mgd_read_stored(const struct mgd *mgd, const struct text *content, struct diagnostics *list)
{
	struct conf_tree *tree = conf_tree_create(mgd->schema);

	if (tree == NULL) {
		list->failed = true;
	} else if (!mgd_load_stored(mgd, tree, CONF_FORMAT_TEXT, content, list)) {
		conf_tree_destroy(tree);
		tree = NULL;
	}
	return tree;
}

bool
mgd_unwrap(const struct mgd *mgd, struct conf_tree *tree, struct diagnostics *list)
{
	return conf_unwrap_secrets(tree, unwrap_secret, mgd->wrap, false, list);
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
