/*
 * Sessions and what they may do. See access.h; what needs which permission is permission.c's.
 */
#include "access.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "conf/groups.h"
#include "conf/restrict.h"
#include "conf/wrapped.h"
#include "editing.h"

enum {
	CLIENTS_OF_ONE = 8, /* connections of a user who is no administrator */
	MINUTE = 60000,     /* milliseconds */
};

static bool
is_administrator(const struct mgd *mgd, const struct ipc_peer *peer)
{
	return ipc_peer_allowed(peer, mgd->options.state, IPC_ALLOW_ADMINISTRATORS);
}

bool
access_may_connect(const struct mgd *mgd, const struct ipc_peer *peer)
{
	const struct ipc_client *client;
	size_t count = 0;

	if (is_administrator(mgd, peer)) {
		return true;
	}
	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		count += ipc_connection_peer(client->connection)->uid == peer->uid ? 1 : 0;
	}
	return peer->uid != (uid_t)-1 && count < CLIENTS_OF_ONE;
}

/* The class by a configuration. False: the user has none. */
static bool
class_in(
    const struct session *session, const struct conf_tree *tree, struct permission_class *class)
{
	const struct conf_node *login = conf_walk(conf_tree_top(tree), "system", "login", NULL);
	const struct conf_node *user = conf_entry(login, "user", session->user, NULL);
	const char *name = conf_value(user, "class");
	const struct conf_node *own;

	if (name == NULL || conf_number(user, "uid", session->uid) != session->uid) {
		return false;
	}
	own = conf_entry(login, "class", name, NULL);
	return permission_predefined(name, class) || (own != NULL && permission_read(own, class));
}

/* By the configuration in force, what comes from groups included. */
static bool
find_class(const struct session *session, struct permission_class *class)
{
	const struct conf_tree *running = session->mgd->running;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *expanded;
	bool good;

	if (session->administrator) {
		return permission_predefined("super-user", class);
	}
	if (!conf_has_groups(running)) {
		return class_in(session, running, class);
	}
	expanded = conf_expand(running, &list);
	good = expanded != NULL && !list.failed && class_in(session, expanded, class);
	conf_tree_destroy(expanded);
	diagnostics_release(&list);
	return good;
}

static void
read_class(struct session *session)
{
	permission_release(&session->class);
	session->known = find_class(session, &session->class);
	session->class_of = session->mgd->running_id;
}

void
access_start(struct session *session)
{
	const struct ipc_peer *peer = ipc_connection_peer(session->client->connection);
	const struct passwd *user = getpwuid(peer->uid);

	session->uid = peer->uid;
	session->administrator = is_administrator(session->mgd, peer);
	if (user != NULL) {
		(void)snprintf(session->user, sizeof(session->user), "%s", user->pw_name);
	} else {
		(void)snprintf(session->user, sizeof(session->user), "uid-%u", (unsigned)peer->uid);
	}
	read_class(session);
	session->admitted = session->known;
	if (session->known) {
		audit_login(session->mgd, session->user, session->class.name, peer->name);
	} else {
		logger_printf(session->mgd->logger, LOG_SEVERITY_WARNING, "UI_AUTH_REFUSED",
		    "user '%s' (id %u, process %d) is not configured under [edit system login]: "
		    "refused",
		    session->user, (unsigned)peer->uid, (int)peer->pid);
	}
}

void
access_end(struct session *session)
{
	if (session->known || session->admitted) {
		audit_logout(session->mgd, session->user);
	}
	permission_release(&session->class);
}

bool
access_known(struct session *session)
{
	if (session->class_of != session->mgd->running_id) {
		read_class(session);
	}
	return session->known;
}

bool
access_refresh(struct session *session)
{
	if (!access_known(session)) {
		session_failf(session,
		    "error: user '%s' may not use this device: there is no [edit system login user "
		    "%s] with a class for him\n",
		    session->user, session->user);
	}
	return session->known;
}

