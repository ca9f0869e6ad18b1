#!/usr/bin/python3
"""A capture made on a host whose offloads were on: TCP larger than the link's MTU, with a half-made checksum, is a superframe of
segments that fit, and leaves with a right checksum; UDP larger than the MTU stays what no network has.

usage: replay_superframes.py BUILD
"""
from replay_help import *  # noqa: F403

place = Place()
PERMIT = SIDES + """
set security zones security-zone in interfaces ge-0/0/0.0
set security zones security-zone out interfaces ge-0/0/1.0
set security policies from-zone in to-zone out policy all match source-address any destination-address any application any
set security policies from-zone in to-zone out policy all then permit
"""
with open(place.path("permit.set"), "w", encoding="utf-8") as out:
    out.write(PERMIT)


def talk(flags, sequence, acknowledgement, payload=b"", **keywords):
    return frame() / IP(src="10.0.0.5", dst="198.51.100.7", flags="DF") / TCP(
        sport=4000, dport=80, flags=flags, seq=sequence, ack=acknowledgement, **keywords) / Raw(payload)


def back(flags, sequence, acknowledgement):
    return frame() / IP(src="198.51.100.7", dst="10.0.0.5") / TCP(sport=80, dport=4000, flags=flags, seq=sequence, ack=acknowledgement,
                                                                  window=65535)


def pseudo(length):
    """Of 10.0.0.5 > 198.51.100.7, TCP, folded and not complemented: words 0a00 0005 c633 6407, 6 and the length."""
    total = 0x0a00 + 0x0005 + 0xc633 + 0x6407 + 6 + length
    return (total & 0xffff) + (total >> 16)


LARGE = bytes(range(250)) * 40
half = talk("PA", 1001, 501, LARGE, chksum=pseudo(20 + len(LARGE)))
wrong = talk("PA", 11001, 501, LARGE, chksum=pseudo(20 + len(LARGE)) ^ 1)
datagram = frame() / IP(src="10.0.0.5", dst="198.51.100.7") / UDP(sport=9, dport=10) / Raw(LARGE)
wrpcap(place.path("in.pcap"), [at(START, talk("S", 1000, 0)), at(START + 0.2, talk("A", 1001, 501)), at(START + 0.3, half),
                              at(START + 0.4, wrong), at(START + 0.5, datagram)])
wrpcap(place.path("back.pcap"), [at(START + 0.1, back("SA", 500, 1001))])
run = place.replay("--config", place.path("permit.set"), "--in", "ge-0/0/0=" + place.path("in.pcap"),
                   "--in", "ge-0/0/1=" + place.path("back.pcap"))
equal([(v["verdict"], v["reason"]) for v in run.verdicts],
      [("forward", "session"), ("forward", "session"), ("forward", "session"), ("forward", "session"), ("drop", "tcp-bad-checksum"),
       ("drop", "superframe")], "verdicts")
sent = [packet for packet in run.left("ge-0/0/1") if TCP in packet and len(packet) > 1514]
equal(len(sent), 1, "superframes that left")
if sent:
    carried = sent[0][TCP].chksum
    del sent[0][TCP].chksum
    equal(carried, Ether(bytes(sent[0]))[TCP].chksum, "the checksum, completed")
finish()
