/*
 * The screens that count packets: floods of echo requests and of datagrams to one destination, on every packet that comes in
 * (REQ-SCR-045 to 047, E-126); scans of ports and sweeps of addresses, on packets without session (REQ-SCR-005 to 010); and
 * spoofed sources, by the routes of the instance where the packet came in (REQ-SCR-024).
 *
 * Sources and destinations are counted by the zone that they come in from.
 */
#include "engine_private.h"

#include "wire/icmp.h"
#include "wire/icmp6.h"

#define MICROSECOND_NS UINT64_C(1000)

static struct ipv6_address
source_of(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? item->addresses.source : ipv6_mapped(item->source);
}

static struct ipv6_address
destination_of(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? item->addresses.destination
					      : ipv6_mapped(item->destination);
}

static const struct snapshot_screens *
screens_of(const struct engine *engine, const struct item *item)
{
	return engine->snapshot->zones[item->zone].screens;
}

static bool
screen_on(const struct snapshot_screens *screens, enum screen screen)
{
	return (screens->on & screen_bit(screen)) != 0;
}

bool
screen_is_echo(const struct item *item)
{
	const bool six = item->protocol == IPV6_NEXT_ICMP;

	return (six || item->protocol == IPV4_PROTOCOL_ICMP) && item->length > item->ip_header &&
	       item->ip[item->ip_header] == (six ? (uint8_t)ICMP6_ECHO : (uint8_t)ICMP_ECHO);
}

enum reason
screen_flood(struct engine *engine, const struct item *item)
{
	const struct snapshot_screens *screens = screens_of(engine, item);
	enum screen screen = SCREEN_UDP_FLOOD;

	if (screen_is_echo(item)) {
		screen = SCREEN_ICMP_FLOOD;
	} else if (item->protocol != IPV4_PROTOCOL_UDP) {
		return REASON_NONE;
	}
	const struct screen_rate_key key = {
	    .address = destination_of(item),
	    .zone = item->zone,
	    .screen = (uint8_t)screen,
	};

	if (!screen_on(screens, screen)) {
		return REASON_NONE;
	}
	if (item->packet->segments_more > 0) {
		screen_rate_add(&engine->screens.tables, &key, screens->thresholds[screen], item->packet->segments_more,
		    engine->now);
	}
	if (screen_rate_over(&engine->screens.tables, &key, screens->thresholds[screen], engine->now)) {
		return screen_detect(engine, item, screen);
	}
	if (engine_shares(engine)) {
		screen_say_rate(engine, &key, screens->thresholds[screen]);
	}
	return REASON_NONE;
}

/* REQ-SCR-005: what counts are addresses that get an echo request. */
static enum reason
look_for_sweep(struct engine *engine, const struct item *item, const struct snapshot_screens *screens)
{
	struct screen_tables *tables = &engine->screens.tables;
	const struct ipv6_address target = destination_of(item);
	const struct screen_scan_key key = {
	    .source = source_of(item),
	    .zone = item->zone,
	    .screen = SCREEN_ICMP_IP_SWEEP,
	};

	if (!screen_scan_blocked(tables, &key, engine->now)) {
		const uint64_t window = screens->thresholds[SCREEN_ICMP_IP_SWEEP] * MICROSECOND_NS;
		const uint64_t what = hash_pair(screen_target_secret(engine), target.high, target.low);
		const uint64_t until = engine_shares(engine)
					   ? screen_shared_target(engine, &key, what, window)
					   : screen_scan_target(tables, &key, what, window, engine->now);

		if (until == 0) {
			return REASON_NONE;
		}
		screen_scan_block(tables, &key, until, engine->now);
	}
	return screen_detect(engine, item, SCREEN_ICMP_IP_SWEEP);
}

/* REQ-SCR-009: what counts are ports of one destination that get a SYN; what is blocked is the source. */
static enum reason
look_for_scan(struct engine *engine, const struct item *item, const struct snapshot_screens *screens)
{
	struct screen_tables *tables = &engine->screens.tables;
	const struct screen_scan_key source = {
	    .source = source_of(item),
	    .zone = item->zone,
	    .screen = SCREEN_TCP_PORT_SCAN,
	};
	struct screen_scan_key pair = source;

	if (!screen_scan_blocked(tables, &source, engine->now)) {
		if (item->protocol != IPV4_PROTOCOL_TCP || !tcp_is_start(item->segment.header.flags)) {
			return REASON_NONE;
		}
		pair.destination = destination_of(item);
		const uint64_t window = screens->thresholds[SCREEN_TCP_PORT_SCAN] * MICROSECOND_NS;
		const uint16_t port = item->segment.header.destination_port;
		const uint64_t until = engine_shares(engine)
					   ? screen_shared_target(engine, &pair, port, window)
					   : screen_scan_target(tables, &pair, port, window, engine->now);

		if (until == 0) {
			return REASON_NONE;
		}
		screen_scan_block(tables, &source, until, engine->now);
	}
	return screen_detect(engine, item, SCREEN_TCP_PORT_SCAN);
}

/* E-12A: no way back, or one through another zone. Addresses that no route speaks of are another matter. */
static bool
is_spoofed(const struct engine *engine, const struct item *item)
{
	struct way way = {.unit = PACKET_NO_UNIT};
	enum reason reason;

	if ((item->flags & ITEM_IPV6) != 0) {
		if (ipv6_is_link_local(item->addresses.source) ||
		    ipv6_equal(item->addresses.source, (struct ipv6_address){0, 0})) {
			return false;
		}
		reason = route_find6(
		    engine, item->instance, item->unit, item->addresses.source, &way);
	} else if (item->source == 0) {
		return false;
	} else {
		reason = route_find(engine, item->instance, item->source, &way);
	}
	const struct unit *back = unit_of(engine, way.unit);

	return reason == REASON_NO_ROUTE || reason == REASON_ROUTE_DISCARD ||
	       reason == REASON_ROUTE_REJECT || back == NULL || back->zone != item->zone;
}

enum reason
screen_related(struct engine *engine, const struct item *item)
{
	const struct snapshot_screens *screens = screens_of(engine, item);

	return screens != NULL && screen_on(screens, SCREEN_IP_SPOOFING) && is_spoofed(engine, item)
		   ? screen_detect(engine, item, SCREEN_IP_SPOOFING)
		   : REASON_NONE;
}

enum reason
screen_first(struct engine *engine, const struct item *item)
{
	const struct snapshot_screens *screens = screens_of(engine, item);
	enum reason reason = REASON_NONE;

	if (screen_on(screens, SCREEN_ICMP_IP_SWEEP) && screen_is_echo(item)) {
		reason = look_for_sweep(engine, item, screens);
	}
	if (reason == REASON_NONE && screen_on(screens, SCREEN_TCP_PORT_SCAN)) {
		reason = look_for_scan(engine, item, screens);
	}
	if (reason == REASON_NONE && screen_on(screens, SCREEN_IP_SPOOFING) &&
	    is_spoofed(engine, item)) {
		reason = screen_detect(engine, item, SCREEN_IP_SPOOFING);
	}
	return reason;
}
