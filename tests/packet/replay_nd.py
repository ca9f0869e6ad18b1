#!/usr/bin/python3
"""Neighbour discovery, our own addresses, router advertisements and listener reports, with messages that scapy makes.

The IPv6 part of REQ-FW-017: RFC 4861, 4862, 3810, 8106. Security is as for ARP: what nobody asked for is not believed.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from replay_help import Dot1Q, Ether, IP, Place, Raw, UDP, at, check, equal, finish  # noqa: E402
from scapy.all import (  # noqa: E402
    ICMPv6DestUnreach, ICMPv6MLQuery2, ICMPv6MLReport2, ICMPv6MLDMultAddrRec, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA,
    ICMPv6ND_RS, ICMPv6ND_Redirect, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS,
    ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, PadN, RouterAlert)

CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set security forwarding-options family inet6 mode flow-based
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security policies default-policy permit-all
set protocols router-advertisement interface ge-0/0/0.0 max-advertisement-interval 100
set protocols router-advertisement interface ge-0/0/0.0 min-advertisement-interval 75
set protocols router-advertisement interface ge-0/0/0.0 prefix 2001:db8:1::/64
set protocols router-advertisement interface ge-0/0/0.0 link-mtu
set protocols router-advertisement interface ge-0/0/0.0 other-stateful-configuration
set protocols router-advertisement interface ge-0/0/0.0 dns-server-address 2001:db8::53
"""
# By the ports' MAC addresses 02:53:50:00:00:00 and :01 and the modified EUI-64 of RFC 4291.
MACS = ["02:53:50:00:00:00", "02:53:50:00:00:01"]
LINK_LOCAL = ["fe80::53:50ff:fe00:0", "fe80::53:50ff:fe00:1"]
GLOBAL = ["2001:db8:1::1", "2001:db8:2::1"]
HOST = "2001:db8:1::5"
HOST_LINK = "fe80::aa:ff:fe00:5"
HOST_MAC = "02:aa:00:00:00:05"
FAR = "2001:db8:2::9"
FAR_MAC = "02:bb:00:00:00:09"
EVIL_MAC = "02:66:66:66:66:66"


def solicited(address):
    """ff02::1:ff and the last three octets."""
    return "ff02::1:ff00:" + address.split(":")[-1] if address.startswith("2001") else "ff02::1:ff00:" + address[-1]


def group_mac(last):
    return "33:33:" + last


def frame(source, destination="33:33:00:00:00:01"):
    return Ether(src=source, dst=destination)


def ns(target, source=HOST_LINK, destination=None, mac=HOST_MAC, hops=255, option=True, upper=None):
    packet = frame(mac) / IPv6(src=source, dst=destination or solicited(target), hlim=hops)
    if upper is not None:
        packet = packet / upper
    packet = packet / ICMPv6ND_NS(tgt=target)
    return packet / ICMPv6NDOptSrcLLAddr(lladdr=mac) if option else packet


def na(target, source=None, destination="ff02::1", mac=HOST_MAC, hops=255, **flags):
    return (frame(mac) / IPv6(src=source or target, dst=destination, hlim=hops)
            / ICMPv6ND_NA(tgt=target, **{"R": 0, "S": 0, "O": 1, **flags}) / ICMPv6NDOptDstLLAddr(lladdr=mac))


def udp(source, destination, mac=HOST_MAC):
    return frame(mac, MACS[0]) / IPv6(src=source, dst=destination, hlim=64) / UDP(sport=4000, dport=99) / Raw(b"x")


class Played:
    """A replay of (time, port, frame, verdict, reason) rows; what left is by port with its times from the start."""

    def __init__(self, place, rows, until, config=CONFIG, arp="real"):
        self.place = place  # its folder lives as long
        arguments = ["--config", place.write("c.set", config), "--arp", arp, "--until", str(until)]
        for port in (0, 1):
            mine = [at(1000 + row[0], row[2].copy()) for row in rows if row[1] == port]
            if mine:
                arguments += ["--in", f"ge-0/0/{port}={place.capture(f'in{port}.pcap', mine)}"]
        self.run = place.replay(*arguments)
        for row, verdict in zip(rows, self.run.verdicts):
            equal((verdict["verdict"], verdict["reason"]), row[3:5], f"at {row[0]}: {row[2].summary()}")
        equal(len(self.run.verdicts), len(rows), "a verdict a frame")

    def left(self, port, since=0.0, before=1e9):
        return [(float(p.time) - 1000, p) for p in self.run.left(f"ge-0/0/{port}")
                if since <= float(p.time) - 1000 < before and IPv6 in p]


