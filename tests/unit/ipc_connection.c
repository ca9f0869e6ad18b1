/*
 * The framing of lib/ipc over a socket pair: whole messages from partial reads, and each way a peer can be refused.
 * The peer's bytes are written by hand from the header's layout in ipc/connection.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/writer.h"
#include "ipc/connection.h"
#include "ipc/payload.h"
#include "ipc/rpc.h"

struct fixture {
	struct ipc_connection *connection;
	int peer; /* raw bytes */
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int pair[2];

	assert_non_null(fixture);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fixture->connection = ipc_connection_create(pair[0], "mgd");
	assert_non_null(fixture->connection);
	fixture->peer = pair[1];
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	ipc_connection_destroy(fixture->connection);
	if (fixture->peer >= 0) {
		close(fixture->peer);
	}
	free(fixture);
	return 0;
}

static size_t
put_frame(uint8_t *buffer, uint32_t length, uint32_t type, uint32_t version)
{
	struct writer writer = writer_over(buffer, 16);

	writer_u32(&writer, length);
	writer_u32(&writer, type);
	writer_u32(&writer, 7);
	writer_u32(&writer, version);
	return 16;
}

static size_t
put_hello(uint8_t *buffer, const char *name, uint32_t version)
{
	size_t length = strlen(name);
	struct writer writer = writer_over(buffer + 16, 200);

	writer_u32(&writer, (uint32_t)length);
	writer_bytes(&writer, name, length);
	writer_u32(&writer, 3);
	writer_bytes(&writer, "9.9", 3);
	(void)put_frame(buffer, (uint32_t)writer_length(&writer), 1, version);
	return 16 + writer_length(&writer);
}

static void
peer_sends(struct fixture *fixture, const uint8_t *bytes, size_t length)
{
	assert_int_equal(write(fixture->peer, bytes, length), length);
}

static enum ipc_status
fill_and_next(struct fixture *fixture, struct ipc_message *message)
{
	enum ipc_status status;

	do {
		status = ipc_connection_fill(fixture->connection);
	} while (status == IPC_OK);
	return ipc_connection_next(fixture->connection, message);
}

static void
test_byte_by_byte(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_message message;
	uint8_t bytes[256];
	size_t length = put_hello(bytes, "flowd", 1);

	length += put_frame(bytes + length, 3, IPC_CLI_OUTPUT, 1);
	memcpy(bytes + length, "abc", 3);
	length += 3;
	for (size_t i = 0; i + 1 < length; i++) {
		peer_sends(fixture, bytes + i, 1);
		assert_int_equal(fill_and_next(fixture, &message), IPC_AGAIN);
	}
	peer_sends(fixture, bytes + length - 1, 1);
	assert_int_equal(fill_and_next(fixture, &message), IPC_OK);
	assert_int_equal(message.type, IPC_CLI_OUTPUT);
	assert_int_equal(message.request, 7);
	assert_int_equal(message.length, 3);
	assert_memory_equal(message.payload, "abc", 3);
	assert_string_equal(ipc_connection_peer(fixture->connection)->name, "flowd");
	assert_string_equal(ipc_connection_peer(fixture->connection)->release, "9.9");
	assert_int_equal(ipc_connection_peer(fixture->connection)->uid, getuid());
	assert_int_equal(fill_and_next(fixture, &message), IPC_AGAIN);
}

/* What came whole is given out although the peer has gone since. */
static void
test_messages_then_closed(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_message message;
	uint8_t bytes[256];
	size_t length = put_hello(bytes, "flowd", 1);

	length += put_frame(bytes + length, 0, IPC_CLI_INTERRUPT, 1);
	length += put_frame(bytes + length, 0, IPC_RPC_CANCEL, 1);
	peer_sends(fixture, bytes, length);
	close(fixture->peer);
	fixture->peer = -1;
	assert_int_equal(fill_and_next(fixture, &message), IPC_OK);
	assert_int_equal(message.type, IPC_CLI_INTERRUPT);
	assert_int_equal(ipc_connection_next(fixture->connection, &message), IPC_OK);
	assert_int_equal(message.type, IPC_RPC_CANCEL);
	assert_int_equal(ipc_connection_next(fixture->connection, &message), IPC_CLOSED);
	assert_int_equal(ipc_connection_next(fixture->connection, &message), IPC_CLOSED);
	assert_string_equal(ipc_connection_error(fixture->connection), "flowd has gone");
}

/* What a peer sends, and what the connection says of it. */
struct refusal {
	unsigned greetings;
	const char *name;
	uint32_t version;
	uint32_t type;   /* of the message behind them; 0: none comes */
	uint32_t length; /* that its header says; no octet of it comes */
	bool closes;
	enum ipc_status status;
	const char *error; /* a part of what is told */
};

