/*
 * IPv6 where a replay cannot reach: what our own host sends and hears, commits between packets of a session, and what
 * `show` sees (REQ-FW-002, REQ-FW-007, REQ-FW-017, REQ-HI-001, cs06832).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway.h"
#include "source.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	INSIDE, /* ports, by their names */
	OUTSIDE,
	OTHER,
	HOST,
	PORT_FRAME = 1514, /* what is larger was not cut by its sender's card */
	FRAME = 1600,
	KEPT = 16,
};

#define CLIENT ((struct ipv6_address){0x20010db800010000, 5})
#define GATE ((struct ipv6_address){0x20010db800010000, 1})
#define SERVER ((struct ipv6_address){0x20010db800020000, 7})
#define FAR_GATE ((struct ipv6_address){0x20010db800020000, 1})
#define NEIGHBOUR ((struct ipv6_address){0xfe80000000000000, 5})
#define FAR ((struct ipv6_address){0x20010db800770000, 9}) /* by the default route */

static const char configuration[] =
    "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64\n"
    "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64\n"
    "set interfaces ge-0/0/1 unit 0 family inet6 mtu 1300\n"
    "set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::1/64\n"
    "set security forwarding-options family inet6 mode flow-based\n"
    "set security zones security-zone inside interfaces ge-0/0/0.0\n"
    "set security zones security-zone inside host-inbound-traffic system-services ssh\n"
    "set security zones security-zone outside interfaces ge-0/0/1.0\n"
    "set security zones security-zone outside interfaces ge-0/0/2.0\n"
    "set system services ssh\n"
    "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::fe\n"
    "set security policies from-zone inside to-zone outside policy all match source-address any destination-address any "
    "application any\n"
    "set security policies from-zone inside to-zone outside policy all then permit\n";

/* An IP packet that came out. */
struct output {
	enum engine_verb verb;
	uint16_t port;
	uint32_t length;
	uint8_t mac[ETHERNET_ADDRESS];
	uint8_t ip[FRAME];
};

struct world {
	struct gateway *gateway;
	struct schema *schema;
	struct conf_tree *tree;
	struct output outputs[KEPT];
	unsigned count; /* since the last packet */
	enum reason closed; /* why the last session ended */
};

struct segment {
	struct ipv6_address source;
	struct ipv6_address destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t payload;
	uint8_t protocol; /* 6, 17 */
	uint8_t flags;
	uint32_t sequence;
	uint32_t acknowledgement;
};

static void
take_output(void *context, uint64_t now, const struct engine_output *from)
{
	struct world *world = context;
	struct output *output = &world->outputs[world->count];
	const uint32_t header = from->verb == ENGINE_SEND ? ETHERNET_HEADER : 0;

	(void)now;
	assert_true(world->count < KEPT && from->packet->length - header <= FRAME);
	output->verb = (enum engine_verb)from->verb;
	output->port = from->packet->port;
	output->length = from->packet->length - header;
	if (header != 0) {
		assert_int_equal(bytes_load_16(from->packet->data + 12), ETHERNET_TYPE_IPV6);
		memcpy(output->mac, from->packet->data, sizeof(output->mac));
	}
	memcpy(output->ip, from->packet->data + header, output->length);
	world->count++;
}

static void
take_event(void *context, const struct event *event)
{
	struct world *world = context;

	if (event->kind == EVENT_SESSION_CLOSE) {
		world->closed = (enum reason)event->reason;
	}
}

/* Puts the configuration and some lines more in force. */
static void
commit(struct world *world, const char *more)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *tree = conf_tree_create(world->schema);

	assert_non_null(tree);
	assert_true(conf_load(tree, CONF_FORMAT_SET, NULL, configuration, strlen(configuration), &list));
	assert_true(conf_load(tree, CONF_FORMAT_SET, NULL, more, strlen(more), &list));
	assert_true(gateway_configure(world->gateway, tree, &list));
	diagnostics_release(&list);
	conf_tree_destroy(world->tree);
	world->tree = tree;
}

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	const struct gateway_options options = {.sessions = 64, .seed = 1, .neighbours_auto = true, .tailroom = 2048};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = world};

	assert_non_null(world);
	world->schema = source_schema("test");
	world->gateway = gateway_create(&options, &sink);
	assert_non_null(world->gateway);
	commit(world, "");
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	gateway_destroy(world->gateway);
	conf_tree_destroy(world->tree);
	schema_destroy(world->schema);
	free(world);
	return 0;
}

