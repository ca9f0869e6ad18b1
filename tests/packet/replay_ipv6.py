"""What the replay tests of IPv6 share: two zones with a gateway between them, packets of both sides, and checks of what left."""
from replay_help import *  # noqa: F403
from scapy.layers.inet6 import (  # noqa: F401
    ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
    ICMPv6ParamProblem, ICMPv6TimeExceeded, ICMPv6Unknown, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, IPerror6)

CLIENT = "2001:db8:1::5"
SERVER = "2001:db8:2::7"
GATE = "2001:db8:1::1"  # of the gateway, towards the client
FAR_GATE = "2001:db8:2::1"
INSIDE = "ge-0/0/0"
OUTSIDE = "ge-0/0/1"
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set security zones security-zone inside interfaces ge-0/0/0.0
set security zones security-zone outside interfaces ge-0/0/1.0
"""
FLOW = "set security forwarding-options family inet6 mode flow-based\n"
PERMIT = """
set security policies from-zone inside to-zone outside policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone outside policy all then permit
"""


def ip(source=CLIENT, destination=SERVER, **keywords):
    return frame() / IPv6(src=source, dst=destination, **keywords)


class Scene:
    """Packets in order, each with its expectation; run() replays them and compares."""

    def __init__(self, place, text, *options):
        self.place = place
        self.config = place.write(f"config-{place.runs}.set", text)
        self.options = options
        self.packets = []

    def send(self, port, packet, verdict, reason, after=0.01, **more):
        """`more`: other keys of the verdict line, with - as _."""
        time = (self.packets[-1][1] if self.packets else START) + after
        self.packets.append((port, time, packet, verdict, reason, more))

    def run(self, what):
        arguments = ["--config", self.config, *self.options]
        for port in sorted({row[0] for row in self.packets}):
            name = port.replace("/", "_") + f"-{self.place.runs}.pcap"
            arguments += ["--in", port + "=" + self.place.capture(
                name, [at(row[1], row[2]) for row in self.packets if row[0] == port])]
        run = self.place.replay(*arguments, what=what)
        equal(len(run.verdicts), len(self.packets), what + ": verdicts")
        for number, (row, line) in enumerate(zip(self.packets, run.verdicts)):
            wanted = {"verdict": row[3], "reason": row[4], **{key.replace("_", "-"): value for key, value in row[5].items()}}
            equal({key: line.get(key) for key in wanted}, wanted, f"{what}: packet {number} {row[2].summary()}")
        return run


def whole(packet, what):
    """A frame that left has the checksums and lengths that scapy would give it."""
    again = packet.copy()
    for layer in (IPv6, TCP, UDP, ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded, ICMPv6EchoReply):
        if layer in again and layer is IPv6:
            again[layer].plen = None
        elif layer in again:
            field = "chksum" if layer in (TCP, UDP) else "cksum"
            setattr(again[layer], field, None)
    equal(bytes(again), bytes(packet), what + ": " + packet.summary())


def sent(run, port):
    """What left a port by IPv6, checked; a fragment has no checksum of its own."""
    packets = [packet for packet in run.left(port) if IPv6 in packet]
    for packet in packets:
        if IPv6ExtHdrFragment not in packet:
            whole(packet, port)
    return packets
