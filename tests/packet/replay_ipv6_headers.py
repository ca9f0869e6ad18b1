#!/usr/bin/python3
"""IPv6 headers, extension headers and checksums: what is walked over, and what is dropped whatever a policy says.

RFC 8200 4.1, RFC 5095, RFC 2675, RFC 4443. REQ-FW-005
usage: replay_ipv6_headers.py BUILD
"""
from scapy.layers.inet6 import HBHOptUnknown, Jumbo, Pad1, PadN, RouterAlert

from replay_ipv6 import *  # noqa: F403

AH = bytes.fromhex("1104000000000001000000010102030405060708090a0b0c")  # next header UDP, 24 octets
place = Place()
udp = UDP(sport=4000, dport=9) / Raw(b"data")
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
hop = IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)])
mobility = IPv6ExtHdrRouting(type=2, segleft=0, addresses=["2001:db8:9::9"])


def cut(packet, octets):
    """The frame without its last octets; the IPv6 header says what it said."""
    return Ether(bytes(packet)[:-octets])


def longer(packet, by):
    built = bytearray(bytes(packet))
    built[18:20] = (int.from_bytes(built[18:20], "big") + by).to_bytes(2, "big")
    return Ether(bytes(built))


def options_of(count):
    return IPv6ExtHdrDestOpt(options=[PadN(optdata=b"")] * count)


def broken(packet, layer, field):
    """With a wrong checksum."""
    built = Ether(bytes(packet))
    setattr(built[layer], field, getattr(built[layer], field) ^ 0x0101)
    return built


scene = Scene(place, CONFIG + FLOW + PERMIT)
session = {"session": 1, "policy": "all"}
# The fixed header.
scene.send(INSIDE, ip() / udp, "forward", "session", **session)
scene.send(INSIDE, Ether(bytes(ip() / udp) + b"\0" * 30), "forward", "session", **session)  # padding
scene.send(INSIDE, ip(version=4) / udp, "drop", "ip-bad-version")
scene.send(INSIDE, cut(ip() / udp, 1), "drop", "ip-bad-total-length")
scene.send(INSIDE, longer(ip() / udp, 1), "drop", "ip-bad-total-length")
scene.send(INSIDE, Ether(bytes(ip() / udp)[:53]), "drop", "ip-truncated")
# Any order of RFC 8200 4.1 leads to the transport, and to the same session.
for chain in (hop, options, mobility, hop / options, hop / options / mobility, mobility / options, hop / options / mobility / options,
              IPv6ExtHdrFragment(offset=0, m=0, id=7), hop / options / mobility / IPv6ExtHdrFragment(id=7) / options):
    scene.send(INSIDE, ip() / chain / udp, "forward", "session", **session)
# Another order, or twice.
for chain, reason in ((options / hop, "extension-order"), (hop / hop, "extension-repeated"), (options / options, "extension-repeated"),
                      (mobility / options / hop, "extension-order"), (mobility / mobility, "extension-repeated"),
                      (IPv6ExtHdrFragment() / mobility, "extension-order"),
                      (IPv6ExtHdrFragment() / IPv6ExtHdrFragment(), "extension-repeated"),
                      (mobility / options / options, "extension-repeated")):
    scene.send(INSIDE, ip() / chain / udp, "drop", reason)
# Bounds: 32 options in all, 512 octets of headers.
scene.send(INSIDE, ip() / options_of(31) / udp, "forward", "session", **session)
scene.send(INSIDE, ip() / options_of(33) / udp, "drop", "extension-limit")
scene.send(INSIDE, ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 250), PadN(optdata=b"\0" * 240)]) / udp,
           "forward", "session", **session)
scene.send(INSIDE, ip() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 255), PadN(optdata=b"\0" * 255)]) / udp,
           "drop", "extension-limit")
