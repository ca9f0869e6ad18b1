#!/usr/bin/python3
"""Whole verdicts against a slow reference that shares no code with the engine: policy_model.py.

Random zones, books with nested sets, applications, schedulers in time zones over a change of clocks, contexts with any and
global policies in any order, some deactivated; the same said in IPv6 (policy_model6.py); random flows, also to the device itself, to nowhere and from impossible
sources. Of what is forwarded replies are sent, from the right zone and from a wrong one. Through sallyport replay; and at
one moment through sallyport match-policies.
Proves REQ-POL-001 to 011, REQ-POL-016 to 019, REQ-SCH-001 to 004, 007 and 010, REQ-HI-001 to 006 and 009, REQ-RT-006 and
07931 (policies match exactly the union of nested sets), by the way of comparing.
usage: policy_differential.py BUILD
"""
import re
import struct

from policy_model6 import *  # noqa: F403
from replay_help import Place, check, equal, finish, json, os, program, subprocess

START = 1774000000  # 20 March 2026: clocks change in Europe nine days later
GAP = 3 * 3600 + 421  # every session has ended by then
FLOWS = 250
REPLY_FLAGS, SYN = 0x12, 0x02
place = Place()


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets + b"\0" * (len(octets) % 2)))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def frame(model, packet, flags=SYN, sequence=1000, acknowledgement=0, reply=False):
    source, destination, protocol, sport, dport = packet
    if isinstance(model, Model6):
        return frame6(model, packet, flags, sequence, acknowledgement, reply)
    if protocol == TCP:
        body = struct.pack(">HHIIBBHHH", sport, dport, sequence, acknowledgement, 0x50, flags, 65535, 0, 0)
        pseudo = source.packed + destination.packed + struct.pack(">BBH", 0, TCP, len(body))
        body = body[:16] + struct.pack(">H", checksum(pseudo + body)) + body[18:]
    elif protocol == UDP:
        body = struct.pack(">HHHH", sport, dport, 8, 0)
    elif protocol == ICMP:
        body = struct.pack(">BBHHH", {8: 0, 13: 14}[dport] if reply else dport, 0, 0, 7, 1) + b"\0" * 12
        body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    else:
        body = b"\0\0\x08\0" + b"\0" * 20
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + source.packed + destination.packed
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return b"\x02\xaa\0\0\0\xff\x02\xaa\0\0\0\x05\x08\0" + header + body


def frame6(model, packet, flags, sequence, acknowledgement, reply):
    source, destination, protocol, sport, dport = packet
    source, destination = model.wide(source), model.wide(destination)
    place_of_sum = {TCP: 16, UDP: 6, ICMP: 2}.get(protocol)
    if protocol == TCP:
        body = struct.pack(">HHIIBBHHH", sport, dport, sequence, acknowledgement, 0x50, flags, 65535, 0, 0)
    elif protocol == UDP:
        body = struct.pack(">HHHH", sport, dport, 8, 0)
    elif protocol == ICMP:
        protocol = ICMP6
        body = struct.pack(">BBHHH", ECHO[dport] + (1 if reply else 0), 0, 0, 7, 1)
    else:
        body = b"\0\0\x08\0" + b"\0" * 20
    if place_of_sum is not None:
        pseudo = source.packed + destination.packed + struct.pack(">II", len(body), protocol)
        body = body[:place_of_sum] + struct.pack(">H", checksum(pseudo + body) or 0xffff) + body[place_of_sum + 2:]
    header = struct.pack(">IHBB", 6 << 28, len(body), protocol, 64) + source.packed + destination.packed
    return b"\x02\xaa\0\0\0\xff\x02\xaa\0\0\0\x05\x86\xdd" + header + body


class Capture:
    """A pcap file a port."""

    def __init__(self, seed):
        self.files = []
        for port in range(PORTS):
            path = place.path(f"{seed}-{port}.pcap")
            file = open(path, "wb")
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            self.files.append((path, file))

    def put(self, port, when, octets):
        self.files[port][1].write(struct.pack("<IIII", when, 0, len(octets), len(octets)) + octets)

    def inputs(self):
        words = []
        for port, (path, file) in enumerate(self.files):
            file.close()
            words += ["--in", f"ge-0/0/{port}={path}"]
        return words


