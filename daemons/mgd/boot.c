/*
 * Choosing and cleaning the first configuration. See boot.h.
 *
 * What the checks refuse is taken out statement by statement until they are content. That may never widen what passes: of
 * a policy that permits, the policy goes; for any other policy the whole pair of zones goes, so that nothing behind a
 * missing deny is reached.
 */
#include "boot.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commit.h"
#include "conf/wrapped.h"
#include "confirm.h"
#include "factory.h"
#include "keep.h"
#include "password.h"
#include "schedule.h"
#include "wrap.h"

enum {
	ROUNDS = 500,     /* of taking out */
	SAID_MOST = 50,   /* lines on the terminal; the log has them all */
	FILE_MOST = 64 << 20,
};

struct origin {
	struct mgd *mgd;
	const char *file; /* for messages */
	unsigned said;
};

static void
tell(struct origin *origin, enum log_severity severity, const char *tag, const char *line)
{
	struct text words = TEXT_EMPTY;

	logger_printf(origin->mgd->logger, severity, tag, "%s", line);
	if (origin->said++ < SAID_MOST) {
		text_printf(&words, "say %s", line);
		daemon_notify(&origin->mgd->options, text_string(&words));
		text_release(&words);
	}
}

static void
tell_one(struct origin *origin, const struct diagnostic *one, const char *consequence)
{
	struct text line = TEXT_EMPTY;

	text_append(&line, origin->file);
	if (one->line != 0) {
		text_printf(&line, ":%u", one->line);
	}
	text_append(&line, ": ");
	if (one->path != NULL) {
		text_printf(&line, "[edit%s%s] ", one->path[0] == '\0' ? "" : " ", one->path);
	}
	if (one->statement != NULL) {
		text_printf(&line, "'%s': ", one->statement);
	}
	text_printf(&line, "%s%s", one->message, consequence);
	tell(origin, one->severity == DIAGNOSTIC_ERROR ? LOG_SEVERITY_ERROR : LOG_SEVERITY_WARNING,
	    "UI_CONFIGURATION_ERROR", text_string(&line));
	text_release(&line);
}

static void
tell_all(struct origin *origin, const struct diagnostics *list, const char *consequence)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct diagnostic *one = &list->items[i];

		tell_one(origin, one, one->severity == DIAGNOSTIC_ERROR ? consequence : "");
	}
}

/* --- taking out what the checks refuse -------------------------------------------------------------------------- */

static bool
remove_at(struct conf_tree *tree, const char *path, const char *statement)
{
	struct conf_editor editor = {.tree = tree, .level = TEXT_EMPTY};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	bool gone;

	text_append(&editor.level, path);
	gone = conf_edit(&editor, CONF_EDIT_DELETE, statement, &list) && !conf_only_absent(&list);
	text_release(&editor.level);
	diagnostics_release(&list);
	return gone;
}

static const struct conf_node *
find_at(struct conf_tree *tree, const char *path)
{
	struct conf_editor editor = {.tree = tree, .level = TEXT_EMPTY};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	const struct conf_node *node = conf_edit_find(&editor, path, &list);

	text_release(&editor.level);
	diagnostics_release(&list);
	return node;
}

static bool
remove_node(struct conf_tree *tree, const struct conf_node *node)
{
	struct text path = TEXT_EMPTY;
	bool gone;

	conf_path(node, &path);
	gone = remove_at(tree, "", text_string(&path));
	text_release(&path);
	return gone;
}

static const struct conf_node *
policy_around(const struct conf_node *node)
{
	while (node != NULL && strcmp(node->schema->name, "policy") != 0) {
		node = node->parent;
	}
	return node;
}

static bool
remove_policy(struct conf_tree *tree, const struct conf_node *policy)
{
	const struct conf_node *then = conf_child(policy, "then");

	if (conf_child(then, "permit") != NULL || policy->parent == NULL) {
		return remove_node(tree, policy);
	}
	return remove_node(tree, policy->parent);
}

/* True: something is gone. */
static bool
take_out(struct conf_tree *tree, const struct diagnostic *one)
{
	const char *path = one->path == NULL ? "" : one->path;
	const struct conf_node *node = find_at(tree, path);
	const struct conf_node *policy = policy_around(node);

	if (policy != NULL) {
		return remove_policy(tree, policy);
	}
	if (one->statement != NULL && one->statement[0] != '\0' && remove_at(tree, path, one->statement)) {
		return true;
	}
	/* Something is missing there: the whole it is missing from cannot stay. */
	return node != NULL && path[0] != '\0' && remove_node(tree, node);
}

/* False: the checks are never content. */
static bool
clean(struct origin *origin, struct conf_tree *tree)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct diagnostics list = DIAGNOSTICS_EMPTY;
		bool progress = false;
		bool content;

		mgd_check(tree, &list);
		content = list.errors == 0 && !list.failed;
		for (size_t i = 0; i < list.count; i++) {
			if (list.items[i].severity == DIAGNOSTIC_ERROR && take_out(tree, &list.items[i])) {
				tell_one(origin, &list.items[i], " (left out)");
				progress = true;
			}
		}
		if (!content && !progress) {
			tell_all(origin, &list, "");
		}
		diagnostics_release(&list);
		if (content || !progress) {
			return content;
		}
	}
	return false;
}

/* --- sources ---------------------------------------------------------------------------------------------------- */

static bool
holds_unreadable(const struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].message, CONF_NOT_UNWRAPPED) == 0) {
			return true;
		}
	}
	return false;
}

