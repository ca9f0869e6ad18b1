#!/usr/bin/python3
"""IPv6 routing by captures: tables of instances, next-table, link-local gateways, rib-groups, packets to addresses of ours.

Shows REQ-RT-001, REQ-RT-002, REQ-RT-003 (tables of their own), REQ-RT-013 (next-table), REQ-RT-017 (copies with the original
next hop), REQ-RT-004 (one prefix in several tables) for inet6.
usage: replay_ipv6_routing.py BUILD
"""
from replay_help import *  # noqa: F403
from scapy.layers.inet6 import IPerror6, IPv6

CONFIG = """
set security forwarding-options family inet6 mode flow-based
set security policies default-policy permit-all
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:0::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:2::1/64
set interfaces ge-0/0/3 unit 0 family inet6 address 2001:db8:3::1/64
set security zones security-zone here interfaces ge-0/0/0.0
set security zones security-zone there interfaces ge-0/0/1.0
set security zones security-zone red interfaces ge-0/0/2.0
set security zones security-zone blue interfaces ge-0/0/3.0
set routing-instances red-vr instance-type virtual-router
set routing-instances red-vr interface ge-0/0/2.0
set routing-instances blue-vr instance-type virtual-router
set routing-instances blue-vr interface ge-0/0/3.0
set routing-options rib inet6.0 static route 2001:db8:f0::/44 qualified-next-hop fe80::12:3456 interface ge-0/0/1.0
set routing-options rib inet6.0 static route 2001:db8:f1::/48 next-hop 2001:db8:1::77
set routing-options rib inet6.0 static route 2001:db8:f2::/48 discard
set routing-options rib inet6.0 static route 2001:db8:f3::/48 reject
set routing-instances red-vr routing-options rib red-vr.inet6.0 static route 2001:db8:f0::/44 next-table inet6.0
set routing-instances red-vr routing-options rib red-vr.inet6.0 static route 2001:db8:f1::/48 next-hop 2001:db8:2::55
set routing-instances red-vr routing-options interface-routes rib-group inet6 copies
set routing-options rib-groups copies import-rib [ red-vr.inet6.0 blue-vr.inet6.0 ]
"""
# in, source, destination; verdict, reason; out, the neighbour's last three octets
ROWS = (
    (0, "2001:db8:0::5", "2001:db8:f0::1", "forward", "session", 1, "12:34:56"),
    (0, "2001:db8:0::5", "2001:db8:f1::1", "forward", "session", 1, "00:00:77"),
    (0, "2001:db8:0::5", "2001:db8:f2::1", "drop", "route-discard", None, None),
    (0, "2001:db8:0::5", "2001:db8:f3::1", "reject", "route-reject", None, None),
    (0, "2001:db8:0::5", "2001:db8:2::9", "reject", "no-route", None, None),
    (2, "2001:db8:2::5", "2001:db8:f0::1", "forward", "session", 1, "12:34:56"),
    (2, "2001:db8:2::5", "2001:db8:f1::1", "forward", "session", 2, "00:00:55"),
    (2, "2001:db8:2::5", "2001:db8:f2::1", "drop", "route-discard", None, None),
    (2, "2001:db8:2::5", "2001:db8:1::9", "reject", "no-route", None, None),
    (3, "2001:db8:3::5", "2001:db8:2::9", "forward", "session", 2, "00:00:09"),
    (3, "2001:db8:3::5", "2001:db8:f0::1", "reject", "no-route", None, None),
)
place = Place()


def ways():
    config = place.write("config.set", CONFIG)
    captures = {}
    for number, row in enumerate(ROWS):
        packet = frame() / IPv6(src=row[1], dst=row[2]) / UDP(sport=1000 + number, dport=99) / Raw(b"x" * 20)
        captures.setdefault(row[0], []).append(at(START + number, packet))
    inputs = []
    for port, packets in captures.items():
        inputs += ["--in", f"ge-0/0/{port}=" + place.capture(f"in-{port}.pcap", packets)]
    run = place.replay("--config", config, *inputs, what="ways")
    sent = {port: [f for f in run.left(f"ge-0/0/{port}") if UDP in f and f[IPv6].nh == 17] for port in range(4)}
    for number, (row, got) in enumerate(zip(ROWS, run.verdicts)):
        what = f"{row[1]} to {row[2]}"
        equal((got["verdict"], got["reason"]), (row[3], row[4]), what)
        if row[5] is None:
            continue
        equal(got.get("out"), f"ge-0/0/{row[5]}.0", what + ": way out")
        left = [f for f in sent[row[5]] if f[UDP].sport == 1000 + number]
        equal([(f.dst, f[IPv6].hlim) for f in left], [("02:00:00:" + row[6], 63)], what + ": what left")
    told = [(f[IPv6].src, f[IPv6].dst) for f in run.left("ge-0/0/0") if IPerror6 in f and f[IPerror6].dst == "2001:db8:f3::1"]
    equal(told, [("2001:db8::1", "2001:db8::5")], "who is told that the route rejects")


ways()
finish()
