#!/usr/bin/python3
"""Fragments of IPv4: they follow the session of the first (REQ-FW-013), in any order; and what is dropped, with its reason.

cs06917: no pattern of fragments can do harm. 07301: long gaps and unequal sizes. 08164: what is held comes back or is freed.
cs11155: fragments of IP in IP that come in by different ports.
usage: replay_fragments.py BUILD
"""
import random
import struct

from fragment_help import *  # noqa: F403

CLIENT = "10.0.0.5"
SERVER = "10.0.1.5"
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24
set interfaces ge-0/0/2 mtu 1014
set interfaces ge-0/0/2 unit 0 family inet address 10.0.2.1/24
set interfaces ge-0/0/3 unit 0 family inet address 10.0.3.1/24
set security zones security-zone inside interfaces ge-0/0/3.0
""" + ZONES + """
set applications application refused protocol udp
set applications application refused destination-port 98
set security policies from-zone inside to-zone outside policy back match source-address any destination-address any
set security policies from-zone inside to-zone outside policy back match application refused
set security policies from-zone inside to-zone outside policy back then reject
""" + PERMIT


def cut(packet, sizes, identification=None):
    """A packet's fragments as (offset, fragment), of the given payload sizes; the rest is the last one."""
    whole = IP(bytes(packet))
    payload = bytes(whole)[20:]
    pieces, start = [], 0
    while start < len(payload):
        size = sizes[min(len(pieces), len(sizes) - 1)]
        part = payload[start:start + size]
        more = start + size < len(payload)
        pieces.append(piece(whole, start, part, more, identification))
        start += size
    return pieces


def piece(whole, start, part, more, identification=None):
    header = IP(src=whole.src, dst=whole.dst, proto=whole.proto, ttl=64, flags="MF" if more else 0, frag=start // 8,
                id=identification if identification is not None else whole.id)
    return frame() / header / Raw(part)


def udp(size, port=4000, to=4242, identification=1, destination=SERVER):
    draw = random.Random(identification)
    return IP(src=CLIENT, dst=destination, id=identification) / UDP(sport=port, dport=to) / Raw(draw.randbytes(size))


def joined(frames):
    """What a receiver makes of frames: the payload of each datagram that is complete and has no overlap, by identification."""
    parts = {}
    for sent in frames:
        header = sent[IP]
        data = bytes(header)[header.ihl * 4:header.len]
        parts.setdefault(header.id, []).append((header.frag * 8, data, bool(header.flags & 1)))
    return {number: data for number, (data, _) in put_together(parts).items()}


place = Place()
config = place.write("fragments.set", CONFIG)


def run_of(packets, what, port="ge-0/0/0", gap=0.001, *more):
    times = [START + number * gap for number in range(len(packets))]
    capture = place.capture(f"in-{place.runs}.pcap", [at(time, packet) for time, packet in zip(times, packets)])
    return place.replay("--config", config, "--in", f"{port}=" + capture, *more, what=what)


def any_order():
    """REQ-FW-013: 64 KB in 46 fragments: in order, backwards, shuffled, and many datagrams among each other."""
    sizes = [1432]
    wanted, packets = {}, []
    for number in range(1, 9):
        whole = udp(65507, port=4000 + number, identification=number)
        pieces = cut(whole, sizes)
        equal(len(pieces), 46, "fragments")
        wanted[number] = bytes(IP(bytes(whole)))[20:]
        order = list(range(len(pieces)))
        if number == 2:
            order.reverse()
        elif number > 2:
            random.Random(number).shuffle(order)
        packets.append([pieces[i] for i in order])
    flat = [fragment for row in packets[:6] for fragment in row]
    # the last two among each other
    for left, right in zip(packets[6], packets[7]):
        flat += [left, right]
    run = run_of(flat, "any order")
    check(joined(run.left("ge-0/0/1")) == wanted, "each datagram arrives as it was sent")
    equal(outcomes(run)[:46], [FORWARD] * 46, "in order none is held")
    equal(outcomes(run)[46:92], [HELD] * 45 + [FORWARD], "backwards all but the first are held")
    equal(len({verdict.get("session") for verdict in run.verdicts} - {None}), 8, "a session each")


