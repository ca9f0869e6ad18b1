/*
 * Router advertisements (RFC 4861 6.2): sent by timer and when a host asks, only on units for which
 * `protocols router-advertisement` says so.
 *
 * All go to all nodes: an answer to one host serves the others too, and hosts that ask in turn get
 * no more than one in three seconds. After a start or a change three come within at most 16 seconds
 * of each other. A unit that stops says so once by a lifetime of 0.
 */
#include "engine_private.h"

enum {
	INITIAL = 3,                           /* MAX_INITIAL_RTR_ADVERTISEMENTS */
	INITIAL_GAP = 16 * TICKS_A_SECOND,     /* MAX_INITIAL_RTR_ADVERT_INTERVAL */
	LEAST_GAP = 3 * TICKS_A_SECOND,        /* MIN_DELAY_BETWEEN_RAS */
	ANSWER_DELAY = TICKS_A_SECOND / 2,     /* MAX_RA_DELAY_TIME */
	WAIT_FOR_ADDRESS = TICKS_A_SECOND / 4, /* until the link-local address is ours for sure */
	DUE_MOST = 16,
	MESSAGE_MOST = ND_ROUTER_ADVERTISEMENT + ND_LINK_OPTION + ND_MTU_OPTION +
	    SNAPSHOT_PREFIXES_MOST * ND_PREFIX_OPTION + ND_DNS_OPTION +
	    SNAPSHOT_SERVERS_MOST * IPV6_ADDRESS,
};
_Static_assert(MESSAGE_MOST + IPV6_HEADER <= IPV6_MTU_LEAST, "it fits every link");

static const struct snapshot_advertisement *
configured(const struct engine *engine, uint16_t unit)
{
	return unit_discovers(engine, unit) ? engine->snapshot->units[unit].advertisement : NULL;
}

static void
arm(struct engine *engine, uint16_t unit, uint32_t ticks)
{
	timer_arm(&engine->claims.advertisers, engine->tick, unit, engine->tick + ticks);
}

static size_t
message_length(const struct snapshot_advertisement *from)
{
	size_t length = ND_ROUTER_ADVERTISEMENT + ND_LINK_OPTION;

	length += from->link_mtu != 0 ? ND_MTU_OPTION : 0;
	length += from->prefix_count * (size_t)ND_PREFIX_OPTION;
	length +=
	    from->server_count > 0 ? ND_DNS_OPTION + from->server_count * (size_t)IPV6_ADDRESS : 0;
	return length;
}

/* Writes the message of message_length() octets. */
static void
write_message(uint8_t *to, const struct snapshot_advertisement *from, const uint8_t *mac)
{
	const struct nd_advertisement head = {
	    .reachable = from->reachable_time,
	    .retransmit = from->retransmit_timer,
	    .lifetime = from->lifetime,
	    .hop_limit = from->hop_limit,
	    .flags = (uint8_t)((from->managed ? ND_MANAGED : 0) | (from->other ? ND_OTHER : 0)),
	};

	to += nd_build_advertisement(to, &head);
	to += nd_build_source_mac(to, mac);
	if (from->link_mtu != 0) {
		to += nd_build_mtu(to, from->link_mtu);
	}
	for (uint8_t i = 0; i < from->prefix_count; i++) {
		const struct snapshot_advertised_prefix *prefix = &from->prefixes[i];
		const struct nd_prefix option = {
		    .prefix = prefix->prefix,
		    .valid = prefix->valid,
		    .preferred = prefix->preferred,
		    .length = prefix->length,
		    .flags = (uint8_t)((prefix->on_link ? ND_ON_LINK : 0) |
				       (prefix->autonomous ? ND_AUTONOMOUS : 0)),
		};

		to += nd_build_prefix(to, &option);
	}
	if (from->server_count > 0) {
		(void)nd_build_dns(to, from->servers, from->server_count, from->server_lifetime);
	}
}

/* Never 0. */
static uint64_t
content_of(const struct engine *engine, uint16_t unit, const struct snapshot_advertisement *from)
{
	uint8_t message[MESSAGE_MOST];
	const uint64_t times = (uint64_t)from->max_interval << 16 | from->min_interval;

	write_message(message, from, engine->units[unit].mac);
	return (hash_bytes(&engine->neighbours.secret, message, message_length(from)) ^ times) | 1;
}

void
advertise_apply(struct engine *engine, uint16_t unit)
{
	struct discovery *discovery = &engine->claims.units[unit];
	const struct snapshot_advertisement *from = configured(engine, unit);
	const uint64_t content = from == NULL ? 0 : content_of(engine, unit, from);

	if (engine->config.worker != 0) {
		return; /* one router says it once */
	}
	if (from != NULL && content != discovery->content) {
		discovery->initial = INITIAL;
	}
	if (content != discovery->content) {
		arm(engine, unit, 1);
	}
	discovery->content = content;
}