IPV4 = frame(HOST_MAC, MACS[0]) / IP(src="10.0.0.5", dst="10.0.0.1") / UDP(sport=9, dport=9)
START = (0.0, 0, IPV4, "drop", "host-inbound-denied")


def sums_right(packet, what):
    """Scapy makes the same octets when it fills the checksum in itself."""
    again = packet.copy()
    for layer in (ICMPv6ND_NS, ICMPv6ND_NA, ICMPv6ND_RA, ICMPv6MLReport2, ICMPv6DestUnreach):
        if layer in again:
            del again[layer].cksum
    equal(bytes(again.__class__(bytes(again))), bytes(packet), what + ": checksum")


def records(packet):
    """(type, group) of each record: scapy takes what follows a record for its payload."""
    report = packet[ICMPv6MLReport2]
    return [(one.rtype, one.dst) for one in (report.getlayer(ICMPv6MLDMultAddrRec, n + 1) for n in range(report.records_number))]


def only(found, layer, what):
    """The packets of one kind, whose sums are right."""
    chosen = [(time, packet) for time, packet in found if layer in packet]
    for _, packet in chosen:
        sums_right(packet, what)
    return chosen


def own_addresses():
    """RFC 4862 5.4: asked for before they are used, then announced; RFC 3810: their groups are joined before."""
    left = Played(Place(), [START], 5).left(1)
    asked = only(left, ICMPv6ND_NS, "duplicate detection")
    equal(sorted(p[ICMPv6ND_NS].tgt for _, p in asked), sorted([LINK_LOCAL[1], GLOBAL[1]]), "each address is asked for once")
    for time, packet in asked:
        target = packet[ICMPv6ND_NS].tgt
        check(time < 0.2, f"{target} is asked for at once: {time}")
        equal((packet[IPv6].src, packet[IPv6].dst, packet[IPv6].hlim), ("::", solicited(target), 255), "the question's addresses")
        equal(packet[Ether].dst, "33:33:ff:00:00:01", "to the group's MAC address")
        check(ICMPv6NDOptSrcLLAddr not in packet, "from :: without a source link-layer address")
        joined = [t for t, p in left if ICMPv6MLReport2 in p and t <= time
                  and (4, solicited(target)) in records(p)]
        check(joined, f"the group of {target} is joined first")
    told = only(left, ICMPv6ND_NA, "announcement")
    equal(sorted(p[ICMPv6ND_NA].tgt for _, p in told), sorted([LINK_LOCAL[1], GLOBAL[1]]), "each address is announced")
    for time, packet in told:
        answer = packet[ICMPv6ND_NA]
        check(1.0 <= time < 1.5, f"a second after the question: {time}")
        equal((answer.R, answer.S, answer.O), (1, 0, 1), "router, not solicited, override")
        equal((packet[IPv6].dst, packet[IPv6].src, packet[IPv6].hlim), ("ff02::1", answer.tgt, 255), "to all nodes")
        equal(packet[ICMPv6NDOptDstLLAddr].lladdr, MACS[1], "with our MAC address")
    reports = only(left, ICMPv6MLReport2, "reports")
    for _, packet in reports:
        equal((packet[IPv6].dst, packet[IPv6].hlim, packet[Ether].dst), ("ff02::16", 1, "33:33:00:00:00:16"), "a report's way")
        check(isinstance(packet[IPv6].payload, IPv6ExtHdrHopByHop), "with a router alert")
        equal({kind for kind, _ in records(packet)}, {4}, "to exclude nothing")
        check(packet[IPv6].src in ("::", LINK_LOCAL[1]), f"from link-local, or :: before that is ours: {packet[IPv6].src}")
    check(any(p[IPv6].src == LINK_LOCAL[1] for _, p in reports), "again from the link-local address when it is ours")
    check(not only(left, ICMPv6ND_RA, ""), "no router advertisement where none is configured")


