#!/usr/bin/python3
"""SCTP (RFC 9260) and UDP-Lite (RFC 3828) as scapy sees them: sessions by ports, translated also in fragments and in what errors
quote, over IPv6 as they are, and what is malformed dropped with its reason. REQ-NAT-039 REQ-FW-013

UDP-Lite is made by hand. A capture is replayed twice with one seed: the first run says which ports were given.
usage: replay_ports.py BUILD
"""
import random
import socket
import struct

from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.utils import checksum

from replay_help import *  # noqa: F403

CLIENT, SERVER, PUBLIC = "10.0.0.5", "8.8.8.8", "192.0.2.10"
CLIENT6, SERVER6 = "2001:db8:1::5", "2001:db8:2::8"
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set security forwarding-options family inet6 mode flow-based
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security nat interface ge-0/0/1.0 source-nat pool public address 192.0.2.10
set applications application signalling protocol sctp
set applications application signalling destination-port 38412
set applications application media protocol 136
set applications application media destination-port 5004
set security policies from-zone trust to-zone untrust policy out match source-address any destination-address any
set security policies from-zone trust to-zone untrust policy out match application [ signalling media ]
set security policies from-zone trust to-zone untrust policy out then permit source-nat pool public
set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254
"""
CONFIG6 = CONFIG.replace("permit source-nat pool public", "permit")
ENDS = (CLIENT, SERVER)

place = Place()
config = place.write("ports.set", CONFIG)
config6 = place.write("ports6.set", CONFIG6)


def replay(inside, outside, what, used=None):
    captures = []
    for port, packets in (("ge-0/0/0", inside), ("ge-0/0/1", outside)):
        if packets:
            captures += ["--in", f"{port}={place.capture(f'{place.runs}-{port[-1]}.pcap', packets)}"]
    return place.replay("--config", used or config, "--seed", "7", *captures, what=what)


def timed(packets, start=0.0):
    return [at(START + start + number * 0.001, frame() / packet) for number, packet in enumerate(packets)]


def head(source, destination, **keywords):
    return IPv6(src=source, dst=destination) if ":" in source else IP(src=source, dst=destination, **keywords)


def octets_of(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def lite_sum(source, destination, octets):
    """RFC 3828 3.1: over what is covered and a pseudo-header with the length of all."""
    coverage = struct.unpack("!H", octets[4:6])[0] or len(octets)
    return checksum(octets_of(source) + octets_of(destination) + struct.pack("!HH", 136, len(octets)) + octets[:coverage])


def lite(source, destination, sport, dport, data, coverage=0):
    octets = struct.pack("!HHHH", sport, dport, coverage, 0) + data
    octets = octets[:6] + struct.pack("!H", lite_sum(source, destination, octets) or 0xffff) + octets[8:]
    packet = head(source, destination)
    setattr(packet, "nh" if ":" in source else "proto", 136)
    return packet / Raw(octets)


def sctp(source, destination, sport, dport, data, **keywords):
    return head(source, destination) / SCTP(sport=sport, dport=dport, tag=0x01020304, **keywords) / SCTPChunkData(data=data)


def transport(packet):
    whole = bytes(packet)
    return whole[40:] if whole[0] >> 4 == 6 else whole[(whole[0] & 15) * 4:int.from_bytes(whole[2:4], "big")]


def right(packet, what):
    """The checksum is what scapy's CRC, or the sum by hand, says."""
    octets = transport(packet)
    six = bytes(packet)[0] >> 4 == 6
    if (bytes(packet)[6] if six else packet.proto) == 132:
        again = SCTP(octets)
        del again.chksum
        equal(octets[8:12], bytes(again)[8:12], f"{what}: CRC32c")
    else:
        equal(lite_sum(packet.src, packet.dst, octets), 0, f"{what}: UDP-Lite checksum")


def fragments(packet, size, number, order):
    whole = IP(bytes(packet))
    payload = bytes(whole)[20:]
    pieces = [IP(src=whole.src, dst=whole.dst, proto=whole.proto, id=number, frag=start // 8,
                 flags="MF" if start + size < len(payload) else 0) / Raw(payload[start:start + size])
              for start in range(0, len(payload), size)]
    random.Random(order).shuffle(pieces)
    return pieces


