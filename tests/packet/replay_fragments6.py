#!/usr/bin/python3
"""Fragments of IPv6: they follow the session of the first (REQ-FW-013, REQ-FW-017), overlaps drop the datagram (RFC 5722),
atomic fragments are whole packets (RFC 6946), and neighbour discovery never comes in fragments (RFC 6980).

cs06917: no pattern of fragments can do harm.
usage: replay_fragments6.py BUILD
"""
import random

from fragment_help import *  # noqa: F403
from scapy.all import (ICMPv6EchoRequest, ICMPv6ND_NS, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,  # noqa: E402
                       IPv6ExtHdrHopByHop, PadN)

CLIENT = "2001:db8:1::5"
SERVER = "2001:db8:2::5"
GATEWAY6 = "2001:db8:1::1"
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set interfaces ge-0/0/2 mtu 1394
set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::1/64
set security forwarding-options family inet6 mode flow-based
""" + ZONES + PERMIT
UDP_NUMBER, ICMP_NUMBER, TCP_NUMBER, OPTIONS_NUMBER = 17, 58, 6, 60


def part(payload, start, size, next_header, identification, last=None, source=CLIENT, destination=SERVER, before=None,
         hops=64):
    """One fragment of a payload; `last` None: by the payload's end."""
    more = start + size < len(payload) if last is None else not last
    header = IPv6(src=source, dst=destination, hlim=hops)
    if before is not None:
        header /= before
    return frame() / header / IPv6ExtHdrFragment(offset=start // 8, m=int(more), id=identification, nh=next_header) / Raw(
        payload[start:start + size])


def cut(payload, size, next_header, identification, **keywords):
    return [part(payload, start, size, next_header, identification, **keywords) for start in range(0, len(payload), size)]


def upper(layer, source=CLIENT, destination=SERVER):
    """A transport header and its payload, with the checksum that scapy makes for these addresses."""
    return bytes(IPv6(src=source, dst=destination) / layer)[40:]


def udp(size, port=4000, to=4242, destination=SERVER):
    return upper(UDP(sport=port, dport=to) / Raw(random.Random(size).randbytes(size)), destination=destination)


def joined(frames):
    """What a receiver makes of frames: (next header, payload) of each datagram that is complete, by identification."""
    parts = {}
    for sent in frames:
        if IPv6ExtHdrFragment in sent:
            header = sent[IPv6ExtHdrFragment]
            parts.setdefault(header.id, []).append((header.offset * 8, bytes(header)[8:], header.m, header.nh))
    return {number: (last[3], data) for number, (data, last) in put_together(parts).items()}


place = Place()
config = place.write("fragments6.set", CONFIG)


def run_of(packets, what, port="ge-0/0/0", gap=0.001, *more, config=config):
    capture = place.capture(f"in-{place.runs}.pcap", [at(START + number * gap, packet) for number, packet in
                                                     enumerate(packets)])
    return place.replay("--config", config, "--in", f"{port}=" + capture, *more, what=what)


def any_order():
    """64 KB in 46 fragments: in order, backwards, shuffled; identifications have 32 bits."""
    packets, wanted = [], {}
    for number in range(4):
        identification = 0x10007 + (number << 16)
        payload = udp(65527 - 8, port=4000 + number)
        pieces = cut(payload, 1432, UDP_NUMBER, identification)
        equal(len(pieces), 46, "fragments")
        wanted[identification] = (UDP_NUMBER, payload)
        if number == 1:
            pieces.reverse()
        elif number > 1:
            random.Random(number).shuffle(pieces)
        packets.append(pieces)
    flat = packets[0] + packets[1]
    for left, right in zip(packets[2], packets[3]):
        flat += [left, right]
    run = run_of(flat, "any order")
    check(joined(run.left("ge-0/0/1")) == wanted, "each datagram arrives as it was sent")
    equal(outcomes(run)[:46], [FORWARD] * 46, "in order none is held")
    equal(outcomes(run)[46:92], [HELD] * 45 + [FORWARD], "backwards all but the first are held")
    check(all(sent[IPv6].hlim == 63 for sent in run.left("ge-0/0/1")), "a hop each")


