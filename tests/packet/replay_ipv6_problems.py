#!/usr/bin/python3
"""Parameter problems, which RFC 8200 4.2 and 4.4 want of a router and of a host: who hears of what, with the right pointer, and who
does not (RFC 4443 2.4 (e), 3.4).

REQ-FW-009
usage: replay_ipv6_problems.py BUILD
"""
from replay_ipv6 import *  # noqa: F403
from scapy.layers.inet6 import HBHOptUnknown, Jumbo, PadN

TEXT = CONFIG + FLOW + PERMIT + """
set security zones security-zone inside host-inbound-traffic system-services ping
"""
GROUP = "33:33:00:00:00:05"
place = Place()
udp = UDP(sport=4000, dport=9) / Raw(b"data")


def option(kind):
    return HBHOptUnknown(otype=kind, optdata=b"1234")


def hop(*options):
    return IPv6ExtHdrHopByHop(options=list(options))


def end(*options):
    return IPv6ExtHdrDestOpt(options=list(options))


def expect(what, packet, verdict, reason, problem, text=TEXT, **more):
    """One packet from the inside; `problem`: (code, pointer) of what its sender is told, or None."""
    scene = Scene(place, text)
    scene.send(INSIDE, packet, verdict, reason, **more)
    run = scene.run(what)
    left = sent(run, INSIDE) if os.path.exists(run.path("ge-0_0_0.pcap")) else []
    problems = [p for p in left if p[IPv6].nh == 58 and ICMPv6ParamProblem in p]
    equal([(p[ICMPv6ParamProblem].code, p[ICMPv6ParamProblem].ptr) for p in problems], [] if problem is None else [problem], what)
    for told in problems:
        equal((told[IPv6].dst, told[IPv6].hlim), (packet[IPv6].src, 64), f"{what}: to its sender")
        quoted = bytes(packet[IPv6])[:1280 - 48]
        equal(bytes(told[ICMPv6ParamProblem].payload), quoted, f"{what}: what it quotes")
        copy = IPv6(bytes(told[IPv6]))
        sum_of = copy[ICMPv6ParamProblem].cksum
        del copy[ICMPv6ParamProblem].cksum
        equal(IPv6(bytes(copy))[ICMPv6ParamProblem].cksum, sum_of, f"{what}: checksum")


# A hop-by-hop option that discards: by its two highest bits. It begins 42 octets into the packet, behind others later.
expect("skipped", ip() / hop(option(0x1e)) / udp, "forward", "session", None)
expect("discarded", ip() / hop(option(0x5e)) / udp, "drop", "extension-option", None)
expect("told", ip() / hop(option(0x9e)) / udp, "reject", "extension-option", (2, 42))
expect("told to one", ip() / hop(option(0xde)) / udp, "reject", "extension-option", (2, 42))
expect("behind others", ip() / hop(PadN(optdata=b"\0" * 4), option(0x1e), option(0x9e)) / udp, "reject", "extension-option", (2, 54))
expect("the first of two", ip() / hop(option(0x9e), option(0x5e)) / udp, "reject", "extension-option", (2, 42))
expect("jumbogram", ip() / hop(Jumbo(jumboplen=70000)) / udp, "reject", "jumbogram", (2, 42))
# A source that is behind another zone is nobody who could have sent it: it is not spoken to.
expect("of another zone", ip(SERVER, CLIENT) / hop(option(0x9e)) / udp, "drop", "extension-option", None)
# For a group: only those who say so. The frame is one to all then.
for kind, verdict, problem in ((0x9e, "reject", (2, 42)), (0xde, "drop", None)):
    expect(f"group {kind:x}", frame(destination=GROUP) / IPv6(src=CLIENT, dst="ff0e::5") / hop(option(kind)) / udp, verdict, "extension-option", problem)
# Nobody else is told: of an error, from where no single host is, from an address of ours.
expect("because of an error", ip() / hop(option(0x9e)) / ICMPv6DestUnreach() / Raw(bytes((ip(SERVER, CLIENT) / udp)[IPv6])),
       "drop", "extension-option", None)
expect("because of an echo", ip() / hop(option(0x9e)) / ICMPv6EchoRequest(), "reject", "extension-option", (2, 42))
for source in ("::", "ff02::5", "::1", GATE, FAR_GATE, "::ffff:10.0.0.5"):
    expect(f"from {source}", ip(source) / hop(option(0x9e)) / udp, "drop", "extension-option", None)
expect("link-local", ip("fe80::77") / hop(option(0x9e)) / udp, "reject", "extension-option", (2, 42))
expect("a later fragment", ip() / hop(option(0x9e)) / IPv6ExtHdrFragment(offset=5, m=0, id=7, nh=17) / Raw(b"12345678"), "drop", "extension-option", None)

