/*
 * show system users, storage, alarms: who is here, how full the disks are, and what somebody should look at besides traffic.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "command.h"
#include "history.h"
#include "ipc/server.h"
#include "link.h"
#include "processes.h"
#include "store.h"

enum {
	SECOND = 1000, /* in milliseconds */
	MINUTE = 60,
	HOUR = 3600,
	FULL_PERCENT = 90,
	PERCENT = 100,
	KIBI = 1024,
};

/* --- users ------------------------------------------------------------------------------------------------------ */

static void
add_idle(struct op_tree *tree, struct op_node *row, int64_t seconds)
{
	(void)op_addf(tree, row, "idle-time", "%02d:%02d:%02d", (int)(seconds / HOUR), (int)(seconds % HOUR / MINUTE),
	    (int)(seconds % MINUTE));
}

static void
add_user(struct op_tree *tree, const struct session *who)
{
	struct op_node *row = op_add(tree, tree->root, "user-entry", NULL);
	struct text began = TEXT_EMPTY;

	history_append_time(who->began, &began);
	(void)op_add(tree, row, "user", who->user);
	(void)op_add(tree, row, "class", who->administrator ? "super-user" : who->known ? who->class.name : "none");
	(void)op_addf(tree, row, "process-id", "%d", (int)ipc_connection_peer(who->client->connection)->pid);
	(void)op_add(tree, row, "login-time", text_string(&began));
	add_idle(tree, row, (mgd_now() - who->last) / SECOND);
	(void)op_add(tree, row, "mode", who->mode == IPC_MODE_CONFIGURE ? "configuration" : "operational");
	text_release(&began);
}

