"""What the tests of SYN floods share: a conversation that is replayed from its beginning with each frame that is added, so that a
client can answer with numbers that the gateway chose (the same input gives the same bytes)."""
from replay_help import *  # noqa: F403
from scapy.layers.inet6 import IPv6

CLIENT = "198.51.100.7"
SERVER = "10.0.0.5"
SIX_CLIENT = "2001:db8:2::7"
SIX_SERVER = "2001:db8:1::5"
INSIDE = "ge-0/0/0"
OUTSIDE = "ge-0/0/1"
GROUND = SIDES + """
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone untrust screen s
"""
PERMIT = "set security policies default-policy permit-all\n"
COOKIE = "set security flow syn-flood-protection-mode syn-cookie\n"
FULL = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7000, 0)), ("NOP", None), ("WScale", 9)]
place = Place()


def syn_flood(**values):
    lines = "set security screen ids-option s tcp syn-flood\n"
    for name, value in values.items():
        lines += f"set security screen ids-option s tcp syn-flood {name.replace('_', '-')} {value}\n"
    return lines


class Talk:
    """Frames so far, and what came of them."""

    def __init__(self, lines, what, six=False, client=CLIENT, server=SERVER, ground=GROUND):
        self.what = what
        self.config = place.write(f"talk-{place.runs}-{id(self)}.set", ground + lines)
        self.frames = {INSIDE: [], OUTSIDE: []}
        self.order = []
        self.six = six
        self.client = SIX_CLIENT if six and client == CLIENT else client
        self.server = SIX_SERVER if six and server == SERVER else server
        self.seen = {INSIDE: 0, OUTSIDE: 0, "host": 0}
        self.done = None

    def ip(self, source, destination, **fields):
        return IPv6(src=source, dst=destination, **fields) if self.six else IP(src=source, dst=destination, **fields)

    def add(self, time, port, packet):
        self.frames[port].append(at(START + time, frame() / packet))
        self.order.append((time, port))
        return len(self.order) - 1

    def run(self, until=None):
        """Replays; returns what left each port since the last time."""
        arguments = ["--config", self.config]
        for port, frames in self.frames.items():
            if frames:
                arguments += ["--in", f"{port}={place.capture('now.pcap' + port[-1], frames)}"]
        if until is not None:
            arguments += ["--until", str(until)]
        self.done = place.replay(*arguments, what=self.what)
        fresh = {}
        for port in self.seen:
            left = self.left(port)
            fresh[port] = left[self.seen[port]:]
            self.seen[port] = len(left)
        return fresh

    def left(self, port):
        kind = IPv6 if self.six else IP
        if port == "host":
            return [kind(bytes(p)) for p in self.done.left("host")] if os.path.exists(self.done.path("host.pcap")) else []
        if not os.path.exists(self.done.path(port.replace("/", "_") + ".pcap")):
            return []
        packets = []
        for packet in self.done.left(port):
            if packet.haslayer(kind):
                octets = bytes(packet[kind])
                length = packet[kind].plen + 40 if self.six else packet[kind].len
                packets.append(kind(octets[:length]))
                packets[-1].time = float(packet.time) - START
        return packets

    def verdict(self, frame):
        verdict = self.done.verdicts[frame]
        return verdict["verdict"], verdict["reason"]

    def client_sends(self, time, flags, **fields):
        payload = fields.pop("payload", b"")
        tcp = TCP(**{"sport": 4000, "dport": 80, "flags": flags, **fields})
        return self.add(time, OUTSIDE, self.ip(self.client, self.server) / tcp / Raw(payload))

    def server_sends(self, time, flags, **fields):
        payload = fields.pop("payload", b"")
        source = fields.pop("source", self.server)
        destination = fields.pop("destination", self.client)
        tcp = TCP(**{"sport": 80, "dport": 4000, "flags": flags, **fields})
        return self.add(time, INSIDE, self.ip(source, destination) / tcp / Raw(payload))

    def fill(self, time, count, first=10000):
        """So many SYNs of others to the server's port 80, that go on as ever."""
        return [self.add(time, OUTSIDE, self.ip(self.client[:-1] + "9", self.server) / TCP(sport=first + n, dport=80, flags="S"))
                for n in range(count)]


def right(packet, what):
    """Are its checksums right?"""
    kind = IPv6 if packet.haslayer(IPv6) else IP
    again = kind(bytes(packet))
    if kind is IP:
        del again[IP].chksum
    del again[TCP].chksum
    again = kind(bytes(again))
    equal(packet[TCP].chksum, again[TCP].chksum, f"{what}: TCP checksum")
    if kind is IP:
        equal(packet[IP].chksum, again[IP].chksum, f"{what}: IP checksum")


def option(packet, name):
    for kind, value in packet[TCP].options:
        if kind == name:
            return value
    return None


def only(packets, what):
    """The one packet there is."""
    check(len(packets) == 1, f"{what}: {len(packets)} packets: {[p.summary() for p in packets]}")
    packet = packets[0] if packets else IP() / TCP()
    if packets and packet.haslayer(TCP):
        right(packet, what)
    return packet