def random_flow(model):
    draw = model.draw
    port = draw.randrange(PORTS) if draw.random() < 0.3 else draw.choice([0, 1, 2, 3, 5])

    def near():
        """An address that some entry of a book has, mostly."""
        book = model.books[draw.choice([*ZONES, None])]
        network = draw.choice(sorted(book[draw.choice(sorted(book))] or {ANYWHERE}))
        host = int(network.network_address) + draw.randrange(min(network.num_addresses, 1 << 20))
        return ipaddress.ip_address(host) if host >> 24 in (10, 20) else address(draw.randrange(PORTS), draw.randrange(2, 250))

    source = draw.choice([address(port, draw.randrange(2, 250)), near(), near(), address(port, draw.choice([1, 255, 9]))])
    destination = draw.choice([near(), near(), near(), address(draw.randrange(PORTS), draw.randrange(2, 250)),
                               address(draw.choice([port, draw.randrange(PORTS)]), 1),
                               ipaddress.ip_address(draw.choice(["127.0.0.1", "240.1.1.1", "255.255.255.255", "99.1.1.1", "10.0.0.255", "10.2.0.255"]))])
    protocol = draw.choice([TCP, TCP, TCP, UDP, UDP, ICMP, GRE])
    sport = draw.choice([53, 1023, 1024, 1300, 1500, 1501, 40000])
    dport = draw.choice([21, 22, 23, 80, 123, 161, 443, draw.randrange(1, 310)])
    if protocol == ICMP:
        sport, dport = 0, draw.choice([8, 8, 8 if isinstance(model, Model6) else 13])
    elif protocol == GRE:
        sport = dport = 0
    if source == destination or dport in (67, 68):
        return random_flow(model)
    return port, (source, destination, protocol, sport, dport)


def reply_of(packet):
    source, destination, protocol, sport, dport = packet
    return (destination, source, protocol, sport, dport) if protocol in (ICMP, GRE) else (destination, source, protocol, dport, sport)


def describe(seed, number, port, packet):
    return f"seed {seed}, frame {number}: port {port} {packet[2]} {packet[0]}:{packet[3]} > {packet[1]}:{packet[4]}"


def build(seed, model):
    """The capture and what is expected of each of its frames, in order."""
    capture = Capture(seed)
    wanted = []
    for number in range(FLOWS):
        when = START + number * GAP
        port, packet = random_flow(model)
        verdict = model.judge(port, packet, when)
        capture.put(port, when, frame(model, packet))
        wanted.append((port, packet, *verdict, None))
        back, way = model.route(INSTANCE[port], packet[0])
        if verdict[0] != "forward" or back != "out" or ZONE_OF[way] != ZONE_OF[port]:
            continue  # a client that is not where it came from gets nothing back, which is another test's matter
        first = len(wanted) - 1
        reply = frame(model, reply_of(packet), REPLY_FLAGS, 5000, 1001, True)
        # REQ-POL-007: the far side answers; from another zone nobody does (REQ-SES-005)
        stranger = next((p for p in (0, 1, 2) if ZONE_OF[p] not in (ZONE_OF[verdict[3]], None) and INSTANCE[p] == INSTANCE[verdict[3]]), None)
        if stranger is not None:
            capture.put(stranger, when + 1, reply)
            wanted.append((stranger, reply_of(packet), "drop", "session-zone", None, None, None))
        capture.put(verdict[3], when + 2, reply)
        wanted.append((verdict[3], reply_of(packet), "forward", "session", None, way, first))
    return capture, wanted


def make(seed, policies, shift):
    return Model(seed, policies) if shift is None else Model6(seed, policies, shift)


