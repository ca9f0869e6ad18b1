/*
 * Questions to flowd and resolverd. See ask.h.
 */
#include "ask.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ipc/daemon.h"
#include "ipc/payload.h"
#include "ipc/resolve.h"

enum {
	PATIENCE = 5000,          /* milliseconds until flowd has answered */
	RESOLVE_PATIENCE = 15000, /* until resolverd has: it tries twice */
	REQUEST_MOST = 65536,     /* octets */
	SERVERS_MOST = 8,
};

/* --- flowd ------------------------------------------------------------------------------------------------------ */

struct ipc_connection *
ask_flowd(const char *state, const struct op_tree *tree, struct text *error)
{
	static uint8_t bytes[REQUEST_MOST];
	struct writer writer = writer_over(bytes, sizeof(bytes));
	struct text path = TEXT_EMPTY;
	struct ipc_connection *connection;

	if (tree->failed || tree->size > sizeof(bytes)) {
		text_append(error, "the request is too long");
		return NULL;
	}
	op_tree_encode(tree, &writer);
	daemon_socket_path(state, "flowd", &path);
	connection = ipc_connect(text_string(&path), "probed", NULL);
	text_release(&path);
	if (connection == NULL || ipc_connection_send(connection, IPC_RPC, 1, bytes, writer_length(&writer)) != IPC_OK) {
		ipc_connection_destroy(connection);
		text_append(error, "flowd is not running");
		return NULL;
	}
	return connection;
}

/* Of the answer's one piece; `out` is its tree, the caller's. False with a sentence. */
static bool
ask_once(const char *state, const struct op_tree *tree, struct op_tree *out, struct text *error)
{
	struct ipc_connection *connection = ask_flowd(state, tree, error);
	struct ipc_rpc_done done = {.ok = false};
	struct ipc_message message;

	*out = (struct op_tree){.root = NULL};
	if (connection == NULL) {
		return false;
	}
	while (ipc_wait_message(connection, &message, PATIENCE) == IPC_OK) {
		if (message.type == IPC_RPC_DATA && out->root == NULL) {
			struct reader reader = reader_over(message.payload, message.length);

			(void)!op_tree_decode(out, &reader);
		} else if (message.type == IPC_RPC_DONE && ipc_rpc_done_decode(&done, message.payload, message.length)) {
			text_append(error, done.ok ? "" : done.message);
			ipc_string_release(done.message);
			break;
		}
	}
	ipc_connection_destroy(connection);
	if ((!done.ok || out->root == NULL) && error->length == 0) {
		text_append(error, "flowd does not answer");
	}
	return done.ok && out->root != NULL;
}

static void
add_copy(struct op_tree *tree, const struct op_node *request, const char *leaf)
{
	if (op_value(request, leaf) != NULL) {
		(void)op_add(tree, tree->root, leaf, op_value(request, leaf));
	}
}

bool
ask_source(const struct op_node *request, const char *destination, const char *state, char source[INET6_ADDRSTRLEN],
    struct text *error)
{
	struct op_tree question;
	struct op_tree answer;
	bool good;

	op_tree_start(&question, "get-local-source");
	(void)op_add(&question, question.root, "destination", destination);
	add_copy(&question, request, "source");
	add_copy(&question, request, "routing-instance");
	good = ask_once(state, &question, &answer, error) && plan_address(op_value(answer.root, "source-address"), source, error);
	op_tree_release(&question);
	op_tree_release(&answer);
	return good;
}

/* --- names ------------------------------------------------------------------------------------------------------ */

struct name_servers {
	struct resolve_address address[SERVERS_MOST];
	struct resolve_address source[SERVERS_MOST];
	size_t count;
	char known[2][INET6_ADDRSTRLEN]; /* without asking: IPv4, IPv6; "": not */
};

