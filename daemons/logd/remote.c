/*
 * Syslog over UDP. The source address is chosen for each datagram (IP_PKTINFO, IPV6_PKTINFO), which also chooses the routing
 * instance: the host's namespace has a rule for each of the gateway's addresses.
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
	struct resolve_address address;
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

/* Room for the choice of a source of either family. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void
choose_source(const struct resolve_address *source, union control *control, struct msghdr *message)
{
	struct in_pktinfo choice = {.ipi_ifindex = 0};
	struct in6_pktinfo choice6 = {.ipi6_ifindex = 0};
	const bool inet6 = source->family == 6;
	const size_t size = inet6 ? sizeof(choice6) : sizeof(choice);

	memcpy(&choice.ipi_spec_dst, source->octets, sizeof(choice.ipi_spec_dst));
	memcpy(&choice6.ipi6_addr, source->octets, sizeof(choice6.ipi6_addr));
	memset(control, 0, sizeof(*control));
	control->header.cmsg_level = inet6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control->header.cmsg_type = inet6 ? IPV6_PKTINFO : IP_PKTINFO;
	control->header.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&control->header), inet6 ? (const void *)&choice6 : (const void *)&choice, size);
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(size);
}

/* False: later perhaps. */
static bool
send_now(const struct remote *remote, const struct remote_sockets *sockets, const struct datagram *datagram)
{
	const struct resolve_address *to = &remote->address;
	const int descriptor = to->family == 6 ? sockets->inet6 : sockets->inet;
	union control control;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(remote->host->port)};
	struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_port = htons(remote->host->port)};
	struct iovec part = {.iov_base = datagram->bytes,
	    .iov_len = datagram->length < DATAGRAM_MOST ? datagram->length : DATAGRAM_MOST};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (!remote->resolved || descriptor < 0) {
		return false;
	}
	memcpy(&address.sin_addr, to->octets, sizeof(address.sin_addr));
	memcpy(&address6.sin6_addr, to->octets, sizeof(address6.sin6_addr));
	message.msg_name = to->family == 6 ? (void *)&address6 : (void *)&address;
	message.msg_namelen = to->family == 6 ? sizeof(address6) : sizeof(address);
	if (remote->host->source.family == to->family) {
		choose_source(&remote->host->source, &control, &message);
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
	remote->resolved = address != NULL;
	if (remote->resolved) {
		remote->address = *address;
	}
}

void
remote_send(struct remote *remote, const struct remote_sockets *sockets, struct text *datagram)
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
	remote_poll(remote, sockets); /* the way may have come up */
	if (remote->count == 0 && send_now(remote, sockets, &new)) {
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
remote_poll(struct remote *remote, const struct remote_sockets *sockets)
{
	while (remote->count > 0 && send_now(remote, sockets, &remote->ring[remote->first])) {
		free(remote->ring[remote->first].bytes);
		remote->first = (remote->first + 1) % REMOTE_WAITING;
		remote->count--;
	}
}