def replayed(seed, policies, shift=None):
    model = make(seed, policies, shift)
    config = place.write(f"{seed}.set", "\n".join(model.lines) + "\n")
    capture, wanted = build(seed, model)
    run = place.replay("--config", config, *capture.inputs(), what=f"seed {seed}")
    equal(len(run.verdicts), len(wanted), f"seed {seed}: frames")
    wrong = 0
    for number, (row, got) in enumerate(zip(wanted, run.verdicts)):
        port, packet, verdict, reason, policy, out, first = row
        good = got["verdict"] == verdict and got["reason"] == reason and (out is None or got.get("out") == f"ge-0/0/{out}.0")
        good = good and (policy is None or got.get("policy") == policy)
        good = good and (first is None or got.get("session") == run.verdicts[first].get("session"))
        if not good and wrong < 5:
            print(f"{describe(seed, number, port, packet)}: the model says {row[2:]}, got {got}")
        wrong += not good
    equal(wrong, 0, f"seed {seed}: frames that the model sees otherwise")
    hits = {row["policy"]: row["hits"] for row in run.summary()["policies"]}
    equal(hits, {p.name: p.hits for context in model.contexts.values() for p in context if p.active}, f"seed {seed}: hits")
    return {row[3] for row in wanted}


def asked(seed, policies, count, shift=None):
    """The same by match-policies, at one moment."""
    model = make(seed, policies, shift)
    wide = model.wide if shift is not None else str
    config = place.write(f"{seed}.set", "\n".join(model.lines) + "\n")
    when = START + model.draw.randrange(100 * 24) * 3600
    questions, flows = [], []
    while len(questions) < count:
        port, (source, destination, protocol, sport, dport) = random_flow(model)
        words = f"interface ge-0/0/{port}.0 source-ip {wide(source)} destination-ip {wide(destination)} protocol {protocol if shift is None or protocol != ICMP else ICMP6}"
        if protocol in (TCP, UDP):
            words += f" source-port {sport} destination-port {dport}"
        elif protocol == ICMP:
            words += f" icmp-type {dport if shift is None else ECHO[dport]}"
        questions.append(words)
        flows.append((port, (source, destination, protocol, sport, dport)))
    done = subprocess.run([program(), "match-policies", "--config", config, "--questions", place.write("questions", "\n".join(questions)),
                           "--at", f"{datetime.datetime.fromtimestamp(when, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal(done.returncode, 0, f"seed {seed}: match-policies: {done.stderr[:500]}")
    answers = re.findall(r"^Outcome: (?:policy (\S+), \S+|no policy is asked); verdict (\S+) \(([^:]+):.*?\)(?:, out (\S+))?$", done.stdout, re.M)
    equal(len(answers), count, f"seed {seed}: answers")
    for number, ((port, packet), answer) in enumerate(zip(flows, answers)):
        verdict, reason, policy, out = model.judge(port, packet, when)
        equal(answer, (policy or "", verdict, reason, f"ge-0/0/{out}.0" if out is not None else ""), describe(seed, number, port, packet))


seen = set()
for seed, policies in ((1, 4), (2, 30), (3, 120), (4, 120), (5, 400)):
    seen |= replayed(seed, policies)
# The 32 bits that tell addresses apart in the upper half of an address, on both sides of its middle, and at its end.
for seed, policies, shift in ((6, 30, 32), (7, 120, 49), (8, 120, 96), (9, 400, 40)):
    replayed(seed, policies, shift)
for seed in (1, 2):
    asked(seed, 60, 60)
asked(3, 60, 60, 49)
check({"session", "policy-deny", "policy-reject", "default-deny", "no-route", "route-discard", "route-reject", "host-inbound-denied", "host-inbound",
       "echo-reply", "service-closed", "null-zone", "null-zone-egress", "source-ours", "session-zone"} <= seen, f"the mix shows only {sorted(seen)}")
if os.environ.get("SALLYPORT_TEST_LONG"):
    for seed in range(100, 200):
        replayed(seed, seed * 2)
        replayed(seed, seed * 2, 32 + seed % 65)
        asked(seed, seed, 100)
        asked(seed, seed, 100, 32 + seed % 65)
finish()
