/*
 * Connections to logd, flowd and transferd. See link.h.
 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "conf/groups.h"
#include "conf/wrapped.h"
#include "transfer.h"

static const char *const names[LINK_COUNT] = {
    [LINK_LOGD] = "logd",
    [LINK_FLOWD] = "flowd",
    [LINK_TRANSFERD] = "transferd",
};

bool
links_create(struct mgd *mgd, const struct link_listener *listener)
{
	mgd->link_listener = listener;
	mgd->links = calloc(LINK_COUNT, sizeof(*mgd->links));
	for (int i = 0; mgd->links != NULL && i < LINK_COUNT; i++) {
		mgd->links[i].name = names[i];
	}
	return mgd->links != NULL;
}

void
links_destroy(struct mgd *mgd)
{
	for (int i = 0; mgd->links != NULL && i < LINK_COUNT; i++) {
		ipc_connection_destroy(mgd->links[i].connection);
	}
	free(mgd->links);
	mgd->links = NULL;
}

void
link_drop(struct mgd *mgd, struct link *link, const char *why)
{
	bool greeted = link->greeted;

	if (link->connection == NULL) {
		return;
	}
	if (greeted) {
		logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "MGD_DAEMON_LOST", "%s: %s", link->name, why);
	}
	ipc_connection_destroy(link->connection);
	*link = (struct link){.name = link->name};
	mgd->link_listener->take_loss(mgd, link, why);
}

static void
render_block(const struct conf_node *node, struct text *out)
{
	if (node != NULL) {
		text_printf(out, "%s {\n", node->schema->name);
		conf_render(node, CONF_FORMAT_TEXT, out);
		text_append(out, "}\n");
	}
}

/* logd has no use for more than `system` and `security log`. */
static void
render_expanded(const struct link *link, const struct conf_tree *tree, struct text *out)
{
	const struct conf_node *top = conf_tree_top(tree);

	if (strcmp(link->name, names[LINK_LOGD]) != 0) {
		conf_render(top, CONF_FORMAT_TEXT, out);
		return;
	}
	render_block(conf_child(top, "system"), out);
	text_append(out, "security {\n");
	render_block(conf_walk(top, "security", "log", NULL), out);
	text_append(out, "}\n");
}

/* Daemons know nothing of groups, nor of secrets. What is wrong with these was told by the check. */
static void
render_for(const struct link *link, const struct conf_tree *tree, struct text *out)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *own = conf_has_groups(tree) ? conf_expand(tree, &list) : NULL;
	bool good = !list.failed;

	/* None of them has a use for a secret, or for the hash of a password. */
	if (good && conf_names_secrets(own == NULL ? tree : own)) {
		own = own == NULL ? conf_tree_copy(tree) : own;
		good = own != NULL && conf_withhold_secrets(own);
	}
	if (good) {
		render_expanded(link, own == NULL ? tree : own, out);
	}
	out->failed = out->failed || !good;
	conf_tree_destroy(own);
	diagnostics_release(&list);
}

bool
link_concerned(const struct link *link, const struct conf_tree *before, const struct conf_tree *after)
{
	struct text old = TEXT_EMPTY;
	struct text new = TEXT_EMPTY;
	bool same;

	render_for(link, before, &old);
	render_for(link, after, &new);
	same = !text_failed(&old) && !text_failed(&new) && strcmp(text_string(&old), text_string(&new)) == 0;
	text_release(&old);
	text_release(&new);
	return !same;
}

static bool
ask(struct mgd *mgd, struct link *link, enum ipc_type type, struct text *payload)
{
	bool good = link->connection != NULL && !text_failed(payload) &&
	    ipc_connection_send(link->connection, type, ++link->request, payload->bytes, payload->length) == IPC_OK;

	text_release(payload);
	if (!good && link->connection != NULL) {
		link_drop(mgd, link, "it does not take messages");
	}
	return good;
}

bool
link_verify(struct mgd *mgd, struct link *link, const struct conf_tree *tree, uint64_t id)
{
	struct text body = TEXT_EMPTY;
	struct text payload = TEXT_EMPTY;
	struct ipc_verify verify = {.id = id + 1};

	render_for(link, tree, &body);
	verify.text = text_string(&body);
	verify.length = body.length;
	ipc_verify_encode(&verify, &payload);
	if (text_failed(&body)) {
		payload.failed = true;
	}
	text_release(&body);
	link->asked = id;
	return ask(mgd, link, IPC_VERIFY, &payload);
}

bool
link_apply(struct mgd *mgd, struct link *link, uint64_t id)
{
	struct text payload = TEXT_EMPTY;

	ipc_apply_encode(&(struct ipc_apply){.id = id + 1}, &payload);
	link->asked = id;
	return ask(mgd, link, IPC_APPLY, &payload);
}

void
link_abort(struct mgd *mgd, struct link *link, uint64_t id)
{
	struct text payload = TEXT_EMPTY;

	ipc_apply_encode(&(struct ipc_apply){.id = id + 1}, &payload);
	(void)ask(mgd, link, IPC_ABORT, &payload);
}

bool
link_follows(const struct mgd *mgd, const struct link *link)
{
	return link == &mgd->links[LINK_TRANSFERD];
}

/* A follower is told what is in force, in one step. */
static bool
tell(struct mgd *mgd, struct link *link)
{
	struct text payload = TEXT_EMPTY;

	transfer_encode(mgd, &payload);
	link->asked = mgd->running_id;
	return ask(mgd, link, IPC_TRANSFER, &payload);
}

