#!/usr/bin/python3
"""ICMP errors that belong to a session, where they cannot go on: no error is sent because of an error (RFC 1122 3.2.2).

os58124 os58621; FLOW-02: a redirect goes nowhere, and an error comes from nobody that a packet must not come from.
usage: replay_icmp_errors.py BUILD
"""
from replay_help import *  # noqa: F403

CONFIG = """
set interfaces ge-0/0/0 mtu 1014
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24
set security zones security-zone inside interfaces ge-0/0/0.0
set security zones security-zone outside interfaces ge-0/0/1.0
set security policies from-zone inside to-zone outside policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone outside policy all then permit
"""


def error(time, size, **keywords):
    """Port unreachable of 10.0.1.5, an IP packet of `size` octets."""
    quoted = IP(src="10.0.0.5", dst="10.0.1.5", ttl=63) / UDP(sport=4000, dport=9)
    return at(time, frame() / IP(src="10.0.1.5", dst="10.0.0.5", **keywords) / ICMP(type=3, code=3) / quoted /
              Raw(b"x" * (size - 20 - 8 - 28)))


place = Place()
config = place.write("errors.set", CONFIG)
client = place.capture("client.pcap", [at(START, frame() / IP(src="10.0.0.5", dst="10.0.1.5") / UDP(sport=4000, dport=9))])
server = place.capture("server.pcap", [
    error(START + 1, 1000, flags="DF"),
    error(START + 2, 1001, flags="DF"),
    error(START + 3, 1001),
    error(START + 4, 100, ttl=1),
    error(START + 5, 100, ttl=2),
])
run = place.replay("--config", config, "--in", "ge-0/0/0=" + client, "--in", "ge-0/0/1=" + server)
equal([(verdict["verdict"], verdict["reason"], verdict["session"]) for verdict in run.verdicts[1:]],
      [("forward", "session", 1), ("drop", "fragmentation-needed", 1), ("forward", "fragmented", 1),
       ("drop", "ttl-exceeded", 1), ("forward", "session", 1)], "errors to the client")
equal([(sent[IP].len, sent[IP].frag) for sent in run.left("ge-0/0/0")], [(1000, 0), (996, 0), (25, 122), (100, 0)],
      "what the client gets")
equal(len(run.left("ge-0/0/1")), 1, "nothing but the client's packet goes to the server")


def of(source, **keywords):
    quoted = IP(src="10.0.0.5", dst="10.0.1.5", ttl=63) / UDP(sport=4000, dport=9)
    return frame() / IP(src=source, dst="10.0.0.5") / ICMP(**keywords) / quoted


# Who knows of a session may not say by an error about it where its client has to send from now on, nor speak as ourselves.
rows = [
    (of("10.0.1.5", type=3, code=3), ("forward", "session")),
    (of("10.0.1.254", type=5, code=1, gw="10.0.0.66"), ("drop", "icmp-redirect")),
    (of("10.0.0.1", type=5, code=1, gw="10.0.0.66"), ("drop", "icmp-redirect")),
    (of("10.0.0.1", type=3, code=1), ("drop", "source-ours")),
    (of("10.0.1.1", type=11), ("drop", "source-ours")),
    (of("10.0.0.255", type=3, code=1), ("drop", "source-broadcast")),
    (of("10.0.1.255", type=3, code=1), ("drop", "source-broadcast")),
    (of("169.254.0.5", type=3, code=1), ("drop", "link-local")),
]
server = place.capture("liar.pcap", [at(START + 1 + number, packet) for number, (packet, _) in enumerate(rows)])
run = place.replay("--config", config, "--in", "ge-0/0/0=" + client, "--in", "ge-0/0/1=" + server)
equal([(verdict["verdict"], verdict["reason"]) for verdict in run.verdicts[1:]], [want for _, want in rows], "who says it")
finish()