/* The octets of an IP packet; returns their number. */
static uint32_t
build(uint8_t *ip, const struct segment *segment)
{
	const uint16_t header = segment->protocol == 6 ? TCP_HEADER : UDP_HEADER;
	const uint16_t length = (uint16_t)(header + segment->payload);
	const struct ipv6_header outer = {
	    .source = segment->source,
	    .destination = segment->destination,
	    .payload_length = length,
	    .next_header = segment->protocol,
	    .hop_limit = 64,
	};
	const struct tcp_header tcp = {
	    .sequence = segment->sequence,
	    .acknowledgement = segment->acknowledgement,
	    .source_port = segment->source_port,
	    .destination_port = segment->destination_port,
	    .window = 65535,
	    .header_length = TCP_HEADER,
	    .flags = segment->flags,
	};
	uint8_t *transport = ip + IPV6_HEADER;
	const uint16_t at = segment->protocol == 6 ? 16 : 6;

	memset(ip, 0, (size_t)IPV6_HEADER + length);
	ipv6_build(ip, &outer);
	if (segment->protocol == 6) {
		tcp_build(transport, &tcp);
	} else {
		bytes_store_16(transport, segment->source_port);
		bytes_store_16(transport + 2, segment->destination_port);
		bytes_store_16(transport + 4, length);
	}
	bytes_store_16(transport + at, checksum_finish(ipv6_pseudo(segment->source, segment->destination, segment->protocol,
					   length) + checksum_sum(transport, length)));
	return (uint32_t)IPV6_HEADER + length;
}

/* Hands a packet in on a port, or from our own host. */
static struct packet_result
input(struct world *world, unsigned port, const struct segment *segment)
{
	static const char *const names[] = {"ge-0/0/0", "ge-0/0/1", "ge-0/0/2"};
	static const uint8_t macs[] = {2, 0x53, 0x50, 0, 0, 0, 2, 0xaa, 0, 0, 0, 5, 0x86, 0xdd};
	uint8_t frame[FRAME];
	const uint32_t header = port == HOST ? 0 : ETHERNET_HEADER;
	struct packet_result result;

	memcpy(frame, macs, sizeof(macs));
	const uint32_t length = build(frame + header, segment);
	uint8_t *exact = malloc(header + length);

	assert_non_null(exact);
	memcpy(exact, frame, header + length);
	world->count = 0;
	world->closed = REASON_NONE;
	assert_true(gateway_advance(world->gateway, gateway_now(world->gateway) + GATEWAY_SECOND));
	world->count = 0;
	assert_true(gateway_process(world->gateway, exact, header + length,
	    port == HOST ? SNAPSHOT_INSTANCE_DEFAULT : gateway_port(world->gateway, names[port]),
	    port == HOST ? PACKET_FROM_HOST : header + length > PORT_FRAME ? PACKET_SUPERFRAME : 0, &result));
	free(exact);
	return result;
}

static struct segment
datagram(struct ipv6_address source, uint16_t source_port, struct ipv6_address destination, uint16_t destination_port)
{
	return (struct segment){.source = source, .destination = destination, .source_port = source_port,
	    .destination_port = destination_port, .payload = 8, .protocol = 17};
}

static void
expect(struct world *world, unsigned port, struct segment segment, enum packet_verdict verdict, enum reason reason)
{
	const struct packet_result result = input(world, port, &segment);

	assert_string_equal(reason_name((enum reason)result.reason), reason_name(reason));
	assert_int_equal(result.verdict, verdict);
}

/* What it sends makes a session, in zone junos-self; the answer comes back to it. */
static void
test_our_host_asks(void **state)
{
	struct world *world = *state;

	expect(world, HOST, datagram(FAR_GATE, 5000, SERVER, 53), VERDICT_FORWARD, REASON_HOST_OUTBOUND);
	assert_int_equal(world->count, 1);
	assert_int_equal(world->outputs[0].verb, ENGINE_SEND);
	assert_int_equal(world->outputs[0].ip[7], 64); /* its hop limit is its own */
	expect(world, OUTSIDE, datagram(SERVER, 53, FAR_GATE, 5000), VERDICT_HOST, REASON_SESSION);
	assert_int_equal(world->outputs[0].verb, ENGINE_HOST);
	expect(world, HOST, datagram(FAR_GATE, 5000, SERVER, 53), VERDICT_FORWARD, REASON_SESSION);
	expect(world, INSIDE, datagram(SERVER, 53, FAR_GATE, 5000), VERDICT_DROP, REASON_SESSION_ZONE);
	/* Nothing of a link, or of ours, leaves it. */
	expect(world, HOST, datagram(FAR_GATE, 5000, GATE, 53), VERDICT_DROP, REASON_HOST_TO_SELF);
	expect(world, HOST, datagram(FAR_GATE, 5000, IPV6_ALL_NODES, 53), VERDICT_DROP, REASON_DESTINATION_MULTICAST);
	expect(world, HOST, datagram(FAR_GATE, 5000, NEIGHBOUR, 53), VERDICT_DROP,
	    REASON_LINK_LOCAL);
}