def questions():
    """RFC 4861 7.2.4, and what 7.1.1 forbids, row by row."""
    router_alert = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
    bad_length = ns(GLOBAL[0], option=False) / Raw(b"\x01\x00" + bytes(6))
    bad_sum = ns(GLOBAL[0])
    bad_sum[ICMPv6ND_NS].cksum = 0x1234
    group_option = ns(GLOBAL[0], option=False) / ICMPv6NDOptSrcLLAddr(lladdr="03:00:00:00:00:01")
    rows = [
        START,
        (3.0, 0, ns(GLOBAL[0]), "consume", "nd"),
        (3.1, 0, ns(LINK_LOCAL[0], source=HOST), "consume", "nd"),
        (3.2, 0, ns(GLOBAL[0], destination=GLOBAL[0], option=False), "consume", "nd"),
        (3.3, 0, ns(GLOBAL[0], source="::", option=False), "consume", "nd"),
        (4.0, 0, ns(GLOBAL[0], hops=254), "drop", "nd-hop-limit"),
        (4.1, 0, bad_sum, "drop", "icmp-bad-checksum"),
        (4.2, 0, ns(GLOBAL[0], source="::"), "drop", "nd-malformed"),
        (4.3, 0, ns(GLOBAL[0], source="::", destination=GLOBAL[0], option=False), "drop", "nd-source"),
        (4.4, 0, ns("2001:db8:1::77"), "drop", "nd-not-for-us"),
        (4.5, 0, ns(GLOBAL[1]), "drop", "nd-not-for-us"),
        (4.6, 0, bad_length, "drop", "nd-malformed"),
        (4.7, 0, ns(GLOBAL[0], upper=IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])), "drop", "nd-extension"),
        (4.8, 0, ns(GLOBAL[0], source="ff02::9"), "drop", "nd-source"),
        (4.9, 0, ns(GLOBAL[0], source="::1"), "drop", "nd-source"),
        (5.0, 0, group_option, "drop", "nd-malformed"),
        (5.1, 0, ns("ff02::1", destination="ff02::1"), "drop", "nd-malformed"),
        (5.2, 0, ns(GLOBAL[0], source=GLOBAL[0]), "drop", "nd-conflict"),
        (5.3, 0, na(GLOBAL[0], mac=EVIL_MAC), "drop", "nd-conflict"),
        (5.4, 0, na("2001:db8:1::88"), "drop", "nd-unasked"),
        (5.5, 0, na("2001:db8:1::88", S=1), "drop", "nd-malformed"),
        (5.6, 0, frame(HOST_MAC) / IPv6(src=HOST_LINK, dst="ff02::1", hlim=255) / ICMPv6ND_RA(), "drop",
         "nd-router-advertisement"),
        (5.7, 0, frame(HOST_MAC, MACS[0]) / IPv6(src=HOST_LINK, dst=GLOBAL[0], hlim=255)
         / ICMPv6ND_Redirect(tgt=HOST_LINK, dst=FAR), "drop", "nd-redirect"),
        (6.0, 0, frame(HOST_MAC) / IPv6(src=HOST_LINK, dst="ff02::1", hlim=1) / router_alert / ICMPv6MLQuery2(), "consume", "mld"),
        (6.1, 0, frame(HOST_MAC) / IPv6(src=HOST_LINK, dst="ff02::16", hlim=1) / router_alert
         / ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::99")]), "consume", "mld"),
        (6.2, 0, frame(HOST_MAC) / IPv6(src=HOST_LINK, dst="ff02::1", hlim=64) / router_alert / ICMPv6MLQuery2(), "drop",
         "mld-malformed"),
        (6.3, 0, frame(HOST_MAC) / IPv6(src=HOST_LINK, dst="ff02::1", hlim=1) / ICMPv6MLQuery2(), "drop", "mld-malformed"),
        (6.4, 0, frame(HOST_MAC) / IPv6(src=HOST, dst="ff02::1", hlim=1) / router_alert / ICMPv6MLQuery2(), "drop",
         "mld-malformed"),
        (6.5, 1, frame(FAR_MAC) / IPv6(src="fe80::9", dst="ff02::2", hlim=255) / ICMPv6ND_RS(), "drop", "nd-no-advertisement"),
    ]
    played = Played(Place(), rows, 3)
    told = only(played.left(0, 2.9, 4.0), ICMPv6ND_NA, "answers")
    wanted = [(GLOBAL[0], GLOBAL[0], HOST_LINK, HOST_MAC, 1), (LINK_LOCAL[0], LINK_LOCAL[0], HOST, HOST_MAC, 1),
              (GLOBAL[0], GLOBAL[0], HOST_LINK, HOST_MAC, 1), (GLOBAL[0], GLOBAL[0], "ff02::1", "33:33:00:00:00:01", 0)]
    equal([(p[ICMPv6ND_NA].tgt, p[IPv6].src, p[IPv6].dst, p[Ether].dst, p[ICMPv6ND_NA].S) for _, p in told], wanted, "answers")
    for _, packet in told:
        equal((packet[ICMPv6ND_NA].R, packet[ICMPv6ND_NA].O, packet[IPv6].hlim), (1, 1, 255), "router, override, 255")
        equal((packet[ICMPv6NDOptDstLLAddr].lladdr, packet[Ether].src), (MACS[0], MACS[0]), "our MAC address")
    silent = [(time, p.summary()) for time, p in played.left(0, 4.0, 6.0) if ICMPv6ND_RA not in p]
    equal(silent, [], "what is dropped is not answered")
    answered = only(played.left(0, 6.0, 6.6), ICMPv6MLReport2, "answers to queries")
    equal(len(answered), 1, "one query is answered")
    equal(sorted(records(answered[0][1])),
          sorted([(2, "ff02::2"), (2, solicited(GLOBAL[0])), (2, solicited(LINK_LOCAL[0]))]), "with all groups")
    conflicts = [event for event in played.run.events if event["event"] == "address-duplicate"]
    equal([(e["address"], e["in"], e["reason"]) for e in conflicts], [(GLOBAL[0], "ge-0/0/0.0", "nd-conflict")],
          "a conflict is told once a minute")


