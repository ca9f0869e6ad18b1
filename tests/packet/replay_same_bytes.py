#!/usr/bin/python3
"""The same input gives the same bytes, a capture that begins with the same frames the same bytes for them, and inputs are
merged by time stamp, equal ones in the order of the options.

usage: replay_same_bytes.py BUILD
"""
import random

from replay_help import *  # noqa: F403

place = Place()


def traffic(count, seed):
    """A mix of flows of the branch, some of them refused, with replies."""
    draw = random.Random(seed)
    packets = []
    for number in range(count):
        host = draw.randrange(2, 30)
        vlan, source = draw.choice([(1, "10.12.12."), (2, "10.11.13."), (3, "10.11.14.")])
        destination = draw.choice(["10.11.15.5", "10.11.15.6", "8.8.8.8", "13.16.14.16", "10.11.13.2", "10.12.12.1"])
        transport = draw.choice([TCP(sport=draw.randrange(1024, 1100), dport=draw.choice([25, 80, 110, 443, 22]),
                                     flags=draw.choice(["S", "A", "R", "FA"])),
                                 UDP(sport=draw.randrange(1024, 1100), dport=draw.choice([53, 33434, 161])),
                                 ICMP(id=draw.randrange(4))])
        packets.append(at(START + number * draw.choice([0.001, 0.5]), frame(vlan) /
                          IP(src=source + str(host), dst=destination, ttl=draw.choice([1, 2, 64])) / transport))
    packets.sort(key=lambda packet: packet.time)
    return packets


packets = traffic(600, 7)
whole = place.capture("whole.pcap", packets)
head = place.capture("head.pcap", packets[:250])
servers = place.capture("servers.pcap", [
    at(float(packet.time) + 0.0005, frame(1) / IP(src="10.11.15.5", dst=packet[IP].src) /
       TCP(sport=25, dport=packet[TCP].sport, flags="SA", ack=1))
    for packet in packets[:250] if packet.haslayer(TCP) and packet[IP].dst == "10.11.15.5"])

first = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + whole, "--in", "ge-0/0/2=" + servers)
second = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + whole, "--in", "ge-0/0/2=" + servers)
equal(first.bytes_of().keys(), second.bytes_of().keys(), "the same files")
for name, content in first.bytes_of().items():
    check(content == second.bytes_of()[name], f"{name} differs between two runs")
check(len(first.verdicts) > 600, "all frames have a verdict")
check(len({v["verdict"] for v in first.verdicts}) >= 4, "the mix has several verdicts")

# Nothing is lost and nothing made up: what left is what was forwarded, and one answer for each frame that got one.
answered = sum(v["verdict"] in ("forward", "reject", "proxy") for v in first.verdicts)
left = sum(len(first.left(port)) for port in ("ge-0/0/1", "ge-0/0/2", "ge-0/0/3", "ge-0/0/4"))
equal(left, answered, "frames that left")
equal(sum(count["packets"] for name, count in first.summary()["sent"].items() if name != "host"), left, "and the summary's count")

# The beginning of a capture gives the beginning of every file.
short = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + head)
long = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + whole)
for name, content in short.bytes_of().items():
    if name != "summary.json":
        check(long.bytes_of()[name].startswith(content), f"{name} of the beginning is not the beginning of {name}")

# Another seed changes no verdict here (nothing is drawn that a verdict shows), and is accepted.
seeded = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + whole, "--seed", "18446744073709551615")
equal(seeded.verdicts, long.verdicts, "another seed")

# Equal stamps: in the order of the options.
one = place.capture("one.pcap", [at(START + 5, frame(2) / IP(src="10.11.13.5", dst="10.11.15.5") / TCP(sport=4000, dport=25)),
                                 at(START + 6, frame(2) / IP(src="10.11.13.6", dst="10.11.15.5") / TCP(sport=4000, dport=25))])
two = place.capture("two.pcap", [at(START + 5, frame(1) / IP(src="10.12.12.5", dst="10.11.15.5") / TCP(sport=4000, dport=25)),
                                 at(START + 5.5, frame(1) / IP(src="10.12.12.6", dst="10.11.15.5") / TCP(sport=4000, dport=25))])
merged = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + two, "--in", "ge-0/0/1=" + one)
equal([(v["in"], v["time"]) for v in merged.verdicts],
      [("ge-0/0/1.1", 0), ("ge-0/0/1.2", 0), ("ge-0/0/1.1", 0.5), ("ge-0/0/1.2", 1)], "merged, first order")
merged = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + one, "--in", "ge-0/0/1=" + two)
equal([(v["in"], v["time"]) for v in merged.verdicts],
      [("ge-0/0/1.2", 0), ("ge-0/0/1.1", 0), ("ge-0/0/1.1", 0.5), ("ge-0/0/1.2", 1)], "merged, other order")
finish()
