/*
 * Fuzz target (cs10157): frames through the engine under the branch's configuration (example 03), translated addresses of all
 * kinds and two zones of IPv6, with
 * commits of another one between them that takes zones, routes and policies away and brings them back, and forwards IPv6
 * packet by packet.
 *
 * The input begins with one octet: is ARP played, or made up? Then a row of records: port (1 octet), tenths of a second since
 * the record before (1), flags (1), length (2), frame. Frames lie in heap blocks of their exact size and nothing is free behind
 * them, so that reading too far is seen. A gateway serves all inputs: between two it sleeps for two hours, in which every
 * session and neighbour goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "gateway.h"
#include "house.h"
#include "source.h"
#include "target.h"

enum {
	SLEEP_SECONDS = 7200,
	PORTS = 6,
	FLAG_PARTIAL = 1,
	FLAG_HOST = 2,
	FLAG_COMMIT = 4,
	TREES = 3,
};

/* A gateway and the two configurations that it changes between. */
struct house {
	struct gateway *gateway;
	struct conf_tree *trees[TREES];
	uint32_t in_force;
	uint32_t sum; /* of everything that came out, so that it is all looked at */
};

static void
take_output(void *context, uint64_t now, const struct engine_output *output)
{
	uint32_t *sum = context;

	(void)now;
	/* Every octet that leaves is looked at: an uninitialized or foreign one would be seen. */
	for (uint32_t i = 0; i < output->packet->length; i++) {
		*sum += output->packet->data[i];
	}
}

static void
take_event(void *context, const struct event *event)
{
	uint32_t *sum = context;

	*sum += event->kind;
}

static struct conf_tree *
load(const char *const *more)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *tree = fuzz_tree();
	struct source source;

	if (!source_open(&source, "fuzz", FUZZ_CONFIGURATION, CONF_FORMAT_AUTO) ||
	    !source_load(&source, tree, &list)) {
		abort();
	}
	for (; *more != NULL; more++) {
		fuzz_load(tree, *more);
	}
	source_release(&source);
	diagnostics_release(&list);
	return tree;
}

static void
put_in_force(struct house *house, uint32_t which)
{
	fuzz_configure(house->gateway, house->trees[which]);
	house->in_force = which;
}

/* --- configurations -------------------------------------------------------------------------------------------------- */

/* The last two ports. */
static const char six[] = "set interfaces ge-0/0/5 unit 0 family inet6 address 2001:db8:1::1/64\n"
    "set interfaces ge-0/0/6 unit 0 family inet6 address 2001:db8:2::1/64\n"
    "set interfaces ge-0/0/6 unit 0 family inet6 mtu 1300\n"
    "set security zones security-zone six-in interfaces ge-0/0/5.0\n"
    "set security zones security-zone six-in tcp-rst\n"
    "set security zones security-zone six-in host-inbound-traffic system-services all\n"
    "set security zones security-zone six-out interfaces ge-0/0/6.0\n"
    "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::99\n"
    "set routing-options rib inet6.0 static route 2001:db8:6::/48 reject\n"
    "set protocols router-advertisement interface ge-0/0/5.0\n"
    "set security policies from-zone six-in to-zone six-out policy six match source-address any "
    "destination-address any application any\n"
    "set security policies from-zone six-in to-zone six-out policy six then permit\n"
    "set security forwarding-options family inet6 mode flow-based\n";

/* Of all kinds, from the two office networks to the Internet, and a server behind a static mapping. */
static const char nat[] = "set security nat interface ge-0/0/3.2 source-nat pool ports address-range low 11.12.1.20 high 11.12.1.21\n"
    "set security nat interface ge-0/0/3.2 source-nat pool alone address-range low 2.3.4.5 high 2.3.4.6\n"
    "set security nat interface ge-0/0/3.2 source-nat pool alone no-port-translation\n"
    "set security nat interface ge-0/0/3.2 static-nat 5.6.7.0/29 host 10.11.14.0/29\n"
    "set security nat destination-nat web address 10.11.15.6/32 port 8080\n"
    "set security policies from-zone InternetALBQ to-zone junos-global policy in match source-address any "
    "destination-address static_nat_5.6.7.0_29 application any\n"
    "set security policies from-zone InternetALBQ to-zone junos-global policy in then permit\n"
    "set security policies from-zone BankManagersALBQ to-zone InternetALBQ policy nat match source-address any "
    "destination-address any application any\n"
    "set security policies from-zone BankManagersALBQ to-zone InternetALBQ policy nat then permit source-nat pool ports\n"
    "insert security policies from-zone BankManagersALBQ to-zone InternetALBQ policy nat before policy InternetAccess\n"
    "set security policies from-zone FinancialALBQ to-zone InternetALBQ policy nat match source-address any "
    "destination-address any application any\n"
    "set security policies from-zone FinancialALBQ to-zone InternetALBQ policy nat then permit source-nat pool alone\n"
    "insert security policies from-zone FinancialALBQ to-zone InternetALBQ policy nat before policy InternetAccess\n"
    "set security policies from-zone InternetALBQ to-zone PublicAppServersALBQ policy nat match source-address any "
    "destination-address any application any\n"
    "set security policies from-zone InternetALBQ to-zone PublicAppServersALBQ policy nat then permit source-nat interface\n"
    "set security policies from-zone InternetALBQ to-zone PublicAppServersALBQ policy nat then permit destination-nat web\n";

