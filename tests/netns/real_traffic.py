#!/usr/bin/python3
"""Workers of the soak; each runs in one host's namespace until it is told to end (TERM) and prints what it saw as JSON.

  echo                             UDP echo server on port 7
  ask ADDRESS SMALLEST LARGEST     UDP to it, each datagram until its own octets come back
  fetch URL FILE                   curl, over and over, each page compared with the file
  denied ADDRESS...                TCP and UDP to ports where somebody listens and no policy permits it
  trap                             listens there; a visitor is a wrong verdict
  garbage SEED                     frames that no stack would send
  watch ALLOWED                    every packet that comes in by eth0, held against what may come (JSON, see allowed())
"""
import hashlib
import ipaddress
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

DENIED_TCP, DENIED_UDP, ECHO = 8080, 9, 7
GATEWAY_MAC_FILE = "/sys/class/net/eth0/address"
report = {}


class End(Exception):
    """TERM came."""


def end(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise End


def count(what, number=1):
    report[what] = report.get(what, 0) + number


def note(what, detail):
    """A count with its first few details."""
    count(what)
    report.setdefault("details", [])
    if len(report["details"]) < 10:
        report["details"].append(f"{what}: {detail}")


def echo():
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(("::", ECHO))
    while True:
        octets, peer = server.recvfrom(65535)
        try:
            server.sendto(octets, peer)
        except OSError:
            count("unsendable")


def ask(address, smallest, largest):
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((address, ECHO))
    turn = 0
    while True:
        turn += 1
        octets = os.urandom(random.randint(int(smallest), int(largest)) - 8) + struct.pack(">Q", turn)
        for _ in range(20):
            try:
                client.send(octets)
            except OSError:
                time.sleep(0.2)
                continue
            if select.select([client], [], [], 2)[0]:
                try:
                    said = client.recv(65535)
                except OSError:
                    count("errors")
                    continue
                if said == octets:
                    count("good")
                    break
                # An answer to what was given up before is no fault; other octets under this number are.
                if said[-8:] == octets[-8:]:
                    note("wrong", f"datagram {turn} of {len(octets)} octets came back changed, with {len(said)}")
            count("again")
        else:
            note("lost", f"datagram {turn} of {len(octets)} octets: no answer to 20 requests")
        time.sleep(0.05)


def fetch(url, path):
    with open(path, "rb") as content:
        due = hashlib.sha256(content.read()).digest()
    while True:
        curl = subprocess.Popen(("curl", "-s", "-S", "-g", "-m", "60", "--fail", url), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            page, said = curl.communicate()
        except End:
            curl.kill()
            curl.wait()
            raise
        if curl.returncode == 0 and hashlib.sha256(page).digest() == due:
            count("good")
        else:
            note("wrong", f"curl ends with {curl.returncode}, {len(page)} octets: {said.decode(errors='replace').strip()}")
        time.sleep(0.05)


def denied(*addresses):
    while True:
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as datagram:
                datagram.sendto(b"denied", (address, DENIED_UDP))
                datagram.sendto(b"denied" * 500, (address, DENIED_UDP))
            with socket.socket(family, socket.SOCK_STREAM) as stream:
                stream.settimeout(0.2)
                count("tried")
                try:
                    stream.connect((address, DENIED_TCP))
                    note("wrong", f"connected to {address}")
                except OSError:
                    pass


def trap():
    stream = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    stream.bind(("::", DENIED_TCP))
    stream.listen(16)
    datagram = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagram.bind(("::", DENIED_UDP))
    while True:
        for ready in select.select([stream, datagram], [], [])[0]:
            peer = ready.accept()[1] if ready is stream else ready.recvfrom(65535)[1]
            note("wrong", f"{'TCP' if ready is stream else 'UDP'} from {peer[0]}")


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def random_ipv4(chance, sources, targets):
    """A header that is mostly right, with whatever behind it."""
    rest = chance.randbytes(chance.choice((0, 4, 8, 20, 28, 200, 1400)))
    if chance.random() < 0.5 and len(rest) >= 4:
        rest = struct.pack(">HH", chance.randint(1, 65535), chance.choice((ECHO, 80, DENIED_TCP, DENIED_UDP, 0))) + rest[4:]
    options = chance.randbytes(4 * chance.choice((0, 0, 0, 1, 10)))
    header = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, chance.choice((0, 255)), 20 + len(options) + len(rest), chance.randint(0, 65535),
                         chance.choice((0, 0, 0x4000, 0x2000, 0x2001, 0x1fff, 0x8000, chance.randint(0, 65535))), chance.choice((0, 1, 64, 255)),
                         chance.choice((1, 6, 17, 17, 6, 2, 47, 50, 58, 255)), 0,
                         chance.choice(sources[4]), chance.choice(targets[4])) + options
    if chance.random() < 0.9:
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return b"\x08\x00" + header + rest


def random_ipv6(chance, sources, targets):
    rest = chance.randbytes(chance.choice((0, 8, 40, 200, 1300)))
    kind = chance.choice((0, 6, 17, 43, 44, 50, 51, 59, 60, 135, 255))
    for _ in range(chance.choice((0, 0, 1, 3, 12))):
        rest = bytes((kind, 0)) + chance.randbytes(6) + rest
        kind = chance.choice((0, 43, 44, 60))
    header = struct.pack(">IHBB", 6 << 28 | chance.randint(0, 0xfffffff), chance.choice((len(rest), len(rest), 0, 65535)), kind,
                         chance.choice((0, 1, 64, 255)))
    return b"\x86\xdd" + header + chance.choice(sources[6]) + chance.choice(targets[6]) + rest


def garbage(seed, gateway, number):
    """As any station may send it: nonsense, headers with nonsense behind them, from addresses of its own and of others. Nothing pretends
    to be a neighbour's answer: a station may change what it says of itself."""
    chance = random.Random(int(seed))
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind(("eth0", 0))
    with open(GATEWAY_MAC_FILE, encoding="ascii") as content:
        own = bytes.fromhex(content.read().strip().replace(":", ""))
    mac = bytes.fromhex(gateway.replace(":", ""))
    texts = {4: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1", "240.0.0.1", "198.51.100.9", f"10.{number}.{number}.77", f"10.{number}.{number}.2"]
                + [f"10.{n}.{n}.{last}" for n in (1, 2, 3, 4) for last in (1, 255)],
             6: ["::", "::1", "ff02::1", "fe80::77", "::ffff:10.1.1.2", f"2001:db8:{number}::77", f"2001:db8:{number}::2"]
                + [f"2001:db8:{n}::1" for n in (1, 2, 3, 4)]}
    sources = {family: [ipaddress.ip_address(text).packed for text in texts[family]] for family in texts}
    targets = {4: sources[4] + [ipaddress.ip_address(f"10.{n}.{n}.2").packed for n in (1, 2, 4)] * 4,
               6: sources[6] + [ipaddress.ip_address(f"2001:db8:{n}::2").packed for n in (1, 2, 4)] * 4}
    while True:
        kind = chance.random()
        if kind < 0.2:
            body = chance.choice((b"\x08\x00", b"\x86\xdd", b"\x88\xcc", b"\x81\x00", b"\x00\x00")) + chance.randbytes(chance.randint(0, 1400))
        elif kind < 0.65:
            body = random_ipv4(chance, sources, targets)
        else:
            body = random_ipv6(chance, sources, targets)
        if chance.random() < 0.1:
            body = body[:chance.randint(2, len(body))]
        target = mac if chance.random() < 0.9 else b"\xff" * 6
        try:
            raw.send(target + own + body)
            count("sent")
        except OSError:
            count("unsendable")
        time.sleep(0.01)


def transport(frame):
    """(source, target, protocol, later fragment, octets behind the IP header) of a frame; None when it is not IP."""
    if frame[12:14] == b"\x08\x00" and len(frame) >= 34:
        header = 14 + (frame[14] & 15) * 4
        offset = struct.unpack(">H", frame[20:22])[0] & 0x1fff
        return str(ipaddress.ip_address(frame[26:30])), str(ipaddress.ip_address(frame[30:34])), frame[23], offset != 0, frame[header:]
    if frame[12:14] == b"\x86\xdd" and len(frame) >= 54:
        protocol, at, later = frame[20], 54, False
        if protocol == 44:
            protocol, later, at = frame[54], struct.unpack(">H", frame[56:58])[0] & 0xfff8 != 0, 62
        return str(ipaddress.ip_address(frame[22:38])), str(ipaddress.ip_address(frame[38:54])), protocol, later, frame[at:]
    return None


def allowed(rules, source, target, protocol, later, octets):
    """rules: {"gateway": [addresses], "peers": [addresses], "port": "source" or "destination", "echo": ICMP types}.
    The gateway may say anything by ICMP, also as long as its address is being tried; a peer what its policy permits."""
    if source in rules["gateway"] or source.startswith("fe80:") or source == "::" and target.startswith("ff02:"):
        return protocol in (1, 2, 58, 0) or not rules["peers"] and protocol == 6
    if source not in rules["peers"]:
        return False
    if later:
        return protocol == 17
    if protocol in (1, 58):
        # Errors about packets of their sessions come too.
        return bool(octets) and octets[0] in rules["echo"] + [3, 11, 1, 2, 4]
    if protocol not in (6, 17) or len(octets) < 4:
        return False
    port = struct.unpack(">HH", octets[:4])[0 if rules["port"] == "source" else 1]
    return port == (80 if protocol == 6 else ECHO)


def watch(text):
    rules = json.loads(text)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.bind(("eth0", 3))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    while True:
        frame, origin = raw.recvfrom(65535)
        if origin[2] == socket.PACKET_OUTGOING:
            continue
        count("seen")
        found = transport(frame)
        if found is not None and not allowed(rules, *found):
            note("wrong", f"{found[0]} > {found[1]} protocol {found[2]}: {frame[:80].hex()}")


def main():
    signal.signal(signal.SIGTERM, end)
    workers = {one.__name__: one for one in (echo, ask, fetch, denied, trap, garbage, watch)}
    try:
        workers[sys.argv[1]](*sys.argv[2:])
    except End:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
