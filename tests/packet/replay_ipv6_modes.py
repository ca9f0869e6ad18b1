#!/usr/bin/python3
"""forwarding-options family inet6 mode: drop by default, packet by packet without sessions, or by flows.

REQ-FW-017 REQ-FW-010 REQ-FW-011 REQ-FW-014
usage: replay_ipv6_modes.py BUILD
"""
from replay_ipv6 import *  # noqa: F403

ROUTER = os.path.join(EXAMPLES, "02-router-context-default.set")
PACKETS = CONFIG + "set security forwarding-options family inet6 mode packet-based\n"


def segment(flags, **keywords):
    return TCP(sport=4000, dport=80, flags=flags, **keywords)


place = Place()

# By default everything is dropped, also what is for the gateway itself and neighbour discovery.
scene = Scene(place, CONFIG + PERMIT + "set security zones security-zone inside host-inbound-traffic system-services ping\n")
scene.send(INSIDE, ip() / segment("S"), "drop", "inet6-mode-drop")
scene.send(INSIDE, ip(CLIENT, GATE) / ICMPv6EchoRequest(), "drop", "inet6-mode-drop")
run = scene.run("mode drop")
equal((len(sent(run, INSIDE)), len(sent(run, OUTSIDE)), run.events), (0, 0, []), "mode drop: nothing leaves")

# Packet by packet: no policy permits anything, no session is made, and it goes on, each by its own.
scene = Scene(place, PACKETS + """
set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::1/64
set interfaces ge-0/0/3 unit 0 family inet6 address 2001:db8:4::1/64
set security zones security-zone inside interfaces ge-0/0/2.0
set routing-options rib inet6.0 static route 2001:db8:5::/64 next-hop 2001:db8:2::99
set routing-options rib inet6.0 static route 2001:db8:6::/64 discard
set interfaces ge-0/0/1 unit 0 family inet6 mtu 1280
set security zones security-zone inside host-inbound-traffic system-services ping
set security zones security-zone inside host-inbound-traffic system-services ssh
set security zones security-zone outside host-inbound-traffic system-services ping
""")
good = {"out": OUTSIDE + ".0", "session": None, "policy": None}
scene.send(INSIDE, ip() / segment("S"), "forward", "packet-based", **good)
scene.send(INSIDE, ip() / segment("A", seq=99, ack=7), "forward", "packet-based", **good)
scene.send(INSIDE, ip() / segment("R"), "forward", "packet-based", **good)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / segment("SA"), "forward", "packet-based", out=INSIDE + ".0")
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6EchoReply(id=3), "forward", "packet-based")
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6DestUnreach(code=4) / IPv6(src=CLIENT, dst=SERVER) / UDP(), "forward", "packet-based")
scene.send(INSIDE, ip(destination="2001:db8:5::9") / UDP(), "forward", "packet-based", **good)
# Fragments go as they are: nothing is put together.
scene.send(INSIDE, ip() / IPv6ExtHdrFragment(offset=185, m=0, id=9, nh=17) / Raw(b"b" * 20), "forward", "packet-based", **good)
scene.send(INSIDE, ip() / IPv6ExtHdrFragment(offset=0, m=1, id=9, nh=17) / Raw(b"a" * 1200), "forward", "packet-based", **good)
# One zone's interface to another of it, and to one without zone.
scene.send(INSIDE, ip(destination="2001:db8:3::9") / UDP(), "forward", "packet-based", out="ge-0/0/2.0")
scene.send(INSIDE, ip(destination="2001:db8:4::9") / UDP(), "drop", "null-zone-egress")
scene.send("ge-0/0/3", ip("2001:db8:4::9") / UDP(), "drop", "null-zone")
# What a router says of what it cannot send on.
scene.send(INSIDE, ip(hlim=1) / UDP(), "reject", "ttl-exceeded")
scene.send(INSIDE, ip(destination="2001:db8:7::1") / UDP(), "reject", "no-route")
scene.send(INSIDE, ip(destination="2001:db8:6::1") / UDP(), "drop", "route-discard")
scene.send(INSIDE, ip() / UDP() / Raw(b"x" * (1281 - 48)), "reject", "fragmentation-needed")
scene.send(INSIDE, ip() / UDP() / Raw(b"x" * (1280 - 48)), "forward", "packet-based")
# Hard checks and host-inbound-traffic hold on.
scene.send(INSIDE, ip(FAR_GATE) / UDP(), "drop", "source-ours")
scene.send(INSIDE, ip("fe80::5") / UDP(), "drop", "link-local")
scene.send(INSIDE, ip(destination="ff0e::1") / UDP(sport=4000, dport=9), "drop", "destination-multicast")
scene.send(INSIDE, ip(CLIENT, GATE) / ICMPv6EchoRequest(id=1), "proxy", "echo-reply", session=None)
scene.send(INSIDE, ip(CLIENT, FAR_GATE) / ICMPv6EchoRequest(id=2), "proxy", "echo-reply", session=None)
# A fragmented echo to the gateway is put together and answered whole.
message = bytes((IPv6(src=CLIENT, dst=GATE) / ICMPv6EchoRequest(id=4, data=b"d" * 992))[ICMPv6EchoRequest])
scene.send(INSIDE, ip(CLIENT, GATE) / IPv6ExtHdrFragment(offset=64, m=0, id=3, nh=58) / Raw(message[512:]), "consume", "fragment-held")
scene.send(INSIDE, ip(CLIENT, GATE) / IPv6ExtHdrFragment(offset=0, m=1, id=3, nh=58) / Raw(message[:512]), "proxy", "echo-reply")
scene.send(INSIDE, ip(CLIENT, GATE) / segment("S"), "drop", "host-inbound-denied")
scene.send(INSIDE, ip(CLIENT, GATE) / TCP(sport=9, dport=22, flags="S"), "reject", "service-closed", session=None)
scene.send(OUTSIDE, ip(SERVER, FAR_GATE) / TCP(sport=9, dport=22, flags="S"), "drop", "host-inbound-denied")
run = scene.run("packet-based")
equal(run.events, [], "packet-based: no session, no record")
inside = sent(run, INSIDE)
outside = sent(run, OUTSIDE)
equal([(packet[IPv6].src, packet[IPv6].hlim) for packet in outside[:3]], [(CLIENT, 63)] * 3, "packet-based: one hop less")
equal(outside[3].dst, "02:00:00:00:00:99", "packet-based: by the route's next hop")
equal([bytes(packet[IPv6ExtHdrFragment].payload) for packet in outside[4:6]], [b"b" * 20, b"a" * 1200], "packet-based: fragments")
equal(len(outside), 7, "packet-based: what went outside")
errors = [packet for packet in inside if IPerror6 in packet and packet[IPv6].src == GATE]
equal([(type(packet[IPv6].payload), packet[IPv6].payload.code) for packet in errors],
      [(ICMPv6TimeExceeded, 0), (ICMPv6DestUnreach, 0), (ICMPv6PacketTooBig, 0)], "packet-based: errors")