static const char other[] = "set security forwarding-options family inet6 mode packet-based\n"
    "delete routing-options rib inet6.0 static route ::/0\n"
    "set interfaces ge-0/0/1 unit 2 disable\n"
    "set interfaces ge-0/0/3 mtu 600\n"
    "set interfaces ge-0/0/5 unit 0 family inet address 10.99.0.1/24\n"
    "delete security zones security-zone TellersALBQ tcp-rst\n"
    "delete security policies from-zone FinancialALBQ to-zone InternetALBQ\n"
    "set security policies policy-rematch\n"
    "delete routing-instances InternetALBQ-vr routing-options static route 0.0.0.0/0\n"
    "set system services ssh\n"
    "delete security nat interface ge-0/0/3.2 static-nat 5.6.7.0/29\n"
    "set security nat interface ge-0/0/3.2 static-nat 5.6.7.0/29 host 10.11.14.8/29\n"
    "set security nat source-nat address-persistent\n"
    "set security flow tcp-session no-syn-check\n";

/* Address translation by rule-sets: all kinds of pools and rules that the other form has not. */
static const char rules[] = "set security nat source pool few address 11.12.1.20 to 11.12.1.22\n"
    "set security nat source pool few port range 2000 to 2003\n"
    "set security nat source pool few port port-overloading-factor 3\n"
    "set security nat source pool alone address 2.3.4.5\n"
    "set security nat source pool alone port no-translation\n"
    "set security nat source rule-set s from zone [ BankManagersALBQ FinancialALBQ TellersALBQ ]\n"
    "set security nat source rule-set s to zone InternetALBQ\n"
    "set security nat source rule-set s rule kept match destination-port 80\n"
    "set security nat source rule-set s rule kept then source-nat pool few persistent-nat permit target-host-port\n"
    "set security nat source rule-set s rule kept then source-nat pool few persistent-nat inactivity-timeout 60\n"
    "set security nat source rule-set s rule own match protocol udp\n"
    "set security nat source rule-set s rule own then source-nat interface persistent-nat permit any-remote-host\n"
    "set security nat source rule-set s rule own then source-nat interface persistent-nat max-session-number 8\n"
    "set security nat source rule-set s rule address match protocol icmp\n"
    "set security nat source rule-set s rule address then source-nat pool alone persistent-nat permit any-remote-host\n"
    "set security nat source rule-set s rule address then source-nat pool alone persistent-nat address-mapping\n"
    "set security nat source rule-set s rule rest match source-address 0.0.0.0/0\n"
    "set security nat source rule-set s rule rest then source-nat pool few\n"
    "set security nat static rule-set t from zone InternetALBQ\n"
    "set security nat static rule-set t rule port match destination-address 5.6.7.0/29\n"
    "set security nat static rule-set t rule port match destination-port 80 to 89\n"
    "set security nat static rule-set t rule port then static-nat prefix 10.11.14.0/29 mapped-port 8080 to 8089\n"
    "set security nat static rule-set t rule rest match destination-address 5.6.7.0/29\n"
    "set security nat static rule-set t rule rest then static-nat prefix 10.11.14.0/29\n"
    "set security policies default-policy permit-all\n";

static void
make_house(struct house *house, bool neighbours_auto)
{
	const struct gateway_options options = {.sessions = 256, .seed = 1, .neighbours_auto = neighbours_auto};
	const struct gateway_sink sink = {.output = take_output, .event = take_event, .context = &house->sum};

	house->gateway = gateway_create(&options, &sink);
	if (house->gateway == NULL) {
		abort();
	}
	house->trees[0] = load((const char *const[]){six, nat, NULL});
	house->trees[1] = load((const char *const[]){six, nat, other, NULL});
	house->trees[2] = load((const char *const[]){six, rules, NULL});
	gateway_set_wall(house->gateway, 1191405600000000);
	put_in_force(house, 0);
}

/* One record; false at the end of the input. */
static bool
run_record(struct house *house, struct reader *reader)
{
	const uint8_t port = reader_u8(reader);
	const uint8_t tenths = reader_u8(reader);
	const uint8_t flags = reader_u8(reader);
	const uint16_t size = reader_u16(reader);
	const size_t left = reader_left(reader);
	const size_t take = size < left ? size : left;
	const uint8_t *frame = reader_bytes(reader, take);
	struct packet_result result;

	if (frame == NULL) {
		return false;
	}
	if (!gateway_advance(house->gateway, gateway_now(house->gateway) + tenths * GATEWAY_STEP)) {
		abort();
	}
	if ((flags & FLAG_COMMIT) != 0) {
		put_in_force(house, (house->in_force + 1) % TREES);
	}
	if (!gateway_process(house->gateway, frame, (uint32_t)take, port % PORTS,
	        (uint16_t)((flags & FLAG_PARTIAL) != 0 ? PACKET_CHECKSUM_DUE : 0) |
	        (uint16_t)((flags & FLAG_HOST) != 0 ? PACKET_FROM_HOST : 0), &result)) {
		abort();
	}
	if (result.verdict == VERDICT_NONE || result.verdict >= VERDICT_COUNT || result.reason == REASON_NONE ||
	    result.reason >= REASON_COUNT) {
		abort(); /* every packet has a verdict and a reason */
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct house houses[2]; /* made once: compiling takes longer than a run */
	struct reader reader = reader_over(bytes, length);
	const bool neighbours_auto = (reader_u8(&reader) & 1) != 0;
	struct house *house = &houses[neighbours_auto ? 1 : 0];

	if (house->gateway == NULL) {
		make_house(house, neighbours_auto);
	}
	while (reader_left(&reader) > 0 && run_record(house, &reader)) {
	}
	if (house->in_force != 0) {
		put_in_force(house, 0);
	}
	if (!gateway_advance(house->gateway, gateway_now(house->gateway) + SLEEP_SECONDS * GATEWAY_SECOND)) {
		abort();
	}
	return 0;
}
