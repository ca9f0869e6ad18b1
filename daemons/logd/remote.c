/*
 * Syslog over UDP. The source address is chosen for each datagram (IP_PKTINFO), which also chooses the routing instance:
 * the host's namespace has a rule for each of the gateway's addresses.
 */
#include "remote.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DATAGRAM_MOST = 8192 }; /* longer ones are cut: RFC 5426 section 3.2 asks for no more than 2048 to be taken */

struct datagram {
	char *bytes;
	size_t length;
};

struct remote {
	const struct plan_host *host;
	bool resolved;
	struct sockaddr_in address;
	struct datagram ring[REMOTE_WAITING];
	size_t first;
	size_t count;
	uint64_t lost;
};

struct remote *
remote_create(const struct plan_host *host)
{
	struct remote *remote = calloc(1, sizeof(*remote));

	if (remote != NULL) {
		remote->host = host;
		remote->resolved = host->numeric;
		remote->address = host->address;
	}
	return remote;
}

void
remote_destroy(struct remote *remote)
{
	if (remote == NULL) {
		return;
	}
	for (size_t i = 0; i < remote->count; i++) {
		free(remote->ring[(remote->first + i) % REMOTE_WAITING].bytes);
	}
	free(remote);
}

uint64_t
remote_lost(const struct remote *remote)
{
	return remote->lost;
}

/* False: later perhaps. */
static bool
send_now(const struct remote *remote, int descriptor, const struct datagram *datagram)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct sockaddr_in address = remote->address;
	struct iovec part = {.iov_base = datagram->bytes,
	    .iov_len = datagram->length < DATAGRAM_MOST ? datagram->length : DATAGRAM_MOST};
	struct msghdr message = {.msg_name = &address,
	    .msg_namelen = sizeof(address),
	    .msg_iov = &part,
	    .msg_iovlen = 1};

	if (remote->host->source.s_addr != htonl(INADDR_ANY)) {
		struct in_pktinfo choice = {.ipi_spec_dst = remote->host->source};

		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = IPPROTO_IP;
		control.header.cmsg_type = IP_PKTINFO;
		control.header.cmsg_len = CMSG_LEN(sizeof(choice));
		memcpy(CMSG_DATA(&control.header), &choice, sizeof(choice));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (!remote->resolved) {
		return false;
	}
	if (sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		return true;
	}
	if (errno == ECONNREFUSED) {
		/* Says that an earlier datagram found nobody; this one has not left yet. */
		return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
	}
	return false;
}

void
remote_set_address(struct remote *remote, const struct resolve_address *address)
{
	remote->resolved = address != NULL && address->family == 4;
	if (remote->resolved) {
		memcpy(&remote->address.sin_addr, address->octets, sizeof(remote->address.sin_addr));
	}
}

void
remote_send(struct remote *remote, int socket, struct text *datagram)
{
	struct datagram new = {.length = datagram->length};

	if (text_failed(datagram)) {
		remote->lost++;
		text_release(datagram);
		return;
	}
	new.bytes = text_take(datagram);
	if (new.bytes == NULL) {
		remote->lost++;
		return;
	}
	remote_poll(remote, socket); /* the way may have come up */
	if (remote->count == 0 && send_now(remote, socket, &new)) {
		free(new.bytes);
		return;
	}
	if (remote->count == REMOTE_WAITING) {
		remote->lost++;
		free(new.bytes);
		return;
	}
	remote->ring[(remote->first + remote->count) % REMOTE_WAITING] = new;
	remote->count++;
}

void
remote_poll(struct remote *remote, int socket)
{
	while (remote->count > 0 && send_now(remote, socket, &remote->ring[remote->first])) {
		free(remote->ring[remote->first].bytes);
		remote->first = (remote->first + 1) % REMOTE_WAITING;
		remote->count--;
	}
}