enum command_outcome
command_show_users(struct session *session, const struct op_command *command)
{
	const struct ipc_client *client;
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	for (size_t i = 0; (client = ipc_server_client(session->mgd->server, i)) != NULL; i++) {
		if (client->data != NULL && ((const struct session *)client->data)->user[0] != '\0') {
			add_user(&tree, client->data);
		}
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

/* --- authorization ---------------------------------------------------------------------------------------------- */

static void
add_line(struct op_tree *tree, const char *text)
{
	(void)op_add(tree, op_add(tree, tree->root, "line", NULL), "text", text);
}

static void
add_expression(struct op_tree *tree, const char *name, const struct conf_expression *expression)
{
	struct text line = TEXT_EMPTY;

	text_printf(&line, "    %-25s: %s", name, expression->present ? "set" : "none");
	add_line(tree, text_string(&line));
	text_release(&line);
}

enum command_outcome
command_show_authorization(struct session *session, const struct op_command *command)
{
	const struct permission_class *class = &session->class;
	const bool all = session->administrator || permission_unlimited(class);
	struct text line = TEXT_EMPTY;
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	text_printf(&line, "Current user: '%s' class '%s'", session->user, session->administrator ? "super-user" : class->name);
	add_line(&tree, text_string(&line));
	add_line(&tree, "Permissions:");
	for (size_t i = 0; permission_name(i) != NULL; i++) {
		text_clear(&line);
		text_printf(&line, "    %s", permission_name(i));
		if (all || (class->permissions & permission_of(permission_name(i))) != 0) {
			add_line(&tree, text_string(&line));
		}
	}
	add_line(&tree, "Individual command authorization:");
	add_expression(&tree, "Allow regular expression", &class->allow_commands);
	add_expression(&tree, "Deny regular expression", &class->deny_commands);
	add_line(&tree, "Individual configuration authorization:");
	add_expression(&tree, "Allow regular expression", &class->allow_statements);
	add_expression(&tree, "Deny regular expression", &class->deny_statements);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	text_release(&line);
	return outcome;
}

/* --- storage ---------------------------------------------------------------------------------------------------- */

struct place {
	const char *path;
	const char *holds;
};

/* mgd's working directory is the state directory. */
static const struct place places[] = {
    {".", "configurations, logs"},
    {"/", "system"},
};

/* In the unit that leaves a few digits. */
static void
add_size(struct op_tree *tree, struct op_node *row, const char *name, double octets)
{
	static const char *const units[] = {"", "K", "M", "G", "T", "P"};
	size_t unit = 0;

	for (; octets >= KIBI && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) {
		octets /= KIBI;
	}
	(void)op_addf(tree, row, name, "%.*f%s", unit == 0 ? 0 : 1, octets, units[unit]);
}

/* As df(1) counts: of what is for all users. */
static unsigned
percent_used(const struct statvfs *status)
{
	const double used = (double)(status->f_blocks - status->f_bfree);
	const double all = used + (double)status->f_bavail;

	return all > 0 ? (unsigned)((used * PERCENT + all - 1) / all) : 0;
}

static void
add_place(struct op_tree *tree, const struct place *place)
{
	struct statvfs status;
	struct op_node *row;
	char *path = realpath(place->path, NULL);

	if (path != NULL && statvfs(place->path, &status) == 0) {
		const double block = (double)status.f_frsize;

		row = op_add(tree, tree->root, "filesystem", NULL);
		(void)op_add(tree, row, "holds", place->holds);
		add_size(tree, row, "total-size", (double)status.f_blocks * block);
		add_size(tree, row, "used-size", (double)(status.f_blocks - status.f_bfree) * block);
		add_size(tree, row, "available-size", (double)status.f_bavail * block);
		(void)op_addf(tree, row, "used-percent", "%u%%", percent_used(&status));
		(void)op_add(tree, row, "directory", path);
	}
	free(path);
}

enum command_outcome
command_show_storage(struct session *session, const struct op_command *command)
{
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		add_place(&tree, &places[i]);
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}

/* --- alarms ----------------------------------------------------------------------------------------------------- */

static void
add_alarm(struct op_tree *tree, const char *class, const char *description)
{
	struct op_node *row = op_add(tree, tree->root, "alarm-detail", NULL);

	(void)op_add(tree, row, "alarm-class", class);
	(void)op_add(tree, row, "alarm-description", description);
}

/* Those that failed and are not up again, with what they said. */
static void
add_failure_alarms(struct op_tree *tree, const struct roster_entry *roster, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text words = TEXT_EMPTY;

		if (roster[i].state != ROSTER_RUNNING && roster[i].failure[0] != '\0') {
			text_printf(&words, "%s is not running: it %s", roster[i].name, roster[i].failure);
			add_alarm(tree, "Major", text_string(&words));
		}
		text_release(&words);
	}
}

static void
add_link_alarms(struct op_tree *tree, const struct mgd *mgd)
{
	struct roster_entry roster[ROSTER_MOST];
	const size_t count = processes_roster(mgd->options.state, roster);

	add_failure_alarms(tree, roster, count);
	for (size_t i = 0; i < LINK_COUNT; i++) {
		const struct link *link = &mgd->links[i];
		const struct roster_entry *entry = roster_find(roster, count, link->name);
		struct text words = TEXT_EMPTY;

		if (link->connection == NULL || !link->greeted) {
			if (entry == NULL || entry->state == ROSTER_RUNNING || entry->failure[0] == '\0') {
				text_printf(&words, "%s is not running", link->name);
			}
		} else if (link->state == LINK_REFUSED) {
			text_printf(&words, "%s does not take the configuration", link->name);
		}
		if (words.length > 0) {
			add_alarm(tree, "Major", text_string(&words));
		}
		text_release(&words);
	}
}

static void
add_place_alarm(struct op_tree *tree, const struct place *place)
{
	struct statvfs status;
	struct text words = TEXT_EMPTY;

	if (statvfs(place->path, &status) == 0 && percent_used(&status) >= FULL_PERCENT) {
		text_printf(&words, "the file system of %s is full to %u%%", place->holds, percent_used(&status));
		add_alarm(tree, "Major", text_string(&words));
	}
	text_release(&words);
}

static void
add_configuration_alarms(struct op_tree *tree, const struct mgd *mgd)
{
	/* Before the first commit it is that of the file that `up` was given. */
	if (!mgd->stored && store_count(mgd->store) > 0) {
		add_alarm(tree, "Major", "the configuration in force is not stored: it would not outlive a restart");
	}
	if (mgd->unconfirmed) {
		add_alarm(tree, "Minor", "the last commit is not confirmed: it will be rolled back");
	}
	if (!store_has_rescue(mgd->store)) {
		add_alarm(tree, "Minor", "Rescue configuration is not set");
	}
}

enum command_outcome
command_show_system_alarms(struct session *session, const struct op_command *command)
{
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	add_link_alarms(&tree, session->mgd);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		add_place_alarm(&tree, &places[i]);
	}
	add_configuration_alarms(&tree, session->mgd);
	size_t count = 0;

	for (const struct op_node *one = op_find(tree.root, "alarm-detail"); one != NULL; one = op_next(one)) {
		count++;
	}
	(void)op_add_number(&tree, tree.root, "active-alarm-count", count);
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}
