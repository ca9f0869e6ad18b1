#!/usr/bin/python3
"""Screens by packets that scapy makes: IP options of every kind and shape (REQ-SCR-015, REQ-SCR-016, REQ-SCR-017, REQ-SCR-018,
REQ-SCR-019, REQ-SCR-025, REQ-SCR-026, E-119), the untrust default screen without its SYN flood line, WinNuke byte for byte (REQ-SCR-051,
REQ-SCR-052), a SYN in pieces of any size (REQ-SCR-014), and IPv6.

usage: replay_screens.py BUILD
"""
from replay_help import *  # noqa: F403
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment

CLIENT = "198.51.100.7"
SERVER = "10.0.0.5"
GROUND = SIDES + """
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone untrust screen s
set security policies default-policy permit-all
set security flow tcp-session no-syn-check
"""
place = Place()


def run(statements, packets, what):
    """Each packet's reason, what screens said with each, and what left towards the server."""
    lines = GROUND + "".join(f"set security screen ids-option s {statement}\n" for statement in statements)
    packets = [at(START + number * 0.2, packet) for number, packet in enumerate(packets)]
    name = place.capture(f"{place.runs}.pcap", packets)
    done = place.replay("--config", place.write(f"{place.runs}.set", lines), "--in", "ge-0/0/1=" + name, what=what)
    said = [[] for _ in packets]
    for event in done.events:
        if event["event"] == "screen":
            said[round(event["time"] / 0.2)].append((event["reason"], event["action"]))
            equal((event["in"], event["from-zone"]), ("ge-0/0/1.0", "untrust"), f"{what}: place of a record")
    return [verdict["reason"] for verdict in done.verdicts], said, done