static const struct refusal refusals[] = {
    {1, "flowd", 1, IPC_CLI_OUTPUT, 100, true, IPC_TRUNCATED, "middle of a message"},
    {1, "iked", 2, 0, 0, false, IPC_REFUSED_VERSION,
	"iked (release 9.9) speaks protocol version 2, this program speaks 1: refused"},
    /* 65,537 is one over the table's limit. */
    {1, "cli", 1, IPC_CLI_OUTPUT, 65537, false, IPC_OVERSIZED, "65537 bytes, 65536 are the limit"},
    {1, "cli", 1, 999, 0, false, IPC_UNKNOWN_TYPE, ""},
    {0, "", 0, IPC_CLI_INTERRUPT, 0, false, IPC_MALFORMED, ""},
    {2, "cli", 1, 0, 0, false, IPC_MALFORMED, ""},
};

static void
expect_refusal(struct fixture *fixture, const struct refusal *row)
{
	struct ipc_message message;
	uint8_t bytes[512];
	size_t length = 0;

	for (unsigned i = 0; i < row->greetings; i++) {
		length += put_hello(bytes + length, row->name, row->version);
	}
	if (row->type != 0) {
		length += put_frame(bytes + length, row->length, row->type, 1);
	}
	peer_sends(fixture, bytes, length);
	if (row->closes) {
		close(fixture->peer);
		fixture->peer = -1;
	}
	assert_int_equal(fill_and_next(fixture, &message), row->status);
	assert_non_null(strstr(ipc_connection_error(fixture->connection), row->error));
}

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		void *fixture = NULL;

		assert_int_equal(setup(&fixture), 0);
		expect_refusal(fixture, &refusals[i]);
		(void)teardown(&fixture);
	}
}

static void
test_broken_hello(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_message message;
	uint8_t bytes[256];
	struct writer writer = writer_over(bytes + 16, 8);

	writer_u32(&writer, 50); /* a name of 50 bytes in a payload of 8 */
	writer_u32(&writer, 0);
	(void)put_frame(bytes, 8, 1, 1);
	peer_sends(fixture, bytes, 24);
	assert_int_equal(fill_and_next(fixture, &message), IPC_MALFORMED);
}

/* A name is shown to people: nothing in it may steer their terminal. */
static void
test_name_is_made_printable(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_message message;
	uint8_t bytes[256];

	peer_sends(fixture, bytes, put_hello(bytes, "a\033[2Jb", 1));
	assert_int_equal(fill_and_next(fixture, &message), IPC_AGAIN);
	assert_string_equal(ipc_connection_peer(fixture->connection)->name, "a?[2Jb");
}

/* Both real ends, more than the socket holds: queued, flushed, reassembled. */
static void
test_large_message_through(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_connection *other = ipc_connection_create(fixture->peer, "cli");
	const size_t size = 5000000;
	uint8_t *big = malloc(size);
	struct ipc_message message;
	enum ipc_status status;

	assert_non_null(other);
	assert_non_null(big);
	fixture->peer = -1;
	for (size_t i = 0; i < size; i++) {
		big[i] = (uint8_t)(i * 7 + i / 251);
	}
	assert_int_equal(ipc_connection_send(fixture->connection, IPC_VERIFY, 42, big, size), IPC_OK);
	assert_true(ipc_connection_queued(fixture->connection) > 0);
	do {
		assert_int_equal(ipc_connection_flush(fixture->connection), IPC_OK);
		status = ipc_connection_fill(other);
		assert_true(status == IPC_OK || status == IPC_AGAIN);
		status = ipc_connection_next(other, &message);
	} while (status == IPC_AGAIN);
	assert_int_equal(status, IPC_OK);
	assert_int_equal(message.request, 42);
	assert_int_equal(message.length, size);
	assert_memory_equal(message.payload, big, size);
	assert_int_equal(ipc_connection_send(other, IPC_CLI_INTERRUPT, 0, big, 1), IPC_OVERSIZED);
	ipc_connection_destroy(other);
	free(big);
}

static void
test_full_queue(void **state)
{
	struct fixture *fixture = *state;
	const size_t size = 60000000;
	uint8_t *big = calloc(1, size);

	assert_non_null(big);
	assert_int_equal(ipc_connection_send(fixture->connection, IPC_VERIFY, 1, big, size), IPC_OK);
	assert_int_equal(ipc_connection_send(fixture->connection, IPC_VERIFY, 2, big, size), IPC_OK);
	assert_int_equal(ipc_connection_send(fixture->connection, IPC_VERIFY, 3, big, size), IPC_FULL);
	free(big);
}

