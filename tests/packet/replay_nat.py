#!/usr/bin/python3
"""Translated packets as scapy sees them: fragments in any order (REQ-NAT-039, REQ-FW-013), checksums, UDP without one.

A capture is replayed twice with one seed: the first run says which ports were given, the second has the answers too.
usage: replay_nat.py BUILD
"""
import random

from replay_help import *  # noqa: F403

CLIENT, SERVER, PUBLIC = "10.0.0.5", "8.8.8.8", "192.0.2.10"
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security nat interface ge-0/0/1.0 source-nat pool public address 192.0.2.10
set security policies from-zone trust to-zone untrust policy out match source-address any destination-address any application any
set security policies from-zone trust to-zone untrust policy out then permit source-nat pool public
set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254
"""

place = Place()
config = place.write("nat.set", CONFIG)


def replay(inside, outside, what):
    captures = []
    for port, packets in (("ge-0/0/0", inside), ("ge-0/0/1", outside)):
        if packets:
            name = place.capture(f"{place.runs}-{port[-1]}.pcap", packets)
            captures += ["--in", f"{port}={name}"]
    return place.replay("--config", config, "--seed", "7", *captures, what=what)


def fragments(packet, size, number):
    whole = IP(bytes(packet))
    payload = bytes(whole)[20:]
    pieces = []
    for start in range(0, len(payload), size):
        more = start + size < len(payload)
        pieces.append(IP(src=whole.src, dst=whole.dst, proto=whole.proto, id=number, frag=start // 8,
                         flags="MF" if more else 0) / Raw(payload[start:start + size]))
    return pieces


def whole_of(frames):
    """What a receiver puts together; None while it is not complete."""
    parts = sorted((frame[IP].frag * 8, bytes(frame[IP])[20:frame[IP].len]) for frame in frames)
    data = b"".join(part for _, part in parts)
    first = frames[0][IP]
    header = IP(src=first.src, dst=first.dst, proto=first.proto, ttl=first.ttl, id=first.id)
    return IP(bytes(header / Raw(data)))


def right(packet, what):
    """Both checksums are those that scapy makes of it."""
    again = IP(bytes(packet))
    for layer in (IP, UDP, TCP, ICMP):
        if layer in again:
            del again[layer].chksum
    again = IP(bytes(again))
    layer = UDP if UDP in again else TCP if TCP in again else ICMP
    equal(packet[IP].chksum, again[IP].chksum, f"{what}: IP checksum")
    equal(packet[layer].chksum, again[layer].chksum, f"{what}: transport checksum")


def timed(packets, start=0.0):
    return [at(START + start + number * 0.001, frame() / packet) for number, packet in enumerate(packets)]


def both_ways(packet, reply, what, order=None):
    """`packet` in fragments, translated, and its answer in fragments back. `reply(port)` makes it."""
    pieces = fragments(packet, 1400, 9)
    if order is not None:
        random.Random(order).shuffle(pieces)
    run = replay(timed(pieces), [], what)
    equal({(verdict["verdict"], verdict["reason"]) for verdict in run.verdicts} - {("consume", "fragment-held")},
          {("forward", "session")}, f"{what}: verdicts")
    left = run.left("ge-0/0/1")
    equal(len(left), len(pieces), f"{what}: fragments out")
    out = whole_of(left)
    equal((out.src, out.dst), (PUBLIC, packet.dst), f"{what}: addresses out")
    right(out, what)
    equal(bytes(out)[28:], bytes(IP(bytes(packet)))[28:], f"{what}: payload")
    port = out[ICMP].id if ICMP in out else out[UDP].sport
    check(1024 <= port <= 63487, f"{what}: port {port}")
    answers = fragments(reply(port), 1400, 10)
    if order is not None:
        random.Random(order + 1).shuffle(answers)
    run = replay(timed(pieces), timed(answers, 1.0), f"{what}, back")
    left = run.left("ge-0/0/0")
    equal(len(left), len(answers), f"{what}: fragments back")
    back = whole_of(left)
    equal((back.src, back.dst), (packet.dst, CLIENT), f"{what}: addresses back")
    right(back, what + " back")
    equal(back[ICMP].id if ICMP in back else back[UDP].dport, packet[ICMP].id if ICMP in packet else packet[UDP].sport,
          f"{what}: port back")


def datagrams():
    data = random.Random(1).randbytes(5000)
    for order in (None, 1, 2, 3):
        both_ways(IP(src=CLIENT, dst=SERVER) / UDP(sport=4000, dport=99) / Raw(data),
                  lambda port: IP(src=SERVER, dst=PUBLIC) / UDP(sport=99, dport=port) / Raw(data[::-1]), f"UDP {order}", order)
        both_ways(IP(src=CLIENT, dst=SERVER) / ICMP(type=8, id=77, seq=3) / Raw(data),
                  lambda port: IP(src=SERVER, dst=PUBLIC) / ICMP(type=0, id=port, seq=3) / Raw(data), f"echo {order}", order)


def no_checksum():
    """RFC 768: 0 stays 0."""
    run = replay(timed([IP(src=CLIENT, dst=SERVER) / UDP(sport=4000, dport=99, chksum=0) / Raw(b"x" * 9)]), [], "no checksum")
    left = run.left("ge-0/0/1")
    equal([(packet[IP].src, packet[UDP].chksum) for packet in left], [(PUBLIC, 0)], "UDP without checksum")


def zero_becomes_ones():
    """A checksum that comes out as 0 is sent as ones: thousands of datagrams, all of them right."""
    packets = [IP(src=CLIENT, dst=SERVER) / UDP(sport=4000, dport=99) / Raw(number.to_bytes(2, "big")) for number in range(0, 65536, 17)]
    run = replay(timed(packets), [], "many")
    left = run.left("ge-0/0/1")
    equal(len(left), len(packets), "all of them leave")
    check(all(packet[UDP].chksum != 0 for packet in left), "none is without checksum")
    for packet in left[::97]:
        right(packet[IP], "one of many")


def options():
    """A header with options is longer."""
    packet = IP(src=CLIENT, dst=SERVER, options=[b"\x01\x01\x01\x00"]) / TCP(sport=4000, dport=80, flags="S") / Raw(b"ab")
    run = replay(timed([packet]), [], "options")
    left = run.left("ge-0/0/1")
    equal([(sent[IP].src, bytes(sent[TCP].payload)[:2]) for sent in left], [(PUBLIC, b"ab")], "options")
    right(IP(bytes(left[0][IP])), "options")


def quoted():
    """An error about a TCP segment, quoted whole: every checksum in it is right for who gets it."""
    segment = IP(src=CLIENT, dst=SERVER, id=5) / TCP(sport=4000, dport=80, flags="S", seq=1000) / Raw(b"x" * 20)
    run = replay(timed([segment]), [], "segment")
    sent = run.left("ge-0/0/1")[0][IP]
    error = IP(src="198.51.100.9", dst=PUBLIC) / ICMP(type=3, code=4, nexthopmtu=1400) / Raw(bytes(sent)[:sent.len])
    run = replay(timed([segment]), timed([error], 1.0), "error")
    back = run.left("ge-0/0/0")[0][IP]
    right(IP(bytes(back)), "error")
    equal((back.src, back.dst, back[ICMP].nexthopmtu), ("198.51.100.9", CLIENT, 1400), "error")
    quote = IP(bytes(back)[28:back.len])
    equal((quote.src, quote.dst, quote[TCP].sport, quote[TCP].seq), (CLIENT, SERVER, 4000, 1000), "quote")
    right(quote, "quote")
    equal(bytes(quote)[20:], bytes(IP(bytes(segment)))[20:], "the segment is that of its sender")


datagrams()
no_checksum()
zero_becomes_ones()
options()
quoted()
finish()