/* NULL: it cannot be used. */
static struct conf_tree *
tree_of(struct origin *origin, enum conf_format format, const struct text *content)
{
	struct conf_tree *tree = conf_tree_create(origin->mgd->schema);
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	if (tree == NULL) {
		return NULL;
	}
	(void)mgd_load_stored(origin->mgd, tree, format, content, &list);
	if (wrap_is_new(origin->mgd->wrap) && holds_unreadable(&list)) {
		tell(origin, LOG_SEVERITY_CRITICAL, "UI_MASTER_KEY_LOST",
		    "db/master-key was gone and a new one is made: the secrets of these statements cannot be read. Put the "
		    "old key back before the next commit, or set them again");
	}
	tell_all(origin, &list, " (left out)");
	diagnostics_release(&list);
	if (!password_hash_all(tree)) {
		tell(origin, LOG_SEVERITY_ERROR, "UI_CONFIGURATION_ERROR", "a password could not be hashed (left out)");
	}
	if (!clean(origin, tree)) {
		conf_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

static bool
take_stored(struct mgd *mgd, size_t rollback)
{
	struct store_entry entry;
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct text name = TEXT_EMPTY;
	struct origin origin = {.mgd = mgd};
	bool rescue = rollback == store_count(mgd->store);
	bool good = rescue ? store_read_rescue(mgd->store, &entry, &content, &error)
	                   : store_read(mgd->store, rollback, &entry, &content, &error);

	text_printf(&name, rescue ? "rescue configuration" : "rollback %zu", rollback);
	origin.file = text_string(&name);
	if (good) {
		mgd->running = tree_of(&origin, CONF_FORMAT_TEXT, &content);
		mgd->running_id = entry.commit;
		mgd->stored = !rescue && rollback == 0;
	} else if (!rescue || store_has_rescue(mgd->store)) {
		text_clear(&name);
		text_printf(&name, "stored configuration %s: the %s is taken", text_string(&error),
		    rescue ? "factory default" : "one before it");
		tell(&origin, LOG_SEVERITY_CRITICAL, "UI_STORE_DAMAGED", text_string(&name));
	}
	text_release(&content);
	text_release(&error);
	text_release(&name);
	return mgd->running != NULL;
}

static bool
read_all(int descriptor, struct text *content)
{
	char piece[16384];
	off_t at = 0;
	ssize_t got = 1;

	/* By position: the descriptor is shared with whoever started us, and with the next one it starts. */
	while (got > 0 && content->length < FILE_MOST) {
		got = pread(descriptor, piece, sizeof(piece), at);
		if (got > 0) {
			text_append_bytes(content, piece, (size_t)got);
			at += got;
		}
	}
	return got == 0 && !text_failed(content);
}

static bool
take_file(struct mgd *mgd, const struct boot_file *file)
{
	struct origin origin = {.mgd = mgd, .file = file->name};
	struct text content = TEXT_EMPTY;

	if (!read_all(file->descriptor, &content)) {
		tell(&origin, LOG_SEVERITY_CRITICAL, "UI_CONFIGURATION_ERROR", "the configuration file cannot be read");
	} else {
		mgd->running = tree_of(&origin, CONF_FORMAT_AUTO, &content);
	}
	text_release(&content);
	return mgd->running != NULL;
}

static bool
take_factory(struct mgd *mgd)
{
	struct origin origin = {.mgd = mgd, .file = "factory default"};
	struct text content = TEXT_EMPTY;

	for (const char *const *line = factory_default; *line != NULL; line++) {
		text_append(&content, *line);
		text_append_char(&content, '\n');
	}
	if (!text_failed(&content)) {
		mgd->running = tree_of(&origin, CONF_FORMAT_TEXT, &content);
	}
	text_release(&content);
	return mgd->running != NULL;
}

static void
announce(struct mgd *mgd, const char *what, const struct boot_file *unused)
{
	struct origin origin = {.mgd = mgd};
	struct text line = TEXT_EMPTY;

	text_append(&line, what);
	if (unused != NULL && unused->descriptor >= 0) {
		text_printf(&line, "; %s is not used", unused->name);
	}
	tell(&origin, LOG_SEVERITY_NOTICE, "UI_CONFIGURATION_IN_FORCE", text_string(&line));
	text_release(&line);
}

bool
boot_configuration(struct mgd *mgd, const struct boot_file *file)
{
	struct text what = TEXT_EMPTY;
	size_t count = store_count(mgd->store);
	bool good = false;

	/* The place behind the last is the rescue configuration. */
	for (size_t i = 0; i <= count && !good; i++) {
		good = take_stored(mgd, i);
	}
	if (good) {
		text_printf(&what, "configuration of commit %llu is in force", (unsigned long long)mgd->running_id);
		announce(mgd, text_string(&what), file);
	} else if (count == 0 && file->descriptor >= 0) {
		good = take_file(mgd, file);
		text_printf(&what, "configuration of %s is in force", file->name);
		announce(mgd, good ? text_string(&what) : "no configuration can be put in force", NULL);
	} else {
		good = take_factory(mgd);
		announce(mgd, "the factory default is in force", file);
	}
	text_release(&what);
	good = good && mgd_reset_candidate(mgd);
	if (good) {
		keep_resume(mgd);
		confirm_resume(mgd);
		/* Overdue: before anybody can confirm it, and before a daemon gets it. */
		commit_tick(mgd);
		schedule_resume(mgd);
	}
	return good;
}