def duplicates():
    """RFC 4862 5.4.3, 5.4.4: another station's answer or question while ours is tentative."""
    rows = [
        START,
        (0.3, 0, na(GLOBAL[0], mac=EVIL_MAC), "drop", "nd-conflict"),
        (0.4, 1, ns(LINK_LOCAL[1], source="::", option=False), "drop", "nd-conflict"),
        (0.5, 1, ns(GLOBAL[1]), "drop", "nd-tentative"),
        (3.0, 0, ns(GLOBAL[0]), "drop", "nd-duplicate"),
        (3.1, 0, ns(LINK_LOCAL[0]), "consume", "nd"),
        (3.2, 1, ns(LINK_LOCAL[1]), "drop", "nd-duplicate"),
        (3.3, 1, ns(GLOBAL[1]), "consume", "nd"),
    ]
    played = Played(Place(), rows, 1)
    events = [event for event in played.run.events if event["event"] == "address-duplicate"]
    equal([(e["address"], e["in"], e["reason"], e["logged"]) for e in events],
          [(GLOBAL[0], "ge-0/0/0.0", "nd-duplicate", True), (LINK_LOCAL[1], "ge-0/0/1.0", "nd-duplicate", True)],
          "both are logged")
    told = {p[ICMPv6ND_NA].tgt for port in (0, 1) for _, p in only(played.left(port), ICMPv6ND_NA, "announcements")}
    equal(told, {LINK_LOCAL[0], GLOBAL[1]}, "the others are announced, these are not")


def own_question_back():
    """RFC 7527: a question of ours that a loop brings back is no duplicate."""
    first = Played(Place(), [START], 2)
    question = [p for _, p in first.left(0) if ICMPv6ND_NS in p and p[ICMPv6ND_NS].tgt == GLOBAL[0]][0]
    rows = [START, (0.3, 0, question, "drop", "nd-looped"), (3.0, 0, ns(GLOBAL[0]), "consume", "nd")]
    equal(Played(Place(), rows, 1).run.events, [], "nothing is told")