void
access_tick(struct session *session)
{
	if (session->admitted && !session->busy && !access_known(session)) {
		logger_printf(session->mgd->logger, LOG_SEVERITY_NOTICE, "UI_AUTH_WITHDRAWN",
		    "user '%s' is not configured any more: the session is closed", session->user);
		ipc_client_close(session->client);
		return;
	}
	const int64_t most = (int64_t)session->class.idle_minutes * MINUTE;

	if (most > 0 && !session->busy && mgd_now() - session->last > most) {
		logger_printf(session->mgd->logger, LOG_SEVERITY_NOTICE, "UI_IDLE_TIMEOUT",
		    "user '%s' was idle for %u minutes: the session is closed", session->user,
		    session->class.idle_minutes);
		ipc_client_close(session->client);
	}
}

/* --- commands
 * ---------------------------------------------------------------------------------------------------
 */

/*
 * The command as the expressions see it: its words, then the arguments in the order of the
 * command's definition, whatever the order and the abbreviations of the line. Words of the
 * configuration are none of it.
 */
static void
append_words(struct text *out, const struct op_command *command)
{
	text_append(out, command->rpc->words);
	for (size_t i = 0; i < command->rpc->argument_count; i++) {
		const struct op_argument *argument = &command->rpc->arguments[i];
		const struct op_node *given = op_find(command->request.root, argument->name);

		if (given == NULL || argument->kind == OP_ARGUMENT_STATEMENT ||
		    argument->kind == OP_ARGUMENT_COMMAND) {
			continue;
		}
		if (argument->kind != OP_ARGUMENT_POSITION) {
			text_printf(out, " %s", argument->name);
		}
		if (given->value != NULL) {
			text_printf(out, " %s", given->value);
		}
	}
}

bool
access_command(struct session *session, const struct op_command *command, enum op_mode mode)
{
	struct text words = TEXT_EMPTY;
	bool good;

	append_words(&words, command);
	good =
	    !text_failed(&words) && permission_command(&session->class, mode, text_string(&words));
	if (!good) {
		session_failf(session, "error: permission denied: class '%s' may not run '%s'\n",
		    session->class.name, command->rpc->words);
		audit_denied(session->mgd, session->user, command->rpc->words);
	}
	text_release(&words);
	return good;
}

/* --- what is seen
 * -----------------------------------------------------------------------------------------------
 */

static bool
may_see(void *context, const struct conf_node *statement)
{
	return permission_see(context, statement);
}

static bool
may_change(void *context, const struct conf_node *statement)
{
	return permission_change(context, statement);
}

bool
access_view_names(const struct session *session, struct conf_tree *tree, struct access_view *view)
{
	struct permission_class class =
	    session->class; /* borrowed: its expressions are the session's */

	*view = (struct access_view){.tree = tree};
	if (permission_unlimited(&class)) {
		return true;
	}
	view->copy = conf_tree_copy(tree);
	view->tree = view->copy;
	if (view->copy != NULL) {
		view->hidden = conf_restrict(view->copy, may_see, &class);
	}
	return view->copy != NULL;
}

bool
access_view_start(const struct session *session, struct conf_tree *tree, struct access_view *view)
{
	const bool may_know = permission_secrets(&session->class) && !session->discreet;
	bool good = access_view_names(session, tree, view);

	if (!good || (may_know && !conf_holds_secrets(view->tree))) {
		return good;
	}
	if (view->copy == NULL) {
		view->copy = conf_tree_copy(tree);
		view->tree = view->copy;
	}
	good = view->copy != NULL &&
	       (may_know ? conf_show_secrets(view->copy) : conf_hide_secrets(view->copy));
	if (!good) {
		access_view_end(view);
	}
	return good;
}

void
access_view_end(struct access_view *view)
{
	conf_tree_destroy(view->copy);
	*view = (struct access_view){.tree = NULL};
}

void
access_view_head(const struct session *session, const struct access_view *view,
    enum conf_format format, struct text *out)
{
	if (view->hidden > 0 && format == CONF_FORMAT_TEXT) {
		text_printf(out, "## what class %s may not see is left out\n", session->class.name);
	}
}

void
access_view_text(const struct access_view *view, enum conf_format format, struct text *text)
{
	static const char quoted[] = "\"" CONF_HIDDEN_SECRET "\"";
	struct text out = TEXT_EMPTY;
	const char *at = text_string(text);
	const char *found;

	if (view->copy == NULL || (format != CONF_FORMAT_TEXT && format != CONF_FORMAT_SET)) {
		return;
	}
	while ((found = strstr(at, quoted)) != NULL) {
		text_append_bytes(&out, at, (size_t)(found - at));
		text_append(&out, CONF_HIDDEN_SECRET);
		at = found + sizeof(quoted) - 1;
	}
	text_append(&out, at);
	out.failed = out.failed || text->failed;
	text_release(text);
	*text = out;
}