def with_options(octets, payload=None):
    """A datagram whose header has these octets as options, padded to a multiple of four."""
    octets = bytes(octets) + bytes(-len(octets) % 4)
    packet = bytearray(bytes(IP(src=CLIENT, dst=SERVER, proto=17, len=20 + len(octets) + 12)))
    packet[0] = 0x40 | (5 + len(octets) // 4)
    packet[10:12] = b"\0\0"
    header = bytes(packet) + octets
    total = sum(int.from_bytes(header[i:i + 2], "big") for i in range(0, len(header), 2))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    header = header[:10] + (total ^ 0xffff).to_bytes(2, "big") + header[12:]
    return frame() / Raw(header + bytes.fromhex("0fa0000900 0c0000".replace(" ", "")) + (payload or b"abcd"))


def typed(packet):
    packet[Ether].type = 0x800
    return packet


RECORD_ROUTE = [7, 7, 4, 0, 0, 0, 0]
TIMESTAMP = [0x44, 8, 5, 0, 0, 0, 0, 0]
SECURITY = [0x82, 11] + [0] * 9
STREAM = [0x88, 4, 0, 9]
LOOSE = [0x83, 7, 4, 10, 0, 0, 9]
STRICT = [0x89, 7, 4, 10, 0, 0, 9]
ALL = {"record-route-option": RECORD_ROUTE, "timestamp-option": TIMESTAMP, "security-option": SECURITY,
       "stream-option": STREAM, "loose-source-route-option": LOOSE, "strict-source-route-option": STRICT}
DROPS = ("record-route-option", "timestamp-option")

# each screen by itself: its own option alone is detected, behind others and padding too
for screen, option in ALL.items():
    packets = [typed(with_options(octets)) for octets in ALL.values()]
    packets += [typed(with_options([1, 1] + option)), typed(with_options([0] + option[:7])), typed(with_options([1, 1, 1, 1]))]
    reasons, said, _ = run([f"ip {screen}"], packets, screen)
    for number, other in enumerate(list(ALL) + [screen, "behind the end", "nothing"]):
        mine = other == screen
        drops = mine and screen in DROPS
        equal(reasons[number], f"ip-{screen}" if drops else "session", f"{screen}: {other}")
        equal(said[number], [(f"ip-{screen}", "drop" if drops else "record")] if mine else [], f"{screen}: record of {other}")
# two options in one packet: both are said
reasons, said, _ = run(["ip security-option", "ip stream-option"], [typed(with_options(SECURITY + STREAM))], "two options")
equal((reasons, said), (["session"], [[("ip-security-option", "record"), ("ip-stream-option", "record")]]), "two options")

# REQ-SCR-026, and that the screens which only record say so besides
reasons, said, _ = run(["ip source-route-option", "ip loose-source-route-option"],
                       [typed(with_options(LOOSE)), typed(with_options(STRICT)), typed(with_options(RECORD_ROUTE))], "source routes")
equal(reasons, ["ip-source-route-option", "ip-source-route-option", "session"], "source routes")
equal(said, [[("ip-source-route-option", "drop"), ("ip-loose-source-route-option", "record")],
             [("ip-source-route-option", "drop")], []], "records of source routes")
# and with alarm-without-drop they pass
reasons, said, _ = run(["ip source-route-option", "ip record-route-option", "ip timestamp-option", "alarm-without-drop"],
                       [typed(with_options(LOOSE)), typed(with_options(RECORD_ROUTE)), typed(with_options(TIMESTAMP))], "kept")
equal(reasons, ["session"] * 3, "alarm-without-drop")
equal(said, [[("ip-source-route-option", "alarm-without-drop")], [("ip-record-route-option", "alarm-without-drop")],
             [("ip-timestamp-option", "alarm-without-drop")]], "records of alarm-without-drop")

# REQ-SCR-019: lengths that cannot be, and good ones up to the last octet of the header
good = [RECORD_ROUTE, TIMESTAMP, SECURITY, STREAM, LOOSE, STRICT, [1, 1, 1, 7, 3, 4], [7, 39, 4] + [0] * 36, [0x44, 40, 5, 0] + [0] * 36,
        [0x94, 4, 0, 0], [0x1e, 2], [0], [0, 0xff, 0xff]]
bad = [[7, 0], [7, 1], [7, 8, 4], [7, 2], [7, 6, 4, 0, 0, 0], [7, 7, 3, 0, 0, 0, 0], [0x44, 3, 5], [0x44, 8, 4, 0, 0, 0, 0, 0], [0x82, 2],
       [0x88, 3, 0], [0x88, 5, 0, 0, 0], [0x83, 7, 0, 10, 0, 0, 9], [0x89, 9, 4, 0], [0x94, 5, 0, 0], [1, 1, 1, 0x94], [0x94, 0, 0, 0],
       [0x94, 1, 0, 0], [7, 40, 4] + [0] * 37, [1] * 39 + [7]]
reasons, said, _ = run(["ip bad-option"], [typed(with_options(option)) for option in good + bad], "shapes")
for option, reason in zip(good, reasons):
    equal(reason, "session", f"good option {option}")
for option, reason, records in zip(bad, reasons[len(good):], said[len(good):]):
    equal(reason, "ip-bad-option", f"bad option {option}")
    equal(records, [("ip-bad-option", "drop")], f"record of bad option {option}")
# whatever the screens are, a header that cannot be right goes nowhere, and what can be passes
reasons, said, _ = run(["tcp land"], [typed(with_options(option)) for option in good + bad], "shapes without their screen")
equal(reasons, ["session"] * len(good) + ["ip-bad-options"] * len(bad), "options without their screen")
reasons, said, _ = run(["ip record-route-option"], [typed(with_options([7, 0])), typed(with_options([7, 8, 4]))], "malformed record route")
equal(reasons, ["ip-record-route-option"] * 2, "a malformed record route is one all the same")

# REQ-SCR-051, REQ-SCR-052: the flag and the pointer go, the checksum is right again, and nothing else changes
nuke = frame() / IP(src=CLIENT, dst=SERVER) / TCP(sport=4000, dport=139, flags="APU", seq=7, urgptr=5) / Raw(b"Bye...")
other = frame() / IP(src=CLIENT, dst=SERVER) / TCP(sport=4000, dport=445, flags="APU", seq=7, urgptr=5) / Raw(b"Bye...")
reasons, said, done = run(["tcp winnuke"], [nuke, other], "winnuke")
equal((reasons, said), (["session"] * 2, [[("tcp-winnuke", "clean")], []]), "winnuke")
left = [packet for packet in done.left("ge-0/0/0") if packet.haslayer(TCP)]
equal([(int(p[TCP].flags), p[TCP].urgptr, bytes(p[TCP].payload)) for p in left],
      [(0x18, 0, b"Bye..."), (0x38, 5, b"Bye...")], "urgent data")
for packet, sent in zip(left, (nuke, other)):
    wanted = IP(bytes(sent[IP]))
    wanted[TCP].flags, wanted[TCP].urgptr, wanted.ttl = packet[TCP].flags, packet[TCP].urgptr, 63
    del wanted[TCP].chksum, wanted.chksum
    equal(bytes(packet[IP]), bytes(IP(bytes(wanted))), "all of the packet, with right checksums")

# REQ-SCR-014: a SYN cut at any octet of its header: seen where the flags are in the first piece (13 octets are before them), whose
# header is or is not whole; what is shorter says nothing, and goes nowhere either. Urgent data in such a piece is not mended.
segment = bytes(IP(bytes(IP(src=CLIENT, dst=SERVER) / TCP(sport=1, dport=139, flags="SU", urgptr=3)))[TCP]) + b"data"
cuts = [frame() / IP(src=CLIENT, dst=SERVER, proto=6, id=100 + octets, flags="MF") / Raw(segment[:octets]) for octets in (8, 16, 24)]
reasons, said, _ = run(["tcp syn-frag"], cuts, "a SYN in pieces")
equal(reasons, ["fragment-tiny", "tcp-syn-frag", "tcp-syn-frag"], "a SYN in pieces")
equal(said, [[], [("tcp-syn-frag", "drop")], [("tcp-syn-frag", "drop")]], "records of a SYN in pieces")
reasons, said, _ = run(["tcp winnuke"], cuts, "WinNuke in pieces")
equal(reasons[:2], ["fragment-tiny", "fragment-tiny"], "WinNuke in pieces")
equal(said, [[], [], [("tcp-winnuke", "clean")]], "records of WinNuke in pieces")

# the default screen of untrust as it is printed, but for its SYN flood line
default = ["icmp ping-death", "ip source-route-option", "ip tear-drop", "tcp land",
           "tcp syn-flood alarm-threshold 1024 attack-threshold 200 source-threshold 1024 destination-threshold 2048 queue-size 2000 timeout 20"]
ping = IP(src=CLIENT, dst=SERVER, proto=1, id=9, frag=8189) / Raw(b"x" * 8)
first = IP(src=CLIENT, dst=SERVER, proto=17, id=10, flags="MF") / UDP(sport=1, dport=2, len=100) / Raw(b"x" * 32)
second = IP(src=CLIENT, dst=SERVER, proto=17, id=10, frag=3) / Raw(b"y" * 4)
land = IP(src=SERVER, dst=SERVER) / TCP(sport=80, dport=80, flags="S")
reasons, said, _ = run(default, [frame() / ping, frame() / first, frame() / second, frame() / land, typed(with_options(LOOSE)),
                                 frame() / IP(src=CLIENT, dst=SERVER) / TCP(flags="SF")], "default screen")
equal(reasons, ["icmp-ping-death", "session", "ip-tear-drop", "tcp-land", "ip-source-route-option", "no-session"], "default screen")

# IPv6: flags, land, lengths and fragments as for IPv4
six = {"src": "2001:db8:2::7", "dst": "2001:db8:1::5"}
packets = [IPv6(**six) / TCP(flags="SF"), IPv6(src=six["dst"], dst=six["dst"]) / TCP(flags="S"),
           IPv6(**six) / ICMPv6EchoRequest(data=b"x" * (1024 - 48)), IPv6(**six) / ICMPv6EchoRequest(data=b"x" * (1025 - 48)),
           IPv6(**six) / IPv6ExtHdrFragment(nh=17, m=1, id=3) / UDP(sport=1, dport=2, len=100) / Raw(b"x" * 32),
           IPv6(**six) / IPv6ExtHdrFragment(nh=17, offset=3, id=3) / Raw(b"y" * 4),
           IPv6(**six) / TCP(sport=9, dport=139, flags="AU", urgptr=3) / Raw(b"z")]
reasons, said, done = run(["tcp syn-fin land winnuke", "icmp large", "ip tear-drop"], [frame() / packet for packet in packets], "IPv6")
equal(reasons, ["tcp-syn-fin", "tcp-land", "session", "icmp-large", "session", "ip-tear-drop", "session"], "IPv6")
left = [packet for packet in done.left("ge-0/0/0") if packet.haslayer(TCP)]
equal([(int(p[TCP].flags), p[TCP].urgptr) for p in left], [(0x10, 0)], "urgent data over IPv6")
good = IPv6(bytes(left[0][IPv6]))
del good[TCP].chksum
equal(left[0][TCP].chksum, IPv6(bytes(good))[TCP].chksum, "checksum over IPv6")
# REQ-SCR-024, REQ-SCR-045, REQ-SCR-005: by routes, rates and targets of IPv6
packets = [IPv6(src="2001:db8:1::77", dst=six["dst"]) / UDP(sport=1, dport=2), IPv6(src="2001:db8:9::7", dst=six["dst"]) / UDP(sport=1, dport=2),
           IPv6(**six) / UDP(sport=1, dport=2)]
reasons, _, _ = run(["ip spoofing"], [frame() / packet for packet in packets], "spoofed IPv6")
equal(reasons, ["ip-spoofing", "ip-spoofing", "session"], "spoofed IPv6")
packets = [IPv6(**six) / ICMPv6EchoRequest(id=n) for n in range(4)]
reasons, _, _ = run(["icmp flood threshold 2"], [frame() / packet for packet in packets], "flood of IPv6")
equal(reasons, ["session", "session", "icmp-flood", "icmp-flood"], "flood of IPv6")
packets = [IPv6(src=six["src"], dst=f"2001:db8:1::{n + 16:x}") / ICMPv6EchoRequest(id=n) for n in range(10)]
reasons, _, _ = run(["icmp ip-sweep threshold 1000000"], [frame() / packet for packet in packets], "slow sweep of IPv6")
equal(reasons, ["session"] * 10, "a sweep of IPv6 over 1.8 s")
finish()