/* An error that our host hears: as if the far end had said so. */
static void
assert_told(const struct world *world, const struct segment *about, uint8_t type, uint8_t code, uint32_t parameter)
{
	const struct output *output = &world->outputs[0];
	struct ipv6_header ip = {.hop_limit = 0};
	struct icmp6_header icmp = {.type = 0};
	struct icmp6_quote quote = {.sequence = 0};

	assert_int_equal(world->count, 1);
	assert_int_equal(output->verb, ENGINE_HOST);
	assert_int_equal(ipv6_parse(output->ip, output->length, &ip), IPV6_OK);
	assert_true(ipv6_equal(ip.source, about->destination) && ipv6_equal(ip.destination, about->source));
	assert_true(icmp6_checksum_right(output->ip + IPV6_SOURCE_AT, output->ip + IPV6_HEADER, ip.payload_length));
	assert_true(icmp6_parse(output->ip + IPV6_HEADER, ip.payload_length, &icmp));
	assert_int_equal(icmp.type, type);
	assert_int_equal(icmp.code, code);
	assert_int_equal(icmp.parameter, parameter);
	assert_true(icmp6_parse_quote(output->ip + IPV6_HEADER + ICMP6_HEADER, output->length - IPV6_HEADER - ICMP6_HEADER,
	    &quote));
	assert_int_equal(quote.source_port, about->source_port);
}

