#!/usr/bin/python3
"""IPv6 under mode flow-based: policies, sessions of TCP, UDP and ICMPv6, and the errors that belong to them, both ways.

REQ-FW-002 REQ-FW-003 REQ-FW-007 REQ-FW-012 REQ-FW-015 REQ-SES-002 REQ-SES-003 REQ-SES-007 REQ-SES-014 REQ-POL-008 REQ-POL-010
REQ-POL-011 os58621
usage: replay_ipv6_sessions.py BUILD
"""
from replay_ipv6 import *  # noqa: F403

POLICIES = CONFIG + FLOW + """
set security address-book global address client 2001:db8:1::5/128
set security address-book global address servers 2001:db8:2::/64
set security policies from-zone inside to-zone outside policy web match source-address client destination-address servers application junos-http
set security policies from-zone inside to-zone outside policy web then permit
set security policies from-zone inside to-zone outside policy web then log session-init session-close
set security policies from-zone inside to-zone outside policy dns match source-address any destination-address any application junos-dns-udp
set security policies from-zone inside to-zone outside policy dns then permit
set security policies from-zone inside to-zone outside policy refused match source-address any destination-address any application junos-telnet
set security policies from-zone inside to-zone outside policy refused match application junos-ntp
set security policies from-zone inside to-zone outside policy refused then reject
set security policies from-zone inside to-zone outside policy denied match source-address any destination-address any application junos-ssh
set security policies from-zone inside to-zone outside policy denied then deny
set security policies from-zone inside to-zone outside policy echo match source-address any destination-address any application junos-icmp6-all
set security policies from-zone inside to-zone outside policy echo then permit
"""
OTHER = "2001:db8:1::6"


def tcp(flags, back=False, port=4000, **keywords):
    ends = {"sport": 80, "dport": port} if back else {"sport": port, "dport": 80}
    return ip(*((SERVER, CLIENT) if back else (CLIENT, SERVER))) / TCP(flags=flags, **ends, **keywords)


def quote(packet, octets=None):
    """What an error says of a packet: as it was on the wire."""
    return Raw(bytes(packet[IPv6])[:octets])


place = Place()

# --- policies: addresses, applications, actions ---
scene = Scene(place, POLICIES)
scene.send(INSIDE, tcp("S", seq=1000), "forward", "session", policy="web", session=1, to_zone="outside")
scene.send(INSIDE, ip(OTHER) / TCP(sport=4000, dport=80, flags="S"), "drop", "default-deny", policy="default-policy")
scene.send(INSIDE, ip(OTHER) / UDP(sport=4000, dport=53), "forward", "session", policy="dns", session=2)
scene.send(INSIDE, ip() / TCP(sport=4000, dport=22, flags="S"), "drop", "policy-deny", policy="denied")
scene.send(INSIDE, ip() / TCP(sport=4000, dport=23, flags="S", seq=77), "reject", "policy-reject", policy="refused")
scene.send(INSIDE, ip() / UDP(sport=4000, dport=123), "reject", "policy-reject", policy="refused")
scene.send(INSIDE, ip() / ICMPv6EchoRequest(id=9), "forward", "session", policy="echo", session=3)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / UDP(sport=53, dport=4000), "drop", "dns-reply-no-session")
scene.send(OUTSIDE, ip(SERVER, OTHER) / UDP(sport=53, dport=4000), "forward", "session", session=2)
run = scene.run("policies")
inside = sent(run, INSIDE)
reset = inside[0][TCP]
equal((inside[0][IPv6].src, reset.sport, reset.dport, reset.flags.value, reset.seq, reset.ack),
      (SERVER, 23, 4000, 0x14, 0, 78), "a RST to who is rejected")
equal((inside[1][IPv6].src, inside[1][ICMPv6DestUnreach].code, inside[1][IPerror6].dst), (GATE, 4, SERVER), "port unreachable")
logged = [(event["event"], event["policy"], event["logged"]) for event in run.events if event.get("session") == 1]
equal(logged[:1], [("session-create", "web", True)], "log session-init")
equal([event["source"] for event in run.events if event["event"] == "session-deny"][:2],
      [f"[{OTHER}]:4000", f"[{CLIENT}]:4000"], "records name the addresses")

