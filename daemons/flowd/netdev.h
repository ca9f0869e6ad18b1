/*
 * A Linux interface that serves as a port: what it is, and how the kernel's own stack is kept off it.
 *
 * While a port of ours it has IPv6 switched off, segmentation and receive offloads off, and a `netdev` table of nftables
 * that drops at ingress: AF_PACKET still sees every frame, the kernel neither answers, forwards nor learns. What was there
 * before is in struct netdev_before and taken back by netdev_release().
 *
 * All of these are to be called from a thread in the interface's namespace (namespace_run()).
 */
#ifndef FLOWD_NETDEV_H
#define FLOWD_NETDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct netdev_facts {
	unsigned index;
	uint32_t mtu; /* IP octets */
	uint8_t mac[6];
	bool up;      /* running: administratively up and with a carrier */
};

/* -1: not known, and left alone. */
struct netdev_before {
	int ipv6_off;
	int gro;
	int gso;
	int tso;
	int checksum;
	int lro;
	int tags_off; /* the card takes VLAN tags off frames */
	int queues; /* of its driver; -1 too, as tags_off, when it is not going to be changed */
};

/* What there is of that name; false when there is none. */
bool netdev_look(const char *name, struct netdev_facts *facts) __attribute__((warn_unused_result));
/* Does it carry an IP address (IPv6's link-local ones, which the kernel makes by itself, don't count)? Appends the first. */
bool netdev_has_address(const char *name, struct text *address) __attribute__((warn_unused_result));
enum { NETDEV_DRIVER = 32 };
/* Its kernel driver's name in a buffer of NETDEV_DRIVER; "" when it does not say. */
void netdev_driver(const char *name, char *driver);
/* By how many queues its driver receives; 1 when it does not say. */
uint32_t netdev_queues(const char *name);
/* As many from now on. Returns 0 or -errno. */
int netdev_set_queues(const char *name, uint32_t queues) __attribute__((warn_unused_result));
/*
 * Claims the interface for one gateway: two on one would both forward every frame, and the first to end would take the other's guard away.
 * Returns a descriptor for netdev_release(), the kernel's however we end; -EBUSY with the process when another gateway has it; else another
 * -errno: nobody's, but not claimed.
 */
int netdev_claim(const char *name, pid_t *process) __attribute__((warn_unused_result));
/* What netdev_guard() and netdev_whole_frames() are about to change. */
struct netdev_before netdev_before(const char *name);
/* Keeps the kernel off it and brings it up. False with a sentence when that cannot be had: it must not be used then. */
bool netdev_guard(const char *name, struct text *error) __attribute__((warn_unused_result));
/* Nothing leaves it that its hardware was to finish. */
void netdev_whole_frames(const char *name);
/* The card leaves VLAN tags in their frames: XDP sees no others. */
void netdev_keep_tags(const char *name);
/*
 * Takes it all back, and the claim, which is negative when we have none: then not when another gateway has. An interface that is gone by
 * now has nothing to take back but the table.
 */
void netdev_release(const char *name, const struct netdev_before *before, int claim);

#endif