static void
start_load(struct mgd *mgd, struct link *link)
{
	if (link_follows(mgd, link) ? tell(mgd, link) : link_verify(mgd, link, mgd->running, mgd->running_id)) {
		link->state = LINK_LOADING;
		link->deadline = mgd_now() + mgd->patience;
	}
}

/* A daemon that greets and then does not answer gets another connection; one that is not there yet is waited for. */
static void
check_deadline(struct mgd *mgd, struct link *link)
{
	bool loading = link->state == LINK_LOADING || link->state == LINK_APPLYING;

	if (!loading || !link->greeted) {
		link->deadline = mgd_now() + mgd->patience;
	} else if (mgd_now() > link->deadline) {
		link_drop(mgd, link, "it does not answer");
	}
}

static void
connect_link(struct mgd *mgd, struct link *link)
{
	struct text path = TEXT_EMPTY;

	daemon_socket_path(mgd->options.state, link->name, &path);
	link->connection = ipc_connect(text_string(&path), "mgd", NULL);
	text_release(&path);
	if (link->connection != NULL) {
		start_load(mgd, link);
	}
}

void
links_tick(struct mgd *mgd)
{
	for (int i = 0; i < LINK_COUNT; i++) {
		struct link *link = &mgd->links[i];

		check_deadline(mgd, link);
		if (link->connection == NULL) {
			connect_link(mgd, link);
		} else if (mgd->commit == NULL && link->state == LINK_READY && link->loaded != mgd->running_id) {
			start_load(mgd, link);
		} else if (mgd->commit == NULL && link->state == LINK_REFUSED && link->asked != mgd->running_id) {
			start_load(mgd, link);
		}
	}
}

bool
links_down(const struct mgd *mgd)
{
	for (int i = 0; i < LINK_COUNT; i++) {
		if (mgd->links[i].connection == NULL) {
			return true;
		}
	}
	return false;
}

size_t
links_prepare(const struct mgd *mgd, struct pollfd *polls)
{
	for (int i = 0; i < LINK_COUNT; i++) {
		const struct link *link = &mgd->links[i];

		polls[i] = (struct pollfd){.fd = -1};
		if (link->connection != NULL) {
			polls[i].fd = ipc_connection_descriptor(link->connection);
			polls[i].events = POLLIN;
			if (ipc_connection_queued(link->connection) > 0) {
				polls[i].events |= POLLOUT;
			}
		}
	}
	return LINK_COUNT;
}

static void
log_refusal(struct mgd *mgd, const struct link *link, const struct ipc_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct ipc_diagnostic *one = &result->items[i];

		if (one->error) {
			logger_printf(mgd->logger, LOG_SEVERITY_ERROR, "MGD_DAEMON_REFUSED", "%s: [edit %s] '%s': %s",
			    link->name, one->path, one->statement, one->message);
		}
	}
	logger_printf(mgd->logger, LOG_SEVERITY_CRITICAL, "MGD_DAEMON_REFUSED",
	    "%s does not take the configuration in force", link->name);
}

/* The answer in a load that no commit asked for. */
static void
take_load_result(struct mgd *mgd, struct link *link, const struct ipc_result *result)
{
	if (!result->accepted) {
		log_refusal(mgd, link, result);
		link->state = LINK_REFUSED;
	} else if (link->state == LINK_LOADING && link->asked == mgd->running_id && !link_follows(mgd, link)) {
		link->state = LINK_APPLYING;
		(void)!link_apply(mgd, link, link->asked);
	} else if (link->state == LINK_LOADING && link->asked != mgd->running_id) {
		start_load(mgd, link); /* a commit overtook it */
	} else {
		link->state = LINK_READY;
		link->loaded = link->asked;
		logger_printf(mgd->logger, LOG_SEVERITY_INFO, "MGD_DAEMON_READY", "%s has configuration %llu in force",
		    link->name, (unsigned long long)link->loaded);
		links_tick(mgd);
	}
}

static void
take_message(struct mgd *mgd, struct link *link, const struct ipc_message *message)
{
	struct ipc_result result;

	if (message->type != IPC_RESULT || message->request != link->request) {
		return; /* a late answer to a question that was given up */
	}
	if (!ipc_result_decode(&result, message->payload, message->length)) {
		link_drop(mgd, link, "it sent a malformed answer");
		return;
	}
	if (!mgd->link_listener->take_result(mgd, link, &result)) {
		take_load_result(mgd, link, &result);
	}
	ipc_result_release(&result);
}

static void
serve(struct mgd *mgd, struct link *link)
{
	struct ipc_message message;
	enum ipc_status status = ipc_connection_fill(link->connection);

	while (link->connection != NULL) {
		status = ipc_connection_next(link->connection, &message);
		if (status != IPC_OK) {
			break;
		}
		take_message(mgd, link, &message);
	}
	if (link->connection == NULL) {
		return;
	}
	link->greeted = ipc_connection_peer(link->connection)->name[0] != '\0';
	if (status != IPC_AGAIN) {
		struct text why = TEXT_EMPTY;

		text_append(&why, ipc_connection_error(link->connection));
		link_drop(mgd, link, text_string(&why));
		text_release(&why);
	}
}

void
links_serve(struct mgd *mgd, const struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct link *link = &mgd->links[i];

		if (link->connection == NULL || polls[i].revents == 0 ||
		    polls[i].fd != ipc_connection_descriptor(link->connection)) {
			continue;
		}
		if ((polls[i].revents & POLLOUT) != 0 && ipc_connection_flush(link->connection) != IPC_OK) {
			link_drop(mgd, link, "it has gone");
		} else {
			serve(mgd, link);
		}
	}
}