def whole_of(frames):
    parts = sorted((frame[IP].frag * 8, bytes(frame[IP])[20:frame[IP].len]) for frame in frames)
    first = frames[0][IP]
    return IP(bytes(IP(src=first.src, dst=first.dst, proto=first.proto) / Raw(b"".join(part for _, part in parts))))


def both_ways(make, port, what):
    """In fragments, in any order, translated, and the answer back."""
    data = random.Random(what).randbytes(5001)
    for order, size in ((1, 1400), (2, 1400), (3, 200)):
        said = f"{what} {order}"
        pieces = fragments(make(CLIENT, SERVER, 5000, port, data), size, 9, order)
        run = replay(timed(pieces), [], said)
        left = run.left("ge-0/0/1")
        equal(len(left), len(pieces), f"{said}: fragments out")
        if len(left) != len(pieces):
            continue
        out = whole_of(left)
        right(out, said)
        given = int.from_bytes(transport(out)[:2], "big")
        equal((out.src, out.dst), (PUBLIC, SERVER), f"{said}: addresses")
        check(1024 <= given <= 63487, f"{said}: port {given}")
        answers = fragments(make(SERVER, PUBLIC, port, given, data[::-1]), size, 10, order)
        left = replay(timed(pieces), timed(answers, 1.0), f"{said}, back").left("ge-0/0/0")
        equal(len(left), len(answers), f"{said}: fragments back")
        if left:
            back = whole_of(left)
            right(back, f"{said}, back")
            equal((back.src, back.dst, transport(back)[:4]), (SERVER, CLIENT, struct.pack("!HH", port, 5000)), f"{said}: back")


def quoted(make, port, what):
    """An error that quotes all of it: for who gets it the quote is what it sent, checksum and all."""
    packet = make(CLIENT, SERVER, 5000, port, b"x" * 20)
    sent = replay(timed([packet]), [], what).left("ge-0/0/1")[0][IP]
    for octets in (sent.len, 28, 30):
        error = IP(src="198.51.100.9", dst=PUBLIC) / ICMP(type=3, code=4, nexthopmtu=1400) / Raw(bytes(sent)[:octets])
        left = replay(timed([packet]), timed([error], 1.0), what).left("ge-0/0/0")
        equal(len(left), 1, f"{what}: the error of {octets}")
        if left:
            quote = bytes(left[0][IP])[28:20 + 8 + octets]
            wanted = transport(IP(bytes(packet)))[:octets - 20]
            # of SCTP the CRC is octets 8 to 11: it is changed when all of it is there
            equal(quote[20:28], wanted[:8], f"{what}: quote of {octets}")
            if octets == sent.len:
                equal(quote[20:], wanted, f"{what}: quote of all")


def plain6():
    for make, port, what in ((sctp, 38412, "SCTP"), (lite, 5004, "UDP-Lite")):
        out = make(CLIENT6, SERVER6, 5000, port, b"y" * 33)
        other = make(CLIENT6, SERVER6, 5000, port + 1, b"y" * 33)
        back = make(SERVER6, CLIENT6, port, 5000, b"z" * 34)
        stray = make(SERVER6, CLIENT6, port, 5001, b"z" * 34)
        error = IPv6(src="2001:db8:2::99", dst=CLIENT6) / ICMPv6DestUnreach(code=4) / Raw(bytes(out))
        run = replay(timed([out, other]), timed([back, stray, error], 1.0), f"{what} over IPv6", config6)
        equal([(verdict["verdict"], verdict["reason"]) for verdict in run.verdicts],
              [("forward", "session"), ("drop", "default-deny"), ("forward", "session"), ("drop", "default-deny"), ("forward", "session")],
              f"{what} over IPv6")