void
advertise_restart(struct engine *engine, uint16_t unit)
{
	engine->claims.units[unit].content = 0;
	advertise_apply(engine, unit);
}

static void
send(struct engine *engine, uint16_t unit, const struct snapshot_advertisement *from)
{
	struct discovery *discovery = &engine->claims.units[unit];
	const struct link_message message = {
	    .source = engine->snapshot->units[unit].link_local,
	    .destination = IPV6_ALL_NODES,
	    .unit = unit,
	    .length = (uint16_t)message_length(from),
	};
	uint8_t *at;
	struct packet *packet = link_message_start(engine, &message, &at);

	discovery->advertised = engine->tick;
	if (packet != NULL) {
		write_message(at, from, engine->units[unit].mac);
		link_message_send(engine, packet, &message);
		discovery->advertising = from->lifetime > 0;
		discovery->sent++;
	}
}

/* The time from one advertisement to the next (RFC 4861 6.2.4). */
static uint32_t
next_gap(struct engine *engine, struct discovery *discovery,
    const struct snapshot_advertisement *from)
{
	const uint32_t least = (uint32_t)from->min_interval * TICKS_A_SECOND;
	const uint32_t most = (uint32_t)from->max_interval * TICKS_A_SECOND;
	const uint32_t gap =
	    least + (uint32_t)random_below(engine->config.random, most - least + 1);

	if (discovery->initial > 0) {
		discovery->initial--;
	}
	return discovery->initial > 0 && gap > INITIAL_GAP ? INITIAL_GAP : gap;
}

static void
timer(struct engine *engine, uint16_t unit)
{
	static const struct snapshot_advertisement farewell = {.lifetime = 0};
	struct discovery *discovery = &engine->claims.units[unit];
	const struct snapshot_advertisement *from = configured(engine, unit);

	if (discovery->down) {
		return; /* engine_set_link() begins again */
	}
	if (from == NULL) {
		if (discovery->advertising && unit_discovers(engine, unit)) {
			send(engine, unit, &farewell);
		}
		discovery->advertising = false;
		return;
	}
	const struct ipv6_address source = engine->snapshot->units[unit].link_local;
	const uint32_t since = engine->tick - discovery->advertised;

	if (claim_of(engine, unit, source) != CLAIM_VALID) {
		arm(engine, unit, WAIT_FOR_ADDRESS);
	} else if (discovery->advertised != 0 && since < LEAST_GAP) {
		arm(engine, unit, LEAST_GAP - since);
	} else {
		send(engine, unit, from);
		arm(engine, unit, next_gap(engine, discovery, from));
	}
}

bool
advertise_solicited(struct engine *engine, uint16_t unit)
{
	const struct wheel *wheel = &engine->claims.advertisers;
	struct discovery *discovery = &engine->claims.units[unit];

	discovery->solicited++;
	if (configured(engine, unit) == NULL) {
		return false;
	}
	const uint32_t delay = (uint32_t)random_below(engine->config.random, ANSWER_DELAY) + 1;

	/* timer() waits until the last one is old enough. */
	if (!wheel_armed(wheel, unit) ||
	    (int32_t)(discovery->link.deadline - (engine->tick + delay)) > 0) {
		arm(engine, unit, delay);
	}
	return true;
}

void
advertise_heard(struct engine *engine, uint16_t unit)
{
	engine->claims.units[unit].heard++;
}

uint32_t
engine_list_advertisers(const struct engine *engine, uint64_t now, uint32_t *cursor,
    struct engine_advertiser_view *views, uint32_t max)
{
	const uint32_t tick = (uint32_t)(now / TICK_NS);
	uint32_t count = 0;
	uint32_t unit = *cursor;

	for (; unit < engine->claims.unit_count && count < max; unit++) {
		const struct discovery *discovery = &engine->claims.units[unit];

		if (configured(engine, (uint16_t)unit) != NULL) {
			views[count++] = (struct engine_advertiser_view){
			    .sent = discovery->sent,
			    .solicited = discovery->solicited,
			    .heard = discovery->heard,
			    .since = (tick - discovery->advertised) / TICKS_A_SECOND,
			    .unit = (uint16_t)unit,
			};
		}
	}
	*cursor = unit < engine->claims.unit_count ? unit : UINT32_MAX;
	return count;
}

bool
engine_advertises(const struct engine *engine)
{
	return engine->claims.advertisers.armed > 0;
}

bool
advertise_advance(struct engine *engine)
{
	struct wheel *wheel = &engine->claims.advertisers;
	uint32_t due[DUE_MOST];
	const uint32_t count = wheel_advance(wheel, engine->tick, due, DUE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		timer(engine, (uint16_t)due[i]);
	}
	return wheel_behind(wheel, engine->tick);
}