# --- TCP: as for IPv4 ---
scene = Scene(place, POLICIES, "--until", "30")
scene.send(INSIDE, tcp("A", seq=5), "drop", "no-session")
scene.send(INSIDE, tcp("SA", seq=5), "drop", "no-session")
scene.send(INSIDE, tcp("S", seq=1000), "forward", "session", session=1)
scene.send(OUTSIDE, tcp("SA", True, seq=5000, ack=1001, window=1000), "forward", "session", session=1)
scene.send(INSIDE, tcp("A", seq=1001, ack=5001), "forward", "session", session=1)
scene.send(INSIDE, tcp("A", seq=1001, ack=5001) / Raw(b"x" * 100), "forward", "session", session=1)
scene.send(INSIDE, tcp("A", seq=1101 + 70000, ack=5001), "drop", "tcp-window", session=1)
scene.send(OUTSIDE, tcp("R", True, seq=5001 + 70000 * 9), "drop", "tcp-window", session=1)
scene.send(OUTSIDE, tcp("A", True, seq=5001, ack=1101) / Raw(b"y" * 7), "forward", "session", session=1)
# Too late for the same flow from the other zone, and from other addresses.
scene.send(OUTSIDE, tcp("A", seq=1101, ack=5008), "drop", "session-zone", session=1)
scene.send(INSIDE, ip(OTHER) / TCP(sport=4000, dport=80, flags="A", seq=1101, ack=5008), "drop", "no-session")
scene.send(INSIDE, tcp("FA", seq=1101, ack=5008), "forward", "session", session=1)
scene.send(OUTSIDE, tcp("FA", True, seq=5008, ack=1102), "forward", "session", session=1)
scene.send(INSIDE, tcp("A", seq=1102, ack=5009), "forward", "session", session=1)
scene.send(INSIDE, tcp("S", seq=9000), "forward", "session")
# 20 s later the second handshake is over.
scene.send(OUTSIDE, tcp("SA", True, seq=1, ack=9001), "drop", "no-session", after=20.5)
run = scene.run("TCP")
ends = [event for event in run.events if event["event"] == "session-close"]
equal([end["reason"] for end in ends], ["session-replaced", "handshake-timeout"],
      "a SYN after FIN in both directions begins anew; REQ-SES-002")
equal(ends[0]["packets"], [5, 3], "packets of both directions")

# --- UDP and echo: identifiers, timeouts ---
scene = Scene(place, POLICIES, "--until", "70")
scene.send(INSIDE, ip() / ICMPv6EchoRequest(id=9, seq=1), "forward", "session", session=1)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6EchoReply(id=9, seq=1), "forward", "session", session=1)
scene.send(INSIDE, ip() / ICMPv6EchoRequest(id=10, seq=1), "forward", "session", session=2)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6EchoReply(id=11), "drop", "icmp-no-session")
scene.send(OUTSIDE, ip(SERVER, OTHER) / ICMPv6EchoReply(id=9), "drop", "icmp-no-session")
scene.send(INSIDE, ip() / ICMPv6EchoReply(id=9), "drop", "icmp-no-session")
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6EchoRequest(id=9), "drop", "default-deny")
scene.send(INSIDE, ip(hlim=1) / ICMPv6EchoRequest(id=9), "reject", "ttl-exceeded", session=1)
run = scene.run("echo")
equal([(event["reason"], round(event["time"])) for event in run.events if event["event"] == "session-close"],
      [("idle-timeout", 60)] * 2, "REQ-SES-003: 60 s; what is dropped does not refresh (os58621)")

# --- applications of ICMPv6 are types; a SYN asks for no more than tcp-mss says, behind extension headers too ---
scene = Scene(place, POLICIES.replace("junos-icmp6-all", "junos-icmp6-echo-request") + """
set security flow tcp-mss all-tcp mss 1220
set routing-options rib inet6.0 static route 2001:db8:77::/48 qualified-next-hop fe80::99 interface ge-0/0/1.0
set security policies from-zone inside to-zone outside policy echo match application junos-http
""")
scene.send(INSIDE, ip() / ICMPv6EchoRequest(id=9), "forward", "session", policy="echo")
scene.send(INSIDE, ip(nh=58) / ICMPv6Unknown(type=139, code=1, msgbody=b"12345678"), "drop", "default-deny")
scene.send(INSIDE, ip() / TCP(sport=1, dport=80, flags="S", options=[("MSS", 1440)]), "forward", "session")
scene.send(INSIDE, ip() / IPv6ExtHdrDestOpt() / TCP(sport=2, dport=80, flags="S", options=[("MSS", 1440)]), "forward", "session")
scene.send(INSIDE, ip() / TCP(sport=3, dport=80, flags="S", options=[("MSS", 1220)]), "forward", "session")
scene.send(INSIDE, ip(destination="2001:db8:77::5") / ICMPv6EchoRequest(id=9), "forward", "session", out=OUTSIDE + ".0")
run = scene.run("applications")
outside = sent(run, OUTSIDE)
equal([dict(packet[TCP].options)["MSS"] for packet in outside if TCP in packet], [1220, 1220, 1220], "tcp-mss")
equal(outside[-1].dst, "02:00:00:00:00:99", "a link-local next hop")