def policy_of_the_first():
    """The others are dropped by the reason of the first."""
    pieces = cut(udp(3000, to=99, identification=5), [1480])
    run = run_of(pieces, "denied")
    equal(outcomes(run), [("drop", "policy-deny")] * 3, "denied, in order")
    run = run_of([pieces[1], pieces[0], pieces[2]], "denied, early")
    equal(outcomes(run), [HELD] + [("drop", "policy-deny")] * 2, "denied, the first is second")
    pieces = cut(udp(3000, to=98, identification=6), [1480])
    run = run_of(pieces, "rejected")
    equal(outcomes(run), [("reject", "policy-reject")] + [("drop", "policy-reject")] * 2, "one answer for all")
    equal(len(run.left("ge-0/0/0")), 1, "port unreachable once")


def overlaps():
    """RFC 5722, teardrop: the datagram is dropped whole."""
    whole = IP(bytes(udp(3992, identification=8)))
    payload = bytes(whole)[20:]
    parts = [piece(whole, start, payload[start:start + 1000], start < 3000) for start in (0, 1000, 2000, 3000)]
    bad = piece(whole, 1496, payload[1496:1504 + 8], True)
    run = run_of([parts[0], parts[1], bad, parts[2], parts[3]], "overlap")
    equal(outcomes(run), [FORWARD] * 2 + [("drop", "fragment-overlap")] * 3, "overlap in the middle")
    equal(joined(run.left("ge-0/0/1")), {}, "it never arrives complete")
    # teardrop: the second ends within the first
    tear = piece(whole, 24, payload[24:28], False)
    run = run_of([piece(whole, 0, payload[:36 + 4], True), tear], "teardrop")
    equal(outcomes(run), [FORWARD, ("drop", "fragment-bad-end")], "teardrop")
    # held ones go too
    run = run_of([parts[1], bad, parts[0], parts[2], parts[3]], "overlap of held ones")
    equal(outcomes(run), [HELD] + [("drop", "fragment-overlap")] * 4, "overlap of held ones")
    equal(len(run.left("ge-0/0/1")), 0, "nothing of it leaves")
    # the same octets cut otherwise are no duplicate; nor are other octets in the same place
    other = piece(whole, 1000, bytes(1000), True)
    run = run_of([parts[0], parts[1], other, parts[2], parts[3]], "other octets")
    equal(outcomes(run)[2:], [("drop", "fragment-overlap")] * 3, "other octets in the same place")


def duplicates():
    """An exact duplicate alone is dropped (RFC 8200 4.5)."""
    pieces = cut(udp(3992, identification=9), [1000])
    run = run_of([pieces[0], pieces[0], pieces[1], pieces[3], pieces[3], pieces[1], pieces[2]], "duplicates")
    equal(outcomes(run), [FORWARD, ("drop", "fragment-duplicate"), FORWARD, FORWARD, ("drop", "fragment-duplicate"),
                          ("drop", "fragment-duplicate"), FORWARD], "duplicates")
    equal(len(joined(run.left("ge-0/0/1"))), 1, "it arrives")
    run = run_of([pieces[2], pieces[2], pieces[0], pieces[1], pieces[3]], "a duplicate of a held one")
    equal(outcomes(run), [HELD, ("drop", "fragment-duplicate"), FORWARD, FORWARD, FORWARD], "a duplicate of a held one")