def refused():
    pieces = cut(udp(3000, to=99), 1432, UDP_NUMBER, 1)
    equal(outcomes(run_of(pieces, "denied")), [("drop", "policy-deny")] * 3, "denied")
    equal(outcomes(run_of(pieces[::-1], "denied, backwards")), [HELD] * 2 + [("drop", "policy-deny")], "denied, backwards")
    payload = udp(3992)
    parts = cut(payload, 1000, UDP_NUMBER, 2)
    bad = part(payload, 1496, 16, UDP_NUMBER, 2)
    run = run_of([parts[0], parts[1], bad, parts[2], parts[3]], "overlap")
    equal(outcomes(run), [FORWARD] * 2 + [("drop", "fragment-overlap")] * 3, "overlap")
    run = run_of([parts[1], parts[1], parts[0], parts[0], parts[3], parts[2]], "duplicates")
    equal(outcomes(run), [HELD, ("drop", "fragment-duplicate"), FORWARD, ("drop", "fragment-duplicate"), FORWARD, FORWARD],
          "duplicates")
    short = [part(payload, 0, 1001, UDP_NUMBER, 3, last=False), part(payload, 65528, 8, UDP_NUMBER, 3, last=True)]
    check(all(verdict["verdict"] == "drop" for verdict in run_of(short, "bad lengths").verdicts), "bad lengths")
    segment = upper(TCP(sport=4000, dport=80, flags="S"))
    equal(outcomes(run_of(cut(segment, 8, TCP_NUMBER, 4), "tiny"))[0], ("drop", "fragment-tiny"), "tiny")
    options = bytes(IPv6ExtHdrDestOpt(nh=UDP_NUMBER, options=[PadN(optdata=b"\0" * 20)])) + udp(100)
    run = run_of(cut(options, 16, OPTIONS_NUMBER, 5), "a first without the whole chain")
    equal(outcomes(run)[0][0], "drop", "a first without the whole chain (RFC 7112)")
    broken = bytearray(udp(3992))
    broken[2000] ^= 1
    run = run_of(cut(bytes(broken), 1000, UDP_NUMBER, 6), "checksum")
    equal(outcomes(run), [FORWARD] * 3 + [("drop", "udp-bad-checksum")], "checksum")
    none = bytearray(udp(2000))
    none[6:8] = b"\0\0"
    equal(outcomes(run_of(cut(bytes(none), 1000, UDP_NUMBER, 7), "no checksum"))[0], ("drop", "udp-no-checksum"),
          "no checksum")
    solicitation = upper(ICMPv6ND_NS(tgt=GATEWAY6), destination=GATEWAY6)
    run = run_of(cut(solicitation, 16, ICMP_NUMBER, 8, destination=GATEWAY6, hops=255), "discovery in fragments")
    equal(outcomes(run), [("drop", "nd-extension")] * 2, "discovery in fragments")


def headers():
    """Extension headers before and behind the fragment header; atomic fragments."""
    options = bytes(IPv6ExtHdrDestOpt(nh=UDP_NUMBER, options=[PadN(optdata=b"\0" * 12)])) + udp(3000)
    equal(len(options) % 8, 0, "whole units")
    hop = IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)])
    pieces = cut(options, 1200, OPTIONS_NUMBER, 9, before=hop)
    run = run_of(pieces, "options behind")
    equal(outcomes(run), [FORWARD] * 3, "options behind the fragment header")
    run = run_of(pieces[::-1], "options behind, backwards")
    equal(outcomes(run), [HELD] * 2 + [FORWARD], "options behind the fragment header, backwards")
    equal(joined(run.left("ge-0/0/1")), {9: (OPTIONS_NUMBER, options)}, "it arrives")
    atom = part(udp(100), 0, 108, UDP_NUMBER, 10)
    others = cut(udp(3000), 1000, UDP_NUMBER, 10)
    run = run_of([others[0], atom, others[1], others[2], others[3]], "atomic")
    equal(outcomes(run), [FORWARD] * 5, "an atomic fragment belongs to no datagram")
    segment = upper(TCP(sport=4000, dport=80, flags="S") / Raw(bytes(3000)))
    run = run_of(cut(segment, 1000, TCP_NUMBER, 11), "TCP")
    equal(outcomes(run), [HELD] * 3 + [FORWARD], "TCP goes when it is whole")


