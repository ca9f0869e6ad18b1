/*
 * News of interfaces. See link.h.
 *
 * Messages come from the kernel (the sender's port is checked) in its own octet order; they are copied out of the buffer
 * piece by piece, so that alignment and a length that is too long are nobody's worry.
 */
#include "link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	NEWS_BUFFER = 32768,
	LOWER_UP = 1 << 16, /* IFF_LOWER_UP: there is a carrier; linux/if.h has it, and quarrels with net/if.h */
};

static int
open_job(void *argument)
{
	const struct sockaddr_nl *address = argument;
	const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (descriptor < 0) {
		return -errno;
	}
	if (bind(descriptor, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		const int failure = -errno;

		(void)close(descriptor);
		return failure;
	}
	return descriptor;
}

int
link_watch_open(struct namespace *namespace)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};

	return namespace_run(namespace, open_job, &address);
}

/* One attribute of a link message: its name and its MTU are wanted. */
static void
read_attribute(uint16_t type, const uint8_t *content, size_t length, struct link_news *news)
{
	if (type == IFLA_IFNAME && length > 0 && length <= sizeof(news->name)) {
		memcpy(news->name, content, length);
		news->name[length - 1] = '\0';
	} else if (type == IFLA_MTU && length == sizeof(news->mtu)) {
		memcpy(&news->mtu, content, length);
	}
}

/* The attributes behind the link message. */
static void
read_attributes(const uint8_t *bytes, size_t length, struct link_news *news)
{
	struct rtattr attribute;

	while (length >= sizeof(attribute)) {
		memcpy(&attribute, bytes, sizeof(attribute));
		if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > length) {
			return;
		}
		const size_t step = (attribute.rta_len + 3U) & ~3U;

		read_attribute(attribute.rta_type, bytes + sizeof(attribute), attribute.rta_len - sizeof(attribute), news);
		if (step > length) {
			return;
		}
		bytes += step;
		length -= step;
	}
}

static bool
read_link(uint16_t type, const uint8_t *bytes, size_t length, struct link_news *news)
{
	struct ifinfomsg link;

	if (length < sizeof(link)) {
		return false;
	}
	memcpy(&link, bytes, sizeof(link));
	news->index = (unsigned)link.ifi_index;
	read_attributes(bytes + sizeof(link), length - sizeof(link), news);
	if (type == RTM_DELLINK) {
		news->change = LINK_GONE;
		news->mtu = 0;
	} else {
		news->change = (link.ifi_flags & IFF_UP) != 0 && (link.ifi_flags & LOWER_UP) != 0 ? LINK_UP : LINK_DOWN;
	}
	return link.ifi_family == AF_UNSPEC;
}

static bool
read_message(uint16_t type, const uint8_t *bytes, size_t length, struct link_news *news)
{
	struct ifaddrmsg address;

	if (type == RTM_NEWLINK || type == RTM_DELLINK) {
		return read_link(type, bytes, length, news);
	}
	if (type != RTM_NEWADDR || length < sizeof(address)) {
		return false;
	}
	memcpy(&address, bytes, sizeof(address));
	news->change = LINK_ADDRESSED;
	news->index = address.ifa_index;
	return true;
}

static void
read_datagram(const uint8_t *bytes, size_t length, void (*each)(void *context, const struct link_news *news),
    void *context)
{
	struct nlmsghdr header;

	while (length >= sizeof(header)) {
		struct link_news news = {.index = 0};

		memcpy(&header, bytes, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length) {
			return;
		}
		if (read_message(header.nlmsg_type, bytes + sizeof(header), header.nlmsg_len - sizeof(header), &news)) {
			each(context, &news);
		}
		const size_t step = (header.nlmsg_len + 3U) & ~3U;

		if (step > length) {
			return;
		}
		bytes += step;
		length -= step;
	}
}

void
link_watch_read(int descriptor, void (*each)(void *context, const struct link_news *news), void *context)
{
	uint8_t buffer[NEWS_BUFFER];

	for (;;) {
		struct sockaddr_nl sender = {.nl_pid = 0};
		socklen_t size = sizeof(sender);
		const ssize_t length =
		    recvfrom(descriptor, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&sender, &size);

		if (length < 0 && errno == EINTR) {
			continue;
		}
		if (length < 0 && errno == ENOBUFS) {
			const struct link_news missed = {.change = LINK_MISSED};

			each(context, &missed);
			continue;
		}
		if (length <= 0) {
			return;
		}
		if (sender.nl_pid == 0) {
			read_datagram(buffer, (size_t)length, each, context);
		}
	}
}