def malformed():
    whole = IP(bytes(udp(3992, identification=10)))
    payload = bytes(whole)[20:]
    # no multiple of 8, and not the last; no octets at all
    run = run_of([piece(whole, 0, payload[:1001], True), piece(whole, 0, b"", True), piece(whole, 1000, b"", False)],
                 "bad lengths")
    equal(outcomes(run), [("drop", "fragment-bad-length")] * 3, "bad lengths")
    # ping of death: each is small, the end is beyond 65535
    big = IP(src=CLIENT, dst=SERVER, proto=1, id=11)
    last = frame() / IP(src=CLIENT, dst=SERVER, proto=1, id=11, frag=8189) / Raw(bytes(100))
    echo = bytes(ICMP(id=1) / Raw(bytes(992)))
    run = run_of([piece(big, 0, echo, True), last, piece(big, 1000, bytes(1000), True)], "ping of death")
    equal(outcomes(run), [FORWARD] + [("drop", "fragment-oversize")] * 2, "ping of death")
    run = run_of([last, piece(big, 0, echo, True)], "ping of death, the end first")
    equal(outcomes(run), [("drop", "fragment-oversize")] * 2, "ping of death, the end first")
    # its end lies within, but the whole has the header of the first, and that has options
    for number, wanted in ((13, [FORWARD, ("drop", "fragment-oversize")]), (14, [HELD, ("drop", "fragment-oversize")])):
        first = frame() / IP(src=CLIENT, dst=SERVER, proto=1, id=number, flags="MF", options=b"\1" * 40) / Raw(echo)
        last = frame() / IP(src=CLIENT, dst=SERVER, proto=1, id=number, frag=8125) / Raw(bytes(515))
        run = run_of([first, last] if number == 13 else [last, first], "ping of death by options")
        equal(outcomes(run), wanted, "ping of death by options")
    # 65535 octets exactly are none
    pieces = cut(IP(src=CLIENT, dst=SERVER, id=12) / ICMP(id=2) / Raw(bytes(65535 - 28)), [1480])
    run = run_of(pieces, "65535 octets")
    equal(outcomes(run), [FORWARD] * len(pieces), "65535 octets")
    # beyond the end; a second end
    parts = [piece(whole, start, payload[start:start + 1000], start < 3000) for start in (0, 1000, 2000, 3000)]
    run = run_of([parts[0], parts[3], piece(whole, 4000, bytes(8), True)], "beyond the end")
    equal(outcomes(run)[2], ("drop", "fragment-bad-end"), "beyond the end")
    run = run_of([parts[0], parts[3], piece(whole, 4000, bytes(8), False)], "a second end")
    equal(outcomes(run)[2], ("drop", "fragment-bad-end"), "a second end")
    run = run_of([parts[0], parts[3], piece(whole, 2000, bytes(8), False)], "an earlier end")
    equal(outcomes(run)[2], ("drop", "fragment-bad-end"), "an earlier end")
    # 129 fragments of 8 octets
    many = cut(udp(129 * 8 - 8, identification=13), [8])
    run = run_of(many, "too many")
    equal(outcomes(run)[127:], [FORWARD, ("drop", "fragment-too-many")], "too many")
    # 64 KB in 576 octets
    many = cut(udp(65507, identification=14), [552])
    run = run_of(many, "64 KB in 576 octets")
    equal(outcomes(run), [FORWARD] * 119, "64 KB in 576 octets")


def tiny():
    """RFC 3128: the whole transport header is in the first fragment."""
    segment = IP(src=CLIENT, dst=SERVER, id=15) / TCP(sport=4000, dport=80, flags="S", options=[("MSS", 1460)])
    run = run_of(cut(segment, [8]), "8 octets of TCP")
    equal(outcomes(run), [("drop", "fragment-tiny")] * 3, "8 octets of TCP")
    run = run_of(cut(segment, [16]), "16 octets of TCP")
    equal(outcomes(run), [("drop", "fragment-tiny")] * 2, "16 octets of TCP")
    longer = IP(src=CLIENT, dst=SERVER, id=16) / TCP(sport=4000, dport=80, flags="S", options=[("Timestamp", (1, 0))] * 2)
    run = run_of(cut(longer, [24]), "TCP without its options")
    equal(outcomes(run)[0], ("drop", "fragment-tiny"), "TCP without its options")
    error = IP(src=SERVER, dst=CLIENT, id=17) / ICMP(type=3, code=3) / IP(src=CLIENT, dst=SERVER) / UDP()
    run = run_of(cut(error, [16]), "an ICMP error without its quote", port="ge-0/0/1")
    equal(outcomes(run)[0], ("drop", "fragment-tiny"), "an ICMP error without its quote")


