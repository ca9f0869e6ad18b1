#!/usr/bin/python3
"""Nobody gets in who was not asked: thousands of random packets of strangers, near what is permitted, from two zones from which no policy
permits anything, against hosts that talk to the outside with and without address translation.

Held against it: whatever leaves towards the hosts is the exact answer to what one of them sent before, or an ICMP error about it, to the
one who sent it; and nothing leaves towards the third zone at all. The strangers know everything: addresses, ports, numbers.
Proves by the way REQ-FW-001, REQ-POL-007, REQ-SES-005, REQ-NAT-009 and what RFC 5927 wants of ICMP errors.
usage: replay_strangers.py BUILD
"""
import random
import struct

from replay_help import Place, check, equal, finish, os

START = 1191405600
HOSTS = ["10.0.0.5", "10.0.0.6", "10.0.0.250"]
PEERS = ["8.8.8.8", "198.51.100.77"]
OURS = ["198.51.100.1", "10.0.0.1", "192.0.2.1"]
TCP, UDP, ICMP = 6, 17, 1
GROUND = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.1/24
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254
set security policies from-zone trust to-zone untrust policy out match source-address any destination-address any application any
set security policies from-zone trust to-zone untrust policy out then permit
"""
RULES = "set security nat source rule-set s from zone trust\nset security nat source rule-set s to zone untrust\n" \
        "set security nat source rule-set s rule r match source-address 10.0.0.0/24\n"
FORMS = {
    "routed": "",
    "pool": "set security nat source pool p address 203.0.113.8/30\n" + RULES + "set security nat source rule-set s rule r then source-nat pool p\n",
    "interface": RULES + "set security nat source rule-set s rule r then source-nat interface\n",
    "no ports": "set security nat source pool p address 203.0.113.8/30\nset security nat source pool p port no-translation\n" + RULES +
                "set security nat source rule-set s rule r then source-nat pool p\n",
    "static": "set security nat static rule-set s from zone untrust\n"
              "set security nat static rule-set s rule r match destination-address 203.0.113.0/28\n"
              "set security nat static rule-set s rule r then static-nat prefix 10.0.0.0/28\n",
    "persistent": "set security nat source pool p address 203.0.113.8/30\n" + RULES +
                  "set security nat source rule-set s rule r then source-nat pool p persistent-nat permit target-host-port\n",
}
SCREENS = "set security screen ids-option s tcp syn-flood attack-threshold 1\nset security zones security-zone untrust screen s\n" \
          "set security zones security-zone dmz screen s\nset security screen ids-option s ip spoofing\n"
place = Place()


def number(address):
    a, b, c, d = (int(part) for part in address.split("."))
    return a << 24 | b << 16 | c << 8 | d


def text(value):
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(source, destination, protocol, body, ttl=64, fragment=0, ident=1):
    header = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(body), ident, fragment, ttl, protocol, 0, number(source), number(destination))
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + body


def transport(source, destination, protocol, sport, dport, flags=0x10, seq=0, ack=0, data=b"", kind=8):
    if protocol == ICMP:
        body = struct.pack(">BBHHH", kind, 0, 0, sport, 1) + data
        return body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    if protocol == UDP:
        body = struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
        at = 6
    else:
        body = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65535, 0, 0) + data
        at = 16
    pseudo = struct.pack(">IIBBH", number(source), number(destination), 0, protocol, len(body))
    return body[:at] + struct.pack(">H", checksum(pseudo + body) or 0xffff) + body[at + 2:]


def framed(packet):
    return b"\x02\xaa\0\0\0\xff\x02\xaa\0\0\0\x05\x08\0" + packet


class Capture:
    def __init__(self, name):
        self.paths = [place.path(f"{name}-{port}.pcap") for port in range(3)]
        self.rows = [[] for _ in range(3)]

    def put(self, port, when, packet):
        self.rows[port].append((when, framed(packet)))

    def inputs(self):
        words = []
        for port, (path, rows) in enumerate(zip(self.paths, self.rows)):
            if not rows:
                continue
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
                for when, octets in rows:
                    file.write(struct.pack("<IIII", START + int(when), int(when % 1 * 1000000), len(octets), len(octets)) + octets)
            words += ["--in", f"ge-0/0/{port}={path}"]
        return words


def left(run, port):
    """IP packets that left a port."""
    path = run.path(f"ge-0_0_{port}.pcap")
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        octets = file.read()
    order = "<" if octets[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, packets = 24, []
    while at < len(octets):
        size = struct.unpack(order + "IIII", octets[at:at + 16])[2]
        frame = octets[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] == b"\x08\0":
            packets.append(frame[14:14 + struct.unpack(">H", frame[16:18])[0]])
    return packets


def fields(packet):
    """(source, destination, protocol, sport, dport); of ICMP queries the identifier, twice; without ports None."""
    protocol, head = packet[9], (packet[0] & 15) * 4
    source, destination = (text(value) for value in struct.unpack(">II", packet[12:20]))
    if struct.unpack(">H", packet[6:8])[0] & 0x1fff:
        return source, destination, protocol, None, None
    if protocol == ICMP:
        ident = struct.unpack(">H", packet[head + 4:head + 6])[0]
        return source, destination, protocol, ident, ident
    return source, destination, protocol, *struct.unpack(">HH", packet[head:head + 4])


def conversations(draw):
    """What the hosts send, in order, from the inside."""
    flows = []
    for n in range(24):
        protocol = draw.choice([TCP, TCP, UDP, UDP, ICMP])
        sport = 4000 + n
        flows.append((draw.choice(HOSTS), draw.choice(PEERS), protocol, sport, sport if protocol == ICMP else draw.choice([53, 80, 4000 + n])))
    return flows


def stranger(draw, inside, outside):
    """A packet near a conversation, as it looks inside and outside: (port, packets)."""
    near = draw.choice([outside, outside, outside, inside])
    source, destination, protocol, sport, dport = near
    back = [destination, source, protocol, dport, sport]
    what = draw.randrange(12)
    if what == 0:
        back[0] = draw.choice([*PEERS, *OURS, *HOSTS, "9.9.9.9", "127.0.0.1", "224.0.0.1", "255.255.255.255", back[1]])
    elif what == 1:
        back[1] = draw.choice([*HOSTS, *OURS, "203.0.113.9", "203.0.113.5", "10.0.0.255", "10.0.0.0", text(number(back[1]) ^ 1 << draw.randrange(8))])
    elif what == 2:
        back[3] = draw.choice([back[3] ^ 1 << draw.randrange(16), 0, 53, 80, back[4]])
    elif what == 3:
        back[4] = draw.choice([back[4] ^ 1 << draw.randrange(16), 0, back[3]])
    elif what == 4:
        back[2] = draw.choice([TCP, UDP, ICMP, 4, 41, 47, 51, 132, 136, 0, 255])
    elif what == 5:
        back = [source, destination, protocol, sport, dport]
    flags = draw.choice([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0x29, 0x3f, 0x03, 0x06])
    seq, ack = (draw.choice([0, 1, 1000, 1001, 5000, 5001, 70000, 1 << 31, draw.randrange(1 << 32)]) for _ in range(2))
    data = bytes(draw.choice([0, 0, 1, 24, 80]))
    kind = draw.choice([0, 0, 8, 13, 14, 17])
    if draw.random() < 0.35:
        # An ICMP error about what was sent, or something near it.
        quoted = [source, destination, protocol, sport, dport]
        change = draw.randrange(8)
        if change < 5:
            quoted[change] = back[{0: 1, 1: 0, 2: 2, 3: 4, 4: 3}[change]] if draw.random() < 0.5 else draw.choice(
                [[*HOSTS, "9.9.9.9"], [*PEERS, "9.9.9.9"], [TCP, UDP, ICMP, 47], [0, 53, sport ^ 1], [0, 53, dport ^ 1]][change])
        inner = ip(quoted[0], quoted[1], quoted[2], transport(quoted[0], quoted[1], quoted[2] if quoted[2] in (TCP, UDP, ICMP) else UDP,
                   quoted[3], quoted[4], seq=draw.choice([1000, 1001, seq])), fragment=draw.choice([0, 0, 0, 0x2000, 1]))
        body = struct.pack(">BBHI", draw.choice([3, 3, 3, 4, 5, 11, 12, 0, 8]), draw.randrange(6), 0, draw.choice([0, 68, 1400])) + inner[:draw.choice([28, 28, 40, 20, 24])]
        body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
        packet = ip(draw.choice([back[0], *PEERS, "9.9.9.9", *OURS]), draw.choice([quoted[0], quoted[0], source, *HOSTS]), ICMP, body)
    else:
        known = back[2] if back[2] in (TCP, UDP, ICMP) else UDP
        body = transport(back[0], back[1], known, back[3], back[4], flags, seq, ack, data, kind)
        packet = ip(back[0], back[1], back[2], body, ttl=draw.choice([64, 64, 64, 1, 2, 255]))
    port = draw.choice([1, 1, 2])
    if draw.random() < 0.15 and len(packet) > 36:
        # In pieces, in any order, one of them twice, over another, or missing.
        cut = draw.choice([8, 16, 24])
        ident, payload = draw.randrange(65536), packet[20:]
        ends = [text(value) for value in struct.unpack(">II", packet[12:20])]
        pieces = [ip(*ends, packet[9], payload[:cut], fragment=0x2000, ident=ident),
                  ip(*ends, packet[9], payload[cut:], fragment=(cut - draw.choice([0, 0, 0, 8])) // 8, ident=ident)]
        draw.shuffle(pieces)
        return port, pieces[:draw.choice([1, 2, 2, 2])]
    return port, [packet]


def attack(seed, form, more, count):
    draw = random.Random(seed)
    what = f"{form}, seed {seed}"
    config = place.write(f"{seed}.set", GROUND + FORMS[form] + more)
    flows = conversations(draw)
    first = Capture(f"{seed}-first")
    second = Capture(f"{seed}-second")
    for n, (source, destination, protocol, sport, dport) in enumerate(flows):
        packet = ip(source, destination, protocol, transport(source, destination, protocol, sport, dport, 0x02, 1000))
        for capture in (first, second):
            capture.put(0, 0.1 + n * 0.01, packet)
    run = place.replay("--config", config, *first.inputs(), what=what)
    sent = [fields(packet) for packet in left(run, 1)]
    equal(len(sent), len(flows), f"{what}: what the hosts sent")
    if len(sent) != len(flows):
        return
    # Half of the servers answer, so that there are established connections.
    when, answered = 1.0, set()
    for n, (source, destination, protocol, sport, dport) in enumerate(sent[::2]):
        second.put(1, when, ip(destination, source, protocol, transport(destination, source, protocol, dport, sport, 0x12, 5000, 1001, kind=0)))
        inner = flows[2 * n]
        if protocol == TCP:
            second.put(0, when + 0.001, ip(*inner[:2], TCP, transport(*inner, 0x10, 1001, 5001)))
        answered.add(n * 2)
        when += 0.01
    legal = set(flows)
    for _ in range(count):
        pick = draw.randrange(len(flows))
        port, packets = stranger(draw, flows[pick], sent[pick])
        for packet in packets:
            second.put(port, when, packet)
            when += 0.0005
    run = place.replay("--config", config, *second.inputs(), what=what)
    passed = {"answer": 0, "error": 0}
    for packet in left(run, 0):
        source, destination, protocol, sport, dport = fields(packet)
        head = (packet[0] & 15) * 4
        if protocol == ICMP and sport is not None and packet[head] in (3, 4, 5, 11, 12):
            quoted = fields(packet[head + 8:])
            check(quoted in legal and destination == quoted[0] != source and packet[head] != 5 and (not more or source not in HOSTS),
                  f"{what}: an error from {source} to {destination} about {quoted}")
            passed["error"] += 1
        elif sport is None:
            check(any((source, destination, protocol) == (f[1], f[0], f[2]) for f in flows), f"{what}: a fragment {source} {destination}")
        else:
            check((destination, source, protocol, dport, sport) in legal, f"{what}: {source}:{sport} > {destination}:{dport} {protocol}")
            passed["answer"] += 1
    equal(left(run, 2), [], f"{what}: towards the third zone")
    check(passed["answer"] > len(flows) // 2 and passed["error"] > 0, f"{what}: hardly anything passed: {passed}")
    for packet in left(run, 1):
        source = fields(packet)[0]
        check(form == "routed" or source not in HOSTS[:2] or form == "static", f"{what}: {source} is told outside")


SERVER = "192.0.2.80"
SERVED = "set security address-book global address server 192.0.2.80/32\n" \
         "set security policies from-zone untrust to-zone dmz policy web match source-address any destination-address server application junos-http\n" \
         "set security policies from-zone untrust to-zone dmz policy web then permit\n"
# How the server is known outside: (lines, its address there, its port there).
PUBLISHED = {
    "routed": ("", SERVER, 80),
    "static": ("set security nat static rule-set s from zone untrust\n"
               "set security nat static rule-set s rule r match destination-address 203.0.113.80/32\n"
               "set security nat static rule-set s rule r then static-nat prefix 192.0.2.80/32\n", "203.0.113.80", 80),
    "port": ("set security nat destination pool d address 192.0.2.80 port 80\nset security nat destination rule-set s from zone untrust\n"
             "set security nat destination rule-set s rule r match destination-address 203.0.113.80/32\n"
             "set security nat destination rule-set s rule r match destination-port 8080\n"
             "set security nat destination rule-set s rule r then destination-nat pool d\n", "203.0.113.80", 8080),
}


def visitors(seed, form, more, count):
    """A server that everybody may reach at port 80, and at nothing else."""
    draw = random.Random(1000 + seed)
    what = f"published {form}, seed {seed}"
    lines, public, door = PUBLISHED[form]
    config = place.write(f"v{seed}.set", GROUND + SERVED + lines + more)
    capture = Capture(f"v{seed}")
    when = 0.1
    for n in range(8):
        peer, sport = draw.choice(PEERS), 4000 + n
        capture.put(1, when, ip(peer, public, TCP, transport(peer, public, TCP, sport, door, 0x02, 1000)))
        capture.put(2, when + 0.001, ip(SERVER, peer, TCP, transport(SERVER, peer, TCP, 80, sport, 0x12, 5000, 1001)))
        capture.put(1, when + 0.002, ip(peer, public, TCP, transport(peer, public, TCP, sport, door, 0x10, 1001, 5001)))
        when += 0.01
    for _ in range(count):
        sport = draw.choice([4000 + draw.randrange(8), draw.randrange(65536)])
        outside = (public, draw.choice(PEERS), draw.choice([TCP, TCP, UDP, ICMP]), door, sport)
        inside = (SERVER, *outside[1:3], 80, sport)
        port, packets = stranger(draw, inside, outside)
        for packet in packets:
            capture.put(1 if port == 2 else draw.choice([0, 1]), when, packet)
            when += 0.0005
    run = place.replay("--config", config, *capture.inputs(), what=what)
    seen = 0
    for packet in left(run, 2):
        source, destination, protocol, sport, dport = fields(packet)
        head = (packet[0] & 15) * 4
        if protocol == ICMP and sport is not None and packet[head] in (3, 4, 11, 12):
            quoted = fields(packet[head + 8:])
            check(quoted[:4] == (SERVER, quoted[1], TCP, 80) and quoted[1] in PEERS and destination == SERVER != source,
                  f"{what}: an error from {source} to {destination} about {quoted}")
        else:
            check((destination, protocol) == (SERVER, TCP) and dport in (80, None) and source not in ([SERVER, *OURS] if more else OURS),
                  f"{what}: {source}:{sport} > {destination}:{dport} {protocol}")
            seen += 1
    check(seen > (0 if more else 16), f"{what}: hardly anybody got in: {seen}")
    for packet in left(run, 0):
        check(fields(packet)[0] in OURS, f"{what}: towards the hosts: {fields(packet)}")


LONG = bool(os.environ.get("SALLYPORT_TEST_LONG"))
for seed, form in enumerate([*FORMS] * (20 if LONG else 1)):
    attack(seed * 2, form, "", 1500)
    attack(seed * 2 + 1, form, SCREENS, 700)
for seed, form in enumerate([*PUBLISHED] * (20 if LONG else 1)):
    visitors(seed * 2, form, "", 1500)
    visitors(seed * 2 + 1, form, SCREENS, 700)
finish()