def resolution():
    """A next hop is asked for, packets wait, an answer sends them; what nobody asked for moves nothing (cf. arp.script)."""
    rows = [
        START,
        (3.0, 0, udp(HOST, FAR), "proxy", "neighbour-wait"),
        (3.01, 0, udp(HOST, FAR), "proxy", "neighbour-wait"),
        (3.1, 1, na(FAR, destination=LINK_LOCAL[1], mac=FAR_MAC, S=1, hops=254), "drop", "nd-hop-limit"),
        (3.2, 1, na(FAR, mac=EVIL_MAC), "drop", "nd-unasked"),
        (3.3, 1, na(FAR, destination=LINK_LOCAL[1], mac=FAR_MAC, S=1, R=1), "consume", "nd"),
        (3.4, 0, udp(HOST, FAR), "forward", "session"),
        # Another station would like to have it: its word leads to a question to the one we know.
        (4.0, 1, na(FAR, mac=EVIL_MAC), "drop", "nd-unasked"),
        (4.01, 0, udp(HOST, FAR), "forward", "session"),
        (4.02, 1, na(FAR, destination=LINK_LOCAL[1], mac=EVIL_MAC, S=1, O=0), "drop", "nd-unasked"),
        (4.03, 1, na(FAR, destination=LINK_LOCAL[1], mac=EVIL_MAC, S=1), "drop", "nd-unasked"),
        (4.1, 1, na(FAR, destination=LINK_LOCAL[1], mac=FAR_MAC, S=1), "consume", "nd"),
        (4.2, 0, udp(HOST, FAR), "forward", "session"),
        # Nobody is there: the sender hears of it.
        (5.0, 0, udp(HOST, "2001:db8:2::77"), "proxy", "neighbour-wait"),
    ]
    played = Played(Place(), rows, 10)
    asked = only(played.left(1, 2.9, 3.3), ICMPv6ND_NS, "questions")
    equal([(p[ICMPv6ND_NS].tgt, p[IPv6].src, p[IPv6].dst, p[Ether].dst, p[IPv6].hlim, p[ICMPv6NDOptSrcLLAddr].lladdr)
           for _, p in asked],
          [(FAR, LINK_LOCAL[1], "ff02::1:ff00:9", "33:33:ff:00:00:09", 255, MACS[1])], "one question for both packets")
    passed = [(round(time, 2), p[Ether].dst, p[IPv6].hlim) for time, p in played.left(1) if UDP in p]
    equal(passed, [(3.3, FAR_MAC, 63), (3.3, FAR_MAC, 63), (3.4, FAR_MAC, 63), (4.01, FAR_MAC, 63), (4.2, FAR_MAC, 63)],
          "to the right station, one hop less")
    probes = only(played.left(1, 3.9, 4.5), ICMPv6ND_NS, "probes")
    equal([(p[Ether].dst, p[IPv6].dst) for _, p in probes], [(FAR_MAC, FAR)], "the one we know is asked alone")
    tries = [p for _, p in only(played.left(1, 4.9), ICMPv6ND_NS, "tries") if p[ICMPv6ND_NS].tgt == "2001:db8:2::77"]
    equal(len(tries), 3, "three questions (MAX_MULTICAST_SOLICIT)")
    # The host that is to hear of it is asked for first, and does not answer either: three questions.
    back = [p[ICMPv6ND_NS].tgt for _, p in only(played.left(0, 7.5), ICMPv6ND_NS, "back")]
    equal(back[:1], [HOST], "the sender's own address is asked for, to tell it")


def moves():
    """A station that takes an address over from one that is silent: the third question goes to all, and its answer counts."""
    rows = [
        START,
        (3.0, 0, udp(HOST, FAR), "proxy", "neighbour-wait"),
        (3.1, 1, na(FAR, destination=LINK_LOCAL[1], mac=FAR_MAC, S=1), "consume", "nd"),
        (4.0, 1, na(FAR, mac="02:bb:00:00:00:0a"), "drop", "nd-unasked"),
        (6.1, 1, na(FAR, destination=LINK_LOCAL[1], mac="02:bb:00:00:00:0a", S=1), "consume", "nd"),
        (6.2, 0, udp(HOST, FAR), "forward", "session"),
    ]
    played = Played(Place(), rows, 1)
    asked = [(round(time), p[Ether].dst) for time, p in only(played.left(1, 3.5), ICMPv6ND_NS, "probes")]
    equal(asked, [(4, FAR_MAC), (5, FAR_MAC), (6, "33:33:ff:00:00:09")], "two to the one we know, the third to all")
    equal([p[Ether].dst for _, p in played.left(1, 6.1) if UDP in p], ["02:bb:00:00:00:0a"], "to the new one")