def checksums():
    """What only all fragments together show: the one that would complete a wrong datagram is dropped."""
    for what, whole, reason in (
            ("UDP checksum", IP(src=CLIENT, dst=SERVER, id=18) / UDP(sport=4001, dport=4002, chksum=5) / Raw(bytes(2000)),
             "udp-bad-checksum"),
            ("UDP length", IP(src=CLIENT, dst=SERVER, id=18) / UDP(sport=4001, dport=4002, len=3000, chksum=0) / Raw(bytes(2000)),
             "udp-bad-length"),
            ("ICMP checksum", IP(src=CLIENT, dst=SERVER, id=18) / ICMP(chksum=5) / Raw(bytes(2000)), "icmp-bad-checksum")):
        pieces = cut(whole, [800])
        run = run_of(pieces, what)
        equal(outcomes(run), [FORWARD] * 2 + [("drop", reason)], what)
        equal(joined(run.left("ge-0/0/1")), {}, what + ": it never arrives complete")
        run = run_of(pieces[1:] + pieces[:1], what + ", all held")
        equal(outcomes(run), [HELD] * 2 + [("drop", reason)], what + ", all held")
        equal(len(run.left("ge-0/0/1")), 0, what + ": nothing leaves")
    none = IP(src=CLIENT, dst=SERVER, id=19) / UDP(sport=4001, dport=4002, chksum=0) / Raw(bytes(2001))
    equal(outcomes(run_of(cut(none, [800]), "no checksum")), [FORWARD] * 3, "UDP without checksum")


def segments():
    """TCP goes when all of it is there: the session's window needs its length."""
    def tcp(source, destination, flags, seq, ack, size=0, number=20):
        ports = (4000, 80) if source == CLIENT else (80, 4000)
        return IP(src=source, dst=destination, id=number) / TCP(sport=ports[0], dport=ports[1], flags=flags, seq=seq,
                                                               ack=ack, window=8000) / Raw(bytes(size))

    forth = [frame() / tcp(CLIENT, SERVER, "S", 100, 0), frame() / tcp(CLIENT, SERVER, "A", 101, 501),
             *cut(tcp(CLIENT, SERVER, "PA", 101, 501, 4000), [1480])]
    back = [frame() / tcp(SERVER, CLIENT, "SA", 500, 101), frame() / tcp(SERVER, CLIENT, "A", 501, 4101)]
    client = place.capture("tcp-client.pcap", [at(START + time, packet) for time, packet in
                                               zip((0, 2, 3, 4, 5), forth)])
    server = place.capture("tcp-server.pcap", [at(START + 1, back[0]), at(START + 6, back[1])])
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + client, "--in", "ge-0/0/1=" + server, what="TCP")
    equal(outcomes(run), [FORWARD] * 3 + [HELD] * 2 + [FORWARD] * 2, "a segment in fragments, and its acknowledgement")
    equal(len(run.left("ge-0/0/1")), 5, "all of it leaves")
    # the first alone, in a session: after the time its sender hears of it; without session nobody does
    client = place.capture("tcp-short.pcap", [at(START + time, packet) for time, packet in zip((0, 2, 3), forth)])
    server = place.capture("tcp-server.pcap", [at(START + 1, back[0])])
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + client, "--in", "ge-0/0/1=" + server, "--until", "40",
                       what="TCP incomplete")
    answers = [sent for sent in run.left("ge-0/0/0") if ICMP in sent]
    equal([(sent[ICMP].type, sent[ICMP].code) for sent in answers], [(11, 1)], "time exceeded, in reassembly")
    run = run_of(forth[2:3], "TCP incomplete without session", "ge-0/0/0", 0.001, "--until", "40")
    equal(len(run.left("ge-0/0/0")), 0, "no answer to a stranger")
    equal(run.summary()["reasons"].get("fragment-timeout"), 1, "counted")