static void
test_our_host_hears_errors(void **state)
{
	struct world *world = *state;
	struct segment large = datagram(FAR_GATE, 5000, SERVER, 53);
	const struct segment nowhere = datagram(GATE, 5000, FAR, 53);

	large.payload = 1300 - IPV6_HEADER - UDP_HEADER + 1;
	expect(world, HOST, large, VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
	assert_told(world, &large, ICMP6_TOO_BIG, 0, 1300);
	large.payload--;
	expect(world, HOST, large, VERDICT_FORWARD, REASON_HOST_OUTBOUND);
	commit(world, "delete routing-options rib inet6.0\n");
	expect(world, HOST, nowhere, VERDICT_REJECT, REASON_NO_ROUTE);
	assert_told(world, &nowhere, ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_NO_ROUTE, 0);
}

/* A service that runs: the answer comes from the address that was asked. */
static void
test_our_host_answers(void **state)
{
	struct world *world = *state;
	struct segment syn = {.source = CLIENT, .destination = GATE, .source_port = 4000, .destination_port = 22, .protocol = 6,
	    .flags = TCP_SYN, .sequence = 1000};
	struct segment answer = {.source = GATE, .destination = CLIENT, .source_port = 22, .destination_port = 4000,
	    .protocol = 6, .flags = TCP_SYN | TCP_ACK, .sequence = 5000, .acknowledgement = 1001};
	struct segment ack = syn;

	expect(world, INSIDE, syn, VERDICT_HOST, REASON_HOST_INBOUND);
	expect(world, HOST, answer, VERDICT_FORWARD, REASON_SESSION);
	ack.flags = TCP_ACK;
	ack.sequence = 1001;
	ack.acknowledgement = 5001;
	expect(world, INSIDE, ack, VERDICT_HOST, REASON_SESSION);
	/* Also under mode packet-based. */
	commit(world, "set security forwarding-options family inet6 mode packet-based\n");
	expect(world, INSIDE, ack, VERDICT_HOST, REASON_SESSION);
	syn.destination_port = 23;
	expect(world, INSIDE, syn, VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	commit(world, "set security forwarding-options family inet6 mode drop\n");
	expect(world, INSIDE, ack, VERDICT_DROP, REASON_INET6_MODE_DROP);
	expect(world, HOST, answer, VERDICT_DROP, REASON_INET6_MODE_DROP);
}

/* Under mode packet-based what passes through has no session, and what our host asks has: its answer comes. */
static void
test_packet_based(void **state)
{
	struct world *world = *state;

	commit(world, "set security forwarding-options family inet6 mode packet-based\n");
	expect(world, INSIDE, datagram(CLIENT, 4000, SERVER, 9), VERDICT_FORWARD, REASON_PACKET_BASED);
	assert_int_equal(engine_session_count(gateway_engine(world->gateway)), 0);
	expect(world, OUTSIDE, datagram(SERVER, 53, FAR_GATE, 5000), VERDICT_DROP, REASON_DNS_REPLY_NO_SESSION);
	expect(world, OUTSIDE, datagram(SERVER, 99, FAR_GATE, 5000), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	expect(world, HOST, datagram(FAR_GATE, 5000, SERVER, 53), VERDICT_FORWARD, REASON_HOST_OUTBOUND);
	expect(world, OUTSIDE, datagram(SERVER, 53, FAR_GATE, 5000), VERDICT_HOST, REASON_SESSION);
	assert_int_equal(engine_session_count(gateway_engine(world->gateway)), 1);
}

/* REQ-FW-017: a superframe is compared with an MTU by one of its segments, here of 40 + 20 + 1440 octets: a way of 1500 takes it, one
 * of 1300 does not. */
static void
test_packet_based_superframes(void **state)
{
	struct world *world = *state;
	struct segment segment = {.source = CLIENT, .destination = {0x20010db800030000, 9}, .source_port = 4000, .destination_port = 80,
	    .payload = 1500, .protocol = 6, .flags = TCP_ACK};

	commit(world, "set security forwarding-options family inet6 mode packet-based\n");
	expect(world, INSIDE, segment, VERDICT_FORWARD, REASON_PACKET_BASED);
	assert_int_equal(world->outputs[0].length, 40 + 20 + 1500);
	segment.destination = SERVER;
	expect(world, INSIDE, segment, VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
}

/* Nobody else may speak from an address of ours, on whatever interface it is and since whichever commit (RFC 1812 5.3.8), in
 * either mode; all others may. */
static void
test_addresses_of_ours_as_sources(void **state)
{
	static const char *const modes[] = {"flow-based", "packet-based"};
	const struct ipv6_address later = {0x20010db800030000, 0x99};
	struct world *world = *state;

	for (unsigned i = 0; i < 2; i++) {
		const enum reason passed = i == 0 ? REASON_SESSION : REASON_PACKET_BASED;
		char text[256];

		(void)snprintf(text, sizeof(text), "set security forwarding-options family inet6 mode %s\n", modes[i]);
		commit(world, text);
		expect(world, INSIDE, datagram(GATE, 5000, SERVER, 9), VERDICT_DROP, REASON_SOURCE_OURS);
		expect(world, INSIDE, datagram(FAR_GATE, 5000, SERVER, 9), VERDICT_DROP, REASON_SOURCE_OURS);
		for (uint64_t host = 2; host < 1000; host++) {
			const struct ipv6_address source = {GATE.high, host};

			if (i == 1 || host < 40) {
				expect(world, INSIDE, datagram(source, 5000, SERVER, 9), VERDICT_FORWARD, passed);
			}
		}
		expect(world, INSIDE, datagram(later, 5000, SERVER, 9), VERDICT_FORWARD, passed);
		(void)snprintf(text, sizeof(text), "set security forwarding-options family inet6 mode %s\n"
		    "set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::99/64\n", modes[i]);
		commit(world, text);
		expect(world, INSIDE, datagram(later, 5001, SERVER, 9), VERDICT_DROP, REASON_SOURCE_OURS);
	}
}

/* Sessions go on after a change as long as both ends are in their zones, along the new way. */
static void
test_ways_change(void **state)
{
	struct world *world = *state;
	const struct segment forth = datagram(CLIENT, 4000, FAR, 9);
	const struct segment back = datagram(FAR, 9, CLIENT, 4000);

	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->outputs[0].port, gateway_port(world->gateway, "ge-0/0/1"));
	assert_int_equal(world->outputs[0].mac[5], 0xfe);
	commit(world, "set routing-options rib inet6.0 static route 2001:db8:77::/48 next-hop 2001:db8:3::33\n");
	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->closed, REASON_NONE);
	assert_int_equal(world->outputs[0].port, gateway_port(world->gateway, "ge-0/0/2"));
	assert_int_equal(world->outputs[0].mac[5], 0x33);
	expect(world, OTHER, back, VERDICT_FORWARD, REASON_SESSION);
	assert_true(gateway_set_unit_state(world->gateway, "ge-0/0/2.0", false));
	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->outputs[0].port, gateway_port(world->gateway, "ge-0/0/1"));
	commit(world, "delete routing-options rib inet6.0\n");
	expect(world, INSIDE, forth, VERDICT_REJECT, REASON_NO_ROUTE);
	assert_int_equal(world->closed, REASON_CLOSE_ROUTE);
}

/* REQ-RT-001: the way moves to an interface of the same zone in another instance: answers are expected there from then on. */
static void
test_far_end_moves_to_another_instance(void **state)
{
	static const char instance[] = "set routing-instances one instance-type virtual-router\n"
	                               "set routing-instances one interface ge-0/0/0.0\n"
	                               "set routing-instances one interface ge-0/0/2.0\n"
	                               "set routing-instances one routing-options rib one.inet6.0 static route ::/0 "
	                               "next-table inet6.0\n";
	char moved[1024];
	struct world *world = *state;

	(void)snprintf(moved, sizeof(moved), "%sset routing-instances one routing-options rib one.inet6.0 static route "
	    "2001:db8:77::/48 next-hop 2001:db8:3::fe\n", instance);
	commit(world, instance);
	expect(world, INSIDE, datagram(CLIENT, 5000, FAR, 9), VERDICT_FORWARD, REASON_SESSION);
	expect(world, OUTSIDE, datagram(FAR, 9, CLIENT, 5000), VERDICT_FORWARD, REASON_SESSION);
	commit(world, moved);
	expect(world, INSIDE, datagram(CLIENT, 5000, FAR, 9), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->outputs[0].port, gateway_port(world->gateway, "ge-0/0/2"));
	expect(world, OTHER, datagram(FAR, 9, CLIENT, 5000), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->outputs[0].port, gateway_port(world->gateway, "ge-0/0/0"));
	expect(world, OUTSIDE, datagram(FAR, 9, CLIENT, 5000), VERDICT_DROP, REASON_DEFAULT_DENY);
	assert_int_equal(engine_session_count(gateway_engine(world->gateway)), 1);
}

static void
test_zones_and_policies_change(void **state)
{
	static const char deny[] = "delete security policies from-zone inside to-zone outside policy all then permit\n"
	    "set security policies from-zone inside to-zone outside policy all then deny\n";
	struct world *world = *state;
	const struct segment forth = datagram(CLIENT, 4000, SERVER, 9);
	char text[sizeof(deny) + 64];

	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	/* REQ-FW-002 */
	commit(world, deny);
	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	(void)strcpy(text, deny);
	(void)strcat(text, "set security policies policy-rematch\n");
	commit(world, text);
	expect(world, INSIDE, forth, VERDICT_DROP, REASON_POLICY_DENY);
	assert_int_equal(world->closed, REASON_CLOSE_REMATCH);
	commit(world, "");
	expect(world, INSIDE, forth, VERDICT_FORWARD, REASON_SESSION);
	commit(world, "delete security zones security-zone outside interfaces ge-0/0/1.0\n"
	    "set security zones security-zone third interfaces ge-0/0/1.0\n");
	expect(world, INSIDE, forth, VERDICT_DROP, REASON_DEFAULT_DENY);
	assert_int_equal(world->closed, REASON_CLOSE_ZONE);
}

/* `show` sees both directions, and `clear` ends it. */
static void
test_views(void **state)
{
	struct world *world = *state;
	struct engine *engine = gateway_engine(world->gateway);
	struct engine_session_view views[2];
	uint32_t cursor = 0;

	expect(world, INSIDE, datagram(CLIENT, 4000, SERVER, 9), VERDICT_FORWARD, REASON_SESSION);
	expect(world, OUTSIDE, datagram(SERVER, 9, CLIENT, 4000), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(engine_list_sessions(engine, gateway_now(world->gateway), &cursor, 64, views, 2), 1);
	assert_true(ipv6_equal(views[0].source[0], CLIENT) && ipv6_equal(views[0].destination[0], SERVER));
	assert_true(ipv6_equal(views[0].source[1], SERVER) && ipv6_equal(views[0].destination[1], CLIENT));
	assert_int_equal(views[0].source_port[1], 9);
	assert_int_equal(views[0].protocol, 17);
	assert_int_equal(views[0].packets[0], 1);
	assert_int_equal(views[0].packets[1], 1);
	assert_int_equal(views[0].bytes[0], IPV6_HEADER + UDP_HEADER + 8);
	assert_true(engine_clear_session(engine, gateway_now(world->gateway), views[0].session));
	assert_int_equal(engine_session_count(engine), 0);
	expect(world, OUTSIDE, datagram(SERVER, 9, CLIENT, 4000), VERDICT_DROP, REASON_DEFAULT_DENY);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_our_host_asks),
	    TEST(test_our_host_hears_errors),
	    TEST(test_our_host_answers),
	    TEST(test_packet_based),
	    TEST(test_packet_based_superframes),
	    TEST(test_ways_change),
	    TEST(test_addresses_of_ours_as_sources),
	    TEST(test_far_end_moves_to_another_instance),
	    TEST(test_zones_and_policies_change),
	    TEST(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