# --- errors about a session's packets ---
first = ip() / UDP(sport=4000, dport=53) / Raw(b"question")
answer = ip(SERVER, CLIENT) / UDP(sport=53, dport=4000) / Raw(b"reply")
echo = ip() / ICMPv6EchoRequest(id=9)
scene = Scene(place, POLICIES + "set interfaces ge-0/0/0 unit 0 family inet6 mtu 1280\n")
scene.send(INSIDE, first, "forward", "session", session=1)
scene.send(INSIDE, echo, "forward", "session", session=2)
scene.send(INSIDE, tcp("S", seq=1000), "forward", "session", session=3)
# From a router on the way, to who sent it.
router = "2001:db8:77::1"
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(first), "forward", "session", session=1)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6PacketTooBig(mtu=1280) / quote(first), "forward", "session", session=1)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6DestUnreach(code=4) / quote(first), "forward", "session", session=1)
scene.send(OUTSIDE, ip(SERVER, CLIENT) / ICMPv6ParamProblem(code=1, ptr=6) / quote(first), "forward", "session", session=1)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(echo), "forward", "session", session=2)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6DestUnreach() / quote(tcp("S", seq=1000)), "forward", "session", session=3)
# And of the reply, the other way.
scene.send(INSIDE, ip(CLIENT, SERVER) / ICMPv6DestUnreach(code=4) / quote(answer), "forward", "session", session=1)
# The quoted packet behind extension headers.
behind = ip() / IPv6ExtHdrHopByHop() / UDP(sport=4000, dport=53)
scene.send(OUTSIDE, ip(router, CLIENT) / IPv6ExtHdrDestOpt() / ICMPv6TimeExceeded() / quote(behind), "forward", "session", session=1)
# Not of a session, not to the sender, from nobody, not of what was sent, cut short, of a kind that nobody knows.
stranger = ip() / UDP(sport=4001, dport=53)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(stranger), "drop", "icmp-no-session")
scene.send(OUTSIDE, ip(router, OTHER) / ICMPv6TimeExceeded() / quote(first), "drop", "icmp-no-session", session=1)
scene.send(OUTSIDE, ip("fe80::1", CLIENT) / ICMPv6TimeExceeded() / quote(first), "drop", "icmp-no-session", session=1)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(tcp("S", seq=500000)), "drop", "tcp-window", session=3)
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(first, 47), "drop", "icmp-truncated")
scene.send(OUTSIDE, ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(first, 39), "drop", "icmp-truncated")
scene.send(OUTSIDE, ip(router, CLIENT, nh=58) / ICMPv6DestUnreach(type=100) / quote(first), "drop", "icmp-no-session")
scene.send(OUTSIDE, ip(GATE, CLIENT) / ICMPv6TimeExceeded() / quote(first), "drop", "source-ours", session=1)
# Nobody on the sender's side can say it.
scene.send(INSIDE, ip(CLIENT, CLIENT) / ICMPv6TimeExceeded() / quote(first), "drop", "session-zone")
# No error because of an error: neither too big nor out of hops.
large = ip(router, CLIENT) / ICMPv6TimeExceeded() / quote(ip() / UDP(sport=4000, dport=53) / Raw(b"x" * 1200))
scene.send(OUTSIDE, large, "drop", "fragmentation-needed", session=1)
scene.send(OUTSIDE, ip(router, CLIENT, hlim=1) / ICMPv6TimeExceeded() / quote(first), "drop", "ttl-exceeded", session=1)
run = scene.run("errors")
inside = sent(run, INSIDE)
equal([(packet[IPv6].src, packet[IPv6].hlim) for packet in inside], [
    (router, 63), (router, 63), (SERVER, 63), (SERVER, 63), (router, 63), (router, 63), (router, 63)], "errors to the client")
equal(bytes(inside[0][ICMPv6TimeExceeded].payload), bytes(quote(first)), "the quote goes on as it is")
finish()