static bool
find_servers(const char *name, const char *state, struct name_servers *servers, struct text *error)
{
	struct op_tree question;
	struct op_tree answer;
	bool good;

	servers->count = 0;
	servers->known[0][0] = servers->known[1][0] = '\0';
	op_tree_start(&question, "get-name-servers");
	(void)op_add(&question, question.root, "name", name);
	good = ask_once(state, &question, &answer, error);
	for (size_t i = 0; i < 2; i++) {
		const char *address = op_value(answer.root, i == 0 ? "inet" : "inet6");

		(void)snprintf(servers->known[i], INET6_ADDRSTRLEN, "%s", address == NULL ? "" : address);
	}
	for (const struct op_node *node = op_find(answer.root, "name-server"); node != NULL && servers->count < SERVERS_MOST;
	     node = op_next(node)) {
		const char *address = op_value(node, "address");
		const char *source = op_value(node, "source-address");
		struct resolve_address *from = &servers->source[servers->count];

		*from = (struct resolve_address){.family = 0};
		if (address != NULL && resolve_address_parse(address, &servers->address[servers->count]) &&
		    (source == NULL || resolve_address_parse(source, from))) {
			servers->count++;
		}
	}
	if (good && servers->count == 0 && servers->known[0][0] == '\0' && servers->known[1][0] == '\0') {
		text_append(error, "there is no name server: set system name-server, or give an address");
		good = false;
	}
	op_tree_release(&question);
	op_tree_release(&answer);
	return good;
}

static bool
send_question(struct ipc_connection *resolver, const struct resolve_question *question, uint32_t number)
{
	struct text encoded = TEXT_EMPTY;
	bool good;

	resolve_question_encode(question, &encoded);
	good = !text_failed(&encoded) &&
	    ipc_connection_send(resolver, IPC_RESOLVE_ASK, number, encoded.bytes, encoded.length) == IPC_OK;
	text_release(&encoded);
	return good;
}

/* Asks one server for one family. */
static void
ask_server(struct ipc_connection *resolver, const struct resolve_question *question, uint32_t number, struct resolve_answer *answer)
{
	struct ipc_message message;

	*answer = (struct resolve_answer){.status = RESOLVE_FAILED, .reason = "resolverd does not answer"};
	if (!send_question(resolver, question, number)) {
		return;
	}
	while (ipc_wait_message(resolver, &message, RESOLVE_PATIENCE) == IPC_OK) {
		if (message.type == IPC_RESOLVE_ANSWER && message.request == number &&
		    resolve_answer_decode(answer, message.payload, message.length)) {
			return;
		}
	}
}

/* Which family to ask for first, and whether for that one only. */
static uint8_t
family_of(const struct op_node *request, bool *only)
{
	const char *source = op_value(request, "source");

	*only = true;
	if (op_find(request, "inet6") != NULL || (source != NULL && strchr(source, ':') != NULL)) {
		return 6;
	}
	*only = op_find(request, "inet") != NULL || source != NULL;
	return 4;
}

/* The servers in their order, until one knows; what it says of a family counts. */
static bool
resolve(struct ipc_connection *resolver, const struct name_servers *servers, struct resolve_question *question,
    struct resolve_answer *answer)
{
	for (size_t i = 0; i < servers->count; i++) {
		question->server = servers->address[i];
		question->source = servers->source[i];
		ask_server(resolver, question, (uint32_t)(question->family * SERVERS_MOST + i), answer);
		if (answer->status != RESOLVE_FAILED) {
			break;
		}
	}
	return answer->status == RESOLVE_FOUND && answer->count > 0;
}

static struct ipc_connection *
connect_resolver(const char *state, struct text *error)
{
	struct text path = TEXT_EMPTY;
	struct ipc_connection *resolver;

	daemon_socket_path(state, "resolverd", &path);
	resolver = ipc_connect(text_string(&path), "probed", NULL);
	text_release(&path);
	if (resolver == NULL) {
		text_append(error, "resolverd is not running");
	}
	return resolver;
}

