#!/usr/bin/python3
"""Fragments of SCTP and UDP-Lite through source translation: what a receiver puts together has the right sum over all of it, whichever
way round the fragments come, as its sum is nobody's but the receiver's to check (REQ-NAT-009, RFC 3828, RFC 9260).

usage: replay_nat_pieces.py BUILD
"""
import itertools
import struct

from replay_help import *  # noqa: F403
from scapy.layers.inet import fragment as cut

TEXT = """
set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security policies default-policy permit-all
set security nat source pool p address 203.0.113.10
set security nat source rule-set s from zone trust
set security nat source rule-set s to zone untrust
set security nat source rule-set s rule r match source-address 10.0.0.0/24
set security nat source rule-set s rule r then source-nat pool p
"""
HOST_INSIDE, HOST_OUTSIDE = "10.0.0.5", "8.8.8.8"
LITE, SCTP = 136, 132
place = Place()


def ones(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def crc32c(octets):
    """RFC 9260 appendix A, bit by bit."""
    value = 0xffffffff
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value ^ 0xffffffff


def address(text):
    return bytes(int(part) for part in text.split("."))


def lite_sum(source, destination, datagram):
    coverage = struct.unpack(">H", datagram[4:6])[0] or len(datagram)
    return ones(address(source) + address(destination) + struct.pack(">BBH", 0, LITE, len(datagram)) + datagram[:coverage])


def lite(sport, dport, payload, coverage):
    datagram = struct.pack(">HHHH", sport, dport, coverage, 0) + payload
    total = ones(address(HOST_INSIDE) + address(HOST_OUTSIDE) + struct.pack(">BBH", 0, LITE, len(datagram)) + datagram[:coverage or len(datagram)])
    return datagram[:6] + struct.pack(">H", ~total & 0xffff or 0xffff) + datagram[8:]


def sctp(sport, dport, payload):
    chunk = struct.pack(">BBH", 0, 3, 4 + len(payload)) + payload
    head = struct.pack(">HHI", sport, dport, 0x12345678)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def right(protocol, packet, datagram):
    if protocol == LITE:
        return lite_sum(packet[IP].src, packet[IP].dst, datagram) == 0xffff
    return struct.unpack("<I", datagram[8:12])[0] == crc32c(datagram[:8] + bytes(4) + datagram[12:])


def run(what, protocol, datagram, order):
    config = place.write(f"pieces-{place.runs}.set", TEXT)
    whole = IP(src=HOST_INSIDE, dst=HOST_OUTSIDE, proto=protocol, id=77, ttl=64) / Raw(datagram)
    pieces = cut(whole, 400)
    frames = [at(START + 0.001 * n, frame() / pieces[i]) for n, i in enumerate(order)]
    done = place.replay("--config", config, "--in", "ge-0/0/0=" + place.capture(f"in-{place.runs}.pcap", frames), what=what)
    left = done.left("ge-0/0/1")
    equal(len(left), len(pieces), f"{what}: pieces")
    if len(left) != len(pieces):
        return
    left.sort(key=lambda packet: packet[IP].frag)
    octets = b"".join(bytes(packet[IP].payload)[:packet[IP].len - 20] for packet in left)
    ports, before = struct.unpack(">HH", octets[:4]), struct.unpack(">HH", datagram[:4])
    equal((left[0][IP].src, len(octets), ports[1]), ("203.0.113.10", len(datagram), before[1]), f"{what}: what comes out")
    check(ports[0] != before[0] or left[0][IP].src != HOST_INSIDE, f"{what}: nothing was translated")
    check(right(protocol, left[0], octets), f"{what}: the sum over what was put together")
    # all but ports and sum is as it was
    sums = slice(6, 8) if protocol == LITE else slice(8, 12)
    equal(octets[4:sums.start] + octets[sums.stop:], datagram[4:sums.start] + datagram[sums.stop:], f"{what}: the rest")


payload = bytes(range(256)) * 4
for order in itertools.permutations(range(3)):
    run(f"sctp {order}", SCTP, sctp(5000, 80, payload[:1000]), order)
    run(f"udp-lite, all of it {order}", LITE, lite(5000, 80, payload[:1001], 0), order)
    run(f"udp-lite, its header {order}", LITE, lite(5000, 80, payload[:1000], 8), order)
    run(f"udp-lite, into the second piece {order}", LITE, lite(5000, 80, payload[:1000], 700), order)
run("sctp in one", SCTP, sctp(5000, 80, payload[:100]), [0])
run("udp-lite in one", LITE, lite(5000, 80, payload[:101], 50), [0])
finish()
