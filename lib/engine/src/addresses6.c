/*
 * Which IPv6 addresses may be where, whatever a policy says (RFC 4291, RFC 6890).
 *
 * First packets only: a packet of a session has its session's addresses. Link-local ones are for the
 * link: a packet with one may be for us, or neighbour discovery, but never goes on. Addresses that
 * embed IPv4 ones are of APIs and of tunnels' inside, and on no wire.
 */
#include "engine_private.h"

/* ::a.b.c.d, deprecated (RFC 4291 2.5.5.1). */
static bool
is_compatible(struct ipv6_address address)
{
	return address.high == 0 && address.low >> 32 == 0 && address.low > UINT16_MAX;
}

static enum reason
check_source(const struct item *item)
{
	const struct ipv6_address source = item->addresses.source;

	switch (ipv6_class(source)) {
	case IPV6_CLASS_UNICAST:
	case IPV6_CLASS_UNIQUE_LOCAL:
	case IPV6_CLASS_LINK_LOCAL:
		return REASON_NONE;
	case IPV6_CLASS_MULTICAST:
		return REASON_SOURCE_MULTICAST;
	case IPV6_CLASS_UNSPECIFIED:
		return REASON_SOURCE_ZERO;
	case IPV6_CLASS_LOOPBACK:
		return REASON_SOURCE_LOOPBACK;
	case IPV6_CLASS_MAPPED:
		return REASON_SOURCE_EMBEDDED;
	case IPV6_CLASS_SITE_LOCAL:
		return REASON_SOURCE_SITE_LOCAL;
	case IPV6_CLASS_RESERVED:
		return is_compatible(source) ? REASON_SOURCE_EMBEDDED : REASON_SOURCE_RESERVED;
	}
	return REASON_SOURCE_RESERVED;
}

static enum reason
check_destination(const struct item *item)
{
	const struct ipv6_address destination = item->addresses.destination;

	switch (ipv6_class(destination)) {
	case IPV6_CLASS_UNICAST:
	case IPV6_CLASS_UNIQUE_LOCAL:
	case IPV6_CLASS_LINK_LOCAL:
		return REASON_NONE;
	case IPV6_CLASS_MULTICAST:
		return (item->flags & ITEM_FROM_HOST) == 0 ? REASON_NONE
							   : REASON_DESTINATION_MULTICAST;
	case IPV6_CLASS_UNSPECIFIED:
		return REASON_DESTINATION_ZERO;
	case IPV6_CLASS_LOOPBACK:
		return REASON_DESTINATION_LOOPBACK;
	case IPV6_CLASS_MAPPED:
		return REASON_DESTINATION_EMBEDDED;
	case IPV6_CLASS_SITE_LOCAL:
		return REASON_DESTINATION_SITE_LOCAL;
	case IPV6_CLASS_RESERVED:
		return is_compatible(destination) ? REASON_DESTINATION_EMBEDDED
						  : REASON_DESTINATION_RESERVED;
	}
	return REASON_DESTINATION_RESERVED;
}

/* Of 2000::/3, as nearly all are. Only the word that says so is read: a packet's address was just written in two, and to read it
 * whole would wait for them. */
static inline bool
usual(const struct ipv6_address *address)
{
	return address->high >> 61 == 1;
}

enum reason
check_addresses6(const struct engine *engine, const struct item *item)
{
	if (usual(&item->addresses.source) && usual(&item->addresses.destination)) {
		return REASON_NONE;
	}
	enum reason reason =
	    (item->flags & ITEM_FROM_HOST) != 0 ? REASON_NONE : check_source(item);

	if (reason == REASON_NONE) {
		reason = check_destination(item);
	}
	if (reason == REASON_NONE && ipv6_is_link_local(item->addresses.destination) &&
	    !unit_owns6(engine, item->unit, item->addresses.destination)) {
		reason = REASON_LINK_LOCAL;
	}
	return reason;
}

enum reason
check_source_way6(const struct engine *engine, const struct item *item)
{
	struct way way;

	return may_be_owned6(engine, item->addresses.source) &&
		       route_find6(engine, item->instance, item->unit, item->addresses.source, &way) == REASON_NONE &&
		       way.local
		   ? REASON_SOURCE_OURS
		   : REASON_NONE;
}