def mapped():
    """What is asked by ARP is answered by ARP: an advertisement for ::ffff:a.b.c.d says nothing about a.b.c.d, asked or not."""
    peer = "10.0.0.9"
    to_peer = frame(HOST_MAC, MACS[0]) / IP(src="10.0.0.5", dst=peer) / UDP(sport=9, dport=9)
    lie = na("::ffff:" + peer, source=HOST_LINK, destination=LINK_LOCAL[0], mac=EVIL_MAC, S=1)
    rows = [START,
            (3.0, 0, to_peer, "proxy", "neighbour-wait"),
            (3.1, 0, lie, "drop", "nd-malformed")]
    played = Played(Place(), rows, 20)
    check(not any(packet[Ether].dst == EVIL_MAC for packet in played.run.left("ge-0/0/0")), "nothing goes to the liar")


def unreachable_told():
    """RFC 4861 7.2.2: address unreachable for what waited."""
    rows = [START, (3.0, 0, ns(GLOBAL[0], source=HOST), "consume", "nd"),
            (3.1, 0, udp(HOST, "2001:db8:2::77"), "proxy", "neighbour-wait")]
    played = Played(Place(), rows, 6)
    errors = only(played.left(0, 3.0), ICMPv6DestUnreach, "errors")
    equal([(p[ICMPv6DestUnreach].code, p[IPv6].dst, p[Ether].dst) for _, p in errors], [(3, HOST, HOST_MAC)], "told once")
    check(errors and 6.0 <= errors[0][0] < 6.5, f"after three seconds: {errors and errors[0][0]}")


def advertisements():
    """RFC 4861 6.2: three soon, then by the interval; a host that asks gets one, but never two within three seconds."""
    solicitation = frame(HOST_MAC, "33:33:00:00:00:02") / IPv6(src=HOST_LINK, dst="ff02::2", hlim=255) / ICMPv6ND_RS()
    unspecified = frame(HOST_MAC, "33:33:00:00:00:02") / IPv6(src="::", dst="ff02::2", hlim=255) / ICMPv6ND_RS()
    rows = [START, (8.0, 0, solicitation, "consume", "nd"), (8.1, 0, unspecified, "consume", "nd"),
            (8.6, 0, solicitation, "consume", "nd"),
            (9.0, 0, unspecified / ICMPv6NDOptSrcLLAddr(lladdr=HOST_MAC), "drop", "nd-malformed"),
            (9.1, 0, solicitation.copy(), "consume", "nd")]
    rows[-1][2][IPv6].hlim = 64
    rows[-1] = (9.1, 0, rows[-1][2], "drop", "nd-hop-limit")
    played = Played(Place(), rows, 300)
    sent = only(played.left(0), ICMPv6ND_RA, "router advertisements")
    times = [time for time, _ in sent]
    check(1.0 <= times[0] < 2.0, f"the first when the link-local address is ours: {times[0]}")
    gaps = [after - before for before, after in zip(times, times[1:])]
    check(all(gap >= 2.99 for gap in gaps), f"never two within three seconds: {gaps}")
    equal(len([t for t in times if 8.0 <= t < 8.7]), 1, f"the first question is answered within half a second: {times}")
    equal(len([t for t in times if 8.7 <= t < 12.0]), 1, f"the third one three seconds after that: {times}")
    check(times[1] - times[0] <= 16.01, f"the first ones within 16 seconds: {times}")
    late = [gap for time, gap in zip(times, gaps) if time > 60]
    check(late and all(74.9 <= gap <= 100.1 for gap in late), f"then 75 to 100 seconds: {times}")
    for _, packet in sent:
        message = packet[ICMPv6ND_RA]
        equal((packet[IPv6].src, packet[IPv6].dst, packet[IPv6].hlim, packet[Ether].dst),
              (LINK_LOCAL[0], "ff02::1", 255, "33:33:00:00:00:01"), "from link-local to all nodes")
        equal((message.chlim, message.M, message.O, message.prf, message.routerlifetime, message.reachabletime,
               message.retranstimer), (64, 0, 1, 0, 300, 0, 0), "what is said of the router")
        prefix = packet[ICMPv6NDOptPrefixInfo]
        equal((prefix.prefix, prefix.prefixlen, prefix.L, prefix.A, prefix.validlifetime, prefix.preferredlifetime),
              ("2001:db8:1::", 64, 1, 1, 2592000, 604800), "the prefix")
        equal((packet[ICMPv6NDOptSrcLLAddr].lladdr, packet[ICMPv6NDOptMTU].mtu), (MACS[0], 1500), "MAC and MTU")
        equal((packet[ICMPv6NDOptRDNSS].dns, packet[ICMPv6NDOptRDNSS].lifetime), (["2001:db8::53"], 300), "DNS")
    equal(only(played.left(1), ICMPv6ND_RA, ""), [], "none on the other interface")