static bool
find_address(const struct op_node *request, const char *name, const char *state, struct text *out, struct text *error)
{
	struct name_servers servers;
	struct resolve_question question = {.family = 0};
	struct resolve_answer answer = {.status = RESOLVE_ABSENT};
	struct ipc_connection *resolver;
	bool only;

	question.family = family_of(request, &only);
	if (!find_servers(name, state, &servers, error)) {
		return false;
	}
	if (servers.known[0][0] != '\0' || servers.known[1][0] != '\0') {
		const bool inet6 = question.family == 6 || (!only && servers.known[0][0] == '\0');

		text_append(out, servers.known[inet6 ? 1 : 0]);
		text_append(error, out->length == 0 ? "static-host-mapping has no address of that family" : "");
		return out->length > 0;
	}
	resolver = connect_resolver(state, error);
	if (resolver == NULL) {
		return false;
	}
	assert(strlen(name) < sizeof(question.name));
	(void)snprintf(question.name, sizeof(question.name), "%s", name);
	if (!resolve(resolver, &servers, &question, &answer) && !only && answer.status == RESOLVE_ABSENT) {
		question.family = 6;
		(void)!resolve(resolver, &servers, &question, &answer);
	}
	ipc_connection_destroy(resolver);
	if (answer.status == RESOLVE_FOUND && answer.count > 0) {
		resolve_address_print(&answer.addresses[0], out);
		return !text_failed(out);
	}
	if (answer.status == RESOLVE_FAILED) {
		text_printf(error, "'%s' cannot be resolved: %s", name, answer.reason);
	} else {
		text_printf(error, "'%s' has no %saddress", name, !only ? "" : question.family == 6 ? "IPv6 " : "IPv4 ");
	}
	return false;
}

bool
ask_address(const struct op_node *request, const char *state, char address[INET6_ADDRSTRLEN], struct text *error)
{
	const char *destination = op_value(request, "destination");
	struct text found = TEXT_EMPTY;
	bool good;

	if (!plan_is_name(destination)) {
		return plan_address(destination, address, error);
	}
	good = find_address(request, destination, state, &found, error) && plan_address(text_string(&found), address, error);
	text_release(&found);
	return good;
}

static size_t
tell_answer(const char *name, const struct resolve_answer *answer, void (*each)(const char *name, const char *address))
{
	struct text address = TEXT_EMPTY;

	for (uint16_t i = 0; i < answer->count; i++) {
		text_clear(&address);
		resolve_address_print(&answer->addresses[i], &address);
		each(name, text_string(&address));
	}
	text_release(&address);
	return answer->count;
}

bool
ask_host(const char *name, const char *state, void (*each)(const char *name, const char *address), struct text *error)
{
	struct name_servers servers;
	struct resolve_question question = {.family = 0};
	struct resolve_answer answer = {.status = RESOLVE_ABSENT};
	struct ipc_connection *resolver;
	size_t told = 0;

	if (!plan_is_name(name)) {
		text_printf(error, "'%s' is no name", name);
		return false;
	}
	if (!find_servers(name, state, &servers, error)) {
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		if (servers.known[i][0] != '\0') {
			each(name, servers.known[i]);
			told++;
		}
	}
	if (told > 0) {
		return true;
	}
	resolver = connect_resolver(state, error);
	if (resolver == NULL) {
		return false;
	}
	(void)snprintf(question.name, sizeof(question.name), "%s", name);
	for (question.family = 4; question.family <= 6; question.family += 2) {
		if (resolve(resolver, &servers, &question, &answer)) {
			told += tell_answer(name, &answer, each);
		}
	}
	ipc_connection_destroy(resolver);
	if (told == 0 && answer.status == RESOLVE_FAILED) {
		text_printf(error, "'%s' cannot be resolved: %s", name, answer.reason);
	} else if (told == 0) {
		text_printf(error, "'%s' has no address", name);
	}
	return told > 0;
}