def to_ourselves():
    """What is for the gateway is put together: it answers 60000 octets of ping, in any order."""
    whole = IP(src=CLIENT, dst="10.0.0.1", id=21) / ICMP(id=7, seq=1) / Raw(random.Random(1).randbytes(60000))
    pieces = cut(whole, [1480])
    random.Random(2).shuffle(pieces)
    run = run_of(pieces, "ping")
    equal(outcomes(run), [HELD] * 40 + [("proxy", "echo-reply")], "held, and answered")
    answers = joined(run.left("ge-0/0/0"))
    equal(len(answers), 1, "one answer")
    answer = next(iter(answers.values()), b"")
    equal(answer[8:], bytes(IP(bytes(whole)))[28:], "with the same octets")
    equal(ICMP(answer).type, 0, "an echo reply")
    # incomplete: told; but not by an interface that allows no ping
    run = run_of(cut(whole, [1480])[:3], "ping incomplete", "ge-0/0/0", 0.001, "--until", "40")
    equal([(sent[ICMP].type, sent[ICMP].code) for sent in run.left("ge-0/0/0")], [(11, 1)], "incomplete: told")
    equal(run.summary()["reasons"].get("fragment-timeout"), 3, "all of it counted")
    other = IP(src=SERVER, dst="10.0.1.1", id=22) / ICMP(id=7, seq=1) / Raw(bytes(3000))
    run = run_of(cut(other, [1480])[:2], "ping not allowed", "ge-0/0/1", 0.001, "--until", "40")
    equal(len(run.left("ge-0/0/1")), 0, "nobody is told who may not ping")
    run = run_of(cut(other, [1480]), "ping not allowed, complete", "ge-0/0/1")
    equal(outcomes(run)[-1], ("drop", "host-inbound-denied"), "host-inbound-traffic judges the whole")


def smaller_link():
    """A fragment that is too large for the way out is cut again; one that must not be is told, once."""
    pieces = cut(udp(3992, destination="10.0.2.5", identification=23), [1480])
    run = run_of(pieces, "cut again")
    equal(outcomes(run), [("forward", "fragmented")] * 2 + [("forward", "fragmented")], "cut again")
    arrived = joined(run.left("ge-0/0/2"))
    equal(list(arrived.values()), [bytes(IP(bytes(udp(3992, destination="10.0.2.5", identification=23))))[20:]], "it arrives")
    check(all(sent[IP].len <= 1000 for sent in run.left("ge-0/0/2")), "in pieces of at most the MTU")
    for packet in pieces:
        packet[IP].flags = packet[IP].flags | 2
    run = run_of(pieces, "not to be cut")
    equal(outcomes(run), [("reject", "fragmentation-needed")] + [("drop", "fragmentation-needed")] * 2, "not to be cut")
    told = run.left("ge-0/0/0")
    equal([(sent[ICMP].type, sent[ICMP].code, sent[ICMP].nexthopmtu) for sent in told], [(3, 4, 1000)], "told once")


def life():
    """Time to live, sessions that end, gaps and sizes."""
    pieces = cut(udp(3992, identification=24), [1480])
    for packet in pieces:
        packet[IP].ttl = 1
    run = run_of(pieces, "ttl 1")
    equal(outcomes(run), [("reject", "ttl-exceeded")] + [("drop", "ttl-exceeded")] * 2, "ttl 1")
    equal(len(run.left("ge-0/0/0")), 1, "told once")
    # 07301: gaps of up to 29 s, the small ones first
    whole = udp(4016, identification=25)
    pieces = cut(whole, [8, 16, 1400, 1480])
    for order in ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 0, 3, 1), (1, 0, 4, 2, 3)):
        run = run_of([pieces[i] for i in order], f"gaps {order}", "ge-0/0/0", 7.0)
        equal(len(joined(run.left("ge-0/0/1"))), 1, f"with gaps, {order}")
    # over its time a datagram does not come together
    run = run_of([pieces[i] for i in (1, 0, 4, 2, 3)], "too late", "ge-0/0/0", 8.0)
    equal(outcomes(run)[-1], HELD, "the last came after 32 s")
    equal(joined(run.left("ge-0/0/1")), {}, "too late")
    equal(run.summary()["reasons"].get("datagram-timeout"), 1, "its end is counted")
    # the same identification at other addresses, protocols and zones is another datagram
    left = cut(udp(2000, identification=26), [1480])
    right = cut(IP(src=CLIENT, dst=SERVER, id=26) / ICMP(id=1) / Raw(bytes(2000)), [1480])
    run = run_of([left[0], right[0], right[1], left[1]], "one identification")
    equal(outcomes(run), [FORWARD] * 4, "one identification, two protocols")