def malformed():
    good = transport(lite(*ENDS, 5000, 5004, b"a" * 8, 12))
    cases = [
        (136, good[:7], "udp-lite-truncated"),
        (136, good[:6] + b"\0\0" + good[8:], "udp-lite-no-checksum"),
        (136, transport(lite(*ENDS, 5000, 5004, b"a" * 8, 12))[:-1] + b"?", "session"),  # not covered
        (136, good[:9] + b"?" + good[10:], "udp-lite-bad-checksum"),
    ]
    cases += [(136, good[:4] + struct.pack("!H", coverage) + good[6:], "udp-lite-bad-coverage") for coverage in (1, 7, 17, 65535)]
    good = transport(IP(bytes(sctp(*ENDS, 5000, 38412, b"a" * 8))))
    cases += [(132, good[:length], "sctp-truncated") for length in (0, 3, 12, 15)]
    cases += [(132, good[:14] + struct.pack("!H", chunk) + good[16:], "sctp-bad-chunk") for chunk in (0, 3, len(good) - 11)]
    cases += [(132, good[:-1] + b"?", "sctp-bad-checksum"), (132, good[:8] + bytes(4) + good[12:], "checksum-partial"), (132, good, "session")]
    for six in (False, True):
        packets = []
        for protocol, octets, reason in cases:
            if six and reason in ("session", "udp-lite-bad-checksum"):
                continue
            packets.append((IPv6(src=CLIENT6, dst=SERVER6, nh=protocol) if six else IP(src=CLIENT, dst=SERVER, proto=protocol)) / Raw(octets))
        wanted = [reason for _, _, reason in cases if not six or reason not in ("session", "udp-lite-bad-checksum")]
        run = replay(timed(packets), [], "malformed")
        equal([verdict["reason"] for verdict in run.verdicts], wanted, f"malformed, IPv{6 if six else 4}")



def mutated(octets, dice, start):
    octets = bytearray(octets)
    for _ in range(dice.randrange(4)):
        octets[dice.randrange(start, len(octets))] = dice.randrange(256)
    return bytes(octets)


def anything():
    """Packets, some damaged, some in fragments of which some are missing, and errors with damaged quotes: whatever leaves is right."""
    dice = random.Random(5)
    inside = []
    for number in range(400):
        make, protocol, port = dice.choice(((sctp, 132, 38412), (lite, 136, 5004)))
        packet = make(CLIENT, SERVER, 5000 + dice.randrange(20), port, dice.randbytes(dice.choice((0, 1, 20, 900))))
        how = dice.randrange(3)
        if how == 0:
            inside.append(IP(src=CLIENT, dst=SERVER, proto=protocol) / Raw(mutated(transport(IP(bytes(packet))), dice, 0)))
        elif how == 1:
            pieces = fragments(packet, dice.choice((8, 16, 24, 400)), number, number)
            inside += pieces[:dice.randrange(1, len(pieces) + 1)]
        else:
            inside.append(packet)
    outside = []
    for sent in replay(timed(inside), [], "anything").left("ge-0/0/1"):
        quote = mutated(bytes(sent[IP])[:sent[IP].len], dice, 20)[:dice.choice((28, 30, 31, 32, 33, 40, 1000))]
        outside.append(IP(src="198.51.100.9", dst=PUBLIC) / ICMP(type=3, code=1) / Raw(quote))
    run = replay(timed(inside), timed(outside, 2.0), "anything, and errors")
    whole = [IP(bytes(sent[IP])[:sent[IP].len]) for sent in run.left("ge-0/0/1") if not sent[IP].flags.MF and sent[IP].frag == 0]
    errors = [bytes(sent[IP])[20:sent[IP].len] for sent in run.left("ge-0/0/0") if sent[IP].proto == 1]
    check(len(whole) > 100 and len(errors) > 100, f"anything: {len(whole)} packets and {len(errors)} errors")
    for packet in whole:
        right(packet, "anything")
    equal({checksum(error) for error in errors}, {0}, "anything: errors")


both_ways(sctp, 38412, "SCTP")
both_ways(lite, 5004, "UDP-Lite")
both_ways(lambda *ends: lite(*ends, coverage=20), 5004, "UDP-Lite in part")
quoted(sctp, 38412, "SCTP quoted")
quoted(lite, 5004, "UDP-Lite quoted")
plain6()
malformed()
anything()
finish()
