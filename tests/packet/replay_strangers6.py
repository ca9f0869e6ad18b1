#!/usr/bin/python3
"""replay_strangers for IPv6: random packets near what is permitted, with chains of extension headers in any order, fragments and errors.

Held against it: whatever leaves towards the hosts is the exact answer to what one of them sent before, or an ICMPv6 error about it to the
one who sent it; nothing leaves towards the third zone; no header that only routers or the destination of a route may see is on the way.
Proves by the way REQ-FW-017 and RFC 5095, RFC 7112 as far as strangers have a part in them.
usage: replay_strangers6.py BUILD
"""
import ipaddress
import random
import struct

from replay_help import Place, check, equal, finish, os

START = 1191405600
HOSTS = ["2001:db8:1::5", "2001:db8:1::6", "2001:db8:1::ff"]
PEERS = ["2001:db8:9::9", "2001:db8:2::77"]
OURS = ["2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"]
ODD = ["::", "::1", "ff02::1", "fe80::77", "::ffff:10.0.0.5", "2001:db8:1::"]
TCP, UDP, ICMP = 6, 17, 58
HOP, ROUTING, FRAGMENT, DESTINATION, AUTHENTICATION, NONE = 0, 43, 44, 60, 51, 59
CHAINED = (HOP, ROUTING, FRAGMENT, DESTINATION, AUTHENTICATION)
ERRORS = (1, 2, 3, 4)
GROUND = """
set security forwarding-options family inet6 mode flow-based
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::1/64
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::fe
set security policies from-zone trust to-zone untrust policy out match source-address any destination-address any application any
set security policies from-zone trust to-zone untrust policy out then permit
"""
SCREENS = "set security screen ids-option s tcp syn-flood attack-threshold 1\nset security zones security-zone untrust screen s\n" \
          "set security zones security-zone dmz screen s\nset security screen ids-option s ip spoofing\n"
place = Place()


def packed(address):
    return ipaddress.ip_address(address).packed


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(source, destination, protocol, body, hops=64):
    return struct.pack(">IHBB", 6 << 28, len(body), protocol, hops) + packed(source) + packed(destination) + body


def sealed(source, destination, protocol, body, at):
    pseudo = packed(source) + packed(destination) + struct.pack(">II", len(body), protocol)
    return body[:at] + struct.pack(">H", checksum(pseudo + body) or 0xffff) + body[at + 2:]


def transport(source, destination, protocol, sport, dport, flags=0x10, seq=0, ack=0, data=b"", kind=128):
    if protocol == ICMP:
        return sealed(source, destination, ICMP, struct.pack(">BBHHH", kind, 0, 0, sport, 1) + data, 2)
    if protocol == UDP:
        return sealed(source, destination, UDP, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data, 6)
    return sealed(source, destination, TCP, struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65535, 0, 0) + data, 16)


def chained(draw, protocol, body):
    """Extension headers before a body: (first header, octets)."""
    for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 3, 5])):
        kind = draw.choice([HOP, DESTINATION, DESTINATION, ROUTING, FRAGMENT, AUTHENTICATION])
        if kind == FRAGMENT:
            header = struct.pack(">BBHI", protocol, 0, draw.choice([0, 0, 0, 1, 8, 9]), draw.randrange(1 << 32))
        elif kind == ROUTING:
            header = struct.pack(">BBBBI", protocol, 2, draw.choice([0, 2, 4]), draw.choice([0, 0, 1]), 0) + packed(draw.choice([*HOSTS, *PEERS]))
        elif kind == AUTHENTICATION:
            header = struct.pack(">BBHIII", protocol, draw.choice([2, 2, 1]), 0, 1, 1, 0)
        else:
            header = struct.pack(">BB", protocol, 0) + draw.choice([b"\x01\x04\0\0\0\0", b"\x1e\x04\0\0\0\0", b"\x5e\x04\0\0\0\0", b"\xde\x04\0\0\0\0", b"\x01\x09\0\0\0\0"])
        protocol, body = kind, header + body
    return protocol, body


def framed(packet):
    return b"\x02\xaa\0\0\0\xff\x02\xaa\0\0\0\x05\x86\xdd" + packet


def write(name, rows):
    words = []
    for port in range(3):
        if rows[port]:
            path = place.path(f"{name}-{port}.pcap")
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
                for when, packet in rows[port]:
                    octets = framed(packet)
                    file.write(struct.pack("<IIII", START + int(when), int(when % 1 * 1000000), len(octets), len(octets)) + octets)
            words += ["--in", f"ge-0/0/{port}={path}"]
    return words