/* --- what is told
 * -----------------------------------------------------------------------------------------------
 */

/* The next statement of a walk in which nothing stands; NULL: no more. */
static const struct conf_node *
next_statement(const struct conf_node *node, const struct conf_node *root)
{
	do {
		if (node->first != NULL) {
			node = node->first;
		} else {
			while (node != NULL && node != root && node->next == NULL) {
				node = node->parent;
			}
			node = node == NULL || node == root ? NULL : node->next;
		}
	} while (node != NULL && node->first != NULL);
	return node;
}

/* Of what stands below the node, how much may be seen? */
static void
count_seen(const struct session *session, const struct conf_node *root, size_t *seen, size_t *hidden)
{
	*seen = 0;
	*hidden = 0;
	for (const struct conf_node *node = root->first == NULL ? root : next_statement(root, root); node != NULL;
	     node = node == root ? NULL : next_statement(node, root)) {
		if (node->parent != NULL) {
			*(permission_see(&session->class, node) ? seen : hidden) += 1;
		}
	}
}

bool
access_sees(const struct session *session, const char *words, enum access_extent extent)
{
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = {.tree = editing_candidate(session), .level = session->level};
	const struct conf_node *node;
	bool good = true;

	if (permission_unlimited(&session->class)) {
		return true;
	}
	node = conf_edit_find(&editor, words, &silent);
	if (node != NULL) {
		size_t seen;
		size_t hidden;

		count_seen(session, node, &seen, &hidden);
		good = extent == ACCESS_ALL ? hidden == 0 : seen > 0 || hidden == 0;
	}
	diagnostics_release(&silent);
	return good;
}

/* A statement of that place, as if it were there. What cannot be read is somebody's typing. */
static bool
is_hidden(const struct session *session, const struct diagnostic *what)
{
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = {
	    .tree = conf_tree_create(conf_tree_schema(session->mgd->running)), .level = TEXT_EMPTY};
	size_t seen = 0;
	size_t hidden = 0;
	bool good = editor.tree != NULL;

	if (good && what->path != NULL && what->path[0] != '\0') {
		good = conf_edit(&editor, CONF_EDIT_ENTER, what->path, &silent);
	}
	if (good && what->statement != NULL) {
		(void)!conf_edit(&editor, CONF_EDIT_SET, what->statement, &silent);
	}
	if (good) {
		count_seen(session, conf_tree_top(editor.tree), &seen, &hidden);
	}
	text_release(&editor.level);
	conf_tree_destroy(editor.tree);
	diagnostics_release(&silent);
	return !good || hidden > 0;
}

bool
access_hides(const struct session *session, const struct diagnostics *list)
{
	bool hides = false;

	for (size_t i = 0; i < list->count && !permission_unlimited(&session->class) && !hides; i++) {
		hides = is_hidden(session, &list->items[i]);
	}
	return hides;
}

void
access_veil(const struct session *session, struct diagnostics *list)
{
	struct diagnostics veiled = DIAGNOSTICS_EMPTY;

	if (permission_unlimited(&session->class)) {
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (is_hidden(session, &list->items[i])) {
			diagnostics_addf(&veiled, list->items[i].severity, NULL, NULL, 0,
			    "this is about something that class '%s' may not see",
			    session->class.name);
		} else {
			diagnostics_add(&veiled, &list->items[i]);
		}
	}
	veiled.failed = veiled.failed || list->failed;
	veiled.errors = list->errors;
	diagnostics_release(list);
	*list = veiled;
}

/* Diagnostics as this user may see them, in order. False: memory was short, which was told. */
static bool
prepare_diagnostics(struct session *session, struct diagnostics *list)
{
	if (list->failed) {
		session_failf(session, "error: out of memory\n");
		return false;
	}
	access_veil(session, list);
	diagnostics_sort(list);
	return true;
}

