#!/usr/bin/python3
"""IPv6 addresses that are dropped whatever a policy says, as source and as destination, in transit and to ourselves.

RFC 4291, RFC 6890; the IPv6 counterparts of the list of the firewall protection profile. REQ-FW-001
usage: replay_ipv6_addresses.py BUILD
"""
from replay_ipv6 import *  # noqa: F403

# Both modes judge them alike.
SOURCES = (
    ("::", "source-zero"),
    ("::1", "source-loopback"),
    ("ff02::1", "source-multicast"),
    ("ff0e::9", "source-multicast"),
    ("::ffff:10.0.0.5", "source-embedded"),
    ("::10.0.0.5", "source-embedded"),
    ("fec0::5", "source-site-local"),
    ("4000::5", "source-reserved"),
    ("100::5", "source-reserved"),
    ("fe80::5", "link-local"),
    (GATE, "source-ours"),
    (FAR_GATE, "source-ours"),
)
DESTINATIONS = (
    ("::", "destination-zero"),
    ("::1", "destination-loopback"),
    ("ff02::5", "destination-multicast"),
    ("ff05::2", "destination-multicast"),
    ("ff0e::9", "destination-multicast"),
    ("::ffff:10.0.0.5", "destination-embedded"),
    ("::10.0.0.5", "destination-embedded"),
    ("fec0::5", "destination-site-local"),
    ("e000::5", "destination-reserved"),
    ("fe80::99", "link-local"),
)
GOOD = ("2000::5", "3fff:ffff::5", "fd00:1::5", "64:ff9b::10.0.0.5")
ALLOW = """
set security zones security-zone inside host-inbound-traffic system-services all
set security zones security-zone inside host-inbound-traffic system-services ssh
set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::fe
"""
place = Place()
datagram = UDP(sport=4000, dport=9)
for mode in ("flow-based", "packet-based"):
    scene = Scene(place, CONFIG + PERMIT + ALLOW + f"set security forwarding-options family inet6 mode {mode}\n")
    passes = "session" if mode == "flow-based" else "packet-based"
    for source, reason in SOURCES:
        scene.send(INSIDE, ip(source) / datagram, "drop", reason)
    for destination, reason in DESTINATIONS:
        scene.send(INSIDE, ip(destination=destination) / datagram, "drop", reason)
    for address in GOOD:
        scene.send(INSIDE, ip(address) / datagram, "forward", passes)
        scene.send(INSIDE, ip(destination=address) / datagram, "forward", passes)
    # A source of ours is nobody else's, also in what is for us; a link-local one may ask us, and nobody behind us.
    scene.send(INSIDE, ip(FAR_GATE, GATE) / ICMPv6EchoRequest(), "drop", "source-ours")
    scene.send(INSIDE, ip("fe80::5", GATE) / ICMPv6EchoRequest(), "proxy", "echo-reply")
    scene.send(INSIDE, ip("fe80::5", "fe80::53:50ff:fe00:0") / ICMPv6EchoRequest(), "proxy", "echo-reply")
    # The link-local address of another link is not ours here.
    scene.send(INSIDE, ip("fe80::5", "fe80::53:50ff:fe00:1") / ICMPv6EchoRequest(), "drop", "link-local")
    # What came to a group's MAC address is not for one host.
    scene.send(INSIDE, frame(destination="33:33:00:00:00:01") / IPv6(src=CLIENT, dst=SERVER) / UDP(sport=4001), "drop",
               "frame-broadcast")
    scene.send(INSIDE, frame(destination="33:33:00:00:00:01") / IPv6(src=CLIENT, dst=GATE) / ICMPv6EchoRequest(), "drop",
               "frame-broadcast")
    run = scene.run(mode)
    inside = sent(run, INSIDE)
    equal([(packet[IPv6].src, packet[IPv6].dst) for packet in inside],
          [(GATE, "fe80::5"), ("fe80::53:50ff:fe00:0", "fe80::5")], mode + ": the link gets answers from where it asked")
    equal(len(sent(run, OUTSIDE)), 2 * len(GOOD), mode + ": what goes on")
finish()