def to_ourselves():
    echo = upper(ICMPv6EchoRequest(id=7, seq=1, data=random.Random(1).randbytes(60000)), destination=GATEWAY6)
    for what, before in (("ping", None), ("ping with options", IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 12)]))):
        pieces = cut(echo, 1400, ICMP_NUMBER, 12, destination=GATEWAY6, before=before)
        random.Random(2).shuffle(pieces)
        run = run_of(pieces, what)
        equal(outcomes(run)[-1], ("proxy", "echo-reply"), what)
        sent = [packet for packet in run.left("ge-0/0/0") if IPv6ExtHdrFragment in packet]
        answers = list(joined(sent).values())
        equal(len(answers), 1, what + ": one answer")
        next_header, answer = answers[0] if answers else (0, b"")
        equal((next_header, answer[0], answer[4:]), (ICMP_NUMBER, 129, echo[4:]), what + ": with the same octets")
        right = bytearray(echo)
        right[0] = 129
        right[2:4] = b"\0\0"
        again = bytes(IPv6(src=GATEWAY6, dst=CLIENT, nh=ICMP_NUMBER, plen=len(right)))[8:40]
        equal(sum16(again + len(right).to_bytes(4, "big") + b"\0\0\0\x3a" + bytes(right)), answer[2:4], what + ": checksum")
        check(all(len(bytes(packet)) <= 1514 for packet in sent), what + ": in frames of the MTU")
    run = run_of(cut(echo, 1400, ICMP_NUMBER, 13, destination=GATEWAY6)[:2], "ping incomplete", "ge-0/0/0", 0.001, "--until",
                 "70")
    told = [bytes(packet)[54:56] for packet in run.left("ge-0/0/0") if bytes(packet)[20] == ICMP_NUMBER]
    check(b"\x03\x01" in told, f"time exceeded, in reassembly: {told}")
    equal(run.summary()["reasons"].get("fragment-timeout"), 2, "all of it counted")


def sum16(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")


def ways():
    """Too large for the way out; each by its route alone in mode packet-based."""
    pieces = cut(udp(3992, destination="2001:db8:3::5"), 1432, UDP_NUMBER, 14, destination="2001:db8:3::5")
    run = run_of(pieces, "narrow")
    equal(outcomes(run)[0], ("reject", "fragmentation-needed"), "too big for the link")
    told = [bytes(packet)[54:62] for packet in run.left("ge-0/0/0") if bytes(packet)[20] == ICMP_NUMBER]
    check(b"\x02\0" in [head[:2] for head in told] and (1380).to_bytes(4, "big") in [head[4:] for head in told],
          f"packet too big, 1380: {told}")
    stateless = place.write("stateless.set", CONFIG.replace("mode flow-based", "mode packet-based"))
    pieces = cut(udp(3992), 1000, UDP_NUMBER, 15)
    run = run_of([pieces[2], pieces[0], pieces[3], pieces[1]], "stateless", config=stateless)
    equal([verdict["verdict"] for verdict in run.verdicts], ["forward"] * 4, "each by its route alone")


def noise():
    draw = random.Random(8)
    packets = []
    for _ in range(3000):
        start = draw.choice((0, 0, 8, 16, 24, 8 * draw.randrange(8192)))
        header = IPv6(src=f"2001:db8:1::{draw.randrange(2, 6)}", dst=draw.choice((SERVER, GATEWAY6, "ff02::1", "2001:db8:3::5")))
        packets.append(frame() / header / IPv6ExtHdrFragment(offset=start // 8, m=draw.randrange(2), id=draw.randrange(4),
                                                            nh=draw.choice((6, 17, 58, 60, 0, 44, 59, 50))) /
                       Raw(draw.randbytes(draw.choice((0, 1, 8, 16, 24, 200)))))
    run = run_of(packets, "noise", "ge-0/0/0", 0.05, "--until", "300")
    check(all(verdict["reason"] != "none" for verdict in run.verdicts), "each has a reason")


any_order()
refused()
headers()
to_ourselves()
ways()
noise()
finish()