equal([packet[ICMPv6PacketTooBig].mtu for packet in errors[2:]], [1280], "packet-based: the MTU")
equal([(packet[IPv6].src, packet[ICMPv6EchoReply].id) for packet in inside if ICMPv6EchoReply in packet],
      [(SERVER, 3), (GATE, 1), (FAR_GATE, 2), (GATE, 4)], "packet-based: echo replies")

# The guide's router context, with addresses of IPv6.
with open(ROUTER, encoding="utf-8") as text:
    router = text.read() + """
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
"""
scene = Scene(place, router)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / segment("A"), "forward", "packet-based", out=INSIDE + ".0", session=None, from_zone="trust")
scene.send(INSIDE, ip(CLIENT, GATE) / ICMPv6EchoRequest(), "proxy", "echo-reply")
equal(scene.run("router context").events, [], "router context: no sessions")

# By flows: policies and sessions.
scene = Scene(place, CONFIG + FLOW + PERMIT)
scene.send(INSIDE, ip() / segment("S"), "forward", "session", session=1, policy="all", to_zone="outside")
scene.send(OUTSIDE, ip(SERVER, CLIENT) / TCP(sport=80, dport=4000, flags="SA", ack=1), "forward", "session", session=1)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / TCP(sport=5000, dport=80, flags="S"), "drop", "default-deny", policy="default-policy")
scene.send("ge-0/0/2", ip() / segment("S"), "drop", "port-unknown")
run = scene.run("flow-based")
equal([(event["event"], event.get("source"), event.get("destination")) for event in run.events],
      [("session-create", f"[{CLIENT}]:4000", f"[{SERVER}]:80"),
       ("session-deny", f"[{SERVER}]:5000", f"[{CLIENT}]:80")], "flow-based: records")
# An interface without family inet6.
scene = Scene(place, CONFIG + FLOW + PERMIT + """
delete interfaces ge-0/0/0 unit 0 family inet6
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
""".lstrip())
scene.send(INSIDE, ip() / segment("S"), "drop", "family-not-configured")
scene.run("without family inet6")
finish()