# Options for the destination are its own business, unless that is us.
for kind, to_us in ((0x1e, None), (0x5e, "drop"), (0x9e, "reject"), (0xde, "reject")):
    expect(f"transit {kind:x}", ip() / end(option(kind)) / udp, "forward", "session", None)
    expect(f"to ourselves {kind:x}", ip(CLIENT, GATE) / end(option(kind)) / ICMPv6EchoRequest(id=5), to_us or "proxy",
           "extension-option" if to_us else "echo-reply", (2, 42) if to_us == "reject" else None)
expect("to ourselves, behind", ip(CLIENT, GATE) / hop(PadN(optdata=b"\0" * 4)) / end(option(0x1e), option(0x9e)) / ICMPv6EchoRequest(id=5),
       "reject", "extension-option", (2, 56))
# What is not let in is not told of.
expect("not let in", ip(CLIENT, GATE) / end(option(0x9e)) / udp, "drop", "host-inbound-denied", None)

# Routing headers with segments left: told by whom the packet is for, at their type; by no router on the way.
for kind, reason in ((0, "routing-header-zero"), (4, "routing-header")):
    expect(f"routing {kind} transit", ip() / IPv6ExtHdrRouting(type=kind, segleft=1, addresses=[CLIENT]) / udp, "drop", reason, None)
    expect(f"routing {kind}", ip(CLIENT, GATE) / IPv6ExtHdrRouting(type=kind, segleft=1, addresses=[CLIENT]) / udp, "reject", reason, (0, 42))
    expect(f"routing {kind} behind", ip(CLIENT, GATE) / hop(PadN(optdata=b"\0" * 4)) / IPv6ExtHdrRouting(type=kind, segleft=1, addresses=[CLIENT]) / udp,
           "reject", reason, (0, 50))

# Before any policy: so only those hear of us who may ping us. Who may not is not told, of transit or of ourselves; neither is who
# asks by the address of another interface.
SILENT = CONFIG + FLOW + PERMIT
INBOUND = "set security zones security-zone inside host-inbound-traffic system-services "
segments = IPv6ExtHdrRouting(type=4, segleft=1, addresses=[CLIENT])
for lines, told in (("", False), (INBOUND + "ssh\n", False), (INBOUND + "all\n", True),
                    (INBOUND + "all\n" + INBOUND + "ping except\n", False),
                    (INBOUND + "ping\nset security zones security-zone inside interfaces ge-0/0/0.0 host-inbound-traffic system-services ssh\n", False),
                    ("set security zones security-zone outside host-inbound-traffic system-services ping\n", False)):
    verdict = "reject" if told else "drop"
    expect(f"{lines}: option", ip() / hop(option(0x9e)) / udp, verdict, "extension-option", (2, 42) if told else None, SILENT + lines)
    expect(f"{lines}: jumbogram", ip() / hop(Jumbo(jumboplen=70000)) / udp, verdict, "jumbogram", (2, 42) if told else None, SILENT + lines)
    expect(f"{lines}: group", frame(destination=GROUP) / IPv6(src=CLIENT, dst="ff0e::5") / hop(option(0x9e)) / udp, verdict, "extension-option",
           (2, 42) if told else None, SILENT + lines)
    expect(f"{lines}: segments left", ip(CLIENT, GATE) / segments / udp, verdict, "routing-header", (0, 42) if told else None, SILENT + lines)
expect("segments left, of another interface", ip(CLIENT, FAR_GATE) / segments / udp, "drop", "routing-header", None,
       TEXT + "set security zones security-zone outside host-inbound-traffic system-services ping\n")

# As many as of all errors together: a thousand at once.
scene = Scene(place, TEXT)
for number in range(1003):
    scene.send(INSIDE, ip() / hop(option(0x9e)) / UDP(sport=1024 + number, dport=9), "reject" if number < 1000 else "drop", "extension-option", after=0)
run = scene.run("rate")
equal(run.summary()["reasons"].get("icmp-rate"), 3, "the others are counted")
# A zone with screens, a log: the same.
scene = Scene(place, TEXT + "set security screen ids-option s tcp land\nset security zones security-zone inside screen s\n"
              "set security flow log dropped-illegal-packet\n")
scene.send(INSIDE, ip() / hop(option(0x9e)) / udp, "reject", "extension-option")
run = scene.run("logged")
equal([e["reason"] for e in run.events if e["event"] == "packet-drop"], ["extension-option"], "the record")
finish()
