/*
 * What happens to interfaces: carrier up and down, another MTU, gone and come back, addresses that somebody gives them.
 *
 * One watch a network namespace: a routing netlink socket made by the namespace's thread. The control thread polls its
 * descriptor and calls link_watch_read() when it is readable.
 */
#ifndef FLOWD_LINK_H
#define FLOWD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "namespace.h"

enum link_change {
	LINK_UP,
	LINK_DOWN,
	LINK_GONE,
	LINK_ADDRESSED, /* it was given an IP address */
	LINK_MISSED,    /* some news were lost: look at everything again; `index` is 0 */
};

struct link_news {
	enum link_change change;
	unsigned index;
	uint32_t mtu;  /* IP octets; of LINK_UP and LINK_DOWN, else 0 */
	char name[16]; /* "" for LINK_ADDRESSED and LINK_MISSED */
};

/* The socket, or -errno. */
int link_watch_open(struct namespace *namespace) __attribute__((warn_unused_result));
/* Calls `each` for what is waiting; never blocks. */
void link_watch_read(int descriptor, void (*each)(void *context, const struct link_news *news), void *context);

#endif