def left(run, port):
    path = run.path(f"ge-0_0_{port}.pcap")
    octets = open(path, "rb").read() if os.path.exists(path) else b""
    order = "<" if octets[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, packets = 24, []
    while at < len(octets):
        size = struct.unpack(order + "IIII", octets[at:at + 16])[2]
        frame = octets[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] == b"\x86\xdd":
            packets.append(frame[14:54 + struct.unpack(">H", frame[18:20])[0]])
    return packets


def fields(packet):
    """(source, destination, protocol, sport, dport, where the transport begins, the headers before it)."""
    source, destination = (str(ipaddress.ip_address(packet[a:a + 16])) for a in (8, 24))
    protocol, at, headers, later = packet[6], 40, [], False
    while protocol in CHAINED and not later:
        headers.append((protocol, packet[at:at + 8]))
        later = protocol == FRAGMENT and struct.unpack(">H", packet[at + 2:at + 4])[0] & 0xfff8 != 0
        size = {FRAGMENT: 8, AUTHENTICATION: (packet[at + 1] + 2) * 4}.get(protocol, (packet[at + 1] + 1) * 8)
        protocol, at = packet[at], at + size
    if later or protocol not in (TCP, UDP, ICMP):
        return source, destination, protocol, None, None, at, headers
    if protocol == ICMP:
        ident = struct.unpack(">H", packet[at + 4:at + 6])[0]
        return source, destination, protocol, ident, ident, at, headers
    return source, destination, protocol, *struct.unpack(">HH", packet[at:at + 4]), at, headers


def stranger(draw, flow):
    source, destination, protocol, sport, dport = flow
    back = [destination, source, protocol, dport, sport]
    what = draw.randrange(11)
    if what == 0:
        back[0] = draw.choice([*PEERS, *OURS, *HOSTS, *ODD])
    elif what == 1:
        back[1] = draw.choice([*HOSTS, *OURS, *ODD, str(ipaddress.ip_address(int(ipaddress.ip_address(back[1])) ^ 1 << draw.randrange(128)))])
    elif what == 2:
        back[3] = draw.choice([back[3] ^ 1 << draw.randrange(16), 0, 53, 80, back[4]])
    elif what == 3:
        back[4] = draw.choice([back[4] ^ 1 << draw.randrange(16), 0, back[3]])
    elif what == 4:
        back[2] = draw.choice([TCP, UDP, ICMP, 1, 4, 41, 50, 132, 136, NONE, 255])
    elif what == 5:
        back = [source, destination, protocol, sport, dport]
    flags = draw.choice([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0x29, 0x03])
    seq, ack = (draw.choice([0, 1, 1000, 1001, 5000, 5001, 70000, draw.randrange(1 << 32)]) for _ in range(2))
    if draw.random() < 0.35:
        quoted = [source, destination, protocol, sport, dport]
        change = draw.randrange(9)
        if change < 5:
            quoted[change] = draw.choice([[*HOSTS, *PEERS], [*PEERS, *HOSTS], [TCP, UDP, ICMP], [0, 53, sport ^ 1], [0, 53, dport ^ 1]][change])
        first, inner = chained(draw, quoted[2], transport(*quoted, seq=draw.choice([1000, 1001, seq]))) if draw.random() < 0.3 else \
            (quoted[2], transport(*quoted, seq=draw.choice([1000, 1001, seq])))
        inner = ip(quoted[0], quoted[1], first, inner)
        ends = draw.choice([back[0], *PEERS, *OURS, *ODD]), draw.choice([quoted[0], quoted[0], quoted[0], source, *HOSTS])
        body = struct.pack(">BBHI", draw.choice([*ERRORS, *ERRORS, 0, 100, 127, 137]), draw.randrange(7), 0, draw.choice([0, 1280, 1400])) + inner[:draw.choice([48, 48, 60, 39, 44, 200])]
        body, protocol = sealed(*ends, ICMP, body, 2), ICMP
    else:
        ends = back[0], back[1]
        known = back[2] if back[2] in (TCP, UDP, ICMP) else UDP
        protocol = back[2]
        body = transport(*ends, known, back[3], back[4], flags, seq, ack, bytes(draw.choice([0, 0, 1, 24])), draw.choice([128, 129, 129, 133, 134, 135, 139, 130]))
    first, body = chained(draw, protocol, body) if draw.random() < 0.5 else (protocol, body)
    hops = draw.choice([64, 64, 64, 1, 255])
    port = draw.choice([1, 1, 2])
    if draw.random() < 0.15 and len(body) > 16:
        cut, ident = draw.choice([8, 16]), draw.randrange(1 << 32)
        over = draw.choice([0, 0, 0, 8])
        pieces = [ip(*ends, FRAGMENT, struct.pack(">BBHI", first, 0, 1, ident) + body[:cut], hops),
                  ip(*ends, FRAGMENT, struct.pack(">BBHI", first, 0, cut - over, ident) + body[cut:], hops)]
        draw.shuffle(pieces)
        return port, pieces[:draw.choice([1, 2, 2])]
    return port, [ip(*ends, first, body, hops)]


def attack(seed, more, count):
    draw = random.Random(seed)
    what = f"seed {seed}"
    config = place.write(f"{seed}.set", GROUND + more)
    rows = [[], [], []]
    flows = []
    for n in range(24):
        protocol = draw.choice([TCP, TCP, UDP, UDP, ICMP])
        flows.append((draw.choice(HOSTS), draw.choice(PEERS), protocol, 4000 + n, 4000 + n if protocol == ICMP else draw.choice([53, 80, 4000 + n])))
        rows[0].append((2 + n * 0.01, ip(*flows[n][:2], protocol, transport(*flows[n], 0x02, 1000))))
    when = 3.0
    for source, destination, protocol, sport, dport in flows[::2]:
        rows[1].append((when, ip(destination, source, protocol, transport(destination, source, protocol, dport, sport, 0x12, 5000, 1001, kind=129))))
        if protocol == TCP:
            rows[0].append((when + 0.001, ip(source, destination, TCP, transport(source, destination, TCP, sport, dport, 0x10, 1001, 5001))))
        when += 0.01
    for _ in range(count):
        port, packets = stranger(draw, draw.choice(flows))
        for packet in packets:
            rows[port].append((when, packet))
            when += 0.0005
    run = place.replay("--config", config, *write(seed, rows), what=what)
    sent = [fields(packet)[:5] for packet in left(run, 1) if fields(packet)[0] in HOSTS]
    check(set(flows) <= set(sent), f"{what}: what the hosts sent: {set(flows) - set(sent)}")
    legal, passed = set(flows), {"answer": 0, "error": 0, "chain": 0}
    for packet in left(run, 0):
        source, destination, protocol, sport, dport, at, headers = fields(packet)
        if protocol == ICMP and sport is not None and 133 <= packet[at] <= 137:
            check(source in OURS or source.startswith("fe80::"), f"{what}: discovery from {source}")
            continue
        check(all(kind != ROUTING or header[2] != 0 and header[3] == 0 for kind, header in headers), f"{what}: a routing header {headers}")
        check(all(kind != HOP or header[2] >> 6 == 0 for kind, header in headers), f"{what}: a hop-by-hop option that discards {headers}")
        passed["chain"] += headers != []
        if protocol == ICMP and sport is not None and packet[at] < 128:
            quoted = fields(packet[at + 8:])[:5]
            check(packet[at] in ERRORS and quoted in legal and destination == quoted[0] != source and (not more or source not in HOSTS),
                  f"{what}: an error {packet[at]} from {source} to {destination} about {quoted}")
            passed["error"] += 1
        elif sport is None:
            check(any((source, destination) == (f[1], f[0]) for f in flows), f"{what}: {source} > {destination} {protocol} {headers}")
        else:
            check((destination, source, protocol, dport, sport) in legal, f"{what}: {source}:{sport} > {destination}:{dport} {protocol} {headers}")
            passed["answer"] += 1
    for packet in left(run, 2):
        check(fields(packet)[2] == ICMP and fields(packet)[0] in OURS or fields(packet)[0].startswith("fe80"), f"{what}: towards the third zone: {fields(packet)[:5]}")
    check(passed["answer"] > 12, f"{what}: hardly anything passed: {passed}")
    return passed["error"], passed["chain"]


errors = chains = 0
for seed in range(60 if os.environ.get("SALLYPORT_TEST_LONG") else 2):
    for row in (attack(seed * 2, "", 2000), attack(seed * 2 + 1, SCREENS, 1000)):
        errors, chains = errors + row[0], chains + row[1]
check(errors > 0 and chains > 0, f"hardly anything of a kind passed: {errors} errors, {chains} with extension headers")
finish()
