#!/usr/bin/python3
"""Truncated and malformed frames: each is dropped with a reason, no sanitizer speaks, and the frames around go their way.

usage: replay_frames.py BUILD
"""
import random

from replay_help import *  # noqa: F403

place = Place()
whole = [
    frame(2) / IP(src="10.11.13.5", dst="10.11.15.5") / TCP(sport=4000, dport=25, flags="S", options=[("MSS", 1460)]),
    frame(1) / IP(src="10.12.12.5", dst="8.8.8.8") / UDP(sport=4000, dport=53) / Raw(b"x" * 20),
    frame(3) / IP(src="10.11.14.5", dst="10.11.14.3") / ICMP() / Raw(b"y" * 20),
    frame(3) / IP(src="10.11.14.5", dst="8.8.8.8") / ICMP(type=3, code=3) /
    IP(src="8.8.8.8", dst="10.11.14.5") / UDP(sport=9, dport=10),
    frame(2, destination="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=HOST, psrc="10.11.13.5", pdst="10.11.13.2"),
    Ether(src=HOST, dst=GATEWAY) / Dot1Q(vlan=2) / Dot1Q(vlan=2) / IP(src="10.11.13.5", dst="10.11.15.5") / UDP(),
]
packets = []
# each frame cut at every octet
for packet in whole:
    data = bytes(packet)
    packets += [Raw(data[:length]) for length in range(1, len(data))]
cut = len(packets)
# each octet of each frame bent
draw = random.Random(3)
for packet in whole:
    data = bytes(packet)
    for place_of in range(len(data)):
        for value in (0, 255, data[place_of] ^ 1, draw.randrange(256)):
            packets.append(Raw(data[:place_of] + bytes([value]) + data[place_of + 1:]))
# noise
packets += [Raw(bytes(draw.randrange(256) for _ in range(draw.randrange(1, 1600)))) for _ in range(400)]
packets += [Raw(bytes(whole[1]) + bytes(9000)), Raw(b"\xff" * 65535)]
last = frame(2) / IP(src="10.11.13.77", dst="10.11.15.5") / TCP(sport=4000, dport=25, flags="S")
packets.append(last)
raw = [bytes(packet) for packet in packets]
import struct  # noqa: E402

with open(place.path("bad.pcap"), "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for number, data in enumerate(raw):
        stamp = number * 1000
        file.write(struct.pack("<IIII", START + stamp // 1000000, stamp % 1000000, len(data), len(data)) + data)
run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("bad.pcap"), "--until", "100")
equal(len(run.verdicts), len(raw), "one verdict a frame")
check(all(v["verdict"] != "none" and v["reason"] != "none" for v in run.verdicts), "each has a verdict and a reason")
# What is cut short is never forwarded. (A frame cut behind the end of its IP packet would be whole; there is none here.)
for number, verdict in enumerate(run.verdicts[:cut]):
    check(verdict["verdict"] == "drop", f"a cut frame of {len(raw[number])} octets: {verdict}")
reasons = {verdict["reason"] for verdict in run.verdicts}
for reason in ("frame-truncated", "vlan-stacked", "ip-truncated", "ip-bad-total-length", "ip-bad-checksum", "ip-bad-version",
               "vlan-unknown", "ethertype-unknown", "arp-malformed", "superframe", "tcp-bad-checksum", "udp-bad-checksum", "icmp-bad-checksum"):
    check(reason in reasons, f"no frame was dropped as {reason}")
equal(run.verdicts[-1]["verdict"], "forward", "the good frame behind all that")

# The same with a port that the configuration does not name, and with real ARP.
unknown = place.replay("--config", BRANCH, "--in", "xe-9/0/9=" + place.path("bad.pcap"))
equal({v["reason"] for v in unknown.verdicts}, {"port-unknown"}, "a port that the configuration does not name")
check("xe-9/0/9" in unknown.stderr, "a warning says so")
place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("bad.pcap"), "--arp", "real", "--until", "30")
finish()