/* A tree's octets go out as they are, and are freed; none are a memory that was short. */
static void
test_octets_of_an_answer(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_connection *other = ipc_connection_create(fixture->peer, "cli");
	struct ipc_message message;
	uint8_t *octets = malloc(3);

	assert_non_null(other);
	assert_non_null(octets);
	fixture->peer = -1;
	memcpy(octets, "abc", 3);
	assert_false(ipc_rpc_send(fixture->connection, IPC_RPC_DATA, 9, NULL, 3));
	assert_true(ipc_rpc_send(fixture->connection, IPC_RPC_DATA, 9, octets, 3));
	assert_int_equal(ipc_connection_flush(fixture->connection), IPC_OK);
	assert_int_equal(ipc_wait_message(other, &message, 10000), IPC_OK);
	assert_int_equal(message.type, IPC_RPC_DATA);
	assert_int_equal(message.request, 9);
	assert_int_equal(message.length, 3);
	assert_memory_equal(message.payload, "abc", 3);
	ipc_connection_destroy(other);
}

/* The end of an answer says that it was good, or why not. */
static void
test_end_of_an_answer(void **state)
{
	static const char *const reasons[] = {NULL, "it was not to be"};
	struct fixture *fixture = *state;
	struct ipc_connection *other = ipc_connection_create(fixture->peer, "cli");
	struct ipc_client client = {.connection = fixture->connection};

	assert_non_null(other);
	fixture->peer = -1;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct ipc_rpc_done done;
		struct ipc_message message;

		ipc_rpc_end(&client, (uint32_t)i + 1, reasons[i]);
		assert_int_equal(ipc_connection_flush(fixture->connection), IPC_OK);
		assert_int_equal(ipc_wait_message(other, &message, 10000), IPC_OK);
		assert_int_equal(message.type, IPC_RPC_DONE);
		assert_int_equal(message.request, i + 1);
		assert_true(ipc_rpc_done_decode(&done, message.payload, message.length));
		assert_int_equal(done.ok, reasons[i] == NULL);
		assert_string_equal(done.message, reasons[i] == NULL ? "" : reasons[i]);
		ipc_string_release(done.message);
	}
	assert_false(client.doomed);
	ipc_connection_destroy(other);
}

static void
test_wait_runs_out(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_message message;

	assert_int_equal(ipc_wait_message(fixture->connection, &message, 0), IPC_AGAIN);
	close(fixture->peer);
	fixture->peer = -1;
	assert_int_equal(ipc_wait_message(fixture->connection, &message, 1000), IPC_CLOSED);
}

/* A path longer than a socket address holds, an old socket in the way, the mode, and who is refused. */
static void
test_listen_and_connect(void **state)
{
	char folder[300] = "/tmp/ipc-test-XXXXXX";
	char path[400];
	struct stat status;
	struct ipc_connection *client;
	struct ipc_connection *server;
	struct ipc_peer stranger = {.uid = 4321, .gid = 4321};
	struct text error = TEXT_EMPTY;
	int listener;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/%s", folder,
	    "a-folder-name-that-is-long-enough-to-make-the-whole-path-longer-than-one-hundred-and-seven-characters");
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/d.sock");
	assert_null(ipc_connect(path, "cli", &error));
	assert_non_null(strstr(text_string(&error), "No such file"));
	listener = ipc_listen(path);
	assert_true(listener >= 0);
	close(listener);
	listener = ipc_listen(path);
	assert_true(listener >= 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
	assert_null(ipc_accept(listener, "mgd"));
	client = ipc_connect(path, "cli", NULL);
	assert_non_null(client);
	server = ipc_accept(listener, "mgd");
	assert_non_null(server);
	assert_int_equal(ipc_connection_peer(server)->pid, getpid());
	assert_true(ipc_peer_allowed(ipc_connection_peer(server), folder, IPC_ALLOW_ADMINISTRATORS));
	assert_false(ipc_peer_allowed(&stranger, folder, IPC_ALLOW_ADMINISTRATORS));
	assert_false(ipc_peer_allowed(&stranger, folder, IPC_ALLOW_DAEMONS));
	stranger.gid = getgid();
	assert_false(ipc_peer_allowed(&stranger, folder, IPC_ALLOW_ADMINISTRATORS));
	assert_true(ipc_peer_allowed(&stranger, folder, IPC_ALLOW_DAEMONS));
	stranger = (struct ipc_peer){.uid = (uid_t)-1, .gid = getgid()};
	assert_false(ipc_peer_allowed(&stranger, folder, IPC_ALLOW_DAEMONS));
	ipc_connection_destroy(client);
	ipc_connection_destroy(server);
	close(listener);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(folder);
	text_release(&error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_messages_then_closed, setup, teardown),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test_setup_teardown(test_broken_hello, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_name_is_made_printable, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_large_message_through, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full_queue, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_octets_of_an_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end_of_an_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wait_runs_out, setup, teardown),
	    cmocka_unit_test(test_listen_and_connect),
	};

	return cmocka_run_group_tests_name("ipc_connection", tests, NULL, NULL);
}