# Cut short.
scene.send(INSIDE, ip(nh=60) / Raw(b"\x11\0\x01"), "drop", "extension-truncated")
scene.send(INSIDE, ip(nh=60) / Raw(b"\x11\x01\x01\x04\0\0\0\0"), "drop", "extension-truncated")
scene.send(INSIDE, ip(nh=60) / Raw(b"\x11\0\x01\x05\0\0\0\0" + bytes(udp)), "drop", "extension-truncated")
# Options of the hop-by-hop header: known ones, one that may be skipped, and those that may not.
scene.send(INSIDE, ip() / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / udp, "forward", "session", **session)
scene.send(INSIDE, ip() / IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=0x1e, optdata=b"1234")]) / udp, "forward", "session", **session)
for kind in (0x5e, 0x9e, 0xde):
    # Who is told of it: replay_ipv6_problems.py.
    scene.send(INSIDE, ip() / IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=kind, optdata=b"1234")]) / udp,
               "drop", "extension-option")
    # What a destination option means is the destination's to say.
    scene.send(INSIDE, ip() / IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=kind, optdata=b"1234")]) / udp, "forward", "session", **session)
scene.send(INSIDE, ip(nh=0) / Raw(b"\x11\0\x05\x03\0\0\0\0" + bytes(udp)), "drop", "extension-option")
scene.send(INSIDE, ip() / IPv6ExtHdrHopByHop(options=[Jumbo(jumboplen=70000)]) / udp, "drop", "jumbogram")
# Routing headers: type 0 always, others while segments are left.
scene.send(INSIDE, ip() / IPv6ExtHdrRouting(type=0, segleft=0, addresses=[CLIENT]) / udp, "drop", "routing-header-zero")
scene.send(INSIDE, ip() / IPv6ExtHdrRouting(type=0, segleft=1, addresses=[CLIENT]) / udp, "drop", "routing-header-zero")
scene.send(INSIDE, ip() / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[CLIENT]) / udp, "drop", "routing-header")
# Nothing after the headers; an authentication header ends the walk: another session, of protocol 51.
scene.send(INSIDE, ip(nh=59) / Raw(b"rest"), "forward", "session", session=2)
scene.send(INSIDE, ip(nh=51) / Raw(AH + bytes(udp)), "forward", "session", session=3)
scene.send(INSIDE, ip(nh=51) / Raw(AH + b"not udp"), "forward", "session", session=3)
scene.send(OUTSIDE, ip(SERVER, CLIENT, nh=51) / Raw(AH), "forward", "session", session=3)
# The transport.
scene.send(INSIDE, ip(nh=6) / Raw(b"x" * 19), "drop", "tcp-truncated")
scene.send(INSIDE, ip() / TCP(dataofs=4), "drop", "tcp-bad-header-length")
scene.send(INSIDE, broken(ip() / TCP(flags="S"), TCP, "chksum"), "drop", "tcp-bad-checksum")
scene.send(INSIDE, ip(nh=17) / Raw(b"x" * 7), "drop", "udp-truncated")
scene.send(INSIDE, ip() / UDP(len=13) / Raw(b"data"), "drop", "udp-bad-length")
scene.send(INSIDE, broken(ip() / udp, UDP, "chksum"), "drop", "udp-bad-checksum")
scene.send(INSIDE, ip() / hop / UDP(sport=4000, dport=9, chksum=0), "drop", "udp-no-checksum")
scene.send(INSIDE, ip(nh=58) / Raw(b"\x80\0\0\0"), "drop", "icmp-truncated")
scene.send(INSIDE, broken(ip() / ICMPv6EchoRequest(), ICMPv6EchoRequest, "cksum"), "drop", "icmp-bad-checksum")
scene.send(INSIDE, ip(nh=1) / ICMP(), "drop", "icmp-family")
run = scene.run("headers")
left = sent(run, OUTSIDE)
equal([bytes(packet[IPv6].payload) for packet in left[:2]], [bytes((ip() / udp)[IPv6].payload)] * 2, "without what was padded")
equal(bytes(left[2].payload.payload)[:8], bytes(hop / udp)[:8], "extension headers go on as they are")
# ICMP for IPv6 in an IPv4 packet.
scene = Scene(place, CONFIG + FLOW + PERMIT + "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n")
scene.send(INSIDE, frame() / IP(src="10.0.0.5", dst="10.0.0.9", proto=58) / Raw(b"\x80\0\0\0\0\0\0\0"), "drop", "icmp-family")
scene.run("the other family")
finish()