def errors():
    """An ICMP error that comes in fragments goes where its session came from."""
    first = frame() / udp(100, identification=30)
    quoted = IP(src=CLIENT, dst=SERVER, ttl=60) / UDP(sport=4000, dport=4242) / Raw(bytes(2000))
    strange = IP(src=CLIENT, dst=SERVER, ttl=60) / UDP(sport=4999, dport=4242) / Raw(bytes(2000))
    back = [cut(IP(src=SERVER, dst=CLIENT, id=number) / ICMP(type=3, code=3) / Raw(bytes(about)), [800])
            for number, about in ((31, quoted), (32, strange), (33, quoted))]
    equal([len(row) for row in back], [3, 3, 3], "fragments of an error")
    back[2].reverse()
    client = place.capture("error-client.pcap", [at(START, first)])
    server = place.capture("error-server.pcap", [at(START + 1 + number, packet) for number, packet in
                                                 enumerate(back[0] + back[1] + back[2])])
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + client, "--in", "ge-0/0/1=" + server, what="errors")
    equal(outcomes(run), [FORWARD] + [FORWARD] * 3 + [("drop", "icmp-no-session")] * 3 + [HELD] * 2 + [FORWARD],
          "errors in fragments")
    equal(len(joined(run.left("ge-0/0/0"))), 2, "both arrive")


def two_ports():
    """cs11155: the same zone, another interface: the same datagram. Another zone is another datagram."""
    inner = IP(src="192.168.1.1", dst="192.168.2.2") / UDP(sport=1, dport=2) / Raw(bytes(3000))
    pieces = cut(IP(src=CLIENT, dst=SERVER, id=34, proto=4) / Raw(bytes(inner)), [1480])
    equal(len(pieces), 3, "fragments of IP in IP")
    left = place.capture("left.pcap", [at(START + 1, pieces[0]), at(START + 3, pieces[2])])
    right = place.capture("right.pcap", [at(START + 2, pieces[1])])
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + left, "--in", "ge-0/0/3=" + right, what="two ports")
    equal(outcomes(run), [FORWARD] * 3, "two ports of a zone")
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + left, "--in", "ge-0/0/1=" + right, what="two zones")
    equal(outcomes(run), [FORWARD, HELD, FORWARD], "a fragment from another zone meddles with nothing")


def random_patterns():
    """cs06917: noise of fragments: no harm, everything has a reason, and what was held is accounted for."""
    draw = random.Random(6)
    packets = []
    for _ in range(4000):
        header = IP(src=f"10.0.0.{draw.randrange(2, 6)}", dst=draw.choice((SERVER, "10.0.0.1", "10.0.2.5", "255.255.255.255")),
                    id=draw.randrange(4), proto=draw.choice((1, 6, 17, 50)), frag=draw.choice((0, 0, 1, 2, draw.randrange(8192))),
                    flags=draw.choice((0, 1, 1, 2, 3)))
        packets.append(frame() / header / Raw(draw.randbytes(draw.choice((0, 1, 8, 16, 24, 200)))))
    run = run_of(packets, "noise", "ge-0/0/0", 0.05, "--until", "300")
    check(all(verdict["reason"] != "none" for verdict in run.verdicts), "each has a reason")
    good = cut(udp(3992, identification=99), [1480])
    run = run_of(packets[:300] + good, "noise before", "ge-0/0/0", 0.0001)
    equal(outcomes(run)[-3:], [FORWARD] * 3, "a good one behind all that")


any_order()
policy_of_the_first()
overlaps()
duplicates()
malformed()
tiny()
checksums()
segments()
to_ourselves()
smaller_link()
life()
errors()
two_ports()
random_patterns()
finish()
