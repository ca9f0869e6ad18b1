/*
 * Local sockets by path: listening, accepting, connecting, and who is allowed.
 *
 * A socket's address has room for 107 characters; a longer path is reached through its folder's descriptor under
 * /proc/self/fd, so that a state directory may lie as deep as it likes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/connection.h"

/* Fills the address. Returns a descriptor to close once the address was used, -1 when none is needed, or -errno - 1. */
static int
address_of(const char *path, struct sockaddr_un *address)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int descriptor;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) < sizeof(address->sun_path)) {
		memcpy(address->sun_path, path, strlen(path) + 1);
		return -1;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder) || strlen(slash + 1) > 64) {
		return -ENAMETOOLONG - 1;
	}
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0) {
		return -errno - 1;
	}
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", descriptor, slash + 1);
	return descriptor;
}

static int
listen_at(const char *path, int listener)
{
	struct sockaddr_un address;
	struct stat status;
	int folder = address_of(path, &address);
	int result = 0;

	if (folder < -1) {
		return folder + 1;
	}
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
		(void)unlink(path);
	}
	/* Nobody can connect before listen(), so that the mode is right for the first who does. */
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(address.sun_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0 || listen(listener, 64) != 0) {
		result = -errno;
	}
	if (folder >= 0) {
		close(folder);
	}
	return result;
}

int
ipc_listen(const char *path)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;

	if (listener < 0) {
		return -errno;
	}
	result = listen_at(path, listener);
	if (result != 0) {
		close(listener);
		return result;
	}
	return listener;
}

struct ipc_connection *
ipc_accept(int listener, const char *own_name)
{
	int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return descriptor < 0 ? NULL : ipc_connection_create(descriptor, own_name);
}

static void
explain(struct text *error, const char *path, int number)
{
	if (error != NULL) {
		text_printf(error, "%s: %s", path, strerror(number));
	}
}

struct ipc_connection *
ipc_connect(const char *path, const char *own_name, struct text *error)
{
	struct sockaddr_un address;
	struct ipc_connection *connection;
	int descriptor;
	int folder = address_of(path, &address);
	int failure = 0;

	if (folder < -1) {
		explain(error, path, -(folder + 1));
		return NULL;
	}
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0) {
		failure = errno;
	}
	if (folder >= 0) {
		close(folder);
	}
	if (failure != 0) {
		if (descriptor >= 0) {
			close(descriptor);
		}
		explain(error, path, failure);
		return NULL;
	}
	connection = ipc_connection_create(descriptor, own_name);
	if (connection == NULL) {
		explain(error, path, ENOMEM);
	}
	return connection;
}

bool
ipc_peer_allowed(const struct ipc_peer *peer, const char *dir, enum ipc_allowed ours)
{
	struct stat status;

	if (peer->uid == (uid_t)-1) {
		return false;
	}
	if (peer->uid == 0) {
		return true;
	}
	if (stat(dir, &status) != 0) {
		return false;
	}
	if (peer->uid == status.st_uid) {
		return true;
	}
	return ours == IPC_ALLOW_DAEMONS && peer->gid == status.st_gid;
}