static void
send_diagnostics(struct session *session, const struct diagnostics *list, struct text *rendered)
{
	if (list->errors > 0) {
		session_fail(session, rendered);
	} else {
		session_print(session, rendered);
	}
	text_release(rendered);
}

void
access_diagnose(struct session *session, struct diagnostics *list)
{
	struct text text = TEXT_EMPTY;

	if ((list->count > 0 || list->failed) && prepare_diagnostics(session, list)) {
		diagnostics_render_cli(list, &text);
		send_diagnostics(session, list, &text);
	}
}

void
access_diagnose_lines(struct session *session, struct diagnostics *list)
{
	struct text text = TEXT_EMPTY;

	if (prepare_diagnostics(session, list)) {
		diagnostics_render_lines(list, &text);
		send_diagnostics(session, list, &text);
	}
}

void
access_tell_denied(struct session *session)
{
	session_failf(session,
	    "error: permission denied: class '%s' may not change this; nothing was changed\n",
	    session->class.name);
	audit_denied(session->mgd, session->user, "a change of the configuration");
	session->denied = true;
}

/* --- what is changed
 * -------------------------------------------------------------------------------------------- */

static bool
leaves_candidate(const char *words)
{
	static const char *const known[] = {
	    "show", "commit", "run", "top", "up", "exit", "quit", "help", "status", "update"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i], words) == 0) {
			return true;
		}
	}
	return false;
}

bool
access_guard_start(
    struct session *session, const struct op_command *command, struct access_guard *guard)
{
	*guard =
	    (struct access_guard){.changed = editing_changed(session), .depth = session->depth};
	session->denied = false;
	if (command->rpc->mode != OP_MODE_CONFIGURATION || permission_unlimited(&session->class) ||
	    leaves_candidate(command->rpc->words)) {
		return true;
	}
	text_append(&guard->level, text_string(&session->level));
	guard->before = conf_tree_copy(editing_candidate(session));
	if (guard->before == NULL || text_failed(&guard->level)) {
		conf_tree_destroy(guard->before);
		text_release(&guard->level);
		session_failf(session, "error: out of memory\n");
		return false;
	}
	session->guard = guard;
	return true;
}

/* A private candidate is committed as what it changes of its base: that counts, wherever the base has gone. */
static const struct conf_node *
denied_change(struct session *session, const struct access_guard *guard)
{
	return conf_denied_change(session->editing == EDIT_PRIVATE ? session->base : guard->before,
	    editing_candidate(session), may_change, &session->class);
}

bool
access_guard_denies(struct session *session)
{
	return session->guard != NULL && denied_change(session, session->guard) != NULL;
}

static void
put_back(struct session *session, struct access_guard *guard)
{
	editing_take(session, guard->before, guard->changed);
	guard->before = NULL;
	while (session->depth > guard->depth) {
		text_release(&session->before[--session->depth]);
	}
	text_release(&session->level);
	session->level = guard->level;
	guard->level = TEXT_EMPTY;
}

/* The place is named only where it may be seen. */
static void
tell_denied(struct session *session, const struct conf_node *denied)
{
	struct text place = TEXT_EMPTY;

	if (permission_see(&session->class, denied)) {
		conf_path(denied->parent, &place);
		session_failf(session,
		    "error: permission denied: class '%s' may not change '%s' at [edit%s%s]; "
		    "nothing was changed\n",
		    session->class.name, denied->schema->name, place.length == 0 ? "" : " ",
		    text_string(&place));
	} else {
		session_failf(session,
		    "error: permission denied: class '%s' may not change this; nothing was "
		    "changed\n",
		    session->class.name);
	}
	text_release(&place);
}

bool
access_guard_end(struct session *session, struct access_guard *guard)
{
	if (guard->before == NULL) {
		return true;
	}
	session->guard = NULL;
	const struct conf_node *denied = denied_change(session, guard);
	const bool good = denied == NULL && !session->denied;

	/* Who was told already is not told again: how often would say what was there. */
	if (denied != NULL && !session->denied) {
		tell_denied(session, denied);
		audit_denied(session->mgd, session->user, "a change of the configuration");
	}
	if (!good) {
		put_back(session, guard);
	}
	conf_tree_destroy(guard->before);
	text_release(&guard->level);
	return good;
}