def automatic():
    """--arp auto: our addresses are ours and next hops known at once, nothing is asked; questions are answered."""
    rows = [(0.0, 0, udp(HOST, FAR), "forward", "session"), (0.1, 0, ns(GLOBAL[0]), "consume", "nd")]
    played = Played(Place(), rows, 5, config=CONFIG.split("set protocols")[0], arp="auto")
    equal([(p[Ether].dst, p[Ether].src) for _, p in played.left(1)], [("02:00:00:00:00:09", MACS[1])], "the next hop")
    equal([p[ICMPv6ND_NA].tgt for _, p in played.left(0)], [GLOBAL[0]], "the answer and nothing else")


def tagged():
    """On a unit with a VLAN everything of ours carries its tag."""
    config = """
set interfaces ge-0/0/0 vlan-tagging
set interfaces ge-0/0/0 unit 7 vlan-id 70
set interfaces ge-0/0/0 unit 7 family inet6 address 2001:db8:1::1/64
set security forwarding-options family inet6 mode flow-based
set security zones security-zone trust interfaces ge-0/0/0.7
"""
    question = ns(GLOBAL[0])
    question = Ether(src=question.src, dst=question.dst) / Dot1Q(vlan=70) / question[IPv6]
    untagged = (3.5, 0, ns(GLOBAL[0]), "drop", "vlan-missing")
    played = Played(Place(), [(0.0, 0, IPV4, "drop", "vlan-missing"), (3.0, 0, question, "consume", "nd"), untagged], 1,
                    config=config)
    left = played.left(0)
    check(all(Dot1Q in p and p[Dot1Q].vlan == 70 for _, p in left), "the tag")
    equal(len([p for time, p in left if time >= 3.0 and ICMPv6ND_NA in p]), 1, "the answer")


def mode_drop():
    """REQ-FW-017: in the mode drop nothing of IPv6 is spoken or heard."""
    config = CONFIG.replace("set security forwarding-options family inet6 mode flow-based\n", "")
    rows = [START, (3.0, 0, ns(GLOBAL[0]), "drop", "inet6-mode-drop")]
    played = Played(Place(), rows, 5, config=config)
    equal([p.summary() for port in (0, 1) for _, p in played.left(port)], [], "silence")


def scan():
    """RFC 6583: a scan of a /64 leaves the neighbours alone, and ends with a reason."""
    rows = [START, (3.0, 0, udp(HOST, FAR), "proxy", "neighbour-wait"),
            (3.1, 1, na(FAR, destination=LINK_LOCAL[1], mac=FAR_MAC, S=1), "consume", "nd")]
    packets = [frame(HOST_MAC, MACS[0]) / IPv6(src=HOST, dst=f"2001:db8:2::1:{i:x}", hlim=64) / UDP(sport=1, dport=i)
               for i in range(5000)]
    place = Place()
    near = [at(1000 + row[0], row[2]) for row in rows if row[1] == 0]
    near += [at(1003.2 + i * 1e-5, packet) for i, packet in enumerate(packets)] + [at(1003.4, udp(HOST, FAR))]
    far = [at(1000 + row[0], row[2]) for row in rows if row[1] == 1]
    run = place.replay("--config", place.write("c.set", CONFIG), "--arp", "real", "--in",
                       f"ge-0/0/0={place.capture('near.pcap', near)}", "--in", f"ge-0/0/1={place.capture('far.pcap', far)}")
    reasons = [verdict["reason"] for verdict in run.verdicts[3:-1]]
    # A quarter of 16384.
    equal(reasons.count("neighbour-table-full"), 5000 - 4096, "full at a quarter of the table")
    equal((run.verdicts[-1]["verdict"], run.verdicts[-1]["reason"]), ("forward", "session"), "who is there stays known")


for test in (own_addresses, questions, duplicates, own_question_back, resolution, moves, mapped, unreachable_told, advertisements,
             automatic, tagged, mode_drop, scan):
    test()
finish()
